"""Bad input, from files and from vendors: a message with place and fix, the right exit code, nothing written, no secret told."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrator.sandbox.faults import Faults
from tests.journeys.arrivals import twins
from tests.journeys.commands import SAMPLES, Result
from tests.journeys.stage import Stage, stage
from tests.journeys.trouble import Alter, Altered, closed_port, files_with, notice

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


async def failed(staged: Stage, code: int) -> list[str]:
    """The problems that a run ends with. Nothing was written, and no secret is anywhere."""
    result = await staged.migrator("run", "--json")
    assert staged.target.writes == []
    assert staged.source.writes == []
    assert leaks(staged, result) == []
    return problems_of(result, code)


def problems_of(result: Result, code: int) -> list[str]:
    """The problems in the error object, which are told on stderr too."""
    assert result.code == code, result.err
    error = result.json()["error"]
    assert error["exit_code"] == code
    assert error["message"] == "\n".join(error["problems"])
    assert all(problem in result.err for problem in error["problems"])
    assert "Traceback" not in result.err
    problems: list[str] = error["problems"]
    return problems


def leaks(staged: Stage, result: Result) -> list[str]:
    """Where a secret can be read: files of the user's folder, or what the command said."""
    secrets = [secret for secret in staged.env.values() if secret.strip()]
    said = [name for name, text in (("out", result.out), ("err", result.err)) for one in secrets if one in text]
    return [*said, *files_with(staged.folder, secrets)]


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
    """A run against a vendor that does not answer as it should, and, where that was `mended`, the same command again."""

    result: Result
    seconds: float
    asked: int
    written: int
    leaks: list[str]
    replies: list[bytes]
    mended: Result | None
    twins: list[str]


@pytest.fixture(scope="module")
def outages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outage]:
    """What each kind of outage came to. All wait out the same back-off, so they do it together."""
    return asyncio.run(_all_outages(tmp_path_factory.mktemp("outages")))


async def _all_outages(folder: Path) -> dict[str, Outage]:
    nobody = closed_port()
    people, tasks = _asks("get_users"), _asks("get_all_tasks")
    wanted = {
        "source away": _outage(folder / "1", change=source_at(nobody)),
        "target away": _outage(folder / "2", change=target_at(nobody)),
        "cut JSON": _outage(folder / "3", Faults(garbage=1.0, when=people)),
        "cut JSON later": _outage(folder / "4", Faults(garbage=1.0, when=tasks), mend=True),
        "error page": _outage(folder / "5", Faults(error=1.0, when=people)),
        "notice at source": _outage(folder / "6", source=notice),
        "notice at target": _outage(folder / "7", target=notice),
    }
    return dict(zip(wanted, await asyncio.gather(*wanted.values()), strict=True))


def _asks(action: str) -> Callable[[str, str, str], bool]:
    return lambda _, __, query: f"action={action}" in query


async def _outage(
    folder: Path,
    faults: Faults | None = None,
    *,
    change: Callable[[str], str] = str,
    source: Alter | None = None,
    target: Alter | None = None,
    mend: bool = False,
) -> Outage:
    folder.mkdir()
    loop = asyncio.get_running_loop()
    faults = faults or Faults()
    async with stage(folder, source_faults=faults) as staged:
        planfix = staged.planfix
        staged.file.write_text(change(staged.file.read_text()))
        staged.source.sandbox = Altered(staged.source.sandbox, source) if source else staged.source.sandbox
        staged.target.sandbox = Altered(staged.target.sandbox, target) if target else staged.target.sandbox
        began = loop.time()
        result = await staged.migrator("run", "--json", "--no-wait")
        seconds, asked, written = loop.time() - began, len(staged.source.log), len(staged.target.writes)
        found = leaks(staged, result)
        replies = [path.read_bytes() for path in (folder / "runs" / "lad" / "replies").glob("*")]
        faults.garbage = 0.0
        mended = await staged.migrator("run", "--json") if mend else None
        return Outage(result, seconds, asked, written, found, replies, mended, twins(planfix))


@pytest.mark.parametrize(("where", "vendor"), [("source away", "Worksection"), ("target away", "Planfix")])
def test_an_account_out_of_reach_is_for_later(outages: dict[str, Outage], where: str, vendor: str) -> None:
    outage = outages[where]
    (problem,) = problems_of(outage.result, 75)
    assert problem.startswith(f"{vendor}, ")
    assert "cannot connect to 127.0.0.1" in problem
    assert "Check the url and the network; the same command goes on where it stopped" in problem
    assert outage.seconds < 30  # the pauses between six attempts are 15.5 s at most
    assert (outage.written, outage.leaks, outage.replies) == (0, [], [])


def test_cut_json_is_asked_for_six_times_then_kept(outages: dict[str, Outage]) -> None:
    outage = outages["cut JSON"]
    (problem,) = problems_of(outage.result, 5)
    assert problem.startswith("Worksection, get_users: ")
    assert "The reply is kept in " in problem
    (reply,) = outage.replies
    assert reply.startswith(b"POST /api/admin/v2/ (get_users)\nHTTP 200\n")
    assert b'{"status":"ok","data":[' in reply
    assert (outage.asked, outage.written, outage.leaks) == (6, 0, [])


def test_after_cut_json_in_the_middle_the_same_command_ends_the_work_without_twins(outages: dict[str, Outage]) -> None:
    outage = outages["cut JSON later"]
    (problem,) = problems_of(outage.result, 5)
    assert "get_all_tasks" in problem
    assert outage.written > 0  # what could be read was being loaded meanwhile
    assert outage.mended
    assert outage.mended.code == 0, outage.mended.err
    assert outage.mended.json()["kinds"]["task"]["created"] >= 160
    assert outage.twins == []
    assert outage.leaks == []


def test_an_error_page_is_an_outage(outages: dict[str, Outage]) -> None:
    outage = outages["error page"]
    (problem,) = problems_of(outage.result, 75)
    assert problem.startswith("Worksection, get_users: HTTP 502.")
    assert "the same command goes on where it stopped" in problem
    assert (outage.written, outage.leaks) == (0, [])


@pytest.mark.parametrize(("where", "vendor"), [("notice at source", "Worksection"), ("notice at target", "Planfix")])
def test_a_page_where_the_api_was_is_kept_without_secrets(outages: dict[str, Outage], where: str, vendor: str) -> None:
    outage = outages[where]
    (problem,) = problems_of(outage.result, 5)
    assert problem.startswith(f"{vendor}, ")
    assert "The reply is kept in " in problem
    assert [b"Closed for repairs" in reply for reply in outage.replies] == [True]
    assert (outage.written, outage.leaks) == (0, [])
