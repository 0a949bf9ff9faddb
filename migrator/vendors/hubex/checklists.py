"""Checklists: one of HubEx's own for each list of a task, with its lines, put on the task, its results set.

A checklist is a form that the account keeps and tasks refer to (the vendor contract, section 4.6): so the first line makes the form and
puts it on the task. A line's id is not told when it is made (202), so it is known by its form and its place there.
"""

from __future__ import annotations

from collections.abc import Mapping

from migrator.errors import InDoubt, Refused
from migrator.http import Effect
from migrator.model import CheckItem, Ref, owner
from migrator.vendor import Context, Step
from migrator.vendors.hubex.client import Client
from migrator.vendors.hubex.encode import named
from migrator.vendors.hubex.marks import mark_in, marked, short

FORM, ATTACH, CREATE, DONE = "form", "attach", "create", "done"
_READS_AFTER_QUEUED = 8
_READS_BEFORE_MISSING = 3


def parts(item: CheckItem) -> tuple[str, ...]:
    """The first line makes the form and puts it on the task; a line that is done says so when it is there."""
    before = (FORM, ATTACH) if _place(item.ref) == 1 else ()
    return (*before, CREATE, DONE) if item.done else (*before, CREATE)


def requests(step: Step) -> int:
    """A result is set after the line was read, for its id."""
    return 2 if step.part == DONE else 1


async def make(client: Client, step: Step, task: str, context: Context) -> str:
    """One part; its id in the target. Raises Refused or InDoubt."""
    match step.part:
        case "form":
            return await _make_form(client, step, task)
        case "attach":
            return await _attach(client, step, task, _made(step, FORM, context))
        case "done":
            return await _set_done(client, step, task, _made(step, ATTACH, context), context)
        case _:
            return await _add_line(client, step, _made(step, FORM, context))


async def find(client: Client, steps: tuple[Step, ...], context: Context) -> Mapping[Ref, str]:
    """The ids of those steps, all of one part, that were carried out; forms by mark, the rest by what they belong to."""
    found: dict[Ref, str] = {}
    if steps[0].part == FORM:
        rows = await client.list("WORK/CheckLists", (), "looking for checklists")
        ids = {mark_in(row.get("description")): id for id, row in rows if not row.get("deleted")}
        return {step.ref: ids[mark] for step in steps if (mark := short(step.mark)) in ids}
    for step in steps:
        form, above = context.made(_first(step.ref), FORM), owner(step.entity)
        if form is None:
            continue
        if step.part == ATTACH and above:
            path = f"WORK/Tasks/{context.ids(above)}/checkLists"
            same = (id for id, row in await client.list(path) if str((row.get("checkList") or {}).get("id")) == form)
        else:
            place = _place(step.ref)
            is_there = await _has_line(client, form, place)
            same = (id for id in (f"{form}/{place}",) if is_there)
        if id := next(same, None):
            found[step.ref] = id
    return found


async def _has_line(client: Client, form: str, place: int) -> bool:
    """Whether the form has a line at the place. A line is taken with a 202 and shows later: that it is not there is asked twice more."""
    for _ in range(_READS_BEFORE_MISSING):
        if any(_is_at(row, place) for _, row in await client.list(f"WORK/CheckLists/{form}/items")):
            return True
    return False


def attached(step: Step, context: Context) -> str | None:
    """The id under which the step's form stands on its task."""
    return context.made(_first(step.ref), ATTACH)


def line_id(step: Step, row_place: object, context: Context) -> str:
    """The id that we know the line at a place of the step's form by."""
    return f"{context.made(_first(step.ref), FORM)}/{row_place}"


async def _make_form(client: Client, step: Step, task: str) -> str:
    body = {"name": f"Чек-лист № {task}", "description": marked("", step.mark)}
    reply = await client.write("POST", "WORK/CheckLists", [body], effect=Effect.CREATE, about=str(step.ref))
    if not isinstance(reply, list) or not reply:
        raise InDoubt(f"HubEx, {step.ref}: a checklist without an id")
    return str(reply[0])


async def _attach(client: Client, step: Step, task: str, form: str) -> str:
    path, body = f"WORK/Tasks/{task}/checkLists", [{"checkListID": int(form)}]
    reply = await client.write("POST", path, body, effect=Effect.CREATE, about=str(step.ref))
    if not isinstance(reply, list) or not reply or "id" not in reply[0]:
        raise InDoubt(f"HubEx, {step.ref}: a checklist on a task without an id")
    return str(reply[0]["id"])


async def _add_line(client: Client, step: Step, form: str) -> str:
    item = step.entity
    assert isinstance(item, CheckItem)
    place = _place(step.ref)
    body = [{"checkListID": int(form), "data": [{"name": named(item.title), "sortOrder": place}]}]
    await client.write("POST", "WORK/CheckListItems", body, effect=Effect.CREATE, about=str(step.ref))
    return f"{form}/{place}"


async def _set_done(client: Client, step: Step, task: str, on_task: str, context: Context) -> str:
    item, path = step.entity, f"WORK/Tasks/{task}/checkLists/{on_task}/results/v2"
    assert isinstance(item, CheckItem)
    for _ in range(_READS_AFTER_QUEUED):
        rows = await client.list(path, (), f"the results of {step.ref}")
        line = next((id for id, row in rows if _is_at(row, _place(step.ref))), None)
        if line is not None:
            body = [{"id": int(line), "isChecked": item.done}]
            await client.write("PUT", path, body, effect=Effect.SET, about=str(step.ref))
            return context.ids(step.ref) or ""
    raise Refused(f"{step.ref}: HubEx has taken the line and does not show it, so it could not be ticked")


async def tick(client: Client, step: Step, context: Context) -> None:
    """Tick a line that is there, or take its tick off."""
    above = owner(step.entity)
    task = context.ids(above) if above else None
    await _set_done(client, step, task or "", _made(step, ATTACH, context), context)


def _made(step: Step, part: str, context: Context) -> str:
    id = context.made(_first(step.ref), part)
    if id is None:
        raise Refused(f"{step.ref}: the checklist it belongs to was not made")
    return id


def _first(ref: Ref) -> Ref:
    return Ref(ref.kind, f"{ref.id.rpartition('/')[0]}/1")


def _place(ref: Ref) -> int:
    return int(ref.id.rpartition("/")[2])


def _is_at(row: Mapping[str, object], place: int) -> bool:
    return str(row.get("sortOrder")) == str(place)
