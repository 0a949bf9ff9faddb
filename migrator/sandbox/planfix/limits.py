"""Planfix's limits: the pace of one request a second, the day's quota, and the three shapes of their refusals.

Vendor contract, section 2. Limits hold for the account, whatever the token. The quota ends at midnight UTC (the vendor publishes no
hour); a call refused for pace does not count towards it. Gotcha 5: `X-RateLimit-Remaining` is up to ten minutes old.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from migrator.sandbox.server import Call, Reply

DAY_QUOTA = 22


@dataclass(frozen=True)
class Limits:
    """Requests per second and per day [doc: 1 a second; 20,000 / 50,000 / 100,000 a day by package]. None = no such limit."""

    per_second: float | None = 1.0
    per_day: int | None = 20_000
    header_seconds: float = 600.0


@dataclass
class Meter:
    """What the account has used of its limits."""

    limits: Limits
    used: int = 0
    refusals: int = 0
    _day: str = ""
    _last: float | None = None
    _header: tuple[float, int] | None = field(default=None, repr=False)

    def admit(self, call: Call) -> Reply | None:
        """None when the call may go on, else the refusal."""
        if self._too_soon(call.at):
            page = b"<html><head><title>429 Too Many Requests</title></head><body></body></html>"
            return Reply(429, page, {"Content-Type": "text/html"}, refused=True)
        self._last = call.at
        if self.limits.per_day is None:
            return None
        if (day := call.now.date().isoformat()) != self._day:
            self._day, self.used = day, 0
        if self.used >= self.limits.per_day:
            return self._spent(call.now)
        self.used += 1
        return None

    def headers(self, at: float) -> dict[str, str]:
        """The quota header, as it was up to ten minutes ago."""
        if self.limits.per_day is None:
            return {}
        if self._header is None or at - self._header[0] >= self.limits.header_seconds:
            self._header = (at, self.limits.per_day - self.used)
        return {"X-RateLimit-Remaining": str(self._header[1])}

    def _too_soon(self, at: float) -> bool:
        """Gotcha 6: two calls inside one second. The moment of arrival counts."""
        if self.limits.per_second is None or self._last is None:
            return False
        return at - self._last < 1 / self.limits.per_second

    def _spent(self, now: datetime) -> Reply:
        """Each documented shape in its turn: text in a 200, 403 with seconds, 403 with milliseconds."""
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        seconds = int((midnight - now).total_seconds())
        shape, self.refusals = self.refusals % 3, self.refusals + 1
        if shape == 0:
            text = f"Rest API billing - rate limit exceeded, remaining:0, timeToReset:{seconds}"
            return Reply.json({"result": "fail", "code": 0, "error": text}, 200, refused=True)
        refusal = {"result": "fail", "code": DAY_QUOTA, "error": "Day limit of requests is exceeded"}
        reset = seconds if shape == 1 else seconds * 1000
        return Reply.json({**refusal, "timeToReset": reset}, 403, refused=True)
