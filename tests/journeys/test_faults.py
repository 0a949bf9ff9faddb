"""One fault after the other in the middle of a run, and the same command again: each thing is there once, as in a calm run."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrator.cli.stands import STANDS
from migrator.model import Entity
from migrator.sandbox.faults import Faults
from migrator.sandbox.hubex import HubEx
from migrator.sandbox.planfix import Planfix
from migrator.sandbox.server import Call, Reply, Sandbox
from tests.bench.grounds import writes_of
from tests.journeys.arrivals import Arrivals, arrivals, difference, twins
from tests.journeys.commands import Result, account
from tests.journeys.small import Small, archive, small
from tests.world import BODIES, comment, file, item, project, ref, task

OPTIONS = {
    "worksection": "",
    "planfix": 'task_template = "Задача"\nproject_template = "Проект"\n',
    "hubex": 'company = "Вертикаль-Климат"\nstand_in = "i.lapteva@vertikal.example.com"\n',
}
VENDORS = list(OPTIONS)
COMPANY: list[Entity] = [
    project(),
    *(task(str(number), status="active") for number in range(1, 7)),
    task("7", parent=ref("task:1"), depth=1, status="active"),
    *(comment(str(number), on=f"task:{number % 6 + 1}") for number in range(1, 13)),
    *(item(place) for place in range(1, 4)),
    file("1"),
    file("2", on="task:2"),
]


@dataclass
class Trial:
    """A target to be disturbed: the command line, the account, and what a calm run brings there."""

    vendor: str
    commands: Small
    calm: Arrivals

    @property
    def sandbox(self) -> Sandbox:
        return self.commands.running.sandbox

    async def run(self, *words: str) -> Result:
        return await self.commands.migrator("run", "--json", *words)

    def assert_exactly_once(self) -> None:
        inner = getattr(self.sandbox, "inner", self.sandbox)
        assert twins(inner) == []
        missing, surplus = difference(self.calm, arrivals(inner, fresh(self.vendor)))
        assert (missing, surplus) == ([], []), "\n".join(["missing", *missing, "surplus", *surplus])

    async def assert_mends(self, words: tuple[str, ...] = ()) -> None:
        """The same command ends the work."""
        again = await self.run(*words)
        assert again.code == 0, again.err
        self.assert_exactly_once()


def fresh(vendor: str) -> Sandbox:
    return STANDS[vendor].build(account(vendor), limits=False)


@dataclass
class Calms:
    """What a calm run brings to each vendor, found out once."""

    folder: Path
    known: dict[str, Arrivals] = field(default_factory=dict)

    async def source(self) -> Path:
        if not (self.folder / "company").exists():
            await archive(self.folder, COMPANY, {ref(f"file:{id}"): body for id, body in BODIES.items()})
        return self.folder / "company"

    async def of(self, vendor: str) -> Arrivals:
        if vendor not in self.known:
            folder = self.folder / vendor
            folder.mkdir()
            async with target(vendor, folder, await self.source()) as commands:
                calm = await commands.migrator("run", "--json")
                assert calm.code == 0, calm.err
                self.known[vendor] = arrivals(commands.running.sandbox, fresh(vendor))
        return self.known[vendor]


@pytest.fixture(scope="module")
def calms(tmp_path_factory: pytest.TempPathFactory) -> Calms:
    return Calms(tmp_path_factory.mktemp("calms"))


def target(vendor: str, folder: Path, source: Path) -> AbstractAsyncContextManager[Small]:
    return small(folder, "target", vendor, account(vendor), path=source, options=OPTIONS[vendor])


@asynccontextmanager
async def trial(vendor: str, folder: Path, calms: Calms, more: str = "") -> AsyncIterator[Trial]:
    """A target to be disturbed. `more`: lines at the top of the migration file."""
    calm = await calms.of(vendor)
    async with target(vendor, folder, await calms.source()) as commands:
        commands.file.write_text(more + commands.file.read_text())
        yield Trial(vendor, commands, calm)


class After:
    """A sandbox to which something happens after so many calls."""

    def __init__(self, inner: Any, calls: int, act: Callable[[Any], object]) -> None:
        self.inner, self.left, self.act, self.name = inner, calls, act, inner.name

    def handle(self, call: Call) -> Reply:
        self.left -= 1
        if self.left == 0:
            self.act(self.inner)
        reply: Reply = self.inner.handle(call)
        return reply


# -- the line -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_line_that_breaks_in_every_way_leaves_each_thing_once(
    vendor: str, tmp_path: Path, calms: Calms
) -> None:
    """More than half of all writes meet a fault; the unit tests take each by itself."""
    async with trial(vendor, tmp_path, calms) as on:
        text = on.commands.file.read_text()
        on.commands.file.write_text(text.replace("quarantine = 1\n", "quarantine = 0.4\n"))
        rates = {"cut": 0.1, "lost": 0.1, "late": 0.1, "error": 0.08, "error_after": 0.08, "garbage": 0.08}
        faults = on.commands.running.faults = Faults(**rates, late_seconds=0.3, when=writes_of(vendor))
        result = await on.run()
        assert result.code in (0, 75), result.err  # a finishing step that failed six times running
        assert faults.met.total() >= 8
        assert len(faults.met) >= 4
        on.commands.running.faults = Faults()
        await on.assert_mends()


# -- tokens, quotas and the user ------------------------------------------------------------------------------------------------


async def test_an_access_token_that_ends_in_the_middle_is_exchanged_and_nothing_is_made_twice(
    tmp_path: Path, calms: Calms
) -> None:
    async with trial("hubex", tmp_path, calms) as on:
        hubex = on.sandbox
        assert isinstance(hubex, HubEx)
        exchanged = hubex.state.issued
        on.commands.running.sandbox = After(hubex, 25, lambda inner: inner.state.access.clear())
        result = await on.run()
        assert result.code == 0, result.err
        assert hubex.state.issued > exchanged + 1
        on.assert_exactly_once()


@pytest.mark.parametrize("shape", [0, 1, 2], ids=["text in a 200", "403 with seconds", "403 with milliseconds"])
async def test_a_quota_that_ends_in_the_middle_is_for_later_and_the_same_command_goes_on(
    tmp_path: Path, calms: Calms, shape: int
) -> None:
    def spend(inner: Planfix) -> None:
        inner.meter.limits = replace(inner.meter.limits, per_day=1)
        inner.meter.used, inner.meter.refusals = 1, shape
        inner.meter._day = datetime.now(UTC).date().isoformat()

    async with trial("planfix", tmp_path, calms) as on:
        planfix = on.sandbox
        assert isinstance(planfix, Planfix)
        on.commands.running.sandbox = After(planfix, 30, spend)
        result = await on.run("--no-wait")
        assert result.code == 75, result.err
        midnight = datetime.now(UTC).date() + timedelta(days=1)
        assert f"{midnight} 00:0" in result.err or f"{midnight - timedelta(days=1)} 23:59" in result.err
        assert on.commands.running.writes
        planfix.meter.limits = replace(planfix.meter.limits, per_day=None)
        await on.assert_mends(("--no-wait",))


async def test_ctrl_c_twice_ends_at_once_and_the_same_command_goes_on(tmp_path: Path, calms: Calms) -> None:
    async with trial("planfix", tmp_path, calms) as on:
        on.commands.running.faults = Faults(slow=1.0, slow_seconds=0.2)
        process = await on.commands.start("run", str(on.commands.file), "--json")
        while len(on.commands.running.writes) < 3:  # noqa: ASYNC110  the sandbox counts, it does not tell
            await asyncio.sleep(0.02)
        on.commands.running.faults = Faults(slow=1.0, slow_seconds=600.0)
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.1)
        process.send_signal(signal.SIGINT)
        began = asyncio.get_running_loop().time()
        await process.communicate()
        assert process.returncode == 130
        assert asyncio.get_running_loop().time() - began < 1.0
        on.commands.running.faults = Faults()
        await on.assert_mends()


# -- the disk -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("largest", [100_000, 200_000])
async def test_a_checkpoint_that_cannot_grow_stops_the_run_and_the_same_command_goes_on(
    tmp_path: Path, calms: Calms, largest: int
) -> None:
    """The operating system itself refuses to write beyond a size."""
    async with trial("planfix", tmp_path, calms) as on:
        process = await on.commands.start("run", str(on.commands.file), "--json")
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (largest, largest))  # it is still importing
        _, told = await process.communicate()
        assert process.returncode == 4, told.decode()
        assert "Traceback" not in told.decode()
        assert "give the same command again" in told.decode()
        await on.assert_mends()


def can_mount() -> bool:
    return (
        os.geteuid() == 0
        and sys.platform == "linux"
        and subprocess.run(["mountpoint", "-q", "/"], check=False).returncode == 0
    )


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A file system of its own."""
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=False, capture_output=True
    )
    if made.returncode:
        pytest.skip(f"no right to mount: {made.stderr.decode()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    """Make room, take a right away or give it back."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


@pytest.mark.skipif(
    not can_mount(), reason="needs the right to mount; the limit of the operating system is tried above"
)
@pytest.mark.parametrize("size", ["400k"])
async def test_a_full_disk_stops_the_run_and_after_making_room_the_same_command_goes_on(
    tmp_path: Path, calms: Calms, size: str
) -> None:
    with mounted(tmp_path / "disk", f"size={size}") as disk:
        async with trial("planfix", tmp_path, calms, f'run_dir = "{disk}/run"\n') as on:
            result = await on.run()
            assert result.code == 4, result.err
            assert "Free space" in result.err
            remount(disk, "size=50m")
            await on.assert_mends()


@pytest.mark.skipif(not can_mount(), reason="needs the right to mount")
async def test_a_read_only_run_folder_is_told_before_anything_is_read_or_written(tmp_path: Path, calms: Calms) -> None:
    with mounted(tmp_path / "disk", "size=50m") as disk:
        async with trial("planfix", tmp_path, calms, f'run_dir = "{disk}/run"\n') as on:
            (disk / "run").mkdir()
            remount(disk, "ro")
            result = await on.run()
            assert result.code == 4, result.err
            assert str(disk / "run") in result.err
            assert "Traceback" not in result.err
            assert on.commands.running.log == []
            remount(disk, "rw")
            await on.assert_mends()
