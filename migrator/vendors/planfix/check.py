"""What `migrator check` tells of a Planfix account: whose token it is, the words there, what will not be read or cannot be kept quiet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from migrator.model import Kind
from migrator.vendor import Check
from migrator.vendors.planfix.answers import full_name
from migrator.vendors.planfix.catalogue import LINE, Catalogue, DataTag, Employee
from migrator.vendors.planfix.client import Client
from migrator.vendors.planfix.known import data_tag
from migrator.vendors.planfix.place import Place
from migrator.vendors.planfix.spent import is_paid, is_timed

_MARKED = (Kind.PROJECT, Kind.TASK, Kind.CONTACT)
_PLANNED = (Kind.TASK, Kind.PROJECT)
_UNSEEN = (
    "comments, files and entries of contacts, reminders, recurrences, templates: these are told or left, not moved"
)


async def source_checks(client: Client, place: Place) -> list[Check]:
    """Of an account to be read; a few requests."""
    await client.get("/ping", "the token")
    fields = "id,name,midname,lastname,role,timezone"
    employees = [
        Employee(full_name(row), row.get("role") == "Robot", str(row.get("timezone") or ""))
        async for row in client.rows("/user/list", "users", "the employees", fields=fields)
    ]
    rows = client.rows("/datatag/list", "dataTags", "the data tags", fields="id,name,fields")
    tags = [data_tag(row) async for row in rows]
    custom = [await client.get(f"/customfield/{of}", f"the custom fields of {of}s", fields="name") for of in _PLANNED]
    names = {str(row["name"]) for reply in custom for row in reply.get("customfields") or ()}
    return [
        Check("planfix access", "ok", "accepted"),
        *_who(employees, place.zone, "source"),
        *_named(place, {tag.name for tag in tags}, names),
        _spent(tags, place),
        _checklists(place),
        Check("planfix unseen", "warning", _UNSEEN, "keep the account readable as long as these matter"),
    ]


def source_denied(reason: str) -> Check:
    """The account does not let us in, or not to all that is needed."""
    fix = "give a robot's token with every scope that ends in _readonly, and common_metadata"
    return Check("planfix access", "error", reason, fix)


def _named(place: Place, tags: set[str], fields: set[str]) -> Iterator[Check]:
    """Options that name nothing in the account."""
    for option, name, there in (
        ("time_tag", place.time_tag, tags),
        ("money_tag", place.money_tag, tags),
        ("plan_minutes", place.plan_minutes, fields),
        ("plan_money", place.plan_money, fields),
    ):
        if name and name not in there:
            fix = f"correct the option {option} in [source.options]; there is: {', '.join(sorted(there)) or 'nothing'}"
            yield Check(f"planfix {option}", "error", f"{name!r} is not in the account", fix)


def _spent(tags: Sequence[DataTag], place: Place) -> Check:
    timed = [tag.name for tag in tags if is_timed(tag, place)]
    paid = [tag.name for tag in tags if is_paid(tag, place)]
    neither = [tag.name for tag in tags if tag.name not in (*timed, *paid)]
    seen = f"time: {', '.join(timed) or 'none'}; money: {', '.join(paid) or 'none'}"
    if not neither:
        return Check("planfix data tags", "ok", seen)
    fix = "set the options time_tag and money_tag in [source.options] if one of these holds time or money"
    return Check("planfix data tags", "warning", f"{seen}; not moved: {', '.join(neither)}", fix)


def _checklists(place: Place) -> Check:
    if place.checklists:
        return Check("planfix checklists", "ok", "read with one request for each task")
    fix = "set the option checklists = true in [source.options] if they matter"
    return Check("planfix checklists", "warning", "will not be read", fix)


async def target_checks(client: Client, there: Catalogue) -> list[Check]:
    """Of an account to be filled. One request; all else is known since the account was opened, which also proved the scopes for reading."""
    await client.get("/ping", "the token")
    return [
        Check("planfix access", "ok", "accepted, and may read what a migration needs"),
        *_who(there.employees, there.zone, "target"),
        *_words(there),
        *(_marker(kind, there) for kind in _MARKED),
        *_templates(there),
        _silence(),
    ]


def _who(employees: Sequence[Employee], zone: ZoneInfo, side: str) -> Iterator[Check]:
    """The API does not tell whose token it is; a robot's time zone is what dates are read in (the vendor contract, section 1)."""
    robots = [one for one in employees if one.robot]
    seen = f"{len(employees)} employees, robots: {', '.join(one.name for one in robots) or 'none'}"
    if robots:
        yield Check("planfix robot", "ok", seen)
    else:
        fix = "make a robot with a token of its own: an employee's token sees only what that employee sees"
        yield Check("planfix robot", "warning", seen, fix)
    zones = {one.time_zone for one in robots or employees if one.time_zone}
    if zones and zones != {zone.key}:
        fix = f"set time_zone in [{side}] to that of the token's owner, now {zone.key}: else all hours shift"
        yield Check("planfix time zone", "warning", ", ".join(sorted(zones)), fix)


def _words(there: Catalogue) -> Iterator[Check]:
    statuses = there.status_names[Kind.TASK]
    if statuses:
        yield Check("planfix statuses of tasks", "ok", ", ".join(statuses.values()))
    else:
        fix = "set the option process, or task_template, in [target.options]"
        yield Check("planfix statuses of tasks", "error", "nothing shows which process new tasks have", fix)
    if there.tags:
        yield Check("planfix data tags", "ok", ", ".join(there.tags))
    else:
        fix = "create data tags for time and money by hand if costs are to move: the API cannot"
        yield Check("planfix data tags", "warning", "none", fix)


def _marker(kind: Kind, there: Catalogue) -> Check:
    name, marker = f"planfix marker on {kind}s", there.marker(kind)
    if marker is None:
        fix = (
            f"create a custom field {there.marker_name!r} of type Line for {kind}s, and attach it to the template used"
        )
        return Check(name, "warning", "none: a create with a lost answer has to be looked for in whole lists", fix)
    if marker.type != LINE:
        return Check(name, "error", f"{marker.name!r} is of type {marker.type}", "it must be of type Line")
    return Check(name, "ok", f"{marker.name!r}; it must be attached to the template used")


def _templates(there: Catalogue) -> Iterator[Check]:
    for kind in (Kind.TASK, Kind.PROJECT):
        if kind not in there.templates and there.fields.get(kind):
            fix = f"set the option {kind}_template: custom fields are kept only if the template has them"
            yield Check(f"planfix template of {kind}s", "warning", "none chosen", fix)
    for kind in there.no_template:
        option = f"{kind}_template"
        yield Check(
            f"planfix template of {kind}s", "warning", "none chosen", f"set the option {option} in [target.options]"
        )


def _silence() -> Check:
    seen = "creates of projects and contacts and uploads of files cannot be silenced; they are sent without people"
    return Check(
        "planfix silence",
        "warning",
        seen,
        "switch off automation scenarios of the templates used for the time of the run",
    )
