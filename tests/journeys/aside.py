"""Sandboxes served from a thread of their own, because a command runs a loop of its own in the test's."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

from migrator.sandbox.server import Running, Sandbox, serve


@contextmanager
def served(*sandboxes: Sandbox) -> Iterator[list[Running]]:
    """All of them, listening until the block ends."""
    running: list[Running] = []
    up = threading.Event()
    ends: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve_all() -> None:
        async with AsyncExitStack() as stack:
            running.extend([await stack.enter_async_context(serve(sandbox)) for sandbox in sandboxes])
            ends.append((asyncio.get_running_loop(), asyncio.Event()))
            up.set()
            await ends[0][1].wait()

    thread = threading.Thread(target=asyncio.run, args=(serve_all(),), daemon=True)
    thread.start()
    assert up.wait(10)
    try:
        yield running
    finally:
        loop, end = ends[0]
        loop.call_soon_threadsafe(end.set)
        thread.join(10)
