"""A small company from an archive, or an account of the user's choice, against any target: for journeys about one thing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrator.cli.stands import STANDS
from migrator.model import Entity, Ref
from migrator.sandbox.server import Running, serve
from migrator.vendor import Account, Wire
from migrator.vendors.archive import VENDOR as ARCHIVE
from tests.journeys.commands import ROOT, Commands
from tests.vendors.bench import Book, NoQuota, step


@dataclass(kw_only=True)
class Small(Commands):
    """The command line, and what listens."""

    running: Running


async def archive(folder: Path, entities: Iterable[Entity], contents: Mapping[Ref, bytes] | None = None) -> Path:
    """An archive of the entities."""
    book = Book(folder, dict(contents or {}))
    path = folder / "company"
    assert ARCHIVE.open_target is not None
    account = Account("archive", path=path)
    async with ARCHIVE.open_target(account, Wire(NoQuota(), folder, writable=True)) as target:
        for entity in entities:
            await target.create(step(entity), book.context)
    return path


@asynccontextmanager
async def small(
    folder: Path,
    side: str,
    vendor: str,
    account: dict[str, Any],
    *,
    path: Path,
    options: str = "",
    more: str = "",
    rules: tuple[tuple[str, str], ...] = (),
    secret: str = "",
) -> AsyncIterator[Small]:
    """The vendor's account on one side, the archive at the path on the other. `rules`: changes of the ready mapping."""
    stand = STANDS[vendor]
    async with serve(stand.build(account, limits=False)) as running:
        other = {"source": "target", "target": "source"}[side]
        tables = {
            side: f'vendor = "{vendor}"\nurl = "{running.url}{stand.root}"\nsecret = "env:SECRET"\nrate = "off"\n'
            f"quarantine = 1\n\n[{side}.options]\n{options}\n",
            other: f'vendor = "archive"\npath = "{path}"\n',
        }
        commands = Small(folder, {"SECRET": secret or stand.secret(account)}, running=running)
        head = 'name = "small"\n'
        if side == "target":
            text = (ROOT / "mappings" / f"archive-{vendor}.toml").read_text()
            for old, new in rules:
                assert old in text, old
                text = text.replace(old, new, 1)
            (folder / "mapping.toml").write_text(text)
            head += 'mapping = "mapping.toml"\n'
        commands.file.write_text(head + "".join(f"\n[{name}]\n{table}" for name, table in tables.items()) + more)
        yield commands


async def told(commands: Small, code: int) -> str:
    """What a run says, for people."""
    result = await commands.migrator("run")
    assert result.code == code, result.out + result.err
    assert "Traceback" not in result.err
    return re.sub(r"\s+", " ", result.out + result.err)


async def came(commands: Small, kind: str) -> dict[str, int]:
    """What has become of the entities of a kind, as far as they came to anything."""
    row: dict[str, int] = (await commands.migrator("status", "--json")).json()["kinds"].get(kind, {})
    return {name: count for name, count in row.items() if count and name != "extracted"}
