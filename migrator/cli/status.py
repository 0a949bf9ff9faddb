"""`migrator status`: how far the run is, also while it is at work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from migrator.cli import opening
from migrator.cli.call import Call
from migrator.cli.command import as_command, migration_file
from migrator.cli.shown import changes_table, duration, status_json, status_table
from migrator.config import Migration
from migrator.pipeline.status import Status, status
from migrator.run import is_at_work, look_at_run


@as_command("migrator status acme/migration.toml", (0, 1, 2, 4, 130))
@migration_file
def command(call: Call, file: Path) -> int:
    """Say how far the run is.

    Reads the run folder alone, so it asks no vendor and may be used while a run is at work.
    """
    migration = opening.load_migration(call, file, talking=False)
    found = call.run(_look(migration))
    call.answer(status_json(migration, found), _text(migration, found))
    return 0


async def _look(migration: Migration) -> Status:
    async with look_at_run(migration.run_dir) as seen:
        found = status(seen.ledger) if seen else Status("new", {}, {"source": 0, "target": 0})
    return replace(found, state="running") if is_at_work(migration.run_dir) else found


def _text(migration: Migration, found: Status) -> str:
    lines = [f"{migration.name}: {migration.source.identity} -> {migration.target.identity}: {found.state}"]
    if found.eta_seconds:
        lines.append(f"about {duration(found.eta_seconds)} to go")
    if undone := found.rollback:
        lines.append("taken back: " + ", ".join(f"{count} {name}" for name, count in undone.items()))
    lines += ["", status_table(found), ""]
    if found.passes > 1:
        lines += [changes_table(found), ""]
    lines.append("requests: " + ", ".join(f"{side} {count}" for side, count in found.requests.items()))
    lines += [f"{count:>6}  {code}" for code, count in sorted(found.issues.items())]
    return "\n".join(lines)
