"""`migrator run`: create, resume and retry alike; with --dry-run only look."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import click

from migrator.cli import opening
from migrator.cli.call import GO_ON, Call, on_signal
from migrator.cli.command import TALKING, as_command, migration_file
from migrator.cli.faces import Face, open_face
from migrator.cli.sheets import LINKS, LINKS_HEAD, write_sheet
from migrator.cli.shown import rehearsal_json, rehearsal_text, result_text, status_json
from migrator.config import Migration
from migrator.errors import Interrupted
from migrator.model import Issue, Kind
from migrator.pipeline.eta import requests_left, seconds_needed
from migrator.pipeline.load import Pace
from migrator.pipeline.migrate import migrate
from migrator.pipeline.rehearse import Rehearsal, rehearse
from migrator.pipeline.report import addresses
from migrator.pipeline.status import Status, status

UNFINISHED = 6
_ETA_EVERY = 30.0  # seconds


@as_command("migrator run acme/migration.toml --dry-run", (*TALKING, 6))
@migration_file
@click.option(
    "--dry-run", is_flag=True, help="Print what would be done, how many requests it takes and how long; write nothing."
)
@click.option("--no-wait", is_flag=True, help="Exit 75 rather than wait for a spent quota or an account out of reach.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many creates.")
@click.option("--only", type=click.Choice([kind.value for kind in Kind]), multiple=True, help="Load this kind alone.")
def command(call: Call, file: Path, dry_run: bool, no_wait: bool, limit: int | None, only: tuple[str, ...]) -> int:
    """Move; go on where the last run stopped.

    The same command starts a run, goes on with it after Ctrl-C, a crash or a spent quota, and tries again what was held or refused.
    Nothing is created twice. Ctrl-C stops within two seconds; a second one at once.
    """
    migration = opening.load_migration(call, file)
    if dry_run:
        rehearsal = call.run(dry(call, migration, wait=not no_wait))
        call.answer(rehearsal_json(migration, rehearsal), rehearsal_text(migration, rehearsal))
        return 0
    orders = Orders(limit, frozenset(map(Kind, only)) or frozenset(Kind), wait=not no_wait)
    result = call.run(carry_out(call, migration, orders))
    call.answer(status_json(migration, result.status), result_text(migration, result.status, result.issues))
    return result.exit_code


@dataclass(frozen=True)
class Result:
    """What a session came to."""

    status: Status
    issues: list[Issue]

    @property
    def exit_code(self) -> int:
        """6 if anything was held or refused."""
        return UNFINISHED if any(row["held"] + row["refused"] for row in self.status.kinds.values()) else 0


@dataclass(frozen=True)
class Orders:
    """What the user wants of this session: at most `most` creates, only some kinds, waiting for a spent quota or not."""

    most: int | None = None
    only: frozenset[Kind] = frozenset(Kind)
    wait: bool = True


@dataclass
class Stop:
    """The signal that ends the work, and whether it was the user who gave it."""

    event: asyncio.Event = field(default_factory=asyncio.Event)
    by_user: bool = False

    def order(self) -> None:
        """The user wants to stop."""
        self.by_user = True
        self.event.set()


async def dry(call: Call, migration: Migration, *, wait: bool) -> Rehearsal:
    """Everything but the writing: the target's wire cannot write."""
    with open_face(call) as face:
        async with (
            opening.open_run(migration) as run,
            opening.open_job(migration, run, face, writable=False, wait=wait) as opened,
        ):
            _begin(face, status(run.ledger))
            return await rehearse(opened.job, opened.limits, opened.opening)


async def carry_out(call: Call, migration: Migration, orders: Orders) -> Result:
    """The run, to its end or to where it was stopped. Raises Interrupted when that was the user."""
    stop = Stop()
    with open_face(call) as face:
        async with (
            opening.open_run(migration) as run,
            opening.open_job(migration, run, face, writable=True, wait=orders.wait) as opened,
        ):
            _begin(face, status(run.ledger))
            limits = opened.limits["target"]
            pace = Pace(limits.parallel, limits.quarantine, orders.most, orders.only)
            with on_signal(stop.order):
                async with _eta_kept(opened, face):
                    await migrate(opened.job, pace, opened.limits["source"].parallel, stop.event)
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
