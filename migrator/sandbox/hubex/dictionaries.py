"""Dictionaries: the small lists that tasks, assets and people choose from, and the few of them that can be added to.

Vendor contract, sections 3, 4.2 and 4.6. Most are maps whose values do not repeat the id; stages, stage links and districts are arrays.
"""

from __future__ import annotations

from collections.abc import Callable

from migrator.sandbox.hubex import filters, shapes
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.inputs import Field, flag, name, number, read, real, reference, references, text
from migrator.sandbox.hubex.paging import as_array, as_map
from migrator.sandbox.hubex.wire import Record, created, found, nothing
from migrator.sandbox.server import Reply

Handler = Callable[[Ask], Reply]

_ERP_ID = 64
_WORK_TYPE = (
    *(Field("name", name(), required=True), Field("isDefault", flag), Field("description", text())),
    *(Field("erpID", text(_ERP_ID)), Field("cost", real), Field("costCurrencyID", reference("currencies"))),
    *(Field("normalWorkingHours", number), Field("normalWorkingMinutes", number), Field("closeMinutes", number)),
    Field("checkLists", references("check_lists")),
)
_ASSET_TYPE = (Field("name", name(), required=True), Field("isDefault", flag, required=True), Field("isHostable", flag))
_ASSET_CLASS = (*_ASSET_TYPE[:2], Field("erpID", text(_ERP_ID)))
_WORK_TYPE_FILTERS = {
    "searchText": filters.search(lambda _, row: [row["name"]]),
    "workTypeID": filters.short("id"),
    "taskTypeID": filters.number(lambda _, row, value: value in row.get("taskTypes", [value])),
    "assetID": filters.number(lambda ask, row, value: allowed(ask, value, row["id"])),
    "isPublished": filters.present("published"),
    "erpID": filters.like("erpID"),
}


def simple(table: str, *keys: str) -> Handler:
    """A map by id whose values hold these keys."""

    def handle(ask: Ask) -> Reply:
        rows = [row for row in ask.state.tables[table].values() if not row.get("deleted")]
        return as_map(ask, rows, lambda row: {key: row.get(key) for key in keys})

    return handle


def allowed(ask: Ask, asset: object, work_type: object) -> bool:
    """Whether a work type may be chosen for an asset: all of them, or those tied to it."""
    record = ask.state.get("assets", asset) or {}
    return bool(record.get("useAllWorkTypes")) or work_type in record.get("workTypes", [])


def task_types(ask: Ask) -> Reply:
    """GET /WORK/TaskTypes: those of the user's districts (section 4.2)."""
    own = ask.state.users.get(ask.user, {}).get("districts")
    rows = [
        row
        for row in ask.state.tables["task_types"].values()
        if not row.get("deleted") and (own is None or "districts" not in row or set(own) & set(row["districts"]))
    ]
    keys = ("name", "isDefault", "closeMinutes", "numberMask")
    return as_map(ask, rows, lambda row: {key: row.get(key) for key in keys})


def route(ask: Ask) -> Reply:
    """GET /WORK/TaskTypes/{id}/route: where tasks of the type start and end."""
    row = ask.state.live("task_types", ask.path["id"])
    if row is None:
        return nothing()
    return found(
        {
            "startTaskStage": shapes.named(ask.state, "task_stages", row.get("startTaskStageID")),
            "finishTaskStage": shapes.named(ask.state, "task_stages", row.get("finishTaskStageID")),
            "startTaskStatus": shapes.named(ask.state, "task_statuses", row.get("startTaskStatusID")),
        }
    )


def work_types(ask: Ask) -> Reply:
    """GET /WORK/WorkTypes."""
    rows = [row for row in ask.state.tables["work_types"].values() if not row.get("deleted")]
    return as_map(ask, filters.select(ask, rows, _WORK_TYPE_FILTERS), lambda row: _work_type(ask, row))


def work_type(ask: Ask) -> Reply:
    """GET /WORK/WorkTypes/{id}."""
    row = ask.state.live("work_types", ask.path["id"])
    return nothing() if row is None else found({"id": row["id"], **_work_type(ask, row)})


def create_work_types(ask: Ask) -> Reply:
    """POST /WORK/WorkTypes, array: the ids."""
    return _create(ask, "work_types", _WORK_TYPE)


def create_asset_types(ask: Ask) -> Reply:
    """POST /ES/AssetTypes, array."""
    return _create(ask, "asset_types", _ASSET_TYPE)


def create_asset_classes(ask: Ask) -> Reply:
    """POST /ES/AssetClasses, array: rows of ids, unlike the other dictionaries [ref]."""
    taken = [read(ask.state, row, _ASSET_CLASS) for row in ask.rows()]
    return created([{"id": ask.state.add("asset_classes", row)["id"]} for row in taken])


def task_stages(ask: Ask) -> Reply:
    """GET /TSTG/TaskStages: an array."""
    keys = ("id", "name", "color", "description", "deleted")
    rows = list(ask.state.tables["task_stages"].values())
    return as_array(ask, rows, lambda row: {key: row.get(key) for key in keys})


def stage_links(ask: Ask) -> Reply:
    """GET /TSTG/TaskStageLinks?taskTypeID=: an array of the moves a task may make."""
    known = {
        "taskTypeID": filters.short("taskTypeID"),
        "taskStageFromID": filters.short("fromTaskStageID"),
        "taskStageToID": filters.short("toTaskStageID"),
    }
    return as_array(ask, filters.select(ask, ask.state.stage_links, known), lambda row: _stage_link(ask, row))


def districts(ask: Ask) -> Reply:
    """GET /ES/Districts: an array of the user's districts."""
    own = ask.state.users.get(ask.user, {}).get("districts")
    keys = ("id", "name", "parentID", "isDefault", "description", "erpID")
    rows = [row for row in ask.state.tables["districts"].values() if own is None or row["id"] in own]
    return as_array(ask, rows, lambda row: {key: row.get(key) for key in keys})


def registration_types(ask: Ask) -> Reply:
    """GET /ES/CompanyRegistrationTypes."""
    rows = list(ask.state.tables["registration_types"].values())
    return as_map(ask, rows, lambda row: {"id": row["id"], "nameRu": row["name"], "shortNameRu": row.get("shortName")})


def branches(ask: Ask) -> Reply:
    """GET /TSTG/Branches."""
    return as_map(ask, list(ask.state.tables["branches"].values()), lambda row: {"nameRu": row["name"]})


def tags(ask: Ask) -> Reply:
    """GET /COMMON/Tags: an array of texts."""
    words = [word.lower() for word in ask.query.get("searchText", []) if word]
    rows = [tag for tag in ask.state.tags if not words or any(word in tag.lower() for word in words)]
    return as_array(ask, rows, lambda tag: tag)


def _create(ask: Ask, table: str, fields: tuple[Field, ...]) -> Reply:
    taken = [read(ask.state, row, fields) for row in ask.rows()]
    return created([ask.state.add(table, row)["id"] for row in taken])


def _work_type(ask: Ask, row: Record) -> Record:
    keys = ("name", "description", "erpID", "cost", "isDefault", "published", "closeMinutes", "normalWorkingHours")
    shown = {key: row.get(key) for key in (*keys, "normalWorkingMinutes", "parentID")}
    return {**shown, "costCurrency": shapes.currency(ask.state, row.get("costCurrencyID"))}


def _stage_link(ask: Ask, row: Record) -> Record:
    return {
        **{key: row.get(key) for key in ("taskTypeID", "name", "description", "isPositiveResult", "timeoutSeconds")},
        "sortOrder": row.get("sortOrder", 1),
        "fromTaskStage": shapes.named(ask.state, "task_stages", row["fromTaskStageID"]),
        "toTaskStage": shapes.named(ask.state, "task_stages", row["toTaskStageID"]),
        "taskStatus": shapes.named(ask.state, "task_statuses", row.get("taskStatusID")),
        "branch": shapes.named(ask.state, "branches", row.get("branchID")),
        "roles": [shapes.named(ask.state, "roles", role, "description") for role in row.get("roles", [])],
    }
