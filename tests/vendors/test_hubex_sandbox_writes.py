"""Writes to the HubEx sandbox. The numbers in comments are the gotchas of the vendor contract, section 9A."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from migrator.sandbox.hubex import HubEx
from migrator.sandbox.hubex.asset_writes import STAMP_KEY
from tests.vendors.test_hubex_sandbox import Caller, sample

ASSET = {"name": "Лифт № 3", "assetTypeID": 1, "assetClassID": 1, "companyID": 2}
COMPANY = {"name": "ООО Техно", "registrationTypeID": 1}
OPEN_TASK = {
    "assetID": 2,
    "companyID": 2,
    "notes": "Замена",
    "notesHtml": "<p>Замена</p>",
    "erpID": "E-1",
    "deadline": "2026-07-10T14:08:00.000Z",
}


@pytest.fixture
def call() -> Caller:
    return Caller.of_sample()


@pytest.fixture
def task(call: Caller) -> int:
    return call.task(**OPEN_TASK)


def move(call: Caller, task: int, stage: int, **more: Any) -> Any:
    return call.post("/WORK/TaskStagingHistory", {"taskID": task, "taskStageID": stage, **more})


def assign(call: Caller, task: int, user: int = 12) -> Any:
    return call.post("/WORK/TaskAssignmentHistory", [{"taskID": task, "userID": user}])


def close(call: Caller, task: int) -> None:
    assert (
        call(
            "PUT",
            f"/WORK/Tasks/{task}/complete",
            {"completed": "2024-02-01T10:00:00Z", "closed": "2024-02-02T10:00:00Z"},
        ).status
        == 202
    )


def work(call: Caller, task: int, **fields: Any) -> int:
    rows = call.post("/WORK/CompletedWorks", [{"taskID": task, "data": [{"workTypeID": 1, **fields}]}])
    return int(rows[0]["id"])


# -- 409, 202, errors inside success


def test_409_covers_plain_validation_as_well_as_conflict(call: Caller) -> None:  # 20
    stamp = str(uuid.uuid4())
    call.post("/WORK/Tasks", {"taskTypeID": 1, "requestMethodID": 4}, X_Concurrency_Stamp=stamp)
    conflict = call.post("/WORK/Tasks", {"taskTypeID": 1, "requestMethodID": 4}, X_Concurrency_Stamp=stamp)
    plain = call.post("/WORK/Tasks", {"taskTypeID": 99, "requestMethodID": 4})
    assert conflict.status == plain.status == 409
    assert conflict.code != plain.code


@pytest.mark.parametrize("lag", [1, 3])
def test_a_reread_after_202_lags_by_so_many_calls(lag: int) -> None:  # 21
    call = Caller.of_sample(lag_calls=lag)
    task = call.task(notes="было")
    assert call("PATCH", f"/WORK/Tasks/{task}", [{"field": "notes", "value": "стало"}]).status == 202
    seen = [call.get(f"/WORK/Tasks/{task}")["notes"] for _ in range(lag + 1)]
    assert seen == ["было"] * lag + ["стало"]


def test_accepted_changes_take_effect_in_order_and_settle_at_once_on_demand() -> None:
    call = Caller.of_sample(lag_calls=5)
    task = call.task()
    for text in ("один", "два"):
        call("PATCH", f"/WORK/Tasks/{task}", [{"field": "notes", "value": text}])
    call.sandbox.settle()
    assert call.sandbox.tasks[str(task)]["notes"] == "два"


def test_deleting_tasks_tells_of_each_that_was_not_deleted_inside_202(call: Caller, task: int) -> None:  # 22
    answer = call("DELETE", "/WORK/Tasks", [task, 9999])
    assert answer.status == 202
    assert [row.get("error") for row in answer.body] == [None, "TaskNotFound"]
    assert call.get(f"/WORK/Tasks/{task}")["deleted"]
    assert call("DELETE", f"/WORK/Tasks/{task}").body[0]["error"] == "AlreadyDone"
    assert call("PUT", "/WORK/Tasks/restore", [task]).status == 202
    assert "deleted" not in call.get(f"/WORK/Tasks/{task}").body


def test_moving_many_tells_the_error_in_the_row_of_a_201(call: Caller, task: int) -> None:  # 22
    assign(call, task)
    rows = [{"taskID": task, "taskStageID": 2}, {"taskID": task, "taskStageID": 7}, {"taskID": 9999, "taskStageID": 2}]
    answer = call.post("/WORK/TaskStagingHistory/multiple", rows)
    assert answer.status == 201
    assert [row.get("error") for row in answer.body] == [None, "InvalidOperation", "TaskNotFound"]


def test_asset_attributes_v2_lists_only_rejected_rows_in_202(call: Caller) -> None:  # 22
    rows = [{"assetID": 2, "data": [{"attributeID": 12, "value": "500"}, {"attributeID": 8, "value": "Осторожно"}]}]
    answer = call.post("/ES/AssetAttributes/v2", rows)
    assert answer.status == 202
    assert answer.body == [{"tenantID": 1, "assetID": 2, "attributeID": 12, "error": "InvalidDataFormat@AlreadyActive"}]
    assert {row["attribute"]["id"]: row["value"] for row in call.get("/ES/Assets/2/attributes").body}[8] == "Осторожно"
    assert (
        call("PUT", "/ES/AssetAttributes/v2", [{"assetID": 2, "data": [{"attributeID": 12, "value": ""}]}]).body == []
    )
    assert 12 not in {row["attribute"]["id"] for row in call.get("/ES/Assets/2/attributes").body}


def test_an_assignment_that_cannot_be_made_is_an_error_in_the_row_of_a_201(call: Caller, task: int) -> None:  # 22
    assert assign(call, task, 30)[0]["assignments"] == [{"userID": 30, "error": "UserIsBanned"}]
    assert "assignedTo" not in call.get(f"/WORK/Tasks/{task}").body
    assert assign(call, task, 12)[0]["assignments"] == [{"userID": 12}]
    assert call.get(f"/WORK/Tasks/{task}")["assignedTo"]["id"] == 12


# -- stages


def test_a_201_with_errors_has_not_moved_the_task(call: Caller, task: int) -> None:  # 23
    answer = move(call, task, 2)
    assert answer.status == 201
    assert answer["errors"][0]["code"] == "AssigneeRequired"
    assert call.get(f"/WORK/Tasks/{task}")["taskStage"]["id"] == 1
    assert not answer.reply.wrote
    assign(call, task)
    assert move(call, task, 2).body == {"stageId": 2, "isFinalStage": False, "errors": []}
    assert call.get(f"/WORK/Tasks/{task}")["taskStage"]["id"] == 2


def test_a_stage_may_demand_checklists_and_attributes(call: Caller) -> None:
    task = call.task(taskTypeID=3, assetID=4)
    assert move(call, task, 8)["errors"] == []
    assert move(call, task, 9)["errors"][0]["code"] == "AttributesRequired"
    call.post("/WORK/TaskAttributes", [{"taskID": task, "data": [{"attributeID": 1, "value": "СМ-1"}]}])
    assert move(call, task, 9)["errors"] == []
    listed = call.post(f"/WORK/Tasks/{task}/checkLists", [{"checkListID": 3}])[0]["id"]
    assign(call, task)
    for stage in (2, 3):
        assert move(call, task, stage)["errors"] == []
    assert move(call, task, 6)["errors"][0]["code"] == "CheckListsRequired"
    done = [{"id": 1, "isChecked": True}, {"id": 2, "isChecked": True}]
    assert call("PUT", f"/WORK/Tasks/{task}/checkLists/{listed}/results/v2", done).status == 202
    assert move(call, task, 6)["errors"] == []
    assert call.get(f"/WORK/Tasks/{task}")["timesheet"]["completed"]


def test_only_neighbours_in_the_route_are_allowed(call: Caller, task: int) -> None:  # 24
    assert set(call.get(f"/WORK/Tasks/{task}/stages/next").keys) == {2, 5}
    assert move(call, task, 7).code == (409, "InvalidOperation")
    assert move(call, task, 99).code == (409, "InvalidData")
    assert move(call, 9999, 2).code == (404, "TaskNotFound")


def test_a_move_takes_its_moment_from_completed_and_the_last_stage_closes(call: Caller, task: int) -> None:
    assert move(call, task, 5, completed="2023-05-01T08:00:00Z", notes="Отказ")["isFinalStage"] is False
    assert move(call, task, 7, completed="2023-05-01T09:00:00Z")["isFinalStage"] is True
    shown = call.get(f"/WORK/Tasks/{task}").body
    assert shown["timesheet"]["closed"] == "2023-05-01T09:00:00"
    rows = call.get(f"/WORK/Tasks/{task}/stages").body
    assert [row["taskStageTo"]["id"] for row in rows] == [1, 5, 7]
    assert rows[1] | {"dateTill": "2023-05-01T09:00:00", "notes": "Отказ"} == rows[1]
    assert move(call, task, 7).code == (409, "TaskClosed")


def test_next_stages_of_many_tasks_come_in_one_map(call: Caller, task: int) -> None:
    other = call.task(taskTypeID=3, assetID=4)
    assert set(call.get(f"/WORK/Tasks/stages/next?id={task}&id={other}").keys) == {2, 5, 8}
    assert call.get("/WORK/Tasks/stages/next?id=x").status == 409


def test_a_stage_batch_is_accepted_follows_later_and_tells_no_errors(call: Caller, task: int) -> None:
    assign(call, task)
    body = {"concurrencyStamp": str(uuid.uuid4()), "data": [{"taskStageID": 2, "tasks": [task, 9999]}]}
    answer = call.post("/WORK/TaskStagingHistory/batch", body)
    assert (answer.status, answer["isSuccessed"]) == (202, True)
    seen = [call.get(f"/WORK/Tasks/{task}")["taskStage"]["id"] for _ in range(5)]
    assert seen == [1, 1, 1, 2, 2]
    assert call.post("/WORK/TaskStagingHistory/batch", body).status == 409


def test_a_link_with_a_timeout_moves_the_task_by_itself(call: Caller) -> None:
    task = call.task(taskTypeID=3, assetID=4)
    call.sandbox.tasks[str(task)]["stageID"] = 3
    assert move(call, task, 4, completed="2026-05-04T09:00:00Z")["errors"] == []
    assert call.get(f"/WORK/Tasks/{task}")["timesheet"]["nextTaskStageMovement"] == "2026-05-18T09:00:00"
    call.now = call.now.replace(day=18)
    call.token = call.post("/AUTHZ/AccessTokens", {"serviceToken": call.service})["access_token"]
    assert call.get(f"/WORK/Tasks/{task}")["taskStage"]["id"] == 3


def test_complete_takes_moments_of_the_past_and_only_once(call: Caller, task: int) -> None:
    close(call, task)
    assert call.get(f"/WORK/Tasks/{task}")["timesheet"]["closed"] == "2024-02-02T10:00:00"
    assert call("PUT", f"/WORK/Tasks/{task}/complete", {"closed": "2024-02-02T10:00:00Z"}).code == (409, "AlreadyDone")
    assert call("PUT", "/WORK/Tasks/9999/complete", {"closed": "2024-02-02T10:00:00Z"}).status == 404


def test_a_closed_task_takes_no_fields_works_or_assignees_but_comments(call: Caller, task: int) -> None:
    close(call, task)
    assert call("PATCH", f"/WORK/Tasks/{task}", [{"field": "notes", "value": "x"}]).code == (409, "TaskClosed")
    assert assign(call, task).code == (409, "TaskClosed")
    assert call.post("/WORK/CompletedWorks", [{"taskID": task, "data": [{"workTypeID": 1}]}]).code == (
        409,
        "TaskClosed",
    )
    assert call.post(f"/WORK/Tasks/{task}/conversation", {"message": "позже"}).status == 201


# -- assets and companies


def test_publishing_an_asset_without_a_location_is_409(call: Caller) -> None:  # 25
    asset = call.post("/ES/Assets", ASSET)["id"]
    assert call("PUT", f"/ES/Assets/{asset}/publish").code == (409, "InvalidOperation")
    assert call.post("/ES/Assets", {**ASSET, "isAutoPublish": True}).code == (409, "InvalidOperation")
    assert call.post("/ES/AssetLocations", {"assetID": asset, "locationID": 1}).status == 202
    assert call("PUT", f"/ES/Assets/{asset}/publish").status == 202
    assert call.get(f"/ES/Assets/{asset}")["published"]


def test_a_task_needs_a_published_asset_with_work_types_and_none_foreign_to_it(call: Caller) -> None:  # 26
    body = {"taskTypeID": 1, "requestMethodID": 4}
    assert call.post("/WORK/Tasks", {**body, "assetID": 9}).code == (409, "InvalidOperation")
    assert call.post("/WORK/Tasks", {**body, "assetID": 3, "workTypeID": 7}).code == (409, "InvalidOperation")
    assert call.post("/WORK/Tasks", {**body, "assetID": 3, "workTypeID": 1}).status == 201
    bare = call.post("/ES/Assets", {**ASSET, "locationID": 1, "isAutoPublish": True})["id"]
    assert call.post("/WORK/Tasks", {**body, "assetID": bare}).code == (409, "InvalidOperation")
    assert call.post("/ES/AssetWorkTypes", {"assetID": bare, "data": [1]}).status == 201
    assert call.post("/WORK/Tasks", {**body, "assetID": bare, "workTypeID": 1}).status == 201


def test_put_wipes_omitted_fields(call: Caller, task: int) -> None:  # 27
    assert call("PUT", f"/WORK/Tasks/{task}", {"taskTypeID": 1, "notes": "новое"}).status == 202
    shown = call.get(f"/WORK/Tasks/{task}").body
    assert shown["notes"] == "новое"
    assert not {"erpID", "asset", "notesHtml"} & set(shown)
    assert "deadline" not in shown["timesheet"]
    assert call("PUT", "/ES/Assets/2", {**ASSET, "companyID": 2}).status == 202
    assert not {"serialNumber", "location", "erpID"} & set(call.get("/ES/Assets/2").body)


def test_put_of_companies_needs_org_units_and_wipes(call: Caller) -> None:  # 27
    assert call("PUT", "/ES/Companies", [{**COMPANY, "id": 2}]).code == (409, "ParameterNull")
    shown = call.get("/ES/Companies/2").body
    units = {"customerOrgUnitID": shown["customerOrgUnit"]["id"], "staffOrgUnitID": shown["staffOrgUnit"]["id"]}
    assert call("PUT", "/ES/Companies", [{**COMPANY, "id": 2, **units}]).status == 202
    assert not {"erpID", "tin", "phone"} & set(call.get("/ES/Companies/2").body)


def test_deleting_a_company_unpublishes_its_assets_and_restore_does_not_publish(call: Caller) -> None:  # 37
    assert call("DELETE", "/ES/Companies", [2]).status == 202
    assert not any(row.get("published") for row in call.get("/ES/Assets?companyID=2").body.values())
    call("PUT", "/ES/Companies/restore", [2])
    assert "deleted" not in call.get("/ES/Companies/2").body
    assert call.get("/ES/Assets?companyID=2&isPublished=true").status == 204


def test_an_asset_with_active_tasks_is_not_deleted(call: Caller) -> None:
    asset = call.post("/ES/Assets", {**ASSET, "locationID": 1, "isAutoPublish": True, "useAllWorkTypes": True})["id"]
    task = call.task(assetID=asset)
    assert call("DELETE", "/ES/Assets", [asset]).code == (409, "InvalidOperation")
    close(call, task)
    assert call("DELETE", "/ES/Assets", [asset]).status == 202
    assert call.get(f"/ES/Assets/{asset}")["deleted"]
    call("PUT", "/ES/Assets/restore", [asset])
    assert "deleted" not in call.get(f"/ES/Assets/{asset}").body


def test_creates_of_companies_and_locations_are_arrays_of_ids_in_order(call: Caller) -> None:
    ids = call.post("/ES/Companies", [COMPANY, {**COMPANY, "name": "Вторая", "erpID": "X"}]).body
    assert [call.get(f"/ES/Companies/{key}")["name"] for key in ids] == ["ООО Техно", "Вторая"]
    assert len(call.post("/ES/Locations", [{"address": "Тверь, 1"}, {"address": "Тверь, 2"}]).body) == 2
    assert call.post("/ES/Locations", [{"address": "Тверь, 1"}]).code == (409, "AlreadyDone")
    assert call.post("/ES/Locations", [{"address": "Тверь, 1", "isIgnorePossibleDuplication": True}]).status == 201


def test_tags_join_the_dictionary_and_have_32_characters_at_most(call: Caller, task: int) -> None:
    assert call.post("/WORK/TaskTags", [{"taskID": task, "tags": ["новый тег"]}]).status == 201
    assert "новый тег" in call.get("/COMMON/Tags").body
    assert call.get(f"/WORK/Tasks/{task}/tags").body == ["новый тег"]
    assert call.post("/ES/AssetTags", [{"assetID": 2, "tags": ["т" * 33]}]).code == (409, "InvalidData")


# -- tasks


def test_patch_takes_an_array(call: Caller, task: int) -> None:  # 28
    assert call("PATCH", f"/WORK/Tasks/{task}", {"notes": "плоско"}).code == (400, "InvalidDataFormat")
    fields = [{"field": "deadline", "value": "2026-07-11T10:00:00Z"}, {"field": "erpID", "value": None}]
    assert call("PATCH", f"/WORK/Tasks/{task}", fields).status == 202
    shown = call.get(f"/WORK/Tasks/{task}").body
    assert shown["timesheet"]["deadline"] == "2026-07-11T10:00:00"
    assert "erpID" not in shown
    assert call("PATCH", f"/WORK/Tasks/{task}", [{"field": "stage", "value": 3}]).code == (409, "InvalidData")


def test_a_number_has_32_characters_at_most(call: Caller) -> None:  # 29
    assert call.task(number="N" * 32)
    assert call.post("/WORK/Tasks", {"taskTypeID": 1, "requestMethodID": 4, "number": "N" * 33}).code == (
        409,
        "InvalidData",
    )


def test_type_and_request_method_are_required_and_criticality_and_deadline_are_not(call: Caller) -> None:
    assert call.post("/WORK/Tasks", {"taskTypeID": 1}).code == (409, "ParameterNull")
    assert call.post("/WORK/Tasks", {"requestMethodID": 4}).code == (409, "ParameterNull")
    assert call.post("/WORK/Tasks", [{"taskTypeID": 1, "requestMethodID": 4}]).code == (400, "InvalidDataFormat")
    assert call.task()


def test_creation_date_stage_assignee_and_tags_cannot_be_set_by_a_create_but_the_author_can(call: Caller) -> None:
    task = call.task(created="2020-01-01T00:00:00Z", taskStageID=7, assignedTo=12, tags=["x"], requestedByUserID=20)
    shown = call.get(f"/WORK/Tasks/{task}").body
    assert shown["timesheet"]["created"].startswith("2026-05-04")
    assert shown["taskStage"]["id"] == 1
    assert "assignedTo" not in shown
    assert call.get(f"/WORK/Tasks/{task}/tags").status == 204
    assert shown["requestedBy"]["id"] == 20


@pytest.mark.parametrize(
    "html", ["<script>x</script>", "<p onclick='x'>y</p>", "<p>x", "<a href='javascript:x'>y</a>", "<b><i>x</b></i>"]
)
def test_bad_html_is_422(call: Caller, task: int, html: str) -> None:  # 40
    assert call.post("/WORK/Tasks", {"taskTypeID": 1, "requestMethodID": 4, "notesHtml": html}).status == 422
    assert call("PUT", f"/WORK/Tasks/{task}", {"taskTypeID": 1, "notesHtml": html}).status == 422


def test_a_task_is_never_above_itself(call: Caller, task: int) -> None:
    child = call.task(parentID=task)
    assert call.get(f"/WORK/Tasks/{task}")["childCount"] == 1
    assert call("PATCH", f"/WORK/Tasks/{task}", [{"field": "parentID", "value": child}]).code == (
        409,
        "InvalidOperation",
    )


# -- stamps


@pytest.mark.parametrize("stamp", [" ", "not-a-guid", "a" * 300])
def test_a_stamp_that_is_not_a_guid_is_400(call: Caller, stamp: str) -> None:
    body = {"taskTypeID": 1, "requestMethodID": 4}
    assert call.post("/WORK/Tasks", body, X_Concurrency_Stamp=stamp).code == (400, "InvalidDataFormat")


def test_the_same_stamp_twice_is_409_and_one_task(call: Caller) -> None:  # 30
    stamp, body, before = str(uuid.uuid4()), {"taskTypeID": 1, "requestMethodID": 4}, len(call.sandbox.tasks)
    made = call.post("/WORK/Tasks", body, X_Concurrency_Stamp=stamp)
    assert made["concurrencyStamp"] == stamp
    again = call.post("/WORK/Tasks", body, X_Concurrency_Stamp=stamp)
    assert again.code == (409, "AlreadyDone")
    assert str(made["id"]) not in again.reply.body.decode()
    assert len(call.sandbox.tasks) == before + 1


def test_a_refused_create_leaves_its_stamp_free_and_an_old_stamp_is_forgotten(call: Caller) -> None:
    stamp, body = str(uuid.uuid4()), {"taskTypeID": 1, "requestMethodID": 4}
    assert call.post("/WORK/Tasks", {**body, "number": "N" * 33}, X_Concurrency_Stamp=stamp).status == 409
    assert call.post("/WORK/Tasks", body, X_Concurrency_Stamp=stamp).status == 201
    call.now = call.now.replace(hour=call.now.hour + 2)
    call.token = call.post("/AUTHZ/AccessTokens", {"serviceToken": call.service})["access_token"]
    assert call.post("/WORK/Tasks", body, X_Concurrency_Stamp=stamp).status == 201


def test_the_409_of_assets_names_the_first_and_its_stamp_key_starts_in_cyrillic(call: Caller) -> None:
    stamp = str(uuid.uuid4())
    made = call.post("/ES/Assets", ASSET, X_Concurrency_Stamp=stamp).body
    again = call.post("/ES/Assets", ASSET, X_Concurrency_Stamp=stamp)
    assert (again.status, again.body) == (409, {**made, STAMP_KEY: stamp})
    assert ord(STAMP_KEY[0]) == 0x441
    assert "concurrencyStamp" not in again.body


def test_a_repeated_work_is_409_or_200_when_the_conflict_is_suppressed(call: Caller, task: int) -> None:
    stamp, body = str(uuid.uuid4()), [{"taskID": task, "data": [{"workTypeID": 1}]}]
    assert call.post("/WORK/CompletedWorks", body, X_Concurrency_Stamp=stamp)[0]["concurrencyStamp"] == stamp
    assert call.post("/WORK/CompletedWorks", body, X_Concurrency_Stamp=stamp).status == 409
    assert call.post("/WORK/CompletedWorks", body, X_Concurrency_Stamp=stamp, X_Suppress_Conflict="true").status == 200
    assert len(call.get(f"/WORK/Tasks/{task}/completedWorks").body) == 1


# -- comments


def test_comments_are_posted_in_the_singular_and_get_now_and_the_caller(call: Caller, task: int) -> None:  # 36
    body = {"message": "Принял", "isExternal": True, "attachments": [], "userID": 12, "created": "2020-01-01T00:00:00Z"}
    answer = call.post(f"/WORK/Tasks/{task}/conversation", body)
    assert (answer.status, answer.body) == (201, [{"taskID": task, "id": 1}])
    (row,) = call.get(f"/WORK/Tasks/{task}/conversations").body
    assert (row["message"], row["isExternal"], row["author"]["id"]) == ("Принял", True, 1)
    assert row["created"] == call.sandbox.tasks[str(task)]["conversations"][0]["created"] > "2026-05-04"
    assert call.post(f"/WORK/Tasks/{task}/conversations", body).status == 404
    assert call.get(f"/WORK/Tasks/{task}/conversation").status == 404


def test_comments_and_stage_moves_tell_people(call: Caller, task: int) -> None:  # 35
    call.post(f"/WORK/Tasks/{task}/conversation", {"message": "раз"})
    move(call, task, 5)
    assert call.sandbox.state.notifications == 2


def test_a_deleted_comment_is_gone_and_its_id_is_not_given_again(call: Caller, task: int) -> None:
    for text in ("раз", "два"):
        call.post(f"/WORK/Tasks/{task}/conversation", {"message": text})
    assert call("DELETE", "/WORK/TaskConversations", [{"taskID": task, "data": [2]}]).status == 202
    assert call.post(f"/WORK/Tasks/{task}/conversation", {"message": "три"})[0]["id"] == 3
    assert [row["id"] for row in call.get(f"/WORK/Tasks/{task}/conversations").body] == [1, 3]


# -- works


def test_technicians_and_materials_are_maps_and_204_when_there_are_none(call: Caller, task: int) -> None:  # 31
    first, second = work(call, task), work(call, task)
    for part in ("technicians", "materials"):
        assert call.get(f"/WORK/Tasks/{task}/completedWorks/{part}").status == 204
    people = [{"completedWorkID": second, "technicians": [{"userID": 12, "rate": 950, "rateCurrencyID": 1}]}]
    assert call.post("/WORK/Tasks/completedWorks/technicians", [{"taskID": task, "data": people}]).status == 201
    shown = call.get(f"/WORK/Tasks/{task}/completedWorks/technicians").body
    assert list(shown) == [str(second)]
    assert str(first) not in shown
    assert shown[str(second)]["technicians"][0] | {"userID": 12, "rate": 950} == shown[str(second)]["technicians"][0]
    assert call.post("/WORK/Tasks/completedWorks/technicians", [{"taskID": task, "data": people}]).code == (
        409,
        "AlreadyDone",
    )


def test_materials_need_material_warehouse_and_inventory_and_what_is_left(call: Caller, task: int) -> None:
    number = work(call, task)
    (material,) = call.post("/WH/Materials", [{"name": "Ролик", "erpID": "ROLL", "cost": 10}]).body
    (warehouse,) = call.post("/WH/Warehouses", [{"name": "Импорт", "erpID": "IMP"}]).body
    stock = [
        {
            "inventoryDateFrom": "2026-05-01T00:00:00Z",
            "materials": [{"materialErpID": "ROLL", "warehouseErpID": "IMP", "quantity": 3}],
        }
    ]
    inventory = call.post("/WH/Inventories", stock)[0]["id"]
    row = {
        "consumedByUserID": 12,
        "inventoryID": inventory,
        "materialID": material,
        "measurementUnitID": 1,
        "warehouseID": warehouse,
    }

    def consume(**fields: Any) -> Any:
        data = [{"completedWorkID": number, "materials": [{**row, **fields}]}]
        return call.post("/WORK/Tasks/completedWorks/materials", [{"taskID": task, "data": data}])

    assert consume(quantity=2, inventoryID=1).code == (409, "InvalidOperation")
    assert consume(quantity=2, cost=10.5, costCurrencyID=1).status == 201
    assert consume(quantity=2).code == (409, "InvalidOperation")
    assert consume().code == (409, "ParameterNull")
    shown = call.get(f"/WORK/Tasks/{task}/completedWorks/materials").body[str(number)]["materials"]
    assert [(one["materialErpID"], one["quantity"], one["cost"]) for one in shown] == [("ROLL", 2, 10.5)]
    used = call.get("/WH/MaterialConsumptions").body[str(inventory)]["materials"]
    assert [(one["task"]["id"], one["consumption"], one["totalCost"]) for one in used] == [(task, 2, 21.0)]


def test_work_ids_count_within_a_task_and_there_is_no_256th(call: Caller, task: int) -> None:  # 32
    other = call.task()
    assert work(call, task) == work(call, other) == 1
    rows = [{"taskID": task, "data": [{"workTypeID": 1}] * 254}]
    assert call.post("/WORK/CompletedWorks", rows)[253]["id"] == 255
    call("DELETE", "/WORK/CompletedWorks", [{"taskID": task, "data": [7]}])
    assert call.post("/WORK/CompletedWorks", [{"taskID": task, "data": [{"workTypeID": 1}]}]).code == (
        409,
        "InvalidOperation",
    )


def test_a_work_has_no_hours_but_start_and_finish_and_they_are_in_order(call: Caller, task: int) -> None:
    work(
        call,
        task,
        started="2024-01-01T08:00:00Z",
        finished="2024-01-01T09:35:00Z",
        workTypeCost=999.5,
        costCurrencyID=1,
    )
    (row,) = call.get(f"/WORK/Tasks/{task}/completedWorks").body
    assert (row["started"], row["finished"]) == ("2024-01-01T08:00:00", "2024-01-01T09:35:00")
    assert row["workType"] == {"id": 1, "name": "Аварийный выезд", "cost": 999.5, "costCurrencyID": 1}
    backwards = [{"workTypeID": 1, "started": "2024-01-01T09:00:00Z", "finished": "2024-01-01T08:00:00Z"}]
    assert call.post("/WORK/CompletedWorks", [{"taskID": task, "data": backwards}]).code == (409, "InvalidDatePeriod")


# -- attributes, checklists, people, contracts


@pytest.mark.parametrize(
    ("attribute", "good", "bad"),
    [(2, "7", "седьмой"), (3, "7.2", "7,2"), (4, "2025-04-17", "17.04.2025"), (5, "2025-04-17T10:00:00Z", "утром"),
     (6, "1", "9"), (7, "1;3", "1,3"), (9, "true", "да"), (10, "1", "нет"), (1, "СМ", "")],
)  # fmt: skip
def test_attribute_values_are_texts_checked_by_type(
    call: Caller, task: int, attribute: int, good: str, bad: str
) -> None:
    def put(value: Any) -> Any:
        return call.post(
            "/WORK/TaskAttributes", [{"taskID": task, "data": [{"attributeID": attribute, "value": value}]}]
        )

    assert put(bad).code == (409, "InvalidData")
    assert put(True).code == (409, "InvalidData")
    assert put(good).status == 202
    rows = call.get(f"/WORK/TaskAttributes?taskID={task}").body
    assert [(row["attributeID"], row["value"]) for row in rows] == [(attribute, good)]


def test_attributes_of_tasks_are_merged(call: Caller, task: int) -> None:
    for attribute, value in ((1, "СМ"), (2, "5")):
        call.post("/WORK/TaskAttributes", [{"taskID": task, "data": [{"attributeID": attribute, "value": value}]}])
    assert len(call.get(f"/WORK/Tasks/{task}/attributes").body) == 2


def test_the_type_of_an_attribute_is_immutable(call: Caller) -> None:
    (made,) = call.post(
        "/COMMON/Attributes", [{"name": "Цвет", "attributeTypeID": 6, "isPublic": True, "isRelevantForTask": True}]
    ).body
    values = [{"attributeID": made, "data": [{"key": "1", "value": "Красный"}]}]
    assert call.post("/COMMON/AttributeListOfValues", values).status == 202
    assert call.get(f"/COMMON/Attributes/{made}/listOfValues").body == {"1": "Красный"}
    assert (
        call("PUT", "/COMMON/Attributes", [{"id": made, "name": "Цвет", "attributeTypeID": 1, "isPublic": True}]).status
        == 409
    )


def test_a_checklist_is_made_tied_and_filled(call: Caller, task: int) -> None:
    (made,) = call.post("/WORK/CheckLists", [{"name": "Осмотр"}]).body
    assert (
        call.post("/WORK/CheckListItems", [{"checkListID": made, "data": [{"name": "Пункт", "sortOrder": 1}]}]).status
        == 202
    )
    own = call.post(f"/WORK/Tasks/{task}/checkLists", [{"checkListID": made}])[0]["id"]
    assert call("PUT", f"/WORK/Tasks/{task}/checkLists/{own}/results/v2", [{"id": 1, "isChecked": True}]).status == 202
    shown = call.get(f"/WORK/Tasks/{task}/checkLists").body[str(own)]
    assert (shown["totalItemsCount"], shown["completedItemsCount"]) == (1, 1)
    assert call.get(f"/WORK/Tasks/{task}/checkLists/{own}/results/v2").body["1"]["isChecked"] is True


USER = {
    "firstName": "Алексей",
    "lastName": "Иванов",
    "email": "a.ivanov@example.com",
    "isTechnician": True,
    "companyID": 2,
}


def test_an_email_is_unique_and_an_invitation_goes_out_unless_skipped(call: Caller) -> None:
    made = call.post("/ADM/Users?skipAccountVerification=true", USER).body
    assert set(made) == {"userID", "accountID", "tenantMemberID"}
    assert call.sandbox.state.invitations == []
    twice = call.post("/ADM/Users?skipAccountVerification=true", {**USER, "email": "A.Ivanov@example.com"})
    assert twice.code == (409, "USER_ALREADY_EXISTS")
    call.post("/ADM/Users", {**USER, "email": "b@example.com"})
    assert call.sandbox.state.invitations == ["b@example.com"]
    assert call.get(f"/ADM/Users/{made['userID']}")["employments"][0]["company"]["id"] == 2


def test_staff_need_licences() -> None:
    call = Caller.of_sample(staff_licences=3)
    assert call.post("/ADM/Users?skipAccountVerification=true", USER).status == 403
    assert call.post("/ADM/Users?skipAccountVerification=true", {**USER, "isCustomer": True}).status == 201


def test_a_user_with_active_tasks_is_not_deleted(call: Caller, task: int) -> None:
    user = call.post("/ADM/Users?skipAccountVerification=true", USER)["userID"]
    assign(call, task, user)
    assert call("DELETE", "/ADM/Users", [user]).code == (409, "USER_HAS_ACTIVE_TASKS")
    close(call, task)
    assert call("DELETE", "/ADM/Users", [user]).status == 202
    assert call.get(f"/ADM/Users/{user}")["deleted"]


def test_a_contract_has_dates_and_a_post_with_an_id_updates(call: Caller) -> None:
    body = {"companyID": 2, "name": "Договор", "number": "1", "dateFrom": "2026-01-01T00:00:00Z"}
    (made,) = call.post("/SC/ServiceContract", [body]).body
    assert call.post("/SC/ServiceContract", [{**body, "id": made, "name": "Новый"}]).body == [made]
    assert call.get(f"/SC/ServiceContract/{made}")["name"] == "Новый"
    assert call.post("/SC/ServiceContract", [{"companyID": 2, "name": "Без даты"}]).code == (409, "ParameterNull")


@pytest.mark.parametrize(
    ("path", "field", "limit", "rest"),
    [("/ES/Companies", "name", 512, COMPANY), ("/ES/Companies", "tin", 16, COMPANY), ("/ES/Companies", "email", 128, COMPANY),
     ("/ES/Companies", "phone", 32, COMPANY), ("/ES/Companies", "registeredOffice", 1024, COMPANY),
     ("/COMMON/Contacts", "fullName", 128, {}), ("/COMMON/Contacts", "description", 512, {"fullName": "К"}),
     ("/COMMON/Contacts", "phone", 32, {"fullName": "К"}), ("/WORK/WorkTypes", "erpID", 64, {"name": "Вид"}),
     ("/WH/Materials", "name", 128, {}), ("/WH/Warehouses", "erpID", 64, {"name": "С"}),
     ("/SC/ServiceContract", "number", 32, {"companyID": 2, "name": "Д", "dateFrom": "2026-01-01"})],
)  # fmt: skip
def test_texts_have_the_vendors_limits(call: Caller, path: str, field: str, limit: int, rest: dict[str, Any]) -> None:
    assert call.post(path, [{**rest, field: "ы" * limit}]).status == 201
    assert call.post(path, [{**rest, field: "ы" * (limit + 1)}]).code == (409, "InvalidData")


def test_company_ids_end_at_32767() -> None:
    account = sample()
    account["companies"].append({"id": 32767, "name": "Последняя", "registrationTypeID": 1})
    assert Caller(HubEx(account)).post("/ES/Companies", [COMPANY]).code == (409, "InvalidOperation")


def test_every_write_says_so_and_a_read_or_refusal_does_not(call: Caller, task: int) -> None:
    assert call.post(f"/WORK/Tasks/{task}/conversation", {"message": "x"}).reply.headers["X-Last-Lsn"]
    assert not call.get("/WORK/Tasks").reply.wrote
    assert not call.post("/WORK/Tasks", {}).reply.wrote


# -- what older pages of the vendor say (section 9B)


def test_next_stages_are_under_work_alone(call: Caller, task: int) -> None:
    assert call.get(f"/Tasks/{task}/stages/next").status == 404
    assert call.get(f"/WORK/Tasks/{task}/stages/next").status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", "/ES/Assets/2"), ("POST", "/ES/Assets/2/publish"), ("PATCH", "/ES/Companies/2"), ("PATCH", "/ADM/Users/12"),
     ("POST", "/ADM/Users/12/ban"), ("POST", "/ADM/Users/12/unban")],
)  # fmt: skip
def test_methods_of_older_pages_are_not_there(call: Caller, method: str, path: str) -> None:
    answer = call(method, path, {"name": "x", "reason": "Увольнение"})
    assert answer.status == 404
    assert not answer.reply.wrote


def test_a_company_is_an_array_and_inn_kpp_and_legal_name_vanish(call: Caller) -> None:
    old = {"name": "ООО", "legalName": "Общество", "inn": "1234567890", "kpp": "987654321"}
    assert call.post("/ES/Companies", old).code == (400, "InvalidDataFormat")
    assert call.post("/ES/Companies", [old]).code == (409, "ParameterNull")
    (made,) = call.post("/ES/Companies", [{**old, "registrationTypeID": 1}]).body
    assert not {"tin", "iec", "fullName"} & set(call.get(f"/ES/Companies/{made}").body)


def test_a_ban_is_a_put_with_reason_and_end_and_position_is_passed_over(call: Caller) -> None:
    user = {
        "firstName": "Андрей",
        "lastName": "Жуков",
        "email": "a.zhukov@vertikal.example.com",
        "position": "Мастер",
        "departmentID": 15,
    }
    assert call("PUT", "/ADM/Users/12", {**user, "banReasonID": 1, "banTill": "2027-01-01T00:00:00Z"}).status == 202
    assert 12 in call.get("/ADM/Users?isBanned=true").keys
    assert call.get("/ADM/Users/12")["employments"][0]["position"] == "Электромеханик по лифтам"
    call("PUT", "/ADM/Users/12", user)
    assert 12 not in call.get("/ADM/Users?isBanned=true").keys
