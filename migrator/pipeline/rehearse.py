"""Rehearse: a run without its writing: what would be done, at what price, and what would be lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from migrator.model import Issue
from migrator.pipeline.eta import seconds_needed
from migrator.pipeline.migrate import Job, extract_only
from migrator.pipeline.plan import Plan, plan
from migrator.pipeline.status import Status, status
from migrator.vendor import Limits, Step


@dataclass(frozen=True)
class Rehearsal:
    """What the real run will do. `priced`: each step with its requests to the target. `requests`, `seconds`: needed, by side."""

    plan: Plan
    status: Status
    issues: list[Issue]
    priced: list[tuple[Step, int]]
    requests: dict[str, int]
    seconds: dict[str, float]


async def rehearse(job: Job, limits: Mapping[str, Limits], opening: Mapping[str, int]) -> Rehearsal:
    """Read the source, decide for everything, stop there. `opening`: requests that every session takes to open, by side.

    What was read stays in the run folder: the real run does not pay for it again.
    """
    ledger = job.run.ledger
    extraction = await extract_only(job, limits["source"].parallel)
    found = plan(ledger, job.target, job.transform, job.capabilities)
    requests = {
        "source": extraction.downloads_left() + opening["source"],
        "target": found.requests + opening["target"],
    }
    issues = {(issue.ref, issue.code, issue.field): issue for issue in (*ledger.issues(), *found.issues)}
    seconds = seconds_needed(ledger, requests, limits, datetime.now(UTC))
    await ledger.set_meta("eta_seconds", f"{max(seconds.values()):.0f}")
    return Rehearsal(
        found,
        status(ledger),
        list(issues.values()),
        [(step, job.target.requests(step)) for step in found.steps],
        requests,
        seconds,
    )
