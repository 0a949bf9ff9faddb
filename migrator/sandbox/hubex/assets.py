"""Assets of HubEx read: list, totals, card, and what hangs on them. Vendor contract, section 4.1."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.sandbox.hubex import filters, shapes
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.paging import as_array, as_map, total
from migrator.sandbox.hubex.state import State
from migrator.sandbox.hubex.wire import Record, found, nothing
from migrator.sandbox.server import Reply

ROOTS = -1  # the parentID that asks for assets without a parent

_FILTERS = {
    "searchText": filters.search(lambda _, row: [row["name"], row.get("serialNumber"), row.get("erpID")]),
    "assetID": filters.equals("id"),
    "parentID": filters.number(lambda _, row, value: row.get("parentID", ROOTS) == value),
    "startWithAssetID": filters.number(lambda ask, row, value: value in lineage(ask.state, row["id"])),
    "companyID": filters.short("companyID"),
    "erpID": filters.like("erpID"),
    "isPublished": filters.present("published"),
    "assetTypeID": filters.equals("assetTypeID"),
    "assetClassID": filters.byte("assetClassID"),
    "districtID": filters.among("districts"),
    "workTypeID": filters.number(lambda _, row, value: row.get("useAllWorkTypes") or value in row.get("workTypes", [])),
    "contactID": filters.among("contacts"),
    "contractID": filters.number(lambda ask, row, value: _in_contract(ask.state, value, row["id"])),
    "tag": filters.Filter(str, lambda _, row, value: value in row.get("tags", [])),
    "name": filters.like("name"),
    "checkListID": filters.among("checkLists"),
    "responsiblePerson": filters.equals("responsiblePerson"),
}
_KNOWS_DELETED = {**_FILTERS, "isDeleted": filters.present("deleted")}


def lineage(state: State, identity: object) -> list[int]:
    """The asset's id and those of its parents, upwards."""
    return list(_upwards(state, identity))


def list_all(ask: Ask) -> Reply:
    """GET /ES/Assets."""
    with_path = ask.flag("includePath")
    parents = _parents(ask.state)
    return as_map(ask, _selected(ask), lambda row: _row(ask, row, parents, with_path=with_path))


def count(ask: Ask) -> Reply:
    """HEAD /ES/Assets."""
    return total(len(_selected(ask)))


def one(ask: Ask) -> Reply:
    """GET /ES/Assets/{id}: 204 if unseen."""
    row = _seen(ask)
    if row is None:
        return nothing()
    more = {key: row.get(key) for key in ("notes", "isInheritParentDistricts")}
    return found(
        {
            **_row(ask, row, _parents(ask.state), with_path=True),
            **more,
            "isMobileAsset": bool(row.get("isMobileAsset")),
            "assetType": shapes.named(ask.state, "asset_types", row.get("assetTypeID")),
            "assetClass": shapes.named(ask.state, "asset_classes", row.get("assetClassID")),
            "responsiblePerson": shapes.person(ask.state, row.get("responsiblePerson"), rate=False),
            "parent": shapes.named(ask.state, "assets", row.get("parentID")),
        }
    )


def all_attributes(ask: Ask) -> Reply:
    """GET /ES/Assets/attributes?assetID&attributeID: account-wide rows."""
    rows = [
        {"assetID": asset["id"], "attributeID": int(key), "value": value}
        for asset in ask.state.assets.values()
        if ask.sees_asset(asset)
        for key, value in asset.get("attributes", {}).items()
    ]
    known = {"assetID": filters.equals("assetID"), "attributeID": filters.short("attributeID")}
    return as_array(ask, filters.select(ask, rows, known), lambda row: row | _attribute_name(ask, row["attributeID"]))


def attributes(ask: Ask) -> Reply:
    """GET /ES/Assets/{id}/attributes."""
    values = (_seen(ask) or {}).get("attributes", {})
    rows = sorted(values.items(), key=lambda item: int(item[0]))
    return as_array(
        ask, rows, lambda item: {**shapes.attribute(ask.state, item[0]), "isPublic": True, "value": item[1]}
    )


def attachments(ask: Ask) -> Reply:
    """GET /ES/Assets/{id}/attachments."""
    kept = (_seen(ask) or {}).get("attachments", [])
    rows = [row for key in kept if (row := ask.state.attachments.get(str(key))) and not row.get("deleted")]
    return as_map(ask, rows, lambda row: shapes.file(row, ask.call.base))


def tags(ask: Ask) -> Reply:
    """GET /ES/Assets/{id}/tags: an array of texts."""
    return as_array(ask, (_seen(ask) or {}).get("tags", []), lambda tag: tag)


def work_types(ask: Ask) -> Reply:
    """GET /ES/Assets/{id}/workTypes: what may be chosen in a task on it."""
    asset = _seen(ask) or {}
    rows = [
        row
        for row in ask.state.tables["work_types"].values()
        if not row.get("deleted") and (asset.get("useAllWorkTypes") or row["id"] in asset.get("workTypes", []))
    ]
    return as_map(ask, rows, lambda row: {"name": row["name"], "description": row.get("description")})


def districts(ask: Ask) -> Reply:
    """GET /ES/Assets/{id}/districts: an array."""
    rows = [ask.state.get("districts", key) for key in (_seen(ask) or {}).get("districts", [])]
    return as_array(
        ask, [row for row in rows if row], lambda row: {key: row.get(key) for key in ("id", "name", "parentID")}
    )


def contacts(ask: Ask) -> Reply:
    """GET /ES/Assets/{id}/contacts: an array."""
    asset = _seen(ask) or {}
    rows = [row for key in asset.get("contacts", []) if (row := ask.state.live("contacts", key))]
    keys = ("fullName", "phone", "email", "position", "description")
    return as_array(
        ask, rows, lambda row: {"assetID": asset["id"], "contactID": row["id"], **{key: row.get(key) for key in keys}}
    )


def check_lists(ask: Ask) -> Reply:
    """GET /ES/Assets/{id}/checkLists."""
    kept = (_seen(ask) or {}).get("checkLists", [])
    rows = [row for key in kept if (row := ask.state.live("check_lists", key))]
    return as_map(ask, rows, lambda row: {key: row.get(key) for key in ("id", "name", "description")})


def _selected(ask: Ask) -> list[Record]:
    seen = [row for row in ask.state.assets.values() if ask.sees_asset(row)]
    return filters.select(ask, seen, _KNOWS_DELETED if ask.state.options.assets_know_deleted else _FILTERS)


def _seen(ask: Ask) -> Record | None:
    row = ask.state.get("assets", ask.path["id"])
    return row if row is not None and ask.sees_asset(row) else None


def _upwards(state: State, identity: object) -> Iterator[int]:
    passed: set[int] = set()
    while (row := state.get("assets", identity)) is not None and row["id"] not in passed:
        passed.add(row["id"])
        yield row["id"]
        identity = row.get("parentID")


def _in_contract(state: State, contract: int, asset: int) -> bool:
    return asset in (state.get("contracts", contract) or {}).get("assets", [])


def _attribute_name(ask: Ask, attribute: int) -> Record:
    record = ask.state.get("attributes", attribute) or {}
    return {"attributeName": record.get("name"), "listOfValues": record.get("listOfValues")}


def _parents(state: State) -> set[int]:
    """The assets that have others below them."""
    return {row["parentID"] for row in state.assets.values() if row.get("parentID")}


def _row(ask: Ask, row: Record, parents: set[int], *, with_path: bool) -> Record:
    keys = ("id", "name", "parentID", "erpID", "serialNumber", "published", "warrantyTill", "deleted")
    path = [shapes.named(ask.state, "assets", key) for key in reversed(lineage(ask.state, row["id"]))]
    return {
        **{key: row.get(key) for key in keys},
        "hasChildren": row["id"] in parents,
        "useAllWorkTypes": bool(row.get("useAllWorkTypes")),
        "company": shapes.named(ask.state, "companies", row.get("companyID")),
        "location": shapes.location(ask.state, row.get("locationID")),
        "path": path if with_path else None,
    }
