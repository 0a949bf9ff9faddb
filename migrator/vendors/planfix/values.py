"""Planfix's wire values: time points, ids with a prefix, custom field values, names and texts. Pure.

Source: the vendor contract, section 4, value shapes and custom field types.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from migrator import text
from migrator.model import Value
from migrator.vendor import Record
from migrator.vendors.planfix import catalogue
from migrator.vendors.planfix.catalogue import CustomField

_NAMELESS = "—"
_YES = frozenset({"yes", "true", "1", "да", "так"})
_NO = frozenset({"no", "false", "0", "нет", "ні", ""})
_PREFORMATTED = re.compile(r"(<pre\b.*?</pre\s*>)", re.IGNORECASE | re.DOTALL)
_LINE_END = re.compile(r"\r\n|\r|\n")
_ASTRAL = re.compile(r"[\U00010000-\U0010ffff]")


def number(id: str) -> int:
    """The bare number of `contact:5`, or of `5`."""
    return int(id.rpartition(":")[2])


def day_point(day: date) -> Record:
    """A day without an hour."""
    return {"date": f"{day:%d-%m-%Y}"}


def local_point(moment: datetime, zone: ZoneInfo) -> Record:
    """A moment as tasks take it: in the zone of the token's employee."""
    local = moment.astimezone(zone)
    return {"date": f"{local:%d-%m-%Y}", "time": f"{local:%H:%M}"}


def utc_point(moment: datetime) -> Record:
    """A moment as comments take it."""
    return {"datetime": minute(moment)}


def dated(first: date, last: date) -> Record:
    """The filter for comments of these days, both included, as the zone of the token's employee has them (sections 4 and 8, 23)."""
    days = {"dateType": "otherRange", "dateFrom": f"{first:%d-%m-%Y}", "dateTo": f"{last:%d-%m-%Y}"}
    return {"type": 3000, "operator": "equal", "value": days}


def minute(moment: datetime) -> str:
    """A moment in UTC to the minute, which is as exact as Planfix keeps it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def moment_of(point: Any) -> datetime | None:
    """The moment of a time point as read; None if it has none. `datetime` and `dateTimeUtcSeconds` are UTC."""
    if not isinstance(point, dict):
        return None
    for name, pattern in (("datetime", "%Y-%m-%dT%H:%MZ"), ("dateTimeUtcSeconds", "%Y-%m-%dT%H:%M:%S%z")):
        if written := point.get(name):
            return datetime.strptime(written, pattern).replace(tzinfo=UTC)
    return None


def day_of(point: Any, zone: ZoneInfo) -> str:
    """The day (ISO) of a time point without an hour: midnight where the token's employee is, written in UTC."""
    if moment := moment_of(point):
        return moment.astimezone(zone).date().isoformat()
    written = point.get("date") if isinstance(point, dict) else None
    return _iso(written) if written else ""


def _iso(written: str) -> str:
    day, month, year = written.split("-")
    return f"{year}-{month}-{day}"


TITLE = 255  # characters of a title
TAKEN_BACK = "[rolled back]"  # begins the title, and the mark, of what was taken back and cannot be deleted


def named(title: str) -> str:
    """A title on one line; a dash for an empty one, which Planfix refuses."""
    return " ".join(title.split()) or _NAMELESS


def kept_html(html: str) -> str:
    """HTML written so that Planfix keeps it (the vendor contract, sections 5 and 8, 29).

    It removes line ends with nothing in their place, and may fail on characters beyond U+FFFF, here written as references.
    """
    parts = _PREFORMATTED.split(html)
    joined = "".join(_LINE_END.sub("<br>" if place % 2 else " ", part) for place, part in enumerate(parts))
    return _ASTRAL.sub(lambda found: f"&#{ord(found[0])};", joined)


def folded(html: str) -> str:
    """A text as its reader sees it, with whitespace folded: what is compared of texts."""
    return " ".join(text.to_plain(html).split())


def people(ids: list[str]) -> Record:
    """A list of people; ids keep their prefix, because a bare number becomes the token's own user (section 8, 25)."""
    return {"users": [{"id": each} for each in ids]}


def custom(field: CustomField, value: object) -> Record:
    """One custom field with its value, as requests have it."""
    return {"field": {"id": field.id}, "value": value}


def wire_value(field: CustomField, value: Value, find: Callable[[str], str]) -> object:
    """What a request has as the value of a custom field. `find`: a person's id by e-mail or name, "" if unknown.

    Raises ValueError with the reason, for people, if the field cannot take it.
    """
    many = (value,) if isinstance(value, str) else value
    one = many[0] if len(many) == 1 else ", ".join(many)
    match field.type:
        case catalogue.LINE | catalogue.TEXT | catalogue.LIST:
            return one
        case catalogue.VALUE_SET:
            return list(many)
        case catalogue.NUMBER:
            return _as_number(one)
        case catalogue.DATE:
            return day_point(_as_moment(one).date())
        case catalogue.DATE_TIME:
            moment = _as_moment(one)
            return {**day_point(moment.date()), "time": f"{moment:%H:%M}"}
        case catalogue.YES_NO:
            return _as_yes_no(one)
        case catalogue.DIRECTORY_ENTRY:
            return {"id": _key(field, one)}
        case catalogue.DIRECTORY_SET:
            return [{"id": _key(field, each)} for each in many]
        case catalogue.CONTACT | catalogue.EMPLOYEE | catalogue.COUNTERPARTY:
            return {"id": _person(one, find)}
        case catalogue.PEOPLE:
            return [{"id": _person(each, find)} for each in many]
        case _:
            raise ValueError(f"a field of type {field.type} takes no value by text")


def shown(type: int, value: Any, zone: ZoneInfo) -> str:
    """A custom field's value, as sent or as read, as flat text: equal texts are equal values."""
    if value in (None, "", []) or value == {}:
        return ""
    match type:
        case catalogue.NUMBER:
            return f"{Decimal(str(value)).normalize():f}"
        case catalogue.DATE:
            return day_of(value, zone)
        case catalogue.DATE_TIME:
            moment = moment_of(value) or _local(value, zone)
            return minute(moment)
        case catalogue.YES_NO:
            return "yes" if value else "no"
        case catalogue.PERIOD | catalogue.DATED_PERIOD:
            return str(minutes_of(value))
    if isinstance(value, list):
        return "; ".join(sorted(_flat(each) for each in value))
    return _flat(value)


def minutes_of(period: Record) -> int:
    """How long a period of time is, from its ends."""
    start, end = ((period.get(side) or {}).get("time", "00:00").split(":") for side in ("from", "to"))
    return (int(end[0]) - int(start[0])) * 60 + int(end[1]) - int(start[1])


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("id", ""))
    return " ".join(str(value).split())


def _local(value: Record, zone: ZoneInfo) -> datetime:
    return datetime.strptime(f"{value['date']} {value.get('time', '00:00')}", "%d-%m-%Y %H:%M").replace(tzinfo=zone)


def _as_number(written: str) -> int | float:
    try:
        amount = Decimal(re.sub(r"\s", "", written).replace(",", "."))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise ValueError(f"{written!r} is not a number")
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _as_moment(written: str) -> datetime:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(f"{written!r} is not a date") from None


def _as_yes_no(written: str) -> bool:
    if (word := written.strip().lower()) not in _YES | _NO:
        raise ValueError(f"{written!r} is neither yes nor no")
    return word in _YES


def _key(field: CustomField, name: str) -> int:
    if name not in field.keys:
        raise ValueError(f"{name!r} is not in the field's directory; add it there")
    return field.keys[name]


def _person(name: str, find: Callable[[str], str]) -> str:
    if not (id := find(name)):
        raise ValueError(f"{name!r} is nobody in Planfix")
    return id
