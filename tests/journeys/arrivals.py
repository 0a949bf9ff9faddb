"""What arrived in a sandbox, told apart by content: two runs that did the same have equal arrivals, and a twin counts twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from migrator.sandbox.server import Sandbox

Arrivals = dict[str, Counter[str]]
Table = Mapping[str, Any]

# Keys that hold ids of things a run makes -> their table; what is not here is kept as it is, so that a wrong value shows.
_REFERS = {
    "worksection": {
        "project": "projects",
        "parent": "tasks",
        "task": "tasks",
        "comment": "comments",
        "group": "project_groups",
        "from": "tasks",
        "to": "tasks",
        "tags": "task_tags",
        "tag_groups": "task_tag_groups",
    },
    "planfix": {
        "project": "projects",
        "parent": "tasks",
        "task": "tasks",
        "commentId": "comments",
        "files": "files",
        "group": "project_groups",
    },
    "hubex": {
        "assetID": "assets",
        "parentID": "tasks",
        "companyID": "companies",
        "locationID": "locations",
        "attachments": "attachments",
        "contactID": "contacts",
        "contractID": "contracts",
        "checkListID": "check_lists",
        "contacts": "contacts",
    },
}
_BODIES = {
    "planfix": "files",
    "hubex": "attachments",
}  # tables of bytes, which are seen only where something refers to them
_OWN = {"id", "key", "number", "customerOrgUnitID", "staffOrgUnitID"}  # ids of its own: they differ from run to run
_REPEATED = {"assignments"}  # a log of settings: setting the same again after a crash makes nothing
_WORDS = ("name", "title", "fullName", "text", "description", "notes", "message", "address", "comment")
_ADDRESS = re.compile(
    r"https?://[^\s\"<]+|/task/\d+|uniqueid=\d+|(?<=^Чек-лист № )\d+"
)  # ports and ids differ from run to run
_PERSON = re.compile(r"contact:(\d+)")
_MOMENT = re.compile(r"20\d\d-\d\d-\d\d(?=[T ]\d\d:\d\d)")
_MARK = re.compile(
    r"\bmig:[0-9a-f]{12}\b|\[[0-9a-f]{12}\]|\b[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b"
)
_NOT_OURS = {
    "contents",
    "tokens",
    "services",
    "access",
    "refresh",
    "stamps",
    "schedule",
    "settings",
    "field_sets",
    "custom_fields",
}


def arrivals(sandbox: Sandbox, before: Sandbox) -> Arrivals:
    """Everything in the account that was not there before, or not so, by table; ids are replaced by what they stand for."""
    _let_show(sandbox)
    told = _Told(sandbox, before)
    old = _tables(before)
    found: Arrivals = {}
    for name, table in _tables(sandbox).items():
        if name == _BODIES.get(sandbox.name):
            continue
        rows = (told.row(row) for id, row in table.items() if old.get(name, {}).get(id) != row)
        found[name] = Counter(rows)
    return found


def unmarked(found: Arrivals) -> Arrivals:
    """The same whatever address the source had: marks are of the account that things came from."""
    masked: Arrivals = {name: Counter() for name in found}
    for name, rows in found.items():
        for row, number in rows.items():
            masked[name][_MARK.sub("mark", row)] += number
    return masked


def twins(sandbox: Sandbox) -> list[str]:
    """Marks that stand on more than one thing of a kind; what has no mark of its own is compared as arrivals.

    Planfix's entries are made several in one request, on one comment: a mark is doubled where it stands on those of two comments. (A
    second request on the same comment shows as arrivals that are too many.)
    """
    seen: set[tuple[str, str, str]] = set()
    twice: Counter[tuple[str, str]] = Counter()
    for name, table in _tables(sandbox).items():
        if name != _BODIES.get(sandbox.name):
            for id, row in table.items():
                together = row.get("commentId") if isinstance(row, dict) else None
                for place, mark in _marks(row, name):
                    key = (place, mark, f"comment {together}" if together else f"{id} {twice[place, mark]}")
                    twice[place, mark] += key not in seen
                    seen.add(key)
    return [f"{name} {mark}: {count}" for (name, mark), count in twice.items() if count > 1]


def loose(sandbox: Sandbox, before: Sandbox) -> int:
    """Uploaded bytes that nothing refers to: a file is sent before what shows it, and nobody sees it until then."""
    name = _BODIES.get(sandbox.name)
    if name is None:
        return 0
    tables = _tables(sandbox)
    used = {str(id) for table in tables.values() for row in table.values() for id in _under(row, name)}
    return len(tables[name].keys() - _tables(before)[name].keys() - used)


def difference(expected: Arrivals, found: Arrivals) -> tuple[list[str], list[str]]:
    """What is missing, and what is there beyond."""
    missing: list[str] = []
    surplus: list[str] = []
    for name in expected.keys() | found.keys():
        here, there = expected.get(name, Counter()), found.get(name, Counter())
        for rows, into in ((here - there, missing), (there - here, surplus)):
            into += [f"{name} {row} x{count}" for row, count in rows.items()]
    return missing, surplus


def _let_show(sandbox: Sandbox) -> None:
    """HubEx shows a change that it took with a 202 only after further calls; it is there all the same."""
    if sandbox.name == "hubex":
        state: Any = sandbox.state  # type: ignore[attr-defined]
        waiting, state.queue = state.queue, []
        for one in waiting:
            one.apply()


def _tables(sandbox: Sandbox) -> dict[str, Table]:
    """The account's tables of records by id."""
    state: Any = getattr(sandbox, "account", None) or sandbox.state  # type: ignore[attr-defined]
    tables: dict[str, Any] = {**getattr(state, "tables", {}), **vars(state)}
    found = {
        name: table
        for name, table in tables.items()
        if isinstance(table, dict) and name not in (*_NOT_OURS, "tables") and not name.startswith("_")
    }
    if relations := getattr(state, "relations", ()):
        found["relations"] = {str(place): one for place, one in enumerate(relations)}
    return found


class _Told:
    """Rows as text."""

    def __init__(self, sandbox: Sandbox, before: Sandbox) -> None:
        self._refers = _REFERS[sandbox.name]
        self._tables = _tables(sandbox)
        self._old = _tables(before)
        state: Any = getattr(sandbox, "account", None) or sandbox.state  # type: ignore[attr-defined]
        self._bodies: Mapping[str, bytes] = getattr(state, "contents", {})
        now = datetime.now(UTC)
        self._today = {f"{now + timedelta(days=days):%Y-%m-%d}" for days in (-1, 0, 1)}

    def row(self, row: Any) -> str:
        """The whole row."""
        return self._value(row, "")

    def _value(self, value: Any, key: str) -> str:
        if key in self._refers:
            several = value if isinstance(value, list) else [value]
            return str(sorted(self._named(self._refers[key], one) for one in several))
        if key in _REPEATED and isinstance(value, list):
            return str(list(dict.fromkeys(self._value(one, "") for one in value)))
        match value:
            case dict():
                kept = ((name, self._value(one, str(name))) for name, one in value.items() if name not in _OWN)
                return str(sorted(kept))
            case list():
                return str([self._value(one, "") for one in value])
            case str():
                return self._text(value)
            case _:
                return str(value)

    def _text(self, text: str) -> str:
        """Without what differs from run to run: addresses, ids of contacts that were made, moments of now."""
        text = _PERSON.sub(lambda match: f"contact:{self._named('contacts', match[1])}", _ADDRESS.sub("@", text))
        match = _MOMENT.match(text)
        return "now" if match and match[0] in self._today else text

    def _named(self, table: str, id: Any) -> str:
        """What an id stands for: itself for what was there before, else the thing's own words."""
        if isinstance(id, dict):  # not an id, but the thing itself
            return self._value(id, "")
        row = self._tables.get(table, {}).get(str(id))
        if row is None or str(id) in self._old.get(table, {}):
            return str(id)
        words = [_ADDRESS.sub("@", str(row[name])) for name in _WORDS if name in row]
        return " ".join([*words, str(self._bodies.get(str(id), b"")) if table in _BODIES.values() else ""])


def _marks(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """The marks in a row and in what stands inside it, each once for each place."""
    if isinstance(value, dict):
        own = {mark for one in value.values() if isinstance(one, str) for mark in _MARK.findall(one)}
        yield from ((path, mark) for mark in own)
        for name, one in value.items():
            yield from _marks(one, path if str(name).isdigit() else f"{path}.{name}")
    elif isinstance(value, list):
        for one in value:
            yield from _marks(one, path)


def _under(value: Any, name: str) -> Iterator[Any]:
    """The ids that stand in lists of this name."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key == name and isinstance(one, list):
                yield from (row["id"] if isinstance(row, dict) else row for row in one)
            else:
                yield from _under(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from _under(one, name)
