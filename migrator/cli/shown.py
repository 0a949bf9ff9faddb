"""Results as people and programs read them: tables, times, issues by code, and the status as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from migrator.config import Migration
from migrator.model import Issue, Reach
from migrator.pipeline.changes import CONFLICT
from migrator.pipeline.naming import shortened
from migrator.pipeline.status import COLUMNS, Status
from migrator.vendor import Check

_EXAMPLES = 3  # issues shown of each code
_WIDE = 110  # characters of one line of an issue
_WHOLE = 1000  # characters of a message that tells what to do, which a terminal wraps


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns under their heads, the first to the left, numbers to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in [list(head), *cells]) for place in range(len(head))]
    right = [all(cell[place].replace(".", "").isdigit() for cell in cells) for place in range(len(head))]

    def line(row: Sequence[str]) -> str:
        parts = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ]
        return "  ".join(parts).rstrip()

    return "\n".join([line(head), *(line(row) for row in cells)])


def duration(seconds: float) -> str:
    """As people say it: `2 d 5 h`, `14 min`, `20 s`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{rest} s"


def status_json(migration: Migration, found: Status) -> dict[str, Any]:
    """The object that `status --json` prints."""
    return {
        "run": migration.name,
        "source": migration.source.identity,
        "target": migration.target.identity,
        "state": found.state,
        "kinds": {kind.value: row for kind, row in found.kinds.items()},
        "requests": found.requests,
        "issues": found.issues,
        "eta_seconds": found.eta_seconds,
        "unread": found.unread,
        "delta": changes_json(found),
        "rollback": found.rollback,
    }


def changes_json(found: Status) -> dict[str, Any] | None:
    """What the last delta found, and what of it waits; None before the first."""
    if found.passes == 1:
        return None
    kinds = {kind.value: row for kind, row in found.changes.items()}
    return {"pass": found.passes, "kinds": kinds, "conflicts": found.issues.get(CONFLICT, 0)}


def status_table(found: Status) -> str:
    """The kinds with their counts."""
    if not found.kinds:
        return "nothing was read yet"
    rows = [[kind, *(row[name] for name in COLUMNS)] for kind, row in found.kinds.items()]
    return table(["kind", *COLUMNS], rows)


def changes_table(found: Status) -> str:
    """What the last delta found in the source, kind by kind."""
    rows = [[kind, *row.values()] for kind, row in found.changes.items()]
    head = next(iter(found.changes.values()), {})
    return "\n".join([f"The source, pass {found.passes} against the one before:", table(["kind", *head], rows)])


def issue_lines(issues: Iterable[Issue]) -> list[str]:
    """Each code with its count and the first few of it; what does not arrive at all comes first."""
    by_code: dict[str, list[Issue]] = {}
    for issue in issues:
        by_code.setdefault(issue.code, []).append(issue)
    order = ["blocker", "loss", "note"]
    lines = []
    for code, found in sorted(by_code.items(), key=lambda item: (order.index(_worst(item[1], order)), -len(item[1]))):
        lines.append(f"{len(found):>6}  {code} ({_worst(found, order)})")
        lines += [f"        {issue.ref}: {_detail(issue)}" for issue in found[:_EXAMPLES]]
    return lines


def _detail(issue: Issue) -> str:
    """In one line; of what does not arrive whole, for what to do stands at its end."""
    return shortened(issue.detail or issue.field, _WHOLE if issue.reach is Reach.BLOCKER else _WIDE)


def _worst(issues: Iterable[Issue], order: list[str]) -> str:
    return min((issue.reach.value for issue in issues), key=order.index)


def result_text(migration: Migration, found: Status, issues: list[Issue]) -> str:
    """What a run came to, and what to do next."""
    parts = [status_table(found)]
    if found.passes > 1:
        parts.append(changes_table(found))
    if issues:
        parts.append("\n".join(["Issues:", *issue_lines(issues)]))
    parts.append(_next(found, migration))
    return "\n\n".join(parts)


def _next(found: Status, migration: Migration) -> str:
    left = sum(row["open"] for row in found.kinds.values())
    stopped = sum(row["held"] + row["refused"] for row in found.kinds.values())
    if left:
        return f"{left} still to do: give the same command again."
    if conflicts := found.issues.get(CONFLICT, 0):
        return (
            f"{conflicts} fields were changed both in the source and in the target. For the source's values: "
            f"migrator run {migration.path} --delta --ours; to keep the target's: --theirs."
        )
    if any(row["waiting"] for row in found.changes.values()):
        return "Some changes were refused: mend what their issues say, then give the same command again; it tries only those."
    if stopped:
        return f"{stopped} did not arrive: mend what their issues say, then give the same command again; it tries only those."
    if found.unread:
        return (
            f"The source refused {found.unread} lists: mend what their issues say, "
            "then give the same command again; it reads only those."
        )
    return f"All done. Prove it: migrator verify {migration.path}"


def check_lines(checks: Iterable[Check]) -> str:
    """One line each, with what to do under those that are not ok."""
    lines = []
    for check in checks:
        lines.append(f"{check.status:<8} {check.name}: {check.seen}")
        if check.fix:
            lines.append(f"         -> {check.fix}")
    return "\n".join(lines)
