"""One polite, classified request: paced, signed, judged by its vendor, repeated only where that is safe.

The one place that retries. A create is sent once: unless the answer is certain, it is InDoubt, and the ledger takes over.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import orjson
from yarl import URL

from migrator.errors import AccessDenied, ContractBroken, InDoubt, InputWrong, MigratorError, Refused, TryLater
from migrator.intake import keep_reply, read_whole, stream_to_file
from migrator.limits import Limiter, Patience
from migrator.session import Departure
from migrator.vendor import Body, Wire, unheard

_ATTEMPTS = 6
_TURNED_AWAY_MOST = 60
_WAIT_FIRST, _WAIT_MOST = 0.5, 30.0
_OUT_OF_REACH = frozenset({0, 502, 503, 504})  # no answer at all, or that of a gateway: passes without anybody's doing
_DENIED = "Check the secret, and the rights it carries."
_WORDS = 2000  # characters of a vendor's message that are told
_REDIRECTS = (301, 302, 303, 307, 308)
_CERTIFICATE = (
    "The secret was not sent. Check the url; "
    "if the account has a certificate of your own, name the file of its authority in SSL_CERT_FILE."
)


class Effect(Enum):
    """What sending a request twice would do."""

    READ = auto()  # changes nothing
    SET = auto()  # the second changes nothing more
    CREATE = auto()  # makes a second one


@dataclass(frozen=True)
class Upload:
    """A file in a multipart body, streamed from disk."""

    field: str
    name: str
    path: Path


@dataclass(frozen=True)
class Request:
    """One request. `url` is absolute and percent-encoded as it shall be sent. `about` names the object in messages.

    `private`: its answer holds tokens, and is never kept. `signature`: what signing has put into it, never told.
    """

    method: str
    url: str
    effect: Effect
    about: str
    json: object = None
    fields: Mapping[str, str] = field(default_factory=dict)
    uploads: tuple[Upload, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    bytes: bool = False  # the answer is a file's bytes
    private: bool = False
    signature: str = field(default="", repr=False)


@dataclass(frozen=True)
class Answer:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return orjson.loads(self.body)


class Verdict(Enum):
    """How a vendor's answer is to be taken."""

    DONE = auto()
    PACE = auto()  # turned away for its pace; nothing was done
    QUOTA = auto()  # turned away until the quota is reset; nothing was done
    BUSY = auto()  # the server failed; it may have been done
    EXPIRED = auto()  # the token ran out; nothing was done
    DENIED = auto()  # this token may not; nothing was done
    REFUSED = auto()  # no, in the vendor's envelope; nothing was done
    BROKEN = auto()  # no page of the vendor describes it; it may have been done


@dataclass(frozen=True)
class Judgement:
    """The verdict with the vendor's own words. `seconds`: how long to wait, where told."""

    verdict: Verdict
    message: str = ""
    code: str = ""
    seconds: float | None = None


class Auth(Protocol):
    """How requests to one account are signed."""

    def sign(self, request: Request) -> Request:
        """The request as it shall leave."""
        ...

    async def renew(self, spent: Request) -> bool:
        """Get a new token after `spent` was answered EXPIRED; False if there is no way to."""
        ...


class Http:
    """The connection to one account."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        limiter: Limiter,
        auth: Auth,
        judge: Callable[[Request, Answer], Judgement],
        wire: Wire,
        vendor: str,
    ) -> None:
        """`session`: of `open_session`. `judge` tells what an answer means; `vendor` is its name in messages."""
        self._session = session
        self._limiter = limiter
        self._auth = auth
        self._judge = judge
        self._wire = wire
        self._vendor = vendor
        self._renewing = asyncio.Lock()
        self._patience = Patience(wait=wire.wait, say=lambda told: wire.say(f"{vendor}: {told}"))
        self.sent = 0  # requests that left, repeats included

    async def send(self, request: Request) -> Answer:
        """The answer to a request that was done. Raises Refused, InDoubt, AccessDenied, TryLater, ContractBroken."""
        return await self._repeat(request, self._whole)

    async def download(self, request: Request, to: Path, announced: int | None = None) -> Body:
        """Stream the answer's bytes to a file, not many more than were `announced`. Raises what send raises, and RunFolderUnusable."""
        body: list[Body] = []
        request = replace(request, bytes=True)
        at_vendor = True  # who says by JSON that there are no bytes; a storage that it sends us to may well hold JSON

        async def stream(response: aiohttp.ClientResponse) -> Answer:
            if response.status in _REDIRECTS:
                return Answer(response.status, response.headers, b"")
            spoken = at_vendor and "json" in response.content_type and "Content-Disposition" not in response.headers
            if response.status != 200 or spoken:
                return await self._whole(response)
            body[:] = [await stream_to_file(response, to, announced, f"{self._vendor}, {request.about}")]
            return Answer(response.status, response.headers, b"")

        answer = await self._repeat(request, stream)
        for _ in range(3):
            if body:
                return body[0]
            if not (location := answer.headers.get("Location")):
                break
            request = replace(request, url=self._onward(request, location), headers={})
            at_vendor = False
            answer = await self._repeat(request, stream, signed=False)
        if body:
            return body[0]
        raise Refused(f"{self._vendor} gave no bytes for {request.about}")

    def _onward(self, request: Request, location: str) -> str:
        """Where a download is sent on to, never from a protected line to an open one. Raises Refused."""
        try:
            here = URL(request.url)
            onward = here.join(URL(location))
        except ValueError as error:
            raise Refused(f"{self._vendor}, {request.about}: is sent on to what is no address") from error
        if onward.scheme not in ("https", here.scheme) or not onward.host:
            told = f"{onward.scheme}://{onward.host or ''}"
            raise Refused(
                f"{self._vendor}, {request.about}: is sent on to {told}, which is not protected: not followed"
            )
        return str(onward)

    async def _repeat(
        self, request: Request, read: Callable[[aiohttp.ClientResponse], Any], *, signed: bool = True
    ) -> Answer:
        if request.effect is not Effect.READ and not self._wire.writable:
            raise MigratorError(f"a write ({request.about}) was about to leave where none may: report this as a bug")
        renewed = False
        attempt = turned_away = 0
        began = asyncio.get_running_loop().time()
        while True:
            attempt += 1
            async with self._limiter.turn() as depart:
                ready = self._auth.sign(request) if signed else request
                judgement, answer = await self._once(ready, read, depart)
            match judgement.verdict:
                case Verdict.DONE:
                    self._limiter.calm()
                    self._patience.answered()
                    return answer
                case Verdict.PACE if turned_away == _TURNED_AWAY_MOST:
                    raise TryLater(
                        f"{self._vendor} keeps turning {request.about} away; give the same command again later"
                    )
                case Verdict.PACE:
                    turned_away += 1
                    self._limiter.refused(judgement.seconds)
                case Verdict.QUOTA:
                    self._limiter.spent(judgement.seconds)
                case Verdict.EXPIRED if not renewed:
                    renewed = True
                    await self._renew(ready, judgement)
                case Verdict.EXPIRED | Verdict.DENIED:
                    raise AccessDenied(f"{self._told(ready, judgement)}. {_DENIED}")
                case Verdict.REFUSED:
                    raise Refused(self._told(ready, judgement), judgement.code)
                case Verdict.BUSY | Verdict.BROKEN:
                    self._give_up(ready, judgement, answer, attempt, began)
                    await asyncio.sleep(_backoff(attempt))

    async def _once(
        self, request: Request, read: Callable[[aiohttp.ClientResponse], Any], depart: Callable[[], None]
    ) -> tuple[Judgement, Answer]:
        nothing = Answer(0, {}, b"")
        self.sent += 1
        try:
            async with (
                asyncio.timeout(None) as stalled,
                self._open(request, self._departure(request, depart, stalled)) as response,
            ):
                answer = await read(response)
        except aiohttp.ClientConnectorCertificateError as error:
            host, why = URL(request.url).host, error.certificate_error
            raise InputWrong([f"the certificate of {host} is not trusted: {why}. {_CERTIFICATE}"]) from error
        except aiohttp.ClientConnectorError as error:
            # Nothing has left yet, so even a create may be tried again: as if refused for its pace, but bounded.
            return Judgement(
                Verdict.BUSY, f"cannot connect to {URL(request.url).host}: {error.strerror}", "unsent"
            ), nothing
        except aiohttp.ClientResponseError as error:
            return Judgement(Verdict.BROKEN, f"a reply that is no HTTP ({type(error).__name__})"), nothing
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            return Judgement(Verdict.BUSY, f"connection lost ({type(error).__name__})"), nothing
        return self._judge(request, answer), answer

    def _open(self, request: Request, departure: Departure) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        body: object = None
        headers = dict(request.headers)
        if request.uploads or request.fields:
            form = aiohttp.FormData(quote_fields=False)
            for name, value in request.fields.items():
                form.add_field(name, value)
            for upload in request.uploads:
                stream = upload.path.open("rb")
                form.add_field(upload.field, stream, filename=upload.name, content_type="application/octet-stream")
            body = form
        elif request.json is not None:
            body = orjson.dumps(request.json)
            headers["Content-Type"] = "application/json"
        url = URL(request.url, encoded=True)
        return self._session.request(
            request.method,
            url,
            data=body,
            headers=headers,
            allow_redirects=False,
            timeout=self._timeout(request),
            trace_request_ctx=departure,
        )

    def _departure(self, request: Request, depart: Callable[[], None], stalled: asyncio.Timeout) -> Departure:
        leaving = self._wire.leaving if request.effect is Effect.CREATE else unheard

        async def flows() -> None:
            await leaving()
            if request.uploads:
                stalled.reschedule(asyncio.get_running_loop().time() + self._limiter.timeout)

        return Departure(depart, flows)

    def _timeout(self, request: Request) -> aiohttp.ClientTimeout:
        """Bytes may take as long as they flow; everything else has its whole time. For those that leave, see _departure."""
        seconds = self._limiter.timeout
        if request.bytes or request.uploads:
            return aiohttp.ClientTimeout(total=None, sock_connect=seconds, sock_read=seconds)
        return aiohttp.ClientTimeout(total=seconds)

    def _give_up(self, request: Request, judgement: Judgement, answer: Answer, attempt: int, began: float) -> None:
        """Raise if the request must not, or need not, be sent once more. `began`: loop time of its first try."""
        told = self._told(request, judgement)
        unsent = judgement.code == "unsent"
        if request.effect is Effect.CREATE and not unsent:
            raise InDoubt(told)
        if attempt < _ATTEMPTS:
            return
        if judgement.verdict is Verdict.BROKEN:
            raise ContractBroken(f"{told}. The reply is kept in {self._keep(request, answer)}.")
        if answer.status in _OUT_OF_REACH and self._patience.is_left(began, judgement.message):
            return
        raise TryLater(f"{told}. Check the url and the network; the same command goes on where it stopped.")

    async def _renew(self, spent: Request, judgement: Judgement) -> None:
        async with self._renewing:
            if self._auth.sign(spent).headers.get("Authorization") != spent.headers.get("Authorization"):
                return  # another worker has renewed the token meanwhile
            if not await self._auth.renew(spent):
                raise AccessDenied(f"{self._told(spent, judgement)}. {_DENIED}")

    async def _whole(self, response: aiohttp.ClientResponse) -> Answer:
        return Answer(response.status, response.headers, await read_whole(response, self._vendor))

    def _told(self, request: Request, judgement: Judgement) -> str:
        code = f" (code {judgement.code})" if judgement.code and judgement.code != "unsent" else ""
        # A vendor's message may repeat what it was asked with; a cut made first could leave half a secret.
        message = self._wire.secrets.redact(judgement.message, request.signature)[:_WORDS] or "no message"
        return f"{self._vendor}, {request.about}: {message}{code}"

    def _keep(self, request: Request, answer: Answer) -> Path:
        head = f"{request.method} {URL(request.url).path} ({request.about})\nHTTP {answer.status}\n\n"
        body = answer.body
        if request.private:
            body = f"{len(body)} bytes that are not kept, because such an answer holds tokens\n".encode()
        content = self._wire.secrets.redact_bytes(head.encode() + body, request.signature)
        return keep_reply(self._wire.keep, self._vendor, content)


def _backoff(attempt: int) -> float:
    return min(_WAIT_FIRST * 2.0 ** min(attempt - 1, 10), _WAIT_MOST) * (0.5 + random.random() / 2)  # noqa: S311  jitter
