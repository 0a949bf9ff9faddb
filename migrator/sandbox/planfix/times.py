"""Planfix moments and days: taken in the zone of the token's employee, kept and given in UTC to the minute.

A moment is kept as `2024-01-15T10:30Z`, a day as `2024-01-15` (vendor contract, section 4, value shapes). On the wire every key of
a TimePoint says the same UTC moment, as the examples of the vendor's specification do.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

_DAY = re.compile(r"\d{2}-\d{2}-\d{4}")
_DOTTED = re.compile(r"\d{2}\.\d{2}\.\d{4}")
_KEPT = "%Y-%m-%dT%H:%MZ"


def keep(moment: datetime) -> str:
    """The moment as it is kept: UTC, seconds cut off."""
    return moment.astimezone(UTC).strftime(_KEPT)


def kept(text: str) -> datetime:
    """Read a kept moment."""
    return datetime.strptime(text, _KEPT).replace(tzinfo=UTC)


def show(text: str) -> dict[str, str]:
    """A kept moment as a TimePoint."""
    moment = kept(text)
    return {
        "date": moment.strftime("%d-%m-%Y"),
        "time": moment.strftime("%H:%M"),
        "datetime": text,
        "dateTimeUtcSeconds": moment.strftime("%Y-%m-%dT%H:%M:00+0000"),
    }


def show_day(text: str) -> dict[str, str]:
    """A kept day as a TimePoint: midnight, in no zone (examples of birthDate and of project dates)."""
    day = date.fromisoformat(text)
    return {"date": day.strftime("%d-%m-%Y"), "time": "00:00", "datetime": f"{text}T00:00Z"}


def take(value: Any, zone: tzinfo) -> tuple[str, bool]:
    """Read a moment of a request: what to keep, and whether it named an hour. Raises ValueError.

    Takes {date[, time]}, {datetime}, {dateTimeUtcSeconds} and "dd-MM-yyyy[ HH:mm[:ss]]"; without `Z` it is in `zone`.
    """
    if isinstance(value, str):
        day, _, hour = value.partition(" ")
        return _local(day, hour, zone)
    if not isinstance(value, dict):
        raise ValueError("neither a text nor a TimePoint")
    if "dateTimeUtcSeconds" in value:
        return keep(datetime.strptime(str(value["dateTimeUtcSeconds"]), "%Y-%m-%dT%H:%M:%S%z")), True
    if "datetime" in value:
        text = str(value["datetime"])
        if "T" in text:
            return keep(kept(text)), True
        day, _, hour = text.partition(" ")
        return _local(day, hour, zone)
    return _local(str(value.get("date")), str(value.get("time") or ""), zone)


def take_day(value: Any) -> str:
    """Read a day of a request: {date}, "dd-MM-yyyy" or "dd.MM.yyyy" (the examples of birthDate). Raises ValueError."""
    text = value.get("date") if isinstance(value, dict) else value
    if not isinstance(text, str):
        raise ValueError("no date")
    written = text.partition(" ")[0]
    return day_of(written.replace(".", "-") if _DOTTED.fullmatch(written) else written).isoformat()


def day_of(text: str) -> date:
    """Read "dd-MM-yyyy". Raises ValueError."""
    if not _DAY.fullmatch(text):
        raise ValueError(f"not dd-MM-yyyy: {text!r}")
    return date(int(text[6:]), int(text[3:5]), int(text[:2]))


def hour_of(text: str) -> int:
    """Read "HH:mm" as minutes from midnight, "24:00" included. Raises ValueError."""
    if not re.fullmatch(r"\d{1,2}:\d{2}", text):
        raise ValueError(f"not HH:mm: {text!r}")
    hours, minutes = int(text.partition(":")[0]), int(text.partition(":")[2])
    if minutes > 59 or hours * 60 + minutes > 24 * 60:
        raise ValueError(f"no such hour: {text!r}")
    return hours * 60 + minutes


def _local(day: str, hour: str, zone: tzinfo) -> tuple[str, bool]:
    clock = time.fromisoformat(hour) if hour else time()
    return keep(datetime.combine(day_of(day), clock, zone)), bool(hour)
