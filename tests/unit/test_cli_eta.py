"""How long it will take: pace, day quotas, and the sides at work together."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from migrator.pipeline.eta import seconds_for
from migrator.vendor import Limits

NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
HALF_DAY, DAY = 43_200, 86_400


@pytest.mark.parametrize(
    ("requests", "limits", "spent", "seconds"),
    [
        (0, Limits(1, 1.0), 0, 0),
        (90, Limits(1, 1.0), 0, 90),
        (90, Limits(60, 60.0), 0, 90),
        (90, Limits(0, 1.0), 0, 0),
        (100, Limits(1, 1.0, per_day=1000), 900, 100),
        (101, Limits(1, 1.0, per_day=1000), 900, HALF_DAY + 1),
        (1, Limits(1, 1.0, per_day=1000), 5000, HALF_DAY + 1),
        (2100, Limits(1, 1.0, per_day=1000), 900, HALF_DAY + DAY + 1000),
        (2000, Limits(0, 1.0, per_day=1000), 0, HALF_DAY),
    ],
)
def test_requests_take_their_pace_and_wait_for_the_next_day(
    requests: int, limits: Limits, spent: int, seconds: float
) -> None:
    assert seconds_for(requests, limits, spent, NOON) == seconds


def test_a_quota_that_the_pace_cannot_reach_costs_nothing() -> None:
    slow = Limits(1, 10.0, per_day=1000)
    assert seconds_for(900, slow, 0, NOON) == 9000
