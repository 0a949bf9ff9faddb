"""Encode: entities in HubEx's vocabulary -> request bodies. Pure.

Source: the vendor contract, section 5. Bodies that the vendor takes by the batch are arrays of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from html import escape
from typing import NamedTuple
from zoneinfo import ZoneInfo

from migrator import text
from migrator.errors import Refused
from migrator.model import Comment, Company, Contact, File, Issue, Label, Project, Reach, Ref, Task, Who
from migrator.vendor import Context, Record, Step
from migrator.vendors.hubex.attributes import wire_value
from migrator.vendors.hubex.catalogue import CONTACT, WORDS, Attribute, Catalogue
from migrator.vendors.hubex.marks import marked

REQUEST_METHOD = 4  # recommended for integrations (section 4.2)
TAG_LIMIT, DESCRIPTION_LIMIT = 32, 512  # characters (section 2)
_NAMELESS = "—"
_DAY_STARTS, _DAY_ENDS = time(0, 0), time(23, 59)
_MARK_ROOM = 16


class Encoded(NamedTuple):
    """A request body, and what of the entity could not be put into it."""

    body: Record
    issues: tuple[Issue, ...] = ()


class Values(NamedTuple):
    """Attributes with their values as requests have them, and what did not fit."""

    values: tuple[tuple[Attribute, str], ...]
    issues: tuple[Issue, ...]


def company(step: Step, there: Catalogue) -> Record:
    """A new company."""
    entity = step.entity
    assert isinstance(entity, Company)
    return {
        "name": named(entity.name),
        "registrationTypeID": there.registration_type,
        "isEmployer": entity.client,
        "erpID": step.mark,
    }


def contact(step: Step) -> Encoded:
    """A new contact. What has no field of its own stands in the description, and our mark ends it."""
    entity = step.entity
    assert isinstance(entity, Contact)
    body: Record = {"fullName": named(entity.name)}
    body |= {name: value for name in ("email", "position") if (value := getattr(entity, name))}
    if entity.phones:
        body["phone"] = entity.phones[0]
    lines = [entity.company, entity.group, entity.address, *entity.phones[1:]]
    lines += [f"{name}: {id}" for name, id in entity.messengers.items()]
    whole = "\n".join(line for line in lines if line)
    kept = text.shorten(whole, DESCRIPTION_LIMIT - _MARK_ROOM)
    body["description"] = marked(kept, step.mark)
    lost = Issue(ref=entity.ref, code="text-shortened", field="address", detail=whole)
    return Encoded(body, (lost,) if kept != whole else ())


def asset(step: Step, there: Catalogue, context: Context, companies: Mapping[str, str]) -> Encoded:
    """A new asset that tasks can be made on at once, once it has a location too: published, open to all work types.

    `companies`: name -> id of those there and of those made since. Raises Refused if it would belong to none.
    """
    entity = step.entity
    assert isinstance(entity, Project)
    owner, issues = _company(entity, there, companies)
    body: Record = {
        "name": named(entity.title),
        "assetTypeID": there.projects.asset_type,
        "assetClassID": there.projects.asset_class,
        "companyID": owner,
        "erpID": step.mark,
        "notes": text.to_plain(entity.text.html),
        "useAllWorkTypes": True,
        "isAutoPublish": True,
    }
    if entity.parent and (parent := context.ids(entity.parent)):
        body["parentID"] = int(parent)
    return Encoded(body, issues)


def project_company(step: Step, there: Catalogue) -> Encoded:
    """A project as a company, which has no place for a description, and no parent."""
    entity = step.entity
    assert isinstance(entity, Project)
    lost = {"text": text.to_plain(entity.text.html), "client": entity.client, "parent": str(entity.parent or "")}
    issues = tuple(
        Issue(ref=entity.ref, code="field-lost", field=name, detail=f"{name}: {value[:200]}")
        for name, value in lost.items()
        if value
    )
    body = {
        "name": named(entity.title),
        "registrationTypeID": there.registration_type,
        "isEmployer": True,
        "erpID": step.mark,
    }
    return Encoded(body, issues)


def task(step: Step, there: Catalogue, context: Context) -> Encoded:
    """A new task, in the first stage of its type. Its title is the first line of the description, in both forms."""
    entity = step.entity
    assert isinstance(entity, Task)
    title = named(entity.title)
    plain = text.to_plain(entity.text.html)
    body: Record = {
        "taskTypeID": there.task_type,
        "requestMethodID": REQUEST_METHOD,
        "erpID": step.mark,
        "notes": f"{title}\n{plain}" if plain else title,
        "notesHtml": f"<p><b>{escape(title)}</b></p>{text.clean(entity.text.html)}",
    }
    if entity.project and (above := context.ids(entity.project)):
        body["companyID" if there.projects.as_companies else "assetID"] = int(above)
    if entity.parent and (parent := context.ids(entity.parent)):
        body["parentID"] = int(parent)
    if start := starts(entity, there.zone):
        body["requestedStartDateTime"] = utc(start)
    if due := ends(entity, there.zone):
        body["deadline"] = utc(due)
    author, issues = users(entity.ref, "author", (entity.author,) if entity.author else ())
    if author:
        body["requestedByUserID"] = author[0]
    words, unknown = dictionary_words(entity, there)
    body |= {WORDS[name][0]: there.words[name][word] for name, word in words.items()}
    issues += unknown
    if entity.priority is not None and not entity.priority_name:
        detail = f"priority {entity.priority}: the mapping has no word for it in [priority]"
        issues += (Issue(ref=entity.ref, code="priority-unmapped", field="priority", detail=detail),)
    if entity.plan_minutes is not None:
        body["estimatedTimeConsumptionMinutes"] = entity.plan_minutes
    if entity.plan_money is not None:
        body |= money("estimatedCost", "estimatedCostCurrencyID", entity.plan_money, there)
    return Encoded(body, issues)


def without_markup(body: Record) -> Record:
    """The task with a description that no sanitizer can object to (section 9, 40)."""
    return {**body, "notesHtml": text.from_plain(body["notes"])}


def comment(step: Step, context: Context, there: Catalogue) -> Encoded:
    """A message for the team alone, unless the customer may see it; author and date are told by its text (section 8)."""
    entity = step.entity
    assert isinstance(entity, Comment)
    body: Record = {
        "message": marked(text.to_plain(entity.text.html), step.mark),
        "isExternal": there.external_comments and not entity.hidden,
    }
    if files := context.files(entity.ref):
        body["attachments"] = [int(id) for _, id in files]
    if entity.hidden or there.external_comments:
        return Encoded(body)
    detail = "shown to the team alone; set external_comments = true to show such comments to the customer too"
    return Encoded(body, (Issue(ref=entity.ref, code="internal", field="hidden", detail=detail, reach=Reach.NOTE),))


def file_fields(step: Step, there: Catalogue, owner: Record) -> dict[str, str]:
    """The form beside a file's bytes. `owner`: what it hangs on, as the form has it; nothing for a message's file."""
    file = step.entity
    assert isinstance(file, File)
    words = [file.author.name] if file.author else []
    words += [f"{file.created.astimezone(there.zone):%Y-%m-%d %H:%M}"] if file.created else []
    return {
        **{name: str(value) for name, value in owner.items()},
        "isPublic": "false",
        "isIgnorePossibleDuplication": "true",  # the same file twice is the source's business; ours is told by the mark
        "Description": marked(", ".join(words), step.mark),
        "Uid": step.mark,
    }


def dictionary_words(entity: Task, there: Catalogue) -> tuple[dict[str, str], tuple[Issue, ...]]:
    """The words of the task that are in HubEx's dictionaries; its priority stands for its criticality."""
    wanted = {name: str(value) for name, value in entity.fields.items() if name in WORDS}
    if entity.priority_name:
        wanted["criticality"] = entity.priority_name
    found = {name: word for name, word in wanted.items() if word in there.words[name]}
    issues = tuple(
        Issue(
            ref=entity.ref,
            code="not-in-target",
            field=name,
            detail=f"{name}: {word!r} is not in HubEx; create it there",
        )
        for name, word in wanted.items()
        if name not in found
    )
    return found, issues


def values(entity: Task | Project, there: Catalogue) -> Values:
    """The entity's attributes in the form of their types; what does not fit becomes an issue."""
    known = there.attributes.get(entity.ref.kind, {})
    wanted = {name: value for name, value in entity.fields.items() if name in known or name not in WORDS}
    if isinstance(entity, Task) and there.created_in and entity.created:
        wanted[there.created_in.name] = entity.created.isoformat()
    found: list[tuple[Attribute, str]] = []
    issues: list[Issue] = []
    for name, value in wanted.items():
        try:
            if name not in known:
                raise ValueError("there is no such attribute in HubEx; create it there, or map it")
            if value:
                found.append((known[name], wire_value(known[name], value, there.zone)))
        except ValueError as unfit:
            issues.append(Issue(ref=entity.ref, code="value-unfit", field=name, detail=f"{name}: {unfit}"))
    return Values(tuple(found), tuple(issues))


def tags(ref: Ref, labels: Iterable[Label]) -> tuple[list[str], tuple[Issue, ...]]:
    """The tags, each once; one that is too long is shortened."""
    titles = list(dict.fromkeys(named(label.title) for label in labels))
    issues = tuple(
        Issue(ref=ref, code="tag-shortened", field="tags", detail=title, reach=Reach.NOTE)
        for title in titles
        if len(title) > TAG_LIMIT
    )
    return list(dict.fromkeys(text.shorten(title, TAG_LIMIT) for title in titles)), issues


def users(ref: Ref, field: str, people: Iterable[Who]) -> tuple[list[int], tuple[Issue, ...]]:
    """The ids of those who are users, each once; a contact can act for nobody, which is told."""
    found: dict[int, None] = {}
    issues: list[Issue] = []
    for who in people:
        if who.target.startswith(CONTACT):
            detail = f"{who.name} is a contact in HubEx, and no user"
            issues.append(Issue(ref=ref, code="person-not-user", field=field, detail=detail))
        elif who.target:
            found[int(who.target)] = None
    return list(found), tuple(issues)


def starts(entity: Task, zone: ZoneInfo) -> datetime | None:
    """When work is to begin: a day without an hour, as it begins in the account's zone."""
    return entity.start_at or _at(entity.start, _DAY_STARTS, zone)


def ends(entity: Task, zone: ZoneInfo) -> datetime | None:
    """When it is due: a day without an hour, as it ends in the account's zone."""
    return entity.due_at or _at(entity.due, _DAY_ENDS, zone)


def money(amount: str, currency: str, value: Decimal, there: Catalogue) -> Record:
    """An amount under the vendor's two names for it."""
    number = int(value) if value == value.to_integral_value() else float(value)
    return {amount: number} | ({currency: there.works.currency} if there.works.currency is not None else {})


def named(title: str) -> str:
    """A title on one line, never empty."""
    return " ".join(title.split()) or _NAMELESS


def utc(moment: datetime) -> str:
    """A moment as requests have it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _company(entity: Project, there: Catalogue, companies: Mapping[str, str]) -> tuple[int, tuple[Issue, ...]]:
    if entity.client in companies:
        return int(companies[entity.client]), ()
    if there.projects.company is None:
        client = f"its client {entity.client!r} is not in HubEx" if entity.client else "it names no client"
        raise Refused(
            f"{entity.ref} {entity.title!r}: {client}; set the option company to one that takes such projects"
        )
    detail = f"client: {entity.client!r} is not in HubEx; create it there, or map it"
    lost = Issue(ref=entity.ref, code="not-in-target", field="client", detail=detail)
    return there.projects.company, (lost,) if entity.client else ()


def _at(day: date | None, hour: time, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, hour, zone) if day else None
