"""Delta: a later pass over a run that is through. New things are loaded like any, changed ones set field by field, gone ones told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from typing import TypeAlias

from migrator.errors import EntityStopped, InputWrong
from migrator.ledger import Ledger, State
from migrator.model import Entity, Issue, Kind, Project, Reach, Ref, Task, owner
from migrator.passes import Version
from migrator.pipeline.changes import (
    CONFLICT,
    GONE,
    NOT_UPDATED,
    OURS_TOLD,
    UPDATE_REFUSED,
    Change,
    Changes,
    Choice,
    Verdict,
    changes_of,
    judge,
    touched,
    views,
)
from migrator.pipeline.extract import UNREADABLE, Extraction
from migrator.pipeline.load import Pace
from migrator.pipeline.migrate import Job, loading_of, side_by_side
from migrator.pipeline.plan import order_of
from migrator.pipeline.prove import DIFFERS
from migrator.pipeline.scope import wanted_kinds
from migrator.pipeline.status import status
from migrator.pipeline.transform import LINK_KEPT
from migrator.vendor import Observed, Target

Seen: TypeAlias = dict[Ref, Observed]

_STALE = (GONE, CONFLICT, UNREADABLE, DIFFERS)  # every pass tells these anew
_LATE = (Kind.TASK, Kind.PROJECT)  # closed only when all below them is as it should be
_CLOSING = frozenset({"status", "closed"})


async def begin(ledger: Ledger) -> bool:
    """Begin the next pass; False if one is under way already, which is gone on with. Raises InputWrong if the run is not through."""
    if is_under_way(ledger):
        return False
    found = status(ledger)
    if found.state not in ("done", "incomplete"):
        left = sum(row["open"] for row in found.kinds.values())
        so_far = f"{left} still to do" if found.kinds else "nothing was read yet"
        raise InputWrong(
            [f"a delta follows a run that is through, and this one is not ({so_far}): first migrator run FILE"]
        )
    await ledger.begin_pass(_STALE)
    return True


def is_under_way(ledger: Ledger) -> bool:
    """Whether a delta has begun and has not come to its end."""
    return ledger.passes.number > 1 and ledger.meta("stage") != "done"


async def delta(job: Job, pace: Pace, source_parallel: int, stop: asyncio.Event, choice: Choice = Choice.LIST) -> None:
    """The pass under way, to its end or until `stop` is set and nothing is under way."""
    extraction = Extraction(job.source, job.run, job.scope, job.progress, source_parallel)
    load, compared = loading_of(job, extraction, pace, stop), asyncio.Event()

    async def read() -> None:
        await extraction.read_all()
        await compare(job)
        compared.set()
        await extraction.fetch_bodies()

    async def fill() -> None:
        await compared.wait()
        await Updating(job, pace, stop, choice).reopen()
        await load.load_all()
        await Updating(job, pace, stop, choice, load.made).update_all()

    await job.run.ledger.set_meta("stage", "started")
    await side_by_side(read(), fill(), stop)
    if not stop.is_set():
        await job.run.ledger.set_meta("stage", "done")


async def read_only(job: Job, source_parallel: int) -> list[tuple[Change, Verdict]]:
    """What a dry run needs: the source read and compared, and what would become of each change."""
    extraction = Extraction(job.source, job.run, job.scope, job.progress, source_parallel)
    await extraction.read_all()
    await compare(job)
    pace = Pace(source_parallel, 0)
    return [one async for one in Updating(job, pace, asyncio.Event(), Choice.LIST).foretell()]


# -- comparing ----------------------------------------------------------------------------------------------------------


async def compare(job: Job) -> None:
    """Once all is read: note what is gone, and what is touched by what is new. Done once in each pass."""
    ledger = job.run.ledger
    if ledger.meta("compared") == str(ledger.passes.number):
        return
    gone, dropped = _gone(job)
    await ledger.note_compared(gone, dropped, touched(ledger))


def _gone(job: Job) -> tuple[list[Issue], list[Ref]]:
    """Issues for what is in the target and no longer in the source, and what is in neither. What could not be read is not gone."""
    ledger, kinds = job.run.ledger, wanted_kinds(job.scope)
    unreadable = {issue.ref for issue in ledger.issues() if issue.code == UNREADABLE}
    issues: list[Issue] = []
    dropped: list[Ref] = []
    for ref in ledger.passes.gone():
        outcome = ledger.outcome(ref)
        if ref.kind not in kinds or unreadable & set(_line(ledger, ref)):
            continue
        if outcome and outcome.state in (State.MADE, State.DOUBTFUL):
            address = job.target.link(ref.kind, outcome.target) if outcome.target else None
            detail = f"not in the source any more; its copy {outcome.target} stays in the target{(address and f': {address}') or ''}"
            issues.append(Issue(ref=ref, code=GONE, detail=detail, reach=Reach.NOTE))
        elif outcome is None or outcome.state is not State.MATCHED:
            dropped.append(ref)
    return issues, dropped


def _line(ledger: Ledger, ref: Ref) -> Iterator[Ref]:
    """The ref, what it hangs on, what that hangs on, and so on; of a task the project too."""
    above: Ref | None = ref
    while above:
        yield above
        entity = ledger.entity(above)
        if isinstance(entity, Task) and entity.project:
            yield entity.project
        above = owner(entity) if entity else None


# -- updating -----------------------------------------------------------------------------------------------------------


class Updating:
    """Brings changed entities to the target: only what differs, only where nobody else has changed it since."""

    def __init__(self, job: Job, pace: Pace, stop: asyncio.Event, choice: Choice, made: int = 0) -> None:
        """`made`: how many of the writes that `pace` permits are made already."""
        self._target: Target = job.target
        self._capabilities = job.capabilities
        self._ledger = job.run.ledger
        self._progress = job.progress
        self._then, self._now = views(job.run, job.transform)
        self._pace = pace
        self._stop = stop
        self._choice = choice
        self._made = made
        self._slots = asyncio.Semaphore(pace.parallel)

    async def reopen(self) -> None:
        """What was closed and is open again, parents first: nothing new can be put below it before."""
        for kind in reversed(_LATE):
            found = [self._changes(version) for version in self._waiting(kind) if _is_reopened(version)]
            seen = await self._seen(found)
            for changes in found:
                for change in changes.of:
                    verdict = self._judge(change, seen)
                    write = {name: there for name, there in verdict.write.items() if name in _CLOSING}
                    if write and not self._stop.is_set():
                        with suppress(EntityStopped):  # told when all of it is brought over
                            await self._set(change, write)

    async def update_all(self) -> None:
        """Kind by kind; tasks and projects last and from the deepest up, for closing."""
        for kind in [*(one for one in order_of(self._capabilities) if one not in _LATE), *_LATE]:
            found = [self._changes(version) for version in self._waiting(kind)]
            seen = await self._seen(found)
            by_depth = sorted(found, key=lambda one: -_depth(one.version.after)) if kind in _LATE else found
            for _, level in groupby(by_depth, key=lambda one: _depth(one.version.after) if kind in _LATE else 0):
                await self._level(level, seen)

    async def foretell(self) -> AsyncIterator[tuple[Change, Verdict]]:
        """Every change with what would become of it."""
        for kind in Kind:
            found = [self._changes(version) for version in self._waiting(kind)]
            seen = await self._seen(found)
            for changes in found:
                for change in changes.of:
                    yield change, self._judge(change, seen)

    def _waiting(self, kind: Kind) -> Iterable[Version]:
        return self._ledger.passes.waiting(kind) if kind in self._pace.only and not self._stop.is_set() else ()

    def _changes(self, version: Version) -> Changes:
        return changes_of(version, self._target, self._then, self._now, self._ledger)

    async def _seen(self, found: Iterable[Changes]) -> Seen:
        """The copies as they are now: these alone, kind by kind, by the target's cheapest reads."""
        steps: dict[Kind, list[Change]] = {}
        for changes in found:
            for change in changes.of:
                steps.setdefault(change.step.ref.kind, []).append(change)
        seen: Seen = {}
        for kind, some in steps.items():
            ours = {self._ledger.target(change.step.ref): change.step.ref for change in some}
            async for one in self._target.read_back(kind, tuple(change.was for change in some), self._now.context):
                if one.id in ours:
                    seen[ours[one.id]] = one
        return seen

    def _judge(self, change: Change, seen: Seen) -> Verdict:
        ref = change.step.ref
        return judge(change, seen.get(ref), self._capabilities.updates.get(ref.kind, frozenset()), self._choice)

    async def _level(self, level: Iterable[Changes], seen: Seen) -> None:
        async with asyncio.TaskGroup() as group:
            for changes in level:
                await self._slots.acquire()
                if self._stop.is_set():
                    self._slots.release()
                    return
                group.create_task(self._bring(changes, seen))

    async def _bring(self, changes: Changes, seen: Seen) -> None:
        """All of one entity's changes, then what came of them in one transaction."""
        try:
            issues = list(changes.left)
            if changes.obstacle:
                issues.append(
                    Issue(ref=changes.ref, code=NOT_UPDATED, field="*", detail=f"{changes.obstacle}; change it by hand")
                )
            stale: list[tuple[Ref, str, str]] = []
            waits = False
            for change in changes.of:
                verdict = self._judge(change, seen)
                stale += [
                    (change.step.ref, code, name) for name in (*change.fields, "", UPDATE_REFUSED) for code in OURS_TOLD
                ]
                told = (*verdict.issues, *(await self._write(change, verdict, stale) if verdict.write else ()))
                issues += told
                waits = waits or verdict.waits or any(issue.code == UPDATE_REFUSED for issue in told)
            await self._ledger.settle_change(changes.ref, stale, issues, waits=waits)
        finally:
            self._slots.release()

    async def _write(self, change: Change, verdict: Verdict, stale: list[tuple[Ref, str, str]]) -> tuple[Issue, ...]:
        """Set the fields; what that told, or why it was refused. A text that was written anew leads where it can lead now."""
        try:
            issues = await self._set(change, dict(verdict.write))
        except EntityStopped as refused:
            detail = f"{', '.join(sorted(verdict.write))}: {refused}. It is tried again when the command is given again"
            return (Issue(ref=change.step.ref, code=UPDATE_REFUSED, field=UPDATE_REFUSED, detail=detail),)
        issues += change.issues
        entity = self._ledger.entity(change.step.ref)
        if "text" in verdict.write and entity:
            told = self._ledger.issues_of(entity.ref)
            stale += [(entity.ref, LINK_KEPT, issue.field) for issue in told if issue.code == LINK_KEPT]
            issues += self._now.transform.links_lost(entity)
        return issues

    async def _set(self, change: Change, write: dict[str, str]) -> tuple[Issue, ...]:
        made = await self._target.update(change.step, write, self._now.context)
        self._made += 1
        if self._pace.most is not None and self._made >= self._pace.most:
            self._stop.set()
        return made.issues


def _is_reopened(version: Version) -> bool:
    match version.before, version.after:
        case Task(done=True), Task(done=False):
            return True
        case Project(archived=True), Project(archived=False):
            return True
        case _:
            return False


def _depth(entity: Entity) -> int:
    return int(getattr(entity, "depth", 0))
