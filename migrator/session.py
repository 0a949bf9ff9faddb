"""The connections to one account: certificates are checked, nothing is kept between requests, nothing is sent twice by itself."""

from __future__ import annotations

from types import SimpleNamespace

import aiohttp


def open_session(seconds: float) -> aiohttp.ClientSession:
    """A session whose requests have so many seconds. Each tells its `trace_request_ctx`, a function, that its head has left."""
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
    """A new connection takes longer to get there than one that stands."""

    async def left(
        _: aiohttp.ClientSession, context: SimpleNamespace, __: aiohttp.TraceRequestHeadersSentParams
    ) -> None:
        context.trace_request_ctx()

    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(left)
    return trace
