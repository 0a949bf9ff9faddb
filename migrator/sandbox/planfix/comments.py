"""Comments of Planfix: account-wide and per object, and the one that repeats a task's description.

Vendor contract, sections 4 and 5, gotchas 9, 14, 16, 17, 29. Open questions, read strictly: the account-wide list needs a date filter
and leaves contacts' comments out; a contact or an inactive user is refused as an owner.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from migrator.sandbox.planfix import filters, inputs, shapes
from migrator.sandbox.planfix.access import Ask
from migrator.sandbox.planfix.changes import notify
from migrator.sandbox.planfix.inputs import Input, Writer
from migrator.sandbox.planfix.state import State
from migrator.sandbox.planfix.wire import MISSING, Record, Refusal, bad_json, empty, rows_of, success
from migrator.sandbox.server import Reply

TEXT_BYTES = 64 * 1024  # with its HTML [doc]
_MARKUP_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ROLES = {"assignee": "assignees", "participant": "participants", "auditor": "auditors"}

COMMENT: shapes.Shapes = {
    "id": shapes.plain,
    "dateTime": shapes.moment,
    "type": lambda _, record, __: record.get("type", "Comment"),
    "fromType": lambda _, record, __: record.get("fromType", "Planfix"),
    "description": shapes.text,
    "task": shapes.base,
    "project": lambda state, record, _: shapes.base(state, state.tasks.get(str(record.get("task")), {}), "project"),
    "contact": shapes.person,
    "owner": shapes.person,
    "isDeleted": shapes.flag,
    "isPinned": shapes.flag,
    "isHidden": shapes.flag,
    "isNotRead": shapes.flag,
    "recipients": shapes.people,
    "reminders": lambda _, record, __: record.get("reminders", []),
    "dataTags": shapes.data_tags("commentId"),
    "files": shapes.files,
    "changeStatus": shapes.plain,
    "sourceObjectId": shapes.plain,
    "sourceDataVersion": shapes.plain,
}


def describe(state: State, task: Record) -> None:
    """Keep the task's first comment, which repeats its description, author and date (gotcha 16)."""
    first = next((row for row in state.comments.values() if row.get("first") and row.get("task") == task["id"]), None)
    if first is None:
        identity = state.next_id("comments")
        first = state.comments[str(identity)] = {"id": identity, "task": task["id"], "first": True}
    copied = {"description": "description", "owner": "assigner", "dateTime": "dateTime", "files": "files"}
    first.update({name: task[of] for name, of in copied.items() if of in task})


def log(state: State, task: Record, owner: str, now: str, old: int | None) -> None:
    """The record of a status change that is not silent: a comment without text."""
    change = {"newStatusId": task.get("status"), "oldStatusId": old}
    row = {"id": state.next_id("comments"), "task": task["id"], "type": "None", "owner": owner, "dateTime": now}
    state.comments[str(row["id"])] = {**row, "changeStatus": change}


def list_all(ask: Ask) -> Reply:
    """POST /comment/list. Without a date filter that is understood: 400 code 0 (gotcha 14)."""
    if not ask.state.options.comment_list:
        return Reply(404, b"<html><body>404 Not Found</body></html>", {"Content-Type": "text/html"})
    if not filters.understood(ask.asker, ask.body, filters.COMMENT_RULES, 3000):
        raise Refusal(400, 0, "Rest API error")
    rows = [row for row in ask.state.comments.values() if "task" in row and ask.sees_task(_task(ask.state, row))]
    asked = rows_of(ask.body, "filters")
    return _listed(ask, filters.matching(ask.asker, rows, asked, filters.COMMENT_RULES, fields_from=-1))


def list_of_task(ask: Ask) -> Reply:
    """POST /task/{id}/comments/list; a missing task is 500 code 1000 (gotcha 9)."""
    task = ask.state.tasks.get(ask.path["id"])
    if task is None or not ask.sees_task(task):
        raise Refusal(500, 1000, f"Task not found by id {ask.path['id']}")
    return _listed(ask, [row for row in ask.state.comments.values() if row.get("task") == task["id"]])


def list_of_contact(ask: Ask) -> Reply:
    """POST /contact/{id}/comments/list."""
    key = ask.path["id"].removeprefix("contact:")
    if key not in ask.state.contacts:
        raise Refusal(500, 2000, f"Contact not found by id {key}")
    return _listed(ask, [row for row in ask.state.comments.values() if row.get("contact") == f"contact:{key}"])


def one(ask: Ask) -> Reply:
    """GET /comment/{id}."""
    row = _found(ask.state, ask.path["id"])
    return success(comment=shapes.pick(ask.state, row, ask.fields, COMMENT))


def create_on_task(ask: Ask) -> Reply:
    """POST /task/{id}/comments/."""
    task = ask.state.tasks.get(ask.path["id"])
    if task is None or not ask.sees_task(task):
        raise Refusal(400, 1000, f"Task not found by id {ask.path['id']}")
    recipients = _recipients(ask, task)
    row = _create(ask, {"task": task["id"]})
    task["dateOfLastComment"] = ask.now
    notify(ask, task, recipients)
    return success(201, wrote=True, id=row["id"])


def create_on_contact(ask: Ask) -> Reply:
    """POST /contact/{id}/comments/."""
    key = ask.path["id"].removeprefix("contact:")
    if key not in ask.state.contacts:
        raise Refusal(400, 2000, f"Contact not found by id {key}")
    recipients = _recipients(ask, {})
    row = _create(ask, {"contact": f"contact:{key}"})
    notify(ask, {}, recipients)
    return success(201, wrote=True, id=row["id"])


def update(ask: Ask) -> Reply:
    """POST /task|contact/{id}/comments/{commentId}: an empty 200; owner and date stay as they are."""
    row = _found(ask.state, ask.path["commentId"])
    parent = row.get("task", str(row.get("contact", "")).removeprefix("contact:"))
    if str(parent) != ask.path["id"].removeprefix("contact:") or row.get("first"):
        raise Refusal(400, 5002, f"Error update comment {row['id']}")
    recipients = _recipients(ask, _task(ask.state, row)) if "recipients" in ask.body else []
    inputs.apply(row, inputs.read(ask.writer, _UPDATE, ask.body))
    notify(ask, {}, recipients)
    return empty()


def delete(ask: Ask) -> Reply:
    """DELETE /comment/{id}: kept as deleted, its data tag entries go (gotcha 17)."""
    row = _found(ask.state, ask.path["id"])
    if row.get("first"):
        raise Refusal(400, 6, f"Access denied for comment by id {row['id']}")
    row["isDeleted"] = True
    for key in [key for key, entry in ask.state.entries.items() if entry.get("commentId") == row["id"]]:
        del ask.state.entries[key]
    return empty()


def _create(ask: Ask, on: Record) -> Record:
    if not ask.body.get("description") and not ask.body.get("files"):
        raise Refusal(400, MISSING, "Description is required")
    changes = inputs.given(inputs.read(ask.writer, _CREATE, ask.body))
    identity = ask.state.next_id("comments")
    row = {"id": identity, "owner": ask.me, "dateTime": ask.now, **on}
    inputs.apply(row, changes)
    ask.state.comments[str(identity)] = row
    return row


def _listed(ask: Ask, rows: list[Record]) -> Reply:
    """Choose by `typeList`, order by `resultOrder` (else ascending id), cut to the page."""
    chosen = [row for row in rows if _of_type(row, ask.body.get("typeList", "Comments"))]
    chosen.sort(key=lambda row: int(row["id"]))
    for order in reversed(rows_of(ask.body, "resultOrder")):
        name = "dateTime" if order.get("field") == "dateTime" else "id"
        chosen.sort(key=lambda row, by=name: row[by], reverse=order.get("direction") == "Desc")  # type: ignore[misc]
    return success(comments=[shapes.pick(ask.state, row, ask.fields, COMMENT) for row in ask.page(chosen)])


def _of_type(row: Record, kind: object) -> bool:
    deleted = bool(row.get("isDeleted"))
    if kind == "All":
        return True
    if kind == "Deleted":
        return deleted
    if kind == "New":
        return not deleted and bool(row.get("isNotRead"))
    return not deleted and row.get("type", "Comment") == "Comment"


def _found(state: State, key: str) -> Record:
    if key not in state.comments:
        raise Refusal(400, 5000, f"Comment not found by id {key}")
    return state.comments[key]


def _task(state: State, comment: Record) -> Record:
    return state.tasks.get(str(comment.get("task")), {})


def _recipients(ask: Ask, task: Record) -> list[str]:
    """Who hears of a comment: those named, or, where the body names none, everyone on the task (strict reading)."""
    named = ask.body.get("recipients")
    if named is None:
        return [one for name in _ROLES.values() for one in task.get(name, [])]
    people = inputs.people(ask.writer, named)
    roles = named.get("roles") or []
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise bad_json()
    return [*people, *(one for role in roles for one in task.get(_ROLES.get(role, ""), []))]


def _text(writer: Writer, value: Any) -> str:
    """Up to 64 KB; newlines and HTML comments do not survive (gotcha 29)."""
    if not isinstance(value, str):
        raise bad_json()
    if writer.state.options.refuse_astral and any(ord(letter) > 0xFFFF for letter in value):
        raise bad_json()
    if len(value.encode()) > TEXT_BYTES:
        raise Refusal(400, 5001, "Comment is too long")
    return _MARKUP_COMMENT.sub("", value).replace("\r", "").replace("\n", "")


def _owner(writer: Writer, value: Any) -> str | None:
    owner = inputs.person(writer, value)
    kind, _, key = (owner or "").partition(":")
    if owner and (kind != "user" or writer.state.users[key].get("status") != "Active"):
        raise inputs.bad_value(f"Bad comment owner {owner}")
    return owner


_UPDATE: Mapping[str, Input] = {
    "description": _text,
    "isPinned": inputs.flag,
    "isHidden": inputs.flag,
    "recipients": inputs.people,
    "files": inputs.files,
    **inputs.SOURCE,
}
_CREATE: Mapping[str, Input] = {**_UPDATE, "owner": _owner, "dateTime": inputs.moment}
