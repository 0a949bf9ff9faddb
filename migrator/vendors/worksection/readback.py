"""Reading back what a run made, by the cheapest lists: one for each project, or for each task with comments of ours.

Source: the vendor contract, section 4, cheapest bulk read. Rows that carry a mark of ours are given even if their id is not ours.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping

from migrator.errors import Refused
from migrator.model import CheckItem, Kind, Ref
from migrator.text import file_name
from migrator.vendor import Context, Observed, Record, Step
from migrator.vendors.worksection import observe, wording
from migrator.vendors.worksection.catalogue import CONTACT_PREFIX
from migrator.vendors.worksection.client import ABSENT, Client
from migrator.vendors.worksection.lists import Row, project_costs, project_tasks
from migrator.vendors.worksection.values import number_of, page_id, project_of

_WITH_PAGES = (Kind.PROJECT, Kind.TASK, Kind.COMMENT)  # their ids say which project they are in

Readings = AsyncIterator[Observed]
Places = Mapping[str, Kind]  # ids of things that all of the kind is read of
_DIRECTORIES = {
    Kind.PERSON: ("get_users", ""),
    Kind.CONTACT: ("get_contacts", CONTACT_PREFIX),
    Kind.GROUP: ("get_project_groups", ""),
    Kind.COMPANY: ("get_user_groups", ""),
}


def read_back(
    client: Client, kind: Kind, steps: tuple[Step, ...], context: Context, under: tuple[Ref, ...] = ()
) -> Readings:
    """What of the kind is there; all of it on those that `under` names."""
    marks = {wording.short(step.mark): step.mark for step in steps}
    places = {id: ref.kind for ref in under if ref.kind in _WITH_PAGES and (id := context.ids(ref))}
    match kind:
        case Kind.PROJECT:
            return _projects(client, marks)
        case Kind.TASK:
            return _tasks(client, steps, marks, context, places)
        case Kind.COMMENT:
            return _comments(client, steps, marks, context, places)
        case Kind.COST:
            return _costs(client, steps, marks, context, places)
        case Kind.FILE:
            return _files(client, steps, context, places)
        case Kind.CHECKITEM:
            return _checkitems(client, steps, context, places)
        case Kind.TAG:
            return _tags(client)
        case _:
            return _directory(client, kind)


async def _projects(client: Client, marks: Mapping[str, str]) -> Readings:
    for row in await client.rows("get_projects", extra="text,options"):
        yield Observed(page_id(row), _mark(row, "text", marks), observe.seen_project(row))


async def _tasks(
    client: Client, steps: Iterable[Step], marks: Mapping[str, str], context: Context, places: Places
) -> Readings:
    ours = (context.ids(step.ref) or "" for step in steps)
    for project in _numbers(project_of(id) for id in (*ours, *places)):
        rows = await _tasks_of(client, project, "text")
        pages = {str(row.record["id"]): page_id(row.record) for row in rows}
        for row in rows:
            above = ((Kind.TASK, pages[row.parent]),) if row.parent in pages else ()
            mark, seen = _mark(row.record, "text", marks), observe.seen_task(row)
            yield Observed(page_id(row.record), mark, seen, on=(*above, (Kind.PROJECT, project)))


async def _comments(
    client: Client, steps: Iterable[Step], marks: Mapping[str, str], context: Context, places: Places
) -> Readings:
    ours = {_task_of(context.ids(step.ref) or "") for step in steps}
    for task in _numbers({*ours, *await _commented(client, places, ours)}):
        for row in await client.rows_if_there("get_comments", f"of task {task}", id_task=task):
            on = ((Kind.TASK, page_id(row).partition("/#")[0]),)
            yield Observed(page_id(row), _mark(row, "text", marks), observe.seen_comment(row, task), on=on)


async def _commented(client: Client, places: Places, known: Collection[str]) -> list[str]:
    """The numbers of the tasks, among the places, that have comments: one list for each project tells."""
    tasks = {number_of(id): project_of(id) for id, kind in places.items() if kind is Kind.TASK}
    found: list[str] = []
    for project in _numbers(project for number, project in tasks.items() if number not in known):
        records = [row.record for row in await _tasks_of(client, project, "comments")]
        found += (str(one["id"]) for one in records if str(one["id"]) in tasks and one.get("has_comments", 1))
    return found


async def _costs(
    client: Client, steps: Iterable[Step], marks: Mapping[str, str], context: Context, places: Places
) -> Readings:
    above = (context.ids(step.entity.on) for step in steps if hasattr(step.entity, "on"))
    for project in _numbers(project_of(id or "") for id in (*above, *places)):
        for row in await project_costs(client, project):
            on = ((Kind.TASK, page_id(row["task"])),)
            yield Observed(str(row["id"]), _mark(row, "comment", marks), observe.seen_cost(row), on=on)


async def _files(client: Client, steps: Iterable[Step], context: Context, places: Places) -> Readings:
    """Where each is said to be, the first of its name and size, or else of its name, that nobody else has taken."""
    by_place: dict[str, list[Step]] = {id: [] for id, kind in places.items() if kind is not Kind.COMMENT}
    for step in steps:
        by_place.setdefault((context.ids(step.ref) or "").partition("+")[0], []).append(step)
    async for place, rows in _file_lists(client, by_place):
        left = list(rows)
        on = ((_kind_of(place), place),)
        for step in by_place.get(place, ()):
            wanted = file_name(getattr(step.entity, "name", "")), str(context.body(step.ref).size)
            same = [row for row in left if row["name"] == wanted[0]]
            if row := next((row for row in same if str(row.get("size")) == wanted[1]), same[0] if same else None):
                left.remove(row)
                yield Observed(context.ids(step.ref) or "", "", observe.seen_file(row), body=str(row["id"]), on=on)
        for row in left if place in by_place else ():
            yield Observed(f"file {row['id']}", "", observe.seen_file(row), body=str(row["id"]), on=on)


def _kind_of(place: str) -> Kind:
    return Kind.COMMENT if "#" in place else Kind.TASK if "/" in place else Kind.PROJECT


async def _file_lists(client: Client, places: Iterable[str]) -> AsyncIterator[tuple[str, Iterable[Record]]]:
    """The files of each place: projects have a list of their own, tasks are shown with theirs, comments too."""
    comments = [place for place in places if "#" in place]
    tasks = [place for place in places if "/" in place and "#" not in place]
    for project in _numbers(place for place in places if "/" not in place):
        yield project, await client.rows_if_there("get_files", f"of project {project}", id_project=project)
    for project in _numbers(project_of(place) for place in tasks):
        for row in await _tasks_of(client, project, "files"):
            yield page_id(row.record), row.record.get("files") or ()
    for task in _numbers(_task_of(place) for place in comments):
        for comment in await client.rows_if_there("get_comments", f"of task {task}", id_task=task, extra="files"):
            yield page_id(comment), comment.get("files") or ()


async def _checkitems(client: Client, steps: Iterable[Step], context: Context, places: Places) -> Readings:
    """From the descriptions of the tasks."""
    above = (context.ids(step.entity.on) for step in steps if isinstance(step.entity, CheckItem))
    for project in _numbers(project_of(id or "") for id in (*above, *places)):
        for row in await _tasks_of(client, project, "text"):
            id = page_id(row.record)
            for place, title in enumerate(observe.seen_items(str(row.record.get("text") or "")), 1):
                fields = {"title": title, "on": number_of(id)}
                yield Observed(f"{id}+{Kind.CHECKITEM}{place}", "", fields, on=((Kind.TASK, id),))


async def _tasks_of(client: Client, project: str, extra: str) -> list[Row]:
    """All tasks of a project; none of one that is gone."""
    try:
        return await project_tasks(client, project, extra)
    except Refused as refused:
        if refused.code not in ABSENT:
            raise
        return []


async def _tags(client: Client) -> Readings:
    for kind in (Kind.TASK, Kind.PROJECT):
        for row in await client.rows(f"get_{kind}_tags"):
            yield Observed(f"{kind}/{row['id']}", "", observe.seen_tag(row))


async def _directory(client: Client, kind: Kind) -> Readings:
    action, prefix = _DIRECTORIES[kind]
    for row in await client.rows(action):
        fields = {"title": str(row.get("title", "")), "email": str(row.get("email") or "").lower()}
        yield Observed(f"{prefix}{row['id']}", "", fields)


def _mark(row: Record, key: str, marks: Mapping[str, str]) -> str:
    short = observe.seen_mark(str(row.get(key) or ""))
    return "" if wording.is_taken_back(row) else marks.get(short, short)


def _task_of(comment: str) -> str:
    return number_of(comment.partition("/#")[0])


def _numbers(found: Iterable[str]) -> list[str]:
    return sorted({number for number in found if number}, key=int)
