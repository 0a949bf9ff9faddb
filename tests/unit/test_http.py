"""One request: a create leaves once, a read is patient, and a secret is never told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aioresponses import aioresponses

from migrator import intake
from migrator.errors import AccessDenied, ContractBroken, InDoubt, MigratorError, Refused, RunFolderUnusable, TryLater
from migrator.http import Answer, Effect, Http, Judgement, Request, Upload, Verdict
from migrator.limits import Limiter
from migrator.sandbox.faults import Fault, Faults
from migrator.sandbox.server import Call, Reply, Running, serve
from migrator.session import open_session
from migrator.vendor import Limits, Wire, unheard

pytestmark = pytest.mark.looptime(noop_cycles=300)

SECRET = "s3cr3t-t0ken"
OK = Reply.json({"ok": True}, wrote=True)
PACE = Reply.json({"error": "pace"}, 429, refused=True)


@dataclass
class Script:
    """A vendor that gives these replies one after the other, the last for ever."""

    replies: list[Reply]
    name: str = "script"
    calls: list[Call] = field(default_factory=list)

    def handle(self, call: Call) -> Reply:
        self.calls.append(call)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class Lays(Faults):
    """These faults, one for each call, and then none."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__()
        self.left = list(faults)

    def draw(self, method: str, path: str, query: str) -> Fault:
        return self.left.pop(0) if self.left else Fault()


@dataclass
class Token:
    """Signs with a bearer token; `fresh` are the ones it can get."""

    token: str = SECRET
    fresh: list[str] = field(default_factory=list)
    renewed: int = 0

    def sign(self, request: Request) -> Request:
        return replace(request, headers={**request.headers, "Authorization": f"Bearer {self.token}"})

    async def renew(self, spent: Request) -> bool:
        self.renewed += 1
        await asyncio.sleep(1)
        if not self.fresh:
            return False
        self.token = self.fresh.pop(0)
        return True


@dataclass
class Count:
    spent: int = 0

    def spend(self) -> None:
        self.spent += 1

    def spent_today(self) -> int:
        return self.spent


VERDICTS = {
    429: Verdict.PACE,
    402: Verdict.QUOTA,
    401: Verdict.EXPIRED,
    403: Verdict.DENIED,
    400: Verdict.REFUSED,
    404: Verdict.REFUSED,
}


def judge(request: Request, answer: Answer) -> Judgement:
    """By the status; a 200 that is no JSON is against the contract."""
    if answer.status >= 500:
        return Judgement(Verdict.BUSY, "the server failed", str(answer.status))
    if verdict := VERDICTS.get(answer.status):
        return Judgement(verdict, "said so", str(answer.status), seconds=5.0)
    if answer.status in (200, 302) and not answer.body:
        return Judgement(Verdict.DONE)
    try:
        answer.json()
    except ValueError:
        return Judgement(Verdict.BROKEN, "not JSON")
    return Judgement(Verdict.DONE)


@dataclass
class Line:
    """A connection and what is at its other end."""

    http: Http
    running: Running
    script: Script
    token: Token
    quota: Count
    said: list[str]

    async def send(self, effect: Effect, **more: Any) -> Answer:
        method = "GET" if effect is Effect.READ else "POST"
        given = {"url": self.running.url + "/task", "about": 'task 26 "Roof"', **more}
        return await self.http.send(Request(method, effect=effect, **given))

    @property
    def calls(self) -> int:
        return len(self.script.calls)


@asynccontextmanager
async def line(
    tmp_path: Path,
    replies: Iterable[Reply] = (OK,),
    faults: Iterable[Fault] = (),
    *,
    token: Token | None = None,
    writable: bool = True,
    wait: bool = True,
    limits: Limits | None = None,
    judged: Callable[[Request, Answer], Judgement] = judge,
    leaving: Callable[[], Awaitable[None]] = unheard,
) -> AsyncIterator[Line]:
    script, quota, token = Script(list(replies)), Count(), token or Token()
    said: list[str] = []
    wire = Wire(quota, tmp_path / "replies", writable=writable, wait=wait, say=said.append, leaving=leaving)
    limiter = Limiter(limits or Limits(requests=0, period=1.0, parallel=8), quota, wait=wait)
    async with serve(script, faults=Lays(*faults)) as running, open_session(60) as session:
        yield Line(Http(session, limiter, token, judged, wire, "Script"), running, script, token, quota, said)


IN_DOUBT = {
    "cut before": ([], [Fault(cut_before=True)]),
    "cut after": ([], [Fault(cut_after=True)]),
    "502 before": ([], [Fault(status_before=502)]),
    "500 after": ([], [Fault(status_after=500)]),
    "half a reply": ([], [Fault(garbage=True)]),
    "500 in JSON": ([Reply.json({}, 500)], []),
}


@pytest.mark.parametrize("case", IN_DOUBT)
async def test_a_create_without_a_certain_answer_is_in_doubt_and_never_repeated(tmp_path: Path, case: str) -> None:
    replies, faults = IN_DOUBT[case]
    async with line(tmp_path, [*replies, OK], faults) as it:
        with pytest.raises(InDoubt, match="Roof"):
            await it.send(Effect.CREATE, json={"title": "Roof"})
        await asyncio.sleep(300)
        assert it.calls <= 1
        assert it.http.sent == 1


@pytest.mark.parametrize("effect", [Effect.READ, Effect.SET])
@pytest.mark.parametrize("case", IN_DOUBT)
async def test_what_may_be_repeated_is_repeated(tmp_path: Path, case: str, effect: Effect) -> None:
    replies, faults = IN_DOUBT[case]
    async with line(tmp_path, [*replies, OK], faults) as it:
        assert (await it.send(effect)).json() == {"ok": True}
        assert it.http.sent == 2


async def test_a_slow_create_that_times_out_is_in_doubt(tmp_path: Path) -> None:
    async with line(tmp_path, faults=[Fault(delay=1000.0)]) as it:
        with pytest.raises(InDoubt):
            await it.send(Effect.CREATE)


async def test_a_create_turned_away_for_its_pace_is_sent_again(tmp_path: Path) -> None:
    async with line(tmp_path, [PACE, PACE, OK]) as it:
        started = asyncio.get_running_loop().time()
        assert (await it.send(Effect.CREATE)).status == 200
        assert it.calls == 3
        assert asyncio.get_running_loop().time() - started >= 10


async def test_a_create_that_could_not_connect_is_sent_again(tmp_path: Path) -> None:
    async with line(tmp_path) as it:
        with pytest.raises(TryLater, match=r"cannot connect to 127\.0\.0\.1"):
            await it.send(Effect.CREATE, url=f"http://127.0.0.1:{_closed_port()}/task")
        assert it.http.sent > 1
        assert it.calls == 0


async def test_a_create_goes_through_once_the_server_is_up(tmp_path: Path) -> None:
    port = _closed_port()
    async with line(tmp_path) as it:
        sending = asyncio.create_task(it.send(Effect.CREATE, url=f"http://127.0.0.1:{port}/task"))
        await asyncio.sleep(0.01)
        script = Script([OK])
        async with serve(script, port=port):
            assert (await sending).status == 200
        assert len(script.calls) == 1


async def test_a_read_gives_up_with_the_last_word_of_the_server(tmp_path: Path) -> None:
    async with line(tmp_path, [Reply.json({}, 503)]) as it:
        with pytest.raises(TryLater, match=r"the server failed.*same command"):
            await it.send(Effect.READ)
        assert it.calls == 6


@pytest.mark.parametrize("effect", [Effect.READ, Effect.SET])
async def test_an_outage_in_the_middle_is_waited_out_and_told(tmp_path: Path, effect: Effect) -> None:
    async with line(tmp_path, [OK, *[Reply.json({}, 503)] * 100, OK]) as it:
        await it.send(Effect.READ)
        started = asyncio.get_running_loop().time()
        assert (await it.send(effect)).status == 200
        assert it.calls == 102
        assert 600 < asyncio.get_running_loop().time() - started < 7200
    first, *others = it.said
    assert first.startswith("Script: the server failed: trying again twice a minute until ")
    assert "Ctrl-C" in first
    assert len(others) >= 2
    assert others[-1] == "Script: the connection is back; going on"


async def test_an_outage_of_hours_ends_the_run_for_later(tmp_path: Path) -> None:
    async with line(tmp_path, [OK, Reply.json({}, 503)]) as it:
        await it.send(Effect.READ)
        started = asyncio.get_running_loop().time()
        with pytest.raises(TryLater):
            await it.send(Effect.READ)
        assert 7200 <= asyncio.get_running_loop().time() - started < 7300


async def test_who_does_not_wait_is_told_of_an_outage_after_six_tries(tmp_path: Path) -> None:
    async with line(tmp_path, [OK, Reply.json({}, 503)], wait=False) as it:
        await it.send(Effect.READ)
        with pytest.raises(TryLater):
            await it.send(Effect.READ)
        assert it.calls == 1 + 6


async def test_a_server_that_fails_at_one_thing_alone_is_no_outage(tmp_path: Path) -> None:
    async with line(tmp_path, [OK, Reply.json({}, 500)]) as it:
        await it.send(Effect.READ)
        with pytest.raises(TryLater):
            await it.send(Effect.READ)
        assert it.calls == 1 + 6


async def test_a_create_waits_out_an_outage_in_which_nothing_leaves(tmp_path: Path) -> None:
    port = _closed_port()
    async with line(tmp_path) as it:
        await it.send(Effect.READ)
        sending = asyncio.create_task(it.send(Effect.CREATE, url=f"http://127.0.0.1:{port}/task"))
        await asyncio.sleep(600)
        script = Script([OK])
        async with serve(script, port=port):
            assert (await sending).status == 200
        assert len(script.calls) == 1


async def test_a_certain_no_is_refused_with_the_vendors_words(tmp_path: Path) -> None:
    async with line(tmp_path, [Reply.json({}, 400)]) as it:
        with pytest.raises(Refused, match=r"Script, task 26 .Roof.: said so \(code 400\)") as raised:
            await it.send(Effect.CREATE)
        assert raised.value.code == "400"
        assert it.calls == 1


async def test_a_token_that_may_not_is_access_denied(tmp_path: Path) -> None:
    async with line(tmp_path, [Reply.json({}, 403)]) as it:
        with pytest.raises(AccessDenied):
            await it.send(Effect.READ)
        assert it.token.renewed == 0


async def test_a_spent_quota_is_waited_for(tmp_path: Path) -> None:
    async with line(tmp_path, [Reply.json({}, 402), OK]) as it:
        started = asyncio.get_running_loop().time()
        await it.send(Effect.CREATE)
        assert asyncio.get_running_loop().time() - started >= 5


async def test_a_spent_quota_is_try_later_for_who_does_not_wait(tmp_path: Path) -> None:
    async with line(tmp_path, [Reply.json({}, 402)], wait=False) as it:
        with pytest.raises(TryLater):
            await it.send(Effect.CREATE)
        assert it.calls == 1


async def test_every_request_that_leaves_is_counted_in_the_quota(tmp_path: Path) -> None:
    async with line(tmp_path, [Reply.json({}, 503), PACE, OK]) as it:
        await it.send(Effect.READ)
        assert it.quota.spent == it.calls == 3


@dataclass
class Guard:
    """A vendor that knows one token."""

    good: str
    name: str = "guard"
    denied: int = 0

    def handle(self, call: Call) -> Reply:
        if call.headers.get("Authorization") == f"Bearer {self.good}":
            return OK
        self.denied += 1
        return Reply.json({}, 401)


async def test_many_workers_with_one_spent_token_renew_it_once(tmp_path: Path) -> None:
    token = Token("old", fresh=["new", "newer"])
    guard = Guard("new")
    async with line(tmp_path, token=token) as it, serve(guard) as guarded:
        await asyncio.gather(*(it.send(Effect.CREATE, url=guarded.url + "/task") for _ in range(8)))
    assert token.renewed == 1
    assert len(guarded.writes) == 8


async def test_a_token_that_stays_spent_after_its_renewal_is_access_denied(tmp_path: Path) -> None:
    async with line(tmp_path, [Reply.json({}, 401)], token=Token("old", fresh=["new", "newer"])) as it:
        with pytest.raises(AccessDenied):
            await it.send(Effect.READ)
        assert it.calls == 2


async def test_a_token_that_cannot_be_renewed_is_access_denied(tmp_path: Path) -> None:
    async with line(tmp_path, [Reply.json({}, 401)]) as it:
        with pytest.raises(AccessDenied):
            await it.send(Effect.READ)


@pytest.mark.parametrize("effect", [Effect.SET, Effect.CREATE])
async def test_a_write_never_leaves_where_none_may(tmp_path: Path, effect: Effect) -> None:
    async with line(tmp_path, writable=False) as it:
        with pytest.raises(MigratorError, match="bug"):
            await it.send(effect)
        assert it.calls == 0
        assert (await it.send(Effect.READ)).status == 200


async def test_a_read_that_breaks_the_contract_is_kept_for_its_makers(tmp_path: Path) -> None:
    async with line(tmp_path, [Reply(200, b"<html>surprise</html>")]) as it:
        with pytest.raises(ContractBroken, match="kept in"):
            await it.send(Effect.READ, url=f"{it.running.url}/task?token={SECRET}")
    [kept] = (tmp_path / "replies").iterdir()
    assert b"surprise" in kept.read_bytes()
    assert SECRET.encode() not in kept.read_bytes()


@pytest.mark.parametrize("status", [400, 401, 403, 503, 200])
async def test_no_message_tells_a_secret(tmp_path: Path, status: int) -> None:
    async with line(tmp_path, [Reply(status, b"<html>")]) as it:
        with pytest.raises(MigratorError) as raised:
            await it.send(Effect.READ, url=f"{it.running.url}/task?token={SECRET}", headers={"X-Key": SECRET})
    error: BaseException | None = raised.value
    while error:
        assert SECRET not in str(error)
        error = error.__cause__


async def test_no_message_about_a_lost_connection_tells_a_secret(tmp_path: Path) -> None:
    async with line(tmp_path) as it:
        with pytest.raises(TryLater) as raised:
            await it.send(Effect.READ, url=f"http://127.0.0.1:{_closed_port()}/task?token={SECRET}")
    assert SECRET not in str(raised.value)


async def test_a_reply_over_the_limit_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BODY_LIMIT", 2**16)
    async with line(tmp_path, [Reply(200, b"1" * 2**20)]) as it:
        with pytest.raises(ContractBroken, match="more than 65536 bytes"):
            await it.send(Effect.READ)


async def test_a_url_leaves_exactly_as_it_was_encoded(tmp_path: Path) -> None:
    async with line(tmp_path) as it:
        await it.send(Effect.READ, url=f"{it.running.url}/task?filter=a%2Bb+c%20d%26e&hash=%7B%7D")
        assert it.script.calls[0].query == "filter=a%2Bb+c%20d%26e&hash=%7B%7D"


async def test_a_multipart_upload_arrives_whole_and_is_whole_again_when_repeated(tmp_path: Path) -> None:
    path = tmp_path / "bytes"
    path.write_bytes(bytes(range(256)) * 1000)
    async with line(tmp_path, [PACE, OK]) as it:
        upload = Upload("attach[0]", 'план "дома".txt', path)
        await it.send(Effect.CREATE, uploads=(upload,), fields={"text": "Привет"})
        for call in it.script.calls:
            fields, [sent] = call.form()
            assert fields == {"text": "Привет"}
            assert (sent.field, sent.content) == ("attach[0]", path.read_bytes())
        assert it.calls == 2


async def test_a_create_is_on_the_disk_before_each_piece_of_it_leaves(tmp_path: Path) -> None:
    noted: list[int] = []

    async def leaving() -> None:
        noted.append(at.calls)

    path = tmp_path / "plan.pdf"
    path.write_bytes(b"x" * 2_000_000)
    async with line(tmp_path, leaving=leaving) as at:
        await at.send(Effect.READ)
        await at.send(Effect.SET, json={})
        assert noted == []
        await at.send(Effect.CREATE, json={})
        assert set(noted) == {2}  # before the server had it
        del noted[:]
        await at.send(Effect.CREATE, uploads=(Upload("attach[0]", "plan.pdf", path),))
        assert len(noted) > 10
        assert set(noted) == {3}


async def test_a_create_that_cannot_be_noted_does_not_leave(tmp_path: Path) -> None:
    async def leaving() -> None:
        raise RunFolderUnusable("the disk is full")

    async with line(tmp_path, leaving=leaving) as at:
        with pytest.raises(RunFolderUnusable):
            await at.send(Effect.CREATE, json={})
        assert at.calls == 0


async def test_an_upload_that_nobody_takes_is_given_up_in_time(tmp_path: Path) -> None:
    given_up = asyncio.Event()

    async def deaf(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await given_up.wait()
        writer.transport.abort()

    path = tmp_path / "film.mov"
    path.write_bytes(b"x" * 30_000_000)
    async with await asyncio.start_server(deaf, "127.0.0.1", 0, limit=2**10) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        began = asyncio.get_running_loop().time()
        async with line(tmp_path, limits=Limits(requests=0, period=1.0, timeout=60.0)) as at:
            with pytest.raises(InDoubt):
                await at.send(Effect.CREATE, url=url, uploads=(Upload("attach[0]", "film.mov", path),))
            assert 60 <= asyncio.get_running_loop().time() - began < 70
            given_up.set()
            await asyncio.sleep(1)


async def test_a_download_is_on_the_disk_with_its_hash(tmp_path: Path) -> None:
    content = b"plan" * 100_000
    async with line(tmp_path, [Reply(200, content, {"Content-Type": "application/octet-stream"})]) as it:
        body = await it.http.download(Request("GET", it.running.url, Effect.READ, "file 1"), tmp_path / "file")
    assert (body.path.read_bytes(), body.size) == (content, len(content))
    assert not list(tmp_path.glob("*.part"))


async def test_a_download_of_no_bytes_is_a_file_of_no_bytes(tmp_path: Path) -> None:
    async with line(tmp_path, [Reply(200, b"", {"Content-Type": "application/octet-stream"})]) as it:
        body = await it.http.download(Request("GET", it.running.url, Effect.READ, "file 1"), tmp_path / "file")
    assert body.size == 0
    assert body.path.read_bytes() == b""


async def test_a_download_cut_before_its_first_byte_is_repeated(tmp_path: Path) -> None:
    content = b"0123456789" * 50_000
    reply = Reply(200, content, {"Content-Type": "application/octet-stream"})
    async with line(tmp_path, [reply], [Fault(cut_after=True)]) as it:
        body = await it.http.download(Request("GET", it.running.url, Effect.READ, "file 1"), tmp_path / "file")
    assert body.path.read_bytes() == content


async def test_a_download_cut_in_the_middle_is_repeated_from_its_start(tmp_path: Path) -> None:
    content, lengths = b"0123456789" * 50_000, [250_000, 500_000]

    async def serve_part(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Length: {len(content)}\r\n\r\n"
        writer.write(head.encode() + content[: lengths.pop(0)])
        await writer.drain()
        writer.close()

    async with line(tmp_path) as it, await asyncio.start_server(serve_part, "127.0.0.1", 0) as server:
        url = "http://{}:{}/file".format(*server.sockets[0].getsockname())
        body = await it.http.download(Request("GET", url, Effect.READ, "file 1"), tmp_path / "file")
    assert body.path.read_bytes() == content
    assert lengths == []


async def test_a_redirected_download_does_not_show_the_token_to_the_other_host(tmp_path: Path) -> None:
    content = Reply(200, b"plan", {"Content-Type": "application/octet-stream"})
    storage = Script([content])
    async with serve(storage) as stored:
        moved = Reply(302, b"", {"Location": f"{stored.url}/bytes?signature=abc"})
        async with line(tmp_path, [moved]) as it:
            request = Request("GET", it.running.url, Effect.READ, "file 1", headers={"X-Key": SECRET})
            body = await it.http.download(request, tmp_path / "file")
        assert it.script.calls[0].headers["Authorization"] == f"Bearer {SECRET}"
    assert body.path.read_bytes() == b"plan"
    assert SECRET not in str(dict(storage.calls[0].headers))
    assert storage.calls[0].query == "signature=abc"


async def test_redirects_in_a_circle_end(tmp_path: Path) -> None:
    async with line(tmp_path, [Reply(302, b"", {"Location": "/again"})]) as it:
        with pytest.raises(Refused, match="no bytes for file 1"):
            await it.http.download(Request("GET", it.running.url, Effect.READ, "file 1"), tmp_path / "file")
        assert it.calls <= 5


async def test_a_download_answered_in_the_vendors_envelope_is_judged(tmp_path: Path) -> None:
    async with line(tmp_path, [Reply.json({}, 404)]) as it:
        with pytest.raises(Refused, match="said so"):
            await it.http.download(Request("GET", it.running.url, Effect.READ, "file 1"), tmp_path / "file")
    assert not (tmp_path / "file").exists()


class Canned(aiohttp.ClientResponse):
    """aioresponses builds a reply without the stream writer that aiohttp asks for since 3.14."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options, stream_writer=SimpleNamespace(output_size=0))


async def test_a_canned_reply_is_judged_like_any(tmp_path: Path) -> None:
    quota = Count()
    limiter = Limiter(Limits(requests=0, period=1.0), quota)
    with aioresponses() as canned:
        canned.get("https://acme.test/task", payload={"ok": True}, response_class=Canned)
        async with open_session(60) as session:
            wire = Wire(quota, tmp_path)
            http = Http(session, limiter, Token(), judge, wire, "Canned")
            answer = await http.send(Request("GET", "https://acme.test/task", Effect.READ, "task 26"))
    assert answer.json() == {"ok": True}


def _closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
