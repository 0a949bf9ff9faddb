"""Load: each step exactly once. Intent on the disk, request, outcome on the disk; what is in doubt waits, is looked up, then settled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from itertools import groupby

from migrator.errors import AccessDenied, EntityStopped, InDoubt
from migrator.ledger import Outcome, State
from migrator.model import Entity, File, Issue, Kind, Reach, Ref, owner
from migrator.pipeline.context import context_of
from migrator.pipeline.plan import CREATE, FINISH, carried_by, carried_kinds, is_open, order_of, steps_of, work
from migrator.pipeline.progress import Progress, Ready
from migrator.pipeline.transform import Action, Decision, Transform
from migrator.run import Run
from migrator.vendor import Body, Capabilities, Made, Step, Target


@dataclass(frozen=True)
class Pace:
    """`parallel` lanes at once; `quarantine` seconds before a doubtful create is looked up; stop after `most` creates (None = never)."""

    parallel: int
    quarantine: float
    most: int | None = None
    only: frozenset[Kind] = frozenset(Kind)


@dataclass(frozen=True)
class Doubt:
    """A create that left and may have been carried out. `issues`: to be told with its success; `until`: loop time to wait for."""

    step: Step
    issues: tuple[Issue, ...]
    until: float


class Load:
    """Fills one target from one run. `body` waits for a file's bytes; `stop` ends the work at the next step."""

    def __init__(
        self,
        target: Target,
        capabilities: Capabilities,
        transform: Transform,
        run: Run,
        ready: Ready,
        body: Callable[[Ref], Awaitable[Body | None]],
        progress: Progress,
        pace: Pace,
        stop: asyncio.Event,
    ) -> None:
        self._target = target
        self._capabilities = capabilities
        self._transform = transform
        self._run = run
        self._ledger = run.ledger
        self._ready = ready
        self._body = body
        self._progress = progress
        self._pace = pace
        self._stop = stop
        self._slots = asyncio.Semaphore(pace.parallel)
        self._made = 0
        self._doubts: dict[tuple[Ref, str], Doubt] = {}
        self._refused: set[Ref] = set()  # whose finishing step an earlier session was refused
        self._left: dict[Ref, set[str]] = {}  # the parts that an earlier session left in doubt
        for ref, part, outcome in run.ledger.outcomes():
            if outcome.state is State.INTENDED:
                self._left.setdefault(ref, set()).add(part)
            if outcome.state is State.REFUSED and part == FINISH:
                self._refused.add(ref)
        self._context = context_of(run)

    @property
    def made(self) -> int:
        """How many creates this session has made."""
        return self._made

    async def load_all(self) -> None:
        """Kind by kind, parents before children; then the finishing steps, children before parents."""
        for kind in order_of(self._capabilities):
            if kind in self._pace.only and not self._stop.is_set():
                for needed in (kind, *carried_kinds(self._capabilities, kind)):
                    await self._ready.wait(needed)
                await self._rounds(kind)
        if self._pace.only == frozenset(Kind):  # what hangs on a task must be there before the task is finished
            for kind in (Kind.TASK, Kind.PROJECT):
                if kind in self._capabilities.finishes:
                    await self._finish_kind(kind)

    async def settle_left(self) -> None:
        """Look up what an earlier session left in doubt, and make nothing. What needs no look-up stays as it is."""
        intended = {ref for ref, _, outcome in self._ledger.outcomes() if outcome.state is State.INTENDED}
        kinds = {ref.kind for ref in intended} - self._capabilities.repeats
        for kind in order_of(self._capabilities):
            for entity in work(self._ledger, self._transform, kind) if kind in kinds else ():
                if entity.ref in intended:
                    await self._doubt_left(entity)
            if self._doubts:
                await self._settle_doubts()

    async def _doubt_left(self, entity: Entity) -> None:
        above = owner(entity)
        if entity.ref.kind in self._capabilities.carried and above and self._is_intended(above):
            return  # a part of its owner's step
        decision = self._transform.decide(entity)
        carried = tuple(one.entity for one in await self._carried(entity))
        for step in steps_of(self._target, self._transform, decision.entity, carried):
            if self._is_intended(step.ref, step.part):
                self._doubt(step, decision.issues)

    # -- one kind -------------------------------------------------------------------------------------------------------

    async def _rounds(self, kind: Kind) -> None:
        """Until nothing of the kind is in doubt: a lane stops at its first doubt and goes on in the next round."""
        while True:
            for _, level in groupby(
                work(self._ledger, self._transform, kind), key=lambda entity: getattr(entity, "depth", 0)
            ):
                await self._level([entity for entity in level if self._is_unfinished(entity)])
            if not self._doubts or self._stop.is_set():
                return
            await self._settle_doubts()

    def _is_unfinished(self, entity: Entity) -> bool:
        if is_open(self._ledger, entity) or self._parts_left(entity):
            return True
        if self._target.parts(entity) == ("create",) or self._ledger.target(entity.ref) is None:
            return False
        decided = self._transform.decide(entity).entity  # the parts may hang on where the mapping sends it
        return any(is_open(self._ledger, entity, part) for part in self._target.parts(decided))

    async def _level(self, entities: list[Entity]) -> None:
        """Lanes side by side: what hangs on one owner keeps its order; the rest need not wait for it."""
        lanes: dict[Ref, list[Entity]] = {}
        for entity in entities:
            above = owner(entity)
            lanes.setdefault(above if above and entity.ref.kind in _ORDERED else entity.ref, []).append(entity)
        async with asyncio.TaskGroup() as group:
            for lane in lanes.values():
                await self._slots.acquire()
                if self._stop.is_set():
                    self._slots.release()
                    return
                group.create_task(self._lane(lane))

    async def _lane(self, entities: Iterable[Entity]) -> None:
        try:
            for entity in entities:
                if self._stop.is_set() or not await self._load(entity):
                    return
        finally:
            self._slots.release()

    async def _load(self, entity: Entity) -> bool:
        """Carry out what is decided for one entity; False = its lane must wait for a doubt."""
        decision = self._transform.decide(entity)
        links_lost = self._transform.links_lost(entity)  # as it was decided: another may be made while this one waits
        if self._doubt_what_was_left(entity, decision):
            return False
        if decision.action is Action.CREATE and (above := self._missing_owner(entity)):
            why = f"{above} was not created; this hangs on it"
            issue = Issue(ref=entity.ref, code="owner-missing", detail=why, reach=Reach.BLOCKER)
            await self._settle(entity.ref, Outcome(State.HELD, note=why), [issue])
            return True
        if decision.action is not Action.CREATE:
            state = {Action.MATCH: State.MATCHED, Action.SKIP: State.SKIPPED, Action.HOLD: State.HELD}[decision.action]
            await self._settle(entity.ref, Outcome(state, decision.target, note=decision.note), decision.issues)
            return True
        if isinstance(entity, File) and await self._body(entity.ref) is None:
            self._progress.settled(entity.ref.kind)  # the reading side has noted why
            return True
        carried = await self._carried(entity)
        issues = [issue for one in (decision, *carried) for issue in one.issues]
        if entity.ref.kind not in self._capabilities.finishes:  # else its links are set, and told of, at the end
            issues += links_lost
        for step in steps_of(self._target, self._transform, decision.entity, tuple(one.entity for one in carried)):
            if self._is_held_for_good(step):
                break  # the parts after it build on it
            if is_open(self._ledger, entity, step.part) and not await self._create(step, issues):
                return (step.ref, step.part) not in self._doubts
        self._progress.settled(entity.ref.kind)
        return True

    def _doubt_what_was_left(self, entity: Entity, decision: Decision) -> bool:
        """Creates that left under other rules and are no longer wanted, or not in these parts: their doubt is settled all the same."""
        left = self._parts_left(entity)
        if decision.action is Action.CREATE:
            left -= set(self._target.parts(decision.entity))
        if not left:
            return False
        created = self._transform.creation(entity).entity
        carried = tuple(one.entity for one in self._travelled(entity))
        for part in left:
            self._doubt(self._transform.step(created, part, carried if part == CREATE else ()), ())
        return True

    def _parts_left(self, entity: Entity) -> set[str]:
        return {part for part in self._left.get(entity.ref, ()) if self._is_intended(entity.ref, part)}

    def _travelled(self, entity: Entity) -> list[Decision]:
        """What travelled with a create that is in doubt."""
        return [
            self._transform.creation(one)
            for kind in carried_kinds(self._capabilities, entity.ref.kind)
            for one in self._ledger.owned(entity.ref, kind)
            if self._is_intended(one.ref)
        ]

    async def _carried(self, entity: Entity) -> list[Decision]:
        """What travels with the entity's create, its bytes here; of a create in doubt, what travelled then."""
        if self._is_intended(entity.ref):
            return self._travelled(entity)
        return [
            decision
            for decision in carried_by(self._ledger, self._transform, entity)
            if (ref := decision.entity.ref).kind in self._pace.only
            and (ref.kind is not Kind.FILE or await self._body(ref) is not None)
        ]

    def _is_intended(self, ref: Ref, part: str = CREATE) -> bool:
        outcome = self._ledger.outcome(ref, part)
        return outcome is not None and outcome.state is State.INTENDED

    def _is_held_for_good(self, step: Step) -> bool:
        outcome = self._ledger.outcome(step.ref, step.part)
        return outcome is not None and outcome.state is State.DOUBTFUL

    def _missing_owner(self, entity: Entity) -> Ref | None:
        above = owner(entity)
        is_early = isinstance(entity, File) and Kind.FILE not in self._capabilities.carried
        if is_early and above and above.kind is Kind.COMMENT and (comment := self._ledger.entity(above)):
            above = owner(comment)  # files come before the comment that shows them
        if above is None or self._ledger.target(above):
            return None
        return above if self._ledger.entity(above) is not None or entity.ref.kind is not Kind.TASK else None

    # -- one step -------------------------------------------------------------------------------------------------------

    async def _create(self, step: Step, issues: Iterable[Issue]) -> bool:
        """Intend, send, note. False = refused, or in doubt."""
        key = (step.ref, step.part)
        if self._is_intended(*key):  # left by a session that ended in between
            self._doubt(step, issues)
            return False
        keys = [key, *((one.ref, CREATE) for one in step.carried)]
        await self._ledger.intend(keys)
        try:
            made = await self._target.create(step, self._context)
        except InDoubt:
            self._ledger.give_up(keys)
            self._doubt(step, issues)
            return False
        except AccessDenied as denied:
            fix = f"Give the token the right to make a {step.ref.kind} in the target, or leave the kind out by [scope] kinds."
            raise AccessDenied(f"{denied} {fix}") from denied
        except EntityStopped as refused:
            blocker = Issue(ref=step.ref, code="refused", field=step.part, detail=str(refused), reach=Reach.BLOCKER)
            await self._ledger.settle([(*key, Outcome(State.REFUSED, note=str(refused)))], [blocker])
            await self._forget(step.carried)
            self._progress.settled(step.ref.kind)
            return False
        await self._note(step, made, issues)
        return True

    async def _note(self, step: Step, made: Made, issues: Iterable[Issue]) -> None:
        """What was made and what travelled along; what did not is sent by itself, when its kind has its turn."""
        now = time.time()
        settled = [(step.ref, step.part, Outcome(State.MADE, made.id, now))]
        settled += [(ref, CREATE, Outcome(State.MADE, id, now)) for ref, id in made.carried.items()]
        await self._ledger.settle(settled, (*issues, *made.issues))
        await self._forget(one for one in step.carried if one.ref not in made.carried)
        for ref in made.carried:
            self._progress.settled(ref.kind)
        self._made += 1
        if self._pace.most is not None and self._made >= self._pace.most:
            self._stop.set()

    async def _forget(self, carried: Iterable[Entity]) -> None:
        for one in carried:
            await self._ledger.forget(one.ref, CREATE)

    async def _settle(self, ref: Ref, outcome: Outcome, issues: Iterable[Issue]) -> None:
        await self._ledger.settle([(ref, "create", outcome)], issues)
        self._progress.settled(ref.kind)

    # -- doubts ---------------------------------------------------------------------------------------------------------

    def _doubt(self, step: Step, issues: Iterable[Issue]) -> None:
        passed = self._ledger.since_sent(step.ref, step.part) or 0.0
        until = asyncio.get_running_loop().time() + self._pace.quarantine - passed
        if step.ref.kind in self._capabilities.repeats:
            until = 0.0  # needs no look-up
        self._doubts.setdefault((step.ref, step.part), Doubt(step, tuple(issues), until))

    async def _settle_doubts(self) -> None:
        """Look up at once all that cannot still be on their way, adopt what is there, forget what is not.

        Where all may be, wait for the youngest: one look-up for all of them costs less than each as soon as it can be.
        """
        now = asyncio.get_running_loop().time()
        doubts = [doubt for doubt in self._doubts.values() if doubt.until <= now]
        if not doubts:
            doubts = list(self._doubts.values())
            pause = max(doubt.until for doubt in doubts) - now
            self._progress.say(f"{len(doubts)} creates without a certain answer: looking them up in {pause:.0f} s")
            await asyncio.sleep(pause)
        for doubt in doubts:
            del self._doubts[doubt.step.ref, doubt.step.part]
        order = sorted(doubts, key=lambda doubt: (doubt.step.ref.kind, doubt.step.part))
        for (kind, _), group in groupby(order, key=lambda doubt: (doubt.step.ref.kind, doubt.step.part)):
            await self._settle_group(kind, list(group))

    async def _settle_group(self, kind: Kind, doubts: list[Doubt]) -> None:
        can, steps = self._capabilities, tuple(doubt.step for doubt in doubts)
        if kind not in can.finds | can.repeats:
            await self._hold(steps)
            return
        found = {} if kind in can.repeats else await self._target.find(steps, self._context)
        for doubt in doubts:
            if made := found.get(doubt.step.ref):
                await self._note(doubt.step, made, doubt.issues)
            else:
                await self._ledger.forget(doubt.step.ref, doubt.step.part)
                await self._forget(doubt.step.carried)

    async def _hold(self, steps: tuple[Step, ...]) -> None:
        """The vendor cannot look these up: better one missing, and said, than two."""
        for step in steps:
            why = "sent, but the answer was lost, and the vendor has no way to look it up. Look for it by hand in the target"
            blocker = Issue(ref=step.ref, code="in-doubt", field=step.part, detail=why, reach=Reach.BLOCKER)
            await self._ledger.settle([(step.ref, step.part, Outcome(State.DOUBTFUL, note=why))], [blocker])
            await self._forget(step.carried)

    # -- finishing ------------------------------------------------------------------------------------------------------

    async def _finish_kind(self, kind: Kind) -> None:
        """The deepest first. What an earlier session was refused comes last: a run that is killed again and again gets on all the same."""
        for again in (False, True):
            for _, level in groupby(
                self._ledger.entities(kind, deepest_first=True), key=lambda entity: getattr(entity, "depth", 0)
            ):
                async with asyncio.TaskGroup() as group:
                    for entity in level:
                        if (entity.ref in self._refused) is not again or not self._is_unfinished_copy(entity):
                            continue
                        await self._slots.acquire()
                        if self._stop.is_set():
                            self._slots.release()
                            return
                        group.create_task(self._finish(entity))

    def _is_unfinished_copy(self, entity: Entity) -> bool:
        return self._ledger.target(entity.ref) is not None and is_open(self._ledger, entity, FINISH)

    async def _finish(self, entity: Entity) -> None:
        try:
            outcome = self._ledger.outcome(entity.ref)
            decision = self._transform.decide(entity)
            if decision.action is not Action.CREATE or (outcome and outcome.state is State.MATCHED):
                return
            made = await self._target.finish(self._transform.step(decision.entity, FINISH), self._context)
            issues = (*made.issues, *self._transform.links_lost(entity))
            await self._ledger.settle([(entity.ref, FINISH, Outcome(State.MADE, made.id, time.time()))], issues)
        except EntityStopped as refused:
            blocker = Issue(ref=entity.ref, code="refused", field=FINISH, detail=str(refused), reach=Reach.BLOCKER)
            await self._ledger.settle([(entity.ref, FINISH, Outcome(State.REFUSED, note=str(refused)))], [blocker])
        finally:
            self._slots.release()


_ORDERED = frozenset({Kind.COMMENT, Kind.CHECKITEM, Kind.COST})
