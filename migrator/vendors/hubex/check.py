"""What a preflight says of a HubEx account, from what it saw there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from migrator.vendor import Check, Record
from migrator.vendors.hubex.place import Place
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
