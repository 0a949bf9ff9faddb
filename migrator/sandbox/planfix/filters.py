"""The complex filters of Planfix's lists, AND-ed; one of an unknown type, or with a value of the wrong kind, is silently ignored.

Vendor contract, section 4, filters, and gotcha 15. Type numbers are the vendor's. Here are those that a migration needs; the others
are ignored, as the vendor ignores what it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from migrator.sandbox.planfix.comparisons import (
    Asker,
    Test,
    among,
    client,
    line,
    member,
    number,
    one_of,
    part,
    person,
    switch,
    when,
)
from migrator.sandbox.planfix.wire import Record, Refusal, rows_of

Make: TypeAlias = Callable[[Asker, Record], Test | None]
Get: TypeAlias = Callable[[Asker, Record], Any]

DATA_TAG_VALUE = 93


@dataclass(frozen=True)
class Rule:
    """What a filter type compares: how its value is understood, and where the record's value is found."""

    make: Make
    get: Get


def key(name: str) -> Get:
    """The record's own value of the name."""
    return lambda _, record: record.get(name)


def full_name(_: Asker, record: Record) -> str:
    """First and last name."""
    return " ".join(part for part in (record.get("name"), record.get("lastname")) if part)


# What the last two digits of a custom field's filter type compare: 101, 4101, 5101 and 9101 are all a line.
FIELD_MAKES: Mapping[int, Make] = {
    1: line,
    2: number,
    3: when,
    5: switch,
    6: line,
    7: number,
    8: person,
    9: person,
    10: client,
    11: among,
    12: person,
    13: person,
    14: among,
    15: number,
    16: member,
    17: number,
}
FIELD_FILLED, FIELD_EMPTY = 52, 53

# Data tag entries number theirs in their own way.
ENTRY_MAKES: Mapping[int, Make] = {
    3101: when,
    3103: person,
    3104: person,
    3105: number,
    3106: client,
    3108: line,
    3109: number,
    3111: person,
    3115: switch,
    3116: person,
    3117: number,
    3123: member,
}


def matching(
    asker: Asker, records: Iterable[Record], filters: list[Record], rules: Mapping[int, Rule], *, fields_from: int
) -> list[Record]:
    """The records that pass every filter that is understood. `fields_from`: 100, 4100, 5100, 9100; 0 = data tag entries; -1 = no
    custom fields.

    Raises Refusal for a data tag value filter (93) without a subfilter, the only one the vendor refuses [obs GAL].
    """
    tests = [test for asked in filters if (test := _test(asker, asked, rules, fields_from)) is not None]
    return [record for record in records if all(test(record) for test in tests)]


def understood(asker: Asker, body: Mapping[str, Any], rules: Mapping[int, Rule], kind: int) -> bool:
    """Whether the body holds a filter of the type that is not ignored."""
    rows = rows_of(body, "filters")
    return any(row.get("type") == kind and _test(asker, row, rules, -1) is not None for row in rows)


def _test(asker: Asker, asked: Record, rules: Mapping[int, Rule], fields_from: int) -> Test | None:
    kind = asked.get("type")
    if kind == DATA_TAG_VALUE and not isinstance(asked.get("subfilter"), dict):
        raise Refusal(500, 30, "Rest API error")
    if isinstance(kind, bool) or not isinstance(kind, int):
        return None
    if (rule := rules.get(kind)) is not None:
        test = rule.make(asker, asked)
        return None if test is None else lambda record: test(rule.get(asker, record))
    return _field_test(asker, asked, kind, fields_from)


def _field_test(asker: Asker, asked: Record, kind: int, fields_from: int) -> Test | None:
    """A filter by a custom field; without `field` it is one of the ignored."""
    if fields_from < 0:
        return None
    number_of = kind - fields_from
    if fields_from > 0 and number_of in (FIELD_FILLED, FIELD_EMPTY):
        identity = str(asked.get("value"))
        return lambda record: (identity in record.get("fields", {})) is (number_of == FIELD_FILLED)
    make = ENTRY_MAKES.get(kind) if fields_from == 0 else FIELD_MAKES.get(number_of)
    field = asked.get("field")
    if make is None or isinstance(field, bool) or not isinstance(field, int):
        return None
    test = make(asker, asked)
    return None if test is None else lambda record: test(record.get("fields", {}).get(str(field)))


def _task(name: str) -> Get:
    """A value of the task that a data tag entry hangs on."""
    return lambda asker, entry: asker.state.tasks.get(str(entry.get("task")), {}).get(name)


def _touched(_: Asker, task: Record) -> Any:
    """The last update or comment of a task, whichever is later."""
    return max((one for one in (task.get("dateOfLastUpdate"), task.get("dateOfLastComment")) if one), default=None)


def _under(asker: Asker, task: Record) -> list[int]:
    """The ids of all tasks above this one, and its own."""
    above = [int(task["id"])]
    while (parent := task.get("parent")) is not None and parent not in above:
        above.append(parent)
        task = asker.state.tasks.get(str(parent), {})
    return above


TASK_RULES: Mapping[int, Rule] = {
    1: Rule(person, key("assigner")),
    2: Rule(person, key("assignees")),
    3: Rule(person, key("auditors")),
    59: Rule(person, key("auditors")),
    39: Rule(person, key("participants")),
    97: Rule(person, key("assignees")),
    5: Rule(one_of, key("project")),
    7: Rule(client, key("counterparty")),
    8: Rule(part, key("name")),
    9: Rule(line, key("priority")),
    10: Rule(one_of, key("status")),
    12: Rule(when, key("dateTime")),
    13: Rule(when, key("startDateTime")),
    14: Rule(when, key("endDateTime")),
    19: Rule(when, key("actualCompletionDate")),
    24: Rule(number, key("processId")),
    38: Rule(when, key("dateOfLastUpdate")),
    79: Rule(when, _touched),
    51: Rule(one_of, key("template")),
    57: Rule(one_of, key("id")),
    73: Rule(number, key("parent")),
    307: Rule(member, _under),
    325: Rule(one_of, key("object")),
}
CONTACT_RULES: Mapping[int, Rule] = {
    12: Rule(when, key("createdDate")),
    38: Rule(when, key("dateOfLastUpdate")),
    1: Rule(person, key("addedBy")),
    2: Rule(person, key("supervisors")),
    4001: Rule(part, full_name),
    4003: Rule(part, lambda _, record: " ".join(phone["number"] for phone in record.get("phones", []))),
    4005: Rule(part, key("email")),
    4026: Rule(line, key("email")),
    4006: Rule(switch, key("isCompany")),
    4007: Rule(switch, lambda _, record: not record.get("isCompany")),
    4008: Rule(number, key("group")),
    4014: Rule(part, key("name")),
    4015: Rule(part, key("lastname")),
    4222: Rule(part, key("midname")),
    4016: Rule(number, key("template")),
    4231: Rule(one_of, key("id")),
}
PROJECT_RULES: Mapping[int, Rule] = {
    5001: Rule(part, key("name")),
    5002: Rule(number, key("group")),
    5003: Rule(client, key("counterparty")),
    5004: Rule(person, key("owner")),
    5005: Rule(when, key("endDate")),
    5006: Rule(number, key("status")),
    5007: Rule(one_of, key("id")),
    5010: Rule(number, key("template")),
    5011: Rule(person, key("assignees")),
    5012: Rule(person, key("auditors")),
    5013: Rule(when, key("created")),
    5014: Rule(number, key("parent")),
}
USER_RULES: Mapping[int, Rule] = {
    9001: Rule(member, key("groups")),
    9003: Rule(line, key("email")),
    9006: Rule(part, full_name),
    9008: Rule(number, key("id")),
    9121: Rule(part, key("name")),
    9122: Rule(part, key("midname")),
    9123: Rule(part, key("lastname")),
    9127: Rule(number, key("position")),
}
_OF_TASK = {
    1: "assigner",
    5: "project",
    7: "counterparty",
    10: "status",
    12: "dateTime",
    24: "processId",
    51: "template",
    325: "object",
}
ENTRY_RULES: Mapping[int, Rule] = {kind: Rule(TASK_RULES[kind].make, _task(name)) for kind, name in _OF_TASK.items()}
COMMENT_RULES: Mapping[int, Rule] = {3000: Rule(when, key("dateTime")), 3001: Rule(person, key("owner"))}
