"""Reading a Planfix account over a real socket: the cheapest plan, its fallback, pages, links to bytes, quota and rights."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from migrator.errors import AccessDenied, Refused, TryLater
from migrator.http import Answer, Effect, Request, Verdict
from migrator.model import Comment, Cost, Entity, File, Issue, Kind, Ref
from migrator.sandbox.planfix import Limits as SandboxLimits
from migrator.sandbox.planfix import Planfix
from migrator.sandbox.server import Call, Reply, Running, Sandbox, serve
from migrator.vendor import Account, Limits, Source, Wire
from migrator.vendors.planfix import VENDOR, plan
from migrator.vendors.planfix.client import LINK, PAGE, judge
from tests.conformance.source_suite import Walk, decoded, walk
from tests.vendors.bench import NoQuota
from tests.vendors.planfix_caller import TOKEN, sample
from tests.vendors.planfix_openapi import check_request

Model = TypeVar("Model")
SITE = "https://lad.planfix.ru"
DOWNLOAD = Request("GET", "https://acme.planfix.ru/rest/file/5/download", Effect.READ, "file 5", bytes=True)
BY_DAYS = "/rest/comment/list"


@asynccontextmanager
async def opened(running: Running, folder: Path, token: str = TOKEN, **options: str | bool) -> AsyncIterator[Source]:
    account = Account(
        "planfix",
        url=f"{running.url}/rest",
        secret=token,
        time_zone="Europe/Kyiv",
        limits=Limits(requests=0, period=1.0, parallel=3, timeout=30.0),
        options={"site": SITE, **options},
    )
    assert VENDOR.open_source is not None
    async with VENDOR.open_source(account, Wire(NoQuota(), folder, wait=False)) as source:
        yield source


class Result:
    """What a source gave, and what was asked of the account for it."""

    def __init__(self, source: Source, done: Walk, running: Running) -> None:
        pairs, self.issues = decoded(source, done)
        self.done = done
        self.entities: dict[Ref, Entity] = {}
        for _, entity in pairs:
            self.entities.setdefault(entity.ref, entity)
        self.asked = Counter(entry.call.path for entry in running.log)
        self.calls = [entry.call for entry in running.log]

    def every(self, model: type[Model]) -> list[Model]:
        return [entity for entity in self.entities.values() if isinstance(entity, model)]

    def ids(self, kind: Kind) -> set[str]:
        return {ref.id for ref in self.entities if ref.kind is kind}

    def found(self, code: str) -> list[Issue]:
        return [issue for issue in self.issues if issue.code == code]


async def read_whole(folder: Path, account: dict[str, Any], wrap: Any = None, **options: str | bool) -> Result:
    planfix: Sandbox = Planfix(account)
    async with serve(wrap(planfix) if wrap else planfix) as running, opened(running, folder, **options) as source:
        result = Result(source, await walk(source), running)
        assert not running.writes
        return result


def crowded(tasks: int, **options: Any) -> dict[str, Any]:
    """The sample account with so many tasks more, one a day, each with a comment; by then reading by days is the cheaper plan."""
    account = sample(**options)
    start = datetime(2024, 1, 1, 9, tzinfo=UTC)
    for number in range(tasks):
        at = f"{start + timedelta(days=number % 300):%Y-%m-%dT%H:%MZ}"
        id = 1000 + number
        place = {"id": id, "name": f"Позиция {number}", "status": 1, "processId": 1, "project": 1, "assigner": "user:2"}
        account["tasks"].append({**place, "dateTime": at, "dateOfLastUpdate": at, "description": f"Текст {number}"})
        account["comments"].append({"id": 5000 + number, "task": id, "first": True})
        account["comments"].append(
            {"id": 20_000 + number, "task": id, "owner": "user:3", "dateTime": at, "description": f"Слово {number}"}
        )
    return account


# -- the whole sample account ---------------------------------------------------------------------------------------


async def test_the_sample_account_is_read_whole(tmp_path: Path) -> None:
    account = sample()
    result = await read_whole(tmp_path, account)
    assert result.ids(Kind.PERSON) == {f"user:{one['id']}" for one in account["users"]}
    assert result.ids(Kind.CONTACT) | result.ids(Kind.COMPANY) == {
        f"contact:{one['id']}" for one in account["contacts"]
    }
    assert result.ids(Kind.PROJECT) == {str(one["id"]) for one in account["projects"]}
    assert result.ids(Kind.TASK) == {str(one["id"]) for one in account["tasks"]}
    assert result.ids(Kind.FILE) == {str(one["id"]) for one in account["files"]}
    assert result.ids(Kind.COST) == {str(one["key"]) for one in account["entries"]}
    assert len(result.ids(Kind.CHECKITEM)) == len(account["items"])
    moved = [
        one["id"]
        for one in account["comments"]
        if one.get("task") and one.get("description") and not one.get("first") and not one.get("isDeleted")
    ]
    assert result.ids(Kind.COMMENT) == set(map(str, moved))
    assert {issue.code for issue in result.issues} == {"unsupported"}


async def test_every_request_is_in_the_vendors_specification(tmp_path: Path) -> None:
    for account in (sample(), crowded(120)):
        for call in (await read_whole(tmp_path, account)).calls:
            check_request(call.method, call.path, json.loads(call.body) if call.body else None)


async def test_costs_keep_day_person_time_and_money(tmp_path: Path) -> None:
    costs = {cost.ref.id: cost for cost in (await read_whole(tmp_path, sample())).every(Cost)}
    assert [(f"{one.day}", one.minutes, f"{one.money}", one.person and one.person.id) for one in costs.values()] == [
        ("2024-04-11", 210, "0", "user:13"),
        ("2024-04-12", 75, "0", "user:13"),
        ("2025-03-12", 0, "1840.75", "user:8"),
    ]


# -- comments: by days, or task by task -----------------------------------------------------------------------------


async def test_many_tasks_have_their_comments_read_by_days(tmp_path: Path) -> None:
    result = await read_whole(tmp_path, crowded(120))
    assert result.asked[BY_DAYS]
    assert not [path for path in result.asked if path.endswith("/comments/list")]
    assert len(result.ids(Kind.COMMENT)) == 120 + 4


async def test_no_slice_is_longer_than_a_week_but_that_before_all_tasks(tmp_path: Path) -> None:
    result = await read_whole(tmp_path, crowded(120))
    slices = [json.loads(call.body)["filters"][0]["value"] for call in result.calls if call.path == BY_DAYS]
    days = [
        [datetime.strptime(one[side], "%d-%m-%Y").replace(tzinfo=UTC) for side in ("dateFrom", "dateTo")]
        for one in slices
    ]
    assert [end - start < timedelta(days=7) for start, end in days] == [False] + [True] * (len(days) - 1)
    assert all(later[0] == earlier[1] for earlier, later in pairwise(days))


async def test_few_tasks_have_their_comments_read_one_by_one(tmp_path: Path) -> None:
    account = sample()
    result = await read_whole(tmp_path, account)
    assert not result.asked[BY_DAYS]
    assert sum(count for path, count in result.asked.items() if path.endswith("/comments/list")) == len(
        account["tasks"]
    )


async def test_an_account_without_the_account_wide_list_gives_the_same_comments(tmp_path: Path) -> None:
    whole = await read_whole(tmp_path, crowded(120))
    account = crowded(120, comment_list=False)
    alone = await read_whole(tmp_path, account)
    assert alone.asked[BY_DAYS] == 1
    assert {one.ref: one for one in alone.every(Comment)} == {one.ref: one for one in whole.every(Comment)}


class Deaf:
    """An account that does not heed the days it is asked for."""

    name = "planfix"

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def handle(self, call: Call) -> Reply:
        if call.path == BY_DAYS:
            body = call.json()
            body["filters"][0]["value"] |= {"dateFrom": "01-01-1990", "dateTo": "01-01-2090"}
            call = replace(call, body=json.dumps(body).encode())
        return self._sandbox.handle(call)


async def test_a_filter_that_is_not_heeded_is_noticed_at_once(tmp_path: Path) -> None:
    result = await read_whole(tmp_path, crowded(120), Deaf)
    assert result.asked[BY_DAYS] == 1
    assert len(result.ids(Kind.COMMENT)) == 120 + 4


async def test_comments_older_than_every_task_are_found(tmp_path: Path) -> None:
    account = crowded(120)
    account["comments"].append(
        {
            "id": 90_000,
            "task": 101,
            "owner": "user:3",
            "dateTime": "2011-05-05T05:05Z",
            "description": "Ещё до переезда",
        }
    )
    assert "90000" in (await read_whole(tmp_path, account)).ids(Kind.COMMENT)


# -- pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tasks", "requests"), [(99, 1), (100, 2), (101, 2), (199, 3), (250, 3)])
async def test_lists_end_with_a_page_that_is_not_full(tmp_path: Path, tasks: int, requests: int) -> None:
    account = sample() | {"comments": [], "items": [], "entries": []}
    account["tasks"] = crowded(tasks)["tasks"][-tasks:]
    async with serve(Planfix(account)) as running, opened(running, tmp_path) as source:
        ids, cursor = set(), None
        while True:
            page = await source.page("tasks", "", cursor, lambda _: iter(()))
            ids |= {record["id"] for record in page.records}
            assert len(page.records) <= PAGE
            if (cursor := page.next) is None:
                break
        assert len(ids) == tasks
        assert len(running.log) == requests


@given(st.lists(st.tuples(st.integers(0, 330), st.integers(1, 160)), max_size=4), st.integers(250, 330))
@example([(0, 1)], 260)
@example([(99, 1)], 260)
@example([], 260)
@example([(0, 150)], 260)
@example([(330, 1), (330, 1), (0, 160)], 330)
def test_rows_deleted_between_two_pages_hide_no_others(gone: list[tuple[int, int]], count: int) -> None:
    """`gone`: which rows are deleted after the first page, after the second, ..."""
    rows, read, cursor = list(range(count)), set(), None
    deletions = iter(gone)
    while True:
        at = plan.Cursor.parse(cursor)
        page = rows[at.offset : at.offset + PAGE]
        read |= set(page)
        start, length = next(deletions, (0, 0))
        rows = [row for row in rows if not start <= row < start + length]
        if (cursor := plan.next_cursor(at, [str(row) for row in page], PAGE)) is None:
            break
    assert set(rows) <= read


def test_a_list_in_no_order_comes_to_an_end() -> None:
    cursor, asked = None, 0
    while True:
        at = plan.Cursor.parse(cursor)
        page = [f"{5000 - asked}{number}" for number in range(at.offset, min(at.offset + PAGE, 1000))]
        asked += 1
        if (cursor := plan.next_cursor(at, page, PAGE)) is None:
            break
    assert asked < 60


# -- what hangs on tasks --------------------------------------------------------------------------------------------


async def test_without_checklists_none_is_asked_for(tmp_path: Path) -> None:
    result = await read_whole(tmp_path, sample(), checklists=False)
    assert not [path for path in result.asked if "checklist" in path]
    assert not result.ids(Kind.CHECKITEM)


async def test_a_file_in_two_places_arrives_in_both(tmp_path: Path) -> None:
    account = sample()
    next(one for one in account["comments"] if one["id"] == 6)["files"] = [4]
    async with serve(Planfix(account)) as running, opened(running, tmp_path) as source:
        result = Result(source, await walk(source), running)
        files = [file for file in result.every(File) if file.ref.id.startswith("4")]
        assert {(file.ref.id, str(file.on)) for file in files} == {("4", "comment:6"), ("4@comment:7", "comment:7")}
        bodies = {(await source.body(file, tmp_path / "body")).sha256 for file in files}
    assert bodies == {hashlib.sha256("скан підпису\n".encode()).hexdigest()}


async def test_an_image_that_is_gone_is_refused(tmp_path: Path) -> None:
    account = sample()
    comment = next(one for one in account["comments"] if one["id"] == 9)
    comment["description"] = f'<img src="{SITE}/?action=getfile&amp;uniqueid=77">'
    async with serve(Planfix(account)) as running, opened(running, tmp_path) as source:
        done = Walk()
        for read in source.reads[:-1]:
            done.records[read.name] = [
                record
                for scope in source.scopes(read.name, done.seen)
                for record in (await source.page(read.name, scope, None, done.seen)).records
            ]
        assert list(source.scopes("loose_files", done.seen)) == ["file:77"]
        with pytest.raises(Refused, match="7000"):
            await source.page("loose_files", "file:77", None, done.seen)


# -- bytes ----------------------------------------------------------------------------------------------------------


async def test_bytes_come_from_the_storage_without_the_token(tmp_path: Path) -> None:
    file = File(ref=Ref(Kind.FILE, "3"), on=Ref(Kind.TASK, "101"), name="Договір")
    async with serve(Planfix(sample())) as running, opened(running, tmp_path) as source:
        body = await source.body(file, tmp_path / "body")
    assert body.path.read_text() == "Договір оренди майстерні, проєкт від 10.01.2024\n"
    first, second = running.log
    assert (first.reply.status, "Authorization" in first.call.headers) == (302, True)
    assert (second.call.path[:9], "Authorization" in second.call.headers) == ("/storage/", False)


class RunOut:
    """An account whose first link to a file has run out when it is followed."""

    name = "planfix"

    def __init__(self) -> None:
        self.links = 0

    def handle(self, call: Call) -> Reply:
        if call.path.endswith("/download"):
            self.links += 1
            return Reply(302, b"", {"Location": f"{call.base}/storage/{self.links}"})
        if call.path.endswith("/1"):
            return Reply(403, b"<Error><Code>AccessDenied</Code></Error>", {"Content-Type": "application/xml"})
        return Reply(200, b"bytes", {"Content-Type": "application/octet-stream"})


async def test_a_link_that_ran_out_is_asked_for_once_more(tmp_path: Path) -> None:
    file = File(ref=Ref(Kind.FILE, "3"), on=Ref(Kind.TASK, "101"), name="Договір")
    async with serve(RunOut()) as running, opened(running, tmp_path) as source:
        assert (await source.body(file, tmp_path / "body")).size == 5
    assert len(running.log) == 4


@pytest.mark.parametrize(
    ("answer", "verdict", "code"),
    [
        (Answer(302, {"Location": "https://storage.example.com/5?signature=x"}, b""), Verdict.DONE, ""),
        (Answer(302, {"Location": "https://work.acme.com/rest/file/5/download"}, b""), Verdict.DENIED, "302"),
        (Answer(200, {"Content-Type": "application/octet-stream"}, b""), Verdict.DONE, ""),
        (Answer(403, {"Content-Type": "application/xml"}, b"<Error>"), Verdict.REFUSED, LINK),
        (Answer(400, {}, b'{"result":"fail","code":7000,"error":"File not found by id 5"}'), Verdict.REFUSED, "7000"),
        (Answer(403, {}, b'{"result":"fail","code":22,"error":"limit"}'), Verdict.QUOTA, "22"),
        (Answer(503, {"Content-Type": "text/html"}, b"<html>"), Verdict.BUSY, ""),
    ],
)
def test_downloads_are_judged_by_where_they_lead(answer: Answer, verdict: Verdict, code: str) -> None:
    judgement = judge(DOWNLOAD, answer)
    assert (judgement.verdict, judgement.code) == (verdict, code)


# -- quota and rights -----------------------------------------------------------------------------------------------


async def test_a_spent_quota_stops_the_run_with_the_vendors_own_wait(tmp_path: Path) -> None:
    sandbox = Planfix(sample(), limits=SandboxLimits(per_second=None, per_day=3))
    async with serve(sandbox) as running, opened(running, tmp_path) as source:
        with pytest.raises(TryLater) as stopped:
            await walk(source)
    assert len(running.refused) == 1
    assert stopped.value.seconds is not None
    assert 0 < stopped.value.seconds <= 86_400


async def test_a_missing_scope_stops_the_run(tmp_path: Path) -> None:
    account = sample()
    account["tokens"][0]["scopes"].remove("project_readonly")
    async with serve(Planfix(account)) as running, opened(running, tmp_path) as source:
        with pytest.raises(AccessDenied):
            await source.page("projects", "", None, Walk().seen)
        assert running.log[-1].reply.status == 405


async def test_the_readonly_token_suffices(tmp_path: Path) -> None:
    async with serve(Planfix(sample())) as running, opened(running, tmp_path, "planfix-sample-read-token") as source:
        assert len(Result(source, await walk(source), running).ids(Kind.TASK)) == len(sample()["tasks"])


# -- check ----------------------------------------------------------------------------------------------------------


async def test_check_tells_what_will_not_be_read(tmp_path: Path) -> None:
    async with serve(Planfix(sample())) as running, opened(running, tmp_path, checklists=False) as source:
        checks = {check.name: check for check in await source.check()}
    assert checks["planfix access"].status == "ok"
    assert checks["planfix data tags"].seen == "time: Учёт времени; money: Расходы"
    assert checks["planfix checklists"].status == "warning"
    assert "recurrences" in checks["planfix unseen"].seen


@pytest.mark.parametrize("option", ["time_tag", "money_tag", "plan_minutes", "plan_money"])
async def test_check_finds_options_that_name_nothing(tmp_path: Path, option: str) -> None:
    async with serve(Planfix(sample())) as running, opened(running, tmp_path, **{option: "Нет такого"}) as source:
        (wrong,) = [check for check in await source.check() if check.status == "error"]
    assert option in wrong.fix


async def test_check_of_a_wrong_token_is_an_error_with_its_fix(tmp_path: Path) -> None:
    async with serve(Planfix(sample())) as running, opened(running, tmp_path, "wrong") as source:
        (check,) = await source.check()
    assert (check.status, "readonly" in check.fix) == ("error", True)
