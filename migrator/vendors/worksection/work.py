"""Decode projects, and tasks with all their subtasks. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.model import CheckItem, Issue, Kind, Project, Reach, Ref, Relation, Task, Text
from migrator.vendor import Decoded, Record
from migrator.vendors.worksection import texts, values
from migrator.vendors.worksection.attached import comment, file, project_id
from migrator.vendors.worksection.keys import unaccounted
from migrator.vendors.worksection.known import Known
from migrator.vendors.worksection.place import Place
from migrator.vendors.worksection.plan import comments_apart, is_brief


def project(record: Record, place: Place, known: Known) -> Decoded:
    """A record of get_projects."""
    ref = Ref(Kind.PROJECT, str(record["id"]))
    archived = record["status"] in ("archive", "archived")
    group = record.get("company") or ""
    entity = Project(
        ref=ref,
        title=record["name"],
        text=texts.rich(record.get("text") or "", place.url),
        status=record["status"],
        archived=archived,
        created=values.moment(record.get("date_added"), place.zone),
        closed=values.moment(record.get("date_closed"), place.zone) if archived else None,
        start=values.day(record.get("date_start")),
        end=values.day(record.get("date_end")),
        author=values.who(record.get("user_from")),
        manager=values.who(record.get("user_to")),
        members=values.people(record.get("users")),
        group=group,
        client=group if group in known.clients else "",
        tags=known.tags(record),
        fields=known.values(record),
        plan_minutes=values.planned_minutes(record.get("max_time")),
        plan_money=values.planned_money(record.get("max_money")),
        settings={name: "1" for name, switch in (record.get("options") or {}).items() if int(switch)},
        url=place.absolute(record.get("page", "")),
    )
    closed_before = () if archived else _closed_before(record, ref)
    return Decoded((entity,), unaccounted("projects", record, ref) + closed_before)


def tasks(record: Record, place: Place, known: Known) -> Decoded:
    """A task of get_all_tasks, get_tasks or get_task with all its subtasks, parents first."""
    above = record.get("parent")
    parent = Ref(Kind.TASK, str(above["id"])) if above else None
    found = list(_with_subtasks(record, parent, _depth(above), place, known))
    entities = tuple(entity for one in found for entity in one.entities)
    return Decoded(entities, tuple(issue for one in found for issue in one.issues))


def _with_subtasks(record: Record, parent: Ref | None, depth: int, place: Place, known: Known) -> Iterator[Decoded]:
    html, items = texts.take_checklist(record.get("text") or "")
    task = _task(record, texts.rich(html, place.url), parent, depth, place, known)
    checklist = (
        CheckItem(ref=Ref(Kind.CHECKITEM, f"{task.ref.id}/{number}"), on=task.ref, title=title)
        for number, title in enumerate(items, 1)
    )
    yield Decoded((task, *checklist), unaccounted("tasks", record, task.ref) + _issues(record, task, items))
    yield from (file(one, task.ref, place) for one in record.get("files") or ())
    if not comments_apart(record, files=place.comment_files):
        yield from (comment(one, place) for one in record.get("comments") or ())
    for child in record.get("child") or ():
        if not is_brief(child):  # brief ones have a record of their own
            yield from _with_subtasks(child, task.ref, depth + 1, place, known)


def _task(record: Record, text: Text, parent: Ref | None, depth: int, place: Place, known: Known) -> Task:
    done = record["status"] == "done"
    start, due = values.day(record.get("date_start")), values.day(record.get("date_end"))
    assignee = values.who(record.get("user_to"))
    return Task(
        ref=Ref(Kind.TASK, str(record["id"])),
        project=Ref(Kind.PROJECT, project_id(record)),
        title=record["name"],
        parent=parent,
        depth=depth,
        text=text,
        status=record["status"],
        done=done,
        created=values.moment(record.get("date_added"), place.zone),
        closed=values.moment(record.get("date_closed"), place.zone) if done else None,
        start=start,
        start_at=values.at(start, record.get("time_start"), place.zone),
        due=due,
        due_at=values.at(due, record.get("time_end"), place.zone),
        author=values.who(record.get("user_from")),
        assignees=(assignee,) if assignee else (),
        anyone=values.is_anyone(record.get("user_to")),
        followers=values.people(record.get("subscribers")),
        priority=int(record["priority"]) if record.get("priority") not in (None, "") else None,
        tags=known.tags(record),
        fields=known.values(record),
        plan_minutes=values.planned_minutes(record.get("max_time")),
        plan_money=values.planned_money(record.get("max_money")),
        relations=_relations(record),
        url=place.absolute(record.get("page", "")),
    )


def _issues(record: Record, task: Task, items: tuple[str, ...]) -> tuple[Issue, ...]:
    """What the record holds, or ought to hold, and the task cannot."""
    found: list[Issue] = []
    for hour, on in (("time_start", task.start), ("time_end", task.due)):
        if record.get(hour) and on is None:
            detail = f"{record[hour]}, of no day"
            found.append(Issue(ref=task.ref, code="unsupported", field=hour, detail=detail))
    if not task.done:
        found += _closed_before(record, task.ref)
    if items:
        detail = "the vendor does not say which items are ticked; all are moved as open"
        found.append(Issue(ref=task.ref, code="unreadable", field="done", detail=detail))
    return tuple(found)


def _closed_before(record: Record, ref: Ref) -> tuple[Issue, ...]:
    """On what is open, date_closed is the previous close (the vendor contract, section 4)."""
    if not record.get("date_closed"):
        return ()
    detail = f"closed before, {record['date_closed']}, and opened again"
    return (Issue(ref=ref, code="unsupported", field="date_closed", detail=detail, reach=Reach.NOTE),)


def _relations(record: Record) -> tuple[Relation, ...]:
    """On the successor alone: `from` names the predecessors, `to` says the same of the other side."""
    before = (record.get("relations") or {}).get("from") or ()
    found = (Relation(type=one["type"], other=Ref(Kind.TASK, str(one["task"]["id"]))) for one in before)
    return tuple(dict.fromkeys(found))


def _depth(above: Record | None) -> int:
    return 0 if above is None else 1 + _depth(above.get("parent"))
