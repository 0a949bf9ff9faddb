"""A whole journey of each vendor with answers that repeat what they were asked with: no secret is left anywhere."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
import signal
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

import orjson
import pytest
import tomlkit

from migrator import http
from migrator.__main__ import main
from migrator.cli.stands import STANDS
from migrator.sandbox.server import Call, Reply, Sandbox
from migrator.sandbox.worksection import Worksection
from migrator.vendors import VENDORS
from tests.journeys.aside import served
from tests.journeys.commands import account
from tests.journeys.pairs import Side, between, pair

SAMPLE_OAUTH = account("worksection")["account"]["oauth"]
PAIR = SAMPLE_OAUTH["tokens"][0]
HALF_A_PAIR = b'{"access_token": "fresh-acc3ss", "refresh_token": "fresh-refr3sh", "expi'
TOKEN_PATHS = ("/oauth2/refresh", "/AUTHZ/AccessTokens")


@dataclass
class Case:
    """One vendor with one way of signing: its sample account with a secret that has other forms, and that secret."""

    vendor: str
    account: dict[str, Any]
    secret: str
    options: dict[str, str] = field(default_factory=dict)
    parts: tuple[str, ...] = ()  # of the secret, that must not be told either

    @property
    def renews(self) -> bool:
        """Whether tokens are got on the way."""
        return self.vendor == "hubex" or "token_file" in self.options

    def expire(self, sandbox: Sandbox) -> None:
        """Let the token of the secret run out, where it does."""
        if isinstance(sandbox, Worksection):
            sandbox.oauth.expire(PAIR["access_token"], datetime.now(UTC))


def cases() -> Iterator[Case]:
    for vendor, table, secret in (
        ("planfix", "tokens", "pl/fix+t0ken=="),
        ("hubex", "service_tokens", "hu&bex/s3rvice+"),
    ):
        if vendor in VENDORS:
            holder = copy.deepcopy(account(vendor))
            holder[table][0]["token"] = secret
            yield Case(vendor, holder, secret)
    worksection = copy.deepcopy(account("worksection"))
    key = worksection["account"]["api_key"]
    yield Case("worksection", worksection, key, {"auth": "hmac"})
    yield Case("worksection", worksection, key, {"auth": "md5"})
    pair = {name: SAMPLE_OAUTH[name] for name in ("client_id", "client_secret")} | PAIR
    own = (SAMPLE_OAUTH["client_secret"], PAIR["access_token"], PAIR["refresh_token"])
    renewing = {"auth": "oauth2", "token_file": "tokens"}  # below the folder of the process
    yield Case("worksection", worksection, json.dumps(pair), renewing, own)


@dataclass
class Echo:
    """A sandbox that, when told to, answers with what it was asked; it notes every token and signature that it saw or gave."""

    inner: Sandbox
    elsewhere: str = ""
    fault: str = ""
    name: str = "echo"
    seen: set[str] = field(default_factory=set)
    writes: int = 0

    def handle(self, call: Call) -> Reply:
        self.seen.add(call.headers.get("Authorization", "").rpartition(" ")[2].rpartition("_")[2])
        self.seen |= set(parse_qs(call.query).get("hash", []))
        for_token = call.path.endswith(TOKEN_PATHS)
        if self.fault == "half a token" and for_token:
            return Reply(200, HALF_A_PAIR + self._asked(call).encode(), {"Content-Type": "application/json"})
        reply = self.inner.handle(call)
        if for_token:
            given = orjson.loads(reply.body)
            self.seen |= {str(given[name]) for name in ("access_token", "refresh_token") if name in given}
        if self.fault == "denied when renewed":
            return reply if for_token or reply.status == 401 else refusal(self._asked(call), 403)
        spared = {"": True, "half a token": True, "page": for_token, "writes": for_token or not reply.wrote}
        return reply if spared.get(self.fault, False) else self._answer(call)

    def _asked(self, call: Call) -> str:
        token = call.headers.get("Authorization", "").rpartition(" ")[2]
        forms = [token, quote(token, safe=""), base64.b64encode(token.encode()).decode()]
        return f"{' '.join(forms)} {call.query} {call.body.decode(errors='replace')}"

    def _answer(self, call: Call) -> Reply:
        asked = self._asked(call)
        match self.fault:
            case "page":
                return Reply(200, f"<html>{asked}</html>".encode(), {"Content-Type": "text/html"})
            case "error":
                return Reply(500, f"<html>{asked}</html>".encode(), {"Content-Type": "text/html"})
            case "moved":
                token = quote(call.headers.get("Authorization", "").rpartition(" ")[2], safe="")
                return Reply(302, b"", {"Location": f"{self.elsewhere}/login/{token}?back={quote(asked)}"})
            case "denied":
                return refusal(asked, 401)
            case _:
                self.writes += 1
                return refusal(asked, 200 if isinstance(self.inner, Worksection) else 400)


def refusal(words: str, status: int) -> Reply:
    """No, in an envelope that each vendor's adapter understands as its own."""
    code = 20 if status in (401, 403) else 5000
    told = {"status": "error", "status_code": "1", "message": words, "result": "fail", "error": words, "code": code}
    return Reply.json(told, status)


@dataclass
class Elsewhere:
    """Another host, that takes whatever comes."""

    name: str = "elsewhere"
    calls: list[Call] = field(default_factory=list)

    def handle(self, call: Call) -> Reply:
        self.calls.append(call)
        return Reply.json({"status": "ok", "result": "success", "access_token": "stolen"})


def leaks(folder: Path, secrets: set[str], said: str) -> list[str]:
    """The files, and the output, that hold a secret in any form."""
    forms: set[bytes] = set()
    for secret in secrets:
        coded = base64.b64encode(secret.encode()).decode().rstrip("=")
        forms |= {form.encode() for form in (secret, quote(secret), quote(secret, safe=""), coded)}
    content = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    content["output"] = said.encode()
    return sorted({f"{name}: {form!r}" for name, text in content.items() for form in forms if form in text})


def written(folder: Path, source: Side, target: Side, side: str, options: dict[str, str]) -> Path:
    """The migration file of the pair in a folder of its own, with these options of one side."""
    folder.mkdir(parents=True)
    file = between(source, target, folder).file
    table = tomlkit.parse(file.read_text("utf-8"))
    table["scope"] = {"kinds": ["project", "task"]}
    table[side].setdefault("options", {}).update(options)  # type: ignore[union-attr]
    file.write_text(tomlkit.dumps(table), "utf-8")
    return file


CASES = list(cases())


@pytest.mark.parametrize("case", CASES, ids=[f"{case.vendor} {case.options.get('auth', '')}" for case in CASES])
def test_no_secret_is_left_by_a_journey_with_answers_that_repeat_it(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(http, "_WAIT_FIRST", 0.0)
    monkeypatch.setenv("SOURCE_SECRET", case.secret)
    monkeypatch.setenv("TARGET_SECRET", case.secret)
    monkeypatch.chdir(tmp_path)
    stand, other = STANDS[case.vendor], Elsewhere()
    echo = Echo(stand.build(copy.deepcopy(case.account), limits=False))
    said = ""
    with served(echo, other) as (running, elsewhere):
        echo.elsewhere = elsewhere.url
        account_side = Side(case.vendor, url=running.url + stand.root, secret=case.secret)
        archive = Side("archive", tmp_path / "aside" / "archive")
        folder = tmp_path / "work"
        options = case.options | ({"oauth_url": running.url} if "token_file" in case.options else {})
        out = written(folder / "out", account_side, archive, "source", options)
        back = written(folder / "back", archive, account_side, "target", options)

        def command(*words: object) -> int:
            nonlocal said
            code = main([*map(str, words)])
            captured = capsys.readouterr()
            said += captured.out + captured.err
            return code

        for fault, codes in (("page", {3, 5, 75}), ("error", {75}), ("denied", {2, 3}), ("moved", {3, 5})):
            echo.fault = fault
            for words in (("run", out, "--json"), ("check", out)):
                assert command(*words) in codes, f"{fault}: {said[-2000:]}"
        if case.renews:
            echo.fault = "half a token"
            case.expire(echo.inner)
            assert command("run", out) in (5, 75), said[-2000:]
            echo.fault = "denied when renewed"
            assert command("run", out) == 3, said[-2000:]
        echo.fault = ""
        assert command("run", out, "--json") in (0, 6), said[-3000:]
        for name in ("verify", "report", "status"):
            assert command(name, out) in (0, 6)
        echo.fault = "writes"
        assert command("run", back) in (3, 6), said[-3000:]
        assert command("report", back, "--json") == 0
        assert echo.writes > 0
    assert other.calls == []
    secrets = {one for one in (case.secret, *case.parts, *echo.seen, "fresh-acc3ss", "fresh-refr3sh") if len(one) > 5}
    assert len(echo.seen) > (case.vendor != "planfix")
    assert leaks(folder, secrets, said) == []
    assert list((folder / "out").rglob("replies/*"))
    for path in folder.glob("*/runs/**/*"):
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_no_secret_is_among_the_arguments_of_any_process(tmp_path: Path) -> None:
    """Everybody on the machine may read those."""
    async with pair("worksection", "planfix", tmp_path) as commands:
        commands.file.write_text(commands.file.read_text().replace('rate = "off"', 'rate = "1/1s"'))
        process = await commands.start("run", str(commands.file))
        try:
            while not list(tmp_path.glob("runs/*/checkpoint.db-wal")):  # noqa: ASYNC110  it is at work then
                await asyncio.sleep(0.02)
            told = [path.read_bytes() for path in family(process.pid)]
        finally:
            process.send_signal(signal.SIGINT)
            await process.communicate()
    assert any(b"migrator" in words for words in told)
    assert not [words for words in told for secret in commands.env.values() if secret.encode() in words]


def family(pid: int) -> list[Path]:
    """Where the system shows the arguments of a process and of all that it has started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [Path(f"/proc/{pid}/cmdline"), *(path for child in children for path in family(int(child)))]
