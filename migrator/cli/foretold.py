"""What a dry run foretells: steps and their price, changes of a delta, and what would be lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from migrator.cli.shown import changes_table, duration, issue_lines, status_json, table
from migrator.config import Migration
from migrator.model import Kind
from migrator.pipeline.changes import CONFLICT, Change, Verdict
from migrator.pipeline.naming import title_of
from migrator.pipeline.rehearse import Rehearsal
from migrator.pipeline.transform import Action


@dataclass(frozen=True)
class Foretold:
    """`changes`: of a delta, what would become of each change."""

    rehearsal: Rehearsal
    changes: list[tuple[Change, Verdict]]


def foretold_json(migration: Migration, found: Foretold) -> dict[str, Any]:
    """The object that `run --dry-run --json` prints."""
    told = rehearsal_json(migration, found.rehearsal)
    told["changes"] = [
        {
            "ref": str(change.step.ref),
            "write": sorted(verdict.write),
            "conflicts": [issue.field for issue in verdict.issues if issue.code == CONFLICT],
            "not_updated": [issue.field for issue in verdict.issues if issue.code != CONFLICT],
        }
        for change, verdict in found.changes
    ]
    return told


def foretold_text(migration: Migration, found: Foretold) -> str:
    """The same for people."""
    parts = []
    if found.rehearsal.status.passes > 1:
        issues = [issue for _, verdict in found.changes for issue in verdict.issues]
        writes = Counter(change.step.ref.kind for change, verdict in found.changes if verdict.write)
        told = ", ".join(f"{count} {kind}" for kind, count in writes.items()) or "nothing"
        parts = [changes_table(found.rehearsal.status), f"To be changed in the target: {told}", *issue_lines(issues)]
    return "\n\n".join([*parts, rehearsal_text(migration, found.rehearsal)])


def rehearsal_json(migration: Migration, found: Rehearsal) -> dict[str, Any]:
    """The object that `run --dry-run --json` prints."""
    steps = [
        {"ref": str(step.ref), "part": step.part, "title": title_of(step.entity), "requests": requests}
        for step, requests in found.priced
    ]
    issues = Counter(issue.code for issue in found.issues)
    return {
        **status_json(migration, found.status),
        "issues": dict(issues),
        "eta_seconds": max(found.seconds.values()),
        "steps": steps,
        "requests_needed": found.requests,
    }


def rehearsal_text(migration: Migration, found: Rehearsal) -> str:
    """Steps and their price by kind, the time they take, and what would be lost."""
    price: Counter[Kind] = Counter()
    for step, requests in found.priced:
        price[step.ref.kind] += requests
    rows = [
        [
            kind,
            found.status.kinds[kind]["extracted"],
            *(found.plan.actions[kind, action] for action in Action),
            price[kind],
        ]
        for kind in Kind
        if kind in found.status.kinds
    ]
    parts = [table(["kind", "extracted", *Action, "requests"], rows)]
    if found.issues:
        parts.append("\n".join(["Issues:", *issue_lines(found.issues)]))
    lines = [
        f"{side}: {requests} requests, at least {duration(found.seconds[side])}"
        for side, requests in found.requests.items()
    ]
    lines.append(f"Nothing was written. To do it: migrator run {migration.path}")
    return "\n\n".join([*parts, "\n".join(lines)])
