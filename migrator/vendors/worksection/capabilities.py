"""What Worksection can do, as facts: the kinds it knows, what becomes of each of their fields, what can be changed or taken back later."""

from __future__ import annotations

from migrator.model import Kind
from migrator.vendor import Capabilities, Carry

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
