"""Reading back what a run made, by the cheapest lists: whole pages instead of one request for each object.

Source: the vendor contract, section 4, bulk plan. Rows that are not ours are given too where they carry a mark: the reader compares it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from migrator.errors import Refused
from migrator.model import Comment, Cost, Kind, Ref, Task, owner
from migrator.vendor import Context, Observed, Record, Step
from migrator.vendors.planfix import costs, observe
from migrator.vendors.planfix.catalogue import Catalogue, DataTag
from migrator.vendors.planfix.client import PAGE, Client
from migrator.vendors.planfix.plan import is_task
from migrator.vendors.planfix.values import dated, folded, number

_BY_PROJECT, _BY_NUMBER, _BY_PARENT = 5, 57, 73
_PROJECTS_AT_ONCE = 50  # in one filter value
# /comment/list takes 6 to 12 s a page for a week, longer for more. A slice is a week, and overlaps its neighbours by a day on each
# side, because filters use the zone of the token's employee and rows are in UTC (sections 4 and 8, 23).
_SLICE_DAYS, _OVERLAP = 5, timedelta(days=1)

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
        case Kind.TASK:
            return _tasks(client, there, steps, context, places)
        case Kind.PROJECT:
            return _projects(client, there)
        case Kind.COMPANY | Kind.CONTACT:
            return _contacts(client, there, kind)
        case Kind.COMMENT:
            return _comments(client, there, steps, context, places)
        case Kind.FILE:
            return _files(client, steps, context, places)
        case Kind.CHECKITEM:
            return _checkitems(client, steps, context, places)
        case _:
            return _costs(client, there, steps, context)


async def _projects(client: Client, there: Catalogue) -> Readings:
    fields = _asked(observe.PROJECT_FIELDS, Kind.PROJECT, there)
    async for row in client.rows("/project/list", "projects", "the projects", fields=fields):
        mark = observe.seen_mark(row, Kind.PROJECT, there)
        on = _on(Kind.PROJECT, row.get("parent")) + _on_contact(row.get("counterparty"))
        yield Observed(str(row["id"]), mark, observe.seen_project(row, there), on=on)


async def _contacts(client: Client, there: Catalogue, kind: Kind) -> Readings:
    fields = _asked(observe.CONTACT_FIELDS, kind, there)
    companies = kind is Kind.COMPANY
    async for row in client.rows("/contact/list", "contacts", f"the {kind} list", isCompany=companies, fields=fields):
        on = tuple(place for each in row.get("companies") or () for place in _on_contact(each))
        yield Observed(f"contact:{row['id']}", observe.seen_mark(row, kind, there), observe.seen_contact(row), on=on)


def _on(kind: Kind, value: Record | None) -> On:
    return ((kind, str(value["id"])),) if value and value.get("id") else ()


def _on_contact(value: Record | None) -> On:
    """People and companies are numbered together, and whether it is one or the other a row does not say."""
    id = f"contact:{number(str(value['id']))}" if value and value.get("id") else ""
    return ((Kind.COMPANY, id), (Kind.CONTACT, id)) if id else ()


async def _tasks(
    client: Client, there: Catalogue, steps: tuple[Step, ...], context: Context, places: Places
) -> Readings:
    """By projects, so that a second copy would be seen; what is in none of them by its number, wherever it is, and by its parent."""
    projects = {int(id) for id in places.get(Kind.PROJECT, ())}
    left: set[int] = set()
    for step in steps:
        assert isinstance(step.entity, Task)
        if step.entity.project and (above := context.ids(step.entity.project)):
            projects.add(int(above))
        if made := context.ids(step.ref):
            left.add(int(made))
    seen: set[str] = set()
    fields = _asked(observe.TASK_FIELDS, Kind.TASK, there)
    parents: set[int] = set()
    asked = ((_BY_PROJECT, projects, _PROJECTS_AT_ONCE), (_BY_NUMBER, left, PAGE), (_BY_PARENT, parents, 1))
    for type, numbers, size in asked:
        if type == _BY_NUMBER:
            parents |= left & {int(id) for id in places.get(Kind.TASK, ())}
        for some in _batches(sorted(numbers), size):  # what is left is known by now
            filters = [{"type": type, "operator": "equal", "value": list(some) if size > 1 else some[0]}]
            async for row in client.rows("/task/list", "tasks", "the tasks", filters=filters, fields=fields):
                if (id := str(row["id"])) not in seen and is_task(
                    row
                ):  # lines of checklists may be listed too (section 9)
                    seen.add(id)
                    left.discard(int(id))
                    on = _on(Kind.TASK, row.get("parent")) + _on(Kind.PROJECT, row.get("project"))
                    mark = observe.seen_mark(row, Kind.TASK, there)
                    yield Observed(id, mark, observe.seen_task(row, there), on=on)


async def _comments(
    client: Client, there: Catalogue, steps: tuple[Step, ...], context: Context, places: Places
) -> Readings:
    """By weeks over the whole account, or task by task where that takes fewer requests or the account has no such list."""
    tasks = sorted({int(id) for step in steps if (above := owner(step.entity)) and (id := context.ids(above))})
    if Kind.TASK in places:
        async for observed in _comments_of_tasks(
            client, sorted({*tasks, *map(int, places[Kind.TASK])}), steps, context
        ):
            yield observed
        return
    slices = _slices(steps, there)
    if slices and len(slices) + len(steps) / PAGE < len(tasks):
        try:
            async for observed in _comments_of_slices(client, slices):
                yield observed
        except Refused:
            pass  # added to the API only lately (section 4); what was given already is given once more below
        else:
            return
    for task in tasks:
        path, about = f"/task/{task}/comments/list", f"the comments of task {task}"
        async for row in client.rows(path, "comments", about, fields=observe.COMMENT_FIELDS, typeList="Comments"):
            yield _comment({**row, "task": {"id": task}})


async def _comments_of_tasks(
    client: Client, tasks: Sequence[int], steps: tuple[Step, ...], context: Context
) -> Readings:
    """Task by task; but not the description, which each task shows as its first comment too (section 8, 16)."""
    ours = {context.ids(step.ref) for step in steps}
    for some in _batches(tasks, PAGE):
        filters = [{"type": _BY_NUMBER, "operator": "equal", "value": list(some)}]
        rows = client.rows("/task/list", "tasks", "the descriptions", filters=filters, fields="id,description")
        texts = {int(row["id"]): folded(str(row.get("description") or "")) async for row in rows}
        for task in (one for one in some if one in texts):
            path, about = f"/task/{task}/comments/list", f"the comments of task {task}"
            asked = {"fields": observe.COMMENT_FIELDS, "typeList": "Comments"}
            found = [row async for row in client.rows_if_there(path, "comments", about, **asked)]
            oldest = min((int(row["id"]) for row in found), default=0)
            for row in found:
                repeats = int(row["id"]) == oldest and folded(str(row.get("description") or "")) == texts[task]
                if str(row["id"]) in ours or not repeats:
                    yield _comment({**row, "task": {"id": task}})


def _slices(steps: Iterable[Step], there: Catalogue) -> list[date]:
    """The first days of all slices that hold a comment of ours; none if one has no date of its own."""
    days: set[date] = set()
    for step in steps:
        assert isinstance(step.entity, Comment)
        if step.entity.created is None:
            return []
        day = step.entity.created.astimezone(there.zone).date()
        days.add(date.fromordinal(day.toordinal() // _SLICE_DAYS * _SLICE_DAYS))
    return sorted(days)


async def _comments_of_slices(client: Client, slices: Iterable[date]) -> Readings:
    seen: set[str] = set()
    for first in slices:
        ends = (first - _OVERLAP, first + timedelta(days=_SLICE_DAYS - 1) + _OVERLAP)
        body = {
            "filters": [dated(*ends)],
            "typeList": "Comments",
            "resultOrder": [{"field": "id", "direction": "Asc"}],
        }
        about = f"the comments of the week of {first}"
        async for row in client.rows("/comment/list", "comments", about, fields=observe.COMMENT_FIELDS, **body):
            if (id := str(row["id"])) not in seen:
                seen.add(id)
                yield _comment(row)


def _comment(row: Record) -> Observed:
    """People see comments by their moment, those of one minute as they were made."""
    fields = observe.seen_comment(row)
    place = f"{fields['created']} {int(row['id']):020}"
    return Observed(
        str(row["id"]), str(row.get("sourceObjectId") or ""), fields, place, on=_on(Kind.TASK, row.get("task"))
    )


async def _files(client: Client, steps: tuple[Step, ...], context: Context, places: Places) -> Readings:
    """From what they hang on: projects have a list of their own, tasks give theirs a hundred at a time."""
    owners: dict[Kind, set[str]] = {kind: set(places.get(kind, ())) for kind in (Kind.PROJECT, Kind.TASK)}
    sizes = {context.ids(step.ref): context.body(step.ref).size for step in steps}
    for step in steps:
        above = owner(step.entity)
        if above and (id := context.ids(above)):
            owners.setdefault(above.kind, set()).add(id)
    for project in sorted(owners[Kind.PROJECT]):
        async for row in _project_files(client, project):
            yield _file(row, (Kind.PROJECT, project), sizes)
    for some in _batches(sorted(map(int, owners[Kind.TASK])), PAGE):
        filters = [{"type": _BY_NUMBER, "operator": "equal", "value": list(some)}]
        async for row in client.rows("/task/list", "tasks", "the files of tasks", filters=filters, fields="id,files"):
            for file in row.get("files") or ():
                yield _file(file, (Kind.TASK, str(row["id"])), sizes)
    for comment in sorted(owners.get(Kind.COMMENT, ())):
        reply = await client.get(f"/comment/{comment}", f"the files of comment {comment}", fields="id,files")
        for file in (reply.get("comment") or {}).get("files") or ():
            yield _file(file, (Kind.COMMENT, comment), sizes)


async def _project_files(client: Client, project: str) -> AsyncIterator[Record]:
    offset, full = 0, True
    while full:
        query = {"offset": str(offset), "pageSize": str(PAGE)}
        reply = await client.get(f"/project/{project}/files", f"the files of project {project}", **query)
        rows = reply.get("files") or ()
        for row in rows:
            yield row
        offset, full = offset + PAGE, len(rows) == PAGE


def _file(row: Record, on: tuple[Kind, str], sizes: dict[str | None, int]) -> Observed:
    id, size = str(row["id"]), int(row.get("size") or 0)
    # In KB by what was observed, in bytes by the specification: whichever it is, the same text.
    shown = observe.kilobytes(size) if size == sizes.get(id) else f"{size} KB"
    return Observed(id, "", {"on": on[1], "name": str(row.get("name", "")), "size": shown}, body=id, on=(on,))


async def _checkitems(client: Client, steps: tuple[Step, ...], context: Context, places: Places) -> Readings:
    """One list for each task: there is no other (section 4)."""
    tasks = {id for step in steps if (above := owner(step.entity)) and (id := context.ids(above))}
    for task in sorted({*tasks, *places.get(Kind.TASK, ())}, key=int):
        path, about = f"/task/{task}/checklist/list", f"the checklist of task {task}"
        async for row in client.rows_if_there(path, "items", about, fields=observe.CHECKITEM_FIELDS):
            yield Observed(str(row["id"]), "", observe.seen_checkitem(row, task), on=((Kind.TASK, task),))


async def _costs(client: Client, there: Catalogue, steps: tuple[Step, ...], context: Context) -> Readings:
    """One account-wide list for each data tag; an entry is ours by its key, or a second copy by the comment it stands on."""
    ours: dict[str, Step] = {}
    by_comment: dict[str, Step] = {}
    for step in steps:
        by_comment[context.made(step.ref, costs.COMMENT) or ""] = step
        ours |= dict.fromkeys(_keys(step, context), step)
    entries: dict[Ref, list[tuple[DataTag, costs.Place, Record]]] = {step.ref: [] for step in steps}
    for tag, places in _tags(steps, there):
        fields = ",".join([observe.ENTRY_FIELDS, *(str(one.id) for one in tag.fields.values())])
        async for row in client.rows(
            f"/datatag/{tag.id}/entry/list", "dataTagEntries", f"the entries of {tag.name!r}", fields=fields
        ):
            key = str(row["key"])
            on = (*_on(Kind.TASK, row.get("task")), (Kind.COMMENT, str(row.get("commentId"))))
            if key in ours:
                entries[ours[key].ref].append((tag, places, row))
            elif second := by_comment.get(str(row.get("commentId"))):
                yield Observed(key, second.mark, observe.seen_cost([(tag, places, row)], there), on=on)
            else:
                yield Observed(key, "", {}, on=on)
    for step in steps:
        if found := entries[step.ref]:
            on = _on(Kind.TASK, found[0][2].get("task"))
            yield Observed(context.ids(step.ref) or "", step.mark, observe.seen_cost(found, there), on=on)


def _keys(step: Step, context: Context) -> Iterator[str]:
    assert isinstance(step.entity, Cost)
    for part in costs.parts(step.entity)[1:]:
        yield from (context.made(step.ref, part) or "").split(",")


def _tags(steps: Iterable[Step], there: Catalogue) -> Iterator[tuple[DataTag, costs.Place]]:
    """The data tags in use, with the roles of their fields."""
    places: dict[str, dict[str, str]] = {}
    for step in steps:
        assert isinstance(step.entity, Cost)
        for place in (step.entity.time_in, step.entity.money_in):
            if place.get("tag") in there.tags:
                places.setdefault(place["tag"], {}).update(place)
    return ((there.tags[name], place) for name, place in places.items())


def _asked(fields: str, kind: Kind, there: Catalogue) -> str:
    """The names asked for, with the ids of the custom fields: those come only by id (section 8, 12)."""
    marker = there.marker(kind)
    ids = [one.id for one in there.fields.get(kind, {}).values()] if kind in (Kind.TASK, Kind.PROJECT) else []
    return ",".join([fields, *(str(id) for id in ids), *([str(marker.id)] if marker else [])])


def _batches(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (numbers[start : start + size] for start in range(0, len(numbers), size))
