"""Changing what was made in Worksection, over real sockets, against the sandbox: opening, closing, and what cannot be taken off."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from migrator.errors import Refused
from migrator.model import Label
from tests.vendors.test_worksection_target import (
    ANNA,
    BORYS,
    COMMENT,
    COST,
    OPEN_PROJECT,
    OPEN_TASK,
    VIRA,
    bench,
)

CLOSED = datetime(2024, 4, 2, 9, 0, tzinfo=UTC)


async def test_a_task_is_closed_on_its_day_and_opened_again(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(OPEN_PROJECT, OPEN_TASK)
        done = msgspec.structs.replace(OPEN_TASK, status="done", done=True, closed=CLOSED)
        for _ in range(2):
            await on.change(done, "status", "closed")
            await on.assert_as_expected(done)
        await on.change(OPEN_TASK, "status", "closed")
        await on.assert_as_expected(OPEN_TASK)


async def test_a_project_is_archived_last_and_opened_first(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(OPEN_PROJECT)
        archived = msgspec.structs.replace(OPEN_PROJECT, status="archived", archived=True, title="Стара назва")
        await on.change(archived, "status", "title")
        await on.assert_as_expected(archived)
        again = msgspec.structs.replace(OPEN_PROJECT, title="Нова назва")
        await on.change(again, "status", "title")
        await on.assert_as_expected(again)


async def test_switches_go_on_and_off(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        plain = msgspec.structs.replace(OPEN_PROJECT, settings={"require_term": "1", "time_today": "1"})
        await on.make(plain)
        await on.finish(plain)
        other = msgspec.structs.replace(plain, settings={"allow_close": "1", "timer_only": "1"})
        await on.change(other, "settings")
        await on.assert_as_expected(other)


async def test_what_binds_a_project_is_off_while_it_is_open_for_filling(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        bound = msgspec.structs.replace(
            OPEN_PROJECT, status="archived", archived=True, settings={"require_term": "1", "time_today": "1"}
        )
        await on.make(bound)
        await on.finish(bound)
        opened = msgspec.structs.replace(bound, status="", settings={})
        await on.change(opened, "status", "settings")
        await on.make(msgspec.structs.replace(OPEN_TASK, due=None, due_at=None))
        await on.change(bound, "status", "settings")
        await on.assert_as_expected(bound)


async def test_who_is_not_in_the_project_is_put_there(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        project = msgspec.structs.replace(OPEN_PROJECT, members=(ANNA,), manager=BORYS)
        task = msgspec.structs.replace(OPEN_TASK, assignees=(ANNA,))
        await on.make(project, task)
        other = msgspec.structs.replace(task, assignees=(VIRA,))
        await on.change(other, "assignees")
        await on.assert_as_expected(other)
        nobody = msgspec.structs.replace(task, assignees=())
        await on.change(nobody, "assignees")
        await on.assert_as_expected(nobody)


async def test_what_cannot_be_taken_off_is_told(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(OPEN_PROJECT, OPEN_TASK)
        bare = msgspec.structs.replace(OPEN_TASK, start=None, due=None, due_at=None, priority=None, plan_minutes=None)
        made = await on.change(bare, "start", "end", "priority", "plan_minutes")
        assert [(issue.code, issue.field) for issue in made.issues] == [
            ("not-updated", "start"),
            ("not-updated", "end"),
            ("not-updated", "priority"),
        ]
        seen = (await on.seen(OPEN_TASK))[on.book.made[OPEN_TASK.ref, "create"]].fields
        assert seen["start"] == OPEN_TASK.start.isoformat() if OPEN_TASK.start else ""
        assert seen["plan_minutes"] == ""


async def test_tags_go_and_come(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        project = msgspec.structs.replace(OPEN_PROJECT, tags=(Label(title="Ескіз", group="Стадія"),))
        await on.make(project)
        await on.finish(project)
        other = msgspec.structs.replace(project, tags=(Label(title="Проєкт", group="Стадія"),))
        await on.change(other, "tags")
        await on.assert_as_expected(other)
        await on.change(msgspec.structs.replace(project, tags=()), "tags")
        assert (await on.seen(project))[on.book.made[project.ref, "create"]].fields["tags"] == ""


async def test_a_cost_keeps_its_mark(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(OPEN_PROJECT, OPEN_TASK)
        cost = msgspec.structs.replace(COST, on=OPEN_TASK.ref)
        await on.make(cost)
        other = msgspec.structs.replace(cost, text="інше", minutes=0)
        await on.change(other, "text", "minutes")
        await on.assert_as_expected(other)


async def test_a_comment_cannot_be_changed(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        comment = msgspec.structs.replace(COMMENT, on=OPEN_TASK.ref)
        await on.make(OPEN_PROJECT, OPEN_TASK, comment)
        with pytest.raises(Refused, match="changes no comment"):
            await on.change(comment, "text")
