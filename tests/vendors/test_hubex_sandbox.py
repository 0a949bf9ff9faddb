"""The HubEx sandbox at its door and in its lists. `Caller` is what the other files ask with.

The numbers in comments are the gotchas of the vendor contract, section 9A.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from multidict import CIMultiDict

from migrator.sandbox.hubex import HubEx, Limits
from migrator.sandbox.hubex.routes import ROUTES
from migrator.sandbox.server import Call, Reply

SAMPLE = Path(__file__).parents[2] / "samples" / "hubex-account.json"
SERVICE = "hubex-sample-service-token"
NOW = datetime(2026, 5, 4, 9, 30, 15, tzinfo=UTC)
BASE = "http://127.0.0.1:1"


def sample(**options: Any) -> dict[str, Any]:
    """The sample account with other options; changes show at once unless told otherwise."""
    account: dict[str, Any] = json.loads(SAMPLE.read_text())
    return {**account, "options": {"lag_calls": 0, **options}}


def crowd(tasks: int, **options: Any) -> Caller:
    """The sample's dictionaries with so many plain tasks, made a minute apart."""
    start = datetime(2025, 1, 1, tzinfo=UTC)
    rows = [
        {"id": n, "number": f"{n:05}", "taskTypeID": 1, "requestMethodID": 4,
         "created": (start + timedelta(minutes=n)).replace(tzinfo=None).isoformat()}
        for n in range(1, tasks + 1)
    ]  # fmt: skip
    return Caller(HubEx({**sample(**options), "tasks": rows}))


@dataclass
class Answer:
    """A reply, with its body read."""

    reply: Reply

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def body(self) -> Any:
        """The JSON of the reply; None where there is none."""
        return orjson.loads(self.reply.body) if self.reply.body[:1] in (b"[", b"{") else None

    @property
    def code(self) -> tuple[int, str]:
        """Status and code of a refusal."""
        assert isinstance(self.body, list), self.reply
        return self.status, self.body[0]["code"]

    @property
    def keys(self) -> list[int]:
        """The ids of a map."""
        return [int(key) for key in self.body]

    @property
    def range(self) -> str | None:
        return self.reply.headers.get("Content-Range")

    def __getitem__(self, name: Any) -> Any:
        assert self.status in (200, 201, 202, 206), (self.status, self.reply.body)
        return self.body[name]


@dataclass
class Caller:
    """A client of one sandbox, a second between its calls."""

    sandbox: HubEx
    service: str = SERVICE
    token: str = ""
    now: datetime = NOW
    at: float = 0.0
    head: dict[str, str] = field(default_factory=lambda: {"X-Application-ID": "3"})

    def __post_init__(self) -> None:
        if not self.token:
            self.token = self("POST", "/AUTHZ/AccessTokens", {"serviceToken": self.service})["access_token"]

    @classmethod
    def of_sample(cls, **options: Any) -> Caller:
        return cls(HubEx(sample(**options)))

    def __call__(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **head: str) -> Answer:
        """One call. Headers by keyword, with _ for -; an empty one is left out."""
        self.at, self.now = self.at + 1, self.now + timedelta(seconds=1)
        content = raw if raw is not None else b"" if body is None else orjson.dumps(body)
        sent = {"Authorization": f"Bearer {self.token}", **self.head}
        headers = CIMultiDict({**sent, **{name.replace("_", "-"): value for name, value in head.items()}})
        for name in [name for name, value in headers.items() if value == ""]:
            del headers[name]
        path, _, query = path.partition("?")
        return Answer(
            self.sandbox.handle(Call(method, "/fsm" + path, query, headers, content, self.at, self.now, BASE))
        )

    def get(self, path: str, **head: str) -> Answer:
        return self("GET", path, **head)

    def post(self, path: str, body: Any, **head: str) -> Answer:
        return self("POST", path, body, **head)

    def follow(self, link: str, **head: str) -> Answer:
        """Open a link of the storage."""
        path, _, query = link.removeprefix(BASE).partition("?")
        return Answer(self.sandbox.handle(Call("GET", path, query, CIMultiDict(head), b"", self.at, self.now, BASE)))

    def task(self, **fields: Any) -> int:
        """Make a task with what a task must have."""
        answer = self.post("/WORK/Tasks", {"taskTypeID": 1, "requestMethodID": 4, **fields})
        assert answer.status == 201, answer.reply
        return int(answer["id"])


@pytest.fixture
def call() -> Caller:
    return Caller.of_sample()


# -- tokens and application ids


def test_without_an_application_id_every_path_is_403_despite_a_good_token(call: Caller) -> None:  # 1
    for method, path in (("GET", "/WORK/Tasks"), ("GET", "/nowhere"), ("POST", "/AUTHZ/AccessTokens")):
        assert call(method, path, X_Application_ID="").status == 403
    assert call.get("/WORK/TaskTypes", X_Application_ID="7").status == 403
    assert all(call.get("/WORK/TaskTypes", X_Application_ID=str(known)).status == 200 for known in range(1, 7))


def test_an_access_token_lives_1800_seconds_and_is_taken_five_minutes_longer(call: Caller) -> None:  # 2
    answer = call.post("/AUTHZ/AccessTokens", {"serviceToken": SERVICE})
    assert answer.status in (200, 201)
    assert answer["expires_in"] == 1800
    assert answer["jwtValidTill"] == (call.now + timedelta(seconds=1800)).replace(tzinfo=None).isoformat()
    call.token, issued = answer["access_token"], call.now
    call.now = issued + timedelta(seconds=1800 + 107)
    assert call.get("/WORK/TaskTypes").status == 200
    call.now = issued + timedelta(seconds=1800 + 360)
    assert call.get("/WORK/TaskTypes").status == 401


def test_a_refresh_token_needs_a_living_access_token(call: Caller) -> None:  # 3
    assert call.post("/AUTHZ/RefreshTokens", {})["expires_in"] == 31_536_000
    call.now += timedelta(seconds=1800 + 360)
    assert call.post("/AUTHZ/RefreshTokens", {}).code == (401, "Unauthorized")


def test_a_refresh_token_is_exchanged_by_anyone_and_replaced(call: Caller) -> None:  # 4
    old = call.post("/AUTHZ/RefreshTokens", {})["refresh_token"]
    call.now += timedelta(days=30)
    first = call.post("/AUTHZ/AccessTokens", {"refreshJwt": old}, Authorization="")
    assert first["expires_in"] == 1800
    call.token = first["access_token"]
    assert call.get("/WORK/TaskTypes").status == 200
    assert call.post("/AUTHZ/AccessTokens", {"refreshJwt": old}).status == 401
    assert call.post("/AUTHZ/AccessTokens", {"refreshJwt": first["refresh_token"]}).status == 200


def test_unknown_tokens_are_401_and_the_get_variant_of_refresh_too(call: Caller) -> None:
    assert call.post("/AUTHZ/AccessTokens", {"serviceToken": "nobody"}).status == 401
    assert call.post("/AUTHZ/AccessTokens", {}).code == (409, "ParameterNull")
    assert call.get("/WORK/Tasks", Authorization="Bearer nothing").status == 401
    assert call.get("/WORK/Tasks", Authorization="").status == 401
    assert call.get("/AUTHZ/RefreshTokens").status == 401


def test_districts_of_the_service_user_bound_what_it_sees() -> None:
    sandbox = HubEx(sample())
    north = Caller(sandbox, service="hubex-sample-north-token")
    every = Caller(sandbox)
    assert 8 in every.get("/ES/Assets").keys
    assert 8 not in north.get("/ES/Assets").keys
    assert north.get("/ES/Assets/8").status == 204
    hidden = next(key for key, task in sandbox.tasks.items() if task.get("assetID") == 8)
    assert north.get(f"/WORK/Tasks/{hidden}").code == (404, "TaskNotFound")
    assert north("HEAD", "/WORK/Tasks").range != every("HEAD", "/WORK/Tasks").range


# -- paths


def test_paths_ignore_case_and_a_slash_at_the_end(call: Caller) -> None:
    assert call.get("/work/tasktypes/").body == call.get("/WORK/TaskTypes").body
    assert call.get("/Work/TASKS/101/Conversations/?thumbnailSize=128").status in (200, 204)


def test_keys_of_bodies_ignore_case(call: Caller) -> None:
    made = call.post("/WORK/Tasks", {"TASKTYPEID": 1, "requestmethodid": 4, "NotesHtml": "<p>А</p>", "Notes": "А"})
    shown = call.get(f"/WORK/Tasks/{made['id']}")
    assert (shown["notesHtml"], shown["notes"]) == ("<p>А</p>", "А")


# -- pages


def test_a_list_without_range_is_cut_at_10000_rows_with_200() -> None:  # 5
    call = crowd(10_001)
    answer = call.get("/WORK/Tasks/short")
    assert (answer.status, len(answer.body), answer.range) == (200, 10_000, None)
    assert call("HEAD", "/WORK/Tasks").range == "items=0-0/10001"
    beyond = call.get("/WORK/Tasks/short", Range="items=10001-10005")
    assert (beyond.status, len(beyond.body), beyond.range) == (206, 1, "items=10001-10001/10001")


def test_ranges_count_from_one_and_from_zero_lose_a_row() -> None:  # 6
    call = crowd(180)
    answer = call.get("/WORK/Tasks", Range="items=1-50")
    assert (answer.status, len(answer.body), answer.range) == (206, 50, "items=1-50/180")
    short = call.get("/WORK/Tasks", Range="items=0-49")
    assert (len(short.body), short.range) == (49, "items=1-49/180")


def test_the_right_edge_is_clamped() -> None:  # 7
    call = crowd(180)
    assert call.get("/WORK/Tasks", Range="items=151-999").range == "items=151-180/180"


def test_offset_and_fetch_equal_a_range() -> None:  # 8
    call = crowd(180)
    assert call.get("/WORK/Tasks?offset=0&fetch=50").body == call.get("/WORK/Tasks", Range="items=1-50").body
    assert call.get("/WORK/Tasks?offset=170&fetch=50").range == "items=171-180/180"
    assert call.get("/WORK/Tasks?offset=ten").code == (409, "InvalidData")


@pytest.mark.parametrize("status", [204, 206, 416])
def test_a_page_beyond_the_total_has_no_rows(status: int) -> None:  # 9
    call = crowd(20, past_end=status)
    answer = call.get("/WORK/Tasks", Range="items=21-40")
    assert answer.status == status
    assert not answer.reply.body


def test_a_page_holds_at_most_1000_rows() -> None:
    call = crowd(1500)
    assert call.get("/WORK/Tasks/short", Range="items=1-1500").range == "items=1-1000/1500"


def test_a_backward_range_is_refused_and_an_unreadable_one_ignored() -> None:
    call = crowd(20)
    assert call.get("/WORK/Tasks", Range="items=9-3").code == (409, "InvalidData")
    assert call.get("/WORK/Tasks", Range="bytes=0-3").status == 200


# -- shapes


def test_values_of_the_task_list_have_no_id_and_others_repeat_it(call: Caller) -> None:  # 10
    assert all("id" not in row for row in call.get("/WORK/Tasks").body.values())
    assert all("id" not in row for row in call.get("/WORK/TaskOrderBy").body.values())
    for path, name in (
        ("/ES/Companies", "id"),
        ("/ES/Assets", "id"),
        ("/COMMON/Contacts", "id"),
        ("/ADM/Users", "userID"),
    ):
        assert all(str(row[name]) == key for key, row in call.get(path).body.items())
    assert all(str(row["id"]) == key for key, row in call.get("/WORK/Tasks/short").body.items())


def test_keys_of_a_map_do_not_tell_the_order_of_the_page() -> None:  # 11
    call = crowd(20)
    page = call.get("/WORK/Tasks", Range="items=1-5")
    assert page.keys == [16, 17, 18, 19, 20]
    assert call.get("/WORK/Tasks?sortDirection=1", Range="items=1-5").keys == [1, 2, 3, 4, 5]


def test_an_empty_list_is_204_without_a_byte(call: Caller) -> None:  # 12
    for path in ("/WORK/Tasks?taskNumber=none", "/WORK/TaskAttributes?taskID=1", "/COMMON/Contacts?searchText=zzzz"):
        answer = call.get(path)
        assert (answer.status, answer.reply.body) == (204, b"")
    assert call.get("/WORK/Tasks?taskNumber=none", Range="items=1-10").status == 204
    silent = call.task()
    assert call.get(f"/WORK/Tasks/{silent}/conversations").status == 204


def test_keys_of_empty_fields_are_left_out(call: Caller) -> None:  # 13
    rows = call.get("/ES/Assets").body
    assert len({frozenset(row) for row in rows.values()}) > 3
    assert "erpID" not in rows["6"]
    assert all(value not in (None, "", [], {}) for row in rows.values() for value in row.values())
    bare = call.get(f"/WORK/Tasks/{call.task()}").body
    assert not {"notes", "asset", "attribute", "assignedTo"} & set(bare)


def test_missing_objects_are_204_or_404(call: Caller) -> None:
    assert call.get("/ES/Assets/9999").status == 204
    assert call.get("/ES/Companies/9999").status == 204
    assert call.get("/WORK/Tasks/9999").code == (404, "TaskNotFound")
    assert call.get("/COMMON/Contacts/9999").status == 404


def test_creation_date_stands_in_the_timesheet_as_naive_utc(call: Caller) -> None:  # 38
    row = call.get("/WORK/Tasks?taskID=101").body["101"]
    assert "creationDate" not in row
    assert row["timesheet"]["created"] == call.sandbox.tasks["101"]["created"]
    assert not row["timesheet"]["created"].endswith("Z")


def test_conversations_stages_and_works_are_arrays(call: Caller) -> None:
    key = next(key for key, task in call.sandbox.tasks.items() if task.get("works") and task.get("conversations"))
    for part in ("conversations", "stages", "assignments", "changes", "completedWorks"):
        assert isinstance(call.get(f"/WORK/Tasks/{key}/{part}").body, list)
    moves = call.get(f"/WORK/Tasks/{key}/stages").body
    assert "taskStageFrom" not in moves[0]
    assert moves[1]["taskStageFrom"]["id"] == moves[0]["taskStageTo"]["id"]


def test_users_show_neither_roles_nor_tenant_member_and_districts_on_demand_only(call: Caller) -> None:
    rows = call.get("/ADM/Users").body
    assert not any({"roles", "tenantMemberID", "districts"} & set(row) for row in rows.values())
    assert call.get("/ADM/Users?includeDistricts=true").body["2"]["districts"] == [{"id": 1, "name": "Север"}]


# -- filters and order


def test_a_misspelt_filter_gives_everything_with_200(call: Caller) -> None:  # 14
    every = call.get("/WORK/Tasks")
    misspelt = call.get("/WORK/Tasks?assetId=2")
    assert (misspelt.status, misspelt.body) == (200, every.body)
    assert len(call.get("/WORK/Tasks?assetID=2").body) < len(every.body)
    assert call("HEAD", "/ES/Assets?zzzGarbage=1").range == call("HEAD", "/ES/Assets").range


def test_deleted_rows_are_there_unless_asked_away(call: Caller) -> None:  # 15
    deleted = {int(key) for key, task in call.sandbox.tasks.items() if task.get("deleted")}
    assert deleted < set(call.get("/WORK/Tasks").keys)
    assert not deleted & set(call.get("/WORK/Tasks?isDeleted=false").keys)
    assert set(call.get("/WORK/Tasks?isDeleted=true").keys) == deleted


def test_open_tasks_include_deleted_ones(call: Caller) -> None:  # 16
    call("DELETE", "/WORK/Tasks", call.get("/WORK/Tasks?isClosed=false").keys[:1])
    rows = call.get("/WORK/Tasks?isClosed=false").body
    assert any("deleted" in row for row in rows.values())
    assert not any("deleted" in row for row in call.get("/WORK/Tasks?isClosed=false&isDeleted=false").body.values())


def test_a_direction_out_of_domain_turns_sorting_off_and_a_word_is_409() -> None:  # 17
    call = crowd(20)
    assert call.get("/WORK/Tasks?sortDirection=0&orderBy=8", Range="items=1-3").keys == [1, 2, 3]
    assert call.get("/WORK/Tasks?orderBy=99", Range="items=1-3").keys == [18, 19, 20]
    assert call.get("/WORK/Tasks?sortDirection=desc").code == (409, "InvalidData")
    assert call.get("/WORK/Tasks?orderBy=CreationDate").code == (409, "InvalidData")


def test_the_default_order_shifts_as_tasks_come_and_the_ascending_does_not() -> None:  # 39
    call = crowd(20)
    newest, oldest = call.get("/WORK/Tasks", Range="items=1-5").keys, "/WORK/Tasks?orderBy=1&sortDirection=1"
    before = call.get(oldest, Range="items=1-5").keys
    call.task()
    assert call.get("/WORK/Tasks", Range="items=1-5").keys != newest
    assert call.get(oldest, Range="items=1-5").keys == before


def test_order_by_last_modified_is_number_8_and_there_is_no_6(call: Caller) -> None:
    assert call.get("/WORK/TaskOrderBy").keys == [1, 2, 3, 4, 5, 7, 8]
    target = next(
        int(key) for key, task in call.sandbox.tasks.items() if not task.get("closed") and not task.get("deleted")
    )
    assert call("PATCH", f"/WORK/Tasks/{target}", [{"field": "notes", "value": "свежее"}]).status == 202
    assert call.get("/WORK/Tasks?orderBy=8&sortDirection=2", Range="items=1-1").keys == [target]


def test_totals_come_by_head_but_not_for_contacts(call: Caller) -> None:  # 18
    tables = call.sandbox.state.tables
    paths = (("/WORK/Tasks", "tasks"), ("/ES/Assets", "assets"), ("/ES/Companies", "companies"))
    for path, table in (*paths, ("/ES/Locations", "locations"), ("/ADM/Users", "users")):
        answer = call("HEAD", path)
        assert (answer.status, answer.range) == (200, f"items=0-0/{len(tables[table])}")
        assert answer.reply.body == b""
    talk = sum(not row.get("deleted") for row in call.sandbox.tasks["104"].get("conversations", []))
    assert call("HEAD", "/WORK/Tasks/104/conversations").range == f"items=0-0/{talk}"
    assert call("HEAD", "/WORK/TaskConversations").status == 200
    assert call("HEAD", "/COMMON/Contacts").status == 404


def test_head_and_short_do_not_know_last_modified_and_count_everything(call: Caller) -> None:
    late = "lastModifiedFrom=2026-03-01T00:00:00Z"
    total = f"items=0-0/{len(call.sandbox.tasks)}"
    assert len(call.get(f"/WORK/Tasks?{late}").body) < len(call.sandbox.tasks)
    assert call("HEAD", f"/WORK/Tasks?{late}").range == total
    assert len(call.get(f"/WORK/Tasks/short?{late}").body) == len(call.sandbox.tasks)


@pytest.mark.parametrize(
    "query", ["assetID=two", "isDeleted=yes", "creationFrom=soon", "companyID=40000", "criticalityID=300"]
)
def test_a_value_of_the_wrong_type_is_409_that_does_not_name_the_parameter(call: Caller, query: str) -> None:
    answer = call.get(f"/WORK/Tasks?{query}")
    assert answer.code == (409, "InvalidData")
    assert query.partition("=")[0] not in answer.reply.body.decode()


def test_repeated_names_are_any_of_their_values(call: Caller) -> None:
    assert call.get("/WORK/Tasks?taskID=101&taskID=103&taskID=9999").keys == [101, 103]
    rows = call.get("/WORK/TaskAttributes?taskID=101&taskID=110&attributeID=1").body
    assert {row["taskID"] for row in rows} <= {101, 110}


def test_erp_id_filters_by_like(call: Caller) -> None:
    assert call.get("/ES/Assets?erpID=B-14").keys == [1, 2, 3]


def test_companies_have_no_filter_by_erp_id(call: Caller) -> None:
    assert len(call.get("/ES/Companies?erpID=CRM-77").body) == len(call.sandbox.companies)


def test_assets_do_not_know_is_deleted_unless_the_tenant_is_newer() -> None:
    assert 11 in Caller.of_sample().get("/ES/Assets?isDeleted=false").keys
    assert 11 not in Caller.of_sample(assets_know_deleted=True).get("/ES/Assets?isDeleted=false").keys


def test_assets_filter_by_root_parent_and_subtree(call: Caller) -> None:
    assert {1, 4, 8, 9, 10} == set(call.get("/ES/Assets?parentID=-1").keys)
    assert call.get("/ES/Assets?startWithAssetID=6").keys == [6, 7]
    below = call.get("/WORK/Tasks?startWithAssetID=6").body
    assert {row["asset"]["id"] for row in below.values()} == {6, 7}


def test_contacts_are_searched_by_name_phone_and_mail_but_not_position(call: Caller) -> None:
    assert call.get("/COMMON/Contacts?searchText=krause").keys == [5]
    assert call.get("/COMMON/Contacts?searchText=facility").status == 204


def test_a_search_takes_fifty_texts_and_no_more(call: Caller) -> None:
    assert call.get("/WORK/Tasks?searchText=" + ";;".join(["чиллер"] * 50)).status == 200
    assert call.get("/WORK/Tasks?searchText=" + ";;".join(["чиллер"] * 51)).status == 409


def test_task_counts_are_500_without_dates_and_409_with_creation_dates(call: Caller) -> None:  # 34
    assert call.get("/WORK/Tasks/count").status == 500
    dates = "dateFrom=2025-01-01T00:00:00Z&dateTill=2027-01-01T00:00:00Z"
    assert call.get(f"/WORK/Tasks/count?{dates}&creationFrom=2025-01-01").code == (409, "InvalidDatePeriod")
    days = call.get(f"/WORK/Tasks/count?{dates}").body
    counted = sum(sum(day.values()) for day in days.values())
    assert counted == len(call.sandbox.tasks)


def test_the_account_wide_list_of_comments_has_the_last_of_each_task_only(call: Caller) -> None:
    rows = call.get("/WORK/TaskConversations").body
    talking = [
        task for task in call.sandbox.tasks.values() if any(not c.get("deleted") for c in task.get("conversations", []))
    ]
    assert len(rows) == len(talking)
    assert len({row["task"]["id"] for row in rows}) == len(rows)


# -- errors


def test_an_error_is_an_array_of_one_model(call: Caller) -> None:  # 19
    (error,) = call.get("/WORK/Tasks?taskID=x").body
    assert set(error) == {"traceIdentifier", "code", "message"}


@pytest.mark.parametrize(("shape", "start"), [("object", b"{"), ("html", b"<html>"), ("empty", b"")])
def test_an_error_may_come_in_another_shape(shape: str, start: bytes) -> None:  # 19
    reply = Caller.of_sample(error_shape=shape).get("/WORK/Tasks?taskID=x").reply
    assert reply.status == 409
    assert reply.body.startswith(start)
    assert bool(reply.body) == bool(start)


def test_a_method_that_a_path_does_not_have_is_404_without_a_body(call: Caller) -> None:
    answer = call("PATCH", "/ES/Assets/1", {"name": "x"})
    assert (answer.status, answer.reply.body) == (404, b"")


JUNK: tuple[Any, ...] = (None, {}, [], [{}], [1], [["x"]], 7, "x", [None], {"data": 1}, {"taskid": "x"}, [{"taskID": 101, "data": 5}],
        [{"taskID": 101, "data": [{}]}], [{"taskID": 101, "data": [None]}], {"taskID": 101, "taskStageID": "a"},
        [{"id": 1}], [{"assetID": 2, "data": ["x"]}], {"assetID": 2, "data": [{"id": "x"}]}, [10**12], [-1])  # fmt: skip


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_no_body_and_no_query_makes_the_sandbox_fall(route: Any, call: Caller) -> None:
    path = route.path.format(**dict.fromkeys(("id", "task", "file", "comment"), 101))
    for junk in JUNK:
        assert call(route.method, path, junk).status < 500 or path.endswith("count")
        assert call(route.method, path.replace("101", "1"), junk).status < 500 or path.endswith("count")
    assert call(route.method, path, raw=b"\xff{not json").status < 500 or path.endswith("count")
    assert call(route.method, f"{path}?taskID=&fetch=-1&isDeleted=&searchText=&x=%ff").status < 600
    assert call(route.method, path, raw=b"x", Content_Type="multipart/form-data; boundary=y").status < 600


# -- pace


def test_the_61st_call_of_a_minute_is_429_with_a_time_to_wait() -> None:
    call = Caller(HubEx(sample(), limits=Limits()))
    call.at = 0.0
    answers = [call.get("/WORK/TaskTypes") for _ in range(60)]
    assert [answer.status for answer in answers] == [200] * 59 + [429]
    refused = answers[-1]
    assert refused.reply.refused
    assert refused.reply.headers["Retry-After"] == "1"
    call.at += 1
    assert call.get("/WORK/TaskTypes").status == 200


def test_pace_is_off_by_default(call: Caller) -> None:
    assert all(call.get("/WORK/TaskTypes").status == 200 for _ in range(100))
