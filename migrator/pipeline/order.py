"""Order: which of the things that hang on one owner stand in another place than they should."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from migrator.model import Ref
from migrator.pipeline.findings import Difference
from migrator.pipeline.sheet import Sheet

ORDER = "order"  # the field of such a difference
_LATE = "an earlier try had failed, so it was made after what follows it"

Row = tuple[str, Ref, float, str]  # owner, ref, when it was made, where it stands


def out_of_order(sheet: Sheet) -> Iterator[Difference]:
    """The fewest that would have to be moved. Explained where they stand as they were made, which was not in order."""
    for _, rows in groupby(sheet.rows_in_order(), key=lambda row: row[0]):
        yield from _of_owner(list(rows))


def _of_owner(wanted: Sequence[Row]) -> Iterator[Difference]:
    found = sorted(wanted, key=lambda row: row[3])
    if found == wanted:
        return
    late = _LATE if found == sorted(wanted, key=lambda row: row[2]) else ""
    refs, there = [row[1] for row in wanted], [row[1] for row in found]
    turn = {ref: place for place, ref in enumerate(refs)}
    standing = _longest_rising([turn[ref] for ref in there])
    for ref in refs:
        if turn[ref] not in standing:
            yield Difference(ref, ORDER, _after(refs, ref), _after(there, ref), late)


def _after(refs: Sequence[Ref], ref: Ref) -> str:
    place = refs.index(ref)
    return f"after {refs[place - 1]}" if place else "first"


def _longest_rising(numbers: Iterable[int]) -> frozenset[int]:
    """The members of a longest subsequence that rises."""
    ends: list[int] = []  # the least end of a rising subsequence of each length
    before: dict[int, int | None] = {}
    for number in numbers:
        length = bisect_left(ends, number)
        before[number] = ends[length - 1] if length else None
        ends[length : length + 1] = [number]
    found: set[int] = set()
    at = ends[-1] if ends else None
    while at is not None:
        found.add(at)
        at = before[at]
    return frozenset(found)
