"""The date values of Planfix's complex filters, as a span of moments: {dateType, dateValue, dateFrom, dateTo}.

Vendor contract, section 4, filters: dates are in the zone of the token's employee (gotcha 23), `otherRange` holds both its ends,
for `otherDate` both `dateValue` and `dateFrom` are taken, because the vendor's text and examples disagree.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from migrator.sandbox.planfix import times

Span = tuple[datetime, datetime]  # from, up to but without

_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}


def span(value: Any, now: datetime, zone: ZoneInfo) -> Span | None:
    """The span a filter value means; None when the value is not understood, which the vendor takes for no filter at all."""
    if not isinstance(value, dict) or not isinstance(kind := value.get("dateType"), str):
        return None
    today = now.astimezone(zone).date()
    try:
        if kind in _DAYS:
            start = today + timedelta(days=_DAYS[kind])
            return _days(start, start, zone)
        if kind in ("last", "next", "in"):
            return _counted(kind, int(value["dateValue"]), today, zone)
        if kind.endswith(("Week", "Month")):
            return _calendar(kind, today, zone)
        return _other(kind, value, zone)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _days(first: date, last: date, zone: ZoneInfo) -> Span:
    """From the first moment of `first` to the end of `last`."""
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


def _counted(kind: str, count: int, today: date, zone: ZoneInfo) -> Span:
    if kind == "last":
        return _days(today - timedelta(days=count), today, zone)
    if kind == "next":
        return _days(today, today + timedelta(days=count), zone)
    return _days(today + timedelta(days=count), today + timedelta(days=count), zone)


def _calendar(kind: str, today: date, zone: ZoneInfo) -> Span | None:
    step = {"this": 0, "last": -1, "next": 1}.get(kind.removesuffix("Week").removesuffix("Month"))
    if step is None:
        return None
    if kind.endswith("Week"):
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=step)
        return _days(monday, monday + timedelta(days=6), zone)
    month = today.year * 12 + today.month - 1 + step
    first, after = date(month // 12, month % 12 + 1, 1), date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    return _days(first, after - timedelta(days=1), zone)


def _other(kind: str, value: dict[str, Any], zone: ZoneInfo) -> Span | None:
    single = value.get("dateValue") or value.get("dateFrom")
    if kind == "otherDate":
        return _days(times.day_of(str(single)), times.day_of(str(single)), zone)
    if kind == "otherRange":
        return _days(times.day_of(value["dateFrom"]), times.day_of(value["dateTo"]), zone)
    if kind == "otherDate_withTime":
        start = _minute(str(single), zone)
        return start, start + timedelta(minutes=1)
    if kind == "otherRange_withTime":
        return _minute(value["dateFrom"], zone), _minute(value["dateTo"], zone) + timedelta(minutes=1)
    return None


def _minute(text: str, zone: ZoneInfo) -> datetime:
    day, _, hour = text.partition(" ")
    minutes = times.hour_of(hour or "00:00")
    return datetime.combine(times.day_of(day), time(), zone) + timedelta(minutes=minutes)
