"""Completed works of a task: read, create, full replace, delete.

Vendor contract, sections 2, 4.5, 5, gotchas 30 and 32. The id counts within one task from 1 to 255 and is never given again; hours are
`finished` minus `started`; a closed task takes no works.
"""

from __future__ import annotations

from migrator.sandbox.hubex import shapes, stamps
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.changes import accept
from migrator.sandbox.hubex.inputs import (
    Field,
    data_of,
    moment,
    number,
    objects_of,
    read,
    real,
    reference,
    replace,
    text,
)
from migrator.sandbox.hubex.paging import as_array
from migrator.sandbox.hubex.state import BYTE
from migrator.sandbox.hubex.task_writes import refuse_closed
from migrator.sandbox.hubex.wire import Record, created, found, invalid, missing, not_possible
from migrator.sandbox.server import Reply

_FIELDS = (
    Field("workTypeID", reference("work_types"), required=True),
    *(Field("started", moment), Field("finished", moment), Field("notes", text()), Field("quantity", real)),
    *(Field("measurementUnitID", reference("measurement_units")), Field("maintainedAssetID", reference("assets"))),
    *(Field("workTypeCost", real), Field("costCurrencyID", reference("currencies"))),
)
_ADDED = (*_FIELDS, Field("offlineCreated", moment))
_UPDATED = (
    *(field for field in _FIELDS if field.name != "maintainedAssetID"),
    Field("maintainedAssetID", reference("assets"), required=True),
)


def of_task(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/completedWorks: an array."""
    return as_array(ask, live(ask.task()), lambda row: _shown(ask, row))


def one(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/completedWorks/{n}."""
    return found(_shown(ask, work(ask.task(), int(ask.path["id"]))))


def create(ask: Ask) -> Reply:
    """POST /WORK/CompletedWorks, array of {taskID, data[]}: [{taskID, id, concurrencyStamp}]."""
    stamp = stamps.of(ask)
    if stamps.used(ask, "works", stamp) is not None:
        if ask.call.headers.get("X-Suppress-Conflict", "").lower() == "true":
            return Reply(200)
        raise not_possible("AlreadyDone")
    added = [(task, _read(ask, row)) for task, rows in _groups(ask) for row in rows]
    counts = {task["id"]: len(task.get("works", [])) for task, _ in added}
    for task, _ in added:
        counts[task["id"]] += 1
    if any(count > BYTE for count in counts.values()):
        raise not_possible()
    shown = [{"taskID": task["id"], "id": _append(ask, task, row)["id"]} for task, row in added]
    stamps.remember(ask, "works", stamp, {"rows": shown})
    return created([{**row, "concurrencyStamp": stamp} if stamp else row for row in shown])


def update(ask: Ask) -> Reply:
    """PUT /WORK/CompletedWorks, array of {taskID, data[{id*, ...}]}: full replace."""
    changes = []
    for task, rows in _groups(ask):
        for row in rows:
            if row.get("id") is None:
                raise missing()
            changes.append((work(task, number(ask.state, row["id"])), read(ask.state, row, _UPDATED)))

    def apply() -> None:
        for old, taken in changes:
            replace(old, _UPDATED, taken)

    return accept(ask, apply)


def delete(ask: Ask) -> Reply:
    """DELETE /WORK/CompletedWorks, array of {taskID, data[id]}."""
    doomed = [work(task_of(ask, row), key) for row in ask.rows() for key in data_of(row)]
    now = ask.now

    def apply() -> None:
        for row in doomed:
            row["deleted"] = now

    return accept(ask, apply)


def live(task: Record) -> list[Record]:
    """The works of a task that are not deleted."""
    return [row for row in task.get("works", []) if not row.get("deleted")]


def work(task: Record, key: object) -> Record:
    """The work of a task. Raises Refusal."""
    for row in live(task):
        if row["id"] == key:
            return row
    raise invalid()


def task_of(ask: Ask, row: Record) -> Record:
    """The task of a `{taskID, data[]}` row, to be changed. Raises Refusal."""
    if row.get("taskid") is None:
        raise missing()
    task = ask.task(change=True, key=number(ask.state, row["taskid"]))
    refuse_closed(task)
    return task


def _groups(ask: Ask) -> list[tuple[Record, list[Record]]]:
    return [(task_of(ask, row), objects_of(row)) for row in ask.rows()]


def _read(ask: Ask, row: Record) -> Record:
    taken = read(ask.state, row, _ADDED)
    if taken.get("finished", "9999") < taken.get("started", ""):
        raise invalid("InvalidDatePeriod")
    return taken


def _append(ask: Ask, task: Record, taken: Record) -> Record:
    rows = task.setdefault("works", [])
    asset = {"maintainedAssetID": task["assetID"]} if task.get("assetID") else {}
    row = {"id": len(rows) + 1, **asset, **taken, "created": ask.now}
    rows.append(row)
    task["lastModified"] = ask.now
    return row


def _shown(ask: Ask, row: Record) -> Record:
    kind = ask.state.get("work_types", row["workTypeID"]) or {}
    return {
        **{
            key: row.get(key) for key in ("id", "started", "finished", "notes", "quantity", "created", "offlineCreated")
        },
        "workType": {
            "id": kind.get("id"),
            "name": kind.get("name"),
            "cost": row.get("workTypeCost", kind.get("cost")),
            "costCurrencyID": row.get("costCurrencyID", kind.get("costCurrencyID")),
        },
        "maintainedAsset": shapes.asset(ask.state, row.get("maintainedAssetID")),
        "measurementUnit": shapes.unit(ask.state, row.get("measurementUnitID")),
    }
