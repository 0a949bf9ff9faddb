"""Reading a Worksection account over a real socket: access, judgements, the cheapest plan, and what happens over the cap."""

from __future__ import annotations

import copy
import hashlib
import json
import stat
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs

import pytest

from migrator.errors import AccessDenied, ContractBroken, InputWrong, Refused
from migrator.http import Answer, Effect, Request, Verdict
from migrator.model import Comment, Cost, Entity, File, Issue, Kind, Ref, Task
from migrator.sandbox.server import Running, serve
from migrator.sandbox.worksection import Worksection
from migrator.vendor import Account, Limits, Record, Source, Wire
from migrator.vendors.worksection import VENDOR, plan
from migrator.vendors.worksection.auth import AdminKey
from migrator.vendors.worksection.client import judge
from tests.vendors.bench import NoQuota

Model = TypeVar("Model")
SAMPLE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "samples" / "worksection-account.json").read_text())
KEY = SAMPLE["account"]["api_key"]
OAUTH = SAMPLE["account"]["oauth"]
PAIR = OAUTH["tokens"][0]
SECRET = json.dumps({"client_id": OAUTH["client_id"], "client_secret": OAUTH["client_secret"], **PAIR})
CALL = Request("POST", "https://acme.worksection.com/api/admin/v2/?action=get_tasks", Effect.READ, "tasks")


@asynccontextmanager
async def opened(running: Running, folder: Path, secret: str = KEY, **options: str | bool) -> AsyncIterator[Source]:
    account = Account(
        "worksection",
        url=running.url,
        secret=secret,
        time_zone="Europe/Kyiv",
        limits=Limits(requests=0, period=1.0, parallel=4, timeout=60.0),
        options={"oauth_url": running.url, **options},
    )
    assert VENDOR.open_source is not None
    async with VENDOR.open_source(account, Wire(NoQuota(), folder)) as source:
        yield source


@dataclass
class Extract:
    """All that a source gave."""

    records: dict[str, dict[str, Record]] = field(default_factory=dict)
    entities: dict[str, Entity] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def seen(self, read: str) -> Iterator[Record]:
        return iter(self.records.get(read, {}).values())

    def count(self, kind: Kind) -> int:
        return sum(entity.ref.kind is kind for entity in self.entities.values())

    def every(self, model: type[Model]) -> list[Model]:
        return [entity for entity in self.entities.values() if isinstance(entity, model)]


async def read_all(source: Source, *reads: str) -> Extract:
    """Make the reads (none named: all), in order, with every part that a scope is split into, and decode them."""
    extract = Extract()
    for read in source.reads:
        if reads and read.name not in reads:
            continue
        records = extract.records[read.name] = {}
        scopes = list(source.scopes(read.name, extract.seen))
        for scope in scopes:
            page = await source.page(read.name, scope, None, extract.seen)
            assert page.next is None
            assert not (page.split and page.records)
            scopes += page.split
            records |= {source.record_id(read.name, record): record for record in page.records}
        decode = source.decoder(read.name, extract.seen)
        for record in records.values():
            decoded = decode(record)
            for entity in decoded.entities:
                extract.entities.setdefault(str(entity.ref), entity)
            extract.issues += decoded.issues
    return extract


def actions(running: Running) -> Counter[str]:
    """How often each action was asked for."""
    return Counter(parse_qs(entry.call.query).get("action", [entry.call.path])[0] for entry in running.log)


# -- the whole sample account ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("auth", "secret"), [("hmac", KEY), ("md5", KEY), ("oauth2", SECRET)])
async def test_the_sample_account_is_read_whole(tmp_path: Path, auth: str, secret: str) -> None:
    sandbox = Worksection(copy.deepcopy(SAMPLE))
    unseen = {
        id for id, task in sandbox.tasks.items() if not task.get("published", True)
    }  # delayed: no action shows them
    async with (
        serve(sandbox) as running,
        opened(running, tmp_path, secret, auth=auth, token_file=str(tmp_path / "t")) as source,
    ):
        extract = await read_all(source)
    assert extract.count(Kind.PERSON) == len(sandbox.users)
    assert extract.count(Kind.PROJECT) == len(sandbox.projects)
    assert {task.ref.id for task in extract.every(Task)} == sandbox.tasks.keys() - unseen
    assert unseen
    assert extract.count(Kind.COMMENT) == sum(one["task"] not in unseen for one in sandbox.comments.values())
    assert extract.count(Kind.COST) == sum(one["task"] not in unseen for one in sandbox.costs.values())
    assert extract.count(Kind.FILE) == len(sandbox.files)
    assert extract.count(Kind.TAG) == len(SAMPLE["task_tags"]) + len(SAMPLE["project_tags"])
    assert extract.count(Kind.FIELD) == len(SAMPLE["task_custom_fields"]) + len(SAMPLE["project_custom_fields"])
    assert extract.count(Kind.CONTACT) == len(SAMPLE["contacts"])
    assert {issue.code for issue in extract.issues} <= {"unreadable", "unsupported"}
    assert not running.writes


async def test_costs_add_up_to_the_vendors_own_sums(tmp_path: Path) -> None:
    async with serve(Worksection(copy.deepcopy(SAMPLE))) as running, opened(running, tmp_path) as source:
        extract = await read_all(source)
        totals = source.totals(extract.seen)
    projects = {task.ref: task.project for task in extract.every(Task)}
    minutes: Counter[str] = Counter()
    for cost in extract.every(Cost):
        minutes[str(projects[cost.on])] += cost.minutes
    assert {name: int(value) for name, value in totals.items() if name.startswith("cost minutes")} == {
        f"cost minutes {project}": spent for project, spent in minutes.items()
    }


async def test_bodies_arrive_whole(tmp_path: Path) -> None:
    sandbox = Worksection(copy.deepcopy(SAMPLE))
    async with serve(sandbox) as running, opened(running, tmp_path) as source:
        extract = await read_all(source, "projects", "tasks", "comments", "project_files")
        for file in extract.every(File):
            body = await source.body(file, tmp_path / "body")
            assert body.size == file.size
            assert body.sha256 == hashlib.sha256((tmp_path / "body").read_bytes()).hexdigest()


async def test_a_file_that_is_gone_is_refused_not_written(tmp_path: Path) -> None:
    gone = File(ref=Ref(Kind.FILE, "999999"), on=Ref(Kind.TASK, "1"), name="gone")
    async with serve(Worksection(copy.deepcopy(SAMPLE))) as running, opened(running, tmp_path) as source:
        with pytest.raises(Refused):
            await source.body(gone, tmp_path / "body")
    assert not (tmp_path / "body").exists()


# -- the cheapest plan ----------------------------------------------------------------------------------------------


async def test_tasks_take_one_request_and_comments_one_for_each_task_that_has_some(tmp_path: Path) -> None:
    async with (
        serve(Worksection(copy.deepcopy(SAMPLE))) as running,
        opened(running, tmp_path, subscribers=False) as source,
    ):
        extract = await read_all(source, "projects", "tasks", "comments")
    commented = {comment.on for comment in extract.every(Comment)}
    assert actions(running)["get_all_tasks"] == 1
    assert actions(running)["get_comments"] == len(commented)


async def test_without_comment_files_only_tasks_that_may_hide_comments_are_asked(tmp_path: Path) -> None:
    async with serve(Worksection(copy.deepcopy(SAMPLE))) as running:
        async with opened(running, tmp_path) as source:
            whole = await read_all(source, "projects", "tasks", "comments")
        before = actions(running)["get_comments"]
        async with opened(running, tmp_path, comment_files=False) as source:
            cheap = await read_all(source, "projects", "tasks", "comments")
    counts = Counter(comment.on for comment in whole.every(Comment))
    assert actions(running)["get_comments"] - before == sum(count >= plan.EMBEDDED for count in counts.values())
    assert cheap.count(Kind.COMMENT) == whole.count(Kind.COMMENT)


async def test_subscribers_are_read_project_by_project(tmp_path: Path) -> None:
    async with (
        serve(Worksection(copy.deepcopy(SAMPLE))) as running,
        opened(running, tmp_path, subscribers=True) as source,
    ):
        extract = await read_all(source, "projects", "tasks")
    assert actions(running)["get_all_tasks"] == 0
    assert actions(running)["get_tasks"] == extract.count(Kind.PROJECT)
    assert any(task.followers for task in extract.every(Task))


async def test_no_values_are_read_where_there_are_no_custom_fields(tmp_path: Path) -> None:
    account = copy.deepcopy(SAMPLE) | {"task_custom_fields": [], "project_custom_fields": []}
    async with serve(Worksection(account)) as running, opened(running, tmp_path) as source:
        await read_all(
            source, "task_fields", "project_fields", "project_index", "project_values", "task_index", "task_values"
        )
    assert set(actions(running)) == {"get_task_custom_fields", "get_project_custom_fields"}


# -- over the cap ---------------------------------------------------------------------------------------------------


def crowded(*, tasks: int = 0, costs: int = 0, days: int = 1, projects: int = 1) -> dict[str, Any]:
    """The sample account with so many tasks, or costs on so many days, more; spread over so many active projects."""
    account = copy.deepcopy(SAMPLE)
    active = [project["id"] for project in account["projects"] if project["status"] == "active"][:projects]
    pattern = {"status": "done", "priority": "1", "user_from": "301", "user_to": "301", "text": ""}
    for number in range(tasks):
        moment = f"2025-{number % 12 + 1:02}-{number % 28 + 1:02} 10:00"
        place = {"id": str(500000 + number), "name": f"Task {number}", "project": active[number % projects]}
        account["tasks"].append(pattern | place | {"date_added": moment, "date_closed": moment})
    homes = [next(task["id"] for task in account["tasks"] if task["project"] == project) for project in active]
    for number in range(costs):
        row = {
            "id": str(700000 + number),
            "task": homes[number % projects],
            "user_from": "301",
            "minutes": 1,
            "money": "0.00",
        }
        day = f"2025-{number % days % 12 + 1:02}-{number % days // 12 + 1:02}"
        account["costs"].append(row | {"date": day, "is_timer": number % 2 == 0, "comment": ""})
    return account


async def test_an_account_over_the_cap_is_read_by_projects(tmp_path: Path) -> None:
    sandbox = Worksection(crowded(tasks=10_001, projects=2))
    async with serve(sandbox) as running, opened(running, tmp_path, subscribers=False) as source:
        extract = await read_all(source, "projects", "tasks")
    assert extract.count(Kind.TASK) == sum(task.get("published", True) for task in sandbox.tasks.values())
    assert actions(running) == {"get_projects": 1, "get_all_tasks": 1, "get_tasks": len(sandbox.projects)}


async def test_a_project_over_the_cap_is_searched_by_windows_and_read_task_by_task(tmp_path: Path) -> None:
    sandbox = Worksection(crowded(tasks=10_001))
    project = sandbox.tasks["500000"]["project"]
    done = {id for id, task in sandbox.tasks.items() if task["project"] == project and task["status"] == "done"}
    async with serve(sandbox) as running, opened(running, tmp_path) as source:
        extract = Extract()
        scopes, found = [f"project:{project}"], set()
        for scope in scopes:
            page = await source.page("tasks", scope, None, extract.seen)
            found |= {part.removeprefix("task:") for part in page.split if part.startswith("task:")}
            scopes += [part for part in page.split if not part.startswith("task:")]
        alone = await source.page("tasks", "task:500000", None, extract.seen)
    assert found == done
    assert actions(running)["search_tasks"] < 20
    assert [record["id"] for record in alone.records] == ["500000"]


@pytest.mark.parametrize(("days", "projects"), [(300, 1), (1, 2), (1, 1)])
async def test_costs_over_the_cap_are_read_in_smaller_parts(tmp_path: Path, days: int, projects: int) -> None:
    sandbox = Worksection(crowded(costs=10_100, days=days, projects=projects))
    async with serve(sandbox) as running, opened(running, tmp_path) as source:
        extract = await read_all(source, "projects", "tasks", "costs_total", "costs", "costs_left")
        totals = source.totals(extract.seen)
    assert extract.count(Kind.COST) == len(sandbox.costs)
    sums = [int(value) for name, value in totals.items() if name.startswith("cost minutes")]
    assert sum(sums) == sum(cost.minutes for cost in extract.every(Cost))


async def test_a_part_that_cannot_be_split_stops_the_run(tmp_path: Path) -> None:
    sandbox = Worksection(crowded(costs=20_200))
    task = sandbox.costs["700000"]["task"]
    async with serve(sandbox) as running, opened(running, tmp_path) as source:
        with pytest.raises(ContractBroken, match="no smaller part"):
            await source.page("costs", f"2025-01-01 2025-01-01 task:{task} timer:1", None, Extract().seen)


async def test_exactly_as_many_rows_as_the_cap_are_suspect(tmp_path: Path) -> None:
    account = crowded(costs=10_000)
    account["costs"] = account["costs"][-10_000:]
    async with serve(Worksection(account)) as running, opened(running, tmp_path) as source:
        page = await source.page("costs", "", None, Extract().seen)
    assert page.split


def test_a_search_window_holds_the_whole_of_its_last_day() -> None:
    assert plan.task_request("search done 12 2024-01-01 2024-01-31", "html") == (
        "search_tasks",
        {"id_project": "12", "filter": "dateadd>='01.01.2024' and dateadd<'01.02.2024'"},
    )


def test_windows_are_halved_by_the_months_that_have_costs() -> None:
    months = [date(2024, month, 1) for month in (1, 2, 7, 8)]
    assert plan.halve(plan.FIRST_DAY, plan.LAST_DAY, months) == (
        (plan.FIRST_DAY, date(2024, 6, 30)),
        (date(2024, 7, 1), plan.LAST_DAY),
    )


@pytest.mark.parametrize("months", [[], [date(2024, 2, 1)], [date(2024, 2, 1), date(2030, 1, 1)]])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (plan.FIRST_DAY, plan.LAST_DAY),
        (date(2024, 2, 1), date(2024, 2, 2)),
        (date(2024, 2, 29), date(2024, 12, 1)),
        (date(2023, 1, 1), date(2024, 2, 1)),
    ],
)
def test_halves_leave_no_gap_and_no_overlap_and_are_smaller(start: date, end: date, months: list[date]) -> None:
    (first, before), (after, last) = plan.halve(start, end, months)
    assert (first, last) == (start, end)
    assert first <= before < after <= last
    assert (after - before).days == 1


# -- access ---------------------------------------------------------------------------------------------------------


def test_the_signatures_are_those_of_the_contract() -> None:
    key = "7776461cd931e7b1c8e9632ff8e979ce"
    header = AdminKey(key, by_header=True, clock=lambda: 1_700_000_000.9).sign(CALL)
    assert header.headers["Authorization"] == (
        "Admin 1700000000_8798baadd443f8e660b7decc9d6311655226208b8025e01d22a4b11bc0840849"
    )
    query = AdminKey(key, by_header=False).sign(Request("POST", CALL.url, Effect.READ, "", json={"id_project": "26"}))
    assert query.url.endswith("?action=get_tasks&id_project=26&hash=ec3ab2c28f21b4a07424f8ed688d6644")
    assert (query.method, query.json) == ("GET", None)
    title = {"id_project": "26", "title": "Новая задача"}
    url = CALL.url.replace("get_tasks", "post_task")
    cyrillic = AdminKey(key, by_header=False).sign(Request("POST", url, Effect.CREATE, "", json=title))
    assert cyrillic.url.endswith("&hash=334768f4596c449cf89299cbe07cdd8a")
    assert cyrillic.method == "POST"


async def test_an_account_that_does_not_know_the_header_is_asked_by_md5_from_then_on() -> None:
    access = AdminKey(KEY, by_header=True)
    refusal = judge(CALL, reply({"status": "error", "status_code": 2, "message": "Action hash is missed or invalid"}))
    assert access.review(CALL, refusal).verdict is Verdict.EXPIRED
    assert await access.renew(access.sign(CALL))
    assert "&hash=" in access.sign(CALL).url
    assert access.review(CALL, refusal).verdict is Verdict.DENIED
    assert not await access.renew(CALL)


async def test_a_header_that_was_taken_once_is_never_given_up() -> None:
    access = AdminKey(KEY, by_header=True)
    access.review(CALL, judge(CALL, reply({"status": "ok", "data": []})))
    refusal = judge(CALL, reply({"status": "error", "status_code": 2, "message": "Action hash is missed or invalid"}))
    assert access.review(CALL, refusal).verdict is Verdict.DENIED


async def test_a_wrong_key_is_denied_after_both_ways_were_tried(tmp_path: Path) -> None:
    async with serve(Worksection(copy.deepcopy(SAMPLE))) as running, opened(running, tmp_path, "wrong") as source:
        with pytest.raises(AccessDenied):
            await source.page("users", "", None, Extract().seen)
        assert [entry.call.method for entry in running.log] == ["POST", "GET"]
        checks = await source.check()
    assert [check.status for check in checks] == ["error"]


async def test_an_expired_token_is_renewed_once_and_the_new_pair_kept(tmp_path: Path) -> None:
    sandbox = Worksection(copy.deepcopy(SAMPLE))
    kept = tmp_path / "tokens.json"
    async with serve(sandbox) as running:
        sandbox.oauth.expire(PAIR["access_token"], datetime.now(UTC))
        async with opened(running, tmp_path, SECRET, auth="oauth2", token_file=str(kept)) as source:
            page = await source.page("users", "", None, Extract().seen)
        assert page.records
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert json.loads(kept.read_text())["access_token"] != PAIR["access_token"]
        async with opened(running, tmp_path, SECRET, auth="oauth2", token_file=str(kept)) as source:
            again = await source.page("users", "", None, Extract().seen)
    assert again.records == page.records
    assert sum(entry.call.path == "/oauth2/refresh" for entry in running.log) == 1


async def test_fresh_tokens_in_the_secret_outdate_the_kept_pair(tmp_path: Path) -> None:
    kept = tmp_path / "tokens.json"
    kept.write_text(json.dumps({"renewed_from": "of another", "access_token": "old", "refresh_token": "old"}))
    async with (
        serve(Worksection(copy.deepcopy(SAMPLE))) as running,
        opened(running, tmp_path, SECRET, auth="oauth2", token_file=str(kept)) as source,
    ):
        assert (await source.page("users", "", None, Extract().seen)).records


async def test_an_invalid_token_is_denied_without_a_renewal(tmp_path: Path) -> None:
    secret = json.dumps({**json.loads(SECRET), "access_token": "invalid"})
    async with (
        serve(Worksection(copy.deepcopy(SAMPLE))) as running,
        opened(running, tmp_path, secret, auth="oauth2", token_file=str(tmp_path / "t")) as source,
    ):
        with pytest.raises(AccessDenied):
            await source.page("users", "", None, Extract().seen)
    assert len(running.log) == 1


@pytest.mark.parametrize(
    ("secret", "options", "problem"),
    [
        (KEY, {"auth": "oauth2"}, "must be JSON"),
        (SECRET, {"auth": "oauth2"}, "token_file"),
        (SECRET, {"auth": "oauth2", "token_file": "/nowhere/tokens"}, "cannot be written"),
        (KEY, {"auth": "basic"}, "hmac"),
    ],
)
async def test_unusable_options_are_refused_with_their_fix(
    tmp_path: Path, secret: str, options: dict[str, str], problem: str
) -> None:
    running = Running(Worksection(None), "http://127.0.0.1:9")
    with pytest.raises(InputWrong, match=problem) as refusal:
        async with opened(running, tmp_path, secret, **options):
            pass
    assert PAIR["refresh_token"] not in str(refusal.value)


async def test_check_tells_the_kind_of_key_and_what_nobody_can_read(tmp_path: Path) -> None:
    async with serve(Worksection(copy.deepcopy(SAMPLE))) as running, opened(running, tmp_path) as source:
        checks = {check.name: check for check in await source.check()}
    assert checks["worksection access"].seen == "the admin key works"
    assert checks["worksection projects"].seen == "6 active, 1 archive, 1 pending"
    assert "Планшет" in checks["worksection people"].seen
    assert "delayed publication" in checks["worksection unseen"].seen
    assert not running.writes


# -- judgements -----------------------------------------------------------------------------------------------------


def reply(value: object, status: int = 200, **headers: str) -> Answer:
    return Answer(status, {"Content-Type": "application/json", **headers}, json.dumps(value).encode())


def error(code: int, message: str, **more: str) -> dict[str, object]:
    return {"status": "error", "status_code": code, "message": message, **more}


@pytest.mark.parametrize(
    ("answer", "verdict", "code"),
    [
        (reply({"status": "ok"}), Verdict.DONE, ""),
        (reply(error(0, "Too many requests")), Verdict.PACE, "0"),
        (reply({}, 429, **{"Retry-After": "3"}), Verdict.PACE, ""),
        (reply(error(0, "Too many tasks (10000 max)")), Verdict.REFUSED, "cap"),
        (reply(error(0, "Too many costs (10000 max)")), Verdict.REFUSED, "cap"),
        (reply(error(0, "Token is expired"), 401), Verdict.EXPIRED, "401"),
        (reply(error(0, "Invalid token"), 401), Verdict.DENIED, "401"),
        (Answer(403, {"Content-Type": "text/html"}, b"<html>"), Verdict.DENIED, "403"),
        (reply(error(2, "Action hash is missed or invalid")), Verdict.DENIED, "2"),
        (reply(error(0, "Action is invalid")), Verdict.REFUSED, "action"),
        (reply(error(10, "Field is required", message_details="filter")), Verdict.REFUSED, "10"),
        (Answer(414, {"Content-Type": "text/html"}, b"<html>"), Verdict.REFUSED, "414"),
        (Answer(502, {"Content-Type": "text/html"}, b"<html>"), Verdict.BUSY, ""),
        (Answer(200, {"Content-Type": "text/html"}, b"<html>"), Verdict.BROKEN, ""),
        (Answer(200, {"Content-Type": "application/json"}, b'{"status":"ok","da'), Verdict.BROKEN, ""),
        (reply([]), Verdict.BROKEN, ""),
        (reply({"data": []}), Verdict.BROKEN, ""),
        (reply({"error": "invalid_request", "errorDescription": "no"}), Verdict.DENIED, "invalid_request"),
    ],
)
def test_answers_are_judged_as_the_contract_says(answer: Answer, verdict: Verdict, code: str) -> None:
    judgement = judge(CALL, answer)
    assert (judgement.verdict, judgement.code) == (verdict, code)


def test_the_vendors_wait_and_details_are_kept() -> None:
    assert judge(CALL, reply({}, 429, **{"Retry-After": "3"})).seconds == 3.0
    assert (
        judge(CALL, reply(error(10, "Field is required", message_details="filter"))).message
        == "Field is required (filter)"
    )


def test_a_download_is_judged_by_its_content_type() -> None:
    download = Request("POST", CALL.url.replace("get_tasks", "download"), Effect.READ, "file 5")
    assert judge(download, Answer(200, {"Content-Type": "application/x-download"}, b"")).verdict is Verdict.DONE
    assert judge(download, Answer(200, {"Content-Type": "text/html"}, b"")).verdict is Verdict.BROKEN
    assert judge(download, reply(error(4, "File not found"))).verdict is Verdict.REFUSED
