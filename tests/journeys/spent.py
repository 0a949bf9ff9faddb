"""Time and money as Planfix keeps them: entries of the sample account's data tags, on a comment for each cost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from migrator.sandbox.planfix.state import State
from migrator.vendor import Record
from tests.journeys.moved import Shown, folded

# By data tag: the fields of the day, of the amount, of the person and of the words.
_FIELDS = {1: ("501", "502", "503", "504"), 2: ("511", "512", "513", "514")}
_LINES = re.compile(r"(?:^|; )(?:По таймеру: да|Сотрудник: [^;]*)")


@dataclass(frozen=True)
class Spent:
    """One cost. `person`: the id of an employee, else the name that the words give."""

    task: int
    day: str
    minutes: int
    money: Decimal
    person: str
    words: str
    timer: bool


def entries_of(state: State, comment: Record) -> list[Record]:
    """The entries on a comment."""
    return [entry for entry in state.entries.values() if entry["commentId"] == comment["id"]]


def spent(state: State, comment: Record) -> Spent:
    """The cost that a comment and its entries stand for."""
    entries = entries_of(state, comment)
    days, people, words = (_values(entries, place) for place in (0, 2, 3))
    assert len(days) == 1
    assert len(words) <= 1
    told = words.pop() if words else ""
    assert folded(told) in Shown(comment["description"]).text
    named = re.search(r"Сотрудник: ([^;]*)", told)
    return Spent(
        task=comment["task"],
        day=days.pop(),
        minutes=sum(map(minutes, entries)),
        money=sum(map(money, entries), Decimal()),
        person=people.pop() if people else named[1] if named else "",
        words=folded(_LINES.sub("", told)),
        timer="По таймеру: да" in told,
    )


def minutes(entry: Record) -> int:
    """How long the entry's period is."""
    period = entry["fields"].get("502")
    if not period:
        return 0
    start, end = (period[side]["time"].split(":") for side in ("from", "to"))
    return (int(end[0]) - int(start[0])) * 60 + int(end[1]) - int(start[1])


def money(entry: Record) -> Decimal:
    """The entry's sum."""
    return Decimal(str(entry["fields"].get("512", 0)))


def _values(entries: list[Record], place: int) -> set[str]:
    """What all entries hold in the field at a place; the same in all of them, or it is not one cost."""
    found = (entry["fields"].get(_FIELDS[entry["dataTag"]][place]) for entry in entries)
    return {value for value in found if value}
