"""The sample account holds what migrations lose, in the numbers that other tests count on, and is read whole."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from migrator.model import Comment, Cost, Kind, Project, Task
from migrator.sandbox.planfix import Planfix, values
from migrator.sandbox.planfix.state import State
from tests.vendors.planfix_caller import Caller
from tests.vendors.test_planfix_source import read_whole

ACCOUNT = Path(__file__).parents[2] / "samples" / "planfix-account.json"


def rich() -> dict[str, Any]:
    account: dict[str, Any] = json.loads(ACCOUNT.read_text())
    return account


@pytest.fixture
def account() -> State:
    return Planfix(rich()).state


def level(account: State, task: dict[str, Any]) -> int:
    return 1 + level(account, account.tasks[str(task["parent"])]) if "parent" in task else 1


def test_the_volume(account: State) -> None:
    assert len(account.projects) >= 8
    assert {project["status"] for project in account.projects.values()} == {0, 1, 2}
    assert len(account.tasks) >= 150
    assert {level(account, task) for task in account.tasks.values()} == {1, 2, 3, 4, 5}
    assert sum("first" not in comment for comment in account.comments.values()) >= 350
    assert len(account.files) >= 45
    assert len(account.entries) >= 80
    assert len(account.items) >= 100
    assert ACCOUNT.stat().st_size < 600_000


def test_a_value_of_every_type_of_custom_field(account: State) -> None:
    used = {
        account.custom_fields["task"][id]["type"] for task in account.tasks.values() for id in task.get("fields", {})
    }
    assert used >= {*range(values.VALUES + 1), *range(values.FILES, values.TIME_FRAME + 2)} - {18, 19}


def test_every_reference_leads_somewhere(account: State) -> None:
    for task in account.tasks.values():
        assert str(task.get("project", 1)) in account.projects
        assert str(task.get("parent", task["id"])) in account.tasks
        people = [*task["assignees"], *task.get("participants", []), *task.get("auditors", []), task["assigner"]]
        assert all(map(account.knows, people))
        assert account.status(task["processId"], task["status"])
    for comment in account.comments.values():
        assert str(comment.get("task", task["id"])) in account.tasks
        assert account.knows(comment.get("owner") or "user:1")
    held = (account.tasks, account.comments, account.projects, account.contacts)
    for row in (row for table in held for row in table.values()):
        assert {str(file) for file in row.get("files", [])} <= set(account.files)
    for entry in account.entries.values():
        assert str(entry["commentId"]) in account.comments
        assert entry.get("task") == account.comments[str(entry["commentId"])].get("task")


def test_the_awkward_names(account: State) -> None:
    names = [file["name"] for file in account.files.values()]
    assert any("../" in name for name in names)
    assert any("\\" in name for name in names)
    assert max(map(len, names)) > 150
    assert b"" in account.contents.values()
    titles = [task["name"] for task in account.tasks.values()]
    assert max(map(len, titles)) == 255
    assert any("<script>" in title for title in titles)
    assert any(ord(letter) > 0xFFFF for title in titles for letter in title)


def test_lines_of_checklists_stand_among_the_tasks_where_the_account_shows_them(account: State) -> None:
    found = Counter(row["type"] for row in pages(Caller(Planfix(rich()))))
    assert found == {"Task": len(account.tasks) - 1, "Template": 1, "Checkmark": len(account.items)}


def pages(call: Caller) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while not rows or len(rows) % 100 == 0:
        rows += call.post("/task/list", {"offset": len(rows), "pageSize": 100, "fields": "id,name,type,parent"})[
            "tasks"
        ]
    return rows


async def test_it_is_read_whole(tmp_path: Path, account: State) -> None:
    result = await read_whole(tmp_path, rich())
    gone = {id for id, task in account.tasks.items() if task.get("isDeleted") or task.get("type") == "Template"}
    assert result.ids(Kind.TASK) == set(account.tasks) - gone
    assert len(result.ids(Kind.CHECKITEM)) == len(account.items)
    told = {issue.ref.id for issue in result.issues if issue.ref.kind is Kind.COST and issue.code != "unsupported"}
    on_contact = {key for key, entry in account.entries.items() if "contact" in entry}
    assert result.ids(Kind.COST) | told | on_contact == set(account.entries)
    depths = {project.ref.id: project.depth for project in result.every(Project)}
    assert depths == dict.fromkeys(depths, 0) | {"4": 1, "5": 2}
    assert {"1", "2", "7"} <= set(depths)
    assert not {"10", "11"} & set(depths)  # deleted; a draft of somebody else


async def test_a_comment_that_repeats_the_description_is_a_comment_unless_it_is_the_first(tmp_path: Path) -> None:
    result = await read_whole(tmp_path, rich())
    texts = {task.ref: task.text.html for task in result.every(Task)}
    comments = result.every(Comment)
    assert sum(bool(texts[one.on]) and texts[one.on] == one.text.html for one in comments) == 1
    assert Counter(one.hidden for one in comments)[True] >= 15
    assert Counter(one.pinned for one in comments)[True] >= 5
    assert any(one.author and one.author.id.startswith("contact:") for one in comments)


async def test_a_whole_day_its_last_minute_and_money_given_back(tmp_path: Path) -> None:
    costs = (await read_whole(tmp_path, rich())).every(Cost)
    assert {24 * 60, 1} <= {cost.minutes for cost in costs}
    assert min(cost.money for cost in costs) < 0
