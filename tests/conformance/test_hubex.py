"""The HubEx target keeps what every target must, against its sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import msgspec

from migrator.model import CheckItem, Comment, Entity, File, Kind, Ref
from migrator.sandbox.faults import Faults
from migrator.sandbox.hubex import HubEx, Limits
from migrator.sandbox.server import serve
from migrator.vendor import Account, Wire
from migrator.vendors.hubex import CAPABILITIES, VENDOR
from tests.conformance.target_suite import Subject, TargetSuite
from tests.vendors import test_hubex_target as samples

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
BODIES = {ref.id: content for ref, content in samples.CONTENTS.items()}


class TestTarget(TargetSuite):
    capabilities = CAPABILITIES
    entities = ENTITIES
    bodies = BODIES

    @asynccontextmanager
    async def open(self, tmp_path: Path, *, writable: bool = True) -> AsyncIterator[Subject]:
        faults, quota = Faults(when=lambda *_: False), samples.NoQuota()
        options = {**samples.OPTIONS, "address": "Тверь, Волжский проспект, 14", "stand_in": "Андрей Жуков"}
        sandbox = HubEx(samples.sample(lag_calls=0), limits=Limits(None))
        assert VENDOR.open_target is not None
        async with serve(sandbox, faults=faults) as running:
            secret = samples.sample()["service_tokens"][0]["token"]
            account = Account("hubex", f"{running.url}/fsm", None, secret, "Europe/Moscow", samples.FREE, options)
            async with VENDOR.open_target(account, Wire(quota, tmp_path / "replies", writable, wait=False)) as target:

                @contextmanager
                def losing(when: str) -> Iterator[None]:
                    faults.lost, faults.cut = float(when == "after"), float(when == "before")
                    faults.when = lambda method, *_: method == "POST"
                    yield
                    faults.when = lambda *_: False

                yield Subject(target, lambda: quota.sent, losing)
