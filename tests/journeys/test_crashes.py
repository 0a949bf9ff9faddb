"""A few ends of the crash harness for each vendor, and that the harness sees what it looks for. The long form: tests.bench.crashes."""

from __future__ import annotations

import asyncio
import copy
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from migrator.cli.stands import STANDS
from migrator.sandbox.server import Sandbox
from migrator.vendors import VENDORS
from tests.bench.grounds import TARGETS
from tests.journeys.arrivals import arrivals, difference, twins
from tests.journeys.commands import ROOT, account


@pytest.mark.skipif(not {"worksection", "archive"} <= set(VENDORS), reason="what is moved is an archive of Worksection")
async def test_a_run_that_ends_anywhere_and_is_resumed_arrives_once() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.crashes", "--project", "108", "--every", "75", "--jobs", "1"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    for vendor in TARGETS:
        points = re.findall(rf"^{vendor} +\D+(\d+) +0 +0 +0 +\d+ +\d+ *$", out.decode(), re.MULTILINE)
        assert len(points) == 4, out.decode()
        assert all(int(number) >= 1 for number in points), out.decode()


def built(vendor: str) -> Sandbox:
    return STANDS[vendor].build(account(vendor), limits=False)


def tables(sandbox: Sandbox) -> Any:
    state: Any = getattr(sandbox, "account", None) or sandbox.state  # type: ignore[attr-defined]
    return state.tables["tasks"] if hasattr(state, "tables") else state.tasks


def _doubled(tasks: Any, id: str) -> None:
    tasks["999998"] = {**copy.deepcopy(tasks[id]), "id": 999998}


def _lost(tasks: Any, id: str) -> None:
    del tasks[id]


def _renamed(tasks: Any, id: str) -> None:
    name = "notes" if "notes" in tasks[id] else "name"
    tasks[id][name] += "!"


@pytest.mark.parametrize("vendor", ["worksection", "planfix", "hubex"])
@pytest.mark.parametrize(("change", "missing", "surplus"), [(_doubled, 0, 1), (_lost, 1, 0), (_renamed, 1, 1)])
def test_a_thing_too_many_too_few_or_changed_is_seen(
    vendor: str, change: Callable[[Any, str], None], missing: int, surplus: int
) -> None:
    before, expected, found = built(vendor), built(vendor), built(vendor)
    for sandbox in (expected, found):
        tasks = tables(sandbox)
        last = next(reversed(tasks.values()))
        marked = {
            "text": "mig:0123456789ab",
            "sourceObjectId": "0-5-x",
            "notes": "A task\n[0123456789ab]",
            "name": "A task",
        }
        tasks["999997"] = {**copy.deepcopy(last), **marked, "id": 999997}
    change(tables(found), "999997")
    gone, more = difference(arrivals(expected, before), arrivals(found, before))
    assert (len(gone), len(more)) == (missing, surplus)
    assert bool(twins(found)) is (change is _doubled)
