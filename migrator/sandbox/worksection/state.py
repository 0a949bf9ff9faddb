"""What the account holds: every table as a plain dict by id, and the look-ups that all actions share."""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from migrator.sandbox.worksection.ask import Ask, Record
from migrator.sandbox.worksection.refusal import bad_email, bad_project, bad_task

NOONE: Record = {"id": "1", "email": "NOONE", "name": "Executive isn't assigned"}
ANYONE: Record = {"id": "2", "email": "ANY", "name": "Anyone"}
NO_MANAGER: Record = {"id": "0", "email": "NOONE", "name": "Manager isn't assigned"}

TABLES = (
    "users", "former_users", "user_groups", "contacts", "contact_groups", "project_groups",
    "task_tag_groups", "task_tags", "project_tag_groups", "project_tags", "task_custom_fields", "project_custom_fields",
    "projects", "tasks", "comments", "files", "costs", "timers", "webhooks",
)  # fmt: skip

_EMPTY: Record = {
    "account": {"name": "empty", "api_key": "7776461cd931e7b1c8e9632ff8e979ce", "time_zone": "Europe/Kyiv"},
    "user_groups": [{"id": "1", "title": "Empty", "client": 0}],
    "project_groups": [{"id": "1", "title": "Empty", "type": "company", "client": 0}],
    "users": [
        {
            "id": "10",
            "first_name": "Owner",
            "last_name": "",
            "name": "Owner",
            "email": "owner@example.com",
            "role": "owner",
            "group": "Empty",
            "date_added": "2020-01-01 09:00",
        }
    ],
}


@dataclass
class Account:
    """The tables of one account. `settings` is the sample's "account" object: key, time zone, OAuth client, defaults."""

    settings: Record
    users: dict[str, Record]
    former_users: dict[str, Record]
    user_groups: dict[str, Record]
    contacts: dict[str, Record]
    contact_groups: dict[str, Record]
    project_groups: dict[str, Record]
    task_tag_groups: dict[str, Record]
    task_tags: dict[str, Record]
    project_tag_groups: dict[str, Record]
    project_tags: dict[str, Record]
    task_custom_fields: dict[str, Record]
    project_custom_fields: dict[str, Record]
    projects: dict[str, Record]
    tasks: dict[str, Record]
    comments: dict[str, Record]
    files: dict[str, Record]
    costs: dict[str, Record]
    timers: dict[str, Record]
    webhooks: dict[str, Record]
    relations: list[Record] = field(default_factory=list)
    events: list[Record] = field(default_factory=list)
    schedule: dict[str, dict[str, str]] = field(default_factory=dict)
    uploads: dict[str, Record] = field(default_factory=dict)
    invitations: list[str] = field(default_factory=list)  # addresses that got a real mail
    _last: dict[str, int] = field(default_factory=dict)

    def add(self, table: str, record: Record) -> Record:
        """Store a new record under the next id of its table; ids of deleted rows do not come back."""
        shelf: dict[str, Record] = getattr(self, table)
        last = self._last.get(table) or max((int(key) for key in shelf), default=0)
        self._last[table] = last + 1
        record["id"] = str(last + 1)
        shelf[record["id"]] = record
        return record

    def local(self, now: datetime) -> datetime:
        """An aware moment as the account's naive wall clock."""
        return now.astimezone(ZoneInfo(self.settings.get("time_zone", "UTC"))).replace(tzinfo=None)

    def linked(self, text: str, base: str) -> str:
        """A text whose links into this account lead to where the account is served."""
        return text.replace(f"https://{self.settings['name']}.worksection.com", base)

    @property
    def owner(self) -> Record:
        """Who writes when the admin key names nobody."""
        return next(user for user in self.users.values() if user.get("role", "").lower() == "owner")

    def ref(self, identity: str, nobody: Record = NOONE) -> Record:
        """A user reference: users, contacts, and people deleted since, who are listed nowhere."""
        if identity in ("", "NOONE"):
            return nobody
        if identity == "ANY":
            return ANYONE
        person = self.users.get(identity) or self.former_users.get(identity) or self.contacts.get(identity) or {}
        return {"id": identity, "email": person.get("email", ""), "name": person.get("name", "")}

    def user_by_email(self, email: str) -> Record:
        """The user with this address. Raises Refusal 11: a contact or a deleted user is none."""
        for user in self.users.values():
            if user["email"].lower() == email.lower():
                return user
        raise bad_email(email)

    def users_by_email(self, emails: Iterable[str]) -> list[str]:
        """The ids of the users with these addresses. Raises Refusal 11 for the first that is none."""
        return [str(self.user_by_email(email)["id"]) for email in emails]

    def author(self, ask: Ask) -> str:
        """Whose the new thing is: the token's user always; with the admin key whom it names, else the owner."""
        if ask.user is not None:
            return str(ask.user["id"])
        email = ask.text("email_user_from")
        return str((self.user_by_email(email) if email else self.owner)["id"])

    def sees_project(self, ask: Ask, project: Record) -> bool:
        """Rights follow the role: others than administrators see the projects they are in."""
        return ask.all_seeing or (ask.user is not None and ask.user["id"] in project.get("users", []))

    def sees_task(self, ask: Ask, task: Record) -> bool:
        """A task with delayed publication is seen by nobody; a hidden one by those it names, its author and its assignee."""
        if task.get("published", True) is False or not self.sees_project(ask, self.projects[task["project"]]):
            return False
        hidden = task.get("hidden", [])
        if not hidden or ask.all_seeing or ask.user is None:
            return True
        return ask.user["id"] in (*hidden, task["user_from"], task["user_to"])

    def project(self, ask: Ask, identity: str) -> Record:
        """The project with this id, if the caller may see it. Raises Refusal 4."""
        project = self.projects.get(identity)
        if project is None or not self.sees_project(ask, project):
            raise bad_project()
        return project

    def task(self, ask: Ask, identity: str) -> Record:
        """The task with this id, if the caller may see it. Raises Refusal 5."""
        task = self.tasks.get(identity)
        if task is None or not self.sees_task(ask, task):
            raise bad_task()
        return task

    def ancestors(self, task: Record) -> Iterator[Record]:
        """The parents of a task, nearest first."""
        while parent := self.tasks.get(task.get("parent", "")):
            yield parent
            task = parent

    def children(self, task: Record) -> list[Record]:
        """The tasks right under this one."""
        return [other for other in self.tasks.values() if other.get("parent") == task["id"]]

    def task_page(self, task: Record) -> str:
        """`/project/P/T/`, and `/project/P/ROOT/SELF/` for every descendant: level 3 does not name level 2 (section 4)."""
        root = [task, *self.ancestors(task)][-1]
        own = "" if root is task else f"{task['id']}/"
        return f"/project/{task['project']}/{root['id']}/{own}"

    def note(self, ask: Ask, action: str, what: Record, new: Record | None = None, old: Record | None = None) -> None:
        """Write a line of the event log; `what` is {type, id, page}."""
        who = ask.user["id"] if ask.user else self.owner["id"]
        event = {"action": action, "object": what, "date_added": ask.moment, "user_from": who}
        self.events.append(event | ({"new": new} if new else {}) | ({"old": old} if old else {}))


def load(source: Record | None) -> Account:
    """The account a sample describes; None is an empty account with an owner. The sample itself stays untouched."""
    source = copy.deepcopy(source if source is not None else _EMPTY)
    tables: dict[str, Any] = {}
    for name in TABLES:
        tables[name] = {str(record["id"]): record | {"id": str(record["id"])} for record in source.get(name, [])}
    for record in tables["files"].values():
        record["content"] = _content(record)
    return Account(
        settings=source["account"],
        relations=source.get("relations", []),
        events=source.get("events", []),
        schedule=source.get("schedule", {}),
        **tables,
    )


def _content(record: Record) -> bytes:
    text = record.pop("text", None)
    return str(text).encode() if text is not None else base64.b64decode(record.pop("base64", ""))
