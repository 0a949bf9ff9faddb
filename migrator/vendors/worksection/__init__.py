"""Worksection: what it can do, how fast, with which options, and how to open an account of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from migrator.errors import InputWrong, Refused
from migrator.model import Kind
from migrator.vendor import Account, Capabilities, Carry, Limits, Option, Source, Target, Vendor, Wire

# The vendor contract, section 2: one request a second, no day quota; get_all_tasks takes minutes in a large account.
# Four at once, because at that pace one slow download would otherwise hold up all the requests behind it.
LIMITS = Limits(requests=1, period=1.0, parallel=4, timeout=300.0, quarantine=330.0)

_NATIVE, _TEXT, _LOST, _MAPPED = Carry.NATIVE, Carry.TEXT, Carry.LOST, Carry.MAPPED

# The vendor contract, section 5: no moment of making can be set, of closing only the day of a task; nothing sets relations, hours,
# values of custom fields, rates, or the ticks of a checklist, whose lines say so instead. `fields` are sets of tags.
_FIELDS = {
    Kind.PERSON: {
        "name": _NATIVE,
        "email": _NATIVE,
        "active": _NATIVE,
        "position": _NATIVE,
        "role": _LOST,
        "team": _NATIVE,
        "department": _NATIVE,
        "phones": _LOST,
        "address": _LOST,
        "messengers": _LOST,
        "rate": _LOST,
        "created": _LOST,
    },
    Kind.GROUP: {"title": _NATIVE, "client": _LOST},
    Kind.COMPANY: {"name": _NATIVE, "client": _NATIVE},
    Kind.CONTACT: {
        "name": _NATIVE,
        "email": _NATIVE,
        "position": _NATIVE,
        "company": _LOST,
        "group": _NATIVE,
        "phones": _NATIVE,
        "address": _NATIVE,
        "messengers": _LOST,
        "created": _LOST,
    },
    Kind.TAG: {"title": _NATIVE, "group": _NATIVE, "of": _NATIVE, "status": _NATIVE, "private": _NATIVE},
    Kind.PROJECT: {
        "title": _NATIVE,
        "text": _NATIVE,
        "status": _NATIVE,
        "archived": _NATIVE,  # by the status that the mapping gives it
        "depth": _NATIVE,  # of projects inside projects, which Worksection has not: told with the parent
        "created": _TEXT,
        "closed": _TEXT,
        "start": _NATIVE,
        "end": _NATIVE,
        "author": _NATIVE,
        "manager": _NATIVE,
        "members": _NATIVE,
        "group": _NATIVE,
        "client": _TEXT,
        "tags": _NATIVE,
        "fields": _MAPPED,
        "plan_minutes": _NATIVE,
        "plan_money": _NATIVE,
        "settings": _NATIVE,
        "url": _NATIVE,
    },
    Kind.TASK: {
        "title": _NATIVE,
        "depth": _NATIVE,
        "text": _NATIVE,
        "status": _NATIVE,
        "done": _NATIVE,  # by the status that the mapping gives it
        "created": _TEXT,
        "closed": _TEXT,  # natively its day alone
        "start": _NATIVE,
        "start_at": _TEXT,
        "due": _NATIVE,
        "due_at": _TEXT,
        "author": _NATIVE,
        "assignees": _NATIVE,
        "anyone": _NATIVE,
        "followers": _NATIVE,
        "hidden": _NATIVE,
        "priority": _NATIVE,
        "priority_name": _NATIVE,
        "tags": _NATIVE,
        "fields": _MAPPED,
        "plan_minutes": _NATIVE,
        "plan_money": _NATIVE,
        "relations": _TEXT,
        "url": _NATIVE,
    },
    Kind.FILE: {"name": _NATIVE, "size": _NATIVE, "created": _LOST, "author": _LOST},
    Kind.COMMENT: {
        "text": _NATIVE,
        "created": _TEXT,
        "author": _NATIVE,
        "hidden": _NATIVE,
        "pinned": _TEXT,
        "url": _NATIVE,
    },
    Kind.CHECKITEM: {"title": _NATIVE, "done": _TEXT},
    Kind.COST: {
        "day": _NATIVE,
        "person": _NATIVE,
        "minutes": _NATIVE,
        "money": _NATIVE,
        "text": _NATIVE,
        "timer": _TEXT,
        "time_in": _NATIVE,
        "money_in": _NATIVE,
    },
}

# The vendor contract, section 5: texts, authors, comments, files, checklists and the place of a task are for creation only.
_COMMON = frozenset({"title", "start", "end", "plan_minutes", "plan_money", "tags", "status"})
_UPDATES = {
    Kind.PROJECT: _COMMON | {"manager", "settings", "members"},
    Kind.TASK: _COMMON | {"assignees", "priority", "closed"},
    Kind.COST: frozenset({"day", "minutes", "money", "text"}),
}

CAPABILITIES = Capabilities(
    reads=frozenset(Kind),
    creates=frozenset(_FIELDS),
    matches=frozenset({Kind.PERSON, Kind.GROUP, Kind.COMPANY, Kind.CONTACT}),
    fields=_FIELDS,
    carried=frozenset({Kind.FILE, Kind.CHECKITEM}),
    hangs_on={
        Kind.FILE: frozenset({Kind.PROJECT, Kind.TASK, Kind.COMMENT}),
        Kind.COMMENT: frozenset({Kind.TASK}),
        Kind.CHECKITEM: frozenset({Kind.TASK}),
        Kind.COST: frozenset({Kind.TASK}),
    },
    finishes=frozenset({Kind.PROJECT, Kind.TASK}),
    finish_sets={
        Kind.PROJECT: frozenset({"tags", "settings", "status"}),
        Kind.TASK: frozenset({"tags", "status", "closed"}),
    },
    finds=frozenset({Kind.PERSON, Kind.CONTACT, Kind.PROJECT, Kind.TASK, Kind.FILE, Kind.COMMENT, Kind.COST}),
    repeats=frozenset({Kind.GROUP, Kind.COMPANY, Kind.TAG, Kind.CHECKITEM}),  # the vendor makes each once
    updates=_UPDATES,
    seals=frozenset({Kind.PROJECT, Kind.TASK}),
    deletes=frozenset({Kind.COST}),
    retires=frozenset({Kind.PROJECT, Kind.TASK}),
    encloses=frozenset({Kind.PROJECT}),
    depth=2,
    title_limit=255,  # no page states the vendor's; this much is kept by all
    # Whether markup is obeyed is not known (the vendor contract, section 9), so none is sent.
    plain=frozenset({Kind.PROJECT, Kind.TASK, Kind.COMMENT}),
    text_limit=65_536,
)

OPTIONS = (
    Option("auth", 'how requests are signed: "hmac" or "md5" with the admin API key, "oauth2" with tokens', "hmac"),
    Option("oauth_url", "where OAuth2 tokens are renewed", "https://worksection.com"),
    Option(
        "token_file",
        "oauth2 only: the file that keeps each renewed pair of tokens (a renewal voids the pair before it)",
        "",
    ),
    Option(
        "subscribers", "read who follows each task; takes one request for each project instead of one for all", True
    ),
    Option("comment_files", "read the files of comments; takes one request for each task with comments", True),
    Option(
        "custom_fields",
        "read the values of custom fields; takes one request for each task and project, in accounts that have any",
        True,
    ),
    Option("loose_project", "as target: the project (title or id) that takes the tasks which are in none", ""),
    Option("tag_set", "as target: the set that takes the tags which come without one", "Tags"),
)


@asynccontextmanager
async def _open_source(account: Account, wire: Wire) -> AsyncIterator[Source]:
    from migrator.vendors.worksection.client import open_client
    from migrator.vendors.worksection.source import WorksectionSource

    async with open_client(account, wire) as client:
        yield WorksectionSource(client, account)


@asynccontextmanager
async def _open_target(account: Account, wire: Wire) -> AsyncIterator[Target]:
    """The account, with its words read. Raises InputWrong for options that name nothing in it."""
    from migrator.vendors.worksection.client import open_client
    from migrator.vendors.worksection.opening import read_catalogue
    from migrator.vendors.worksection.target import WorksectionTarget

    async with open_client(account, wire) as client:
        try:
            catalogue = await read_catalogue(client, account)
        except Refused as refused:
            raise InputWrong([f"{refused}. Check the url of the account, and the rights of its key"]) from refused
        yield WorksectionTarget(client, catalogue)


VENDOR = Vendor(
    name="worksection",
    title="Worksection",
    capabilities=CAPABILITIES,
    limits=LIMITS,
    options=OPTIONS,
    open_source=_open_source,
    open_target=_open_target,
)
