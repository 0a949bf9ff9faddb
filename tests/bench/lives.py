"""Lives: processes of the command line, forked from one that has everything imported, and ended on order.

A life costs what it does and no time for imports. It ends by itself, at a point (os._exit there and then), or by SIGKILL after a while.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib
import multiprocessing
import os
import pkgutil
import select
import signal
import sqlite3
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp.http_writer

import migrator
from migrator import __main__ as program
from migrator.http import Http
from migrator.pipeline.load import Load

ENDED_AT_POINT = 99  # exit code that no command has


class Point(StrEnum):
    """Where a life may end. Each is counted from the start of the life."""

    BEFORE_COMMIT = "before a checkpoint write"
    AFTER_COMMIT = "after a checkpoint write"
    SENT = "request sent"
    RECEIVED = "reply received"


_COUNTED = {Point.BEFORE_COMMIT: 0, Point.AFTER_COMMIT: 1, Point.SENT: 2, Point.RECEIVED: 3}
_LOOK_UPS = 4
_AT_WORK = 5  # 1 once both accounts are open


@dataclass(frozen=True)
class Order:
    """One life: its command line and surroundings, and how it is to end. `said`: the file for its stdout; beside it, .err.
    `seconds`: of work, after which it is killed."""

    words: tuple[str, ...]
    env: Mapping[str, str]
    said: Path
    point: Point | None = None
    number: int = 0
    seconds: float | None = None


@dataclass(frozen=True)
class Ended:
    """`code`: negative for a signal. `counted`: how often each point was passed. `look_ups`: requests spent on creates in doubt."""

    code: int
    counted: dict[Point, int] = field(default_factory=dict)
    look_ups: int = 0


class Lives:
    """The process that forks them, one at a time. To be made before there is a loop or a thread."""

    def __init__(self) -> None:
        self._shared = multiprocessing.RawArray(ctypes.c_longlong, _AT_WORK + 1)
        self._here, there = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("fork").Process(
            target=_serve, args=(there, self._here, self._shared)
        )
        self._process.start()
        there.close()

    async def live(self, order: Order) -> Ended:
        """From its first breath to its end."""
        self._here.send(order)
        code = await asyncio.to_thread(self._here.recv)
        counted = {point: self._shared[place] for point, place in _COUNTED.items()}
        return Ended(code, counted, self._shared[_LOOK_UPS])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._here.close()
        self._process.join()


def _serve(orders: Any, others: Any, shared: Any) -> None:
    for module in pkgutil.walk_packages(migrator.__path__, "migrator."):
        importlib.import_module(module.name)
    others.close()  # so that the end of who gives the orders is seen here
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            order = orders.recv()
        except EOFError:
            return
        for place in range(len(shared)):
            shared[place] = 0
        child = os.fork()
        if child == 0:
            orders.close()
            _live(order, shared)
        orders.send(_awaited(child, order.seconds, shared))


def _awaited(child: int, seconds: float | None, shared: Any) -> int:
    """The exit code of the life; killed when it has been at work so long."""
    if seconds is not None:
        handle = os.pidfd_open(child)
        while not shared[_AT_WORK] and not select.select([handle], [], [], 0.01)[0]:
            pass
        ended, _, _ = select.select([handle], [], [], seconds)
        os.close(handle)
        if not ended:
            os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _live(order: Order, shared: Any) -> None:
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for standard, path in ((1, order.said), (2, order.said.with_suffix(".err"))):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), standard)
        os.environ.update(order.env)
        _watch(order, shared)
        code = program.main(list(order.words))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _watch(order: Order, shared: Any) -> None:
    """Count the points, and end at the one that is ordered."""

    def passed(point: Point) -> None:
        shared[_COUNTED[point]] += 1
        if point is order.point and shared[_COUNTED[point]] == order.number:
            os._exit(ENDED_AT_POINT)

    class Counted(sqlite3.Connection):
        def __exit__(self, *raised: Any) -> Any:
            passed(Point.BEFORE_COMMIT)
            told = super().__exit__(*raised)
            passed(Point.AFTER_COMMIT)
            return told

    connect = sqlite3.connect
    sqlite3.connect = lambda *args, **options: connect(*args, **options, factory=Counted)  # type: ignore[assignment]
    _watch_requests(passed)
    _watch_look_ups(shared)


def _watch_requests(passed: Any) -> None:
    writer = aiohttp.http_writer.StreamWriter
    write_eof, set_eof, once = writer.write_eof, writer.set_eof, Http._once

    async def left(self: Any, chunk: bytes = b"") -> None:
        await write_eof(self, chunk)
        while self.transport is not None and self.transport.get_write_buffer_size():  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0)
        passed(Point.SENT)

    def left_bare(self: Any) -> None:
        set_eof(self)
        passed(Point.SENT)

    async def answered(self: Any, *args: Any) -> Any:
        told = await once(self, *args)
        passed(Point.RECEIVED)
        return told

    writer.write_eof, writer.set_eof = left, left_bare  # type: ignore[method-assign]
    Http._once = answered  # type: ignore[method-assign]


def _watch_look_ups(shared: Any) -> None:
    """What is asked while doubts are settled: no create is under way then."""
    settle, load = Load._settle_group, Load.load_all

    async def at_work(self: Any) -> None:
        shared[_AT_WORK] = 1
        await load(self)

    async def settled(self: Any, *args: Any) -> None:
        before = shared[_COUNTED[Point.RECEIVED]]
        await settle(self, *args)
        shared[_LOOK_UPS] += shared[_COUNTED[Point.RECEIVED]] - before

    Load._settle_group, Load.load_all = settled, at_work  # type: ignore[method-assign]
