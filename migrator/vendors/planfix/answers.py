"""Single values as Planfix answers them: moments, days, people, custom fields. Pure; a malformed one raises ValueError.

Source: the vendor contract, section 4, value shapes and custom field types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from migrator.model import Value, Who
from migrator.vendor import Record
from migrator.vendors.planfix import catalogue

TIME, TASK, TASK_SET, FILES, PROJECT, LOCATION = 4, 16, 17, 21, 22, 25
_MIDNIGHT = time()


def moment(point: Record | None) -> datetime | None:
    """A time point; to the second where it is told. Only these two keys are sure to be UTC."""
    written = (point or {}).get("dateTimeUtcSeconds") or (point or {}).get("datetime")
    return datetime.fromisoformat(written).astimezone(UTC) if written else None


def day(point: Record | None, zone: ZoneInfo) -> date | None:
    """The day of a time point without an hour: midnight of the account's zone or, of projects and custom fields, of UTC."""
    found = moment(point)
    if found is None:
        return _date((point or {}).get("date"))
    local = found.astimezone(zone)
    return found.date() if local.time() != _MIDNIGHT and found.time() == _MIDNIGHT else local.date()


def _date(written: str | None) -> date | None:
    """`31-01-2024`."""
    return datetime.strptime(written, "%d-%m-%Y").date() if written else None  # noqa: DTZ007  a day has no zone


def full_name(record: Record) -> str:
    """The name of a user or contact, whose parts stand apart."""
    return " ".join(str(record[part]) for part in ("name", "midname", "lastname") if record.get(part))


def who(person: Record | None, emails: Mapping[str, str]) -> Who | None:
    """The user, contact or group that a record names; None for nobody. `emails`: by prefixed id."""
    if not person or not person.get("id"):
        return None
    id = str(person["id"])
    return Who(id=id, name=str(person.get("name") or id), email=emails.get(id, ""))


def people(emails: Mapping[str, str], *lists: Record | None) -> tuple[Who, ...]:
    """Everybody in lists of people, each once. A group stands by its name, as `group:4`."""
    named = [person for held in lists for person in (held or {}).get("users") or ()]
    named += [
        {**group, "id": f"group:{group['id']}"}
        for held in lists
        for group in (held or {}).get("groups") or ()
        if group.get("id")
    ]
    return tuple({found.id: found for person in named if (found := who(person, emails))}.values())


def phones(record: Record) -> tuple[str, ...]:
    """The numbers of a user or contact."""
    return tuple(str(phone["number"]) for phone in record.get("phones") or () if phone.get("number"))


def number(value: Any) -> Decimal:
    """A number, as it stands in a custom field."""
    try:
        return Decimal(str(value).replace(",", "."))
    except InvalidOperation as error:
        raise ValueError(f"not a number: {value!r}") from error


def minutes(period: Record) -> int:
    """How long a period is: by its own count of seconds, else from end to end; of two days, with what lies between."""
    if (seconds := period.get("durationSec")) is not None:
        return round(int(seconds) / 60)
    start, end = period.get("from") or {}, period.get("to") or {}
    days = (_date(end.get("date") or start.get("date")) or date.min) - (_date(start.get("date")) or date.min)
    return days.days * 24 * 60 + _minute_of_day(end) - _minute_of_day(start)


def _minute_of_day(point: Record) -> int:
    hours, _, rest = str(point.get("time") or "00:00").partition(":")
    return int(hours) * 60 + int(rest[:2] or 0)


def shown(row: Record, zone: ZoneInfo, names: Mapping[str, str]) -> Value:
    """The value of one custom field, as people read it; "" or () for none. `names`: of what values refer to by id alone."""
    value = row.get("value")
    if value is None or value in ("", [], {}):
        return ""
    if show := _SHOWN.get(row["field"]["type"]):
        return show(value, zone) or str(row.get("stringValue") or "")
    if isinstance(value, list):
        return tuple(_named(each, names) for each in value)
    return _named(value, names, str(row.get("stringValue") or ""))


def _named(value: Any, names: Mapping[str, str], written: str = "") -> str:
    """A reference by the name it comes with, the name it is known by, the vendor's own words for it, or its id."""
    if not isinstance(value, dict):
        return names.get(str(value), str(value))
    id = str(value.get("id", ""))
    return str(value.get("value") or value.get("name") or names.get(id) or written or id)


def _show_number(value: Any, _: ZoneInfo) -> str:
    return f"{number(value).normalize():f}"


def _show_day(value: Any, zone: ZoneInfo) -> str:
    on = day(value, zone)
    return on.isoformat() if on else ""


def _show_moment(value: Any, zone: ZoneInfo) -> str:
    at = moment(value)
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else _show_end(value)


def _show_hour(value: Any, _: ZoneInfo) -> str:
    return str(value.get("time") or "") if isinstance(value, dict) else str(value)


def _show_switch(value: Any, _: ZoneInfo) -> str:
    return "yes" if value else "no"


def _show_period(value: Any, _: ZoneInfo) -> str:
    return " - ".join(_show_end(value.get(side) or {}) for side in ("from", "to"))


def _show_end(point: Record) -> str:
    on = _date(point.get("date"))
    return " ".join(part for part in (on.isoformat() if on else "", str(point.get("time") or "")) if part)


def _show_location(value: Any, _: ZoneInfo) -> str:
    parts = [value.get(key) for key in ("address", "latitude", "longitude")] if isinstance(value, dict) else [value]
    return ", ".join(str(part) for part in parts if part)


_SHOWN: Mapping[int, Callable[[Any, ZoneInfo], str]] = {
    catalogue.NUMBER: _show_number,
    catalogue.DATE: _show_day,
    TIME: _show_hour,
    catalogue.DATE_TIME: _show_moment,
    catalogue.PERIOD: _show_period,
    catalogue.YES_NO: _show_switch,
    LOCATION: _show_location,
    catalogue.DATED_PERIOD: _show_period,
}


def custom_rows(record: Record, marker: str) -> Iterator[Record]:
    """The custom fields of a record but the one with our own mark."""
    return (row for row in record.get("customFieldData") or () if row["field"].get("name") != marker)
