"""The run folder is one process's, one pair of accounts', and its owner's."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from migrator.errors import RunFolderUnusable
from migrator.run import is_at_work, look_at_run, open_run
from migrator.vendor import Body
from tests.world import ref

TRY_TO_OPEN = """
import asyncio, sys
from pathlib import Path
from migrator.errors import RunFolderUnusable
from migrator.run import open_run

async def main():
    try:
        async with open_run(Path(sys.argv[1]), "old", "new"):
            print("opened")
    except RunFolderUnusable as error:
        print("refused:", error)

asyncio.run(main())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "acme"


async def test_a_second_process_is_refused_while_the_first_is_at_work(folder: Path) -> None:
    async with open_run(folder, "old", "new"):
        assert "refused:" in _from_outside(folder)
        assert "another migrator" in _from_outside(folder)
    assert "opened" in _from_outside(folder)


async def test_the_folder_is_free_after_an_error(folder: Path) -> None:
    with pytest.raises(ValueError):
        async with open_run(folder, "old", "new"):
            raise ValueError
    assert "opened" in _from_outside(folder)


async def test_a_folder_refused_for_its_accounts_is_free_again(folder: Path) -> None:
    async with open_run(folder, "old", "new"):
        pass
    with pytest.raises(RunFolderUnusable):
        async with open_run(folder, "other", "new"):
            pass
    assert "opened" in _from_outside(folder)


@pytest.mark.parametrize(
    ("source", "target", "named"), [("other", "new", "source old"), ("old", "other", "target new")]
)
async def test_a_run_folder_of_other_accounts_is_refused(folder: Path, source: str, target: str, named: str) -> None:
    async with open_run(folder, "old", "new"):
        pass
    with pytest.raises(RunFolderUnusable, match=f"{named}.*other"):
        async with open_run(folder, source, target):
            pass


async def test_a_glance_at_the_lock_does_not_keep_a_run_from_starting(folder: Path) -> None:
    """`status` takes the lock for a moment, to see whether it can."""
    folder.mkdir(parents=True)
    glance = FileLock(folder / "lock", thread_local=False)
    glance.acquire()
    threading.Timer(0.1, glance.release).start()
    async with open_run(folder, "old", "new"):
        assert is_at_work(folder)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
async def test_the_folder_is_for_its_owner_only(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o777)
    async with open_run(folder, "old", "new"):
        assert folder.stat().st_mode & 0o777 == 0o700


async def test_a_folder_with_other_things_in_it_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    """run_dir = "." would close the user's own files to everybody else."""
    tmp_path.chmod(0o755)
    (tmp_path / "migration.toml").touch(0o644)
    with pytest.raises(RunFolderUnusable, match=r"migration\.toml.*run_dir"):
        async with open_run(tmp_path, "old", "new"):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["migration.toml"]
    assert tmp_path.stat().st_mode & 0o777 == 0o755


async def test_a_file_in_place_of_the_folder_is_refused(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("mine")
    with pytest.raises(RunFolderUnusable):
        async with open_run(folder, "old", "new"):
            pass


async def test_looking_needs_no_lock_and_makes_nothing(folder: Path) -> None:
    async with look_at_run(folder) as run:
        assert run is None
    assert not folder.exists()
    async with open_run(folder, "old", "new") as run, look_at_run(folder) as seen:
        await run.ledger.set_meta("stage", "started")
        assert seen is not None
        assert seen.ledger.meta("stage") == "started"


async def test_bytes_lie_under_their_hash_whatever_the_file_is_called(folder: Path) -> None:
    async with open_run(folder, "old", "new") as run:
        place = run.incoming(ref("file:../../etc/passwd"))
        assert place.parent == folder / "files"
        place.write_bytes(b"plan")
        stored = run.store(Body(place, 4, "abcd"))
        assert stored.path == folder / "files" / "abcd"
        assert stored.path.read_bytes() == b"plan"
        assert not place.exists()


def _from_outside(folder: Path) -> str:
    return subprocess.run(
        [sys.executable, "-c", TRY_TO_OPEN, str(folder)], check=True, capture_output=True, text=True
    ).stdout
