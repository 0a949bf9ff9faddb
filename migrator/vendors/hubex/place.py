"""What decoding must know of the account that is not in the records."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from migrator.errors import InputWrong
from migrator.vendor import Account

PROJECTS = ("asset", "company", "contract")


@dataclass(frozen=True)
class Place:
    """The address of the account's own pages ("" = not given), its zone for days, what a project is, and what is read one by one."""

    site: str
    zone: ZoneInfo
    project: str = "asset"
    details: bool = True
    project_details: bool = True
    history: bool = False

    def task_page(self, id: str) -> str:
        """The page of a task as an address to open."""
        return f"{self.site}/#/tasks/{id}" if self.site else ""


def place_of(account: Account) -> Place:
    """What the account's options say. Raises InputWrong."""
    options = account.options
    project, details = options.get("project", "asset"), bool(options.get("details", True))
    if project not in PROJECTS:
        raise InputWrong([f'hubex: option project = {project!r} is not known; write "asset", "company" or "contract"'])
    if project == "contract" and not details:
        raise InputWrong(
            ['hubex: option project = "contract" needs details = true: only those name a task\'s contract']
        )
    if (history := bool(options.get("history", False))) and not details:
        raise InputWrong(["hubex: option history = true needs details = true: it is read task by task"])
    return Place(
        site=str(options.get("site") or "").rstrip("/"),
        zone=ZoneInfo(account.time_zone),
        project=str(project),
        details=details,
        project_details=project != "contract" and bool(options.get("project_details", True)),  # a list shows them whole
        history=history,
    )
