"""One migration between two memory accounts, to be run, broken off and gone on with as often as a test likes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from migrator.clock import Clock
from migrator.config import Scope
from migrator.ledger import State
from migrator.mapping import People, Rules
from migrator.model import Entity, Kind, Ref
from migrator.pipeline.changes import Choice
from migrator.pipeline.delta import begin, delta
from migrator.pipeline.load import Pace
from migrator.pipeline.migrate import Job, migrate, transform_for
from migrator.pipeline.progress import Silent
from migrator.pipeline.rollback import Rollback, rehearse_rollback, roll_back
from migrator.pipeline.status import Status, status
from migrator.pipeline.survey import Undoing
from migrator.pipeline.transform import mark
from migrator.pipeline.verify import Verification, verify
from migrator.run import Run, look_at_run, open_run
from migrator.vendor import Capabilities, Step
from migrator.vendors.memory import CAPABILITIES, Fault, MemorySource, MemoryTarget, Stored

ACCOUNT = "memory old"
QUARANTINE = 90.0
EVERYTHING = Scope(kinds=frozenset(Kind), projects=(), archived=True, closed=True, since=None)

CARRYING = replace(
    CAPABILITIES,
    carried=frozenset({Kind.FILE}),
    hangs_on={Kind.FILE: frozenset({Kind.PROJECT, Kind.TASK, Kind.COMMENT})},
)


class Killed(BaseException):
    """The process ended here."""


@dataclass
class Stage:
    """Both accounts outlive the sessions, as real ones do."""

    folder: Path
    entities: list[Entity]
    bodies: dict[str, bytes] = field(default_factory=dict)
    target: MemoryTarget = field(default_factory=MemoryTarget)
    capabilities: Capabilities = CAPABILITIES
    rules: Rules = field(default_factory=lambda: Rules(people=People(create=True)))
    scope: Scope = EVERYTHING
    parallel: int = 3
    quarantine: float = QUARANTINE
    clock: Clock = Clock(steady=lambda: asyncio.get_running_loop().time(), boot="this one")  # noqa: RUF009  frozen

    def __post_init__(self) -> None:
        self.source = MemorySource(self.entities, self.bodies)

    async def run(self, stop: asyncio.Event | None = None, *, most: int | None = None) -> None:
        """One session: `migrator run`."""
        async with self.job() as job:
            pace = Pace(self.parallel, self.quarantine, most)
            if job.run.ledger.passes.number > 1:  # as the command does: it goes on with the delta
                await delta(job, pace, self.parallel, stop or asyncio.Event())
            else:
                await migrate(job, pace, self.parallel, stop or asyncio.Event())

    async def delta(
        self, choice: Choice = Choice.LIST, stop: asyncio.Event | None = None, *, most: int | None = None
    ) -> None:
        """One session: `migrator run --delta`."""
        async with self.job() as job:
            await begin(job.run.ledger)
            pace = Pace(self.parallel, self.quarantine, most)
            await delta(job, pace, self.parallel, stop or asyncio.Event(), choice)

    def becomes(self, entities: Iterable[Entity], bodies: dict[str, bytes] | None = None) -> None:
        """What the source holds from now on."""
        self.entities = list(entities)
        self.source = MemorySource(self.entities, self.bodies if bodies is None else bodies)

    def people_set(self, text: str, **fields: str) -> None:
        """Somebody changes the copy of an entity in the target."""
        one = self.stored(text)
        self.target.stored[one.id] = replace(one, fields={**one.fields, **fields})

    def stored(self, text: str) -> Stored:
        """The copy of an entity."""
        own = mark(ACCOUNT, Ref.parse(text), "create")
        [found] = [one for one in self.target.stored.values() if one.mark == own]
        return found

    async def verify(self) -> Verification:
        async with self.job() as job:
            return await verify(job.run, job.target, job.transform)

    async def roll_back(self, stop: asyncio.Event | None = None) -> Rollback | None:
        """One session: `migrator rollback`."""
        async with self.job() as job:
            pace = Pace(self.parallel, QUARANTINE)
            return await roll_back(_undoing(job), pace, stop or asyncio.Event())

    async def rehearse_rollback(self) -> Rollback:
        """`migrator rollback --dry-run`."""
        async with self.job() as job:
            return await rehearse_rollback(_undoing(job))

    @asynccontextmanager
    async def job(self) -> AsyncIterator[Job]:
        async with open_run(self.folder, ACCOUNT, "memory new", self.clock) as run:
            transform = transform_for(run.ledger, self.target, self.capabilities, self.rules, ACCOUNT, "UTC")
            yield Job(run, self.source, self.target, self.capabilities, transform, self.scope, Silent())

    async def status(self) -> Status:
        async with self.look() as run:
            return status(run.ledger)

    async def state(self, text: str, part: str = "create") -> State | None:
        """What became of one entity."""
        async with self.look() as run:
            outcome = run.ledger.outcome(Ref.parse(text), part)
            return outcome.state if outcome else None

    async def codes(self) -> Counter[str]:
        """The issues of the run, counted by code."""
        async with self.look() as run:
            return Counter(issue.code for issue in run.ledger.issues())

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Run]:
        async with look_at_run(self.folder) as run:
            assert run is not None
            yield run

    def copies(self, ref: Ref, part: str = "create") -> int:
        """How many objects of the target were made for one part of one entity."""
        own = mark(ACCOUNT, ref, part)
        return sum(one.mark == own or one.mark.endswith(f"/{ref}") for one in self.target.stored.values())

    def assert_nothing_twice(self) -> None:
        twice = {key: count for key, count in self._made().items() if count > 1}
        assert not twice

    def assert_exactly_once(self, but: Iterable[str] = ()) -> None:
        """Every entity of the source, but for those named, is in the target once, in all of its parts."""
        left = {Ref.parse(text) for text in but}
        wanted = {
            (entity.ref, part): 1
            for entity in self.entities
            for part in self.target.parts(entity)
            if entity.ref not in left
        }
        made = self._made()
        assert {key: made.get(key, 0) for key in wanted if made.get(key, 0) != 1} == {}
        assert len(self.target.stored) == len(wanted)

    def _made(self) -> dict[tuple[Ref, str], int]:
        keys = [(entity.ref, part) for entity in self.entities for part in self.target.parts(entity)]
        return {key: count for key in keys if (count := self.copies(*key))}


def _undoing(job: Job) -> Undoing:
    return Undoing(job.run, job.target, job.capabilities, job.transform, job.progress)


def first(fault: Fault, *texts: str, times: int = 1) -> Callable[[Step], Fault | None]:
    """The fault for the first creates of the entities named (none named: of any)."""
    left: Counter[Ref] = Counter()

    def draw(step: Step) -> Fault | None:
        key = step.ref if texts else Ref(Kind.TASK, "any")
        if (texts and str(step.ref) not in texts) or left[key] >= times:
            return None
        left[key] += 1
        return fault

    return draw


@contextmanager
def dying_at(number: int, *, after: bool) -> Iterator[Callable[[], bool]]:
    """The checkpoint's n-th commit is the last thing that happens: before it is on the disk, or just after.

    Gives a function that tells whether it came to that.
    """
    commits = 0

    class Dying(sqlite3.Connection):
        def __exit__(self, *raised: Any) -> Any:
            nonlocal commits
            commits += 1
            if commits < number:
                return super().__exit__(*raised)
            if commits == number and after:
                super().__exit__(*raised)
            else:
                self.rollback()
            raise sqlite3.OperationalError("the process died here")

    connect = sqlite3.connect
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda *args, **options: connect(*args, **options, factory=Dying))
        yield lambda: commits >= number
