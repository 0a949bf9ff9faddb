"""Encode: entities in Planfix's vocabulary -> request bodies. Pure.

Source: the vendor contract, section 5, and the schemas of the vendor's OpenAPI document 1.6.9.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from migrator.model import CheckItem, Company, Contact, Issue, Kind, Project, Ref, Task, Value, Who
from migrator.vendor import Context, Record, Step
from migrator.vendors.planfix.catalogue import ACTIVE, Catalogue
from migrator.vendors.planfix.values import (
    custom,
    day_point,
    kept_html,
    local_point,
    named,
    number,
    people,
    wire_value,
)

WORK_PHONE = 2
_MESSENGERS = {
    "skype": "skype",
    "telegram": "telegram",
    "facebook": "facebook",
    "instagram": "instagram",
    "viber": "viberId",
}


class Encoded(NamedTuple):
    """A request body, and what of the entity could not be put into it."""

    body: Record
    issues: tuple[Issue, ...] = ()


class Customs(NamedTuple):
    """Custom field values by field name, as requests have them, and what did not fit."""

    values: Mapping[str, object]
    issues: tuple[Issue, ...]


def company(step: Step, there: Catalogue) -> Encoded:
    """A new company."""
    entity = step.entity
    assert isinstance(entity, Company)
    return Encoded(
        {"name": named(entity.name), "isCompany": True, **_template(Kind.COMPANY, there), **_marked(step, there)}
    )


def contact(step: Step, there: Catalogue, companies: Mapping[str, str]) -> Encoded:
    """A new contact. `companies`: name -> id of those there and of those made since. Its description is plain text."""
    entity = step.entity
    assert isinstance(entity, Contact)
    body: Record = {
        "name": named(entity.name),
        "isCompany": False,
        **_template(Kind.CONTACT, there),
        **_marked(step, there),
    }
    issues: list[Issue] = []
    body |= {name: value for name in ("email", "position", "address") if (value := getattr(entity, name))}
    if entity.phones:
        body["phones"] = [{"number": phone, "type": WORK_PHONE} for phone in entity.phones]
    if entity.company in companies:
        body["companies"] = [{"id": number(companies[entity.company])}]
    elif entity.company:
        issues.append(_missing(entity.ref, "company", entity.company))
    if entity.group in there.contact_groups:
        body["group"] = {"id": there.contact_groups[entity.group]}
    elif entity.group:
        issues.append(_missing(entity.ref, "group", entity.group))
    body |= {_MESSENGERS[name]: id for name, id in entity.messengers.items() if name in _MESSENGERS}
    if others := [f"{name}: {id}" for name, id in entity.messengers.items() if name not in _MESSENGERS]:
        body["description"] = "\n".join(others)
    return Encoded(body, tuple(issues))


def project(step: Step, there: Catalogue, context: Context, companies: Mapping[str, str]) -> Encoded:
    """A new project without people, whom a create would notify; active, because a draft shows to nobody but its author."""
    entity = step.entity
    assert isinstance(entity, Project)
    issues: list[Issue] = []
    body: Record = {
        "name": named(entity.title),
        "description": kept_html(entity.text.html),
        "status": {"id": int(ACTIVE)},
        **_template(Kind.PROJECT, there),
        **_marked(step, there),
    }
    if entity.parent and (parent := context.ids(entity.parent)):
        body["parent"] = {"id": int(parent)}
    groups = there.vocabulary.there[Kind.GROUP]
    if entity.group in groups:
        body["group"] = {"id": int(groups[entity.group])}
    elif entity.group:
        issues.append(_missing(entity.ref, "group", entity.group))
    if entity.client in companies:
        body["counterparty"] = {"id": companies[entity.client]}
    elif entity.client:
        issues.append(_missing(entity.ref, "client", entity.client))
    if entity.start:  # cannot be set later
        body["startDate"] = day_point(entity.start)
    if entity.end:
        body["endDate"] = day_point(entity.end)
    return Encoded(body, tuple(issues))


def project_finish(step: Step, there: Catalogue) -> Encoded:
    """What of a project is set silently, and last: people, status, fields, the final text."""
    entity = step.entity
    assert isinstance(entity, Project)
    customs = custom_values(entity, there)
    body: Record = {"description": kept_html(entity.text.html), **_custom_data(entity, customs, there)}
    body |= _status(entity, there)
    if entity.manager and entity.manager.target:
        body["owner"] = {"id": entity.manager.target}
    if members := targets(entity.members):
        body["participants"] = people(members)
    return Encoded(body, (*customs.issues, *_unmapped_status(entity, closed=entity.archived)))


def task(step: Step, there: Catalogue, context: Context) -> Encoded:
    """A new task without people and dates, whom a create would notify (the vendor contract, section 5, two-step load)."""
    entity = step.entity
    assert isinstance(entity, Task)
    body: Record = {
        "name": named(entity.title),
        "description": kept_html(entity.text.html),
        **_template(Kind.TASK, there),
        **_marked(step, there),
    }
    if there.process is not None:
        body["processId"] = there.process
    if entity.project and (above := context.ids(entity.project)):
        body["project"] = {"id": int(above)}
    if entity.parent and (parent := context.ids(entity.parent)):
        body["parent"] = {"id": int(parent)}
    if entity.created:
        body["dateTime"] = local_point(entity.created, there.zone)
    return Encoded(body)


def task_finish(step: Step, there: Catalogue, context: Context) -> Encoded:
    """What of a task is set silently, and last: people, dates, status, priority, fields, files, the final text."""
    entity = step.entity
    assert isinstance(entity, Task)
    customs = custom_values(entity, there)
    issues = [*customs.issues, *_unmapped_status(entity, closed=entity.done)]
    body: Record = {"description": kept_html(entity.text.html), **_custom_data(entity, customs, there)}
    body |= _date("Start", entity.start, entity.start_at, there) | _date("End", entity.due, entity.due_at, there)
    body |= _status(entity, there)
    if entity.priority_name:
        body["priority"] = entity.priority_name
    elif entity.priority is not None:
        detail = f"priority {entity.priority}: the mapping has no word for it in [priority]"
        issues.append(Issue(ref=entity.ref, code="priority-unmapped", field="priority", detail=detail))
    if entity.author and entity.author.target:
        body["assigner"] = {"id": entity.author.target}
    if assignees := targets(entity.assignees):
        body["assignees"] = people(assignees)
    if followers := targets(entity.followers):
        body["participants"] = people(followers)
    if files := context.files(entity.ref):  # an empty list would delete what the template brought (section 8, 26)
        body["files"] = [{"id": int(id)} for _, id in files]
    return Encoded(body, tuple(issues))


def checkitem(step: Step) -> Record:
    """A line of a checklist; any other key is refused (section 8, 34)."""
    entity = step.entity
    assert isinstance(entity, CheckItem)
    return {"name": named(entity.title), "isDone": entity.done}


def custom_values(entity: Task | Project, there: Catalogue) -> Customs:
    """The entity's custom fields in the form of their types; what does not fit becomes an issue."""
    known = there.fields.get(entity.ref.kind, {})
    values: dict[str, object] = {}
    issues: list[Issue] = []

    def find(name: str) -> str:
        tables = there.vocabulary.there
        return next(
            (t[key] for t in (tables[Kind.PERSON], tables[Kind.CONTACT]) for key in (name, name.lower()) if key in t),
            "",
        )

    for name, value in entity.fields.items():
        if name not in known:
            issues.append(_missing(entity.ref, name, _listed(value)))
        elif value:
            try:
                values[name] = wire_value(known[name], value, find)
            except ValueError as unfit:
                issues.append(Issue(ref=entity.ref, code="value-unfit", field=name, detail=f"{name}: {unfit}"))
    return Customs(values, tuple(issues))


def targets(who: tuple[Who, ...]) -> list[str]:
    """The ids of those who are in the target, each once."""
    return list(dict.fromkeys(one.target for one in who if one.target))


def _template(kind: Kind, there: Catalogue) -> Record:
    return {"template": {"id": there.templates[kind]}} if kind in there.templates else {}


def _marked(step: Step, there: Catalogue) -> Record:
    """Our mark, in the field that filters can find and in the one that the vendor has for it (section 7)."""
    marker = there.marker(step.ref.kind)
    return {"sourceObjectId": step.mark} | ({"customFieldData": [custom(marker, step.mark)]} if marker else {})


def _custom_data(entity: Task | Project, customs: Customs, there: Catalogue) -> Record:
    known = there.fields.get(entity.ref.kind, {})
    values = [custom(known[name], value) for name, value in customs.values.items()]
    return {"customFieldData": values} if values else {}


def _status(entity: Task | Project, there: Catalogue) -> Record:
    statuses = there.vocabulary.statuses[entity.ref.kind]
    return {"status": {"id": int(statuses[entity.status])}} if entity.status else {}


def _unmapped_status(entity: Task | Project, *, closed: bool) -> tuple[Issue, ...]:
    """What is closed in the source would stay open here, and must not do so unnoticed."""
    if entity.status or not closed:
        return ()
    detail = f"it is closed, and the mapping names no status for that in [status.{entity.ref.kind}]"
    return (Issue(ref=entity.ref, code="status-unmapped", field="status", detail=detail),)


def _date(side: str, day: date | None, moment: datetime | None, there: Catalogue) -> Record:
    """A start or due date: with the hour where the source names it; cleared where there is none, for a template may bring one."""
    name = {"Start": "startDateTime", "End": "endDateTime"}[side]
    if moment:
        return {name: local_point(moment, there.zone), f"has{side}Date": True, f"has{side}Time": True}
    if day:
        return {name: day_point(day), f"has{side}Date": True, f"has{side}Time": False}
    return {f"has{side}Date": False}


def _missing(ref: Ref, field: str, name: str) -> Issue:
    return Issue(
        ref=ref,
        code="not-in-target",
        field=field,
        detail=f"{field}: {name!r} is not in Planfix; create it there, or map it",
    )


def _listed(value: Value) -> str:
    return value if isinstance(value, str) else ", ".join(value)
