"""Accounts that cannot take, or give, all that is wanted: what it comes to, with the message, the exit code, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from migrator.model import Label
from migrator.sandbox.hubex import HubEx
from migrator.sandbox.planfix import Planfix
from migrator.sandbox.server import Call, Reply
from migrator.sandbox.worksection import Worksection
from tests.journeys.small import Small, archive, small
from tests.journeys.stage import account
from tests.world import comment, cost, project, task

HUBEX = 'company = "Вертикаль-Климат"\nstand_in = "i.lapteva@vertikal.example.com"\n'
PLANFIX = 'task_template = "Задача"\nproject_template = "Проект"\n'
CLOSED = 7


async def told(commands: Small, code: int) -> str:
    """What a run says, for people."""
    result = await commands.migrator("run")
    assert result.code == code, result.out + result.err
    assert "Traceback" not in result.err
    return re.sub(r"\s+", " ", result.out + result.err)


async def came(commands: Small, kind: str) -> dict[str, int]:
    """What has become of the entities of a kind, as far as they came to anything."""
    row: dict[str, int] = (await commands.migrator("status", "--json")).json()["kinds"].get(kind, {})
    return {name: count for name, count in row.items() if count and name != "extracted"}


# -- HubEx --------------------------------------------------------------------------------------------------------------


async def test_a_stage_no_way_leads_to_stops_the_task_alone_and_names_the_way_that_is_missing(tmp_path: Path) -> None:
    there = account("hubex")
    there["stage_links"] = [link for link in there["stage_links"] if link["toTaskStageID"] != CLOSED]
    source = await archive(tmp_path, [project(), task("1", status="done", done=True), task("2"), comment("1")])
    async with small(tmp_path, "target", "hubex", there, path=source, options=HUBEX) as commands:
        checked = await commands.migrator("check")
        assert "no way leads from 'Новая' to 'Закрыта'" in checked.out
        said = await told(commands, 6)
        assert "task:1: no way leads from stage 'Новая' to 'Закрыта'; the moves from there end at: В работе, " in said
        assert "add the links to the route of the task type, or map the status to another stage" in said
        assert await came(commands, "task") == {"created": 1, "refused": 1}
        assert await came(commands, "comment") == {"created": 1}


class TakesNoLocation(HubEx):
    """Whatever is at our address cannot be published."""

    def handle(self, call: Call) -> Reply:
        if call.path.endswith("/ES/Assets") and call.method == "POST":
            call = replace(call, body=orjson.dumps({**orjson.loads(call.body), "locationID": None}))
        return super().handle(call)


class ForgetsToPublish(HubEx):
    """An asset is taken, and not published."""

    def handle(self, call: Call) -> Reply:
        if call.path.endswith("/ES/Assets") and call.method == "POST":
            call = replace(call, body=orjson.dumps({**orjson.loads(call.body), "isAutoPublish": False}))
        return super().handle(call)


@pytest.mark.parametrize(
    ("sandbox", "message", "projects", "tasks"),
    [
        (TakesNoLocation, "project:1: .* cannot be published, .* option address .* tries again", "refused", "held"),
        (ForgetsToPublish, "task:1: .* publish asset \\d+ in its own pages, .* tries again", "created", "refused"),
    ],
)
async def test_an_asset_that_cannot_be_published_is_told_with_what_to_do(
    tmp_path: Path, sandbox: type[HubEx], message: str, projects: str, tasks: str
) -> None:
    there = account("hubex")
    source = await archive(tmp_path, [project(), task()])
    async with small(tmp_path, "target", "hubex", there, path=source, options=HUBEX) as commands:
        commands.running.sandbox = sandbox(there)
        assert re.search(message, await told(commands, 6))
        assert (await came(commands, "project"), await came(commands, "task")) == ({projects: 1}, {tasks: 1})
        commands.running.sandbox = HubEx(there)
        if projects == "refused":  # mended, the same command does the rest
            await told(commands, 0)
            assert await came(commands, "task") == {"created": 1}


async def test_a_task_type_that_is_not_there_is_told_before_anything_is_read_or_written(tmp_path: Path) -> None:
    source = await archive(tmp_path, [project(), task()])
    options = f'{HUBEX}task_type = "Ремонт"\n'
    async with small(tmp_path, "target", "hubex", account("hubex"), path=source, options=options) as commands:
        said = await told(commands, 2)
        assert "hubex: option task_type = 'Ремонт' is not in the account, which has: Авария, " in said
        assert commands.running.writes == []


# -- Planfix ------------------------------------------------------------------------------------------------------------


async def test_a_process_without_the_status_is_told_with_the_statuses_it_has(tmp_path: Path) -> None:
    source = await archive(tmp_path, [project(), task()])
    options = 'task_template = "Проектная задача"\nproject_template = "Проект"\nprocess = "Проектирование"\n'
    async with small(tmp_path, "target", "planfix", account("planfix"), path=source, options=options) as commands:
        said = await told(commands, 2)
        assert "[status.task] active = 'В работе' is not in the target; write one of: Авторский надзор, " in said
        assert "migrator map" in said
        assert commands.running.writes == []


def without_tags(there: dict[str, Any]) -> None:
    there["data_tags"], there["entries"] = [], []


@pytest.mark.parametrize(
    ("change", "there"), [(without_tags, "none yet"), (lambda _: None, "Учёт времени, ")], ids=["none", "some"]
)
async def test_costs_without_a_data_tag_are_held_with_what_to_create_by_hand(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], there: str
) -> None:
    target = account("planfix")
    change(target)
    source = await archive(tmp_path, [project(), task(), cost()])
    async with small(tmp_path, "target", "planfix", target, path=source, options=PLANFIX) as commands:
        said = await told(commands, 6)
        assert f"create a data tag by hand, with fields for day, time, person and text (there: {there}" in said
        assert "name it in [costs.time]" in said
        assert await came(commands, "cost") == {"held": 1}
        assert await came(commands, "task") == {"created": 1}


async def test_a_data_tag_that_is_named_and_not_there_is_told_with_what_to_create_by_hand(tmp_path: Path) -> None:
    target = account("planfix")
    without_tags(target)
    source = await archive(tmp_path, [project(), task(), cost()])
    rules = (("[costs.time]\n", '[costs.time]\ntag = "Время"\n'),)
    async with small(tmp_path, "target", "planfix", target, path=source, options=PLANFIX, rules=rules) as commands:
        said = await told(commands, 2)
        assert "[costs.time] tag = 'Время' is not in the target; the target has none: create it by hand" in said
        assert commands.running.writes == []


# -- Worksection --------------------------------------------------------------------------------------------------------


async def test_a_tag_outside_the_projects_sets_is_told_and_its_task_moved_and_closed(tmp_path: Path) -> None:
    tags = (Label(title="Новий", group="Чужий"),)
    source = await archive(tmp_path, [project(), task(tags=tags, status="done", done=True)])
    async with small(tmp_path, "target", "worksection", account("worksection"), path=source) as commands:
        said = await told(commands, 0)
        assert "tag-not-taken" in said
        assert "Новий: the project has not the set 'Чужий'; add it in the project's own pages" in said
        sandbox = commands.running.sandbox
        assert isinstance(sandbox, Worksection)
        (row,) = [row for row in sandbox.tasks.values() if row["name"] == "Task 1"]
        assert row["status"] == "done"


# -- rights -------------------------------------------------------------------------------------------------------------


async def test_a_kind_the_token_may_not_read_is_left_out_only_if_the_user_says_so(tmp_path: Path) -> None:
    source = account("planfix")
    source["tokens"][0]["scopes"].remove("comment_readonly")
    scope = '\n[scope]\nprojects = ["1"]\n'
    async with small(tmp_path, "source", "planfix", source, path=tmp_path / "out", more=scope) as commands:
        said = await told(commands, 3)
        assert "The comments of the source cannot be read, and with them: comment, cost, file." in said
        advice = re.search(
            r"Give the token the right to read them, or leave them out: \[scope\] (kinds = \[.*?\])", said
        )
        assert advice
        assert not (tmp_path / "out" / "manifest.json").exists()
        with commands.file.open("a") as stream:
            stream.write(advice[1])
        await told(commands, 0)
        assert (await came(commands, "task"))["created"] > 5
        assert [await came(commands, kind) for kind in ("comment", "file", "cost")] == [{}, {"skipped": 12}, {}]


@pytest.mark.parametrize("scope", ["user_readonly", "common_metadata"])
async def test_what_others_refer_to_cannot_be_left_out_and_needs_the_right(tmp_path: Path, scope: str) -> None:
    source = account("planfix")
    source["tokens"][0]["scopes"].remove(scope)
    async with small(tmp_path, "source", "planfix", source, path=tmp_path / "out") as commands:
        said = await told(commands, 3)
        assert "Give the token the right to read them." in said
        assert "[scope]" not in said


async def test_a_kind_the_token_may_not_make_is_told_with_what_to_do(tmp_path: Path) -> None:
    target = account("planfix")
    target["tokens"][0]["scopes"].remove("comment_add")
    source = await archive(tmp_path, [project(), task(), comment()])
    async with small(tmp_path, "target", "planfix", target, path=source, options=PLANFIX) as commands:
        said = await told(commands, 3)
        assert (
            "Give the token the right to make a comment in the target, or leave the kind out by [scope] kinds." in said
        )
        assert await came(commands, "task") == {"created": 1}
        sandbox = commands.running.sandbox
        assert isinstance(sandbox, Planfix)
        token = sandbox.state.tokens[commands.env["SECRET"]]
        sandbox.state.tokens[commands.env["SECRET"]] = replace(token, scopes=token.scopes | {"comment_add"})
        await told(commands, 0)
        assert await came(commands, "comment") == {"created": 1}
