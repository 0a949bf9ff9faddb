"""The archive keeps what every source and every target must."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from migrator.vendor import Account, Source, Wire
from migrator.vendors.archive import CAPABILITIES, VENDOR
from tests.conformance.source_suite import SourceSuite
from tests.conformance.target_suite import Subject, TargetSuite
from tests.vendors.bench import NoQuota
from tests.world import BODIES, company


class TestTarget(TargetSuite):
    capabilities = CAPABILITIES
    entities = tuple(company())
    bodies = BODIES

    @asynccontextmanager
    async def open(self, tmp_path: Path, *, writable: bool = True) -> AsyncIterator[Subject]:
        quota = NoQuota()
        account = Account("archive", path=tmp_path / "archive")
        assert VENDOR.open_target is not None
        async with VENDOR.open_target(account, Wire(quota, tmp_path / "replies", writable)) as target:
            yield Subject(target, lambda: quota.sent, losing=None)


class TestSource(SourceSuite):
    capabilities = CAPABILITIES

    @asynccontextmanager
    async def open(self, tmp_path: Path) -> AsyncIterator[Source]:
        made = TestTarget()
        async with made.open(tmp_path) as subject:
            await made.desk(subject, tmp_path).load()
        account = Account("archive", path=tmp_path / "archive")
        assert VENDOR.open_source is not None
        async with VENDOR.open_source(account, Wire(NoQuota(), tmp_path / "replies")) as source:
            yield source
