"""Worksection keeps what every source and every target must, against its sandbox."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from urllib.parse import parse_qs

from migrator.model import Comment, Entity, Kind, Ref
from migrator.sandbox.server import serve
from migrator.sandbox.worksection import Worksection
from migrator.vendor import Source
from migrator.vendors.worksection import CAPABILITIES
from tests.conformance.source_suite import SourceSuite
from tests.conformance.target_suite import Subject, TargetSuite
from tests.vendors import test_worksection_target as samples
from tests.vendors.bench import losing, never
from tests.vendors.test_worksection_source import SAMPLE, opened

COMMENT = Comment(ref=Ref(Kind.COMMENT, "c0"), on=samples.OPEN_TASK.ref, text=samples.COMMENT.text)
ENTITIES: tuple[Entity, ...] = (
    *(samples.PERSON, samples.GROUP, samples.COMPANY, samples.CONTACT, samples.TAG),
    *(samples.OPEN_PROJECT, samples.OPEN_TASK, COMMENT, samples.COMMENT, *samples.ITEMS, samples.COST, *samples.FILES),
)
BODIES = {ref.id: content for ref, content in samples.CONTENTS.items()}


class TestSource(SourceSuite):
    capabilities = CAPABILITIES

    @asynccontextmanager
    async def open(self, tmp_path: Path) -> AsyncIterator[Source]:
        async with serve(Worksection(copy.deepcopy(SAMPLE))) as running, opened(running, tmp_path) as source:
            yield source


class TestTarget(TargetSuite):
    capabilities = CAPABILITIES
    entities = ENTITIES
    bodies = BODIES
    once = MappingProxyType({"contact:k1 create": 1, "tag:task/1 create": 1})  # the contact's folder, the tag's set

    @asynccontextmanager
    async def open(self, tmp_path: Path, *, writable: bool = True) -> AsyncIterator[Subject]:
        faults = never()
        lose = losing(faults, lambda _, __, query: parse_qs(query)["action"][0] in samples.CREATES)
        async with samples.bench(tmp_path, faults=faults, writable=writable) as on:
            yield Subject(on.target, lambda: on.quota.sent, lose)
