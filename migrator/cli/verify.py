"""`migrator verify`: read the target back and compare it, field by field, with what should be there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from migrator.cli import opening
from migrator.cli.call import Call
from migrator.cli.command import TALKING, as_command, migration_file
from migrator.config import Migration
from migrator.pipeline.verify import Verification
from migrator.pipeline.verify import verify as read_back_and_compare

DIFFERENT = 6
_SHOWN = 50  # differences in the text; --json has all


@as_command("migrator verify acme/migration.toml", (*TALKING, 6))
@migration_file
@click.option("--no-wait", is_flag=True, help="Exit 75 rather than wait for a spent quota or an account out of reach.")
def command(call: Call, file: Path, no_wait: bool) -> int:
    """Read the target back and compare.

    Every entity that the run created is read again and compared field by field. Writes nothing. What is missing, different without an
    issue that told so, or there twice, is listed.
    """
    migration = opening.load_migration(call, file)
    found = call.run(verify(call, migration, wait=not no_wait))
    call.answer(verification_json(found), verification_text(found))
    return 0 if found.clean else DIFFERENT


async def verify(call: Call, migration: Migration, *, wait: bool) -> Verification:
    """Compare what the migration's run created."""
    async with (
        opening.open_started_run(migration) as run,
        opening.open_target(migration, run, writable=False, wait=wait, say=call.say) as target,
    ):
        return await read_back_and_compare(run, target, opening.open_transform(migration, run, target))


def verification_json(found: Verification) -> dict[str, Any]:
    """The object that `verify --json` prints; differences that an issue told of already are no findings."""
    return {
        "checked": {kind.value: count for kind, count in found.checked.items()},
        "differences": [
            {"ref": str(one.ref), "field": one.field, "source": one.source, "target": one.target}
            for one in found.unexplained
        ],
        "missing": [str(ref) for ref in found.missing],
        "extra": list(found.extra),
    }


def verification_text(found: Verification) -> str:
    """What was compared and what was found, for people."""
    lines = [f"checked: {', '.join(f'{count} {kind}' for kind, count in found.checked.items()) or 'nothing'}"]
    lines += [f"missing: {ref}" for ref in found.missing[:_SHOWN]]
    lines += [f"extra: {each}" for each in found.extra[:_SHOWN]]
    lines += [
        f"different: {one.ref} {one.field}: {one.source!r} became {one.target!r}" for one in found.unexplained[:_SHOWN]
    ]
    told = len(found.differences) - len(found.unexplained)
    lines.append(
        f"{len(found.missing)} missing, {len(found.extra)} extra, {len(found.unexplained)} different; "
        f"{told} more differ as the run's issues told."
    )
    return "\n".join(lines)
