"""A HubEx account of 25,000 assets and 12,000 tasks, read into an archive while the process is killed again and again.

    python -m tests.bench.large_hubex [--assets 25000] [--tasks 12000] [--kills 5]

HubEx cuts a list at 10,000 rows with status 200 and says nothing; the sandbox does the same.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import orjson

from migrator.sandbox.hubex import HubEx
from migrator.sandbox.server import serve
from tests.journeys.commands import Commands, account

FILE = """
name = "large"
[source]
vendor = "hubex"
url = "{url}/fsm"
secret = "env:SOURCE_SECRET"
time_zone = "Europe/Moscow"
rate = "off"
parallel = 8
[source.options]
details = false
project_details = false
[target]
vendor = "archive"
path = "archive"
"""


def large(assets: int, tasks: int) -> dict[str, Any]:
    """The sample account, with so many more plain assets and tasks."""
    grown = account("hubex")
    asset = {
        key: grown["assets"][1][key] for key in ("assetTypeID", "assetClassID", "companyID", "locationID", "published")
    }
    keys = ("taskTypeID", "requestMethodID", "created", "companyID", "locationID", "workTypeID", "stageID", "statusID")
    task = {key: grown["tasks"][0][key] for key in keys} | {"lastModified": "2025-02-02T14:53:02"}
    grown["assets"] += [{"id": 1000 + n, "name": f"Насос № {n}", **asset, "districts": [1]} for n in range(assets)]
    grown["tasks"] += [
        {
            "id": 100_000 + n,
            "number": f"9{n:012}",
            "notes": f"Осмотр насоса № {n}",
            "assetID": 1000 + n % assets,
            **task,
        }
        for n in range(tasks)
    ]
    return grown


async def main(assets: int, tasks: int, kills: int) -> int:
    """0 if every asset and task is in the archive exactly once."""
    chance = random.Random(1)
    sandbox = HubEx(large(assets, tasks))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with serve(sandbox) as running:
            commands = Commands(folder, {"SOURCE_SECRET": "hubex-sample-service-token"})
            commands.file.write_text(FILE.format(url=running.url))
            hit = 0
            while True:
                process = await commands.start("run", str(commands.file), "--json")
                ending = asyncio.create_task(process.communicate())
                await asyncio.wait({ending}, timeout=chance.uniform(2, 12) if hit < kills else None)
                if process.returncode is None:
                    process.kill()
                out, err = await ending
                if process.returncode != -signal.SIGKILL:
                    break
                hit += 1
                print(f"kill {hit} after {len(running.log)} requests", flush=True)
            if process.returncode not in (0, 6):
                sys.exit(err.decode())
            kinds = orjson.loads(out)["kinds"]
        found = {kind: _lines(folder / "archive" / f"{kind}.jsonl") for kind in ("project", "task")}
    wrong = 0
    for kind, many, first in (("project", assets, 1000), ("task", tasks, 100_000)):
        twins = sum(count - 1 for count in found[kind].values())
        missing = sum(1 for n in range(many) if str(first + n) not in found[kind])
        wrong += twins + missing
        print(
            f"{kind}: {kinds[kind]['created']} created, {many} of them made for this; {twins} twins, {missing} missing"
        )
    return int(wrong > 0)


def _lines(path: Path) -> Counter[str]:
    with path.open("rb") as stream:
        return Counter(orjson.loads(line)["ref"]["id"] for line in stream)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assets", type=int, default=25_000)
    parser.add_argument("--tasks", type=int, default=12_000)
    parser.add_argument("--kills", type=int, default=5)
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.assets, given.tasks, given.kills)))
