"""`migrator run --delta` between two archive folders: what it does, says and returns."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest

from migrator.__main__ import main
from migrator.model import Entity
from migrator.vendors.archive import encode, manifest
from tests.world import project, task

FILE = """
name = "twice"
[source]
vendor = "archive"
path = "{folder}/from"
[target]
vendor = "archive"
path = "{folder}/to"
"""


def fill(folder: Path, entities: Iterable[Entity]) -> None:
    """An archive that holds these."""
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.jsonl"):
        path.unlink()
    for entity in entities:
        with (folder / f"{entity.ref.kind}.jsonl").open("ab") as stream:
            stream.write(encode.line(entity))
    manifest.write(folder)


def tasks(folder: Path) -> dict[str, str]:
    """The titles of an archive's tasks."""
    lines = (folder / "to" / "task.jsonl").read_bytes().splitlines()
    return {record["ref"]["id"]: record["title"] for record in map(orjson.loads, lines)}


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A migration that is through."""
    fill(tmp_path / "from", [project(), *(task(str(number)) for number in range(1, 6))])
    (tmp_path / "migration.toml").write_text(FILE.format(folder=tmp_path))
    assert main(["run", str(tmp_path / "migration.toml")]) == 0
    capsys.readouterr()
    return tmp_path


def answer(capsys: pytest.CaptureFixture[str], folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    code = main([words[0], str(folder / "migration.toml"), *words[1:], "--json"])
    return code, json.loads(capsys.readouterr().out)


def later(folder: Path, title: str = "Roof") -> None:
    """One task edited, one added, one less."""
    others = [task(str(number)) for number in (2, 3, 5, 6)]
    fill(folder / "from", [project(), task("1", title=title), *others])


def test_a_delta_tells_what_it_found_and_brings_it_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    later(folder)
    code, told = answer(capsys, folder, "run", "--delta")
    assert (code, told["state"]) == (0, "done")
    assert told["delta"]["pass"] == 2
    assert told["delta"]["kinds"]["task"] == {"added": 1, "changed": 1, "gone": 1, "unchanged": 3, "waiting": 0}
    assert told["issues"]["gone-from-source"] == 1
    assert tasks(folder) == {**{str(number): f"Task {number}" for number in (2, 3, 4, 5, 6)}, "1": "Roof"}
    assert answer(capsys, folder, "verify")[0] == 0
    assert main(["run", str(folder / "migration.toml"), "--delta"]) == 0
    assert "unchanged" in capsys.readouterr().out


def test_a_dry_delta_foretells_and_the_real_one_goes_on_with_what_it_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later(folder)
    code, told = answer(capsys, folder, "run", "--delta", "--dry-run")
    assert code == 0
    assert told["changes"] == [{"ref": "task:1", "write": ["title"], "conflicts": [], "not_updated": []}]
    assert [step["ref"] for step in told["steps"]] == ["task:6"]
    assert tasks(folder)["1"] == "Task 1"
    assert main(["run", str(folder / "migration.toml")]) == 0  # a plain run goes on with it too, and says so
    assert "Going on with the delta" in capsys.readouterr().err
    assert tasks(folder)["1"] == "Roof"
    assert answer(capsys, folder, "status")[1]["delta"]["pass"] == 2


def test_a_conflict_ends_with_6_until_it_is_decided(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(folder / "to", [project(), task("1", title="Theirs"), *(task(str(number)) for number in range(2, 6))])
    later(folder)
    code, told = answer(capsys, folder, "run", "--delta")
    assert (code, told["delta"]["conflicts"], told["state"]) == (6, 1, "incomplete")
    assert tasks(folder)["1"] == "Theirs"
    assert main(["run", str(folder / "migration.toml"), "--delta"]) == 6
    assert "--ours" in capsys.readouterr().out
    code, told = answer(capsys, folder, "run", "--delta", "--ours")
    assert (code, told["delta"]["conflicts"], told["state"]) == (0, 0, "done")
    assert tasks(folder)["1"] == "Roof"


@pytest.mark.parametrize("words", [["--ours"], ["--delta", "--ours", "--theirs"], ["--delta", "--only", "task"]])
def test_orders_that_make_no_sense_are_refused(folder: Path, words: list[str]) -> None:
    assert main(["run", str(folder / "migration.toml"), *words]) == 2


def test_a_delta_before_the_run_says_what_to_do_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(tmp_path / "from", [project()])
    (tmp_path / "migration.toml").write_text(FILE.format(folder=tmp_path))
    assert main(["run", str(tmp_path / "migration.toml"), "--delta"]) == 2
    assert "first migrator run" in capsys.readouterr().err
