"""Reads of the Planfix sandbox: filters, comments, people, entries, dates, as the vendor contract has them."""

from __future__ import annotations

from typing import Any

import pytest

from migrator.sandbox.planfix import Planfix
from tests.vendors.planfix_caller import Caller, sample


@pytest.fixture
def call() -> Caller:
    return Caller.of_sample()


def tasks(call: Caller, *filters: dict[str, Any]) -> list[int]:
    return [row["id"] for row in call.post("/task/list", {"filters": list(filters), "fields": "id"})["tasks"]]


def rule(kind: int, value: Any, operator: str = "equal", **more: Any) -> dict[str, Any]:
    return {"type": kind, "operator": operator, "value": value, **more}


def day(text: str) -> dict[str, str]:
    return {"dateType": "otherDate", "dateValue": text, "dateFrom": text}


def between(start: str, end: str) -> dict[str, str]:
    return {"dateType": "otherRange", "dateFrom": start, "dateTo": end}


EVERY = [101, 104, 105, 106, 110]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (rule(5, 1), [101, 104, 105, 106]),
        (rule(5, [2]), [110]),
        (rule(8, "акт"), [105, 106]),
        (rule(10, [2, 3]), [101, 104, 105]),
        (rule(10, 3, "notequal"), [104, 105, 106, 110]),
        (rule(24, 24948), [110]),
        (rule(51, 12), [110]),
        (rule(57, [101, 106]), [101, 106]),
        (rule(57, 105, "gt"), [106, 110]),
        (rule(73, 104), [105]),
        (rule(307, 104), [104, 105, 106]),
        (rule(1, "user:13"), [105, 106]),
        (rule(2, "user:10"), [101, 105, 106]),
        (rule(39, "group:4"), [104]),
        (rule(7, 4), [106]),
        (rule(7, "contact:3"), [110]),
        (rule(9, "Urgent"), [101]),
        (rule(12, day("02-04-2024")), [105, 106]),
        (rule(12, day("02-04-2024"), "gt"), [110]),
        (rule(12, between("10-01-2024", "01-04-2024")), [101, 104]),
        (rule(14, day("01-02-2024"), "ltAndEqual"), [101]),
        (rule(79, between("12-03-2025", "12-03-2025")), [110]),
        (rule(38, {"dateType": "last", "dateValue": 90}), [110]),
        (rule(101, "x", field=101), []),
        (rule(102, 200, "gt", field=104), [104, 110]),
        (rule(106, "Сдача", field=103), [110]),
        (rule(107, 4, field=107), [110]),
        (rule(111, "КР;Ризик", field=102), [110]),
        (rule(116, 101, field=108), [110]),
        (rule(152, 105), [104]),
        (rule(153, 102), [104, 105, 106]),
    ],
)
def test_a_task_filter_finds(call: Caller, asked: dict[str, Any], found: list[int]) -> None:
    assert tasks(call, asked) == found


@pytest.mark.parametrize(
    "asked",
    [
        rule(101, 7, field=101),
        rule(101, "x"),
        rule(5, "1"),
        rule(12, "02-04-2024"),
        rule(12, {"dateType": "otherDate", "dateValue": "2024-04-02"}),
        rule(2, 10),
        rule(57, "101"),
        rule(5, 1, "contains"),
        rule(9999, 1),
        {"operator": "equal"},
    ],
)
def test_a_mistyped_filter_is_ignored_and_returns_strangers(call: Caller, asked: dict[str, Any]) -> None:  # 15
    assert tasks(call, asked) == EVERY


def test_filters_are_anded_and_page(call: Caller) -> None:
    assert tasks(call, rule(5, 1), rule(10, 2)) == [104, 105]
    rows = call.post("/task/list", {"filters": [rule(5, 1)], "offset": 1, "pageSize": 2})["tasks"]
    assert [row["id"] for row in rows] == [104, 105]


def test_a_data_tag_value_filter_without_subfilter_is_an_error(call: Caller) -> None:
    assert call.post("/task/list", {"filters": [rule(93, 1)]}).status == 500


def test_on_a_line_field_equal_is_exact_and_have_is_contains(call: Caller) -> None:
    call.post("/task/104?silent=true", {"customFieldData": [{"field": {"id": 101}, "value": "task:26"}]})
    call.post("/task/105?silent=true", {"customFieldData": [{"field": {"id": 101}, "value": "task:261"}]})
    assert tasks(call, rule(101, "task:26", field=101)) == [104]
    assert tasks(call, rule(101, "task:26", "have", field=101)) == [104, 105]


def test_on_names_equal_matches_substrings(call: Caller) -> None:  # 28
    rows = call.post("/project/list", {"filters": [rule(5001, "год")], "fields": "name"})["projects"]
    assert [row["name"] for row in rows] == ["Кав'ярня «Зерно»: гарантийный год"]


def test_filter_dates_use_the_employees_zone_and_reads_are_utc() -> None:  # 23
    account = sample()
    account["tasks"][0]["dateTime"] = "2024-03-09T22:30Z"
    call = Caller(Planfix(account))
    assert tasks(call, rule(12, day("10-03-2024"))) == [101]
    point = call.get("/task/101?fields=dateTime")["task"]["dateTime"]
    assert (point["date"], point["time"], point["datetime"]) == ("09-03-2024", "22:30", "2024-03-09T22:30Z")
    edge = {"dateType": "otherRange_withTime", "dateFrom": "10-03-2024 00:30", "dateTo": "10-03-2024 00:30"}
    assert tasks(call, rule(12, edge)) == [101]


def test_project_contact_and_user_filters_find(call: Caller) -> None:
    def found(path: str, key: str, asked: dict[str, Any], **more: Any) -> list[int]:
        return [row["id"] for row in call.post(path, {"filters": [asked], **more})[key]]

    assert found("/project/list", "projects", rule(5007, 1, "gt")) == [2]
    assert found("/project/list", "projects", rule(5013, day("09-01-2024"))) == [1]
    assert found("/project/list", "projects", rule(5002, 4)) == [2]
    assert found("/project/list", "projects", rule(5005, day("02-06-2025"))) == [2]
    assert found("/project/list", "projects", rule(5106, "Кафе", field=203)) == [2]
    assert found("/contact/list", "contacts", rule(4001, "оксана")) == [3]
    assert found("/contact/list", "contacts", rule(4008, 1)) == [2, 3]
    assert found("/contact/list", "contacts", rule(4007, True)) == [2, 3]
    assert found("/contact/list", "contacts", rule(4006, True), isCompany=True) == [1, 4]
    assert found("/contact/list", "contacts", rule(4101, "41234567", field=302), isCompany=True) == [1]
    assert found("/contact/list", "contacts", rule(4231, [3])) == [3]
    assert found("/user/list", "users", rule(9003, "olena.tkachenko@lad.example.com")) == [2]
    assert found("/user/list", "users", rule(9008, 11, "gt")) == [12, 13]
    assert found("/user/list", "users", rule(9001, 3)) == [8, 9]


def test_the_contact_list_hides_companies(call: Caller) -> None:  # 13
    assert [row["id"] for row in call.post("/contact/list")["contacts"]] == [2, 3]
    companies = call.post("/contact/list", {"isCompany": True, "prefixedId": True, "fields": "id,name,contacts"})
    assert companies["contacts"][0] == {
        "id": "contact:1",
        "name": "ТОВ «Липова роща»",
        "contacts": [{"id": 2, "name": "Ганна"}],
    }


def test_the_user_list_includes_inactive_ones_unless_asked(call: Caller) -> None:  # 13
    every = call.post("/user/list", {"fields": "id,status,email,role"})["users"]
    assert {row["status"] for row in every} == {"Active", "ActiveWithoutAccess", "Inactive"}
    assert every[0] == {"id": 1, "status": "Active", "role": "Robot"}
    active = call.post("/user/list", {"onlyActive": True, "prefixedId": True})["users"]
    assert len(active) == len(every) - 2
    assert active[0]["id"] == "user:1"


def test_missing_objects_answer_in_their_own_shapes(call: Caller) -> None:  # 10
    assert call.get("/task/9999").code == (400, 1000)
    assert call.post("/task/9999", {}).code == (404, 1000)
    assert call.get("/project/9999").code == (400, 3000)
    assert call.post("/project/9999", {}).code == (404, 3000)
    assert call.get("/contact/9999").code == (404, 2000)
    assert call.post("/contact/9999", {}).code == (404, 2000)
    assert call.get("/user/9999").code == (400, 4000)
    assert call.post("/user/9999", {}).code == (404, 4000)
    assert call.get("/file/9999").code == (400, 7000)
    assert call.get("/datatag/9999").code == (404, 6000)
    assert call.get("/datatag/entry/9999").code == (400, 6000)
    assert call.get("/directory/9999").code == (404, 8000)
    assert call.get("/task/101/checklist/9999").code == (400, 600)
    assert call.get("/comment/9999").code == (400, 5000)


def test_comments_of_a_missing_task_are_500_code_1000(call: Caller) -> None:  # 9
    assert call.post("/task/9999/comments/list").code == (500, 1000)


def test_the_first_comment_repeats_the_description(call: Caller) -> None:  # 16
    names = "id,description,owner,dateTime,files"
    rows = call.post("/task/101/comments/list", {"fields": names})["comments"]
    task = call.get("/task/101?fields=description,assigner,dateTime,files")["task"]
    assert rows[0]["description"] == task["description"]
    assert rows[0]["owner"] == task["assigner"]
    assert rows[0]["dateTime"] == task["dateTime"]
    assert rows[0]["files"] == task["files"]
    assert [row["id"] for row in rows] == [1, 6, 7]


def test_deleted_comments_come_only_by_type_and_hidden_ones_say_so(call: Caller) -> None:  # 17
    def ids(**more: Any) -> list[int]:
        return [row["id"] for row in call.post("/task/110/comments/list", more)["comments"]]

    assert ids() == [5, 9, 10]
    assert ids(typeList="Deleted") == [11]
    assert ids(typeList="All") == [5, 9, 10, 11]
    order = [{"field": "dateTime", "direction": "Asc"}, {"field": "id", "direction": "Desc"}]
    assert ids(typeList="All", resultOrder=order) == [5, 11, 10, 9]
    rows = call.post("/task/110/comments/list", {"fields": "id,isHidden,isDeleted,project"})["comments"]
    assert rows[2] == {"id": 10, "isHidden": True, "isDeleted": False, "project": {"id": 2}}


def test_equal_timestamps_are_normal(call: Caller) -> None:  # 24
    rows = call.post("/task/110/comments/list", {"fields": "dateTime"})["comments"]
    assert rows[1]["dateTime"] == rows[2]["dateTime"]


@pytest.mark.parametrize(
    "filters",
    [None, [], [rule(3001, "user:2")], [rule(3000, "12-03-2025")]],
)
def test_the_account_wide_list_without_a_date_filter_is_400_code_0(call: Caller, filters: Any) -> None:  # 14
    body = {} if filters is None else {"filters": filters}
    assert call.post("/comment/list", body).code == (400, 0)


def test_the_account_wide_list_finds_by_date_and_leaves_contacts_out(call: Caller) -> None:
    since = rule(3000, between("01-01-2024", "31-12-2024"))
    body = {"filters": [since], "fields": "id,task,owner,dataTags"}
    rows = call.post("/comment/list", body)["comments"]
    assert [row["id"] for row in rows] == [1, 2, 3, 4, 6, 7, 8]
    assert rows[-1] == {
        "id": 8,
        "task": {"id": 104},
        "owner": {"id": "user:13", "name": "Лариса Демченко"},
        "dataTags": [{"dataTag": {"id": 1, "name": "Учёт времени"}, "key": key} for key in (1, 2)],
    }
    both = call.post("/comment/list", {"filters": [since, rule(3001, "user:13")]})["comments"]
    assert [row["id"] for row in both] == [3, 4, 8]
    assert [row["id"] for row in call.post("/contact/3/comments/list")["comments"]] == [12]


def test_the_account_wide_list_may_be_absent() -> None:  # 14
    call = Caller.of_sample(comment_list=False)
    assert call.post("/comment/list", {"filters": [rule(3000, day("01-01-2024"))]}).status == 404


def test_checklists_list_in_order_of_creation_with_the_task_as_parent(call: Caller) -> None:
    rows = call.post("/task/110/checklist/list", {"fields": "id,name,isDone,parent,dateTime"})["items"]
    assert [(row["id"], row["parent"]["id"], row["isDone"]) for row in rows] == [
        (107, 110, True),
        (108, 107, False),
        (109, 110, False),
    ]
    assert rows[0]["dateTime"] == "2025-03-03T09:02:00"


def test_entries_come_oldest_first_and_carry_no_author(call: Caller) -> None:  # 19
    body = {"fields": "key,commentId,task,contact,dataTag,501,502,503,504"}
    rows = call.post("/datatag/1/entry/list", body)["dataTagEntries"]
    assert [row["key"] for row in rows] == [1, 2]
    assert set(rows[0]) == {"key", "commentId", "task", "dataTag", "customFieldData"}
    values = {row["field"]["id"]: row["value"] for row in rows[0]["customFieldData"]}
    assert values[502] == {"from": {"time": "09:00"}, "to": {"time": "12:30"}, "durationSec": 12_600}
    assert values[503] == {"id": "user:13", "name": "Лариса Демченко"}
    assert values[501]["date"] == "11-04-2024"


@pytest.mark.parametrize(
    ("tag", "body", "keys"),
    [
        (1, {"taskId": 104}, [1, 2]),
        (1, {"taskId": 110}, []),
        (1, {"filters": [rule(3101, day("12-04-2024"), field=501)]}, [2]),
        (1, {"filters": [rule(3104, "user:13", field=503)]}, [1, 2]),
        (1, {"filters": [rule(5, 2)]}, []),
        (2, {"filters": [rule(3109, 1840.75, field=512)]}, [3]),
        (2, {"filters": [rule(3108, "доска террасная, 2 шт.", field=514)]}, [3]),
        (2, {"filters": [rule(3108, "доска", field=514)]}, []),
        (2, {"filters": [rule(3108, "x")]}, [3]),
    ],
)
def test_entries_are_found(call: Caller, tag: int, body: dict[str, Any], keys: list[int]) -> None:
    assert [row["key"] for row in call.post(f"/datatag/{tag}/entry/list", body)["dataTagEntries"]] == keys


def test_data_tags_and_directories_show_their_fields(call: Caller) -> None:
    tags = call.post("/datatag/list", {"fields": "id,name,group,fields"})["dataTags"]
    assert [(field["name"], field["type"]) for field in tags[0]["fields"]] == [
        ("Дата", 3),
        ("Время", 6),
        ("Сотрудник", 11),
        ("Комментарий", 2),
        ("Migration ID", 0),
    ]
    assert call.get("/datatag/2?fields=fields")["dataTag"]["fields"][1]["type"] == 1
    assert len(call.get("/customfield/datatag/2")["customfields"]) == 5
    assert call.post("/directory/list", {"fields": "name"})["directories"] == [{"id": 1, "name": "Виды работ"}]
    entries = call.post("/directory/1/entry/list", {"fields": "key,name,601", "entriesOnly": True})["directoryEntries"]
    assert [row["key"] for row in entries] == [2, 3, 4, 5]
    assert entries[0]["customFieldData"][0]["value"] == "АР"


def test_without_fields_a_list_gives_ids_alone_and_a_project_never_shows_its_creation_date(call: Caller) -> None:
    assert call.post("/project/list")["projects"] == [{"id": 1}, {"id": 2}]
    assert call.post("/task/101/comments/list")["comments"][0] == {"id": 1}
    project = call.get("/project/2?fields=name,status,startDate,hasEndDate,dateTime,files,203,206")["project"]
    assert "dateTime" not in project
    assert "files" not in project
    assert project["status"] == {"id": 2}
    assert project["startDate"] == {"date": "03-06-2024", "time": "00:00", "datetime": "2024-06-03T00:00Z"}
