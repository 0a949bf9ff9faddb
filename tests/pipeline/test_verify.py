"""Verify sees every kind of damage, and nothing where there is none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from migrator.errors import Refused
from migrator.model import Entity, Kind, Ref, Text
from migrator.pipeline.findings import Amount, Verification, write
from migrator.pipeline.transform import mark
from migrator.vendor import Context, Observed, Step
from migrator.vendors.memory import CAPABILITIES, Fault, MemoryTarget, Stored
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
    assert "copy" in str(result.extra[0])
    assert "task:1" in str(result.extra[0])


async def test_what_others_made_meanwhile_is_nobodys_business(stage: Stage) -> None:
    stage.target.stored["own"] = Stored("own", Kind.TASK, "create", "", {"title": "Made by hand"})
    assert (await stage.verify()).clean


async def test_a_copy_without_a_mark_is_extra_if_all_of_it_is_the_same(stage: Stage) -> None:
    was = stored(stage, "cost:1")
    stage.target.stored["copy"] = replace(was, id="copy", mark="")
    [extra] = (await stage.verify()).extra
    assert (extra.id, extra.ref) == ("copy", ref("cost:1"))
    stage.target.stored["copy"] = replace(was, id="copy", mark="", fields={**was.fields, "minutes": "91"})
    assert (await stage.verify()).clean


async def test_comments_that_changed_places_are_out_of_order(stage: Stage) -> None:
    first, second = stored(stage, "comment:1"), stored(stage, "comment:2")
    there = stage.target.stored
    stage.target.stored = {
        second.id: second,
        first.id: first,
        **{k: v for k, v in there.items() if k not in (first.id, second.id)},
    }
    found = (await stage.verify()).unexplained
    assert [(one.field, one.source, one.target) for one in found] == [("order", "after comment:1", "first")]


async def test_what_an_earlier_try_could_not_make_stands_late_and_that_is_explained(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "run", company(), BODIES)
    stage.target.fault = first(Fault.REFUSED, "comment:1")
    await stage.run()
    stage.target.fault = lambda _: None
    await stage.run()
    result = await stage.verify()
    assert [one.field for one in result.differences] == ["order"]
    assert result.clean


async def test_costs_are_summed_by_project_as_they_are_in_the_target(stage: Stage) -> None:
    result = await stage.verify()
    assert result.sums["project:1"].target == result.sums["project:1"].source == Amount(95, Decimal(0))
    was = stored(stage, "cost:1")
    stage.target.stored[was.id] = replace(was, fields={**was.fields, "minutes": "89"})
    found = await stage.verify()
    assert [one.field for one in found.unexplained] == ["minutes"]
    assert found.wrong_sums["project:1"].target.minutes == 94
    del stage.target.stored[was.id]
    assert (await stage.verify()).wrong_sums["project:1"].target.minutes == 5


async def test_files_are_compared_by_the_hash_that_the_target_tells(stage: Stage) -> None:
    result = await stage.verify()
    assert (result.files_by_hash, result.files_by_size) == (3, 0)


async def test_every_kind_is_counted_on_both_sides(stage: Stage) -> None:
    counts = (await stage.verify()).counts
    assert counts[Kind.TASK]["extracted"] == counts[Kind.TASK]["created"] == counts[Kind.TASK]["verified"] == 5


class Denying(MemoryTarget):
    """Gives one comment, then refuses the list."""

    async def read_back(
        self, kind: Kind, steps: tuple[Step, ...], context: Context, under: tuple[Ref, ...] = ()
    ) -> AsyncIterator[Observed]:
        async for one in super().read_back(kind, steps, context, under):
            yield one
            if kind is Kind.COMMENT:
                raise Refused("no right to read it")


async def test_what_could_not_be_read_is_no_success_and_not_missing(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "run", company(), BODIES, target=Denying())
    await stage.run()
    result = await stage.verify()
    assert not result.clean
    assert result.missing == []
    assert len([one for one in result.unread if one.what.startswith("comment:")]) == 2


async def test_each_class_has_a_file_and_the_whole_is_replaced_each_time(stage: Stage, tmp_path: Path) -> None:
    del stage.target.stored[stored(stage, "task:5").id]
    write(tmp_path / "verify", await stage.verify(), MOMENT)
    told = orjson.loads((tmp_path / "verify" / "result.json").read_bytes())
    assert (told["missing"], told["time"]) == (["task:5"], "2024-03-01T09:00:00+00:00")
    assert (tmp_path / "verify" / "missing.jsonl").read_text() == '{"ref":"task:5"}\n'
    names = {path.name for path in (tmp_path / "verify").iterdir()}
    classes = ("missing", "extra", "different", "explained", "unread", "sums")
    assert names == {"result.json", *(f"{name}.jsonl" for name in classes)}
    write(tmp_path / "verify", Verification(), MOMENT)
    assert (tmp_path / "verify" / "missing.jsonl").read_text() == ""


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
    assert [(one.field, one.explained) for one in result.differences] == [("text", "link-kept")]
    was = stored(stage, "comment:1")
    stage.target.stored[was.id] = replace(
        was, fields={**was.fields, "text": was.fields["text"].replace("below", "above")}
    )
    assert [(one.ref, one.field) for one in (await stage.verify()).unexplained] == [(ref("comment:1"), "text")]


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
