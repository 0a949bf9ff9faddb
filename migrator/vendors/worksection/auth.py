"""How requests to Worksection are signed: by the admin API key (header or md5), or by OAuth2 tokens that renew themselves.

Source: the vendor contract, section 1.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlencode, urlsplit

from migrator.errors import InputWrong
from migrator.http import Answer, Effect, Judgement, Request, Verdict
from migrator.secrets import Secrets
from migrator.vendor import Account
from migrator.vendors.worksection.values import query_of

Send = Callable[[Request], Awaitable[Answer]]


class Access(Protocol):
    """What http.Auth asks for, and two things more: the path of the API, and a say in what a refusal means."""

    path: str

    def sign(self, request: Request) -> Request:
        """The request as it shall leave."""
        ...

    async def renew(self, spent: Request) -> bool:
        """Get a new token, or sign otherwise, after `spent` was answered EXPIRED."""
        ...

    def review(self, request: Request, judgement: Judgement) -> Judgement:
        """The judgement, corrected by what only the signer knows."""
        ...


def open_access(account: Account, send: Send, secrets: Secrets) -> Access:
    """The access that the account's options ask for; `send` is for renewing tokens, which `secrets` takes. Raises InputWrong."""
    mode = account.options.get("auth", "hmac")
    if mode == "oauth2":
        host = str(account.options.get("oauth_url") or "https://worksection.com")
        return OAuth(account.secret, host, str(account.options.get("token_file") or ""), send, secrets)
    if mode not in ("hmac", "md5"):
        raise InputWrong([f'worksection: option auth = {mode!r} is not known; write "hmac", "md5" or "oauth2"'])
    return AdminKey(account.secret, by_header=mode == "hmac")


class AdminKey:
    """Signs with the account's API key: an HMAC header, or where the account does not take that, an md5 of the query."""

    path = "/api/admin/v2/"

    def __init__(self, key: str, *, by_header: bool, clock: Callable[[], float] = time.time) -> None:
        """`clock`: seconds since the epoch."""
        self._key = key
        self._by_header = by_header
        self._settled = not by_header  # whether the account has taken this way of signing, or there is no other left
        self._clock = clock

    def sign(self, request: Request) -> Request:
        """By header the JSON body stays as it is; by md5 the body moves into the query."""
        if not self._by_header:
            return self._sign_query(request)
        if "Authorization" in request.headers:  # signed before: its stamp stays, so that it can be recognised
            return request
        action = parse_qs(urlsplit(request.url).query)["action"][0]
        stamp = int(self._clock())
        digest = hmac.new(self._key.encode(), f"{action}:{stamp}".encode(), hashlib.sha256).hexdigest()
        headers = {**request.headers, "Authorization": f"Admin {stamp}_{digest}"}
        return replace(request, headers=headers, signature=digest)

    def _sign_query(self, request: Request) -> Request:
        url, _, query = request.url.partition("?")
        if isinstance(request.json, Mapping):
            query = "&".join(part for part in (query, query_of(request.json)) if part)
        # md5 is the vendor's choice, over the bytes as they are sent.
        digest = hashlib.md5((query + self._key).encode(), usedforsecurity=False).hexdigest()
        headers = {name: value for name, value in request.headers.items() if name != "Authorization"}
        method = "GET" if request.effect is Effect.READ else "POST"
        signed = f"{url}?{query}&hash={digest}"
        return replace(request, method=method, url=signed, json=None, headers=headers, signature=digest)

    def review(self, request: Request, judgement: Judgement) -> Judgement:  # noqa: ARG002  the protocol's
        """A denial before anything was let in may mean that the header is not known here: worth the other way, once."""
        if judgement.verdict is Verdict.DENIED and not self._settled:
            return replace(judgement, verdict=Verdict.EXPIRED)
        if judgement.verdict in (Verdict.DONE, Verdict.REFUSED):
            self._settled = True
        return judgement

    async def renew(self, spent: Request) -> bool:  # noqa: ARG002  the protocol's
        """Sign by md5 from now on, if the header was never taken."""
        if self._settled:
            return False
        self._by_header, self._settled = False, True
        return True


@dataclass(frozen=True)
class Tokens:
    """A pair; renewing voids both."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)


class OAuth:
    """Signs with an access token; a new pair is on the disk before it is used."""

    path = "/api/oauth2"

    def __init__(self, secret: str, host: str, token_file: str, send: Send, secrets: Secrets) -> None:
        """`secret`: JSON with access_token and, to renew it, client_id, client_secret, refresh_token. Raises InputWrong."""
        if urlsplit(host).scheme != "https" and urlsplit(host).hostname not in ("127.0.0.1", "localhost", "::1"):
            raise InputWrong(["worksection: oauth_url must begin with https://: a secret must not travel in the open"])
        parts = _parts(secret)
        self._client = {name: parts.get(name, "") for name in ("client_id", "client_secret")}
        self._first = Tokens(parts["access_token"], parts.get("refresh_token", ""))
        self._file = _token_file(token_file) if self._first.refresh else None
        self._tokens = self._kept() or self._first
        self._renew_url = f"{host.rstrip('/')}/oauth2/refresh"
        self._send = send
        self._secrets = secrets
        for one in (self._client["client_secret"], *astuple(self._first), *astuple(self._tokens)):
            secrets.add(one)
        self._renewing = False

    def sign(self, request: Request) -> Request:
        """The renewal itself goes out unsigned."""
        if request.url.startswith(self._renew_url):
            return request
        return replace(request, headers={**request.headers, "Authorization": f"Bearer {self._tokens.access}"})

    def review(self, request: Request, judgement: Judgement) -> Judgement:
        """A token that was renewed while the request was under way is void, not wrong."""
        stale = self._renewing or request.headers.get("Authorization") != f"Bearer {self._tokens.access}"
        ours = not request.url.startswith(self._renew_url)
        if judgement.verdict is Verdict.DENIED and judgement.code == "401" and stale and ours:
            return replace(judgement, verdict=Verdict.EXPIRED)
        return judgement

    async def renew(self, spent: Request) -> bool:  # noqa: ARG002  the protocol's
        """Fetch a new pair; False if the secret has no refresh token."""
        if self._file is None:
            return False
        self._renewing = True
        try:
            asked = {**self._client, "grant_type": "refresh_token", "refresh_token": self._tokens.refresh}
            # A lost answer is worth asking for again: if the pair was voided, all is lost either way.
            url = f"{self._renew_url}?{urlencode(asked)}"
            request = Request("GET", url, Effect.READ, "renewing the access token", private=True)
            given = (await self._send(request)).json()
            tokens = Tokens(given["access_token"], given["refresh_token"])
            for one in astuple(tokens):
                self._secrets.add(one)
            await asyncio.to_thread(self._keep, self._file, tokens)
            self._tokens = tokens
        finally:
            self._renewing = False
        return True

    def _keep(self, path: Path, tokens: Tokens) -> None:
        content = {
            "renewed_from": _fingerprint(self._first),
            "access_token": tokens.access,
            "refresh_token": tokens.refresh,
        }
        part = path.with_name(path.name + ".part")
        try:
            part.unlink(missing_ok=True)
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
                json.dump(content, stream)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(path)
        except OSError as error:
            raise InputWrong([f"worksection: token_file {path} cannot be written: {error.strerror}"]) from error

    def _kept(self) -> Tokens | None:
        """The pair a former run has kept, if it descends from the secret's: a new secret outdates the file."""
        if self._file is None or not self._file.exists():
            return None
        try:
            kept = json.loads(self._file.read_text())
            tokens = Tokens(kept["access_token"], kept["refresh_token"])
            return tokens if kept["renewed_from"] == _fingerprint(self._first) else None
        except (OSError, ValueError, KeyError, TypeError) as error:
            problem = f"worksection: token_file {self._file} does not hold a pair of tokens"
            raise InputWrong([f"{problem}; delete it and give fresh tokens in the secret"]) from error


def _parts(secret: str) -> dict[str, str]:
    try:
        parts: Any = json.loads(secret)
    except ValueError:
        parts = None
    if isinstance(parts, dict) and isinstance(parts.get("access_token"), str):
        return {name: str(value) for name, value in parts.items()}
    wanted = '{"client_id": .., "client_secret": .., "access_token": .., "refresh_token": ..}'
    raise InputWrong([f'worksection: with auth = "oauth2" the secret must be JSON: {wanted}'])


def _token_file(path: str) -> Path:
    if not path:
        why = "renewing the token voids the one in the secret"
        raise InputWrong([f'worksection: set the option token_file = "PATH", because {why}'])
    file = Path(path).expanduser()
    if not os.access(file.parent, os.W_OK):
        raise InputWrong([f"worksection: token_file: the folder {file.parent} cannot be written"])
    return file


def _fingerprint(tokens: Tokens) -> str:
    return hashlib.sha256(tokens.refresh.encode()).hexdigest()
