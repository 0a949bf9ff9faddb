"""Looking up what a create with a lost answer left behind: by the mark at the start of its text, one list for each owner.

Source: the vendor contract, section 7. Files and checklists are in the request that made their owner, or they are not there at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from migrator.model import CheckItem, Contact, Entity, File, Kind, Person, Ref, Task, owner
from migrator.text import file_name
from migrator.vendor import Context, Made, Record, Step
from migrator.vendors.worksection import encode, observe, wording
from migrator.vendors.worksection.catalogue import CONTACT_PREFIX, Catalogue
from migrator.vendors.worksection.client import Client
from migrator.vendors.worksection.lists import project_tasks
from migrator.vendors.worksection.values import page_id

Found = dict[Ref, Made]
_POSTED = (Kind.PROJECT, Kind.TASK, Kind.COMMENT, Kind.COST)


async def find(client: Client, there: Catalogue, steps: tuple[Step, ...], context: Context) -> Mapping[Ref, Made]:
    """What became of those steps, all of one kind, that were carried out; with the issues that their answers would have come with."""
    found = await _look(client, there, steps, context)
    posted = [step for step in steps if step.ref in found and step.ref.kind in _POSTED]
    told = {step.ref: encode.posted(step, there, context).issues for step in posted}
    return {ref: replace(made, issues=told.get(ref, ())) for ref, made in found.items()}


async def _look(client: Client, there: Catalogue, steps: tuple[Step, ...], context: Context) -> Found:
    match steps[0].ref.kind:
        case Kind.PROJECT:
            return await _projects(client, steps)
        case Kind.TASK:
            return await _tasks(client, there, steps, context)
        case Kind.COST:
            return await _costs(client, steps, context)
        case Kind.PERSON:
            return _people(steps, await client.rows("get_users"), "")
        case Kind.CONTACT:
            return _people(steps, await client.rows("get_contacts"), CONTACT_PREFIX)
        case _:
            return await _comments(client, steps, context)


async def _projects(client: Client, steps: Iterable[Step]) -> Found:
    """One list for all; one more for each that took files along."""
    found: Found = {}
    for step, row in _marked(steps, await client.rows("get_projects", extra="text"), "text"):
        files: tuple[Record, ...] = ()
        if step.carried:
            files = await client.rows("get_files", f"of project {row['id']}", id_project=str(row["id"]))
        found[step.ref] = _made(step, row, files)
    return found


async def _tasks(client: Client, there: Catalogue, steps: Iterable[Step], context: Context) -> Found:
    """One list for each project."""
    found: Found = {}
    by_project: dict[str, list[Step]] = {}
    for step in steps:
        assert isinstance(step.entity, Task)
        by_project.setdefault(encode.place(step.entity, there, context)["id_project"], []).append(step)
    for project, group in by_project.items():
        rows = [row.record for row in await project_tasks(client, project, "text,files")]
        found |= {step.ref: _made(step, row, row.get("files") or ()) for step, row in _marked(group, rows, "text")}
    return found


async def _comments(client: Client, steps: Iterable[Step], context: Context) -> Found:
    """One list for each task; a file that came by itself is a comment too."""
    found: Found = {}
    for task, group in _by_task(steps, context).items():
        rows = await client.rows("get_comments", f"of task {task}", id_task=task, extra="files")
        found |= {step.ref: _made(step, row, row.get("files") or ()) for step, row in _marked(group, rows, "text")}
    return found


async def _costs(client: Client, steps: Iterable[Step], context: Context) -> Found:
    """One list for each task."""
    found: Found = {}
    for task, group in _by_task(steps, context).items():
        rows = await client.rows("get_costs", f"of task {task}", id_task=task)
        found |= {step.ref: Made(str(row["id"])) for step, row in _marked(group, rows, "comment")}
    return found


def _people(steps: Iterable[Step], rows: Iterable[Record], prefix: str) -> Found:
    """By e-mail, which two of them never share."""
    ids = {str(row.get("email") or "").lower(): str(row["id"]) for row in rows}
    found: Found = {}
    for step in steps:
        assert isinstance(step.entity, Person | Contact)
        if id := ids.get(step.entity.email.lower()):
            found[step.ref] = Made(f"{prefix}{id}")
    return found


def _marked(steps: Iterable[Step], rows: Iterable[Record], key: str) -> Iterator[tuple[Step, Record]]:
    by_mark: dict[str, Record] = {}
    for row in (row for row in rows if not wording.is_taken_back(row)):
        by_mark.setdefault(observe.seen_mark(str(row.get(key) or "")), row)
    return ((step, by_mark[mark]) for step in steps if (mark := wording.short(step.mark)) in by_mark)


def _made(step: Step, row: Record, files: Iterable[Record]) -> Made:
    """What a row shows the step to have made, with those of the carried that are there."""
    names = {str(file["name"]) for file in files}
    items = set(observe.seen_items(str(row.get("text") or "")))
    along = [one for one in step.carried if _is_among(one, names, items)]
    id = page_id(row)
    return Made(id, carried=observe.carried_ids(id, along))


def _is_among(one: Entity, names: set[str], items: set[str]) -> bool:
    match one:
        case File(name=name):
            return file_name(name) in names
        case CheckItem():
            return wording.checkitem(one) in items
        case _:
            return False


def _by_task(steps: Iterable[Step], context: Context) -> dict[str, list[Step]]:
    groups: dict[str, list[Step]] = {}
    for step in steps:
        above = owner(step.entity)
        if above and context.ids(above) and above.kind is not Kind.PROJECT:
            groups.setdefault(encode.task_number(above, context), []).append(step)
    return groups
