"""One request to somebody hostile: what comes back is bounded, what leads elsewhere is not followed, and what is secret stays."""

from __future__ import annotations

import asyncio
import base64
import gzip
import ssl
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from aioresponses import aioresponses

from migrator import intake
from migrator.errors import ContractBroken, InDoubt, InputWrong, MigratorError, Refused, RunFolderUnusable
from migrator.http import Answer, Effect, Http, Judgement, Request, Verdict
from migrator.limits import Limiter
from migrator.secrets import Secrets
from migrator.session import open_session
from migrator.vendor import Limits, Wire
from tests.unit.test_http import SECRET, Canned, Count, Token, judge

pytestmark = pytest.mark.looptime(noop_cycles=300)

MIB = 2**20
OWN_CERTIFICATE = Path(__file__).with_name("self-signed.pem")  # of nobody; key and certificate


@asynccontextmanager
async def connected(tmp_path: Path, judged: Any = judge) -> AsyncIterator[Http]:
    """A connection whose account has SECRET."""
    quota = Count()
    wire = Wire(quota, tmp_path / "replies", writable=True, wait=False, secrets=Secrets([SECRET]))
    limiter = Limiter(Limits(requests=0, period=1.0, parallel=8), quota, wait=False)
    async with open_session(60) as session:
        yield Http(session, limiter, Token(), judged, wire, "Script")


@asynccontextmanager
async def raw(
    head: bytes,
    body: Iterable[bytes] = (),
) -> AsyncIterator[str]:
    """The address of a server that answers anything with these bytes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head)
            for block in body:
                writer.write(block)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}/task"


def read(url: str, effect: Effect = Effect.READ) -> Request:
    return Request("GET" if effect is Effect.READ else "POST", url, effect, "task 26")


def chunks(block: bytes, count: int) -> Iterator[bytes]:
    """A chunked body, so long that nobody should come to its end."""
    for _ in range(count):
        yield b"%x\r\n%s\r\n" % (len(block), block)
    yield b"0\r\n\r\n"


# -- who is at the other end ---------------------------------------------------------------------------------------------


async def test_a_certificate_that_nobody_vouches_for_is_refused_before_the_token_leaves(tmp_path: Path) -> None:
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(OWN_CERTIFICATE)
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(MIB))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=own) as server, connected(tmp_path) as http:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(InputWrong, match=r"certificate of 127.0.0.1 is not trusted.*secret was not sent") as raised:
            await http.send(read(f"https://127.0.0.1:{port}/task"))
    assert raised.value.exit_code == 2
    assert asked == []


@pytest.mark.parametrize("onward", ["http://acme.test/bytes", "ftp://acme.test/bytes", "file:///etc/passwd", "//[oops"])
async def test_a_download_is_not_sent_on_to_an_open_line(tmp_path: Path, onward: str) -> None:
    with aioresponses() as canned:
        moved = {"Location": onward}
        canned.get("https://acme.test/task", status=302, headers=moved, response_class=Canned)
        async with connected(tmp_path) as http:
            with pytest.raises(Refused, match="is sent on to"):
                await http.download(read("https://acme.test/task"), tmp_path / "file")
        assert len(canned.requests) == 1


# -- how much comes back -----------------------------------------------------------------------------------------------


async def test_an_endless_reply_is_cut_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "BODY_LIMIT", MIB)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with raw(head, chunks(b" " * MIB, 10_000)) as url, connected(tmp_path) as http:
        tracemalloc.start()
        with pytest.raises(ContractBroken, match=r"Script sent a reply of more than 1048576 bytes"):
            await http.send(read(url))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 32 * MIB


BOMBS = {
    "gzip": gzip.compress(bytes(256 * MIB), 9),
    "deflate": zlib.compress(bytes(256 * MIB), 9),
}


@pytest.mark.parametrize("coding", BOMBS)
async def test_a_reply_that_unpacks_without_end_is_cut_at_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coding: str
) -> None:
    monkeypatch.setattr(intake, "BODY_LIMIT", MIB)
    bomb = BOMBS[coding]
    assert len(bomb) < MIB
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    async with raw(head, [bomb]) as url, connected(tmp_path) as http:
        tracemalloc.start()
        with pytest.raises(ContractBroken, match="more than 1048576 bytes"):
            await http.send(read(url))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 32 * MIB


@pytest.mark.parametrize("coding", ["br", "zstd"])
async def test_a_reply_packed_in_a_way_that_was_not_asked_for_is_not_unpacked(tmp_path: Path, coding: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: 4\r\n\r\nabcd".encode()
    async with raw(head) as url, connected(tmp_path) as http:
        with pytest.raises(MigratorError):
            await http.send(read(url))
        assert http.sent == 6


HEADS = {
    "a header of a megabyte": b"X-Long: " + b"a" * MIB + b"\r\n",
    "ten thousand headers": b"".join(b"X-%d: a\r\n" % n for n in range(10_000)),
}


@pytest.mark.parametrize("kind", HEADS)
async def test_a_head_without_measure_is_against_the_contract(tmp_path: Path, kind: str) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + HEADS[kind] + b"Content-Length: 2\r\n\r\n{}"
    async with raw(head) as url, connected(tmp_path) as http:
        with pytest.raises(ContractBroken, match="a reply that is no HTTP"):
            await http.send(read(url))
        with pytest.raises(InDoubt):
            await http.send(read(url, Effect.CREATE))


async def test_a_file_far_over_what_was_announced_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nTransfer-Encoding: chunked\r\n\r\n"
    (folder := tmp_path / "files").mkdir()
    async with raw(head, chunks(bytes(MIB), 10_000)) as url, connected(tmp_path) as http:
        with pytest.raises(Refused, match=r"task 26: more than \d+ bytes came, far over what was announced"):
            await http.download(read(url), folder / "file", announced=5000)
    assert list(folder.iterdir()) == []


async def test_a_file_a_little_over_what_was_announced_is_taken(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Length: 5100\r\n\r\n"
    async with raw(head, [bytes(5100)]) as url, connected(tmp_path) as http:
        body = await http.download(read(url), tmp_path / "file", announced=5000)
    assert body.size == 5100
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


async def test_a_file_that_the_disk_cannot_hold_is_not_begun(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Length: 9000000000000000\r\n\r\n"
    async with raw(head, [bytes(MIB)]) as url, connected(tmp_path) as http:
        with pytest.raises(
            RunFolderUnusable, match=r"the disk of .* would be full \(\d+ MiB free, 8583068847 MiB coming"
        ):
            await http.download(read(url), tmp_path / "file")
    assert not (tmp_path / "file.part").exists()


async def test_an_endless_file_stops_before_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nTransfer-Encoding: chunked\r\n\r\n"
    part = tmp_path / "file.part"

    def disk_usage(_: object) -> SimpleNamespace:
        return SimpleNamespace(free=intake.DISK_RESERVE + 20 * MIB - (part.stat().st_size if part.exists() else 0))

    monkeypatch.setattr(intake.shutil, "disk_usage", disk_usage)
    async with raw(head, chunks(bytes(MIB), 10_000)) as url, connected(tmp_path) as http:
        with pytest.raises(RunFolderUnusable, match="Free space or set run_dir"):
            await http.download(read(url), tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


# -- what is told and kept ---------------------------------------------------------------------------------------------

FORMS = {
    "plain": SECRET,
    "percent-encoded": quote("s3cr3t/t0ken+", safe=""),
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "in JSON": 's3cr3t\\"t0ken',
}


def saying(text: str, verdict: Verdict) -> Any:
    return lambda request, answer: Judgement(verdict, text)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.DENIED, Verdict.BROKEN, Verdict.BUSY])
async def test_a_vendors_message_that_repeats_the_secret_is_told_without_it(
    tmp_path: Path, form: str, verdict: Verdict
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(FORMS[form])
    async with (
        raw(head, [FORMS[form].encode()]) as url,
        connected(tmp_path, saying(f"no token {FORMS[form]}", verdict)) as http,
    ):
        http._wire.secrets.add("s3cr3t/t0ken+")
        http._wire.secrets.add('s3cr3t"t0ken')
        with pytest.raises(MigratorError, match="no token •••") as raised:
            await http.send(read(url))
    assert FORMS[form] not in str(raised.value)
    for kept in (tmp_path / "replies").glob("*"):
        assert FORMS[form].encode() not in kept.read_bytes()
        assert kept.stat().st_mode & 0o777 == 0o600


async def test_an_answer_that_holds_tokens_is_never_kept(tmp_path: Path) -> None:
    half = b'{"access_token": "fresh-access", "refresh_token": "fresh'
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(half)

    def broken(_: Request, __: Answer) -> Judgement:
        return Judgement(Verdict.BROKEN, "not JSON")

    async with raw(head, [half]) as url, connected(tmp_path, broken) as http:
        with pytest.raises(ContractBroken, match="kept in"):
            await http.send(Request("GET", url, Effect.READ, "renewing the token", private=True))
    [kept] = (tmp_path / "replies").iterdir()
    assert kept.read_bytes().endswith(b"56 bytes that are not kept, because such an answer holds tokens\n")


async def test_a_signature_is_not_kept(tmp_path: Path) -> None:
    page = b"<html>you asked for ?hash=0123456789abcdef</html>"
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(page)
    async with raw(head, [page]) as url, connected(tmp_path) as http:
        with pytest.raises(ContractBroken):
            await http.send(Request("GET", url, Effect.READ, "task 26", signature="0123456789abcdef"))
    [kept] = (tmp_path / "replies").iterdir()
    assert b"hash=\xe2\x80\xa2" in kept.read_bytes()


async def test_a_long_message_of_a_vendor_is_told_in_part(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    async with raw(head) as url, connected(tmp_path, saying("x" * MIB, Verdict.REFUSED)) as http:
        with pytest.raises(Refused) as raised:
            await http.send(read(url))
    assert len(str(raised.value)) < 3000


async def test_a_secret_that_a_long_message_breaks_off_in_is_not_told_in_part(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    for room in range(1, len(SECRET)):
        async with raw(head) as url, connected(tmp_path, saying("x" * (2000 - room) + SECRET, Verdict.REFUSED)) as http:
            with pytest.raises(Refused) as raised:
                await http.send(read(url))
        assert SECRET[0] not in str(raised.value).split("xxx")[-1]


def test_secrets_are_in_no_repr() -> None:
    assert SECRET not in repr(Secrets([SECRET])) + repr(Wire(Count(), Path(), secrets=Secrets([SECRET])))
