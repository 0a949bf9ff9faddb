"""Sums: the time and money of each project as the source has it, as it was moved, and as it is found in the target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from migrator.ledger import Ledger
from migrator.model import Cost, Kind, Ref, Task
from migrator.pipeline.findings import Amount, Sum

NO_PROJECT = "none"


class Sums:
    """Added up row by row. A row of the target counts for the project of the task that it hangs on there."""

    def __init__(self, ledger: Ledger) -> None:
        self.by_project: defaultdict[str, Sum] = defaultdict(Sum)
        self._ledger = ledger
        self._projects: dict[Ref, str] = {}  # of what costs hang on
        self._owners: dict[str, Ref] = {}  # what costs hang on, by its id as the target's rows name it

    def add_source(self) -> None:
        """All costs of the source that were read."""
        for cost in self._ledger.entities(Kind.COST):
            if isinstance(cost, Cost):
                self.by_project[self._project(cost.on)].source += Amount(cost.minutes, cost.money)

    def add_moved(self, cost: Cost, expected: Mapping[str, str]) -> None:
        """A cost that was moved, with the fields it should have."""
        self._owners.setdefault(expected.get("on", ""), cost.on)
        self.by_project[self._project(cost.on)].moved += _amount(expected)

    def add_found(self, fields: Mapping[str, str]) -> None:
        """A cost of ours, or a copy of one, as found."""
        owner = self._owners.get(fields.get("on", ""))
        self.by_project[self._project(owner) if owner else NO_PROJECT].target += _amount(fields)

    def _project(self, on: Ref) -> str:
        if on not in self._projects:
            above = self._ledger.entity(on)
            project = above.project if isinstance(above, Task) else above.ref if above else None
            self._projects[on] = str(project or NO_PROJECT)
        return self._projects[on]


def _amount(fields: Mapping[str, str]) -> Amount:
    try:
        return Amount(int(fields.get("minutes") or 0), Decimal(fields.get("money") or 0).normalize())
    except (ValueError, InvalidOperation):
        return Amount()  # not a number: the field itself is a difference
