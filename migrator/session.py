"""The connections to one account: certificates are checked, nothing is kept between requests, nothing is sent twice by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import SimpleNamespace

import aiohttp


@dataclass(frozen=True)
class Departure:
    """Who is to know that a request leaves: `depart` once, with its head; `flows` is awaited before each piece of it."""

    depart: Callable[[], None]
    flows: Callable[[], Awaitable[None]]


def open_session(seconds: float) -> aiohttp.ClientSession:
    """A session whose requests have so many seconds. Each has a Departure as its `trace_request_ctx`."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=seconds),
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=(_once_only,),
        trace_configs=[_departures()],
    )


async def _once_only(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a GET, PUT or DELETE again by itself after a cut, unpaced and uncounted (its issue 10790)."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(str(error)) from error


def _departures() -> aiohttp.TraceConfig:
    """A new connection takes longer to get there than one that stands, and a file leaves for as long as it flows."""

    async def head(
        _: aiohttp.ClientSession, context: SimpleNamespace, __: aiohttp.TraceRequestHeadersSentParams
    ) -> None:
        departure: Departure = context.trace_request_ctx
        await departure.flows()
        departure.depart()

    async def block(
        _: aiohttp.ClientSession, context: SimpleNamespace, __: aiohttp.TraceRequestChunkSentParams
    ) -> None:
        departure: Departure = context.trace_request_ctx
        await departure.flows()

    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(head)
    trace.on_request_chunk_sent.append(block)
    return trace
