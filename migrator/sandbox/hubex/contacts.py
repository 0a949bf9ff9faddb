"""Contacts of HubEx: people outside the account. Vendor contract, sections 4.6, 5. HEAD is not there (404); the order is by id."""

from __future__ import annotations

from migrator.sandbox.hubex import filters
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.changes import accept, accept_all
from migrator.sandbox.hubex.inputs import Field, name, number, read, replace, text
from migrator.sandbox.hubex.paging import as_map
from migrator.sandbox.hubex.wire import Record, Refusal, created, found, invalid
from migrator.sandbox.server import Reply

_FIELDS = (
    *(Field("fullName", name(128), required=True), Field("phone", text(32)), Field("email", text(128))),
    *(Field("position", text(128)), Field("description", text(512))),
)
_FILTERS = {
    "searchText": filters.search(lambda _, row: [row["fullName"], row.get("phone"), row.get("email")]),
    "contactID": filters.equals("id"),
    "isDeleted": filters.present("deleted"),
}


def list_all(ask: Ask) -> Reply:
    """GET /COMMON/Contacts."""
    rows = filters.select(ask, ask.state.tables["contacts"].values(), _FILTERS)
    return as_map(ask, sorted(rows, key=lambda row: int(row["id"])), _shown)


def one(ask: Ask) -> Reply:
    """GET /COMMON/Contacts/{id}: 404 when there is none."""
    row = ask.state.get("contacts", ask.path["id"])
    if row is None:
        raise Refusal(404, "ContactNotFound", "Контакт не найден")
    return found(_shown(row))


def create(ask: Ask) -> Reply:
    """POST /COMMON/Contacts, array: the ids."""
    taken = [read(ask.state, row, _FIELDS) for row in ask.rows()]
    return created([ask.state.add("contacts", row)["id"] for row in taken])


def update(ask: Ask) -> Reply:
    """PUT /COMMON/Contacts, array with id: full replace."""
    changes = []
    for row in ask.rows():
        contact = ask.state.live("contacts", row.get("id"))
        if contact is None:
            raise invalid()
        changes.append((contact, read(ask.state, row, _FIELDS)))

    def apply() -> None:
        for contact, taken in changes:
            replace(contact, _FIELDS, taken)

    return accept(ask, apply)


def delete(ask: Ask) -> Reply:
    """DELETE /COMMON/Contacts, array of ids: soft."""
    rows, now = [ask.state.get("contacts", number(ask.state, key)) for key in ask.numbers()], ask.now
    if not all(rows):
        raise invalid()
    return accept_all(ask, [row for row in rows if row], lambda row: row.update(deleted=now))


def _shown(row: Record) -> Record:
    return {key: row.get(key) for key in ("id", "fullName", "phone", "email", "position", "description", "deleted")}
