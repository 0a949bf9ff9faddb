"""Taking back what a run made: everything can be deleted, softly: its rows stay, marked so, and are not listed any more.

Source: the vendor contract, section 6. A delete answers 202 and shows later; errors of single rows stand inside it (section 3).
"""

from __future__ import annotations

from typing import Any

from migrator.errors import Refused
from migrator.http import Effect
from migrator.model import Kind, owner
from migrator.vendor import Context, Step
from migrator.vendors.hubex import checklists
from migrator.vendors.hubex.catalogue import ALREADY_DONE, CONTACT, Catalogue
from migrator.vendors.hubex.client import Client, Query
from migrator.vendors.hubex.lookup import LIVING, rows_on

# Parts that stand alone; the others go with them.
_ALONE = ("create", checklists.FORM, checklists.ATTACH)
_NO_TASK = "TaskNotFound"
_READS_AFTER_QUEUED = 8


def removal_requests(step: Step) -> int:
    """One for what stands alone; none for what goes with another part."""
    if step.part not in _ALONE:
        return 0
    return 0 if step.ref.kind is Kind.CHECKITEM and step.part == checklists.CREATE else 1


async def remove(client: Client, there: Catalogue, step: Step, context: Context) -> None:
    """Take it back. Repeatable. Raises Refused."""
    id = context.made(step.ref, step.part) or ""
    if not removal_requests(step):
        return
    match step.ref.kind:
        case Kind.CHECKITEM:
            await _remove_checklist(client, step, id, context)
        case Kind.COMMENT | Kind.COST:
            await _remove_from_task(client, step, id)
        case Kind.FILE:
            query = (("attachmentID", id), *LIVING)
            await _delete(client, f"COMMON/Attachments/{id}", None, step, ("COMMON/Attachments", query, id))
        case Kind.CONTACT:
            number = id.removeprefix(CONTACT)
            await _delete(client, "COMMON/Contacts", [int(number)], step, ("COMMON/Contacts", LIVING, number))
        case Kind.TASK:
            await _delete(client, "WORK/Tasks", [int(id)], step, None)
        case Kind.PROJECT if not there.projects.as_companies:
            await _delete_asset(client, step, id)
        case Kind.PROJECT | Kind.COMPANY:
            await _delete(client, "ES/Companies", [int(id)], step, ("ES/Companies", LIVING, id))
        case _:
            raise Refused(f"{step.ref}: HubEx deletes no {step.ref.kind}")


async def _delete(client: Client, path: str, body: Any, step: Step, listed: tuple[str, Query, str] | None) -> None:
    """A refusal may mean that it is gone: then its code says so, or it is not `listed`: in that list, under that id."""
    try:
        reply = await client.write("DELETE", path, body, effect=Effect.SET, about=str(step.ref))
    except Refused as refused:
        if refused.code in (ALREADY_DONE, _NO_TASK):
            return
        if listed is None or await _is_listed(client, *listed):
            raise
        return
    for row in reply if isinstance(reply, list) else ():
        error = str(row.get("error") or "") if isinstance(row, dict) else ""
        if error and error not in (ALREADY_DONE, _NO_TASK):
            raise Refused(f"HubEx, {step.ref}: {error}", error)


async def _is_listed(client: Client, path: str, query: Query, id: str) -> bool:
    rows = await client.list(path, query, f"whether {id} is there")
    return any(id in (key, str(row.get("id"))) and not row.get("deleted") for key, row in rows)


async def _delete_asset(client: Client, step: Step, id: str) -> None:
    """One with active tasks is refused; ours are deleted before it, and that may show only some reads later (section 9, 21)."""
    path, living = "ES/Assets", (("assetID", id), *LIVING)
    for _ in range(_READS_AFTER_QUEUED):
        try:
            await client.write("DELETE", path, [int(id)], effect=Effect.SET, about=str(step.ref))
        except Refused as refused:
            told = refused
        else:
            return
        if not await _is_listed(client, path, living, id):
            return
    raise told


async def _remove_from_task(client: Client, step: Step, id: str) -> None:
    """A message or a work: what is not there is refused, or passed over."""
    task, _, number = id.partition("/")
    path = "WORK/TaskConversations" if step.ref.kind is Kind.COMMENT else "WORK/CompletedWorks"
    body = [{"taskID": int(task), "data": [int(number)]}]
    try:
        await _delete(client, path, body, step, None)
    except Refused:
        if id in [one async for one, _ in rows_on(client, step.ref.kind, task)]:
            raise


async def _remove_checklist(client: Client, step: Step, id: str, context: Context) -> None:
    """The checklist goes from its task, and then the form that was made for it; there is no delete of a single line."""
    if step.part == checklists.FORM:
        await _delete(client, "WORK/CheckLists", [int(id)], step, ("WORK/CheckLists", LIVING, id))
        return
    above = owner(step.entity)
    path = f"WORK/Tasks/{context.ids(above) if above else ''}/checkLists"
    await _delete(client, path, [int(id)], step, (path, (), id))
