"""Any pair of vendors on a stage: sample accounts in sandboxes on sockets, an archive made of one of them, the ready mapping."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from migrator.cli.stands import STANDS
from migrator.sandbox.server import serve
from tests.journeys.stage import ROOT, Commands, account

ZONES = {"worksection": "Europe/Kyiv", "planfix": "Europe/Kyiv", "hubex": "Europe/Moscow"}
# What the sample accounts need said beyond the ready mapping: which of several templates or types new things get.
OPTIONS = {
    "planfix": 'task_template = "Задача"\nproject_template = "Проект"\ncontact_template = "Контакт"\ncompany_template = "Компания"',
    "hubex": 'company = "Вертикаль-Климат"\nstand_in = "i.lapteva@vertikal.example.com"',
}


@asynccontextmanager
async def pair(source: str, target: str, folder: Path) -> AsyncIterator[Commands]:
    """The command line on a migration file between the two."""
    async with AsyncExitStack() as stack:
        commands = Commands(folder)
        tables = [
            await _side(stack, commands, "source", source, folder),
            await _side(stack, commands, "target", target, folder),
        ]
        mapping = ROOT / "mappings" / f"{source}-{target}.toml"
        named = f'mapping = "{mapping}"\n' if mapping.exists() else ""
        commands.file.write_text(f'name = "pair"\n{named}' + "".join(tables))
        yield commands


async def _side(stack: AsyncExitStack, commands: Commands, side: str, vendor: str, folder: Path) -> str:
    """One table of the file. An archive as a source is made from the Worksection sample first."""
    head = f'\n[{side}]\nvendor = "{vendor}"\n'
    if vendor == "archive":
        path = folder / f"{side}-archive"
        if side == "source":
            (folder / "before").mkdir()
            async with pair("worksection", "archive", folder / "before") as earlier:
                made = await earlier.migrator("run", "--json")
                assert made.code in (0, 6), made.err
            (folder / "before" / "target-archive").rename(path)
        return f'{head}path = "{path}"\n'
    stand, sample = STANDS[vendor], account(vendor)
    running = await stack.enter_async_context(serve(stand.build(sample, limits=False)))
    commands.env[f"{side.upper()}_SECRET"] = stand.secret(sample)
    return (
        f'{head}url = "{running.url}{stand.root}"\nsecret = "env:{side.upper()}_SECRET"\ntime_zone = "{ZONES[vendor]}"\n'
        f'rate = "off"\nquarantine = 1\nparallel = 4\n\n[{side}.options]\n{OPTIONS.get(vendor, "") if side == "target" else ""}\n'
    )
