"""The boundary: each way to end becomes its exit code and a message, and no secret leaves."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import click
import pytest

from migrator.cli.boundary import guard
from migrator.cli.call import Call
from migrator.errors import (
    AccessDenied,
    ContractBroken,
    InDoubt,
    InputWrong,
    Interrupted,
    MigratorError,
    Refused,
    RunFolderUnusable,
    TryLater,
)
from migrator.secrets import Secrets


def ended_by(error: BaseException, call: Call | None = None) -> int:
    def command(_: Call) -> int:
        raise error

    return guard(command, call or Call())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MigratorError("x"), 1),
        (Refused("x"), 1),
        (InDoubt("x"), 1),
        (InputWrong(["x"]), 2),
        (AccessDenied("x"), 3),
        (RunFolderUnusable("x"), 4),
        (ContractBroken("x"), 5),
        (TryLater("x"), 75),
        (Interrupted("x"), 130),
        (KeyboardInterrupt(), 130),
        (click.exceptions.Abort(), 130),
        (click.UsageError("x"), 2),
        (OSError(errno.ENOSPC, "No space left on device", "/runs/acme/files/1"), 4),
        (ValueError("x"), 1),
    ],
)
def test_each_error_has_its_exit_code(error: BaseException, code: int) -> None:
    assert ended_by(error) == code


def test_of_several_errors_the_severest_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    inner = ExceptionGroup("inner", [TryLater("later"), AccessDenied("denied")])
    assert ended_by(ExceptionGroup("outer", [Interrupted("stopped"), inner])) == 3
    assert capsys.readouterr().err == "denied\n"


def test_a_bug_among_other_errors_is_told_as_a_bug(tmp_path: Path) -> None:
    group = ExceptionGroup("both", [TryLater("later"), KeyError("oops")])
    assert ended_by(group, Call(folder=tmp_path)) == 1
    assert "oops" in next(tmp_path.glob("bug-*.log")).read_text()


def test_a_bug_leaves_its_traceback_in_the_run_folder_without_secrets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = Call(folder=tmp_path, secrets=Secrets(["p@ss word"]))
    assert ended_by(ValueError("key p@ss word, in a URL p%40ss%20word"), call) == 1
    log = next(tmp_path.glob("bug-*.log"))
    assert "ValueError" in log.read_text()
    told = log.read_text() + capsys.readouterr().err
    assert "p@ss word" not in told
    assert "p%40ss%20word" not in told
    assert str(log) in told


def test_with_json_all_problems_are_in_the_error_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended_by(InputWrong(["a:1: one", "a:2: two"]), Call(json=True)) == 2
    captured = capsys.readouterr()
    expected = {"exit_code": 2, "message": "a:1: one\na:2: two", "problems": ["a:1: one", "a:2: two"]}
    assert json.loads(captured.out) == {"error": expected}
    assert captured.err == "a:1: one\na:2: two\n"


def test_no_secret_is_in_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    Call(json=True, secrets=Secrets(["hidden-1"])).answer({"seen": "hidden-1"}, "")
    Call(secrets=Secrets(["hidden-1"])).answer({}, "seen hidden-1")
    assert "hidden-1" not in capsys.readouterr().out
    assert "hidden-1" not in repr(Call(secrets=Secrets(["hidden-1"])))
