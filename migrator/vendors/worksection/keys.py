"""Where every documented key of every record goes, so that none is dropped unseen. Source: the vendor contract, section 4.

The right side names a field of the model. "- redundant: .." is said elsewhere in full; "- .." alone is not supported, and each
occurrence that holds something becomes an issue.
"""

from __future__ import annotations

from collections.abc import Mapping

from migrator.model import Issue, Reach, Ref
from migrator.vendor import Record

_PICTURE = "- pictures of people are not moved"
_PAGE = "- redundant: an address made of the id"
_NAME_PARTS = "- redundant: part of the name"

_PERSON = {
    "id": "ref",
    "first_name": _NAME_PARTS,
    "last_name": _NAME_PARTS,
    "name": "name",
    "title": "position",
    "url": "messengers",
    "services": "messengers",
    "contacts": "messengers",
    "date_added": "created",
    "data_added": "created",
    "group": "team",
    "email": "email",
    "phone": "phones",
    "phone2": "phones",
    "phone3": "phones",
    "phone4": "phones",
    "address": "address",
    "address2": "address",
}
_TAG = {"id": "ref", "title": "title", "group": "group"}
_TAG_GROUP = {
    "id": "- redundant: each tag names its set",
    "title": "- redundant: each tag names its set",
    "type": "- redundant: each tag says so of its set",
    "access": "- redundant: each tag says so of its set",
}
_FIELD = {"id": "ref", "type": "type", "name": "title", "descr": "description", "options": "options"}

KEYS: Mapping[str, Mapping[str, str]] = {
    "users": _PERSON | {"rate": "rate", "avatar": _PICTURE, "department": "department", "role": "role"},
    "user_groups": {"id": "ref", "title": "name", "type": "- redundant: always company", "client": "client"},
    "contacts": _PERSON | {"group": "group", "avatar": _PICTURE},
    "contact_groups": {
        "id": "- redundant: each contact names its folder",
        "title": "- redundant: each contact names its folder",
        "type": "- redundant: who made the folder",
    },
    "project_groups": {
        "id": "ref",
        "title": "title",
        "type": "- redundant: only companies can be clients",
        "client": "client",
    },
    "task_tags": _TAG,
    "project_tags": _TAG,
    "task_tag_groups": _TAG_GROUP,
    "project_tag_groups": _TAG_GROUP,
    "task_fields": _FIELD,
    "project_fields": _FIELD,
    "projects": {
        "id": "ref",
        "name": "title",
        "page": "url",
        "status": "status",
        "company": "group",
        "user_from": "author",
        "user_to": "manager",
        "date_added": "created",
        "date_start": "start",
        "date_end": "end",
        "date_closed": "closed",
        "max_time": "plan_minutes",
        "max_money": "plan_money",
        "tags": "tags",
        "text": "text",
        "options": "settings",
        "users": "members",
        "custom_fields": "fields",
    },
    "tasks": {
        "id": "ref",
        "name": "title",
        "page": "url",
        "status": "status",
        "priority": "priority",
        "user_from": "author",
        "user_to": "assignees",
        "project": "project",
        "parent": "parent",
        "text": "text",
        "date_added": "created",
        "date_start": "start",
        "date_end": "due",
        "date_closed": "closed",
        "time_start": "start_at",
        "time_end": "due_at",
        "max_time": "plan_minutes",
        "max_money": "plan_money",
        "tags": "tags",
        "files": "files as entities",
        "has_comments": "- redundant: the comments say so",
        "comments": "comments as entities",
        "relations": "relations",
        "subscribers": "followers",
        "child": "subtasks as entities",
        "custom_fields": "fields",
    },
    "comments": {
        "id": "ref",
        "page": "url",
        "text": "text",
        "date_added": "created",
        "user_from": "author",
        "files": "files as entities",
    },
    "files": {
        "id": "ref",
        "page": _PAGE,
        "name": "name",
        "size": "size",
        "date_added": "created",
        "user_from": "author",
        "id_project": "on",
    },
    "costs": {
        "id": "ref",
        "comment": "text",
        "time": "minutes",
        "money": "money",
        "date": "day",
        "is_timer": "timer",
        "user_from": "person",
        "task": "on",
    },
}


def unaccounted(table: str, record: Record, ref: Ref) -> tuple[Issue, ...]:
    """An issue for each key that goes nowhere: unsupported where it holds something, unknown where no page names it."""
    issues: list[Issue] = []
    for key, value in record.items():
        place = KEYS[table].get(key)
        if place is None:
            detail = f"no page of the vendor describes it; it holds {str(value)[:100]!r}"
            issues.append(Issue(ref=ref, code="unknown-field", field=key, detail=detail))
        elif place.startswith("- ") and not place.startswith("- redundant") and value:
            issues.append(
                Issue(ref=ref, code="unsupported", field=key, detail=place.removeprefix("- "), reach=Reach.LOSS)
            )
    return tuple(issues)
