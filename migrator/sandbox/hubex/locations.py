"""Locations of HubEx: addresses that assets, companies and tasks point to. Vendor contract, sections 4.1, 5, 6."""

from __future__ import annotations

import re
from typing import Any

from migrator.sandbox.hubex import filters, shapes
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.changes import accept, accept_all
from migrator.sandbox.hubex.inputs import Field, flag, name, number, read, text
from migrator.sandbox.hubex.paging import as_map, total
from migrator.sandbox.hubex.state import State
from migrator.sandbox.hubex.wire import Record, created, found, invalid, not_possible, nothing
from migrator.sandbox.server import Reply

_COORDINATE = re.compile(r"-?\d{1,3}(\.\d+)?:-?\d{1,3}(\.\d+)?")
_FILTERS = {
    "searchText": filters.search(lambda _, row: [row["address"], row.get("description")]),
    "isDeleted": filters.present("deleted"),
}


def _coordinate(_: State, value: Any) -> str:
    """ "LAT:LNG" (section 3)."""
    if not isinstance(value, str) or not _COORDINATE.fullmatch(value):
        raise invalid()
    return value


_FIELDS = (
    Field("address", name(), required=True),
    Field("coordinate", _coordinate),
    Field("description", text()),
    Field("countryTwoSymbolCode", text(2)),
    Field("timezoneUtcOffsetMinutes", number),
    Field("isIgnorePossibleDuplication", flag),
)


def list_all(ask: Ask) -> Reply:
    """GET /ES/Locations."""
    return as_map(ask, _selected(ask), lambda row: shapes.location(ask.state, row["id"]) or {})


def count(ask: Ask) -> Reply:
    """HEAD /ES/Locations."""
    return total(len(_selected(ask)))


def one(ask: Ask) -> Reply:
    """GET /ES/Locations/{id}."""
    row = shapes.location(ask.state, ask.path["id"])
    return nothing() if row is None else found(row)


def create(ask: Ask) -> Reply:
    """POST /ES/Locations, array: the ids. An address that is there is refused unless told to pass over it."""
    taken = [read(ask.state, row, _FIELDS) for row in ask.rows()]
    there = {row["address"] for row in ask.state.tables["locations"].values() if not row.get("deleted")}
    for row in taken:
        if not row.pop("isIgnorePossibleDuplication", False) and row["address"] in there:
            raise not_possible("AlreadyDone")
    return created([ask.state.add("locations", row)["id"] for row in taken])


def delete(ask: Ask) -> Reply:
    """DELETE /ES/Locations, array of ids: soft."""
    rows, now = [ask.state.get("locations", key) for key in ask.numbers()], ask.now
    if not all(rows):
        raise invalid()
    return accept_all(ask, [row for row in rows if row], lambda row: row.setdefault("deleted", now))


def remove(ask: Ask) -> Reply:
    """DELETE /ES/Locations/remove, array of ids: for good (section 6)."""
    keys = [str(key) for key in ask.numbers()]
    if not all(key in ask.state.tables["locations"] for key in keys):
        raise invalid()

    def apply() -> None:
        for key in keys:
            ask.state.tables["locations"].pop(key, None)

    return accept(ask, apply)


def _selected(ask: Ask) -> list[Record]:
    return filters.select(ask, ask.state.tables["locations"].values(), _FILTERS)
