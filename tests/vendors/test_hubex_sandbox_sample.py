"""The HubEx sample account: rich enough to rehearse with, whole in itself, and readable by every call a migration makes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from migrator.sandbox.hubex import HubEx, sanitizer
from migrator.sandbox.hubex import values as attribute_values
from migrator.sandbox.hubex.assets import lineage
from migrator.sandbox.hubex.routes import ROUTES
from migrator.sandbox.hubex.state import TABLES
from migrator.sandbox.hubex.work_parts import left
from tests.vendors.test_hubex_sandbox import SAMPLE, Caller, sample

TASKS: list[dict[str, Any]] = sample()["tasks"]
REFERENCES = {
    "companyID": "companies", "payerCompanyID": "companies", "payeeCompanyID": "companies", "assetID": "assets",
    "maintainedAssetID": "assets", "parentID": "", "locationID": "locations", "contractID": "contracts",
    "workTypeID": "work_types", "criticalityID": "criticalities", "taskTypeID": "task_types",
    "requestMethodID": "request_methods", "requestedByUserID": "users", "userID": "users", "assignedByID": "users",
    "consumedByUserID": "users", "responsiblePerson": "users", "stageID": "task_stages", "statusID": "task_statuses",
    "checkListID": "check_lists", "materialID": "materials", "warehouseID": "warehouses", "inventoryID": "inventories",
    "measurementUnitID": "measurement_units", "costCurrencyID": "currencies", "rateCurrencyID": "currencies",
    "attributeTypeID": "attribute_types", "attributeID": "attributes", "assetTypeID": "asset_types",
    "assetClassID": "asset_classes", "registrationTypeID": "registration_types", "banReasonID": "ban_reasons",
    "fromTaskStageID": "task_stages", "toTaskStageID": "task_stages", "taskStatusID": "task_statuses",
    "branchID": "branches", "startTaskStageID": "task_stages", "finishTaskStageID": "task_stages",
}  # fmt: skip


def parts(name: str) -> list[dict[str, Any]]:
    """All comments, works or checklists of all tasks."""
    return [part for task in TASKS for part in task.get(name, [])]


def records(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object, at any depth."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from records(one)


def test_the_sample_is_small_enough_to_read_and_diff() -> None:
    text = SAMPLE.read_text()
    assert len(text.encode()) < 600_000
    assert max(map(len, text.splitlines())) < 6000
    assert set(json.loads(text)) == {*TABLES, "service_tokens", "options", "stage_links", "tags", "attachments"}


def test_the_sample_is_rich() -> None:
    account = sample()
    assert len(TASKS) >= 150
    assert len(parts("conversations")) >= 300
    assert {0, 1, 5, 12} <= {len(task.get("conversations", [])) for task in TASKS}
    assert {row["isExternal"] for row in parts("conversations")} == {True, False}
    assert len(account["attachments"]) >= 40
    works = [row for row in parts("works") if not row.get("deleted")]
    assert len(works) >= 60
    assert sum(bool(row.get("technicians")) for row in works) >= 60
    assert sum(bool(row.get("materials")) for row in works) >= 20
    assert len(parts("checkLists")) >= 20
    assert sum("closed" in task for task in TASKS) >= 30
    assert sum("deleted" in task for task in TASKS) >= 3
    assert Counter(task["taskTypeID"] for task in TASKS).keys() == {1, 2, 3}


def test_the_sample_has_the_awkward_cases() -> None:
    account = sample()
    assert any(company.get("deleted") for company in account["companies"])
    assert len([company for company in account["companies"] if not company.get("deleted")]) >= 3
    assert any(not asset.get("published") and not asset.get("deleted") for asset in account["assets"])
    sandbox = HubEx(account)
    assert max(len(lineage(sandbox.state, asset["id"])) for asset in account["assets"]) >= 3
    users = account["users"]
    assert all(
        any(user.get(fact) for user in users) for fact in ("isTechnician", "isCustomer", "banTill", "deleted", "isTeam")
    )
    used = {key for task in TASKS for key in task.get("attributes", {})}
    kinds = {row["attributeTypeID"] for row in account["attributes"] if str(row["id"]) in used}
    assert kinds == {row["id"] for row in account["attribute_types"]}
    html = " ".join(task["notesHtml"] for task in TASKS)
    assert all(mark in html for mark in ("<a href=", "<img src=", "<table>", "🛠"))
    assert any(task.get("parentID") and by_id(task["parentID"]).get("parentID") for task in TASKS)
    assert any(file.get("deleted") for file in account["attachments"])


def by_id(key: int) -> dict[str, Any]:
    return next(task for task in TASKS if task["id"] == key)


def test_every_reference_of_the_sample_leads_somewhere() -> None:
    account = sample()
    tables = {name: {row["id"] for row in account[name]} for name in TABLES}
    files = {row["id"] for row in account["attachments"]}
    for name in TABLES:
        for record in records(account[name]):
            for key, table in REFERENCES.items():
                if key in record:
                    assert record[key] in tables[table or name], (name, key, record)
            for file in record.get("attachments", []):
                assert file in files


def test_every_stage_history_of_the_sample_follows_its_route() -> None:
    account = sample()
    links = {(row["taskTypeID"], row["fromTaskStageID"], row["toTaskStageID"]) for row in account["stage_links"]}
    for task in TASKS:
        stages = [row["stageID"] for row in task["stages"]]
        assert stages[-1] == task["stageID"]
        assert all((task["taskTypeID"], *pair) in links for pair in pairwise(stages))
        moments = [row["dateFrom"] for row in task["stages"]]
        assert moments == sorted(moments)
        assert moments[0] == task["created"]
        assert ("closed" in task) == (stages[-1] == 7)


def test_every_value_and_text_of_the_sample_would_be_taken_by_the_vendor() -> None:
    sandbox = HubEx(sample())
    for task in TASKS:
        sanitizer.check(task["notesHtml"])
        for key, value in task.get("attributes", {}).items():
            if not sandbox.state.tables["attributes"][key].get("deleted"):
                assert attribute_values.take(sandbox.state, key, value) == value
        for work in task.get("works", []):
            assert datetime.fromisoformat(work["started"]) < datetime.fromisoformat(work["finished"])


def test_no_inventory_of_the_sample_is_overdrawn() -> None:
    sandbox = HubEx(sample())
    for inventory in sandbox.state.tables["inventories"].values():
        for row in inventory["materials"]:
            assert left(sandbox.state, inventory["id"], row["materialID"], row["warehouseID"]) >= 0


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method == "GET"], ids=lambda route: route.path)
def test_every_read_answers_over_the_whole_sample(route: Any) -> None:
    call = Caller.of_sample()
    if "RefreshTokens" in route.path:
        assert call.get(route.path).status == 401
        return
    if "{task}" not in route.path:
        answer = call.get(route.path.format(id=1, file=1))
        assert answer.status in (200, 204, 307, 409, 500)
        assert (answer.status in (409, 500)) == route.path.endswith(("next", "count", "downloadLink"))
        return
    for task in TASKS[::8]:
        answer = call.get(route.path.format(task=task["id"], id=1, comment=1, file=1))
        assert answer.status in (200, 204, 303, 404, 409), (task["id"], answer.reply)


def test_all_tasks_of_the_sample_come_page_by_page_in_ascending_order() -> None:
    call = Caller.of_sample()
    seen: list[int] = []
    first, total = 1, len(TASKS)
    while first <= total:
        page = call.get("/WORK/Tasks?orderBy=1&sortDirection=1", Range=f"items={first}-{first + 49}")
        seen += page.keys
        bounds, _, count = str(page.range).removeprefix("items=").partition("/")
        first, total = int(bounds.partition("-")[2]) + 1, int(count)
    assert sorted(seen) == [task["id"] for task in TASKS]
