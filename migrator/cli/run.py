"""`migrator run`: create, resume and retry alike; with --dry-run only look."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from migrator.cli import opening
from migrator.cli.call import GO_ON, Call, on_signal
from migrator.cli.command import TALKING, as_command, migration_file
from migrator.cli.faces import Face, open_face
from migrator.cli.foretold import Foretold, foretold_json, foretold_text
from migrator.cli.sheets import LINKS, LINKS_HEAD, write_sheet
from migrator.cli.shown import result_text, status_json
from migrator.config import Migration
from migrator.errors import InputWrong, Interrupted
from migrator.ledger import Ledger
from migrator.model import Issue, Kind
from migrator.pipeline.changes import Choice
from migrator.pipeline.delta import begin, is_under_way, read_only
from migrator.pipeline.delta import delta as bring_up_to_date
from migrator.pipeline.eta import requests_left, seconds_needed
from migrator.pipeline.load import Pace
from migrator.pipeline.migrate import migrate
from migrator.pipeline.rehearse import rehearse
from migrator.pipeline.report import addresses
from migrator.pipeline.status import Status, status

UNFINISHED = 6
_ETA_EVERY = 30.0  # seconds


@as_command("migrator run acme/migration.toml --dry-run", (*TALKING, 6))
@migration_file
@click.option(
    "--dry-run", is_flag=True, help="Print what would be done, how many requests it takes and how long; write nothing."
)
@click.option(
    "--delta",
    is_flag=True,
    help="Read the source again, and bring over what has changed since; the run must be through.",
)
@click.option(
    "--ours", is_flag=True, help="With --delta: what people changed in the target too becomes as in the source."
)
@click.option(
    "--theirs", is_flag=True, help="With --delta: what people changed in the target too stays, and is accepted."
)
@click.option("--no-wait", is_flag=True, help="Exit 75 rather than wait for a spent quota or an account out of reach.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many creates.")
@click.option("--only", type=click.Choice([kind.value for kind in Kind]), multiple=True, help="Load this kind alone.")
def command(call: Call, file: Path, dry_run: bool, delta: bool, ours: bool, theirs: bool, **given: Any) -> int:
    """Move; go on where the last run stopped.

    The same command starts a run, goes on with it after Ctrl-C, a crash or a spent quota, and tries again what was held or refused.
    Nothing is created twice. Ctrl-C stops within two seconds; a second one at once.

    With --delta, a run that is through is brought up to date: what is new in the source is created, what was edited is changed, what was
    deleted is told and stays. What people changed in the target too is a conflict: listed, and left as it is until --ours or --theirs.
    """
    orders = _orders(delta=delta, ours=ours, theirs=theirs, **given)
    migration = opening.load_migration(call, file)
    for exposed in migration.exposed:
        call.say(f"warning: other users of this machine can read {exposed}: chmod 600 {exposed}")
    if dry_run:
        found = call.run(look_ahead(call, migration, orders))
        call.answer(foretold_json(migration, found), foretold_text(migration, found))
        return 0
    result = call.run(carry_out(call, migration, orders))
    call.answer(status_json(migration, result.status), result_text(migration, result.status, result.issues))
    return result.exit_code


def _orders(
    *, delta: bool, ours: bool, theirs: bool, no_wait: bool, limit: int | None, only: tuple[str, ...]
) -> Orders:
    """Raises InputWrong for options that do not go together."""
    problems = ["--ours and --theirs: choose one"] if ours and theirs else []
    problems += ["--ours and --theirs are of a delta: give --delta too"] if (ours or theirs) and not delta else []
    problems += ["--only: a delta compares all kinds; give it without"] if only and delta else []
    if problems:
        raise InputWrong(problems)
    choice = Choice.OURS if ours else Choice.THEIRS if theirs else Choice.LIST
    return Orders(limit, frozenset(map(Kind, only)) or frozenset(Kind), not no_wait, delta, choice)


@dataclass(frozen=True)
class Result:
    """What a session came to."""

    status: Status
    issues: list[Issue]

    @property
    def exit_code(self) -> int:
        """6 if something did not arrive, could not be read, or waits."""
        return 0 if self.status.is_whole else UNFINISHED


@dataclass(frozen=True)
class Orders:
    """What the user wants of this session: at most `most` writes, only some kinds, waiting for a spent quota or not, a delta or not."""

    most: int | None = None
    only: frozenset[Kind] = frozenset(Kind)
    wait: bool = True
    delta: bool = False
    choice: Choice = Choice.LIST


@dataclass
class Stop:
    """The signal that ends the work, and whether it was the user who gave it."""

    event: asyncio.Event = field(default_factory=asyncio.Event)
    by_user: bool = False

    def order(self) -> None:
        """The user wants to stop."""
        self.by_user = True
        self.event.set()


async def look_ahead(call: Call, migration: Migration, orders: Orders) -> Foretold:
    """Everything but the writing: the target's wire cannot write."""
    with open_face(call) as face:
        async with (
            opening.open_run_to_load(migration) as run,
            opening.open_job(migration, run, face, writable=False, wait=orders.wait) as opened,
        ):
            _begin(face, status(run.ledger))
            changes = []
            if await _is_delta(run.ledger, orders, face):
                changes = await read_only(opened.job, opened.limits["source"].parallel)
            return Foretold(await rehearse(opened.job, opened.limits, opened.opening), changes)


async def _is_delta(ledger: Ledger, orders: Orders, face: Face) -> bool:
    """Whether this session is one of a delta: because the user says so, or because one has begun. Raises InputWrong."""
    if orders.delta and await begin(ledger):
        return True
    if is_under_way(ledger):
        face.say("Going on with the delta that has begun: what it has read of the source is not read again.")
    return ledger.passes.number > 1


async def carry_out(call: Call, migration: Migration, orders: Orders) -> Result:
    """The run, to its end or to where it was stopped. Raises Interrupted when that was the user."""
    stop = Stop()
    with open_face(call) as face:
        async with (
            opening.open_run_to_load(migration) as run,
            opening.open_job(migration, run, face, writable=True, wait=orders.wait) as opened,
        ):
            _begin(face, status(run.ledger))
            limits = opened.limits["target"]
            pace = Pace(limits.parallel, limits.quarantine, orders.most, orders.only)
            with on_signal(stop.order):
                async with _eta_kept(opened, face):
                    parallel = opened.limits["source"].parallel
                    if await _is_delta(run.ledger, orders, face):
                        await bring_up_to_date(opened.job, pace, parallel, stop.event, orders.choice)
                    else:
                        await migrate(opened.job, pace, parallel, stop.event)
            if stop.by_user:  # while the target is open: what it makes at its end is for a run that has ended
                raise Interrupted(GO_ON)
            write_sheet(run.folder / LINKS, LINKS_HEAD, addresses(run.ledger, opened.job.target.link), call.redact)
            return Result(status(run.ledger), list(run.ledger.issues()))


def _begin(face: Face, found: Status) -> None:
    face.begin({kind: row["extracted"] - row["open"] for kind, row in found.kinds.items()})


@asynccontextmanager
async def _eta_kept(opened: opening.Opened, face: Face) -> AsyncIterator[None]:
    """Note now and then how long the rest will take, for the face and for `status` to tell."""

    async def keep() -> None:
        while True:
            if requests := requests_left(opened.job):
                seconds = max(seconds_needed(ledger, requests, opened.limits, datetime.now(UTC)).values())
                face.left(seconds)
                await ledger.set_meta("eta_seconds", f"{seconds:.0f}")
            await asyncio.sleep(_ETA_EVERY)

    ledger = opened.job.run.ledger
    keeping = asyncio.create_task(keep())
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
