"""Decode projects and tasks. Pure."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from migrator.model import Issue, Kind, Project, Reach, Ref, Task, Value
from migrator.vendor import Decoded, Record
from migrator.vendors.planfix import answers, catalogue, texts
from migrator.vendors.planfix.attached import file
from migrator.vendors.planfix.directory import deleted
from migrator.vendors.planfix.keys import unaccounted
from migrator.vendors.planfix.known import Known
from migrator.vendors.planfix.place import Place
from migrator.vendors.planfix.plan import is_task

# Planfix has two words for priority, the model numbers from 0 (least) to 10.
_PRIORITIES = {"NotUrgent": 1, "Urgent": 8}
# Of the statuses that are not active only these end a task; the others, Draft and Deferred among them, put it off.
_CLOSING_IDS = frozenset({3, 6})
_CLOSING_WORDS = frozenset(
    {
        *("completed", "finished", "closed", "cancelled", "canceled"),
        *("завершенная", "завершена", "завершено", "отмененная", "отменена", "отменено", "закрыта"),
    }
)
_PROJECT_STATUSES = {id: name for name, id in catalogue.PROJECT_STATUSES.items()}
# Sums of what moves by itself: of data tags, of subtasks, of tables.
_SUMS = frozenset({23, 26, 29})
_DRAWN = frozenset({answers.FILES, *_SUMS})  # not shown among the fields: files move as files


def project(record: Record, place: Place, known: Known) -> Decoded:
    """A record of /project/list; nothing for a deleted one."""
    ref = Ref(Kind.PROJECT, str(record["id"]))
    if record.get("isDeleted"):
        return deleted(ref)
    status = str((record.get("status") or {}).get("id", ""))
    parent = str((record.get("parent") or {}).get("id") or "")
    people = (record.get(role) for role in ("assignees", "participants", "auditors", "clientManagers"))
    fields = _custom(record, place, known)
    minutes = _planned(fields, place.plan_minutes)
    entity = Project(
        ref=ref,
        title=record["name"],
        text=texts.rich(record.get("description") or "", place.site),
        status=_PROJECT_STATUSES.get(status, status),
        archived=status == catalogue.COMPLETED,
        start=answers.day(record.get("startDate"), place.zone),
        end=answers.day(record.get("endDate"), place.zone) if record.get("hasEndDate", True) else None,
        manager=answers.who(record.get("owner"), known.emails),
        members=answers.people(known.emails, *people),
        group=(record.get("group") or {}).get("name") or "",
        client=_name(record.get("counterparty")),
        parent=Ref(Kind.PROJECT, parent) if parent in known.projects else None,
        depth=known.depth(Kind.PROJECT, ref.id),
        plan_minutes=None if minutes is None else round(minutes),
        plan_money=_planned(fields, place.plan_money),
        fields=fields,
        settings={key: "1" for key in ("hiddenForEmployees", "hiddenForClients") if record.get(key)},
        url=place.page("project", ref.id),
    )
    issues = unaccounted("projects", record, ref)
    if parent and entity.parent is None:
        issues += (_unseen(ref, "parent", f"its parent project {parent}", Reach.NOTE),)
    return Decoded((entity,), issues)


def task(record: Record, place: Place, known: Known) -> Decoded:
    """A record of /task/list with the files of its description; nothing for templates, lines of checklists, and what is deleted."""
    ref = Ref(Kind.TASK, str(record["id"]))
    if record.get("isDeleted"):
        return deleted(ref)
    if not is_task(record):
        return _no_task(record, ref)
    start, start_at = _when(record, "Start", place)
    due, due_at = _when(record, "End", place)
    done, completed = _is_done(record), answers.moment(record.get("actualCompletionDate"))
    project, parent = str((record.get("project") or {}).get("id") or ""), known.parents.get(ref.id, "")
    fields = {**_extra(record, place, known), **_custom(record, place, known)}
    minutes = _planned(fields, place.plan_minutes)
    entity = Task(
        ref=ref,
        project=Ref(Kind.PROJECT, project) if project in known.projects else None,
        title=record["name"],
        parent=Ref(Kind.TASK, parent) if parent else None,
        depth=known.depth(Kind.TASK, ref.id),
        text=texts.rich(record.get("description") or "", place.site),
        status=_name(record.get("status")),
        done=done,
        created=answers.moment(record.get("dateTime")),
        closed=completed if done else None,
        start=start,
        start_at=start_at,
        due=due,
        due_at=due_at,
        author=answers.who(record.get("assigner"), known.emails),
        assignees=answers.people(known.emails, record.get("assignees")),
        followers=answers.people(known.emails, record.get("participants"), record.get("auditors")),
        priority=_PRIORITIES.get(str(record.get("priority"))),
        plan_minutes=None if minutes is None else round(minutes),
        plan_money=_planned(fields, place.plan_money),
        fields=fields,
        url=place.page("task", ref.id),
    )
    files = [file(one, ref, known.holders) for one in record.get("files") or ()]
    entities = (entity, *(found for one in files for found in one.entities))
    issues = unaccounted("tasks", record, ref) + _task_issues(record, entity, completed)
    return Decoded(entities, issues + tuple(issue for one in files for issue in one.issues))


def _no_task(record: Record, ref: Ref) -> Decoded:
    if record["type"] == "Checkmark":  # each task's checklist is read by itself
        return Decoded(())
    detail = f"{record.get('name')!r} is a {record['type']}, from which tasks are made; not moved"
    return Decoded((), (Issue(ref=ref, code="template", field="type", detail=detail, reach=Reach.NOTE),))


def _when(record: Record, side: str, place: Place) -> tuple[date | None, datetime | None]:
    """The day of the start or end, and the moment if the hour is named."""
    point = record.get(f"{side.lower()}DateTime")
    if not point or record.get(f"has{side}Date") is False:
        return None, None
    if not record.get(f"has{side}Time"):
        return answers.day(point, place.zone), None
    at = answers.moment(point)
    return (at.astimezone(place.zone).date() if at else answers.day(point, place.zone)), at


def _is_done(record: Record) -> bool:
    """Whether the status ends the task: one that is not active, and is a closing one or comes with the day of completion."""
    status = record.get("status") or {}
    if status.get("isActive") is True:
        return False
    named = str(status.get("name") or "").strip().lower().replace("ё", "е")
    closing = status.get("id") in _CLOSING_IDS or named in _CLOSING_WORDS
    return closing or (status.get("isActive") is False and bool(record.get("actualCompletionDate")))


def _extra(record: Record, place: Place, known: Known) -> dict[str, Value]:
    """What the model has no field for; the account's own fields win over ours of the same name."""
    found: dict[str, Value] = {}
    counterparty = record.get("counterparty") or {}
    project = str((record.get("project") or {}).get("id") or "")
    if counterparty and str(counterparty.get("id")) != known.clients.get(project):
        found["counterparty"] = _name(counterparty)
    if delayed := answers.moment(record.get("delayedTillDate")):
        found["delayed_till"] = f"{delayed.astimezone(place.zone):%Y-%m-%d %H:%M}"
    if record.get("duration"):
        words = (record["duration"], record.get("durationUnit"), record.get("durationType"))
        found["duration"] = " ".join(str(word) for word in words if word)
    return found


def _custom(record: Record, place: Place, known: Known) -> dict[str, Value]:
    """The custom fields by name; of two with one name the second has its number too."""
    found: dict[str, Value] = {}
    for row in answers.custom_rows(record, place.marker):
        if row["field"]["type"] in _DRAWN:
            continue
        id, name = str(row["field"]["id"]), str(row["field"]["name"])
        if value := answers.shown(row, place.zone, known.names.get(id, {})):
            found[f"{name} ({id})" if name in found else name] = value
    return found


def _planned(fields: dict[str, Value], name: str) -> Decimal | None:
    """Takes the field that the user says holds what is planned; one that holds no number stays among the fields."""
    try:
        planned = answers.number(fields[name]) if fields.get(name) else None
    except ValueError:
        return None
    fields.pop(name, None)
    return planned


def _task_issues(record: Record, entity: Task, completed: datetime | None) -> tuple[Issue, ...]:
    """What the record names, and the task cannot be moved with."""
    found: list[Issue] = []
    if entity.project is None and (project := (record.get("project") or {}).get("id")):
        found.append(_unseen(entity.ref, "project", f"its project {project}"))
    if entity.parent is None and (parent := (record.get("parent") or {}).get("id")):
        found.append(_unseen(entity.ref, "parent", f"its parent task {parent}", Reach.NOTE))
    if completed and not entity.done:
        detail = f"completed before, {completed:%Y-%m-%d %H:%M} UTC, and opened again"
        found.append(
            Issue(ref=entity.ref, code="unsupported", field="actualCompletionDate", detail=detail, reach=Reach.NOTE)
        )
    return tuple(found)


def _unseen(ref: Ref, field: str, what: str, reach: Reach = Reach.LOSS) -> Issue:
    detail = f"{what} is deleted, or the token may not see it; moved without"
    return Issue(ref=ref, code=f"{field}-unseen", field=field, detail=detail, reach=reach)


def _name(named: Record | None) -> str:
    held = named or {}
    return str(held.get("name") or held.get("id") or "")
