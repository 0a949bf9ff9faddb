"""The main job: a Worksection account into Planfix, as an administrator does it."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from migrator.sandbox.planfix import Planfix
from tests.journeys.arrivals import arrivals, twins, unmarked
from tests.journeys.stage import receiving, stage


async def test_dry_run_writes_nothing_and_foretells_the_requests_of_the_run(tmp_path: Path) -> None:
    async with stage(tmp_path) as staged:
        dry = await staged.migrator("run", "--dry-run", "--json")
        assert dry.code == 0, dry.err
        assert staged.target.writes == []
        assert staged.source.writes == []
        foretold = dry.json()["requests_needed"]
        spent = {"source": len(staged.source.log), "target": len(staged.target.log)}
        run = await staged.migrator("run", "--json")
        assert run.code in (0, 6), run.err
        used = len(staged.target.log) - spent["target"]
        assert abs(foretold["target"] - used) <= used * 0.02, (foretold, used)
        read = len(staged.source.log) - spent["source"]
        assert abs(foretold["source"] - read) <= max(read * 0.02, 2), (foretold, read)


async def test_after_a_run_verify_finds_no_unexplained_difference(tmp_path: Path) -> None:
    async with stage(tmp_path) as staged:
        run = await staged.migrator("run", "--json")
        assert run.code in (0, 6), run.err
        verified = await staged.migrator("verify", "--json")
        told = verified.json()
        assert (told["differences"], told["missing"], told["extra"]) == ([], [], []), verified.out[:4000]
        assert verified.code == 0
        assert told["checked"]["task"] >= 150
        assert told["checked"]["comment"] >= 300
        assert staged.planfix.notifications == 0


async def test_a_second_run_sends_no_write(tmp_path: Path) -> None:
    async with stage(tmp_path) as staged:
        await staged.migrator("run", "--json")
        before = len(staged.target.writes)
        again = await staged.migrator("run", "--json")
        assert again.code in (0, 6), again.err
        refused = again.json()["kinds"]
        tried_again = sum(row["held"] + row["refused"] for row in refused.values())
        assert len(staged.target.writes) - before <= tried_again


async def test_killed_and_resumed_it_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    (tmp_path / "calm").mkdir()
    (tmp_path / "killed").mkdir()
    before = Planfix(receiving())
    async with stage(tmp_path / "calm") as staged:
        await staged.migrator("run", "--json")
        undisturbed = unmarked(arrivals(staged.planfix, before))
    async with stage(tmp_path / "killed") as staged:
        for seconds in (1.0, 1.7, 2.3):
            process = await staged.start("run", str(staged.file), "--json")
            await _kill_after(process, seconds)
        run = await staged.migrator("run", "--json")
        assert run.code in (0, 6), run.err
        resumed = unmarked(arrivals(staged.planfix, before))
        assert twins(staged.planfix) == []
    for name, expected in undisturbed.items():
        assert resumed[name] == expected, name


async def test_control_c_stops_within_two_seconds_and_says_how_to_go_on(tmp_path: Path) -> None:
    async with stage(tmp_path) as staged:
        process = await staged.start("run", str(staged.file))
        while len(staged.target.writes) < 20:  # noqa: ASYNC110  the sandbox counts, it does not tell
            await asyncio.sleep(0.01)
        loop = asyncio.get_running_loop()
        process.send_signal(signal.SIGINT)
        pressed = loop.time()
        _, err = await process.communicate()
        assert loop.time() - pressed < 2.5
        assert process.returncode == 130, err.decode()
        assert "the same command again" in err.decode()
        status = await staged.migrator("status", "--json")
        assert status.json()["state"] == "paused"


async def _kill_after(process: asyncio.subprocess.Process, seconds: float) -> None:
    try:
        await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        process.kill()
        await process.communicate()
