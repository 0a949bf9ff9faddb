"""Attributes of HubEx: the custom fields of tasks, assets, companies, people, works, checklists and contracts.

Vendor contract, sections 4.6 and 5. The type of an attribute never changes. Values of lists are added by `AttributeListOfValues`.
"""

from __future__ import annotations

from typing import Any

from migrator.sandbox.hubex import filters, shapes
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.changes import accept, accept_all
from migrator.sandbox.hubex.inputs import Field, flag, name, number, objects_of, read, reference, replace
from migrator.sandbox.hubex.paging import as_map
from migrator.sandbox.hubex.wire import Record, created, found, invalid, missing, not_possible, nothing
from migrator.sandbox.server import Reply

_RELEVANT = ("Task", "Asset", "Company", "Customer", "Technician", "Contract", "CompletedWork", "CheckList")
_FIELDS = (
    *(Field("name", name(), required=True), Field("attributeTypeID", reference("attribute_types"), required=True)),
    *(Field("isPublic", flag, required=True), Field("measurementUnitID", reference("measurement_units"))),
    *(Field(f"isRelevantFor{kind}", flag) for kind in _RELEVANT),
)
_FILTERS = {
    **{f"isRelevantFor{kind}": filters.present(f"isRelevantFor{kind}") for kind in _RELEVANT},
    "isDeleted": filters.present("deleted"),
    "isPublic": filters.present("isPublic"),
}


def list_all(ask: Ask) -> Reply:
    """GET /COMMON/Attributes."""
    rows = filters.select(ask, ask.state.tables["attributes"].values(), _FILTERS)
    return as_map(ask, rows, lambda row: _shown(ask, row))


def one(ask: Ask) -> Reply:
    """GET /COMMON/Attributes/{id}: here the list of values is an array."""
    row = ask.state.get("attributes", ask.path["id"])
    if row is None:
        return nothing()
    values = [{"key": key, "value": value} for key, value in row.get("listOfValues", {}).items()]
    return found({**_shown(ask, row), "listOfValues": values})


def list_of_values(ask: Ask) -> Reply:
    """GET /COMMON/Attributes/{id}/listOfValues."""
    values = (ask.state.get("attributes", ask.path["id"]) or {}).get("listOfValues")
    return Reply.json(values) if values else nothing()


def create(ask: Ask) -> Reply:
    """POST /COMMON/Attributes, array: the ids."""
    taken = [read(ask.state, row, _FIELDS) for row in ask.rows()]
    return created([ask.state.add("attributes", row)["id"] for row in taken])


def update(ask: Ask) -> Reply:
    """PUT /COMMON/Attributes, array with id: full replace of all but the type, which must be the same."""
    changes = []
    for row in ask.rows():
        attribute = ask.state.live("attributes", row.get("id"))
        if attribute is None:
            raise invalid()
        taken = read(ask.state, row, _FIELDS)
        if taken["attributeTypeID"] != attribute["attributeTypeID"]:
            raise not_possible()
        changes.append((attribute, taken))

    def apply() -> None:
        for attribute, taken in changes:
            replace(attribute, _FIELDS, taken)

    return accept(ask, apply)


def delete(ask: Ask) -> Reply:
    """DELETE /COMMON/Attributes, array of ids: soft."""
    rows, now = [ask.state.get("attributes", number(ask.state, key)) for key in ask.numbers()], ask.now
    if not all(rows):
        raise invalid()
    return accept_all(ask, [row for row in rows if row], lambda row: row.update(deleted=now))


def merge_values(ask: Ask) -> Reply:
    """POST /COMMON/AttributeListOfValues, array of {attributeID, data[{key, value}]}: 202, merged."""
    merges: list[tuple[Record, dict[str, Any]]] = []
    for row in ask.rows():
        attribute = ask.state.live("attributes", row.get("attributeid"))
        if attribute is None:
            raise invalid()
        values = objects_of(row)
        if not all(isinstance(value.get(part), str) and value[part] for value in values for part in ("key", "value")):
            raise missing()
        merges.append((attribute, {value["key"]: value["value"] for value in values}))

    def apply() -> None:
        for attribute, added in merges:
            attribute["listOfValues"] = {**attribute.get("listOfValues", {}), **added}

    return accept(ask, apply)


def _shown(ask: Ask, row: Record) -> Record:
    return {
        **{key: row.get(key) for key in ("name", "deleted", "listOfValues")},
        "isPublic": bool(row.get("isPublic")),
        "type": shapes.named(ask.state, "attribute_types", row.get("attributeTypeID"), "code"),
        "measurementUnit": shapes.unit(ask.state, row.get("measurementUnitID")),
        "relevantFor": {kind[0].lower() + kind[1:]: bool(row.get(f"isRelevantFor{kind}")) for kind in _RELEVANT},
    }
