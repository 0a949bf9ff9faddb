"""An account that went through other vendors and came back is what it was, less exactly what was told on the way."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from migrator.model import Comment, Cost, Kind, Task, Text
from tests.journeys.returned import silent_losses
from tests.journeys.trips import Hop, travel

WAYS = [
    ("worksection", "planfix", "worksection"),
    ("hubex", "planfix", "hubex"),
    ("planfix", "worksection", "planfix"),
    ("worksection", "archive", "worksection"),
    ("planfix", "archive", "planfix"),
    ("hubex", "archive", "hubex"),
]


@pytest.mark.parametrize("way", WAYS, ids="-".join)
async def test_nothing_is_lost_silently_on_the_way_and_back(way: tuple[str, ...], tmp_path: Path) -> None:
    hops = await travel(way, tmp_path)
    assert silent_losses(hops) == []
    assert_what_is_lost_is_found(hops)
    came = {ref.kind for ref, outcome in hops[-2].outcomes.items() if outcome.target}
    assert came >= {Kind.PROJECT, Kind.TASK, Kind.FILE, Kind.COMMENT, Kind.CHECKITEM, Kind.COST}


def assert_what_is_lost_is_found(hops: list[Hop]) -> None:
    """The comparison is blind to nothing: a comment that is not there at the end, a title and a cost that are others."""
    last = hops[-1]
    comment = next(one for one in last.entities.values() if isinstance(one, Comment) and one.ref.id in _ids(hops))
    task = next(one for one in last.entities.values() if isinstance(one, Task) and one.ref.id in _ids(hops))
    cost = next(one for one in last.entities.values() if isinstance(one, Cost) and one.minutes)
    damaged = {ref: entity for ref, entity in last.entities.items() if ref != comment.ref}
    damaged[task.ref] = msgspec.structs.replace(task, title="x", text=Text())
    damaged[cost.ref] = msgspec.structs.replace(cost, minutes=cost.minutes + 1)
    found = silent_losses([*hops[:-1], replace(last, entities=damaged)])
    assert {loss.partition(":")[0] for loss in found} >= {"comment", "task", "cost"}, found
    assert any("is gone" in loss for loss in found)


def _ids(hops: list[Hop]) -> set[str]:
    """The numbers that the last run but the reading gave."""
    return {number for ids in hops[-2].made.values() for id in ids for number in re.findall(r"\d+", id)[-1:]} | {
        id for ids in hops[-2].made.values() for id in ids
    }
