"""Bringing a finished move up to date, vendor to vendor: what the source edits, adds and deletes, and what people do meanwhile."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from migrator.ledger import State
from migrator.model import Kind, Task
from migrator.run import look_at_run
from tests.journeys.commands import Commands
from tests.journeys.pairs import between, served

Record = dict[str, Any]


def tasks(sandbox: Any) -> dict[str, Record]:
    """The tasks that a sandbox holds, by id."""
    found: dict[str, Record] = getattr(sandbox, "tasks", None) or (
        sandbox.account.tasks if hasattr(sandbox, "account") else sandbox.state.tasks
    )
    return found


def comments(sandbox: Any) -> dict[str, Record]:
    """Its comments, where they have a table of their own."""
    found: dict[str, Record] = sandbox.account.comments if hasattr(sandbox, "account") else sandbox.state.comments
    return found


def rename(task: Record, name: str) -> None:
    """What people call it becomes another: a HubEx task is known by the first line of its notes."""
    if "notes" in task:
        task["notes"] = f"{name}\n{task['notes'].partition(chr(10))[2]}"
    else:
        task["name"] = name


def postpone(task: Record, day: str) -> None:
    """It is due on another day."""
    task["deadline" if "taskTypeID" in task else "date_end"] = f"{day}T12:00:00" if "taskTypeID" in task else day


@dataclass(frozen=True)
class Journey:
    """One direction, on one project of the sample. `edit`: of a task, on either side; `word`: ours for what it changes."""

    source: str
    target: str
    project: str
    edit: Callable[[Record, str], None]
    word: str
    ours: tuple[str, str]  # what the source edits two tasks to
    theirs: str  # what people edit the copies to


JOURNEYS = (
    Journey("worksection", "planfix", "101", rename, "title", ("Рів", "Стіна"), "Моє"),
    Journey("planfix", "hubex", "1", rename, "title", ("Рів", "Стіна"), "Моє"),
    Journey("hubex", "worksection", "8", postpone, "end", ("2031-01-05", "2031-02-05"), "2031-03-05"),
)


async def copies(commands: Commands) -> dict[str, str]:
    """Tasks that are open and have none below them, with what the target calls their copies."""
    [folder] = (commands.folder / "runs").iterdir()
    async with look_at_run(folder) as run:
        assert run is not None
        all_tasks = [one for one in run.ledger.entities(Kind.TASK) if isinstance(one, Task)]
        parents = {one.parent for one in all_tasks}
        leaves = [one for one in all_tasks if not one.done and one.ref not in parents]
        made = [one.ref for one in leaves if (out := run.ledger.outcome(one.ref)) and out.state is State.MADE]
        found = {ref.id: run.ledger.target(ref) or "" for ref in made}
    return {id: target.strip("/").rpartition("/")[2] for id, target in found.items()}


def one_more(source: Any, id: str) -> None:
    """A task like another, with a comment where comments have a table of their own."""
    there = tasks(source)
    new = "990001"  # lines of checklists are numbered among tasks
    there[new] = {**copy.deepcopy(there[id]), "id": type(there[id]["id"])(new), "number": new}
    if not hasattr(source, "state") or hasattr(source.state, "comments"):
        said = comments(source)
        like = next(
            one for one in said.values() if str(one["task"]) == id or ("first" not in one and "contact" not in one)
        )
        key = str(max(map(int, said)) + 1)
        said[key] = {**copy.deepcopy(like), "id": type(like["id"])(key), "task": there[new]["id"]}


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda one: f"{one.source}-{one.target}")
async def test_a_move_is_brought_up_to_date(journey: Journey, tmp_path: Path) -> None:
    async with served(journey.source) as source, served(journey.target) as target:
        assert source.running is not None
        assert target.running is not None
        here, there = source.running.sandbox, target.running.sandbox
        commands = between(source, target, tmp_path)
        file = tomlkit.parse(commands.file.read_text("utf-8"))
        file["scope"] = {"projects": [journey.project]}
        commands.file.write_text(tomlkit.dumps(file), "utf-8")
        moved = await commands.migrator("run", "--json")
        assert moved.code in (0, 6), moved.err
        leaves = await copies(commands)
        both, alone, lost = list(leaves)[:3]

        for id, value in zip((both, alone), journey.ours, strict=True):
            journey.edit(tasks(here)[id], value)
        journey.edit(tasks(there)[leaves[both]], journey.theirs)
        untouched = list(leaves)[3]
        journey.edit(tasks(there)[leaves[untouched]], journey.theirs)
        one_more(here, untouched)
        if journey.source == "hubex":
            tasks(here)[lost]["deleted"] = "2030-01-01T00:00:00"
        else:
            del tasks(here)[lost]

        found = await commands.migrator("run", "--delta", "--json")
        told = found.json()
        assert found.code == 6, found.err
        assert told["delta"]["conflicts"] == 1, told["issues"]
        row = told["delta"]["kinds"]["task"]
        assert (row["added"], row["changed"], row["waiting"]) == (1, 2, 1)
        assert told["issues"]["gone-from-source"] >= 1

        writes = len(target.running.writes)
        decided = (await commands.migrator("run", "--delta", "--ours", "--json")).json()
        assert decided["delta"]["conflicts"] == 0
        written = [(one.call.method, one.call.path) for one in target.running.writes[writes:]]
        tried_again = sum(row["refused"] for row in decided["kinds"].values())
        assert 1 <= len(written) <= 1 + tried_again, written
        unlike = (await commands.migrator("verify", "--json")).json()
        assert [(one["ref"], one["field"]) for one in unlike["differences"]] == [(f"task:{untouched}", journey.word)]
        assert (unlike["missing"], unlike["extra"]) == ([], [])
