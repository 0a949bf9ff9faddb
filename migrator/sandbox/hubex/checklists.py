"""Checklists of HubEx: the lists and their items, a task's own copy of a list, and its results.

Vendor contract, sections 4.6 and 5. Results are kept by item; an item that was not touched has none.
"""

from __future__ import annotations

from migrator.sandbox.hubex import filters, shapes
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.changes import accept, accept_all
from migrator.sandbox.hubex.inputs import Field, flag, name, number, objects_of, read, reference, text, texts
from migrator.sandbox.hubex.paging import as_map
from migrator.sandbox.hubex.state import State
from migrator.sandbox.hubex.wire import Record, Refusal, created, invalid, nothing
from migrator.sandbox.server import Reply

_LIST = (Field("name", name(), required=True), Field("description", text()))
_ITEM = (
    *(Field("id", number), Field("name", name(), required=True), Field("sortOrder", number, required=True)),
    *(Field("description", text()), Field("attributeID", reference("attributes"))),
)
_ADD = (Field("checkListID", reference("check_lists"), required=True), Field("completedWorkID", number))
_RESULT = (Field("id", number, required=True), Field("isChecked", flag), Field("values", texts))
_FILTERS = {"searchText": filters.search(lambda _, row: [row["name"], row.get("description")])}


def list_all(ask: Ask) -> Reply:
    """GET /WORK/CheckLists: active ones."""
    rows = [row for row in ask.state.tables["check_lists"].values() if not row.get("deleted")]
    keys = ("id", "name", "description")
    return as_map(ask, filters.select(ask, rows, _FILTERS), lambda row: {key: row.get(key) for key in keys})


def items(ask: Ask) -> Reply:
    """GET /WORK/CheckLists/{id}/items."""
    row = ask.state.live("check_lists", ask.path["id"])
    return nothing() if row is None else as_map(ask, row.get("items", []), lambda item: _item(ask.state, item))


def create(ask: Ask) -> Reply:
    """POST /WORK/CheckLists, array: the ids."""
    taken = [read(ask.state, row, _LIST) for row in ask.rows()]
    return created([ask.state.add("check_lists", {**row, "items": []})["id"] for row in taken])


def delete(ask: Ask) -> Reply:
    """DELETE /WORK/CheckLists, array of ids: soft."""
    rows, now = [ask.state.live("check_lists", key) for key in ask.numbers()], ask.now
    if not all(rows):
        raise invalid()
    return accept_all(ask, [row for row in rows if row], lambda row: row.update(deleted=now))


def merge_items(ask: Ask) -> Reply:
    """POST /WORK/CheckListItems, array of {checkListID, data[]}: 202; an id changes that item."""
    merges = []
    for row in ask.rows():
        check_list = ask.state.live("check_lists", row.get("checklistid"))
        if check_list is None:
            raise invalid()
        merges.append((check_list, [read(ask.state, one, _ITEM) for one in objects_of(row)]))

    def apply() -> None:
        for check_list, rows in merges:
            _merge(check_list.setdefault("items", []), rows)

    return accept(ask, apply)


def of_task(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/checkLists: a map by the task's own checklist id."""

    def shape(row: Record) -> Record:
        lines = _items(ask.state, row)
        return {
            "checkList": shapes.named(ask.state, "check_lists", row["checkListID"]),
            "totalItemsCount": len(lines),
            "completedItemsCount": sum(_is_done(row, item) for item in lines),
            "completedWorkID": row.get("completedWorkID"),
        }

    return as_map(ask, ask.task().get("checkLists", []), shape)


def add_to_task(ask: Ask) -> Reply:
    """POST /WORK/Tasks/{id}/checkLists, array of {checkListID, completedWorkID}: [{id, taskID}]."""
    task = ask.task(change=True)
    rows = [read(ask.state, row, _ADD) for row in ask.rows()]
    for row in rows:
        row["id"] = ask.state.next_id("task_check_lists")
        row["results"] = {}
    task.setdefault("checkLists", []).extend(rows)
    return created([{"id": row["id"], "taskID": task["id"]} for row in rows])


def delete_from_task(ask: Ask) -> Reply:
    """DELETE /WORK/Tasks/{id}/checkLists, array of ids."""
    task, keys = ask.task(change=True), ask.numbers()
    kept = [row for row in task.get("checkLists", []) if row["id"] not in keys]
    return accept(ask, lambda: task.update(checkLists=kept))


def results(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/checkLists/{tid}/results/v2: a map by item."""
    row = _own(ask)

    def shape(item: Record) -> Record:
        result = row["results"].get(str(item["id"]), {})
        return {**_item(ask.state, item), "isChecked": result.get("isChecked"), "value": result.get("values")}

    return as_map(ask, _items(ask.state, row), shape)


def set_results(ask: Ask) -> Reply:
    """PUT /WORK/Tasks/{id}/checkLists/{tid}/results/v2, array of {id, isChecked, values[]}: 202 with rows."""
    row, task = _own(ask), ask.task(change=True)
    taken = [read(ask.state, one, _RESULT) for one in ask.rows()]
    known = {item["id"] for item in _items(ask.state, row)}
    if not all(one["id"] in known for one in taken):
        raise invalid()

    def apply() -> None:
        for one in taken:
            row["results"][str(one["id"])] = {key: one[key] for key in ("isChecked", "values") if key in one}

    rows: list[dict[str, object]] = [
        {"checkListItemID": one["id"], "taskCheckListID": row["id"], "taskID": task["id"]} for one in taken
    ]
    return accept(ask, apply, rows)


def is_complete(state: State, row: Record) -> bool:
    """Whether every item of a task's checklist has a result."""
    return all(_is_done(row, item) for item in _items(state, row))


def _own(ask: Ask) -> Record:
    key = int(ask.path["id"])
    rows: list[Record] = ask.task().get("checkLists", [])
    for row in rows:
        if row["id"] == key:
            row.setdefault("results", {})
            return row
    raise Refusal(404, "NotFound", "Чек-лист не найден")


def _items(state: State, row: Record) -> list[Record]:
    return list((state.get("check_lists", row["checkListID"]) or {}).get("items", []))


def _is_done(row: Record, item: Record) -> bool:
    result = row.get("results", {}).get(str(item["id"]), {})
    return bool(result.get("isChecked")) or bool(result.get("values"))


def _item(state: State, item: Record) -> Record:
    shown = {key: item.get(key) for key in ("name", "description", "sortOrder")}
    return {**shown, **shapes.attribute(state, item["attributeID"])} if item.get("attributeID") else shown


def _merge(lines: list[Record], rows: list[Record]) -> None:
    for row in rows:
        old = next((line for line in lines if line["id"] == row.get("id")), None)
        if old is not None:
            old.update(row)
        else:
            lines.append({**row, "id": max((line["id"] for line in lines), default=0) + 1})
