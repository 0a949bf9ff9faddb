"""A migration at the vendors' real limits: the share of the permitted rate that is used, and the share of refusals.

python -m tests.bench.pace [--seconds 300]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from migrator.sandbox.planfix import Limits as PlanfixLimits
from migrator.sandbox.server import Running
from migrator.sandbox.worksection import Limits as WorksectionLimits
from tests.journeys.stage import stage

USED_LEAST, REFUSED_MOST = 0.95, 0.005


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
    """One line, and 1 if a bound is broken. The span is the side's own: from its first request to its last."""
    span = running.log[-1].call.at - running.log[0].call.at
    asked = len(running.log)
    used, refused = (asked - len(running.refused) - 1) / span, len(running.refused) / asked
    print(
        f"{side}: {asked} requests in {span:.0f} s; {used:.1%} of the permitted rate, {refused:.2%} refused", flush=True
    )
    return int(used < USED_LEAST or refused > REFUSED_MOST)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.0, help="0 = to the end, about 20 minutes")
    sys.exit(asyncio.run(main(parser.parse_args().seconds)))
