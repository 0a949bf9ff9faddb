"""Changing what was made, for a delta: silently, and only the keys that are named, for the rest of an object stays. Repeatable.

Source: the vendor contract, section 5. Lists of people and of files are replaced whole; author and date of a comment stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from migrator.errors import Refused
from migrator.model import (
    CheckItem,
    Comment,
    Company,
    Contact,
    Cost,
    File,
    Issue,
    Kind,
    Project,
    Reach,
    Ref,
    Task,
    owner,
)
from migrator.text import file_name
from migrator.vendor import Context, Made, Record, Step, not_updated
from migrator.vendors.planfix import catalogue, comments, costs, encode, observe
from migrator.vendors.planfix.catalogue import Catalogue
from migrator.vendors.planfix.client import Client
from migrator.vendors.planfix.values import custom, folded, number, people

Fields = Mapping[str, str]

READS_AFTER_QUEUED = 8
# Our words, each with the keys of a body that say it.
_TASK = {
    "title": ("name",),
    "text": ("description",),
    "project": ("project",),
    "parent": ("parent",),
    "start": ("startDateTime", "hasStartDate", "hasStartTime"),
    "due": ("endDateTime", "hasEndDate", "hasEndTime"),
    "status": ("status",),
    "author": ("assigner",),
    "assignees": ("assignees",),
    "followers": ("participants",),
    "priority": ("priority",),
    "files": ("files",),
}
_PROJECT = {
    "title": ("name",),
    "text": ("description",),
    "parent": ("parent",),
    "end": ("endDate", "hasEndDate"),
    "status": ("status",),
    "manager": ("owner",),
    "members": ("participants",),
    "group": ("group",),
    "client": ("counterparty",),
}
_CONTACT = {
    "name": ("name",),
    "email": ("email",),
    "position": ("position",),
    "address": ("address",),
    "phones": ("phones",),
    "group": ("group",),
    "company": ("companies",),
    "messengers": ("skype", "telegram", "facebook", "instagram", "viberId", "description"),
}
_COMMENT = {"text": ("description",), "hidden": ("isHidden",), "pinned": ("isPinned",), "files": ("files",)}
_CHECKITEM = {"title": ("name",), "done": ("isDone",)}
# What a key says where the entity has nothing for it; a key that is not here cannot be emptied.
_EMPTY: Record = {
    "assignees": people([]),
    "participants": people([]),
    **dict.fromkeys(
        ("email", "position", "address", "skype", "telegram", "facebook", "instagram", "viberId", "description"), ""
    ),
    "phones": [],
    "companies": [],
}
_TEXTS = frozenset({catalogue.LINE, catalogue.TEXT, catalogue.LIST, catalogue.DIRECTORY_ENTRY})
_SETS = frozenset({catalogue.VALUE_SET, catalogue.DIRECTORY_SET, catalogue.PEOPLE})
_OPTIONAL = frozenset(
    {"startDateTime", "hasStartTime", "endDateTime", "hasEndTime", "hasEndDate"}
)  # go with another key, or not
# Planfix's names of fields in `failures`, in the model's words.
_FAILED = {
    "name": "title",
    "description": "text",
    "assigner": "author",
    "owner": "manager",
    "startDateTime": "start",
    "endDateTime": "due",
    "endDate": "end",
    "customFieldData": "fields",
}


async def update(client: Client, there: Catalogue, step: Step, fields: Fields, context: Context) -> Made:
    """Set these fields. Raises Refused."""
    id = context.ids(step.ref) or ""
    match step.entity:
        case Task() | Project() as entity:
            return Made(id, await _work(client, there, step, entity, fields, context))
        case Company() | Contact() as entity:
            whole = (
                encode.company(step, there)
                if isinstance(entity, Company)
                else encode.contact(step, there, _companies(there))
            )
            body, issues = _chosen(step, whole.body, _CONTACT, fields)
            return Made(id, (*issues, *await _set(client, step, f"/contact/{number(id)}", body)))
        case Comment() as entity:
            return Made(id, await _comment(client, there, step, entity, fields, context))
        case CheckItem():
            body, issues = _chosen(step, encode.checkitem(step), _CHECKITEM, fields)
            await client.set(f"/task/{_above(step, context)}/checklist/{id}", str(step.ref), body)
            return Made(id, issues)
        case File(name=name):
            await client.set(f"/file/{id}", str(step.ref), {"name": file_name(name)})
            return Made(id)
        case Cost() as cost:
            return Made(id, await _cost(client, there, step, cost, fields, context))
        case _:
            raise Refused(f"{step.ref}: Planfix changes no {step.ref.kind}")


async def _work(
    client: Client, there: Catalogue, step: Step, entity: Task | Project, fields: Fields, context: Context
) -> tuple[Issue, ...]:
    """A task or project. One that is busy takes it later (202): it is read until it shows."""
    if isinstance(entity, Task):
        whole, last, keys = encode.task(step, there, context), encode.task_finish(step, there, context), _TASK
    else:
        whole, last, keys = (
            encode.project(step, there, context, _companies(there)),
            encode.project_finish(step, there),
            _PROJECT,
        )
    body, issues = _chosen(
        step, {**whole.body, **last.body}, keys, {name: each for name, each in fields.items() if name in keys}
    )
    customs, lost = _customs(step, entity, there, fields)
    body |= {"customFieldData": customs} if customs else {}
    path = f"/{step.ref.kind}/{context.ids(step.ref)}"
    issues = (*issues, *lost)
    if not body:
        return issues
    applied, reply = await client.set(path, str(step.ref), body, silent="true")
    if not applied:
        issues += await _wait(client, there, step, path, fields, context)
    return (*issues, *failures(step.ref, reply))


async def _wait(
    client: Client, there: Catalogue, step: Step, path: str, fields: Fields, context: Context
) -> tuple[Issue, ...]:
    task = isinstance(step.entity, Task)
    names, see = (observe.TASK_FIELDS, observe.seen_task) if task else (observe.PROJECT_FIELDS, observe.seen_project)
    ids = [str(one.id) for name, one in there.fields[step.ref.kind].items() if f"fields.{name}" in fields]
    wanted = {name: value for name, value in observe.expected(step, there, context).items() if name in fields}
    for _ in range(READS_AFTER_QUEUED):
        reply = await client.get(path, f"{step.ref} after its update", fields=",".join([names, *ids]))
        seen = see(reply.get(str(step.ref.kind)) or {}, there)
        if all(seen.get(name, "") == value for name, value in wanted.items()):
            return ()
    detail = "Planfix has queued the last update and not applied it yet; `migrator verify` will tell"
    return (Issue(ref=step.ref, code="update-queued", detail=detail, reach=Reach.NOTE),)


def _chosen(
    step: Step, whole: Record, keys: Mapping[str, tuple[str, ...]], fields: Iterable[str]
) -> tuple[Record, tuple[Issue, ...]]:
    """The keys of the fields, out of a body with all of them; what cannot be emptied is told."""
    body: Record = {}
    issues: list[Issue] = []
    for name in fields:
        for key in keys[name]:
            if key in whole:
                body[key] = whole[key]
            elif name == "company" and getattr(step.entity, name):
                issues.append(not_updated(step.ref, name, f"{name}: {getattr(step.entity, name)!r} is not in Planfix"))
            elif key in _EMPTY:
                body[key] = _EMPTY[key]
            elif key not in _OPTIONAL:
                issues.append(not_updated(step.ref, name, f"{name}: Planfix cannot take it off"))
        if name == "end" and "endDate" not in body:
            body["hasEndDate"] = False
    return body, tuple(issues)


def _customs(
    step: Step, entity: Task | Project, there: Catalogue, fields: Fields
) -> tuple[list[Record], tuple[Issue, ...]]:
    """The custom fields among the fields, in the form of requests."""
    known, found = there.fields.get(step.ref.kind, {}), encode.custom_values(entity, there)
    names = [name.removeprefix("fields.") for name in fields if name.startswith("fields.")]
    values: list[Record] = []
    issues: list[Issue] = []
    for name in names:
        if name in found.values:
            values.append(custom(known[name], found.values[name]))
        elif name in known and known[name].type in _TEXTS | _SETS:
            values.append(custom(known[name], "" if known[name].type in _TEXTS else []))
        else:
            issues.append(not_updated(step.ref, f"fields.{name}", f"{name}: Planfix cannot empty a field of its type"))
    return values, tuple(issues)


async def _set(client: Client, step: Step, path: str, body: Record) -> tuple[Issue, ...]:
    if not body:
        return ()
    _, reply = await client.set(path, str(step.ref), body, silent="true")
    return failures(step.ref, reply)


async def _comment(
    client: Client, there: Catalogue, step: Step, entity: Comment, fields: Fields, context: Context
) -> tuple[Issue, ...]:
    """Told to nobody. One that stands in the token's name goes on saying in its first line who wrote it."""
    unsigned = fields.get("text", "").startswith(folded(comments.byline(entity.author, entity.created, there)))
    whole = comments.comment(step, context, there, signed=not unsigned)
    body, issues = _chosen(step, whole, _COMMENT, fields)
    path = f"/task/{_above(step, context)}/comments/{context.ids(step.ref)}"
    return (*issues, *await _set(client, step, path, {**body, "recipients": whole["recipients"]}))


async def _cost(
    client: Client, there: Catalogue, step: Step, cost: Cost, fields: Fields, context: Context
) -> tuple[Issue, ...]:
    """Entry by entry, while there are as many as it takes; and the text of the comment that they stand on."""
    pairs = list(_entries(there, step, cost, context))
    if any(len(keys) != len(items) for keys, items in pairs):
        detail = "it takes more or fewer entries than there are (a day each, or another data tag)"
        return tuple(not_updated(step.ref, name, f"{name}: {detail}") for name in fields)
    for keys, items in pairs:
        for key, item in zip(keys, items, strict=True):
            await client.set(f"/datatag/entry/{key}", str(step.ref), item, silent="true")
    comment = context.made(step.ref, costs.COMMENT)
    if "text" in fields and comment and cost.person and cost.person.target.startswith("user:"):
        whole = costs.comment(step, there, signed=True)
        body = {name: whole[name] for name in ("description", "recipients")}
        await client.set(f"/task/{_above(step, context)}/comments/{comment}", str(step.ref), body, silent="true")
    return ()


def _entries(there: Catalogue, step: Step, cost: Cost, context: Context) -> Iterator[tuple[list[str], list[Record]]]:
    """For each data tag that takes a share of the cost: the keys there are, and what each should hold."""
    for part in costs.parts(cost)[1:]:
        keys = [key for key in (context.made(step.ref, part) or "").split(",") if key]
        one = Step(cost, part, step.mark)
        yield keys, costs.entries(one, there).body["items"]


def failures(ref: Ref, reply: Record) -> tuple[Issue, ...]:
    """The fields that an update did not change: one object in the vendor's example, an array in its schema (section 3)."""
    found: Any = reply.get("failures") or ()
    return tuple(
        Issue(
            ref=ref,
            code="field-refused",
            field=_FAILED.get(name := str(each.get("field", "")), "fields" if name.isdigit() else name),
            detail=f"{name}: {each.get('error', 'not changed')}",
        )
        for each in ([found] if isinstance(found, dict) else found)
    )


def _companies(there: Catalogue) -> Mapping[str, str]:
    return there.vocabulary.there[Kind.COMPANY]


def _above(step: Step, context: Context) -> str:
    above = owner(step.entity)
    if above is None or not (id := context.ids(above)):
        raise Refused(f"{step.ref}: what it hangs on is not in Planfix")
    return id
