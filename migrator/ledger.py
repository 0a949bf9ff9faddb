"""The checkpoint: one SQLite file with what was read, what it means, what was sent, and what came of it.

WAL, synchronous=FULL, one writer that commits in groups. What `await`s a write goes on only when it is on the disk.
Outcomes are of one part of one entity: intended (sent, answer unknown) -> made | refused; or matched, skipped, held without a request.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
import orjson

from migrator.errors import RunFolderUnusable
from migrator.model import Entity, Issue, Kind, Reach, Ref, owner
from migrator.vendor import Body, Page, Record

FORMAT = "1"
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE scope (place INTEGER PRIMARY KEY, read TEXT NOT NULL, scope TEXT NOT NULL, cursor TEXT, state TEXT NOT NULL,
    total INTEGER, UNIQUE (read, scope));
CREATE TABLE record (place INTEGER PRIMARY KEY, read TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (read, id));
CREATE TABLE decoded (read TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE entity (place INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, depth INTEGER NOT NULL,
    moment TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (kind, id));
CREATE INDEX entity_order ON entity (kind, depth, moment, place);
CREATE INDEX entity_owner ON entity (owner, kind);
CREATE TABLE outcome (kind TEXT NOT NULL, id TEXT NOT NULL, part TEXT NOT NULL, state TEXT NOT NULL, target TEXT NOT NULL,
    sent_at REAL NOT NULL, note TEXT NOT NULL, PRIMARY KEY (kind, id, part)) WITHOUT ROWID;
CREATE TABLE issue (kind TEXT NOT NULL, id TEXT NOT NULL, code TEXT NOT NULL, field TEXT NOT NULL, detail TEXT NOT NULL,
    reach TEXT NOT NULL, PRIMARY KEY (kind, id, code, field)) WITHOUT ROWID;
CREATE TABLE body (file TEXT PRIMARY KEY, sha256 TEXT NOT NULL, size INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE request (side TEXT NOT NULL, day TEXT NOT NULL, sent INTEGER NOT NULL, PRIMARY KEY (side, day)) WITHOUT ROWID;
INSERT INTO meta VALUES ('format', '1');
"""
_KEEP_ISSUE = "INSERT OR REPLACE INTO issue VALUES (?, ?, ?, ?, ?, ?)"
_DROP_BLOCKERS = "DELETE FROM issue WHERE kind = ? AND id = ? AND reach = 'blocker'"  # of an earlier try
_KEEP_OUTCOME = "INSERT OR REPLACE INTO outcome VALUES (?, ?, ?, ?, ?, ?, ?)"
_decode_entity = msgspec.json.Decoder(Entity).decode

Statement = tuple[str, Iterable[tuple[Any, ...]]]


class State(StrEnum):
    """What became of one part of one entity."""

    INTENDED = "intended"
    MADE = "created"
    MATCHED = "matched"
    SKIPPED = "skipped"
    HELD = "held"
    REFUSED = "refused"
    DOUBTFUL = "doubtful"  # held for good: it may have been made, and nobody can tell


@dataclass(frozen=True)
class Outcome:
    """One row. `sent_at`: seconds since the epoch when the create left; `note`: why, for people."""

    state: State
    target: str = ""
    sent_at: float = 0.0
    note: str = ""


class Ledger:
    """An open checkpoint. Reading is immediate; writing is awaited."""

    def __init__(self, path: Path, *, writable: bool) -> None:
        self._path = path
        self._reader = _connect(path, writable=writable)
        self._writer = _connect(path, writable=True) if writable else None
        self._queue: asyncio.Queue[tuple[list[Statement], asyncio.Future[None] | None]] = asyncio.Queue()
        self._outcomes = {
            (Ref(Kind(kind), id), part): Outcome(State(state), target, sent_at, note)
            for kind, id, part, state, target, sent_at, note in self._reader.execute("SELECT * FROM outcome")
        }
        self._decoded = {name for (name,) in self._reader.execute("SELECT read FROM decoded")}
        self._sent: dict[tuple[str, str], int] = {
            (side, day): sent for side, day, sent in self._reader.execute("SELECT side, day, sent FROM request")
        }

    # -- meta -------------------------------------------------------------------------------------------------------

    def meta(self, key: str) -> str | None:
        """A fact about the run."""
        row = self._reader.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    async def set_meta(self, key: str, value: str) -> None:
        """Keep a fact about the run."""
        await self._write([("INSERT OR REPLACE INTO meta VALUES (?, ?)", [(key, value)])])

    # -- extraction -------------------------------------------------------------------------------------------------

    async def add_scopes(self, read: str, scopes: Iterable[str]) -> None:
        """Note the parts a read is made in; those already known keep their cursor."""
        rows = [(read, scope) for scope in scopes]
        sql = "INSERT OR IGNORE INTO scope (read, scope, cursor, state) VALUES (?, ?, NULL, 'open')"
        await self._write([(sql, rows)])

    def open_scopes(self, read: str) -> list[tuple[str, str | None]]:
        """The parts of a read not finished, with the cursor each goes on from."""
        sql = "SELECT scope, cursor FROM scope WHERE read = ? AND state = 'open' ORDER BY place"
        return self._reader.execute(sql, (read,)).fetchall()

    async def save_page(self, read: str, scope: str, page: Page, ids: Iterable[str]) -> None:
        """Records, cursor and new scopes, in one transaction. A record seen before is replaced."""
        bodies = [(read, id, orjson.dumps(record)) for id, record in zip(ids, page.records, strict=True)]
        state = "split" if page.split else ("open" if page.next is not None else "done")
        await self._write(
            [
                ("INSERT OR REPLACE INTO record (read, id, body) VALUES (?, ?, ?)", bodies),
                (
                    "INSERT OR IGNORE INTO scope (read, scope, cursor, state) VALUES (?, ?, NULL, 'open')",
                    [(read, part) for part in page.split],
                ),
                (
                    "UPDATE scope SET cursor = ?, state = ?, total = coalesce(?, total) WHERE read = ? AND scope = ?",
                    [(page.next, state, page.total, read, scope)],
                ),
            ]
        )

    def records(self, read: str) -> Iterator[Record]:
        """The records of one read, in the order received."""
        places = self._reader.execute("SELECT place FROM record WHERE read = ? ORDER BY place", (read,)).fetchall()
        for body in self._bodies("record", places):
            yield orjson.loads(body)

    def is_decoded(self, read: str) -> bool:
        """Whether the read is complete and its entities are here."""
        return read in self._decoded

    async def save_entities(
        self, read: str, entities: Iterable[Entity], issues: Iterable[Issue], left_out: Iterable[tuple[Ref, str]]
    ) -> None:
        """What a read held, in one transaction; of two entities with one ref the first stays. `left_out`: by the user's scope."""
        await self._write(
            [
                (
                    "INSERT OR IGNORE INTO entity (kind, id, owner, depth, moment, body) VALUES (?, ?, ?, ?, ?, ?)",
                    [_entity_row(entity) for entity in entities],
                ),
                (_KEEP_ISSUE, [_issue_row(issue) for issue in issues]),
                (
                    _KEEP_OUTCOME,
                    [_outcome_row(ref, "create", Outcome(State.SKIPPED, note=why)) for ref, why in left_out],
                ),
                ("INSERT OR IGNORE INTO decoded VALUES (?)", [(read,)]),
            ]
        )
        self._decoded.add(read)
        self._outcomes.update({(ref, "create"): Outcome(State.SKIPPED, note=why) for ref, why in left_out})

    # -- entities ---------------------------------------------------------------------------------------------------

    def entities(self, kind: Kind, *, deepest_first: bool = False) -> Iterator[Entity]:
        """All of a kind: parents before children (or after), then by moment, then as received."""
        order = "depth DESC, moment, place" if deepest_first else "depth, moment, place"
        sql = f"SELECT place FROM entity WHERE kind = ? ORDER BY {order}"  # noqa: S608
        for body in self._bodies("entity", self._reader.execute(sql, (kind,)).fetchall()):
            yield _decode_entity(body)

    def _bodies(self, table: str, places: list[tuple[int]]) -> Iterator[bytes]:
        """One statement each: a cursor left open over an await would hold a snapshot, and hide what is written meanwhile."""
        sql = f"SELECT body FROM {table} WHERE place = ?"  # noqa: S608
        for place in places:
            yield self._reader.execute(sql, place).fetchone()[0]

    def entity(self, ref: Ref) -> Entity | None:
        """One entity."""
        row = self._reader.execute("SELECT body FROM entity WHERE kind = ? AND id = ?", (ref.kind, ref.id)).fetchone()
        return _decode_entity(row[0]) if row else None

    def owned(self, ref: Ref, kind: Kind) -> Iterator[Entity]:
        """What of a kind hangs on the ref, in order."""
        sql = "SELECT body FROM entity WHERE owner = ? AND kind = ? ORDER BY moment, place"
        for (body,) in self._reader.execute(sql, (str(ref), kind)).fetchall():
            yield _decode_entity(body)

    def is_addition(self, ref: Ref) -> bool:
        """Whether the ref names something the run adds, rather than an entity of the source."""
        row = self._reader.execute("SELECT 1 FROM entity WHERE kind = ? AND id = ?", (ref.kind, ref.id)).fetchone()
        return row is None

    def count(self, kind: Kind) -> int:
        """How many entities of a kind were extracted."""
        row = self._reader.execute("SELECT count(*) FROM entity WHERE kind = ?", (kind,)).fetchone()
        return int(row[0])

    # -- outcomes ---------------------------------------------------------------------------------------------------

    def outcome(self, ref: Ref, part: str = "create") -> Outcome | None:
        """What became of one part of an entity; None = nothing yet."""
        return self._outcomes.get((ref, part))

    def target(self, ref: Ref, part: str = "create") -> str | None:
        """The target's id of what was made or matched."""
        outcome = self._outcomes.get((ref, part))
        return outcome.target if outcome and outcome.state in (State.MADE, State.MATCHED) else None

    def outcomes(self) -> Iterator[tuple[Ref, str, Outcome]]:
        """All of them."""
        for (ref, part), outcome in self._outcomes.items():
            yield ref, part, outcome

    async def intend(self, rows: Iterable[tuple[Ref, str]], sent_at: float) -> None:
        """On the disk before the create leaves."""
        await self._settle([(ref, part, Outcome(State.INTENDED, sent_at=sent_at)) for ref, part in rows], ())

    async def settle(self, rows: Iterable[tuple[Ref, str, Outcome]], issues: Iterable[Issue] = ()) -> None:
        """What came of it."""
        await self._settle(list(rows), issues)

    async def forget(self, ref: Ref, part: str) -> None:
        """The create certainly did not happen: as if never intended."""
        await self._write([("DELETE FROM outcome WHERE kind = ? AND id = ? AND part = ?", [(ref.kind, ref.id, part)])])
        self._outcomes.pop((ref, part), None)

    async def _settle(self, rows: list[tuple[Ref, str, Outcome]], issues: Iterable[Issue]) -> None:
        await self._write(
            [
                (_KEEP_OUTCOME, [_outcome_row(*row) for row in rows]),
                (_DROP_BLOCKERS, [(ref.kind, ref.id) for ref, _, _ in rows]),
                (_KEEP_ISSUE, [_issue_row(issue) for issue in issues]),
            ]
        )
        self._outcomes.update({(ref, part): outcome for ref, part, outcome in rows})

    # -- issues, bodies, requests -----------------------------------------------------------------------------------

    async def add_issues(self, issues: Iterable[Issue]) -> None:
        """Keep losses and blockers; the same one twice is one."""
        await self._write([(_KEEP_ISSUE, [_issue_row(issue) for issue in issues])])

    def issues(self) -> Iterator[Issue]:
        """All of them, by kind and id."""
        for kind, id, code, name, detail, reach in self._reader.execute("SELECT * FROM issue ORDER BY kind, id"):
            yield Issue(ref=Ref(Kind(kind), id), code=code, field=name, detail=detail, reach=Reach(reach))

    async def save_body(self, file: Ref, body: Body) -> None:
        """The bytes of a file are on the disk."""
        await self._write([("INSERT OR REPLACE INTO body VALUES (?, ?, ?)", [(file.id, body.sha256, body.size)])])

    def body(self, file: Ref) -> tuple[str, int] | None:
        """SHA-256 and size of a file's bytes; None = not fetched."""
        row = self._reader.execute("SELECT sha256, size FROM body WHERE file = ?", (file.id,)).fetchone()
        return (row[0], row[1]) if row else None

    def requests(self, side: str) -> int:
        """Requests sent so far to "source" or "target", in all sessions of the run."""
        return sum(sent for (which, _), sent in self._sent.items() if which == side)

    def requests_of(self, side: str, day: str) -> int:
        """Requests of one UTC day (YYYY-MM-DD)."""
        return self._sent.get((side, day), 0)

    def count_request(self, side: str) -> None:
        """One request leaves; on the disk with the next group."""
        day = datetime.now(UTC).date().isoformat()
        self._sent[side, day] = sent = self._sent.get((side, day), 0) + 1
        self._queue.put_nowait(([("INSERT OR REPLACE INTO request VALUES (?, ?, ?)", [(side, day, sent)])], None))

    # -- the writer -------------------------------------------------------------------------------------------------

    async def _write(self, statements: list[Statement]) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((statements, done))
        await done

    async def _write_groups(self) -> None:
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

    async def _close(self) -> None:
        if self._writer:
            await self._queue.join()
            self._writer.close()
        self._reader.close()


@asynccontextmanager
async def open_ledger(path: Path, *, writable: bool = True) -> AsyncIterator[Ledger]:
    """The checkpoint at the path, made if it is not there. Raises RunFolderUnusable."""
    try:
        ledger = Ledger(path, writable=writable)
    except (sqlite3.Error, OSError) as error:
        raise RunFolderUnusable(f"{path}: is not a checkpoint this version can use ({error})") from error
    writer = asyncio.create_task(ledger._write_groups())
    try:
        yield ledger
    finally:
        await ledger._close()
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


def _entity_row(entity: Entity) -> tuple[Any, ...]:
    above = owner(entity)
    moment = getattr(entity, "created", None)
    return (
        entity.ref.kind,
        entity.ref.id,
        str(above) if above else "",
        getattr(entity, "depth", 0),
        moment.isoformat() if moment else "",
        msgspec.json.encode(entity),
    )


def _issue_row(issue: Issue) -> tuple[str, ...]:
    return (issue.ref.kind, issue.ref.id, issue.code, issue.field, issue.detail, issue.reach)


def _outcome_row(ref: Ref, part: str, outcome: Outcome) -> tuple[Any, ...]:
    return (ref.kind, ref.id, part, outcome.state, outcome.target, outcome.sent_at, outcome.note)
