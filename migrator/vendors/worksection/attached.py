"""Decode what hangs on projects and tasks: comments, files, costs. Pure."""

from __future__ import annotations

from decimal import Decimal

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
    files = [file(one, entity.ref, place) for one in record.get("files") or ()]
    entities = (entity, *(found for one in files for found in one.entities))
    issues = unaccounted("comments", record, entity.ref) + tuple(issue for one in files for issue in one.issues)
    return Decoded(entities, issues)


def project_file(record: Record, place: Place, placed: set[str]) -> Decoded:
    """A record of get_files, with the project it was asked for; `placed`: the files that hang on a task or comment."""
    if str(record["id"]) in placed:
        return Decoded(())
    return file(record, Ref(Kind.PROJECT, str(record["id_project"])), place)


def file(record: Record, on: Ref, place: Place) -> Decoded:
    """A file as get_files lists it, or as a task or comment shows it: then without a date and an author."""
    entity = File(
        ref=Ref(Kind.FILE, str(record["id"])),
        on=on,
        name=record["name"],
        size=int(record["size"]) if record.get("size") not in (None, "") else None,
        created=values.moment(record.get("date_added"), place.zone),
        author=values.who(record.get("user_from")),
    )
    return Decoded((entity,), unaccounted("files", record, entity.ref))


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
    return {str(one["id"]) for owner in owners for one in owner.get("files") or ()}


def cost_totals(seen: Seen) -> dict[str, tuple[int, Decimal]]:
    """Minutes and money spent on each project, by its id, as the vendor sums them up."""
    sums = (record for record in seen("costs_total") if "id" in record)  # the sum of all projects has no id
    return {str(one["id"]): (values.minutes(one["time"]), values.money(one["money"])) for one in sums}


def cost_sums(seen: Seen) -> dict[str, tuple[int, Decimal]]:
    """The same from the rows of get_costs."""
    sums: dict[str, tuple[int, Decimal]] = {}
    for record in seen("costs"):
        entity = cost(record).entities[0]
        assert isinstance(entity, Cost)
        spent, paid = sums.get(project := project_id(record["task"]), (0, Decimal(0)))
        sums[project] = (spent + entity.minutes, paid + entity.money)
    return sums


def project_id(task: Record) -> str:
    """The project of a task."""
    inside = task.get("project")  # may be absent in get_tasks; the page never is
    return str(inside["id"]) if inside else texts.page_of(task["page"])[0]
