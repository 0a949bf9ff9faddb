"""Reading, loading, deltas, faults, deaths and resumption in any order: at most once always, exactly once in the end."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import looptime
import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from migrator.errors import InputWrong, RunFolderUnusable
from migrator.ledger import State
from migrator.model import Kind
from migrator.pipeline.migrate import extract_only
from migrator.pipeline.plan import FINISH
from migrator.vendor import Step
from migrator.vendors.memory import Fault, MemoryTarget
from tests.pipeline.stage import CARRYING, Killed, Stage, dying_at
from tests.world import BODIES, comment, cost, file, item, project, ref, task

FAULTS = st.lists(st.sampled_from([None, None, Fault.CUT, Fault.LOST, Fault.LATE, Fault.REFUSED, "die"]), max_size=12)


class Sessions(RuleBasedStateMachine):
    """One run folder and two accounts over many sessions, on a clock of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        entities = [project(), task(), task("2", parent=ref("task:1"), depth=1), file(), file("3", on="comment:1")]
        entities += [comment(), comment("2"), item(), cost(), cost("2", on="task:2")]
        self.stage = Stage(self.folder / "run", entities, BODIES, MemoryTarget())
        self.stage.target.made_in = {cost().ref.kind: ("comment", "create")}
        self.now = 0.0
        self.went_on = False  # whether people have worked on at the source
        self.boots = 0

    @initialize(carrying=st.booleans())
    def choose(self, carrying: bool) -> None:
        """Whether files travel with what they hang on."""
        if carrying:
            self.stage.capabilities = CARRYING

    @rule()
    def extract(self) -> None:
        """A dry run."""

        async def read() -> None:
            async with self.stage.job() as job:
                await extract_only(job, 2)

        self._session(read())

    @rule(faults=FAULTS)
    def load(self, faults: list[Fault | str | None]) -> None:
        """A session that meets these at its creates, one after the other."""
        self._session(self.stage.run(), faults)

    @rule(faults=FAULTS, most=st.integers(1, 6))
    def load_some(self, faults: list[Fault | str | None], most: int) -> None:
        """A session that stops after some creates."""
        self._session(self.stage.run(most=most), faults)

    @rule(faults=FAULTS, number=st.integers(1, 60), after=st.booleans())
    def die(self, faults: list[Fault | str | None], number: int, after: bool) -> None:
        """A session that ends at a commit."""
        with dying_at(number, after=after):
            self._session(self.stage.run(), faults)

    @rule(id=st.sampled_from(["1", "2"]), title=st.sampled_from(["Roof", "Walls"]))
    def edit(self, id: str, title: str) -> None:
        """People go on at the source: a task is renamed."""
        self.went_on = True
        edited = [
            msgspec.structs.replace(one, title=title) if one.ref == ref(f"task:{id}") else one
            for one in self.stage.entities
        ]
        self.stage.becomes(edited)

    @rule()
    def write(self) -> None:
        """One more comment at the source."""
        self.went_on = True
        said = sum(one.ref.kind is Kind.COMMENT for one in self.stage.entities)
        self.stage.becomes([*self.stage.entities, comment(str(said + 10))])

    @rule(faults=FAULTS)
    def bring_up_to_date(self, faults: list[Fault | str | None]) -> None:
        """A delta, where the run is through; else it is refused."""
        self._session(self.stage.delta(), faults)

    @rule(number=st.integers(1, 60), after=st.booleans())
    def die_in_a_delta(self, number: int, after: bool) -> None:
        """A delta that ends at a commit."""
        with dying_at(number, after=after):
            self._session(self.stage.delta())

    @rule(seconds=st.floats(0, 120))
    def wait(self, seconds: float) -> None:
        """The user comes back later."""
        self._session(asyncio.sleep(seconds))

    @rule()
    def start_the_machine_anew(self) -> None:
        """What a steady clock said before means nothing now."""
        self.boots += 1
        self.stage.clock = replace(self.stage.clock, boot=f"boot {self.boots}")

    @rule(hours=st.integers(-2, 2))
    def set_the_clock(self, hours: int) -> None:
        """The wall's clock, forward or back."""
        self.stage.clock = replace(self.stage.clock, wall=lambda: 1_800_000_000.0 + hours * 3600)

    @invariant()
    def nothing_is_there_twice(self) -> None:
        self.stage.assert_nothing_twice()

    @invariant()
    def what_the_ledger_says_is_made_is_there(self) -> None:
        if (self.folder / "run" / "checkpoint.db").exists():
            self._session(self._agree())

    async def _agree(self) -> None:
        async with self.stage.look() as run:
            made = {
                outcome.target
                for _, part, outcome in run.ledger.outcomes()
                if outcome.state is State.MADE and part != FINISH
            }
        assert made <= self.stage.target.stored.keys()

    def teardown(self) -> None:
        try:
            self._session(self.stage.run())
            if self.went_on:
                self._session(self.stage.delta())
                self._session(self.stage.delta())  # the first may have gone on with an older one
            self.stage.assert_exactly_once()
            self._session(self._verify())
        finally:
            shutil.rmtree(self.folder)

    async def _verify(self) -> None:
        """All is as it should be; but a file that was refused when its comment was written comes too late for that."""
        found = await self.stage.verify()
        assert (found.missing, found.extra) == ([], [])
        assert {one.field for one in found.unexplained} <= {"files"}

    def _session(self, work: Coroutine[Any, Any, None], faults: list[Fault | str | None] | None = None) -> None:
        left = iter(faults or ())

        def draw(step: Step) -> Fault | None:
            fault = next(left, None)
            if isinstance(fault, str):
                raise Killed(str(step.ref))
            return fault

        self.stage.target.fault = draw
        with asyncio.Runner(loop_factory=lambda: looptime.new_event_loop(start=self.now)) as runner:
            try:
                runner.run(work)
            except* (RunFolderUnusable, Killed, InputWrong):
                pass
            self.now = runner.get_loop().time()


TestSessions = Sessions.TestCase
TestSessions.settings = settings(max_examples=25, stateful_step_count=6, deadline=None)
