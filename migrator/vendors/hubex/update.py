"""Changing what was made, for a delta: fields of a task one by one, an asset with all it has, and the way from stage to stage. Repeatable.

Source: the vendor contract, section 5. A PUT wipes what it does not name, so an asset is read first; a closed task takes no fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from migrator.errors import Refused
from migrator.http import Effect
from migrator.model import CheckItem, Issue, Kind, Project, Task
from migrator.vendor import Context, Made, Record, Step, not_updated
from migrator.vendors.hubex import checklists, encode, finishing
from migrator.vendors.hubex.catalogue import TASK_CLOSED, UNPUBLISHED, WORDS, Catalogue
from migrator.vendors.hubex.client import Client

Fields = Mapping[str, str]

# Our words, each with the keys of a task that say it. The title is the first line of the description.
_TASK = {
    **dict.fromkeys(("title", "text"), ("notes", "notesHtml")),
    "project": ("assetID", "companyID"),
    "parent": ("parentID",),
    "start": ("requestedStartDateTime",),
    "due": ("deadline",),
    "author": ("requestedByUserID",),
    "plan_minutes": ("estimatedTimeConsumptionMinutes",),
    "plan_money": ("estimatedCost", "estimatedCostCurrencyID"),
    **{f"fields.{name}": (key,) for name, (key, _) in WORDS.items()},
}
_CLEARED = frozenset(
    {
        "parentID",
        "requestedStartDateTime",
        "deadline",
        *(key for key, _ in WORDS.values()),
        *_TASK["plan_money"],
        *_TASK["plan_minutes"],
    }
)
# What an asset says of itself when it is read by itself, and the key that says it in a PUT.
_KEPT = (
    "name",
    "erpID",
    "serialNumber",
    "notes",
    "warrantyTill",
    "isMobileAsset",
    "isInheritParentDistricts",
    "useAllWorkTypes",
)
_REFERRED = {
    "assetType": "assetTypeID",
    "assetClass": "assetClassID",
    "company": "companyID",
    "parent": "parentID",
    "location": "locationID",
    "responsiblePerson": "responsiblePerson",
}


async def update(client: Client, there: Catalogue, step: Step, fields: Fields, context: Context) -> Made:
    """Set these fields. Raises Refused."""
    id = context.ids(step.ref) or ""
    match step.entity:
        case Project() if there.projects.as_companies:
            return Made(
                id, tuple(not_updated(step.ref, name, f"{name}: a project that became a company") for name in fields)
            )
        case Project() as entity:
            return Made(id, await _asset(client, there, step, entity, fields, context))
        case Task() as entity:
            return Made(id, await _task(client, there, step, entity, fields, context))
        case CheckItem():
            await checklists.tick(client, step, context)
            return Made(id)
        case _:
            raise Refused(f"{step.ref}: HubEx changes no {step.ref.kind}")


async def _task(
    client: Client, there: Catalogue, step: Step, entity: Task, fields: Fields, context: Context
) -> tuple[Issue, ...]:
    """One that is to be opened moves first, and one that is to be closed moves last: closed, it takes no fields."""
    id = context.ids(step.ref) or ""
    issues = await _values(client, there, entity, fields, id)
    try:
        issues += await _patch(client, there, step, fields, context)
    except Refused as refused:
        if refused.code != TASK_CLOSED:
            raise
        if "status" not in fields:
            why = "the task is closed in HubEx, and takes no changes"
            return (
                *issues,
                *(not_updated(step.ref, name, f"{name}: {why}") for name in fields if name in (*_TASK, "assignees")),
            )
        await finishing.move_on(client, there, entity, int(id), fields["status"])
        return (*issues, *await _patch(client, there, step, fields, context))
    if "status" in fields and entity.status:
        await finishing.move_on(client, there, entity, int(id), fields["status"])
    return issues


async def _patch(client: Client, there: Catalogue, step: Step, fields: Fields, context: Context) -> tuple[Issue, ...]:
    entity, id = step.entity, context.ids(step.ref) or ""
    assert isinstance(entity, Task)
    whole = encode.task(step, there, context).body
    keys = dict.fromkeys(key for name in fields for key in _TASK.get(name, ()))
    rows = [{"field": key, "value": whole.get(key)} for key in keys if key in whole or key in _CLEARED]
    issues: list[Issue] = []
    issues += (
        not_updated(step.ref, name, f"{name}: HubEx cannot take it off")
        for name in fields
        if name in _TASK and not any(key in whole or key in _CLEARED for key in _TASK[name])
    )
    if rows:
        await client.write("PATCH", f"WORK/Tasks/{id}", rows, effect=Effect.SET, about=str(step.ref))
    if "assignees" in fields:
        issues += await finishing.assign(client, there, entity, id, nobody=True)
    return tuple(issues)


async def _asset(
    client: Client, there: Catalogue, step: Step, entity: Project, fields: Fields, context: Context
) -> tuple[Issue, ...]:
    """Publishing comes first, lest the rest be refused; taking it back comes last."""
    id, about = context.ids(step.ref) or "", str(step.ref)
    issues = await _values(client, there, entity, fields, id)
    if "status" in fields and entity.status != UNPUBLISHED:
        await client.write("PUT", f"ES/Assets/{id}/publish", None, effect=Effect.SET, about=about)
    if {"title", "text"} & set(fields):
        row = await client.read(f"ES/Assets/{id}", (), f"asset {id}") or {}
        whole = encode.asset(step, there, context, there.vocabulary.there[Kind.COMPANY]).body
        body = {**_as_put(row), **({"name": whole["name"]} if "title" in fields else {})}
        body |= {"notes": whole["notes"]} if "text" in fields else {}
        await client.write("PUT", f"ES/Assets/{id}", body, effect=Effect.SET, about=about)
    shared: Record = {}
    if "parent" in fields:
        parent = context.ids(entity.parent) if entity.parent else None
        shared |= {"parentID": int(parent)} if parent else {}
        issues += () if parent else (not_updated(step.ref, "parent", "parent: HubEx cannot take it off"),)
    if "client" in fields:
        companies = there.vocabulary.there[Kind.COMPANY]
        shared |= {"companyID": int(companies[entity.client])} if entity.client in companies else {}
        issues += (
            ()
            if "companyID" in shared
            else (not_updated(step.ref, "client", f"client: no company {entity.client!r} in HubEx"),)
        )
    if "status" in fields and entity.status == UNPUBLISHED:
        shared["isPublished"] = False
    if shared:
        await client.write("PUT", "ES/Assets", {"assets": [int(id)], **shared}, effect=Effect.SET, about=about)
    return issues


def _as_put(row: Record) -> Record:
    """An asset as it is, in the form that replaces it."""
    body = {key: row[key] for key in _KEPT if row.get(key) is not None}
    for name, key in _REFERRED.items():
        if isinstance(one := row.get(name), dict) and one.get("id") is not None:
            body[key] = one["id"]
    return body


async def _values(
    client: Client, there: Catalogue, entity: Task | Project, fields: Fields, id: str
) -> tuple[Issue, ...]:
    """The attributes and tags among the fields. An attribute cannot be emptied."""
    names = [name.removeprefix("fields.") for name in fields if name.startswith("fields.") and name not in _TASK]
    wanted = {name: entity.fields[name] for name in names if entity.fields.get(name)}
    issues = [
        not_updated(entity.ref, f"fields.{name}", f"{name}: HubEx cannot empty it")
        for name in names
        if name not in wanted
    ]
    if wanted:
        few = msgspec.structs.replace(entity, fields=wanted, created=None)
        issues += await finishing.set_attributes(client, there, few, id)
    if "tags" in fields:
        titles = set(encode.tags(entity.ref, entity.tags)[0])
        await _take_off(
            client, there, entity, id, (tag for tag in fields["tags"].split("; ") if tag and tag not in titles)
        )
        issues += await finishing.set_tags(client, there, entity, id)
    return tuple(issues)


async def _take_off(client: Client, there: Catalogue, entity: Task | Project, id: str, tags: Iterable[str]) -> None:
    path, of = finishing.tags_path(entity, there)
    if path and (gone := list(tags)):
        await client.write("DELETE", path, [{of: int(id), "tags": gone}], effect=Effect.SET, about=str(entity.ref))
