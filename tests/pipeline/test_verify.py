"""Verify sees every kind of damage, and nothing where there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from migrator.model import Entity, Kind, Text
from migrator.pipeline.transform import mark
from migrator.vendors.memory import CAPABILITIES, Fault, Stored
from tests.pipeline.stage import ACCOUNT, Stage, first
from tests.world import BODIES, MOMENT, comment, company, project, ref, task

pytestmark = pytest.mark.looptime


@pytest.fixture
async def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path / "run", company(), BODIES)
    await stage.run()
    return stage


def stored(stage: Stage, text: str) -> Stored:
    own = mark(ACCOUNT, ref(text), "create")
    [found] = [one for one in stage.target.stored.values() if one.mark == own]
    return found


async def test_nothing_is_found_where_nothing_is_wrong(stage: Stage) -> None:
    result = await stage.verify()
    assert result.clean
    assert result.checked.total() == len(stage.entities)


async def test_verify_sends_no_write(stage: Stage) -> None:
    stage.target.writable = False
    assert (await stage.verify()).clean


@pytest.mark.parametrize("text", ["task:5", "comment:1", "file:2", "cost:1", "checkitem:1/2", "project:2", "person:1"])
async def test_an_object_that_is_gone_is_missing(stage: Stage, text: str) -> None:
    del stage.target.stored[stored(stage, text).id]
    assert (await stage.verify()).missing == [ref(text)]


@pytest.mark.parametrize(
    ("text", "field"), [("task:1", "title"), ("comment:2", "on"), ("file:1", "sha256"), ("cost:1", "minutes")]
)
async def test_a_field_that_was_changed_is_a_difference(stage: Stage, text: str, field: str) -> None:
    was = stored(stage, text)
    stage.target.stored[was.id] = replace(was, fields={**was.fields, field: "changed"})
    result = await stage.verify()
    [difference] = result.unexplained
    assert (difference.ref, difference.field, difference.target) == (ref(text), field, "changed")
    assert difference.source == was.fields[field]
    assert not result.clean


async def test_a_field_that_is_gone_is_a_difference(stage: Stage) -> None:
    was = stored(stage, "task:1")
    fields = {name: value for name, value in was.fields.items() if name != "title"}
    stage.target.stored[was.id] = replace(was, fields=fields)
    assert [(one.field, one.target) for one in (await stage.verify()).unexplained] == [("title", "")]


async def test_a_second_copy_is_extra(stage: Stage) -> None:
    was = stored(stage, "task:1")
    stage.target.stored["copy"] = replace(was, id="copy")
    result = await stage.verify()
    assert len(result.extra) == 1
    assert "copy" in result.extra[0]
    assert "task:1" in result.extra[0]


async def test_what_others_made_meanwhile_is_nobodys_business(stage: Stage) -> None:
    stage.target.stored["own"] = Stored("own", Kind.TASK, "create", "", {"title": "Made by hand"})
    assert (await stage.verify()).clean


async def test_what_was_refused_is_not_missing(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "run", company(), BODIES)
    stage.target.fault = first(Fault.REFUSED, "comment:3")
    await stage.run()
    result = await stage.verify()
    assert result.clean
    assert result.checked[Kind.COMMENT] == 2


async def test_a_comment_that_links_to_a_later_one_is_clean(tmp_path: Path) -> None:
    """When it was made the later one was not there; what could not be pointed to is told, and no difference."""
    link = Text(html='<a href="https://old.test/c2">below</a>', links={"https://old.test/c2": ref("comment:2")})
    entities: list[Entity] = [project(), task(), comment("1", text=link), comment("2", created=MOMENT.replace(hour=10))]
    stage = Stage(tmp_path / "run", entities, parallel=1)
    await stage.run()
    result = await stage.verify()
    assert result.unexplained == []


async def test_a_text_that_goes_on_in_comments_is_verified_in_all_its_parts(tmp_path: Path) -> None:
    long = task(text=Text(html="<p>word</p>" * 3000))
    stage = Stage(tmp_path / "run", [project(), long], capabilities=replace(CAPABILITIES, text_limit=10_000))
    await stage.run()
    result = await stage.verify()
    assert result.clean
    assert result.checked[Kind.COMMENT] >= 3
    [*_, last] = [one for one in stage.target.stored.values() if one.kind is Kind.COMMENT]
    del stage.target.stored[last.id]
    assert len((await stage.verify()).missing) == 1
