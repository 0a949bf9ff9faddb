"""Planfix: what it can do, how fast, with which options, and how to open an account of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from migrator.errors import InputWrong, Refused
from migrator.model import Kind
from migrator.vendor import Account, Capabilities, Carry, Limits, Option, Source, Target, Vendor, Wire

# The vendor contract, section 2: one request a second; the day's quota is 20,000, 50,000 or 100,000 by package, so the least is
# assumed. Concurrency is not published; a few at once, because a slow upload would otherwise hold up the pace.
LIMITS = Limits(requests=1, period=1.0, per_day=20_000, parallel=3, timeout=120.0, quarantine=150.0)

_NATIVE, _TEXT, _LOST, _MAPPED = Carry.NATIVE, Carry.TEXT, Carry.LOST, Carry.MAPPED

# The vendor contract, section 5. A project has no creation date, a file neither date nor author, a contact's date cannot be set,
# and dependencies between tasks have no endpoint. `url` is native because links to it are rewritten and the text ends with it.
_FIELDS = {
    Kind.COMPANY: {"name": _NATIVE, "client": _LOST},
    Kind.CONTACT: {
        "name": _NATIVE,
        "email": _NATIVE,
        "position": _NATIVE,
        "company": _NATIVE,
        "group": _NATIVE,
        "phones": _NATIVE,
        "address": _NATIVE,
        "messengers": _NATIVE,
        "created": _LOST,
    },
    Kind.PROJECT: {
        "title": _NATIVE,
        "text": _NATIVE,
        "status": _NATIVE,
        "archived": _NATIVE,  # by the status that the mapping gives it
        "created": _TEXT,
        "closed": _TEXT,
        "start": _NATIVE,
        "end": _NATIVE,
        "author": _TEXT,
        "manager": _NATIVE,
        "members": _NATIVE,
        "group": _NATIVE,
        "client": _NATIVE,
        "depth": _NATIVE,  # by its parent
        "tags": _MAPPED,
        "fields": _MAPPED,
        "plan_minutes": _MAPPED,
        "plan_money": _MAPPED,
        "settings": _TEXT,
        "url": _NATIVE,
    },
    Kind.TASK: {
        "title": _NATIVE,
        "depth": _NATIVE,
        "text": _NATIVE,
        "status": _NATIVE,
        "done": _NATIVE,  # by the status that the mapping gives it
        "created": _NATIVE,
        "closed": _TEXT,
        "start": _NATIVE,
        "start_at": _NATIVE,
        "due": _NATIVE,
        "due_at": _NATIVE,
        "author": _NATIVE,
        "assignees": _NATIVE,
        "anyone": _TEXT,
        "followers": _NATIVE,
        "hidden": _TEXT,
        "priority": _NATIVE,
        "priority_name": _NATIVE,
        "tags": _MAPPED,
        "fields": _MAPPED,
        "plan_minutes": _MAPPED,
        "plan_money": _MAPPED,
        "relations": _TEXT,
        "url": _NATIVE,
    },
    Kind.FILE: {"name": _NATIVE, "size": _NATIVE, "created": _LOST, "author": _LOST},
    Kind.COMMENT: {
        "text": _NATIVE,
        "created": _NATIVE,
        "author": _NATIVE,
        "hidden": _NATIVE,
        "pinned": _NATIVE,
        "url": _NATIVE,
    },
    Kind.CHECKITEM: {"title": _NATIVE, "done": _NATIVE},
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

# The vendor contract, section 5: for creation only are the first day of a project, author and date of a comment, the bytes of a file.
_UPDATES = {
    Kind.COMPANY: frozenset({"name"}),
    Kind.CONTACT: frozenset({"name", "email", "position", "address", "phones", "group", "company", "messengers"}),
    Kind.PROJECT: frozenset(
        {"title", "text", "parent", "end", "status", "manager", "members", "group", "client", "fields"}
    ),
    Kind.TASK: frozenset(
        {
            "title",
            "text",
            "project",
            "parent",
            "start",
            "due",
            "status",
            "author",
            "assignees",
            "followers",
            "priority",
            "files",
            "fields",
        }
    ),
    Kind.FILE: frozenset({"name"}),
    Kind.COMMENT: frozenset({"text", "hidden", "pinned", "files"}),
    Kind.CHECKITEM: frozenset({"title", "done"}),
    Kind.COST: frozenset({"day", "minutes", "money", "text", "person"}),
}

CAPABILITIES = Capabilities(
    reads=frozenset(Kind),
    creates=frozenset(_FIELDS),
    matches=frozenset({Kind.PERSON, Kind.GROUP, Kind.COMPANY, Kind.CONTACT}),
    fields=_FIELDS,
    hangs_on={
        Kind.FILE: frozenset({Kind.PROJECT, Kind.TASK, Kind.COMMENT}),
        Kind.COMMENT: frozenset({Kind.TASK}),
        Kind.CHECKITEM: frozenset({Kind.TASK}),
        Kind.COST: frozenset({Kind.TASK}),
    },
    finishes=frozenset({Kind.PROJECT, Kind.TASK}),
    finish_sets={
        Kind.PROJECT: frozenset({"text", "status", "manager", "members", "fields"}),
        Kind.TASK: frozenset(
            {"text", "start", "due", "status", "author", "assignees", "followers", "priority", "files", "fields"}
        ),
    },
    finds=frozenset(_FIELDS) - {Kind.FILE},
    repeats=frozenset({Kind.FILE}),  # an upload that nothing refers to is an orphan nobody sees
    updates=_UPDATES,
    deletes=frozenset({Kind.COMMENT, Kind.FILE, Kind.COST}),
    retires=frozenset({Kind.COMPANY, Kind.CONTACT, Kind.PROJECT, Kind.TASK}),
    title_limit=255,
    text_limit=64 * 1024,
    checklist_limit=150,
    file_limit=100 * 2**20,
    silent=True,
)

OPTIONS = (
    Option("checklists", "as source: read checklists; takes one request for each task", True),
    Option("time_tag", "as source: the data tag (name) that holds time spent; without it those with a period", ""),
    Option("money_tag", "as source: the data tag (name) that holds money; without it those with a number alone", ""),
    Option("plan_minutes", "as source: the custom field (name) that holds planned minutes", ""),
    Option("plan_money", "as source: the custom field (name) that holds planned money", ""),
    Option("site", "as source: address of the account's own pages, where it is not that of the url without /rest", ""),
    Option("task_template", "template (name or id) of new tasks; custom fields are kept only if it has them", ""),
    Option("project_template", "template (name or id) of new projects; custom fields are kept only if it has them", ""),
    Option("contact_template", "template (name or id) of new contacts; needed where there are several", ""),
    Option("company_template", "template (name or id) of new companies; needed where there are several", ""),
    Option("process", "process (name or id) of new tasks; without it the template's, or the account's own", ""),
    Option(
        "marker_field",
        "custom field of type Line, attached to every template used, that holds our mark: it finds what a lost answer left behind",
        "Migration ID",
    ),
    Option("rolled_back_status", "status (name or id) that `rollback` gives to tasks, which cannot be deleted", ""),
)


@asynccontextmanager
async def open_source(account: Account, wire: Wire) -> AsyncIterator[Source]:
    """The account, open for reading."""
    from migrator.vendors.planfix.client import open_client
    from migrator.vendors.planfix.source import PlanfixSource

    async with open_client(account, wire) as client:
        yield PlanfixSource(client, account)


@asynccontextmanager
async def open_target(account: Account, wire: Wire) -> AsyncIterator[Target]:
    """The account, with its words read. Raises InputWrong for options that name nothing in it."""
    from migrator.vendors.planfix.client import open_client
    from migrator.vendors.planfix.opening import read_catalogue
    from migrator.vendors.planfix.target import PlanfixTarget

    async with open_client(account, wire) as client:
        try:
            catalogue = await read_catalogue(client, account)
        except Refused as refused:
            raise InputWrong([f"{refused}. Check the url of the account; it ends in /rest"]) from refused
        yield PlanfixTarget(client, catalogue)


VENDOR = Vendor(
    name="planfix",
    title="Planfix",
    capabilities=CAPABILITIES,
    limits=LIMITS,
    options=OPTIONS,
    open_source=open_source,
    open_target=open_target,
)
