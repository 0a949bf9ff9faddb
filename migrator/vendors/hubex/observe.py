"""What a reader should find in HubEx, and what one does find there, as flat text in the same words. Pure.

The keys are the model's names of fields; those of attributes begin with `fields.`. Only what bulk lists show is compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from migrator import text
from migrator.model import CheckItem, Comment, Company, Contact, Cost, File, Issue, Kind, Label, Project, Ref, Task
from migrator.vendor import Context, Record, Step
from migrator.vendors.hubex.attributes import shown
from migrator.vendors.hubex.catalogue import PUBLISHED, UNPUBLISHED, WORDS, Catalogue
from migrator.vendors.hubex.encode import dictionary_words, ends, named, starts, tags, users, values
from migrator.vendors.hubex.marks import unmarked
from migrator.vendors.hubex.values import moment

Fields = Mapping[str, str]


def expected(step: Step, there: Catalogue, context: Context) -> Fields:
    """The fields a reader should find of the entity; what cannot be known beforehand is not named."""
    found: dict[str, str | None]
    match step.entity:
        case Company() as entity:
            found = {"name": named(entity.name), "client": yes(entity.client)}
        case Contact() as entity:
            found = _expected_contact(entity)
        case Project() as entity:
            found = _expected_project(entity, there, context)
        case Task() as entity:
            found = _expected_task(entity, there, context)
        case File() as entity:
            size = str(context.body(entity.ref).size)
            found = {"on": context.ids(entity.on), "name": text.file_name(entity.name), "size": size}
        case Comment() as entity:
            found = _expected_comment(entity, there, context)
        case CheckItem() as entity:
            found = {"on": context.ids(entity.on), "title": named(entity.title), "done": yes(entity.done)}
        case Cost() as entity:
            found = _expected_cost(entity, context)
        case _:
            found = {}
    return {name: value for name, value in found.items() if value is not None}


def seen_company(row: Record) -> Fields:
    """A company as read."""
    return {"name": named(str(row.get("name", ""))), "client": yes(row.get("isEmployer"))}


def _expected_contact(entity: Contact) -> dict[str, str | None]:
    phone = entity.phones[0] if entity.phones else ""
    return {"name": named(entity.name), "email": entity.email, "position": entity.position, "phones": phone}


def seen_contact(row: Record) -> Fields:
    """A contact as read."""
    return {
        "name": named(str(row.get("fullName", ""))),
        "email": str(row.get("email") or ""),
        "position": str(row.get("position") or ""),
        "phones": str(row.get("phone") or ""),
    }


def _expected_project(entity: Project, there: Catalogue, context: Context) -> dict[str, str | None]:
    if there.projects.as_companies:
        return {"title": named(entity.title)}
    return {
        "title": named(entity.title),
        "text": folded(text.to_plain(entity.text.html)),
        "client": entity.client if entity.client in there.vocabulary.there[Kind.COMPANY] else None,
        "status": entity.status or PUBLISHED,
        "parent": _above(entity.parent, context),
        "tags": _tags(entity.ref, entity.tags),
        **_expected_attributes(entity, there),
    }


def seen_project(row: Record, attributes: Iterable[Record], labels: Iterable[str], there: Catalogue) -> Fields:
    """An asset as read by itself, with its attributes and tags."""
    return {
        "title": named(str(row.get("name", ""))),
        "text": folded(str(row.get("notes") or "")),
        "client": str((row.get("company") or {}).get("name", "")),
        "status": PUBLISHED if row.get("published") else UNPUBLISHED,
        "parent": _id(row.get("parent")) or str(row.get("parentID") or ""),
        "tags": "; ".join(sorted(labels)),
        **_seen_attributes(attributes, Kind.PROJECT, there),
    }


def seen_project_company(row: Record) -> Fields:
    """A company that stands for a project, as read."""
    return {"title": named(str(row.get("name", "")))}


def _expected_task(entity: Task, there: Catalogue, context: Context) -> dict[str, str | None]:
    start, due = starts(entity, there.zone), ends(entity, there.zone)
    author = users(entity.ref, "author", (entity.author,) if entity.author else ())[0]
    return {
        "title": named(entity.title),
        "text": folded(text.to_plain(entity.text.html)),
        "project": _above(entity.project, context),
        "parent": _above(entity.parent, context),
        "start": minute(start) if start else "",
        "due": minute(due) if due else None,  # a type of tasks may set one of its own
        "status": entity.status or None,
        "author": _ids(author) or None,
        "assignees": _ids(users(entity.ref, "assignees", entity.assignees)[0]) or None,
        **{f"fields.{name}": word for name, word in dictionary_words(entity, there)[0].items()},
        "tags": _tags(entity.ref, entity.tags),
        **_expected_attributes(entity, there),
    }


def seen_task(row: Record, attributes: Iterable[Record], labels: Iterable[str], there: Catalogue) -> Fields:
    """A task as listed, with its attributes and tags. Its title is the first line of its description."""
    title, _, body = str(row.get("notes") or "").partition("\n")
    times = row.get("timesheet") or {}
    return {
        "title": named(title),
        "text": folded(body),
        "project": _id(row.get("company" if there.projects.as_companies else "asset")),
        "parent": _id(row.get("parent")),
        "start": _minute_of(times.get("requestedStart")),
        "due": _minute_of(times.get("deadline")),
        "status": str((row.get("taskStage") or {}).get("name", "")),
        "author": _id(row.get("requestedBy")),
        "assignees": _ids(int(_id(one)) for one in row.get("listAssignedTo") or () if _id(one)),
        **{f"fields.{name}": str((row.get(key) or {}).get("name", "")) for name, (_, key) in WORDS.items()},
        "tags": "; ".join(sorted(labels)),
        **_seen_attributes(attributes, Kind.TASK, there),
    }


def _expected_comment(entity: Comment, there: Catalogue, context: Context) -> dict[str, str | None]:
    return {
        "on": context.ids(entity.on),
        "text": folded(text.to_plain(entity.text.html)),
        "hidden": yes(entity.hidden or not there.external_comments),
        "files": "; ".join(sorted(text.file_name(file.name) for file, _ in context.files(entity.ref))),
    }


def seen_comment(row: Record, task: str) -> Fields:
    """A message of the task as read."""
    return {
        "on": task,
        "text": folded(unmarked(str(row.get("message") or ""))),
        "hidden": yes(not row.get("isExternal")),
        "files": "; ".join(sorted(str(one.get("fileName", "")) for one in row.get("attachment") or ())),
    }


def seen_file(row: Record, on: str) -> Fields:
    """A file as listed with what it hangs on. Messages tell no size."""
    return {"on": on, "name": str(row.get("fileName", "")), "size": str(row.get("size", ""))}


def seen_checkitem(row: Record, task: str) -> Fields:
    """A line of a checklist of the task, with its result, as read."""
    return {"on": task, "title": named(str(row.get("name", ""))), "done": yes(row.get("isChecked"))}


def _expected_cost(cost: Cost, context: Context) -> dict[str, str | None]:
    person = users(cost.ref, "person", (cost.person,) if cost.person else ())[0]
    return {
        "on": context.ids(cost.on),
        "day": cost.day.isoformat(),
        "minutes": str(cost.minutes),
        "money": _amount(cost.money),
        "text": folded(cost.text),
        "person": _ids(person) or None,
    }


def seen_cost(row: Record, technicians: Iterable[Record], task: str, zone: ZoneInfo) -> Fields:
    """A completed work of the task, with its technicians, as read."""
    start, end = moment(row.get("started")), moment(row.get("finished"))
    return {
        "on": task,
        "day": start.astimezone(zone).date().isoformat() if start else "",
        "minutes": str(round((end - start).total_seconds() / 60)) if start and end else "0",
        "money": _amount(Decimal(str((row.get("workType") or {}).get("cost") or 0))),
        "text": folded(unmarked(str(row.get("notes") or ""))),
        "person": _ids(int(one["userID"]) for one in technicians),
    }


def instead(issue: Issue) -> Fields:
    """What is there in place of what is expected, because of what the issue tells."""
    match issue.code:
        case "field-refused":
            return {f"fields.{issue.field}": ""}
        case "refused" if issue.field == "finish" and (stands := _STANDS.search(issue.detail)):
            return {"status": stands[2]}
        case _:
            return {}


_STANDS = re.compile(r" from stage (['\"])(.+?)\1 to ")  # where a task has stopped on its way, as `finishing` says it


def minute(when: datetime) -> str:
    """A moment in UTC to the minute."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def folded(plain: str) -> str:
    """Plain text without regard to lines and repeated spaces."""
    return " ".join(plain.split())


def yes(value: Any) -> str:
    """A flag as text."""
    return "yes" if value else "no"


def _expected_attributes(entity: Task | Project, there: Catalogue) -> dict[str, str]:
    return {f"fields.{of.name}": shown(of, value) for of, value in values(entity, there).values}


def _seen_attributes(rows: Iterable[Record], kind: Kind, there: Catalogue) -> dict[str, str]:
    by_id = {of.id: of for of in there.attributes[kind].values()}
    return {
        f"fields.{of.name}": shown(of, row.get("value"))
        for row in rows
        if (of := by_id.get(int(row.get("attributeID") or 0)))
    }


def _tags(ref: Ref, labels: Iterable[Label]) -> str | None:
    return "; ".join(sorted(tags(ref, labels)[0])) or None


def _minute_of(written: Any) -> str:
    found = moment(written)
    return minute(found) if found else ""


def _amount(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _above(ref: Ref | None, context: Context) -> str | None:
    return context.ids(ref) if ref else None


def _id(value: Any) -> str:
    return str(value["id"]) if isinstance(value, dict) and value.get("id") is not None else ""


def _ids(ids: Iterable[int]) -> str:
    return "; ".join(str(id) for id in sorted(ids))
