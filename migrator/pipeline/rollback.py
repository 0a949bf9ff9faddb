"""Rollback: take back what a run made, leaves first: read back, decide for everything, then remove. Killed and gone on with like a run."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from migrator.errors import EntityStopped
from migrator.ledger import Ledger, State
from migrator.model import Ref, owner
from migrator.pipeline.context import context_of
from migrator.pipeline.load import Load, Pace
from migrator.pipeline.migrate import STOP_SECONDS
from migrator.pipeline.naming import title_of
from migrator.pipeline.plan import CREATE, order_of
from migrator.pipeline.progress import Ready
from migrator.pipeline.status import ROLLBACK
from migrator.pipeline.survey import Undoing, left_of, survey, things_of
from migrator.pipeline.undo import DELETED, RETIRED, WITH, Fate, Thing, Verdict, decide, settle
from migrator.removals import BEGUN
from migrator.vendor import Body


@dataclass(frozen=True)
class Line:
    """One thing, as a list of the result names it. `note`: how it was taken back, or why it was not; `link`: its page or its owner's."""

    ref: Ref
    title: str
    id: str
    link: str
    note: str


@dataclass(frozen=True)
class Rollback:
    """What came of it, over all its sessions, or what would; `requests`: those that removing would take."""

    lines: dict[Fate, list[Line]]
    requests: int = 0

    @property
    def complete(self) -> bool:
        """Whether nothing of the run was left."""
        return not (self.lines[Fate.KEEP] or self.lines[Fate.IMPOSSIBLE])


async def rehearse_rollback(undoing: Undoing) -> Rollback:
    """Read back and decide, and stop there: nothing is written. Creates in doubt are not settled, and told as impossible."""
    things = list(things_of(undoing))
    verdicts = await _decided(undoing, things)
    context = context_of(undoing.run)
    steps = (
        undoing.transform.step(one.thing.entity, part)
        for one in verdicts
        if one.asks
        for part in left_of(undoing.run.ledger, one.thing)
    )
    requests = sum(undoing.target.removal_requests(step, context) for step in steps)
    return _result(undoing, things, verdicts, requests)


async def roll_back(undoing: Undoing, pace: Pace, stop: asyncio.Event) -> Rollback | None:
    """Take it back; None if `stop` was set before the end. From its first moment on, the run is not gone on with."""
    await undoing.run.ledger.set_meta(ROLLBACK, "started")
    working = asyncio.create_task(_Rolling(undoing, pace, stop).roll())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait((working,), timeout=STOP_SECONDS if stop.is_set() else None)
        found = working.result() if working.done() else None
    finally:
        working.cancel()
        stopping.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)
    if stop.is_set():
        return None
    assert found is not None
    for fate in (Fate.KEEP, Fate.IMPOSSIBLE):
        await undoing.run.ledger.set_meta(f"{ROLLBACK} {fate}", str(len(found.lines[fate])))
    await undoing.run.ledger.set_meta(ROLLBACK, "done")
    return found


class _Rolling:
    """One session of it."""

    def __init__(self, undoing: Undoing, pace: Pace, stop: asyncio.Event) -> None:
        self._undoing = undoing
        self._ledger = undoing.run.ledger
        self._context = context_of(undoing.run)
        self._pace = pace
        self._stop = stop
        self._slots = asyncio.Semaphore(pace.parallel)
        self._failed: dict[Ref, str] = {}
        self._along: dict[Ref, list[Verdict]] = defaultdict(list)  # what goes with each

    async def roll(self) -> Rollback:
        """Settle what is in doubt, bring to its end what was begun, then look, decide and do."""
        await self._settle_doubts()
        things = list(things_of(self._undoing))
        for thing in _begun(self._ledger, things):
            if not self._stop.is_set():
                deletes = thing.ref.kind in self._undoing.capabilities.deletes
                await self._take_back(Verdict(thing, Fate.REVERSE, DELETED if deletes else RETIRED))
        self._failed.clear()  # they are decided anew
        verdicts = await _decided(self._undoing, things)
        await self._remove(verdicts)
        taken = {ref for ref, part, how in self._ledger.removals if part == CREATE and how != BEGUN}
        settled = settle(verdicts, self._failed, taken)
        if not self._stop.is_set():
            await self._note([one for one in settled if one.thing.ref in self._failed and one.fate is Fate.REVERSE])
        return _result(self._undoing, things, settled)

    async def _settle_doubts(self) -> None:
        of = self._undoing
        ready = Ready(())
        load = Load(
            of.target, of.capabilities, of.transform, of.run, ready, _no_body, of.progress, self._pace, self._stop
        )
        await load.settle_left()

    async def _remove(self, verdicts: list[Verdict]) -> None:
        """Kind by kind against the order of loading, children before parents."""
        gone = self._sorted(verdicts)
        self._announce(verdicts)
        await self._note(gone)
        asked = [one for one in reversed(verdicts) if one.asks]
        for kind in reversed(order_of(self._undoing.capabilities)):
            mine = sorted((one for one in asked if one.thing.ref.kind is kind), key=_depth, reverse=True)
            for _, level in groupby(mine, key=_depth):
                await self._level(level)

    def _sorted(self, verdicts: list[Verdict]) -> list[Verdict]:
        """Those that are gone without anybody being asked; what goes with another waits for that."""
        reversing = {one.thing.ref: one for one in verdicts if one.fate is Fate.REVERSE}
        gone: list[Verdict] = []
        for one in reversing.values():
            root = one
            while root.how.startswith(WITH) and (above := owner(root.thing.entity)) and above in reversing:
                root = reversing[above]
            if not root.asks:
                gone.append(one)
            elif root is not one:
                self._along[root.thing.ref].append(one)
        return gone

    def _announce(self, verdicts: list[Verdict]) -> None:
        counts: dict[object, int] = defaultdict(int)
        for one in verdicts:
            if one.fate is Fate.REVERSE:
                counts[one.thing.ref.kind] += 1
                self._undoing.progress.extracted(one.thing.ref.kind, counts[one.thing.ref.kind])

    async def _level(self, verdicts: Iterable[Verdict]) -> None:
        async with asyncio.TaskGroup() as group:
            for verdict in verdicts:
                await self._slots.acquire()
                if self._stop.is_set():
                    self._slots.release()
                    return
                group.create_task(self._slotted(verdict))

    async def _slotted(self, verdict: Verdict) -> None:
        try:
            await self._take_back(verdict)
        finally:
            self._slots.release()

    async def _take_back(self, verdict: Verdict) -> None:
        """Its parts, the last first; each is on the disk before it leaves and after, so that it is repeated if need be."""
        thing = verdict.thing
        *later, first = left_of(self._ledger, thing)[::-1]
        for part in (*later, first):
            await self._ledger.removals.keep([(thing.ref, part, BEGUN)])
            try:
                await self._undoing.target.remove(self._undoing.transform.step(thing.entity, part), self._context)
            except EntityStopped as refused:
                await self._ledger.removals.forget(thing.ref, part)
                self._failed[thing.ref] = str(refused)
                return
            if part != first:
                await self._ledger.removals.keep([(thing.ref, part, verdict.how)])
        await self._note([verdict, *self._along[thing.ref]])

    async def _note(self, verdicts: list[Verdict]) -> None:
        if rows := [(one.thing.ref, part, one.how) for one in verdicts for part in left_of(self._ledger, one.thing)]:
            await self._ledger.removals.keep(rows)
        for one in verdicts:
            self._undoing.progress.settled(one.thing.ref.kind)


async def _no_body(_: Ref) -> Body | None:
    """Nothing is sent any more."""
    return None


async def _decided(undoing: Undoing, things: list[Thing]) -> list[Verdict]:
    left = [thing for thing in things if left_of(undoing.run.ledger, thing)]
    return decide(left, await survey(undoing, left), undoing.capabilities)


def _begun(ledger: Ledger, things: Iterable[Thing]) -> Iterator[Thing]:
    """Those of which some part was taken back, or may have been, and not all: the last loaded first."""
    for thing in reversed(list(things)):
        left = left_of(ledger, thing)
        if left and (
            len(left) < len(thing.parts) or any(ledger.removals.of(thing.ref, part) == BEGUN for part in left)
        ):
            yield thing


def _depth(verdict: Verdict) -> int:
    return int(getattr(verdict.thing.entity, "depth", 0))


# -- the result -----------------------------------------------------------------------------------------------------------


def _result(undoing: Undoing, things: list[Thing], verdicts: list[Verdict], requests: int = 0) -> Rollback:
    ledger = undoing.run.ledger
    lines: dict[Fate, list[Line]] = {fate: [] for fate in Fate}
    decided = {one.thing.ref: one for one in verdicts}
    for thing in things:
        if not left_of(ledger, thing):
            how = ledger.removals.of(thing.ref, CREATE) or ledger.removals.of(thing.ref, thing.parts[0]) or ""
            lines[Fate.REVERSE].append(_line(undoing, thing, how))
        elif one := decided.get(thing.ref):
            lines[one.fate].append(_line(undoing, thing, one.how or one.why))
    lines[Fate.IMPOSSIBLE] += _never_known(undoing)
    return Rollback(lines, requests)


def _line(undoing: Undoing, thing: Thing, note: str) -> Line:
    """With the address of the nearest thing that has one."""
    ledger, target = undoing.run.ledger, undoing.target
    ref: Ref | None = thing.ref
    link = None
    while ref is not None and link is None:
        entity, id = ledger.entity(ref), ledger.target(ref)
        link = target.link(ref.kind, id) if id else None
        ref = owner(entity) if entity else owner(thing.entity) if ref == thing.ref else None
    return Line(thing.ref, title_of(thing.entity), thing.id, link or "", note)


def _never_known(undoing: Undoing) -> Iterator[Line]:
    """Creates of which nobody knows whether they were carried out."""
    for ref, part, outcome in undoing.run.ledger.outcomes():
        if outcome.state in (State.DOUBTFUL, State.INTENDED):
            entity = undoing.run.ledger.entity(ref)
            why = f"sent ({part}), and no answer tells whether it was made: look for it by hand"
            yield Line(ref, title_of(entity) if entity else "", "", "", why)
