"""Every pair of vendors, sandbox to sandbox: run, then verify with nothing unexplained."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.vendors import VENDORS
from tests.journeys.pairs import pair

PAIRS = [
    (source.name, target.name)
    for source in VENDORS.values()
    for target in VENDORS.values()
    if source.open_source and target.open_target
]


@pytest.mark.parametrize(("source", "target"), PAIRS)
async def test_a_pair_arrives_and_verifies(source: str, target: str, tmp_path: Path) -> None:
    async with pair(source, target, tmp_path) as commands:
        run = await commands.migrator("run", "--json")
        assert run.code in (0, 6), run.err
        verified = await commands.migrator("verify", "--json")
        told = verified.json()
        assert (told["differences"], told["missing"], told["extra"]) == ([], [], []), verified.out[:3000]
        assert told["checked"]["task"] > 0
