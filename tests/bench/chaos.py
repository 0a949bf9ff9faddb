"""Thousands of creates through a line that loses, delays and breaks, by a process that is killed all the time.

    python -m tests.bench.chaos [--vendor planfix] [--creates 3000]

Of the creates, 6 % lose their answer after the commit, 4 % are cut before it, 3 % are answered 500 after it, 20 % are committed up to
two seconds late. SIGKILL comes after every 0.5 to 1 s of work. Exit code 1 on any twin, on anything missing, or over 0.3 look-ups a create.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import logging
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import orjson

from migrator.sandbox.faults import Faults
from migrator.vendor import Record
from tests.bench.grounds import TARGETS, Ground, archive_of, fast_folder, fresh, ground, writes_of
from tests.bench.lives import Lives
from tests.journeys.arrivals import arrivals, difference, loose, twins
from tests.journeys.commands import account

LATE_SECONDS = 2.0
QUARANTINE = 2.5  # a little more than the latest commit
LOOK_UPS_MOST = 0.3
_PROJECTS = ("104", "105", "106", "107", "108")
_TABLES = ("projects", "tasks", "comments", "costs", "files")
_PLACES = ("project", "parent", "task", "comment")


def grown(copies: int) -> Record:
    """The sample company of Worksection with so many copies of its smaller projects."""
    source = account("worksection")
    rows = {table: {row["id"]: row for row in source[table]} for table in _TABLES}

    def belongs(table: str, row: Record) -> bool:
        if table == "projects":
            return row["id"] in _PROJECTS
        for place, above in (("project", "projects"), ("task", "tasks"), ("comment", "comments")):
            if place in row:
                return belongs(above, rows[above][row[place]])
        return False

    chosen = {table: [row for row in source[table] if belongs(table, row)] for table in _TABLES}
    for table in _TABLES:
        source[table] = [_copy(row, number) for number in range(1, copies + 1) for row in chosen[table]]
    return source


def _copy(row: Record, number: int) -> Record:
    made = copy.deepcopy(row)
    for place in ("id", *_PLACES):
        if place in made:
            made[place] = f"{number}0{made[place]}"
    return made


def of_creates(vendor: str) -> Faults:
    """The faults of this harness."""
    return Faults(cut=0.04, lost=0.06, error_after=0.03, late=0.20, late_seconds=LATE_SECONDS, when=writes_of(vendor))


async def calm(here: Ground) -> tuple[int, float, dict[str, Counter[str]]]:
    """How many things an undisturbed run creates, how long it takes, and what arrives."""
    faults, here.faults.when = here.faults.when, lambda *_: False
    sandbox = here.clear()
    began = time.monotonic()
    ended = await here.live()
    if ended.code not in (0, 6):
        raise SystemExit(here.said.with_suffix(".err").read_text())
    here.faults.when = faults
    kinds = orjson.loads(here.said.read_bytes())["kinds"].values()
    return sum(kind["created"] for kind in kinds), time.monotonic() - began, arrivals(sandbox, fresh(here.vendor))


async def storm(here: Ground, chance: random.Random) -> tuple[int, int, int]:
    """Killed and started again until a life comes to its end: kills, lives, requests for look-ups."""
    kills = lives = look_ups = 0
    while True:
        ended = await here.live(seconds=chance.uniform(0.5, 1.0))
        lives += 1
        look_ups += ended.look_ups
        if ended.code == -signal.SIGKILL:
            kills += 1
        elif ended.code in (0, 6):
            return kills, lives, look_ups
        elif ended.code != 75:
            raise SystemExit(f"a resumed run ended with {ended.code}: {here.said.with_suffix('.err').read_text()}")
        if lives % 50 == 0:
            print(f"  {kills} kills, {len(here.running.writes)} writes, {look_ups} look-ups so far", flush=True)


async def chaos(vendor: str, folder: Path, lives: Lives, archive: Path, seed: int) -> int:
    """One vendor as the target; 0 if exactly once."""
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    before = fresh(vendor)
    async with ground(vendor, folder, lives, archive, quarantine=QUARANTINE, faults=of_creates(vendor)) as here:
        creates, seconds, expected = await calm(here)
        print(f"{vendor}: {creates} creates, undisturbed in {seconds:.0f} s", flush=True)
        sandbox = here.clear()
        began = time.monotonic()
        kills, started, look_ups = await storm(here, random.Random(seed))
        await asyncio.sleep(LATE_SECONDS + 0.5)
        missing, surplus = difference(expected, arrivals(sandbox, before))
        doubled = twins(sandbox)
        for row in (*doubled, *missing, *surplus)[:20]:
            print(f"  {row[:300]}")
        met = here.faults.met
        print(f"{vendor}: {kills} kills in {started} lives, {time.monotonic() - began:.0f} s; faults: {dict(met)}")
        print(
            f"{vendor}: {len(doubled)} twins, {len(missing)} missing, {len(surplus)} surplus, "
            f"{loose(sandbox, before)} loose uploads, {look_ups} requests for look-ups: {look_ups / creates:.3f} a create",
            flush=True,
        )
        return int(bool(doubled or missing or surplus) or look_ups / creates > LOOK_UPS_MOST)


def main(vendors: list[str], creates: int, seed: int) -> int:
    """1 if any target is not exactly as undisturbed."""
    with Lives() as lives, tempfile.TemporaryDirectory(dir=fast_folder()) as name:
        folder = Path(name)

        async def all_of_them() -> int:
            per_copy = 290  # about so many creates come of one copy
            source = grown(max(creates // per_copy + 1, 1))
            archive = await archive_of(folder / "archive", source)
            return max([await chaos(vendor, folder / vendor, lives, archive, seed) for vendor in vendors])

        return asyncio.run(all_of_them())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vendor", choices=TARGETS, action="append")
    parser.add_argument("--creates", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sys.exit(main(given.vendor or ["planfix"], given.creates, given.seed))
