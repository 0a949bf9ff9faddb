"""A stage for journeys: the sample company's Worksection and an empty-ish Planfix on sockets, a migration file, and the command line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from migrator.sandbox.faults import Faults
from migrator.sandbox.planfix import Limits as PlanfixLimits
from migrator.sandbox.planfix import Planfix
from migrator.sandbox.server import Running, serve
from migrator.sandbox.worksection import Limits as WorksectionLimits
from migrator.sandbox.worksection import Worksection
from tests.journeys.commands import ROOT, SAMPLES, Commands, account

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


def receiving() -> dict[str, Any]:
    """A small account of Planfix, set up like the shipped one: to be filled, where nothing of it is looked at."""
    loaded: dict[str, Any] = orjson.loads((ROOT / "tests" / "planfix-small.json").read_bytes())
    return loaded


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
