"""Changing what was made in HubEx, over real sockets, against the sandbox: field by field, from stage to stage, and nothing wiped."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import msgspec
import pytest

from migrator.errors import Refused
from migrator.model import Label, Project, Text
from tests.vendors.test_hubex_target import (
    COMMENT,
    COMPANY,
    FIRST,
    GALEEV,
    PROJECT,
    TASK,
    bench,
)

OPEN_PROJECT: Project = msgspec.structs.replace(PROJECT, status="Опубликован", archived=False)
OPEN_TASK = msgspec.structs.replace(TASK, status="Назначена", done=False)


async def test_fields_of_a_task_go_one_by_one(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(COMPANY, OPEN_PROJECT, OPEN_TASK)
        await on.finish(OPEN_TASK)
        asked = len(on.running.log)
        other = msgspec.structs.replace(
            OPEN_TASK, title="Інша назва", due_at=None, due=date(2024, 5, 1), plan_minutes=30
        )
        await on.change(other, "title", "due", "plan_minutes")
        [patch] = [one.call for one in on.running.log[asked:] if one.call.method == "PATCH"]
        assert {row["field"] for row in json.loads(patch.body)} == {
            "notes",
            "notesHtml",
            "deadline",
            "estimatedTimeConsumptionMinutes",
        }
        await on.assert_as_expected(other)


async def test_people_tags_and_attributes(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(COMPANY, OPEN_PROJECT, OPEN_TASK)
        await on.finish(OPEN_TASK)
        fields = {**OPEN_TASK.fields, "Номер сметы": "№ 8", "work_type": "Ремонт по рекламации"}
        other = msgspec.structs.replace(OPEN_TASK, assignees=(GALEEV,), tags=(Label(title="новое"),), fields=fields)
        await on.change(other, "assignees", "tags", "fields.Номер сметы")
        seen = (await on.seen(OPEN_TASK))[on.book.made[OPEN_TASK.ref, "create"]].fields
        assert (seen["assignees"], seen["tags"], seen["fields.Номер сметы"]) == ("13", "новое", "№ 8")
        assert seen["fields.Этаж остановки"] == "5"
        nobody = msgspec.structs.replace(other, assignees=(), tags=(), fields={})
        made = await on.change(nobody, "assignees", "tags", "fields.Номер сметы", was=other)
        seen = (await on.seen(OPEN_TASK))[on.book.made[OPEN_TASK.ref, "create"]].fields
        assert (seen["assignees"], seen["tags"], seen["fields.Номер сметы"]) == ("", "", "№ 8")
        assert [(one.code, one.field) for one in made.issues] == [("not-updated", "fields.Номер сметы")]


async def test_a_task_goes_on_from_the_stage_it_is_in(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(COMPANY, OPEN_PROJECT, OPEN_TASK)
        await on.finish(OPEN_TASK)
        asked = len(on.running.log)
        closed = msgspec.structs.replace(TASK, title="Наостанок")
        await on.change(closed, "status", "title")
        await on.assert_as_expected(closed)
        moves = [one.call for one in on.running.log[asked:] if "TaskStagingHistory" in one.call.path]
        assert moves
        assert not any(one.reply.status >= 400 for one in on.running.log[asked:])


async def test_a_closed_task_takes_no_changes_and_says_so(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(COMPANY, OPEN_PROJECT, TASK)
        await on.finish(TASK)
        other = msgspec.structs.replace(TASK, title="Інша назва", tags=(Label(title="новое"),))
        made = await on.change(other, "title", "tags")
        assert [(one.code, one.field) for one in made.issues] == [("not-updated", "title")]
        seen = (await on.seen(TASK))[on.book.made[TASK.ref, "create"]].fields
        assert seen["tags"] == "новое"


async def test_an_asset_keeps_what_people_added_to_it(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(COMPANY, OPEN_PROJECT)
        await on.finish(OPEN_PROJECT)
        id = on.book.made[PROJECT.ref, "create"]
        on.sandbox.state.assets[id].update(serialNumber="SN-1", responsiblePerson=12)
        before = dict(on.sandbox.state.assets[id])
        other = msgspec.structs.replace(OPEN_PROJECT, title="Інша назва", text=Text(html="<p>Інакше</p>"))
        await on.change(other, "title", "text")
        await on.assert_as_expected(other)
        after = on.sandbox.state.assets[id]
        assert {key for key in before if after.get(key) != before[key]} <= {"name", "notes", "lastModified"}


async def test_an_asset_is_taken_back_and_published_again(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(COMPANY, OPEN_PROJECT)
        await on.finish(OPEN_PROJECT)
        await on.change(PROJECT, "status")
        await on.assert_as_expected(PROJECT)
        await on.change(OPEN_PROJECT, "status")
        await on.assert_as_expected(OPEN_PROJECT)


async def test_a_tick_is_taken_off(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(COMPANY, OPEN_PROJECT, OPEN_TASK, FIRST)
        other = msgspec.structs.replace(FIRST, done=False)
        await on.change(other, "done")
        await on.assert_as_expected(other)


async def test_a_message_cannot_be_changed(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(COMPANY, OPEN_PROJECT, OPEN_TASK, COMMENT)
        with pytest.raises(Refused, match="changes no comment"):
            await on.change(COMMENT, "text")
