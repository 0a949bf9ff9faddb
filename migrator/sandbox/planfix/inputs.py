"""What a write to Planfix takes: each named field of a body, read into the kept form of a record.

Unknown names are passed over (gotcha 34: only checklists refuse them). A value of the wrong JSON shape is refused with code 30, one
that names nothing with code 41.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from migrator.sandbox.planfix import times, values
from migrator.sandbox.planfix.state import State
from migrator.sandbox.planfix.wire import BAD_VALUE, MISSING, Record, Refusal, bad_json, id_of, rows_of

NAME_LENGTH = 255
VERSION_LENGTH = 100


@dataclass(frozen=True)
class Writer:
    """Who writes: the token's user, and the zone their dates are in."""

    state: State
    user: str
    zone: ZoneInfo


Input: TypeAlias = Callable[[Writer, Any], Any]


def bad_value(text: str) -> Refusal:
    """The refusal of a value that names nothing."""
    return Refusal(400, BAD_VALUE, text)


def read(writer: Writer, inputs: Mapping[str, Input], body: Mapping[str, Any]) -> Record:
    """The changes a body asks for, in kept form; None clears. Raises Refusal."""
    return {name: take(writer, body[name]) for name, take in inputs.items() if name in body}


def given(changes: Record) -> Record:
    """The changes without those that clear: what a new object has, or a value that cannot be cleared."""
    return {name: value for name, value in changes.items() if value is not None}


def apply(record: Record, changes: Mapping[str, Any]) -> None:
    """Lay changes over a record: None takes the key away, custom values merge field by field."""
    for name, value in changes.items():
        if name == "fields":
            merged = {**record.get("fields", {}), **value}
            record["fields"] = {identity: one for identity, one in merged.items() if one is not None}
        elif value is None:
            record.pop(name, None)
        else:
            record[name] = value


def text(_: Writer, value: Any) -> str | None:
    """A text."""
    if value is not None and not isinstance(value, str):
        raise bad_json()
    return value


def title(_: Writer, value: Any) -> str:
    """A name: not empty, at most 255 characters."""
    if not isinstance(value, str):
        raise bad_json()
    if not value.strip():
        raise Refusal(400, MISSING, "Name is required")
    if len(value) > NAME_LENGTH:
        raise bad_value(f"Name is longer than {NAME_LENGTH} characters")
    return value


def flag(_: Writer, value: Any) -> bool:
    """A switch."""
    if not isinstance(value, bool):
        raise bad_json()
    return value


def number(_: Writer, value: Any) -> int | None:
    """A whole number."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise bad_json()
    return value


def choice(*allowed: str, otherwise: str) -> Input:
    """One of the words; any other silently becomes `otherwise` (unknown priority, [obs PFX])."""

    def take(_: Writer, value: Any) -> str:
        return value if value in allowed else otherwise

    return take


def source_object(_: Writer, value: Any) -> str | None:
    """A UUID [doc]."""
    try:
        return None if value is None else str(uuid.UUID(value))
    except (ValueError, AttributeError, TypeError) as error:
        raise bad_value(f"sourceObjectId is not a uuid: {value}") from error


def source_version(writer: Writer, value: Any) -> str | None:
    """A text of at most 100 characters [doc]."""
    taken = text(writer, value)
    if taken is not None and len(taken) > VERSION_LENGTH:
        raise bad_value("sourceDataVersion is too long")
    return taken


def moment(writer: Writer, value: Any) -> str | None:
    """A moment, in the writer's zone unless it says `Z`."""
    try:
        return None if value is None else times.take(value, writer.zone)[0]
    except ValueError as error:
        raise bad_value(f"Bad date: {value}") from error


def day(_: Writer, value: Any) -> str | None:
    """A day."""
    try:
        return None if value is None else times.take_day(value)
    except ValueError as error:
        raise bad_value(f"Bad date: {value}") from error


def person(writer: Writer, value: Any) -> str | None:
    """A prefixed person; a bare number silently becomes the token's user (gotcha 25)."""
    if value is None:
        return None
    identity = str(value.get("id")) if isinstance(value, dict) else ""
    if identity.isdigit():
        return f"user:{writer.user}"
    if not re.fullmatch(r"(user|contact|group):\d+", identity):
        raise bad_json()
    if not writer.state.knows(identity):
        raise bad_value(f"Not found by id {identity}")
    return identity


def contact(writer: Writer, value: Any) -> str | None:
    """A contact or company, `contact:5` or 5 [doc]."""
    if value is None:
        return None
    identity = str(value.get("id")) if isinstance(value, dict) else ""
    return f"contact:{identity}" if identity.isdigit() else person(writer, value)


def people(writer: Writer, value: Any) -> list[str]:
    """`{users, groups}` as one list; it replaces the old one (gotcha 26)."""
    if value is None:
        return []
    if not isinstance(value, dict):
        raise bad_json()
    users = [person(writer, row) for row in rows_of(value, "users")]
    groups = [_group(writer, row) for row in rows_of(value, "groups")]
    return list(dict.fromkeys(one for one in (*users, *groups) if one))


def reference(table: str) -> Input:
    """`{"id": N}` of a record that exists in the table."""

    def take(writer: Writer, value: Any) -> int | None:
        identity = id_of(value)
        if identity is not None and str(identity) not in getattr(writer.state, table):
            raise bad_value(f"Not found by id {identity}")
        return identity

    return take


def references(table: str) -> Input:
    """A list of `{"id": N}` of records that exist."""
    one = reference(table)

    def take(writer: Writer, value: Any) -> list[int]:
        return [identity for row in rows_of({"rows": value}, "rows") if (identity := one(writer, row)) is not None]

    return take


def files(writer: Writer, value: Any) -> list[int]:
    """A list of files that exist."""
    identities = [id_of(row) for row in rows_of({"files": value}, "files")]
    for identity in identities:
        if str(identity) not in writer.state.files:
            raise Refusal(400, 7000, f"File not found by id {identity}")
    return [identity for identity in dict.fromkeys(identities) if identity is not None]


def custom(writer: Writer, value: Any, known: Mapping[str, Record]) -> dict[str, Any]:
    """Custom values by field id, of the `known` fields alone: others are dropped without a word (gotcha 27)."""
    taken: dict[str, Any] = {}
    for row in rows_of({"rows": value}, "rows"):
        identity = str(id_of(row.get("field")))
        field = known.get(identity)
        if field is None or field["type"] in values.READ_ONLY:
            continue
        try:
            taken[identity] = values.take(field["type"], row.get("value"))
        except (ValueError, TypeError) as error:
            raise bad_value(f"Bad value of custom field {identity}: {error}") from error
        _check_people(writer, field["type"], taken[identity])
    return taken


def _check_people(writer: Writer, kind: int, value: Any) -> None:
    for one in value if kind == values.PEOPLE and value else [value]:
        if kind in (*range(values.CONTACT, values.DIRECTORY_SET),) and one and not writer.state.knows(one):
            raise bad_value(f"Not found by id {one}")


def _group(writer: Writer, row: Record) -> str:
    identity = str(row.get("id"))
    prefixed = f"group:{identity}" if identity.isdigit() else identity
    if not writer.state.knows(prefixed):
        raise bad_value(f"Group not found by id {identity}")
    return prefixed


SOURCE: Mapping[str, Input] = {"sourceObjectId": source_object, "sourceDataVersion": source_version}
