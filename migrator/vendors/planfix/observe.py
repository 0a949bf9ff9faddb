"""What a reader should find in Planfix, and what one does find there, as flat text in the same words. Pure.

The keys are the model's names of fields; those of custom fields begin with `fields.`. Side by side, so that the two can be compared by eye.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from html import escape
from typing import Any

import orjson

from migrator.model import CheckItem, Comment, Company, Contact, Cost, File, Issue, Kind, Project, Ref, Task, Who
from migrator.text import file_name
from migrator.vendor import ONE_FOR_ALL, Context, Record, Step
from migrator.vendors.planfix import catalogue, costs
from migrator.vendors.planfix.catalogue import Catalogue, DataTag
from migrator.vendors.planfix.comments import byline
from migrator.vendors.planfix.encode import custom_values, targets
from migrator.vendors.planfix.values import (
    day_of,
    folded,
    minute,
    minutes_of,
    moment_of,
    named,
    shown,
)

Fields = Mapping[str, str]

# What is asked for, to find all that `expected` names.
COMPANY_FIELDS = "id,name,sourceObjectId"
CONTACT_FIELDS = f"{COMPANY_FIELDS},email,position,address,group,companies,phones"
PROJECT_FIELDS = (
    "id,name,sourceObjectId,description,status,owner,parent,group,counterparty,startDate,endDate,participants"
)
TASK_FIELDS = (
    "id,name,sourceObjectId,description,priority,status,assigner,parent,project,dateTime,startDateTime,endDateTime,"
    "hasStartDate,hasEndDate,hasStartTime,hasEndTime,assignees,participants,files,type"
)
COMMENT_FIELDS = "id,sourceObjectId,dateTime,description,task,owner,isHidden,isPinned,files"
CHECKITEM_FIELDS = "id,name,isDone,parent"
ENTRY_FIELDS = "key,commentId,task"


def expected(step: Step, there: Catalogue, context: Context) -> Fields:
    """The fields a reader should find of the entity; what cannot be known beforehand is not named."""
    found: dict[str, str | None]
    match step.entity:
        case Company(name=name):
            found = {"name": named(name)}
        case Contact() as entity:
            found = _expected_contact(entity, there)
        case Project() as entity:
            found = _expected_project(entity, there, context)
        case Task() as entity:
            found = _expected_task(entity, there, context)
        case File() as entity:
            size = kilobytes(context.body(entity.ref).size)
            found = {"on": context.ids(entity.on), "name": file_name(entity.name), "size": size}
        case Comment() as entity:
            found = _expected_comment(entity, context)
        case CheckItem() as entity:
            found = {"on": context.ids(entity.on), "title": named(entity.title), "done": yes(entity.done)}
        case Cost() as entity:
            found = _expected_cost(entity, there, context)
        case _:
            found = {}
    return {name: value for name, value in found.items() if value is not None}


def _expected_contact(entity: Contact, there: Catalogue) -> dict[str, str | None]:
    return {
        "name": named(entity.name),
        "email": entity.email,
        "position": entity.position,
        "address": entity.address,
        "phones": "; ".join(sorted(entity.phones)),
        "group": entity.group if entity.group in there.contact_groups else None,
        "company": entity.company if entity.company in there.vocabulary.there[Kind.COMPANY] else None,
    }


def seen_contact(row: Record) -> Fields:
    """A contact or company as read."""
    phones = (str(each.get("number", "")) for each in row.get("phones") or ())
    return {
        "name": named(str(row.get("name", ""))),
        **{name: str(row.get(name) or "") for name in ("email", "position", "address")},
        "phones": "; ".join(sorted(phones)),
        "group": _name(row.get("group")),
        "company": "; ".join(_name(each) for each in row.get("companies") or ()),
    }


def _expected_project(entity: Project, there: Catalogue, context: Context) -> dict[str, str | None]:
    return {
        "title": named(entity.title),
        "text": folded(entity.text.html),
        "status": _status(Kind.PROJECT, entity.status, there),
        "manager": _target(entity.manager),
        "members": _ids(targets(entity.members)),
        "parent": _above(entity.parent, context),
        "start": entity.start.isoformat() if entity.start else None,
        "end": entity.end.isoformat() if entity.end else None,
        "group": entity.group if entity.group in there.vocabulary.there[Kind.GROUP] else None,
        "client": entity.client if entity.client in there.vocabulary.there[Kind.COMPANY] else None,
        **_expected_customs(entity, there),
    }


def seen_project(row: Record, there: Catalogue) -> Fields:
    """A project as read."""
    return {
        "title": named(str(row.get("name", ""))),
        "text": folded(str(row.get("description") or "")),
        "status": there.status_name(Kind.PROJECT, _id(row.get("status"))),
        "manager": _id(row.get("owner")),
        "members": _people(row.get("participants")),
        "parent": _id(row.get("parent")),
        "start": day_of(row.get("startDate"), there.zone),
        "end": day_of(row.get("endDate"), there.zone),
        "group": _name(row.get("group")),
        "client": _name(row.get("counterparty")),
        **seen_customs(row, Kind.PROJECT, there),
    }


def _expected_task(entity: Task, there: Catalogue, context: Context) -> dict[str, str | None]:
    files = sorted(file_name(file.name) for file, _ in context.files(entity.ref))
    start = minute(entity.start_at) if entity.start_at else entity.start.isoformat() if entity.start else ""
    due = minute(entity.due_at) if entity.due_at else entity.due.isoformat() if entity.due else ""
    return {
        "title": named(entity.title),
        "text": folded(entity.text.html),
        "project": _above(entity.project, context),
        "parent": _above(entity.parent, context),
        "created": minute(entity.created) if entity.created else None,
        "start": start,
        "due": due,
        "status": _status(Kind.TASK, entity.status, there),
        "author": _target(entity.author),
        "assignees": _ids(targets(entity.assignees)),
        "followers": _ids(targets(entity.followers)),
        "priority": entity.priority_name or None,
        "files": "; ".join(files) or None,
        **_expected_customs(entity, there),
    }


def seen_task(row: Record, there: Catalogue) -> Fields:
    """A task as read."""
    created = moment_of(row.get("dateTime"))
    return {
        "title": named(str(row.get("name", ""))),
        "text": folded(str(row.get("description") or "")),
        "project": _id(row.get("project")),
        "parent": _id(row.get("parent")),
        "created": minute(created) if created else "",
        "start": _date(row, "Start", there),
        "due": _date(row, "End", there),
        "status": there.status_name(Kind.TASK, _id(row.get("status"))),
        "author": _id(row.get("assigner")),
        "assignees": _people(row.get("assignees")),
        "followers": _people(row.get("participants")),
        "priority": str(row.get("priority") or ""),
        "files": seen_files(row),
        **seen_customs(row, Kind.TASK, there),
    }


def _expected_comment(entity: Comment, context: Context) -> dict[str, str | None]:
    files = sorted(file_name(file.name) for file, _ in context.files(entity.ref))
    return {
        "on": context.ids(entity.on),
        "text": folded(entity.text.html),
        "created": minute(entity.created) if entity.created else None,
        "author": _target(entity.author),
        "hidden": yes(entity.hidden),
        "pinned": yes(entity.pinned),
        "files": "; ".join(files),
    }


def seen_comment(row: Record) -> Fields:
    """A comment as read."""
    created = moment_of(row.get("dateTime"))
    return {
        "on": _id(row.get("task")),
        "text": folded(str(row.get("description") or "")),
        "created": minute(created) if created else "",
        "author": _id(row.get("owner")),
        "hidden": yes(row.get("isHidden")),
        "pinned": yes(row.get("isPinned")),
        "files": seen_files(row),
    }


def seen_checkitem(row: Record, task: str) -> Fields:
    """A line of the task's checklist as read."""
    return {"on": task, "title": named(str(row.get("name", ""))), "done": yes(row.get("isDone"))}


def _expected_cost(cost: Cost, there: Catalogue, context: Context) -> dict[str, str | None]:
    places = [place for part in costs.parts(cost)[1:] for place in costs.shares(cost, part) if place]
    roles = {role for place in places for role in place}
    person = _target(cost.person) if "person" in roles else None
    return {
        "on": context.ids(cost.on),
        "day": cost.day.isoformat() if "day" in roles else None,
        "minutes": str(cost.minutes) if cost.minutes else None,
        "money": shown(catalogue.NUMBER, cost.money, there.zone) if cost.money else None,
        "text": folded(escape(cost.text)) if "text" in roles else None,
        "person": person,
    }


def seen_cost(rows: Iterable[tuple[DataTag, Mapping[str, str], Record]], there: Catalogue) -> Fields:
    """A cost from its entries, each with its data tag and the roles of the tag's fields: amounts are summed."""
    minutes, money, found = 0, Decimal(0), {"minutes": "", "money": ""}
    for tag, place, row in rows:
        values = {each["field"]["id"]: each.get("value") for each in row.get("customFieldData") or ()}
        found["on"] = _id(row.get("task"))
        for role, name in place.items():
            if role == "tag" or (field := tag.fields.get(name)) is None or (value := values.get(field.id)) is None:
                continue
            if role == "time":
                minutes += minutes_of(value) if isinstance(value, dict) else int(value)
            elif role == "money":
                money += Decimal(str(value))
            else:
                found[role] = shown(field.type, value, there.zone)
    found["minutes"] = str(minutes) if minutes else ""
    found["money"] = shown(catalogue.NUMBER, money, there.zone) if money else ""
    return found


def _expected_customs(entity: Task | Project, there: Catalogue) -> dict[str, str]:
    known = there.fields.get(entity.ref.kind, {})
    values = custom_values(entity, there).values
    return {f"fields.{name}": shown(known[name].type, value, there.zone) for name, value in values.items()}


def seen_customs(row: Record, kind: Kind, there: Catalogue) -> dict[str, str]:
    """The custom fields of a row; one that was not asked for or never set is absent (the vendor contract, section 8, 12)."""
    values = {each["field"]["id"]: each.get("value") for each in row.get("customFieldData") or ()}
    return {
        f"fields.{name}": shown(one.type, values[one.id], there.zone)
        for name, one in there.fields.get(kind, {}).items()
        if one.id in values
    }


def seen_files(row: Record) -> str:
    """The names of the files on a row."""
    return "; ".join(sorted(str(each.get("name", "")) for each in row.get("files") or ()))


def seen_mark(row: Record, kind: Kind, there: Catalogue) -> str:
    """Our mark on a row, from the marker field or from the vendor's own; "" if neither has one."""
    marker = there.marker(kind)
    values = {each["field"]["id"]: each.get("value") for each in row.get("customFieldData") or ()}
    return str((marker and values.get(marker.id)) or row.get("sourceObjectId") or "")


def instead(step: Step, issue: Issue, there: Catalogue) -> Fields:
    """What is there in place of what is expected, because of what the issue tells."""
    entity = step.entity
    match issue.code:
        case "author-in-text" if isinstance(entity, Comment) and issue.field == "author":
            return {"author": ONE_FOR_ALL}
        case "author-in-text" if isinstance(entity, Comment):
            return {"text": folded(f"{byline(entity.author, entity.created, there)}{entity.text.html}")}
        case "field-dropped" | "value-unfit":
            return {f"fields.{issue.field}": ""}
        case "field-refused" if issue.field == "fields" and isinstance(entity, Task | Project):
            return dict.fromkeys(_expected_customs(entity, there), "")
        case "field-refused" if stays := _STAYS.search(issue.detail):
            custom = issue.field in there.fields.get(issue.ref.kind, {})
            return {f"fields.{issue.field}" if custom else issue.field: str(orjson.loads(stays[1]))}
        case "person-not-employee":
            return {"person": ""}
        case "refused" if issue.field == "finish" and isinstance(entity, Task | Project):
            return _as_created(entity, there)
        case _:
            return {}


def stays(value: str) -> str:
    """The end of an issue's detail that says what a field holds that was not changed."""
    return f"; it stays {orjson.dumps(value).decode()}"


_STAYS = re.compile(r"; it stays (\".*\")\Z", re.DOTALL)


def _as_created(entity: Task | Project, there: Catalogue) -> Fields:
    """A task or project before its finishing update: without people, dates and fields."""
    empty = ("start", "due", "assignees", "followers", "files") if isinstance(entity, Task) else ("manager", "members")
    customs = dict.fromkeys(_expected_customs(entity, there), "")
    return {**dict.fromkeys(empty, ""), **customs, **dict.fromkeys(("status", "author", "priority"), ONE_FOR_ALL)}


def kilobytes(size: int) -> str:
    """A file's size as Planfix tells it: in KB, rounded up (the vendor contract, section 8, 20)."""
    return f"{-(-size // 1024)} KB"


def yes(value: Any) -> str:
    """A flag as text."""
    return "yes" if value else "no"


def _status(kind: Kind, name: str, there: Catalogue) -> str | None:
    id = there.vocabulary.statuses[kind].get(name)
    return there.status_name(kind, id) if id is not None else None


def _target(who: Who | None) -> str | None:
    return (who.target or None) if who else None


def _above(ref: Ref | None, context: Context) -> str | None:
    return context.ids(ref) if ref else None


def _date(row: Record, side: str, there: Catalogue) -> str:
    point = row.get({"Start": "startDateTime", "End": "endDateTime"}[side])
    if not point or row.get(f"has{side}Date") is False:
        return ""
    moment = moment_of(point)
    return minute(moment) if moment and row.get(f"has{side}Time") else day_of(point, there.zone)


def _id(value: Any) -> str:
    return str(value["id"]) if isinstance(value, dict) and value.get("id") is not None else ""


def _name(value: Any) -> str:
    return str(value.get("name") or "") if isinstance(value, dict) else ""


def _people(value: Any) -> str:
    return _ids(_id(each) for each in (value or {}).get("users") or ())


def _ids(ids: Iterable[str]) -> str:
    return "; ".join(sorted(ids))
