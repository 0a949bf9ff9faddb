"""Taking back what a run made: comments, files and entries are deleted; tasks, projects and contacts, which cannot be, are put aside.

Source: the vendor contract, section 6. `isDeleted` in their requests has no public proof, so the safe choice is taken: silently another
title, another status, and another mark, so that no later run finds them, and people do, by a filter on the field that holds it.
"""

from __future__ import annotations

import uuid

from migrator.errors import Refused
from migrator.model import Kind
from migrator.text import shorten
from migrator.vendor import Context, Record, Step
from migrator.vendors.planfix import costs
from migrator.vendors.planfix.catalogue import COMPLETED, Catalogue
from migrator.vendors.planfix.client import ABSENT, Client
from migrator.vendors.planfix.values import TAKEN_BACK, TITLE, custom, named, number

_PATHS = {Kind.COMPANY: "contact", Kind.CONTACT: "contact", Kind.PROJECT: "project", Kind.TASK: "task"}


def removal_requests(step: Step, context: Context) -> int:
    """One, for each entry of a cost; none for what goes with another part."""
    id = context.made(step.ref, step.part) or ""
    if step.ref.kind is Kind.COST and step.part != costs.COMMENT:
        return len(id.split(","))
    return int(step.part in ("create", costs.COMMENT))


async def remove(client: Client, there: Catalogue, step: Step, context: Context) -> None:
    """Take it back. Repeatable. Raises Refused."""
    id, about = context.made(step.ref, step.part) or "", str(step.ref)
    match step.ref.kind:
        case Kind.COMMENT:
            await client.delete(f"/comment/{id}", about)
        case Kind.COST if step.part == costs.COMMENT:
            await client.delete(f"/comment/{id}", about)
        case Kind.COST:
            for key in id.split(","):
                await client.delete(f"/datatag/entry/{key}", about)
        case Kind.FILE if step.part == "create":
            await client.delete(f"/file/{id}", about)
        case Kind.FILE:
            pass  # what it was attached to lets go of it when it is deleted
        case Kind.TASK | Kind.PROJECT | Kind.CONTACT | Kind.COMPANY:
            await _put_aside(client, there, step, f"/{_PATHS[step.ref.kind]}/{number(id)}")
        case _:
            raise Refused(f"{step.ref}: Planfix deletes no {step.ref.kind}")


async def _put_aside(client: Client, there: Catalogue, step: Step, path: str) -> None:
    try:
        _, reply = await client.set(path, str(step.ref), _aside(there, step), silent="true")
    except Refused as refused:
        if refused.code not in ABSENT:
            raise
        return
    failed = reply.get("failures") or ()
    names = [str(one.get("field")) for one in ([failed] if isinstance(failed, dict) else failed)]
    if "name" in names or "status" in names:
        raise Refused(f"Planfix, {step.ref}: it did not change {', '.join(names)}; put it aside by hand")


def _aside(there: Catalogue, step: Step) -> Record:
    entity, marker = step.entity, there.marker(step.ref.kind)
    title = named(str(getattr(entity, "title", "") or getattr(entity, "name", "")))
    body: Record = {
        "name": shorten(f"{TAKEN_BACK} {title}", TITLE),
        "sourceObjectId": str(uuid.uuid5(uuid.UUID(step.mark), TAKEN_BACK)),
    }
    if marker:
        body["customFieldData"] = [custom(marker, f"{TAKEN_BACK} {step.mark}")]
    if step.ref.kind is Kind.PROJECT:
        body["status"] = {"id": int(COMPLETED)}
    if step.ref.kind is Kind.TASK and there.rolled_back is not None:
        body["status"] = {"id": there.rolled_back}
    return body
