"""HubEx accounts that cannot take all that is wanted: what it comes to, with the message, the exit code, and what to do."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from migrator.sandbox.hubex import HubEx
from migrator.sandbox.server import Call, Reply
from tests.journeys.commands import account
from tests.journeys.small import archive, came, small, told
from tests.world import comment, project, task

HUBEX = 'company = "Вертикаль-Климат"\nstand_in = "i.lapteva@vertikal.example.com"\n'
CLOSED = 7


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
