"""A migration at the vendors' real limits: the share of the permitted rate that is used, and the share of refusals.

python -m tests.bench.pace [--seconds 300]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from migrator.sandbox.planfix import Limits as PlanfixLimits
from migrator.sandbox.server import Running
from migrator.sandbox.worksection import Limits as WorksectionLimits
from tests.journeys.stage import stage

USED_LEAST, REFUSED_MOST = 0.95, 0.005
IDLE = 5.0  # seconds; a longer gap between two requests of a side is no pace


async def main(seconds: float) -> int:
    """Run until so many seconds have passed, or to the end; 0 if both sides keep both bounds while they are busy."""
    with tempfile.TemporaryDirectory() as folder:
        async with stage(
            Path(folder), source_limits=WorksectionLimits(), target_limits=PlanfixLimits(per_day=100_000)
        ) as staged:
            staged.write_file(source_pace="", target_pace="per_day = 100000")
            process = await staged.start("run", str(staged.file))
            try:
                await asyncio.wait_for(process.communicate(), seconds or None)
            except TimeoutError:
                process.terminate()
                await process.communicate()
            return max(_told("source", staged.source), _told("target", staged.target))


def _told(side: str, running: Running) -> int:
    """One line, and 1 if a bound is broken. Seconds in which a side had nothing to do, waiting for the other, are told apart."""
    moments = [handled.call.at for handled in running.log]
    gaps = [after - before for before, after in pairwise(moments)]
    idle = sum(gap for gap in gaps if gap > IDLE)
    busy = sum(gaps) - idle
    asked, refusals = len(moments), len(running.refused)
    used, refused = (asked - refusals - 1) / busy, refusals / asked
    print(
        f"{side}: {asked} requests in {busy:.0f} s at work and {idle:.0f} s waiting for the other side; "
        f"{used:.1%} of the permitted rate used at work, {refused:.2%} refused",
        flush=True,
    )
    return int(used < USED_LEAST or refused > REFUSED_MOST)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.0, help="0 = to the end, about 20 minutes")
    sys.exit(asyncio.run(main(parser.parse_args().seconds)))
