"""What `migrator check` tells of a HubEx account that is to be filled: the words, the way of tasks, and what cannot be kept quiet."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.model import Kind
from migrator.vendor import Check
from migrator.vendors.hubex.catalogue import Catalogue
from migrator.vendors.hubex.client import Client
from migrator.vendors.hubex.stages import way


async def checks(client: Client, there: Catalogue) -> list[Check]:
    """One request; all else is known since the account was opened, which also proved the token."""
    tasks = await client.head("WORK/Tasks", (("isDeleted", "false"),))
    return [
        Check(
            "hubex: token",
            "ok",
            f"accepted; the account shows {'an unknown number of' if tasks is None else tasks} tasks",
        ),
        *_stages(there),
        *_stand_in(there),
        *_projects(there),
        *_works(there),
        _silence(),
    ]


def _stages(there: Catalogue) -> Iterator[Check]:
    """Tasks begin in the first stage, and go from one to the next by moves that their type permits."""
    statuses = there.vocabulary.statuses[Kind.TASK]
    ways = {name: way(there.links, there.start, int(id)) for name, id in statuses.items()}
    seen = ", ".join(f"{name} ({len(moves)})" for name, moves in ways.items() if moves is not None)
    if any(ways.values()):
        yield Check("hubex: stages of tasks, with the moves to them", "ok", seen)
    else:
        fix = "choose a task_type that has a route, in [target.options]"
        yield Check("hubex: stages of tasks, with the moves to them", "error", seen or "none", fix)

    if cut_off := [name for name, moves in ways.items() if moves is None]:
        told = f"no way leads from {there.stage_name(there.start)!r} to {', '.join(map(repr, cut_off))}"
        fix = "add the links to the route of the task type, or map no status to these: what has it is refused"
        yield Check("hubex: stages without a way to them", "warning", told, fix)


def _stand_in(there: Catalogue) -> Iterator[Check]:
    if there.stand_in is None:
        fix = "set the option stand_in in [target.options], or map all people: a task that nobody is assigned to stops there"
        yield Check("hubex: stand-in", "warning", "none, and most stages demand somebody who is assigned", fix)


def _projects(there: Catalogue) -> Iterator[Check]:
    if there.projects.as_companies:
        fix = "their texts, tags and files have no place there; set project to asset if they should arrive"
        yield Check("hubex: projects", "warning", "become companies", fix)
    elif there.projects.company is None:
        fix = "set the option company in [target.options]: a project whose client is not there is refused without it"
        yield Check("hubex: projects", "warning", "become assets of their clients", fix)
    else:
        yield Check("hubex: projects", "ok", f"become assets, at {there.projects.address!r}")


def _works(there: Catalogue) -> Iterator[Check]:
    if there.works.time is None:
        yield Check("hubex: work types", "error", "none", "create one, or costs are refused")
    if there.works.time is not None and there.works.time == there.works.money:
        fix = "set money_work_type in [target.options] if money should be told from time by its work type"
        yield Check("hubex: work types", "warning", "time and money go under the same", fix)
    if there.currencies > 1:
        fix = "set the option currency in [target.options], if it is not set"
        yield Check("hubex: currencies", "warning", f"{there.currencies}, and amounts name none", fix)


def _silence() -> Check:
    fix = "switch off notifications, triggers and webhooks of the account for the time of the run"
    return Check("hubex: silence", "warning", "messages and moves between stages notify people", fix)
