"""Opening an account to fill: the few reads that tell what it understands, and the user's options settled against them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from migrator.errors import InputWrong
from migrator.model import Kind
from migrator.vendor import Account, Record, Vocabulary
from migrator.vendors.worksection.catalogue import CONTACT_PREFIX, STATUSES, Catalogue
from migrator.vendors.worksection.client import Client
from migrator.vendors.worksection.values import email, page_id

_GUESTS = frozenset({"guest", "reader"})
_TAGGED = {Kind.TASK: "task", Kind.PROJECT: "project"}


async def read_catalogue(client: Client, account: Account) -> Catalogue:
    """What the account understands, in nine requests, or ten. Raises InputWrong for options that name nothing in it."""
    users = await client.rows("get_users")
    contacts = await client.rows("get_contacts")
    folders = await client.rows("get_project_groups")
    teams = await client.rows("get_user_groups")
    contact_groups = await client.rows("get_contact_groups")
    sets = {kind: await client.rows(f"get_{word}_tag_groups") for kind, word in _TAGGED.items()}
    tags = {kind: await client.rows(f"get_{word}_tags") for kind, word in _TAGGED.items()}
    emails = {str(user["id"]): address for user in users if (address := email(user.get("email")))}
    there = {
        Kind.PERSON: _keyed(_person_keys("", users)),
        Kind.CONTACT: _keyed(_person_keys(CONTACT_PREFIX, contacts)),
        Kind.GROUP: _keyed((str(row["title"]), str(row["id"])) for row in folders),
        Kind.COMPANY: _keyed((str(row["title"]), str(row["id"])) for row in teams),
    }
    by_title = {
        kind: {(_set_of(row), str(row["title"])): str(row["id"]) for row in rows} for kind, rows in tags.items()
    }
    owners = (str(user["id"]) for user in users if str(user.get("role", "")).lower() == "owner")
    return Catalogue(
        vocabulary=_vocabulary(there, sets, by_title),
        site=account.url.rstrip("/"),
        zone=ZoneInfo(account.time_zone),
        emails=emails,
        owner=emails.get(next(owners, ""), ""),
        inner=tuple(emails[str(user["id"])] for user in users if str(user["id"]) in emails and _is_inner(user)),
        folders={str(row["title"]) for row in folders},
        teams={str(row["title"]) for row in teams},
        contact_groups={str(row["title"]) for row in contact_groups},
        tag_sets={kind: {str(row["title"]): str(row["id"]) for row in rows} for kind, rows in sets.items()},
        tags=by_title,
        signs=account.options.get("auth") != "oauth2",
        loose_project=await _loose_project(client, str(account.options.get("loose_project") or "")),
        tag_set=str(account.options.get("tag_set") or "Tags"),
    )


def _vocabulary(
    there: dict[Kind, dict[str, str]],
    sets: dict[Kind, tuple[Record, ...]],
    tags: dict[Kind, dict[tuple[str, str], str]],
) -> Vocabulary:
    """Values of custom fields cannot be written, so the fields that a mapping may name are the sets of tags."""
    titles = {kind: {str(row["title"]): str(row["id"]) for row in rows} for kind, rows in sets.items()}
    return Vocabulary(
        there=there,
        statuses=STATUSES,
        fields=titles,
        field_types={kind: dict.fromkeys(of, "set") for kind, of in titles.items()},
        field_options={
            kind: {title: tuple(tag for group, tag in tags[kind] if group == title) for title in of}
            for kind, of in titles.items()
        },
        cost_tags=None,
    )


async def _loose_project(client: Client, wanted: str) -> str:
    """The project that the option names, by id or title; "" if the option is not set."""
    if not wanted:
        return ""
    projects = await client.rows("get_projects")
    found = [page_id(row) for row in projects if wanted in (str(row["id"]), row["name"])]
    if len(found) == 1:
        return found[0]
    why = "is in the account more than once; give its id" if found else "is no project of the account; create it there"
    raise InputWrong([f"worksection: option loose_project = {wanted!r} {why}"])


def _is_inner(user: Record) -> bool:
    return str(user.get("role", "")).lower() not in _GUESTS


def _set_of(tag: Record) -> str:
    return str((tag.get("group") or {}).get("title", ""))


def _person_keys(prefix: str, rows: Iterable[Record]) -> Iterator[tuple[str, str]]:
    """Everybody's e-mail in lower case, and name; of users only those with an address, by which alone requests can name them."""
    for row in rows:
        if address := email(row.get("email")):
            yield address.lower(), f"{prefix}{row['id']}"
        if row.get("name") and (address or prefix):
            yield str(row["name"]), f"{prefix}{row['id']}"


def _keyed(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Key -> id, without the keys that stand for several."""
    found: dict[str, set[str]] = {}
    for key, id in pairs:
        found.setdefault(key, set()).add(id)
    return {key: ids.pop() for key, ids in found.items() if len(ids) == 1}
