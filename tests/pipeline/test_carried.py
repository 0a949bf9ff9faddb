"""What travels in the request that makes its owner, and what is left behind by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from migrator.errors import RunFolderUnusable
from migrator.ledger import State
from migrator.model import Entity, File, Kind
from migrator.pipeline.migrate import extract_only
from migrator.pipeline.plan import plan
from migrator.vendor import Context, Made, Step
from migrator.vendors.memory import Fault, MemoryTarget
from tests.pipeline.stage import CARRYING, Stage, dying_at, first
from tests.world import BODIES, comment, company, file, item, project, task

pytestmark = pytest.mark.looptime

CARRIES = replace(
    CARRYING,
    carried=frozenset({Kind.FILE, Kind.CHECKITEM}),
    hangs_on={**CARRYING.hangs_on, Kind.CHECKITEM: frozenset({Kind.TASK})},
)


@dataclass
class NarrowTarget(MemoryTarget):
    """Leaves behind what does not fit into a request, and notes the creates it was asked for."""

    fits: Callable[[Entity], bool] = lambda _: True
    asked: list[Step] = field(default_factory=list)

    async def create(self, step: Step, context: Context) -> Made:
        self.asked.append(step)
        return await super().create(
            replace(step, carried=tuple(one for one in step.carried if self.fits(one))), context
        )

    def told(self) -> dict[str, list[str]]:
        """Which creates were asked for, each with what it carried."""
        return {str(step.ref): sorted(str(one.ref) for one in step.carried) for step in self.asked}


@pytest.fixture
def target() -> NarrowTarget:
    return NarrowTarget()


@pytest.fixture
def stage(tmp_path: Path, target: NarrowTarget) -> Stage:
    return Stage(tmp_path / "run", company(), BODIES, target, CARRIES)


def no_files(one: Entity) -> bool:
    return not isinstance(one, File)


async def test_what_is_carried_takes_no_request_of_its_own(stage: Stage, target: NarrowTarget) -> None:
    await stage.run()
    stage.assert_exactly_once()
    told = target.told()
    assert told["task:1"] == ["checkitem:1/1", "checkitem:1/2", "file:1"]
    assert told["project:1"] == ["file:2"]
    assert told["comment:1"] == ["file:3"]
    assert not [text for text in told if text.startswith(("file:", "checkitem:"))]
    assert (await stage.status()).state == "done"


async def test_a_dry_run_foretells_the_same_creates(stage: Stage, target: NarrowTarget) -> None:
    async with stage.job() as job:
        await extract_only(job, 1)
        foretold = plan(job.run.ledger, target, job.transform, CARRIES)
    await stage.run()
    creates = [step for step in foretold.steps if step.part != "finish"]
    assert {str(step.ref): sorted(str(one.ref) for one in step.carried) for step in creates} == target.told()
    assert target.sent == foretold.requests


async def test_what_did_not_travel_is_sent_by_itself_at_the_end(stage: Stage, target: NarrowTarget) -> None:
    target.fits = no_files
    await stage.run()
    stage.assert_exactly_once()
    assert [str(step.ref) for step in target.asked][-3:] == ["file:1", "file:2", "file:3"]
    assert (await stage.status()).state == "done"


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.LOST, Fault.LATE])
async def test_an_owner_in_doubt_leaves_open_what_it_left_behind(
    stage: Stage, target: NarrowTarget, fault: Fault
) -> None:
    target.fits = no_files
    target.fault = first(fault, *(str(entity.ref) for entity in stage.entities))
    await stage.run()
    stage.assert_exactly_once()
    assert (await stage.status()).state == "done"


async def test_what_the_source_gives_only_later_is_sent_by_itself(tmp_path: Path, target: NarrowTarget) -> None:
    entities: list[Entity] = [project("1"), task("1"), comment("1"), item(1), file("1"), file("3", on="comment:1")]
    stage = Stage(tmp_path / "run", entities, {"3": BODIES["3"]}, target, CARRIES)
    await stage.run()
    assert await stage.state("file:1") is State.REFUSED
    assert await stage.state("task:1") is State.MADE
    stage.bodies["1"] = BODIES["1"]
    stage.__post_init__()
    await stage.run()
    stage.assert_exactly_once()
    assert target.told()["file:1"] == []


@pytest.mark.parametrize("after", [False, True])
async def test_a_death_at_every_commit_is_survived_by_what_is_left_behind(tmp_path: Path, after: bool) -> None:
    entities: list[Entity] = [project("1"), task("1"), comment("1"), item(1), file("1"), file("3", on="comment:1")]
    number, died = 0, True
    while died:
        number += 1
        target = NarrowTarget(fits=no_files)
        stage = Stage(tmp_path / str(number), entities, BODIES, target, CARRIES)
        with dying_at(number, after=after) as happened:
            try:
                await stage.run()
            except* RunFolderUnusable:
                pass
            died = happened()
        await stage.run()
        stage.assert_exactly_once()
    assert number > 15
