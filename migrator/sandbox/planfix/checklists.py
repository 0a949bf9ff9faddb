"""Checklists of Planfix's tasks: at most 150 items, no order, no date to set, nothing to delete.

Vendor contract, section 5, gotchas 29, 33, 34. An item is numbered among the tasks; the parent of a top item is the task itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from migrator.sandbox.planfix import changes as change
from migrator.sandbox.planfix import inputs, shapes, times
from migrator.sandbox.planfix.access import Ask
from migrator.sandbox.planfix.inputs import Input
from migrator.sandbox.planfix.wire import Record, Refusal, bad_json, id_of, success
from migrator.sandbox.server import Reply

ITEMS = 150  # per task [doc]
_KEYS = {"name", "isDone", "assignees", "parent"}

ITEM: shapes.Shapes = {
    "id": shapes.plain,
    "name": shapes.text,
    "isDone": shapes.flag,
    "parent": shapes.base,
    "dateTime": lambda _, item, __: times.kept(item["dateTime"]).strftime("%Y-%m-%dT%H:%M:%S"),
    "assignees": shapes.people,
}


def list_of_task(ask: Ask) -> Reply:
    """POST /task/{id}/checklist/list, in order of creation."""
    task = _task(ask, 500)
    rows = sorted(_items(ask, task), key=lambda item: int(item["id"]))
    return success(items=[shapes.pick(ask.state, item, ask.fields, ITEM) for item in ask.page(rows)])


def one(ask: Ask) -> Reply:
    """GET /task/{id}/checklist/{itemId}."""
    return success(item=shapes.pick(ask.state, _found(ask), ask.fields, ITEM))


def create(ask: Ask) -> Reply:
    """POST /task/{id}/checklist: 201 and the id."""
    task = _task(ask, 400)
    taken = _read(ask, task, 601)
    if "name" not in taken:
        raise Refusal(400, 601, "Checklist item name is required")
    if len(_items(ask, task)) >= ITEMS:
        raise Refusal(400, 601, "Failed to create checklist item")
    identity = ask.state.next_id("items")
    item = {"id": identity, "task": task["id"], "parent": task["id"], "isDone": False, "dateTime": ask.now, **taken}
    ask.state.items[str(identity)] = item
    change.notify(ask, item)
    return success(201, wrote=True, id=identity)


def update(ask: Ask) -> Reply:
    """POST /task/{id}/checklist/{itemId}."""
    item = _found(ask)
    taken = _read(ask, _task(ask, 400), 602)
    inputs.apply(item, taken)
    if "assignees" in taken:
        change.notify(ask, item)
    return success(wrote=True)


def _read(ask: Ask, task: Record, code: int) -> Record:
    """The changes of a body; an unknown key is refused (gotcha 34)."""
    if ask.body.keys() - _KEYS:
        raise bad_json()
    name = ask.body.get("name", "-")
    if not isinstance(name, str) or not name.strip():
        raise Refusal(400, code, "Checklist item name is required")
    parent = id_of(ask.body["parent"]) if "parent" in ask.body else task["id"]
    if parent != task["id"] and parent not in [item["id"] for item in _items(ask, task)]:
        raise Refusal(400, code, f"Parent task or checklist item not found by id - {parent}")
    taken = inputs.read(ask.writer, _INPUTS, ask.body)
    return {**taken, "parent": parent} if "parent" in ask.body else taken


def _task(ask: Ask, status: int) -> Record:
    task = ask.state.tasks.get(ask.path["id"])
    if task is None or not ask.sees_task(task):
        raise Refusal(status, 1000, f"Task not found by id {ask.path['id']}")
    return task


def _items(ask: Ask, task: Record) -> list[Record]:
    return [item for item in ask.state.items.values() if item["task"] == task["id"]]


def _found(ask: Ask) -> Record:
    item = ask.state.items.get(ask.path["itemId"])
    if item is None or str(item["task"]) != ask.path["id"]:
        raise Refusal(400, 600, f"Checklist item not found by id - {ask.path['itemId']}")
    return item


_INPUTS: Mapping[str, Input] = {"name": inputs.title, "isDone": inputs.flag, "assignees": inputs.people}
