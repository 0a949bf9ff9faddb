"""What came back of an account that went from vendor to vendor: every field of every entity is as it was, or its loss was told.

A field that is another at the end is explained by an issue of one of the runs that names the entity and the field (or the entity as a
whole), or by a vendor on the way that keeps it as text: then the value must stand in the text that people read at the end. A status
is explained by the lines of the mappings that name it. Moments are compared to the minute.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any

import msgspec

from migrator.ledger import State
from migrator.model import CheckItem, Comment, Cost, Entity, File, Kind, Label, Project, Ref, Relation, Task, Text, Who
from migrator.vendor import Carry
from tests.journeys.moved import Shown, folded
from tests.journeys.trips import Hop

_WHOLE = frozenset({"", "create", "finish"})  # of an issue about the entity as a whole
_DERIVED = frozenset({"ref", "url", "depth", "size"})  # of the account itself, or of another field
_AS_TEXT = (Carry.TEXT, Carry.MAPPED)
_TICKED = "[x]"
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"\w+")
_SET = {"strong": "b", "em": "i", "th": "td"}
_SETTING = frozenset(("b", "i", "u", "s", "li", "td", "pre", "code", "blockquote", "h1", "h2", "h3", "h4"))
_UNSEEN = re.compile(r"<(script|style|iframe)\b.*?</\1>", re.DOTALL)
_ADDRESS = re.compile(r"https?://\S+")
Places = tuple[Ref, ...]  # what an entity is at one stop: more than one where a vendor keeps it in several


def silent_losses(hops: Sequence[Hop]) -> list[str]:
    """What is not at the end as it was at the beginning, and nobody told: one line each."""
    trip = Trip(tuple(hops))
    return [f"{entity.ref}: {loss}" for entity in hops[0].entities.values() for loss in trip.losses_of(entity)]


@dataclass(frozen=True)
class Trip:
    """The runs of one way, in order; the last only read the last account."""

    hops: tuple[Hop, ...]

    def losses_of(self, entity: Entity) -> Iterator[str]:
        """The fields of one entity that came back neither as they were nor explained."""
        stops = self.stops(entity.ref)
        told = self.told(stops)
        final = self.final(stops)
        if self.was_there_already(stops):
            return
        if final is None:
            if not told & _WHOLE:
                yield f"is gone after stop {len(stops)}"
            return
        for name in entity.__struct_fields__:
            if name in _DERIVED:
                continue
            before, after = getattr(entity, name), getattr(final, name)
            if before is None or before in ("", ()):  # what a vendor adds of its own is no loss
                continue
            if isinstance(before, dict):
                lost = {
                    key: value
                    for key, value in before.items()
                    if not self.same(value, after.get(key)) and key not in told
                }
            else:
                if isinstance(before, Text):
                    kept = self.same_text(before, after, told)
                elif name in ("text", "title"):
                    kept = _in_order(_words(before), _words(after))
                else:
                    kept = self.same(before, after)
                lost = {} if kept else {name: before}
            for key, value in lost.items():
                if not (
                    told & {name, key, *_WHOLE}
                    or self.by_rules(entity, name)
                    or self.is_read(entity, name, key, value, stops)
                ):
                    yield f"{key}: {_brief(value)} became {_brief(after)}"

    # -- the way --------------------------------------------------------------------------------------------------------

    def stops(self, ref: Ref) -> list[Places]:
        """What the entity is in each account that it reached, from the first on."""
        stops: list[Places] = [(ref,)]
        for hop, following in pairwise(self.hops):
            found = tuple({place: None for one in stops[-1] for place in _arrived(hop, following, one, self._came)})
            if not found:
                break
            stops.append(found)
            self._came.update({(id(hop), one): found for one in stops[-2]})
        return stops

    @cached_property
    def _came(self) -> dict[tuple[int, Ref], Places]:
        return {}

    def final(self, stops: list[Places]) -> Entity | None:
        """The entity at the end of the way; several costs as one."""
        if len(stops) < len(self.hops):
            return None
        found = [self.hops[-1].entities[place] for place in stops[-1]]
        first = found[0]
        if not isinstance(first, Cost):
            return first
        rows = [row for row in found if isinstance(row, Cost)]
        text = "; ".join(dict.fromkeys(row.text for row in rows if row.text))
        money = sum((row.money for row in rows), Decimal())
        return msgspec.structs.replace(first, minutes=sum(row.minutes for row in rows), money=money, text=text)

    def told(self, stops: list[Places]) -> set[str]:
        """The fields of the entity that an issue of any run names; "" = the entity as a whole."""
        return {
            field
            for hop, places in zip(self.hops, stops, strict=False)
            for place in places
            for field in hop.told.get(place, ())
        }

    def was_there_already(self, stops: list[Places]) -> bool:
        """Whether some target had it before the run: it keeps what it has."""
        return any(
            hop.outcomes[place].state is State.MATCHED
            for hop, places in zip(self.hops, stops, strict=False)
            for place in places
            if place in hop.outcomes
        )

    # -- comparing ------------------------------------------------------------------------------------------------------

    def same(self, before: Any, after: Any) -> bool:
        """Whether a value is what it was; whom and what it refers to, by what these became."""
        match before:
            case Ref():
                return after in self.stops(before)[-1]
            case Relation():
                return False
            case Who():
                return isinstance(after, Who) and _known_as(before) == _known_as(after)
            case tuple():
                return all(any(self.same(one, other) for other in after or ()) for one in before)
            case Label():
                return isinstance(after, Label) and before.title == after.title
            case datetime():
                return isinstance(after, datetime) and before.replace(second=0, microsecond=0) == after.replace(
                    second=0, microsecond=0
                )
            case str():
                return isinstance(after, str) and folded(before) == folded(after)
            case _:
                return bool(before == after)

    def same_text(self, before: Text, after: Text, told: set[str]) -> bool:
        """Whether the text has its words in their order, is set as it was, and leads to what its links became."""
        kept = "text" in told or _setting(before) <= _setting(after)
        words = _in_order(_words(Shown(_UNSEEN.sub("", before.html)).text), _words(Shown(after.html).text))
        return kept and words and all(self.leads(ref, after, told) for ref in before.links.values())

    def leads(self, ref: Ref, text: Text, told: set[str]) -> bool:
        """Whether the text leads to what the ref became, by a link or its address, or an issue names it."""
        stops = self.stops(ref)
        if ref.kind is Kind.COMMENT and isinstance(comment := self.hops[0].entities.get(ref), Comment):
            return self.leads(comment.on, text, told)  # where comments have no page of their own, the task's is theirs
        if len(stops) < len(self.hops) or told & {str(place) for places in stops for place in places}:
            return True
        addresses = [getattr(self.hops[-1].entities[place], "url", "") for place in stops[-1]]
        return any(place in text.links.values() for place in stops[-1]) or any(
            one in text.html for one in addresses if one
        )

    def by_rules(self, entity: Entity, name: str) -> bool:
        """Whether the mappings have lines that name the status, or the priority: then what came of it is as the user wished."""
        if not isinstance(entity, Task | Project):
            return False
        if name == "priority" and isinstance(entity, Task):
            return any(str(entity.priority) in hop.rules.priority for hop in self.hops)
        word = entity.status if name in ("status", "done", "archived") else ""
        for hop in self.hops[:-1]:
            if word and not hop.can.verbatim:
                word = hop.rules.status.get(entity.ref.kind, {}).get(word, "")
        return bool(word)

    def is_read(self, entity: Entity, name: str, key: str, value: Any, stops: list[Places]) -> bool:
        """Whether a vendor on the way keeps the field as text, and the value stands in the text at the end."""
        carries = [hop.can.fields.get(entity.ref.kind, {}).get(name) for hop in self.hops[:-1]]
        if name != "title" and not any(carry in _AS_TEXT for carry in carries):
            return False
        text = self.text_of(stops)
        if isinstance(value, datetime):
            return any(f"{value.astimezone(hop.zone):%Y-%m-%d %H:%M}" in text for hop in self.hops)
        if isinstance(value, bool):
            return any(word in text for word in self.switched_on(name))
        return all(folded(word) in text for word in self.words(value))

    def text_of(self, stops: list[Places]) -> str:
        """What people read of the entity at the end."""
        final = self.final(stops)
        if isinstance(final, Cost):
            return folded(final.text)
        if isinstance(final, CheckItem):
            return final.title
        if isinstance(final, File):  # it has a description, which the model has no place for, and the reading tells
            return " ".join(issue.detail for issue in self.hops[-1].issues if issue.ref == final.ref)
        return Shown(final.text.html).text if isinstance(final, Task | Project | Comment) else ""

    def words(self, value: Any) -> Iterator[str]:
        """What must stand in a text for the value to be in it."""
        match value:
            case Relation():
                other = self.hops[0].entities.get(value.other)
                yield getattr(other, "title", "")
            case Who():
                yield value.name
            case Label():
                yield value.title
            case tuple():
                for one in value:
                    yield from self.words(one)
            case Mapping():
                for one in value.values():
                    yield from self.words(one)
            case _:
                yield str(value)

    def switched_on(self, name: str) -> Iterator[str]:
        """What stands in a text for a switch that is on."""
        yield _TICKED
        for hop in self.hops:
            labels = hop.rules.text.labels
            yield f"{labels.get(name, name)}: {labels.get('yes', 'yes')}"


def _known_as(who: Who) -> str:
    return who.email.lower() or who.name


def _words(text: str) -> list[str]:
    """The words of a text, without addresses."""
    return _WORD.findall(_ADDRESS.sub(" ", text))


def _in_order(words: list[str], among: list[str]) -> bool:
    """Whether all the words are among the others, in the same order."""
    rest = iter(among)
    return all(word in rest for word in words)


def _setting(text: Text) -> Counter[str]:
    """How the text is set: its marked words, lists, tables, quotations."""
    return Counter(tag for each in Shown(text.html).tags if (tag := _SET.get(each, each)) in _SETTING)


def _brief(value: Any) -> str:
    return repr(value)[:160]


def _arrived(hop: Hop, following: Hop, ref: Ref, came: Mapping[tuple[int, Ref], Places]) -> Iterator[Ref]:
    """What the target of a run calls the entity: by the ids in the checkpoint, else by its place on what it hangs on."""
    for id in hop.made.get(ref, ()):
        numbers = _NUMBER.findall(id)
        for name in (id, numbers[-1] if numbers and "+" not in id else id):
            if (place := Ref(ref.kind, name)) in following.entities and ref.kind is not Kind.CHECKITEM:
                yield place
                break
        else:
            yield from _in_its_place(hop, following, ref, came)


def _in_its_place(hop: Hop, following: Hop, ref: Ref, came: Mapping[tuple[int, Ref], Places]) -> Iterator[Ref]:
    """Lines of checklists and files that travelled with what they hang on: the same of their name there, in order."""
    entity = hop.entities[ref]
    if not isinstance(entity, CheckItem | File):
        return
    for on in came.get((id(hop), entity.on)) or tuple(_arrived(hop, following, entity.on, came)):
        here = [one for one in hop.owned[entity.on, ref.kind] if one.ref in hop.made]
        there = following.owned.get((on, ref.kind), [])
        if len(here) != len(there):
            here, there = ([one for one in rows if _called(one) == _called(entity)] for rows in (here, there))
        place = [one.ref for one in here].index(ref)
        if place < len(there):
            yield there[place].ref


def _called(entity: Entity) -> str:
    name = entity.title if isinstance(entity, CheckItem) else getattr(entity, "name", "")
    return folded(re.split(r"[/\\]", name)[-1] if isinstance(entity, File) else name)
