"""What `migrator check` tells of a Planfix account that is to be filled: the token, the words, and what cannot be kept quiet."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.model import Kind
from migrator.vendor import Check
from migrator.vendors.planfix.catalogue import LINE, Catalogue
from migrator.vendors.planfix.client import Client

_MARKED = (Kind.PROJECT, Kind.TASK, Kind.CONTACT)


async def checks(client: Client, there: Catalogue) -> list[Check]:
    """One request; all else is known since the account was opened, which also proved the scopes for reading."""
    await client.get("/ping", "the token")
    return [
        Check("planfix access", "ok", "accepted, and may read what a migration needs"),
        *_who(there),
        *_words(there),
        *(_marker(kind, there) for kind in _MARKED),
        *_templates(there),
        _silence(),
    ]


def _who(there: Catalogue) -> Iterator[Check]:
    """The API does not tell whose token it is; a robot's time zone is what dates are read in (the vendor contract, section 1)."""
    robots = [one for one in there.employees if one.robot]
    seen = f"{len(there.employees)} employees, robots: {', '.join(one.name for one in robots) or 'none'}"
    if robots:
        yield Check("planfix robot", "ok", seen)
    else:
        fix = "make a robot with a token of its own: an employee's token sees only what that employee sees"
        yield Check("planfix robot", "warning", seen, fix)
    zones = {one.time_zone for one in robots or there.employees if one.time_zone}
    if zones and zones != {there.zone.key}:
        fix = f"set time_zone in [target] to that of the token's owner, now {there.zone.key}: else all hours shift"
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
