"""One API request, understood: its action, its parameters by type, its files, and who asks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from urllib.parse import parse_qsl

from migrator.sandbox.server import Call, Upload
from migrator.sandbox.worksection.refusal import Refusal, required

Record = dict[str, Any]
Answer = dict[str, Any]

_LIST_KEY = re.compile(r"(\w+)\[\d*\]")
_DAY = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})")


@dataclass(frozen=True)
class Ask:
    """A request after parsing. `user` is None for the admin key; `now` is naive, in the account's time zone."""

    action: str
    params: Mapping[str, Any]
    uploads: tuple[Upload, ...]
    user: Record | None
    now: datetime
    base: str

    def text(self, name: str) -> str | None:
        """The parameter as text; None if it was not sent, "" if sent empty."""
        value = self.params.get(name)
        if value is None:
            return None
        if isinstance(value, bool):
            return "1" if value else "0"
        if isinstance(value, list):
            return ",".join(str(item) for item in value)
        return str(value)

    def needed(self, name: str) -> str:
        """The parameter as text. Raises Refusal 10 when absent or blank."""
        if not (value := (self.text(name) or "").strip()):
            raise required(name)
        return value

    def names(self, name: str) -> list[str]:
        """A comma list, or a JSON list, as its trimmed items."""
        return [item.strip() for item in (self.text(name) or "").split(",") if item.strip()]

    def items(self, name: str) -> list[str]:
        """A repeated parameter (`todo[]=a&todo[]=b`, or an array in a JSON body)."""
        value = self.params.get(name)
        return [str(item) for item in value] if isinstance(value, list) else []

    def extras(self) -> frozenset[str]:
        """The words of `extra`; spaces after commas are tolerated (section 4)."""
        return frozenset(self.names("extra"))

    def day(self, name: str) -> str | None:
        """A DD.MM.YYYY parameter as an ISO day; None if absent or empty. Raises Refusal 10."""
        value = self.text(name)
        return iso_day(value, name) if value else None

    def flag(self, name: str) -> bool:
        """Whether the parameter is 1."""
        return self.text(name) == "1"

    def number(self, name: str, low: float = 0, high: float = 10**12) -> int | float | None:
        """A number between the bounds; None if absent or empty. Raises Refusal 10."""
        value = self.text(name)
        if not value:
            return None
        try:
            number = float(value.replace(",", "."))
        except ValueError:
            raise required(name) from None
        if not low <= number <= high:
            raise required(name)
        return int(number) if number.is_integer() else number

    @property
    def moment(self) -> str:
        """Now, as the vendor writes moments: no seconds, no time zone (section 4)."""
        return self.now.strftime("%Y-%m-%d %H:%M")

    @property
    def all_seeing(self) -> bool:
        """The admin key, the owner and account administrators see every project and hidden thing."""
        return self.user is None or str(self.user.get("role", "")).lower() in ("owner", "account admin")


def iso_day(value: str, field: str) -> str:
    """DD.MM.YYYY as YYYY-MM-DD. Raises Refusal 10 naming the field."""
    match = _DAY.fullmatch(value.strip())
    if not match:
        raise required(field)
    try:
        return date(int(match[3]), int(match[2]), int(match[1])).isoformat()
    except ValueError:
        raise required(field) from None


def read_parameters(call: Call, *, body_too: bool) -> tuple[dict[str, Any], tuple[Upload, ...]]:
    """The parameters and files of a call. Raises Refusal for a body that is neither JSON nor multipart.

    Multipart carries files only: its parameters stay in the URL. `body_too` says whether a JSON body is read: an md5 signature covers the
    URL alone.
    """
    params = _from_query(call.query)
    if call.method != "POST" or not call.body:
        return params, ()
    if call.headers.get("Content-Type", "").lower().startswith("multipart/form-data"):
        return params, _files(call)
    try:
        body = call.json()
    except ValueError:
        raise Refusal(0, "invalid JSON") from None
    if not isinstance(body, dict):
        raise Refusal(0, "invalid JSON")
    if body_too:
        params |= {_plain_key(name): value for name, value in body.items() if name != "action" and value is not None}
    return params, ()


def _from_query(query: str) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if match := _LIST_KEY.fullmatch(name):
            held = params.setdefault(match[1], [])
            if isinstance(held, list):
                held.append(value)
        else:
            params[name] = value
    return params


def _plain_key(name: str) -> str:
    match = _LIST_KEY.fullmatch(name)
    return match[1] if match else name


def _files(call: Call) -> tuple[Upload, ...]:
    try:
        return tuple(call.form()[1])
    except ValueError:
        return ()


def midnight(day: str) -> str:
    """The moment a day begins."""
    return datetime.combine(date.fromisoformat(day), time()).strftime("%Y-%m-%d %H:%M")
