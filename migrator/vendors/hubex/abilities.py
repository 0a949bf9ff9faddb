"""What HubEx takes, as facts: the kinds it creates and what becomes of each of their fields.

Source: the vendor contract, sections 5 (what a request can set) and 8 (what stands for what).
"""

from __future__ import annotations

from collections.abc import Mapping

from migrator.model import Kind
from migrator.vendor import Carry, Option

_NATIVE, _TEXT, _LOST, _MAPPED = Carry.NATIVE, Carry.TEXT, Carry.LOST, Carry.MAPPED

# No creation date can be set, of nothing. A task has no title: ours is the first line of its description. Who put a file there and
# when, and what of a contact has no field, stand in descriptions. `url` is native because links to it end the text.
FIELDS: Mapping[Kind, Mapping[str, Carry]] = {
    Kind.COMPANY: {"name": _NATIVE, "client": _NATIVE},
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
        "depth": _NATIVE,
        "text": _NATIVE,
        "status": _NATIVE,
        "archived": _NATIVE,  # by the status that the mapping gives it
        "created": _TEXT,
        "closed": _TEXT,
        "start": _TEXT,
        "end": _TEXT,
        "author": _TEXT,
        "manager": _TEXT,
        "members": _TEXT,
        "group": _TEXT,
        "client": _NATIVE,
        "tags": _NATIVE,
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
        "done": _NATIVE,  # by the stage that the mapping gives it
        "created": _TEXT,
        "closed": _TEXT,
        "start": _NATIVE,
        "start_at": _NATIVE,
        "due": _NATIVE,
        "due_at": _NATIVE,
        "author": _NATIVE,
        "assignees": _NATIVE,
        "anyone": _TEXT,
        "followers": _TEXT,
        "hidden": _TEXT,
        "priority": _NATIVE,
        "priority_name": _NATIVE,
        "tags": _NATIVE,
        "fields": _MAPPED,
        "plan_minutes": _NATIVE,
        "plan_money": _NATIVE,
        "relations": _TEXT,
        "url": _NATIVE,
    },
    Kind.FILE: {"name": _NATIVE, "size": _NATIVE, "created": _TEXT, "author": _TEXT},  # in its description
    Kind.COMMENT: {
        "text": _NATIVE,
        "created": _TEXT,
        "author": _TEXT,
        "hidden": _NATIVE,
        "pinned": _TEXT,
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
CREATES: frozenset[Kind] = frozenset(FIELDS)
MATCHES: frozenset[Kind] = frozenset({Kind.PERSON, Kind.COMPANY, Kind.CONTACT})
FINISHES: frozenset[Kind] = frozenset({Kind.PROJECT, Kind.TASK})
FINDS: frozenset[Kind] = CREATES
# Section 5: companies, contacts and works are replaced whole, with what nobody reads; messages and files cannot be changed.
UPDATES: Mapping[Kind, frozenset[str]] = {
    Kind.PROJECT: frozenset({"title", "text", "client", "status", "parent", "tags", "fields"}),
    Kind.TASK: frozenset(
        {"title", "text", "project", "parent", "start", "due", "status", "author", "assignees", "tags", "fields"}
        | {"plan_minutes", "plan_money"}
    ),
    Kind.CHECKITEM: frozenset({"done"}),
}
SEALS: frozenset[Kind] = frozenset({Kind.PROJECT})  # no task can be made on an asset that is not published
FINISH_SETS: Mapping[Kind, frozenset[str]] = {
    Kind.PROJECT: frozenset({"tags", "fields", "status"}),
    Kind.TASK: frozenset({"tags", "fields", "status", "assignees"}),
}
DELETES: frozenset[Kind] = CREATES
REPEATS: frozenset[Kind] = frozenset()
HANGS_ON: Mapping[Kind, frozenset[Kind]] = {
    Kind.FILE: frozenset({Kind.PROJECT, Kind.TASK, Kind.COMMENT}),
    Kind.COMMENT: frozenset({Kind.TASK}),
    Kind.CHECKITEM: frozenset({Kind.TASK}),
    Kind.COST: frozenset({Kind.TASK}),
}

TARGET_OPTIONS: tuple[Option, ...] = (
    Option("task_type", "type (name or id) of new tasks; without it the account's own default", ""),
    Option(
        "asset_type", "type (name or id) of the assets that projects become; without it the account's own default", ""
    ),
    Option("asset_class", "class (name or id) of those assets; without it the account's own default", ""),
    Option("company", "company (name or id) of projects that name no client; without it such a project is refused", ""),
    Option("registration_type", "legal form (name or id) of new companies; without it the first of the account", ""),
    Option(
        "address",
        "address of the assets that projects become, which must have one; it is made if need be",
        "Без адреса",
    ),
    Option("work_type", "work type (name or id) under which time is written; without it the account's own default", ""),
    Option("money_work_type", "work type (name or id) under which money is written; without it that of time", ""),
    Option("currency", "currency (name, code or id) of money; needed where the account has several", ""),
    Option(
        "stand_in",
        "user (name or e-mail) who is assigned where the source's own people are not in HubEx: most stages demand somebody",
        "",
    ),
    Option("created_attribute", "attribute of type date that takes the creation date of tasks, beside the text", ""),
    Option("external_comments", "show comments that were not hidden to the customer too, in the external chat", False),
)
