"""Nothing twice and nothing missing, whatever is lost on the way and wherever the run is broken off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from migrator.errors import Refused, RunFolderUnusable
from migrator.ledger import State
from migrator.model import Kind
from migrator.vendor import Context, Made, Step
from migrator.vendors.memory import CAPABILITIES, Fault, MemoryTarget
from tests.pipeline.stage import CARRYING, Killed, Stage, dying_at, first
from tests.world import BODIES, comment, company, cost, file, project, ref, task

pytestmark = pytest.mark.looptime

TWO_PARTS = {Kind.COST: ("comment", "create")}


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "run", company(), BODIES, MemoryTarget(made_in=TWO_PARTS))


async def test_an_undisturbed_run_makes_everything_once(stage: Stage) -> None:
    await stage.run()
    stage.assert_exactly_once()
    assert (await stage.status()).state == "done"


async def test_an_undisturbed_run_verifies_clean(stage: Stage) -> None:
    await stage.run()
    result = await stage.verify()
    assert result.clean, result
    assert sum(result.checked.values()) == len(stage.entities)


async def test_a_second_run_makes_nothing(stage: Stage) -> None:
    await stage.run()
    sent = stage.target.sent
    await stage.run()
    assert stage.target.sent == sent
    stage.assert_exactly_once()


async def test_a_second_run_reads_nothing_again(stage: Stage) -> None:
    await stage.run()
    sent = stage.source.sent
    await stage.run()
    assert stage.source.sent == sent


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.LOST, Fault.LATE])
async def test_every_create_in_doubt_once_ends_exactly_once(stage: Stage, fault: Fault) -> None:
    everything = [str(entity.ref) for entity in stage.entities]
    stage.target.fault = first(fault, *everything)
    await stage.run()
    stage.assert_exactly_once()
    assert (await stage.status()).state == "done"


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.LOST, Fault.LATE])
async def test_a_create_in_doubt_three_times_ends_exactly_once(stage: Stage, fault: Fault) -> None:
    stage.target.fault = first(fault, "task:1", "comment:1", "cost:1", times=3)
    await stage.run()
    stage.assert_exactly_once()


async def test_a_commit_as_late_as_the_quarantine_allows_is_found(stage: Stage) -> None:
    stage.target.fault = first(Fault.LATE, "task:4", "file:1", "cost:2")
    stage.target.late_seconds = 89.9
    await stage.run()
    stage.assert_exactly_once()


async def test_a_commit_later_than_the_quarantine_is_made_twice(stage: Stage) -> None:
    """The promise ends there; a memory vendor that hid it would prove nothing."""
    stage.target.fault = first(Fault.LATE, "task:4")
    stage.target.late_seconds = 91.0
    await stage.run()
    await asyncio.sleep(2)
    await stage.verify()
    assert stage.copies(ref("task:4")) == 2


async def test_a_second_copy_is_an_extra_for_verify(stage: Stage) -> None:
    stage.target.fault = first(Fault.LATE, "task:4")
    stage.target.late_seconds = 91.0
    await stage.run()
    await asyncio.sleep(2)
    assert len((await stage.verify()).extra) == 1


async def test_a_kind_that_cannot_be_looked_up_is_held_rather_than_repeated(stage: Stage) -> None:
    stage.capabilities = replace(CAPABILITIES, finds=CAPABILITIES.finds - {Kind.COMMENT})
    stage.target.fault = first(Fault.CUT, "comment:1")
    await stage.run()
    await stage.run()
    assert await stage.state("comment:1") is State.DOUBTFUL
    assert (await stage.status()).state == "incomplete"
    stage.assert_exactly_once(but=["comment:1"])


async def test_a_first_part_that_cannot_be_looked_up_holds_the_parts_after_it(stage: Stage) -> None:
    stage.capabilities = replace(CAPABILITIES, finds=CAPABILITIES.finds - {Kind.COST})
    stage.target.fault = first(Fault.LOST, "cost:1")
    await stage.run()
    assert await stage.state("cost:1", "comment") is State.DOUBTFUL
    assert stage.copies(ref("cost:1")) == 0
    assert (await stage.status()).kinds[Kind.COST]["held"] == 1


async def test_a_kind_whose_repetition_does_no_harm_is_sent_again_without_a_look_up(stage: Stage) -> None:
    stage.capabilities = replace(CAPABILITIES, repeats=frozenset({Kind.GROUP}), finds=frozenset())
    stage.target.fault = first(Fault.CUT, "group:1")
    started = asyncio.get_running_loop().time()
    await stage.run()
    stage.assert_exactly_once()
    assert asyncio.get_running_loop().time() - started < 1


async def test_a_refused_owner_holds_all_that_hangs_on_it(stage: Stage) -> None:
    stage.target.fault = first(Fault.REFUSED, "task:1")
    await stage.run()
    assert await stage.state("task:1") is State.REFUSED
    below = ["task:4", "task:5", "comment:1", "comment:2", "comment:3", "checkitem:1/1", "checkitem:1/2"]
    below += ["cost:1", "cost:2", "file:1"]
    assert {text: await stage.state(text) for text in below} == dict.fromkeys(below, State.HELD)
    assert (await stage.codes())["owner-missing"] >= len(below)


async def test_a_finishing_step_that_was_refused_before_comes_after_those_that_were_not(tmp_path: Path) -> None:
    """Else a run that is killed all the time would try the refused ones in each of its lives, and nothing else."""
    asked: list[str] = []

    class Choosy(MemoryTarget):
        async def finish(self, step: Step, context: Context) -> Made:
            asked.append(str(step.ref))
            if len(asked) == 2:
                raise Killed(str(step.ref))
            if step.ref == ref("task:4"):
                raise Refused("no")
            return await super().finish(step, context)

    tree = [project(), task("1"), task("4", parent=ref("task:1"), depth=1)]
    stage = Stage(tmp_path / "run", tree, target=Choosy(), parallel=1)
    try:
        await stage.run()
    except* Killed:
        pass
    await stage.run()
    assert asked == ["task:4", "task:1", "task:1", "task:4", "project:1"]


async def test_what_was_refused_or_held_is_tried_again_by_the_next_run(stage: Stage) -> None:
    stage.target.fault = first(Fault.REFUSED, "task:1")
    await stage.run()
    await stage.run()
    stage.assert_exactly_once()
    assert not {"refused", "owner-missing"} & set(await stage.codes())


async def test_a_file_on_a_comment_moves_in_the_first_run(stage: Stage) -> None:
    await stage.run()
    assert await stage.state("file:3") is State.MADE


@pytest.mark.parametrize("fault", [None, Fault.CUT, Fault.LOST, Fault.LATE])
async def test_what_travels_with_its_owner_shares_its_doubt(stage: Stage, fault: Fault | None) -> None:
    stage.capabilities = CARRYING
    if fault:
        stage.target.fault = first(fault, *(str(entity.ref) for entity in stage.entities))
    await stage.run()
    assert {one.mark.rpartition("/")[2] for one in stage.target.stored.values() if one.kind is Kind.FILE} == {
        "file:1",
        "file:2",
        "file:3",
    }
    stage.assert_exactly_once()
    assert (await stage.verify()).clean


async def test_what_travelled_with_a_refused_owner_is_not_thought_made(stage: Stage) -> None:
    stage.capabilities = CARRYING
    stage.target.fault = first(Fault.REFUSED, "comment:1")
    await stage.run()
    assert await stage.state("file:3") is State.HELD
    await stage.run()
    stage.assert_exactly_once()


async def test_a_death_at_every_commit_is_survived_by_what_travels_too(tmp_path: Path) -> None:
    number, died = 0, True
    while died:
        number += 1
        stage = replace(_small(tmp_path / str(number)), capabilities=CARRYING)
        with dying_at(number, after=True) as happened:
            try:
                await stage.run()
            except* RunFolderUnusable:
                pass
            died = happened()
        await stage.run()
        stage.assert_exactly_once()


async def test_a_limit_stops_the_run_and_the_next_goes_on(stage: Stage) -> None:
    await stage.run(most=5)
    assert 5 <= len(stage.target.stored) <= 5 + stage.parallel
    assert (await stage.status()).state == "paused"
    await stage.run()
    stage.assert_exactly_once()


@pytest.mark.parametrize("number", range(1, 26, 3))
async def test_a_stop_at_any_create_is_gone_on_from(stage: Stage, number: int) -> None:
    stop = asyncio.Event()
    stage.target.fault = _at(number, lambda _: stop.set())
    await stage.run(stop)
    assert len(stage.target.stored) <= number + stage.parallel
    await stage.run()
    stage.assert_exactly_once()


async def test_a_create_under_way_when_the_user_stops_is_looked_up_next_time(stage: Stage) -> None:
    stop = asyncio.Event()
    stage.target.fault = _at(9, lambda _: stop.set(), then=Fault.LATE)
    await stage.run(stop)
    stage.assert_nothing_twice()
    await stage.run()
    stage.assert_exactly_once()


@pytest.mark.parametrize("after", [False, True])
async def test_the_run_survives_a_death_at_every_commit(tmp_path: Path, after: bool) -> None:
    number, died = 0, True
    while died:
        number += 1
        stage = _small(tmp_path / str(number))
        with dying_at(number, after=after) as happened:
            try:
                await stage.run()
            except* RunFolderUnusable:
                pass
            died = happened()
        await stage.run()
        stage.assert_exactly_once()
    assert number > 25


async def test_the_run_survives_a_death_at_every_create(tmp_path: Path) -> None:
    for number in range(1, len(_small(tmp_path).entities) + 2):
        stage = _small(tmp_path / str(number))
        stage.target.fault = _at(number, _die)
        try:
            await stage.run()
        except* Killed:
            pass
        stage.assert_nothing_twice()
        await stage.run()
        stage.assert_exactly_once()


async def test_a_death_right_after_a_death_is_survived(stage: Stage) -> None:
    for number in (30, 12, 4):
        with dying_at(number, after=True):
            try:
                await stage.run()
            except* RunFolderUnusable:
                pass
        stage.assert_nothing_twice()
    await stage.run()
    stage.assert_exactly_once()


def _small(folder: Path) -> Stage:
    """One of each kind that hangs on something, for tests that run often."""
    entities = [project(), task(), task("2", parent=ref("task:1"), depth=1), file(), comment(), cost()]
    return Stage(folder, entities, BODIES, MemoryTarget(made_in=TWO_PARTS))


def _die(step: Step) -> None:
    raise Killed(str(step.ref))


def _at(number: int, act: Callable[[Step], None], then: Fault | None = None) -> Callable[[Step], Fault | None]:
    """Act at the n-th create, which meets the fault `then`."""
    seen = 0

    def draw(step: Step) -> Fault | None:
        nonlocal seen
        seen += 1
        if seen != number:
            return None
        act(step)
        return then

    return draw
