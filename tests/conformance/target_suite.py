"""What every target must keep: one suite for all vendors. What a vendor cannot do is skipped by its Capabilities, never by its name.

A vendor joins with a class of its own: `capabilities`, `entities` in the target's own words, owners first, with the `bodies` of
files, and `open`, which gives an empty account as a Subject.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import msgspec
import pytest

from migrator.errors import InDoubt, MigratorError, Refused
from migrator.model import ENTITY_TYPES, Entity, Kind, Ref, owner
from migrator.pipeline.plan import carried_kinds, order_of
from migrator.vendor import Capabilities, Context, Observed, Step, Target
from tests.conformance.edits import edits
from tests.vendors.bench import Book, step

_PLACE = ("ref", "project", "parent", "on")
FINISH, UPDATE = "finish", "update"


def changing(entity: Entity) -> Step:
    """The step that changes a copy: under the mark it was made with."""
    return replace(step(entity), part=UPDATE)


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
    book: Book

    @property
    def target(self) -> Target:
        return self.subject.target

    @property
    def context(self) -> Context:
        return self.book.context

    def in_order(self) -> list[Entity]:
        kinds = [kind for kind in order_of(self.capabilities) if kind in self.capabilities.creates]
        return [entity for kind in kinds for entity in self.entities if entity.ref.kind is kind]

    def steps(self, entity: Entity) -> Iterator[Step]:
        """The creates of an entity; with the one that gives it its id travels what this vendor takes along."""
        for part in self.target.parts(entity):
            along = carried_kinds(self.capabilities, entity.ref.kind) if part == "create" else []
            carried = tuple(one for one in self.entities if owner(one) == entity.ref and one.ref.kind in along)
            yield step(entity, part, carried)

    async def create(self, entity: Entity) -> None:
        for one in self.steps(entity):
            if (one.ref, one.part) not in self.book.made:
                self.book.note(one, await self.target.create(one, self.context))

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
                    await self.target.finish(step(entity, FINISH), self.context)

    async def load(self) -> None:
        for entity in self.in_order():
            await self.create(entity)
        await self.finish_all()

    async def observed(self, kind: Kind, under: tuple[Ref, ...] = ()) -> dict[str, Observed]:
        steps = tuple(step(one) for one in self.in_order() if one.ref.kind is kind)
        if not steps and not under:
            return {}
        return {one.id: one async for one in self.target.read_back(kind, steps, self.context, under)}

    def leaves_first(self) -> list[Entity]:
        """What can be taken back by itself, against the order of loading: children before parents."""
        can = self.capabilities
        return [one for one in reversed(self.in_order()) if one.ref.kind in can.deletes | can.retires]

    async def take_back(self, entity: Entity) -> bool:
        """All parts of it, the last first, as the pipeline does; False if the vendor refuses, as on a closed task."""
        try:
            for part in reversed(self.target.parts(entity)):
                await self.target.remove(step(entity, part), self.context)
        except Refused:
            return False
        return True

    async def take_all_back(self) -> set[Ref]:
        """Those that are taken back: the rest are refused, which they may be if what they hang on takes them along."""
        done = {entity.ref for entity in self.leaves_first() if await self.take_back(entity)}
        refused = [one for one in self.leaves_first() if one.ref not in done]
        assert all(owner(one) in done for one in refused), refused
        return done


class TargetSuite:
    """The facts."""

    capabilities: Capabilities
    entities: tuple[Entity, ...]
    bodies: Mapping[str, bytes]
    once: Mapping[str, int] = MappingProxyType(
        {}
    )  # step -> requests that serve all later ones too, and are foretold of none

    def open(self, tmp_path: Path, *, writable: bool = True) -> AbstractAsyncContextManager[Subject]:
        """An account with nothing in it of what the suite makes."""
        raise NotImplementedError

    def desk(self, subject: Subject, tmp_path: Path) -> Desk:
        contents = {Ref(Kind.FILE, id): content for id, content in self.bodies.items()}
        return Desk(subject, self.capabilities, self.entities, Book(tmp_path, contents))

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
                assert all(desk.book.made[entity.ref, part] for part in subject.target.parts(entity)), str(entity.ref)
            for kind in Kind:
                ids = [id for (ref, part), id in desk.book.made.items() if ref.kind is kind and part == "create"]
                assert len(set(ids)) == len(ids)

    async def test_what_was_made_reads_back_as_expected(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            await desk.load()
            for kind in self.capabilities.creates:
                observed = await desk.observed(kind)
                for entity in [one for one in desk.in_order() if one.ref.kind is kind]:
                    there = observed[desk.book.made[entity.ref, "create"]]
                    expected = dict(subject.target.expected(step(entity), desk.context))
                    assert expected
                    assert {name: there.fields.get(name, "") for name in expected} == expected, str(entity.ref)

    async def test_what_is_read_back_carries_its_own_mark_or_none(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            await desk.load()
            for kind in self.capabilities.creates - self.capabilities.carried:
                observed = await desk.observed(kind)
                for entity in [one for one in desk.in_order() if one.ref.kind is kind]:
                    mine = {step(entity, part).mark for part in subject.target.parts(entity)}
                    assert observed[desk.book.made[entity.ref, "create"]].mark in {"", *mine}

    async def test_a_step_costs_as_many_requests_as_it_says(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            more: dict[str, int] = {}
            for entity in desk.in_order():
                for one in desk.steps(entity):
                    if (one.ref, one.part) not in desk.book.made:
                        told = subject.sent() + subject.target.requests(one)
                        desk.book.note(one, await subject.target.create(one, desk.context))
                        more[f"{one.ref} {one.part}"] = subject.sent() - told
            for entity in desk.in_order():
                if entity.ref.kind in self.capabilities.finishes:
                    one = step(entity, FINISH)
                    told = subject.sent() + subject.target.requests(one)
                    await subject.target.finish(one, desk.context)
                    more[f"{one.ref} {FINISH}"] = subject.sent() - told
            assert {name: number for name, number in more.items() if number} == dict(self.once)

    async def test_finishing_twice_changes_nothing_more(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            await desk.load()
            once = {kind: await desk.observed(kind) for kind in self.capabilities.finishes}
            await desk.finish_all()
            assert {kind: await desk.observed(kind) for kind in self.capabilities.finishes} == once

    @pytest.mark.parametrize("kind", list(Kind))
    async def test_each_edit_is_set_alone_and_reads_back_as_expected(self, tmp_path: Path, kind: Kind) -> None:
        words = self.capabilities.updates.get(kind)
        if not words:
            pytest.skip(f"changes no {kind}")
        async with self.open(tmp_path) as subject:
            desk, target = self.desk(subject, tmp_path), subject.target
            await desk.load()
            entity = next(one for one in desk.in_order() if one.ref.kind is kind and not getattr(one, "done", False))
            id, tried = desk.book.made[entity.ref, "create"], 0
            for word, edited in edits(entity, words):
                before, expected = await desk.observed(kind), target.expected(changing(edited), desk.context)
                there = before[id].fields
                fields = {name: there.get(name, "") for name in expected if name.partition(".")[0] == word}
                fields = {name: value for name, value in fields.items() if value != expected[name]}
                if fields:
                    tried += 1
                    for _ in range(2):  # the second time nothing more
                        made = await target.update(changing(edited), fields, desk.context)
                        assert made.id == id
                        assert made.issues == ()
                    after = await desk.observed(kind)
                    assert {**there, **{name: expected[name] for name in fields}} == after[id].fields, word
                    assert {**before, id: after[id]} == after, word
                    assert after[id].mark == before[id].mark
            assert tried

    def test_what_it_changes_it_has_made(self) -> None:
        assert set(self.capabilities.updates) <= self.capabilities.creates

    async def test_nothing_is_changed_where_nothing_may_be_written(self, tmp_path: Path) -> None:
        if not self.capabilities.updates:
            pytest.skip("changes nothing")
        async with self.open(tmp_path, writable=False) as subject:
            desk = self.desk(subject, tmp_path)
            entity = next(one for one in desk.in_order() if one.ref.kind is Kind.TASK)
            desk.book.made[entity.ref, "create"] = "1"
            sent = subject.sent()
            [word, *_] = self.capabilities.updates[entity.ref.kind] & {"title"}
            with pytest.raises(MigratorError):
                await subject.target.update(changing(entity), {word: ""}, desk.context)
            assert subject.sent() == sent

    async def test_what_was_made_has_an_address_or_none(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            await desk.load()
            for ref, part in desk.book.made:
                address = subject.target.link(ref.kind, desk.book.made[ref, part]) if part == "create" else None
                assert address is None or "://" in address

    @pytest.mark.parametrize("kind", list(Kind))
    async def test_a_create_whose_reply_was_lost_is_found_and_there_once(self, tmp_path: Path, kind: Kind) -> None:
        entity = self.lonely(kind)
        async with self.open(tmp_path) as subject:
            losing = subject.losing or pytest.skip("no reply to lose")
            desk = self.desk(subject, tmp_path)
            await desk.create_before(entity)
            for one in desk.steps(entity):
                with losing("after"), pytest.raises(InDoubt):
                    await subject.target.create(one, desk.context)
                found = await subject.target.find((one,), desk.context)
                assert set(found) == {one.ref}
                desk.book.note(one, found[one.ref])
            before = await desk.observed(kind)
            await self._the_rest(desk, entity)
            assert desk.book.made[entity.ref, "create"] in before
            expected = subject.target.expected(step(entity), desk.context)
            there = (await desk.observed(kind))[desk.book.made[entity.ref, "create"]]
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
            for one in desk.steps(entity):
                with losing("before"), pytest.raises(InDoubt):
                    await subject.target.create(one, desk.context)
                assert await subject.target.find((one,), desk.context) == {}
                desk.book.note(one, await subject.target.create(one, desk.context))

    @pytest.mark.parametrize("kind", list(Kind))
    async def test_only_what_is_there_is_found_among_many(self, tmp_path: Path, kind: Kind) -> None:
        self.lonely(kind)
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            mine = [one for one in desk.in_order() if one.ref.kind is kind]
            await desk.create_before(mine[0])
            for one in mine[:-1]:
                await desk.create(one)
            found = await subject.target.find(tuple(step(one) for one in mine), desk.context)
            assert {ref: made.id for ref, made in found.items()} == {
                one.ref: desk.book.made[one.ref, "create"] for one in mine[:-1]
            }

    async def test_what_can_be_deleted_is_not_read_back_any_more(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            await desk.load()
            done = await desk.take_all_back()
            assert {ref.kind for ref in done} >= self.capabilities.deletes - {Kind.COST}
            for kind in self.capabilities.deletes:
                left = await desk.observed(kind)
                mine = {
                    id
                    for (ref, part), id in desk.book.made.items()
                    if ref in done and (ref.kind, part) == (kind, "create")
                }
                assert not mine & set(left), kind

    async def test_what_is_put_aside_is_there_and_not_found_any_more(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            await desk.load()
            before = {kind: await desk.observed(kind) for kind in self.capabilities.retires}
            await desk.take_all_back()
            for kind, rows in before.items():
                mine = [one for one in desk.in_order() if one.ref.kind is kind]
                after = await desk.observed(kind)
                for one in mine:
                    own = step(one)
                    id = desk.book.made[one.ref, "create"]
                    assert after[id].mark not in {own.mark, rows[id].mark or own.mark}
                    assert after[id].fields != rows[id].fields
                steps = tuple(step(one) for one in mine)
                assert await subject.target.find(steps, desk.context) == {}

    async def test_taking_back_twice_changes_nothing_more(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            await desk.load()
            done = await desk.take_all_back()
            once = {kind: await desk.observed(kind) for kind in self.capabilities.creates}
            assert await desk.take_all_back() == done
            assert {kind: await desk.observed(kind) for kind in self.capabilities.creates} == once

    async def test_taking_back_one_leaves_the_others_alone(self, tmp_path: Path) -> None:
        """Those of its kind, each by itself."""
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            for entity in desk.in_order():
                await desk.create(entity)
            # The lines of one checklist may go together, and a project may be refused while it holds tasks.
            leaves = (Kind.COST, Kind.FILE, Kind.COMMENT, Kind.TASK, Kind.CONTACT, Kind.COMPANY)
            for kind in (one for one in leaves if one in self.capabilities.deletes):
                mine = [one for one in desk.in_order() if one.ref.kind is kind]
                before = set(await desk.observed(kind))  # what only finishing puts in its place is not seen yet
                assert await desk.take_back(mine[-1])
                assert set(await desk.observed(kind)) == before - {desk.book.made[mine[-1].ref, "create"]}

    async def test_taking_back_costs_as_many_requests_as_it_says(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            for entity in desk.in_order():
                await desk.create(entity)
            for entity in desk.leaves_first():
                for part in reversed(subject.target.parts(entity)):
                    sent, one = subject.sent(), step(entity, part)
                    await subject.target.remove(one, desk.context)
                    assert subject.sent() - sent == subject.target.removal_requests(one, desk.context), (
                        f"{one.ref} {part}"
                    )

    async def test_what_is_read_back_says_what_it_hangs_on(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            await desk.load()
            for entity in desk.in_order():
                above = owner(entity)
                if above and (id := desk.book.made.get((above, "create"))):
                    seen = (await desk.observed(entity.ref.kind))[desk.book.made[entity.ref, "create"]]
                    assert (above.kind, id) in seen.on, str(entity.ref)

    async def test_all_that_hangs_on_something_is_read_back_though_the_run_has_hung_nothing_on_it(
        self, tmp_path: Path
    ) -> None:
        async with self.open(tmp_path) as subject:
            desk = self.desk(subject, tmp_path)
            await desk.load()
            for hung in (Kind.TASK, Kind.COMMENT, Kind.COST, Kind.FILE, Kind.CHECKITEM):
                mine = [one for one in desk.in_order() if one.ref.kind is hung]
                holders = {above for one in mine if (above := owner(one)) and above.kind is not Kind.COMMENT}
                places = set()
                for kind in (hung, Kind.COMMENT):  # an entry on a comment may show as a comment
                    async for one in subject.target.read_back(kind, (), desk.context, tuple(holders)):
                        places |= set(one.on)
                assert {(above.kind, desk.book.made[above, "create"]) for above in holders} <= places, hung

    async def test_nothing_is_taken_back_where_nothing_may_be_written(self, tmp_path: Path) -> None:
        async with self.open(tmp_path, writable=False) as subject:
            desk = self.desk(subject, tmp_path)
            entity = next(one for one in desk.leaves_first() if one.ref.kind is Kind.PROJECT)
            desk.book.made[entity.ref, "create"] = "1"
            sent = subject.sent()
            with pytest.raises(MigratorError):
                await subject.target.remove(step(entity), desk.context)
            assert subject.sent() == sent

    async def test_nothing_is_written_where_nothing_may_be(self, tmp_path: Path) -> None:
        async with self.open(tmp_path, writable=False) as subject:
            desk = self.desk(subject, tmp_path)
            sent = subject.sent()
            [one, *_] = desk.steps(desk.in_order()[0])
            with pytest.raises(MigratorError):
                await subject.target.create(one, desk.context)
            assert subject.sent() == sent

    async def test_a_preflight_of_a_good_account_finds_no_error(self, tmp_path: Path) -> None:
        async with self.open(tmp_path, writable=False) as subject:
            checks = await subject.target.check()
        assert checks
        assert {check.status for check in checks} <= {"ok", "warning"}
        assert all(check.fix for check in checks if check.status != "ok")
