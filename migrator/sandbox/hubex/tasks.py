"""Tasks of HubEx read: lists, totals, cards, their counts by day, and what hangs on one.

Vendor contract, sections 3 and 4.2, gotchas 10, 14-18, 34, 38. Values of the list have no id. HEAD and `/Tasks/short` do not know
lastModified*, districtID and payeeCompanyID, and count everything.
"""

from __future__ import annotations

from collections import Counter

from migrator.sandbox.hubex import filters, shapes, times
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.filters import Filter
from migrator.sandbox.hubex.paging import as_array, as_map, total
from migrator.sandbox.hubex.state import State
from migrator.sandbox.hubex.task_filters import FILTERS, SHORT_FILTERS
from migrator.sandbox.hubex.wire import Record, Refusal, found, invalid
from migrator.sandbox.server import Reply

_BY_CREATION = "created"
_ORDERS = {1: _BY_CREATION, 2: "deadline", 3: "assigned", 4: "completed", 5: "closed", 7: "number", 8: "lastModified"}
_ASCENDING, _DESCENDING = 1, 2
_MOMENTS = {
    **{key: key for key in ("created", "assigned", "accepted", "deadline", "completed", "closed", "statusChanged")},
    "requested": "created",
    "requestedStart": "requestedStartDateTime",
    "requestedFinish": "requestedFinishDateTime",
    "faultTimestamp": "faultTimestamp",
    "lastUpdated": "lastModified",
    "nextTaskStageMovement": "nextMove",
}
_PLAIN = ("number", "erpID", "lastModified", "deleted", "contactPerson", "contactPhone", "contactEmail")


def list_all(ask: Ask) -> Reply:
    """GET /WORK/Tasks."""
    children = _children(ask.state)
    return as_map(ask, _ordered(ask, _selected(ask, FILTERS)), lambda row: _row(ask.state, row, children))


def list_short(ask: Ask) -> Reply:
    """GET /WORK/Tasks/short: rows with their id."""
    return as_map(ask, _ordered(ask, _selected(ask, SHORT_FILTERS)), lambda row: _short(ask.state, row))


def count(ask: Ask) -> Reply:
    """HEAD /WORK/Tasks."""
    return total(len(_selected(ask, SHORT_FILTERS)))


def count_by_day(ask: Ask) -> Reply:
    """GET /WORK/Tasks/count: 500 without dateFrom and dateTill; 409 when creationFrom or creationTill come too [live]."""
    first, last = (ask.query.get(name, [""])[-1] for name in ("dateFrom", "dateTill"))
    if not first or not last:
        raise Refusal(500, "SqlTypeException", "SqlDateTime overflow. Must be between 1/1/1753 and 12/31/9999")
    if "creationFrom" in ask.query or "creationTill" in ask.query:
        raise invalid("InvalidDatePeriod")
    try:
        period = times.take(first), times.take(last)
    except ValueError as error:
        raise invalid() from error
    rows = [row for row in _selected(ask, SHORT_FILTERS) if period[0] <= row["created"] <= period[1]]
    days = Counter((row["created"][:10], bool(row.get("assignees"))) for row in rows)
    return Reply.json(
        {day: {"countWithAssign": days[day, True], "countWithoutAssign": days[day, False]} for day, _ in sorted(days)}
    )


def one(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}."""
    row, state = ask.task(), ask.state
    plain = (
        "notesHtml",
        "actualCost",
        "estimatedCost",
        "actualTimeConsumptionMinutes",
        "estimatedTimeConsumptionMinutes",
    )
    return found(
        {
            **_row(state, row, _children(state)),
            **{key: row.get(key) for key in (*plain, "acceptedPerson")},
            "company": shapes.named(state, "companies", _company(state, row), "code"),
            "requestMethod": shapes.named(state, "request_methods", row.get("requestMethodID")),
            "contract": shapes.named(state, "contracts", row.get("contractID"), "number", "dateTill"),
            "payerCompany": shapes.named(state, "companies", row.get("payerCompanyID")),
            "payeeCompany": shapes.named(state, "companies", row.get("payeeCompanyID")),
            "branch": shapes.named(state, "branches", row.get("branchID")),
            "actualCostCurrency": shapes.currency(state, row.get("actualCostCurrencyID")),
            "estimatedCostCurrency": shapes.currency(state, row.get("estimatedCostCurrencyID")),
            "attribute": _attributes(state, row),
            "counters": {
                "checkListsCount": len(row.get("checkLists", [])),
                "completedWorksCount": sum(not work.get("deleted") for work in row.get("works", [])),
            },
        }
    )


def orders(ask: Ask) -> Reply:
    """GET /WORK/TaskOrderBy: the numbers that `orderBy` takes are the keys alone; there is no 6 [live]."""
    rows = list(ask.state.tables["task_orders"].values())
    return as_map(ask, rows, lambda row: {"name": row["name"], "code": row.get("code")})


def attributes(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/attributes."""
    return as_array(ask, _attributes(ask.state, ask.task()), lambda row: row)


def tags(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/tags: an array of texts."""
    return as_array(ask, ask.task().get("tags", []), lambda tag: tag)


def contacts(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/contacts."""
    task = ask.task()
    rows = [row for key in task.get("contacts", []) if (row := ask.state.live("contacts", key))]
    keys = ("fullName", "phone", "email", "position", "description")
    return as_map(
        ask, rows, lambda row: {"taskID": task["id"], "contactID": row["id"], **{key: row.get(key) for key in keys}}
    )


def assignments(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/assignments: an array."""

    def shape(row: Record) -> Record:
        return {
            "assigned": row["assigned"],
            "assignedBy": shapes.person(ask.state, row.get("assignedByID")),
            "assignedTo": shapes.person(ask.state, row.get("userID")),
            "scheduled": {"from": row.get("scheduledStartDateTime"), "till": row.get("scheduledFinishDateTime")},
        }

    return as_array(ask, ask.task().get("assignments", []), shape)


def changes(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/changes: stage moves and assignments in the order they happened."""
    task = ask.task()
    moves = [
        {"occured": row["dateFrom"], "section": "Stage", "user": row.get("userID")} for row in task.get("stages", [])
    ]
    given = [
        {"occured": row["assigned"], "section": "Assignment", "user": row.get("assignedByID")}
        for row in task.get("assignments", [])
    ]

    def shape(row: Record) -> Record:
        user = shapes.person(ask.state, row["user"]) or {}
        name = " ".join(filter(None, (user.get("lastName"), user.get("firstName"))))
        return {**row, "operation": "Update", "tab": "Main", "user": {"id": user.get("id"), "name": name}}

    return as_array(ask, sorted(moves + given, key=lambda row: str(row["occured"])), shape)


def _selected(ask: Ask, known: dict[str, Filter]) -> list[Record]:
    seen = [row for row in ask.state.tasks.values() if ask.sees_task(row)]
    return filters.select(ask, seen, known)


def _ordered(ask: Ask, rows: list[Record]) -> list[Record]:
    """By default the newest first; a direction out of domain turns sorting off, an order out of domain is creation [live]."""
    direction, order = (_number(ask, name, other) for name, other in (("sortDirection", _DESCENDING), ("orderBy", 1)))
    rows = sorted(rows, key=lambda row: int(row["id"]))
    if direction not in (_ASCENDING, _DESCENDING):
        return rows
    field = _ORDERS.get(order, _BY_CREATION)
    return sorted(rows, key=lambda row: (row.get(field, ""), row["id"]), reverse=direction == _DESCENDING)


def _number(ask: Ask, name: str, otherwise: int) -> int:
    value = ask.query.get(name, [str(otherwise)])[-1]
    if not value.lstrip("-").isdecimal():
        raise invalid()
    return int(value)


def _company(state: State, row: Record) -> object:
    asset = state.get("assets", row.get("assetID")) or {}
    return row.get("companyID") or asset.get("companyID")


def _attributes(state: State, row: Record) -> list[Record]:
    values = sorted(row.get("attributes", {}).items(), key=lambda item: int(item[0]))
    return [{**shapes.attribute(state, key), "value": value} for key, value in values]


def _timesheet(row: Record) -> Record:
    return {shown: row.get(kept) for shown, kept in _MOMENTS.items()}


def _children(state: State) -> Counter[int]:
    """How many children each task has."""
    return Counter(row["parentID"] for row in state.tasks.values() if row.get("parentID"))


def _row(state: State, row: Record, children: Counter[int]) -> Record:
    assignees = [shapes.person(state, key) for key in row.get("assignees", [])]
    parent = state.get("tasks", row.get("parentID"))
    stage, status = row.get("stageID"), row.get("statusID")
    return {
        **{key: row.get(key) for key in (*_PLAIN, "notes")},
        "taskType": shapes.named(state, "task_types", row.get("taskTypeID")),
        "taskStage": shapes.named(state, "task_stages", stage, "color"),
        "taskStatus": shapes.named(state, "task_statuses", status, "color"),
        "actualCriticality": shapes.named(state, "criticalities", row.get("criticalityID"), "color"),
        "requestedBy": shapes.person(state, row.get("requestedByUserID")),
        "assignedTo": assignees[0] if assignees else None,
        "listAssignedTo": assignees,
        "company": shapes.named(state, "companies", _company(state, row)),
        "asset": shapes.asset(state, row.get("assetID")),
        "location": shapes.location(state, row.get("locationID")),
        "workType": shapes.named(state, "work_types", row.get("workTypeID")),
        "parent": {"id": parent["id"], "name": parent["number"]} if parent else None,
        "childCount": children[row["id"]],
        "isAvailable": True,
        "timesheet": _timesheet(row),
    }


def _short(state: State, row: Record) -> Record:
    assignees = row.get("assignees", [])
    return {
        **{key: row.get(key) for key in ("id", "number", "erpID", "notes", "lastModified", "deadline", "workTypeID")},
        "requestedByUserID": row.get("requestedByUserID"),
        "assignedToUserID": assignees[0] if assignees else None,
        "assignedToUserIDs": assignees,
        "asset": shapes.asset(state, row.get("assetID")),
        "criticality": shapes.named(state, "criticalities", row.get("criticalityID"), "color"),
        "timesheet": _timesheet(row),
    }
