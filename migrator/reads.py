"""Reads: which lists of the source are made in which parts, how far each is, and the records as they were received.

They are of the pass under way; the next one begins with none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import orjson

from migrator.checkpoint import Checkpoint, Statement
from migrator.vendor import Page, Record


class Reads:
    """Which of them are decoded, which parts are open, and what came."""

    def __init__(self, file: Checkpoint) -> None:
        self._file = file
        self._decoded = {name for (name,) in file.rows("SELECT read FROM decoded")}

    async def add_scopes(self, read: str, scopes: Iterable[str]) -> None:
        """Note the parts a read is made in; those already known keep their cursor."""
        rows = [(read, scope) for scope in scopes]
        sql = "INSERT OR IGNORE INTO scope (read, scope, cursor, state) VALUES (?, ?, NULL, 'open')"
        await self._file.write([(sql, rows)])

    def open_scopes(self, read: str) -> list[tuple[str, str | None]]:
        """The parts of a read not finished, with the cursor each goes on from."""
        sql = "SELECT scope, cursor FROM scope WHERE read = ? AND state = 'open' ORDER BY place"
        return self._file.rows(sql, (read,))

    async def save_page(self, read: str, scope: str, page: Page, ids: Iterable[str]) -> None:
        """Records, cursor and new scopes, in one transaction. A record seen before is replaced."""
        bodies = [(read, id, orjson.dumps(record)) for id, record in zip(ids, page.records, strict=True)]
        state = "split" if page.split else ("open" if page.next is not None else "done")
        await self._file.write(
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

    def refused(self) -> int:
        """How many parts of reads the source refused."""
        row = self._file.row("SELECT count(*) FROM scope WHERE state = 'refused'")
        return int(row[0]) if row else 0

    def records(self, read: str) -> Iterator[Record]:
        """The records of one read, in the order received."""
        places = self._file.rows("SELECT place FROM record WHERE read = ? ORDER BY place", (read,))
        for body in self._file.bodies("record", places):
            yield orjson.loads(body)

    def is_decoded(self, read: str) -> bool:
        """Whether the read is complete and its entities are here."""
        return read in self._decoded

    def decode(self, read: str) -> Statement:
        """What notes, with its entities, that the read is decoded."""
        self._decoded.add(read)
        return ("INSERT OR IGNORE INTO decoded VALUES (?)", [(read,)])

    def refuse(self, read: str, scope: str) -> Statement:
        """What notes that the source refused a part."""
        return ("UPDATE scope SET state = 'refused' WHERE read = ? AND scope = ?", [(read, scope)])

    async def reopen_refused(self, reads: Sequence[str], told: str) -> None:
        """Parts that were refused are open again; all reads from the first of them on are decoded anew.

        `reads`: all, in order. `told`: the code of the issues that said so, which go.
        """
        refused = {read for (read,) in self._file.rows("SELECT DISTINCT read FROM scope WHERE state = 'refused'")}
        if not refused:
            return
        anew = [(read,) for read in reads[min(reads.index(read) for read in refused) :]]
        await self._file.write(
            [
                ("DELETE FROM issue WHERE code = ? AND field = ?", [(told, read) for read in refused]),
                ("UPDATE scope SET state = 'open', cursor = NULL WHERE state = 'refused'", [()]),
                ("DELETE FROM decoded WHERE read = ?", anew),
            ]
        )
        self._decoded -= {read for (read,) in anew}

    def forget_all(self) -> list[Statement]:
        """What begins anew: no parts, no records, nothing decoded."""
        self._decoded.clear()
        return [(f"DELETE FROM {table}", [()]) for table in ("scope", "record", "decoded")]  # noqa: S608
