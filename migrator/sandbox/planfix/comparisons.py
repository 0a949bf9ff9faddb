"""How Planfix's filters compare: each maker understands a filter's value, or gives None, and then the filter is ignored.

Vendor contract, section 4, filters, and gotchas 15 and 28. An array is OR where the vendor takes one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from migrator.sandbox.planfix import periods, times
from migrator.sandbox.planfix.state import State
from migrator.sandbox.planfix.wire import Record

Test: TypeAlias = Callable[[Any], bool]


@dataclass(frozen=True)
class Asker:
    """Whose filters these are: the account, the clock, and the zone of the token's employee."""

    state: State
    now: datetime
    zone: ZoneInfo


def _negated(operator: object, test: Test) -> Test | None:
    if operator in ("equal", "have"):
        return test
    if operator in ("notequal", "nothave"):
        return lambda found: not test(found)
    return None


def part(_: Asker, asked: Record) -> Test | None:
    """A name: `equal` means contains (gotcha 28)."""
    value = asked.get("value")
    if not isinstance(value, str):
        return None
    return _negated(asked.get("operator"), lambda found: value.casefold() in str(found or "").casefold())


def line(asker: Asker, asked: Record) -> Test | None:
    """A line: `equal` is exact, `have` is contains."""
    value = asked.get("value")
    if not isinstance(value, str):
        return None
    if asked.get("operator") in ("have", "nothave"):
        return part(asker, asked)
    return _negated(asked.get("operator"), lambda found: found == value)


def number(_: Asker, asked: Record) -> Test | None:
    """A number: equal, notequal, gt, lt."""
    value = asked.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if asked.get("operator") == "gt":
        return lambda found: found is not None and found > value
    if asked.get("operator") == "lt":
        return lambda found: found is not None and found < value
    return _negated(asked.get("operator"), lambda found: found == value)


def one_of(asker: Asker, asked: Record) -> Test | None:
    """A number or an array of them, which is OR."""
    value = asked.get("value")
    if not isinstance(value, list):
        return number(asker, asked)
    if not all(isinstance(one, int) and not isinstance(one, bool) for one in value):
        return None
    return _negated(asked.get("operator"), lambda found: found in value)


def client(asker: Asker, asked: Record) -> Test | None:
    """A counterparty, whom the examples name by bare number too."""
    value = asked.get("value")
    bare = isinstance(value, int) and not isinstance(value, bool)
    return person(asker, {**asked, "value": f"contact:{value}"} if bare else asked)


def person(_: Asker, asked: Record) -> Test | None:
    """A prefixed person, alone or among several."""
    value = asked.get("value")
    if not isinstance(value, str) or ":" not in value:
        return None
    return _negated(asked.get("operator"), lambda found: value in (found if isinstance(found, list) else [found]))


def member(_: Asker, asked: Record) -> Test | None:
    """A number among several."""
    value = asked.get("value")
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return _negated(asked.get("operator"), lambda found: value in (found if isinstance(found, list) else [found]))


def switch(_: Asker, asked: Record) -> Test | None:
    """True or false."""
    value = asked.get("value")
    return _negated(asked.get("operator"), lambda found: bool(found) is value) if isinstance(value, bool) else None


def among(_: Asker, asked: Record) -> Test | None:
    """Set of values: "a;b" is any of them."""
    value = asked.get("value")
    if not isinstance(value, str):
        return None
    labels = value.split(";")
    return _negated(asked.get("operator"), lambda found: any(str(one) in labels for one in found or []))


def when(asker: Asker, asked: Record) -> Test | None:
    """A moment or a day against a span of dates."""
    asked_span = periods.span(asked.get("value"), asker.now, asker.zone)
    if asked_span is None:
        return None
    start, after = asked_span
    tests: Mapping[object, Callable[[datetime], bool]] = {
        "equal": lambda found: start <= found < after,
        "notequal": lambda found: not start <= found < after,
        "gt": lambda found: found >= after,
        "lt": lambda found: found < start,
        "gtAndEqual": lambda found: found >= start,
        "ltAndEqual": lambda found: found < after,
    }
    test = tests.get(asked.get("operator"))
    return None if test is None else lambda found: found is not None and test(_moment(found, asker.zone))


def _moment(found: str, zone: ZoneInfo) -> datetime:
    if "T" in found:
        return times.kept(found)
    return datetime.combine(date.fromisoformat(found), time(), zone).astimezone(UTC)
