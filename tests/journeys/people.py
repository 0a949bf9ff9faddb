"""People at work in an account that was filled: they rename, comment and add tasks, in each vendor's own tables; and what these hold.

What a record says in lists of its own (HubEx keeps messages in their task) is left out where a record is compared.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from migrator.model import Kind

Record = dict[str, Any]
THEIRS = "By hand"
_HELD = ("files", "conversations", "works", "attachments", "checkLists", "lastModified")


@dataclass(frozen=True)
class People:
    """What they can do in one sandbox, and where things of a kind are. `number`: of an id of ours."""

    rename: Callable[[str], None]
    comment: Callable[[str], None]
    add_task: Callable[[str], None]
    tables: Callable[[], Mapping[Kind, Mapping[str, Record]]]
    is_gone: Callable[[Kind, Record], bool]


def number(id: str) -> str:
    """The vendor's own number in an id of ours."""
    return id.rpartition("/")[2].removeprefix("#com").removeprefix("contact:")


def records(people: People) -> dict[tuple[Kind, str], Record]:
    """Every record, less the lists it holds."""
    return {
        (kind, id): {name: copy.deepcopy(value) for name, value in row.items() if name not in _HELD}
        for kind, table in people.tables().items()
        for id, row in table.items()
    }


def in_worksection(account: Any) -> People:
    def comment(task: str) -> None:
        other = next(iter(account.comments.values()))
        account.add("comments", {**other, "task": number(task), "text": THEIRS, "files": []})

    def add_task(project: str) -> None:
        other = next(row for row in account.tasks.values() if row["project"] == number(project))
        account.add("tasks", {**copy.deepcopy(other), "name": THEIRS, "text": "", "parent": ""})

    return People(
        rename=lambda task: account.tasks[number(task)].update(name=THEIRS),
        comment=comment,
        add_task=add_task,
        tables=lambda: {
            Kind.PROJECT: account.projects,
            Kind.TASK: account.tasks,
            Kind.COMMENT: account.comments,
            Kind.COST: account.costs,
            Kind.CONTACT: account.contacts,
        },
        is_gone=lambda _, __: False,
    )


def in_planfix(state: Any) -> People:
    def comment(task: str) -> None:
        id = state.next_id("comments")
        row = {
            "id": id,
            "owner": "user:1",
            "dateTime": "2026-11-25T10:00Z",
            "task": int(task),
            "description": THEIRS,
        }
        state.comments[str(id)] = row

    def add_task(project: str) -> None:
        other = next(row for row in state.tasks.values() if row.get("project") == int(project))
        id = state.next_id("tasks")
        new = {**copy.deepcopy(other), "id": id, "name": THEIRS, "fields": {}, "files": []}
        state.tasks[str(id)] = {key: value for key, value in new.items() if key not in ("sourceObjectId", "parent")}

    return People(
        rename=lambda task: state.tasks[task].update(name=THEIRS),
        comment=comment,
        add_task=add_task,
        tables=lambda: {
            Kind.PROJECT: state.projects,
            Kind.TASK: state.tasks,
            Kind.COMMENT: state.comments,
            Kind.COST: state.entries,
            Kind.CONTACT: state.contacts,
            Kind.FILE: state.files,
        },
        is_gone=lambda _, row: bool(row.get("isDeleted")),
    )


def in_hubex(state: Any) -> People:
    def comment(task: str) -> None:
        rows = state.tasks[task].setdefault("conversations", [])
        id = max((one["id"] for one in rows), default=0) + 1
        rows.append({"id": id, "created": "2026-11-25T10:00:00", "message": THEIRS, "isExternal": False, "userID": 1})

    def add_task(project: str) -> None:
        other = next(row for row in state.tasks.values() if row.get("assetID") == int(project))
        new = {
            key: copy.deepcopy(value) for key, value in other.items() if key not in (*_HELD, "id", "erpID", "parentID")
        }
        state.add("tasks", {**new, "notes": THEIRS, "number": "BY-HAND"})

    def rename(task: str) -> None:
        state.tasks[task]["notes"] = f"{THEIRS}\n{state.tasks[task]['notes'].partition(chr(10))[2]}"

    return People(
        rename=rename,
        comment=comment,
        add_task=add_task,
        tables=lambda: {
            Kind.PROJECT: state.assets,
            Kind.TASK: state.tasks,
            Kind.COMPANY: state.companies,
            Kind.CONTACT: state.tables["contacts"],
            Kind.FILE: state.attachments,
            Kind.COMMENT: {
                f"{task}/{one['id']}": one for task, row in state.tasks.items() for one in row.get("conversations", [])
            },
        },
        is_gone=lambda _, row: bool(row.get("deleted")),
    )


def at_work_in(sandbox: Any) -> People:
    """The people of a sandbox, which is told by what it has: any vendor may be away."""
    if hasattr(sandbox, "account"):
        return in_worksection(sandbox.account)
    return in_hubex(sandbox.state) if hasattr(sandbox.state, "assets") else in_planfix(sandbox.state)
