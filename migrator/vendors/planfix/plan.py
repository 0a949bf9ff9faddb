"""In which parts an account is read, and how its lists are paged through. Pure.

A scope is text: "" (a whole list), "2024-01-01 2024-01-07" (comments of these days), "directory 1", or a ref as "task:26". A scope
that is a ref is skipped by the core where the user leaves that ref out. Source: the vendor contract, section 4, bulk plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from migrator.vendor import Record
from migrator.vendors.planfix.answers import moment
from migrator.vendors.planfix.values import dated

FIRST_DAY = date(2000, 1, 1)
SLICE_DAYS = 7  # longer ones took most of a minute a page (section 4)
_DAY = timedelta(days=1)
_MOST_BACKS = 20
_OF_ACTIVITY = ("dateTime", "dateOfLastUpdate", "dateOfLastComment")


@dataclass(frozen=True)
class Cursor:
    """Where a page starts. `last`: the row that stood there before, "" = none; `backs`: how often rows were found gone."""

    offset: int = 0
    backs: int = 0
    last: str = ""

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        """Read `99 0 4711`; None is the start."""
        if not text:
            return cls()
        offset, backs, last = text.split(" ")
        return cls(int(offset), int(backs), last)

    def __str__(self) -> str:
        return f"{self.offset} {self.backs} {self.last}"


def next_cursor(at: Cursor, ids: Sequence[str], size: int) -> str | None:
    """The cursor after a page; None at the end, which only a page that is not full shows: there are no totals.

    Pages overlap by one row. If a page starts beyond that row, some before it were deleted meanwhile and others slipped through,
    so it goes a page back, as often as it takes (section 8, 18). `size`: the rows of a full page.
    """
    if _has_gap(at, ids) and at.backs < _MOST_BACKS:
        return str(Cursor(max(0, at.offset - size), at.backs + 1, at.last))
    if len(ids) < size:
        return None
    return str(Cursor(at.offset + size - 1, at.backs, ids[-1]))


def _has_gap(at: Cursor, ids: Sequence[str]) -> bool:
    """Whether rows may lie between the last one of the page before and this page; ids ascend in all lists that are long."""
    if not at.offset or at.last in ids:
        return False
    return not ids or int(ids[0]) > int(at.last)


def is_task(record: Record) -> bool:
    """Whether a row of the tasks is one that moves: no template, no line of a checklist, not deleted."""
    return record.get("type") in (None, "", "Task") and not record.get("isDeleted")


def tasks(records: Iterable[Record]) -> Iterator[Record]:
    """Those that move."""
    return filter(is_task, records)


def scopes_of(kind: str, records: Iterable[Record]) -> Iterator[str]:
    """A scope for each record."""
    return (f"{kind}:{record['id']}" for record in records)


def processes(listed: Iterable[Record], templates: Iterable[Record]) -> Iterator[str]:
    """A scope for each process, the built-in one among them, which only templates name (section 8, 37)."""
    ids = [record["id"] for record in listed] + [record["processId"] for record in templates if record.get("processId")]
    return (f"process {id}" for id in dict.fromkeys(ids))


def directories(fields: Iterable[Record]) -> Iterator[str]:
    """A scope for each directory that gives fields of tasks and projects their values."""
    return (f"directory {id}" for id in dict.fromkeys(row["directoryId"] for row in fields if row.get("directoryId")))


def comment_slices(tasks: Iterable[Record]) -> tuple[str, ...]:
    """The days of which there may be comments: all before the first task in one scope, then slices; () without tasks.

    Slices share their edges, and the outer ones are a day wider: filters are in the zone of the token's user (section 8, 23).
    """
    moments = [found for task in tasks for key in _OF_ACTIVITY if (found := moment(task.get(key)))]
    if not moments:
        return ()
    start, end = min(moments).date() - _DAY, max(moments).date() + _DAY
    slices = [f"{FIRST_DAY} {start}"]
    while start < end:
        last = min(start + (SLICE_DAYS - 1) * _DAY, end)
        slices.append(f"{start} {last}")
        start = last
    return tuple(slices)


def comment_filter(scope: str) -> Record:
    """The filter for a slice, both days included."""
    return dated(*_days(scope))


def heeds(scope: str, comments: Iterable[Record], zone: ZoneInfo) -> bool:
    """Whether the comments are of the slice: a filter may be ignored without a word (section 8, 15)."""
    start, end = _days(scope)
    days = (at.astimezone(zone).date() for one in comments if (at := moment(one.get("dateTime"))))
    return all(start - _DAY <= day <= end + _DAY for day in days)


def _days(scope: str) -> tuple[date, date]:
    start, end = scope.split()
    return date.fromisoformat(start), date.fromisoformat(end)
