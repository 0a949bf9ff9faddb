"""A large account moved from Worksection into Planfix, then brought up to date: unchanged, and with one task in a hundred edited.

    python -m tests.bench.delta [--tasks 10000]

What was written is counted where it arrives, in the log of the target's sandbox.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrator.ledger import State
from migrator.model import Kind
from migrator.run import look_at_run
from migrator.sandbox.planfix import Planfix
from migrator.sandbox.server import Running, serve
from migrator.sandbox.worksection import Worksection
from tests.journeys.commands import Commands, account
from tests.journeys.stage import UNPACED

FILE = """
name = "large"
[source]
vendor = "worksection"
url = "{source}"
secret = "env:SOURCE_SECRET"
time_zone = "Europe/Kyiv"
{pace}
[source.options]
subscribers = false
custom_fields = false
[target]
vendor = "planfix"
url = "{target}/rest"
secret = "env:TARGET_SECRET"
time_zone = "Europe/Kyiv"
{pace}
per_day = 1000000
[target.options]
task_template = "Задача"
project_template = "Проект"
contact_template = "Контакт"
company_template = "Компания"
[scope]
kinds = ["task"]
"""
EDITED_EVERY = 100


def large(tasks: int) -> dict[str, Any]:
    """The sample account with so many plain tasks in the place of its own."""
    grown = account("worksection")
    projects = [row["id"] for row in grown["projects"]]
    like = {"status": "active", "priority": "1", "user_from": "304", "user_to": "304", "date_added": "2025-01-10 19:33"}
    grown["tasks"] = [
        {
            "id": str(100_000 + n),
            "project": projects[n % len(projects)],
            "name": f"Task {n}",
            "text": f"Text {n}",
            **like,
        }
        for n in range(tasks)
    ]
    return grown | {"comments": [], "files": [], "costs": [], "relations": [], "events": []}


@dataclass
class Lap:
    """One command: how long it took, how many requests each side got, and what it wrote."""

    code: int
    told: dict[str, Any]
    seconds: float
    asked: dict[str, int]
    writes: list[tuple[str, set[str]]]  # path, keys of the body

    def line(self, name: str) -> str:
        """The figures."""
        asked = ", ".join(f"{count} requests to the {side}" for side, count in self.asked.items())
        return f"{name}: {self.seconds:.0f} s, {asked}, {len(self.writes)} writes"


async def lap(commands: Commands, sides: dict[str, Running], *words: str) -> Lap:
    """Carry out one command, and look at what arrived."""
    before, began = {side: len(running.log) for side, running in sides.items()}, time.monotonic()
    writes = len(sides["target"].writes)
    result = await commands.migrator(*words, "--json")
    if not result.out:
        raise SystemExit(result.err)
    calls = [one.call for one in sides["target"].writes[writes:]]
    return Lap(
        result.code,
        result.json(),
        time.monotonic() - began,
        {side: len(running.log) - before[side] for side, running in sides.items()},
        [(call.path, set(json.loads(call.body or b"{}"))) for call in calls],
    )


async def copies(folder: Path) -> dict[str, str]:
    """The tasks of the source, with the ids of their copies."""
    async with look_at_run(folder / "runs" / "large") as run:
        assert run is not None
        made = (ref for ref, part, out in run.ledger.outcomes() if part == "create" and out.state is State.MADE)
        return {ref.id: run.ledger.target(ref) or "" for ref in made if ref.kind is Kind.TASK}


async def main(tasks: int) -> int:
    """0 if the unchanged account took no write, and the edited one exactly those it should."""
    source, target = Worksection(large(tasks)), Planfix(account("planfix"))
    with tempfile.TemporaryDirectory() as name:
        async with serve(source) as here, serve(target) as there:
            keys = {"SOURCE_SECRET": source.account.settings["api_key"], "TARGET_SECRET": "planfix-sample-token"}
            commands = Commands(Path(name), keys)
            commands.file.write_text(FILE.format(source=here.url, target=there.url, pace=UNPACED))
            sides = {"source": here, "target": there}
            moved = await lap(commands, sides, "run")
            print(moved.line(f"run of {tasks} tasks"), flush=True)
            unchanged = await lap(commands, sides, "run", "--delta")
            print(unchanged.line("delta, nothing changed"), flush=True)
            edited = [str(100_000 + n) for n in range(0, tasks, EDITED_EVERY)]
            for id in edited:
                source.tasks[id]["name"] += " (edited)"
            changed = await lap(commands, sides, "run", "--delta")
            print(changed.line(f"delta, {len(edited)} of {tasks} edited"), flush=True)
            verified = await lap(commands, sides, "verify")
            print(verified.line("verify"), flush=True)
            found = await copies(Path(name))
    wanted = sorted((f"/rest/task/{found[id]}", {"name"}) for id in edited)
    failures = [
        f"run ended with {moved.code}: {moved.told['issues']}" if moved.code else "",
        f"an unchanged account took {len(unchanged.writes)} writes" if unchanged.writes or unchanged.code else "",
        "what was written is not what was edited" if sorted(changed.writes) != wanted or changed.code else "",
        f"verify ended with {verified.code}" if verified.code else "",
        f"{len(found)} of {tasks} tasks were moved" if len(found) != tasks else "",
    ]
    told = [failure for failure in failures if failure]
    print("\n".join(told) or f"0 writes for an unchanged account; for {len(edited)} edits exactly those {len(edited)}")
    return int(bool(told))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    sys.exit(asyncio.run(main(parser.parse_args().tasks)))
