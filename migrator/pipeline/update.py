"""Update: changed entities brought to the target, only what differs, and only where nobody else has changed it since."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import TypeAlias

import msgspec

from migrator.errors import EntityStopped
from migrator.ledger import Outcome, State
from migrator.model import Entity, Issue, Kind, Project, Ref, Task
from migrator.passes import Version
from migrator.pipeline.changes import (
    OURS_TOLD,
    UPDATE,
    UPDATE_REFUSED,
    Change,
    Changes,
    Choice,
    Verdict,
    changes_of,
    judge,
    views,
)
from migrator.pipeline.load import Pace
from migrator.pipeline.migrate import Job
from migrator.pipeline.plan import CREATE, FINISH, is_open, line_of, order_of
from migrator.pipeline.transform import LINK_KEPT, Action
from migrator.vendor import Observed, Step, Target, not_updated

Seen: TypeAlias = dict[Ref, Observed]

OPENED = "opened"  # the part of an outcome that says what a delta has opened, and must close again
_LATE = (Kind.TASK, Kind.PROJECT)  # closed only when all below them is as it should be
_CLOSING = frozenset({"status", "closed"})


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

    async def unseal(self) -> None:
        """What is closed or bound by its settings takes nothing new, so it is opened for what is to come below it, parents first.

        Not where people have set it otherwise since: that stays theirs. What is opened is noted first, so that no kill leaves it open.
        """
        awaited = self._awaited() if self._capabilities.seals else set()
        for kind in reversed(_LATE):
            if kind not in self._capabilities.seals or self._stop.is_set():
                continue
            sealed = [
                one for one in self._ledger.entities(kind) if one.ref in awaited and self._is_made(one.ref, FINISH)
            ]
            for ref, names in await self._seals(
                kind, [one.ref for one in sealed if not self._is_made(one.ref, OPENED)]
            ):
                await self._ledger.settle([(ref, OPENED, Outcome(State.MADE, names))])
            for entity in sealed:
                if self._is_made(entity.ref, OPENED) and not self._stop.is_set():
                    await self._seal(entity, closed=False)

    async def _seals(self, kind: Kind, refs: Iterable[Ref]) -> list[tuple[Ref, str]]:
        """What of each copy keeps new things out and is still as it was set: "status", "settings", or both."""
        bound: dict[Ref, dict[str, str]] = {}
        steps: list[Step] = []
        for ref in refs:
            before = self._ledger.passes.before(ref)
            if before and (_is_closed(before) or getattr(before, "settings", None)):
                step = self._then.transform.step(self._then.transform.decide(before).entity, CREATE)
                expected = self._target.expected(step, self._then.context)
                names = ("status", "settings") if _is_closed(before) else ("settings",)
                bound[ref] = {name: expected[name] for name in names if expected.get(name)}
                steps.append(step)
        ours = {self._ledger.target(step.ref): step.ref for step in steps}
        found: list[tuple[Ref, str]] = []
        async for one in self._read_back(kind, tuple(steps)):
            if copy := ours.get(one.id):
                still = [name for name, value in bound[copy].items() if one.fields.get(name) == value]
                found += [(copy, ",".join(still))] if still else []
        return found

    def _awaited(self) -> set[Ref]:
        """What new things are to hang on, directly or not."""
        return {
            above
            for kind in Kind
            for entity in self._ledger.entities(kind)
            if is_open(self._ledger, entity) and self._now.transform.decide(entity).action is Action.CREATE
            for above in line_of(self._ledger, entity.ref)
        }

    async def _seal(self, entity: Entity, *, closed: bool) -> None:
        """Close or open a copy, and nothing else of it."""
        outcome, wanted = self._ledger.outcome(entity.ref, OPENED), self._now.transform.decide(entity).entity
        assert outcome is not None
        assert isinstance(wanted, Task | Project)
        there = self._target.expected(self._now.transform.step(wanted, CREATE), self._now.context)
        fields = {name: "" if closed else there.get(name, "") for name in outcome.target.split(",")}
        if not closed:
            wanted = msgspec.structs.replace(wanted, status="", closed=None)
            wanted = msgspec.structs.replace(wanted, settings={}) if isinstance(wanted, Project) else wanted
        try:
            await self._target.update(
                replace(self._now.transform.step(wanted, CREATE), part=UPDATE), fields, self._now.context
            )
        except EntityStopped as refused:
            detail = f"it was opened for what is new below it, and could not be closed again: {refused}"
            issue = Issue(ref=entity.ref, code=UPDATE_REFUSED, field=UPDATE_REFUSED, detail=detail)
            await self._ledger.add_issues([issue] if closed else [])
            return
        if closed:
            await self._ledger.forget(entity.ref, OPENED)

    def _is_made(self, ref: Ref, part: str) -> bool:
        outcome = self._ledger.outcome(ref, part)
        return outcome is not None and outcome.state is State.MADE

    async def update_all(self) -> None:
        """Kind by kind; tasks and projects last and from the deepest up, for closing."""
        for kind in order_of(self._capabilities):
            if kind not in _LATE:
                found = [self._changes(version) for version in self._waiting(kind)]
                await self._level(found, await self._seen(found))
        for kind in _LATE:
            found = [self._changes(version) for version in self._waiting(kind)]
            opened = [one for one in self._ledger.entities(kind) if self._is_made(one.ref, OPENED)]
            seen = await self._seen(found)
            depths = {*(_depth(one.version.after) for one in found), *map(_depth, opened)}
            for depth in sorted(depths, reverse=True):
                await self._level((one for one in found if _depth(one.version.after) == depth), seen)
                for entity in opened:
                    if _depth(entity) == depth and not self._stop.is_set():
                        await self._seal(entity, closed=True)

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
            async for one in self._read_back(kind, tuple(change.was for change in some)):
                if one.id in ours:
                    seen[ours[one.id]] = one
        return seen

    async def _read_back(self, kind: Kind, steps: tuple[Step, ...]) -> AsyncIterator[Observed]:
        if steps:
            async for one in self._target.read_back(kind, steps, self._now.context):
                yield one

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
                issues.append(not_updated(changes.ref, "*", changes.obstacle))
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


def _is_closed(entity: Entity) -> bool:
    match entity:
        case Task(done=closed) | Project(archived=closed):
            return closed
        case _:
            return False


def _depth(entity: Entity) -> int:
    return int(getattr(entity, "depth", 0))
