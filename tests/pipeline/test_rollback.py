"""A rollback takes back all that the run made and nothing else, wherever it is broken off."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from migrator.errors import Refused, RunFolderUnusable
from migrator.ledger import State
from migrator.model import Kind, Label, Ref, Tag
from migrator.pipeline.transform import mark
from migrator.pipeline.undo import Fate
from migrator.vendor import Context, Observed, Step, Vocabulary
from migrator.vendors.memory import CAPABILITIES, Fault, MemoryTarget, Stored
from tests.pipeline.stage import ACCOUNT, CARRYING, Killed, Stage, dying_at, first
from tests.world import BODIES, comment, company, cost, file, project, ref, task

pytestmark = pytest.mark.looptime

LEFT = (Kind.PERSON, Kind.GROUP, Kind.COMPANY, Kind.CONTACT, Kind.TAG, Kind.FIELD)
ANEW = (Kind.PROJECT, Kind.TASK, Kind.COMMENT, Kind.FILE, Kind.COST)  # the others may be there still, to be used again
TWO_PARTS = {Kind.COST: ("comment", "create")}
THEIRS = Stored("theirs", Kind.PROJECT, "create", "", {"title": "Made by hand"})
# A vendor that deletes costs alone, and archives projects with all that is in them.
CLOSING = replace(
    CAPABILITIES,
    deletes=frozenset({Kind.COST}),
    retires=frozenset({Kind.PROJECT}),
    encloses=frozenset({Kind.PROJECT}),
)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return _with_theirs(Stage(tmp_path / "run", company(), BODIES, MemoryTarget(made_in=TWO_PARTS)))


async def test_all_that_the_run_made_is_gone_and_all_else_is_there(stage: Stage) -> None:
    await stage.run()
    found = await stage.roll_back()
    assert found is not None
    assert found.complete
    assert len(found.lines[Fate.REVERSE]) == len(stage.entities)
    assert stage.target.stored == {"theirs": THEIRS}


async def test_what_hangs_on_something_goes_before_it(stage: Stage) -> None:
    order: list[str] = []
    stage.target.removing = lambda step: order.append(f"{step.ref} {step.part}")
    await stage.run()
    await stage.roll_back()
    places = {name: number for number, name in enumerate(order)}
    chain = ["cost:2 create", "cost:2 comment", "task:5 create", "task:4 create", "task:1 create", "project:1 create"]
    assert [places[name] for name in chain] == sorted(places[name] for name in chain)
    assert places["comment:1 create"] < places["task:1 create"]


async def test_a_rehearsal_says_the_same_and_writes_nothing(stage: Stage) -> None:
    await stage.run()
    before = dict(stage.target.stored)
    stage.target.writable = False
    dry = await stage.rehearse_rollback()
    assert stage.target.stored == before
    stage.target.writable = True
    sent = stage.target.sent
    reads = await _reads(stage)
    done = await stage.roll_back()
    assert done is not None
    assert [one.ref for one in dry.lines[Fate.REVERSE]] == [one.ref for one in done.lines[Fate.REVERSE]]
    assert dry.requests == stage.target.sent - sent - 2 * reads


async def test_a_rolled_back_run_says_so(stage: Stage) -> None:
    await stage.run()
    assert (await stage.status()).rollback is None
    await stage.roll_back()
    status = await stage.status()
    assert status.state == "done"
    assert status.rollback == {"reversed": len(stage.entities), "kept": 0, "impossible": 0}


@pytest.mark.parametrize(
    ("text", "above"),
    [
        ("task:5", ["task:4", "task:1", "project:1"]),
        ("comment:1", ["task:1", "project:1"]),
        ("project:2", []),
        ("cost:2", ["task:5", "task:4", "task:1", "project:1"]),
        ("file:3", ["comment:1", "task:1", "project:1"]),
    ],
)
async def test_what_people_changed_is_kept_with_all_it_hangs_on(stage: Stage, text: str, above: list[str]) -> None:
    await stage.run()
    edited = _stored(stage, text)
    name = next(name for name in ("title", "text", "minutes", "name") if name in edited.fields)
    stage.target.stored[edited.id] = replace(edited, fields={**edited.fields, name: "by hand"})
    found = await stage.roll_back()
    assert found is not None
    assert not found.complete
    kept = {str(one.ref): one.note for one in found.lines[Fate.KEEP]}
    assert set(kept) == {text, *above}
    assert "by hand" in kept[text]
    parts = 2 if text.startswith("cost") else 1
    assert len(stage.target.stored) == 1 + len(kept) - 1 + parts
    assert stage.target.stored[edited.id].fields[name] == "by hand"


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ("project:1", Kind.TASK, "project"),
        ("task:5", Kind.COMMENT, "on"),
        ("task:2", Kind.FILE, "on"),
        ("task:3", Kind.COST, "on"),
        ("task:2", Kind.CHECKITEM, "on"),
        ("task:4", Kind.TASK, "parent"),
        ("comment:3", Kind.FILE, "on"),
        ("project:2", Kind.PROJECT, "parent"),
    ],
)
async def test_what_people_hung_something_on_is_kept(stage: Stage, text: str, kind: Kind, place: str) -> None:
    await stage.run()
    owner = _stored(stage, text)
    stage.target.stored["new"] = new = Stored("new", kind, "create", "", {"title": "by hand", place: owner.id})
    found = await stage.roll_back()
    assert found is not None
    notes = {str(one.ref): one.note for one in found.lines[Fate.KEEP]}
    assert notes[text] == f"{kind} new hangs on it, and is not of this run"
    assert stage.target.stored[owner.id] == owner
    assert stage.target.stored["new"] == new
    assert len(stage.target.stored) == 2 + len(notes)


async def test_what_was_matched_is_never_touched(tmp_path: Path) -> None:
    words = Vocabulary({Kind.CONTACT: {"clara@client.test": "own"}}, {}, {}, {}, {}, {})
    target = MemoryTarget(vocabulary=words)
    target.stored["own"] = own = Stored("own", Kind.CONTACT, "create", "", {"email": "clara@client.test"})
    can = replace(CAPABILITIES, matches=frozenset({Kind.CONTACT}))
    stage = Stage(tmp_path / "run", company(), BODIES, target, can)
    await stage.run()
    assert await stage.state("contact:1") is State.MATCHED
    found = await stage.roll_back()
    assert found is not None
    assert "contact:1" not in {str(one.ref) for one in found.lines[Fate.REVERSE]}
    assert target.stored == {"own": own}


async def test_what_is_gone_already_counts_as_taken_back(stage: Stage) -> None:
    await stage.run()
    for text in ("comment:2", "task:5", "comment:3"):
        del stage.target.stored[_stored(stage, text).id]
    found = await stage.roll_back()
    assert found is not None
    assert found.complete
    assert len(found.lines[Fate.REVERSE]) == len(stage.entities)
    assert set(stage.target.stored) == {"theirs"}


async def test_what_is_not_seen_because_what_showed_it_went_first_is_removed_all_the_same(stage: Stage) -> None:
    class Hiding(MemoryTarget):
        """Lists the files of comments only with their comments."""

        async def read_back(
            self, kind: Kind, steps: tuple[Step, ...], context: Context, under: tuple[Ref, ...] = ()
        ) -> AsyncIterator[Observed]:
            async for one in super().read_back(kind, steps, context, under):
                if kind is not Kind.FILE or one.on:
                    yield one

    target = Hiding(made_in=TWO_PARTS)
    hiding = _with_theirs(Stage(stage.folder, company(), BODIES, target))
    await hiding.run()
    target.removing = _die_at_a_file
    try:
        await hiding.roll_back()
    except* Killed:
        pass
    target.removing = lambda _: None
    assert not any(one.kind is Kind.COMMENT for one in target.stored.values())
    found = await hiding.roll_back()
    assert found is not None
    assert set(target.stored) == {"theirs"}


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.LOST, Fault.LATE])
async def test_a_create_in_doubt_is_looked_up_first(stage: Stage, fault: Fault) -> None:
    stage.target.fault = _at(14, lambda _: None, then=fault, die=True)
    with pytest.raises(ExceptionGroup):
        await stage.run()
    found = await stage.roll_back()
    assert found is not None
    assert found.complete
    assert set(stage.target.stored) == {"theirs"}


async def test_a_create_that_nobody_can_look_up_is_told_as_impossible(stage: Stage) -> None:
    stage.capabilities = replace(CAPABILITIES, finds=CAPABILITIES.finds - {Kind.COMMENT})
    stage.target.fault = first(Fault.CUT, "comment:1")
    await stage.run()
    found = await stage.roll_back()
    assert found is not None
    [told] = found.lines[Fate.IMPOSSIBLE]
    assert str(told.ref) == "comment:1"
    assert "by hand" in told.note


@pytest.mark.parametrize("number", range(1, 26, 3))
async def test_a_run_broken_off_anywhere_is_taken_back_whole(stage: Stage, number: int) -> None:
    stage.target.fault = _at(number, _die)
    try:
        await stage.run()
    except* Killed:
        pass
    found = await stage.roll_back()
    assert found is not None
    assert found.complete, found.lines[Fate.KEEP]
    assert set(stage.target.stored) == {"theirs"}


async def test_what_people_changed_in_a_run_that_was_broken_off_is_kept(stage: Stage) -> None:
    stage.target.fault = _at(24, _die)
    try:
        await stage.run()
    except* Killed:
        pass
    edited = _stored(stage, "task:2")
    stage.target.stored[edited.id] = replace(edited, fields={**edited.fields, "title": "by hand"})
    found = await stage.roll_back()
    assert found is not None
    assert {str(one.ref) for one in found.lines[Fate.KEEP]} == {"task:2", "project:1"}


async def test_a_refused_removal_is_told_and_the_rest_goes(stage: Stage) -> None:
    def refuse(step: Step) -> None:
        if str(step.ref) == "contact:1":
            raise Refused("memory keeps its contacts", "no")

    await stage.run()
    stage.target.removing = refuse
    found = await stage.roll_back()
    assert found is not None
    assert [(str(one.ref), one.note) for one in found.lines[Fate.IMPOSSIBLE]] == [
        ("contact:1", "memory keeps its contacts")
    ]
    assert len(stage.target.stored) == 2
    assert (await stage.status()).state == "incomplete"
    stage.target.removing = lambda _: None
    again = await stage.roll_back()
    assert again is not None
    assert again.complete
    assert (await stage.status()).state == "done"


async def test_what_is_refused_and_hangs_on_something_that_goes_went_with_it(stage: Stage) -> None:
    def refuse(step: Step) -> None:
        if step.ref.kind is Kind.COMMENT:
            raise Refused("the task is closed")

    await stage.run()
    stage.target.removing = refuse
    found = await stage.roll_back()
    assert found is not None
    assert found.complete
    assert {one.note for one in found.lines[Fate.REVERSE] if one.ref.kind is Kind.COMMENT} == {
        "with task:1",
        "with task:5",
    }
    assert await stage.roll_back() == found


async def test_what_cannot_be_deleted_goes_with_what_is_put_aside(tmp_path: Path) -> None:
    stage = _closing(tmp_path)
    await stage.run()
    found = await stage.roll_back()
    assert found is not None
    ways = {str(one.ref): one.note for one in found.lines[Fate.REVERSE]}
    assert (ways["project:1"], ways["task:4"], ways["comment:3"], ways["cost:2"]) == (
        "retired",
        "with task:1",
        "with task:5",
        "deleted",
    )
    left = {one.ref.kind for one in found.lines[Fate.IMPOSSIBLE]}
    assert left == set(LEFT)
    assert all(one.link for one in found.lines[Fate.IMPOSSIBLE])
    assert not any(one.kind is Kind.COST for one in stage.target.stored.values())


async def test_a_project_inside_another_is_put_aside_by_itself(tmp_path: Path) -> None:
    stage = _closing(tmp_path)
    stage = replace(stage, entities=[*stage.entities, project("3", parent=ref("project:1"), depth=1)])
    await stage.run()
    found = await stage.roll_back()
    assert found is not None
    ways = {str(one.ref): one.note for one in found.lines[Fate.REVERSE]}
    assert ways["project:3"] == "retired"
    assert ways["task:4"] == "with task:1"


async def test_what_is_in_a_kept_project_and_cannot_be_deleted_is_told(tmp_path: Path) -> None:
    stage = _closing(tmp_path)
    await stage.run()
    task = _stored(stage, "task:5")
    stage.target.stored["new"] = Stored("new", Kind.COMMENT, "create", "", {"on": task.id})
    found = await stage.roll_back()
    assert found is not None
    assert {str(one.ref) for one in found.lines[Fate.KEEP]} == {"task:5", "task:4", "task:1", "project:1"}
    assert "task:2" in {str(one.ref) for one in found.lines[Fate.IMPOSSIBLE]}
    assert "with project:2" in {one.note for one in found.lines[Fate.REVERSE]}


async def test_what_should_have_gone_with_a_refused_one_stays_with_it(tmp_path: Path) -> None:
    def refuse(step: Step) -> None:
        if str(step.ref) == "project:1":
            raise Refused("in use")

    stage = _closing(tmp_path)
    await stage.run()
    stage.target.removing = refuse
    found = await stage.roll_back()
    assert found is not None
    told = {str(one.ref): one.note for one in found.lines[Fate.IMPOSSIBLE]}
    assert told["project:1"] == "in use"
    assert "stays" in told["task:4"]
    assert "stays" in told["comment:3"]


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.LOST])
@pytest.mark.parametrize("can", [CAPABILITIES, CARRYING, CLOSING], ids=["deleting", "carrying", "closing"])
async def test_a_later_run_makes_everything_anew(tmp_path: Path, can: object, fault: Fault) -> None:
    """Marks are the same for every run from an account, so what was put aside must not be found by them."""
    stage = _closing(tmp_path) if can is CLOSING else replace(_small(tmp_path / "run"), capabilities=can)  # type: ignore[arg-type]
    await stage.run()
    await stage.roll_back()
    left = dict(stage.target.stored)
    later = replace(stage, folder=tmp_path / "later")
    stage.target.fault = first(fault, *(str(one.ref) for one in stage.entities if one.ref.kind in ANEW))
    await later.run()
    assert (await later.verify()).missing == []
    if can is not CLOSING:
        later.target.stored.pop("theirs", None)
        later.assert_exactly_once()
    projects = [one for one in stage.target.stored.values() if one.kind is Kind.PROJECT and one.id not in left]
    assert len(projects) == sum(one.ref.kind is Kind.PROJECT for one in stage.entities)


# -- killed ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("can", [CAPABILITIES, CARRYING, CLOSING], ids=["deleting", "carrying", "closing"])
async def test_a_rollback_survives_a_death_at_every_commit(tmp_path: Path, can: object, after: bool) -> None:
    number, died = 0, True
    ran = await _ran(tmp_path / "ran", can)
    while died:
        number += 1
        stage = _again(ran, tmp_path / str(number))
        with dying_at(number, after=after) as happened:
            try:
                await stage.roll_back()
            except* RunFolderUnusable:
                pass
            died = happened()
        await _assert_rolled_back(stage, can)
    assert number > 8


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_rollback_survives_a_death_at_every_removal(tmp_path: Path, when: str) -> None:
    number, died = 0, True
    ran = await _ran(tmp_path / "ran", CAPABILITIES)
    while died:
        number += 1
        stage = _again(ran, tmp_path / str(number))
        removed: list[Step] = []
        stage.target.removing = _killing(stage, number, removed, after=when == "after")
        try:
            await stage.roll_back()
        except* Killed:
            pass
        died = len(removed) >= number
        stage.target.removing = lambda _: None
        await _assert_rolled_back(stage, CAPABILITIES)
    assert number > 6


async def test_what_people_do_between_two_sessions_is_heeded(stage: Stage) -> None:
    await stage.run()
    stage.target.removing = _killing(stage, 6, [], after=False)
    try:
        await stage.roll_back()
    except* Killed:
        pass
    stage.target.removing = lambda _: None
    stage.target.stored["new"] = Stored("new", Kind.TASK, "create", "", {"project": _stored(stage, "project:2").id})
    found = await stage.roll_back()
    assert found is not None
    assert [str(one.ref) for one in found.lines[Fate.KEEP]] == ["project:2"]
    assert len(stage.target.stored) == 3


async def test_a_stop_is_obeyed_and_gone_on_from(stage: Stage) -> None:
    await stage.run()
    stop = asyncio.Event()
    removed: list[Step] = []

    def count(step: Step) -> None:
        removed.append(step)
        if len(removed) == 5:
            stop.set()

    stage.target.removing = count
    assert await stage.roll_back(stop) is None
    assert len(removed) <= 5 + stage.parallel
    assert (await stage.status()).state == "paused"
    found = await stage.roll_back()
    assert found is not None
    assert set(stage.target.stored) == {"theirs"}


async def test_a_second_rollback_asks_for_nothing_more(stage: Stage) -> None:
    await stage.run()
    once = await stage.roll_back()
    removed: list[Step] = []
    stage.target.removing = removed.append
    twice = await stage.roll_back()
    assert twice == once
    assert removed == []


async def _ran(folder: Path, can: object) -> Stage:
    stage = _closing(folder) if can is CLOSING else replace(_small(folder), capabilities=can)  # type: ignore[arg-type]
    await stage.run()
    return stage


def _again(ran: Stage, folder: Path) -> Stage:
    """The run folder and the account as the run left them."""
    shutil.copytree(ran.folder, folder)
    return replace(ran, folder=folder, target=replace(ran.target, stored=dict(ran.target.stored)))


async def _assert_rolled_back(stage: Stage, can: object) -> None:
    found = await stage.roll_back()
    assert found is not None
    if can is not CLOSING:
        assert found.complete, found.lines
        assert len(found.lines[Fate.REVERSE]) == len(stage.entities)
        assert stage.target.stored == {"theirs": THEIRS}
        return
    assert found.lines[Fate.KEEP] == []
    projects = [one for one in stage.target.stored.values() if one.kind is Kind.PROJECT and one != THEIRS]
    assert [one.mark for one in projects] == [""] * len(projects)
    ways = {one.ref: one.note for one in found.lines[Fate.REVERSE]}
    rest = {Kind.PROJECT: "retired", Kind.COST: "deleted"}
    assert {ref: rest.get(ref.kind, "with") for ref in ways} == {ref: way.split()[0] for ref, way in ways.items()}
    assert set(ways) == {one.ref for one in stage.entities if one.ref.kind not in LEFT}


async def _reads(stage: Stage) -> int:
    """The requests of one reading back."""
    sent = stage.target.sent
    await stage.rehearse_rollback()
    return stage.target.sent - sent


def _closing(folder: Path) -> Stage:
    target = MemoryTarget(undeletable=frozenset({Kind.PROJECT}))
    return _with_theirs(Stage(folder / "closing", company(), BODIES, target, CLOSING))


def _small(folder: Path) -> Stage:
    entities = [
        Tag(ref=ref("tag:1"), title="urgent", group="Kind", of=Kind.TASK),
        project(),
        task(tags=(Label(title="urgent", group="Kind"),)),
        task("2", parent=ref("task:1"), depth=1),
        comment(),
        cost(),
        file(),
        file("3", on="comment:1"),
    ]
    return _with_theirs(Stage(folder, entities, BODIES, MemoryTarget(made_in=TWO_PARTS)))


def _with_theirs(stage: Stage) -> Stage:
    stage.target.stored["theirs"] = THEIRS
    return stage


def _stored(stage: Stage, text: str) -> Stored:
    own = mark(ACCOUNT, ref(text), "create")
    [found] = [one for one in stage.target.stored.values() if one.mark == own]
    return found


def _killing(stage: Stage, number: int, removed: list[Step], *, after: bool) -> Callable[[Step], None]:
    """The process ends at the n-th removal: before it is carried out, or after, with nothing noted."""

    def kill(step: Step) -> None:
        removed.append(step)
        if len(removed) != number:
            return
        for one in [one for one in stage.target.stored.values() if one.mark == step.mark] if after else []:
            del stage.target.stored[one.id]
        raise Killed(str(step.ref))

    return kill


def _die_at_a_file(step: Step) -> None:
    if step.ref.kind is Kind.FILE:
        raise Killed(str(step.ref))


def _die(step: Step) -> None:
    raise Killed(str(step.ref))


def _at(
    number: int, act: Callable[[Step], None], then: Fault | None = None, *, die: bool = False
) -> Callable[[Step], Fault | None]:
    """Act at the n-th create, which meets the fault `then`; `die`: the one after it is the last."""
    seen = 0

    def draw(step: Step) -> Fault | None:
        nonlocal seen
        seen += 1
        if die and seen == number + 1:
            raise RuntimeError("the process ended here")
        if seen != number:
            return None
        act(step)
        return then

    return draw
