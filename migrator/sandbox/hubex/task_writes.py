"""Tasks of HubEx written: create, patch, full replace, complete, delete, restore.

Vendor contract, sections 5-7, gotchas 26-30. Not settable: creation date, stage, assignee, tags, attributes. A closed
task takes no change of its fields. A replace without `number` keeps the number. `erpID` need not be unique.
"""

from __future__ import annotations

from collections.abc import Callable

from migrator.sandbox.hubex import sanitizer, stages, stamps
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.changes import accept, accept_all
from migrator.sandbox.hubex.dictionaries import allowed
from migrator.sandbox.hubex.inputs import Field, moment, name, number, read, real, reference, replace, text
from migrator.sandbox.hubex.wire import Record, bad_format, created, invalid, missing, not_possible
from migrator.sandbox.server import Reply

NUMBER_LENGTH = 32  # 33 is 409 [qa]
_TENANT = 1

_METHOD = Field("requestMethodID", reference("request_methods"), required=True)
_FIELDS = (
    Field("taskTypeID", reference("task_types"), required=True),
    *(Field("assetID", reference("assets")), Field("companyID", reference("companies"))),
    *(Field("workTypeID", reference("work_types")), Field("locationID", reference("locations"))),
    *(Field("contractID", reference("contracts")), Field("criticalityID", reference("criticalities"))),
    *(Field("deadline", moment), Field("notes", text()), Field("notesHtml", text())),
    *(Field("number", name(NUMBER_LENGTH)), Field("erpID", text()), Field("parentID", reference("tasks"))),
    *(Field("requestedByUserID", reference("users")), Field("faultTimestamp", moment)),
    *(Field("requestedStartDateTime", moment), Field("requestedFinishDateTime", moment)),
    *(Field("estimatedCost", real), Field("estimatedCostCurrencyID", reference("currencies"))),
    *(Field("actualCost", real), Field("actualCostCurrencyID", reference("currencies"))),
    *(Field("estimatedTimeConsumptionMinutes", number), Field("actualTimeConsumptionMinutes", number)),
    *(Field("contactPerson", text()), Field("contactPhone", text()), Field("contactEmail", text())),
    *(Field("payerCompanyID", reference("companies")), Field("payeeCompanyID", reference("companies"))),
    *(Field("serviceLevelAgreementID", number), Field("taskTemplateID", text())),
)
_COMPLETION = (
    *(Field("completed", moment), Field("closed", moment), Field("accepted", moment)),
    *(Field("closedBy", reference("users")), Field("acceptedPerson", text())),
)


def create(ask: Ask) -> Reply:
    """POST /WORK/Tasks, single: {id, number, concurrencyStamp?}."""
    stamp = stamps.of(ask)
    if stamps.used(ask, "tasks", stamp) is not None:
        raise not_possible("AlreadyDone")
    record = read(ask.state, ask.single(), (*_FIELDS, _METHOD))
    _check(ask, record)
    record.setdefault("requestedByUserID", int(ask.user))
    record |= {"created": ask.now, "lastModified": ask.now, "statusChanged": ask.now}
    task = ask.state.add("tasks", record)
    task.setdefault("number", f"{task['taskTypeID']:02}{task['id']:011}")
    stages.start(ask, task)
    made = {"id": task["id"], "number": task["number"]}
    stamps.remember(ask, "tasks", stamp, made)
    return created({**made, "concurrencyStamp": stamp} if stamp else made)


def patch(ask: Ask) -> Reply:
    """PATCH /WORK/Tasks/{id}, array of {field, value}: null clears. The flat object of older pages is refused (gotcha 28)."""
    task = _open(ask)
    known = {field.name.lower(): field for field in _FIELDS}
    taken: Record = {}
    for row in ask.rows():
        field = known.get(str(row.get("field", "")).lower())
        if field is None:
            raise invalid()
        taken |= read(ask.state, {field.name.lower(): row.get("value")}, (field,)) or {field.name: None}
    _check(ask, {**task, **taken}, task)
    return _change(ask, task, lambda: _lay(task, taken))


def update(ask: Ask) -> Reply:
    """PUT /WORK/Tasks/{id}: full replace, without requestMethodID."""
    task = _open(ask)
    taken = {"number": task["number"], **read(ask.state, ask.single(), _FIELDS)}
    _check(ask, {**taken, "id": task["id"]}, task)
    return _change(ask, task, lambda: replace(task, _FIELDS, taken))


def complete(ask: Ask) -> Reply:
    """PUT /WORK/Tasks/{id}/complete: moments of the past are taken. A task that is closed already is refused."""
    task = ask.task(change=True)
    taken = read(ask.state, ask.single(), _COMPLETION)
    if task.get("closed"):
        raise not_possible("AlreadyDone")
    if not {"completed", "closed", "accepted"} & set(taken):
        raise missing()
    return _change(ask, task, lambda: task.update(taken))


def delete(ask: Ask) -> Reply:
    """DELETE /WORK/Tasks, array of ids, or /{id}: 202 with a row each, `error` where it was not done."""
    keys = [int(ask.path["task"])] if "task" in ask.path else ask.numbers()
    if not keys:
        raise bad_format()
    rows = [{"tenantID": _TENANT, "taskID": key, **_obstacle(ask, key)} for key in keys]
    doomed = [ask.state.tasks[str(row["taskID"])] for row in rows if "error" not in row]
    now = ask.now

    def apply() -> None:
        for task in doomed:
            task.update(deleted=now, lastModified=now)

    return accept(ask, apply, rows)


def restore(ask: Ask) -> Reply:
    """PUT /WORK/Tasks/restore, array of ids [qa]."""
    tasks = [ask.state.get("tasks", key) for key in ask.numbers()]
    if not all(tasks):
        raise invalid()
    return accept_all(ask, [task for task in tasks if task], lambda task: task.pop("deleted", None))


def refuse_closed(task: Record) -> None:
    """Raises Refusal TaskClosed."""
    if task.get("closed"):
        raise not_possible("TaskClosed")


def _open(ask: Ask) -> Record:
    task = ask.task(change=True)
    refuse_closed(task)
    return task


def _obstacle(ask: Ask, key: int) -> dict[str, str]:
    task = ask.state.get("tasks", key)
    if task is None or not ask.sees_task(task):
        return {"error": "TaskNotFound"}
    return {"error": "AlreadyDone"} if task.get("deleted") else {}


def _lay(task: Record, taken: Record) -> None:
    for key, value in taken.items():
        if value is None:
            task.pop(key, None)
        else:
            task[key] = value


def _change(ask: Ask, task: Record, apply: Callable[[], object]) -> Reply:
    now = ask.now

    def change() -> None:
        apply()
        task["lastModified"] = now

    return accept(ask, change)


def _check(ask: Ask, record: Record, old: Record | None = None) -> None:
    """The asset is published and takes the work type (gotcha 26); the text is clean; no task is above itself."""
    sanitizer.check(record.get("notesHtml"))
    asset = ask.state.get("assets", record.get("assetID"))
    fresh = old is None or any(record.get(key) != old.get(key) for key in ("assetID", "workTypeID"))
    if asset is not None and fresh:
        works = asset.get("useAllWorkTypes") or asset.get("workTypes")
        foreign = record.get("workTypeID") and not allowed(ask, asset["id"], record["workTypeID"])
        if not asset.get("published") or not ask.sees_asset(asset) or not works or foreign:
            raise not_possible()
    above, passed = ask.state.get("tasks", record.get("parentID")), set[int]()
    while above is not None and above["id"] not in passed:
        if above["id"] == record.get("id"):
            raise not_possible()
        passed.add(above["id"])
        above = ask.state.get("tasks", above.get("parentID"))
