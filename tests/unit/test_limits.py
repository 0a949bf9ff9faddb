"""The pace of an account, on a virtual clock: as fast as permitted, and never faster."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count, pairwise

import pytest

from migrator.errors import TryLater
from migrator.limits import GUARD_LEAST, GUARD_MOST, GUARD_START, Limiter
from migrator.vendor import Limits

pytestmark = pytest.mark.looptime(start=1000.0)

ONE_A_SECOND = Limits(requests=1, period=1.0, parallel=4)


@dataclass
class Count:
    """A quota that is reset `reset_at` seconds of loop time; None = never."""

    spent: int = 0
    reset_at: float | None = None
    turns: list[float] = field(default_factory=list)

    def spend(self) -> None:
        self.turns.append(asyncio.get_running_loop().time())
        self.spent += 1

    def spent_today(self) -> int:
        if self.reset_at is not None and asyncio.get_running_loop().time() >= self.reset_at:
            self.spent, self.reset_at = 0, None
        return self.spent


@pytest.fixture(autouse=True)
async def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Virtual time that never stands still: aiolimiter waits for a rounding error of its own to pass."""
    loop = asyncio.get_running_loop()
    time, ticks = loop.time, count()
    monkeypatch.setattr(loop, "time", lambda: time() + next(ticks) * 1e-8)


def gaps(turns: Iterable[float]) -> list[float]:
    return [after - before for before, after in pairwise(turns)]


async def take(limiter: Limiter, turns: int, *, workers: int = 4, seconds: float = 0.0, calm: bool = True) -> None:
    """So many turns by so many workers, each request taking so long."""
    left = iter(range(turns))

    async def work() -> None:
        for _ in left:
            async with limiter.turn():
                await asyncio.sleep(seconds)
            if calm:
                limiter.calm()

    await asyncio.gather(*(work() for _ in range(workers)))


async def test_turns_are_spaced_just_wider_than_permitted() -> None:
    quota = Count()
    await take(Limiter(ONE_A_SECOND, quota), 20, calm=False)
    assert gaps(quota.turns) == pytest.approx([1 + GUARD_START] * 19, abs=1e-3)


@pytest.mark.parametrize("limits", [ONE_A_SECOND, Limits(60, 60.0, parallel=4), Limits(5, 1.0, parallel=8)])
async def test_two_turns_are_never_closer_than_permitted(limits: Limits) -> None:
    quota = Count()
    await take(Limiter(limits, quota), 400, workers=8)
    assert min(gaps(quota.turns)) >= limits.period / limits.requests


async def test_slow_requests_overlap_so_that_the_pace_is_kept() -> None:
    quota = Count()
    await take(Limiter(ONE_A_SECOND, quota), 40, seconds=3.0, calm=False)
    assert quota.turns[-1] - quota.turns[0] == pytest.approx(39 * (1 + GUARD_START), rel=0.01)


async def test_no_more_requests_than_permitted_are_under_way() -> None:
    limiter = Limiter(Limits(requests=0, period=1.0, parallel=3), Count())
    under_way = most = 0

    async def work() -> None:
        nonlocal under_way, most
        async with limiter.turn():
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(1)
            under_way -= 1

    await asyncio.gather(*(work() for _ in range(12)))
    assert most == 3


async def test_without_a_pace_nobody_waits() -> None:
    quota = Count()
    await take(Limiter(Limits(requests=0, period=1.0, parallel=4), quota), 1000)
    assert quota.turns[-1] - quota.turns[0] < 0.01


async def test_calm_uses_at_least_97_percent_of_what_is_permitted() -> None:
    quota = Count()
    limiter = Limiter(ONE_A_SECOND, quota)
    await take(limiter, 1000)
    assert limiter.seconds_each == pytest.approx(1 + GUARD_LEAST)
    assert 999 / (quota.turns[-1] - quota.turns[0]) >= 0.97


async def test_a_refusal_widens_the_spacing_up_to_a_bound() -> None:
    limiter = Limiter(ONE_A_SECOND, Count())
    widths = []
    for _ in range(30):
        limiter.refused(0)
        widths.append(limiter.seconds_each)
    assert widths == sorted(widths)
    assert widths[0] > 1 + GUARD_START
    assert widths[-1] == 1 + GUARD_MOST


async def test_a_refusal_takes_back_calm() -> None:
    limiter = Limiter(ONE_A_SECOND, Count())
    for _ in range(59):
        limiter.calm()
    limiter.refused(0)
    width = limiter.seconds_each
    limiter.calm()
    assert limiter.seconds_each == width


@pytest.mark.parametrize("workers", [1, 4])
async def test_a_refusal_pauses_everybody_as_long_as_the_vendor_says(workers: int) -> None:
    quota = Count()
    limiter = Limiter(ONE_A_SECOND, quota)
    working = asyncio.create_task(take(limiter, 12, workers=workers))
    await asyncio.sleep(3.5)
    before = len(quota.turns)
    limiter.refused(30)
    await working
    assert quota.turns[before] >= 1033.5
    assert min(gaps(quota.turns)) >= 1.0


async def test_a_refusal_without_a_time_pauses_for_one_turn() -> None:
    quota = Count()
    limiter = Limiter(ONE_A_SECOND, quota)
    await take(limiter, 1)
    limiter.refused(None)
    await take(limiter, 1)
    assert 1.0 <= gaps(quota.turns)[0] <= 3.0


async def test_two_turns_are_never_closer_than_permitted_under_refusals() -> None:
    quota = Count()
    limiter = Limiter(ONE_A_SECOND, quota)
    working = asyncio.create_task(take(limiter, 60))
    for seconds in (0, 2.5, None, 0, 0):
        await asyncio.sleep(4.3)
        limiter.refused(seconds)
    await working
    assert min(gaps(quota.turns)) >= 1.0


async def test_a_spent_day_waits_for_its_reset_and_says_so() -> None:
    said: list[str] = []
    quota = Count(spent=98, reset_at=1500.0)
    limiter = Limiter(Limits(requests=0, period=1.0, per_day=100, parallel=1), quota, say=said.append)
    await take(limiter, 5, workers=1)
    assert quota.turns[1] < 1001
    assert quota.turns[2] >= 1500.0
    assert "100 requests" in said[0]


async def test_a_spent_day_is_try_later_for_who_does_not_wait() -> None:
    quota = Count(spent=100)
    limiter = Limiter(Limits(requests=0, period=1.0, per_day=100), quota, wait=False)
    with pytest.raises(TryLater, match="same command") as raised:
        await take(limiter, 1)
    assert raised.value.seconds is not None
    assert 0 < raised.value.seconds <= 86400
    assert quota.turns == []


async def test_workers_together_never_exceed_the_day() -> None:
    quota = Count()
    limiter = Limiter(Limits(requests=1, period=1.0, per_day=10, parallel=4), quota, wait=False)
    with pytest.raises(TryLater):
        await take(limiter, 40)
    await asyncio.sleep(60)
    assert quota.spent == 10


async def test_a_quota_the_vendor_calls_spent_holds_everybody_until_its_reset() -> None:
    quota = Count()
    limiter = Limiter(ONE_A_SECOND, quota)
    limiter.spent(3600)
    await take(limiter, 1)
    assert quota.turns[0] >= 4600


async def test_a_quota_the_vendor_calls_spent_is_try_later_for_who_does_not_wait() -> None:
    limiter = Limiter(ONE_A_SECOND, Count(), wait=False)
    with pytest.raises(TryLater) as raised:
        limiter.spent(3600)
    assert raised.value.seconds == 3600


async def test_a_worker_cancelled_while_it_waits_leaves_its_place_to_others() -> None:
    quota = Count()
    limiter = Limiter(Limits(requests=1, period=1.0, parallel=1), quota)
    await take(limiter, 1)
    waiting = asyncio.create_task(take(limiter, 1))
    await asyncio.sleep(0.1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await take(limiter, 1)
    assert len(quota.turns) == 2
