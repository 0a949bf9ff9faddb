"""One sandbox behind a real socket: an HTTP request becomes a Call, the sandbox's Reply goes back, faults come in between."""

from __future__ import annotations

import asyncio
import email.parser
import email.policy
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from migrator.sandbox.faults import Fault, Faults

if TYPE_CHECKING:
    from aiohttp import web

_BODY_LIMIT = 256 * 2**20


@dataclass(frozen=True)
class Upload:
    """One file part of a multipart body."""

    field: str
    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True)
class Call:
    """One HTTP request, whole. `query` is the raw string as sent; `at` is monotonic seconds; `now` is aware UTC."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    at: float
    now: datetime
    base: str

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return orjson.loads(self.body)

    def form(self) -> tuple[dict[str, str], list[Upload]]:
        """The fields and files of a multipart/form-data body. Raises ValueError."""
        kind = self.headers.get("Content-Type", "")
        if not kind.lower().startswith("multipart/form-data"):
            raise ValueError(f"not multipart/form-data: {kind!r}")
        head = b"Content-Type: " + kind.encode() + b"\r\n\r\n"
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + self.body)
        fields: dict[str, str] = {}
        files: list[Upload] = []
        for part in message.iter_parts():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            if not isinstance(name, str) or not isinstance(content, bytes):
                raise ValueError("a part without a name")
            if (file_name := part.get_filename()) is None:
                fields[name] = content.decode()
            else:
                files.append(Upload(name, file_name, content, part.get_content_type()))
        return fields, files


@dataclass(frozen=True)
class Reply:
    """What the vendor answers. `wrote`: the account's state changed; `refused`: turned away for pace or quota."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    wrote: bool = False
    refused: bool = False

    @classmethod
    def json(
        cls,
        value: object,
        status: int = 200,
        *,
        wrote: bool = False,
        refused: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """A JSON reply with the usual content type."""
        head = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
        return cls(status, orjson.dumps(value), head, wrote, refused)


class Sandbox(Protocol):
    """A vendor's API as state and one function: a call is one commit, and bad input never raises."""

    name: str

    def handle(self, call: Call) -> Reply:
        """Answer one call."""
        ...


@dataclass(frozen=True)
class Handled:
    """One line of the server's log: what was asked, what was answered, which fault was laid on it."""

    call: Call
    reply: Reply
    fault: Fault


@dataclass
class Running:
    """A sandbox that listens, with the log of all calls it handled (a call cut before its commit is not in it)."""

    sandbox: Sandbox
    url: str
    log: list[Handled] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)

    @property
    def writes(self) -> list[Handled]:
        """The calls that changed the account."""
        return [entry for entry in self.log if entry.reply.wrote]

    @property
    def refused(self) -> list[Handled]:
        """The calls turned away for pace or quota."""
        return [entry for entry in self.log if entry.reply.refused]


@asynccontextmanager
async def serve(
    sandbox: Sandbox, *, faults: Faults | None = None, port: int = 0, clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[Running]:
    """Listen on 127.0.0.1 (port 0: any free one) until the block ends. Late commits that are due later still happen."""
    from aiohttp import web

    running = Running(sandbox, "", faults=faults or Faults())
    late: set[asyncio.Task[None]] = set()

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        call = await _read(request, running.url, clock())
        fault = running.faults.draw(call.method, call.path, call.query)
        return await _lay(fault, request, running, call, late)

    runner = web.ServerRunner(web.Server(answer, keepalive_timeout=75, max_line_size=2**20))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    try:
        await site.start()
        running.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield running
    finally:
        for task in late:
            task.cancel()
        await runner.cleanup()


async def _lay(
    fault: Fault, request: web.BaseRequest, running: Running, call: Call, late: set[asyncio.Task[None]]
) -> web.StreamResponse:
    """Handle the call with the fault drawn for it."""
    from aiohttp import web

    if fault.delay and not fault.late:
        await asyncio.sleep(fault.delay)
    if fault.cut_before:
        return _cut(request)
    if fault.late:
        task = asyncio.create_task(_commit_late(fault, running, call))
        late.add(task)
        task.add_done_callback(late.discard)
        return _cut(request)
    if fault.status_before:
        return _broken_page(fault.status_before)
    reply = running.sandbox.handle(call)
    running.log.append(Handled(call, reply, fault))
    if fault.cut_after:
        return _cut(request)
    if fault.status_after:
        return _broken_page(fault.status_after)
    body = reply.body[: len(reply.body) // 2] if fault.garbage else reply.body
    return web.Response(status=reply.status, body=body, headers=dict(reply.headers))


async def _commit_late(fault: Fault, running: Running, call: Call) -> None:
    """The slow server: the client has gone, and only now the call takes effect."""
    await asyncio.sleep(fault.delay)
    running.log.append(Handled(call, running.sandbox.handle(call), fault))


async def _read(request: web.BaseRequest, base: str, at: float) -> Call:
    body = bytearray()
    async for chunk in request.content.iter_chunked(2**16):
        body += chunk
        if len(body) > _BODY_LIMIT:
            raise ValueError("the sandbox takes bodies up to 256 MiB")
    return Call(
        request.method,
        request.path,
        request.rel_url.raw_query_string if "?" not in request.path_qs else request.raw_path.partition("?")[2],
        request.headers,
        bytes(body),
        at,
        datetime.now(UTC),
        base,
    )


def _cut(request: web.BaseRequest) -> web.StreamResponse:
    """Close the connection with nothing said; the response object that comes back is never sent."""
    from aiohttp import web

    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _broken_page(status: int) -> web.StreamResponse:
    from aiohttp import web

    text = f"<html><head><title>{status}</title></head><body><h1>{status} Server Error</h1></body></html>"
    return web.Response(status=status, text=text, content_type="text/html")
