"""`X-Concurrency-Stamp`: a GUID that makes a repeated create a conflict.

Vendor contract, section 7. How long a stamp is remembered is not known: `stamp_seconds`, short by default. A create that was refused
leaves its stamp free.
"""

from __future__ import annotations

import uuid

from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.wire import Record, Refusal

_LONGEST = 255


def of(ask: Ask) -> str:
    """The stamp of the call, "" when it has none. Raises Refusal 400: empty, too long, or not a GUID."""
    text = ask.call.headers.get("X-Concurrency-Stamp")
    if text is None:
        return ""
    try:
        if len(text) > _LONGEST:
            raise ValueError(text)
        return str(uuid.UUID(text))
    except ValueError as error:
        raise Refusal(400, "InvalidDataFormat", "Неверный X-Concurrency-Stamp") from error


def used(ask: Ask, kind: str, stamp: str) -> Record | None:
    """What was made under this stamp; None when it is new, or forgotten."""
    at, made = ask.state.stamps.get((kind, stamp), (0.0, None))
    life = ask.state.options.stamp_seconds
    forgotten = life is not None and ask.call.now.timestamp() - at > life
    return None if made is None or forgotten else made


def remember(ask: Ask, kind: str, stamp: str, made: Record) -> None:
    """Tie the stamp to what was made; no stamp ties nothing."""
    if stamp:
        ask.state.stamps[kind, stamp] = (ask.call.now.timestamp(), made)
