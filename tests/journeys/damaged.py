"""The sample company moved into each vendor once, to be damaged there and verified as often as a test likes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrator import config
from migrator.cli.call import Call
from migrator.cli.run import Orders, carry_out
from migrator.cli.verify import verify
from migrator.config import Migration
from migrator.pipeline.verify import Verification
from migrator.sandbox.server import Running
from migrator.vendors import VENDORS
from tests.journeys.pairs import between, served

SOURCES = {"worksection": "worksection", "planfix": "planfix", "hubex": "hubex"}  # target -> source


@dataclass
class Site:
    """A finished migration with the target's sandbox at hand, on a loop of its own."""

    vendor: str
    migration: Migration
    running: Running
    runner: asyncio.Runner
    stack: AsyncExitStack

    @property
    def state(self) -> Any:
        """The target account's tables."""
        sandbox: Any = self.running.sandbox
        return sandbox.account if self.vendor == "worksection" else sandbox.state

    def verify(self, *, download: bool = False) -> Verification:
        """`migrator verify`."""
        return self.runner.run(verify(Call(json=True), self.migration, wait=False, download=download))


@contextmanager
def site(vendor: str, folder: Path) -> Iterator[Site]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def begin() -> Site:
            source, target = [await stack.enter_async_context(served(name)) for name in (SOURCES[vendor], vendor)]
            commands = between(source, target, folder)
            migration = config.load(commands.file, VENDORS, commands.env)
            await carry_out(Call(json=True), migration, Orders())
            return Site(vendor, migration, target.running, runner, stack)

        try:
            yield runner.run(begin())
        finally:
            runner.run(stack.aclose())
