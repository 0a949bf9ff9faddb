"""What every update shares: the part that fails, the queue of a busy task, and who is notified.

Vendor contract, section 3: partial success is 200 with `failures`, as one object in the examples and as an array in the schema
(gotcha 8); a busy task answers 202 and changes later (gotcha 7).
"""

from __future__ import annotations

from typing import Any

from migrator.sandbox.planfix.access import Ask
from migrator.sandbox.planfix.inputs import Writer, contact
from migrator.sandbox.planfix.state import State
from migrator.sandbox.planfix.wire import Record, Refusal, success
from migrator.sandbox.server import Reply

_PEOPLE = ("assignees", "participants", "auditors")


def counterparty(writer: Writer, value: Any) -> Any:
    """A counterparty of an update: one that does not exist fails alone, the rest is changed (example of POST /task/{id})."""
    try:
        taken = contact(writer, value)
    except Refusal:
        return Failed
    return taken if taken is None or taken.partition(":")[2] in writer.state.contacts else Failed


class Failed:
    """Stands for a value that could not be set."""


def part(state: State, changes: Record) -> list[str]:
    """Take out of the changes what fails; the names of it."""
    state.updates += 1
    failed = [name for name, value in changes.items() if value is Failed]
    every = state.options.failures_every
    if every and state.updates % every == 0 and len(failed) < len(changes):
        failed.append([name for name in changes if name not in failed][-1])
    for name in failed:
        del changes[name]
    return failed


def answer(state: State, failed: list[str]) -> Reply:
    """The reply of an update: with failures it is an object and an array in turn."""
    if not failed:
        return success(wrote=True)
    rows = [{"field": name, "error": "Field change failed"} for name in failed]
    if state.updates % 2:
        return Reply.json({"failures": rows[0]}, wrote=True)
    return success(wrote=True, failures=rows)


def queue_if_busy(state: State, key: str, changes: Record) -> bool:
    """Put the changes off when the task is busy: in its turn, or because an earlier change still waits."""
    every = state.options.busy_every
    waits = any(task == key for _, task, _ in state.queue)
    if not waits and not (every and state.updates % every == 0):
        return False
    state.queue.append((state.options.busy_calls, key, changes))
    return True


def due(state: State) -> list[tuple[str, Record]]:
    """Count one call, and give the changes whose time has come, in their order."""
    counted = [(left - 1, key, changes) for left, key, changes in state.queue]
    state.queue = [row for row in counted if row[0] > 0]
    return [(key, changes) for left, key, changes in counted if left <= 0]


def notify(ask: Ask, record: Record, extra: list[str] | None = None) -> None:
    """Count a notification when the write is not silent and there are people other than the writer."""
    people = extra if extra is not None else [one for name in _PEOPLE for one in record.get(name, [])]
    if not ask.silent and any(one != ask.me for one in people):
        ask.state.notifications += 1
