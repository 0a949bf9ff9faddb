"""Delta: a later pass over a run that is through. New things are loaded like any, changed ones set field by field, gone ones told."""

from __future__ import annotations

import asyncio

from migrator.errors import InputWrong
from migrator.ledger import Ledger, State
from migrator.model import Issue, Reach, Ref
from migrator.pipeline.changes import (
    CONFLICT,
    GONE,
    Change,
    Choice,
    Verdict,
    touched,
)
from migrator.pipeline.extract import UNREADABLE, Extraction
from migrator.pipeline.load import Pace
from migrator.pipeline.migrate import Job, loading_of, side_by_side
from migrator.pipeline.plan import line_of
from migrator.pipeline.prove import DIFFERS
from migrator.pipeline.scope import wanted_kinds
from migrator.pipeline.status import status
from migrator.pipeline.update import Updating

_STALE = (GONE, CONFLICT, UNREADABLE, DIFFERS)  # every pass tells these anew


async def begin(ledger: Ledger) -> bool:
    """Begin the next pass; False if one is under way already, which is gone on with. Raises InputWrong if the run is not through."""
    if is_under_way(ledger):
        return False
    found = status(ledger)
    if found.state not in ("done", "incomplete"):
        left = sum(row["open"] for row in found.kinds.values())
        so_far = f"{left} still to do" if found.kinds else "nothing was read yet"
        raise InputWrong(
            [f"a delta follows a run that is through, and this one is not ({so_far}): first migrator run FILE"]
        )
    await ledger.begin_pass(_STALE)
    return True


def is_under_way(ledger: Ledger) -> bool:
    """Whether a delta has begun and has not come to its end."""
    return ledger.passes.number > 1 and ledger.meta("stage") != "done"


async def delta(job: Job, pace: Pace, source_parallel: int, stop: asyncio.Event, choice: Choice = Choice.LIST) -> None:
    """The pass under way, to its end or until `stop` is set and nothing is under way."""
    extraction = Extraction(job.source, job.run, job.scope, job.progress, source_parallel)
    load, compared = loading_of(job, extraction, pace, stop), asyncio.Event()

    async def read() -> None:
        await extraction.read_all()
        await compare(job)
        compared.set()
        await extraction.fetch_bodies()

    async def fill() -> None:
        await compared.wait()
        opening = Updating(job, pace, stop, choice)
        await opening.reopen()
        await opening.unseal()
        await load.load_all()
        await Updating(job, pace, stop, choice, load.made).update_all()

    await job.run.ledger.set_meta("stage", "started")
    await side_by_side(read(), fill(), stop)
    if not stop.is_set():
        await job.run.ledger.set_meta("stage", "done")


async def read_only(job: Job, source_parallel: int) -> list[tuple[Change, Verdict]]:
    """What a dry run needs: the source read and compared, and what would become of each change."""
    extraction = Extraction(job.source, job.run, job.scope, job.progress, source_parallel)
    await extraction.read_all()
    await compare(job)
    pace = Pace(source_parallel, 0)
    return [one async for one in Updating(job, pace, asyncio.Event(), Choice.LIST).foretell()]


# -- comparing ----------------------------------------------------------------------------------------------------------


async def compare(job: Job) -> None:
    """Once all is read: note what is gone, and what is touched by what is new. Done once in each pass."""
    ledger = job.run.ledger
    if ledger.meta("compared") == str(ledger.passes.number):
        return
    gone, dropped = _gone(job)
    await ledger.note_compared(gone, dropped, touched(ledger))


def _gone(job: Job) -> tuple[list[Issue], list[Ref]]:
    """Issues for what is in the target and no longer in the source, and what is in neither. What could not be read is not gone."""
    ledger, kinds = job.run.ledger, wanted_kinds(job.scope)
    unreadable = {issue.ref for issue in ledger.issues() if issue.code == UNREADABLE}
    issues: list[Issue] = []
    dropped: list[Ref] = []
    for ref in ledger.passes.gone():
        outcome = ledger.outcome(ref)
        if ref.kind not in kinds or unreadable & set(line_of(ledger, ref)):
            continue
        if outcome and outcome.state in (State.MADE, State.DOUBTFUL):
            address = job.target.link(ref.kind, outcome.target) if outcome.target else None
            detail = f"not in the source any more; its copy {outcome.target} stays in the target{(address and f': {address}') or ''}"
            issues.append(Issue(ref=ref, code=GONE, detail=detail, reach=Reach.NOTE))
        elif outcome is None or outcome.state is not State.MATCHED:
            dropped.append(ref)
    return issues, dropped
