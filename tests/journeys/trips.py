"""One account moved from vendor to vendor, each run with the sample file of its pair; the last account is read into an archive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from migrator import config, mapping
from migrator.cli.opening import mapping_file
from migrator.ledger import Ledger, Outcome
from migrator.mapping import Rules
from migrator.model import CheckItem, Entity, File, Issue, Kind, Ref
from migrator.run import look_at_run
from migrator.vendor import Capabilities
from migrator.vendors import VENDORS
from tests.journeys.commands import account
from tests.journeys.pairs import Side, between, served


@dataclass(frozen=True)
class Hop:
    """One run, done: what its source held, what became of it, what was told, and by which rules."""

    source: str
    target: str
    zone: ZoneInfo
    entities: dict[Ref, Entity]
    outcomes: dict[Ref, Outcome]
    made: dict[Ref, tuple[str, ...]]
    issues: tuple[Issue, ...]
    rules: Rules

    @property
    def can(self) -> Capabilities:
        """What its target can hold."""
        return VENDORS[self.target].capabilities

    @cached_property
    def told(self) -> dict[Ref, set[str]]:
        """The fields that issues name; "" = the entity as a whole."""
        found: dict[Ref, set[str]] = {}
        for issue in self.issues:
            found.setdefault(issue.ref, set()).add(issue.field)
        return found

    @cached_property
    def owned(self) -> dict[tuple[Ref, Kind], list[Entity]]:
        """What hangs on each entity, by kind, in order."""
        found: dict[tuple[Ref, Kind], list[Entity]] = {}
        for entity in self.entities.values():
            if isinstance(entity, File | CheckItem):
                found.setdefault((entity.on, entity.ref.kind), []).append(entity)
        return found


# The tables of what people made, and what is kept of them for an account that is only to be filled.
_MADE = {
    "worksection": dict.fromkeys(("tasks", "comments", "files", "costs", "relations"), ()) | {"projects": ("105",)},
    "planfix": dict.fromkeys(("projects", "tasks", "items", "comments", "files", "entries"), ()),
    "hubex": {"tasks": ()},
}


def emptied(vendor: str) -> dict[str, Any]:
    """The sample account as it was set up, before anybody worked in it."""
    found = account(vendor)
    for table, kept in _MADE[vendor].items():
        found[table] = [row for row in found[table] if str(row.get("id")) in kept]
    for contact in found["contacts"] if vendor == "planfix" else ():
        contact.pop("files", None)
    return found


# How a task names the one above it, and the tables whose rows hang on tasks.
_ABOVE = {"worksection": "parent", "planfix": "parent", "hubex": "parentID"}
_BELOW = {
    "worksection": ("comments", "files", "costs"),
    "planfix": ("comments", "items", "entries"),
    "hubex": (),
}
_OF_EACH = 3


def chosen(vendor: str) -> dict[str, Any]:
    """The sample account with the fewest of its tasks that have among them three of everything a task can have, and the tasks above."""
    found = account(vendor)
    tasks = {str(task["id"]): task for task in found["tasks"]}
    below: dict[str, set[str]] = {}
    for table in _BELOW[vendor]:
        for row in found[table]:
            below.setdefault(str(row.get("task")), set()).update(f"{table}.{key}" for key in row)
    kept: set[str] = set()
    seen: Counter[str] = Counter()
    for id, task in tasks.items():
        has = _held(task) | below.get(id, set())
        above: str | None = id
        while any(seen[each] < _OF_EACH for each in has) and above and above not in kept:
            kept.add(above)
            seen.update(_held(tasks[above]) | below.get(above, set()))
            above = str(tasks[above].get(_ABOVE[vendor]) or "")
    found["tasks"] = [task for id, task in tasks.items() if id in kept]
    for table in _BELOW[vendor]:
        found[table] = [row for row in found[table] if "task" not in row or str(row["task"]) in kept]
    comments = {row["id"] for row in found["comments"]} if vendor == "worksection" else set()
    if vendor == "worksection":
        found["files"] = [
            row for row in found["files"] if row.get("comment", row["id"]) in comments or "comment" not in row
        ]
        ends = ("from", "to")
        found["relations"] = [row for row in found["relations"] if all(row[end] in kept for end in ends)]
    return found


def _held(task: dict[str, Any]) -> set[str]:
    """The names of what a task has, its custom fields and statuses one by one."""
    words = {
        f"{name} {value}" for name, value in task.items() if name in ("status", "stageID", "priority", "processId")
    }
    return {*task, *words, *(f"field {id}" for id in task.get("fields", ()))}


async def travel(vendors: Sequence[str], folder: Path) -> list[Hop]:
    """The runs of the way through the vendors, beginning with what was chosen of the sample account, and of the reading at its end."""
    async with AsyncExitStack() as stack:
        sides = []
        for place, vendor in enumerate((*vendors, "archive")):
            if vendor == "archive":
                sides.append(Side("archive", folder / f"archive-{place}"))
            else:
                sides.append(
                    await stack.enter_async_context(
                        served(vendor, emptied(vendor) if place else chosen(vendor), filled=not place)
                    )
                )
        return [
            await _hop(source, target, folder / f"{place}-{source.vendor}-{target.vendor}")
            for place, (source, target) in enumerate(pairwise(sides))
        ]


async def _hop(source: Side, target: Side, folder: Path) -> Hop:
    folder.mkdir()
    commands = between(source, target, folder)
    result = await commands.migrator("run", "--json")
    assert result.code in (0, 6), result.err
    migration = config.load(commands.file, VENDORS, commands.env)
    rules = mapping_file(migration)
    async with look_at_run(migration.run_dir) as run:
        assert run is not None
        return Hop(
            source.vendor,
            target.vendor,
            ZoneInfo(migration.source.time_zone),
            {entity.ref: entity for kind in Kind for entity in run.ledger.entities(kind)},
            {ref: outcome for ref, part, outcome in run.ledger.outcomes() if part == "create"},
            _made(run.ledger),
            tuple(run.ledger.issues()),
            mapping.load(rules) if rules else Rules(),
        )


def _made(ledger: Ledger) -> dict[Ref, tuple[str, ...]]:
    """The target's ids of each entity, of all parts but the comment that only carries a cost; one outcome may name several."""
    found: dict[Ref, list[str]] = {}
    for ref, part, outcome in ledger.outcomes():
        if outcome.target and part != "comment":
            found.setdefault(ref, []).extend(outcome.target.split(","))
    return {ref: tuple(ids) for ref, ids in found.items()}
