"""What Planfix can do, as facts: the kinds it knows, what becomes of each of their fields, what can be changed or taken back later."""

from __future__ import annotations

from migrator.model import Kind
from migrator.vendor import Capabilities, Carry

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
