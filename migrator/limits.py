"""The pace of one account: evenly spaced turns just under the permitted rate, a pause for all after a refusal, a day quota, an outage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from aiolimiter import AsyncLimiter

from migrator.errors import TryLater
from migrator.vendor import Limits, Quota

# A turn is spaced a little wider than permitted, because a request that leaves on time may arrive early relative to the one before.
# One refusal widens the guard by as much as some hundred calm turns narrow it: it settles where a few in a thousand are refused.
GUARD_START, GUARD_LEAST, GUARD_MOST = 0.03, 0.01, 0.25
_WIDEN, _NARROW = 0.01, 0.002
_GRAIN = 1e-5  # seconds; a clock may stand a little before the moment it was set for
_CALM = 60  # turns without a refusal after which the guard narrows
_PATIENCE = 2 * 3600.0  # seconds for which an account that has answered before is waited for
_SAID_EVERY = 600.0  # seconds


class Limiter:
    """Hands out turns to send one request each. One per account, shared by all its workers."""

    def __init__(
        self, limits: Limits, quota: Quota, *, wait: bool = True, say: Callable[[str], None] = lambda _: None
    ) -> None:
        """`wait`: sleep until a spent quota is reset, rather than raise TryLater."""
        self._limits = limits
        self._quota = quota
        self._wait = wait
        self._say = say
        self._guard = GUARD_START
        self._calm = 0
        self._open_at = 0.0  # loop time before which nobody sends
        self._slots = asyncio.Semaphore(limits.parallel)
        self._departed = float("-inf")  # loop time at which the last request left
        # (1, spacing) and never (n, period): aiolimiter lets 2n-1 through in one window (its issue 298).
        self._pace = AsyncLimiter(1, limits.period / limits.requests) if limits.requests else None

    @property
    def timeout(self) -> float:
        """Seconds after which one request is given up."""
        return self._limits.timeout

    @property
    def seconds_each(self) -> float:
        """How long one request takes at the present pace; 0 = no pace."""
        limits = self._limits
        return limits.period / limits.requests * (1 + self._guard) if limits.requests else 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Callable[[], None]]:
        """Wait for a place and a moment to send; the block is the request. Raises TryLater if the day is spent and we do not wait.

        The block may call what it is given when the request really leaves: the spacing to the next one counts from there.
        """
        async with self._slots:
            await self._wait_for_pace()
            while self._is_day_spent():
                await self._wait_for_pace()
            self._quota.spend()
            yield self._depart

    def refused(self, seconds: float | None) -> None:
        """The vendor turned a request away for its pace: everybody pauses, and the spacing widens."""
        self._calm = 0
        self._guard = min(self._guard + _WIDEN, GUARD_MOST)
        self._pause(seconds if seconds is not None else self.seconds_each or 1.0)

    def calm(self) -> None:
        """A request went through: after enough of them the spacing narrows."""
        self._calm += 1
        if self._calm >= _CALM:
            self._calm = 0
            self._guard = max(self._guard - _NARROW, GUARD_LEAST)

    def spent(self, seconds: float | None) -> None:
        """The vendor says the day's quota is used up. Raises TryLater unless we wait for the reset."""
        until_reset = seconds if seconds is not None else _seconds_to_midnight()
        self._halt("the vendor's daily quota is spent", until_reset)

    async def _wait_for_pace(self) -> None:
        now = asyncio.get_running_loop().time
        if self._pace:
            await self._pace.acquire()
        while (wait := max(self._open_at, self._departed + self.seconds_each) - now()) > 0:  # noqa: ASYNC110  both may move
            await asyncio.sleep(wait)
        self._departed = now()

    def _depart(self) -> None:
        self._departed = asyncio.get_running_loop().time()

    def _is_day_spent(self) -> bool:
        """Whether the day's requests are used; all pause until its reset then. Raises TryLater unless we wait for it."""
        limit = self._limits.per_day
        if limit is None or self._quota.spent_today() < limit:
            return False
        self._halt(f"the day's {limit} requests are used", _seconds_to_midnight())
        return True

    def _halt(self, why: str, seconds: float) -> None:
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        if not self._wait:
            raise TryLater(
                f"{why}; it is reset about {until:%Y-%m-%d %H:%M} UTC. Give the same command again then.", seconds
            )
        self._say(f"{why}; waiting until about {until:%Y-%m-%d %H:%M} UTC")
        self._pause(seconds)

    def _pause(self, seconds: float) -> None:
        self._open_at = max(self._open_at, asyncio.get_running_loop().time() + seconds)


class Patience:
    """How long one account out of reach is waited for: hours if it has answered in this session, else not at all."""

    def __init__(self, *, wait: bool, say: Callable[[str], None]) -> None:
        """`wait`: False = never."""
        self._wait = wait
        self._say = say
        self._has_answered = False
        self._said_at: float | None = None  # loop time; None = no outage

    def answered(self) -> None:
        """A request went through."""
        self._has_answered = True
        if self._said_at is not None:
            self._said_at = None
            self._say("the connection is back; going on")

    def is_left(self, since: float, told: str) -> bool:
        """Whether a request that has failed since then (loop time) is to be sent once more; says so now and then."""
        now = asyncio.get_running_loop().time()
        if not (self._wait and self._has_answered) or now - since >= _PATIENCE:
            return False
        if self._said_at is None or now - self._said_at >= _SAID_EVERY:
            self._said_at = now
            until = datetime.now(UTC) + timedelta(seconds=_PATIENCE - (now - since))
            self._say(
                f"{told}: trying again twice a minute until {until:%Y-%m-%d %H:%M} UTC. Ctrl-C stops, and loses nothing."
            )
        return True


def _seconds_to_midnight() -> float:
    now = datetime.now(UTC)
    return (datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC) - now).total_seconds()
