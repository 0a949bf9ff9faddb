"""The checkpoint keeps what was awaited, whatever happens next, and refuses what is not a checkpoint."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrator import checkpoint as checkpoint_module
from migrator import ledger as ledger_module
from migrator.clock import Clock
from migrator.errors import RunFolderUnusable
from migrator.ledger import FRESH, Ledger, Outcome, State, open_ledger
from migrator.model import Issue, Kind, Reach
from migrator.vendor import Body, Page
from tests.world import MOMENT, comment, project, ref, task


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint.db"


@pytest.fixture
async def ledger(path: Path) -> AsyncIterator[Ledger]:
    async with open_ledger(path) as ledger:
        yield ledger


DIE_AFTER = """
import asyncio, os, signal, sys
from pathlib import Path
from migrator.ledger import open_ledger
from migrator.model import Ref

async def main():
    async with open_ledger(Path(sys.argv[1])) as ledger:
        await ledger.intend([(Ref.parse("task:1"), "create")])
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is what is tested")
async def test_what_was_awaited_survives_kill_9(path: Path) -> None:
    code = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", DIE_AFTER, str(path)], check=False)
    assert code.returncode == -9
    async with open_ledger(path) as ledger:
        found = ledger.outcome(ref("task:1"))
        assert found is not None
        assert found.state is State.INTENDED
        assert 0 <= time.time() - found.sent_at < 60


async def test_a_write_is_seen_by_another_connection_when_its_await_returns(path: Path, ledger: Ledger) -> None:
    await ledger.set_meta("stage", "started")
    other = sqlite3.connect(path)
    try:
        assert other.execute("SELECT value FROM meta WHERE key = 'stage'").fetchone() == ("started",)
    finally:
        other.close()


async def test_writes_that_wait_together_share_a_commit(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = 0

    class Counting(sqlite3.Connection):
        def __exit__(self, *raised: Any) -> Any:
            nonlocal commits
            commits += 1
            return super().__exit__(*raised)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **options: connect(*args, **options, factory=Counting))
    async with open_ledger(path) as ledger:
        await asyncio.gather(*(ledger.set_meta(f"key {number}", "value") for number in range(200)))
        assert commits <= 3


async def test_every_connection_waits_for_the_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def kept(*args: Any, **options: Any) -> sqlite3.Connection:
        made.append(connect(*args, **options))
        return made[-1]

    monkeypatch.setattr(sqlite3, "connect", kept)
    async with open_ledger(path):
        assert {one.execute("PRAGMA synchronous").fetchone() for one in made} == {(2,)}
        assert {one.execute("PRAGMA journal_mode").fetchone() for one in made} == {("wal",)}


async def test_a_group_that_cannot_be_committed_tells_everybody_in_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(sqlite3.Connection):
        def __exit__(self, *raised: Any) -> Any:
            self.rollback()
            raise sqlite3.OperationalError("database or disk is full")

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **options: connect(*args, **options, factory=Full))
    async with open_ledger(path) as ledger:
        results = await asyncio.gather(
            *(ledger.set_meta(str(number), "") for number in range(5)), return_exceptions=True
        )
    assert [type(one) for one in results] == [RunFolderUnusable] * 5
    assert "disk is full" in str(results[0])


@pytest.mark.timeout(20)
async def test_a_value_sqlite_cannot_hold_is_an_error_and_not_a_hang(ledger: Ledger) -> None:
    with pytest.raises(RunFolderUnusable):
        await asyncio.wait_for(ledger.set_meta("half a character", "\ud800"), 5)
    await ledger.set_meta("stage", "started")
    assert ledger.meta("stage") == "started"


async def test_an_outcome_that_could_not_be_written_is_not_believed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_ledger(path) as ledger:
        await ledger.settle([(ref("task:1"), "create", Outcome(State.REFUSED, note="no"))])
        monkeypatch.setattr(ledger_module, "_KEEP_OUTCOME", "no sql")
        with pytest.raises(RunFolderUnusable):
            await ledger.settle([(ref("task:1"), "create", Outcome(State.MADE, "26"))])
        assert ledger.target(ref("task:1")) is None


async def test_a_page_brings_records_cursor_and_total_at_once(path: Path, ledger: Ledger) -> None:
    await ledger.reads.add_scopes("task", ["project:1", "project:2"])
    await ledger.reads.save_page("task", "project:1", Page(({"id": 1}, {"id": 2}), "2", total=3), ["1", "2"])
    assert ledger.reads.open_scopes("task") == [("project:1", "2"), ("project:2", None)]
    assert list(ledger.reads.records("task")) == [{"id": 1}, {"id": 2}]
    await ledger.reads.save_page("task", "project:1", Page(({"id": 3},)), ["3"])
    assert ledger.reads.open_scopes("task") == [("project:2", None)]


async def test_scopes_already_known_keep_their_cursor(ledger: Ledger) -> None:
    await ledger.reads.add_scopes("task", ["a"])
    await ledger.reads.save_page("task", "a", Page((), "7"), [])
    await ledger.reads.add_scopes("task", ["a", "b"])
    assert ledger.reads.open_scopes("task") == [("a", "7"), ("b", None)]


async def test_a_scope_over_the_cap_gives_way_to_its_parts(ledger: Ledger) -> None:
    await ledger.reads.add_scopes("task", [""])
    await ledger.reads.save_page("task", "", Page((), split=("2023", "2024")), [])
    assert ledger.reads.open_scopes("task") == [("2023", None), ("2024", None)]


async def test_a_record_seen_again_is_replaced_and_not_doubled(ledger: Ledger) -> None:
    await ledger.reads.add_scopes("task", [""])
    await ledger.reads.save_page("task", "", Page(({"id": 1, "title": "old"},), "1"), ["1"])
    await ledger.reads.save_page("task", "", Page(({"id": 1, "title": "new"},)), ["1"])
    assert list(ledger.reads.records("task")) == [{"id": 1, "title": "new"}]


async def test_readers_see_rows_committed_while_they_iterate(ledger: Ledger) -> None:
    await ledger.save_entities("task", [task("1"), task("2")], [], [])
    seen = []
    for entity in ledger.entities(Kind.TASK):
        seen.append(entity.ref.id)
        await ledger.set_meta("seen", entity.ref.id)
        assert ledger.meta("seen") == entity.ref.id
    assert seen == ["1", "2"]


async def test_parents_come_before_children_then_by_moment_then_as_received(ledger: Ledger) -> None:
    later = MOMENT + timedelta(days=1)
    tasks = [task("child", depth=1), task("late", created=later), task("b"), task("a")]
    await ledger.save_entities("task", tasks, [], [])
    assert [one.ref.id for one in ledger.entities(Kind.TASK)] == ["b", "a", "late", "child"]
    assert [one.ref.id for one in ledger.entities(Kind.TASK, deepest_first=True)] == ["child", "b", "a", "late"]


async def test_of_two_entities_with_one_ref_the_first_stays(ledger: Ledger) -> None:
    await ledger.save_entities("task", [task("1", title="first"), task("1", title="second")], [], [])
    assert ledger.entity(ref("task:1")) == task("1", title="first")
    assert ledger.count(Kind.TASK) == 1


async def test_what_hangs_on_a_ref_is_found_by_it(ledger: Ledger) -> None:
    await ledger.save_entities("all", [project(), task(), comment("1"), comment("2", on="project:1")], [], [])
    assert [one.ref.id for one in ledger.owned(ref("task:1"), Kind.COMMENT)] == ["1"]
    assert [one.ref.id for one in ledger.owned(ref("project:1"), Kind.TASK)] == ["1"]


async def test_everything_is_there_after_reopening(path: Path) -> None:
    issue = Issue(ref=ref("task:1"), code="field-lost", field="hidden", detail="yes", reach=Reach.LOSS)
    async with open_ledger(path) as ledger:
        await ledger.save_entities("task", [task()], [issue], [(ref("task:9"), "left out")])
        await ledger.settle([(ref("task:1"), "create", Outcome(State.MADE, "26", 3.0))])
        await ledger.save_body(ref("file:1"), Body(path, 4, "ab"))
        ledger.count_request("target")
        ledger.count_request("target")
    async with open_ledger(path) as ledger:
        assert ledger.reads.is_decoded("task")
        assert ledger.target(ref("task:1")) == "26"
        assert ledger.outcome(ref("task:9")) == Outcome(State.SKIPPED, note="left out")
        assert list(ledger.issues()) == [issue]
        assert ledger.body(ref("file:1")) == ("ab", 4)
        assert ledger.requests("target") == 2
        assert ledger.requests_of("target", datetime.now(UTC).date().isoformat()) == 2
        assert ledger.requests("source") == 0


async def test_only_made_and_matched_have_a_target(ledger: Ledger) -> None:
    for state in State:
        await ledger.settle([(ref("task:1"), "create", Outcome(state, "26"))])
        assert (ledger.target(ref("task:1")) == "26") is (state in (State.MADE, State.MATCHED))


async def test_a_forgotten_create_is_as_if_never_intended(path: Path) -> None:
    async with open_ledger(path) as ledger:
        await ledger.intend([(ref("task:1"), "create")])
        await ledger.forget(ref("task:1"), "create")
        assert ledger.outcome(ref("task:1")) is None
    async with open_ledger(path) as ledger:
        assert ledger.outcome(ref("task:1")) is None


@dataclass
class Hands:
    """A clock that stands where a test sets it."""

    wall: float = 1_000_000.0
    steady: float = 500.0
    boot: str = "one"

    def clock(self) -> Clock:
        return Clock(lambda: self.wall, lambda: self.steady, self.boot)


async def test_what_has_passed_since_a_create_left_is_known_after_a_restart(path: Path) -> None:
    hands = Hands()
    async with open_ledger(path, clock=hands.clock()) as ledger:
        await ledger.intend([(ref("task:1"), "create")])
    hands.steady += 100
    for hands.wall in (1_000_000.0, 1_003_600.0, 996_400.0):  # set forward or back an hour
        async with open_ledger(path, clock=hands.clock()) as ledger:
            assert ledger.since_sent(ref("task:1"), "create") == 100 - FRESH


@pytest.mark.parametrize(("boot", "steady"), [("two", 600.0), ("", 600.0), ("one", 499.0)])
async def test_where_nobody_can_tell_what_has_passed_nothing_has(path: Path, boot: str, steady: float) -> None:
    async with open_ledger(path, clock=Hands().clock()) as ledger:
        await ledger.intend([(ref("task:1"), "create")])
    async with open_ledger(path, clock=Hands(2_000_000.0, steady, boot).clock()) as ledger:
        assert ledger.since_sent(ref("task:1"), "create") == 0


async def test_a_create_that_leaves_long_after_its_intent_says_so_first(path: Path) -> None:
    hands = Hands()
    async with open_ledger(path, clock=hands.clock()) as ledger:
        for number in "1234":
            await ledger.intend([(ref(f"task:{number}"), "create")])
        ledger.give_up([(ref("task:2"), "create")])
        await ledger.settle([(ref("task:3"), "create", Outcome(State.MADE, "26"))])
        await ledger.forget(ref("task:4"), "create")
        hands.steady += 5
        await ledger.leaving()
    hands.steady += 100
    async with open_ledger(path, clock=hands.clock()) as ledger:
        assert ledger.since_sent(ref("task:1"), "create") == 100 - FRESH
        assert ledger.since_sent(ref("task:2"), "create") == 105 - FRESH
        assert ledger.target(ref("task:3")) == "26"
        assert ledger.outcome(ref("task:4")) is None


async def test_a_create_that_leaves_at_once_costs_no_second_write(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ledger.intend([(ref("task:1"), "create")])
    monkeypatch.setattr(ledger._file, "write", None)
    await ledger.leaving()


async def test_an_outcome_noted_while_a_create_leaves_is_not_overwritten(path: Path) -> None:
    hands = Hands()
    async with open_ledger(path, clock=hands.clock()) as ledger:
        await ledger.intend([(ref("task:1"), "create")])
        hands.steady += 5
        made = Outcome(State.MADE, "26")
        await asyncio.gather(ledger.settle([(ref("task:1"), "create", made)]), ledger.leaving())
        assert ledger.outcome(ref("task:1")) == made
    async with open_ledger(path) as ledger:
        assert ledger.outcome(ref("task:1")) == made


async def test_a_new_try_drops_the_blockers_of_the_last_and_keeps_its_losses(ledger: Ledger) -> None:
    blocker = Issue(ref=ref("task:1"), code="refused", reach=Reach.BLOCKER)
    loss = Issue(ref=ref("task:1"), code="field-lost", field="hidden")
    await ledger.settle([(ref("task:1"), "create", Outcome(State.REFUSED))], [blocker, loss])
    await ledger.intend([(ref("task:1"), "create")])
    assert [one.code for one in ledger.issues()] == ["field-lost"]


async def test_the_same_issue_twice_is_one(ledger: Ledger) -> None:
    issue = Issue(ref=ref("task:1"), code="field-lost", field="hidden")
    await ledger.add_issues([issue])
    await ledger.add_issues([issue])
    assert list(ledger.issues()) == [issue]


async def test_a_ledger_opened_for_reading_sees_what_a_run_writes_meanwhile(path: Path, ledger: Ledger) -> None:
    async with open_ledger(path, writable=False) as reader:
        await ledger.save_entities("task", [task()], [], [])
        assert reader.count(Kind.TASK) == 1


async def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"something else entirely, and long enough to be looked at" * 100)
    with pytest.raises(RunFolderUnusable, match=r"checkpoint\.db"):
        async with open_ledger(path):
            pass


async def test_a_foreign_database_is_refused_and_left_as_it_is(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE photos (id INTEGER)")
    other.close()
    with pytest.raises(RunFolderUnusable):
        async with open_ledger(path):
            pass
    other = sqlite3.connect(path)
    try:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("photos",)]
    finally:
        other.close()


async def test_a_checkpoint_of_another_format_is_refused_by_both_numbers(path: Path) -> None:
    async with open_ledger(path) as ledger:
        await ledger.set_meta("format", "99")
    with pytest.raises(RunFolderUnusable, match="99"):
        async with open_ledger(path):
            pass


async def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunFolderUnusable):
        async with open_ledger(tmp_path / "nowhere" / "checkpoint.db"):
            pass


async def test_a_death_in_the_middle_of_the_schema_leaves_nothing_half_made(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint_module, "_SCHEMA", checkpoint_module._SCHEMA + "no sql;")
        with pytest.raises(RunFolderUnusable):
            async with open_ledger(path):
                pass
    async with open_ledger(path) as ledger:
        await ledger.set_meta("stage", "started")
        assert ledger.meta("stage") == "started"


async def test_a_damaged_page_is_told_as_a_damaged_checkpoint(path: Path) -> None:
    async with open_ledger(path) as ledger:
        await ledger.save_entities("task", [task(str(number)) for number in range(500)], [], [])
    content = bytearray(path.read_bytes())
    half = len(content) // 2
    content[half:] = b"\xff" * (len(content) - half)
    path.write_bytes(content)
    with pytest.raises(RunFolderUnusable):
        async with open_ledger(path) as ledger:
            list(ledger.entities(Kind.TASK))
