"""A bench for the tests of targets: an open target, the sandbox behind it, and a run's memory in small."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from migrator.model import Entity, File, Kind, Ref
from migrator.pipeline.transform import mark
from migrator.sandbox.faults import Faults
from migrator.sandbox.server import Running, Sandbox, serve
from migrator.vendor import Account, Body, Context, Limits, Made, Observed, Step, Target, Vendor, Wire

FREE = Limits(requests=0, period=1.0, parallel=3, timeout=10.0, quarantine=0.0)


@dataclass
class NoQuota:
    """Counts, and never says no."""

    sent: int = 0

    def spend(self) -> None:
        self.sent += 1

    def spent_today(self) -> int:
        return self.sent


@dataclass
class Book:
    """A run's memory in small: what was made, as which id, and where the bytes of files lie."""

    folder: Path
    contents: dict[Ref, bytes] = field(default_factory=dict)
    made: dict[tuple[Ref, str], str] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)

    @property
    def context(self) -> Context:
        return Context(self.id, lambda ref, part: self.made.get((ref, part)), self._owned, self._body)

    def file(self, id: str, on: Ref, name: str, content: bytes) -> File:
        """A file whose bytes the book knows."""
        one = File(ref=Ref(Kind.FILE, id), on=on, name=name, size=len(content))
        self.contents[one.ref] = content
        return one

    def id(self, ref: Ref) -> str | None:
        return self.made.get((ref, "create"))

    def note(self, step: Step, made: Made) -> None:
        self.made[step.ref, step.part] = made.id
        self.made |= {(ref, "create"): id for ref, id in made.carried.items()}
        here = {one.ref for one in self.files}
        self.files += [one for one in (step.entity, *step.carried) if isinstance(one, File) and one.ref not in here]

    def _owned(self, ref: Ref) -> tuple[tuple[File, str], ...]:
        return tuple((one, id) for one in self.files if one.on == ref and (id := self.id(one.ref)))

    def _body(self, ref: Ref) -> Body:
        content = self.contents[ref]
        path = self.folder / hashlib.sha256(content).hexdigest()
        path.write_bytes(content)
        return Body(path, len(content), path.name)


def step(entity: Entity, part: str = "create", carried: tuple[Entity, ...] = ()) -> Step:
    return Step(entity, part, mark("bench", entity.ref, part), carried)


T = TypeVar("T", bound=Target)
S = TypeVar("S", bound=Sandbox)


@dataclass
class Bench(Generic[T, S]):
    """An open target, the sandbox behind it, and the book."""

    target: T
    sandbox: S
    running: Running
    book: Book
    quota: NoQuota

    async def make(self, *entities: Entity) -> list[Made]:
        """Create the entities, part by part."""
        return [await self.send(step(entity, part)) for entity in entities for part in self.target.parts(entity)]

    async def send(self, one: Step) -> Made:
        """Create one part of an entity, with what travels along."""
        made = await self.target.create(one, self.book.context)
        self.book.note(one, made)
        return made

    async def find(self, *steps: Step) -> Mapping[Ref, Made]:
        """What a look-up gives for doubtful creates of one kind and part."""
        return await self.target.find(steps, self.book.context)

    async def finish(self, entity: Entity) -> Made:
        return await self.target.finish(step(entity, "finish"), self.book.context)

    async def change(self, entity: Entity, *words: str, was: Entity | None = None) -> Made:
        """Set these words of what was made as the entity has them now. `was`: as it was before, if that must be known to read it."""
        there = (await self.seen(was or entity))[self.book.made[entity.ref, "create"]].fields
        changing = replace(step(entity), part="update")
        return await self.target.update(changing, {word: there.get(word, "") for word in words}, self.book.context)

    async def seen(self, *entities: Entity) -> dict[str, Observed]:
        """What is read back for entities of one kind, by the target's ids."""
        await self.settle()
        steps = tuple(step(entity) for entity in entities)
        rows = self.target.read_back(entities[0].ref.kind, steps, self.book.context)
        return {row.id: row async for row in rows}

    async def settle(self) -> None:
        """Let an update that was only accepted (202) show: it lags by a call."""

    async def assert_as_expected(self, *entities: Entity) -> None:
        """What is read back for entities of one kind is what was expected, in every field."""
        seen = await self.seen(*entities)
        for entity in entities:
            expected = self.target.expected(step(entity), self.book.context)
            observed = seen[self.book.made[entity.ref, "create"]]
            assert {name: observed.fields.get(name, "") for name in expected} == dict(expected)
            assert observed.mark in ("", *(step(entity, part).mark for part in self.target.parts(entity)))


B = TypeVar("B", bound=Bench[Any, Any])


@asynccontextmanager
async def opened(
    kind: type[B],
    vendor: Vendor,
    sandbox: Sandbox,
    account: Callable[[str], Account],
    folder: Path,
    *,
    faults: Faults | None = None,
    writable: bool = True,
) -> AsyncIterator[B]:
    """A bench of the kind. `account`: what the user would write, by the address where the sandbox listens."""
    quota = NoQuota()
    assert vendor.open_target is not None
    async with serve(sandbox, faults=faults) as running:
        wire = Wire(quota, folder / "replies", writable=writable, wait=False)
        async with vendor.open_target(account(running.url), wire) as target:
            yield kind(target, sandbox, running, Book(folder), quota)


def never() -> Faults:
    """Faults that are told later when to come."""
    return Faults(when=lambda *_: False)


def losing(faults: Faults, creates: Callable[[str, str, str], bool]) -> Callable[[str], AbstractContextManager[None]]:
    """What loses the reply of the calls that create (method, path, query), "after" their commit or "before" it."""

    @contextmanager
    def lose(when: str) -> Iterator[None]:
        faults.lost, faults.cut, faults.when = float(when == "after"), float(when == "before"), creates
        yield
        faults.when = lambda *_: False

    return lose
