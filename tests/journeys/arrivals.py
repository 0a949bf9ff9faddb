"""What arrived in Planfix, told apart by content: two runs that did the same have equal arrivals, and a twin counts twice."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from migrator.sandbox.planfix import Planfix

Arrivals = dict[str, Counter[tuple[str, ...]]]
_ADDRESS = re.compile(r"https?://[^\s\"<]+|/task/\d+|uniqueid=\d+")  # ports and ids differ from run to run


def arrivals(planfix: Planfix, before: Planfix) -> Arrivals:
    """Everything in the account that was not there before, by table; ids are replaced by what they stand for."""
    state, old = planfix.state, before.state
    tasks = {key: _told(row, "name", "dateTime") for key, row in state.tasks.items()}
    comments = {key: _told(row, "dateTime", "owner", "description") for key, row in state.comments.items()}
    found: Arrivals = {name: Counter() for name in ("projects", "tasks", "contacts", "comments", "items", "entries")}
    for name in ("projects", "contacts"):
        for key, row in getattr(state, name).items():
            if key not in getattr(old, name):
                found[name][_told(row, "name", "status", "description", "owner")] += 1
    for key, row in state.tasks.items():
        if key not in old.tasks:
            people = _told(row, "assigner", "assignees", "participants", "status", "description")
            found["tasks"][(*tasks[key], *tasks.get(str(row.get("parent")), ()), *people)] += 1
    for key, row in state.comments.items():
        if key not in old.comments and not row.get("first"):
            found["comments"][(*tasks.get(str(row.get("task")), ()), *comments[key], *_told(row, "isHidden"))] += 1
    for key, row in state.items.items():
        if key not in old.items:
            found["items"][(*tasks.get(str(row["task"]), ()), *_told(row, "name", "isDone"))] += 1
    for key, row in state.entries.items():
        if key not in old.entries:
            values = {field: value for field, value in row["fields"].items() if field not in ("505", "515")}
            found["entries"][(*comments.get(str(row.get("commentId")), ()), str(values))] += 1
    for name, owners in (("tasks", tasks), ("comments", comments)):
        found[f"files of {name}"] = Counter(
            (*owners[key], str(state.files[str(file)]["name"]), str(len(state.contents[str(file)])))
            for key, row in getattr(state, name).items()
            if key not in getattr(old, name) and not row.get("first")
            for file in row.get("files", [])
        )
    return found


def twins(planfix: Planfix) -> list[str]:
    """Marked objects that are there more than once; entries have none of their own, and are compared as arrivals."""
    doubled: list[str] = []
    for name in ("projects", "tasks", "contacts", "comments"):
        marks = Counter(row.get("sourceObjectId") for row in getattr(planfix.state, name).values())
        doubled += [f"{name} {mark}: {count}" for mark, count in marks.items() if mark and count > 1]
    return doubled


def _told(row: dict[str, Any], *names: str) -> tuple[str, ...]:
    return tuple(_ADDRESS.sub("@", str(row.get(name, ""))) for name in names)
