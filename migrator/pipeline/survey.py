"""Survey: what a run has made, and what has become of it since: read back in bulk, by the comparison of verify."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from migrator.errors import EntityStopped
from migrator.ledger import Ledger, State
from migrator.model import Kind, Ref
from migrator.pipeline.context import context_of
from migrator.pipeline.findings import Difference
from migrator.pipeline.plan import CREATE, FINISH, order_of, work
from migrator.pipeline.progress import Progress
from migrator.pipeline.transform import Transform
from migrator.pipeline.undo import Survey, Thing, foreign
from migrator.pipeline.verify import verify
from migrator.removals import BEGUN
from migrator.run import Run
from migrator.vendor import Capabilities, Observed, Target

_HOLDING = (Kind.COMPANY, Kind.PROJECT, Kind.TASK, Kind.COMMENT)  # what people hang things on
_WIDE = 80  # characters shown of a value


@dataclass(frozen=True)
class Undoing:
    """A run that is to be taken back, and the target that it filled, opened."""

    run: Run
    target: Target
    capabilities: Capabilities
    transform: Transform
    progress: Progress


def things_of(undoing: Undoing) -> Iterator[Thing]:
    """All that the run made, in the order of loading, in the target's vocabulary."""
    ledger, transform = undoing.run.ledger, undoing.transform
    made: dict[Ref, list[str]] = defaultdict(list)
    for ref, part, outcome in ledger.outcomes():
        if outcome.state is State.MADE and part != FINISH:
            made[ref].append(part)
    for kind in order_of(undoing.capabilities):
        for entity in work(ledger, transform, kind):
            if parts := made.get(entity.ref):
                decided = transform.decide(entity).entity
                order = undoing.target.parts(decided)
                parts.sort(key=lambda part, order=order: order.index(part) if part in order else len(order))  # type: ignore[misc]
                yield Thing(decided, ledger.target(entity.ref) or "", tuple(parts))


def left_of(ledger: Ledger, thing: Thing) -> list[str]:
    """The parts of it that are not taken back yet."""
    return [part for part in thing.parts if ledger.removals.of(thing.ref, part) in (None, BEGUN)]


async def survey(undoing: Undoing, things: Iterable[Thing]) -> Survey:
    """What has become of the things that are not taken back yet. Reads only."""
    ledger = undoing.run.ledger
    left = {thing.ref: thing for thing in things if left_of(ledger, thing)}
    seen: dict[Kind, list[Observed]] = defaultdict(list)
    under = tuple(ref for ref, thing in left.items() if thing.id and ref.kind in _HOLDING)
    if not left:
        return Survey({})
    found = await verify(
        undoing.run, undoing.target, undoing.transform, under=under, note=lambda kind, row: seen[kind].append(row)
    )
    by_place = {(ref.kind, thing.id): ref for ref, thing in left.items()}
    kept = _unknown(left, seen, found.missing)
    kept |= await _moved(undoing, left, found.missing)
    kept |= {by_place[place]: why for place, why in foreign(seen, _ours(ledger)).items() if place in by_place}
    kept |= {one.ref: _told(one) for one in found.differences if one.ref in left and _by_people(undoing, one)}
    return Survey(
        kept,
        gone=frozenset(ref for ref in found.missing if ref in left and ref not in kept),
        hung=_hung(seen, by_place),
        taken={ref: how for ref, part, how in ledger.removals if part == CREATE and how != BEGUN},
    )


def _by_people(undoing: Undoing, one: Difference) -> bool:
    """Whether people made the difference, rather than the run, which may have been broken off before it finished the thing.

    What the finishing step would set over is not theirs yet.
    """
    if one.explained:
        return False
    outcome = undoing.run.ledger.outcome(one.ref, FINISH)
    if one.ref.kind not in undoing.capabilities.finishes or (outcome and outcome.state is State.MADE):
        return True
    return one.field.partition(".")[0] not in undoing.capabilities.finish_sets.get(one.ref.kind, ())


def _told(one: Difference) -> str:
    return f"{one.field} was {one.source[:_WIDE]!r} and is {one.target[:_WIDE]!r}: changed since"


def _unknown(
    left: Mapping[Ref, Thing], seen: Mapping[Kind, Iterable[Observed]], missing: Iterable[Ref]
) -> dict[Ref, str]:
    """Those that nothing was compared of."""
    why = "nothing tells whether people changed it: it could not be read, or the mapping was changed since"
    looked_at = {(kind, row.id) for kind, rows in seen.items() for row in rows}
    absent = set(missing)
    return {
        ref: why
        for ref, thing in left.items()
        if thing.id and ref not in absent and (ref.kind, thing.id) not in looked_at
    }


async def _moved(undoing: Undoing, left: Mapping[Ref, Thing], missing: Iterable[Ref]) -> dict[Ref, str]:
    """Those that are not where the run put them, and still are somewhere."""
    can, context = undoing.capabilities, context_of(undoing.run)
    found: dict[Ref, str] = {}
    by_kind: dict[Kind, list[Ref]] = defaultdict(list)
    for ref in missing:
        if ref in left and ref.kind in can.finds - can.carried:
            by_kind[ref.kind].append(ref)
    for refs in by_kind.values():
        steps = tuple(undoing.transform.step(left[ref].entity, CREATE) for ref in refs)
        with suppress(EntityStopped):  # what it hung on is gone, and it went along
            there = await undoing.target.find(steps, context)
            found |= dict.fromkeys(there, "it is not where the run put it any more: moved since")
    return found


def _ours(ledger: Ledger) -> dict[Kind, set[str]]:
    """The ids of all that the run made. A part that makes a thing of another kind has its name."""
    ours: dict[Kind, set[str]] = {kind: set() for kind in Kind}
    for ref, part, outcome in ledger.outcomes():
        if outcome.state is State.MADE:
            ours[Kind(part) if part in set(Kind) else ref.kind].add(outcome.target)
    return ours


def _hung(
    seen: Mapping[Kind, Iterable[Observed]], by_place: Mapping[tuple[Kind, str], Ref]
) -> dict[Ref, tuple[Ref, ...]]:
    return {
        by_place[kind, row.id]: tuple(by_place[place] for place in row.on if place in by_place)
        for kind, rows in seen.items()
        for row in rows
        if row.on and (kind, row.id) in by_place
    }
