"""Changing what was made, for a delta: what reopens first, what closes last. Repeatable.

Source: the vendor contract, section 5. Texts, authors, comments, files, checklists and the place of a task are for creation only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from migrator.errors import Refused
from migrator.http import Effect
from migrator.model import Cost, Issue, Project, Task
from migrator.vendor import Context, Made, Step, not_updated
from migrator.vendors.worksection import encode
from migrator.vendors.worksection.catalogue import ARCHIVED, DONE, Catalogue
from migrator.vendors.worksection.client import Client
from migrator.vendors.worksection.encode import Params
from migrator.vendors.worksection.tagging import Tagging
from migrator.vendors.worksection.values import (
    cents,
    number_of,
    project_of,
    sent_amount,
    sent_day,
    sent_minutes,
    sent_plan,
    spelled,
)
from migrator.vendors.worksection.wording import cost_text, named

_NOT_A_MEMBER, _ALREADY_SO = "11", "12"  # codes of the vendor contract, section 3

Fields = Mapping[str, str]


async def update(client: Client, there: Catalogue, step: Step, fields: Fields, context: Context) -> Made:
    """Set these fields. Raises Refused."""
    id = context.ids(step.ref) or ""
    match step.entity:
        case Project():
            return Made(id, await _project(client, there, step, fields, id))
        case Task():
            return Made(id, await _task(client, there, step, fields, id))
        case Cost() as cost:
            await client.write("update_costs", str(step.ref), _cost(step, cost, fields, id), Effect.SET)
            return Made(id)
        case _:
            raise Refused(f"{step.ref}: Worksection changes no {step.ref.kind}")


async def _project(client: Client, there: Catalogue, step: Step, fields: Fields, id: str) -> tuple[Issue, ...]:
    entity, number = step.entity, {"id_project": number_of(id)}
    assert isinstance(entity, Project)
    if "status" in fields and entity.status != ARCHIVED:
        await _switch(client, "activate_project", step, number)
    params, issues = _common(step, entity.start, entity.end, fields)
    if "manager" in fields:
        managers = encode.emails([entity.manager] if entity.manager else [], there)
        params |= {"email_manager": managers[0]} if managers else {}
        issues += (
            [] if managers else [not_updated(step.ref, "manager", "Worksection cannot take the manager off a project")]
        )
    if "settings" in fields:
        on = encode.switches(entity)
        params |= {f"options.{name}": "0" for name in fields["settings"].split("; ") if name and name not in on}
        params |= {f"options.{name}": "1" for name in on}
    if "members" in fields and (members := encode.emails(entity.members, there)):
        params["members"] = ",".join(members)  # adds them; who has left stays
    if params:
        await client.write("update_project", str(step.ref), number | params, Effect.SET)
    issues += await _tags(client, there, entity, fields, id)
    if "status" in fields and entity.status == ARCHIVED:
        await _switch(client, "close_project", step, number)
    return tuple(issues)


async def _task(client: Client, there: Catalogue, step: Step, fields: Fields, id: str) -> tuple[Issue, ...]:
    entity, number = step.entity, {"id_task": number_of(id)}
    assert isinstance(entity, Task)
    if "status" in fields and entity.status != DONE:
        await _switch(client, "reopen_task", step, number)
    params, issues = _common(step, *encode.task_days(entity, there), fields)
    if "assignees" in fields:
        params["email_user_to"] = encode.assignee(entity, there)
    if "priority" in fields:
        params |= {"priority": str(entity.priority)} if entity.priority is not None else {}
        issues += [] if "priority" in params else [not_updated(step.ref, "priority", "Worksection cannot take it off")]
    if params:
        await _set(client, step, number | {"email_user_to": encode.assignee(entity, there)} | params, id)
    issues += await _tags(client, there, entity, fields, id)
    if "status" in fields and entity.status == DONE:
        await _switch(client, "complete_task", step, number)
    if {"status", "closed"} & set(fields) and entity.status == DONE and entity.closed:
        closed = sent_day(entity.closed.astimezone(there.zone).date())
        await _set(client, step, number | {"email_user_to": encode.assignee(entity, there), "dateclosed": closed}, id)
    return tuple(issues)


async def _set(client: Client, step: Step, params: Params, id: str) -> None:
    """Change a task. Names the assignee each time, lest it be cleared (section 9); who is not in the project is put there."""
    try:
        await client.write("update_task", str(step.ref), params, Effect.SET)
    except Refused as refused:
        if refused.code != _NOT_A_MEMBER or "@" not in params["email_user_to"]:
            raise
        members = {"id_project": project_of(id), "members": params["email_user_to"]}
        await client.write("add_project_members", str(step.ref), members, Effect.SET)
        await client.write("update_task", str(step.ref), params, Effect.SET)


def _common(step: Step, start: date | None, end: date | None, fields: Fields) -> tuple[Params, list[Issue]]:
    """Titles, days and plans. A day cannot be taken off; a plan is taken off by 0."""
    entity = step.entity
    assert isinstance(entity, Task | Project)
    params: Params = {"title": named(entity.title)} if "title" in fields else {}
    issues: list[Issue] = []
    for name, key, day in (("start", "datestart", start), ("end", "dateend", end)):
        if name in fields and day:
            params[key] = sent_day(day)
        elif name in fields:
            issues.append(not_updated(step.ref, name, f"Worksection cannot take off the day {fields[name]}"))
    if "plan_minutes" in fields:
        params["max_time"] = sent_plan(entity.plan_minutes) if entity.plan_minutes else "0"
    if "plan_money" in fields:
        params["max_money"] = sent_amount(entity.plan_money) if entity.plan_money else "0"
    return params, issues


async def _tags(client: Client, there: Catalogue, entity: Task | Project, fields: Fields, id: str) -> list[Issue]:
    """Those that are to go, then those that are to be there."""
    if "tags" not in fields:
        return []
    tagging = Tagging(client, there)
    wanted = {spelled(title) for _, title in encode.labels(entity)}
    await tagging.take_off(entity, id, [title for title in fields["tags"].split("; ") if title and title not in wanted])
    return await tagging.put(entity, id)


def _cost(step: Step, cost: Cost, fields: Fields, id: str) -> Params:
    params: Params = {"id_costs": id}
    if "minutes" in fields:
        params["time"] = sent_minutes(cost.minutes)
    if "money" in fields:
        params["money"] = sent_amount(cents(cost.money))
    if "text" in fields:
        params["comment"] = cost_text(step)
    if "day" in fields:
        params["date"] = sent_day(cost.day)
    return params


async def _switch(client: Client, action: str, step: Step, number: Params) -> None:
    """Close or open; what is so already is as it should be."""
    try:
        await client.write(action, str(step.ref), number, Effect.SET)
    except Refused as refused:
        if refused.code != _ALREADY_SO:
            raise
