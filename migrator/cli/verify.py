"""`migrator verify`: read the target back and compare it, field by field, with what should be there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from migrator.cli import opening
from migrator.cli.call import Call
from migrator.cli.command import TALKING, as_command, migration_file
from migrator.config import Migration
from migrator.pipeline.findings import FOLDER, Verification, as_json, write
from migrator.pipeline.verify import verify as read_back_and_compare

DIFFERENT = 6
_SHOWN = 50  # of each class in the text; --json and the files have all


@as_command("migrator verify acme/migration.toml", (*TALKING, 6))
@migration_file
@click.option("--bytes", "download", is_flag=True, help="Download every file from the target, and compare its SHA-256.")
@click.option("--no-wait", is_flag=True, help="Exit 75 rather than wait for a spent quota or an account out of reach.")
def command(call: Call, file: Path, download: bool, no_wait: bool) -> int:
    """Read the target back and compare.

    Every entity that the run created is read again and compared field by field, with sums, order and second copies. Writes nothing to
    either account. What is missing, different without an issue that said so, or there twice, is listed, and kept whole in the run
    folder under verify/, one file for each class.
    """
    migration = opening.load_migration(call, file)
    found = call.run(verify(call, migration, wait=not no_wait, download=download))
    call.answer(as_json(found), verification_text(found))
    return 0 if found.clean else DIFFERENT


async def verify(call: Call, migration: Migration, *, wait: bool, download: bool = False) -> Verification:
    """Compare what the migration's run created, and keep what was found in its folder."""
    async with (
        opening.open_started_run(migration) as run,
        opening.open_target(migration, run, writable=False, wait=wait, say=call.say) as target,
    ):
        transform = opening.open_transform(migration, run, target)
        found = await read_back_and_compare(run, target, transform, download=download)
        write(run.folder / FOLDER, found, datetime.now(UTC))
        return found


def verification_text(found: Verification) -> str:
    """What was compared and what was found, for people."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in found.checked.items())
    lines = [f"checked: {kinds or 'nothing'}"]
    if found.files_by_hash + found.files_by_size:
        lines.append(f"files: {found.files_by_hash} compared by SHA-256, {found.files_by_size} by name and size alone")
    if found.files_by_size:
        lines[-1] += " (--bytes downloads and compares them)"
    lines += [f"missing: {ref}" for ref in found.missing[:_SHOWN]]
    lines += [f"extra: {each}" for each in found.extra[:_SHOWN]]
    lines += [
        f"different: {one.ref} {one.field}: {one.source!r} became {one.target!r}" for one in found.unexplained[:_SHOWN]
    ]
    lines += [
        f"costs of {project}: {one.moved} were moved, {one.target} are there"
        for project, one in list(found.wrong_sums.items())[:_SHOWN]
    ]
    lines += [f"not compared: {one.what}: {one.why}" for one in found.unread[:_SHOWN]]
    told = len(found.differences) - len(found.unexplained)
    lines.append(
        f"{len(found.missing)} missing, {len(found.extra)} extra, {len(found.unexplained)} different; "
        f"{told} more differ as the run's issues told."
    )
    return "\n".join(lines)
