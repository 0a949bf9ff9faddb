"""Planfix accounts that cannot take, or give, all that is wanted: what it comes to, with the message, the exit code, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrator.sandbox.planfix import Planfix
from tests.journeys.commands import account
from tests.journeys.small import archive, came, small, told
from tests.world import comment, cost, project, task

PLANFIX = 'task_template = "Задача"\nproject_template = "Проект"\n'


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
