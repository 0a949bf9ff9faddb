"""Reading back what a run made, by the cheapest lists: one for each project, or for each task with comments of ours.

Source: the vendor contract, section 4, cheapest bulk read. Rows that carry a mark of ours are given even if their id is not ours.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping

from migrator.model import CheckItem, Kind
from migrator.vendor import Context, Observed, Record, Step
from migrator.vendors.worksection import observe, wording
from migrator.vendors.worksection.catalogue import CONTACT_PREFIX
from migrator.vendors.worksection.client import Client
from migrator.vendors.worksection.lists import project_costs, project_tasks
from migrator.vendors.worksection.values import number_of, page_id, project_of

Readings = AsyncIterator[Observed]
_DIRECTORIES = {
    Kind.PERSON: ("get_users", ""),
    Kind.CONTACT: ("get_contacts", CONTACT_PREFIX),
    Kind.GROUP: ("get_project_groups", ""),
    Kind.COMPANY: ("get_user_groups", ""),
}


def read_back(client: Client, kind: Kind, steps: tuple[Step, ...], context: Context) -> Readings:
    """What of the kind is there."""
    marks = {wording.short(step.mark): step.mark for step in steps}
    match kind:
        case Kind.PROJECT:
            return _projects(client, marks)
        case Kind.TASK:
            return _tasks(client, steps, marks, context)
        case Kind.COMMENT:
            return _comments(client, steps, marks, context)
        case Kind.COST:
            return _costs(client, steps, marks, context)
        case Kind.FILE:
            return _files(client, steps, context)
        case Kind.CHECKITEM:
            return _checkitems(client, steps, context)
        case Kind.TAG:
            return _tags(client)
        case _:
            return _directory(client, kind)


async def _projects(client: Client, marks: Mapping[str, str]) -> Readings:
    for row in await client.rows("get_projects", extra="text,options"):
        yield Observed(page_id(row), _mark(row, "text", marks), observe.seen_project(row))


async def _tasks(client: Client, steps: Iterable[Step], marks: Mapping[str, str], context: Context) -> Readings:
    for project in _numbers(project_of(context.ids(step.ref) or "") for step in steps):
        for row in await project_tasks(client, project, "text"):
            yield Observed(page_id(row.record), _mark(row.record, "text", marks), observe.seen_task(row))


async def _comments(client: Client, steps: Iterable[Step], marks: Mapping[str, str], context: Context) -> Readings:
    for task in _numbers(_task_of(context.ids(step.ref) or "") for step in steps):
        for row in await client.rows("get_comments", f"of task {task}", id_task=task):
            yield Observed(page_id(row), _mark(row, "text", marks), observe.seen_comment(row, task))


async def _costs(client: Client, steps: Iterable[Step], marks: Mapping[str, str], context: Context) -> Readings:
    above = (context.ids(step.entity.on) for step in steps if hasattr(step.entity, "on"))
    for project in _numbers(project_of(id or "") for id in above):
        for row in await project_costs(client, project):
            yield Observed(str(row["id"]), _mark(row, "comment", marks), observe.seen_cost(row))


async def _files(client: Client, steps: Iterable[Step], context: Context) -> Readings:
    """Where each is said to be, the first of its name and size, or else of its name, that nobody else has taken."""
    by_place: dict[str, list[Step]] = {}
    for step in steps:
        by_place.setdefault((context.ids(step.ref) or "").partition("+")[0], []).append(step)
    async for place, rows in _file_lists(client, by_place):
        left = list(rows)
        for step in by_place.get(place, ()):
            wanted = wording.file_name(getattr(step.entity, "name", "")), str(context.body(step.ref).size)
            same = [row for row in left if row["name"] == wanted[0]]
            if row := next((row for row in same if str(row.get("size")) == wanted[1]), same[0] if same else None):
                left.remove(row)
                yield Observed(context.ids(step.ref) or "", "", observe.seen_file(row), body=str(row["id"]))


async def _file_lists(client: Client, places: Iterable[str]) -> AsyncIterator[tuple[str, Iterable[Record]]]:
    """The files of each place: projects have a list of their own, tasks are shown with theirs, comments too."""
    comments = [place for place in places if "#" in place]
    tasks = [place for place in places if "/" in place and "#" not in place]
    for project in _numbers(place for place in places if "/" not in place):
        yield project, await client.rows("get_files", f"of project {project}", id_project=project)
    for project in _numbers(project_of(place) for place in tasks):
        for row in await project_tasks(client, project, "files"):
            yield page_id(row.record), row.record.get("files") or ()
    for task in _numbers(_task_of(place) for place in comments):
        for comment in await client.rows("get_comments", f"of task {task}", id_task=task, extra="files"):
            yield page_id(comment), comment.get("files") or ()


async def _checkitems(client: Client, steps: Iterable[Step], context: Context) -> Readings:
    """From the descriptions of the tasks."""
    above = (context.ids(step.entity.on) for step in steps if isinstance(step.entity, CheckItem))
    for project in _numbers(project_of(id or "") for id in above):
        for row in await project_tasks(client, project, "text"):
            id = page_id(row.record)
            for place, title in enumerate(observe.seen_items(str(row.record.get("text") or "")), 1):
                fields = {"title": title, "on": number_of(id)}
                yield Observed(f"{id}+{Kind.CHECKITEM}{place}", "", fields)


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
    return marks.get(short, short)


def _task_of(comment: str) -> str:
    return number_of(comment.partition("/#")[0])


def _numbers(found: Iterable[str]) -> list[str]:
    return sorted({number for number in found if number}, key=int)
