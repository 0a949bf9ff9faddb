"""Single values as HubEx writes them: moments, days, amounts, people, values of attributes. Pure; a malformed one raises ValueError."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from migrator.model import Value, Who
from migrator.vendor import Record

_OPEN_END = "9999-12-31"
_YES_NO = {"true": "yes", "false": "no", "1": "yes", "0": "no"}


def moment(text: str | None) -> datetime | None:
    """`2025-07-02T15:15:04`, in UTC where nothing else is said (the vendor contract, section 3); None for an open end."""
    if not text or text.startswith(_OPEN_END):
        return None
    read = datetime.fromisoformat(text)
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def day(text: str | None, zone: ZoneInfo) -> date | None:
    """The day of a moment, where the account is."""
    at = moment(text)
    return at.astimezone(zone).date() if at else None


def local(text: str | None, zone: ZoneInfo) -> str:
    """A moment as text that both people and targets can read; "" for none."""
    at = moment(text)
    return at.astimezone(zone).isoformat(timespec="minutes") if at else ""


def amount(value: Any) -> Decimal:
    """Money or a quantity."""
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"not an amount: {value!r}") from error


def plain(number: Decimal) -> str:
    """An amount as people write it: no exponent, no zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def full_name(record: Record) -> str:
    """First, middle and last name; some records hold them as one, `names`."""
    parts = (record.get("firstName"), record.get("middleName"), record.get("lastName"))
    return " ".join(part for part in parts if part) or str(record.get("names") or record.get("name") or "")


def who(person: Record | None) -> Who | None:
    """The person a record names: `id` there is the `userID` of the list of users (the vendor contract, section 10)."""
    if not person:
        return None
    id = person["userID"] if "userID" in person else person["id"]
    return Who(id=str(id), name=full_name(person), email=person.get("email") or "")


def people(persons: Iterable[Record] | None) -> tuple[Who, ...]:
    """Those whom the records name, each once."""
    return tuple(dict.fromkeys(found for person in persons or () if (found := who(person))))


def name_of(record: Record | None) -> str:
    """The name of something that a record refers to; "" for nothing."""
    return str((record or {}).get("name") or "")


def attribute_name(row: Record) -> str:
    """The title of the attribute that a row holds a value of: rows of lists and of details differ in shape."""
    return str(row.get("attributeName") or name_of(row.get("attribute")))


def attribute_id(row: Record) -> str:
    """The id of the same."""
    return str(row["attributeID"] if "attributeID" in row else row["attribute"]["id"])


def attribute_type(row: Record, types: Mapping[str, str]) -> str:
    """The code of its type, from the row or by its id."""
    shown = (row.get("attributeType") or {}).get("code")
    return str(shown or types.get(attribute_id(row), "")).lower()


def attributes(rows: Iterable[Record], types: Mapping[str, str], zone: ZoneInfo) -> dict[str, Value]:
    """Values by the attributes' titles; several of one attribute together. `types`: codes by attribute id."""
    found: dict[str, Value] = {}
    for row in rows:
        written = row["values"] if "values" in row else [row.get("value")]
        code, options = attribute_type(row, types), row.get("listOfValues") or {}
        values = [one for each in written for one in _values(each, code, options, zone)]
        before = found.get(attribute_name(row), ())
        together = (*((before,) if isinstance(before, str) else before), *values)
        if together:
            many = len(together) > 1 or "multi" in code
            found[attribute_name(row)] = together if many else together[0]
    return found


def _values(written: Any, code: str, options: Mapping[str, Any], zone: ZoneInfo) -> tuple[str, ...]:
    """One value, or the several of a list, whose ids stand with semicolons (or commas) between them."""
    text = str(written if written is not None else "")
    if not text:
        return ()
    ids = [part.strip() for part in re.split(r"[;,]", text) if part.strip()]
    if options and all(id in options for id in ids):
        return tuple(str(options[id]) for id in ids)
    if code == "switch":
        return (_YES_NO.get(text.lower(), text),)
    if code == "datetime":
        return (local(text, zone),)
    return (text[: len(_OPEN_END)] if code == "date" else text,)
