"""Decode entries of data tags: time and money spent. Pure.

Which field of a data tag means what is not told, so it goes by the types of the fields, and for the tags by the user's options.
Source: the vendor contract, sections 4 and 5.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from migrator.model import Cost, Issue, Kind, Reach, Ref, Who
from migrator.vendor import Decoded, Record
from migrator.vendors.planfix import answers, catalogue
from migrator.vendors.planfix.catalogue import DataTag
from migrator.vendors.planfix.keys import unaccounted
from migrator.vendors.planfix.known import CostKnown, task_of
from migrator.vendors.planfix.place import Place

_PERIODS = (catalogue.PERIOD, catalogue.DATED_PERIOD)
_DAYS = (catalogue.DATE, catalogue.DATE_TIME)
_PEOPLE = (catalogue.EMPLOYEE, catalogue.PEOPLE, catalogue.CONTACT)
_TEXTS = (catalogue.TEXT, catalogue.LINE)
_NUMBERS = (catalogue.NUMBER,)
# Of several numbers the one so called is the amount.
_AMOUNT = re.compile(r"sum|amount|money|cost|total|сумм|сума|деньг|грош|стоимост|вартіст|итог|разом", re.IGNORECASE)
_LENGTH = re.compile(r"min|time|duration|мин|хв|время|час|длительн|тривал", re.IGNORECASE)


class _Values:
    """The values of an entry, to be taken one by one; what nobody takes is for people to read."""

    def __init__(self, record: Record, marker: str) -> None:
        self._rows = {str(row["field"]["id"]): row for row in answers.custom_rows(record, marker)}

    def take(self, types: tuple[int, ...], named: re.Pattern[str] | None = None) -> Record | None:
        """The first value of these types, of several the one whose field is so called."""
        fitting = [row for type in types for row in self._rows.values() if row["field"]["type"] == type]
        called = [row for row in fitting if named and named.search(str(row["field"]["name"]))]
        found = next(iter(called or fitting), None)
        if found:
            del self._rows[str(found["field"]["id"])]
        return found

    def leave(self, row: Record, value: list[Record]) -> None:
        """Give back what of a value was not taken."""
        self._rows[str(row["field"]["id"])] = {**row, "value": value}

    def rest(self, place: Place) -> list[str]:
        """What is left, each with the name of its field."""
        words = []
        for row in self._rows.values():
            value = answers.shown(row, place.zone, {})
            if value:
                words.append(f"{row['field']['name']}: {value if isinstance(value, str) else ', '.join(value)}")
        return words


def cost(record: Record, place: Place, known: CostKnown) -> Decoded:
    """An entry of a data tag; an issue instead where it stands on no task that moves, or holds neither time nor money."""
    ref = Ref(Kind.COST, str(record["key"]))
    tag = known.tags[str(record["dataTag"]["id"])]
    task = task_of(record)
    if task not in known.tasks:
        return Decoded((), (_homeless(ref, record, tag, task),))
    values = _Values(record, place.marker)
    period = values.take(_PERIODS) if is_timed(tag, place) else None
    minutes, money = _minutes(values, period, tag, place), _money(values, tag, place)
    on, told = _day(values, period, record, place, known)
    person = _person(values, record, known)
    text = _text(values, place)
    if not minutes and not money:
        detail = f"an entry of {tag.name!r} without time or money: {text[:200]}"
        return Decoded((), (Issue(ref=ref, code="cost-empty", detail=detail),))
    entity = Cost(ref=ref, on=Ref(Kind.TASK, task), day=on, person=person, minutes=minutes, money=money, text=text)
    guessed = () if told else (_undated(ref),)
    return Decoded((entity,), unaccounted("entries", record, ref) + guessed)


def is_timed(tag: DataTag, place: Place) -> bool:
    """Whether the data tag holds time: as the user says, else if it has a period."""
    if place.time_tag:
        return tag.name == place.time_tag
    return any(field.type in _PERIODS for field in tag.fields.values())


def is_paid(tag: DataTag, place: Place) -> bool:
    """Whether the data tag holds money: as the user says, else if it has a number and no period."""
    if place.money_tag:
        return tag.name == place.money_tag
    return not is_timed(tag, place) and any(field.type in _NUMBERS for field in tag.fields.values())


def _minutes(values: _Values, period: Record | None, tag: DataTag, place: Place) -> int:
    """Of a tag for time without a period, the number of minutes."""
    if period:
        return answers.minutes(period["value"])
    if not is_timed(tag, place) or any(field.type in _PERIODS for field in tag.fields.values()):
        return 0
    length = values.take(_NUMBERS, _LENGTH)
    return round(answers.number(length["value"])) if length else 0


def _money(values: _Values, tag: DataTag, place: Place) -> Decimal:
    amount = values.take(_NUMBERS, _AMOUNT) if is_paid(tag, place) else None
    return answers.number(amount["value"]) if amount else Decimal(0)


def _day(values: _Values, period: Record | None, record: Record, place: Place, known: CostKnown) -> tuple[date, bool]:
    """The day, and whether anything tells it: the entry's own, else that of its comment, else the day its task was made."""
    start = ((period or {}).get("value") or {}).get("from") or {}
    row = values.take(_DAYS)
    own = row["value"] if row else start if start.get("date") else None
    if found := answers.day(own, place.zone):
        return found, True
    _, written = known.comments.get(str(record.get("commentId")), (None, None))
    at = written or known.tasks[task_of(record)]
    if at is None:
        raise ValueError("an entry of no day")
    return at.astimezone(place.zone).date(), written is not None


def _person(values: _Values, record: Record, known: CostKnown) -> Who | None:
    """Whom a field names, else who wrote the comment. Of several people the first; the others stay for people to read."""
    row = values.take(_PEOPLE)
    named = row["value"] if row else None
    if row and isinstance(named, list):
        values.leave(row, named[1:])
        named = named[0] if named else None
    owner, _ = known.comments.get(str(record.get("commentId")), (None, None))
    return answers.who(named or owner, known.emails)


def _text(values: _Values, place: Place) -> str:
    row = values.take(_TEXTS)
    words = [str(row["value"])] if row and row.get("value") else []
    return "; ".join([*words, *values.rest(place)])


def _homeless(ref: Ref, record: Record, tag: DataTag, task: str) -> Issue:
    if not task:
        where = (record.get("contact") or {}).get("id") or "nothing"
        detail = f"an entry of {tag.name!r} stands on {where}, not on a task; not moved"
        return Issue(ref=ref, code="unsupported", field="contact", detail=detail)
    detail = f"its task {task} is deleted, or the token may not see it; not moved"
    return Issue(ref=ref, code="task-unseen", field="on", detail=detail, reach=Reach.NOTE)


def _undated(ref: Ref) -> Issue:
    detail = "neither a field nor its comment tells the day; dated by the day its task was made"
    return Issue(ref=ref, code="day-unknown", field="day", detail=detail)
