"""The report as one JSON object, with the results of `verify` and `rollback` that lie in the run folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from migrator.cli.codes import advice
from migrator.cli.shown import status_json
from migrator.config import Migration
from migrator.model import Reach
from migrator.pipeline.report import Group, Report, Stopped
from migrator.run import is_at_work

_LISTED = 20  # of each list of a result


def recorded(folder: Path, name: str) -> dict[str, Any] | None:
    """What a command has left in the run folder as its result; None if it has not, or what is there cannot be read."""
    try:
        value = orjson.loads((folder / name / "result.json").read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def report_json(
    migration: Migration, found: Report, verified: dict[str, Any] | None, rolled_back: dict[str, Any] | None
) -> dict[str, Any]:
    """The content of report.json, and of `report --json`."""
    value = status_json(migration, found.status)
    if is_at_work(migration.run_dir):
        value["state"] = "running"
    return {
        **value,
        "written": _told(datetime.now(UTC)),
        "summary": summary(found),
        "began": _told(found.began),
        "ended": _told(found.ended),
        "days": [{"day": day, "source": 0, "target": 0, **sides} for day, sides in found.days.items()],
        "issues": [_group(group) for group in found.groups],
        "stopped": [_stopped(one) for one in found.stopped],
        "stopped_in_all": found.stopped_in_all,
        "verification": _listed(verified),
        "rollback": _listed(rolled_back),
    }


def summary(found: Report) -> str:
    """What somebody reads who reads one sentence only."""
    rows = found.status.kinds.values()
    counts = {name: sum(row[name] for row in rows) for name in ("extracted", "created", "matched", "skipped", "open")}
    arrived, total = counts["created"] + counts["matched"], counts["extracted"]
    parts = [f"{arrived} of {total} things are in the target"]
    if counts["matched"]:
        parts[0] += f" (there before: {counts['matched']})"
    for told, count in (
        ("left out by your rules, or without a place there", counts["skipped"]),
        ("not arrived, or not whole", found.stopped_in_all),
        ("still to do", counts["open"]),
    ):
        parts += [f"{told}: {count}"] if count else []
    return f"{'; '.join(parts)}. {_losses(found.groups)}"


def _losses(groups: list[Group]) -> str:
    if not groups:
        return "Nothing was lost on the way."
    lost = [group for group in groups if group.reach is not Reach.NOTE]
    codes = ", ".join(f"{group.code} {group.count}" for group in lost)
    told = f"{sum(group.count for group in lost)} issues tell what ({codes})" if lost else "there was no loss"
    otherwise = sum(group.count for group in groups if group not in lost)
    return f"Nothing was lost silently: {told}" + (f"; moved in another form: {otherwise}." if otherwise else ".")


def _told(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else None


def _group(group: Group) -> dict[str, Any]:
    meaning, fix = advice(group.code)
    examples = [
        {"ref": str(issue.ref), "title": title, "field": issue.field, "detail": issue.detail}
        for title, issue in group.examples
    ]
    told = {"code": group.code, "reach": group.reach.value, "count": group.count, "meaning": meaning, "fix": fix}
    return {**told, "examples": examples}


def _stopped(one: Stopped) -> dict[str, Any]:
    return {"ref": str(one.ref), "title": one.title, "state": one.state, "why": one.why, "url": one.url}


def _listed(result: dict[str, Any] | None) -> dict[str, Any] | None:
    """The result with the first of each of its lists, and how long they are."""
    if result is None:
        return None
    lists = {
        name: {"count": len(rows), "first": rows[:_LISTED]} for name, rows in result.items() if isinstance(rows, list)
    }
    return {**result, **lists}
