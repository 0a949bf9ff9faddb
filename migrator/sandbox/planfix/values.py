"""Values of Planfix custom fields: what a request may write, and how a read shows it.

Vendor contract, section 4, custom field types. A value is kept as `take` returns it; labels of a List are not checked [obs GAL].
A Date-time (5) is a wall clock in no zone: its examples read back as {date, time} without a UTC key.
"""

from __future__ import annotations

from typing import Any

from migrator.sandbox.planfix import times
from migrator.sandbox.planfix.state import State
from migrator.sandbox.planfix.wire import Record

LINE, NUMBER, TEXT, DATE, TIME, DATE_TIME, PERIOD, CHECKBOX, LIST, DIRECTORY = range(10)
CONTACT, EMPLOYEE, COUNTERPARTY, PERSON, PEOPLE, DIRECTORY_SET, TASK, TASK_SET = range(10, 18)
VALUES, FILES, PROJECT, LOCATION, TIME_FRAME = 20, 21, 22, 25, 28
READ_ONLY = frozenset({23, 24, 26, 27, 29})

_TEXTS = (LINE, TEXT, LIST)
_PREFIX = {CONTACT: "contact", COUNTERPARTY: "contact", EMPLOYEE: "user"}
_PEOPLE = (*_PREFIX, PERSON)
_SETS = {DIRECTORY_SET: "directory", TASK_SET: "task"}


def take(kind: int, value: Any) -> Any:
    """Read a written value as it is kept; None clears it, or is a value that stores nothing. Raises ValueError."""
    if value is None:
        return None
    if kind in _TEXTS:
        return _of(str, value)
    if kind == NUMBER:
        return _number(value)
    if kind == CHECKBOX:
        return _of(bool, value)
    if kind in _PEOPLE:
        return _person(kind, value)
    if kind == PEOPLE:
        return [_person(PERSON, row) for row in _of(list, value)]
    if kind in (DIRECTORY, TASK, PROJECT):
        return _key(value)
    if kind in _SETS:
        return [_key(row) for row in _of(list, value)]
    if kind == VALUES:
        return [_of(str, row) for row in _of(list, value)]
    if kind == FILES:
        return [int(row) for row in _of(list, value)]
    return _clock(kind, value)


def show(state: State, field: Record, value: Any) -> Record:
    """One row of `customFieldData`."""
    about = {name: field[name] for name in ("id", "name", "type", "objectType") if name in field}
    shown = _shown(state, field, value)
    return {"field": about, "value": shown, "stringValue": _text(field["type"], shown)}


def _of(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"not a {kind.__name__}")
    return value


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")
    return value


def _key(value: Any) -> int | None:
    """`{"id": 5}` or `{"id": "5"}`; 0 and "" clear it [doc]."""
    identity = _of(dict, value).get("id")
    return int(identity) if identity not in (0, "", "0", None) else None


def _person(kind: int, value: Any) -> str:
    """Prefixed, or a bare number where the field's type says who it is [doc]."""
    identity = str(_of(dict, value).get("id"))
    prefix, _, number = identity.rpartition(":")
    if not number.isdigit() or (not prefix and kind not in _PREFIX):
        raise ValueError(f"no such person: {identity}")
    return identity if prefix else f"{_PREFIX[kind]}:{number}"


def _clock(kind: int, value: Any) -> Any:
    """Dates, hours and periods; a Period with only a duration stores nothing (gotcha 32)."""
    if kind == DATE:
        return times.take_day(value)
    if kind == TIME:
        times.hour_of(str(_of(dict, value).get("time")))
        return {"time": value["time"]}
    if kind == DATE_TIME:
        return _wall(value)
    if kind == PERIOD:
        return _period(_of(dict, value))
    if kind == TIME_FRAME:
        return {end: _wall(_of(dict, value).get(end)) for end in ("from", "to")}
    if kind == LOCATION:
        return _of(dict, value)
    raise ValueError(f"no such type: {kind}")


def _wall(value: Any) -> dict[str, str]:
    text = f"{value.get('date')} {value.get('time') or '00:00'}" if isinstance(value, dict) else _of(str, value)
    day, _, hour = text.partition(" ")
    times.day_of(day)
    times.hour_of(hour[:5] or "00:00")
    return {"date": day, "time": hour[:5] or "00:00"}


def _period(value: Record) -> Record | None:
    ends = [value.get(end) for end in ("from", "to")]
    if not all(isinstance(end, dict) and end.get("time") for end in ends):
        return None
    start, end = (str(one["time"]) for one in ends if one)
    if times.hour_of(end) < times.hour_of(start):
        raise ValueError("the period ends before it starts")
    return {"from": {"time": start}, "to": {"time": end}}


def _shown(state: State, field: Record, value: Any) -> Any:
    kind = field["type"]
    if value is None:
        return None
    if kind == DATE:
        return times.show_day(value)
    if kind == PERIOD:
        start, end = (times.hour_of(value[one]["time"]) for one in ("from", "to"))
        return {**value, "durationSec": (end - start) * 60}
    if kind in _PEOPLE:
        return {"id": value, "name": state.name_of(value)}
    if kind == PEOPLE:
        return [{"id": one, "name": state.name_of(one)} for one in value]
    if kind == DIRECTORY:
        return {"id": value, "value": _entry_name(state, field, value)}
    if kind == DIRECTORY_SET:
        return [{"id": one, "value": _entry_name(state, field, one)} for one in value]
    if kind in (TASK, PROJECT):
        return {"id": value}
    if kind == TASK_SET:
        return [{"id": one} for one in value]
    return value


def _entry_name(state: State, field: Record, key: int) -> str:
    directory = state.directories.get(str(field.get("directoryId")), {})
    return str(directory.get("entries", {}).get(str(key), {}).get("name", ""))


def _text(kind: int, shown: Any) -> str:
    """The value as people see it."""
    if shown is None:
        return ""
    if kind == PERIOD:
        return f"{shown['from']['time']} - {shown['to']['time']}"
    if isinstance(shown, list):
        return ", ".join(_text(kind, one) for one in shown)
    if isinstance(shown, dict):
        return next((str(shown[name]) for name in ("name", "value", "date", "time", "id") if shown.get(name)), "")
    return str(shown)
