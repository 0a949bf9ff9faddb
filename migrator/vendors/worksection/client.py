"""One Worksection account over HTTP: what its answers mean, and its one RPC endpoint as functions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from migrator.errors import Refused
from migrator.http import Answer, Effect, Http, Judgement, Request, Upload, Verdict
from migrator.limits import Limiter
from migrator.session import open_session
from migrator.vendor import Account, Body, Record, Wire
from migrator.vendors.worksection import LIMITS
from migrator.vendors.worksection.auth import Access, open_access
from migrator.vendors.worksection.values import query_of

CAP = 10_000  # rows in one answer; more is an error without data (the vendor contract, section 2)
OVER_CAP = "cap"  # the code of that refusal, in our words: its number is not known
ABSENT = ("4", "5")  # the codes of a project and of a task that are not there (section 3)
UNKNOWN_ACTION = "action"  # likewise, of an action this account does not have


def judge(request: Request, answer: Answer) -> Judgement:
    """What an answer means. Pure. Errors come as HTTP 200 with status "error" (the vendor contract, section 3)."""
    if answer.status == 429:
        return Judgement(Verdict.PACE, "Too many requests", seconds=_seconds(answer.headers.get("Retry-After")))
    if answer.status == 414:
        return Judgement(Verdict.REFUSED, "the request is longer than 8 kB; use auth = hmac or oauth2", "414")
    if answer.status >= 500:
        return Judgement(Verdict.BUSY, f"HTTP {answer.status}")
    if answer.status == 200 and _is_bytes(request, answer):
        return Judgement(Verdict.DONE)
    try:
        reply = answer.json()
    except ValueError:
        reply = None
    if answer.status in (401, 403):
        return _judge_denial(answer.status, reply)
    if answer.status != 200 or not isinstance(reply, dict):
        return Judgement(Verdict.BROKEN, f"HTTP {answer.status} without a JSON object in it")
    if reply.get("status") == "ok" or "access_token" in reply:
        return Judgement(Verdict.DONE)
    return _judge_error(reply)


def _judge_error(reply: Record) -> Judgement:
    if "status_code" not in reply and isinstance(reply.get("error"), str):  # the token server speaks otherwise
        return Judgement(Verdict.DENIED, f"{reply['error']}: {reply.get('errorDescription', '')}", reply["error"])
    if reply.get("status") != "error":
        return Judgement(Verdict.BROKEN, "a JSON object without a status")
    code = str(reply.get("status_code", ""))
    details = reply.get("message_details")
    message = str(reply.get("message", "")) + (f" ({details})" if details else "")
    spoken = message.lower()
    if "too many requests" in spoken:
        return Judgement(Verdict.PACE, message, code)
    if f"({CAP} max)" in spoken:
        return Judgement(Verdict.REFUSED, message, OVER_CAP)
    if code == "2" or "invalid token" in spoken:
        return Judgement(Verdict.DENIED, message, code)
    if "action is invalid" in spoken:
        return Judgement(Verdict.REFUSED, message, UNKNOWN_ACTION)
    return Judgement(Verdict.REFUSED, message, code)


def _judge_denial(status: int, reply: object) -> Judgement:
    message = str(reply.get("message", "")) if isinstance(reply, dict) else f"HTTP {status}"
    expired = status == 401 and "expired" in message.lower()
    return Judgement(Verdict.EXPIRED if expired else Verdict.DENIED, message, str(status))


def _is_bytes(request: Request, answer: Answer) -> bool:
    """Whether a file came; an error comes as JSON, and a page in place of a file is none of the vendor's."""
    kind = answer.headers.get("Content-Type", "").lower()
    return "action=download" in request.url and "json" not in kind and not kind.startswith("text/html")


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


class Client:
    """The account's actions, one request each."""

    def __init__(self, http: Http, url: str, access: Access) -> None:
        """`url`: the account's, without the path of the API."""
        self._http = http
        self._api = url.rstrip("/") + access.path

    async def read(self, action: str, about: str = "", /, **params: str) -> Record:
        """The whole reply. `about` names the object in messages. Raises what Http.send raises."""
        reply: Record = (await self._http.send(self._request(action, about, params))).json()
        return reply

    async def rows(self, action: str, about: str = "", /, **params: str) -> tuple[Record, ...]:
        """The reply's list; the vendor leaves `data` out where it is empty."""
        return as_rows((await self.read(action, about, **params)).get("data"))

    async def rows_if_there(self, action: str, about: str = "", /, **params: str) -> tuple[Record, ...]:
        """The reply's list; empty too where the project or task is gone."""
        try:
            return await self.rows(action, about, **params)
        except Refused as refused:
            if refused.code not in ABSENT:
                raise
            return ()

    async def write(
        self, action: str, about: str, params: Mapping[str, Any], effect: Effect, uploads: tuple[Upload, ...] = ()
    ) -> Record:
        """The whole reply. With files the parameters go in the URL, else in a JSON body (the vendor contract, section 1)."""
        request = self._request(action, about, {} if uploads else params, effect)
        if uploads:
            url = f"{request.url}&{query_of(params)}" if params else request.url
            request = replace(request, url=url, json=None, uploads=uploads)
        reply: Record = (await self._http.send(request)).json()
        return reply

    async def download(self, file: str, to: Path, announced: int | None = None) -> Body:
        """Stream a file's bytes to the path."""
        return await self._http.download(self._request("download", f"file {file}", {"id_file": file}), to, announced)

    def _request(self, action: str, about: str, params: Mapping[str, Any], effect: Effect = Effect.READ) -> Request:
        url = f"{self._api}?{urlencode({'action': action})}"
        return Request("POST", url, effect, f"{action} {about}".strip(), json=dict(params))


def as_rows(data: Any) -> tuple[Record, ...]:
    """A list as the vendor may write it: an array, an object keyed by id, one bare object, or nothing."""
    if not data:
        return ()
    if isinstance(data, list):
        return tuple(data)
    return (data,) if "id" in data else tuple(data.values())


@asynccontextmanager
async def open_client(account: Account, wire: Wire) -> AsyncIterator[Client]:
    """The account, connected until the block ends. Raises InputWrong for options that cannot be used."""
    limits = account.limits or LIMITS
    limiter = Limiter(limits, wire.quota, wait=wire.wait, say=wire.say)
    wire.secrets.add(account.secret)
    async with open_session(limits.timeout) as session:

        async def send(request: Request) -> Answer:
            return await http.send(request)

        access = open_access(account, send, wire.secrets)

        def reviewed(request: Request, answer: Answer) -> Judgement:
            return access.review(request, judge(request, answer))

        http = Http(session, limiter, access, reviewed, wire, "Worksection")
        yield Client(http, account.url, access)
