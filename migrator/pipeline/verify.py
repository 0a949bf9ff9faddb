"""Verify: read the target back and compare every created entity field by field, in the target's own words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from migrator.ledger import State
from migrator.model import Issue, Kind, Ref
from migrator.pipeline.context import context_of
from migrator.pipeline.plan import FINISH, steps_of, work
from migrator.pipeline.transform import LINK_KEPT, Action, Transform
from migrator.run import Run
from migrator.vendor import Observed, Step, Target

_ALL = "*"  # what a finishing step that was refused would have set


@dataclass(frozen=True)
class Difference:
    """One field that is not in the target as it should be. `explained`: an issue of the run told so already."""

    ref: Ref
    field: str
    source: str
    target: str
    explained: bool = False


@dataclass
class Verification:
    """What was compared, and what was found."""

    checked: Counter[Kind] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    missing: list[Ref] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)

    @property
    def unexplained(self) -> list[Difference]:
        """Differences that no issue told of."""
        return [one for one in self.differences if not one.explained]

    @property
    def clean(self) -> bool:
        """Whether everything is there once, as it should be."""
        return not (self.unexplained or self.missing or self.extra)


async def verify(run: Run, target: Target, transform: Transform) -> Verification:
    """Compare all that the run created. Reads only."""
    ledger = run.ledger
    told = _told(ledger.issues())
    context = context_of(run)
    result = Verification()
    for kind in Kind:
        created = list(_created(run, target, transform, kind))
        steps = {step.mark: step for step, _ in created}
        decided = {step.ref: codes for step, codes in created}
        if not steps:
            continue
        seen: dict[str, Observed] = {}
        ours = {ledger.target(step.ref): step for step in steps.values()}
        async for observed in target.read_back(kind, tuple(steps.values()), context):
            if observed.id in ours:
                seen[observed.id] = observed
            elif observed.mark in steps:
                result.extra.append(f"{kind} {observed.id} is a second copy of {steps[observed.mark].ref}")
        for identity, step in ours.items():
            result.checked[kind] += 1
            if identity not in seen:
                result.missing.append(step.ref)
                continue
            known = {field for code, field in told.get(step.ref, ()) if code not in decided[step.ref]}
            result.differences += _compare(step, target.expected(step, context), seen[identity].fields, known)
    return result


def _created(run: Run, target: Target, transform: Transform, kind: Kind) -> Iterator[tuple[Step, frozenset[str]]]:
    """The steps that gave ids, each with the codes of what was decided beforehand: that much is expected, and explains nothing."""
    for entity in work(run.ledger, transform, kind):
        outcome = run.ledger.outcome(entity.ref)
        if outcome and outcome.state is State.MADE:
            decision = transform.decide(entity)
            codes = frozenset(issue.code for issue in decision.issues)
            for step in steps_of(target, transform, decision.entity):
                if step.part == "create" and decision.action is Action.CREATE:
                    yield step, codes


def _told(issues: Iterator[Issue]) -> dict[Ref, set[tuple[str, str]]]:
    """Code and field of what the run told, by ref."""
    found: dict[Ref, set[tuple[str, str]]] = {}
    for issue in issues:
        field = "text" if issue.code == LINK_KEPT else _ALL if issue.field == FINISH else issue.field
        found.setdefault(issue.ref, set()).add((issue.code, field))
    return found


def _compare(
    step: Step, expected: Mapping[str, str], seen: Mapping[str, str], known: Collection[str]
) -> Iterator[Difference]:
    for name, value in expected.items():
        there = seen.get(name, "")
        if there != value:
            explained = any(field in known for field in (name, name.rpartition(".")[2], _ALL))
            yield Difference(step.ref, name, value, there, explained)
