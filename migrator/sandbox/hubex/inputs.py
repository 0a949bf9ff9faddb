"""What a write to HubEx takes: each named field of a body, checked and read into the kept form of a record.

Vendor contract, sections 2 and 5. Names are case-insensitive, unknown ones are passed over (that is how `inn` and `legalName` vanish,
section 9B), null is the same as absent. A value of the wrong JSON type, over its limit or naming nothing is 409 InvalidData.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from migrator.sandbox.hubex import times
from migrator.sandbox.hubex.state import BYTE, INT16, State
from migrator.sandbox.hubex.wire import Record, bad_format, invalid, missing

Take: TypeAlias = Callable[[State, Any], Any]


@dataclass(frozen=True)
class Field:
    """One field of a body: the vendor's name, how its value is read, whether it must be there."""

    name: str
    take: Take
    required: bool = False


def read(state: State, body: Mapping[str, Any], fields: Iterable[Field]) -> Record:
    """The fields that the body (keys in lower case) has a value for. Raises Refusal."""
    taken: Record = {}
    for one in fields:
        value = body.get(one.name.lower())
        if value is not None:
            taken[one.name] = one.take(state, value)
        elif one.required:
            raise missing()
    return taken


def replace(record: Record, fields: Iterable[Field], taken: Mapping[str, Any]) -> None:
    """Full replace: fields that were not sent are gone (gotcha 27)."""
    for one in fields:
        record.pop(one.name, None)
    record.update(taken)


def text(limit: int | None = None) -> Take:
    """A text of at most so many characters."""

    def take(_: State, value: Any) -> str:
        if not isinstance(value, str) or (limit is not None and len(value) > limit):
            raise invalid()
        return value

    return take


def name(limit: int | None = None) -> Take:
    """A text that is not empty."""
    plain = text(limit)

    def take(state: State, value: Any) -> str:
        if not (taken := plain(state, value)).strip():
            raise missing()
        return str(taken)

    return take


def number(_: State, value: Any) -> int:
    """A whole number."""
    if type(value) is not int:
        raise invalid()
    return value


def real(_: State, value: Any) -> float | int:
    """A number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid()
    return value


def flag(_: State, value: Any) -> bool:
    """A switch."""
    if not isinstance(value, bool):
        raise invalid()
    return value


def moment(_: State, value: Any) -> str:
    """A moment."""
    try:
        return times.take(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise invalid() from error


def guid(_: State, value: Any) -> str:
    """A UUID."""
    try:
        return str(uuid.UUID(value))
    except (ValueError, AttributeError, TypeError) as error:
        raise invalid() from error


def texts(_: State, value: Any) -> list[str]:
    """A list of texts."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise bad_format()
    return value


def reference(table: str) -> Take:
    """The id of a record that is there and not deleted."""

    def take(state: State, value: Any) -> int:
        if state.live(table, number(state, value)) is None:
            raise invalid()
        return int(value)

    return take


def references(table: str) -> Take:
    """A list of ids of records that are there."""
    one = reference(table)

    def take(state: State, value: Any) -> list[int]:
        if not isinstance(value, list):
            raise bad_format()
        return [one(state, item) for item in value]

    return take


def byte(_: State, value: Any) -> int:
    """A whole number of one byte."""
    if type(value) is not int or not 0 <= value <= BYTE:
        raise invalid()
    return value


def short(_: State, value: Any) -> int:
    """A whole number of 16 bits."""
    if type(value) is not int or not -INT16 - 1 <= value <= INT16:
        raise invalid()
    return value


def data_of(row: Mapping[str, Any]) -> list[Any]:
    """The `data` array of a `{taskID, data[]}` row. Raises Refusal."""
    data = row.get("data")
    if data is None:
        raise missing()
    if not isinstance(data, list):
        raise bad_format()
    return data


def objects_of(row: Mapping[str, Any], key: str = "data") -> list[Record]:
    """An array of objects under a key. Raises Refusal."""
    data = data_of({"data": row.get(key)})
    if not all(isinstance(one, dict) for one in data):
        raise bad_format()
    return data
