"""What HubEx can do, as facts: the kinds it knows, what becomes of each of their fields, what can be changed or taken back later.

Source: the vendor contract, sections 5 (what a request can set) and 8 (what stands for what).
"""

from __future__ import annotations

from collections.abc import Mapping

from migrator.model import Kind
from migrator.vendor import Capabilities, Carry

_NATIVE, _TEXT, _LOST, _MAPPED = Carry.NATIVE, Carry.TEXT, Carry.LOST, Carry.MAPPED

# No creation date can be set, of nothing. A task has no title: ours is the first line of its description. Who put a file there and
# when, and what of a contact has no field, stand in descriptions. `url` is native because links to it end the text.
_FIELDS: Mapping[Kind, Mapping[str, Carry]] = {
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
_CREATES: frozenset[Kind] = frozenset(_FIELDS)
_MATCHES: frozenset[Kind] = frozenset({Kind.PERSON, Kind.COMPANY, Kind.CONTACT})
_FINISHES: frozenset[Kind] = frozenset({Kind.PROJECT, Kind.TASK})
_FINDS: frozenset[Kind] = _CREATES
# Section 5: companies, contacts and works are replaced whole, with what nobody reads; messages and files cannot be changed.
_UPDATES: Mapping[Kind, frozenset[str]] = {
    Kind.PROJECT: frozenset({"title", "text", "client", "status", "parent", "tags", "fields"}),
    Kind.TASK: frozenset(
        {"title", "text", "project", "parent", "start", "due", "status", "author", "assignees", "tags", "fields"}
        | {"plan_minutes", "plan_money"}
    ),
    Kind.CHECKITEM: frozenset({"done"}),
}
_SEALS: frozenset[Kind] = frozenset({Kind.PROJECT})  # no task can be made on an asset that is not published
_FINISH_SETS: Mapping[Kind, frozenset[str]] = {
    Kind.PROJECT: frozenset({"tags", "fields", "status"}),
    Kind.TASK: frozenset({"tags", "fields", "status", "assignees"}),
}
_DELETES: frozenset[Kind] = _CREATES
_REPEATS: frozenset[Kind] = frozenset()
_HANGS_ON: Mapping[Kind, frozenset[Kind]] = {
    Kind.FILE: frozenset({Kind.PROJECT, Kind.TASK, Kind.COMMENT}),
    Kind.COMMENT: frozenset({Kind.TASK}),
    Kind.CHECKITEM: frozenset({Kind.TASK}),
    Kind.COST: frozenset({Kind.TASK}),
}

CAPABILITIES = Capabilities(
    reads=frozenset(Kind) - {Kind.GROUP},
    creates=_CREATES,
    matches=_MATCHES,
    fields=_FIELDS,
    hangs_on=_HANGS_ON,
    finishes=_FINISHES,
    finish_sets=_FINISH_SETS,
    finds=_FINDS,
    repeats=_REPEATS,
    updates=_UPDATES,
    seals=_SEALS,
    deletes=_DELETES,
    plain=frozenset({Kind.PROJECT, Kind.COMMENT}),
)
