"""What only the owner may read, what a terminal must not obey, and what is said where this user may not write."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrator.__main__ import main
from migrator.cli import faces
from migrator.cli.boundary import guard
from migrator.cli.call import Call
from migrator.config import load
from migrator.errors import InputWrong, RunFolderUnusable
from migrator.model import Kind, Ref
from migrator.run import look_at_run, open_run
from migrator.secrets import Secrets
from migrator.vendor import Body
from migrator.vendors import VENDORS

NOBODY = 65534
OBEYED = "red \x1b[31m title \x1b]0;owned\x07 csi \x9b31m back\rover \u202egnp.exe"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that anybody may enter, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def powerless() -> Iterator[None]:
    """No superuser, who may do anything: nobody instead, until the test ends."""
    if (before := os.geteuid()) == 0:
        os.seteuid(NOBODY)
    yield
    os.seteuid(before)


# -- files -----------------------------------------------------------------------------------------------------------------


async def test_a_run_folder_and_its_files_are_their_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0o000)
    try:
        folder = tmp_path / "runs" / "acme"
        async with open_run(folder, "a", "b") as run:
            (folder / "verify").mkdir()
            (folder / "verify" / "result.json").write_text("{}")
            run.incoming(Ref(Kind.FILE, "1"))
            assert {mode(path) for path in folder.glob("checkpoint.db*")} == {0o600}
    finally:
        os.umask(before)
    assert mode(folder) == 0o700
    for path in folder.rglob("*"):
        assert mode(path) == (0o700 if path.is_dir() else 0o600), path


async def test_bytes_that_others_could_read_where_they_came_from_are_stored_for_the_owner_alone(tmp_path: Path) -> None:
    async with open_run(tmp_path / "run", "a", "b") as run:
        path = run.incoming(Ref(Kind.FILE, "1"))
        path.write_bytes(b"plan")
        path.chmod(0o644)
        assert mode(run.store(Body(path, 4, "a" * 64)).path) == 0o600


def test_the_log_of_a_bug_is_its_owners_alone(tmp_path: Path) -> None:
    def command(_: Call) -> int:
        raise KeyError("oops")

    guard(command, Call(folder=tmp_path))
    [log] = tmp_path.glob("bug-*.log")
    assert mode(log) == 0o600


FILE = """
[source]
vendor = "worksection"
url = "https://acme.worksection.com"
secret = "file:key"
[target]
vendor = "archive"
path = "out"
"""


@pytest.mark.parametrize(("bits", "told"), [(0o600, False), (0o640, True), (0o604, True)])
def test_a_secret_that_others_can_read_is_noticed(tmp_path: Path, bits: int, told: bool) -> None:
    file = tmp_path / "migration.toml"
    file.write_text(FILE)
    (tmp_path / "key").write_text("s3cr3t")
    (tmp_path / "key").chmod(bits)
    assert load(file, VENDORS, {}).exposed == ((tmp_path / "key",) if told else ())


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_secret_that_others_can_read_is_a_warning(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "migration.toml"
    file.write_text(FILE.replace('"file:key"', '"file:key"\noptions.auth = "unknown"'))
    (tmp_path / "key").write_text("s3cr3t")
    (tmp_path / "key").chmod(0o644)
    main([command, str(file)])
    captured = capsys.readouterr()
    assert f"other users of this machine can read {tmp_path / 'key'}" in captured.out + captured.err
    assert f"chmod 600 {tmp_path / 'key'}" in captured.out + captured.err


# -- where this user may not write --------------------------------------------------------------------------------------------


async def test_a_folder_of_somebody_else_is_unusable_and_says_what_to_do(home: Path, powerless: None) -> None:
    (home / "mine").mkdir(mode=0o500)
    with pytest.raises(RunFolderUnusable, match=r"Permission denied\. Give the folder to the user .* or set run_dir"):
        async with open_run(home / "mine" / "run", "a", "b"):
            pass


@pytest.mark.parametrize("bits", [0o000, 0o400])
async def test_a_checkpoint_of_somebody_else_is_unusable_and_says_what_to_do(
    home: Path, powerless: None, bits: int
) -> None:
    async with open_run(home / "run", "a", "b"):
        pass
    (home / "run" / "checkpoint.db").chmod(bits)
    with pytest.raises(RunFolderUnusable, match=r"checkpoint.db: cannot be used: Permission denied\. Give the folder"):
        async with open_run(home / "run", "a", "b"):
            pass


async def test_looking_at_a_checkpoint_of_somebody_else_says_what_to_do(home: Path, powerless: None) -> None:
    async with open_run(home / "run", "a", "b"):
        pass
    (home / "run" / "checkpoint.db").chmod(0o000)
    with pytest.raises(RunFolderUnusable, match="Permission denied"):
        async with look_at_run(home / "run"):
            pass


def test_any_file_that_may_not_be_written_is_exit_4_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    def command(_: Call) -> int:
        raise PermissionError(13, "Permission denied", "/home/anna/mapping.toml")

    assert guard(command, Call()) == 4
    assert capsys.readouterr().err == (
        "/home/anna/mapping.toml: Permission denied. Let this user write there (chown, chmod) or set run_dir, "
        "then give the same command again.\n"
    )


# -- the terminal -------------------------------------------------------------------------------------------------------------


def is_safe(text: str) -> bool:
    return not any(
        (ord(char) < 32 and char not in "\n\t") or 0x7F <= ord(char) <= 0x9F or char == "\u202e" for char in text
    )


def test_what_users_wrote_is_not_obeyed_by_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    call = Call()
    call.say(OBEYED)
    call.answer({}, OBEYED)
    guard(lambda _: (_ for _ in ()).throw(InputWrong([OBEYED])), call)
    captured = capsys.readouterr()
    for text in (captured.out, captured.err):
        assert is_safe(text)
        assert "red \\x1b[31m title" in text


def test_an_answer_as_json_is_safe_and_still_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    Call(json=True).answer({"title": OBEYED}, "")
    out = capsys.readouterr().out
    assert is_safe(out)
    assert json.loads(out) == {"title": OBEYED}


def test_events_as_json_are_safe_and_still_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    Call(json=True).say(faces.Events().said(OBEYED))
    err = capsys.readouterr().err
    assert is_safe(err)
    assert json.loads(err)["text"] == OBEYED


def test_what_is_said_above_bars_is_not_obeyed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    faces.Bars(Call(secrets=Secrets(["hidden-1"]))).say(f"hidden-1 {OBEYED}")
    err = capsys.readouterr().err
    assert is_safe(err)
    assert "hidden-1" not in err


def test_a_text_of_two_lines_does_not_pass_for_two_messages(capsys: pytest.CaptureFixture[str]) -> None:
    Call().say("task 1 'Roof\nAll done. Nothing was lost.'")
    assert capsys.readouterr().err == "task 1 'Roof\n  All done. Nothing was lost.'\n"
