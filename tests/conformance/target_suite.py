"""What every target must keep: one suite for all vendors. What a vendor cannot do is skipped by its Capabilities, never by its name.

A vendor joins with a class of its own: `capabilities`, `entities` in the target's own words, owners first, with the `bodies` of
files, and `open`, which gives an empty account as a Subject.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from migrator.errors import InDoubt, MigratorError
from migrator.model import ENTITY_TYPES, Entity, File, Kind, Ref, owner
from migrator.pipeline.plan import carried_kinds, order_of
from migrator.pipeline.transform import mark
from migrator.vendor import Body, Capabilities, Context, Made, Observed, Step, Target

_PLACE = ("ref", "project", "parent", "on")
FINISH = "finish"


@dataclass(frozen=True)
class Subject:
    """An open target, and what its surroundings can tell and do.

    `losing`: inside its block the reply of a create is lost, "after" its commit or "before"; None where there is no reply to lose.
    """

    target: Target
    sent: Callable[[], int]
    losing: Callable[[str], AbstractContextManager[None]] | None


@dataclass
class Desk:
    """Loads entities into a target as the pipeline does, and remembers what came of it."""

    subject: Subject
    capabilities: Capabilities
    entities: tuple[Entity, ...]
    bodies: Mapping[str, Path]
    made: dict[tuple[Ref, str], str] = field(default_factory=dict)

    @property
    def target(self) -> Target:
        return self.subject.target

    @property
    def context(self) -> Context:
        def files(ref: Ref) -> tuple[tuple[File, str], ...]:
            mine = (one for one in self.entities if isinstance(one, File) and one.on == ref)
            return tuple((one, id) for one in mine if (id := self.made.get((one.ref, "create"))))

        def body(file: Ref) -> Body:
            content = self.bodies[file.id].read_bytes()
            return Body(self.bodies[file.id], len(content), hashlib.sha256(content).hexdigest())

        return Context(lambda ref: self.made.get((ref, "create")), lambda *key: self.made.get(key), files, body)

    def in_order(self) -> list[Entity]:
        kinds = [kind for kind in order_of(self.capabilities) if kind in self.capabilities.creates]
        return [entity for kind in kinds for entity in self.entities if entity.ref.kind is kind]

    def steps(self, entity: Entity) -> Iterator[Step]:
        """The creates of an entity; with the one that gives it its id travels what this vendor takes along."""
        for part in self.target.parts(entity):
            along = carried_kinds(self.capabilities, entity.ref.kind) if part == "create" else []
            carried = tuple(one for one in self.entities if owner(one) == entity.ref and one.ref.kind in along)
            yield Step(entity, part, mark("conformance", entity.ref, part), carried)

    def step(self, entity: Entity, part: str) -> Step:
        return Step(entity, part, mark("conformance", entity.ref, part))

    def note(self, step: Step, made: Made) -> None:
        self.made[step.ref, step.part] = made.id
        self.made.update({(ref, "create"): id for ref, id in made.carried.items()})

    async def create(self, entity: Entity) -> None:
        for step in self.steps(entity):
            if (step.ref, step.part) not in self.made:
                self.note(step, await self.target.create(step, self.context))

    async def create_before(self, last: Entity) -> None:
        """All that comes before an entity."""
        for entity in self.in_order():
            if entity is last:
                return
            await self.create(entity)

    async def finish_all(self) -> None:
        for kind in (Kind.TASK, Kind.PROJECT):
            for entity in reversed([one for one in self.in_order() if one.ref.kind is kind]):
                if kind in self.capabilities.finishes:
                    await self.target.finish(self.step(entity, FINISH), self.context)

    async def load(self) -> None:
        for entity in self.in_order():
            await self.create(entity)
        await self.finish_all()

    async def observed(self, kind: Kind) -> dict[str, Observed]:
        steps = tuple(self.step(one, "create") for one in self.in_order() if one.ref.kind is kind)
        return {one.id: one async for one in self.target.read_back(kind, steps, self.context)} if steps else {}


class TargetSuite:
    """The facts."""

    capabilities: Capabilities
    entities: tuple[Entity, ...]
    bodies: Mapping[str, bytes]

    def open(self, tmp_path: Path, *, writable: bool = True) -> AbstractAsyncContextManager[Subject]:
        """An account with nothing in it of what the suite makes."""
        raise NotImplementedError

    def desk(self, subject: Subject, tmp_path: Path) -> Desk:
        paths = {id: tmp_path / f"body-{id}" for id in self.bodies}
        for id, path in paths.items():
            path.write_bytes(self.bodies[id])
        return Desk(subject, self.capabilities, self.entities, paths)

    def lonely(self, kind: Kind) -> Entity:
        """One of the kind, skipping where the vendor creates or finds none."""
        if kind not in self.capabilities.creates:
            pytest.skip(f"creates no {kind}")
        if kind not in self.capabilities.finds:
            pytest.skip(f"cannot look up a {kind}")
        if kind in self.capabilities.carried:
            pytest.skip(f"a {kind} travels with what it hangs on")
        return next(entity for entity in self.entities if entity.ref.kind is kind)

    def test_every_field_of_every_kind_it_creates_is_accounted_for(self) -> None:
        for kind in self.capabilities.creates:
            named = {one.name for one in msgspec.structs.fields(ENTITY_TYPES[kind])} - set(_PLACE)
            assert set(self.capabilities.fields[kind]) - set(_PLACE) == named, kind

    def test_the_sample_has_something_of_every_kind_it_creates(self) -> None:
        assert {entity.ref.kind for entity in self.entities} >= self.capabilities.creates

    def test_finishing_finding_and_carrying_are_of_kinds_it_creates(self) -> None:
        can = self.capabilities
        assert can.finishes | can.carried | can.repeats <= can.creates

    async def test_the_words_of_people_can_be_looked_up(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as subject:
            for table in subject.target.vocabulary.there.values():
                assert [name for name in table if "@" in name and name != name.lower()] == []

    async def test_everything_is_made_under_an_id_of_its_own(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            await desk.load()
            for entity in desk.in_order():
                assert all(desk.made[entity.ref, part] for part in subject.target.parts(entity)), str(entity.ref)
            for kind in Kind:
                ids = [id for (ref, part), id in desk.made.items() if ref.kind is kind and part == "create"]
                assert len(set(ids)) == len(ids)

    async def test_what_was_made_reads_back_as_expected(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            await desk.load()
            for kind in self.capabilities.creates:
                observed = await desk.observed(kind)
                for entity in [one for one in desk.in_order() if one.ref.kind is kind]:
                    there = observed[desk.made[entity.ref, "create"]]
                    expected = dict(subject.target.expected(desk.step(entity, "create"), desk.context))
                    assert expected
                    assert {name: there.fields.get(name, "") for name in expected} == expected, str(entity.ref)

    async def test_what_is_read_back_carries_its_own_mark_or_none(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            await desk.load()
            for kind in self.capabilities.creates - self.capabilities.carried:
                observed = await desk.observed(kind)
                for entity in [one for one in desk.in_order() if one.ref.kind is kind]:
                    mine = {desk.step(entity, part).mark for part in subject.target.parts(entity)}
                    assert observed[desk.made[entity.ref, "create"]].mark in {"", *mine}

    async def test_a_step_costs_as_many_requests_as_it_says(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            for entity in desk.in_order():
                for step in desk.steps(entity):
                    if (step.ref, step.part) in desk.made:
                        continue
                    sent = subject.sent()
                    desk.note(step, await subject.target.create(step, desk.context))
                    assert subject.sent() - sent == subject.target.requests(step), f"{step.ref} {step.part}"
            for entity in desk.in_order():
                if entity.ref.kind in self.capabilities.finishes:
                    sent, step = subject.sent(), desk.step(entity, FINISH)
                    await subject.target.finish(step, desk.context)
                    assert subject.sent() - sent == subject.target.requests(step), f"{step.ref} {FINISH}"

    async def test_finishing_twice_changes_nothing_more(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            await desk.load()
            once = {kind: await desk.observed(kind) for kind in self.capabilities.finishes}
            await desk.finish_all()
            assert {kind: await desk.observed(kind) for kind in self.capabilities.finishes} == once

    async def test_what_was_made_has_an_address_or_none(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            await desk.load()
            for ref, part in desk.made:
                address = subject.target.link(ref.kind, desk.made[ref, part]) if part == "create" else None
                assert address is None or "://" in address

    @pytest.mark.parametrize("kind", list(Kind))
    async def test_a_create_whose_reply_was_lost_is_found_and_there_once(self, tmp_path: Path, kind: Kind) -> None:
        entity = self.lonely(kind)
        async with self.open(tmp_path) as subject:
            losing = subject.losing or pytest.skip("no reply to lose")
            desk = self.desk(subject, tmp_path)
            await desk.create_before(entity)
            for step in desk.steps(entity):
                with losing("after"), pytest.raises(InDoubt):
                    await subject.target.create(step, desk.context)
                found = await subject.target.find((step,), desk.context)
                assert set(found) == {step.ref}
                desk.note(step, found[step.ref])
            before = await desk.observed(kind)
            await self._the_rest(desk, entity)
            assert desk.made[entity.ref, "create"] in before
            expected = subject.target.expected(desk.step(entity, "create"), desk.context)
            there = (await desk.observed(kind))[desk.made[entity.ref, "create"]]
            assert {name: there.fields.get(name, "") for name in expected} == dict(expected)

    async def _the_rest(self, desk: Desk, entity: Entity) -> None:
        for one in desk.in_order():
            if one is not entity:
                await desk.create(one)
        await desk.finish_all()

    @pytest.mark.parametrize("kind", list(Kind))
    async def test_a_create_that_never_arrived_is_not_found(self, tmp_path: Path, kind: Kind) -> None:
        entity = self.lonely(kind)
        async with self.open(tmp_path) as subject:
            losing = subject.losing or pytest.skip("no reply to lose")
            desk = self.desk(subject, tmp_path)
            await desk.create_before(entity)
            for step in desk.steps(entity):
                with losing("before"), pytest.raises(InDoubt):
                    await subject.target.create(step, desk.context)
                assert await subject.target.find((step,), desk.context) == {}
                desk.note(step, await subject.target.create(step, desk.context))

    @pytest.mark.parametrize("kind", list(Kind))
    async def test_only_what_is_there_is_found_among_many(self, tmp_path: Path, kind: Kind) -> None:
        self.lonely(kind)
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            mine = [one for one in desk.in_order() if one.ref.kind is kind]
            await desk.create_before(mine[0])
            for one in mine[:-1]:
                await desk.create(one)
            found = await subject.target.find(tuple(desk.step(one, "create") for one in mine), desk.context)
            assert {ref: made.id for ref, made in found.items()} == {
                one.ref: desk.made[one.ref, "create"] for one in mine[:-1]
            }

    async def test_nothing_is_written_where_nothing_may_be(self, tmp_path: Path) -> None:
        async with self.open(tmp_path, writable=False) as subject:
            desk = self.desk(subject, tmp_path)
            sent = subject.sent()
            [step, *_] = desk.steps(desk.in_order()[0])
            with pytest.raises(MigratorError):
                await subject.target.create(step, desk.context)
            assert subject.sent() == sent

    async def test_a_preflight_of_a_good_account_finds_no_error(self, tmp_path: Path) -> None:
        async with self.open(tmp_path, writable=False) as subject:
            checks = await subject.target.check()
        assert checks
        assert {check.status for check in checks} <= {"ok", "warning"}
        assert all(check.fix for check in checks if check.status != "ok")
