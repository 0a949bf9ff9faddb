"""Plan: the steps still to be done, walked without a target to write to; what a dry run prints and the ETA counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from migrator.ledger import Ledger, State
from migrator.model import Entity, Issue, Kind
from migrator.pipeline.transform import Action, Transform
from migrator.vendor import Capabilities, Step, Target

FINISH = "finish"
SETTLED = (State.MADE, State.MATCHED, State.SKIPPED, State.DOUBTFUL)


@dataclass
class Plan:
    """What is still to do. `requests` to the target; `issues` of all that was decided on the way."""

    steps: list[Step] = field(default_factory=list)
    requests: int = 0
    actions: Counter[tuple[Kind, Action]] = field(default_factory=Counter)
    issues: list[Issue] = field(default_factory=list)


def is_open(ledger: Ledger, entity: Entity, part: str = "create") -> bool:
    """Whether the part has still to be done; what was held or refused is tried again."""
    outcome = ledger.outcome(entity.ref, part)
    return outcome is None or outcome.state not in SETTLED


def steps_of(target: Target, transform: Transform, entity: Entity) -> Iterator[Step]:
    """The creates of an entity decided to be created, in order."""
    for part in target.parts(entity):
        yield transform.step(entity, part)


def work(ledger: Ledger, transform: Transform, kind: Kind) -> Iterator[Entity]:
    """All entities of a kind in the order of loading; comments include those that carry on a text too long for one."""
    if kind is Kind.COMMENT:
        for above in (Kind.PROJECT, Kind.TASK):
            for entity in ledger.entities(above):
                yield from transform.continuations(entity)
    for entity in ledger.entities(kind):
        yield entity
        if kind is Kind.COMMENT:
            yield from transform.continuations(entity)


def plan(ledger: Ledger, target: Target, transform: Transform, capabilities: Capabilities) -> Plan:
    """Decide for every entity that is still open."""
    found = Plan()
    for kind in Kind:
        for entity in work(ledger, transform, kind):
            outcome = ledger.outcome(entity.ref)
            if outcome and outcome.state is not State.MADE and not is_open(ledger, entity):
                continue
            decision = transform.decide(entity)
            if is_open(ledger, entity):
                found.actions[kind, decision.action] += 1
            found.issues += decision.issues
            if decision.action is not Action.CREATE:
                continue
            steps = steps_of(target, transform, decision.entity)
            found.steps += [step for step in steps if is_open(ledger, entity, step.part)]
            if kind in capabilities.finishes and is_open(ledger, entity, FINISH):
                found.steps.append(transform.step(decision.entity, FINISH))
    found.requests = sum(target.requests(step) for step in found.steps)
    return found
