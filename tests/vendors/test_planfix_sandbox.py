"""The Planfix sandbox: access, limits, envelope, pages and metadata, as the vendor contract has them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from migrator.sandbox.planfix import Limits, Planfix
from migrator.sandbox.planfix.routes import ROUTES
from tests.vendors.planfix_caller import Caller, sample
from tests.vendors.planfix_openapi import SPEC, check_reply, check_request


@pytest.fixture
def call() -> Caller:
    return Caller.of_sample()


def crowd(count: int) -> Caller:
    """An account with so many tasks, and nothing else of its own in the way."""
    account = sample()
    account["tasks"] = [{"id": n, "name": f"Позиция {n}", "status": 1, "processId": 1} for n in range(1, count + 1)]
    account["comments"], account["items"], account["entries"] = [], [], []
    return Caller(Planfix(account))


def test_ping_needs_a_token_and_no_scope() -> None:
    account = sample()
    account["tokens"] = [{"token": "bare", "user": 1, "scopes": []}]
    call = Caller(Planfix(account), "bare")
    assert call.get("/ping").body == {"result": "success"}
    call.token = "other"
    assert call.get("/ping").code == (401, 1)
    call.token = ""
    assert call.get("/ping").code == (401, 1)
    assert call.get("/ping?access_token=bare").status == 200


def test_an_inactive_token_is_code_2() -> None:
    assert Caller.of_sample(token="planfix-sample-old-token").get("/ping").code == (401, 2)


def test_a_missing_scope_is_405_code_5() -> None:  # 4
    call = Caller.of_sample(token="planfix-sample-read-token")
    assert call.post("/task/list").status == 200
    assert call.post("/task/", {"name": "x"}).code == (405, 5)
    assert call("DELETE", "/comment/6").code == (405, 5)


def test_every_route_is_in_the_vendors_specification() -> None:
    known = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path))
        for path, methods in SPEC["paths"].items()
        for method in methods
    }
    for route in ROUTES:
        words = re.search(r"\{\w+:([^}]+)\}", route.path)
        for word in words[1].split("|") if words else [""]:
            path = re.sub(r"\{\w+\}", "{}", re.sub(r"\{\w+:[^}]+\}", word, route.path))
            assert (route.method, path) in known, path


def test_paths_keep_the_slashes_of_the_specification(call: Caller) -> None:  # 39
    assert call.post("/task", {"name": "x"}).status == 404
    assert call.post("/file/3/", {}).status == 404
    assert call.post("/task/101/checklist/", {"name": "x"}).status == 404


def test_delete_of_a_task_or_checklist_item_is_405(call: Caller) -> None:  # 33
    assert call("DELETE", "/task/101").code == (405, 405)
    assert call("DELETE", "/task/101/checklist/102").code == (405, 405)
    assert "101" in call.sandbox.tasks


def test_a_page_never_holds_more_than_100_rows() -> None:  # 1
    call = crowd(130)
    assert call.post("/task/list", {"pageSize": 101}).status == 400
    clamped = Caller(call.sandbox)
    clamped.sandbox.state.options = type(clamped.sandbox.state.options)(refuse_over_page=False)
    assert len(clamped.post("/task/list", {"pageSize": 101})["tasks"]) == 100
    assert len(call.post("/task/list", {})["tasks"]) == 100
    assert call.post("/task/list", {"pageSize": 0}).status == 400


def test_a_list_of_exactly_100_has_no_total_and_a_second_empty_page() -> None:  # 2
    call = crowd(100)
    first = call.post("/task/list", {"offset": 0, "pageSize": 100})
    assert set(first.body) == {"result", "tasks"}
    assert len(first["tasks"]) == 100
    assert call.post("/task/list", {"offset": 100, "pageSize": 100})["tasks"] == []


def test_tasks_come_in_ascending_id_and_sort_is_ignored() -> None:  # 18
    call = crowd(12)
    rows = call.post("/task/list", {"sort": [{"field": "id", "direction": "Desc"}], "fields": "id"})["tasks"]
    assert [row["id"] for row in rows] == list(range(1, 13))


def test_unknown_names_in_fields_are_dropped_and_none_give_the_minimal_object(call: Caller) -> None:  # 11
    assert call.get("/task/101").body["task"] == {"id": 101}
    shown = call.get("/task/101?fields=name,noSuchName,priority")["task"]
    assert shown == {"id": 101, "name": "Продлить договор аренды мастерской", "priority": "Urgent"}


def test_custom_values_come_only_for_their_ids_and_unset_ones_are_absent(call: Caller) -> None:  # 12
    assert "customFieldData" not in call.get("/task/110?fields=name,customFieldData")["task"]
    rows = call.get("/task/110?fields=101,103,104")["task"]["customFieldData"]
    assert [(row["field"]["id"], row["value"], row["field"]["type"]) for row in rows] == [
        (103, "Сдача", 8),
        (104, 240, 1),
    ]


def test_the_day_quota_answers_in_all_its_shapes() -> None:  # 3, 4
    call = Caller.of_sample(limits=Limits(per_second=None, per_day=2))
    assert [call.get("/ping").status for _ in range(2)] == [200, 200]
    text, seconds, milliseconds = (call.get("/ping") for _ in range(3))
    assert text.status == 200
    assert text.body["result"] == "fail"
    left = int(re.search(r"timeToReset:(\d+)", text.body["error"])[1])  # type: ignore[index]
    assert 14 * 3600 < left < 15 * 3600
    assert seconds.code == (403, 22)
    assert milliseconds.code == (403, 22)
    assert abs(seconds.body["timeToReset"] - left) < 5
    assert milliseconds.body["timeToReset"] > 86_400
    assert all(answer.reply.refused and not answer.reply.wrote for answer in (text, seconds, milliseconds))
    call.now += timedelta(days=1)
    assert call.get("/ping").body == {"result": "success"}


def test_two_calls_inside_one_second_are_refused_with_429() -> None:  # 6
    call = Caller.of_sample(limits=Limits())
    assert call.get("/ping").status == 200
    call.step = 0.9
    refused = call.get("/ping")
    assert (refused.status, refused.reply.refused, refused.body) == (429, True, None)
    call.step = 0.1
    assert call.get("/ping").status == 200
    assert call.sandbox.meter.used == 2


def test_the_remaining_header_is_ten_minutes_old() -> None:  # 5
    call = Caller.of_sample(limits=Limits(per_day=1000))
    seen = [call.get("/ping").reply.headers["X-RateLimit-Remaining"] for _ in range(600)]
    assert set(seen) == {"999"}
    assert call.get("/ping").reply.headers["X-RateLimit-Remaining"] == "399"


def test_without_limits_nothing_is_refused() -> None:
    call = Caller.of_sample()
    call.step = 0.0
    assert all(call.get("/ping").status == 200 for _ in range(50))
    assert "X-RateLimit-Remaining" not in call.get("/ping").reply.headers


def test_a_body_that_is_no_json_object_is_code_30(call: Caller) -> None:
    assert call("POST", "/task/list", raw=b"{").code == (400, 30)
    assert call("POST", "/task/list", [1]).code == (400, 30)
    assert call.post("/task/", {"name": 5}).code == (400, 30)


def test_an_employees_token_silently_gets_fewer_rows() -> None:  # 35
    everything = Caller.of_sample().post("/task/list")["tasks"]
    employee = Caller.of_sample(token="planfix-sample-employee-token")
    assert len(everything) == 5
    assert employee.post("/task/list")["tasks"] == []
    assert employee.get("/task/101?fields=id").status == 400


def test_a_draft_project_shows_only_to_its_author() -> None:  # 35
    robot = Caller.of_sample()
    identity = robot.post("/project/", {"name": "Ескіз ідеї", "status": {"id": 0}})["id"]
    employee = Caller(robot.sandbox, "planfix-sample-employee-token")
    assert employee.get(f"/project/{identity}").status == 400
    assert identity in [row["id"] for row in robot.post("/project/list")["projects"]]


def test_the_built_in_process_is_left_out_of_the_list(call: Caller) -> None:  # 37
    assert call.get("/process/task")["processes"] == [{"id": 24948, "name": "Проектирование"}]
    task = call.get("/task/101?fields=processId")["task"]
    assert task["processId"] == 1
    names = [row["name"] for row in call.get("/process/task/1/statuses")["statuses"]]
    assert names[:5] == ["Черновик", "Новая", "В работе", "Завершённая", "Отложенная"]


def test_custom_fields_of_an_id_are_all_custom_fields(call: Caller) -> None:
    every = call.get("/customfield/task?fields=id,name,type,enumValues")["customfields"]
    assert call.get("/customfield/task/11?fields=id,name,type,enumValues")["customfields"] == every
    assert "enumValues" not in call.get("/customfield/task")["customfields"][2]
    assert {row["name"]: row["type"] for row in every}["Метки"] == 20


def test_a_new_custom_field_stores_nothing_before_a_template_carries_it(call: Caller) -> None:
    identity = call.post("/customfield/task/", {"name": "Ключ", "type": 0})["id"]
    body = {"name": "x", "customFieldData": [{"field": {"id": identity}, "value": "v"}]}
    task = call.post("/task/", body)["id"]
    assert call.get(f"/task/{task}?fields={identity}")["task"] == {"id": task, "customFieldData": []}


def test_metadata_lists_answer_in_their_shapes(call: Caller) -> None:
    assert [row["id"] for row in call.get("/contact/templates?isCompany=true")["templates"]] == [2]
    assert call.get("/project/groups")["groups"][0] == {"id": 1, "name": "Бюро «Лад»"}
    assert call.get("/user/groups")["groups"][1]["name"] == "Проектный отдел"
    assert call.get("/directory/groups")["groups"] == [{"id": 1, "name": "Строительство"}]
    assert call.get("/customfield/group/task")["customFieldSets"][0] == {"id": 1, "name": "Перенос"}
    assert len(call.get("/customfield/type")["customFieldTypes"]) == 28
    assert call.get("/user/positions/")["positions"][0] == {"id": 1, "name": "Директор"}
    assert call.get("/workspace/list")["workspaces"]
    assert call.post("/object/list")["objects"] == [{"id": 21, "name": "Договор"}]
    assert call.get("/object/21").status == 200
    assert len(call.get("/object/21/statuses")["statuses"]) == 8
    assert call.post("/task/filters")["filters"]
    assert call.get("/task/recurring")["tasks"] == []


def test_sixty_templates_come_page_by_page() -> None:
    account = sample()
    account["task_templates"] = [{"id": 1000 + n, "name": f"Шаблон {n}", "process": 1, "fields": []} for n in range(60)]
    call = Caller(Planfix(account))
    pages = [call.get(f"/task/templates?offset={at}&pageSize=25&fields=id,name")["templates"] for at in (0, 25, 50, 75)]
    assert [len(page) for page in pages] == [25, 25, 10, 0]
    assert len({row["id"] for page in pages for row in page}) == 60


def test_an_empty_account_is_usable() -> None:
    call = Caller(Planfix(None), "planfix-token")
    task = call.post("/task/", {"name": "Перша"})["id"]
    assert call.get(f"/task/{task}?fields=name")["task"]["name"] == "Перша"


def test_the_check_of_requests_finds_what_the_specification_lacks() -> None:
    check_request("POST", "/rest/task/5?silent=true", {"name": "x", "startDateTime": {"date": "01-01-2024"}})
    check_request("POST", "/comment/list", {"filters": [{"type": 3000, "operator": "equal", "value": {}}]})
    check_request("POST", "/task/", {"counterparty": {"id": 5}, "assigner": {"id": "user:1"}})
    for method, path, body in (
        ("POST", "/task/5", {"nname": "x"}),
        ("POST", "/task/", {"assignees": {"users": [{"id": "user:1", "name": "x"}]}}),
        ("POST", "/task/", {"name": 7}),
        ("POST", "/task", {"name": "x"}),
        ("POST", "/project/5", {"files": [{"id": 1}]}),
        ("DELETE", "/task/5", None),
        ("POST", "/task/list", {"pageSize": 101}),
        ("POST", "/task/5/checklist", {"isDone": True}),
    ):
        with pytest.raises(AssertionError, match=re.escape(path)):
            check_request(method, path, body)


def test_the_check_of_replies_finds_what_the_specification_lacks() -> None:
    check_reply("POST", "/task/5", 200, {"failures": {"field": "a", "error": "b"}})
    check_reply("POST", "/task/5", 200, {"failures": [{"field": "a", "error": "b"}]})
    check_reply("POST", "/task/5", 202, None)
    for status, body in (
        (201, {"result": "success"}),
        (200, {"result": "success", "task": {}}),
        (202, {"result": "success"}),
        (500, {"result": "fail", "code": "0", "error": ""}),
    ):
        with pytest.raises(AssertionError):
            check_reply("POST", "/task/5", status, body)
    with pytest.raises(AssertionError, match="tasks/0/id"):
        check_reply("POST", "/task/list", 200, {"result": "success", "tasks": [{"id": "user:1"}]})
