"""A move taken back, vendor by vendor: all that it made is gone or put aside, and nothing that people made or changed is touched."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from migrator.ledger import State
from migrator.model import Kind, Ref, Task, owner
from migrator.run import look_at_run
from migrator.vendors import VENDORS
from tests.journeys.commands import Commands
from tests.journeys.pairs import Side, between, served
from tests.journeys.people import THEIRS, at_work_in, number, records

DIRECTIONS = [
    (source, target)
    for source, target in (("worksection", "planfix"), ("worksection", "hubex"), ("planfix", "worksection"))
    if {source, target} <= set(VENDORS)
]
SOURCE = next(name for name, vendor in VENDORS.items() if vendor.open_source and not vendor.on_disk)
BY_HAND = {Kind.PERSON, Kind.GROUP, Kind.COMPANY, Kind.CONTACT, Kind.TAG}  # what Worksection cannot take back
TABLED = (Kind.PROJECT, Kind.TASK, Kind.COMMENT, Kind.COST, Kind.CONTACT, Kind.FILE)


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
async def test_all_goes_but_what_people_changed_or_added_to(source: str, target: str, tmp_path: Path) -> None:
    async with served(source) as one, served(target) as other:
        commands = between(one, other, tmp_path)
        assert other.running is not None
        people = at_work_in(other.running.sandbox)
        before = set(records(people))
        run = await commands.migrator("run", "--json")
        assert run.code in (0, 6), run.err
        made = await _made(commands)
        renamed, commented, grown = await _three_projects(commands)
        people.rename(made[renamed])
        people.comment(made[commented])
        people.add_task(made[grown])
        seeded = records(people)

        dry = (await commands.migrator("rollback", "--dry-run", "--json")).json()
        assert records(people) == seeded
        back = await commands.migrator("rollback", "--json")
        assert back.code == 6, back.err
        told = back.json()
        assert {name: dry[name] for name in ("reversed", "kept")} == {name: told[name] for name in ("reversed", "kept")}

        kept = {Ref.parse(row["ref"]) for row in told["kept_things"]}
        wanted = {above for ref in (renamed, commented, grown) for above in await _chain(commands, ref)}
        assert {ref for ref in kept if ref.kind in (Kind.PROJECT, Kind.TASK)} == wanted
        assert {ref.kind for ref in kept} <= {Kind.PROJECT, Kind.TASK, Kind.COMPANY}
        rows = _lines(commands, "reversed")
        assert len(rows) + told["kept"] + told["impossible"] == len(made)

        after = records(people)
        ours = await _all_parts(commands)
        theirs = before | {key for key in seeded if key not in ours}
        stay = theirs | {(ref.kind, number(made[ref])) for ref in wanted}
        assert {key: after.get(key) for key in stay} == {key: seeded[key] for key in stay}
        assert any(THEIRS in str(row) for key, row in after.items() if key not in before)
        assert _still_there(people, after, rows, target) == []


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
async def test_a_move_after_a_rollback_finds_nothing_of_the_first(source: str, target: str, tmp_path: Path) -> None:
    async with served(source) as one, served(target) as other:
        commands = between(one, other, tmp_path)
        await commands.migrator("run", "--json")
        made = await _made(commands)
        back = await commands.migrator("rollback", "--json")
        assert back.json()["kept"] == 0
        assert {row["kind"] for row in back.json()["impossible_things"]} <= {kind.value for kind in BY_HAND}

        refused = await commands.migrator("run")
        assert refused.code == 4
        assert "another name or run_dir" in refused.err
        status = (await commands.migrator("status", "--json")).json()
        assert status["rollback"]["reversed"] == back.json()["reversed"]

        commands.file.write_text(commands.file.read_text("utf-8").replace('name = "', 'name = "later-', 1), "utf-8")
        later = await commands.migrator("run", "--json")
        assert later.code in (0, 6), later.err
        again = await _made(commands)
        moved = (Kind.PROJECT, Kind.TASK, Kind.COMMENT, Kind.COST)
        assert {ref for ref in again if ref.kind in moved} == {ref for ref in made if ref.kind in moved}
        assert not {again[ref] for ref in again if ref.kind in moved[:2]} & {
            made[ref] for ref in made if ref.kind in moved[:2]
        }
        verified = await commands.migrator("verify", "--json")
        assert verified.code == 0, verified.out[:2000]


@pytest.mark.parametrize(("source", "target"), [one for one in DIRECTIONS if one[0] == "worksection"])
async def test_killed_and_gone_on_with_it_ends_the_same(source: str, target: str, tmp_path: Path) -> None:
    async with served(source) as one, served(target) as other:
        assert other.running is not None
        commands = between(one, other, tmp_path)
        await commands.migrator("run", "--json")
        made = await _made(commands)
        for writes in (40, 150, 300):
            process = await commands.start("rollback", str(commands.file), "--json")
            ends = len(other.running.writes) + writes
            while len(other.running.writes) < ends and process.returncode is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)  # the sandbox counts, it does not tell
            assert process.returncode is None, "it ended before it could be killed"
            process.kill()
            await process.communicate()
        back = await commands.migrator("rollback", "--json")
        assert back.code == 0, back.out[:2000]
        assert back.json()["reversed"] == len(made)
        people = at_work_in(other.running.sandbox)
        assert _still_there(people, records(people), _lines(commands, "reversed"), target) == []


async def test_an_archive_is_as_it_was_before(tmp_path: Path) -> None:
    async with served(SOURCE) as one:
        folder = tmp_path / "archive"
        commands = between(one, Side("archive", folder), tmp_path)
        await commands.migrator("run", "--json")
        assert any((folder / "files").iterdir())
        back = await commands.migrator("rollback", "--json")
        assert back.code == 0, back.err
        assert sorted(path.name for path in folder.iterdir()) == ["files", "manifest.json"]
        assert list((folder / "files").iterdir()) == []


async def test_a_line_of_an_archive_that_was_edited_stays(tmp_path: Path) -> None:
    async with served(SOURCE) as one:
        folder = tmp_path / "archive"
        commands = between(one, Side("archive", folder), tmp_path)
        await commands.migrator("run", "--json")
        path = folder / "task.jsonl"
        first, _, rest = path.read_text("utf-8").partition("\n")
        edited = json.dumps({**json.loads(first), "title": THEIRS}) + "\n"
        path.write_text(edited + rest, "utf-8")
        back = await commands.migrator("rollback", "--json")
        assert back.code == 6, back.err
        assert json.loads(path.read_bytes()) == json.loads(edited)
        assert {row["kind"] for row in back.json()["kept_things"]} == {"task", "project"}


async def _made(commands: Commands) -> dict[Ref, str]:
    """What the newest run made, with the target's ids."""
    async with look_at_run(_folder(commands)) as run:
        assert run is not None
        outcomes = list(run.ledger.outcomes())
        return {ref: out.target for ref, part, out in outcomes if part == "create" and out.state is State.MADE}


async def _three_projects(commands: Commands) -> tuple[Ref, Ref, Ref]:
    """Open tasks of two projects, with none below them, and a third project that has tasks."""
    async with look_at_run(_folder(commands)) as run:
        assert run is not None
        made = {ref for ref, _, out in run.ledger.outcomes() if out.state is State.MADE}
        tasks = [one for one in run.ledger.entities(Kind.TASK) if isinstance(one, Task) and one.ref in made]
        above = {one.parent for one in tasks}
        first: dict[Ref, Ref] = {}
        for one in tasks:
            if one.ref not in above and not one.done and one.project in made and one.project is not None:
                first.setdefault(one.project, one.ref)
        (_, renamed), (_, commented), (grown, _), *_ = first.items()
        return renamed, commented, grown


async def _chain(commands: Commands, ref: Ref) -> list[Ref]:
    """The thing and all that it hangs on."""
    async with look_at_run(_folder(commands)) as run:
        assert run is not None
        found = [ref]
        while (entity := run.ledger.entity(found[-1])) and (above := owner(entity)):
            found.append(above)
        return found


def _folder(commands: Commands) -> Path:
    return max((commands.folder / "runs").iterdir(), key=lambda path: path.stat().st_ctime)


def _lines(commands: Commands, name: str) -> list[dict[str, Any]]:
    text = (_folder(commands) / "rollback" / f"{name}.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


async def _all_parts(commands: Commands) -> set[tuple[Kind, str]]:
    """The records of all that the run made; in Planfix a cost is a comment, and several entries."""
    async with look_at_run(_folder(commands)) as run:
        assert run is not None
        made = [(ref.kind, part, out.target) for ref, part, out in run.ledger.outcomes() if out.state is State.MADE]
    kinds = set(Kind)
    places = [(Kind(part) if part in kinds else kind, key) for kind, part, id in made for key in id.split(",")]
    places += [(Kind.CONTACT, id) for _, id in places if id.startswith("contact:")]  # companies are among them
    return {key for kind, id in places for key in ((kind, id), (kind, number(id)))}


def _still_there(people: Any, after: dict[Any, Any], rows: list[dict[str, Any]], target: str) -> list[str]:
    """What is said to be taken back, and is not: neither deleted nor marked."""
    found = []
    for row in rows:
        kind = Kind(row["kind"])
        key = row["id"] if kind is Kind.COMMENT and target == "hubex" else number(row["id"])
        record = after.get((kind, key))
        if kind not in TABLED or record is None or row["why"].startswith("with") or people.is_gone(kind, record):
            continue
        marked = "[rolled back]" in str(record.get("name", ""))
        if not (row["why"] == "retired" and marked):
            found.append(f"{row['ref']} {row['why']}")
    return found
