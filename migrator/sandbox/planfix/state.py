"""A Planfix account as plain data: tables of records by id, read from the account file.

Kept form of a record, in the account file and in memory: references are ids (`"project": 12`), people are prefixed texts
(`"user:2"`, `"contact:5"`, `"group:3"`), a list of people is a list of those, moments and days as in `times`, custom values under
`"fields"` by field id, files as a list of ids. Absent is a missing key.
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from migrator.sandbox.planfix.scopes import SCOPES
from migrator.sandbox.planfix.wire import Record

Table = dict[str, Record]

AREAS = {"task": 0, "contact": 1, "directory": 2, "project": 3, "datatag": 4, "main": 5, "user": 6}  # objectType [doc]
_TABLES = (
    *("users", "contacts", "projects", "tasks", "comments", "items", "objects", "positions", "workspaces"),
    *("user_groups", "contact_groups", "project_groups", "directory_groups", "data_tag_groups"),
    *("processes", "contact_processes", "task_templates", "project_templates", "contact_templates"),
    *("data_tags", "directories"),
)
_TASK_SEQUENCE = ("tasks", "items", "task_templates", "objects")  # checklist items are numbered among tasks [obs GAL]


@dataclass(frozen=True)
class Options:
    """Where accounts of the vendor differ, or the contract leaves a question open; each default is the stricter one.

    busy_every / busy_calls: each Nth task update is queued (202) until so many further calls have come; 0 = never.
    failures_every: each Nth update loses its last field and says so in `failures`; 0 = never.
    refuse_over_page: a pageSize over 100 is refused, else clamped. download: "redirect" or "bytes".
    comment_list: `/comment/list` exists (newer specifications only). checkmark_rows: `/task/list` shows the lines of checklists too,
    as tasks of type Checkmark. soft_delete: `isDeleted` hides a record, else it is ignored.
    refuse_astral: characters beyond U+FFFF make a comment body unreadable [obs CHI, not of every account].
    """

    busy_every: int = 0
    busy_calls: int = 3
    failures_every: int = 0
    refuse_over_page: bool = True
    download: str = "redirect"
    link_seconds: int = 600
    comment_list: bool = True
    checkmark_rows: bool = False
    soft_delete: bool = False
    refuse_astral: bool = False
    file_bytes: int = 100 * 2**20


@dataclass(frozen=True)
class Token:
    """A REST token: whose it is, and what it may do."""

    user: str
    scopes: frozenset[str]
    active: bool = True


@dataclass
class State:
    """The whole account. `queue` holds changes that wait for a busy task: (calls left, task id, changes)."""

    zone: str = "Europe/Kyiv"
    options: Options = field(default_factory=Options)
    tokens: dict[str, Token] = field(default_factory=dict)
    users: Table = field(default_factory=dict)
    contacts: Table = field(default_factory=dict)
    projects: Table = field(default_factory=dict)
    tasks: Table = field(default_factory=dict)
    comments: Table = field(default_factory=dict)
    items: Table = field(default_factory=dict)
    files: Table = field(default_factory=dict)
    entries: Table = field(default_factory=dict)
    user_groups: Table = field(default_factory=dict)
    contact_groups: Table = field(default_factory=dict)
    project_groups: Table = field(default_factory=dict)
    directory_groups: Table = field(default_factory=dict)
    data_tag_groups: Table = field(default_factory=dict)
    positions: Table = field(default_factory=dict)
    workspaces: Table = field(default_factory=dict)
    processes: Table = field(default_factory=dict)
    contact_processes: Table = field(default_factory=dict)
    task_templates: Table = field(default_factory=dict)
    project_templates: Table = field(default_factory=dict)
    contact_templates: Table = field(default_factory=dict)
    objects: Table = field(default_factory=dict)
    data_tags: Table = field(default_factory=dict)
    directories: Table = field(default_factory=dict)
    custom_fields: dict[str, Table] = field(default_factory=dict)
    field_sets: dict[str, Table] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    queue: list[tuple[int, str, Record]] = field(default_factory=list)
    notifications: int = 0
    updates: int = 0
    _last: dict[str, int] = field(default_factory=dict)

    def next_id(self, table: str) -> int:
        """A new id for the table, above every id it ever had."""
        sequence = "tasks" if table in _TASK_SEQUENCE else table
        tables = _TASK_SEQUENCE if table in _TASK_SEQUENCE else (table,)
        highest = max((int(key) for name in tables for key in getattr(self, name)), default=0)
        self._last[sequence] = max(self._last.get(sequence, 0), highest) + 1
        return self._last[sequence]

    def field(self, area: str, identity: str) -> Record | None:
        """A custom field of an area by its id; fields of data tags and of directories stand in their own records."""
        return self.custom_fields.get(area, {}).get(identity)

    def name_of(self, person: str) -> str:
        """The full name of `user:2`, `contact:5` or `group:3`; "" when there is nobody."""
        kind, _, identity = person.partition(":")
        table = {"user": self.users, "contact": self.contacts, "group": self.user_groups}.get(kind, {})
        record = table.get(identity, {})
        return " ".join(part for part in (record.get("name"), record.get("lastname")) if part)

    def knows(self, person: str) -> bool:
        """Whether `user:2`, `contact:5` or `group:3` exists."""
        kind, _, identity = person.partition(":")
        table = {"user": self.users, "contact": self.contacts, "group": self.user_groups}.get(kind, {})
        return identity in table

    def status(self, process: int | None, identity: int) -> Record | None:
        """A status of a process, or None."""
        rows = self.processes.get(str(process), {}).get("statuses", [])
        return next((row for row in rows if row["id"] == identity), None)

    def zone_of(self, user: str) -> ZoneInfo:
        """The time zone in which the dates of this user are read."""
        return ZoneInfo(self.users.get(user, {}).get("timezone") or self.zone)


def load(account: Mapping[str, Any] | None) -> State:
    """Read an account file; None gives an empty account with one robot, one process and one template of each kind."""
    source = copy.deepcopy(account or _bare())
    state = State(zone=source.get("time_zone", "Europe/Kyiv"), options=Options(**source.get("options", {})))
    for token in source.get("tokens", []):
        active = token.get("active", True)
        state.tokens[token["token"]] = Token(str(token["user"]), frozenset(token["scopes"]), active)
    for name in _TABLES:
        setattr(state, name, _table(source.get(name, [])))
    for area in AREAS:
        state.custom_fields[area] = _table(source.get("custom_fields", {}).get(area, []))
        state.field_sets[area] = _table(source.get("field_sets", {}).get(area, []))
    state.entries = _table(source.get("entries", []), "key")
    for row in source.get("files", []):
        _file(state, row)
    for directory in state.directories.values():
        directory["entries"] = _table(directory.get("entries", []), "key")
    return state


def _table(rows: Iterable[Mapping[str, Any]], key: str = "id") -> Table:
    return {str(row[key]): dict(row) for row in rows}


def _file(state: State, row: Mapping[str, Any]) -> None:
    """A file of the account file stands with its body, as `text` or as `base64`."""
    body = base64.b64decode(row["base64"]) if "base64" in row else str(row.get("text", "")).encode()
    state.contents[str(row["id"])] = body
    state.files[str(row["id"])] = {"id": row["id"], "name": row["name"]}


def _bare() -> dict[str, Any]:
    status = {"color": "#4573b1", "isActive": True, "hasDeadline": True, "isAppliedIndividually": False}
    statuses = [{"id": i, "name": n, **status} for i, n in enumerate(("Черновик", "Новая", "В работе", "Завершённая"))]
    return {
        "tokens": [{"token": "planfix-token", "user": 1, "scopes": sorted(SCOPES)}],
        "users": [{"id": 1, "name": "Робот", "role": "Robot", "status": "Active", "timezone": "Europe/Kyiv"}],
        "processes": [{"id": 1, "name": "", "builtin": True, "statuses": statuses}],
        "task_templates": [{"id": 1, "name": "Задача", "process": 1, "fields": []}],
        "project_templates": [{"id": 1, "name": "Проект", "fields": []}],
        "contact_templates": [{"id": 1, "name": "Контакт", "fields": []}],
    }
