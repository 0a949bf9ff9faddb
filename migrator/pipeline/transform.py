"""Transform: what will be done to the target for one entity, decided without touching anything."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import msgspec

from migrator import text
from migrator.mapping import Mapper
from migrator.model import (
    CheckItem,
    Comment,
    Cost,
    Entity,
    File,
    Issue,
    Kind,
    Project,
    Reach,
    Ref,
    Task,
    Text,
    Who,
    owner,
)
from migrator.pipeline.compose import Composer, Line, Written, with_text
from migrator.vendor import Capabilities, Carry, Step, Vocabulary

_NAMESPACE = uuid.UUID("6f0c39a5-32f5-5d3e-9a51-8f6c0a1c7c11")
_MARGIN = (
    2048  # bytes of a text kept free for a header, and for addresses in the target that are longer than in the source
)
LINK_KEPT = "link-kept"  # the code of a link that goes on leading to the source, or did when its text was written
CONTINUED = "+"  # in the id of a comment that carries on a text too long for one
_HEADED = ("author", "created")  # stand in the header line rather than at the end


class Action(StrEnum):
    """What becomes of an entity."""

    CREATE = "create"
    MATCH = "match"
    SKIP = "skip"
    HOLD = "hold"


@dataclass(frozen=True)
class Decision:
    """`entity` stands in the target's vocabulary. `target`: the id it is matched to. `more`: comments that carry on its text."""

    action: Action
    entity: Entity
    issues: tuple[Issue, ...] = ()
    target: str = ""
    more: tuple[Comment, ...] = ()

    @property
    def note(self) -> str:
        """Why nothing is created, for people."""
        return "; ".join(issue.detail for issue in self.issues) if self.action in (Action.SKIP, Action.HOLD) else ""


def mark(account: str, ref: Ref, part: str) -> str:
    """The UUID by which the target's copy is recognised: the same in every run from this source account."""
    name = f"{account}/{ref}" if part == "create" else f"{account}/{ref}/{part}"
    return str(uuid.uuid5(_NAMESPACE, name))


@dataclass(frozen=True)
class Transform:
    """Decides for one pair of accounts.

    `account` is the source's identity; `is_ours` tells what the run itself made, and so did not find there; `look_up` gives another
    entity of the source.
    """

    mapper: Mapper
    capabilities: Capabilities
    words: Vocabulary
    composer: Composer
    account: str
    is_ours: Callable[[Ref], bool] = lambda _: False
    look_up: Callable[[Ref], Entity | None] = lambda _: None

    def decide(self, entity: Entity) -> Decision:
        """What becomes of the entity. Pure."""
        kind = entity.ref.kind
        if self.capabilities.verbatim:
            return Decision(Action.CREATE, entity)
        if kind in self.capabilities.matches and not self.is_ours(entity.ref) and (there := self._there(entity)):
            return Decision(Action.MATCH, entity, target=there)
        return self._obstacle(entity) or self.creation(entity)

    def creation(self, entity: Entity) -> Decision:
        """The decision for an entity that is to be created, or may have been when other rules were in force. Pure."""
        if self.capabilities.verbatim:
            return Decision(Action.CREATE, entity)
        applied = self.mapper.apply(entity)
        issues = [*applied.issues, *self._losses(applied.entity)]
        named = applied.entity
        lines: list[Line] = [(name, self.composer.shown(value)) for name, value in applied.lines]
        lines += [(name, self.composer.shown(value)) for name, value in self._homeless(named)]
        lines = list(dict.fromkeys(lines))  # people who were not found may be in both
        named, more_lines, more_issues = self._shorten_title(named)
        lines += more_lines
        issues += more_issues
        named, raised = self._raise(named)
        issues += raised
        if isinstance(named, Task | Project | Comment):
            unfound = any(name in _HEADED for name, _ in applied.lines)
            return self._written(named, lines, issues, header=unfound or self._headed(named))
        if isinstance(named, Cost):
            named = self._cost_text(named, lines)
        return Decision(Action.CREATE, named, tuple(issues))

    def _written(self, entity: Written, lines: list[Line], issues: list[Issue], *, header: bool) -> Decision:
        """The decision for an entity with a text: what does not fit goes on in comments."""
        if entity.ref.kind in self.capabilities.plain and text.is_set(entity.text.html):
            detail = "the target takes plain text: words keep their lines, not how they were set (bold, lists, tables)"
            issues.append(Issue(ref=entity.ref, code="text-plain", field="text", detail=detail, reach=Reach.NOTE))
        pieces = self._pieces(entity, lines, header=header)
        more = tuple(self._continuation(entity, number, piece) for number, piece in enumerate(pieces[1:], 1))
        if more:
            detail = f"{len(pieces)} parts: the text goes on in comments"
            issues.append(Issue(ref=entity.ref, code="text-continued", field="text", detail=detail, reach=Reach.NOTE))
        return Decision(Action.CREATE, with_text(entity, self.composer.relinked(pieces[0])), tuple(issues), more=more)

    def continuations(self, entity: Entity) -> tuple[Comment, ...]:
        """The comments that carry on the entity's text, where it is too long for one; to be decided like any comment."""
        limit = self.capabilities.text_limit
        if not limit or not isinstance(entity, Task | Project | Comment) or _size_at_most(entity) < limit:
            return ()
        return self.decide(entity).more

    def step(self, entity: Entity, part: str, carried: tuple[Entity, ...] = ()) -> Step:
        """The step for one part of an entity that was decided to be created. `carried`: what travels along, decided likewise."""
        return Step(entity, part, mark(self.account, entity.ref, part), carried)

    def keeping_links(self, to: Collection[str]) -> Transform:
        """The same, with links to these refs left as the source has them."""
        link = self.composer.link
        return replace(self, composer=replace(self.composer, link=lambda ref: None if str(ref) in to else link(ref)))

    def links_lost(self, entity: Entity) -> tuple[Issue, ...]:
        """Links in the source's text to things the target does not have: they go on leading to the source."""
        if not isinstance(entity, Task | Project | Comment):
            return ()
        return tuple(
            Issue(
                ref=entity.ref,
                code=LINK_KEPT,
                field=str(ref),
                detail=f"links to {ref}, which was not moved",
                reach=Reach.NOTE,
            )
            for ref in self.composer.unresolved(entity)
        )

    # -- what stands in the way ---------------------------------------------------------------------------------------

    def _there(self, entity: Entity) -> str:
        """The id of what the target already holds under the same natural key."""
        if entity.ref.kind is Kind.PERSON:
            who = Who(id=entity.ref.id, name=getattr(entity, "name", ""), email=getattr(entity, "email", ""))
            return self.mapper.person(who)
        table = self.words.there.get(entity.ref.kind, {})
        email = str(getattr(entity, "email", "")).lower()
        title = str(getattr(entity, "title", "") or getattr(entity, "name", ""))
        if entity.ref.kind is Kind.GROUP:
            title = self.mapper.rules.groups.get(title, title)
        return table.get(email, "") if email else table.get(title, "")

    def _obstacle(self, entity: Entity) -> Decision | None:
        can, kind = self.capabilities, entity.ref.kind
        if kind not in can.creates or (kind is Kind.PERSON and not self.mapper.rules.people.create):
            return self._stop(
                Action.SKIP, entity, "not-there", _NOT_THERE.get(kind, "the target has no such thing"), Reach.NOTE
            )
        above = owner(entity)
        if above and above.kind not in can.hangs_on.get(kind, frozenset(Kind)):
            return self._stop(Action.HOLD, entity, "owner-unsupported", f"the target keeps no {kind} on a {above.kind}")
        if isinstance(entity, File):
            if entity.size == 0 and not can.empty_files:
                return self._stop(
                    Action.HOLD, entity, "file-empty", f"{entity.name!r}: the target takes no file of 0 bytes"
                )
            if can.file_limit is not None and (entity.size or 0) > can.file_limit:
                detail = f"{entity.name!r}: {entity.size} bytes, the target takes {can.file_limit}"
                return self._stop(Action.HOLD, entity, "file-too-large", detail)
        if isinstance(entity, CheckItem) and can.checklist_limit and _number(entity) > can.checklist_limit:
            return self._stop(
                Action.HOLD, entity, "checklist-full", f"the target takes {can.checklist_limit} lines on one task"
            )
        if isinstance(entity, Cost):
            return self._cost_obstacle(entity)
        return None

    def _cost_obstacle(self, cost: Cost) -> Decision | None:
        costs = self.mapper.rules.costs
        if self.words.cost_tags is None:
            return None
        for name, amount, place in (("time", cost.minutes, costs.time), ("money", cost.money, costs.money)):
            if amount and not place.get("tag"):
                there = ", ".join(self.words.cost_tags) or "none yet"
                by_hand = f"create a data tag by hand, with fields for day, {name}, person and text"
                detail = (
                    f"the mapping names no place for {name}: {by_hand} (there: {there}), and name it in [costs.{name}]"
                )
                return self._stop(Action.HOLD, cost, "cost-place-missing", detail)
        return None

    @staticmethod
    def _stop(action: Action, entity: Entity, code: str, detail: str, reach: Reach = Reach.BLOCKER) -> Decision:
        return Decision(action, entity, (Issue(ref=entity.ref, code=code, detail=detail, reach=reach),))

    # -- what has no field in the target ------------------------------------------------------------------------------

    def _fields(self, entity: Entity, *carries: Carry) -> Iterator[tuple[str, object]]:
        """The entity's fields, with a value, that the target carries so."""
        for name, carry in self.capabilities.fields.get(entity.ref.kind, {}).items():
            value = getattr(entity, name)
            if carry in carries and not _is_empty(value):
                yield name, value

    def _losses(self, entity: Entity) -> Iterator[Issue]:
        for name, value in self._fields(entity, Carry.LOST):
            yield Issue(ref=entity.ref, code="field-lost", field=name, detail=f"{name}: {str(value)[:200]}")
        if isinstance(entity, File) and (kept := text.file_name(entity.name)) != entity.name:
            detail = f"{entity.name!r} could be taken for a path, so it is called {kept!r}"
            yield Issue(ref=entity.ref, code="file-renamed", field="name", detail=detail, reach=Reach.NOTE)
        if not isinstance(entity, Task | Project | Comment | File | CheckItem | Cost):
            for name, value in self._fields(entity, Carry.TEXT):
                yield Issue(ref=entity.ref, code="field-lost", field=name, detail=f"{name}: {str(value)[:200]}")

    def _homeless(self, entity: Entity) -> Iterator[tuple[str, object]]:
        """What goes into the lines at the end of the text."""
        for name, value in self._fields(entity, Carry.TEXT, Carry.MAPPED):
            if name not in _HEADED and not (name == "fields" and self._carries(entity, "fields", Carry.MAPPED)):
                yield name, value
        if isinstance(entity, Project) and entity.group and self._is_groupless(entity.group):
            yield "group", entity.group

    def _is_groupless(self, group: str) -> bool:
        """Whether the target has groups of projects, but neither this one nor a way to make it."""
        native = self.capabilities.fields.get(Kind.PROJECT, {}).get("group") is Carry.NATIVE
        return (
            native and Kind.GROUP not in self.capabilities.creates and group not in self.words.there.get(Kind.GROUP, {})
        )

    def _carries(self, entity: Entity, name: str, carry: Carry) -> bool:
        return self.capabilities.fields.get(entity.ref.kind, {}).get(name) is carry

    def _headed(self, entity: Written) -> bool:
        """Whether the author or the date would not be seen but for a header."""
        return any(name in _HEADED for name, _ in self._fields(entity, Carry.TEXT))

    def _shorten_title(self, entity: Entity) -> tuple[Entity, list[Line], list[Issue]]:
        limit, title = self.capabilities.title_limit, getattr(entity, "title", "")
        if limit is None or len(title) <= limit or not isinstance(entity, Task | Project | CheckItem):
            return entity, [], []
        issue = Issue(ref=entity.ref, code="title-shortened", field="title", detail=title, reach=Reach.NOTE)
        shortened = msgspec.structs.replace(entity, title=text.shorten(title, limit))
        return shortened, [("title", self.composer.shown(title))], [issue]

    def _raise(self, entity: Entity) -> tuple[Entity, list[Issue]]:
        """A subtask deeper than the target goes hangs on the nearest task above it that may have subtasks there."""
        limit = self.capabilities.depth
        if limit is None or not isinstance(entity, Task) or entity.depth <= limit:
            return entity, []
        above = self.look_up(entity.parent) if entity.parent else None
        while isinstance(above, Task) and above.depth >= limit and above.parent:
            above = self.look_up(above.parent)
        parent = above.ref if isinstance(above, Task) else None
        detail = f"level {entity.depth} becomes level {limit}; it hung on {entity.parent}"
        issue = Issue(ref=entity.ref, code="subtask-raised", field="parent", detail=detail, reach=Reach.NOTE)
        return msgspec.structs.replace(entity, parent=parent, depth=limit), [issue]

    # -- texts ----------------------------------------------------------------------------------------------------------

    def _pieces(self, entity: Written, lines: list[Line], *, header: bool) -> tuple[Text, ...]:
        footer = [line for line in lines if line[0] not in _HEADED]
        whole = self.composer.compose(entity, header, footer, provenance=not isinstance(entity, Comment))
        limit = self.capabilities.text_limit
        if not limit or len(whole.html.encode()) <= limit - _MARGIN:
            return (whole,)
        return tuple(Text(html=piece, links=whole.links) for piece in text.split(whole.html, limit - 2 * _MARGIN))

    def _continuation(self, entity: Written, number: int, piece: Text) -> Comment:
        identity = f"{entity.ref.id}{CONTINUED}{number}"
        if not isinstance(entity, Comment):
            return Comment(
                ref=Ref(Kind.COMMENT, f"{entity.ref.kind}-{identity}"), on=entity.ref, text=piece, **_signed(entity)
            )
        return msgspec.structs.replace(entity, ref=Ref(Kind.COMMENT, identity), text=piece)

    def _cost_text(self, cost: Cost, lines: list[Line]) -> Cost:
        words = [cost.text] if cost.text else []
        words += [f"{self.composer.label(name)}: {text.to_plain(value)}" for name, value in lines]
        return msgspec.structs.replace(cost, text="; ".join(words))


_NOT_THERE = {
    Kind.PERSON: "no person with this e-mail in the target; named in texts instead. Map them in [people.map], or create them there first",
    Kind.GROUP: "no group of this name in the target; the name goes into the project's text. Create it there first, or map it in [groups]",
    Kind.TAG: "goes where the mapping sends its set",
    Kind.FIELD: "goes where the mapping sends it",
}


def _signed(entity: Task | Project) -> dict[str, Any]:
    return {"created": entity.created, "author": entity.author}


def _size_at_most(entity: Entity) -> int:
    """Bytes that the entity can take up in a text, all of it written out and each character escaped: cheaper than deciding."""
    return len(msgspec.json.encode(entity)) * 6 + _MARGIN


def _is_empty(value: object) -> bool:
    return value is None or value is False or value in ("", (), {}) or (isinstance(value, Text) and not value.html)


def _number(item: CheckItem) -> int:
    place = item.ref.id.rpartition("/")[2]
    return int(place) if place.isdigit() else 0
