"""202: the change is accepted, and shows after some further calls; until then a read gives the old state (gotcha 21)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.state import Pending, State
from migrator.sandbox.hubex.wire import Record
from migrator.sandbox.server import Reply


def accept(ask: Ask, apply: Callable[[], object], rows: list[dict[str, object]] | None = None) -> Reply:
    """Answer 202 and let the change take effect after the lag. `rows` is the body where the method has one."""
    delay(ask.state, ask.state.options.lag_calls, apply)
    return Reply(202, wrote=True) if rows is None else Reply.json(rows, 202, wrote=True)


def accept_all(ask: Ask, records: Iterable[Record], change: Callable[[Record], object]) -> Reply:
    """Answer 202 and let the same change come over each record after the lag."""
    chosen = list(records)

    def apply() -> None:
        for record in chosen:
            change(record)

    return accept(ask, apply)


def delay(state: State, calls: int, apply: Callable[[], object]) -> None:
    """Let the change take effect after so many further calls; changes stay in order."""
    if calls == 0 and not state.queue:
        apply()
    else:
        state.queue.append(Pending(calls, apply))


def advance(state: State) -> None:
    """One more call has come: what is due takes effect before it is answered."""
    waiting, state.queue = state.queue, []
    for pending in waiting:
        if pending.calls_left > 0 or state.queue:
            pending.calls_left -= 1
            state.queue.append(pending)
        else:
            pending.apply()


def settle(state: State) -> None:
    """Let every accepted change take effect now."""
    waiting, state.queue = state.queue, []
    for pending in waiting:
        pending.apply()
