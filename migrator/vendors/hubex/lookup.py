"""Looking up what a create with a lost answer left behind: by mark, and in each row, because a filter may be ignored.

Source: the vendor contract, sections 3 (filters) and 7 (exactly once).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping

from migrator.model import Kind, Ref, owner
from migrator.vendor import Context, Record, Step
from migrator.vendors.hubex import checklists, costs
from migrator.vendors.hubex.catalogue import CONTACT, Catalogue
from migrator.vendors.hubex.client import Client
from migrator.vendors.hubex.encode import users
from migrator.vendors.hubex.marks import mark_in, short

LIVING = (("isDeleted", "false"),)
_BY_ERP_ID = {Kind.PROJECT: "ES/Assets", Kind.TASK: "WORK/Tasks"}


async def find(client: Client, there: Catalogue, steps: tuple[Step, ...], context: Context) -> Mapping[Ref, str]:
    """The target's ids of those steps, all of one kind and part, that were carried out."""
    kind, part = steps[0].ref.kind, steps[0].part
    if kind is Kind.COMPANY or (kind is Kind.PROJECT and there.projects.as_companies):
        return await _companies(client, steps)
    if kind in _BY_ERP_ID:
        found = {step.ref: await by_erp_id(client, kind, step.mark) for step in steps}
        return {ref: id for ref, id in found.items() if id}
    if kind is Kind.CONTACT:
        return await _contacts(client, steps)
    if kind is Kind.CHECKITEM:
        return await checklists.find(client, steps, context)
    if part == costs.TECHNICIAN:
        return await _technicians(client, steps, context)
    return await _children(client, steps, context)


async def by_erp_id(client: Client, kind: Kind, mark: str) -> str:
    """The id of the task or asset with our mark; "" if there is none. The filter may find by a part of it (section 10)."""
    rows = await client.list(_BY_ERP_ID[kind], (("erpID", mark), *LIVING), f"looking for a {kind}")
    ours = [int(id) for id, row in rows if row.get("erpID") == mark and not row.get("deleted")]
    return str(min(ours)) if ours else ""


async def deleted_by_erp_id(client: Client, kind: Kind, mark: str) -> str:
    """The id of the last deleted task or asset with our mark; "" if there is none."""
    rows = await client.list(_BY_ERP_ID[kind], (("erpID", mark),), f"looking for a deleted {kind}")
    ours = [int(id) for id, row in rows if row.get("erpID") == mark and row.get("deleted")]
    return str(max(ours)) if ours else ""


async def work_of(client: Client, task: str, mark: str) -> str:
    """The id of the completed work with our mark among those of the task; "" if there is none."""
    async for id, row in rows_on(client, Kind.COST, task):
        if mark_in(row.get("notes")) == short(mark):
            return id
    return ""


async def rows_on(client: Client, kind: Kind, above: str, on: Kind = Kind.TASK) -> AsyncIterator[tuple[str, Record]]:
    """What hangs on a task (a file: on a project, or in the messages of a task), with the id that we know it by."""
    if kind is Kind.FILE and on is not Kind.COMMENT:
        place = "WORK/Tasks" if on is Kind.TASK else "ES/Assets"
        for id, row in await client.list(f"{place}/{above}/attachments", (), f"the files of {on} {above}"):
            yield id, row
    elif kind is Kind.COST:
        for _, row in await client.list(f"WORK/Tasks/{above}/completedWorks", (), f"the works of task {above}"):
            yield f"{above}/{row['id']}", row
    else:
        for _, row in await client.list(f"WORK/Tasks/{above}/conversations", (), f"the messages of task {above}"):
            yield f"{above}/{row['id']}", row


def grouped(steps: Iterable[Step], context: Context) -> dict[str, list[Step]]:
    """The steps by the target's id of what they hang on."""
    groups: dict[str, list[Step]] = {}
    for step in steps:
        above = owner(step.entity)
        if above and (id := context.ids(above)):
            groups.setdefault(id, []).append(step)
    return groups


async def _companies(client: Client, steps: tuple[Step, ...]) -> dict[Ref, str]:
    """All of them: there is no filter by erpID (section 4.1)."""
    rows = await client.list("ES/Companies", LIVING, "looking for companies")
    ids = {str(row.get("erpID")): id for id, row in reversed(rows)}
    return {step.ref: ids[step.mark] for step in steps if step.mark in ids}


async def _contacts(client: Client, steps: tuple[Step, ...]) -> dict[Ref, str]:
    rows = await client.list("COMMON/Contacts", LIVING, "looking for contacts")
    ids = {mark_in(row.get("description")): f"{CONTACT}{id}" for id, row in reversed(rows)}
    return {step.ref: ids[mark] for step in steps if (mark := short(step.mark)) in ids}


async def _children(client: Client, steps: tuple[Step, ...], context: Context) -> dict[Ref, str]:
    """One list for each task or project. A file of a message that is not yet written is in no list, and shows to nobody."""
    kind = steps[0].ref.kind
    field = {Kind.FILE: "description", Kind.COST: "notes"}.get(kind, "message")
    found: dict[Ref, str] = {}
    for on in (Kind.TASK, Kind.PROJECT):
        group = [step for step in steps if isinstance(above := owner(step.entity), Ref) and above.kind is on]
        for above_id, some in grouped(group, context).items():
            wanted = {short(step.mark): step.ref for step in some}
            async for id, row in rows_on(client, kind, above_id, on):
                if ref := wanted.get(mark_in(row.get(field))):
                    found.setdefault(ref, id)
    return found


async def _technicians(client: Client, steps: tuple[Step, ...], context: Context) -> dict[Ref, str]:
    """One list for each task: who did which work is its own key."""
    found: dict[Ref, str] = {}
    for task, group in grouped(steps, context).items():
        by_work = await technicians(client, task)
        for step in group:
            id = context.ids(step.ref) or ""
            person = getattr(step.entity, "person", None)
            wanted, _ = users(step.ref, "person", (person,) if person else ())
            if wanted and wanted[0] in {int(one["userID"]) for one in by_work.get(id.rpartition("/")[2], ())}:
                found[step.ref] = id
    return found


async def technicians(client: Client, task: str) -> dict[str, list[Record]]:
    """Completed work -> who did it: a map in truth, one object by the specification (section 4.5)."""
    rows = await client.list(f"WORK/Tasks/{task}/completedWorks/technicians", (), f"the technicians of task {task}")
    return {id: list(row.get("technicians") or ()) for id, row in rows if isinstance(row, dict)}
