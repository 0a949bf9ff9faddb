"""`migrator rollback`: take back what the run made, and nothing that people made or changed; with --dry-run only look."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import click

from migrator.cli import opening
from migrator.cli.call import GO_ON, Call, on_signal
from migrator.cli.command import TALKING, as_command, migration_file
from migrator.cli.faces import Face, open_face
from migrator.cli.run import UNFINISHED, Stop
from migrator.config import Migration
from migrator.errors import Interrupted
from migrator.pipeline.load import Pace
from migrator.pipeline.naming import shortened
from migrator.pipeline.rollback import Line, Rollback, rehearse_rollback, roll_back
from migrator.pipeline.survey import Undoing
from migrator.pipeline.undo import Fate
from migrator.run import Run
from migrator.vendors import VENDORS

_SHOWN = 20  # lines of each list in the text; the files have all
_WIDE = 110


@as_command("migrator rollback acme/migration.toml --dry-run", (*TALKING, 6))
@migration_file
@click.option(
    "--dry-run", is_flag=True, help="Read back and print what would be taken back, kept and left; write nothing."
)
@click.option("--no-wait", is_flag=True, help="Exit 75 rather than wait when the day's quota is spent.")
def command(call: Call, file: Path, dry_run: bool, no_wait: bool) -> int:
    """Take back what the run made.

    The target is read back first. What people changed since, what they hung something on, and what was there before stays, and is
    listed. The rest goes, leaves first: deleted or, where the vendor deletes none of its kind, put aside and marked. Ctrl-C, a crash or a
    spent quota: give the same command again. The lists are in the run folder, in rollback/.
    """
    migration = opening.load_migration(call, file)
    found = call.run((look if dry_run else carry_out)(call, migration, wait=not no_wait))
    call.answer(rollback_json(found, dry_run=dry_run), rollback_text(migration, found, dry_run=dry_run))
    return 0 if dry_run or found.complete else UNFINISHED


async def look(call: Call, migration: Migration, *, wait: bool) -> Rollback:
    """Everything but the writing: the target's wire cannot write."""
    with open_face(call) as face:
        async with _open(migration, face, writable=False, wait=wait) as undoing:
            return await rehearse_rollback(undoing)


async def carry_out(call: Call, migration: Migration, *, wait: bool) -> Rollback:
    """To its end, or to where it was stopped. Raises Interrupted when that was the user."""
    stop = Stop()
    with open_face(call) as face:
        async with _open(migration, face, writable=True, wait=wait) as undoing:
            limits = opening.limits_of(migration.target)
            with on_signal(stop.order):
                found = await roll_back(undoing, Pace(limits.parallel, limits.quarantine), stop.event)
            if found is not None:
                _write_lists(undoing.run, found)
    if found is None:
        raise Interrupted(GO_ON)
    return found


@asynccontextmanager
async def _open(migration: Migration, face: Face, *, writable: bool, wait: bool) -> AsyncIterator[Undoing]:
    """The run folder and the target alone: the source is not asked for anything."""
    async with (
        opening.open_started_run(migration) as run,
        opening.open_target(migration, run, writable=writable, wait=wait, say=face.say) as target,
    ):
        transform = opening.open_transform(migration, run, target)
        yield Undoing(run, target, VENDORS[migration.target.vendor].capabilities, transform, face)


def _write_lists(run: Run, found: Rollback) -> None:
    for fate, lines in found.lines.items():
        run.write_lines(f"rollback/{fate}.jsonl", map(_line_json, lines))
    run.write_lines("rollback/result.json", [rollback_json(found, dry_run=False)])


def _line_json(line: Line) -> dict[str, str]:
    return {
        "ref": str(line.ref),
        "kind": line.ref.kind.value,
        "title": line.title,
        "id": line.id,
        "link": line.link,
        "why": line.note,
    }


def rollback_json(found: Rollback, *, dry_run: bool) -> dict[str, Any]:
    """The object that `rollback --json` prints: three numbers, and what stays; with `dry_run`, the requests that the rest would take."""
    counts: dict[str, Any] = {fate.value: len(lines) for fate, lines in found.lines.items()}
    stays = {
        f"{fate}_things": [_line_json(line) for line in found.lines[fate]] for fate in (Fate.KEEP, Fate.IMPOSSIBLE)
    }
    return {**counts, **({"requests_needed": {"target": found.requests}} if dry_run else {}), **stays}


def rollback_text(migration: Migration, found: Rollback, *, dry_run: bool) -> str:
    """What stays and why, and the three numbers."""
    parts = []
    for fate in (Fate.KEEP, Fate.IMPOSSIBLE):
        if lines := found.lines[fate]:
            shown = [f"  {_named(line)}\n      {shortened(line.note, _WIDE)}" for line in lines[:_SHOWN]]
            more = [f"  and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
            parts.append("\n".join([f"{fate.value}:", *shown, *more]))
    numbers = ", ".join(f"{len(lines)} {fate.value}" for fate, lines in found.lines.items())
    if dry_run:
        parts.append(f"Would be: {numbers}; {found.requests} requests.")
        parts.append(f"Nothing was written. To do it: migrator rollback {migration.path}")
    else:
        parts.append(f"{numbers}. The lists are in {migration.run_dir / 'rollback'}")
    return "\n\n".join(parts)


def _named(line: Line) -> str:
    return " ".join(filter(None, (str(line.ref), repr(line.title) if line.title else "", line.link)))
