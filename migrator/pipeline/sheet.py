"""The sheet: what should be in the target of one kind, kept on the disk while the target is read, and ticked off.

A temporary database of SQLite's own, gone when it is closed: an account of any size is compared in little memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from migrator.model import Ref
from migrator.vendor import Observed

_SCHEMA = """
CREATE TABLE ours (n INTEGER PRIMARY KEY, ref TEXT, id TEXT, mark TEXT, above TEXT, look TEXT, moment TEXT, made REAL,
    expected BLOB, instead BLOB, said BLOB, seen INTEGER NOT NULL DEFAULT 0, place TEXT NOT NULL DEFAULT '');
CREATE INDEX ours_id ON ours (id);
CREATE INDEX ours_mark ON ours (mark);
CREATE INDEX ours_look ON ours (above, look);
"""
_ADD = "INSERT INTO ours (ref, id, mark, above, look, moment, made, expected, instead, said) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_LOOK_ALIKES = 50  # with the same owner and title that are compared field by field
_NAMES = ("title", "name", "day", "text")

Instead = Sequence[tuple[str, str, str]]  # code of an issue, field, what is there because of it


@dataclass(frozen=True)
class Line:
    """One entity that the run made. `instead`: what issues of the run say is there in place of what is expected; `said`: code, field
    and detail of those of a delta, which say it in words.
    """

    ref: Ref
    id: str
    mark: str
    expected: Mapping[str, str]
    instead: Instead = ()
    said: Instead = ()
    made: float = 0.0  # when, in seconds since the epoch


class Sheet:
    """The lines of one kind."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")  # never ended: nothing of it is to last

    def __enter__(self) -> Sheet:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add(self, line: Line) -> None:
        """One more, in the order of the source."""
        row = (
            *(str(line.ref), line.id, line.mark, *_look(line.expected), line.expected.get("created", ""), line.made),
            *(orjson.dumps(line.expected), orjson.dumps(line.instead), orjson.dumps(line.said)),
        )
        self._database.execute(_ADD, row)

    def tick(self, observed: Observed) -> list[Line]:
        """The lines that were made as this object and are seen for the first time; more than one where the target has but one."""
        where = "WHERE id = ? AND NOT seen"
        lines = list(self._lines(where, observed.id))
        self._database.execute(f"UPDATE ours SET seen = 1, place = ? {where}", (observed.place, observed.id))  # noqa: S608
        return lines

    def is_ours(self, id: str) -> bool:
        """Whether the run made the object."""
        return self._has("id = ?", id)

    def marked(self, mark: str) -> Line | None:
        """The line whose mark this is."""
        return next(self._lines("WHERE mark = ? LIMIT 1", mark), None) if mark else None

    def like(self, fields: Mapping[str, str]) -> Line | None:
        """A line that has in common with an object all its fields that the list shows."""
        above, look = _look(fields)
        alike = self._lines(f"WHERE above = ? AND look = ? LIMIT {_LOOK_ALIKES}", above, look) if look else iter(())
        return next(
            (line for line in alike if all(fields.get(name, value) == value for name, value in line.expected.items())),
            None,
        )

    def owns(self, above: str) -> bool:
        """Whether anything of ours hangs on this object of the target."""
        return bool(above) and self._has("above = ?", above)

    def unseen(self) -> Iterator[Line]:
        """What was not found, in order."""
        yield from self._lines("WHERE NOT seen ORDER BY n")

    def rows_in_order(self) -> Iterator[tuple[str, Ref, float, str]]:
        """What was found and has a place: its owner's id, its ref, when it was made, its place; owner by owner, as it should stand."""
        sql = "SELECT above, ref, made, place FROM ours WHERE seen AND place <> '' ORDER BY above, moment, n"
        for above, ref, made, place in self._database.execute(sql):
            yield above, Ref.parse(ref), made, place

    def _lines(self, where: str, *values: Any) -> Iterator[Line]:
        sql = f"SELECT ref, id, mark, expected, instead, said, made FROM ours {where}"  # noqa: S608
        for ref, id, mark, expected, instead, said, made in self._database.execute(sql, values):
            yield Line(
                Ref.parse(ref), id, mark, orjson.loads(expected), orjson.loads(instead), orjson.loads(said), made
            )

    def _has(self, where: str, value: str) -> bool:
        sql = f"SELECT 1 FROM ours WHERE {where} LIMIT 1"  # noqa: S608
        return self._database.execute(sql, (value,)).fetchone() is not None


def _look(fields: Mapping[str, str]) -> tuple[str, str]:
    """What copies of one thing share: where they hang, and what they are called."""
    return fields.get("on", ""), next((fields[name] for name in _NAMES if fields.get(name)), "")
