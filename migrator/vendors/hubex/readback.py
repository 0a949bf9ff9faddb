"""Reading back what a run made, by the cheapest lists: whole pages and batches where HubEx has them, else one list for each owner.

Source: the vendor contract, section 4.7, bulk plan. There is no account-wide list of messages, files or works.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

from migrator.model import Kind, Project, Ref, Task, owner
from migrator.vendor import Context, Observed, Record, Step
from migrator.vendors.hubex import checklists, observe
from migrator.vendors.hubex.catalogue import CONTACT, Catalogue
from migrator.vendors.hubex.client import Client, Row
from migrator.vendors.hubex.lookup import LIVING, grouped, rows_on, technicians
from migrator.vendors.hubex.marks import mark_in, whole

_AT_ONCE = 50  # ids in one address (section 2)
_OLDEST_FIRST = (("orderBy", "1"), ("sortDirection", "1"))

Readings = AsyncIterator[Observed]
Places = Mapping[Kind, Sequence[str]]  # ids of things that all of the kind is read of
On = tuple[tuple[Kind, str], ...]


def read_back(
    client: Client,
    there: Catalogue,
    kind: Kind,
    steps: tuple[Step, ...],
    context: Context,
    under: tuple[Ref, ...] = (),
) -> Readings:
    """What of the kind is there; all of it on those that `under` names."""
    places = {ref.kind: [id for one in under if one.kind is ref.kind and (id := context.ids(one))] for ref in under}
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
            return _tasks(client, there, steps, context, places)
        case Kind.CHECKITEM:
            return _checkitems(client, steps, context, places)
        case Kind.COST:
            return _costs(client, there, steps, context, places)
        case _:
            return _attached(client, kind, steps, context, places)


async def _companies(client: Client) -> Readings:
    for id, row in await client.list("ES/Companies", LIVING, "the companies"):
        yield Observed(id, str(row.get("erpID") or ""), observe.seen_company(row))
        if (row.get("counters") or {}).get("users"):
            yield Observed(f"user of company {id}", "", {}, on=((Kind.COMPANY, id),))


async def _project_companies(client: Client) -> Readings:
    for id, row in await client.list("ES/Companies", LIVING, "the companies"):
        yield Observed(id, str(row.get("erpID") or ""), observe.seen_project_company(row))
        counters = row.get("counters") or {}
        if counters.get("users") or counters.get("assets"):
            yield Observed(f"user or asset of company {id}", "", {}, on=((Kind.PROJECT, id),))


async def _contacts(client: Client, steps: tuple[Step, ...]) -> Readings:
    marks = whole(steps)
    for id, row in await client.list("COMMON/Contacts", LIVING, "the contacts"):
        yield Observed(f"{CONTACT}{id}", marks.get(mark_in(row.get("description")), ""), observe.seen_contact(row))


async def _assets(client: Client, there: Catalogue, steps: tuple[Step, ...], context: Context) -> Readings:
    """All of them, so that a second copy would be seen; ours each by itself too, for only so is the description given."""
    ours = {context.ids(step.ref): step for step in steps}
    attributes = await _attributes(client, "ES/Assets/attributes", "assetID", sorted(id for id in ours if id))
    for id, row in await client.list("ES/Assets", LIVING, "the assets"):
        if row.get("deleted"):  # the filter is not heeded everywhere (section 4.1)
            continue
        mark = str(row.get("erpID") or "")
        on = _on(Kind.PROJECT, {"id": row.get("parentID")}) + _on(Kind.COMPANY, row.get("company"))
        if id not in ours:
            yield Observed(id, mark, {}, on=on)
            continue
        whole_row = await client.read(f"ES/Assets/{id}", (), f"asset {id}") or {}
        labels = await _labels(client, f"ES/Assets/{id}/tags", ours[id])
        yield Observed(id, mark, observe.seen_project(whole_row, attributes.get(id, ()), labels, there), on=on)


def _on(kind: Kind, value: Record | None) -> On:
    return ((kind, str(value["id"])),) if value and value.get("id") else ()


async def _tasks(
    client: Client, there: Catalogue, steps: tuple[Step, ...], context: Context, places: Places
) -> Readings:
    """By projects, so that a second copy would be seen; what is in no project by its id."""
    ours = {context.ids(step.ref): step for step in steps}
    projects = set(places.get(Kind.PROJECT, ()))
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
    asked = ((of_project, projects), ("taskID", loose), ("parentID", places.get(Kind.TASK, ())))
    seen: set[str] = set()
    for name, wanted in (*asked, ("companyID", places.get(Kind.COMPANY, ()))):
        async for id, row in _in_batches(client, "WORK/Tasks", name, sorted(wanted)):
            if id in seen:
                continue
            seen.add(id)
            labels = await _labels(client, f"WORK/Tasks/{id}/tags", ours.get(id))
            on = _on(Kind.TASK, row.get("parent")) + _on(Kind.PROJECT, row.get("asset"))
            company = Kind.PROJECT if there.projects.as_companies else Kind.COMPANY
            on += _on(company, row.get("company"))
            shown = dict(observe.seen_task(row, attributes.get(id, ()), labels, there))
            if id not in ours:
                del shown["tags"]  # not read
            yield Observed(id, str(row.get("erpID") or ""), shown, on=on)


async def _attached(client: Client, kind: Kind, steps: tuple[Step, ...], context: Context, places: Places) -> Readings:
    """Messages of tasks; files of tasks, of projects, and of messages."""
    marks = whole(steps)
    owners = {(above.kind, id) for step in steps if (above := owner(step.entity)) and (id := context.ids(above))}
    if kind is Kind.COMMENT:
        for _, task in sorted({*owners, *((Kind.TASK, id) for id in places.get(Kind.TASK, ()))}):
            async for id, row in rows_on(client, kind, task):
                mark = marks.get(mark_in(row.get("message")), "")
                yield Observed(id, mark, observe.seen_comment(row, task), on=((Kind.TASK, task),))
        return
    holders = {one for one in owners if one[0] is not Kind.COMMENT}
    for on, above_id in sorted({*holders, *await _holders(client, places, steps, context)}):
        async for id, row in rows_on(client, kind, above_id, on):
            mark = marks.get(mark_in(row.get("description")), "")
            yield Observed(id, mark, observe.seen_file(row, above_id), body=id, on=((on, above_id),))
    async for observed in _files_of_messages(client, {id for on, id in owners if on is Kind.COMMENT}):
        yield observed


async def _holders(client: Client, places: Places, steps: tuple[Step, ...], context: Context) -> list[tuple[Kind, str]]:
    """Those of the places that may hold files of others. Fifty tasks at once are asked whether any does (section 4.4)."""
    ours = {context.ids(step.ref) for step in steps}
    found = [(Kind.PROJECT, id) for id in places.get(Kind.PROJECT, ())]
    for some in _batches(places.get(Kind.TASK, ())):
        query = [*(("taskID", id) for id in some), *LIVING]
        rows = await client.list("COMMON/Attachments", query, "whether tasks have files")
        if any(id not in ours for id, _ in rows):
            found += [(Kind.TASK, id) for id in some]
    return found


async def _files_of_messages(client: Client, messages: set[str]) -> Readings:
    """From the messages, which tell what hangs on them, and from the files themselves, which tell their size."""
    names: dict[str, str] = {}
    for task in sorted({id.partition("/")[0] for id in messages}):
        async for message, row in rows_on(client, Kind.COMMENT, task):
            if message in messages:
                names |= {str(one["id"]): message for one in row.get("attachment") or ()}
    async for id, row in _in_batches(client, "COMMON/Attachments", "attachmentID", sorted(names)):
        message = names.get(id, "")
        yield Observed(id, "", observe.seen_file(row, message), body=id, on=((Kind.COMMENT, message),))


async def _checkitems(client: Client, steps: tuple[Step, ...], context: Context, places: Places) -> Readings:
    """One list of results for each checklist of ours, all of which stay or go together; of those of others, that they are there."""
    lists: dict[tuple[str, str], Step] = {}
    for step in steps:
        above, on_task = owner(step.entity), checklists.attached(step, context)
        if above and on_task and (task := context.ids(above)):
            lists[task, on_task] = step
    for (task, on_task), step in lists.items():
        path = f"WORK/Tasks/{task}/checkLists/{on_task}/results/v2"
        lines = {
            checklists.line_id(step, row.get("sortOrder"), context): row
            for _, row in await client.list(path, (), f"a checklist of task {task}")
        }
        for id, row in lines.items():
            others = tuple((Kind.CHECKITEM, other) for other in lines if other != id)
            yield Observed(id, "", observe.seen_checkitem(row, task), on=((Kind.TASK, task), *others))
    for task in places.get(Kind.TASK, ()):
        for id, _ in await client.list(f"WORK/Tasks/{task}/checkLists", (), f"the checklists of task {task}"):
            if (task, id) not in lists:
                yield Observed(f"checklist {id}", "", {}, on=((Kind.TASK, task),))


async def _costs(
    client: Client, there: Catalogue, steps: tuple[Step, ...], context: Context, places: Places
) -> Readings:
    marks = whole(steps)
    ours = grouped(steps, context)
    for task in dict.fromkeys([*ours, *places.get(Kind.TASK, ())]):
        by_work = await technicians(client, task) if task in ours else {}
        async for id, row in rows_on(client, Kind.COST, task):
            people = by_work.get(str(row["id"]), ())
            mark = marks.get(mark_in(row.get("notes")), "")
            yield Observed(id, mark, observe.seen_cost(row, people, task, there.zone), on=((Kind.TASK, task),))


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
            if id not in seen and not row.get("deleted"):
                seen.add(id)
                yield id, row


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
