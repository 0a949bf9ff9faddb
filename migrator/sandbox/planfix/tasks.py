"""Tasks of Planfix: lists, reads, creates and updates.

Vendor contract, sections 4 and 5, gotchas 7, 8, 10, 18, 25 to 27. Open questions, read strictly: `isDeleted` does nothing unless the
account has soft_delete; template and process are fixed at creation, an update of them is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrator.sandbox.planfix import changes as change
from migrator.sandbox.planfix import comments, filters, inputs, shapes, times
from migrator.sandbox.planfix.access import Ask
from migrator.sandbox.planfix.files import drop_unused
from migrator.sandbox.planfix.inputs import Input
from migrator.sandbox.planfix.state import State
from migrator.sandbox.planfix.wire import MISSING, Record, Refusal, id_of, rows_of, success
from migrator.sandbox.server import Reply

_NEVER_CLEARED = ("dateTime", "assigner")
DRAFT, NEW, DONE = 0, 1, 3  # statuses of the built-in process; 0 only at creation [obs PFX]


def _status(state: State, task: Record, _: str) -> Any:
    row = state.status(task.get("processId"), task.get("status", NEW)) or {"id": task.get("status")}
    return {key: value for key, value in row.items() if key != "completes"}


def _has(of: str) -> shapes.Shape:
    return lambda _, task, __: bool(task.get(of))


TASK: shapes.Shapes = {
    **dict.fromkeys(("id", "processId", "duration", "durationUnit", "durationType", "recurrence"), shapes.plain),
    **dict.fromkeys(("name", "description"), shapes.text),
    **dict.fromkeys(("assigner", "counterparty"), shapes.person),
    **dict.fromkeys(("parent", "template", "object", "project"), shapes.base),
    **dict.fromkeys(("assignees", "participants", "auditors"), shapes.people),
    **dict.fromkeys(("dateTime", "startDateTime", "endDateTime", "delayedTillDate"), shapes.moment),
    **dict.fromkeys(("actualCompletionDate", "dateOfLastUpdate", "dateOfLastComment"), shapes.moment),
    **dict.fromkeys(("hasStartTime", "hasEndTime", "resultChecking", "overdue", "closeToDeadLine"), shapes.flag),
    **dict.fromkeys(("notAcceptedInTime", "inFavorites", "isSummary", "isSequential", "isDeleted"), shapes.flag),
    **dict.fromkeys(("sourceObjectId", "sourceDataVersion"), shapes.plain),
    "hasStartDate": _has("startDateTime"),
    "hasEndDate": _has("endDateTime"),
    "priority": lambda _, task, __: task.get("priority", "NotUrgent"),
    "type": lambda _, task, __: task.get("type", "Task"),
    "status": _status,
    "files": shapes.files,
}
ONE_TASK: shapes.Shapes = {
    **TASK,
    "dataTags": shapes.data_tags("task"),
    "projectAuditors": lambda state, task, _: shapes.people(
        state, state.projects.get(str(task.get("project")), {}), "auditors"
    ),
}


def list_all(ask: Ask) -> Reply:
    """POST /task/list, ascending by id; `sort` is ignored (gotcha 18)."""
    tasks = [task for task in ask.state.tasks.values() if ask.sees_task(task)]
    checkmarks = _checkmarks(ask.state, tasks) if ask.state.options.checkmark_rows else []
    seen = sorted([*tasks, *checkmarks], key=lambda task: int(task["id"]))
    rows = [task for task in seen if not (task.get("isDeleted") and ask.state.options.soft_delete)]
    found = filters.matching(ask.asker, rows, rows_of(ask.body, "filters"), filters.TASK_RULES, fields_from=100)
    return success(tasks=[shapes.pick(ask.state, task, ask.fields, TASK, area="task") for task in ask.page(found)])


def _checkmarks(state: State, tasks: list[Record]) -> list[Record]:
    """The lines of the tasks' checklists, as the rows that the vendor calls Checkmark: they are numbered among tasks [obs GAL]."""
    shown = {task["id"]: task for task in tasks}
    return [
        {
            "type": "Checkmark",
            **{key: item[key] for key in ("id", "name", "parent", "dateTime")},
            **_kept_by(item, shown),
        }
        for item in state.items.values()
        if item["task"] in shown
    ]


def _kept_by(item: Record, tasks: Mapping[int, Record]) -> Record:
    task = tasks[item["task"]]
    return {key: task[key] for key in ("assigner", "project", "processId") if key in task}


def one(ask: Ask) -> Reply:
    """GET /task/{id}; a missing one is 400 (gotcha 10)."""
    task = ask.state.tasks.get(ask.path["id"])
    if task is None or not ask.sees_task(task):
        raise Refusal(400, 1000, f"Task not found by id {ask.path['id']}")
    return success(task=shapes.pick(ask.state, task, ask.fields, ONE_TASK, area="task"))


def create(ask: Ask) -> Reply:
    """POST /task/: 201 and the id."""
    if "name" not in ask.body:
        raise Refusal(400, MISSING, "Name is required")
    taken = inputs.given(inputs.read(ask.writer, _CREATE, ask.body))
    template = taken.get("template") or next((int(key) for key in ask.state.task_templates), None)
    process = taken.get("processId") or _process_of(ask.state, template)
    if str(process) not in ask.state.processes:
        raise inputs.bad_value(f"Process not find by id {process}")
    _check_status(ask.state, process, taken.get("status", NEW))
    taken |= {**_dates(ask, update=False), **_fields(ask, template)}
    task: Record = {"assigner": ask.me, "dateTime": ask.now, "dateOfLastUpdate": ask.now, "priority": "NotUrgent"}
    task |= {"id": ask.state.next_id("tasks"), "status": NEW, "template": template, "processId": process}
    inputs.apply(task, taken)
    if _completes(ask.state, task):
        task["actualCompletionDate"] = ask.now
    ask.state.tasks[str(task["id"])] = task
    comments.describe(ask.state, task)
    change.notify(ask, task)
    _spawn(ask, task)
    return success(201, wrote=True, id=task["id"])


def update(ask: Ask) -> Reply:
    """POST /task/{id}: 200 when applied, 202 with an empty body when the task is busy."""
    key = ask.path["id"]
    task = ask.state.tasks.get(key)
    if task is None or not ask.sees_task(task):
        raise Refusal(404, 1000, f"Task for update not found by id {key}")
    taken = inputs.read(ask.writer, _UPDATE, ask.body)
    taken = {name: value for name, value in taken.items() if value is not None or name not in _NEVER_CLEARED}
    taken |= {**_dates(ask, update=True), **_fields(ask, task.get("template"))}
    _check_update(ask.state, task, taken)
    failed = change.part(ask.state, taken)
    if not ask.silent:
        taken["by"] = ask.me
    change.notify(ask, {**task, **taken})
    if change.queue_if_busy(ask.state, key, taken):
        return Reply(202, wrote=True)
    commit(ask.state, key, taken, ask.now)
    return change.answer(ask.state, failed)


def _spawn(ask: Ask, task: Record) -> None:
    """The subtasks that the template brings along (gotcha 38)."""
    template = ask.state.task_templates.get(str(task["template"]), {})
    for name in template.get("subtasks", []):
        copied = {key: task[key] for key in ("assigner", "dateTime", "dateOfLastUpdate", "priority", "processId")}
        child = {"id": ask.state.next_id("tasks"), "name": name, "parent": task["id"], "status": NEW, **copied}
        ask.state.tasks[str(child["id"])] = child
        comments.describe(ask.state, child)


def commit(state: State, key: str, taken: Record, now: str) -> None:
    """Lay the changes over the task. `by` names who made them aloud: a change of status is then logged."""
    task = state.tasks[key]
    old, files, author = task.get("status"), task.get("files", []), taken.get("by")
    inputs.apply(task, {name: value for name, value in taken.items() if name != "by"})
    task["dateOfLastUpdate"] = now
    if task.get("status") != old:
        inputs.apply(task, {"actualCompletionDate": now if _completes(state, task) else None})
        if author:
            comments.log(state, task, author, now, old)
    comments.describe(state, task)
    drop_unused(state, [file for file in files if file not in task.get("files", [])])


def templates(ask: Ask) -> Reply:
    """GET /task/templates."""
    rows = ask.page(list(ask.state.task_templates.values()))
    shapes_of = {**TASK, "type": lambda *_: "Template", "processId": lambda _, row, __: row.get("process")}
    return success(templates=[shapes.pick(ask.state, row, ask.fields, shapes_of, minimal=("name",)) for row in rows])


def attached(state: State, templates: str, template: int | None) -> Mapping[str, Record]:
    """The custom fields that the template carries: only these store a value (gotcha 27)."""
    area = templates.removesuffix("_templates")
    row = getattr(state, templates).get(str(template), {})
    known = state.custom_fields[area]
    return {str(one): known[str(one)] for one in row.get("fields", []) if str(one) in known}


def _fields(ask: Ask, template: int | None) -> Record:
    if "customFieldData" not in ask.body:
        return {}
    known = attached(ask.state, "task_templates", template)
    return {"fields": inputs.custom(ask.writer, ask.body["customFieldData"], known)}


def _dates(ask: Ask, *, update: bool) -> Record:
    """Whether the new start and end name an hour; `hasStartDate: false` clears the date [doc]."""
    taken: Record = {}
    for end in ("Start", "End"):
        name = f"{end.lower()}DateTime"
        if ask.body.get(name) is not None:
            taken[f"has{end}Time"] = times.take(ask.body[name], ask.zone)[1]
        if ask.body.get(f"has{end}Date") is False:
            taken |= {name: None, f"has{end}Time": False}
        elif update and isinstance(ask.body.get(f"has{end}Time"), bool):
            taken[f"has{end}Time"] = ask.body[f"has{end}Time"]
    return taken


def _check_update(state: State, task: Record, taken: Record) -> None:
    if "status" in taken:
        if taken["status"] == DRAFT != task.get("status"):
            raise inputs.bad_value(f"Status not find by id {DRAFT}")
        _check_status(state, task.get("processId"), taken["status"])
    above: int | None = taken.get("parent")
    while above is not None:
        if above == task["id"]:
            raise inputs.bad_value(f"Bad parent {taken['parent']}")
        above = state.tasks.get(str(above), {}).get("parent")


def _check_status(state: State, process: int | None, status: int | None) -> None:
    if status is None or state.status(process, status) is None:
        raise inputs.bad_value(f"Status not find by id {status}")


def _completes(state: State, task: Record) -> bool:
    row = state.status(task.get("processId"), task["status"]) or {}
    return bool(row.get("completes", task["status"] == DONE))


def _process_of(state: State, template: int | None) -> int | None:
    builtin = next((int(key) for key, row in state.processes.items() if row.get("builtin")), None)
    process = state.task_templates.get(str(template), {}).get("process", builtin)
    return int(process) if process is not None else None


def _deleted(writer: inputs.Writer, value: Any) -> bool:
    return inputs.flag(writer, value) and writer.state.options.soft_delete


_COMMON: Mapping[str, Input] = {
    "name": inputs.title,
    "description": inputs.text,
    "priority": inputs.choice("NotUrgent", "Urgent", otherwise="NotUrgent"),
    "status": lambda _, value: id_of(value),
    "assigner": inputs.person,
    "parent": inputs.reference("tasks"),
    "object": inputs.reference("objects"),
    "project": inputs.reference("projects"),
    "duration": inputs.number,
    "durationUnit": inputs.choice("Minute", "Hour", "Day", "Week", "Month", otherwise="Day"),
    "durationType": inputs.choice("CalendarDays", "WorkerDays", otherwise="CalendarDays"),
    **dict.fromkeys(("dateTime", "startDateTime", "endDateTime", "delayedTillDate"), inputs.moment),
    **dict.fromkeys(("resultChecking", "inFavorites", "isSummary", "isSequential"), inputs.flag),
    **dict.fromkeys(("assignees", "participants", "auditors"), inputs.people),
    "isDeleted": _deleted,
    "files": inputs.files,
    **inputs.SOURCE,
}
_CREATE: Mapping[str, Input] = {
    **_COMMON,
    "counterparty": inputs.contact,
    "template": inputs.reference("task_templates"),
    "processId": inputs.number,
}
_UPDATE: Mapping[str, Input] = {**_COMMON, "counterparty": change.counterparty}
