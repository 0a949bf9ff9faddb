"""Status: how far a run is, counted from its checkpoint alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from migrator.ledger import Ledger, State
from migrator.model import Kind, Ref
from migrator.pipeline.transform import CONTINUED
from migrator.removals import BEGUN

ROLLBACK = "rollback"  # the key of the checkpoint that says how far one is: absent, "started" or "done"
COLUMNS = ("extracted", "created", "matched", "skipped", "held", "refused", "open")
_COLUMN_OF = {
    State.MADE: "created",
    State.MATCHED: "matched",
    State.SKIPPED: "skipped",
    State.HELD: "held",
    State.DOUBTFUL: "held",
    State.REFUSED: "refused",
    State.INTENDED: "open",
}


@dataclass(frozen=True)
class Status:
    """state: new, running, paused, done or incomplete. `kinds`: for each kind the COLUMNS. `issues`: how many of each code.

    `passes`: how often the source was read; `changes`: of a delta, for each kind how many were added, changed, gone, unchanged, and
    wait to be changed in the target. `unread`: how many lists the source refused to give. `rollback`: of a run that was, or is being, taken
    back, how many things by what became of them; the state is then that of the rollback.
    """

    state: str
    kinds: dict[Kind, dict[str, int]]
    requests: dict[str, int] = field(default_factory=dict)
    issues: dict[str, int] = field(default_factory=dict)
    eta_seconds: float | None = None
    passes: int = 1
    changes: dict[Kind, dict[str, int]] = field(default_factory=dict)
    unread: int = 0
    rollback: dict[str, int] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing was held, refused or left unread, and no change waits."""
        stopped = any(row["held"] + row["refused"] for row in self.kinds.values())
        return not (stopped or self.unread or any(row["waiting"] for row in self.changes.values()))


def status(ledger: Ledger) -> Status:
    """Count. "running" is for the caller to say: the checkpoint does not know whether somebody is at work."""
    kinds = {kind: row for kind in Kind if (row := count(ledger, kind))["extracted"]}
    issues = Counter(issue.code for issue in ledger.issues())
    stage = ledger.meta("stage")
    through = stage == "done" and not any(row["open"] for row in kinds.values())
    changes = {kind: ledger.passes.counts(kind) for kind in kinds} if ledger.passes.number > 1 else {}
    requests = {side: ledger.requests(side) for side in ("source", "target")}
    eta = ledger.meta("eta_seconds")
    left = 0.0 if through else float(eta) if eta else None
    found = Status("", kinds, requests, dict(issues), left, ledger.passes.number, changes, ledger.reads.refused())
    state = ("done" if found.is_whole else "incomplete") if through else "paused" if stage else "new"
    if (undone := _undone(ledger)) is None:
        return replace(found, state=state)
    whole = "incomplete" if undone["kept"] + undone["impossible"] else "done"
    return replace(found, rollback=undone, state=whole if ledger.meta(ROLLBACK) == "done" else "paused")


def _undone(ledger: Ledger) -> dict[str, int] | None:
    """None for a run that nobody takes back."""
    if ledger.meta(ROLLBACK) is None:
        return None
    gone = {ref for ref, _, how in ledger.removals if how != BEGUN}
    counts = {name: int(ledger.meta(f"{ROLLBACK} {name}") or 0) for name in ("kept", "impossible")}
    return {"reversed": len(gone), **counts}


def count(ledger: Ledger, kind: Kind) -> dict[str, int]:
    """The COLUMNS of one kind."""
    row = dict.fromkeys(COLUMNS, 0)
    row["extracted"] = ledger.count(kind)
    worst: dict[Ref, str] = {}
    for ref, part, outcome in ledger.outcomes():
        if ref.kind is not kind or (CONTINUED in ref.id and ledger.is_addition(ref)):
            continue
        column = _COLUMN_OF[outcome.state]
        if part == "create" or column in ("refused", "held", "open"):
            worst[ref] = column if worst.get(ref) in (None, "created") else worst[ref]
    row.update(Counter(worst.values()))
    row["open"] = row["extracted"] - sum(row[name] for name in COLUMNS if name not in ("extracted", "open"))
    return row
