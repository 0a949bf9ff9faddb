"""Single values as Worksection writes them: moments, days, spans, money, people. Pure; a malformed one raises ValueError."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from migrator.model import Who
from migrator.vendor import Record

# Pseudo-users are known by these in place of an e-mail; their names are words of the interface (the vendor contract, section 4).
_NOONE, _ANYONE = "NOONE", "ANY"
_PLACEHOLDER = re.compile(r"(\d+)@\1\.worksection\.com", re.IGNORECASE)


def moment(text: str | None, zone: ZoneInfo) -> datetime | None:
    """`2024-03-31 14:05` of the account's zone; of an hour that the clocks repeat, the earlier one."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC) if text else None


def day(text: str | None) -> date | None:
    """`2024-03-31`."""
    return date.fromisoformat(text) if text else None


def at(on: date | None, text: str | None, zone: ZoneInfo) -> datetime | None:
    """`14:05` on a day, in the account's zone."""
    if on is None or not text:
        return None
    return datetime.combine(on, time.fromisoformat(text), zone).astimezone(UTC)


def minutes(text: str) -> int:
    """`103:39`: hours are not padded and may exceed a day."""
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest or 0)


def planned_minutes(value: Any) -> int | None:
    """Planned time, which stands in hours: 100, "25.5" or "1:30"; None where nothing is planned."""
    if not value:
        return None
    return (minutes(value) if ":" in str(value) else round(money(value) * 60)) or None


def planned_money(value: Any) -> Decimal | None:
    """Planned money; None where nothing is planned."""
    return (money(value) or None) if value else None


def cents(amount: Decimal) -> Decimal:
    """The amount as a cost row holds it: to the cent, half a cent up."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def money(value: Any) -> Decimal:
    """An amount, as text or number."""
    try:
        return Decimal(str(value).replace(",", "."))
    except InvalidOperation as error:
        raise ValueError(f"not an amount: {value!r}") from error


def email(text: str | None) -> str:
    """An e-mail address; "" for a placeholder such as 5674@5674.worksection.com."""
    return "" if not text or _PLACEHOLDER.fullmatch(text) else text


def sent_day(on: date) -> str:
    """A day as requests have it, which is not as answers have it (the vendor contract, section 5)."""
    return f"{on:%d.%m.%Y}"


def sent_minutes(count: int) -> str:
    """Time spent as `H:MM`, the one form that is read one way only."""
    return f"{count // 60}:{count % 60:02}"


def sent_plan(count: int) -> str:
    """Planned minutes as the hours that planned time stands in, exact to the minute."""
    return sent_amount(round(Decimal(count) / 60, 4))


def sent_amount(amount: Decimal) -> str:
    """An amount without an exponent and without zeros at its end."""
    return f"{amount.normalize():f}"


def query_of(params: Mapping[str, Any]) -> str:
    """Parameters as a URL has them; each item of a list under its own `name[]`."""
    pairs: list[tuple[str, str]] = []
    for name, value in params.items():
        pairs += [(f"{name}[]", each) for each in value] if isinstance(value, list) else [(name, value)]
    return urlencode(pairs)


def spelled(title: str) -> str:
    """A title of a tag, or of a set of them, without the comma that would make it two (the vendor contract, section 5)."""
    return title.replace(",", ";")


def number_of(id: str) -> str:
    """The vendor's number of what a page shows: `101` is a project, `101/26` a task, `101/26/#com5` a comment."""
    return id.rpartition("/")[2].removeprefix("#com")


def project_of(id: str) -> str:
    """The number of the project whose page leads to this one."""
    return id.partition("/")[0]


def page_id(row: Record) -> str:
    """What a page shows, as the address says after `/project/`: with that alone an address can be made again."""
    return str(row["page"]).partition("/project/")[2].strip("/")


def who(person: Record | None) -> Who | None:
    """The person a record names; None for nobody and for anybody."""
    if not person or person.get("email") in (_NOONE, _ANYONE):
        return None
    return Who(id=str(person["id"]), name=person.get("name", ""), email=email(person.get("email")))


def people(persons: list[Record] | None) -> tuple[Who, ...]:
    """Those of the records that name somebody."""
    return tuple(found for person in persons or () if (found := who(person)))


def is_anyone(person: Record | None) -> bool:
    """Whether the record stands for whoever takes the task."""
    return person is not None and person.get("email") == _ANYONE
