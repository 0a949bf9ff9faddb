"""Prove: the sums of what was extracted against the sums that the source states of itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from migrator.ledger import Ledger
from migrator.model import Cost, Issue, Kind, Reach, Ref, Task

DIFFERS = "total-differs"


def prove(ledger: Ledger, totals: Mapping[str, str]) -> Iterator[Issue]:
    """An issue for every stated sum that was not reached. Names: "cost minutes project:12", "cost money project:12"."""
    sums = _sums(ledger) if totals else defaultdict(Decimal)
    for name, stated in totals.items():
        what, _, place = name.rpartition(" ")
        if Decimal(stated) != sums[name]:
            detail = f"the source states {stated} in all, and gave rows for {sums[name]}"
            yield Issue(ref=Ref.parse(place), code=DIFFERS, field=what, detail=detail, reach=Reach.LOSS)


def _sums(ledger: Ledger) -> defaultdict[str, Decimal]:
    projects = {task.ref: task.project for task in ledger.entities(Kind.TASK) if isinstance(task, Task)}
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for cost in ledger.entities(Kind.COST):
        if isinstance(cost, Cost) and (project := projects.get(cost.on)):
            sums[f"cost minutes {project}"] += cost.minutes
            sums[f"cost money {project}"] += cost.money
    return sums
