"""HubEx keeps what every source and every target must, against its sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from migrator.model import CheckItem, Comment, Entity, File, Kind, Ref
from migrator.sandbox.server import serve
from migrator.vendor import Source
from migrator.vendors.hubex import CAPABILITIES
from tests.conformance.source_suite import SourceSuite
from tests.conformance.target_suite import Subject, TargetSuite
from tests.vendors import test_hubex_target as samples
from tests.vendors.bench import losing, never
from tests.vendors.test_hubex_source import opened, sample

COMMENT = Comment(ref=Ref(Kind.COMMENT, "c0"), on=samples.SUBTASK.ref, text=samples.COMMENT.text)
LINES = tuple(
    CheckItem(ref=Ref(Kind.CHECKITEM, f"t2/{place}"), on=samples.SUBTASK.ref, title=title, done=place == 2)
    for place, title in enumerate(("Перевірити ухил", "Перевірити ринви", "Перевірити ринви"), 1)
)
# What is told to a contact's company and of a ticked line is set rather than created, and can be in no doubt: those come second.
ENTITIES: tuple[Entity, ...] = (
    samples.COMPANY,
    msgspec.structs.replace(samples.CONTACT, ref=Ref(Kind.CONTACT, "k0"), company=""),
    samples.CONTACT,
    samples.PROJECT,
    samples.TASK,
    samples.SUBTASK,
    *(file for file in samples.FILES if file.on.kind is not Kind.COMMENT),
    File(ref=Ref(Kind.FILE, "2"), on=COMMENT.ref, name="фото.jpg"),
    COMMENT,
    samples.COMMENT,
    *LINES,
    samples.COST,
    samples.MONEY,
)
OPTIONS = {**samples.OPTIONS, "address": "Тверь, Волжский проспект, 14", "stand_in": "Андрей Жуков"}
BODIES = {ref.id: content for ref, content in samples.CONTENTS.items()}


class TestSource(SourceSuite):
    capabilities = CAPABILITIES

    @asynccontextmanager
    async def open(self, tmp_path: Path) -> AsyncIterator[Source]:
        async with serve(sample()) as running, opened(running, tmp_path) as source:
            yield source


class TestTarget(TargetSuite):
    capabilities = CAPABILITIES
    entities = ENTITIES
    bodies = BODIES

    @asynccontextmanager
    async def open(self, tmp_path: Path, *, writable: bool = True) -> AsyncIterator[Subject]:
        faults, account = never(), samples.sample(lag_calls=0)
        lose = losing(faults, lambda method, *_: method == "POST")
        async with samples.bench(tmp_path, faults=faults, account=account, options=OPTIONS, writable=writable) as on:
            yield Subject(on.target, lambda: on.quota.sent, lose)
