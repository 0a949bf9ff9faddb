"""Memory: a source and a target that live in this process. The smallest complete adapter, and what the core is tested on.

Not in VENDORS: nobody's work lies here. It has no network, so what a network does to a create is laid on by `fault`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import Path

import msgspec
import orjson

from migrator.errors import InDoubt, MigratorError, Refused
from migrator.model import ENTITY_TYPES, Comment, Entity, File, Issue, Kind, Ref
from migrator.vendor import (
    Body,
    Capabilities,
    Carry,
    Check,
    Context,
    Decoded,
    Limits,
    Made,
    Observed,
    Page,
    Read,
    Record,
    Seen,
    Step,
    Vocabulary,
)

_ALL = frozenset(Kind)
_DIRECTORY = frozenset({Kind.PERSON, Kind.GROUP, Kind.COMPANY, Kind.CONTACT, Kind.TAG, Kind.FIELD})
_PLACE = ("project", "parent", "on")  # fields that say where an entity hangs
_ORDER = (*(kind for kind in Kind if kind is not Kind.FILE), Kind.FILE)  # a file may hang on a comment

CAPABILITIES = Capabilities(
    reads=_ALL,
    creates=_ALL,
    matches=frozenset(),
    fields={
        kind: {one.name: Carry.NATIVE for one in msgspec.structs.fields(entity) if one.name not in ("ref", *_PLACE)}
        for kind, entity in ENTITY_TYPES.items()
    },
    finishes=frozenset({Kind.TASK, Kind.PROJECT}),
    finish_sets={Kind.TASK: frozenset({"text"}), Kind.PROJECT: frozenset({"text"})},
    finds=_ALL,
    updates={
        kind: frozenset(one.name for one in msgspec.structs.fields(entity)) | {"files"}
        for kind, entity in ENTITY_TYPES.items()
    },
    deletes=_ALL,
    silent=True,
)
LIMITS = Limits(requests=0, period=1.0, parallel=4, quarantine=90.0)
NO_WORDS = Vocabulary({}, {}, {}, {}, {}, None)


class MemorySource:
    """An account that holds the entities given to it; its records are the entities as plain values."""

    def __init__(
        self, entities: Iterable[Entity], bodies: Mapping[str, bytes] | None = None, *, page_size: int = 2
    ) -> None:
        """`entities` in the order they are served, owners first; `bodies`: a file's id -> its bytes."""
        self._records: dict[str, list[Record]] = {kind.value: [] for kind in Kind}
        for entity in entities:
            self._records[entity.ref.kind.value].append(msgspec.to_builtins(entity))
        self._bodies = dict(bodies or {})
        self._page_size = page_size
        self.sent = 0
        self.reads = tuple(Read(kind.value, (kind,), directory=kind in _DIRECTORY) for kind in _ORDER)

    def scopes(self, read: str, seen: Seen) -> Iterable[str]:
        """One list for each kind."""
        del read, seen
        return ("",)

    async def page(self, read: str, scope: str, cursor: str | None, seen: Seen) -> Page:
        """The records from the cursor on, which is a place in the list."""
        del scope, seen
        await self._request()
        start = int(cursor or 0)
        end = start + self._page_size
        records = self._records[read]
        return Page(tuple(records[start:end]), str(end) if end < len(records) else None, total=len(records))

    def record_id(self, read: str, record: Record) -> str:
        """The entity's own id."""
        del read
        return str(record["ref"]["id"])

    def decoder(self, read: str, seen: Seen) -> Callable[[Record], Decoded]:
        """Records are entities already; a key that none of them has becomes an issue."""
        del read, seen
        return _decode

    def totals(self, seen: Seen) -> Mapping[str, str]:
        """None: a list that is counted by its own length proves nothing."""
        del seen
        return {}

    async def body(self, file: File, to: Path) -> Body:
        """Write the bytes to the path. Raises Refused if none were given for the file."""
        await self._request()
        if file.ref.id not in self._bodies:
            raise Refused(f"memory has no bytes of {file.name!r}")
        content = self._bodies[file.ref.id]
        await asyncio.to_thread(to.write_bytes, content)
        return Body(to, len(content), hashlib.sha256(content).hexdigest())

    async def check(self) -> list[Check]:
        """Always open."""
        count = sum(len(records) for records in self._records.values())
        return [Check("memory", "ok", f"{count} records")]

    async def _request(self) -> None:
        self.sent += 1
        await asyncio.sleep(0)


class Fault(Enum):
    """What goes wrong with one create."""

    CUT = auto()  # no answer, nothing made
    LOST = auto()  # made, but no answer
    LATE = auto()  # no answer, and made `late_seconds` of loop time later
    REFUSED = auto()  # a certain no


@dataclass(frozen=True)
class Stored:
    """One object of the target. `part`: the create that made it."""

    id: str
    kind: Kind
    part: str
    mark: str
    fields: Mapping[str, str]


@dataclass
class MemoryTarget:
    """An account to fill. Whoever creates twice has two.

    `made_in`: the parts of kinds that take several creates. `fault` is asked before every create, `removing` before every removal, which
    it may refuse. `undeletable`: kinds of which a thing is only put aside: it loses its mark, with all on it.
    """

    vocabulary: Vocabulary = NO_WORDS
    made_in: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)
    fault: Callable[[Step], Fault | None] = lambda _: None
    removing: Callable[[Step], None] = lambda _: None
    undeletable: frozenset[Kind] = frozenset()
    late_seconds: float = 30.0
    writable: bool = True
    sent: int = 0
    stored: dict[str, Stored] = field(default_factory=dict)
    updated: list[tuple[Ref, frozenset[str]]] = field(default_factory=list)  # what was changed, with which fields
    _late: list[tuple[float, Stored]] = field(default_factory=list)  # loop time they are due at
    _last: int = 0

    def parts(self, entity: Entity) -> tuple[str, ...]:
        """As `made_in` says; one create for the others."""
        return self.made_in.get(entity.ref.kind, ("create",))

    def requests(self, step: Step) -> int:
        """One each."""
        del step
        return 1

    def link(self, kind: Kind, id: str) -> str | None:
        """An address of the same form for every object."""
        return f"memory://{kind}/{id}"

    async def create(self, step: Step, context: Context) -> Made:
        """Store the step's fields as a new object. Raises Refused or InDoubt as the fault says."""
        await self._request(writes=True)
        fault = self.fault(step)
        if fault is Fault.REFUSED:
            raise Refused(f"memory refused {step.ref}", "no")
        if fault is Fault.CUT:
            raise InDoubt(f"connection lost before {step.ref} was stored")
        made, *along = self._shelve(step, context)
        if fault is Fault.LATE:
            due = asyncio.get_running_loop().time() + self.late_seconds
            self._late += [(due, one) for one in (made, *along)]
        else:
            self.stored.update({one.id: one for one in (made, *along)})
        if fault:
            raise InDoubt(f"connection lost after {step.ref} was sent")
        return Made(made.id, carried={entity.ref: one.id for entity, one in zip(step.carried, along, strict=True)})

    def _shelve(self, step: Step, context: Context) -> list[Stored]:
        """What the step makes: its own object, then one for each entity that travels along."""
        own, *others = (str(self._last + number) for number, _ in enumerate((step, *step.carried), 1))
        self._last += 1 + len(others)
        fields = dict(self.expected(step, context))
        if isinstance(step.entity, Comment):
            fields["files"] = " ".join((*fields["files"].split(), *others))
        kind = Kind(step.part) if step.part in set(Kind) else step.ref.kind
        made = [Stored(own, kind, step.part, step.mark, fields)]
        for id, entity in zip(others, step.carried, strict=True):
            fields = {**self.expected(Step(entity, "create", ""), context), "on": own}
            made.append(Stored(id, entity.ref.kind, "create", f"{step.mark}/{entity.ref}", fields))
        return made

    async def finish(self, step: Step, context: Context) -> Made:
        """Set the fields again, now that links lead to what was made meanwhile. Raises Refused if the object is gone."""
        await self._request(writes=True)
        id = context.ids(step.ref)
        if id is None or id not in self.stored:
            raise Refused(f"memory has no {step.ref}", "gone")
        self.stored[id] = replace(self.stored[id], fields=self.expected(step, context))
        return Made(id)

    async def update(self, step: Step, fields: Mapping[str, str], context: Context) -> Made:
        """Set these fields again. Raises Refused if the object is gone, or as the fault says."""
        await self._request(writes=True)
        id = context.ids(step.ref)
        if id is None or id not in self.stored or self.fault(step):
            raise Refused(f"memory changes no {step.ref}", "gone")
        expected = self.expected(step, context)
        kept = {name: value for name, value in self.stored[id].fields.items() if name not in fields}
        news = {name: expected[name] for name in fields if name in expected}
        self.stored[id] = replace(self.stored[id], fields={**kept, **news})
        self.updated.append((step.ref, frozenset(fields)))
        return Made(id)

    async def find(self, steps: tuple[Step, ...], context: Context) -> Mapping[Ref, Made]:
        """One look at all marks."""
        del context
        await self._request()
        there = {one.mark: one.id for one in self.stored.values()}
        return {
            step.ref: Made(
                there[step.mark],
                carried={one.ref: id for one in step.carried if (id := there.get(f"{step.mark}/{one.ref}"))},
            )
            for step in steps
            if step.mark in there
        }

    def expected(self, step: Step, context: Context) -> Mapping[str, str]:
        """Every field with a value; where the entity hangs, as the target's id; of a file the SHA-256, of a comment its files."""
        fields: dict[str, str] = {}
        for name, value in msgspec.to_builtins(step.entity).items():
            if isinstance(step.entity, File) and name == "on" and step.entity.on.kind is Kind.COMMENT:
                continue  # the comment is made later, and names its files
            if name in _PLACE and value:
                fields[name] = context.ids(getattr(step.entity, name)) or ""
            elif name not in ("ref", "is"):
                fields[name] = value if isinstance(value, str) else orjson.dumps(value).decode()
        if isinstance(step.entity, File):
            fields["sha256"] = context.body(step.ref).sha256
        if isinstance(step.entity, Comment):
            fields["files"] = " ".join(id for _, id in context.files(step.ref))
        return fields

    def instead(self, step: Step, issue: Issue, context: Context) -> Mapping[str, str]:
        """Nothing: what it takes it takes whole."""
        del step, issue, context
        return {}

    async def read_back(
        self, kind: Kind, steps: tuple[Step, ...], context: Context, under: tuple[Ref, ...] = ()
    ) -> AsyncIterator[Observed]:
        """Every object of the kind, in the order it was stored."""
        del steps, context, under
        await self._request()
        for place, one in enumerate(list(self.stored.values())):
            if one.kind is kind:
                above = [self.stored.get(one.fields.get(name, "")) for name in _PLACE]
                if one.kind is Kind.FILE:  # the comment names it, not it the comment
                    above += [each for each in self.stored.values() if one.id in each.fields.get("files", "").split()]
                on = tuple((each.kind, each.id) for each in above if each)
                yield Observed(one.id, one.mark, one.fields, f"{place:012}", on=on)

    async def fetch(self, observed: Observed, to: Path) -> Body:
        """No bytes are kept, only their hash, which is read back with the file."""
        raise Refused(f"memory keeps no bytes of file {observed.id} for {to.name}")

    async def remove(self, step: Step, context: Context) -> None:
        """Forget the object, or take its mark from one that cannot be deleted. Raises Refused as `removing` does."""
        await self._request(writes=True)
        self.removing(step)
        id = context.made(step.ref, step.part) or ""
        if id in self.stored and step.ref.kind in self.undeletable:
            self._unmark(id)
        elif self.stored.pop(id, None):
            for one in [one for one in self.stored.values() if id in one.fields.get("files", "").split()]:
                left = " ".join(each for each in one.fields["files"].split() if each != id)
                self.stored[one.id] = replace(one, fields={**one.fields, "files": left})

    def _unmark(self, id: str) -> None:
        """With all that hangs on it."""
        self.stored[id] = replace(self.stored[id], mark="")
        for one in [one for one in self.stored.values() if one.mark and id in map(one.fields.get, _PLACE)]:
            self._unmark(one.id)

    def removal_requests(self, step: Step, context: Context) -> int:
        """One each."""
        del step, context
        return 1

    async def check(self) -> list[Check]:
        """Always open."""
        return [Check("memory", "ok", f"{len(self.stored)} objects")]

    async def _request(self, *, writes: bool = False) -> None:
        if writes and not self.writable:
            raise MigratorError("a write was about to leave where none may: report this as a bug")
        self.sent += 1
        await asyncio.sleep(0)
        now = asyncio.get_running_loop().time()
        for one in [one for due, one in self._late if due <= now]:
            self.stored[one.id] = one
        self._late = [(due, one) for due, one in self._late if due > now]


def _decode(record: Record) -> Decoded:
    entity: Entity = msgspec.convert(record, type=Entity, strict=False)
    known = {"is", *entity.__struct_fields__}
    unknown = [key for key in record if key not in known]
    return Decoded((entity,), tuple(Issue(ref=entity.ref, code="unknown-field", field=key) for key in unknown))
