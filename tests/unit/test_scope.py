"""What the user's [scope] leaves out: each key by itself, with all that hangs on what is left out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from migrator.config import Scope
from migrator.ledger import Ledger, open_ledger
from migrator.model import Entity, Kind
from migrator.pipeline.scope import LeftOut, wanted_kinds
from tests.world import MOMENT, comment, company, cost, file, item, project, ref, task

OLD = datetime(2023, 12, 31, 23, 59, tzinfo=UTC)
NEW_YEAR = Scope(since=date(2024, 1, 1))


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    async with open_ledger(tmp_path / "checkpoint.db") as ledger:
        yield ledger


def left(scope: Scope, ledger: Ledger, *entities: Entity) -> list[str]:
    out = LeftOut(scope, ledger)
    return [str(entity.ref) for entity in entities if out.reason(entity)]


async def test_by_default_nothing_is_left_out(ledger: Ledger) -> None:
    assert left(Scope(), ledger, *company()) == []


@pytest.mark.parametrize(
    ("names", "moved"),
    [(("1",), "1"), (("Site *",), "2"), (("site *",), ""), (("Roof",), "3"), (("9",), ""), (("1", "Roof"), "13")],
)
async def test_projects_are_named_by_id_or_by_a_pattern_of_their_title(
    ledger: Ledger, names: tuple[str, ...], moved: str
) -> None:
    projects = [project("1"), project("2", title="Site North"), project("3", title="Roof")]
    out = left(Scope(projects=names), ledger, *projects)
    assert out == [str(one.ref) for one in projects if one.ref.id not in moved]


async def test_archived_projects_stay_if_the_user_says_so(ledger: Ledger) -> None:
    assert left(Scope(archived=False), ledger, project("1"), project("2", archived=True)) == ["project:2"]


async def test_closed_tasks_stay_if_the_user_says_so(ledger: Ledger) -> None:
    assert left(Scope(closed=False), ledger, task("1"), task("2", done=True)) == ["task:2"]


async def test_since_leaves_out_tasks_closed_before_and_no_open_ones(ledger: Ledger) -> None:
    tasks = [
        task("1", created=OLD),
        task("2", created=OLD, done=True, closed=OLD),
        task("3", created=OLD, done=True, closed=MOMENT),
        task("4", created=OLD, done=True),
    ]
    assert left(NEW_YEAR, ledger, *tasks) == ["task:2"]


async def test_since_leaves_out_what_was_written_or_spent_before(ledger: Ledger) -> None:
    entities = [comment("1", created=OLD), comment("2"), file("1", created=OLD), file("2", created=MOMENT), file("3")]
    entities += [cost("1", day=date(2023, 12, 31)), cost("2", day=date(2024, 1, 1))]
    assert left(NEW_YEAR, ledger, *entities) == ["comment:1", "file:1", "cost:1"]


async def test_kinds_not_asked_for_are_left_out(ledger: Ledger) -> None:
    scope = Scope(kinds=frozenset({Kind.PROJECT, Kind.TASK}))
    entities = [project(), task(), comment(), file(), item(), cost()]
    assert left(scope, ledger, *entities) == ["comment:1", "file:1", "checkitem:1/1", "cost:1"]


@pytest.mark.parametrize("kind", [Kind.COMMENT, Kind.FILE, Kind.CHECKITEM, Kind.COST])
def test_asking_for_a_kind_asks_for_what_it_hangs_on(kind: Kind) -> None:
    assert {Kind.PROJECT, Kind.TASK, kind} <= wanted_kinds(Scope(kinds=frozenset({kind})))


def test_people_groups_tags_and_fields_are_always_read() -> None:
    assert {Kind.PERSON, Kind.GROUP, Kind.TAG, Kind.FIELD} <= wanted_kinds(Scope(kinds=frozenset({Kind.TASK})))


def test_a_file_on_a_comment_asks_for_the_comment_only_if_comments_move() -> None:
    assert Kind.COMMENT not in wanted_kinds(Scope(kinds=frozenset({Kind.FILE})))


async def test_what_hangs_on_what_is_left_out_is_left_out_to_any_depth(ledger: Ledger) -> None:
    entities: list[Entity] = [
        project("2", archived=True),
        task("1", project=ref("project:2")),
        task("2", project=ref("project:2"), parent=ref("task:1"), depth=1),
        comment("1", on="task:2"),
        file("1", on="comment:1"),
        task("3"),
    ]
    assert left(Scope(archived=False), ledger, *entities) == [str(one.ref) for one in entities[:-1]]


async def test_an_open_subtask_of_a_closed_task_is_left_out_with_it(ledger: Ledger) -> None:
    tasks = [task("1", done=True), task("2", parent=ref("task:1"), depth=1)]
    assert left(Scope(closed=False), ledger, *tasks) == ["task:1", "task:2"]


async def test_every_reason_names_the_key_to_change(ledger: Ledger) -> None:
    out = LeftOut(Scope(projects=("9",), closed=False, archived=False, since=date(2024, 1, 1)), ledger)
    reasons = [
        out.reason(project("1")),
        out.reason(task("5")),
        LeftOut(Scope(closed=False), ledger).reason(task(done=True)),
        LeftOut(Scope(archived=False), ledger).reason(project(archived=True)),
        LeftOut(NEW_YEAR, ledger).reason(comment(created=OLD)),
    ]
    assert reasons == [
        "[scope] projects leaves it out",
        "[scope] leaves out project:1, which it hangs on",
        "[scope] closed = false leaves it out",
        "[scope] archived = false leaves it out",
        "[scope] since leaves it out: written before",
    ]


async def test_what_an_earlier_session_left_out_is_remembered(ledger: Ledger) -> None:
    await ledger.save_entities("project", [project("2")], [], [(ref("project:2"), "[scope] archived")])
    out = LeftOut(Scope(), ledger)
    assert ref("project:2") in out
    assert out.reason(task("1", project=ref("project:2")))
