"""Filters of lists: known names with their types; an unknown name is ignored, a wrong type is 409.

Vendor contract, section 3, gotchas 14 and 15. Names are case-sensitive (`contactId` is not `contactID` [live]); a repeated name means
any of its values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from migrator.sandbox.hubex import times
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.state import BYTE, INT16
from migrator.sandbox.hubex.wire import Record, invalid

SEARCH_VALUES = 50  # texts joined by ;; in one search [wiki]

Holds: TypeAlias = Callable[[Ask, Record, Any], bool]


@dataclass(frozen=True)
class Filter:
    """How the value of one query name is read, and which records it keeps."""

    take: Callable[[str], Any]
    holds: Holds


def select(ask: Ask, rows: Iterable[Record], filters: Mapping[str, Filter]) -> list[Record]:
    """The records that pass all filters of the query. Raises Refusal for a value of the wrong type."""
    kept = list(rows)
    for name, one in filters.items():
        if values := [_taken(one, value) for value in ask.query.get(name, ())]:
            kept = [row for row in kept if any(one.holds(ask, row, value) for value in values)]
    return kept


def _taken(one: Filter, value: str) -> Any:
    try:
        return one.take(value)
    except (ValueError, OverflowError) as error:
        raise invalid() from error


def _switch(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ValueError(value)
    return value.lower() == "true"


def _whole(largest: int) -> Callable[[str], int]:
    def take(value: str) -> int:
        if not -largest - 1 <= int(value) <= largest:
            raise ValueError(value)
        return int(value)

    return take


def _searched(value: str) -> list[str]:
    words = [word.strip().lower() for word in value.split(";;")]
    if len(words) > SEARCH_VALUES:
        raise ValueError(value)
    return words


def equals(field: str, largest: int = 2**31 - 1) -> Filter:
    """A number that the record has under this name."""
    return Filter(_whole(largest), lambda _, row, value: row.get(field) == value)


def byte(field: str) -> Filter:
    """A number of one byte."""
    return equals(field, BYTE)


def short(field: str) -> Filter:
    """A number of 16 bits."""
    return equals(field, INT16)


def among(field: str) -> Filter:
    """A number in the record's list."""
    return Filter(_whole(2**31 - 1), lambda _, row, value: value in row.get(field, []))


def like(field: str) -> Filter:
    """A part of a text, whatever the case. Whether `erpID` means equal or like is open (section 10): like is the nastier."""
    return Filter(str, lambda _, row, value: value.lower() in str(row.get(field, "")).lower())


def same(field: str) -> Filter:
    """A text as it is."""
    return Filter(str, lambda _, row, value: row.get(field) == value)


def present(field: str) -> Filter:
    """Whether the record has this field at all, as in `isClosed`, `isDeleted`, `isPublished`."""
    return Filter(_switch, lambda _, row, value: bool(row.get(field)) == value)


def switch(holds: Callable[[Ask, Record], bool]) -> Filter:
    """true or false against a fact of the record."""
    return Filter(_switch, lambda ask, row, value: holds(ask, row) == value)


def number(holds: Holds) -> Filter:
    """A number that a rule of its own compares."""
    return Filter(_whole(2**31 - 1), holds)


def since(field: str) -> Filter:
    """A moment that the field is not before."""
    return Filter(times.take, lambda _, row, value: bool(row.get(field)) and row[field] >= value)


def until(field: str) -> Filter:
    """A moment that the field is not after."""
    return Filter(times.take, lambda _, row, value: bool(row.get(field)) and row[field] <= value)


def search(texts: Callable[[Ask, Record], Iterable[object]]) -> Filter:
    """`searchText`: part of any of the texts; several searches joined by ;;."""

    def holds(ask: Ask, row: Record, words: list[str]) -> bool:
        searched = [str(one).lower() for one in texts(ask, row) if one]
        return any(word in one for word in words for one in searched)

    return Filter(_searched, holds)
