"""A second pass over the same checkpoint: what is the same, new, changed and gone, and what the target still has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from migrator.ledger import Ledger, Outcome, State, open_ledger
from migrator.model import Entity, Issue, Kind
from migrator.vendor import Page
from tests.world import project, ref, task


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    """Through its first pass: three tasks, two of them made."""
    async with open_ledger(tmp_path / "checkpoint.db") as ledger:
        await ledger.reads.add_scopes("task", [""])
        await ledger.reads.save_page("task", "", Page(({"id": "1"},)), ["1"])
        await ledger.save_entities("task", [task("1"), task("2"), task("3")], [], [])
        for id in ("1", "2"):
            await ledger.settle([(ref(f"task:{id}"), "create", Outcome(State.MADE, f"t{id}"))])
        yield ledger


async def again(ledger: Ledger, *entities: Entity) -> None:
    await ledger.begin_pass([])
    await ledger.save_entities("task", entities, [], [])


def waiting(ledger: Ledger) -> list[tuple[str, str]]:
    found = [(version.before, version.after) for version in ledger.passes.waiting(Kind.TASK)]
    return [(str(getattr(before, "title", "")), str(getattr(after, "title", ""))) for before, after in found]


async def test_a_new_pass_reads_all_again_and_keeps_what_was_made(ledger: Ledger) -> None:
    await ledger.begin_pass([])
    assert ledger.passes.number == 2
    assert not ledger.reads.is_decoded("task")
    assert list(ledger.reads.records("task")) == []
    assert ledger.reads.open_scopes("task") == []
    assert ledger.target(ref("task:1")) == "t1"
    assert ledger.count(Kind.TASK) == 3


async def test_what_is_read_again_is_the_same_new_changed_or_gone(ledger: Ledger) -> None:
    await again(ledger, task("1"), task("2", title="Roof"), task("4"))
    assert ledger.passes.counts(Kind.TASK) == {"added": 1, "changed": 1, "gone": 1, "unchanged": 1, "waiting": 1}
    assert ledger.passes.gone() == [ref("task:3")]
    assert ledger.passes.changed() == {ref("task:2")}
    assert [entity.ref for entity in ledger.passes.added()] == [ref("task:4")]


async def test_the_order_of_keys_is_no_change(ledger: Ledger) -> None:
    await again(ledger, task("1", fields={"a": "1", "b": "2"}))
    await again(ledger, task("1", fields={"b": "2", "a": "1"}))
    assert ledger.passes.changed() == set()


async def test_what_the_target_has_is_kept_until_it_has_the_newest(ledger: Ledger) -> None:
    await again(ledger, task("1"), task("2", title="Roof"))
    await again(ledger, task("1"), task("2", title="Roof and walls"))
    assert waiting(ledger) == [("Task 2", "Roof and walls")]
    await ledger.settle_change(ref("task:2"), [], [], waits=False)
    assert waiting(ledger) == []
    await again(ledger, task("1"), task("2", title="Walls"))
    assert waiting(ledger) == [("Roof and walls", "Walls")]


async def test_a_change_taken_back_is_none(ledger: Ledger) -> None:
    await again(ledger, task("2", title="Roof"))
    await again(ledger, task("2"))
    assert waiting(ledger) == []


async def test_what_was_never_made_has_nothing_to_change(ledger: Ledger) -> None:
    await again(ledger, task("3", title="Roof"))
    assert waiting(ledger) == []
    found = ledger.entity(ref("task:3"))
    assert found is not None
    assert getattr(found, "title", "") == "Roof"


async def test_of_two_with_one_ref_the_first_counts_in_a_later_pass_too(ledger: Ledger) -> None:
    await again(ledger, task("1", title="first"), task("1", title="second"))
    await ledger.save_entities("more", [task("1", title="third")], [], [])
    assert waiting(ledger) == [("Task 1", "first")]


async def test_what_a_pass_came_to_is_kept_together(ledger: Ledger) -> None:
    await again(ledger, task("1"), task("2"))
    gone = Issue(ref=ref("task:2"), code="gone-from-source")
    await ledger.note_compared([gone], [ref("task:3")], [ref("task:1")])
    assert waiting(ledger) == [("Task 1", "Task 1")]
    assert ledger.entity(ref("task:3")) is None
    assert [issue.code for issue in ledger.issues()] == ["gone-from-source"]
    assert ledger.meta("compared") == "2"
    await ledger.begin_pass(["gone-from-source"])
    assert list(ledger.issues()) == []


async def test_what_is_taken_in_after_all_is_open_again(ledger: Ledger) -> None:
    await ledger.save_entities("project", [project()], [], [(ref("project:1"), "[scope] projects leaves it out")])
    await ledger.begin_pass([])
    await ledger.save_entities("project", [project()], [], [], [ref("project:1")])
    assert ledger.outcome(ref("project:1")) is None


async def test_a_pass_is_all_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.db"
    async with open_ledger(path) as ledger:
        await ledger.save_entities("task", [task("1")], [], [])
        await ledger.settle([(ref("task:1"), "create", Outcome(State.MADE, "t1"))])
        await again(ledger, task("1", title="Roof"))
    async with open_ledger(path) as ledger:
        assert ledger.passes.number == 2
        assert waiting(ledger) == [("Task 1", "Roof")]
        assert ledger.reads.is_decoded("task")
