"""What arrived in Planfix, told apart by content: two runs that did the same have equal arrivals, and a twin counts twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

from migrator.sandbox.planfix import Planfix

Arrivals = dict[str, Counter[tuple[str, ...]]]
_VARIES = ("id", "dateOfLastUpdate", "dateOfLastComment")


def arrivals(planfix: Planfix, before: Planfix) -> Arrivals:
    """Everything in the account that was not there before, by table; ids are replaced by what they stand for."""
    state, old = planfix.state, before.state
    tasks = {key: str(row.get("sourceObjectId", "")) for key, row in state.tasks.items()}
    comments = {key: str(row.get("sourceObjectId", "")) for key, row in state.comments.items()}
    found: Arrivals = {name: Counter() for name in ("projects", "tasks", "contacts", "comments", "items", "entries")}
    for name in ("projects", "tasks", "contacts"):
        for key, row in getattr(state, name).items():
            if key not in getattr(old, name):
                found[name][_told(row, "sourceObjectId", "name", "status")] += 1
    for key, row in state.comments.items():
        if key not in old.comments and not row.get("first"):
            owned = tasks.get(str(row.get("task")), "")
            found["comments"][(owned, *_told(row, "sourceObjectId", "dateTime", "owner", "isHidden"))] += 1
    for key, row in state.items.items():
        if key not in old.items:
            found["items"][(tasks.get(str(row["task"]), ""), *_told(row, "name", "isDone"))] += 1
    for key, row in state.entries.items():
        if key not in old.entries:
            found["entries"][(comments.get(str(row.get("commentId")), ""), str(row["fields"]))] += 1
    for name in ("tasks", "comments"):
        found[f"files of {name}"] = Counter(
            (str(row.get("sourceObjectId")), str(state.files[str(file)]["name"]), str(len(state.contents[str(file)])))
            for key, row in getattr(state, name).items()
            if key not in getattr(old, name) and not row.get("first")
            for file in row.get("files", [])
        )
    return found


def twins(found: Arrivals) -> list[str]:
    """Marked objects that are there more than once."""
    doubled: list[str] = []
    for name in ("projects", "tasks", "contacts", "comments"):
        marks = Counter(key[1 if name == "comments" else 0] for key in found[name].elements())
        doubled += [f"{name} {mark}: {count}" for mark, count in marks.items() if count > 1]
    return doubled


def _told(row: dict[str, Any], *names: str) -> tuple[str, ...]:
    return tuple(str(row.get(name, "")) for name in names)
