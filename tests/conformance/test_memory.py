"""The memory vendor keeps what every source and every target must."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from migrator.vendor import Source
from migrator.vendors.memory import CAPABILITIES, Fault, MemorySource, MemoryTarget
from tests.conformance.source_suite import SourceSuite
from tests.conformance.target_suite import Subject, TargetSuite
from tests.world import BODIES, company


class TestSource(SourceSuite):
    capabilities = CAPABILITIES

    @asynccontextmanager
    async def open(self, tmp_path: Path) -> AsyncIterator[Source]:
        yield MemorySource(company(), BODIES)


class TestTarget(TargetSuite):
    capabilities = CAPABILITIES
    entities = tuple(company())
    bodies = BODIES

    @asynccontextmanager
    async def open(self, tmp_path: Path, *, writable: bool = True) -> AsyncIterator[Subject]:
        target = MemoryTarget(writable=writable)

        @contextmanager
        def losing(when: str) -> Iterator[None]:
            target.fault = lambda _: Fault.LOST if when == "after" else Fault.CUT
            yield
            target.fault = lambda _: None

        yield Subject(target, lambda: target.sent, losing)
