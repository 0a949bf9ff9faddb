"""Worksection accounts that cannot take all that is wanted: what it comes to, with the message, the exit code, and what to do."""

from __future__ import annotations

from pathlib import Path

from migrator.model import Label
from migrator.sandbox.worksection import Worksection
from tests.journeys.commands import account
from tests.journeys.small import archive, small, told
from tests.world import project, task


async def test_a_tag_outside_the_projects_sets_is_told_and_its_task_moved_and_closed(tmp_path: Path) -> None:
    tags = (Label(title="Новий", group="Чужий"),)
    source = await archive(tmp_path, [project(), task(tags=tags, status="done", done=True)])
    async with small(tmp_path, "target", "worksection", account("worksection"), path=source) as commands:
        said = await told(commands, 0)
        assert "tag-not-taken" in said
        assert "Новий: the project has not the set «Чужий»; add it in the project's own pages" in said
        sandbox = commands.running.sandbox
        assert isinstance(sandbox, Worksection)
        (row,) = [row for row in sandbox.tasks.values() if row["name"] == "Task 1"]
        assert row["status"] == "done"
