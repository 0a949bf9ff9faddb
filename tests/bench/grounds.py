"""Grounds for the harnesses: an archive made once as the source, a vendor's sandbox as the target, and lives between the two."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import tomlkit

from migrator.cli.stands import STANDS
from migrator.sandbox.faults import Faults
from migrator.sandbox.server import Running, Sandbox, serve
from migrator.vendor import Record
from tests.bench.lives import Ended, Lives, Order, Point
from tests.journeys.commands import Commands, account
from tests.journeys.pairs import Side, between, served

TARGETS = tuple(vendor for vendor in ("worksection", "planfix", "hubex") if vendor in STANDS)
SHARED_MEMORY = Path("/dev/shm")


def fast_folder() -> Path | None:
    """Where temporary folders do best; None = the usual place."""
    return SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None


def fresh(vendor: str) -> Sandbox:
    """The vendor's sample account, untouched."""
    return STANDS[vendor].build(account(vendor), limits=False)


def writes_of(vendor: str) -> Callable[[str, str, str], bool]:
    """Whether a call (method, path, query) writes; faults on reads only take time."""

    def writes(method: str, path: str, query: str) -> bool:
        if vendor == "worksection":
            return "action=post_" in query or "action=add_" in query
        return method != "GET" and not path.endswith("/list") and "auth" not in path.lower()

    return writes


async def archive_of(folder: Path, source: Record | None = None, projects: Iterable[str] = ()) -> Path:
    """An archive of the Worksection account, the sample's unless given; of all projects, or of these."""
    folder.mkdir()
    path = folder / "archive"
    async with served("worksection", source) as here:
        commands = between(here, Side("archive", path), folder)
        if projects:
            _set(commands, "scope", {"projects": list(projects)})
        made = await commands.migrator("run", "--json")
        assert made.code in (0, 6), made.err
    return path


@dataclass
class Ground:
    """One target, to be filled again and again from the same archive."""

    vendor: str
    folder: Path
    running: Running
    lives: Lives
    faults: Faults
    commands: Commands

    def clear(self) -> Sandbox:
        """As if nothing had ever run; the sandbox as it is now."""
        shutil.rmtree(self.folder / "runs", ignore_errors=True)
        self.running.sandbox = fresh(self.vendor)
        self.running.log.clear()
        return self.running.sandbox

    async def live(self, point: Point | None = None, number: int = 0, seconds: float | None = None) -> Ended:
        """`migrator run`, to its end or to the one ordered."""
        words = ("run", str(self.commands.file), "--json")
        return await self.lives.live(Order(words, self.commands.env, self.said, point, number, seconds))

    @property
    def said(self) -> Path:
        """What the last life said."""
        return self.folder / "said"


def _set(commands: Commands, name: str, values: Record) -> None:
    """Put these into a table of the migration file."""
    file = tomlkit.parse(commands.file.read_text("utf-8"))
    table = file.setdefault(name, {})
    table.update(values)
    commands.file.write_text(tomlkit.dumps(file), "utf-8")


@asynccontextmanager
async def ground(
    vendor: str, folder: Path, lives: Lives, archive: Path, *, quarantine: float, faults: Faults | None = None
) -> AsyncIterator[Ground]:
    """The target listens until the block ends."""
    folder.mkdir(parents=True)
    faults = faults or Faults()
    async with serve(fresh(vendor), faults=faults) as running:
        stand = STANDS[vendor]
        target = Side(vendor, url=f"{running.url}{stand.root}", secret=stand.secret(account(vendor)))
        commands = between(Side("archive", archive), target, folder)
        _set(commands, "target", {"quarantine": quarantine})
        yield Ground(vendor, folder, running, lives, faults, commands)
