"""HubEx's attributes: their types in our words, and their values as they are written and read. Pure.

Source: the vendor contract, sections 4.6 (types) and 10 (the format of list values, which is open: keys, as `listOfValues` has them).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from migrator.model import Value
from migrator.vendor import Record
from migrator.vendors.hubex.catalogue import Attribute

_TYPES = {
    "string": "text",
    "text": "text",
    "multiline": "text",
    "int": "number",
    "integer": "number",
    "float": "number",
    "date": "date",
    "datetime": "date",
    "list": "list",
    "singlelist": "list",
    "multilist": "set",
    "multiplelist": "set",
    "switch": "yes-no",
    "bool": "yes-no",
    "file": "file",
}
_WHOLE = frozenset({"int", "integer"})
_BETWEEN = ";"
_YES = frozenset({"yes", "true", "1", "да", "так"})
_NO = frozenset({"no", "false", "0", "нет", "ні", ""})


def attribute(id: str, row: Record) -> Attribute:
    """One row of the account's attributes."""
    code = re.sub("[^a-z]", "", str((row.get("type") or {}).get("code", "")).lower())
    options = {str(key): str(value) for key, value in (row.get("listOfValues") or {}).items()}
    type = _TYPES.get(code, "list" if options else "other")
    return Attribute(int(id), str(row["name"]), code, type, bool(row.get("isPublic")), options)


def wire_value(of: Attribute, value: Value, zone: ZoneInfo) -> str:
    """The value as HubEx takes it. Raises ValueError if it does not fit the type."""
    many = (value,) if isinstance(value, str) else value
    one = many[0].strip() if many else ""
    if len(many) > 1 and of.type not in ("text", "set"):
        raise ValueError(f"{len(many)} values, but the attribute takes one")
    match of.type:
        case "text":
            return ", ".join(many)
        case "number":
            return _number(one, whole=of.code in _WHOLE)
        case "date":
            moment = _moment(one, zone)
            if of.code == "date":
                return f"{moment.astimezone(zone):%Y-%m-%d}"
            return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        case "yes-no":
            if one.lower() not in _YES | _NO:
                raise ValueError(f"{one!r} is neither yes nor no")
            return "true" if one.lower() in _YES else "false"
        case "list" | "set":
            return _BETWEEN.join(_key(of, each) for each in many)
        case _:
            raise ValueError("an attribute of this type takes no value by text")


def shown(of: Attribute, value: object) -> str:
    """A value, as sent or as read, as flat text: equal texts are equal values."""
    written = " ".join(str("" if value is None else value).split())
    match of.type:
        case "list" | "set":
            return "; ".join(sorted(of.options.get(key, key) for key in written.split(_BETWEEN) if key))
        case "number":
            try:
                return f"{Decimal(written).normalize():f}" if written else ""
            except InvalidOperation:
                return written
        case "date":
            return written[:10] if of.code == "date" else written[:16]
        case _:
            return written


def _number(written: str, *, whole: bool) -> str:
    try:
        amount = Decimal(re.sub(r"\s", "", written).replace(",", "."))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise ValueError(f"{written!r} is not a number")
    if whole and amount != amount.to_integral_value():
        raise ValueError(f"{written!r} is not a whole number")
    return f"{amount.normalize():f}"


def _moment(written: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(f"{written!r} is not a date") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _key(of: Attribute, label: str) -> str:
    for key, value in of.options.items():
        if value == label:
            return key
    raise ValueError(f"{label!r} is not among the attribute's values; add it there, or map it")
