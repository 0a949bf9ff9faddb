"""Bad input, from files and from vendors: a message with place and fix, the right exit code, nothing written, no secret told."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from migrator.sandbox.faults import Faults
from migrator.sandbox.server import Call, Reply
from tests.journeys.stage import SAMPLES, Result, Stage, stage
from tests.journeys.trouble import Altered, closed_port, files_with, notice

_RULES = SAMPLES / "worksection-planfix.mapping.toml"
_KEY = "7776461cd931e7b1c8e9632ff8e979ce"
_SLOW = 'rate = "1/1s"'


def edit(path: Path, *changes: tuple[str, str]) -> None:
    """Put one text for another, each of which must be there."""
    text = path.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text)


def own_rules(staged: Stage, *changes: tuple[str, str]) -> None:
    """Have the user's own mapping beside the migration file, changed."""
    (staged.folder / "mapping.toml").write_text(_RULES.read_text())
    edit(staged.folder / "mapping.toml", *changes)
    edit(staged.file, (str(_RULES), "mapping.toml"))


def source_at(port: int) -> Callable[[str], str]:
    return lambda text: re.sub(r'(vendor = "worksection"\nurl = ")[^"]*', rf"\g<1>http://127.0.0.1:{port}", text)


def target_at(port: int) -> Callable[[str], str]:
    return lambda text: re.sub(r'(vendor = "planfix"\nurl = ")[^"]*', rf"\g<1>http://127.0.0.1:{port}/rest", text)


async def failed(staged: Stage, code: int, *words: str) -> list[str]:
    """The problems that a run ends with, the same on stderr as in the error object; nothing written, no secret anywhere."""
    secrets = [secret for secret in staged.env.values() if secret]
    result = await staged.migrator("run", "--json", *words)
    assert result.code == code, result.err
    error = result.json()["error"]
    assert error["exit_code"] == code
    assert error["message"] == "\n".join(error["problems"])
    assert all(problem in result.err for problem in error["problems"])
    assert "Traceback" not in result.err
    assert staged.target.writes == []
    assert staged.source.writes == []
    assert [secret for secret in secrets if secret in result.out + result.err] == []
    assert files_with(staged.folder, secrets) == []
    problems: list[str] = error["problems"]
    return problems


# -- the migration file -----------------------------------------------------------------------------------------------------


async def test_unknown_keys_and_vendors_are_told_with_their_lines_and_the_nearest_names(tmp_path: Path) -> None:
    async with stage(tmp_path) as staged:
        edit(staged.file, ("time_zone", "time_zon"), ("quarantine", "quarrantine"), ('"planfix"', '"planfx"'))
        first, second, third = await failed(staged, 2)
        assert first == f"{staged.file}:9: [source] time_zon: unknown key; did you mean time_zone, options?"
        assert second.startswith(f"{staged.file}:11: [source] quarrantine: unknown key; did you mean quarantine")
        assert third == f"{staged.file}:15: [target] vendor: 'planfx' is no vendor; did you mean planfix?"
        assert staged.source.log == staged.target.log == []


async def test_values_of_the_wrong_type_are_told_all_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as staged:
        edit(staged.file, ('name = "lad"', "name = 5"), ("parallel = 4", 'parallel = "4"'))
        scope = '[scope]\narchived = "yes"\nkinds = ["tasks"]\nsince = "2024"\nprojects = [7]\n'
        staged.file.write_text(staged.file.read_text() + scope)
        problems = await failed(staged, 2)
        assert [problem.removeprefix(f"{staged.file}:").partition(": ")[2] for problem in problems] == [
            "name: must be a string",
            "[source] parallel: must be a whole number",
            "[scope] archived: must be true or false",
            "[scope] kinds: 'tasks' is no kind; did you mean task, tag?",
            "[scope] since: must be a day without quotes, like 2024-01-01",
            "[scope] projects: must be a list of strings",
        ]


async def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    async with stage(tmp_path) as staged:
        edit(staged.file, ("env:SOURCE_SECRET", _KEY))
        del staged.env["SOURCE_SECRET"]
        (problem,) = await failed(staged, 2)
        assert "[source] secret: a secret must not stand in this file" in problem
        assert '"env:NAME"' in problem
        result = await staged.migrator("run")
        assert _KEY not in result.out + result.err + problem
        assert files_with(tmp_path, [_KEY]) == [str(staged.file)]


async def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    async with stage(tmp_path) as staged:
        staged.env.pop("SOURCE_SECRET")
        staged.env["TARGET_SECRET"] = " "
        problems = await failed(staged, 2)
        for problem, side in zip(problems, ("source", "target"), strict=True):
            name = f"{side.upper()}_SECRET"
            assert problem.endswith(
                f"[{side}] secret: the environment variable {name} is not set: export {name}=... first"
            )


# -- the mapping ----------------------------------------------------------------------------------------------------------------


async def test_names_that_the_target_does_not_have_are_told_with_the_nearest(tmp_path: Path) -> None:
    async with stage(tmp_path) as staged:
        own_rules(
            staged,
            ('done = "Завершённая"', 'done = "Завершенная"'),
            ("[people.map]", '[people.map]\n"a@b.example" = "olena.tkachenk@lad.example.com"'),
            ('plan_minutes = "План, мин"', 'plan_minutes = "План, минут"'),
            ('tag = "Расходы"', 'tag = "Расход"'),
        )
        people, status, field, tag, fix = await failed(staged, 2)
        where = staged.folder / "mapping.toml"
        assert people.startswith(
            f"{where}: [people] a@b.example = 'olena.tkachenk@lad.example.com' is not in the target"
        )
        assert "olena.tkachenko@lad.example.com" in people
        assert status.startswith(
            f"{where}: [status.task] done = 'Завершенная' is not in the target; write one of: Завершённая"
        )
        assert field.startswith(f"{where}: [fields.project] plan_minutes = 'План, минут'")
        assert field.endswith("write one of: План, мин")
        assert tag.endswith("[costs.money] tag = 'Расход' is not in the target; write one of: Расходы")
        assert f"migrator map {staged.file}" in fix
        assert staged.source.log == []


async def test_an_unknown_table_of_the_mapping_is_told_with_the_nearest(tmp_path: Path) -> None:
    async with stage(tmp_path) as staged:
        own_rules(staged, ("[priority]", "[priorities]"))
        (problem,) = await failed(staged, 2)
        assert problem.startswith(f"{staged.folder / 'mapping.toml'}: ")
        assert "`priorities`" in problem
        assert "did you mean priority" in problem


# -- access ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "vendor"), [("SOURCE", "Worksection"), ("TARGET", "Planfix")])
async def test_a_wrong_token_is_denied_and_the_secret_named_as_what_to_check(
    tmp_path: Path, side: str, vendor: str
) -> None:
    async with stage(tmp_path) as staged:
        staged.env[f"{side}_SECRET"] = "not-the-secret-of-this-account"
        (problem,) = await failed(staged, 3)
        assert problem.startswith(f"{vendor}, ")
        assert "Check the secret" in problem


# -- the run folder -------------------------------------------------------------------------------------------------------------


async def test_a_run_folder_of_other_accounts_is_refused(tmp_path: Path) -> None:
    async with stage(tmp_path) as staged:
        assert (await staged.migrator("run", "--dry-run", "--limit", "1")).code == 0
        read = len(staged.source.log)
        edit(staged.file, (staged.source.url, staged.source.url.replace("127.0.0.1", "localhost")))
        (problem,) = await failed(staged, 4)
        assert str(tmp_path / "runs" / "lad") in problem
        assert f"was made for the source worksection {staged.source.url}" in problem
        assert "another name or run_dir" in problem
        assert len(staged.source.log) == read


async def test_a_run_folder_in_use_is_refused(tmp_path: Path) -> None:
    async with stage(tmp_path) as staged:
        staged.write_file(source_pace=_SLOW)
        first = await staged.start("run", str(staged.file))
        try:
            while len(staged.source.log) < 2:  # noqa: ASYNC110  the sandbox counts, it does not tell
                await asyncio.sleep(0.01)
            (problem,) = await failed(staged, 4)
            assert "another migrator is at work in this run folder; wait for it, or stop it" in problem
            assert (tmp_path / "runs" / "lad" / "checkpoint.db-wal").exists()
        finally:
            first.send_signal(signal.SIGINT)
            await first.communicate()
        assert first.returncode == 130


# -- vendors out of order -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outage:
    """A run against a vendor that does not answer as it should; all of them wait out the same back-off, so they run together."""

    problems: list[str]
    seconds: float
    asked: int
    replies: list[bytes]


@pytest.fixture(scope="module")
def outages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outage]:
    """What each kind of outage came to."""
    return asyncio.run(_all_outages(tmp_path_factory.mktemp("outages")))


async def _all_outages(folder: Path) -> dict[str, Outage]:
    nobody = closed_port()
    async with asyncio.TaskGroup() as group:
        running = {
            "source away": group.create_task(_outage(folder / "1", 75, change=source_at(nobody))),
            "target away": group.create_task(_outage(folder / "2", 75, change=target_at(nobody))),
            "cut JSON": group.create_task(_outage(folder / "3", 5, Faults(garbage=1.0, when=_is_read_of_tasks))),
            "error page": group.create_task(_outage(folder / "4", 75, Faults(error=1.0, when=_is_read_of_tasks))),
            "notice at source": group.create_task(_outage(folder / "5", 5, source=notice)),
            "notice at target": group.create_task(_outage(folder / "6", 5, target=notice)),
        }
    return {name: task.result() for name, task in running.items()}


def _is_read_of_tasks(_: str, __: str, query: str) -> bool:
    return "action=get_all_tasks" in query


async def _outage(
    folder: Path,
    code: int,
    faults: Faults | None = None,
    *,
    change: Callable[[str], str] = str,
    source: Callable[[Call, Reply], Reply] | None = None,
    target: Callable[[Call, Reply], Reply] | None = None,
) -> Outage:
    folder.mkdir()
    loop = asyncio.get_running_loop()
    async with stage(folder, source_faults=faults) as staged:
        staged.file.write_text(change(staged.file.read_text()))
        if source:
            staged.source.sandbox = Altered(staged.source.sandbox, source)
        if target:
            staged.target.sandbox = Altered(staged.target.sandbox, target)
        began = loop.time()
        problems = await failed(staged, code)
        replies = sorted((folder / "runs" / "lad" / "replies").glob("*"))
        asked = len(staged.target.log if target else staged.source.log)
        return Outage(problems, loop.time() - began, asked, [path.read_bytes() for path in replies])


@pytest.mark.parametrize(("where", "vendor"), [("source away", "Worksection"), ("target away", "Planfix")])
def test_an_account_out_of_reach_is_for_later(outages: dict[str, Outage], where: str, vendor: str) -> None:
    (problem,) = outages[where].problems
    assert problem.startswith(f"{vendor}, ")
    assert "cannot connect to 127.0.0.1" in problem
    assert "Check the url and the network; the same command goes on where it stopped" in problem
    assert outages[where].seconds < 25  # six attempts with their pauses, 15.5 s at most
    assert outages[where].replies == []


def test_cut_json_is_asked_for_six_times_and_then_kept(outages: dict[str, Outage]) -> None:
    (problem,) = outages["cut JSON"].problems
    assert "Worksection, get_all_tasks" in problem
    (reply,) = outages["cut JSON"].replies
    assert reply.startswith(b"POST /api/admin/v2/ (get_all_tasks")
    assert b'"status":"ok"' in reply
    assert "kept in" in problem
    assert outages["cut JSON"].seconds < 25


def test_an_error_page_is_an_outage(outages: dict[str, Outage]) -> None:
    (problem,) = outages["error page"].problems
    assert "get_all_tasks" in problem
    assert "HTTP 502" in problem
    assert "the same command goes on where it stopped" in problem


@pytest.mark.parametrize(("where", "vendor"), [("notice at source", "Worksection"), ("notice at target", "Planfix")])
def test_a_page_where_the_api_was_is_kept_without_secrets(outages: dict[str, Outage], where: str, vendor: str) -> None:
    (problem,) = outages[where].problems
    (reply,) = outages[where].replies
    assert problem.startswith(f"{vendor}, ")
    assert "kept in" in problem
    assert b"Closed for repairs" in reply
    assert outages[where].asked == 6
