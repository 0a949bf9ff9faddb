"""Service contracts of HubEx. Vendor contract, sections 2, 5, 7: no erpID; looked up by number; a POST with an id updates."""

from __future__ import annotations

from migrator.sandbox.hubex import filters, shapes
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.changes import accept_all
from migrator.sandbox.hubex.inputs import Field, moment, name, number, read, reference, references, replace, text
from migrator.sandbox.hubex.paging import as_map
from migrator.sandbox.hubex.wire import Record, created, found, invalid, nothing
from migrator.sandbox.server import Reply

_FIELDS = (
    *(Field("companyID", reference("companies"), required=True), Field("name", name(128), required=True)),
    *(Field("dateFrom", moment, required=True), Field("dateTill", moment)),
    *(Field("number", text(32)), Field("description", text(1024)), Field("assets", references("assets"))),
)
_FILTERS = {
    "searchText": filters.search(lambda _, row: [row["name"], row.get("number")]),
    "companyID": filters.short("companyID"),
    "assetID": filters.among("assets"),
    "taskID": filters.number(
        lambda ask, row, value: (ask.state.get("tasks", value) or {}).get("contractID") == row["id"]
    ),
    "validFrom": filters.since("dateTill"),
    "validTill": filters.until("dateFrom"),
}


def list_all(ask: Ask) -> Reply:
    """GET /SC/ServiceContract."""
    rows = [row for row in ask.state.tables["contracts"].values() if not row.get("deleted")]
    return as_map(ask, filters.select(ask, rows, _FILTERS), lambda row: _shown(ask, row))


def one(ask: Ask) -> Reply:
    """GET /SC/ServiceContract/{id}."""
    row = ask.state.get("contracts", ask.path["id"])
    return nothing() if row is None else found(_shown(ask, row))


def merge(ask: Ask) -> Reply:
    """POST /SC/ServiceContract, array: the ids; a row with an id is updated at once, in full."""
    taken = []
    for row in ask.rows():
        old = None if row.get("id") is None else ask.state.live("contracts", row["id"])
        if row.get("id") is not None and old is None:
            raise invalid()
        taken.append((old, read(ask.state, row, _FIELDS)))
    ids = []
    for old, fields in taken:
        if old is None:
            ids.append(ask.state.add("contracts", fields)["id"])
        else:
            replace(old, _FIELDS, fields)
            ids.append(old["id"])
    return created(ids)


def delete(ask: Ask) -> Reply:
    """DELETE /SC/ServiceContract, array of ids: soft."""
    rows, now = [ask.state.get("contracts", number(ask.state, key)) for key in ask.numbers()], ask.now
    if not all(rows):
        raise invalid()
    return accept_all(ask, [row for row in rows if row], lambda row: row.update(deleted=now))


def _shown(ask: Ask, row: Record) -> Record:
    shown = {key: row.get(key) for key in ("id", "name", "number", "dateFrom", "dateTill", "description", "deleted")}
    return {**shown, "company": shapes.named(ask.state, "companies", row["companyID"])}
