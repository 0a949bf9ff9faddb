"""`migrator sandbox`: a vendor's API on this machine, to rehearse against."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import click

from migrator.cli.call import Call, on_signal
from migrator.cli.command import as_command
from migrator.cli.opening import shipped
from migrator.cli.shown import table
from migrator.cli.stands import STANDS, read_account
from migrator.errors import InputWrong
from migrator.sandbox.faults import Faults
from migrator.sandbox.server import serve

_PORT = 8800


@as_command("migrator sandbox worksection planfix --faults lost=2%,error=1%", (0, 1, 2))
@click.argument("vendors", metavar="VENDOR...", nargs=-1, required=True, type=click.Choice(list(STANDS)))
@click.option("--seed", default="account", help="A sample that comes along (account), or the path of a JSON file.")
@click.option(
    "--faults",
    default="",
    help="Trouble on order: cut, lost, error, error_after, garbage, late, slow; each NAME=PERCENT%.",
)
@click.option(
    "--port",
    default=_PORT,
    type=click.IntRange(0, 65000),
    help="The first port; 0 = any. Further vendors get the next ones.",
)
@click.option("--limits/--no-limits", default=True, help="Refuse what is faster than the vendor permits.")
def command(call: Call, vendors: tuple[str, ...], seed: str, faults: str, port: int, limits: bool) -> int:
    """Serve a vendor's API on this machine, to rehearse.

    The account is a sample that lives in memory: what is written is gone at the end. Ctrl-C ends it.
    """
    trouble = _parse(faults)
    accounts = [(vendor, read_account(_sample(vendor, seed))) for vendor in vendors]
    call.run(_serve(call, accounts, trouble, port, limits=limits))
    return 0


def _parse(faults: str) -> Faults:
    try:
        return Faults.parse(faults)
    except ValueError as error:
        raise InputWrong([f"--faults: {error}"]) from error


def _sample(vendor: str, seed: str) -> Path:
    path = shipped("samples") / f"{vendor}-{seed}.json"
    return path if path.exists() else Path(seed)


async def _serve(
    call: Call, accounts: list[tuple[str, dict[str, Any]]], faults: Faults, port: int, *, limits: bool
) -> None:
    stop = asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:
        served = []
        for place, (vendor, account) in enumerate(accounts):
            stand = STANDS[vendor]
            serving = serve(stand.build(account, limits=limits), faults=faults, port=port + place if port else 0)
            try:
                running = await stack.enter_async_context(serving)
            except OSError as error:
                raise InputWrong([f"port {port + place}: {error.strerror}; choose another --port"]) from error
            served.append({"vendor": vendor, "url": running.url + stand.root, "secret": stand.secret(account)})
        rows = [list(each.values()) for each in served]
        with on_signal(stop.set):
            call.answer({"sandboxes": served}, table(["vendor", "url", "secret"], rows))
            call.say("Serving until Ctrl-C.")
            await stop.wait()
