"""The warehouse of HubEx: materials, warehouses, inventories, and what tasks used up.

Vendor contract, sections 4.5 and 5. An inventory lays materials into warehouses, both named by their erpID, which must be known.
`MaterialConsumptions` is account-wide and grouped by inventory.
"""

from __future__ import annotations

from migrator.sandbox.hubex import filters, shapes
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.inputs import Field, flag, moment, name, objects_of, read, real, reference, text
from migrator.sandbox.hubex.paging import as_array, as_map
from migrator.sandbox.hubex.state import State
from migrator.sandbox.hubex.wire import Record, created, invalid, missing
from migrator.sandbox.hubex.work_parts import left
from migrator.sandbox.hubex.works import live
from migrator.sandbox.server import Reply

_ERP_ID = 64
_MATERIAL = (
    *(Field("name", name(128), required=True), Field("erpID", text(_ERP_ID)), Field("description", text())),
    *(Field("cost", real), Field("costCurrencyID", reference("currencies")), Field("vendorCode", text())),
    Field("measurementUnitID", reference("measurement_units")),
)
_WAREHOUSE = (
    *(Field("name", name(), required=True), Field("erpID", text(_ERP_ID)), Field("description", text())),
    *(Field("isDefault", flag), Field("locationID", reference("locations"))),
)
_LAID = (
    *(Field("materialErpID", name(_ERP_ID), required=True), Field("warehouseErpID", name(_ERP_ID), required=True)),
    *(Field("quantity", real), Field("materialCost", real), Field("materialCurrencyID", reference("currencies"))),
)
_SEARCH = {"searchText": filters.search(lambda _, row: [row["name"], row.get("erpID"), row.get("vendorCode")])}
_CONSUMED = {
    "consumptionPeriodFrom": filters.since("consumed"),
    "consumptionPeriodTill": filters.until("consumed"),
    "assetID": filters.equals("assetID"),
    "taskTypeID": filters.short("taskTypeID"),
    "workTypeID": filters.short("workTypeID"),
    "warehouseID": filters.short("warehouseID"),
    "consumedByUserID": filters.equals("consumedByUserID"),
}


def stock(ask: Ask) -> Reply:
    """GET /WH/Materials: an array of what lies where."""
    laid = [
        (inventory, row) for inventory in ask.state.tables["inventories"].values() for row in inventory["materials"]
    ]
    rows = [
        {**_material(ask.state, row["materialID"]), "laid": row, "inventoryID": inventory["id"]}
        for inventory, row in laid
    ]
    rows = filters.select(ask, rows, {**_SEARCH, "materialID": filters.equals("id")})

    def shape(row: Record) -> Record:
        laid = row.pop("laid")
        actual = left(ask.state, row.pop("inventoryID"), row["id"], laid["warehouseID"])
        place = shapes.named(ask.state, "warehouses", laid["warehouseID"], "erpID")
        return {**row, "importQuantity": laid["quantity"], "actualQuantity": actual, "warehouse": place}

    return as_array(ask, rows, shape)


def list_all(ask: Ask) -> Reply:
    """GET /WH/Materials/v2: a map of the materials themselves."""
    rows = filters.select(
        ask, ask.state.tables["materials"].values(), {**_SEARCH, "isDeleted": filters.present("deleted")}
    )
    return as_map(ask, rows, lambda row: _material(ask.state, row["id"]))


def create(ask: Ask) -> Reply:
    """POST /WH/Materials, array: the ids."""
    taken = [read(ask.state, row, _MATERIAL) for row in ask.rows()]
    return created([ask.state.add("materials", row)["id"] for row in taken])


def warehouses(ask: Ask) -> Reply:
    """GET /WH/Warehouses."""
    rows = [row for row in ask.state.tables["warehouses"].values() if not row.get("deleted")]
    return as_map(ask, rows, lambda row: {key: row.get(key) for key in ("id", "name", "erpID", "isDefault")})


def create_warehouses(ask: Ask) -> Reply:
    """POST /WH/Warehouses, array: the ids."""
    taken = [read(ask.state, row, _WAREHOUSE) for row in ask.rows()]
    return created([ask.state.add("warehouses", row)["id"] for row in taken])


def inventories(ask: Ask) -> Reply:
    """GET /WH/Inventories."""
    rows = list(ask.state.tables["inventories"].values())
    return as_map(ask, rows, lambda row: {key: row.get(key) for key in ("id", "dateFrom", "dateTill")})


def create_inventories(ask: Ask) -> Reply:
    """POST /WH/Inventories, array of {inventoryDateFrom*, materials[]}: [{id, dateFrom}]."""
    taken = []
    for row in ask.rows():
        if row.get("inventorydatefrom") is None:
            raise missing()
        laid = [_lay(ask.state, one) for one in objects_of(row, "materials")] if row.get("materials") else []
        taken.append({"dateFrom": moment(ask.state, row["inventorydatefrom"]), "materials": laid})
    made = [ask.state.add("inventories", row) for row in taken]
    return created([{"id": row["id"], "dateFrom": row["dateFrom"]} for row in made])


def consumptions(ask: Ask) -> Reply:
    """GET /WH/MaterialConsumptions: a map by inventory of what tasks used up."""
    rows = [
        {
            **one,
            "task": task,
            "assetID": task.get("assetID"),
            "taskTypeID": task["taskTypeID"],
            "workTypeID": work["workTypeID"],
        }
        for task in ask.state.tasks.values()
        if ask.sees_task(task)
        for work in live(task)
        for one in work.get("materials", [])
    ]
    rows = filters.select(ask, rows, _CONSUMED)
    keys = sorted({row["inventoryID"] for row in rows})
    groups = [ask.state.get("inventories", key) or {"id": key} for key in keys]

    def shape(group: Record) -> Record:
        own = [_consumption(ask.state, row) for row in rows if row["inventoryID"] == group["id"]]
        return {"id": group["id"], "date": group.get("dateFrom"), "materials": own}

    return as_map(ask, groups, shape)


def _lay(state: State, row: Record) -> Record:
    taken = read(state, row, _LAID)
    ids = {}
    for table, key in (("materials", "materialErpID"), ("warehouses", "warehouseErpID")):
        found = [
            one["id"]
            for one in state.tables[table].values()
            if one.get("erpID") == taken[key] and not one.get("deleted")
        ]
        if not found:
            raise invalid()
        ids[table] = found[0]
    kept: Record = {key: taken[key] for key in ("materialCost", "materialCurrencyID") if key in taken}
    return {
        **kept,
        "materialID": ids["materials"],
        "warehouseID": ids["warehouses"],
        "quantity": taken.get("quantity", 0),
    }


def _material(state: State, key: int) -> Record:
    row = state.get("materials", key) or {}
    return {
        **{one: row.get(one) for one in ("id", "name", "erpID", "description", "vendorCode", "cost", "deleted")},
        "costCurrency": shapes.currency(state, row.get("costCurrencyID")),
        "measurementUnit": shapes.unit(state, row.get("measurementUnitID")),
    }


def _consumption(state: State, row: Record) -> Record:
    material = state.get("materials", row["materialID"]) or {}
    cost = row.get("cost", material.get("cost")) or 0
    return {
        **{key: material.get(key) for key in ("id", "name", "erpID", "description")},
        "consumed": row["consumed"],
        "consumption": row["quantity"],
        "cost": cost,
        "totalCost": round(float(cost) * float(row["quantity"]), 2),
        "currency": shapes.currency(state, row.get("costCurrencyID", material.get("costCurrencyID"))),
        "measurementUnit": shapes.named(state, "measurement_units", row["measurementUnitID"]),
        "warehouse": shapes.named(state, "warehouses", row["warehouseID"], "erpID"),
        "consumedBy": shapes.person(state, row["consumedByUserID"], rate=False),
        "task": {"id": row["task"]["id"], "number": row["task"]["number"]},
    }
