"""HubEx's pace: "usually 60 requests per minute", the only figure the vendor ever wrote down.

Vendor contract, sections 2 and 10. The vendor documents no body of a 429; here it is an ErrorModel with `Retry-After` in whole seconds.
A refused call does not count; every call under the root does, token exchanges too; the storage host does not.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from migrator.sandbox.hubex.wire import Refusal
from migrator.sandbox.server import Call, Reply

_WINDOW = 60.0


@dataclass(frozen=True)
class Limits:
    """Requests in any 60 seconds [wiki]. None = no limit."""

    per_minute: int | None = 60


@dataclass
class Meter:
    """The moments of the calls admitted within the last minute."""

    limits: Limits
    _admitted: deque[float] = field(default_factory=deque)

    def admit(self, call: Call) -> Reply | None:
        """None when the call may go on, else the refusal."""
        if self.limits.per_minute is None:
            return None
        while self._admitted and call.at - self._admitted[0] >= _WINDOW:
            self._admitted.popleft()
        if len(self._admitted) < self.limits.per_minute:
            self._admitted.append(call.at)
            return None
        wait = max(1, math.ceil(self._admitted[0] + _WINDOW - call.at))
        refusal = Refusal(429, "TooManyRequests", "Слишком много запросов").reply("0HMV00000000:00000001")
        return Reply(429, refusal.body, {**refusal.headers, "Retry-After": str(wait)}, refused=True)
