"""A stage for journeys: the sample company's Worksection and an empty-ish Planfix on sockets, a migration file, and the command line."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from migrator.sandbox.faults import Faults
from migrator.sandbox.planfix import Limits as PlanfixLimits
from migrator.sandbox.planfix import Planfix
from migrator.sandbox.server import Running, serve
from migrator.sandbox.worksection import Limits as WorksectionLimits
from migrator.sandbox.worksection import Worksection

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
FILE = """
name = "lad"
mapping = "{mapping}"

[source]
vendor = "worksection"
url = "{source}"
secret = "env:SOURCE_SECRET"
time_zone = "Europe/Kyiv"
{source_pace}

[target]
vendor = "planfix"
url = "{target}/rest"
secret = "env:TARGET_SECRET"
time_zone = "Europe/Kyiv"
{target_pace}
"""
UNPACED = 'rate = "off"\nquarantine = 1\nparallel = 4'


def account(vendor: str) -> dict[str, Any]:
    """A shipped sample account."""
    loaded: dict[str, Any] = orjson.loads((SAMPLES / f"{vendor}-account.json").read_bytes())
    return loaded


def receiving() -> dict[str, Any]:
    """A small account of Planfix, set up like the shipped one: to be filled, where nothing of it is looked at."""
    loaded: dict[str, Any] = orjson.loads((ROOT / "tests" / "planfix-small.json").read_bytes())
    return loaded


@dataclass
class Result:
    """What a command came to."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        """The one object on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass
class Commands:
    """The command line in the user's folder, with the user's environment."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """The user's migration file."""
        return self.folder / "migration.toml"

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        """The command line, in a process of its own."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "migrator", *words),
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.env},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def migrator(self, command: str, *words: str) -> Result:
        """One command to its end, on the user's file."""
        process = await self.start(command, str(self.file), *words)
        out, err = await process.communicate()
        return Result(process.returncode or 0, out.decode(), err.decode())


@dataclass(kw_only=True)
class Stage(Commands):
    """Both accounts, listening, besides."""

    source: Running
    target: Running

    @property
    def planfix(self) -> Planfix:
        """The receiving account."""
        assert isinstance(self.target.sandbox, Planfix)
        return self.target.sandbox

    def write_file(self, more: str = "", *, source_pace: str = UNPACED, target_pace: str = UNPACED) -> None:
        """What the user would write."""
        text = FILE.format(
            mapping=SAMPLES / "worksection-planfix.mapping.toml",
            source=self.source.url,
            target=self.target.url,
            source_pace=source_pace,
            target_pace=target_pace,
        )
        self.file.write_text(text + more)


@asynccontextmanager
async def stage(
    folder: Path,
    *,
    source: dict[str, Any] | None = None,
    target: dict[str, Any] | None = None,
    source_limits: WorksectionLimits | None = None,
    target_limits: PlanfixLimits | None = None,
    source_faults: Faults | None = None,
    target_faults: Faults | None = None,
) -> AsyncIterator[Stage]:
    """Both sandboxes until the block ends; without limits unless given."""
    here = source or account("worksection")
    there = target or receiving()
    async with (
        serve(Worksection(here, limits=source_limits), faults=source_faults) as one,
        serve(Planfix(there, limits=target_limits), faults=target_faults) as other,
    ):
        env = {"SOURCE_SECRET": here["account"]["api_key"], "TARGET_SECRET": there["tokens"][0]["token"]}
        staged = Stage(folder, env, source=one, target=other)
        staged.write_file()
        yield staged
