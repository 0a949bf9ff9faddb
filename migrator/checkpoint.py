"""The checkpoint file: its tables, how it is opened, and the one writer that commits in groups.

WAL, synchronous=FULL. What `await`s a write goes on only when it is on the disk; reading is immediate.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from migrator.errors import RunFolderUnusable

FORMAT = "2"
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE scope (place INTEGER PRIMARY KEY, read TEXT NOT NULL, scope TEXT NOT NULL, cursor TEXT, state TEXT NOT NULL,
    total INTEGER, UNIQUE (read, scope));
CREATE TABLE record (place INTEGER PRIMARY KEY, read TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (read, id));
CREATE TABLE decoded (read TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE entity (place INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, depth INTEGER NOT NULL,
    moment TEXT NOT NULL, body BLOB NOT NULL, before BLOB, waiting INTEGER NOT NULL DEFAULT 0, added INTEGER NOT NULL,
    changed INTEGER NOT NULL, seen INTEGER NOT NULL, UNIQUE (kind, id));
CREATE INDEX entity_order ON entity (kind, depth, moment, place);
CREATE INDEX entity_owner ON entity (owner, kind);
CREATE TABLE outcome (kind TEXT NOT NULL, id TEXT NOT NULL, part TEXT NOT NULL, state TEXT NOT NULL, target TEXT NOT NULL,
    sent_at REAL NOT NULL, note TEXT NOT NULL, steady REAL NOT NULL, boot TEXT NOT NULL,
    PRIMARY KEY (kind, id, part)) WITHOUT ROWID;
CREATE TABLE issue (kind TEXT NOT NULL, id TEXT NOT NULL, code TEXT NOT NULL, field TEXT NOT NULL, detail TEXT NOT NULL,
    reach TEXT NOT NULL, PRIMARY KEY (kind, id, code, field)) WITHOUT ROWID;
CREATE TABLE body (file TEXT PRIMARY KEY, sha256 TEXT NOT NULL, size INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE removal (kind TEXT NOT NULL, id TEXT NOT NULL, part TEXT NOT NULL, how TEXT NOT NULL,
    PRIMARY KEY (kind, id, part)) WITHOUT ROWID;
CREATE TABLE request (side TEXT NOT NULL, day TEXT NOT NULL, sent INTEGER NOT NULL, PRIMARY KEY (side, day)) WITHOUT ROWID;
INSERT INTO meta VALUES ('format', '2');
"""

Statement = tuple[str, Iterable[tuple[Any, ...]]]


class Checkpoint:
    """The open file."""

    def __init__(self, path: Path, *, writable: bool) -> None:
        self._path = path
        self._reader = _connect(path, writable=writable)
        self._writer = _connect(path, writable=True) if writable else None
        self._queue: asyncio.Queue[tuple[list[Statement], asyncio.Future[None] | None]] = asyncio.Queue()

    def rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows at once: a cursor left open over an await would hold a snapshot, and hide what is written meanwhile."""
        return self._reader.execute(sql, values).fetchall()

    def row(self, sql: str, values: tuple[Any, ...] = ()) -> tuple[Any, ...] | None:
        """The first row, None if there is none."""
        found: tuple[Any, ...] | None = self._reader.execute(sql, values).fetchone()
        return found

    def bodies(self, table: str, places: Iterable[tuple[int]]) -> Iterator[bytes]:
        """Those of the rows at these places, one statement each."""
        sql = f"SELECT body FROM {table} WHERE place = ?"  # noqa: S608
        for place in places:
            for (body,) in self.rows(sql, place):
                yield body

    async def write(self, statements: list[Statement]) -> None:
        """In one transaction, on the disk when this returns. Raises RunFolderUnusable."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((statements, done))
        await done

    def write_later(self, statements: list[Statement]) -> None:
        """On the disk with the next group."""
        self._queue.put_nowait((statements, None))

    async def write_groups(self) -> None:
        """The writer's work, until it is cancelled."""
        while True:
            group = [await self._queue.get()]
            while not self._queue.empty():
                group.append(self._queue.get_nowait())
            try:
                await asyncio.to_thread(self._commit, [one for statements, _ in group for one in statements])
            except (sqlite3.Error, OSError, ValueError, OverflowError) as error:  # the last two: SQLite cannot hold it
                broken = RunFolderUnusable(
                    f"{self._path}: cannot be written ({error}). Free space or mend the folder, then give the same command again."
                )
                for _, done in group:
                    if done and not done.done():
                        done.set_exception(broken)
            else:
                for _, done in group:
                    if done and not done.done():
                        done.set_result(None)
            for _ in group:
                self._queue.task_done()

    def _commit(self, statements: list[Statement]) -> None:
        assert self._writer is not None, "opened for reading only"
        with self._writer:
            self._writer.execute("BEGIN IMMEDIATE")
            for sql, rows in statements:
                self._writer.executemany(sql, rows)

    async def close(self) -> None:
        """When all that was asked for is written."""
        if self._writer:
            await self._queue.join()
            self._writer.close()
        self._reader.close()


@asynccontextmanager
async def writing(checkpoint: Checkpoint) -> AsyncIterator[None]:
    """The writer at work until the block ends; then the file is closed."""
    writer = asyncio.create_task(checkpoint.write_groups())
    try:
        yield
    finally:
        await checkpoint.close()
        writer.cancel()
        with suppress(asyncio.CancelledError):
            await writer


def _connect(path: Path, *, writable: bool) -> sqlite3.Connection:
    if not writable:
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False, isolation_level=None)
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
    try:
        _prepare(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        connection.executescript(f"BEGIN;{_SCHEMA}COMMIT;")
    row = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    if row != (FORMAT,):
        raise sqlite3.DatabaseError(
            f"made by another version of migrator (format {row and row[0]}, this one writes {FORMAT})"
        )
    if (found := connection.execute("PRAGMA quick_check(1)").fetchone()) != ("ok",):
        raise sqlite3.DatabaseError(f"damaged: {found[0]}")
