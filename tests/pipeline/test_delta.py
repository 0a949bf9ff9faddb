"""A delta brings over what has changed since, and only that; what people changed in the target stays theirs."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import looptime
import msgspec
import pytest

from migrator.config import Scope
from migrator.errors import InputWrong, RunFolderUnusable
from migrator.ledger import State
from migrator.mapping import People, Rules
from migrator.model import Entity, Kind, Relation, Text
from migrator.pipeline.changes import Choice
from migrator.vendor import Capabilities, Carry, Context, Made, Step
from migrator.vendors.memory import CAPABILITIES, MemoryTarget, Stored
from tests.pipeline.stage import Killed, Stage, dying_at
from tests.world import BODIES, MOMENT, comment, company, file, item, project, ref, task

pytestmark = pytest.mark.looptime

LINK = "https://old.test/t9"


@pytest.fixture
async def stage(tmp_path: Path) -> Stage:
    """A company that has moved."""
    stage = Stage(tmp_path / "run", company(), BODIES)
    await stage.run()
    return stage


def edited(entities: Iterable[Entity], which: str, **fields: Any) -> list[Entity]:
    """The entities, one of them with other fields."""
    found = list(entities)
    [place] = [place for place, entity in enumerate(found) if str(entity.ref) == which]
    found[place] = msgspec.structs.replace(found[place], **fields)
    return found


def without(entities: Iterable[Entity], *texts: str) -> list[Entity]:
    return [entity for entity in entities if str(entity.ref) not in texts]


def written(stage: Stage) -> dict[str, list[str]]:
    """What deltas have set."""
    return {str(ref): sorted(fields) for ref, fields in stage.target.updated}


async def changes(stage: Stage) -> dict[str, int]:
    """Sums over all kinds."""
    rows = (await stage.status()).changes.values()
    return {name: sum(row[name] for row in rows) for name in ("added", "changed", "gone", "unchanged", "waiting")}


async def test_an_unchanged_account_takes_no_write_and_no_read_of_the_target(stage: Stage) -> None:
    sent, stored = stage.target.sent, dict(stage.target.stored)
    await stage.delta()
    assert stage.target.sent == sent
    assert stage.target.stored == stored
    assert await changes(stage) == {"added": 0, "changed": 0, "gone": 0, "unchanged": len(company()), "waiting": 0}
    assert (await stage.status()).state == "done"


async def test_bytes_that_are_here_are_not_fetched_again(stage: Stage) -> None:
    stage.becomes(company(), bodies={})
    await stage.delta()
    assert (await stage.status()).state == "done"
    assert (await stage.verify()).clean


async def test_what_changed_is_set_and_nothing_else(stage: Stage) -> None:
    now = edited(company(), "task:1", title="Roof", priority=7)
    now = edited(now, "comment:2", text=Text(html="Said otherwise"))
    stage.becomes(edited(now, "cost:1", minutes=91))
    await stage.delta()
    assert written(stage) == {"task:1": ["priority", "title"], "comment:2": ["text"], "cost:1": ["minutes"]}
    assert stage.stored("task:1").fields["title"] == "Roof"
    assert (await stage.verify()).clean
    assert (await changes(stage))["changed"] == 3


async def test_what_is_new_is_made_once_and_what_was_there_is_not_made_again(stage: Stage) -> None:
    news = [task("9", parent=ref("task:1"), depth=1), comment("9", on="task:9"), comment("10"), item(3)]
    stage.becomes([*company(), *news])
    before = len(stage.target.stored)
    await stage.delta()
    stage.assert_exactly_once()
    assert len(stage.target.stored) == before + len(news)
    assert stage.stored("task:9").fields["parent"] == stage.stored("task:1").id
    assert await stage.state("task:9", "finish") is State.MADE
    assert (await stage.verify()).clean


async def test_what_is_gone_is_told_and_stays(stage: Stage) -> None:
    stage.becomes(without(company(), "task:2", "comment:2"))
    await stage.delta()
    assert (await stage.codes())["gone-from-source"] == 2
    assert stage.copies(ref("task:2")) == 1
    assert written(stage) == {}
    assert (await stage.verify()).clean
    stage.becomes(company())
    await stage.delta()
    assert (await stage.codes())["gone-from-source"] == 0


async def test_a_file_added_to_what_was_there_is_shown_by_it(stage: Stage) -> None:
    stage.becomes([*company(), file("4", on="comment:1", size=3)], {**BODIES, "4": b"new"})
    await stage.delta()
    assert written(stage) == {"comment:1": ["files"]}
    assert stage.stored("file:4").id in stage.stored("comment:1").fields["files"].split()
    assert (await stage.verify()).clean


async def test_a_link_to_something_new_leads_there_at_last(tmp_path: Path) -> None:
    linked = task("1", text=Text(html=f'<a href="{LINK}">more</a>', links={LINK: ref("task:9")}))
    stage = Stage(tmp_path / "run", [project(), linked])
    await stage.run()
    assert (await stage.codes())["link-kept"] == 1
    stage.becomes([project(), linked, task("9", url=LINK)])
    await stage.delta()
    assert written(stage) == {"task:1": ["text"]}
    assert f"memory://task/{stage.stored('task:9').id}" in stage.stored("task:1").fields["text"]
    assert (await stage.codes())["link-kept"] == 0
    assert (await stage.verify()).clean


async def test_a_renamed_task_is_renamed_where_others_name_it(tmp_path: Path) -> None:
    fields = {**CAPABILITIES.fields, Kind.TASK: {**CAPABILITIES.fields[Kind.TASK], "relations": Carry.TEXT}}
    related = task("2", relations=(Relation(type="finish-to-start", other=ref("task:1")),))
    stage = Stage(tmp_path / "run", [project(), task("1"), related])
    stage.capabilities = replace(CAPABILITIES, fields=fields)
    await stage.run()
    stage.becomes([project(), task("1", title="Roof"), related])
    await stage.delta()
    assert written(stage) == {"task:1": ["title"], "task:2": ["text"]}
    assert (await stage.verify()).clean


# -- people in the target -------------------------------------------------------------------------------------------------


async def test_what_people_changed_and_the_source_did_not_is_left_alone(stage: Stage) -> None:
    stage.people_set("task:1", priority="3")
    stage.becomes(edited(company(), "task:1", title="Roof"))
    await stage.delta()
    assert stage.stored("task:1").fields["priority"] == "3"
    assert written(stage) == {"task:1": ["title"]}
    assert (await stage.codes())["conflict"] == 0


async def test_what_both_changed_is_a_conflict_and_the_rest_goes_over(stage: Stage) -> None:
    stage.people_set("task:1", title="Theirs")
    stage.becomes(edited(company(), "task:1", title="Ours", priority=7))
    await stage.delta()
    assert stage.stored("task:1").fields["title"] == "Theirs"
    assert written(stage) == {"task:1": ["priority"]}
    async with stage.look() as run:
        [issue] = [one for one in run.ledger.issues() if one.code == "conflict"]
    assert (str(issue.ref), issue.field) == ("task:1", "title")
    assert "'Ours'" in issue.detail
    assert "'Theirs'" in issue.detail
    assert (await stage.status()).state == "incomplete"
    assert (await stage.verify()).unexplained == []


async def test_a_conflict_is_listed_until_it_is_decided(stage: Stage) -> None:
    stage.people_set("task:1", title="Theirs")
    stage.becomes(edited(company(), "task:1", title="Ours"))
    for _ in range(2):
        await stage.delta()
        assert (await stage.codes())["conflict"] == 1
    stage.people_set("task:1", title="Ours")  # by hand, which settles it too
    await stage.delta()
    assert (await stage.codes())["conflict"] == 0
    assert written(stage) == {}
    assert (await stage.status()).state == "done"


async def test_ours_writes_over_what_people_changed(stage: Stage) -> None:
    stage.people_set("task:1", title="Theirs", priority="3")
    stage.becomes(edited(company(), "task:1", title="Ours"))
    await stage.delta()
    await stage.delta(Choice.OURS)
    assert stage.stored("task:1").fields["title"] == "Ours"
    assert stage.stored("task:1").fields["priority"] == "3"
    assert (await stage.codes())["conflict"] == 0
    assert (await stage.status()).state == "done"


async def test_theirs_accepts_it_and_lists_it_no_more(stage: Stage) -> None:
    stage.people_set("task:1", title="Theirs")
    stage.becomes(edited(company(), "task:1", title="Ours"))
    await stage.delta()
    await stage.delta(Choice.THEIRS)
    await stage.delta()
    assert stage.stored("task:1").fields["title"] == "Theirs"
    assert (await stage.codes())["conflict"] == 0
    assert (await stage.status()).state == "done"
    assert (await stage.verify()).unexplained == []
    stage.becomes(edited(company(), "task:1", title="Ours again"))  # what was accepted is not free to be overwritten
    await stage.delta()
    assert stage.stored("task:1").fields["title"] == "Theirs"
    assert (await stage.codes())["conflict"] == 1


async def test_what_people_deleted_is_a_conflict_and_not_made_again(stage: Stage) -> None:
    del stage.target.stored[stage.stored("task:2").id]
    stage.becomes(edited(company(), "task:2", title="Ours"))
    await stage.delta(Choice.OURS)
    assert stage.copies(ref("task:2")) == 0
    assert (await stage.codes())["conflict"] == 1
    await stage.delta(Choice.THEIRS)
    assert (await stage.codes())["conflict"] == 0


# -- what cannot be changed -----------------------------------------------------------------------------------------------


async def test_what_the_vendor_cannot_change_is_told_with_both_values(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "run", company(), BODIES)
    stage.capabilities = replace(CAPABILITIES, updates={Kind.TASK: frozenset({"title"})})
    await stage.run()
    stage.becomes(edited(company(), "task:1", title="Roof", priority=7))
    await stage.delta()
    assert written(stage) == {"task:1": ["title"]}
    async with stage.look() as run:
        [issue] = [one for one in run.ledger.issues() if one.code == "not-updated"]
    assert (str(issue.ref), issue.field) == ("task:1", "priority")
    assert "'7'" in issue.detail
    assert (await stage.status()).state == "done"
    assert (await stage.verify()).unexplained == []


async def test_a_change_that_was_refused_is_tried_again(stage: Stage) -> None:
    stage.becomes(edited(company(), "task:1", title="Roof"))
    stage.target.fault = lambda step: step.part == "update" or None  # type: ignore[assignment,return-value]
    await stage.delta()
    assert (await stage.codes())["update-refused"] == 1
    assert (await stage.status()).state == "incomplete"
    stage.target.fault = lambda _: None
    await stage.delta()
    assert (await stage.codes())["update-refused"] == 0
    assert stage.stored("task:1").fields["title"] == "Roof"


async def test_a_file_replaced_at_the_source_keeps_its_bytes_and_says_so(stage: Stage) -> None:
    stage.becomes(edited(company(), "file:1", size=99))
    await stage.delta()
    assert (await stage.codes())["file-replaced"] == 1
    assert written(stage) == {}
    assert (await stage.verify()).clean


async def test_a_text_that_grew_goes_on_in_one_more_comment_and_one_that_shrank_says_what_is_left(
    tmp_path: Path,
) -> None:
    def long(words: int) -> Text:
        return Text(html="".join(f"<p>word {number}</p>" for number in range(words)))

    capabilities: Capabilities = replace(CAPABILITIES, text_limit=8000)
    stage = Stage(tmp_path / "run", [project(), task("1", text=long(300))], capabilities=capabilities)
    await stage.run()
    made = len(stage.target.stored)
    stage.becomes([project(), task("1", text=long(700))])
    await stage.delta()
    assert len(stage.target.stored) > made
    assert (await stage.verify()).clean
    stage.becomes([project(), task("1", text=Text(html="<p>short</p>"))])
    await stage.delta()
    assert (await stage.codes())["not-updated"] >= 1
    assert (await stage.verify()).clean


# -- scope, order, and the run before it ----------------------------------------------------------------------------------


async def test_a_delta_follows_a_run_that_is_through(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "run", company(), BODIES)
    with pytest.raises(InputWrong, match="nothing was read yet"):
        await stage.delta()
    await stage.run(most=2)
    with pytest.raises(InputWrong, match="still to do"):
        await stage.delta()


async def test_what_the_scope_left_out_is_made_once_it_does_not(tmp_path: Path) -> None:
    scope = Scope(kinds=frozenset(Kind), projects=(), archived=True, closed=False, since=None)
    closed = task("1", done=True, closed=MOMENT)
    stage = Stage(tmp_path / "run", [project(), closed, comment("1")], scope=scope)
    await stage.run()
    assert stage.copies(ref("task:1")) == 0
    stage.becomes([project(), task("1"), comment("1")])
    await stage.delta()
    stage.assert_exactly_once()
    stage.becomes([project(), closed, comment("1"), comment("2")])  # closed again: what has moved goes on moving
    await stage.delta()
    assert stage.stored("task:1").fields["done"] == "true"
    stage.assert_exactly_once()


class ClosingTarget(MemoryTarget):
    """Takes nothing below what has the status "done", and closes nothing above what is open, as strict vendors do."""

    async def create(self, step: Step, context: Context) -> Made:
        expected = self.expected(step, context)
        above = self.stored.get(expected.get("parent", "") or expected.get("on", ""))
        assert above is None or above.fields.get("status") != "done", f"{step.ref} below a closed task"
        made = await super().create(step, context)
        one = self.stored[made.id]
        self.stored[made.id] = replace(one, fields={**one.fields, "status": "open"})  # only the finishing step closes
        return made

    async def update(self, step: Step, fields: Mapping[str, str], context: Context) -> Made:
        own = context.ids(step.ref)
        below = [one for one in self.stored.values() if one.fields.get("parent") == own and one.kind is Kind.TASK]
        if "status" in fields and self.expected(step, context).get("status") == "done":
            assert all(one.fields.get("status") == "done" for one in below), f"{step.ref} closed above an open task"
        return await super().update(step, fields, context)


def tree(done: str) -> list[Entity]:
    """Three tasks, one below the other: closed those named."""

    def one(id: str, **more: Any) -> Entity:
        return task(id, **more, **({"done": True, "status": "done"} if id in done else {"status": "open"}))

    below = [one("2", parent=ref("task:1"), depth=1), one("3", parent=ref("task:2"), depth=2)]
    return [project(), one("1"), *below]


STATUSES = Rules(people=People(create=True), status={Kind.TASK: {"open": "open", "done": "done"}})


def closing(folder: Path, done: str) -> Stage:
    can = replace(CAPABILITIES, seals=frozenset({Kind.TASK}))
    return Stage(folder / "run", tree(done), target=ClosingTarget(), rules=STATUSES, capabilities=can)


async def test_tasks_are_closed_from_the_deepest_up(tmp_path: Path) -> None:
    stage = closing(tmp_path, "")
    await stage.run()
    stage.becomes(tree("123"))
    await stage.delta()
    assert [str(ref) for ref, _ in stage.target.updated] == ["task:3", "task:2", "task:1"]
    assert (await stage.verify()).clean


async def test_what_is_open_again_is_opened_before_anything_new_comes_below_it(tmp_path: Path) -> None:
    stage = closing(tmp_path, "123")
    await stage.run()
    stage.becomes([*tree("3"), comment("7", on="task:2")])
    await stage.delta()
    assert [str(ref) for ref, fields in stage.target.updated if "status" in fields] == ["task:1", "task:2"]
    assert (await stage.verify()).clean
    stage.assert_exactly_once()


async def test_what_is_closed_is_opened_for_what_is_new_below_it_and_closed_again(tmp_path: Path) -> None:
    stage = closing(tmp_path, "123")
    await stage.run()
    stage.becomes([*tree("123"), comment("7", on="task:3")])
    await stage.delta(most=1)  # ends in the middle
    await stage.delta()
    order = [str(ref) for ref, _ in stage.target.updated]
    assert order[:3] == ["task:1", "task:2", "task:3"]
    assert order[-3:] == ["task:3", "task:2", "task:1"]
    assert (await stage.verify()).clean
    assert stage.stored("task:1").fields["status"] == "done"
    stage.assert_exactly_once()


async def test_what_people_have_opened_stays_open(tmp_path: Path) -> None:
    stage = closing(tmp_path, "3")
    await stage.run()
    stage.people_set("task:3", status="open")
    stage.becomes([*tree("3"), comment("7", on="task:3")])
    await stage.delta()
    assert stage.stored("task:3").fields["status"] == "open"
    assert stage.target.updated == []
    stage.assert_exactly_once()


async def test_what_is_dropped_before_it_ever_moved_is_forgotten(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "run", company(), {})  # no bytes: the files are refused
    await stage.run()
    assert (await stage.status()).kinds[Kind.FILE]["refused"] == 3
    stage.becomes(without(company(), "file:1", "file:2", "file:3"))
    await stage.delta()
    status = await stage.status()
    assert (status.state, status.kinds.get(Kind.FILE)) == ("done", None)


# -- killed anywhere ------------------------------------------------------------------------------------------------------


def small() -> list[Entity]:
    """Little of everything that a delta treats in its own way."""
    return [
        project(),
        task("1"),
        task("2", parent=ref("task:1"), depth=1),
        comment("1"),
        comment("2"),
        file("1", on="comment:1"),
    ]


def later() -> list[Entity]:
    """The same some days on: edited, added to, and less."""
    now = edited(small(), "task:1", title="Roof")
    now = edited(now, "task:2", done=True, closed=MOMENT)
    now = edited(now, "comment:1", text=Text(html="Said otherwise"))
    return [*without(now, "comment:2"), task("9", parent=ref("task:1"), depth=1), file("4", on="comment:1", size=3)]


LATER_BODIES = {**BODIES, "4": b"new"}


@dataclass
class Moved:
    """A small company that has moved once, to be gone on with from there as often as a test likes."""

    folder: Path
    stored: dict[str, Stored]
    last: int

    def again(self, number: int) -> Stage:
        folder = self.folder.with_name(str(number))
        shutil.copytree(self.folder, folder)
        stage = Stage(folder, later(), LATER_BODIES)
        stage.target.stored, stage.target._last = dict(self.stored), self.last
        return stage


@pytest.fixture
def moved(tmp_path: Path) -> Moved:
    stage = Stage(tmp_path / "run", small(), BODIES)
    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        runner.run(stage.run())
    return Moved(tmp_path / "run", stage.target.stored, stage.target._last)


def _there(stage: Stage) -> set[tuple[str, str, str]]:
    """What people see, in no ids."""
    names = ("title", "done", "text", "name", "minutes")
    return {
        (one.kind, one.mark, " ".join(one.fields.get(name, "") for name in names))
        for one in stage.target.stored.values()
    }


def test_killed_at_any_commit_it_ends_the_same(moved: Moved) -> None:
    async def once(number: int) -> tuple[bool, set[tuple[str, str, str]]]:
        stage = moved.again(number)
        with dying_at(number, after=False) as died:
            try:
                await stage.delta()
            except* RunFolderUnusable:
                pass
        await stage.delta()
        return died(), await _proven(stage)

    assert _all_ends(once) == 1


def test_killed_at_any_request_it_ends_the_same(moved: Moved) -> None:
    async def once(number: int) -> tuple[bool, set[tuple[str, str, str]]]:
        stage, left = moved.again(number), number

        async def dying(request: Any, **options: Any) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed
            await request(**options)

        for side in (stage.source, stage.target):
            request = side._request
            side._request = lambda request=request, **options: dying(request, **options)  # type: ignore[method-assign,misc]
        try:
            await stage.delta()
        except* Killed:
            pass
        came, left = left <= 0, 0
        await stage.delta()
        return came, await _proven(stage)

    assert _all_ends(once) == 1


async def _proven(stage: Stage) -> set[tuple[str, str, str]]:
    stage.assert_nothing_twice()
    assert (await stage.status()).state == "done"
    assert (await stage.verify()).clean
    assert (await stage.codes())["gone-from-source"] == 1
    return _there(stage)


def _all_ends(once: Callable[[int], Coroutine[Any, Any, tuple[bool, set[tuple[str, str, str]]]]]) -> int:
    """How many different ends it comes to, killed at 1, 2, 3, ... until it is killed no more."""
    number, came, ends = 0, True, set[frozenset[tuple[str, str, str]]]()
    while came:
        number += 1
        with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
            came, there = runner.run(once(number))
        ends.add(frozenset(there))
    assert number > 15
    return len(ends)


async def test_a_delta_stopped_by_its_limit_goes_on_with_the_same_pass(stage: Stage) -> None:
    now = edited(company(), "task:1", title="Roof")
    stage.becomes([*edited(now, "task:2", title="Walls"), task("9"), comment("9", on="task:9")])
    for _ in range(12):
        await stage.delta(most=1)
        if (await stage.status()).state == "done":
            break
    async with stage.look() as run:
        assert run.ledger.passes.number == 2
    assert (await stage.verify()).clean
    stage.assert_nothing_twice()
