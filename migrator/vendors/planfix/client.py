"""One Planfix account over HTTP: what its answers mean, and its lists, reads, creates, updates and uploads as functions."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from migrator.errors import Refused
from migrator.http import Answer, Effect, Http, Judgement, Request, Upload, Verdict
from migrator.limits import Limiter
from migrator.session import open_session
from migrator.vendor import Account, Body, Record, Wire
from migrator.vendors.planfix import LIMITS

PAGE = 100  # rows of one page at most (the vendor contract, section 2)

# Codes of the vendor contract, section 3.
_QUOTA = {22, 25}
_BEING_MODIFIED = 3
_NOT_LET_IN = {1, 2, 5, 10, 11, 16, 20, 21}  # 6 is about one object, and so a refusal
# Of a task, contact, project, comment, entry or file that is not there, and of one that is deleted.
ABSENT = frozenset({"1000", "2000", "3000", "5000", "6000", "6010", "7000"})
_RATE_TEXT = "rate limit exceeded"
_TO_RESET = re.compile(r"timeToReset\D{0,3}(\d+)", re.IGNORECASE)
_PACE_SECONDS = 60  # a reset this near is the pace's, not the day's
_DAY_SECONDS = 86_400  # a longer wait than this is given in milliseconds

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
LINK = "link"  # the code, in our words, of a storage that does not take a link: it has run out


def judge(request: Request, answer: Answer) -> Judgement:
    """What an answer means. Pure. Decided by `result`, not by the HTTP status alone (the vendor contract, sections 2 and 3)."""
    status = answer.status
    reply = _reply(answer)
    if reply is not None and reply.get("result") == "fail":
        return _judge_failure(status, reply)
    if status == 429:
        return Judgement(Verdict.PACE, "too many requests", seconds=_number(answer.headers.get("Retry-After")))
    if status in _REDIRECTS:
        return _judge_redirect(request, answer)
    # Links to bytes lead to a storage, which speaks otherwise, and where they run out (section 8, 21).
    if request.bytes and reply is None and 400 <= status < 500:
        return Judgement(Verdict.REFUSED, f"the storage does not give it (HTTP {status})", LINK)
    if status == 401:
        return Judgement(Verdict.DENIED, "the token is not accepted", "401")
    # A path that only newer accounts have, or a url without /rest: no object of ours is ever answered so.
    if status == 404:
        return Judgement(Verdict.REFUSED, "there is no such path", "404")
    if status >= 500:
        return Judgement(Verdict.BUSY, f"HTTP {status}")
    # Some updates answer with an empty body, and some without a `result` (section 3).
    if status in (200, 201, 202) and (reply is not None or not answer.body):
        return Judgement(Verdict.DONE)
    return Judgement(Verdict.BROKEN, f"HTTP {status} without the JSON it should have ({request.method})")


def _judge_redirect(request: Request, answer: Answer) -> Judgement:
    """A download is sent on to a storage. A custom domain redirects the API too; no token goes along to another host (section 1)."""
    place = answer.headers.get("Location", "another address").partition("?")[0]
    if request.bytes and not place.endswith(_path(request)):
        return Judgement(Verdict.DONE)
    return Judgement(Verdict.DENIED, f"the account answers from {place}: make that the url", str(answer.status))


def _path(request: Request) -> str:
    return urlsplit(request.url).path


def _judge_failure(status: int, reply: Record) -> Judgement:
    message = str(reply.get("error", ""))
    try:
        code = int(reply.get("code", 0))
    except (TypeError, ValueError):
        code = 0
    told = Judgement(Verdict.REFUSED, message, str(code))
    if _RATE_TEXT in message.lower() or code in _QUOTA:
        seconds = _seconds_to_reset(reply, message)
        near = seconds is not None and seconds <= _PACE_SECONDS
        return replace(told, verdict=Verdict.PACE if near else Verdict.QUOTA, seconds=seconds)
    if code == _BEING_MODIFIED or status == 429:
        return replace(told, verdict=Verdict.PACE)
    if code in _NOT_LET_IN:
        return replace(told, verdict=Verdict.DENIED)
    if status >= 500 and code == 0:
        return replace(told, verdict=Verdict.BUSY)
    return told


def _reply(answer: Answer) -> Record | None:
    try:
        reply = answer.json()
    except ValueError:
        return None
    return reply if isinstance(reply, dict) else None


def _seconds_to_reset(reply: Record, message: str) -> float | None:
    """From the text or, as code 22 has it, from a key in seconds or milliseconds (the vendor contract, section 2)."""
    found = _TO_RESET.search(message)
    seconds = _number(found[1] if found else reply.get("timeToReset"))
    return seconds / 1000 if seconds is not None and seconds > _DAY_SECONDS else seconds


def _number(value: Any) -> float | None:
    try:
        return float(value) if value is not None else None
    except (TypeError, ValueError):
        return None


class Bearer:
    """Signs with the account's token, which never runs out."""

    def __init__(self, token: str) -> None:
        self._token = token

    def sign(self, request: Request) -> Request:
        """The request with its header."""
        return replace(request, headers={**request.headers, "Authorization": f"Bearer {self._token}"})

    async def renew(self, spent: Request) -> bool:  # noqa: ARG002  the protocol's
        """There is nothing to renew with."""
        return False


class Client:
    """The account's paths. `about` names the object in messages; all raise what Http.send raises."""

    def __init__(self, http: Http, url: str) -> None:
        """`url`: the account's, with /rest."""
        self._http = http
        self._url = url.rstrip("/")

    async def get(self, path: str, about: str, /, **query: str) -> Record:
        """One read."""
        return await self._json(Request("GET", self._address(path, query), Effect.READ, about))

    async def pages(self, path: str, key: str, about: str, /, **body: Any) -> AsyncIterator[tuple[Record, ...]]:
        """A list, page by page. There is no total: it ends with a page that is not full (the vendor contract, section 4)."""
        offset = 0
        while True:
            rows = await self.page(path, key, about, offset=offset, **body)
            yield rows
            if len(rows) < PAGE:
                return
            offset += PAGE

    async def page(self, path: str, key: str, about: str, /, *, offset: int, **body: Any) -> tuple[Record, ...]:
        """One page of a list, from an offset on."""
        asked = {"offset": offset, "pageSize": PAGE, **body}
        reply = await self._json(Request("POST", self._address(path), Effect.READ, about, json=asked))
        return tuple(reply.get(key) or ())

    async def rows(self, path: str, key: str, about: str, /, **body: Any) -> AsyncIterator[Record]:
        """The rows of all pages; one that paging shows twice, twice."""
        async for page in self.pages(path, key, about, **body):
            for row in page:
                yield row

    async def create(self, path: str, about: str, body: Record, /, *, silent: bool = False) -> Record:
        """One create, sent once. `silent` only where the specification has it (the vendor contract, section 1)."""
        query = {"silent": "true"} if silent else {}
        return await self._json(Request("POST", self._address(path, query), Effect.CREATE, about, json=body))

    async def set(self, path: str, about: str, body: Record | None, /, **query: str) -> tuple[bool, Record]:
        """One update: whether it was applied (or only queued: 202), and the reply."""
        answer = await self._http.send(Request("POST", self._address(path, query), Effect.SET, about, json=body))
        return answer.status != 202, _reply(answer) or {}

    async def delete(self, path: str, about: str, /) -> None:
        """Delete one; what is gone already is no refusal."""
        try:
            await self._http.send(Request("DELETE", self._address(path), Effect.SET, about))
        except Refused as refused:
            if refused.code not in ABSENT:
                raise

    async def rows_if_there(self, path: str, key: str, about: str, /, **body: Any) -> AsyncIterator[Record]:
        """The rows of all pages; none where what the list belongs to is gone."""
        try:
            async for row in self.rows(path, key, about, **body):
                yield row
        except Refused as refused:
            if refused.code not in ABSENT:
                raise

    async def upload(self, path: str, about: str, upload: Upload, /) -> Record:
        """One file, streamed from the disk."""
        return await self._json(Request("POST", self._address(path), Effect.CREATE, about, uploads=(upload,)))

    async def download(self, file: str, to: Path, announced: int | None = None) -> Body:
        """Stream a file's bytes to the path. A link to the storage runs out, so one that is not taken is asked for once more."""
        request = Request("GET", self._address(f"/file/{file}/download"), Effect.READ, f"file {file}")
        try:
            return await self._http.download(request, to, announced)
        except Refused as refused:
            if refused.code != LINK:
                raise
        return await self._http.download(request, to, announced)

    async def _json(self, request: Request) -> Record:
        return _reply(await self._http.send(request)) or {}

    def _address(self, path: str, query: Mapping[str, str] | None = None) -> str:
        return f"{self._url}{path}" + (f"?{urlencode(query)}" if query else "")


@asynccontextmanager
async def open_client(account: Account, wire: Wire) -> AsyncIterator[Client]:
    """The account, connected until the block ends."""
    limits = account.limits or LIMITS
    limiter = Limiter(limits, wire.quota, wait=wire.wait, say=wire.say)
    wire.secrets.add(account.secret)
    async with open_session(limits.timeout) as session:
        yield Client(Http(session, limiter, Bearer(account.secret), judge, wire, "Planfix"), account.url)
