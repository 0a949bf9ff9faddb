"""The commands between two sandboxes on sockets: what each writes, says and returns."""

from __future__ import annotations

import asyncio
import csv
import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest
from filelock import FileLock

from migrator import config
from migrator.__main__ import main
from migrator.cli.opening import shipped
from migrator.cli.stands import STANDS, read_account
from migrator.sandbox.planfix import Planfix
from migrator.sandbox.server import Running, serve
from migrator.sandbox.worksection import Worksection
from migrator.vendors import VENDORS

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"


def sample(vendor: str) -> dict[str, Any]:
    account: dict[str, Any] = orjson.loads((SAMPLES / f"{vendor}-account.json").read_bytes())
    return account


class Accounts:
    """Both sandboxes, served from a thread of their own, because a command runs a loop of its own."""

    def __init__(self) -> None:
        self.running: dict[str, Running] = {}
        self._up = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),), daemon=True)

    async def _serve(self) -> None:
        async with AsyncExitStack() as stack:
            for sandbox in (Worksection(sample("worksection")), Planfix(sample("planfix"))):
                self.running[sandbox.name] = await stack.enter_async_context(serve(sandbox))
            self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
            self._up.set()
            await self._end.wait()

    def __enter__(self) -> Accounts:
        self._thread.start()
        assert self._up.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    def writes(self, vendor: str) -> int:
        return len(self.running[vendor].writes)

    def asked(self, vendor: str) -> int:
        return len(self.running[vendor].log)


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Accounts]:
    monkeypatch.setenv("OLD_KEY", sample("worksection")["account"]["api_key"])
    monkeypatch.setenv("NEW_KEY", "planfix-sample-token")
    with Accounts() as running:
        yield running


@pytest.fixture
def file(tmp_path: Path, accounts: Accounts) -> Path:
    text = f"""
name = "lad"
[source]
vendor = "worksection"
url = "{accounts.running["worksection"].url}"
secret = "env:OLD_KEY"
time_zone = "Europe/Kyiv"
rate = "off"
[target]
vendor = "planfix"
url = "{accounts.running["planfix"].url}/rest"
secret = "env:NEW_KEY"
time_zone = "Europe/Kyiv"
rate = "off"
"""
    path = tmp_path / "migration.toml"
    path.write_text(text)
    return path


def use_sample_mapping(file: Path) -> None:
    (file.parent / "mapping.toml").write_bytes((SAMPLES / "worksection-planfix.mapping.toml").read_bytes())


def answer(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main([*map(str, arguments), "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, found


# -- before anything talks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "target"), [("worksection", "planfix"), ("worksection", "archive")])
def test_init_writes_a_file_that_loads_and_names_every_option(
    source: str, target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = answer(capsys, "init", tmp_path / "acme", "--source", source, "--target", target)
    assert code == 0
    path = Path(found["file"])
    secrets = {f"{vendor.upper()}_KEY": "x" for vendor in (source, target)}
    migration = config.load(path, VENDORS, secrets)
    assert (migration.name, migration.source.vendor, migration.target.vendor) == ("acme", source, target)
    for vendor in (source, target):
        for option in VENDORS[vendor].options:
            assert f"# {option.name} = " in path.read_text()


def test_what_init_has_commented_out_is_right_as_it_stands(tmp_path: Path) -> None:
    main(["init", str(tmp_path), "--source", "worksection", "--target", "planfix"])
    path = tmp_path / "migration.toml"
    lines = [line.removeprefix("# ") for line in path.read_text().splitlines()]
    keys = [line for line in lines if tomllib_takes(line) and not line.startswith(("run_dir", "mapping"))]
    path.write_text("\n".join(keys))
    config.load(path, VENDORS, {"WORKSECTION_KEY": "x", "PLANFIX_KEY": "y"})


def tomllib_takes(line: str) -> bool:
    try:
        tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return False
    return bool(line)


def test_init_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "migration.toml").write_text("mine")
    code, found = answer(capsys, "init", tmp_path, "--source", "worksection", "--target", "planfix")
    assert (code, found["error"]["exit_code"]) == (2, 2)
    assert (tmp_path / "migration.toml").read_text() == "mine"


@pytest.mark.parametrize("command", ["map", "check", "run", "status", "verify", "report"])
def test_a_wrong_file_is_exit_2_with_all_its_problems(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "migration.toml"
    path.write_text('name = "a"\n[source]\nvendor = "jira"\n[target]\nvendor = "archive"\n')
    code, found = answer(capsys, command, path)
    assert code == 2
    assert len(found["error"]["problems"]) >= 2


def test_verify_before_a_run_is_exit_4(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = answer(capsys, "verify", file)
    assert code == 4
    assert "migrator run" in found["error"]["message"]


@pytest.mark.parametrize(("vendor", "lacks"), [("worksection", "open_source"), ("planfix", "open_target")])
def test_a_vendor_that_is_not_offered_on_a_side_is_exit_2(
    vendor: str, lacks: str, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(VENDORS, vendor, dataclasses.replace(VENDORS[vendor], **{lacks: None}))
    code, found = answer(capsys, "run", file)
    assert code == 2
    assert f"{VENDORS[vendor].title} cannot be a" in found["error"]["message"]


# -- access, mapping, folder -----------------------------------------------------------------------------------------------


def test_check_names_every_part_and_writes_nothing(
    file: Path, accounts: Accounts, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = answer(capsys, "check", file)
    assert code == 0
    assert all(set(check) == {"name", "status", "seen", "fix"} for check in found["checks"])
    names = " ".join(check["name"] for check in found["checks"])
    assert all(word in names for word in ("migration file", "worksection", "planfix", "mapping", "disk"))
    assert accounts.writes("planfix") == accounts.writes("worksection") == 0


def test_a_wrong_secret_is_exit_3_and_does_not_hide_the_other_side(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEW_KEY", "not-the-token")
    code, found = answer(capsys, "check", file)
    assert code == 3
    assert any(check["name"].startswith("worksection") for check in found["checks"])
    code, found = answer(capsys, "run", file)
    assert (code, found["error"]["exit_code"]) == (3, 3)
    assert "not-the-token" not in json.dumps(found)


def test_a_mapping_the_target_does_not_understand_is_exit_2_before_anything_is_written(
    file: Path, accounts: Accounts, capsys: pytest.CaptureFixture[str]
) -> None:
    (file.parent / "mapping.toml").write_text('[status.task]\ndone = "Nowhere"\n')
    assert answer(capsys, "check", file)[0] == 2
    code, found = answer(capsys, "run", file)
    assert code == 2
    assert "Nowhere" in found["error"]["problems"][0]
    assert "migrator map" in found["error"]["problems"][-1]
    assert accounts.writes("planfix") == 0


def test_a_named_mapping_that_is_not_there_is_exit_2(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text('mapping = "acme.toml"\n' + file.read_text())
    code, found = answer(capsys, "run", file)
    assert code == 2
    assert "migrator map" in found["error"]["message"]


def test_a_run_folder_in_use_is_exit_4_and_status_says_running(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = file.parent / "runs" / "lad"
    folder.mkdir(parents=True)
    with FileLock(folder / "lock"):
        assert answer(capsys, "run", file)[0] == 4
        assert answer(capsys, "status", file)[1]["state"] == "running"
    assert answer(capsys, "status", file)[1]["state"] == "new"


@pytest.mark.parametrize("command", ["status", "report"])
def test_who_asks_no_vendor_needs_no_secret(
    command: str, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OLD_KEY")
    monkeypatch.delenv("NEW_KEY")
    assert answer(capsys, "run", file)[0] == 2
    code, found = answer(capsys, command, file)
    assert code == {"status": 0, "report": 4}[command], found  # nothing to report of a run that has not begun


# -- the whole way ---------------------------------------------------------------------------------------------------------


def test_map_fills_in_a_mapping_and_keeps_what_was_edited(
    file: Path, accounts: Accounts, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = answer(capsys, "map", file)
    assert code == 0
    path = Path(found["file"])
    assert path == file.parent / "mapping.toml"
    assert "costs.time.tag" in found["added"]
    edited = path.read_text().replace('tag = "Расходы"', 'tag = ""  # no money')
    path.write_text(edited)
    assert answer(capsys, "map", file)[1]["added"] == []
    assert path.read_text() == edited
    assert answer(capsys, "check", file)[0] == 0
    assert accounts.writes("planfix") == 0


def test_a_dry_run_writes_nothing_and_says_what_the_run_will_take(
    file: Path, accounts: Accounts, capsys: pytest.CaptureFixture[str]
) -> None:
    use_sample_mapping(file)
    code, plan = answer(capsys, "run", file, "--dry-run")
    assert code == 0
    assert accounts.writes("planfix") == accounts.writes("worksection") == 0
    assert all(set(step) == {"ref", "part", "title", "requests"} for step in plan["steps"])
    before = {vendor: accounts.asked(vendor) for vendor in ("worksection", "planfix")}
    code, status = answer(capsys, "run", file)
    assert code == 0
    assert status["state"] == "done"
    used = {vendor: accounts.asked(vendor) - count for vendor, count in before.items()}
    assert used["worksection"] == plan["requests_needed"]["source"]
    assert used["planfix"] == pytest.approx(plan["requests_needed"]["target"], rel=0.05)
    assert status["requests"] == {"source": accounts.asked("worksection"), "target": accounts.asked("planfix")}


def test_a_limited_run_goes_on_and_ends_verified(
    file: Path, accounts: Accounts, capsys: pytest.CaptureFixture[str]
) -> None:
    use_sample_mapping(file)
    code, status = answer(capsys, "run", file, "--limit", 30)
    assert (code, status["state"]) == (0, "paused")
    assert sum(row["created"] for row in status["kinds"].values()) >= 30
    code, status = answer(capsys, "run", file)
    assert (code, status["state"], status["eta_seconds"]) == (0, "done", 0.0)
    assert status == answer(capsys, "status", file)[1]
    writes = accounts.writes("planfix")
    code, found = answer(capsys, "verify", file)
    assert (code, found["differences"], found["missing"], found["extra"]) == (0, [], [], [])
    assert accounts.writes("planfix") == writes


def test_verify_finds_what_was_damaged(file: Path, accounts: Accounts, capsys: pytest.CaptureFixture[str]) -> None:
    use_sample_mapping(file)
    main(["run", str(file)])
    planfix = accounts.running["planfix"].sandbox
    assert isinstance(planfix, Planfix)
    key = next(key for key, task in planfix.tasks.items() if task["name"] == "Обміри та вихідні дані")
    planfix.tasks[key]["name"] = "damaged"
    code, found = answer(capsys, "verify", file)
    assert code == 6
    assert [(one["ref"], one["field"], one["target"]) for one in found["differences"]] == [
        ("task:2001", "title", "damaged")
    ]


def test_a_finished_run_leaves_old_and_new_addresses_and_a_report_that_names_them(
    file: Path, accounts: Accounts, capsys: pytest.CaptureFixture[str]
) -> None:
    use_sample_mapping(file)
    main(["run", str(file)])
    asked = accounts.asked("worksection"), accounts.asked("planfix")
    code, found = answer(capsys, "report", file)
    assert code == 0
    assert (accounts.asked("worksection"), accounts.asked("planfix")) == asked
    assert found["state"] == "done"
    with open(found["files"]["links"], encoding="utf-8-sig") as sheet:
        rows = list(csv.DictReader(sheet))
    tasks = [row for row in rows if row["kind"] == "task"]
    assert len(tasks) == found["kinds"]["task"]["created"]
    assert all(row["old address"].startswith(accounts.running["worksection"].url) for row in rows)
    assert all(row["new address"].startswith(accounts.running["planfix"].url) for row in rows)


def test_to_an_archive_no_mapping_is_asked_for(
    file: Path, accounts: Accounts, capsys: pytest.CaptureFixture[str]
) -> None:
    text = file.read_text()
    file.write_text(text[: text.index("[target]")] + '[target]\nvendor = "archive"\npath = "kept"\n')
    assert answer(capsys, "map", file)[1]["file"] is None
    assert answer(capsys, "run", file)[0] == 0
    assert answer(capsys, "verify", file)[0] == 0
    assert (file.parent / "kept" / "manifest.json").exists()


def test_only_a_kind_leaves_the_others_open(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    use_sample_mapping(file)
    code, status = answer(capsys, "run", file, "--only", "company")
    assert (code, status["state"]) == (0, "paused")
    assert status["kinds"]["company"]["open"] == 0
    assert status["kinds"]["task"]["open"] == status["kinds"]["task"]["extracted"]


# -- processes -------------------------------------------------------------------------------------------------------------


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "migrator", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_ends_within_two_seconds_with_130_and_says_how_to_go_on(
    number: signal.Signals, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    use_sample_mapping(file)
    file.write_text(file.read_text().replace('rate = "off"', 'rate = "20/1s"'))
    answer(capsys, "map", file)
    with start("run", file) as process:
        folder = file.parent / "runs" / "lad"
        while answer(capsys, "status", file)[1]["state"] != "running" and process.poll() is None:
            assert folder.exists()
        process.send_signal(number)
        out, err = process.communicate(timeout=2.5)
    assert process.returncode == 130
    assert "same command" in err
    assert "Traceback" not in out + err


def test_sandboxes_serve_until_stopped_and_print_their_secrets() -> None:
    with start("sandbox", "worksection", "planfix", "--port", 0, "--json") as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line == "}\n":
                break
        served = json.loads("".join(lines))["sandboxes"]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=5)
    assert process.returncode == 0
    assert [each["vendor"] for each in served] == ["worksection", "planfix"]
    assert served[1]["url"].endswith("/rest")
    assert served[1]["secret"] == "planfix-sample-token"


@pytest.mark.parametrize("vendor", list(STANDS))
def test_every_sandbox_has_a_sample_and_a_secret(vendor: str) -> None:
    account = read_account(shipped("samples") / f"{vendor}-account.json")
    assert STANDS[vendor].build(account, limits=True).name == vendor
    assert STANDS[vendor].secret(account)


@pytest.mark.parametrize(
    "arguments", [["--faults", "explode=5%"], ["--seed", "/no/such/account.json"], ["--seed", "README.md"]]
)
def test_a_sandbox_that_cannot_be_served_is_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "sandbox", "planfix", "--port", 0, *arguments)[0] == 2


# -- the demo --------------------------------------------------------------------------------------------------------------


def test_the_demo_moves_and_verifies_afresh_in_a_folder_of_an_earlier_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "migration.toml").write_text(
        "# Written by migrator demo. Both accounts are sandboxes that end with it.\n"
    )
    stale = tmp_path / "runs" / "demo" / "checkpoint.db"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"of an earlier demo")
    code, found = answer(capsys, "demo", tmp_path)
    assert code == 0
    assert [step["exit_code"] for step in found["steps"]] == [0, 0, 0]
    assert found["steps"][2]["result"]["differences"] == []
    assert answer(capsys, "status", tmp_path / "migration.toml")[1]["state"] == "done"


def test_the_demo_leaves_a_folder_alone_that_is_not_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    assert answer(capsys, "demo", tmp_path)[0] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]
