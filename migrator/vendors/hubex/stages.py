"""The way of a task through the stages of its type: only neighbours in the route may follow one another. Pure.

Source: the vendor contract, sections 4.2 (links) and 5 (stages).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from migrator.vendor import Record


class Link(NamedTuple):
    """One permitted move. `positive` is False for a refusal, a pause or a return."""

    start: int
    end: int
    positive: bool = True


def links(rows: Iterable[Record], task_type: int) -> Iterator[Link]:
    """The moves that the vendor's links permit, as listed for one type of tasks (the filter may have been ignored)."""
    for row in rows:
        if row.get("taskTypeID", task_type) == task_type and row.get("fromTaskStage"):
            positive = row.get("isPositiveResult") is not False
            yield Link(int(row["fromTaskStage"]["id"]), int(row["toTaskStage"]["id"]), positive)


def way(permitted: Iterable[Link], start: int, end: int) -> tuple[int, ...] | None:
    """The stages to go through, the last one included; None if no way leads there.

    The shortest of those with the fewest negative moves: a task that was done must not arrive as one that the customer refused.
    """
    after: dict[int, list[Link]] = {}
    for link in permitted:
        after.setdefault(link.start, []).append(link)
    ahead: list[tuple[int, int, tuple[int, ...]]] = [(0, 0, (start,))]
    passed: set[int] = set()
    while ahead:
        negative, moves, so_far = heapq.heappop(ahead)
        here = so_far[-1]
        if here == end:
            return so_far[1:]
        if here in passed:
            continue
        passed.add(here)
        for link in after.get(here, ()):
            heapq.heappush(ahead, (negative + (not link.positive), moves + 1, (*so_far, link.end)))
    return None


def reachable(permitted: Iterable[Link], start: int) -> frozenset[int]:
    """The stages that a task can come to, its first one included."""
    permitted = tuple(permitted)
    found, news = {start}, {start}
    while news:
        news = {link.end for link in permitted if link.start in news} - found
        found |= news
    return frozenset(found)
