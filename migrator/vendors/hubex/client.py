"""One HubEx account over HTTP: what its answers mean, and its lists, reads, writes and files as functions."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlencode, urlsplit

from migrator.errors import ContractBroken, Refused
from migrator.http import Answer, Effect, Http, Judgement, Request, Upload, Verdict
from migrator.limits import Limiter
from migrator.session import open_session
from migrator.vendor import Account, Body, Record, Wire
from migrator.vendors.hubex import LIMITS
from migrator.vendors.hubex.auth import EXCHANGE, ServiceToken

PAGE = 500  # rows of one page; the vendor documents no maximum (the vendor contract, section 10)
CAP = 10_000  # rows at which a list without pages is cut without a word (section 2)
LINK = "link"  # our code for a storage link that is no longer, or not, good

_RANGE = re.compile(r"(\d+)-(\d+)/(\d+)")
_REDIRECTS = (301, 302, 303, 307, 308)

Query: TypeAlias = Iterable[tuple[str, str | int]]
Row: TypeAlias = tuple[str, Record]  # the key in the map, "" in an array; and the value
Rows: TypeAlias = list[Row]


def judge(request: Request, answer: Answer) -> Judgement:
    """What an answer means. Pure. Errors inside a 2xx are for the caller to see (the vendor contract, section 3)."""
    status = answer.status
    if status in (429, 503) and (status == 429 or "Retry-After" in answer.headers):
        return Judgement(Verdict.PACE, "too many requests", seconds=_seconds(answer.headers.get("Retry-After")))
    if status >= 500:
        return Judgement(Verdict.BUSY, f"HTTP {status}")
    if request.bytes:
        return _judge_bytes(request, answer)
    if status in _REDIRECTS:
        place = answer.headers.get("Location", "another address").partition("?")[0]
        return Judgement(Verdict.DENIED, f"the account answers from {place}: make that the url", str(status))
    if request.url.endswith(EXCHANGE):
        return _judge_exchange(answer)
    if status >= 400:
        return _judge_error(request, answer)
    return _judge_success(request, answer)


def _judge_success(request: Request, answer: Answer) -> Judgement:
    """Updates and deletes answer 202 with nothing in it, empty lists and objects 204; all else holds JSON."""
    beyond_end = answer.status == 206 and "*/" in answer.headers.get("Content-Range", "")
    if not answer.body and (answer.status in (202, 204) or beyond_end):
        return Judgement(Verdict.DONE)
    if request.method == "HEAD" or (request.effect is Effect.SET and not answer.body):
        return Judgement(Verdict.DONE)
    if answer.status in (200, 201, 202, 206) and _is_json(answer):
        return Judgement(Verdict.DONE)
    return Judgement(Verdict.BROKEN, f"HTTP {answer.status} without the JSON it should have ({request.method})")


def _judge_error(request: Request, answer: Answer) -> Judgement:
    status = answer.status
    message, code = _told(answer)
    if status == 401:
        return Judgement(Verdict.EXPIRED, message, code)
    if status == 403:
        return Judgement(Verdict.DENIED, f"{message}: a right, a licence or the option application", code)
    # What is not there or not seen answers so, in the vendor's envelope; and so does a page beyond the end of a list.
    absent = status == 416 or (status == 404 and (_is_json(answer) or request.method == "HEAD"))
    if absent and request.effect is Effect.READ:
        return Judgement(Verdict.DONE)
    return Judgement(Verdict.REFUSED, message, code)


def _judge_exchange(answer: Answer) -> Judgement:
    """No token: not EXPIRED, because there is nothing left to renew with; a cut reply is not kept, for what may be in it."""
    if answer.status >= 400:
        message, code = _told(answer)
        return Judgement(Verdict.REFUSED, message, code)
    reply = answer.json() if _is_json(answer) else None
    if isinstance(reply, dict) and isinstance(reply.get("access_token"), str):
        return Judgement(Verdict.DONE)
    return Judgement(Verdict.BUSY, f"HTTP {answer.status} without an access token")


def _judge_bytes(request: Request, answer: Answer) -> Judgement:
    """Bytes come from a storage, unsigned, to which the signed request was redirected (the vendor contract, section 4.4)."""
    if answer.status in _REDIRECTS:
        return Judgement(Verdict.DONE)
    if "Authorization" not in request.headers:
        told = f"the storage answered HTTP {answer.status}"
        return Judgement(Verdict.DONE) if answer.status == 200 else Judgement(Verdict.REFUSED, told, LINK)
    if answer.status in (401, 403):
        return _judge_error(request, answer)
    if answer.status in (204, 404):
        return Judgement(Verdict.REFUSED, "there is no such file", str(answer.status))
    if answer.status >= 400:
        return Judgement(Verdict.REFUSED, *_told(answer))
    return Judgement(Verdict.BROKEN, f"HTTP {answer.status} where a redirection to the file should be")


def _told(answer: Answer) -> tuple[str, str]:
    """The message and the code of an error: an array of them, one alone, a page of HTML, or nothing."""
    reply = answer.json() if _is_json(answer) else None
    errors = [one for one in (reply if isinstance(reply, list) else [reply]) if isinstance(one, dict)]
    messages = [str(one["message"]) for one in errors if one.get("message")]
    codes = [str(one["code"]) for one in errors if one.get("code")]
    return "; ".join(messages) or f"HTTP {answer.status}", codes[0] if codes else str(answer.status)


def _is_json(answer: Answer) -> bool:
    try:
        answer.json()
    except ValueError:
        return False
    return True


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


class Client:
    """The account's paths, as `WORK/Tasks`. `about` names the object in messages; all raise what Http.send raises."""

    def __init__(self, http: Http, api: str, access: ServiceToken) -> None:
        """`api`: the address under which the services are."""
        self._http = http
        self._api = api
        self._access = access

    async def list(self, path: str, query: Query = (), about: str = "") -> Rows:
        """All rows, in pages; one that paging shows twice, once."""
        query = tuple(query)
        rows: dict[object, Row] = {}
        start: int | None = 1
        while start is not None:
            page, start, _ = await self.page(path, query, start, PAGE, about)
            for row in page:
                rows.setdefault(row[0] or len(rows), row)
        return [*rows.values()]

    async def page(
        self, path: str, query: Query, start: int, size: int, about: str = ""
    ) -> tuple[Rows, int | None, int | None]:
        """At most `size` rows from `start` (1 = the first), where the next page starts (None: nowhere), and how many rows there are.

        Only the header tells: a list without it may have been cut (the vendor contract, section 3).
        """
        query = tuple(query)
        answer = await self._ranged(path, query, start, size, about)
        rows = _rows(answer)
        if found := _RANGE.search(answer.headers.get("Content-Range", "")):
            _, last, total = map(int, found.groups())
            return rows, last + 1 if rows and start <= last < total else None, total
        if len(rows) > size:  # the range was not heeded, so this is the whole list, or what the cap has left of it
            if len(rows) >= CAP:
                raise ContractBroken(
                    f"HubEx, {about or path}: {len(rows)} rows without a Content-Range: the list is cut"
                )
            return rows, None, len(rows)
        if len(rows) < size:
            return rows, None, None
        beyond = _rows(await self._ranged(path, query, start + size, 1, about))
        return rows, start + size if beyond and beyond[0] != rows[0] else None, None

    async def read(self, path: str, query: Query = (), about: str = "") -> Any | None:
        """One object, or a list that is known to be short; None for what is not there or not seen."""
        answer = await self._send(Request("GET", self._address(path, query), Effect.READ, about or path))
        return _content(answer)

    async def head(self, path: str, query: Query = ()) -> int | None:
        """How many rows a list has; None where the vendor does not tell."""
        answer = await self._send(Request("HEAD", self._address(path, query), Effect.READ, f"the count of {path}"))
        found = _RANGE.search(answer.headers.get("Content-Range", ""))
        return int(found[3]) if found else None

    async def write(self, method: str, path: str, body: Any, *, effect: Effect, about: str, stamp: str = "") -> Any:
        """One write; what it answered, None for nothing. `stamp`: a UUID that makes the vendor refuse a second create."""
        headers = {"X-Concurrency-Stamp": stamp} if stamp else {}
        request = Request(method, self._address(path), effect, about, json=body, headers=headers)
        return _content(await self._send(request))

    async def upload(self, path: str, fields: Mapping[str, str], upload: Upload, *, effect: Effect, about: str) -> Any:
        """One file, streamed from the disk, with the fields of its form; what it answered."""
        request = Request("POST", self._address(path), effect, about, fields=fields, uploads=(upload,))
        return _content(await self._send(request))

    async def download(self, attachment_id: str, to: Path, announced: int | None = None) -> Body:
        """Stream a file's bytes to the path. A storage link runs out, so one that is not taken is asked for once more."""
        request = Request(
            "GET", self._address(f"COMMON/Attachments/{attachment_id}"), Effect.READ, f"file {attachment_id}"
        )
        await self._access.ready()
        try:
            return await self._http.download(request, to, announced)
        except Refused as refused:
            if refused.code != LINK:
                raise
        await self._access.ready()
        return await self._http.download(request, to, announced)

    async def _ranged(self, path: str, query: Query, start: int, size: int, about: str) -> Answer:
        headers = {"Range": f"items={start}-{start + size - 1}"}
        return await self._send(Request("GET", self._address(path, query), Effect.READ, about or path, headers=headers))

    async def _send(self, request: Request) -> Answer:
        await self._access.ready()
        return await self._http.send(request)

    def _address(self, path: str, query: Query = ()) -> str:
        asked = urlencode(tuple(query))
        return f"{self._api}/{path}" + (f"?{asked}" if asked else "")


def _content(answer: Answer) -> Any | None:
    return answer.json() if answer.body and answer.status < 400 else None


def _rows(answer: Answer) -> Rows:
    """A list as the vendor writes it: a map by id, an array, or nothing."""
    content = _content(answer)
    if isinstance(content, dict):
        return [*content.items()]
    return [("", row) for row in content or ()]


def api_address(url: str) -> str:
    """The address under which the services are: the vendor's own has /fsm, which may be left out."""
    url = url.rstrip("/") or "https://api.hubex.ru"
    return url if urlsplit(url).path else f"{url}/fsm"


@asynccontextmanager
async def open_client(account: Account, wire: Wire) -> AsyncIterator[Client]:
    """The account, connected until the block ends."""
    limits = account.limits or LIMITS
    limiter = Limiter(limits, wire.quota, wait=wire.wait, say=wire.say)
    api = api_address(account.url)
    wire.secrets.add(account.secret)
    async with open_session(limits.timeout) as session:

        async def send(request: Request) -> Answer:
            return await http.send(request)

        access = ServiceToken(account, api, send, wire.secrets)
        http = Http(session, limiter, access, judge, wire, "HubEx")
        yield Client(http, api, access)
