"""Assets of HubEx written: create, full replace, many at once, publish, delete, restore.

Vendor contract, sections 5-7, gotchas 25, 27, 30. `isAutoPublish` without a location is refused as `publish` is. A delete is refused
while the asset has tasks that are not closed.
"""

from __future__ import annotations

from migrator.sandbox.hubex import stamps
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.assets import lineage
from migrator.sandbox.hubex.changes import accept, accept_all
from migrator.sandbox.hubex.inputs import (
    Field,
    flag,
    moment,
    name,
    read,
    reference,
    references,
    replace,
    text,
)
from migrator.sandbox.hubex.wire import Record, created, invalid, missing, not_possible
from migrator.sandbox.server import Reply

STAMP_KEY = "сoncurrencyStamp"  # its first letter is Cyrillic in the vendor's 409 [ref+]

_FIELDS = (
    Field("name", name(), required=True),
    Field("assetTypeID", reference("asset_types"), required=True),
    Field("assetClassID", reference("asset_classes"), required=True),
    Field("companyID", reference("companies"), required=True),
    *(Field("parentID", reference("assets")), Field("locationID", reference("locations"))),
    *(Field("erpID", text()), Field("serialNumber", text()), Field("notes", text()), Field("warrantyTill", moment)),
    *(Field("responsiblePerson", reference("users")), Field("isMobileAsset", flag), Field("useAllWorkTypes", flag)),
    *(Field("isInheritParentDistricts", flag), Field("isAutoPublish", flag)),
)
_SHARED = (
    Field("assetTypeID", reference("asset_types")),
    Field("assetClassID", reference("asset_classes")),
    Field("companyID", reference("companies")),
    Field("parentID", reference("assets")),
    Field("responsiblePersonID", reference("users")),
    *(Field("isMobileAsset", flag), Field("isPublished", flag)),
    *(Field("addedWorkTypes", references("work_types")), Field("deletedWorkTypes", references("work_types"))),
)


def create(ask: Ask) -> Reply:
    """POST /ES/Assets, single."""
    stamp = stamps.of(ask)
    if (made := stamps.used(ask, "assets", stamp)) is not None:
        return Reply.json({"id": made["id"], "name": made["name"], STAMP_KEY: stamp}, 409)
    record = read(ask.state, ask.single(), _FIELDS)
    parent = ask.state.get("assets", record.get("parentID")) or {}
    record["districts"] = list(parent["districts"]) if "districts" in parent else _own_districts(ask)
    if record.pop("isAutoPublish", False):
        _publishable(record)
        record["published"] = ask.now
    asset = ask.state.add("assets", record)
    stamps.remember(ask, "assets", stamp, {"id": asset["id"], "name": asset["name"]})
    return created({"id": asset["id"], "name": asset["name"]})


def update(ask: Ask) -> Reply:
    """PUT /ES/Assets/{id}, full replace."""
    asset = _live(ask, ask.path["id"])
    taken = read(ask.state, ask.single(), _FIELDS)
    if taken.get("parentID") and asset["id"] in lineage(ask.state, taken["parentID"]):
        raise not_possible()
    if taken.pop("isAutoPublish", False):
        _publishable(taken)
        taken["published"] = ask.now
    return accept(ask, lambda: replace(asset, _FIELDS, taken))


def update_many(ask: Ask) -> Reply:
    """PUT /ES/Assets {assets[], shared fields, isPublished, addedWorkTypes[], deletedWorkTypes[]}: only what is sent."""
    body = ask.single()
    if body.get("assets") is None:
        raise missing()
    assets = [_live(ask, key) for key in references("assets")(ask.state, body["assets"])]
    taken = read(ask.state, body, _SHARED)
    if taken.get("isPublished"):
        for asset in assets:
            _publishable(asset)
    now = ask.now
    return accept_all(ask, assets, lambda asset: _change(asset, dict(taken), now))


def publish(ask: Ask) -> Reply:
    """PUT /ES/Assets/{id}/publish; without a location 409 InvalidOperation [qa]."""
    asset, now = _live(ask, ask.path["id"]), ask.now
    _publishable(asset)
    return accept(ask, lambda: asset.update(published=now))


def unpublish(ask: Ask) -> Reply:
    """PUT /ES/Assets/{id}/unpublish."""
    asset = _live(ask, ask.path["id"])
    return accept(ask, lambda: asset.pop("published", None))


def delete(ask: Ask) -> Reply:
    """DELETE /ES/Assets, array of ids, or /{id}; with `/full` all below them too. Soft."""
    keys = [int(ask.path["id"])] if "id" in ask.path else ask.numbers()
    nested = ask.call.path.rstrip("/").lower().endswith("/full")
    doomed = [_live(ask, key) for key in keys]
    if nested:
        doomed = [row for row in ask.state.assets.values() if _below(ask, row, keys)]
    names = {row["id"] for row in doomed}
    tasks = ask.state.tasks.values()
    if any(task.get("assetID") in names and not task.get("closed") and not task.get("deleted") for task in tasks):
        raise not_possible()
    now = ask.now
    return accept_all(ask, doomed, lambda row: row.setdefault("deleted", now))


def restore(ask: Ask) -> Reply:
    """PUT /ES/Assets/restore?withNested=, array of ids."""
    keys, nested = ask.numbers(), ask.flag("withNested")
    if not all(ask.state.get("assets", key) for key in keys):
        raise invalid()
    rows = [row for row in ask.state.assets.values() if row["id"] in keys or (nested and _below(ask, row, keys))]
    return accept_all(ask, rows, lambda row: row.pop("deleted", None))


def set_location(ask: Ask) -> Reply:
    """POST or PUT /ES/AssetLocations {assetID, locationID, dateFrom, dateTill}, single."""
    fields = (
        Field("assetID", reference("assets"), required=True),
        Field("locationID", reference("locations"), required=True),
        *(Field("dateFrom", moment), Field("dateTill", moment)),
    )
    taken = read(ask.state, ask.single(), fields)
    asset = _live(ask, taken["assetID"])
    return accept(ask, lambda: asset.update(locationID=taken["locationID"]))


def _below(ask: Ask, row: Record, keys: list[int]) -> bool:
    return bool(set(lineage(ask.state, row["id"])) & set(keys))


def _change(asset: Record, taken: Record, now: str) -> None:
    added, gone = taken.pop("addedWorkTypes", []), taken.pop("deletedWorkTypes", [])
    kept = [*asset.get("workTypes", []), *added]
    asset["workTypes"] = [key for key in dict.fromkeys(kept) if key not in gone]
    if (published := taken.pop("isPublished", None)) is not None:
        asset.pop("published", None)
        asset.update({"published": now} if published else {})
    if "responsiblePersonID" in taken:
        asset["responsiblePerson"] = taken.pop("responsiblePersonID")
    asset.update(taken)


def _publishable(asset: Record) -> None:
    if not asset.get("locationID"):
        raise not_possible()


def _own_districts(ask: Ask) -> list[int]:
    own = ask.state.users.get(ask.user, {}).get("districts")
    every = [row["id"] for row in ask.state.tables["districts"].values() if row.get("isDefault")]
    return list(own) if own is not None else every


def _live(ask: Ask, key: object) -> Record:
    asset = ask.state.live("assets", key)
    if asset is None or not ask.sees_asset(asset):
        raise invalid()
    return asset
