"""Tokens: a service token or a refresh token becomes an access token of 1800 s, which is accepted until about exp + 5 min.

Vendor contract, section 1, gotchas 1-4. A refresh token that was exchanged is replaced by the one that comes back; the old one is dead.
"""

from __future__ import annotations

import base64
import hashlib

import orjson

from migrator.sandbox.hubex import times
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.state import State
from migrator.sandbox.hubex.wire import Refusal, missing
from migrator.sandbox.server import Call, Reply

ACCESS_SECONDS = 1800
REFRESH_SECONDS = 31_536_000
GRACE_SECONDS = 300  # clock skew seen live: dead for 107 s is accepted, dead for 6 min is not

_APPLICATIONS = {"1", "2", "3", "4", "5", "6"}


def check_application(call: Call) -> None:
    """Raises Refusal 403 when `X-Application-ID` is absent or unknown, whatever the token."""
    if call.headers.get("X-Application-ID", "").strip() not in _APPLICATIONS:
        raise Refusal(403, "AccessDenied", "Доступ запрещён")


def user_of(state: State, call: Call) -> str:
    """The user of the access token. Raises Refusal 401."""
    kind, _, token = call.headers.get("Authorization", "").partition(" ")
    user, ends = state.access.get(token.strip(), ("", 0.0))
    if kind.lower() != "bearer" or not user or call.now.timestamp() > ends + GRACE_SECONDS:
        raise _unknown()
    return user


def exchange(ask: Ask) -> Reply:
    """POST /AUTHZ/AccessTokens, anonymous: `serviceToken` (201) or `refreshJwt` (200)."""
    body = ask.single()
    if (service := body.get("servicetoken")) is not None:
        user = ask.state.services.get(str(service))
        if user is None:
            raise _unknown()
        return Reply.json(_access(ask, user), 201)
    if (old := body.get("refreshjwt")) is None:
        raise missing()
    user, ends = ask.state.refresh.get(str(old), ("", 0.0))
    if not user or ask.call.now.timestamp() > ends:
        raise _unknown()
    del ask.state.refresh[str(old)]
    return Reply.json({**_access(ask, user), "refresh_token": _refresh(ask, user)})


def generate(ask: Ask) -> Reply:
    """POST /AUTHZ/RefreshTokens with a living access token and the body `{}` or `{validity}`."""
    ask.single()
    return Reply.json({"refresh_token": _refresh(ask, ask.user), "expires_in": REFRESH_SECONDS}, 201)


def generate_by_get(_: Ask) -> Reply:
    """GET /AUTHZ/RefreshTokens: documented, and answers 401 [qa]."""
    raise _unknown()


def _access(ask: Ask, user: str) -> dict[str, object]:
    ends = ask.call.now.timestamp() + ACCESS_SECONDS
    token = _token(ask, user, ends)
    ask.state.access[token] = (user, ends)
    till = times.keep(ask.call.now.fromtimestamp(ends, ask.call.now.tzinfo))
    return {"access_token": token, "expires_in": ACCESS_SECONDS, "jwtValidTill": till}


def _refresh(ask: Ask, user: str) -> str:
    ends = ask.call.now.timestamp() + REFRESH_SECONDS
    token = _token(ask, user, ends)
    ask.state.refresh[token] = (user, ends)
    return token


def _token(ask: Ask, user: str, ends: float) -> str:
    """A JWT in form; what counts is that the account knows it."""
    ask.state.issued += 1
    head = _part({"alg": "HS256", "typ": "JWT"})
    body = _part({"sub": user, "jti": ask.state.issued, "iat": int(ask.call.now.timestamp()), "exp": int(ends)})
    seal = base64.urlsafe_b64encode(hashlib.sha256(f"{head}.{body}".encode()).digest()).decode().rstrip("=")
    return f"{head}.{body}.{seal}"


def _part(value: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def _unknown() -> Refusal:
    return Refusal(401, "Unauthorized", "Требуется аутентификация")
