"""Eta: how many requests each side still needs, and how long they take at its pace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice

from migrator.ledger import Ledger, State
from migrator.model import Entity, Kind
from migrator.pipeline.migrate import Job
from migrator.pipeline.plan import FINISH, is_open, steps_of
from migrator.pipeline.status import count
from migrator.pipeline.transform import Action, Transform
from migrator.vendor import Capabilities, Limits, Step, Target

_SAMPLE = 20  # entities of a kind that stand for all of it
_DAY = 86_400.0


def seconds_for(requests: int, limits: Limits, spent_today: int, now: datetime) -> float:
    """How long so many requests take, waiting for the next UTC day whenever a day's are spent."""
    each = limits.period / limits.requests if limits.requests else 0.0
    if not limits.per_day:
        return requests * each
    today = max(limits.per_day - spent_today, 0)
    if requests <= today:
        return requests * each
    midnight = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), datetime.min.time(), UTC)
    days, rest = divmod(requests - today - 1, limits.per_day)
    return (
        max((midnight - now).total_seconds(), today * each)
        + days * max(_DAY, limits.per_day * each)
        + (rest + 1) * each
    )


def seconds_needed(
    ledger: Ledger, requests: Mapping[str, int], limits: Mapping[str, Limits], now: datetime
) -> dict[str, float]:
    """By side. Both work at the same time, so the whole takes as long as the longer of them."""
    today = now.astimezone(UTC).date().isoformat()
    return {
        side: seconds_for(needed, limits[side], ledger.requests_of(side, today), now)
        for side, needed in requests.items()
    }


def requests_left(job: Job) -> dict[str, int] | None:
    """About so many, by side; None while the source is not read to its end, because nobody knows what it holds."""
    ledger = job.run.ledger
    if not all(ledger.reads.is_decoded(read.name) for read in job.source.reads):
        return None
    target = _target_requests(ledger, job.target, job.transform, job.capabilities)
    return {"source": count(ledger, Kind.FILE)["open"], "target": target}


def _target_requests(ledger: Ledger, target: Target, transform: Transform, capabilities: Capabilities) -> int:
    """What is open of each kind, at the price of its first few: deciding for everything takes too long to do it often."""
    total = 0.0
    for kind in Kind:
        decisions = [transform.decide(entity) for entity in islice(ledger.entities(kind), _SAMPLE)]
        made = [decision.entity for decision in decisions if decision.action is Action.CREATE]
        if kind not in capabilities.carried:  # what travels in its owner's request has no price of its own
            creates = [step for entity in made for step in steps_of(target, transform, entity)]
            total += count(ledger, kind)["open"] * _average(target, creates, len(decisions))
        if kind in capabilities.finishes:
            price = _average(target, [transform.step(entity, FINISH) for entity in made], len(made))
            total += price * sum(1 for entity in ledger.entities(kind) if _awaits_finish(ledger, entity))
    return round(total)


def _awaits_finish(ledger: Ledger, entity: Entity) -> bool:
    outcome = ledger.outcome(entity.ref)
    moves = outcome is None or outcome.state in (State.MADE, State.INTENDED)
    return moves and is_open(ledger, entity, FINISH)


def _average(target: Target, steps: Iterable[Step], over: int) -> float:
    return sum(target.requests(step) for step in steps) / over if over else 0.0
