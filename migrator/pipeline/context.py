"""Context: what a step may ask of the run it belongs to."""

from __future__ import annotations

from migrator.model import File, Kind, Ref
from migrator.run import Run
from migrator.vendor import Body, Context


def context_of(run: Run) -> Context:
    """Answers from the run's checkpoint."""
    ledger = run.ledger

    def files(ref: Ref) -> tuple[tuple[File, str], ...]:
        owned = (file for file in ledger.owned(ref, Kind.FILE) if isinstance(file, File))
        there = (file for file in owned if ledger.removals.of(file.ref) is None)
        return tuple((file, made) for file in there if (made := ledger.target(file.ref)))

    def body(file: Ref) -> Body:
        known = ledger.body(file)
        assert known is not None, f"the bytes of {file} were asked for before they were fetched"
        return Body(run.stored(known[0]), known[1], known[0])

    return Context(ledger.target, ledger.target, files, body)
