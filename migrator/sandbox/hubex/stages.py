"""Stages of tasks: where a task may go next, the moves it made, and moving it, one by one or in batches.

Vendor contract, sections 4.2 and 5, gotchas 22-24. Only neighbours in the route are allowed: any other stage is 409. What a stage demands
(an assignee, checklists, attributes) and is not met comes back in `errors` of a 201, and nothing has moved. A link with `timeoutSeconds`
moves the task by itself.
"""

from __future__ import annotations

from datetime import timedelta

from migrator.sandbox.hubex import shapes, times
from migrator.sandbox.hubex.ask import Ask, numbers
from migrator.sandbox.hubex.changes import delay
from migrator.sandbox.hubex.checklists import is_complete
from migrator.sandbox.hubex.inputs import Field, flag, guid, moment, number, objects_of, read, reference, text
from migrator.sandbox.hubex.paging import as_array, as_map
from migrator.sandbox.hubex.state import State
from migrator.sandbox.hubex.wire import Record, Refusal, created, filled, invalid, not_possible
from migrator.sandbox.server import Reply

_MOVE = (
    Field("taskID", number, required=True),
    Field("taskStageID", reference("task_stages"), required=True),
    *(Field("completed", moment), Field("notes", text()), Field("criticalityID", reference("criticalities"))),
    Field("revertClosed", flag),
)


def next_of_one(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/stages/next: a map by stage; 204 at the end of the route."""
    task = ask.task()
    links = {link["toTaskStageID"]: link for link in _links(ask.state, task)}
    return as_map(
        ask, list(links.values()), lambda link: _next(ask.state, task, link), lambda link: link["toTaskStageID"]
    )


def next_of_many(ask: Ask) -> Reply:
    """GET /WORK/Tasks/stages/next?id=1&id=2: a map by stage of what any of them may do."""
    keys = ask.query.get("id", [])
    if not keys or not all(key.isdecimal() for key in keys):
        raise invalid()
    links = {link["toTaskStageID"]: (task, link) for key in keys for task in [ask.task(key=key)]
             for link in _links(ask.state, task)}  # fmt: skip
    if not links:
        return Reply(204)
    shown = {str(stage): filled(_next(ask.state, *links[stage])) for stage in sorted(links)}
    return Reply.json(shown)


def history(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/stages: an array, as observed; the specification says one object [qa]."""
    task, changes = ask.task(), ask.flag("includeChangeset")
    rows = task.get("stages", [])
    befores = [None, *(row["stageID"] for row in rows)]

    def shape(pair: tuple[int | None, Record]) -> Record:
        before, row = pair
        stage = shapes.named(ask.state, "task_stages", row["stageID"], "color") or {}
        return {
            "taskStageFrom": shapes.named(ask.state, "task_stages", before),
            "taskStageTo": {**stage, "taskSnapshotID": rows.index(row) + 1},
            "taskStatus": shapes.named(ask.state, "task_statuses", row.get("statusID")),
            **{key: row.get(key) for key in ("dateFrom", "dateTill", "notes")},
            "changeSet": [{"field": "taskStageID"}] if changes else None,
        }

    return as_array(ask, list(zip(befores, rows, strict=False)), shape)


def move_one(ask: Ask) -> Reply:
    """POST /WORK/TaskStagingHistory, single: {stageId, isFinalStage, errors[]}."""
    taken = read(ask.state, ask.single(), _MOVE)
    task = ask.task(change=True, key=taken["taskID"])
    link = _link(ask.state, task, taken)
    errors = _unmet(ask.state, task, taken["taskStageID"])
    if not errors:
        _move(ask.state, task, link, taken, ask.now, ask.user)
    final = _is_final(ask.state, task, taken["taskStageID"])
    reply = {"stageId": taken["taskStageID"], "isFinalStage": final, "errors": errors}
    return Reply.json(reply, 201, wrote=not errors)


def move_many(ask: Ask) -> Reply:
    """POST /WORK/TaskStagingHistory/multiple, array: 201 with rows {taskID, taskStageID, error} [qa]."""
    rows = [read(ask.state, row, _MOVE) for row in ask.rows()]
    shown = []
    for taken in rows:
        error = _try(ask, taken, ask.now)
        shown.append(
            {"taskID": taken["taskID"], "taskStageID": taken["taskStageID"]} | ({"error": error} if error else {})
        )
    return created(shown)


def move_batch(ask: Ask) -> Reply:
    """POST /WORK/TaskStagingHistory/batch: 202; the moves follow later, and nobody tells which failed."""
    body = ask.single()
    head = read(ask.state, body, (Field("concurrencyStamp", guid, required=True), Field("completed", moment)))
    stamp = head.pop("concurrencyStamp")
    moves = [{**head, **taken} for group in objects_of(body) for taken in _group(ask.state, group)]
    if ("batch", stamp) in ask.state.stamps:
        raise not_possible("AlreadyDone")
    ask.state.stamps["batch", stamp] = (ask.call.now.timestamp(), {})
    now = ask.now

    def apply() -> None:
        for taken in moves:
            _try(ask, taken, now)

    delay(ask.state, ask.state.options.batch_calls, apply)
    return Reply.json({"batchID": stamp, "isSuccessed": True}, 202, wrote=True)


def start(ask: Ask, task: Record) -> None:
    """Put a new task at the start of its type's route."""
    kind = ask.state.get("task_types", task["taskTypeID"]) or {}
    task["stageID"], task["statusID"] = kind.get("startTaskStageID"), kind.get("startTaskStatusID")
    task["stages"] = [
        {"stageID": task["stageID"], "statusID": task["statusID"], "dateFrom": ask.now, "userID": int(ask.user)}
    ]
    _set_timer(ask.state, task, ask.now)


def run_timers(state: State, now: str) -> None:
    """Let the tasks whose timer has run out move on by themselves."""
    for task in state.tasks.values():
        if not task.get("nextMove") or task["nextMove"] > now or task.get("deleted") or task.get("closed"):
            continue
        link = next((link for link in _links(state, task) if link.get("timeoutSeconds")), None)
        if link is None:
            task.pop("nextMove")
        else:
            _move(state, task, link, {"completed": task["nextMove"]}, now, None)


def _group(state: State, group: Record) -> list[Record]:
    """{taskStageID, tasks[], notes} as one move for each task."""
    tasks = numbers(group.get("tasks"))
    return [read(state, {**group, "taskid": task}, _MOVE) for task in tasks]


def _links(state: State, task: Record) -> list[Record]:
    return [
        link
        for link in state.stage_links
        if link["taskTypeID"] == task["taskTypeID"] and link["fromTaskStageID"] == task.get("stageID")
    ]


def _link(state: State, task: Record, taken: Record) -> Record:
    """The link that the move goes along. Raises Refusal."""
    if task.get("closed") and not taken.get("revertClosed"):
        raise not_possible("TaskClosed")
    for link in _links(state, task):
        if link["toTaskStageID"] == taken["taskStageID"]:
            return link
    raise not_possible()


def _try(ask: Ask, taken: Record, now: str) -> str:
    """Move one task of many; why not, or ""."""
    try:
        task = ask.task(change=True, key=taken["taskID"])
        link = _link(ask.state, task, taken)
    except Refusal as refusal:
        return refusal.code
    if errors := _unmet(ask.state, task, taken["taskStageID"]):
        return errors[0]["code"]
    _move(ask.state, task, link, taken, now, ask.user)
    return ""


def _move(state: State, task: Record, link: Record, taken: Record, now: str, user: str | None) -> None:
    at, stage = taken.get("completed", now), taken["taskStageID"] if "taskStageID" in taken else link["toTaskStageID"]
    if taken.get("revertClosed"):
        task.pop("closed", None)
        task.pop("completed", None)
    if task.get("stages"):
        task["stages"][-1]["dateTill"] = at
    task["stageID"], task["statusChanged"], task["lastModified"] = stage, at, now
    task["statusID"] = link.get("taskStatusID", task.get("statusID"))
    row = {"stageID": stage, "statusID": task["statusID"], "dateFrom": at, "notes": taken.get("notes")}
    task.setdefault("stages", []).append({**row, "userID": int(user)} if user else row)
    if "criticalityID" in taken:
        task["criticalityID"] = taken["criticalityID"]
    if _is_final(state, task, stage) or (state.get("task_stages", stage) or {}).get("isCompleted"):
        task.setdefault("completed", at)
    if _is_final(state, task, stage):
        task["closed"] = at
    state.notifications += 1
    _set_timer(state, task, at)


def _set_timer(state: State, task: Record, since: str) -> None:
    seconds = [link["timeoutSeconds"] for link in _links(state, task) if link.get("timeoutSeconds")]
    task.pop("nextMove", None)
    if seconds:
        task["nextMove"] = times.keep(times.read(since) + timedelta(seconds=seconds[0]))


def _unmet(state: State, task: Record, stage: int) -> list[dict[str, str]]:
    """What the stage demands and the task does not have."""
    demands = (state.get("task_stages", stage) or {}).get("requirements", [])
    return [{"code": one["code"], "message": one["name"]} for one in demands if not _met(state, task, one)]


def _met(state: State, task: Record, demand: Record) -> bool:
    match demand["code"]:
        case "AssigneeRequired":
            return bool(task.get("assignees"))
        case "CheckListsRequired":
            return all(is_complete(state, one) for one in task.get("checkLists", []))
        case "CompletedWorksRequired":
            return any(not work.get("deleted") for work in task.get("works", []))
        case _:
            return all(key in task.get("attributes", {}) for key in demand.get("arguments", "").split(";"))


def _is_final(state: State, task: Record, stage: int) -> bool:
    return bool((state.get("task_types", task["taskTypeID"]) or {}).get("finishTaskStageID") == stage)


def _next(state: State, task: Record, link: Record) -> Record:
    stage = state.get("task_stages", link["toTaskStageID"]) or {}
    demands = {str(one["id"]): {key: one.get(key) for key in ("code", "name", "arguments")}
               for one in stage.get("requirements", [])}  # fmt: skip
    return {
        "name": stage.get("name"),
        "linkName": link.get("name"),
        "linkDescription": link.get("description"),
        "isPositiveResult": link.get("isPositiveResult"),
        "isFinishStage": _is_final(state, task, link["toTaskStageID"]),
        "taskStatus": shapes.named(state, "task_statuses", link.get("taskStatusID")),
        "branch": shapes.named(state, "branches", link.get("branchID")),
        "requirements": demands,
        "sortOrder": link.get("sortOrder", 1),
    }
