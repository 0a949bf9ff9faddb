"""Changing what was made in Planfix, over real sockets, against the sandbox: silently, key by key, and what cannot be emptied."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec

from migrator.model import Text
from tests.vendors.test_planfix_target import (
    BOIKO,
    COMMENT,
    COMPANY,
    CONTACT,
    COST,
    PROJECT,
    SAVCHUK,
    SUBTASK,
    TASK,
    bench,
    sample,
)


async def test_an_update_is_silent_and_names_only_what_changes(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(PROJECT, TASK)
        await on.finish(TASK)
        asked = len(on.running.log)
        other = msgspec.structs.replace(TASK, title="Інша назва", due_at=None, due=date(2024, 5, 1))
        await on.change(other, "title", "due")
        [write] = [one.call for one in on.running.log[asked:] if "/task/list" not in one.call.path]
        assert write.query == "silent=true"
        assert set(json.loads(write.body)) == {"name", "endDateTime", "hasEndDate", "hasEndTime"}
        await on.assert_as_expected(other)
        assert on.sandbox.notifications == 0


async def test_people_dates_and_fields_are_taken_off(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(PROJECT, TASK)
        await on.finish(TASK)
        bare = msgspec.structs.replace(TASK, assignees=(), followers=(), due_at=None, fields={"Метки": (), "Этап": ""})
        made = await on.change(bare, "assignees", "followers", "due", "fields.Метки", "fields.Этап")
        assert made.issues == ()
        seen = (await on.seen(TASK))[on.book.made[TASK.ref, "create"]].fields
        assert [seen.get(name, "") for name in ("assignees", "followers", "due", "fields.Метки", "fields.Этап")] == [
            ""
        ] * 5


async def test_what_cannot_be_emptied_is_told_and_stays(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(PROJECT, TASK)
        await on.finish(TASK)
        bare = msgspec.structs.replace(TASK, author=None, project=None, fields={})
        made = await on.change(bare, "author", "project", "fields.План, мин")
        assert [(one.code, one.field) for one in made.issues] == [
            ("not-updated", "author"),
            ("not-updated", "project"),
            ("not-updated", "fields.План, мин"),
        ]
        await on.assert_as_expected(TASK)


async def test_a_busy_task_is_read_until_the_change_shows(tmp_path: Path) -> None:
    async with bench(tmp_path, account=sample(busy_every=1, busy_calls=3)) as on:
        await on.make(PROJECT, SUBTASK)
        other = msgspec.structs.replace(SUBTASK, title="Інша назва")
        made = await on.change(other, "title")
        assert made.issues == ()
        await on.assert_as_expected(other)


async def test_a_comment_keeps_its_author_and_moment(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(PROJECT, TASK, COMMENT)
        other = msgspec.structs.replace(COMMENT, text=Text(html="<p>Інакше</p>"), pinned=False)
        await on.change(other, "text", "pinned")
        await on.assert_as_expected(other)
        assert on.sandbox.notifications == 0


async def test_a_comment_in_the_tokens_name_goes_on_naming_its_author(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(CONTACT)
        guest = msgspec.structs.replace(BOIKO, name="Гість", target=on.book.made[CONTACT.ref, "create"])
        said = msgspec.structs.replace(COMMENT, author=guest)
        await on.make(PROJECT, TASK)
        [made] = await on.make(said)
        assert {one.code for one in made.issues} == {"author-in-text"}
        await on.change(msgspec.structs.replace(said, text=Text(html="<p>Інакше</p>")), "text")
        seen = (await on.seen(said))[made.id].fields["text"]
        assert "Гість" in seen
        assert seen.endswith("Інакше")


async def test_a_cost_within_a_day_is_changed_and_a_longer_one_told(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(PROJECT, TASK, COST)
        other = msgspec.structs.replace(COST, minutes=30, money=Decimal("1.50"), person=SAVCHUK)
        await on.change(other, "minutes", "money", "person")
        await on.assert_as_expected(other)
        long = msgspec.structs.replace(COST, minutes=2 * 24 * 60)
        made = await on.change(long, "minutes")
        assert [(one.code, one.field) for one in made.issues] == [("not-updated", "minutes")]
        await on.assert_as_expected(other)


async def test_a_contact_whose_company_is_not_there_keeps_the_one_it_has(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(COMPANY, CONTACT)
        other = msgspec.structs.replace(CONTACT, company="Немає такої", phones=())
        made = await on.change(other, "company", "phones")
        assert [(one.code, one.field) for one in made.issues] == [("not-updated", "company")]
        seen = (await on.seen(CONTACT))[on.book.made[CONTACT.ref, "create"]].fields
        assert (seen["company"], seen["phones"]) == ("ФОП Коваль", "")


async def test_a_field_that_fails_is_told(tmp_path: Path) -> None:
    async with bench(tmp_path, account=sample(failures_every=1)) as on:
        await on.make(PROJECT)
        other = msgspec.structs.replace(PROJECT, title="Інша", end=date(2025, 1, 1))
        made = await on.change(other, "title", "end")
        assert [one.code for one in made.issues] == ["field-refused"]
