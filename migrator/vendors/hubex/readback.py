"""Reading back what a run made, by the cheapest lists: whole pages and batches where HubEx has them, else one list for each owner.

Source: the vendor contract, section 4.7, bulk plan. There is no account-wide list of messages, files or works.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence

from migrator.model import Kind, Project, Task, owner
from migrator.vendor import Context, Observed, Record, Step
from migrator.vendors.hubex import checklists, observe
from migrator.vendors.hubex.catalogue import CONTACT, Catalogue
from migrator.vendors.hubex.client import Client, Row
from migrator.vendors.hubex.lookup import LIVING, grouped, rows_on, technicians
from migrator.vendors.hubex.marks import mark_in, whole

_AT_ONCE = 50  # ids in one address (section 2)
_OLDEST_FIRST = (("orderBy", "1"), ("sortDirection", "1"))

Readings = AsyncIterator[Observed]


def read_back(client: Client, there: Catalogue, kind: Kind, steps: tuple[Step, ...], context: Context) -> Readings:
    """What of the kind is there."""
    match kind:
        case Kind.COMPANY:
            return _companies(client)
        case Kind.CONTACT:
            return _contacts(client, steps)
        case Kind.PROJECT if there.projects.as_companies:
            return _project_companies(client)
        case Kind.PROJECT:
            return _assets(client, there, steps, context)
        case Kind.TASK:
            return _tasks(client, there, steps, context)
        case Kind.CHECKITEM:
            return _checkitems(client, steps, context)
        case Kind.COST:
            return _costs(client, there, steps, context)
        case _:
            return _attached(client, kind, steps, context)


async def _companies(client: Client) -> Readings:
    for id, row in await client.list("ES/Companies", LIVING, "the companies"):
        yield Observed(id, str(row.get("erpID") or ""), observe.seen_company(row))


async def _project_companies(client: Client) -> Readings:
    for id, row in await client.list("ES/Companies", LIVING, "the companies"):
        yield Observed(id, str(row.get("erpID") or ""), observe.seen_project_company(row))


async def _contacts(client: Client, steps: tuple[Step, ...]) -> Readings:
    marks = whole(steps)
    for id, row in await client.list("COMMON/Contacts", LIVING, "the contacts"):
        yield Observed(f"{CONTACT}{id}", marks.get(mark_in(row.get("description")), ""), observe.seen_contact(row))


async def _assets(client: Client, there: Catalogue, steps: tuple[Step, ...], context: Context) -> Readings:
    """All of them, so that a second copy would be seen; ours each by itself too, for only so is the description given."""
    ours = {context.ids(step.ref): step for step in steps}
    attributes = await _attributes(client, "ES/Assets/attributes", "assetID", sorted(id for id in ours if id))
    for id, row in await client.list("ES/Assets", LIVING, "the assets"):
        mark = str(row.get("erpID") or "")
        if id not in ours:
            yield Observed(id, mark, {})
            continue
        whole_row = await client.read(f"ES/Assets/{id}", (), f"asset {id}") or {}
        labels = await _labels(client, f"ES/Assets/{id}/tags", ours[id])
        yield Observed(id, mark, observe.seen_project(whole_row, attributes.get(id, ()), labels, there))


async def _tasks(client: Client, there: Catalogue, steps: tuple[Step, ...], context: Context) -> Readings:
    """By projects, so that a second copy would be seen; what is in no project by its id."""
    ours = {context.ids(step.ref): step for step in steps}
    projects: set[str] = set()
    loose: set[str] = set()
    for step in steps:
        assert isinstance(step.entity, Task)
        above = context.ids(step.entity.project) if step.entity.project else None
        if above:
            projects.add(above)
        elif made := context.ids(step.ref):
            loose.add(made)
    attributes = await _attributes(client, "WORK/TaskAttributes", "taskID", sorted(id for id in ours if id))
    of_project = "companyID" if there.projects.as_companies else "assetID"
    for name, wanted in ((of_project, sorted(projects)), ("taskID", sorted(loose))):
        async for id, row in _in_batches(client, "WORK/Tasks", name, wanted):
            labels = await _labels(client, f"WORK/Tasks/{id}/tags", ours.get(id))
            seen = dict(observe.seen_task(row, attributes.get(id, ()), labels, there))
            if id not in ours:
                del seen["tags"]  # not read
            yield Observed(id, str(row.get("erpID") or ""), seen)


async def _attached(client: Client, kind: Kind, steps: tuple[Step, ...], context: Context) -> Readings:
    """Messages of tasks; files of tasks, of projects, and of messages."""
    marks = whole(steps)
    owners = {(above.kind, id) for step in steps if (above := owner(step.entity)) and (id := context.ids(above))}
    if kind is Kind.COMMENT:
        for _, task in sorted(owners):
            async for id, row in rows_on(client, kind, task):
                yield Observed(id, marks.get(mark_in(row.get("message")), ""), observe.seen_comment(row, task))
        return
    for on, above_id in sorted(one for one in owners if one[0] is not Kind.COMMENT):
        async for id, row in rows_on(client, kind, above_id, on):
            yield Observed(
                id, marks.get(mark_in(row.get("description")), ""), observe.seen_file(row, above_id), body=id
            )
    async for observed in _files_of_messages(client, {id for on, id in owners if on is Kind.COMMENT}):
        yield observed


async def _files_of_messages(client: Client, messages: set[str]) -> Readings:
    """From the messages, which tell what hangs on them, and from the files themselves, which tell their size."""
    names: dict[str, str] = {}
    for task in sorted({id.partition("/")[0] for id in messages}):
        async for message, row in rows_on(client, Kind.COMMENT, task):
            if message in messages:
                names |= {str(one["id"]): message for one in row.get("attachment") or ()}
    async for id, row in _in_batches(client, "COMMON/Attachments", "attachmentID", sorted(names)):
        yield Observed(id, "", observe.seen_file(row, names.get(id, "")), body=id)


async def _checkitems(client: Client, steps: tuple[Step, ...], context: Context) -> Readings:
    """One list of results for each checklist of ours."""
    lists: dict[tuple[str, str], Step] = {}
    for step in steps:
        above, on_task = owner(step.entity), checklists.attached(step, context)
        if above and on_task and (task := context.ids(above)):
            lists[task, on_task] = step
    for (task, on_task), step in lists.items():
        path = f"WORK/Tasks/{task}/checkLists/{on_task}/results/v2"
        for _, row in await client.list(path, (), f"a checklist of task {task}"):
            id = checklists.line_id(step, row.get("sortOrder"), context)
            yield Observed(id, "", observe.seen_checkitem(row, task))


async def _costs(client: Client, there: Catalogue, steps: tuple[Step, ...], context: Context) -> Readings:
    marks = whole(steps)
    for task in grouped(steps, context):
        by_work = await technicians(client, task)
        async for id, row in rows_on(client, Kind.COST, task):
            people = by_work.get(str(row["id"]), ())
            mark = marks.get(mark_in(row.get("notes")), "")
            yield Observed(id, mark, observe.seen_cost(row, people, task, there.zone))


async def _attributes(client: Client, path: str, name: str, ids: Sequence[str]) -> dict[str, list[Record]]:
    """Owner -> the rows of its attributes. The owner stands in the row, because a filter may be ignored."""
    found: dict[str, list[Record]] = {}
    for some in _batches(ids):
        for _, row in await client.list(path, [(name, id) for id in some], "the values of attributes"):
            found.setdefault(str(row.get(name)), []).append(row)
    return found


async def _labels(client: Client, path: str, step: Step | None) -> tuple[str, ...]:
    """The tags, where ours has any: there is a list for each alone."""
    if step is None or not isinstance(step.entity, Task | Project) or not step.entity.tags:
        return ()
    return tuple(str(tag) for tag in await client.read(path, (), f"the tags of {step.ref}") or ())


async def _in_batches(client: Client, path: str, name: str, ids: Sequence[str]) -> AsyncIterator[Row]:
    seen: set[str] = set()
    order = _OLDEST_FIRST if path == "WORK/Tasks" else ()
    for some in _batches(ids):
        query = [*((name, id) for id in some), *LIVING, *order]
        for id, row in await client.list(path, query, f"{path} by {name}"):
            if id not in seen:
                seen.add(id)
                yield id, row


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
