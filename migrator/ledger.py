"""The ledger: what was read, what it means, what was sent, and what came of it, in the checkpoint file.

Outcomes are of one part of one entity: intended (sent, answer unknown) -> made | refused; or matched, skipped, held without a request.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from migrator.checkpoint import Checkpoint, writing
from migrator.clock import Clock, Moment, system_clock
from migrator.errors import RunFolderUnusable
from migrator.model import Entity, Issue, Kind, Reach, Ref
from migrator.passes import Passes, decode_entity
from migrator.reads import Reads
from migrator.removals import Removals
from migrator.vendor import Body

FRESH = 1.0  # seconds by which the moment of an intent may lie before its create really leaves
_KEEP_ISSUE = "INSERT OR REPLACE INTO issue VALUES (?, ?, ?, ?, ?, ?)"
_FORGET = "DELETE FROM outcome WHERE kind = ? AND id = ? AND part = ?"
_DROP_BLOCKERS = "DELETE FROM issue WHERE kind = ? AND id = ? AND reach = 'blocker'"  # of an earlier try
_KEEP_OUTCOME = "INSERT OR REPLACE INTO outcome VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_KEEP_MOMENT = """UPDATE outcome SET sent_at = ?, steady = ?, boot = ?
    WHERE kind = ? AND id = ? AND part = ? AND state = 'intended'"""


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
    """One row. `sent_at`: seconds since the epoch when the create left; `note`: why, for people. `steady`, `boot`: see Moment."""

    state: State
    target: str = ""
    sent_at: float = 0.0
    note: str = ""
    steady: float = 0.0
    boot: str = ""


class Ledger:
    """An open checkpoint. Reading is immediate; writing is awaited."""

    def __init__(self, path: Path, *, writable: bool, clock: Clock) -> None:
        self._file = Checkpoint(path, writable=writable)
        self._clock = clock
        self._under_way: set[tuple[Ref, str]] = set()
        self.reads = Reads(self._file)
        self.passes = Passes(self._file)
        self.removals = Removals(self._file)
        self._outcomes = {
            (Ref(Kind(kind), id), part): Outcome(State(state), *told)
            for kind, id, part, state, *told in self._file.rows("SELECT * FROM outcome")
        }
        self._sent: dict[tuple[str, str], int] = {
            (side, day): sent for side, day, sent in self._file.rows("SELECT side, day, sent FROM request")
        }

    # -- meta -------------------------------------------------------------------------------------------------------

    def meta(self, key: str) -> str | None:
        """A fact about the run."""
        row = self._file.row("SELECT value FROM meta WHERE key = ?", (key,))
        return row[0] if row else None

    async def set_meta(self, key: str, value: str) -> None:
        """Keep a fact about the run."""
        await self._file.write([("INSERT OR REPLACE INTO meta VALUES (?, ?)", [(key, value)])])

    # -- extraction -------------------------------------------------------------------------------------------------

    async def note_refused(self, read: str, scope: str, issue: Issue) -> None:
        """The source refused a part of a read: a loss until it is read again."""
        await self._file.write([self.reads.refuse(read, scope), (_KEEP_ISSUE, [_issue_row(issue)])])

    async def save_entities(
        self,
        read: str,
        entities: Iterable[Entity],
        issues: Iterable[Issue],
        left_out: Iterable[tuple[Ref, str]],
        taken_in: Iterable[Ref] = (),
    ) -> None:
        """What a read held, in one transaction; of two entities with one ref the first stays.

        `left_out`: by the user's scope. `taken_in`: left out by an earlier pass, and no longer.
        """
        out = [(ref, "create", Outcome(State.SKIPPED, note=why)) for ref, why in left_out]
        back = list(taken_in)
        await self._file.write(
            [
                *self.passes.keep(entities, self._is_made),
                (_KEEP_ISSUE, [_issue_row(issue) for issue in issues]),
                (_FORGET, [(ref.kind, ref.id, "create") for ref in back]),
                (_KEEP_OUTCOME, [_outcome_row(*row) for row in out]),
                self.reads.decode(read),
            ]
        )
        for ref in back:
            self._outcomes.pop((ref, "create"), None)
        self._outcomes.update({(ref, part): outcome for ref, part, outcome in out})

    # -- passes -----------------------------------------------------------------------------------------------------

    async def begin_pass(self, stale: Iterable[str]) -> None:
        """Read the source once more. What was read of it is forgotten, what was made of it is not. `stale`: see Passes.begin."""
        await self._file.write([*self.reads.forget_all(), *self.passes.begin(stale)])

    async def note_compared(self, gone: Iterable[Issue], dropped: Iterable[Ref], touched: Iterable[Ref]) -> None:
        """What the pass came to once all was read, in one transaction. `dropped`: gone, and never in the target."""
        refs = list(dropped)
        await self._file.write(
            [
                *self.passes.drop(refs),
                (_KEEP_ISSUE, [_issue_row(issue) for issue in gone]),
                self.passes.touch(touched),
                ("INSERT OR REPLACE INTO meta VALUES ('compared', ?)", [(str(self.passes.number),)]),
            ]
        )
        left = {(ref, part) for ref, part in self._outcomes if ref in set(refs)}
        self._outcomes = {key: outcome for key, outcome in self._outcomes.items() if key not in left}

    async def settle_change(
        self, ref: Ref, stale: Iterable[tuple[Ref, str, str]], issues: Iterable[Issue], *, waits: bool
    ) -> None:
        """What came of changing one entity in the target. `stale`: ref, code and field of issues told before, and no longer so."""
        drop = "DELETE FROM issue WHERE kind = ? AND id = ? AND code = ? AND field = ?"
        await self._file.write(
            [
                (drop, [(of.kind, of.id, code, field) for of, code, field in stale]),
                (_KEEP_ISSUE, [_issue_row(issue) for issue in issues]),
                *([] if waits else [self.passes.settle(ref)]),
            ]
        )

    # -- entities ---------------------------------------------------------------------------------------------------

    def entities(self, kind: Kind, *, deepest_first: bool = False) -> Iterator[Entity]:
        """All of a kind: parents before children (or after), then by moment, then as received."""
        order = "depth DESC, moment, place" if deepest_first else "depth, moment, place"
        sql = f"SELECT place FROM entity WHERE kind = ? ORDER BY {order}"  # noqa: S608
        for body in self._file.bodies("entity", self._file.rows(sql, (kind,))):
            yield decode_entity(body)

    def entity(self, ref: Ref) -> Entity | None:
        """One entity."""
        row = self._file.row("SELECT body FROM entity WHERE kind = ? AND id = ?", (ref.kind, ref.id))
        return decode_entity(row[0]) if row else None

    def owned(self, ref: Ref, kind: Kind) -> Iterator[Entity]:
        """What of a kind hangs on the ref, in order."""
        sql = "SELECT body FROM entity WHERE owner = ? AND kind = ? ORDER BY moment, place"
        for (body,) in self._file.rows(sql, (str(ref), kind)):
            yield decode_entity(body)

    def is_addition(self, ref: Ref) -> bool:
        """Whether the ref names something the run adds, rather than an entity of the source."""
        row = self._file.row("SELECT 1 FROM entity WHERE kind = ? AND id = ?", (ref.kind, ref.id))
        return row is None

    def count(self, kind: Kind) -> int:
        """How many entities of a kind were extracted."""
        [(count,)] = self._file.rows("SELECT count(*) FROM entity WHERE kind = ?", (kind,))
        return int(count)

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

    def _is_made(self, ref: Ref) -> bool:
        outcome = self._outcomes.get((ref, "create"))
        return outcome is not None and outcome.state is State.MADE

    async def intend(self, rows: Iterable[tuple[Ref, str]]) -> None:
        """On the disk before the create leaves. It is under way until it is settled, forgotten, or given up."""
        now = self._clock.now()
        intended = Outcome(State.INTENDED, sent_at=now.wall, steady=now.steady, boot=now.boot)
        keys = list(rows)
        await self._settle([(*key, intended) for key in keys], ())
        self._under_way.update(keys)

    async def leaving(self) -> None:
        """Bytes of a create leave now: what is under way has a moment that is true, on the disk.

        A create may wait for hours between its intent and its turn, and a file takes as long as it flows.
        """
        now = self._clock.now()
        stale = [key for key in self._under_way if now.steady - self._outcomes[key].steady > FRESH]
        if not stale:
            return
        moment = (now.wall, now.steady, now.boot)
        await self._file.write([(_KEEP_MOMENT, [(*moment, ref.kind, ref.id, part) for ref, part in stale])])
        for key in self._under_way.intersection(stale):
            self._outcomes[key] = replace(self._outcomes[key], sent_at=now.wall, steady=now.steady, boot=now.boot)

    def give_up(self, rows: Iterable[tuple[Ref, str]]) -> None:
        """No more bytes of these leave; whether they were made is in doubt."""
        self._under_way.difference_update(rows)

    def since_sent(self, ref: Ref, part: str) -> float:
        """Seconds that have certainly passed since the last bytes of a create in doubt left; 0 where nobody can tell."""
        outcome = self._outcomes[ref, part]
        passed = self._clock.since(Moment(outcome.sent_at, outcome.steady, outcome.boot))
        return max((passed or 0.0) - FRESH, 0.0)

    async def settle(self, rows: Iterable[tuple[Ref, str, Outcome]], issues: Iterable[Issue] = ()) -> None:
        """What came of it."""
        await self._settle(list(rows), issues)

    async def forget(self, ref: Ref, part: str) -> None:
        """The create certainly did not happen: as if never intended."""
        await self._file.write([(_FORGET, [(ref.kind, ref.id, part)])])
        self._outcomes.pop((ref, part), None)
        self._under_way.discard((ref, part))

    async def _settle(self, rows: list[tuple[Ref, str, Outcome]], issues: Iterable[Issue]) -> None:
        await self._file.write(
            [
                (_KEEP_OUTCOME, [_outcome_row(*row) for row in rows]),
                (_DROP_BLOCKERS, [(ref.kind, ref.id) for ref, _, _ in rows]),
                (_KEEP_ISSUE, [_issue_row(issue) for issue in issues]),
            ]
        )
        self._outcomes.update({(ref, part): outcome for ref, part, outcome in rows})
        self._under_way.difference_update(
            (ref, part) for ref, part, outcome in rows if outcome.state is not State.INTENDED
        )

    # -- issues, bodies, requests -----------------------------------------------------------------------------------

    async def add_issues(self, issues: Iterable[Issue]) -> None:
        """Keep losses and blockers; the same one twice is one."""
        await self._file.write([(_KEEP_ISSUE, [_issue_row(issue) for issue in issues])])

    def issues(self) -> Iterator[Issue]:
        """All of them, by kind and id."""
        for kind, id, code, name, detail, reach in self._file.rows("SELECT * FROM issue ORDER BY kind, id"):
            yield Issue(ref=Ref(Kind(kind), id), code=code, field=name, detail=detail, reach=Reach(reach))

    def issues_of(self, ref: Ref) -> list[Issue]:
        """Those of one entity."""
        sql = "SELECT code, field, detail, reach FROM issue WHERE kind = ? AND id = ?"
        return [
            Issue(ref=ref, code=code, field=name, detail=detail, reach=Reach(reach))
            for code, name, detail, reach in self._file.rows(sql, (ref.kind, ref.id))
        ]

    async def save_body(self, file: Ref, body: Body) -> None:
        """The bytes of a file are on the disk."""
        await self._file.write([("INSERT OR REPLACE INTO body VALUES (?, ?, ?)", [(file.id, body.sha256, body.size)])])

    def body(self, file: Ref) -> tuple[str, int] | None:
        """SHA-256 and size of a file's bytes; None = not fetched."""
        row = self._file.row("SELECT sha256, size FROM body WHERE file = ?", (file.id,))
        return (row[0], row[1]) if row else None

    def requests(self, side: str) -> int:
        """Requests sent so far to "source" or "target", in all sessions of the run."""
        return sum(sent for (which, _), sent in self._sent.items() if which == side)

    def requests_of(self, side: str, day: str) -> int:
        """Requests of one UTC day (YYYY-MM-DD)."""
        return self._sent.get((side, day), 0)

    def request_days(self) -> dict[str, dict[str, int]]:
        """Requests by UTC day and side, the first day first."""
        days: dict[str, dict[str, int]] = {}
        for (side, day), sent in sorted(self._sent.items(), key=lambda item: item[0][::-1]):
            days.setdefault(day, {})[side] = sent
        return days

    def count_request(self, side: str) -> None:
        """One request leaves; on the disk with the next group."""
        day = datetime.now(UTC).date().isoformat()
        self._sent[side, day] = sent = self._sent.get((side, day), 0) + 1
        self._file.write_later([("INSERT OR REPLACE INTO request VALUES (?, ?, ?)", [(side, day, sent)])])


@asynccontextmanager
async def open_ledger(path: Path, *, writable: bool = True, clock: Clock | None = None) -> AsyncIterator[Ledger]:
    """The checkpoint at the path, made if it is not there. `clock`: None = the system's. Raises RunFolderUnusable."""
    try:
        ledger = Ledger(path, writable=writable, clock=clock or system_clock())
    except (sqlite3.Error, OSError) as error:
        raise RunFolderUnusable(f"{path}: is not a checkpoint this version can use ({error})") from error
    async with writing(ledger._file):
        yield ledger


def _issue_row(issue: Issue) -> tuple[str, ...]:
    return (issue.ref.kind, issue.ref.id, issue.code, issue.field, issue.detail, issue.reach)


def _outcome_row(ref: Ref, part: str, outcome: Outcome) -> tuple[Any, ...]:
    return (ref.kind, ref.id, part, *astuple(outcome))
