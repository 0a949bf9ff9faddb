"""What is tied to assets: attributes, tags, work types, districts, contacts, checklists.

Vendor contract, section 5. AssetWorkTypes and AssetDistricts take a single object, the others arrays. `AssetAttributes/v2` tells
only of the rows it rejected, in a 202; `[]` means all went well (gotcha 22).
"""

from __future__ import annotations

from typing import Any

from migrator.sandbox.hubex import values
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.changes import accept
from migrator.sandbox.hubex.inputs import data_of, number, objects_of, reference, texts
from migrator.sandbox.hubex.wire import Record, Refusal, created, invalid, missing
from migrator.sandbox.server import Reply

TAG_LENGTH = 32
_TENANT = 1


def merge_attributes(ask: Ask) -> Reply:
    """POST /ES/AssetAttributes, array of {assetID, data[{attributeID, value, isPublic, sortOrder}]}: 202 without a body."""
    changes = []
    for row in ask.rows():
        asset = _asset(ask, row)
        for one in objects_of(row):
            if any(one.get(key) is None for key in ("attributeid", "value", "ispublic", "sortorder")):
                raise missing()
            changes.append((asset, str(one["attributeid"]), values.take(ask.state, one["attributeid"], one["value"])))

    def apply() -> None:
        for asset, key, value in changes:
            asset.setdefault("attributes", {})[key] = value

    return accept(ask, apply)


def add_attributes(ask: Ask) -> Reply:
    """POST /ES/AssetAttributes/v2: adds what is not there; an empty value makes nothing."""
    return _change_attributes(ask, adding=True)


def update_attributes(ask: Ask) -> Reply:
    """PUT /ES/AssetAttributes/v2: changes what is there; an empty value deletes."""
    return _change_attributes(ask, adding=False)


def delete_attributes(ask: Ask) -> Reply:
    """DELETE /ES/AssetAttributes, array of {assetID, data[{attributeID}]}."""
    doomed = [(_asset(ask, row), str(one.get("attributeid"))) for row in ask.rows() for one in objects_of(row)]
    rejected = [
        _rejected(asset["id"], key, "NotFound") for asset, key in doomed if key not in asset.get("attributes", {})
    ]

    def apply() -> None:
        for asset, key in doomed:
            asset.get("attributes", {}).pop(key, None)

    return accept(ask, apply, rejected)


def add_tags(ask: Ask) -> Reply:
    """POST /ES/AssetTags, array of {assetID, tags[]}: 201; a new tag joins the dictionary."""
    pairs = [(_asset(ask, row), tag) for row in ask.rows() for tag in tags_of(ask, row)]
    for asset, tag in pairs:
        put_tag(ask, asset, tag)
    return created([{"assetID": asset["id"], "tag": tag} for asset, tag in pairs])


def delete_tags(ask: Ask) -> Reply:
    """DELETE /ES/AssetTags: 200, at once [ref]."""
    pairs = [(_asset(ask, row), tag) for row in ask.rows() for tag in tags_of(ask, row)]
    for asset, tag in pairs:
        asset["tags"] = [one for one in asset.get("tags", []) if one != tag]
    return Reply.json([{"assetID": asset["id"], "tag": tag} for asset, tag in pairs], wrote=True)


def tags_of(ask: Ask, row: Record) -> list[str]:
    """The tags of a row, each of 1 to 32 characters. Raises Refusal."""
    if row.get("tags") is None:
        raise missing()
    found = [str(tag) for tag in texts(ask.state, row["tags"])]
    if not all(0 < len(tag) <= TAG_LENGTH for tag in found):
        raise invalid()
    return found


def put_tag(ask: Ask, record: Record, tag: str) -> None:
    """Tie a tag to an asset or a task, and put it into the dictionary."""
    if tag not in ask.state.tags:
        ask.state.tags.append(tag)
    if tag not in record.setdefault("tags", []):
        record["tags"].append(tag)


def add_work_types(ask: Ask) -> Reply:
    """POST /ES/AssetWorkTypes {assetID, data[id]}, single: 201."""
    body = ask.single()
    asset = _asset(ask, body)
    keys = [reference("work_types")(ask.state, key) for key in data_of(body)]
    _tie(asset, "workTypes", keys)
    return created([{"tenantID": _TENANT, "assetID": asset["id"], "workTypeID": key} for key in keys])


def add_districts(ask: Ask) -> Reply:
    """POST /ES/AssetDistricts {assetID, data[{id}]}, single: 201 without a body."""
    body = ask.single()
    asset = _asset(ask, body)
    keys = [reference("districts")(ask.state, one.get("id")) for one in objects_of(body)]
    _tie(asset, "districts", keys)
    return Reply(201, wrote=True)


def add_contacts(ask: Ask) -> Reply:
    """POST /ES/Assets/contacts, array of {assetID, data[contactID]} [ref+]."""
    links = [
        (_asset(ask, row), reference("contacts")(ask.state, contact)) for row in ask.rows() for contact in data_of(row)
    ]
    for asset, contact in links:
        _tie(asset, "contacts", [contact])
    return created([{"assetID": asset["id"], "contactID": contact} for asset, contact in links])


def add_check_lists(ask: Ask) -> Reply:
    """POST /ES/Assets/{id}/checkLists, array of ids: 202."""
    asset = _asset(ask, {"assetid": int(ask.path["id"])})
    keys = [reference("check_lists")(ask.state, key) for key in ask.numbers()]
    return accept(ask, lambda: _tie(asset, "checkLists", keys))


def _change_attributes(ask: Ask, *, adding: bool) -> Reply:
    taken: list[tuple[Record, str, str]] = []
    rejected: list[dict[str, Any]] = []
    for row in ask.rows():
        asset = _asset(ask, row)
        for one in objects_of(row):
            key, value = str(one.get("attributeid")), one.get("value")
            if reason := _reason(ask, asset, key, value, adding=adding):
                rejected.append(_rejected(asset["id"], key, reason))
            else:
                taken.append((asset, key, value or ""))

    def apply() -> None:
        for asset, key, value in taken:
            asset.setdefault("attributes", {}).pop(key, None)
            asset["attributes"].update({key: value} if value else {})

    return accept(ask, apply, rejected)


def _reason(ask: Ask, asset: Record, key: str, value: Any, *, adding: bool) -> str:
    """Why a row is rejected, "" when it is not."""
    there = key in asset.get("attributes", {})
    if adding and there:
        return "AlreadyActive"
    if (not adding and not there) or ask.state.live("attributes", key) is None:
        return "NotFound"
    try:
        if value not in (None, ""):
            values.take(ask.state, key, value)
    except Refusal:
        return "WrongValue"
    return ""


def _rejected(asset: int, key: str, reason: str) -> dict[str, Any]:
    shown = int(key) if key.isdecimal() else None
    return {"tenantID": _TENANT, "assetID": asset, "attributeID": shown, "error": f"InvalidDataFormat@{reason}"}


def _tie(asset: Record, name: str, keys: list[int]) -> None:
    asset[name] = list(dict.fromkeys([*asset.get(name, []), *keys]))


def _asset(ask: Ask, row: Record) -> Record:
    if row.get("assetid") is None:
        raise missing()
    asset = ask.state.live("assets", number(ask.state, row["assetid"]))
    if asset is None or not ask.sees_asset(asset):
        raise invalid()
    return asset
