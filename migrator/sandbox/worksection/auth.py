"""Who asks: the md5 signature, the HMAC header and the OAuth2 token of the vendor contract, section 1."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime
from urllib.parse import unquote, unquote_plus

from migrator.sandbox.server import Call
from migrator.sandbox.worksection.refusal import Refusal, bad_token

CLOCK_SECONDS = 60  # the vendor's tolerance is unknown

_ADMIN = re.compile(r"Admin (\d+)_([0-9a-f]{64})")


def by_header(call: Call) -> bool:
    """Whether the call brings the Admin header rather than an md5 signature."""
    return call.headers.get("Authorization", "").startswith("Admin ")


def check_md5(query: str, key: str) -> None:
    """Check the `hash` at the end of the query: md5 of what stands before it plus the key. Raises Refusal 2.

    The vendor shows ASCII only; clients sign the bytes they send, or the decoded string, and both are in use.
    """
    signed, _, given = query.rpartition("&hash=")
    forms = {signed, unquote_plus(signed), unquote(signed)}
    known = {hashlib.md5((form + key).encode()).hexdigest() for form in forms}
    if not signed or given not in known:
        raise Refusal(2, "Action hash is missed or invalid")


def check_header(call: Call, action: str, key: str, now: datetime) -> None:
    """Check `Authorization: Admin {seconds}_{HMAC-SHA256 of "action:seconds"}`. Raises Refusal with HTTP 401."""
    match = _ADMIN.fullmatch(call.headers.get("Authorization", ""))
    if call.method != "POST" or not match:
        raise bad_token()
    expected = hmac.new(key.encode(), f"{action}:{match[1]}".encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, match[2]) or abs(now.timestamp() - int(match[1])) > CLOCK_SECONDS:
        raise bad_token()


def bearer(call: Call, parameter: str | None) -> str:
    """The access token of a call, from the header or from `access_token`; "" if there is none."""
    kind, _, token = call.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else parameter or ""
