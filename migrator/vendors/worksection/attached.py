"""Decode what hangs on projects and tasks: comments, files, costs. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.model import Comment, Cost, File, Kind, Ref
from migrator.vendor import Decoded, Record, Seen
from migrator.vendors.worksection import texts, values
from migrator.vendors.worksection.keys import unaccounted
from migrator.vendors.worksection.place import Place
from migrator.vendors.worksection.plan import flat


def comment(record: Record, place: Place) -> Decoded:
    """A record of get_comments, or a comment shown by its task; its page tells which task."""
    project_id, task_id = texts.page_of(record["page"])
    entity = Comment(
        ref=Ref(Kind.COMMENT, str(record["id"])),
        on=Ref(Kind.TASK, task_id) if task_id else Ref(Kind.PROJECT, project_id),
        text=texts.plain(record.get("text") or "", place.url),
        created=values.moment(record.get("date_added"), place.zone),
        author=values.who(record.get("user_from")),
        url=place.absolute(record["page"]),
    )
    found = [_file(one, entity.ref, place) for one in record.get("files") or ()]
    issues = tuple(issue for one in record.get("files") or () for issue in _file_issues(one))
    return Decoded((entity, *found), unaccounted("comments", record, entity.ref) + issues)


def project_file(record: Record, place: Place, placed: set[str]) -> Decoded:
    """A record of get_files, with the project it was asked for; `placed`: the files that hang on a task or comment."""
    if str(record["id"]) in placed:
        return Decoded(())
    on = Ref(Kind.PROJECT, str(record["id_project"]))
    return Decoded((_file(record, on, place),), _file_issues(record))


def _task_files(record: Record, on: Ref, place: Place) -> Iterator[Entity]:
    for one in record.get("files") or ():
        yield _file(one, on, place)


def _file(record: Record, on: Ref, place: Place) -> File:
    return File(
        ref=Ref(Kind.FILE, str(record["id"])),
        on=on,
        name=record["name"],
        size=int(record["size"]) if record.get("size") not in (None, "") else None,
        created=values.moment(record.get("date_added"), place.zone),
        author=values.who(record.get("user_from")),
    )


def _file_issues(record: Record) -> tuple[Issue, ...]:
    return unaccounted("files", record, Ref(Kind.FILE, str(record["id"])))


def cost(record: Record) -> Decoded:
    """A record of get_costs."""
    on = values.day(record["date"])
    if on is None:
        raise ValueError("a cost without a date")
    entity = Cost(
        ref=Ref(Kind.COST, str(record["id"])),
        on=Ref(Kind.TASK, str(record["task"]["id"])),
        day=on,
        person=values.who(record.get("user_from")),
        minutes=values.minutes(record.get("time") or "0:00"),
        money=values.money(record.get("money") or 0),
        text=record.get("comment") or "",
        timer=bool(record.get("is_timer")),
    )
    return Decoded((entity,), unaccounted("costs", record, entity.ref))


def placed_files(seen: Seen) -> set[str]:
    """The ids of the files that hang on tasks and comments; a project's list should name none of them."""
    owners = (owner for read in ("tasks", "comments") for owner in flat(seen(read)))
    return {str(file["id"]) for owner in owners for file in owner.get("files") or ()}
