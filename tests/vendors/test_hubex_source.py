"""Reading a HubEx account over a real socket: access, judgements, pages, the cheapest plan, and the bytes of files."""

from __future__ import annotations

import asyncio
import base64
import copy
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import pytest

from migrator.errors import AccessDenied, ContractBroken, InDoubt, Refused
from migrator.http import Answer, Effect, Request, Upload, Verdict
from migrator.model import CheckItem, Comment, Cost, Entity, File, Issue, Kind, Project, Ref, Task
from migrator.sandbox.hubex import HubEx
from migrator.sandbox.server import Call, Reply, Running, serve
from migrator.secrets import Secrets
from migrator.vendor import Account, Limits, Page, Record, Source, Wire
from migrator.vendors.hubex import VENDOR
from migrator.vendors.hubex.auth import ServiceToken
from migrator.vendors.hubex.client import Client, api_address, judge, open_client
from tests.vendors.bench import NoQuota

Model = TypeVar("Model")
SAMPLE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "samples" / "hubex-account.json").read_text())
SERVICE = "hubex-sample-service-token"
API = "https://api.hubex.ru/fsm"
SIGNED = {"Authorization": "Bearer x"}
LIVE = [task for task in SAMPLE["tasks"] if not task.get("deleted")]


def account(url: str, secret: str = SERVICE, **options: str | int | bool) -> Account:
    limits = Limits(requests=0, period=1.0, parallel=8, timeout=60.0)
    return Account("hubex", url=url, secret=secret, time_zone="Europe/Moscow", limits=limits, options=options)


def sample(**options: Any) -> HubEx:
    return HubEx({**copy.deepcopy(SAMPLE), "options": options})


@asynccontextmanager
async def opened(
    running: Running, folder: Path, secret: str = SERVICE, **options: str | int | bool
) -> AsyncIterator[Source]:
    assert VENDOR.open_source is not None
    async with VENDOR.open_source(account(running.url, secret, **options), Wire(NoQuota(), folder)) as source:
        yield source


@dataclass
class Extract:
    """All that a source gave."""

    records: dict[str, dict[str, Record]] = field(default_factory=dict)
    entities: dict[str, Entity] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def seen(self, read: str) -> Iterator[Record]:
        return iter(self.records.get(read, {}).values())

    def every(self, model: type[Model]) -> list[Model]:
        return [entity for entity in self.entities.values() if isinstance(entity, model)]


async def read_all(source: Source, *reads: str) -> Extract:
    """Make the reads (none named: all), in order, and decode them."""
    extract = Extract()
    for read in source.reads:
        if reads and read.name not in reads:
            continue
        records = extract.records[read.name] = {}
        for scope in source.scopes(read.name, extract.seen):
            page = Page((), next="")
            while page.next is not None:
                page = await source.page(read.name, scope, page.next or None, extract.seen)
                ids = [source.record_id(read.name, record) for record in page.records]
                assert not set(ids) & set(records), f"{read.name}: two records of one id"
                records.update(zip(ids, page.records, strict=True))
        decode = source.decoder(read.name, extract.seen)
        for record in records.values():
            decoded = decode(record)
            for entity in decoded.entities:
                extract.entities.setdefault(str(entity.ref), entity)
            extract.issues += decoded.issues
    return extract


def plain_tasks(count: int) -> list[Record]:
    """Tasks with nothing on them."""
    plain = {"taskTypeID": 1, "requestMethodID": 4, "created": "2025-01-01T00:00:00"}
    return [{"id": number, "number": f"{number:05}", **plain} for number in range(1, count + 1)]


def asked(running: Running) -> Counter[str]:
    """How often each path was asked for, ids left out."""
    paths = (entry.call.path.removeprefix("/fsm/") for entry in running.log)
    return Counter("/".join("*" if part.isdigit() else part for part in path.split("/")) for path in paths)


def contents() -> dict[str, bytes]:
    """The bytes of the sample's files, by id."""
    return {
        str(one["id"]): base64.b64decode(one["base64"]) if "base64" in one else one["text"].encode()
        for one in SAMPLE["attachments"]
    }


# -- the whole sample account ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("details", [True, False])
async def test_the_sample_account_is_read_whole(tmp_path: Path, details: bool) -> None:
    async with serve(sample()) as running, opened(running, tmp_path, details=details) as source:
        extract = await read_all(source)
    assert {int(task.ref.id) for task in extract.every(Task)} == {task["id"] for task in LIVE}
    assert len(extract.every(Comment)) == sum(len(live(task, "conversations")) for task in LIVE)
    assert len(extract.every(Project)) == sum(not asset.get("deleted") for asset in SAMPLE["assets"])
    works = [work for task in LIVE for work in live(task, "works")]
    technicians = sum(max(1, len(work.get("technicians", []))) for work in works)
    assert len(extract.every(Cost)) == technicians + sum(len(work.get("materials", [])) for work in works)
    assert sum(len(task.get("checkLists", [])) for task in LIVE) == len(
        {(one.on, one.title.partition(": ")[0]) for one in extract.every(CheckItem)}
    )
    placed = {id for task in LIVE for id in files_of(task)} | {
        id for asset in SAMPLE["assets"] if not asset.get("deleted") for id in asset.get("attachments", [])
    }
    there = {one["id"] for one in SAMPLE["attachments"] if not one.get("deleted")}
    assert {int(file.ref.id) for file in extract.every(File)} == placed & there


def live(task: Record, part: str) -> list[Record]:
    return [one for one in task.get(part, []) if not one.get("deleted")]


def files_of(task: Record) -> list[int]:
    messages = [id for one in live(task, "conversations") for id in one.get("attachments", [])]
    works = [id for one in live(task, "works") for id in one.get("attachments", [])]
    return [*task.get("attachments", []), *messages, *works]


@pytest.mark.parametrize(
    "options", [{}, {"details": False, "project_details": False}, {"project": "company"}, {"project": "contract"}]
)
async def test_no_key_of_the_sample_is_unknown(tmp_path: Path, options: dict[str, Any]) -> None:
    async with serve(sample()) as running, opened(running, tmp_path, **options) as source:
        extract = await read_all(source)
    assert [issue for issue in extract.issues if issue.code == "unknown-field"] == []
    assert extract.every(Task)
    assert {issue.code for issue in extract.issues} <= {"unsupported", "deleted", "unreadable"}


async def test_every_project_and_owner_that_is_named_is_there(tmp_path: Path) -> None:
    async with serve(sample()) as running, opened(running, tmp_path) as source:
        extract = await read_all(source)
    for entity in extract.entities.values():
        refs = [getattr(entity, name, None) for name in ("on", "project", "parent")]
        assert all(str(ref) in extract.entities for ref in refs if isinstance(ref, Ref)), entity


async def test_reading_changes_nothing_and_lists_are_never_asked_for_without_a_range(tmp_path: Path) -> None:
    async with serve(sample()) as running, opened(running, tmp_path) as source:
        await read_all(source)
    assert running.writes == []
    assert {entry.call.method for entry in running.log if not entry.call.path.endswith("AccessTokens")} == {"GET"}
    bare = {path for entry in running.log if "Range" not in entry.call.headers for path in asked_of(entry.call)}
    assert bare == {"AUTHZ/AccessTokens", "WORK/Tasks/*", "WORK/Tasks/*/tags", "ES/Assets/*", "ES/Assets/*/tags"}


def asked_of(call: Call) -> set[str]:
    return {"/".join("*" if part.isdigit() else part for part in call.path.removeprefix("/fsm/").split("/"))}


async def test_the_plan_asks_only_for_what_is_said_to_be_there(tmp_path: Path) -> None:
    async with serve(sample()) as running, opened(running, tmp_path) as source:
        await read_all(source)
    counts = asked(running)
    worked = sum(bool(live(task, "works")) for task in LIVE)
    listed = sum(bool(task.get("checkLists")) for task in LIVE)
    assert counts["WORK/Tasks/*"] == counts["WORK/Tasks/*/conversations"] == len(LIVE)
    assert counts["WORK/Tasks/*/completedWorks"] == counts["WORK/Tasks/*/completedWorks/materials"] == worked
    assert counts["WORK/Tasks/*/checkLists"] == listed
    assert counts["COMMON/Attachments"] == -(-len(LIVE) // 50) + 1  # by fifty tasks, and the assets together
    assert counts["WORK/TaskAttributes"] == 0


async def test_the_way_through_the_stages_is_read_if_asked_for(tmp_path: Path) -> None:
    async with serve(sample()) as running, opened(running, tmp_path, history=True) as source:
        extract = await read_all(source, *(read.name for read in source.reads if Kind.TASK in read.yields))
    moved = next(task for task in LIVE if len(task.get("stages", [])) > 5)
    task = next(one for one in extract.every(Task) if one.ref.id == str(moved["id"]))
    names = {row["id"]: row["name"] for row in SAMPLE["task_stages"]}
    told = task.fields["stages"]
    assert [line.partition(" ")[2].partition(":")[0] for line in told] == [
        names[row["stageID"]] for row in moved["stages"]
    ]
    assert told[0].startswith("2025-01-20T16:41+03:00 ")  # 13:41 UTC, in Moscow
    assert asked(running)["WORK/Tasks/*/stages"] == len(LIVE)
    assert [issue for issue in extract.issues if issue.code == "unknown-field"] == []


async def test_without_details_attributes_are_asked_for_fifty_tasks_at_once(tmp_path: Path) -> None:
    async with serve(sample()) as running, opened(running, tmp_path, details=False) as source:
        extract = await read_all(source, "task_attributes", "task_index", "project_index", "tasks")
    counts = asked(running)
    assert counts["WORK/TaskAttributes"] == -(-len(LIVE) // 50)
    assert counts["WORK/Tasks/*"] == 0
    (task,) = [task for task in extract.every(Task) if task.ref.id == "118"]
    assert task.fields["Заменённые узлы"] == ("Двери", "Плата")


async def test_an_account_without_files_is_probed_and_nothing_more(tmp_path: Path) -> None:
    bare = {**copy.deepcopy(SAMPLE), "tasks": plain_tasks(120), "assets": [], "tags": [], "options": {}}
    async with serve(HubEx(bare)) as running, opened(running, tmp_path) as source:
        extract = await read_all(source)
    counts = asked(running)
    assert len(extract.every(Task)) == 120
    assert (counts["COMMON/Attachments"], counts["WORK/Tasks/*/attachments"], counts["WORK/Tasks/*/tags"]) == (3, 0, 0)


async def test_a_task_that_goes_between_list_and_detail_is_read_as_listed(tmp_path: Path) -> None:
    async with serve(sample()) as running, opened(running, tmp_path) as source:
        extract = await read_all(source, "tags", "task_index")
        row = {**extract.records["task_index"]["101"], "id": "99999"}
        extract.records["task_index"]["99999"] = row
        page = await source.page("tasks", "task:99999", None, extract.seen)
    assert page.records == ({**row, "tags": []},)


# -- pages ----------------------------------------------------------------------------------------------------------


def crowd(count: int, **options: Any) -> HubEx:
    return HubEx({**copy.deepcopy(SAMPLE), "tasks": plain_tasks(count), "options": options})


@asynccontextmanager
async def connected(url: str, folder: Path, *, writable: bool = False, **options: Any) -> AsyncIterator[Client]:
    async with open_client(account(url, **options), Wire(NoQuota(), folder, writable=writable)) as client:
        yield client


@pytest.mark.parametrize("count", [499, 500, 501, 1203])
@pytest.mark.parametrize("past_end", [204, 206, 416])
async def test_all_pages_of_a_list_are_read(tmp_path: Path, count: int, past_end: int) -> None:
    async with serve(crowd(count, past_end=past_end)) as running, connected(running.url, tmp_path) as client:
        rows = await client.list("WORK/Tasks")
        beyond = await client.page("WORK/Tasks", (), count + 1, 50)
        assert (await client.head("WORK/Tasks"), await client.head("COMMON/Contacts")) == (count, None)
    assert sorted(int(key) for key, _ in rows) == list(range(1, count + 1))
    assert beyond[:2] == ([], None)


async def test_a_smaller_page_than_asked_for_is_followed(tmp_path: Path) -> None:
    async with serve(crowd(333, range_rows=100)) as running, connected(running.url, tmp_path) as client:
        assert len(await client.list("WORK/Tasks")) == 333


@dataclass
class Script:
    """A server that exchanges any service token and answers the rest by a function."""

    answer: Callable[[Call], Reply]
    name: str = "script"
    exchanges: int = 0

    def handle(self, call: Call) -> Reply:
        if call.path.endswith("/AUTHZ/AccessTokens"):
            self.exchanges += 1
            return Reply.json({"access_token": f"token-{self.exchanges}", "expires_in": 1800})
        return self.answer(call)


def window(call: Call) -> tuple[int, int]:
    first, last = call.headers["Range"].removeprefix("items=").split("-")
    return int(first), int(last)


@pytest.mark.parametrize("count", [3, 500, 777])
async def test_a_list_that_heeds_no_range_is_taken_once(tmp_path: Path, count: int) -> None:
    whole = Reply.json({str(n): {"name": str(n)} for n in range(count)})
    async with serve(Script(lambda _: whole)) as running, connected(running.url, tmp_path) as client:
        assert len(await client.list("ES/Companies")) == count


async def test_a_list_that_heeds_the_range_and_does_not_say_so_is_read_to_its_end(tmp_path: Path) -> None:
    def some(call: Call) -> Reply:
        first, last = window(call)
        return Reply.json([{"id": n} for n in range(first, min(last, 1000) + 1)]) if first <= 1000 else Reply(204)

    async with serve(Script(some)) as running, connected(running.url, tmp_path) as client:
        assert len(await client.list("TSTG/TaskStages")) == 1000


async def test_a_list_cut_at_the_cap_is_not_trusted(tmp_path: Path) -> None:
    cut = Reply.json([{"id": n} for n in range(10_000)])
    async with serve(Script(lambda _: cut)) as running, connected(running.url, tmp_path) as client:
        with pytest.raises(ContractBroken, match="the list is cut"):
            await client.list("ES/Assets")


async def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    async with serve(sample()) as running, connected(running.url, tmp_path) as client:
        assert await client.read("WORK/Tasks/424242") is None
        assert await client.list("WORK/Tasks/424242/conversations") == []


# -- access ---------------------------------------------------------------------------------------------------------


async def test_a_wrong_service_token_is_denied(tmp_path: Path) -> None:
    async with serve(sample()) as running, opened(running, tmp_path, "wrong") as source:
        with pytest.raises(AccessDenied, match="service token"):
            await source.page("users", "", None, Extract().seen)
        (check,) = await source.check()
    assert (check.status, "service token" in check.fix) == ("error", True)


async def test_an_expired_token_is_exchanged_once_for_all_who_wait(tmp_path: Path) -> None:
    sandbox = sample()
    async with serve(sandbox) as running, connected(running.url, tmp_path) as client:
        await client.list("COMMON/Tags")
        sandbox.state.access.clear()
        await asyncio.gather(*(client.read(f"WORK/Tasks/{id}") for id in range(101, 107)))
    assert asked(running)["AUTHZ/AccessTokens"] == 2


async def test_the_first_token_is_exchanged_once_for_all_who_wait(tmp_path: Path) -> None:
    async with serve(sample()) as running, connected(running.url, tmp_path) as client:
        await asyncio.gather(*(client.read(f"WORK/Tasks/{id}") for id in range(101, 107)))
    assert asked(running)["AUTHZ/AccessTokens"] == 1


async def test_a_token_that_is_never_good_ends_the_run(tmp_path: Path) -> None:
    script = Script(lambda _: Reply.json([{"code": "Unauthorized", "message": "token"}], 401))
    async with serve(script) as running, connected(running.url, tmp_path) as client:
        with pytest.raises(AccessDenied, match="token"):
            await client.read("WORK/Tasks/1")
    assert script.exchanges == 2


async def test_a_token_is_exchanged_before_it_runs_out() -> None:
    now, given = 0.0, iter(range(1, 9))

    async def send(_: Request) -> Answer:
        return Answer(200, {}, json.dumps({"access_token": f"token-{next(given)}", "expires_in": 1800}).encode())

    token = ServiceToken(account(API), API, send, Secrets(), clock=lambda: now)
    signed: list[str] = []
    for now in (0.0, 1499.0, 1500.0, 2999.0, 3000.0):  # noqa: B007  the clock reads it
        await token.ready()
        signed.append(token.sign(Request("GET", f"{API}/WORK/Tasks", Effect.READ, "x")).headers["Authorization"][-1])
    assert signed == ["1", "1", "2", "2", "3"]


async def test_the_exchange_goes_without_a_token_and_all_say_the_application(tmp_path: Path) -> None:
    async with serve(sample()) as running, connected(running.url, tmp_path, application=5) as client:
        await client.read("WORK/Tasks/101")
    exchange, read = (entry.call for entry in running.log)
    assert "Authorization" not in exchange.headers
    assert read.headers["Authorization"].startswith("Bearer ")
    assert {call.headers["X-Application-ID"] for call in (exchange, read)} == {"5"}


def test_the_service_token_is_in_no_repr() -> None:
    assert SERVICE not in repr(account(API))


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("https://api.hubex.ru/fsm", API),
        ("https://api.hubex.ru/fsm/", API),
        ("https://api.hubex.ru", API),
        ("", API),
        ("https://hubex.acme.example.com/api", "https://hubex.acme.example.com/api"),
    ],
)
def test_the_address_of_the_services(url: str, api: str) -> None:
    assert api_address(url) == api


# -- what answers mean ----------------------------------------------------------------------------------------------

ERROR = b'[{"code":"InvalidData","message":"no"}]'
READ, SET, CREATE = Effect.READ, Effect.SET, Effect.CREATE


@pytest.mark.parametrize(
    ("effect", "status", "body", "verdict", "code"),
    [
        (READ, 200, b"{}", Verdict.DONE, ""),
        (READ, 206, b"[1]", Verdict.DONE, ""),
        (READ, 204, b"", Verdict.DONE, ""),
        (READ, 200, b"", Verdict.BROKEN, ""),
        (READ, 200, b"<html>", Verdict.BROKEN, ""),
        (READ, 206, b'{"1":{"na', Verdict.BROKEN, ""),
        (CREATE, 201, b"[5]", Verdict.DONE, ""),
        (CREATE, 201, b"", Verdict.BROKEN, ""),
        (SET, 202, b"", Verdict.DONE, ""),
        (SET, 201, b"", Verdict.DONE, ""),
        (READ, 404, ERROR, Verdict.DONE, ""),
        (READ, 416, b"", Verdict.DONE, ""),
        (READ, 404, b"<html>", Verdict.REFUSED, "404"),
        (CREATE, 404, ERROR, Verdict.REFUSED, "InvalidData"),
        (CREATE, 409, ERROR, Verdict.REFUSED, "InvalidData"),
        (CREATE, 409, b'{"code":"AlreadyDone"}', Verdict.REFUSED, "AlreadyDone"),
        (CREATE, 409, b'{"id":7,"name":"House"}', Verdict.REFUSED, "409"),
        (CREATE, 422, ERROR, Verdict.REFUSED, "InvalidData"),
        (CREATE, 413, b"<html>", Verdict.REFUSED, "413"),
        (CREATE, 400, b"", Verdict.REFUSED, "400"),
        (READ, 401, b"", Verdict.EXPIRED, "401"),
        (READ, 403, ERROR, Verdict.DENIED, "InvalidData"),
        (READ, 429, b"", Verdict.PACE, ""),
        (CREATE, 500, ERROR, Verdict.BUSY, ""),
        (CREATE, 503, b"", Verdict.BUSY, ""),
        (READ, 301, b"", Verdict.DENIED, "301"),
    ],
)
def test_what_an_answer_means(effect: Effect, status: int, body: bytes, verdict: Verdict, code: str) -> None:
    request = Request("GET" if effect is READ else "POST", f"{API}/WORK/Tasks", effect, "x", headers=SIGNED)
    judgement = judge(request, Answer(status, {}, body))
    assert (judgement.verdict, judgement.code) == (verdict, code)


def test_a_pause_that_is_named_is_kept() -> None:
    request = Request("POST", f"{API}/WORK/Tasks", CREATE, "x", headers=SIGNED)
    for status in (429, 503):
        judgement = judge(request, Answer(status, {"Retry-After": "17"}, b""))
        assert (judgement.verdict, judgement.seconds) == (Verdict.PACE, 17.0)


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, b'{"access_token":"x"}', Verdict.DONE),
        (201, b'{"access_token":"x"}', Verdict.DONE),
        (200, b'{"access_tok', Verdict.BUSY),
        (401, ERROR, Verdict.REFUSED),
        (403, b"", Verdict.REFUSED),
        (409, ERROR, Verdict.REFUSED),
        (502, b"", Verdict.BUSY),
    ],
)
def test_what_an_answer_to_the_exchange_means(status: int, body: bytes, verdict: Verdict) -> None:
    request = Request("POST", f"{API}/AUTHZ/AccessTokens", READ, "x")
    assert judge(request, Answer(status, {}, body)).verdict is verdict


def test_all_messages_of_an_error_are_told() -> None:
    body = json.dumps([{"code": "A", "message": "one"}, {"code": "B", "message": "two"}]).encode()
    request = Request("POST", f"{API}/WORK/Tasks", CREATE, "x", headers=SIGNED)
    assert judge(request, Answer(409, {}, body)).message == "one; two"


async def test_a_page_in_place_of_json_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrator.http._WAIT_FIRST", 0.001)
    async with serve(Script(lambda _: Reply(200, b"<html>"))) as running, connected(running.url, tmp_path) as client:
        with pytest.raises(ContractBroken, match="without the JSON"):
            await client.read("WORK/Tasks/1")


# -- writes ---------------------------------------------------------------------------------------------------------


async def test_a_write_carries_its_stamp_and_is_refused_the_second_time(tmp_path: Path) -> None:
    body, stamp = {"taskTypeID": 1, "requestMethodID": 4, "notes": "x"}, "0c0f3d6e-8a43-4a43-9b51-1d6f1c1f0a11"
    async with serve(sample()) as running, connected(running.url, tmp_path, writable=True) as client:
        made = await client.write("POST", "WORK/Tasks", body, effect=CREATE, about="task", stamp=stamp)
        with pytest.raises(Refused):
            await client.write("POST", "WORK/Tasks", body, effect=CREATE, about="task", stamp=stamp)
        changed = await client.write("DELETE", "WORK/Tasks", [made["id"]], effect=SET, about="task")
    assert running.log[1].call.headers["X-Concurrency-Stamp"] == stamp
    assert [row.get("error") for row in changed or []] in ([], [None])


async def test_a_file_is_uploaded_with_its_form(tmp_path: Path) -> None:
    path = tmp_path / "act.txt"
    path.write_bytes(b"signed")
    async with serve(sample()) as running, connected(running.url, tmp_path, writable=True) as client:
        made = await client.upload(
            "WORK/TaskAttachments/upload/fromForm",
            {"taskID": "101", "isIgnorePossibleDuplication": "true"},
            Upload("File", "act.txt", path),
            effect=CREATE,
            about="file act.txt",
        )
        body = await client.download(str(made["attachmentID"]), tmp_path / "back.txt")
    assert body.path.read_bytes() == b"signed"
    assert made["md5Hash"].lower() == hashlib.md5(b"signed", usedforsecurity=False).hexdigest()


async def test_a_create_without_a_whole_answer_is_in_doubt(tmp_path: Path) -> None:
    async with (
        serve(Script(lambda _: Reply(201, b'{"id":1'))) as running,
        connected(running.url, tmp_path, writable=True) as client,
    ):
        with pytest.raises(InDoubt):
            await client.write("POST", "WORK/Tasks", {}, effect=CREATE, about="task")


# -- bytes ----------------------------------------------------------------------------------------------------------


async def test_files_arrive_byte_by_byte_and_the_storage_sees_no_token(tmp_path: Path) -> None:
    async with serve(sample()) as running, opened(running, tmp_path) as source:
        files = (await read_all(source, "task_index", "tasks", "file_probe", "comments", "works", "task_files")).every(
            File
        )
        for file in files:
            body = await source.body(file, tmp_path / file.ref.id)
            assert body.path.read_bytes() == contents()[file.ref.id]
            assert body.size == file.size
    assert len(files) > 50
    stored = [
        entry.call
        for entry in running.log
        if "/AUTHZ/" not in entry.call.path and "X-Application-ID" not in entry.call.headers
    ]
    assert len(stored) == len(files)
    assert not any("Authorization" in call.headers for call in stored)


async def test_a_link_that_has_run_out_is_asked_for_once_more(tmp_path: Path) -> None:
    links = 0

    def answer(call: Call) -> Reply:
        nonlocal links
        if call.path == "/storage":
            good = dict(parse_qsl(call.query))["n"] == "2"
            return Reply(200, b"bytes") if good else Reply(403, b"<html>expired</html>")
        links += 1
        return Reply(307, headers={"Location": f"{call.base}/storage?n={links}"})

    async with serve(Script(answer)) as running, connected(running.url, tmp_path) as client:
        body = await client.download("5", tmp_path / "5")
    assert (body.path.read_bytes(), links) == (b"bytes", 2)


@pytest.mark.parametrize("id", ["424242", "7"])
async def test_a_file_that_is_not_given_is_refused_and_the_run_goes_on(tmp_path: Path, id: str) -> None:
    sandbox = sample(link_seconds=-1)  # links that have run out before they are followed
    async with serve(sandbox) as running, opened(running, tmp_path) as source:
        with pytest.raises(Refused):
            await source.body(File(ref=Ref(Kind.FILE, id), on=Ref(Kind.TASK, "101"), name="x"), tmp_path / "x")
    assert not (tmp_path / "x").exists()


async def test_a_page_in_place_of_a_redirection_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrator.http._WAIT_FIRST", 0.001)
    async with (
        serve(Script(lambda _: Reply(200, b"<html>log in</html>"))) as running,
        connected(running.url, tmp_path) as client,
    ):
        with pytest.raises(ContractBroken, match="redirection"):
            await client.download("5", tmp_path / "5")


# -- preflight ------------------------------------------------------------------------------------------------------


async def test_check_counts_what_there_is_and_names_what_is_not_read(tmp_path: Path) -> None:
    async with serve(sample()) as running, opened(running, tmp_path, details=False) as source:
        checks = {check.name: check for check in await source.check()}
    assert running.writes == []
    assert checks["hubex contents"].seen == f"{len(LIVE)} tasks, {len(SAMPLE['assets'])} projects (asset)"
    assert checks["hubex people"].seen == f"{len(SAMPLE['users'])} users"
    assert {name for name, check in checks.items() if check.status == "warning"} == {
        "hubex access", "hubex unread", "hubex details", "hubex history", "hubex site",
    }  # fmt: skip


def test_options_are_named_once() -> None:
    names = [option.name for option in VENDOR.options]
    assert len(names) == len(set(names))
