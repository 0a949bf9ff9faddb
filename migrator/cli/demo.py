"""`migrator demo`: a whole migration between two sandboxes, with the files it took left to look at."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from migrator.cli import opening
from migrator.cli.call import Call
from migrator.cli.command import as_command
from migrator.cli.foretold import rehearsal_text
from migrator.cli.opening import shipped
from migrator.cli.run import Orders, carry_out, look_ahead
from migrator.cli.sheets import write_file
from migrator.cli.shown import result_text, status_json
from migrator.cli.stands import STANDS, read_account
from migrator.cli.verify import verification_text, verify
from migrator.errors import InputWrong
from migrator.pipeline.findings import as_json
from migrator.sandbox.server import Running, serve

_SOURCE, _TARGET = "worksection", "planfix"
_FIRST_LINE = "# Written by migrator demo."
_FILE = """{first_line} Both accounts are sandboxes that end with it.
name = "demo"
mapping = "mapping.toml"

[source]
vendor = "{source}"
url = "{source_url}"
secret = "file:{source}.secret"
time_zone = "Europe/Kyiv"
rate = "off"   # the sandboxes of the demo set no pace

[target]
vendor = "{target}"
url = "{target_url}"
secret = "file:{target}.secret"
time_zone = "Europe/Kyiv"
rate = "off"
per_day = "off"
"""


@as_command("migrator demo", (0, 1, 2, 4, 6, 130))
@click.argument("folder", metavar="[DIR]", default="demo", type=click.Path(path_type=Path, file_okay=False))
def command(call: Call, folder: Path) -> int:
    """Move a sample account between two sandboxes.

    Serves a Worksection and a Planfix account on this machine, then does what you would do: dry run, run, verify. What it used stays in
    DIR (./demo) to look at. Takes well under a minute and asks nothing of the network.
    """
    _prepare(folder)
    acts = call.run(_play(call, folder))
    value = {"folder": str(folder), "steps": [act.value for act in acts]}
    call.answer(value, "\n\n".join([*(act.text for act in acts), _where_to_look(folder)]))
    return max(act.exit_code for act in acts)


@dataclass(frozen=True)
class Act:
    """One command of the demo: its exit code and result."""

    command: str
    exit_code: int
    result: dict[str, Any]
    shown: str

    @property
    def value(self) -> dict[str, Any]:
        """As JSON."""
        return {"command": self.command, "exit_code": self.exit_code, "result": self.result}

    @property
    def text(self) -> str:
        """Under a heading with the command."""
        return f"== {self.command}\n\n{self.shown}"


def _prepare(folder: Path) -> None:
    """A folder of our own, without what an earlier demo left. Raises InputWrong for one that is not ours."""
    file = folder / "migration.toml"
    ours = file.exists() and file.read_text(encoding="utf-8").startswith(_FIRST_LINE)
    if folder.exists() and any(folder.iterdir()) and not ours:
        raise InputWrong([f"{folder}: is not empty, and not of an earlier demo; name another folder"])
    shutil.rmtree(folder / "runs", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)


async def _play(call: Call, folder: Path) -> list[Act]:
    accounts = {vendor: read_account(shipped("samples") / f"{vendor}-account.json") for vendor in (_SOURCE, _TARGET)}
    source, target = (STANDS[vendor].build(account, limits=False) for vendor, account in accounts.items())
    async with serve(source) as from_here, serve(target) as to_here:
        for vendor, account in accounts.items():
            write_file(folder / f"{vendor}.secret", STANDS[vendor].secret(account))
        return await _migrate(call, _write_file(folder, from_here, to_here))


def _write_file(folder: Path, source: Running, target: Running) -> Path:
    file = folder / "migration.toml"
    text = _FILE.format(
        first_line=_FIRST_LINE,
        source=_SOURCE,
        target=_TARGET,
        source_url=source.url + STANDS[_SOURCE].root,
        target_url=target.url + STANDS[_TARGET].root,
    )
    file.write_text(text, encoding="utf-8")
    shutil.copyfile(shipped("samples") / f"{_SOURCE}-{_TARGET}.mapping.toml", folder / "mapping.toml")
    return file


async def _migrate(call: Call, file: Path) -> list[Act]:
    migration = opening.load_migration(call, file)
    call.say("1 of 3: a dry run reads the source and tells what will come of it")
    rehearsal = (await look_ahead(call, migration, Orders())).rehearsal
    needed = {"requests_needed": rehearsal.requests, "steps": len(rehearsal.priced)}
    call.say("2 of 3: the run creates everything in the target")
    result = await carry_out(call, migration, Orders())
    call.say("3 of 3: verify reads the target back")
    verification = await verify(call, migration, wait=True)
    return [
        Act(f"migrator run {file} --dry-run", 0, needed, rehearsal_text(migration, rehearsal)),
        Act(
            f"migrator run {file}",
            result.exit_code,
            status_json(migration, result.status),
            result_text(migration, result.status, result.issues),
        ),
        Act(
            f"migrator verify {file}",
            0 if verification.clean else 6,
            as_json(verification),
            verification_text(verification),
        ),
    ]


def _where_to_look(folder: Path) -> str:
    return "\n".join(
        (
            f"The files are in {folder}: migration.toml (what moves where), mapping.toml (whose words become which),",
            "runs/demo/checkpoint.db (every record, decision and outcome; SQLite), runs/demo/files (bytes by SHA-256).",
            "To play on: migrator sandbox worksection planfix, and migrator init for a migration of your own.",
        )
    )
