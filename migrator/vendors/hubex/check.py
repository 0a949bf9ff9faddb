"""What `migrator check` tells of a HubEx account: who it lets in, what will not be read, the way of tasks, what cannot be kept quiet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from migrator.model import Kind
from migrator.vendor import Check, Record
from migrator.vendors.hubex.catalogue import Catalogue
from migrator.vendors.hubex.client import Client
from migrator.vendors.hubex.place import Place
from migrator.vendors.hubex.stages import way
from migrator.vendors.hubex.values import full_name

_UNREAD = (
    "the history of assignments and changes, contacts of tasks and assets, roles and attributes of users, "
    "bank accounts, warehouses, webhooks"
)


def check_denied(reason: str, application: str) -> Check:
    """The account lets us in not at all."""
    fix = (
        "give the service token of an API user (Integration, Service users) with the role of an administrator; "
        f"if it is right, try another application than {application}"
    )
    return Check("hubex access", "error", reason, fix)


def check_access() -> Check:
    """The token works; how much it sees it does not say."""
    fix = "give the API user all districts: they bound the assets, tasks and task types it sees"
    return Check("hubex access", "warning", "the service token works; its districts cannot be read", fix)


def check_people(users: Iterable[Record]) -> Check:
    """How many users there are, and who of them cannot be matched by e-mail."""
    there = list(users)
    nameless = [full_name(user) for user in there if not user.get("email")]
    if not nameless:
        return Check("hubex people", "ok", f"{len(there)} users")
    seen = f"{len(there)} users; without an e-mail address: {', '.join(nameless)}"
    return Check("hubex people", "warning", seen, "name them under [people.map] in the mapping")


def check_counts(counts: Mapping[str, int | None]) -> Check:
    """How much there is to read."""
    seen = ", ".join(f"{'?' if count is None else count} {name}" for name, count in counts.items())
    return Check("hubex contents", "ok", seen)


def check_gaps(place: Place) -> list[Check]:
    """What will not be read: because there is no place for it, or because of the options."""
    gaps = [Check("hubex unread", "warning", f"not read: {_UNREAD}", "keep the source account, or export them by hand")]
    if not place.details:
        seen = "formatted texts, tags, costs, contracts and payers of tasks will not be read"
        gaps.append(Check("hubex details", "warning", seen, "set the option details = true if they matter"))
    if not place.history:
        seen = "when tasks came to which stage will not be read"
        gaps.append(Check("hubex history", "warning", seen, "set the option history = true if it matters"))
    if not place.project_details and place.project != "contract":
        seen = "notes, tags and details of projects will not be read"
        gaps.append(
            Check("hubex project details", "warning", seen, "set the option project_details = true if they matter")
        )
    if not place.site:
        seen = "links in texts to pages of this account will not be followed"
        gaps.append(
            Check("hubex site", "warning", seen, 'set the option site = "https://ACCOUNT.hubex.ru" if there are any')
        )
    return gaps


async def target_checks(client: Client, there: Catalogue) -> list[Check]:
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
