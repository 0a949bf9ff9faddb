"""The OAuth2 server that stands beside the API: codes and refresh tokens become token pairs (section 1)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from migrator.sandbox.server import Call, Reply
from migrator.sandbox.worksection.ask import Record
from migrator.sandbox.worksection.refusal import bad_token, page

CODE_LIFE = timedelta(minutes=10)
ACCESS_LIFE = timedelta(hours=24)
REFRESH_LIFE = timedelta(days=30)

SCOPES = frozenset(
    {f"{what}_{right}" for what in ("projects", "tasks", "costs", "tags", "comments", "files", "users", "contacts")
     for right in ("read", "write")} | {"administrative"}
)  # fmt: skip


@dataclass
class Token:
    """A live pair. `issued` is None until the first call shows what time it is."""

    access: str
    refresh: str
    user: str
    scopes: frozenset[str]
    issued: datetime | None = None


class TokenOffice:
    """Issues, refreshes and checks tokens. A refresh voids the pair it came from."""

    def __init__(self, settings: Record, users: Mapping[str, Record]) -> None:
        self._client: Record = settings
        self._users = users
        self._codes: dict[str, Record] = {code["code"]: dict(code) for code in settings.get("codes", [])}
        self._issued = 0
        self.tokens: list[Token] = [
            Token(one["access_token"], one["refresh_token"], str(one["user"]), frozenset(one.get("scopes", SCOPES)))
            for one in settings.get("tokens", [])
        ]

    def handle(self, call: Call) -> Reply:
        """Answer a call to /oauth2/...; parameters come by GET query or as a form."""
        params = dict(parse_qsl(call.query))
        if call.method == "POST":
            params |= dict(parse_qsl(call.body.decode(errors="replace")))
        match call.path.rstrip("/"):
            case "/oauth2/token":
                return self._token(call, params)
            case "/oauth2/refresh":
                return self._refresh(call, params)
            case "/oauth2/resource":
                return self._resource(call, params)
        return page(404, "Not Found")

    def check(self, access: str, now: datetime) -> Token:
        """The pair this access token belongs to. Raises Refusal with HTTP 401."""
        token = next((token for token in self.tokens if token.access == access), None)
        if token is None or token.user not in self._users:
            raise bad_token()
        token.issued = token.issued or now
        if now >= token.issued + ACCESS_LIFE:
            raise bad_token("The token is expired")
        return token

    def expire(self, access: str, now: datetime) -> None:
        """Let an access token run out; its refresh token stays good."""
        for token in self.tokens:
            if token.access == access:
                token.issued = now - ACCESS_LIFE

    def _token(self, call: Call, params: Mapping[str, str]) -> Reply:
        if problem := self._wrong_client(params, "authorization_code", "code", "redirect_uri"):
            return problem
        code = self._codes.pop(params["code"], None)
        if code is None or params["redirect_uri"] != self._client.get("redirect_uri"):
            return _error("not_authorized", "The authorization code is invalid")
        if call.now >= code.setdefault("issued", call.now) + CODE_LIFE:
            return _error("not_authorized", "The authorization code is expired")
        return self._issue(call, str(code["user"]), frozenset(code.get("scopes", SCOPES)))

    def _refresh(self, call: Call, params: Mapping[str, str]) -> Reply:
        if problem := self._wrong_client(params, "refresh_token", "refresh_token"):
            return problem
        old = next((token for token in self.tokens if token.refresh == params["refresh_token"]), None)
        if old is None or call.now >= (old.issued or call.now) + REFRESH_LIFE:
            return _error("not_authorized", "The refresh token is invalid")
        self.tokens.remove(old)
        return self._issue(call, old.user, old.scopes)

    def _resource(self, call: Call, params: Mapping[str, str]) -> Reply:
        kind, _, access = call.headers.get("Authorization", "").partition(" ")
        access = access if kind.lower() == "bearer" else params.get("access_token", "")
        token = next((token for token in self.tokens if token.access == access), None)
        if token is None:
            return _error("not_authorized", "The access token is invalid")
        user = self._users[token.user]
        shown = {key: user.get(key, "") for key in ("id", "first_name", "last_name", "name", "email")}
        return Reply.json({**shown, "account_url": call.base})

    def _wrong_client(self, params: Mapping[str, str], grant: str, *needed: str) -> Reply | None:
        missing = next((name for name in ("client_id", "client_secret", *needed) if not params.get(name)), None)
        if missing or params.get("grant_type") != grant:
            return _error("invalid_request", f"Check the `{missing or 'grant_type'}` parameter")
        if any(params[name] != self._client.get(name) for name in ("client_id", "client_secret")):
            return _error("invalid_client", "Client authentication failed")
        return None

    def _issue(self, call: Call, user: str, scopes: frozenset[str]) -> Reply:
        self._issued += 1
        made = [hashlib.sha256(f"{kind}:{self._issued}".encode()).hexdigest() for kind in ("access", "refresh")]
        token = Token(made[0], made[1], user, scopes, call.now)
        self.tokens.append(token)
        body = {
            "token_type": "Bearer",
            "expires_in": int(ACCESS_LIFE.total_seconds()),
            "access_token": token.access,
            "refresh_token": token.refresh,
            "account_url": call.base,
        }
        return Reply.json(body)


def _error(error: str, description: str) -> Reply:
    """Errors of the OAuth server come with HTTP 200 and a camel-case description."""
    return Reply.json({"error": error, "errorDescription": description})
