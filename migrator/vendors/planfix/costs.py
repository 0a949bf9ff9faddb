"""Encode: a cost -> a comment with the person and the day, and entries of data tags on it. Pure.

An entry has no author and no date of its own, and making one without a comment would make the comment too: as the token's user, now
(the vendor contract, section 5). So the comment is made first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from html import escape

from migrator.errors import Refused
from migrator.model import Cost, Issue, Reach
from migrator.vendor import Record, Step
from migrator.vendors.planfix import catalogue
from migrator.vendors.planfix.catalogue import Catalogue, CustomField, DataTag
from migrator.vendors.planfix.comments import byline, written
from migrator.vendors.planfix.encode import Encoded
from migrator.vendors.planfix.values import custom, day_point

COMMENT, CREATE, MONEY = "comment", "create", "money"
DAY_MINUTES = 24 * 60  # one entry holds no more (section 5)
_NO_WORDS = "—"
_NOON = time(12)

Place = Mapping[str, str]  # a data tag and its fields by role; empty = none


def parts(cost: Cost) -> tuple[str, ...]:
    """The comment, then one call for each data tag that takes a share of the row; two tags until the mapping has named one."""
    together = cost.money_in and cost.money_in.get("tag") == cost.time_in.get("tag")
    return (COMMENT, CREATE, MONEY) if cost.minutes and cost.money and not together else (COMMENT, CREATE)


def shares(cost: Cost, part: str) -> tuple[Place, Place]:
    """Where the part puts the time, and where the money."""
    if part == MONEY:
        return {}, cost.money_in
    if parts(cost) == (COMMENT, CREATE, MONEY):
        return cost.time_in, {}
    timed = cost.minutes or not cost.money
    return (cost.time_in if timed else {}), (cost.money_in if cost.money else {})


def comment(step: Step, there: Catalogue, *, signed: bool) -> Record:
    """The comment that the entries stand on: by the person, at noon of the day, told to nobody."""
    cost = step.entity
    assert isinstance(cost, Cost)
    html = escape(cost.text) or _NO_WORDS
    noon = datetime.combine(cost.day, _NOON, there.zone).astimezone(UTC)
    if signed:
        return written(step.mark, html, cost.person, noon)
    return written(step.mark, f"{byline(cost.person, None, there)}{html}", None, noon)


def entries(step: Step, there: Catalogue) -> Encoded:
    """The entries of one part, all in one call. Raises Refused if the data tag that the mapping names cannot take them."""
    cost = step.entity
    assert isinstance(cost, Cost)
    time_in, money_in = shares(cost, step.part)
    place = time_in or money_in
    tag = there.tags.get(place.get("tag", ""))
    if tag is None:
        raise Refused(f"{cost.ref}: the mapping names no data tag for it; set [costs.time] and [costs.money]")
    common, issues = _common(step, tag, place, there)
    items = []
    for turn, minutes in enumerate(_days(cost.minutes if time_in else 0)):
        values = list(common)
        if minutes:
            field = _field(tag, time_in, "time")
            values.append(custom(field, _length(field, minutes, cost)))
        if money_in and cost.money and turn == 0:
            values.append(custom(_field(tag, money_in, "money"), _amount(cost.money)))
        items.append({"customFieldData": values})
    return Encoded({"dataTag": {"id": tag.id}, "items": items}, issues)


def _days(minutes: int) -> list[int]:
    """The minutes in shares of at most a day; one share even of none."""
    whole, rest = divmod(minutes, DAY_MINUTES)
    return [DAY_MINUTES] * whole + ([rest] if rest or not whole else [])


def _common(step: Step, tag: DataTag, place: Place, there: Catalogue) -> tuple[list[Record], tuple[Issue, ...]]:
    """What every entry has beside its amount: day, person, text and, where the tag has the field for it, our mark."""
    cost = step.entity
    assert isinstance(cost, Cost)
    values: list[Record] = []
    issues: tuple[Issue, ...] = ()
    if "day" in place:
        values.append(custom(field := _field(tag, place, "day"), _day(field, cost)))
    if "person" in place and cost.person and (id := cost.person.target):
        field = _field(tag, place, "person")
        if field.type == catalogue.EMPLOYEE and not id.startswith("user:"):
            detail = f"{cost.person.name} is not an employee, which {tag.name!r} wants; the comment names them"
            issues = (Issue(ref=cost.ref, code="person-not-employee", field="person", detail=detail, reach=Reach.NOTE),)
        else:
            values.append(custom(field, [{"id": id}] if field.type == catalogue.PEOPLE else {"id": id}))
    if "text" in place and cost.text:
        values.append(custom(_field(tag, place, "text"), cost.text))
    if mark := tag.fields.get(there.marker_name):
        values.append(custom(mark, step.mark))
    return values, issues


def _field(tag: DataTag, place: Place, role: str) -> CustomField:
    name = place.get(role, "")
    if name not in tag.fields:
        raise Refused(f"data tag {tag.name!r} has no field {name!r} for the {role}; correct [costs] in the mapping")
    return tag.fields[name]


def _day(field: CustomField, cost: Cost) -> Record:
    return day_point(cost.day) | ({"time": f"{_NOON:%H:%M}"} if field.type == catalogue.DATE_TIME else {})


def _length(field: CustomField, minutes: int, cost: Cost) -> object:
    """A period needs both ends: with a duration alone nothing is stored (section 8, 32)."""
    start, end = {"time": "00:00"}, {"time": f"{minutes // 60:02}:{minutes % 60:02}"}
    if field.type == catalogue.PERIOD:
        return {"from": start, "to": end}
    if field.type == catalogue.DATED_PERIOD:
        return {"from": day_point(cost.day) | start, "to": day_point(cost.day) | end}
    return minutes


def _amount(money: Decimal) -> int | float:
    return int(money) if money == money.to_integral_value() else float(money)
