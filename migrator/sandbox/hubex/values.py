"""Values of attributes: always texts, checked by the attribute's type.

Vendor contract, sections 2, 4.6, 10. A value has at least one character; a list takes keys of its `listOfValues`. The format of a list of
several is open: here its keys are joined by ";". A file is the id of an attachment.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from migrator.sandbox.hubex import times
from migrator.sandbox.hubex.state import State
from migrator.sandbox.hubex.wire import Record, invalid


def take(state: State, attribute: object, value: Any) -> str:
    """The value of the attribute, as it is kept. Raises Refusal."""
    record = state.live("attributes", attribute)
    if record is None or not isinstance(value, str) or not value:
        raise invalid()
    kind = (state.get("attribute_types", record.get("attributeTypeID")) or {}).get("code", "")
    check = _CHECKS.get(kind)
    try:
        if check is not None and not check(state, record, value):
            raise invalid()
    except ValueError as error:
        raise invalid() from error
    return value


def _date(_: State, __: Record, value: str) -> bool:
    return bool(date.fromisoformat(value))


def _datetime(_: State, __: Record, value: str) -> bool:
    return bool(times.take(value))


def _key(_: State, attribute: Record, value: str) -> bool:
    return value in attribute.get("listOfValues", {})


def _keys(_: State, attribute: Record, value: str) -> bool:
    return all(key in attribute.get("listOfValues", {}) for key in value.split(";"))


def _file(state: State, _: Record, value: str) -> bool:
    return value in state.attachments


def _pattern(pattern: str) -> Callable[[State, Record, str], bool]:
    return lambda _, __, value: bool(re.fullmatch(pattern, value))


_CHECKS: dict[str, Callable[[State, Record, str], bool]] = {
    "int": _pattern(r"-?\d+"),
    "float": _pattern(r"-?\d+(\.\d+)?"),
    "date": _date,
    "datetime": _datetime,
    "list": _key,
    "multilist": _keys,
    "switch": _pattern("true|false"),
    "file": _file,
    "directory": _pattern(r"\d+"),
}
