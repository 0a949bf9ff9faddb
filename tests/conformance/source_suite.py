"""What every source must keep: one suite for all vendors. What a vendor cannot do is skipped by its Capabilities, never by its name.

A vendor joins with a class of its own: `capabilities`, and `open`, which gives its sample account as a Source.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from migrator import text
from migrator.errors import Refused
from migrator.model import Entity, File, Issue, Kind, Ref, Text, owner
from migrator.vendor import Capabilities, Page, Read, Record, Source

_decode_entity = msgspec.json.Decoder(Entity).decode


@dataclass
class Walk:
    """A source read to its end, as the pipeline does it: what came, and by which questions."""

    records: dict[str, list[Record]] = field(default_factory=dict)
    pages: list[tuple[str, str, str | None, Page]] = field(default_factory=list)

    def seen(self, read: str) -> Iterator[Record]:
        return iter(self.records.get(read, []))


async def walk(source: Source, *, directories_only: bool = False) -> Walk:
    done = Walk()
    for read in source.reads:
        if directories_only and not read.directory:
            continue
        done.records[read.name] = []
        scopes = list(source.scopes(read.name, done.seen))
        for scope in scopes:
            pages = await pages_from(source, read.name, scope, None, done)
            done.pages += [(read.name, scope, cursor, page) for cursor, page in pages]
            scopes += pages[-1][1].split  # the list grows while it is walked
            done.records[read.name] += stored(pages)
    return done


async def pages_from(
    source: Source, read: str, scope: str, cursor: str | None, done: Walk
) -> list[tuple[str | None, Page]]:
    """The pages of a scope from the cursor on, each with the cursor it was asked by."""
    found: list[tuple[str | None, Page]] = []
    while True:
        page = await source.page(read, scope, cursor, done.seen)
        found.append((cursor, page))
        if page.next is None or page.split:
            return found
        cursor = page.next


def stored(pages: list[tuple[str | None, Page]]) -> list[Record]:
    """Records as the checkpoint gives them back."""
    return [orjson.loads(orjson.dumps(record)) for _, page in pages for record in page.records]


def decoded(source: Source, done: Walk) -> tuple[list[tuple[Read, Entity]], list[Issue]]:
    entities: list[tuple[Read, Entity]] = []
    issues: list[Issue] = []
    for read in source.reads:
        decode = source.decoder(read.name, done.seen)
        for record in done.records[read.name]:
            one = decode(record)
            entities += [(read, entity) for entity in one.entities]
            issues += one.issues
    return entities, issues


class SourceSuite:
    """The facts."""

    capabilities: Capabilities

    def open(self, tmp_path: Path) -> AbstractAsyncContextManager[Source]:
        """The vendor's sample account, open for reading."""
        raise NotImplementedError

    @pytest.fixture
    async def source(self, tmp_path: Path) -> AsyncIterator[Source]:
        async with self.open(tmp_path) as source:
            yield source

    async def test_it_yields_the_kinds_it_says_it_reads_and_no_others(self, source: Source) -> None:
        assert {kind for read in source.reads for kind in read.yields} == set(self.capabilities.reads)

    async def test_the_sample_account_has_something_of_every_kind(self, source: Source) -> None:
        entities, _ = decoded(source, await walk(source))
        assert {entity.ref.kind for _, entity in entities} == set(self.capabilities.reads)

    async def test_a_read_yields_what_it_announced(self, source: Source) -> None:
        entities, _ = decoded(source, await walk(source))
        assert [str(entity.ref) for read, entity in entities if entity.ref.kind not in read.yields] == []

    async def test_every_page_can_be_asked_for_again_from_its_cursor(self, source: Source) -> None:
        done = await walk(source)
        for read, scope, cursor, page in done.pages:
            [(_, again), *_] = await pages_from(source, read, scope, cursor, done)
            assert (again.records, again.next, again.split) == (page.records, page.next, page.split)

    async def test_reading_twice_gives_the_same_records(self, source: Source) -> None:
        assert (await walk(source)).records == (await walk(source)).records

    async def test_the_same_scopes_are_planned_from_the_same_records(self, source: Source) -> None:
        done = await walk(source)
        for read in source.reads:
            assert list(source.scopes(read.name, done.seen)) == list(source.scopes(read.name, done.seen))

    async def test_directories_can_be_read_without_the_rest(self, source: Source) -> None:
        whole, alone = await walk(source), await walk(source, directories_only=True)
        assert alone.records == {read.name: whole.records[read.name] for read in source.reads if read.directory}

    async def test_a_record_is_identified_within_its_read(self, source: Source) -> None:
        for read, records in (await walk(source)).records.items():
            by_id: dict[str, Record] = {}
            for record in records:
                identity = source.record_id(read, record)
                assert identity
                assert by_id.setdefault(identity, record) == record

    async def test_what_the_vendor_counts_is_what_came(self, source: Source) -> None:
        done = await walk(source)
        for read, scope, cursor, page in done.pages:
            if page.total is not None and cursor is None and not page.split:
                pages = [one for *key, _, one in done.pages if key == [read, scope]]
                assert sum(len(one.records) for one in pages) == page.total

    async def test_every_entity_hangs_on_one_that_exists(self, source: Source) -> None:
        entities, _ = decoded(source, await walk(source))
        refs = {entity.ref for _, entity in entities}
        loose = [str(entity.ref) for _, entity in entities if (above := owner(entity)) and above not in refs]
        assert loose == []

    async def test_owners_come_in_the_same_read_or_an_earlier_one(self, source: Source) -> None:
        """Whether an entity is left out is decided read by read, and its owner must be decided first."""
        entities, _ = decoded(source, await walk(source))
        order = {read.name: number for number, read in enumerate(source.reads)}
        come = {entity.ref: order[read.name] for read, entity in entities}
        late = [str(one.ref) for read, one in entities if (above := owner(one)) and come[above] > order[read.name]]
        assert late == []

    async def test_no_two_entities_share_a_ref(self, source: Source) -> None:
        entities, _ = decoded(source, await walk(source))
        shared: dict[Ref, Entity] = {}
        assert [str(one.ref) for _, one in entities if shared.setdefault(one.ref, one) != one] == []

    async def test_a_child_is_one_level_below_its_parent(self, source: Source) -> None:
        entities, _ = decoded(source, await walk(source))
        depth = {one.ref: getattr(one, "depth", 0) for _, one in entities}
        tasks = [one for _, one in entities if one.ref.kind is Kind.TASK]
        for task in tasks:
            above = owner(task)
            below = above is not None and above.kind is Kind.TASK
            assert depth[task.ref] == (depth[above] + 1 if above and below else 0), str(task.ref)

    async def test_no_key_of_the_sample_account_is_unknown(self, source: Source) -> None:
        _, issues = decoded(source, await walk(source))
        assert [f"{issue.ref} {issue.field}" for issue in issues if issue.code == "unknown-field"] == []

    async def test_a_key_that_nobody_documented_becomes_an_issue(self, source: Source) -> None:
        done = await walk(source)
        for read in source.reads:
            decode = source.decoder(read.name, done.seen)
            for record in done.records[read.name]:
                if decode(record).entities:
                    issues = decode({**record, "brand_new_key": "value"}).issues
                    told = [issue for issue in issues if issue.code == "unknown-field"]
                    assert [issue.field for issue in told] == ["brand_new_key"], read.name

    async def test_decoding_is_pure(self, source: Source) -> None:
        done = await walk(source)
        before = copy.deepcopy(done.records)
        first, second = decoded(source, done), decoded(source, done)
        assert first == second
        assert done.records == before

    async def test_entities_survive_the_checkpoint(self, source: Source) -> None:
        entities, _ = decoded(source, await walk(source))
        for _, entity in entities:
            assert _decode_entity(msgspec.json.encode(entity)) == entity

    async def test_links_are_addresses_that_stand_in_the_text(self, source: Source) -> None:
        entities, _ = decoded(source, await walk(source))
        bodies: list[Any] = [getattr(entity, "text", None) for _, entity in entities]
        for body in bodies:
            if isinstance(body, Text):
                assert set(body.links) <= set(text.addresses(body.html))

    async def test_every_file_is_given_whole_or_refused(self, source: Source, tmp_path: Path) -> None:
        entities, _ = decoded(source, await walk(source))
        given = 0
        for number, file in enumerate(entity for _, entity in entities if isinstance(entity, File)):
            try:
                body = await source.body(file, tmp_path / str(number))
            except Refused:
                continue
            given += 1
            content = body.path.read_bytes()
            assert (body.size, body.sha256) == (len(content), hashlib.sha256(content).hexdigest())
            assert file.size in (None, body.size)
        assert given or Kind.FILE not in self.capabilities.reads

    async def test_a_preflight_of_a_good_account_finds_no_error(self, source: Source) -> None:
        checks = await source.check()
        assert checks
        assert {check.status for check in checks} <= {"ok", "warning"}
        assert all(check.fix for check in checks if check.status != "ok")
