"""Decode projects, and tasks with all their subtasks. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.model import CheckItem, Entity, Issue, Kind, Project, Reach, Ref, Relation, Task
from migrator.vendor import Decoded, Record
from migrator.vendors.worksection import texts, values
from migrator.vendors.worksection.attached import comment, file
from migrator.vendors.worksection.keys import unaccounted
from migrator.vendors.worksection.known import Known
from migrator.vendors.worksection.place import Place
from migrator.vendors.worksection.plan import comments_apart, is_brief


def project(record: Record, place: Place, known: Known) -> Decoded:
    """A record of get_projects."""
    ref = Ref(Kind.PROJECT, str(record["id"]))
    archived = record["status"] in ("archive", "archived")
    group = record.get("company") or ""
    issues = unaccounted("projects", record, ref)
    if record.get("date_closed") and not archived:
        detail = f"closed before, {record['date_closed']}, and opened again"
        issues += (Issue(ref=ref, code="unsupported", field="date_closed", detail=detail, reach=Reach.NOTE),)
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
        tags=_tags(record, known),
        fields=_fields(record, known),
        plan_minutes=values.planned_minutes(record.get("max_time")),
        plan_money=values.planned_money(record.get("max_money")),
        settings={name: "1" for name, switch in (record.get("options") or {}).items() if int(switch)},
        url=place.absolute(record.get("page", "")),
    )
    return Decoded((entity,), issues)


def tasks(record: Record, place: Place, known: Known) -> Decoded:
    """A task of get_all_tasks, get_tasks or get_task with all its subtasks, parents first."""
    above = record.get("parent")
    parent = Ref(Kind.TASK, str(above["id"])) if above else None
    found = list(_with_subtasks(record, parent, _depth(above), place, known))
    return Decoded(
        tuple(entity for one in found for entity in one.entities), tuple(issue for one in found for issue in one.issues)
    )


def _with_subtasks(
    record: Record, parent: Ref | None, depth: int, place: Place, known: Known
) -> Iterator[Decoded]:
    task, issues = _task(record, parent, depth, place, known)
    yield Decoded(
        (task, *_checklist(record, task.ref), *_task_files(record, task.ref, place)), issues + _issues(record, task)
    )
    if not comments_apart(record, files=place.comment_files):
        yield from (comment(one, place) for one in record.get("comments") or ())
    for child in record.get("child") or ():
        if not is_brief(child):  # brief ones have a record of their own
            yield from _with_subtasks(child, task.ref, depth + 1, place, known)


def _task(
    record: Record, parent: Ref | None, depth: int, place: Place, known: Known
) -> tuple[Task, tuple[Issue, ...]]:
    ref = Ref(Kind.TASK, str(record["id"]))
    start, due = values.day(record.get("date_start")), values.day(record.get("date_end"))
    assignee = values.who(record.get("user_to"))
    html, _ = texts.take_checklist(record.get("text") or "")
    task = Task(
        ref=ref,
        project=Ref(Kind.PROJECT, _project_id(record)),
        title=record["name"],
        parent=parent,
        depth=depth,
        text=texts.rich(html, place.url),
        status=record["status"],
        done=record["status"] == "done",
        created=values.moment(record.get("date_added"), place.zone),
        closed=values.moment(record.get("date_closed"), place.zone) if record["status"] == "done" else None,
        start=start,
        start_at=values.at(start, record.get("time_start"), place.zone),
        due=due,
        due_at=values.at(due, record.get("time_end"), place.zone),
        author=values.who(record.get("user_from")),
        assignees=(assignee,) if assignee else (),
        anyone=values.is_anyone(record.get("user_to")),
        followers=values.people(record.get("subscribers")),
        priority=int(record["priority"]) if record.get("priority") not in (None, "") else None,
        tags=_tags(record, known),
        fields=_fields(record, known),
        plan_minutes=values.planned_minutes(record.get("max_time")),
        plan_money=values.planned_money(record.get("max_money")),
        relations=_relations(record),
        url=place.absolute(record.get("page", "")),
    )
    return task, unaccounted("tasks", record, ref)


def _issues(record: Record, task: Task) -> tuple[Issue, ...]:
    """What the record holds, or ought to hold, and the task cannot."""
    found: list[Issue] = []
    for hour, on in (("time_start", task.start), ("time_end", task.due)):
        if record.get(hour) and on is None:
            found.append(Issue(ref=task.ref, code="unsupported", field=hour, detail=f"{record[hour]}, without a day"))
    if record.get("date_closed") and not task.done:
        detail = f"closed before, {record['date_closed']}, and opened again"
        found.append(
            Issue(ref=task.ref, code="unsupported", field="date_closed", detail=detail, reach=Reach.NOTE)
        )
    if texts.take_checklist(record.get("text") or "")[1]:
        detail = "the vendor does not say which items are ticked; all are moved as open"
        found.append(Issue(ref=task.ref, code="unreadable", field="checklist", detail=detail))
    return tuple(found)


def _checklist(record: Record, on: Ref) -> Iterator[Entity]:
    for number, title in enumerate(texts.take_checklist(record.get("text") or "")[1], 1):
        yield CheckItem(ref=Ref(Kind.CHECKITEM, f"{on.id}/{number}"), on=on, title=title)


def _relations(record: Record) -> tuple[Relation, ...]:
    """On the successor alone: `from` names the predecessors, `to` says the same of the other side."""
    before = (record.get("relations") or {}).get("from") or ()
    found = (Relation(type=one["type"], other=Ref(Kind.TASK, str(one["task"]["id"]))) for one in before)
    return tuple(dict.fromkeys(found))


def _project_id(record: Record) -> str:
    inside = record.get("project")  # may be absent in get_tasks; the page never is
    return str(inside["id"]) if inside else texts.page_of(record["page"])[0]


def _depth(above: Record | None) -> int:
    return 0 if above is None else 1 + _depth(above.get("parent"))


