"""Migrations killed by SIGKILL at random moments and resumed: how many twins, how many missing.

python -m tests.bench.kills --times 50
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from migrator.sandbox.planfix import Planfix
from tests.journeys.arrivals import Arrivals, arrivals, difference, twins, unmarked
from tests.journeys.stage import Stage, receiving, stage


async def main(times: int, seed: int) -> int:
    """Kill until so many kills have hit a run at work; a migration that ended is compared, and the next one begins."""
    chance = random.Random(seed)
    before = Planfix(receiving())
    with tempfile.TemporaryDirectory() as folder:
        async with stage(Path(folder)) as staged:
            began = time.monotonic()
            calm = await staged.migrator("run", "--json")
            seconds = time.monotonic() - began
            expected = unmarked(arrivals(staged.planfix, before))
    print(f"undisturbed: exit {calm.code}, {seconds:.1f} s, {sum(rows.total() for rows in expected.values())} objects")
    kills = runs = doubled = wrong = 0
    while kills < times:
        with tempfile.TemporaryDirectory() as folder:
            async with stage(Path(folder)) as staged:
                hit = await _until_it_survives(staged, chance, seconds, times - kills)
                kills += hit
                runs += 1
                doubled += len(twins(staged.planfix))
                wrong += _compare(expected, unmarked(arrivals(staged.planfix, before)))
                print(f"migration {runs}: {hit} kills; {kills} of {times} so far", flush=True)
    print(f"{kills} kills in {runs} migrations: {doubled} twins, {wrong} missing or surplus")
    return 1 if doubled or wrong else 0


async def _until_it_survives(staged: Stage, chance: random.Random, seconds: float, most: int) -> int:
    """Start, kill at a random moment, start again; how many kills hit before a start came to its end."""
    hit = 0
    while True:
        process = await staged.start("run", str(staged.file), "--json")
        ending = asyncio.create_task(process.communicate())
        moment = chance.uniform(0.2, seconds) if hit < most else None
        await asyncio.wait({ending}, timeout=moment)
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        await ending
        if process.returncode == -signal.SIGKILL:
            hit += 1
            continue
        if process.returncode in (0, 6):
            return hit
        raise SystemExit(f"a resumed run ended with exit code {process.returncode}")


def _compare(expected: Arrivals, found: Arrivals) -> int:
    missing, surplus = difference(expected, found)
    for what, rows in (("missing", missing), ("surplus", surplus)):
        for row in rows:
            print(f"  {what}: {row[:300]}")
    return len(missing) + len(surplus)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.times, given.seed)))
