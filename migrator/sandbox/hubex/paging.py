"""Pages of HubEx: `Range: items=FROM-TILL` counted from 1, `offset` and `fetch`, the silent cut at 10,000 rows, totals by HEAD.

Vendor contract, sections 2 and 3, gotchas 5-9, 11, 12. A Range that cannot be read is ignored, as unknown things are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.wire import Record, filled, invalid, nothing
from migrator.sandbox.server import Reply

SILENT_ROWS = 10_000  # a list without Range is cut here, with status 200 and no Content-Range [live]

_RANGE = re.compile(r"\s*items\s*=\s*(\d+)\s*-\s*(\d+)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class _Page:
    rows: Sequence[Any]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def as_map(
    ask: Ask, rows: Sequence[Record], shape: Callable[[Record], Record], key: Callable[[Record], object] | None = None
) -> Reply:
    """The asked page as a map by id. The ids stand in numeric order, whatever the page's own (gotcha 11)."""
    page = _page(ask, rows)
    if not page.rows:
        return _empty(page)
    key_of = key or (lambda row: row["id"])
    shown = {str(key_of(row)): filled(shape(row)) for row in sorted(page.rows, key=lambda row: int(str(key_of(row))))}
    return Reply.json(shown, page.status, headers=page.headers)


def as_array(ask: Ask, rows: Sequence[Any], shape: Callable[[Any], Any]) -> Reply:
    """The asked page as an array, in order."""
    page = _page(ask, rows)
    if not page.rows:
        return _empty(page)
    return Reply.json([filled(shape(row)) for row in page.rows], page.status, headers=page.headers)


def total(count: int) -> Reply:
    """The answer to HEAD: no body, the total in Content-Range [live]."""
    return Reply(200, b"", {"Content-Range": f"items=0-0/{count}"})


def _empty(page: _Page) -> Reply:
    return nothing() if page.status in (200, 204) else Reply(page.status, b"", page.headers)


def _page(ask: Ask, rows: Sequence[Any]) -> _Page:
    window = _window(ask, len(rows))
    if window is None:
        return _Page(rows[:SILENT_ROWS])
    first, last = window
    if first > len(rows):
        return _Page((), ask.state.options.past_end, {"Content-Range": f"items */{len(rows)}"})
    last = min(last, len(rows), first + ask.state.options.range_rows - 1)
    return _Page(rows[first - 1 : last], 206, {"Content-Range": f"items={first}-{last}/{len(rows)}"})


def _window(ask: Ask, count: int) -> tuple[int, int] | None:
    """FROM and TILL, from 1; None when nothing was asked. FROM 0 is taken as 1 and TILL stays [live]."""
    if match := _RANGE.fullmatch(ask.call.headers.get("Range", "")):
        first, last = max(1, int(match[1])), int(match[2])
    elif "offset" in ask.query or "fetch" in ask.query:
        first = _natural(ask, "offset", 0) + 1
        last = first - 1 + _natural(ask, "fetch", max(count, 1))
    else:
        return None
    if last < first:
        raise invalid()
    return first, last


def _natural(ask: Ask, name: str, otherwise: int) -> int:
    value = ask.query.get(name, [str(otherwise)])[-1]
    if not value.isdecimal():
        raise invalid()
    return int(value)
