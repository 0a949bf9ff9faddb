"""Planfix keeps what every source and every target must, against its sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

from migrator.model import CheckItem, Comment, Entity, File, Kind, Ref
from migrator.sandbox.planfix import Planfix
from migrator.sandbox.server import serve
from migrator.vendor import Source
from migrator.vendors.planfix import CAPABILITIES
from tests.conformance.source_suite import SourceSuite
from tests.conformance.target_suite import Subject, TargetSuite
from tests.vendors import test_planfix_target as samples
from tests.vendors.bench import losing, never
from tests.vendors.planfix_caller import sample
from tests.vendors.test_planfix_source import opened

COMMENT = Comment(ref=Ref(Kind.COMMENT, "c0"), on=samples.SUBTASK.ref, text=samples.COMMENT.text)
LINES = tuple(
    CheckItem(ref=Ref(Kind.CHECKITEM, f"t2/{place}"), on=samples.SUBTASK.ref, title="Те саме") for place in (1, 2)
)
ENTITIES: tuple[Entity, ...] = (
    *(samples.COMPANY, samples.CONTACT, samples.PROJECT, samples.TASK, samples.SUBTASK),
    *(File(ref=Ref(Kind.FILE, str(place)), on=on, name=name) for place, (on, name, _) in enumerate(samples.FILES)),
    *(COMMENT, samples.COMMENT, samples.CHECKITEM, *LINES, samples.COST),
)
LISTS = ("/list", "/filters")  # a POST that reads
BODIES = {str(place): content for place, (_, _, content) in enumerate(samples.FILES)}


class TestSource(SourceSuite):
    capabilities = CAPABILITIES

    @asynccontextmanager
    async def open(self, tmp_path: Path) -> AsyncIterator[Source]:
        async with serve(Planfix(sample())) as running, opened(running, tmp_path) as source:
            yield source


class TestTarget(TargetSuite):
    capabilities = CAPABILITIES
    entities = ENTITIES
    bodies = BODIES
    once = MappingProxyType(
        {"task:t1 finish": 1, "project:p1 finish": 1}
    )  # a look whether the template keeps the fields

    @asynccontextmanager
    async def open(self, tmp_path: Path, *, writable: bool = True) -> AsyncIterator[Subject]:
        faults = never()
        lose = losing(faults, lambda method, path, _: method == "POST" and not path.endswith(LISTS))
        async with samples.bench(tmp_path, faults=faults, writable=writable) as on:
            yield Subject(on.target, lambda: on.quota.sent, lose)
