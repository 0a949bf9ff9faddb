"""A migration into each vendor, ended at every checkpoint write, at every request and at every reply, and resumed each time.

    python -m tests.bench.crashes [--vendor planfix] [--every 25] [--jobs 2]

For n = 1, 2, 3, ... until the run survives: os._exit at the n-th point, the same command again, and the account compared with that
of an undisturbed run. Exit code 1 on any twin or loss.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import multiprocessing
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.grounds import TARGETS, Ground, archive_of, fast_folder, fresh, ground
from tests.bench.lives import ENDED_AT_POINT, Lives, Point
from tests.journeys.arrivals import Arrivals, arrivals, difference, loose, twins

PROJECTS = ("104", "105", "108")  # small, and of everything that the sample has: over 200 entities
_ROW = "{:12} {:28} {:>7} {:>6} {:>8} {:>8} {:>9} {:>6}"
QUARANTINE = 0.1  # seconds; the sandbox carries out at once what has arrived
FORK = multiprocessing.get_context("fork")


@dataclass
class Tally:
    """What came of the ends at one kind of point."""

    vendor: str
    point: Point
    ended: int = 0
    twins: int = 0
    missing: int = 0
    surplus: int = 0
    loose: int = 0
    look_ups: int = 0
    seconds: float = 0.0
    trouble: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Of another worker."""
        for name in ("ended", "twins", "missing", "surplus", "loose", "look_ups", "seconds", "trouble"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def wrong(self) -> int:
        """0 if exactly once."""
        return self.twins + self.missing + self.surplus + len(self.trouble)


@dataclass(frozen=True)
class Calm:
    """What an undisturbed run comes to."""

    code: int
    arrivals: Arrivals
    counted: dict[Point, int]


async def undisturbed(here: Ground) -> Calm:
    """One run from beginning to end."""
    sandbox = here.clear()
    ended = await here.live()
    return Calm(ended.code, arrivals(sandbox, fresh(here.vendor)), ended.counted)


async def end_at(here: Ground, calm: Calm, point: Point, numbers: Iterable[int]) -> Tally:
    """A run ended at each of these, and resumed; until one survives."""
    tally, before = Tally(here.vendor, point), fresh(here.vendor)
    began = time.monotonic()
    for number in numbers:
        sandbox = here.clear()
        survived = (await here.live(point, number)).code != ENDED_AT_POINT
        if not survived:
            tally.ended += 1
            resumed = await here.live()
            tally.look_ups += resumed.look_ups
            if resumed.code != calm.code:
                said = here.said.with_suffix(".err").read_text()[-500:]
                tally.trouble.append(f"{here.vendor}, {point} {number}: resumed with exit code {resumed.code}: {said}")
        missing, surplus = difference(calm.arrivals, arrivals(sandbox, before))
        doubled = twins(sandbox)
        tally.twins += len(doubled)
        tally.missing += len(missing)
        tally.surplus += len(surplus)
        tally.loose += loose(sandbox, before)
        for what, rows in (("twin", doubled), ("missing", missing), ("surplus", surplus)):
            tally.trouble += [f"{here.vendor}, {point} {number}: {what}: {row[:300]}" for row in rows]
        if survived:
            break
    tally.seconds = time.monotonic() - began
    return tally


@asynccontextmanager
async def open_ground(vendor: str, folder: Path, lives: Lives, archive: Path) -> AsyncIterator[Ground]:
    """A ground for this harness."""
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # a request that was cut is no error here
    async with ground(vendor, folder, lives, archive, quarantine=QUARANTINE) as found:
        yield found


def _work(vendor: str, folder: Path, archive: Path, start: int, step: int, told: Any) -> None:
    """One worker: its share of the points of one vendor."""

    async def work(lives: Lives) -> None:
        async with open_ground(vendor, folder, lives, archive) as here:
            calm = await undisturbed(here)
            told.put(calm.counted)
            for point in Point:
                told.put(await end_at(here, calm, point, range(start, sys.maxsize, step)))
        told.put(None)

    with Lives() as lives:
        asyncio.run(work(lives))


def crash(vendor: str, folder: Path, archive: Path, every: int, jobs: int) -> list[Tally]:
    """All workers on one vendor, and what they found, by point."""
    told = FORK.Queue()
    workers = [
        FORK.Process(
            target=_work, args=(vendor, folder / f"{vendor}{job}", archive, 1 + job * every, every * jobs, told)
        )
        for job in range(jobs)
    ]
    for worker in workers:
        worker.start()
    tallies = {point: Tally(vendor, point) for point in Point}
    working = len(workers)
    while working:
        match told.get():
            case Tally() as tally:
                tallies[tally.point].add(tally)
                print(*tally.trouble[:10], sep="\n", end="\n" if tally.trouble else "", flush=True)
            case None:
                working -= 1
            case counted:
                print(f"{vendor}: points of an undisturbed run: {dict(counted)}", flush=True)
    for worker in workers:
        worker.join()
    return list(tallies.values())


def main(vendors: Iterable[str], projects: Iterable[str], every: int, jobs: int) -> int:
    """1 on any twin or loss."""
    rows: list[Tally] = []
    with tempfile.TemporaryDirectory(dir=fast_folder()) as name:
        folder = Path(name)
        archive = asyncio.run(archive_of(folder / "archive", projects=projects))
        for vendor in vendors:
            began = time.monotonic()
            rows += crash(vendor, folder, archive, every, jobs)
            print(f"{vendor}: {time.monotonic() - began:.0f} s", flush=True)
    print(_ROW.format("target", "the process ended", "points", "twins", "missing", "surplus", "look-ups", "loose"))
    for row in rows:
        numbers = (row.ended, row.twins, row.missing, row.surplus, row.look_ups, row.loose)
        print(_ROW.format(row.vendor, row.point, *numbers))
    ended, wrong = sum(row.ended for row in rows), sum(row.wrong for row in rows)
    print(f"{ended} ends, each resumed: {wrong} wrong; {sum(row.look_ups for row in rows)} requests for look-ups")
    return int(wrong > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vendor", choices=TARGETS, action="append")
    parser.add_argument("--every", type=int, default=1, help="only each so-manieth point")
    parser.add_argument("--project", action="append", help="of the sample account; default: three of them")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    sys.exit(main(given.vendor or TARGETS, given.project or PROJECTS, given.every, given.jobs))
