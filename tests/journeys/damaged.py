"""The sample company moved into an emptied account of each vendor once, damaged there in every way that is known, and verified."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrator import config
from migrator.cli.call import Call
from migrator.cli.run import Orders, carry_out
from migrator.cli.verify import verify
from migrator.config import Migration
from migrator.ledger import State
from migrator.model import Kind, Ref
from migrator.pipeline.findings import Verification
from migrator.run import look_at_run
from migrator.vendors import VENDORS
from tests.journeys.pairs import between, served
from tests.journeys.stage import account

Row = dict[str, Any]
# What the receiving account begins without: all but its people and its words.
WORK = {
    "worksection": ("projects", "tasks", "comments", "files", "costs", "timers", "contacts"),
    "planfix": ("contacts", "projects", "tasks", "comments", "items", "entries", "files"),
    "hubex": ("assets", "tasks", "contacts", "attachments", "check_lists", "contracts"),
}


@dataclass(frozen=True)
class Damage:
    """One way to damage the target's state. `do` picks its victim and gives what must be found, as `told` writes it."""

    name: str
    do: Callable[[Yard], str | tuple[str, ...]]


@dataclass
class Yard:
    """The target's tables, and which of what the run made stands where: target's id -> ref. No victim is taken twice."""

    state: Any
    made: dict[Kind, dict[str, Ref]]
    issues: dict[tuple[Ref, str], set[str]]  # of a ref and a field, the codes
    taken: set[Ref] = field(default_factory=set)

    def take(self, rows: Iterator[tuple[Ref, Row]], fits: Callable[[Row], Any] = lambda _: True) -> tuple[Ref, Row]:
        """The first that fits, is whole and was not taken."""
        for ref, row in rows:
            if ref not in self.taken and fits(row):
                self.taken.add(ref)
                return ref, row
        raise LookupError("the sample has nothing left to damage so")

    def of(self, kind: Kind, id: object) -> Ref | None:
        """What the run made under an id of the target."""
        return self.made[kind].get(str(id))


@dataclass
class Site:
    """A finished migration with the target's sandbox at hand, on a loop of its own."""

    vendor: str
    migration: Migration
    sandbox: Any
    runner: asyncio.Runner
    yard: Yard

    @property
    def state(self) -> Any:
        """The target account's tables."""
        return self.sandbox.account if self.vendor == "worksection" else self.sandbox.state

    def verify(self, *, download: bool = False) -> Verification:
        """`migrator verify`."""
        return self.runner.run(verify(Call(json=True), self.migration, wait=False, download=download))

    @contextmanager
    def damaged(self) -> Iterator[Yard]:
        """Inside the block the state may be damaged; afterwards it is as it was."""
        before = copy.deepcopy(vars(self.state))
        try:
            yield Yard(self.state, self.yard.made, self.yard.issues)
        finally:
            vars(self.state).update(before)


def told(found: Verification) -> set[str]:
    """Every finding as one line: its class, what it is about, and the field."""
    return {
        *(f"different {one.ref} {one.field}" for one in found.unexplained),
        *(f"missing {ref}" for ref in found.missing),
        *(f"extra {one.kind} {one.ref or ''}".strip() for one in found.extra),
        *(f"sums {project}" for project in found.wrong_sums),
        *(f"unread {one.what}" for one in found.unread),
    }


@contextmanager
def site(vendor: str, folder: Path) -> Iterator[Site]:
    """The sample company of a vendor in an account of the same vendor that was emptied before."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def begin() -> Site:
            source = await stack.enter_async_context(served(vendor))
            target = await stack.enter_async_context(served(vendor, emptied(vendor)))
            commands = between(source, target, folder)
            migration = config.load(commands.file, VENDORS, commands.env)
            await carry_out(Call(json=True), migration, Orders())
            assert target.running is not None
            found = Site(vendor, migration, target.running.sandbox, runner, Yard(None, {}, {}))
            async with look_at_run(migration.run_dir) as run:
                assert run is not None
                found.yard.made = {kind: {} for kind in Kind}
                for ref, part, outcome in run.ledger.outcomes():
                    if part == "create" and outcome.state is State.MADE:
                        found.yard.made[ref.kind][outcome.target] = ref
                for issue in run.ledger.issues():
                    found.yard.issues.setdefault((issue.ref, issue.field), set()).add(issue.code)
            return found

        try:
            yield runner.run(begin())
        finally:
            runner.run(stack.aclose())


def emptied(vendor: str) -> Row:
    """The vendor's sample account without its work."""
    sample = account(vendor)
    bare = {**sample, **{name: [] for name in WORK[vendor]}}
    if vendor == "worksection":  # the sample file names it as the place of tasks without a project
        bare["projects"] = [row for row in sample["projects"] if row["id"] == "105"]
    return bare
