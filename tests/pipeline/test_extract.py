"""Reading: each page once, each file once, and what is left out is neither read nor loaded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from migrator.config import Scope
from migrator.errors import Refused, RunFolderUnusable
from migrator.ledger import State
from migrator.model import Entity, File, Kind
from migrator.pipeline.migrate import extract_only
from migrator.vendor import Body, Page, Read, Seen
from migrator.vendors.memory import MemorySource
from tests.pipeline.stage import EVERYTHING, Stage, dying_at
from tests.world import BODIES, comment, company, file, item, project, ref, task

pytestmark = pytest.mark.looptime


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "run", company(), BODIES)


async def test_a_dry_run_reads_everything_and_sends_nothing(stage: Stage) -> None:
    async with stage.job() as job:
        await extract_only(job, 2)
        assert {kind: job.run.ledger.count(kind) for kind in Kind} == {
            kind: sum(one.ref.kind is kind for one in stage.entities) for kind in Kind
        }
    assert stage.target.sent == 0


async def test_what_a_dry_run_read_is_not_read_again(stage: Stage) -> None:
    async with stage.job() as job:
        await extract_only(job, 2)
    sent = stage.source.sent
    await stage.run()
    assert stage.source.sent == sent + len(BODIES)
    stage.assert_exactly_once()


async def test_a_read_goes_on_at_the_page_where_it_was_broken_off(stage: Stage) -> None:
    asked: list[tuple[str, str | None]] = []

    class Watched(MemorySource):
        async def page(self, read: str, scope: str, cursor: str | None, seen: Seen) -> Page:
            asked.append((read, cursor))
            return await super().page(read, scope, cursor, seen)

    stage.source = Watched(stage.entities, BODIES, page_size=1)
    number = 0
    while not await _reads_all(stage, number := number + 1):
        pass
    assert number > 10
    repeated = [page for page in set(asked) if asked.count(page) > 2]
    assert repeated == []


async def _reads_all(stage: Stage, number: int) -> bool:
    """One session that dies after some commits; the further the earlier ones came, the further it gets."""
    with dying_at(3, after=True) as died:
        try:
            async with stage.job() as job:
                await extract_only(job, 1)
        except* RunFolderUnusable:
            pass
        return not died()


async def test_a_scope_over_the_cap_is_read_by_its_parts(stage: Stage) -> None:
    class Capped(MemorySource):
        """Gives nothing of tasks in one list, but one half each."""

        async def page(self, read: str, scope: str, cursor: str | None, seen: Seen) -> Page:
            whole = await super().page(read, "", cursor, seen)
            if read != "task":
                return whole
            if scope == "":
                return Page((), split=("odd", "even"))
            odd = scope == "odd"
            return Page(tuple(one for one in whole.records if (int(one["ref"]["id"]) % 2 == 1) is odd), whole.next)

    stage.source = Capped(stage.entities, BODIES)
    await stage.run()
    stage.assert_exactly_once()


async def test_a_file_the_source_does_not_give_is_refused_and_the_rest_moves(stage: Stage) -> None:
    stage.source = MemorySource(stage.entities, {id: body for id, body in BODIES.items() if id != "2"})
    await stage.run()
    assert await stage.state("file:2") is State.REFUSED
    assert (await stage.codes())["file-unreadable"] == 1
    stage.assert_exactly_once(but=["file:2"])


async def test_a_file_given_at_last_moves_in_the_next_run(stage: Stage) -> None:
    stage.source = MemorySource(stage.entities, {})
    await stage.run()
    stage.source = MemorySource(stage.entities, BODIES)
    await stage.run()
    stage.assert_exactly_once()
    assert "file-unreadable" not in await stage.codes()


async def test_each_file_is_fetched_once(stage: Stage) -> None:
    fetched: list[str] = []

    class Watched(MemorySource):
        async def body(self, file: File, to: Path) -> Body:
            fetched.append(file.ref.id)
            return await super().body(file, to)

    stage.source = Watched(stage.entities, BODIES)
    await stage.run()
    await stage.run()
    assert sorted(fetched) == sorted(BODIES)


async def test_a_file_cut_on_its_way_is_fetched_again(stage: Stage) -> None:
    cut = {"2"}

    class Cutting(MemorySource):
        async def body(self, file: File, to: Path) -> Body:
            whole = await super().body(file, to)
            if file.ref.id not in cut:
                return whole
            cut.remove(file.ref.id)
            to.write_bytes(b"half")
            return Body(to, 4, "0" * 64)

    stage.source = Cutting(stage.entities, BODIES)
    await stage.run()
    assert "file-size" not in await stage.codes()
    assert (await stage.verify()).clean


async def test_a_file_of_another_size_than_announced_moves_and_is_told(stage: Stage) -> None:
    stage.source = MemorySource(stage.entities, {**BODIES, "1": b"longer than the plan"})
    await stage.run()
    assert (await stage.codes())["file-size"] == 1
    stage.assert_exactly_once()


async def test_two_files_of_the_same_bytes_are_two_files(tmp_path: Path) -> None:
    entities: list[Entity] = [project(), task(), file("1", size=None), file("2", size=None)]
    stage = Stage(tmp_path / "run", entities, {"1": b"same", "2": b"same"})
    await stage.run()
    stage.assert_exactly_once()
    assert len(list((tmp_path / "run" / "files").iterdir())) == 1


async def test_what_is_left_out_is_neither_fetched_nor_loaded(stage: Stage) -> None:
    stage.scope = Scope(kinds=EVERYTHING.kinds - {Kind.FILE})
    await stage.run()
    files = [str(one.ref) for one in stage.entities if one.ref.kind is Kind.FILE]
    stage.assert_exactly_once(but=files)
    assert not (stage.folder / "files").exists()


async def test_a_subtask_listed_before_its_left_out_parent_is_left_out_too(tmp_path: Path) -> None:
    """Some vendors list by id or by date, and a subtask may be older than its parent."""
    entities: list[Entity] = [project(), task("2", parent=ref("task:1"), depth=1), task("1", done=True), comment("1")]
    entities.append(comment("2", on="task:2"))
    stage = Stage(tmp_path / "run", entities, scope=Scope(closed=False))
    await stage.run()
    stage.assert_exactly_once(but=["task:1", "task:2", "comment:1", "comment:2"])
    assert await stage.state("task:2") is State.SKIPPED
    assert (await stage.status()).state == "done"


async def test_what_hangs_on_a_left_out_subtask_of_the_same_read_is_left_out_too(tmp_path: Path) -> None:
    class Together(MemorySource):
        """Tasks come with their files and lines, whatever their order."""

        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            along = (Kind.FILE, Kind.CHECKITEM)
            self._records["task"] = [one for kind in (*along, Kind.TASK) for one in self._records[kind.value]]
            whole = Read("task", (Kind.TASK, *along))
            self.reads = tuple(whole if one.name == "task" else one for one in self.reads if one.name not in along)

    entities: list[Entity] = [project(), task("1", done=True), task("2", parent=ref("task:1"), depth=1)]
    entities += [file("9", "task:2"), item(1, "task:2")]
    stage = Stage(tmp_path / "run", entities, scope=Scope(closed=False))
    stage.source = Together(entities, BODIES)
    await stage.run()
    for name in ("task:2", "file:9", "checkitem:2/1"):
        assert await stage.state(name) is State.SKIPPED


async def test_a_scope_that_was_narrowed_since_leaves_out_what_is_still_to_do(stage: Stage) -> None:
    async with stage.job() as job:
        await extract_only(job, 1)
    stage.scope = Scope(kinds=EVERYTHING.kinds - {Kind.FILE, Kind.COMMENT})
    await stage.run()
    left_out = [str(one.ref) for one in stage.entities if one.ref.kind in (Kind.FILE, Kind.COMMENT)]
    stage.assert_exactly_once(but=left_out)
    for name in left_out:
        assert await stage.state(name) is State.SKIPPED


class Locked(MemorySource):
    """Reads tasks project by project, comments task by task, and one project not at all until it is unlocked."""

    locked = True
    asked = 0

    def scopes(self, read: str, seen: Seen) -> Iterable[str]:
        above = {"task": "project", "comment": "task"}.get(read)
        return tuple(f"{above}:{one['ref']['id']}" for one in seen(above)) if above else ("",)

    async def page(self, read: str, scope: str, cursor: str | None, seen: Seen) -> Page:
        self.asked += 1
        if scope == "project:2" and self.locked:
            raise Refused("no right to read it", "403")
        whole = await super().page(read, scope, cursor, seen)
        place = {"task": "project", "comment": "on"}.get(read)
        return Page(tuple(one for one in whole.records if not place or _name(one[place]) == scope), whole.next)


def _name(place: dict[str, str]) -> str:
    return f"{place['kind']}:{place['id']}"


@pytest.fixture
def locked(tmp_path: Path) -> Stage:
    entities: list[Entity] = [project("1"), project("2"), task("1"), task("2", project=ref("project:2"))]
    entities += [comment("1"), comment("2", on="task:2")]
    stage = Stage(tmp_path / "run", entities)
    stage.source = Locked(entities)
    return stage


async def test_one_project_that_cannot_be_read_is_told_and_the_rest_moves(locked: Stage) -> None:
    await locked.run()
    locked.assert_exactly_once(but=["task:2", "comment:2"])
    assert (await locked.codes())["refused-by-source"] == 1
    told = await locked.status()
    assert (told.state, told.unread, told.is_whole) == ("incomplete", 1, False)


async def test_a_project_that_could_not_be_read_is_asked_for_again_and_moves_once_it_can(locked: Stage) -> None:
    await locked.run()
    await locked.run()
    assert (await locked.codes())["refused-by-source"] == 1
    assert isinstance(locked.source, Locked)
    locked.source.locked = False
    asked = locked.source.asked
    await locked.run()
    locked.assert_exactly_once()
    assert locked.source.asked == asked + 2  # its tasks, and the comments of the one task in it
    told = await locked.status()
    assert (told.state, told.unread, told.issues) == ("done", 0, {})


async def test_reads_that_yield_nothing_wanted_are_not_made(stage: Stage) -> None:
    asked: set[str] = set()

    class Watched(MemorySource):
        async def page(self, read: str, scope: str, cursor: str | None, seen: Seen) -> Page:
            asked.add(read)
            return await super().page(read, scope, cursor, seen)

    stage.source = Watched(stage.entities, BODIES)
    stage.scope = Scope(kinds=frozenset({Kind.TASK}))
    await stage.run()
    assert not {"comment", "file", "cost", "checkitem"} & asked
    assert {Read("task", (Kind.TASK,)).name, "project", "person"} <= asked
