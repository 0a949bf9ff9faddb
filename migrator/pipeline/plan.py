"""Plan: the steps still to be done, walked without a target to write to; what a dry run prints and the ETA counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from migrator.ledger import Ledger, State
from migrator.model import Entity, Issue, Kind, Ref, Task, owner
from migrator.pipeline.transform import Action, Decision, Transform
from migrator.vendor import Capabilities, Step, Target

CREATE, FINISH = "create", "finish"
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


def steps_of(target: Target, transform: Transform, entity: Entity, carried: tuple[Entity, ...] = ()) -> Iterator[Step]:
    """The creates of an entity decided to be created, in order. `carried` travels with the one that gives the entity its id."""
    for part in target.parts(entity):
        yield transform.step(entity, part, carried if part == CREATE else ())


def order_of(capabilities: Capabilities) -> list[Kind]:
    """The kinds in the order of loading: what travels with others comes last, for what did not travel hangs on what is there."""
    return sorted(Kind, key=lambda kind: kind in capabilities.carried)  # stable: otherwise the order of Kind


def carried_kinds(capabilities: Capabilities, kind: Kind) -> list[Kind]:
    """The kinds that travel inside the request that creates one of this kind."""
    everywhere = frozenset(Kind)
    return [one for one in Kind if one in capabilities.carried and kind in capabilities.hangs_on.get(one, everywhere)]


def carried_by(ledger: Ledger, transform: Transform, entity: Entity) -> Iterator[Decision]:
    """What can travel with the entity's create: all that hangs on it, is decided to be created, and still open."""
    for kind in carried_kinds(transform.capabilities, entity.ref.kind):
        for one in ledger.owned(entity.ref, kind):
            if is_open(ledger, one) and (decision := transform.decide(one)).action is Action.CREATE:
                yield decision


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
            if kind in capabilities.carried and not _is_owner_there(ledger, entity):
                continue  # a part of its owner's step
            carried = tuple(one.entity for one in carried_by(ledger, transform, entity))
            steps = steps_of(target, transform, decision.entity, carried)
            found.steps += [step for step in steps if is_open(ledger, entity, step.part)]
            if kind in capabilities.finishes and is_open(ledger, entity, FINISH):
                found.steps.append(transform.step(decision.entity, FINISH))
    found.requests = sum(target.requests(step) for step in found.steps)
    return found


def _is_owner_there(ledger: Ledger, entity: Entity) -> bool:
    above = owner(entity)
    return above is None or ledger.target(above) is not None


def line_of(ledger: Ledger, ref: Ref) -> Iterator[Ref]:
    """The ref, what it hangs on, what that hangs on, and so on; of a task the project too."""
    above: Ref | None = ref
    while above:
        yield above
        entity = ledger.entity(above)
        if isinstance(entity, Task) and entity.project:
            yield entity.project
        above = owner(entity) if entity else None
