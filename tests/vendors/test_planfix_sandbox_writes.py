"""Writes to the Planfix sandbox: tasks, projects, contacts, comments, checklists, as the vendor contract has them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.planfix_caller import Caller

UUID = "0c091b1f-a735-44e9-a56c-43435e7a40b6"


@pytest.fixture
def call() -> Caller:
    return Caller.of_sample()


def create(call: Caller, **body: Any) -> int:
    answer = call.post("/task/", {"name": "Вузол примикання", **body})
    assert answer.status == 201, answer.body
    assert answer.reply.wrote
    return int(answer["id"])


def read(call: Caller, task: int, *names: str) -> dict[str, Any]:
    return dict(call.get(f"/task/{task}?fields={','.join(names)}")["task"])


def people(*users: str) -> dict[str, Any]:
    return {"users": [{"id": one} for one in users], "groups": []}


def ids(shown: dict[str, Any]) -> list[Any]:
    return [row["id"] for row in (*shown["users"], *shown["groups"])]


def test_a_task_keeps_its_author_dates_people_and_marks(call: Caller) -> None:
    task = create(
        call,
        description="<p>Опис</p>",
        assigner={"id": "user:3"},
        assignees={"users": [{"id": "user:4"}, {"id": "contact:2"}], "groups": [{"id": 3}]},
        dateTime={"date": "05-03-2021", "time": "12:15"},
        startDateTime="06-03-2021 09:00:00",
        endDateTime={"date": "07-03-2021"},
        project={"id": 2},
        parent={"id": 104},
        priority="Urgent",
        status={"id": 3},
        sourceObjectId=UUID,
        sourceDataVersion="v1",
    )
    names = "assigner,assignees,dateTime,startDateTime,endDateTime,hasStartTime,hasEndTime,hasEndDate,project,parent"
    shown = read(call, task, names, "priority,status,actualCompletionDate,type,processId,template")
    assert "sourceObjectId" not in shown
    assert shown["assigner"] == {"id": "user:3", "name": "Марко Гнатюк"}
    assert ids(shown["assignees"]) == ["user:4", "contact:2", 3]
    assert shown["dateTime"]["datetime"] == "2021-03-05T10:15Z"
    assert shown["startDateTime"]["dateTimeUtcSeconds"] == "2021-03-06T07:00:00+0000"
    assert shown["endDateTime"] == {
        "date": "06-03-2021",
        "time": "22:00",
        "datetime": "2021-03-06T22:00Z",
        "dateTimeUtcSeconds": "2021-03-06T22:00:00+0000",
    }
    assert (shown["hasStartTime"], shown["hasEndTime"], shown["hasEndDate"]) == (True, False, True)
    assert (shown["project"], shown["parent"], shown["template"]) == ({"id": 2}, {"id": 104}, {"id": 11})
    assert (shown["status"]["id"], shown["priority"], shown["type"]) == (3, "Urgent", "Task")
    assert read(call, task, "sourceObjectId", "sourceDataVersion") == {
        "id": task,
        "sourceObjectId": UUID,
        "sourceDataVersion": "v1",
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "я" * 256}, 41),
        ({"name": ""}, 40),
        ({"name": None}, 30),
        ({}, 40),
        ({"name": "x", "status": {"id": 101}}, 41),
        ({"name": "x", "processId": 24948, "status": {"id": 2}}, 41),
        ({"name": "x", "processId": 5}, 41),
        ({"name": "x", "parent": {"id": 9999}}, 41),
        ({"name": "x", "project": {"id": 9999}}, 41),
        ({"name": "x", "template": {"id": 9999}}, 41),
        ({"name": "x", "assigner": {"id": "user:9999"}}, 41),
        ({"name": "x", "assignees": people("user:9999")}, 41),
        ({"name": "x", "startDateTime": {"date": "2024-01-05"}}, 41),
        ({"name": "x", "files": [{"id": 9999}]}, 7000),
        ({"name": "x", "sourceObjectId": "26"}, 41),
        ({"name": "x", "sourceDataVersion": "v" * 101}, 41),
        ({"name": "x", "assignees": ["user:1"]}, 30),
    ],
)
def test_a_bad_create_is_400_and_makes_nothing(call: Caller, body: dict[str, Any], code: int) -> None:
    before = set(call.sandbox.tasks)
    assert call.post("/task/", body).code == (400, code)
    assert set(call.sandbox.tasks) == before


def test_a_title_of_255_characters_is_taken(call: Caller) -> None:
    assert len(read(call, create(call, name="я" * 255), "name")["name"]) == 255


def test_draft_is_a_status_of_creation_only(call: Caller) -> None:
    task = create(call, status={"id": 0})
    assert read(call, task, "status")["status"]["id"] == 0
    call.post(f"/task/{task}", {"status": {"id": 1}})
    assert call.post(f"/task/{task}", {"status": {"id": 0}}).code == (400, 41)


def test_the_status_of_an_update_must_belong_to_the_process(call: Caller) -> None:
    refused = call.post("/task/110", {"status": {"id": 2}})
    assert (refused.code, refused.body["error"]) == ((400, 41), "Status not find by id 2")
    assert call.post("/task/110", {"status": {"id": 104}}).status == 200


def test_template_and_process_stay_as_created(call: Caller) -> None:
    task = create(call, template={"id": 12})
    assert call.post(f"/task/{task}", {"template": {"id": 11}, "processId": 1}).status == 200
    assert read(call, task, "template", "processId") == {"id": task, "template": {"id": 12}, "processId": 24948}


def test_a_template_may_bring_subtasks_along(call: Caller) -> None:  # 38
    task = create(call, template={"id": 13})
    asked = {"filters": [{"type": 73, "operator": "equal", "value": task}], "fields": "name,parent"}
    assert [row["name"] for row in call.post("/task/list", asked)["tasks"]] == ["Перезвонить клиенту"]


def test_completing_sets_the_date_and_reopening_clears_it(call: Caller) -> None:
    task = create(call)
    call.post(f"/task/{task}", {"status": {"id": 3}})
    assert read(call, task, "actualCompletionDate")["actualCompletionDate"]["datetime"] == "2025-05-14T09:30Z"
    call.post(f"/task/{task}", {"status": {"id": 2}})
    assert "actualCompletionDate" not in read(call, task, "actualCompletionDate")


def test_an_unknown_priority_becomes_not_urgent(call: Caller) -> None:
    assert read(call, create(call, priority="High"), "priority")["priority"] == "NotUrgent"


def test_a_bare_number_person_becomes_the_tokens_user(call: Caller) -> None:  # 25
    task = create(call, assigner={"id": 4}, assignees={"users": [{"id": "5"}]})
    shown = read(call, task, "assigner", "assignees")
    assert shown["assigner"]["id"] == "user:1"
    assert ids(shown["assignees"]) == ["user:1"]


def test_people_are_replaced_and_absent_ones_untouched(call: Caller) -> None:  # 26
    task = create(call, assignees=people("user:4", "user:5"), auditors=people("user:3"))
    call.post(f"/task/{task}?silent=true", {"assignees": people("user:6")})
    shown = read(call, task, "assignees", "auditors")
    assert (ids(shown["assignees"]), ids(shown["auditors"])) == (["user:6"], ["user:3"])


def test_has_start_date_false_clears_the_date(call: Caller) -> None:
    call.post("/task/104", {"hasStartDate": False})
    shown = read(call, 104, "startDateTime", "hasStartDate", "endDateTime")
    assert "startDateTime" not in shown
    assert (shown["hasStartDate"], shown["endDateTime"]["datetime"]) == (False, "2024-05-09T21:00Z")


def test_a_task_is_not_put_under_itself(call: Caller) -> None:
    assert call.post("/task/104", {"parent": {"id": 106}}).code == (400, 41)


def test_a_field_off_the_template_is_success_with_nothing_stored(call: Caller) -> None:  # 27
    task = create(call, customFieldData=[{"field": {"id": 106}, "value": "7-24/К"}])
    updated = call.post(f"/task/{task}", {"customFieldData": [{"field": {"id": 106}, "value": "7-24/К"}]})
    assert updated.body == {"result": "success"}
    assert read(call, task, "106")["customFieldData"] == []
    assert read(call, create(call, template={"id": 13}, customFieldData=[marker("a")]), "101")["customFieldData"] == []


def marker(text: str) -> dict[str, Any]:
    return {"field": {"id": 101}, "value": text}


def test_a_label_that_the_list_lacks_is_stored(call: Caller) -> None:  # 27
    task = create(call, customFieldData=[{"field": {"id": 103}, "value": "Нет такого"}])
    assert read(call, task, "103")["customFieldData"][0]["value"] == "Нет такого"


def test_partial_custom_values_keep_the_others_and_null_clears(call: Caller) -> None:
    call.post("/task/110", {"customFieldData": [marker("task:1"), {"field": {"id": 104}, "value": None}]})
    rows = read(call, 110, "101,102,103,104")["customFieldData"]
    assert [row["field"]["id"] for row in rows] == [101, 102, 103]


@pytest.mark.parametrize(
    ("field", "written", "shown"),
    [
        (102, ["АР", "новая"], ["АР", "новая"]),
        (104, 90.5, 90.5),
        (107, {"id": "3"}, {"id": 3, "value": "Конструкции"}),
        (108, [{"id": 101}, {"id": 104}], [{"id": 101}, {"id": 104}]),
    ],
)
def test_custom_values_of_each_type_read_back(call: Caller, field: int, written: Any, shown: Any) -> None:
    task = create(call, customFieldData=[{"field": {"id": field}, "value": written}])
    assert read(call, task, str(field))["customFieldData"][0]["value"] == shown


def test_a_read_only_field_is_passed_over(call: Caller) -> None:
    task = create(call, customFieldData=[{"field": {"id": 109}, "value": 5}])
    assert read(call, task, "109")["customFieldData"] == []


def test_a_busy_task_answers_202_and_changes_only_later() -> None:  # 7
    call = Caller.of_sample(busy_every=2, busy_calls=3)
    assert call.post("/task/104?silent=true", {"name": "перша"}).status == 200
    queued = call.post("/task/104?silent=true", {"name": "друга"})
    assert (queued.status, queued.reply.body, queued.reply.wrote) == (202, b"", True)
    assert read(call, 104, "name")["name"] == "перша"
    assert call.post("/task/104?silent=true", {"priority": "Urgent"}).status == 202
    assert read(call, 104, "name", "priority") == {"id": 104, "name": "друга", "priority": "NotUrgent"}
    call.get("/ping")
    assert read(call, 104, "name", "priority") == {"id": 104, "name": "друга", "priority": "Urgent"}


def test_failures_come_as_an_object_and_as_an_array() -> None:  # 8
    call = Caller.of_sample(failures_every=1)
    one = call.post("/task/104", {"name": "інша", "priority": "Urgent"})
    other = call.post("/task/104", {"name": "інша", "priority": "Urgent"})
    failed = {"field": "priority", "error": "Field change failed"}
    assert [one.body, other.body] == [{"failures": failed}, {"result": "success", "failures": [failed]}]
    assert (one.status, other.status) == (200, 200)
    assert read(call, 104, "name", "priority") == {"id": 104, "name": "інша", "priority": "NotUrgent"}


def test_a_counterparty_that_is_nobody_fails_alone(call: Caller) -> None:
    body = call.post("/task/104", {"name": "інша", "counterparty": {"id": 9999}}).body
    assert body["failures"] == {"field": "counterparty", "error": "Field change failed"}
    assert read(call, 104, "name")["name"] == "інша"


def test_is_deleted_does_nothing_unless_the_account_has_it() -> None:
    call = Caller.of_sample()
    assert call.post("/task/104", {"isDeleted": True}).status == 200
    assert read(call, 104, "isDeleted")["isDeleted"] is False
    call = Caller.of_sample(soft_delete=True)
    call.post("/task/104", {"isDeleted": True})
    assert read(call, 104, "isDeleted")["isDeleted"] is True
    assert 104 not in [row["id"] for row in call.post("/task/list")["tasks"]]


def test_silence_is_heard_only_where_it_is_documented(call: Caller) -> None:
    sandbox = call.sandbox
    task = int(call.post("/task/?silent=true", {"name": "x", "assignees": people("user:4")})["id"])
    assert sandbox.notifications == 1
    call.post(f"/task/{task}?silent=true", {"status": {"id": 2}})
    call.post(f"/task/{task}/comments/?silent=true", {"description": "тихо", "recipients": people("user:4")})
    assert sandbox.notifications == 1
    call.post(f"/task/{task}/comments/", {"description": "вголос"})
    assert sandbox.notifications == 2
    call.post(f"/task/{task}/comments/", {"description": "нікому", "recipients": people()})
    assert sandbox.notifications == 2
    call.post(f"/task/{task}/datatags/", {"dataTag": {"id": 1}, "items": [{"customFieldData": []}]})
    assert sandbox.notifications == 3
    call.post(f"/task/{task}/comments/", {"description": "ролі", "recipients": {"roles": ["assignee"]}})
    assert sandbox.notifications == 4
    create(call)
    assert sandbox.notifications == 4


def test_a_loud_change_of_status_is_logged_and_a_silent_one_is_not(call: Caller) -> None:
    call.post("/task/104?silent=true", {"status": {"id": 4}})
    call.post("/task/104", {"status": {"id": 2}})
    body = {"typeList": "All", "fields": "type,changeStatus"}
    logged = [row for row in call.post("/task/104/comments/list", body)["comments"] if "changeStatus" in row]
    assert [(row["type"], row["changeStatus"]) for row in logged] == [("None", {"newStatusId": 2, "oldStatusId": 4})]
    assert len(call.post("/task/104/comments/list")["comments"]) == 2


def test_a_created_task_has_its_description_as_the_first_comment(call: Caller) -> None:
    task = create(call, description="<p>Опис</p>", dateTime={"date": "05-03-2021", "time": "12:15"})
    call.post(f"/task/{task}", {"description": "<p>Новий</p>"})
    rows = call.post(f"/task/{task}/comments/list", {"fields": "description,dateTime,owner"})["comments"]
    assert [(row["description"], row["dateTime"]["datetime"]) for row in rows] == [
        ("<p>Новий</p>", "2021-03-05T10:15Z")
    ]


def comment(call: Caller, **body: Any) -> dict[str, Any]:
    identity = call.post("/task/104/comments/?silent=true", {"description": "x", **body})["id"]
    names = "description,owner,dateTime,isHidden,isPinned,recipients,files,sourceObjectId"
    return dict(call.get(f"/comment/{identity}?fields={names}")["comment"])


def test_a_comment_keeps_owner_date_and_privacy(call: Caller) -> None:
    shown = comment(
        call,
        owner={"id": "user:4"},
        dateTime={"datetime": "2022-06-12T12:15Z"},
        isHidden=True,
        isPinned=True,
        files=[{"id": 3}],
        sourceObjectId=UUID,
        sourceId=UUID,
    )
    assert shown["owner"] == {"id": "user:4", "name": "Ірина Савчук"}
    assert shown["dateTime"]["datetime"] == "2022-06-12T12:15Z"
    assert (shown["isHidden"], shown["isPinned"], shown["sourceObjectId"]) == (True, True, UUID)
    assert shown["files"] == [{"id": 3, "size": 1, "name": "Договір оренди 2024.txt"}]


@pytest.mark.parametrize("owner", ["contact:2", "user:12", "user:9999", "group:1"])
def test_an_owner_who_is_no_active_employee_is_refused(call: Caller, owner: str) -> None:
    refused = call.post("/task/104/comments/", {"description": "x", "owner": {"id": owner}})
    assert refused.code == (400, 41)


def test_newlines_and_html_comments_vanish_from_comments(call: Caller) -> None:  # 29
    assert comment(call, description="раз\nдва\r\nтри<!-- mark:26 --><br>")["description"] == "раздватри<br>"


def test_a_comment_over_64_kb_is_refused(call: Caller) -> None:  # 29
    assert len(comment(call, description="я" * 32_768)["description"]) == 32_768
    assert call.post("/task/104/comments/", {"description": "я" * 32_769}).code == (400, 5001)


def test_astral_characters_may_break_a_comment() -> None:
    assert comment(Caller.of_sample(), description="👍")["description"] == "👍"
    strict = Caller.of_sample(refuse_astral=True)
    assert strict.post("/task/104/comments/", {"description": "👍"}).code == (400, 30)
    assert comment(strict, description="&#128077;")["description"] == "&#128077;"


def test_an_update_of_a_comment_is_empty_and_keeps_owner_and_date(call: Caller) -> None:
    body = {"description": "правка", "owner": {"id": "user:4"}, "dateTime": "01-01-2020 10:00:00"}
    updated = call.post("/task/101/comments/6?silent=true", body)
    assert (updated.status, updated.reply.body) == (200, b"")
    shown = call.get("/comment/6?fields=description,owner,dateTime")["comment"]
    assert (shown["description"], shown["owner"]["id"]) == ("правка", "user:10")
    assert shown["dateTime"]["datetime"] == "2024-01-15T12:10Z"
    assert call.post("/task/104/comments/6", {"description": "x"}).code == (400, 5002)


def test_a_deleted_comment_is_an_empty_200_and_takes_its_entries_along(call: Caller) -> None:
    assert call("DELETE", "/comment/8").reply.body == b""
    assert call.post("/datatag/1/entry/list")["dataTagEntries"] == []
    assert 8 not in [row["id"] for row in call.post("/task/104/comments/list")["comments"]]


def test_a_comment_of_a_missing_task_or_without_text_is_400(call: Caller) -> None:
    assert call.post("/task/9999/comments/", {"description": "x"}).code == (400, 1000)
    assert call.post("/task/104/comments/", {}).code == (400, 40)


def test_contact_comments_are_never_silent(call: Caller) -> None:
    body = {"description": "дзвінок", "recipients": people("user:4")}
    assert call.post("/contact/contact:3/comments/?silent=true", body).status == 201
    assert call.sandbox.notifications == 1


def test_checklist_item_151_is_refused(call: Caller) -> None:  # 29
    task = create(call)
    for n in range(150):
        assert call.post(f"/task/{task}/checklist", {"name": f"пункт {n}"}).status == 201
    assert call.post(f"/task/{task}/checklist", {"name": "ще"}).code == (400, 601)
    second = call.post(f"/task/{task}/checklist/list", {"offset": 100, "fields": "name"})["items"]
    assert [row["name"] for row in second] == [f"пункт {n}" for n in range(100, 150)]


def test_an_unknown_key_in_a_checklist_body_is_400_and_elsewhere_tolerated(call: Caller) -> None:  # 34
    assert call.post("/task/104/checklist", {"name": "x", "order": 1}).code == (400, 30)
    assert call.post("/task/101/checklist/102", {"done": True}).code == (400, 30)
    assert call.post("/task/104?silent=true", {"order": 1}).status == 200


def test_a_checklist_item_is_numbered_among_tasks_and_nests(call: Caller) -> None:
    task = create(call)
    item = call.post(f"/task/{task}/checklist", {"name": "а", "isDone": True})["id"]
    assert item == task + 1
    child = call.post(f"/task/{task}/checklist", {"name": "б", "parent": {"id": item}})["id"]
    assert call.get(f"/task/{task}/checklist/{child}?fields=parent")["item"] == {"id": child, "parent": {"id": item}}
    assert call.post(f"/task/{task}/checklist/{child}", {"isDone": True}).body == {"result": "success"}
    assert create(call) == child + 1
    assert call.post(f"/task/{task}/checklist", {"name": " "}).code == (400, 601)
    assert call.post(f"/task/{task}/checklist", {"name": "x", "parent": {"id": 107}}).code == (400, 601)
    assert call.get(f"/task/{item}").status == 400


def test_a_project_is_created_with_its_days_and_updated_without_a_start(call: Caller) -> None:
    body = {
        "name": "Склад на Троєщині",
        "group": {"id": 4},
        "owner": {"id": "user:3"},
        "startDate": {"date": "03-02-2025"},
        "endDate": "28-11-2025",
        "customFieldData": [{"field": {"id": 201}, "value": "project:7"}, {"field": {"id": 207}, "value": "нет"}],
    }
    project = call.post("/project/", body)["id"]
    call.post(f"/project/{project}?silent=true", {"startDate": {"date": "01-01-2030"}, "status": {"id": 1}})
    shown = call.get(f"/project/{project}?fields=group,owner,startDate,endDate,status,201,207")["project"]
    assert shown["group"] == {"id": 4, "name": "Приватні замовники"}
    assert (shown["startDate"]["date"], shown["endDate"]["date"]) == ("03-02-2025", "28-11-2025")
    assert (shown["status"], shown["owner"]["id"]) == ({"id": 1}, "user:3")
    assert [row["value"] for row in shown["customFieldData"]] == ["project:7"]
    call.post(f"/project/{project}?silent=true", {"hasEndDate": False})
    assert call.get(f"/project/{project}?fields=endDate,hasEndDate")["project"] == {"id": project, "hasEndDate": False}
    assert call.post("/project/", {"name": "x", "status": {"id": 7}}).code == (400, 41)


def test_a_user_is_never_created(call: Caller) -> None:
    refused = call.post("/user/", {"name": "Ivan", "email": "ivan@example.com"})
    assert refused.code == (400, 24)
    assert refused.body["error"] == 'Billing limit - user not created - {"name":"Ivan"}'
    assert call.post("/user/12?silent=true", {"status": "Active"}).body == {"result": "success"}
    assert call.get("/user/12?fields=status")["user"]["status"] == "Active"


def test_a_contact_needs_a_template_a_name_and_a_good_email(call: Caller) -> None:
    assert call.post("/contact/", {"name": "Петро"}).code == (400, 40)
    assert call.post("/contact/", {"template": {"id": 1}}).code == (400, 2006)
    assert call.post("/contact/", {"template": {"id": 1}, "name": "Петро", "email": "петро"}).code == (400, 2004)
    assert call.post("/contact/", {"template": {"id": 77}, "name": "Петро"}).code == (400, 41)


def test_a_contact_and_its_company_are_linked_both_ways(call: Caller) -> None:
    body = {
        "template": {"id": 1},
        "name": "Петро",
        "birthDate": "01.12.1991",
        "companies": [{"id": 4}],
        "phones": [{"number": "+380501112233", "type": 1}],
        "createdDate": {"date": "01-01-2001"},
    }
    identity = call.post("/contact/", body)["id"]
    shown = call.get(f"/contact/contact:{identity}?fields=birthDate,companies,phones,createdDate,addedBy")["contact"]
    assert (shown["birthDate"]["date"], shown["companies"][0]["id"]) == ("01-12-1991", 4)
    assert (shown["createdDate"]["datetime"], shown["addedBy"]["id"]) == ("2025-05-14T09:30Z", "user:1")
    assert call.get("/contact/4?fields=contacts")["contact"]["contacts"][0]["id"] == identity


def test_contact_import_returns_no_ids_and_by_marker_makes_nothing_twice(call: Caller) -> None:  # 36
    row = {"name": "Імпорт", "customFieldData": [{"field": {"id": 301}, "value": "contact:9"}]}
    body = {
        "contactTemplateId": 1,
        "companyTemplateId": 2,
        "optionImportDuplicate": "ignore",
        "optionImportUniqueField": "custom:301",
        "contacts": [row],
    }
    for _ in range(2):
        answer = call.post("/contact/import", body)
        assert (answer.status, answer.reply.body) == (201, b"")
    found = call.post(
        "/contact/list", {"filters": [{"type": 4101, "operator": "equal", "value": "contact:9", "field": 301}]}
    )
    assert len(found["contacts"]) == 1
    call.post("/contact/import", {**body, "optionImportDuplicate": "update", "contacts": [{**row, "name": "Новий"}]})
    assert call.get(f"/contact/{found['contacts'][0]['id']}?fields=name")["contact"]["name"] == "Новий"


def test_a_directory_entry_is_made_without_saying_its_key(call: Caller) -> None:
    body = {"name": "Фасади", "customFieldData": [{"field": {"id": 601}, "value": "ФС"}]}
    answer = call.post("/directory/1/entry/", body)
    assert (answer.status, answer.reply.body) == (200, b"")
    assert call.get("/directory/1/entry/6?fields=name,601")["entry"]["customFieldData"][0]["value"] == "ФС"
    assert call.post("/directory/1/entry/6?silent=true", {"archived": True}).reply.body == b""
    assert call("DELETE", "/directory/1/entry/6").status == 200
    assert call.get("/directory/1/entry/6").code == (400, 8010)
