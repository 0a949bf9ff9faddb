"""What `migrator check` tells of a Worksection account: whose key it is, what will not be read, what cannot be kept quiet. Pure."""

from __future__ import annotations

from collections import Counter

from migrator.model import Kind
from migrator.vendor import Check, Record
from migrator.vendors.worksection.catalogue import Catalogue
from migrator.vendors.worksection.place import Place
from migrator.vendors.worksection.values import email

_UNSEEN = "tasks with delayed publication, who may see a task or comment, which checklist items are ticked: no key can read these"


def check_denied(reason: str) -> Check:
    """The account lets us in not at all."""
    fix = "give the key that Account -> API shows to the owner of the account, or with auth = oauth2 fresh tokens"
    return Check("worksection access", "error", reason, fix)


def check_key(*, oauth: bool) -> Check:
    """What kind of key it is, now that it works."""
    if not oauth:
        return Check("worksection access", "ok", "the admin key works")
    fix = "what the token's user may not see will be missing; to move the whole account use the owner's admin key"
    return Check("worksection access", "warning", "an OAuth2 token works", fix)


def check_people(users: tuple[Record, ...]) -> Check:
    """How many users there are, and who of them cannot be matched by e-mail."""
    nameless = [user["name"] for user in users if not email(user.get("email"))]
    if not nameless:
        return Check("worksection people", "ok", f"{len(users)} users")
    seen = f"{len(users)} users; without an e-mail address of their own: {', '.join(nameless)}"
    return Check("worksection people", "warning", seen, "name them under [people.map] in the mapping")


def check_projects(projects: tuple[Record, ...]) -> Check:
    """How many projects there are, by state."""
    counts = Counter(project["status"] for project in projects)
    seen = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    return Check("worksection projects", "ok", seen or "none")


def check_gaps(place: Place, *, followers: bool, fields: int) -> list[Check]:
    """What will not be read: because nobody can, or because of the options. `fields`: how many custom fields there are."""
    gaps = [Check("worksection unseen", "warning", _UNSEEN, "publish delayed tasks before the run")]
    if not followers:
        fix = "set the option subscribers = true if they matter"
        gaps.append(Check("worksection followers", "warning", "who follows a task will not be read", fix))
    if not place.comment_files:
        fix = "set the option comment_files = true if they matter"
        gaps.append(Check("worksection comment files", "warning", "files of comments will not be read", fix))
    if fields and place.custom_fields:
        gaps.append(
            Check("worksection custom fields", "ok", f"{fields}; their values may take a request for each task")
        )
    elif fields:
        fix = "set the option custom_fields = true if they matter"
        gaps.append(Check("worksection custom fields", "warning", f"{fields}; their values will not be read", fix))
    return gaps


def target_checks(there: Catalogue) -> list[Check]:
    """What an account to be filled cannot do, and what its user has to do there by hand before the run."""
    sets = ", ".join(title for kind in (Kind.PROJECT, Kind.TASK) for title in there.tag_sets[kind]) or "none"
    silence = "mails about what is created and commented cannot be switched off through the API"
    return [
        check_key(oauth=False) if there.signs else _check_author(),
        Check("worksection people", "ok", f"{len(there.emails)} users who can be named"),
        Check("worksection tag sets", "warning", sets, "add those in use to new projects by default: the API cannot"),
        Check("worksection silence", "warning", silence, "ask users to switch their notifications off for the time"),
        Check("worksection deletion", "warning", "the API deletes nothing but costs", "rehearse with --dry-run first"),
    ]


def _check_author() -> Check:
    fix = "use the owner's admin key: with it everybody stays the author of what they wrote"
    return Check("worksection access", "warning", "an OAuth2 token works, and its user will be the author of all", fix)
