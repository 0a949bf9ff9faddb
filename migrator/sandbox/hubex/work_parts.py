"""Technicians and materials of completed works: who did it at which rate, what was used up.

Vendor contract, sections 4.5 and 5, gotcha 31. Both reads are maps by completedWorkID, 204 when there are none, whatever the specification
says of one object. A material must lie in the named inventory and warehouse, and be left in the quantity taken.
"""

from __future__ import annotations

from migrator.sandbox.hubex import shapes
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.changes import accept
from migrator.sandbox.hubex.inputs import Field, data_of, number, objects_of, read, real, reference
from migrator.sandbox.hubex.paging import as_map
from migrator.sandbox.hubex.state import State
from migrator.sandbox.hubex.wire import Record, created, missing, not_possible
from migrator.sandbox.hubex.works import live, task_of, work
from migrator.sandbox.server import Reply

_TECHNICIAN = (
    Field("userID", reference("users"), required=True),
    *(Field("rate", real), Field("rateCurrencyID", reference("currencies"))),
)
_MATERIAL = (
    Field("consumedByUserID", reference("users"), required=True),
    Field("inventoryID", reference("inventories"), required=True),
    Field("materialID", reference("materials"), required=True),
    Field("measurementUnitID", reference("measurement_units"), required=True),
    Field("quantity", real, required=True),
    Field("warehouseID", reference("warehouses"), required=True),
    *(Field("cost", real), Field("costCurrencyID", reference("currencies"))),
)
_MATERIAL_KEY = ("inventoryID", "materialID", "warehouseID")


def technicians(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/completedWorks/technicians."""
    task = ask.task()

    def shape(row: Record) -> Record:
        shown = [_technician(ask.state, one) for one in row["technicians"]]
        return {"taskID": task["id"], "completedWorkID": row["id"], "technicians": shown}

    return as_map(ask, [row for row in live(task) if row.get("technicians")], shape)


def materials(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/completedWorks/materials."""
    task = ask.task()

    def shape(row: Record) -> Record:
        shown = [_material(ask.state, one) for one in row["materials"]]
        return {"taskID": task["id"], "completedWorkID": row["id"], "materials": shown}

    return as_map(ask, [row for row in live(task) if row.get("materials")], shape)


def add_technicians(ask: Ask) -> Reply:
    """POST /WORK/Tasks/completedWorks/technicians, array of {taskID, data[{completedWorkID, technicians[]}]}."""
    added = _read(ask, "technicians", _TECHNICIAN)
    pairs = [(row["id"], taken["userID"], task["id"]) for task, row, taken in added]
    there = [(row["id"], one["userID"], task["id"]) for task, row, _ in added for one in row.get("technicians", [])]
    if len(set(pairs)) < len(pairs) or set(pairs) & set(there):
        raise not_possible("AlreadyDone")
    for _, row, taken in added:
        row.setdefault("technicians", []).append(taken)
    return created(
        [{"taskID": task["id"], "completedWorkID": row["id"], "userID": taken["userID"]} for task, row, taken in added]
    )


def update_technicians(ask: Ask) -> Reply:
    """PUT /WORK/Tasks/completedWorks/technicians: the rates of those named."""
    return _update(ask, "technicians", _TECHNICIAN, ("userID",))


def delete_technicians(ask: Ask) -> Reply:
    """DELETE /WORK/Tasks/completedWorks/technicians, array of {taskID, data[{completedWorkID, technicians[userID]}]}."""
    doomed = [
        (work(task_of(ask, row), one.get("completedworkid")), data_of({"data": one.get("technicians")}))
        for row in ask.rows()
        for one in objects_of(row)
    ]

    def apply() -> None:
        for row, users in doomed:
            row["technicians"] = [one for one in row.get("technicians", []) if one["userID"] not in users]

    return accept(ask, apply)


def add_materials(ask: Ask) -> Reply:
    """POST /WORK/Tasks/completedWorks/materials, array of {taskID, data[{completedWorkID, materials[]}]}."""
    added = _read(ask, "materials", _MATERIAL)
    for _, _, taken in added:
        if left(ask.state, taken["inventoryID"], taken["materialID"], taken["warehouseID"]) < taken["quantity"]:
            raise not_possible()
    for _, row, taken in added:
        row.setdefault("materials", []).append({**taken, "consumed": ask.now})
    keys = ("inventoryID", "materialID", "warehouseID")
    return created(
        [
            {"taskID": task["id"], "completedWorkID": row["id"], **{key: taken[key] for key in keys}}
            for task, row, taken in added
        ]
    )


def update_materials(ask: Ask) -> Reply:
    """PUT /WORK/Tasks/completedWorks/materials."""
    return _update(ask, "materials", _MATERIAL, _MATERIAL_KEY)


def delete_materials(ask: Ask) -> Reply:
    """DELETE /WORK/Tasks/completedWorks/materials, the materials named by inventory, material and warehouse."""
    fields = tuple(field for field in _MATERIAL if field.name in _MATERIAL_KEY)
    doomed = [(row, taken) for _, row, taken in _read(ask, "materials", fields)]

    def apply() -> None:
        for row, taken in doomed:
            row["materials"] = [one for one in row.get("materials", []) if not taken.items() <= one.items()]

    return accept(ask, apply)


def left(state: State, inventory: int, material: int, warehouse: int) -> float:
    """How much of the material an inventory still has in a warehouse."""
    stock = (state.get("inventories", inventory) or {}).get("materials", [])
    laid = sum(
        float(row["quantity"]) for row in stock if (row["materialID"], row["warehouseID"]) == (material, warehouse)
    )
    return laid - sum(
        float(one["quantity"])
        for task in state.tasks.values()
        for row in live(task)
        for one in row.get("materials", [])
        if (one["inventoryID"], one["materialID"], one["warehouseID"]) == (inventory, material, warehouse)
    )


def _read(ask: Ask, name: str, fields: tuple[Field, ...]) -> list[tuple[Record, Record, Record]]:
    """Task, work and what is said of it, for each entry of the body."""
    taken = []
    for row in ask.rows():
        task = task_of(ask, row)
        for one in objects_of(row):
            if one.get("completedworkid") is None:
                raise missing()
            target = work(task, number(ask.state, one["completedworkid"]))
            taken += [(task, target, read(ask.state, entry, fields)) for entry in objects_of(one, name)]
    return taken


def _update(ask: Ask, name: str, fields: tuple[Field, ...], key: tuple[str, ...]) -> Reply:
    changes = [(row, taken) for _, row, taken in _read(ask, name, fields)]

    def apply() -> None:
        for row, taken in changes:
            for one in row.get(name, []):
                if all(one[part] == taken[part] for part in key):
                    one.update(taken)

    return accept(ask, apply)


def _technician(state: State, one: Record) -> Record:
    user = state.get("users", one["userID"]) or {}
    names = {key: user.get(key) for key in ("firstName", "lastName", "middleName")}
    rate = {
        "rate": one.get("rate", user.get("rate")),
        "rateCurrencyID": one.get("rateCurrencyID", user.get("rateCurrencyID")),
    }
    return {"userID": one["userID"], **names, **rate}


def _material(state: State, one: Record) -> Record:
    record = state.get("materials", one["materialID"]) or {}
    return {
        **{
            key: one.get(key) for key in ("inventoryID", "materialID", "quantity", "consumed", "cost", "costCurrencyID")
        },
        "materialName": record.get("name"),
        "materialErpID": record.get("erpID"),
        "warehouse": shapes.named(state, "warehouses", one["warehouseID"], "erpID"),
        "measurementUnit": shapes.named(state, "measurement_units", one["measurementUnitID"]),
        "takenByUser": shapes.person(state, one["consumedByUserID"], rate=False),
    }
