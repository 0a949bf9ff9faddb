"""Edits that a delta may have to bring over: for each word of `expected`, an entity with something else there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec

from migrator.model import Entity, Kind, Text

DAY = timedelta(days=1)


def edits(entity: Entity, words: frozenset[str]) -> Iterator[tuple[str, Entity]]:
    """The entity, edited in one of the words after the other; words that no edit is known for are passed over."""
    for word in sorted(words & set(_EDITS)):
        fields = _EDITS[word](entity)
        if set(fields) <= set(entity.__struct_fields__):
            entity = msgspec.structs.replace(entity, **fields)
            yield word, entity


def _later(*names: str) -> Callable[[Any], Mapping[str, Any]]:
    def edit(entity: Any) -> Mapping[str, Any]:
        return {name: value + DAY for name in names if (value := getattr(entity, name, None))}

    return edit


def _text(entity: Any) -> Mapping[str, Any]:
    return {"text": "Said otherwise" if entity.ref.kind is Kind.COST else Text(html="<p>Said otherwise</p>")}


_EDITS: Mapping[str, Callable[[Any], Mapping[str, Any]]] = {
    "title": lambda entity: {"title": f"{entity.title} II"},
    "name": lambda entity: {"name": f"{entity.name} II"},
    "text": _text,
    "start": _later("start", "start_at"),
    "end": _later("end", "due", "due_at"),
    "due": _later("due", "due_at"),
    "day": _later("day"),
    "minutes": lambda entity: {"minutes": entity.minutes + 5 if entity.minutes else 0},
    "money": lambda entity: {"money": entity.money + Decimal("1.25") if entity.money else entity.money},
    "plan_minutes": lambda entity: {"plan_minutes": (entity.plan_minutes or 0) + 75},
    "plan_money": lambda entity: {"plan_money": (entity.plan_money or 0) + Decimal("12.5")},
    "tags": lambda entity: {"tags": entity.tags[:1]},
    "fields": lambda entity: {
        "fields": {name: f"{value}1" for name, value in entity.fields.items() if isinstance(value, str)}
    },
    "assignees": lambda _: {"assignees": ()},
    "followers": lambda _: {"followers": ()},
    "members": lambda _: {"members": ()},
    "done": lambda entity: {"done": not entity.done},
    "pinned": lambda entity: {"pinned": not entity.pinned},
    "phones": lambda _: {"phones": ("+380441234567",)},
    "position": lambda _: {"position": "head of roofs"},
    "address": lambda _: {"address": "2 New Street"},
    "email": lambda _: {"email": "new.address@example.com"},
}
