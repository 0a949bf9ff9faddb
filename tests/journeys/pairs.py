"""Any pair of vendors on a stage: sandboxes on sockets, and the migration file that samples/ has for the pair, pointed to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit

from migrator.cli.stands import STANDS
from migrator.sandbox.server import Running, serve
from tests.journeys.commands import SAMPLES, Commands, account

_UNPACED = {"rate": "off", "quarantine": 1, "parallel": 4}


@dataclass(frozen=True)
class Side:
    """One end of a migration: a vendor's sandbox that listens, or the folder of an archive."""

    vendor: str
    path: Path | None = None
    url: str = ""
    secret: str = ""
    running: Running | None = field(default=None, repr=False)
    at_its_address: bool = False  # what was written into it leads to its own address, not to the sample's

    def told(self, side: str) -> dict[str, Any]:
        """What the migration file says of it."""
        if self.path:
            return {"path": str(self.path)}
        return {"url": self.url, "secret": f"env:{side.upper()}_SECRET", **_UNPACED}


@asynccontextmanager
async def served(vendor: str, sample: dict[str, Any] | None = None, *, filled: bool = True) -> AsyncIterator[Side]:
    """An account in a sandbox on a socket until the block ends: the shipped one unless given. Not `filled`: it is to be."""
    stand, whole = STANDS[vendor], sample or account(vendor)
    async with serve(stand.build(whole, limits=False)) as running:
        secret = stand.secret(whole)
        yield Side(vendor, None, f"{running.url}{stand.root}", secret, running, at_its_address=not filled)


def sample_file(source: str, target: str) -> Path:
    """The migration file that comes along for a pair."""
    return SAMPLES / f"{source}-{target}.migration.toml"


def between(source: Side, target: Side, folder: Path) -> Commands:
    """The command line on the sample file of the pair; only addresses, secrets and pace are others, and what `folder` is beside."""
    file = tomlkit.parse(sample_file(source.vendor, target.vendor).read_text("utf-8"))
    for name, side in (("source", source), ("target", target)):
        table = file[name]
        assert isinstance(table, tomlkit.items.Table)
        table.update(side.told(name))
        if "site" in table.get("options", {}) and side.at_its_address:
            table["options"]["site"] = side.url.rpartition("/")[0]
    if "mapping" in file:
        file["mapping"] = str(SAMPLES / str(file["mapping"]))
    commands = Commands(folder, {"SOURCE_SECRET": source.secret, "TARGET_SECRET": target.secret})
    commands.file.write_text(tomlkit.dumps(file), "utf-8")
    return commands


@asynccontextmanager
async def pair(source: str, target: str, folder: Path) -> AsyncIterator[Commands]:
    """The command line between two vendors' sample accounts."""
    async with AsyncExitStack() as stack:
        sides = [await _side(stack, side, vendor, folder) for side, vendor in (("source", source), ("target", target))]
        yield between(*sides, folder)


async def _side(stack: AsyncExitStack, side: str, vendor: str, folder: Path) -> Side:
    """A sandbox, or an archive; as a source it is made of a sample account first."""
    if vendor != "archive":
        return await stack.enter_async_context(served(vendor))
    path = folder / f"{side}-archive"
    if side == "source":
        (folder / "before").mkdir()
        async with served(next(iter(STANDS))) as earlier:
            made = await between(earlier, Side("archive", path), folder / "before").migrator("run", "--json")
        assert made.code in (0, 6), made.err
    return Side("archive", path)
