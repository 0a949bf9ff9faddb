"""`migrator check`: what can be seen before anything is read or written at length."""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path

import click

from migrator.cli import opening
from migrator.cli.call import Call
from migrator.cli.command import TALKING, as_command, migration_file
from migrator.cli.shown import check_lines
from migrator.config import Migration
from migrator.errors import AccessDenied, InputWrong
from migrator.pipeline.preflight import check_disk, check_mapping
from migrator.run import Run
from migrator.vendor import Check

_ACCESS = " access"  # how checks of access are named, by vendors too


@as_command("migrator check acme/migration.toml", TALKING)
@migration_file
@click.option("--no-wait", is_flag=True, help="Exit 75 rather than wait for a spent quota or an account out of reach.")
def command(call: Call, file: Path, no_wait: bool) -> int:
    """Look before: access, rights, mapping, disk.

    Makes a few reads in both accounts and writes nothing. An error must be mended before a run; a warning should be read.
    """
    migration = opening.load_migration(call, file)
    checks = call.run(check(call, migration, wait=not no_wait))
    rows = [{"name": one.name, "status": one.status, "seen": one.seen, "fix": one.fix} for one in checks]
    call.answer({"checks": rows}, check_lines(checks))
    errors = [one.name for one in checks if one.status == "error"]
    if any(name.endswith(_ACCESS) for name in errors):
        return AccessDenied.exit_code
    return InputWrong.exit_code if errors else 0


async def check(call: Call, migration: Migration, *, wait: bool) -> list[Check]:
    """All checks; trouble on one side does not hide what the other has to say."""

    async def look_at_source(run: Run) -> list[Check]:
        async with opening.open_source(migration, run, wait=wait, say=call.say) as source:
            return await source.check()

    async def look_at_target(run: Run) -> list[Check]:
        async with opening.open_target(migration, run, writable=False, wait=wait, say=call.say) as target:
            found = await target.check()
            problems = opening.rule_problems(migration, opening.load_rules(migration), target.vocabulary)
            return [*found, *check_mapping(opening.mapping_file(migration), problems)]

    seen = f"{migration.source.identity} -> {migration.target.identity}; the secrets are there"
    checks = [Check("migration file", "ok", seen), *map(_exposed, migration.exposed)]
    async with opening.open_run(migration) as run:
        checks += await _or_error(look_at_source(run), f"source{_ACCESS}", "source")
        checks += await _or_error(look_at_target(run), f"target{_ACCESS}", "target")
        checks.append(check_disk(run))
    return checks


def _exposed(file: Path) -> Check:
    return Check("secret file", "warning", f"other users of this machine can read {file}", f"chmod 600 {file}")


async def _or_error(looking: Awaitable[list[Check]], access: str, name: str) -> list[Check]:
    try:
        return await looking
    except AccessDenied as denied:
        return [Check(access, "error", str(denied), "check the secret, and the rights it carries")]
    except InputWrong as wrong:
        return [Check(name, "error", problem, "mend the file it names") for problem in wrong.problems]
