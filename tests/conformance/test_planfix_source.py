"""Planfix keeps what every source must."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from migrator.sandbox.planfix import Planfix
from migrator.sandbox.server import serve
from migrator.vendor import Source
from migrator.vendors.planfix import CAPABILITIES
from tests.conformance.source_suite import SourceSuite
from tests.vendors.planfix_caller import sample
from tests.vendors.test_planfix_source import opened


class TestSource(SourceSuite):
    capabilities = CAPABILITIES

    @asynccontextmanager
    async def open(self, tmp_path: Path) -> AsyncIterator[Source]:
        async with serve(Planfix(sample())) as running, opened(running, tmp_path) as source:
            yield source
