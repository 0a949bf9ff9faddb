"""What is tied to tasks by calls of their own: assignees, attribute values, tags, contacts.

Vendor contract, sections 4.6 and 5. Whom one assignment call names replaces whom the task had. An assignment that cannot be made is an
`error` in the row of a 201 (gotcha 22).
"""

from __future__ import annotations

from migrator.sandbox.hubex import filters, values
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.asset_parts import put_tag, tags_of
from migrator.sandbox.hubex.changes import accept
from migrator.sandbox.hubex.inputs import Field, data_of, flag, moment, number, objects_of, read, reference
from migrator.sandbox.hubex.paging import as_array
from migrator.sandbox.hubex.task_writes import refuse_closed
from migrator.sandbox.hubex.wire import Record, created, missing
from migrator.sandbox.server import Reply

_ASSIGNMENT = (
    *(Field("taskID", number, required=True), Field("userID", number), Field("isPostponedNotification", flag)),
    *(Field("scheduledStartDateTime", moment), Field("scheduledFinishDateTime", moment)),
)


def assign(ask: Ask) -> Reply:
    """POST /WORK/TaskAssignmentHistory, array: 201 with a row for each task; no userID takes the assignees away."""
    rows = [read(ask.state, row, _ASSIGNMENT) for row in ask.rows()]
    tasks = {row["taskID"]: ask.task(change=True, key=row["taskID"]) for row in rows}
    for task in tasks.values():
        refuse_closed(task)
    shown = []
    for key, task in tasks.items():
        own = [row for row in rows if row["taskID"] == key]
        results = [{"userID": row.get("userID"), **_obstacle(ask, row.get("userID"))} for row in own]
        _assign(ask, task, [row for row, result in zip(own, results, strict=True) if "error" not in result])
        shown.append({"taskID": key, "taskNumber": task["number"], "assignments": results})
    return created(shown)


def list_attributes(ask: Ask) -> Reply:
    """GET /WORK/TaskAttributes?taskID=&attributeID=: rows of values, many tasks at once [ref][qa]."""
    rows = [
        {"taskID": task["id"], "attributeID": int(key), "value": value}
        for task in ask.state.tasks.values()
        if ask.sees_task(task)
        for key, value in task.get("attributes", {}).items()
    ]
    known = {"taskID": filters.equals("taskID"), "attributeID": filters.short("attributeID")}

    def shape(row: Record) -> Record:
        record = ask.state.get("attributes", row["attributeID"]) or {}
        return {**row, "attributeName": record.get("name"), "listOfValues": record.get("listOfValues")}

    return as_array(ask, filters.select(ask, rows, known), shape)


def merge_attributes(ask: Ask) -> Reply:
    """POST /WORK/TaskAttributes, array of {taskID, data[{attributeID, value}]}: 202, merged."""
    merges = []
    for row in ask.rows():
        task = _task(ask, row)
        for one in objects_of(row):
            if one.get("attributeid") is None or one.get("value") is None:
                raise missing()
            merges.append((task, str(one["attributeid"]), values.take(ask.state, one["attributeid"], one["value"])))
    now = ask.now

    def apply() -> None:
        for task, key, value in merges:
            task.setdefault("attributes", {})[key] = value
            task["lastModified"] = now

    return accept(ask, apply)


def add_tags(ask: Ask) -> Reply:
    """POST /WORK/TaskTags, array of {taskID, tags[]}: 201; a new tag joins the dictionary."""
    for task, tag in [(_task(ask, row), tag) for row in ask.rows() for tag in tags_of(ask, row)]:
        put_tag(ask, task, tag)
    return Reply(201, wrote=True)


def delete_tags(ask: Ask) -> Reply:
    """DELETE /WORK/TaskTags: the tag stays in the dictionary."""
    pairs = [(_task(ask, row), tag) for row in ask.rows() for tag in tags_of(ask, row)]

    def apply() -> None:
        for task, tag in pairs:
            task["tags"] = [one for one in task.get("tags", []) if one != tag]

    return accept(ask, apply)


def add_contacts(ask: Ask) -> Reply:
    """POST /WORK/TaskContacts, array of {taskID, data[contactID]}."""
    links = [(_task(ask, row), reference("contacts")(ask.state, key)) for row in ask.rows() for key in data_of(row)]
    for task, contact in links:
        if contact not in task.setdefault("contacts", []):
            task["contacts"].append(contact)
    return created([{"taskID": task["id"], "contactID": contact} for task, contact in links])


def delete_contacts(ask: Ask) -> Reply:
    """DELETE /WORK/TaskContacts, array of {taskID, data[contactID]}."""
    links = [(_task(ask, row), key) for row in ask.rows() for key in data_of(row)]

    def apply() -> None:
        for task, contact in links:
            task["contacts"] = [one for one in task.get("contacts", []) if one != contact]

    return accept(ask, apply)


def _task(ask: Ask, row: Record) -> Record:
    if row.get("taskid") is None:
        raise missing()
    return ask.task(change=True, key=number(ask.state, row["taskid"]))


def _obstacle(ask: Ask, user: int | None) -> dict[str, str]:
    if user is None:
        return {}
    record = ask.state.live("users", user)
    if record is None:
        return {"error": "UserNotFound"}
    return {"error": "UserIsBanned"} if record.get("banTill", "") > ask.now else {}


def _assign(ask: Ask, task: Record, rows: list[Record]) -> None:
    if not rows:
        return
    scheduled = ("userID", "scheduledStartDateTime", "scheduledFinishDateTime")
    for row in rows:
        kept = {key: row[key] for key in scheduled if key in row}
        task.setdefault("assignments", []).append({**kept, "assigned": ask.now, "assignedByID": int(ask.user)})
    task["assignees"] = [row["userID"] for row in rows if "userID" in row]
    task["assigned"] = task["lastModified"] = ask.now
