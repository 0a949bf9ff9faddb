"""What the pipeline tells while it works, and the signal by which it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

from migrator.model import Kind
from migrator.vendor import Read


class Progress(Protocol):
    """A face for a run: bars, lines, or nothing."""

    def extracted(self, kind: Kind, count: int) -> None:
        """So many entities of a kind were read, in all."""
        ...

    def settled(self, kind: Kind) -> None:
        """One entity of a kind was created, matched, skipped, held or refused."""
        ...

    def say(self, text: str) -> None:
        """One line for the user."""
        ...


class Silent:
    """Tells nobody."""

    def extracted(self, kind: Kind, count: int) -> None:
        """Nothing."""

    def settled(self, kind: Kind) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing."""


class Ready:
    """Which kinds are completely extracted, so that their loading may start."""

    def __init__(self, reads: Iterable[Read]) -> None:
        self._waiting = {kind: {read.name for read in reads if kind in read.yields} for kind in Kind}
        self._events = {kind: asyncio.Event() for kind in Kind}
        self.decoded("")

    def decoded(self, read: str) -> None:
        """A read is complete and its entities are in the checkpoint."""
        for kind, reads in self._waiting.items():
            reads.discard(read)
            if not reads:
                self._events[kind].set()

    async def wait(self, kind: Kind) -> None:
        """Until every read that yields the kind is complete."""
        await self._events[kind].wait()
