"""The sample account holds what migrations lose, in the numbers that other tests count on, and contradicts itself nowhere."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from migrator.sandbox.worksection import Worksection
from tests.vendors.test_worksection_sandbox import SAMPLE, Desk, big

__all__ = ["big"]

Record = dict[str, Any]


@pytest.fixture
def account(big: Desk) -> Worksection:
    return big.sandbox


def level(account: Worksection, task: Record) -> int:
    return 1 + len(list(account.account.ancestors(task)))


def test_the_volume(account: Worksection) -> None:
    assert len(account.projects) >= 6
    assert {project["status"] for project in account.projects.values()} == {"active", "pending", "archive"}
    assert len(account.tasks) >= 155
    assert {level(account, task) for task in account.tasks.values()} == {1, 2, 3}
    assert len(account.comments) >= 310
    assert len(account.files) >= 42
    assert len(account.costs) >= 62
    assert SAMPLE.stat().st_size < 600_000


def test_tasks_with_0_1_5_6_and_12_comments(account: Worksection) -> None:
    counts = Counter(comment["task"] for comment in account.comments.values())
    assert {0, 1, 5, 6, 12} <= {counts[task] for task in account.tasks}


def test_every_reference_leads_somewhere(account: Worksection) -> None:
    people = {*account.users, *account.account.former_users, *account.account.contacts, "NOONE", "ANY"}
    for task in account.tasks.values():
        assert task["project"] in account.projects
        assert task.get("parent", task["id"]) in account.tasks
        assert {task["user_from"], task["user_to"], *task["subscribers"], *task.get("hidden", [])} <= people
        sets = {account.account.task_tags[tag]["group"] for tag in task.get("tags", [])}
        assert sets <= set(account.projects[task["project"]]["tag_groups"])
    for comment in account.comments.values():
        assert comment["task"] in account.tasks
        assert {comment["user_from"], *comment.get("hidden", [])} <= people
    for file in account.files.values():
        places = {"project": account.projects, "task": account.tasks, "comment": account.comments}
        (place,) = set(file) & set(places)
        assert file[place] in places[place]
    for cost in account.costs.values():
        assert cost["task"] in account.tasks
        assert cost["user_from"] in people
    for relation in account.account.relations:
        assert {relation["from"], relation["to"]} <= set(account.tasks)


def test_closed_parents_have_closed_children_only(account: Worksection) -> None:
    closed = [task for task in account.tasks.values() if task["status"] == "done"]
    assert any(account.account.children(task) for task in closed)
    assert all(child["status"] == "done" for task in closed for child in account.account.children(task))
    assert all("date_closed" in task for task in closed)


def test_the_awkward_files(account: Worksection) -> None:
    names = [file["name"] for file in account.files.values()]
    assert {"../../etc/passwd", "🌾.png", "генплан.png"} <= set(names)
    assert any(file["content"] == b"" for file in account.files.values())
    twins = Counter((file["task"], file["name"]) for file in account.files.values() if "task" in file)
    assert max(twins.values()) == 2
    assert sum(file["content"].startswith(b"\x89PNG") for file in account.files.values()) >= 5
    assert max(map(len, names)) > 150


def test_the_awkward_texts(account: Worksection) -> None:
    texts = [task["text"] for task in account.tasks.values()]
    longest = max(texts, key=len)
    assert 59_000 < len(longest) <= len(longest.encode()) <= 65_536
    assert max(len(task["name"]) for task in account.tasks.values()) == 300
    everything = "\n".join([*texts, *(comment["text"] for comment in account.comments.values())])
    for piece in (
        "\u200b",
        "\u00ad",
        "\ufeff",
        "\u2028",
        "👷",
        "&lt;script&gt;",
        "• ",
        "@Ірина Савчук",
        '<a href="https://norms.example.org',
        "<img src=",
    ):
        assert piece in everything
    assert "https://lad.worksection.com/project/101/" in everything
    assert "/#com5" in everything


def test_the_awkward_people(account: Worksection) -> None:
    hands = {
        record["user_from"]
        for shelf in (account.tasks, account.comments, account.costs, account.files)
        for record in shelf.values()
    }
    assert hands & set(account.account.former_users)
    assert hands & set(account.account.contacts)
    assert any(user["email"].endswith("worksection.com") for user in account.users.values())
    assigned = Counter(task["user_to"] for task in account.tasks.values())
    assert assigned["NOONE"] > 5
    assert assigned["ANY"] >= 3


def test_the_awkward_fields(account: Worksection) -> None:
    tasks = account.tasks.values()
    assert {task["priority"] for task in tasks} == {str(number) for number in range(11)}
    for key in (
        "max_time",
        "max_money",
        "date_start",
        "date_end",
        "time_start",
        "time_end",
        "tags",
        "custom_fields",
        "hidden",
        "date_closed",
    ):
        assert any(key in task for task in tasks), key
    assert {relation["type"] for relation in account.account.relations} == {"finish-to-start", "start-to-start"}
    archived = [task for task in tasks if account.projects[task["project"]]["status"] == "archive"]
    assert {task["status"] for task in archived} == {"active", "done"}
    costs = account.costs.values()
    assert any(cost["minutes"] > 24 * 60 for cost in costs)
    assert {bool(cost["is_timer"]) for cost in costs} == {True, False}
    assert any(not cost["comment"] for cost in costs)
    assert any(not cost["minutes"] and float(cost["money"]) for cost in costs)
    assert all("custom_fields" in account.projects[project] for project in ("101", "102"))
