"""What a Worksection account has for us to use: its people, folders and sets of tags, as values without a connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from migrator.model import Kind
from migrator.vendor import Vocabulary

# The words of the vendor contract, section 4. A project cannot be made pending by any action (section 5).
ACTIVE, ARCHIVED, DONE = "active", "archived", "done"
STATUSES = {Kind.PROJECT: {ACTIVE: ACTIVE, ARCHIVED: ARCHIVED}, Kind.TASK: {ACTIVE: ACTIVE, DONE: DONE}}

# The switches of a project; of EXCLUSIVE only one may be on (section 5).
EXCLUSIVE = ("time_require", "time_today", "timer_only")
OPTIONS = frozenset(
    {
        *(f"allow_{what}" for what in ("close", "give", "term", "limit")),
        *(f"require_{what}" for what in ("term", "tag", "limit", "hidden")),
        *(f"deny_{what}" for what in ("comments_edit", "task_edit", "task_delete")),
        *EXCLUSIVE,
    }
)

DEPTH = 2  # levels of subtasks below a task (section 4)

CONTACT_PREFIX = "contact:"  # before the ids of contacts, who can neither write nor be given a task

Tags = dict[tuple[str, str], str]  # title of the set, title of the tag -> the tag's id


@dataclass(frozen=True)
class Catalogue:
    """The account as read when it was opened. `site`: its address; `zone`: of its naive moments.

    `emails`: user id -> address, by which all actions name people; `owner`: who writes where nobody else can; `inner`: the addresses of
    all but guests; `signs`: whether the key may write in the name of others. Tables grow by what is made while it is open.
    """

    vocabulary: Vocabulary
    site: str
    zone: ZoneInfo
    emails: dict[str, str]
    owner: str
    inner: tuple[str, ...]
    folders: set[str]
    teams: set[str]
    contact_groups: set[str]
    tag_sets: Mapping[Kind, dict[str, str]]  # title -> id
    tags: Mapping[Kind, Tags]
    signs: bool = True
    loose_project: str = ""  # takes the tasks that are in no project
    tag_set: str = "Tags"  # takes the tags that come without a set

    def email(self, target: str) -> str:
        """The address of a user; "" for nobody and for contacts."""
        return self.emails.get(target, "")
