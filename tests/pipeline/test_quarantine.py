"""How long a create in doubt waits for its look-up, across sessions, clocks and rules; and that the wait is never too short."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from migrator.clock import Clock
from migrator.ledger import FRESH, State
from migrator.mapping import People, Rules
from migrator.model import Kind, Ref
from migrator.vendor import Context, Made, Step
from migrator.vendors.memory import CAPABILITIES, Fault, MemoryTarget
from tests.pipeline.stage import CARRYING, QUARANTINE, Stage, first
from tests.world import BODIES, comment, company, file, project, ref, task

pytestmark = pytest.mark.looptime


def now() -> float:
    return asyncio.get_running_loop().time()


@dataclass
class Watched(MemoryTarget):
    """Tells when it was asked to look things up, and which."""

    looks: list[tuple[float, list[str]]] = field(default_factory=list)

    async def find(self, steps: tuple[Step, ...], context: Context) -> Mapping[Ref, Made]:
        self.looks.append((now(), sorted(str(step.ref) for step in steps)))
        return await super().find(steps, context)


@pytest.fixture
def target() -> Watched:
    return Watched()


@pytest.fixture
def stage(tmp_path: Path, target: Watched) -> Stage:
    return Stage(tmp_path / "run", company(), BODIES, target)


async def broken_off(stage: Stage, fault: Fault, text: str) -> None:
    """A session that ends as the create of one entity meets a fault."""
    stop = asyncio.Event()

    def draw(step: Step) -> Fault | None:
        if str(step.ref) != text:
            return None
        stop.set()
        return fault

    stage.target.fault = draw
    await stage.run(stop)
    assert await stage.state(text) is State.INTENDED
    stage.target.fault = lambda _: None


async def seconds_of_next(stage: Stage) -> float:
    """How long the next session takes; it ends with everything there once."""
    began = now()
    await stage.run()
    stage.assert_exactly_once()
    return now() - began


@pytest.mark.parametrize("later", [0.0, 60.0, 3600.0])
async def test_a_doubt_of_an_earlier_session_waits_for_what_is_left_of_the_quarantine(
    stage: Stage, later: float
) -> None:
    await broken_off(stage, Fault.CUT, "task:1")
    await asyncio.sleep(later)
    left = max(QUARANTINE + FRESH - later, 0)
    assert left - FRESH <= await seconds_of_next(stage) <= left + 0.1


@pytest.mark.parametrize("boot", ["another one", ""])
async def test_a_doubt_of_another_boot_waits_the_whole_quarantine(stage: Stage, boot: str) -> None:
    await broken_off(stage, Fault.CUT, "task:1")
    await asyncio.sleep(3600)
    stage.clock = replace(stage.clock, boot=boot)
    assert await seconds_of_next(stage) >= QUARANTINE


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_clock_that_was_set_changes_no_wait(stage: Stage, hours: int) -> None:
    wall = 1_800_000_000.0
    stage.clock = replace(stage.clock, wall=lambda: wall)
    await broken_off(stage, Fault.CUT, "task:1")
    await asyncio.sleep(60)
    wall += hours * 3600
    assert QUARANTINE - 60 <= await seconds_of_next(stage) <= QUARANTINE - 60 + FRESH + 0.1


async def test_a_commit_as_late_as_the_quarantine_allows_is_found_by_the_next_session(stage: Stage) -> None:
    stage.target.late_seconds = QUARANTINE - 0.1
    await broken_off(stage, Fault.LATE, "task:1")
    await asyncio.sleep(60)
    await seconds_of_next(stage)


async def test_a_run_killed_every_second_settles_its_doubts(stage: Stage, target: Watched) -> None:
    stage.quarantine = 2.5
    stage.target.late_seconds = 2.0
    stage.target.fault = first(Fault.LATE, *(str(entity.ref) for entity in stage.entities))
    for _ in range(200):
        try:
            await asyncio.wait_for(stage.run(), 1)
        except TimeoutError:
            stage.assert_nothing_twice()
            continue
        break
    stage.assert_exactly_once()
    assert target.looks


async def test_a_doubt_that_is_due_is_not_kept_waiting_by_a_younger_one(stage: Stage, target: Watched) -> None:
    await broken_off(stage, Fault.LOST, "comment:1")
    await asyncio.sleep(3600)
    began = now()
    stage.target.fault = first(Fault.LOST, "comment:2")
    await stage.run()
    stage.assert_exactly_once()
    assert [refs for _, refs in target.looks] == [["comment:1"], ["comment:2"]]
    assert target.looks[0][0] - began < 1


async def test_doubts_of_one_session_are_looked_up_together(stage: Stage, target: Watched) -> None:
    stage.target.fault = first(Fault.LOST, "task:1", "task:2", "task:3")
    await stage.run()
    stage.assert_exactly_once()
    assert [refs for _, refs in target.looks] == [["task:1", "task:2", "task:3"]]


# -- rules that change meanwhile ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "state", "copies"),
    [(Fault.LOST, State.MADE, 1), (Fault.LATE, State.MADE, 1), (Fault.CUT, State.SKIPPED, 0)],
)
async def test_a_doubt_is_settled_though_the_rules_want_the_thing_no_more(
    stage: Stage, fault: Fault, state: State, copies: int
) -> None:
    await broken_off(stage, fault, "person:1")
    stage.rules = Rules(people=People(create=False))
    await stage.run()
    assert await stage.state("person:1") is state
    assert stage.copies(ref("person:1")) == copies


async def test_a_doubt_about_a_part_that_is_no_longer_one_is_settled(stage: Stage) -> None:
    stage.target.made_in = {Kind.COST: ("comment", "create", "money")}
    stop = asyncio.Event()

    def draw(step: Step) -> Fault | None:
        if step.part != "money":
            return None
        stop.set()
        return Fault.LOST

    stage.target.fault = draw
    await stage.run(stop)
    left = [text for text in ("cost:1", "cost:2") if await stage.state(text, "money") is State.INTENDED]
    assert left
    stage.target.made_in = {Kind.COST: ("comment", "create")}
    stage.target.fault = lambda _: None
    await stage.run()
    assert {await stage.state(text, "money") for text in left} == {State.MADE}


async def test_what_travelled_with_a_create_in_doubt_is_settled_though_the_rules_hold_it_now(tmp_path: Path) -> None:
    entities = [project(), task(), comment(), file("3", on="comment:1")]
    stage = Stage(tmp_path / "run", entities, BODIES, MemoryTarget(), capabilities=CARRYING)
    await broken_off(stage, Fault.LOST, "comment:1")
    stage.capabilities = replace(CARRYING, file_limit=0)
    await stage.run()
    assert await stage.state("file:3") is State.MADE
    stage.assert_exactly_once()


async def test_what_the_vocabulary_shows_after_a_lost_answer_is_ours_and_not_matched(stage: Stage) -> None:
    """The next session finds the thing among what is there, because the last one made it."""
    stage.capabilities = replace(CAPABILITIES, matches=frozenset({Kind.COMPANY}))
    await broken_off(stage, Fault.LOST, "company:1")
    made = next(one for one in stage.target.stored.values() if one.kind is Kind.COMPANY)
    stage.target.vocabulary = replace(
        stage.target.vocabulary, there={Kind.COMPANY: {made.fields.get("title", made.fields.get("name", "")): made.id}}
    )
    await stage.run()
    assert await stage.state("company:1") is State.MADE
    stage.assert_exactly_once()


def test_a_clock_of_this_machine_goes_on() -> None:
    clock = Clock(boot="b")
    assert (clock.since(clock.now()) or 0) >= 0
