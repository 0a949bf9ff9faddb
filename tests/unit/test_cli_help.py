"""The command line: what it answers before any work is done."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from migrator.__main__ import main
from migrator.cli import COMMANDS
from migrator.vendors import VENDORS

ROOT = Path(__file__).parents[2]
ALL = list(COMMANDS)


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_help_lists_every_command_in_the_order_of_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    places = [out.index(f"\n  {name} ") for name in ALL]
    assert places == sorted(places)


@pytest.mark.parametrize("name", ALL)
def test_help_of_a_command_has_an_example_and_its_exit_codes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"Example:\n    migrator {name}" in out
    assert "Exit codes:\n      0  done" in out
    assert "--json" in out


@pytest.mark.parametrize("name", ALL)
def test_the_list_and_the_command_say_the_same(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    main([name, "--help"])
    assert COMMANDS[name] in capsys.readouterr().out


def test_help_imports_no_http_no_records_and_no_command() -> None:
    loaded = (
        "sorted({name.split('.')[0] for name in sys.modules} & {'aiohttp', 'msgspec', 'tqdm', 'jinja2', 'tomlkit'})"
    )
    out = python(f"import sys; from migrator.__main__ import main; main(['--help']); print({loaded})")
    assert out.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", ["init", "status", "vendors", "run"])
def test_a_command_that_does_not_talk_yet_imports_no_aiohttp(name: str) -> None:
    out = python(f"import sys, migrator.cli.{name}; print('aiohttp' in sys.modules)")
    assert out == "False"


@pytest.mark.parametrize(
    "arguments", [["runn"], ["status"], ["vendors", "--no-such-option"], ["init", "x", "--source", "jira"]]
)
def test_wrong_usage_is_exit_2_and_with_json_an_error_object(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().out == ""
    assert main([*arguments, "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["exit_code"] == 2
    assert error["problems"] == [error["message"]]


def test_vendors_are_one_object_with_the_facts_of_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vendors", "--json"]) == 0
    vendors = {each["name"]: each for each in json.loads(capsys.readouterr().out)["vendors"]}
    assert vendors.keys() == VENDORS.keys()
    for name, vendor in VENDORS.items():
        assert vendors[name]["source"]
        assert "c" in vendors[name]["kinds"]["task"]
        assert (vendors[name]["limits"]["pace"] == "any") is vendor.on_disk
    assert main(["vendors"]) == 0
    heading = capsys.readouterr().out.splitlines()[0]
    assert all(vendor.title.split()[0] in heading for vendor in VENDORS.values())
