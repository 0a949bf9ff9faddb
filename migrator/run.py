"""The run folder: one migration's checkpoint, cached files, kept replies and lock, between one source and one target."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import orjson
from filelock import FileLock, Timeout

from migrator.clock import Clock
from migrator.errors import RunFolderUnusable
from migrator.ledger import Ledger, open_ledger
from migrator.model import Ref
from migrator.vendor import Body

_OWN = "Give the folder to the user who runs migrator (chown, chmod), or set run_dir."
_GLANCE = 0.5  # seconds for which `is_at_work`, in another process, may have the lock


@dataclass(frozen=True)
class Run:
    """An open run folder."""

    folder: Path
    ledger: Ledger

    @property
    def replies(self) -> Path:
        """Where replies against the contract are kept."""
        return self.folder / "replies"

    def incoming(self, file: Ref) -> Path:
        """Where a file's bytes are written while their hash is not known. Names of files are data, never paths."""
        return self._files / f"incoming-{hashlib.sha256(file.id.encode()).hexdigest()[:32]}"

    def stored(self, sha256: str) -> Path:
        """Where bytes lie once they are complete."""
        return self._files / sha256

    def write_lines(self, name: str, rows: Iterable[Mapping[str, object]]) -> None:
        """A list for people and programs, one JSON object a line, at a path inside the folder; whole, or as it was before."""
        path = self.folder / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        part.replace(path)

    def store(self, body: Body) -> Body:
        """Move fetched bytes to their place by hash."""
        place = self.stored(body.sha256)
        body.path.chmod(0o600)
        body.path.replace(place)
        return Body(place, body.size, body.sha256)

    @property
    def _files(self) -> Path:
        folder = self.folder / "files"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder


@asynccontextmanager
async def open_run(folder: Path, source: str, target: str, clock: Clock | None = None) -> AsyncIterator[Run]:
    """The run folder, made if it is not there, locked until the block ends. `source`, `target`: the accounts' identities.

    Raises RunFolderUnusable: another process has it, it belongs to other accounts, or it cannot be written.
    """
    lock = _lock(folder)
    try:
        _try(folder / "checkpoint.db", "r+b")
        async with open_ledger(folder / "checkpoint.db", clock=clock) as ledger:
            _close_to_others(folder)
            await _claim(ledger, folder, source, target)
            yield Run(folder, ledger)
    finally:
        _close_to_others(folder)
        lock.release()


@asynccontextmanager
async def look_at_run(folder: Path) -> AsyncIterator[Run | None]:
    """The run folder for reading only, also while a run is at work in it; None if no run has started."""
    if not _try(folder / "checkpoint.db", "rb"):
        yield None
        return
    async with open_ledger(folder / "checkpoint.db", writable=False) as ledger:
        yield Run(folder, ledger)


def is_at_work(folder: Path) -> bool:
    """Whether a process has the run folder locked."""
    lock = FileLock(folder / "lock", timeout=0, mode=0o600)
    try:
        if not (folder / "lock").exists():
            return False
        lock.acquire()
    except Timeout:
        return True
    except OSError:
        return False  # not ours to lock; it may still be read
    lock.release()
    return False


def _lock(folder: Path) -> FileLock:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if strange := _strange(folder):
            raise RunFolderUnusable(
                f"{folder}: holds {strange}, and is no run folder: give run_dir a folder of its own."
            )
        folder.chmod(0o700)
        lock = FileLock(folder / "lock", timeout=_GLANCE, mode=0o600)
        lock.acquire()
    except Timeout as error:
        raise RunFolderUnusable(
            f"{folder}: another migrator is at work in this run folder; wait for it, or stop it"
        ) from error
    except OSError as error:
        raise RunFolderUnusable(f"{folder}: cannot be used: {error.strerror}. {_OWN}") from error
    return lock


def _strange(folder: Path) -> str:
    """Something in a folder without a checkpoint that no run has put there; "" if there is nothing: the rest is ours to close to others."""
    if (folder / "checkpoint.db").exists():
        return ""
    ours = ("lock", "checkpoint.db", "bug-")
    return next((path.name for path in sorted(folder.iterdir()) if not path.name.startswith(ours)), "")


def _try(path: Path, mode: str) -> bool:
    """Whether the file is there. Raises RunFolderUnusable if this user may not use it so: SQLite would only say that it cannot."""
    try:
        with path.open(mode):
            return True
    except FileNotFoundError:
        return False
    except OSError as error:
        raise RunFolderUnusable(f"{path}: cannot be used: {error.strerror}. {_OWN}") from error


def _close_to_others(folder: Path) -> None:
    """What the folder holds is for its owner alone. Bodies and replies are made so; SQLite and others follow the umask."""
    for path in (*folder.iterdir(), *(path for name in ("verify", "rollback") for path in (folder / name).glob("*"))):
        with suppress(OSError):
            path.chmod(0o700 if path.is_dir() else 0o600)


async def _claim(ledger: Ledger, folder: Path, source: str, target: str) -> None:
    for side, identity in (("source", source), ("target", target)):
        claimed = ledger.meta(side)
        if claimed is None:
            await ledger.set_meta(side, identity)
        elif claimed != identity:
            raise RunFolderUnusable(
                f"{folder}: this run folder was made for the {side} {claimed}, but the file now names {identity}. "
                "Give the migration another name or run_dir, or put the account back."
            )
