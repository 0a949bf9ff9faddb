"""Migrate: extraction and loading of one run, side by side, until done, stopped or broken."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from migrator.config import Scope
from migrator.ledger import Ledger, State
from migrator.mapping import Mapper, Rules
from migrator.model import Kind, Ref, owner
from migrator.pipeline.compose import Composer
from migrator.pipeline.extract import Extraction
from migrator.pipeline.load import Load, Pace
from migrator.pipeline.progress import Progress
from migrator.pipeline.transform import Transform
from migrator.run import Run
from migrator.vendor import Capabilities, Source, Target

_LINKED = (Kind.TASK, Kind.PROJECT)


@dataclass(frozen=True)
class Job:
    """Everything one migration consists of, opened."""

    run: Run
    source: Source
    target: Target
    capabilities: Capabilities  # of the target
    transform: Transform
    scope: Scope
    progress: Progress


def transform_for(
    ledger: Ledger, target: Target, capabilities: Capabilities, rules: Rules, account: str, time_zone: str
) -> Transform:
    """The transform between a source account and an open target. `time_zone`: of moments written into texts."""

    comments_have_pages = target.link(Kind.COMMENT, "0") is not None

    def link(ref: Ref) -> str | None:
        if ref.kind is Kind.COMMENT and not comments_have_pages and (comment := ledger.entity(ref)):
            above = owner(comment)  # its task's is the nearest
            return link(above) if above else None
        found = ledger.target(ref)
        return target.link(ref.kind, found) if found else None

    def named(ref: Ref) -> tuple[str, str]:
        entity = ledger.entity(ref)
        return str(getattr(entity, "title", ref)), str(getattr(entity, "url", ""))

    def is_ours(ref: Ref) -> bool:
        outcome = ledger.outcome(ref)
        return outcome is not None and outcome.state is State.MADE

    zone = ZoneInfo(rules.text.time_zone or time_zone)
    composer = Composer(rules.text, zone, link, named)
    people = (Kind.PERSON, Kind.CONTACT)
    made = (
        outcome.target for ref, _, outcome in ledger.outcomes() if ref.kind in people and outcome.state is State.MADE
    )
    mapper = Mapper(rules, target.vocabulary, frozenset(made))
    return Transform(mapper, capabilities, target.vocabulary, composer, account, is_ours, ledger.entity)


async def migrate(job: Job, pace: Pace, source_parallel: int, stop: asyncio.Event) -> None:
    """Extract and load at the same time. Returns when all is settled, or when `stop` is set and nothing is under way."""
    ledger = job.run.ledger
    await ledger.set_meta("stage", "started")
    extraction = Extraction(job.source, job.run, job.scope, job.progress, source_parallel)

    async def extract() -> None:
        await extraction.read_all()
        await extraction.fetch_bodies()

    await side_by_side(extract(), loading_of(job, extraction, pace, stop).load_all(), stop)
    if not stop.is_set():
        await ledger.set_meta("stage", "done")


def loading_of(job: Job, extraction: Extraction, pace: Pace, stop: asyncio.Event) -> Load:
    """What fills the target from what is being extracted."""
    return Load(
        job.target,
        job.capabilities,
        job.transform,
        job.run,
        extraction.ready,
        extraction.body,
        job.progress,
        pace,
        stop,
    )


async def side_by_side(read: Coroutine[Any, Any, None], fill: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
    """Both at the same time, until the second is through, or `stop` is set and nothing is under way."""
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(read)
        loading = group.create_task(fill)
        stopping = group.create_task(stop.wait())
        await asyncio.wait((loading, stopping), return_when=asyncio.FIRST_COMPLETED)
        if stopping.done():
            await asyncio.wait((loading,), timeout=STOP_SECONDS)
            loading.cancel()
            reading.cancel()
        stopping.cancel()


STOP_SECONDS = 1.2  # what is under way when the user stops may still finish; after that it is left in doubt, and looked up next time


async def extract_only(job: Job, source_parallel: int) -> Extraction:
    """What a dry run needs: everything but the bytes of files."""
    extraction = Extraction(job.source, job.run, job.scope, job.progress, source_parallel)
    await extraction.read_all()
    return extraction
