"""An archive that was damaged or changed is refused with the file and line, bytes of files included; one cut short is none."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

from migrator.errors import InputWrong, Interrupted
from migrator.model import File
from migrator.vendor import Account, Body, Wire
from migrator.vendors.archive import VENDOR, manifest
from migrator.vendors.archive.client import ArchiveTarget
from tests.vendors.bench import Book, NoQuota, step
from tests.world import BODIES, company, ref

FIXED = "take it from a backup"


async def made(folder: Path) -> Path:
    """An archive with something of every kind."""
    await fill(folder / "archive")
    return folder / "archive"


async def fill(archive: Path, *, entities: int | None = None, interrupted: bool = False) -> None:
    book = Book(archive.parent, {ref(f"file:{id}"): content for id, content in BODIES.items()})
    assert VENDOR.open_target is not None
    async with VENDOR.open_target(Account("archive", path=archive), wire(archive, writable=True)) as target:
        for entity in company()[:entities]:
            await target.create(step(entity), book.context)
        if interrupted:
            raise Interrupted("stopped")


def wire(archive: Path, *, writable: bool = False) -> Wire:
    return Wire(NoQuota(), archive.parent / "replies", writable)


async def problems(archive: Path) -> list[str]:
    """What opening the archive is refused for; nothing if it opens."""
    assert VENDOR.open_source is not None
    try:
        async with VENDOR.open_source(Account("archive", path=archive), wire(archive)):
            return []
    except InputWrong as wrong:
        return wrong.problems


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def lines_of(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    path.write_text("".join(change(path.read_text().splitlines(keepends=True))))


async def test_an_archive_as_it_was_made_opens(tmp_path: Path) -> None:
    assert await problems(await made(tmp_path)) == []


async def test_a_changed_line_is_named(tmp_path: Path) -> None:
    archive = await made(tmp_path)
    edit(archive / "task.jsonl", "Task 3", "Task 8")
    (problem,) = await problems(archive)
    assert problem.startswith(f"{archive / 'task.jsonl'}:3: not the line that was written: changed since")
    assert FIXED in problem


@pytest.mark.parametrize(
    ("change", "number", "told"),
    [
        (lambda lines: lines[:-1], 5, "missing, as all after it: the manifest counts 5 lines"),
        (lambda lines: lines[:1] + lines[2:], 2, "not the line that was written"),
        (lambda lines: [*lines, lines[0]], 6, "one more than the manifest counts"),
        (lambda lines: lines[::-1], 1, "not the line that was written"),
    ],
    ids=["last line gone", "line gone", "line added", "lines in another order"],
)
async def test_lines_that_came_or_went_are_named(
    tmp_path: Path, change: Callable[[list[str]], list[str]], number: int, told: str
) -> None:
    archive = await made(tmp_path)
    lines_of(archive / "task.jsonl", change)
    (problem,) = await problems(archive)
    assert problem.startswith(f"{archive / 'task.jsonl'}:{number}: {told}")


@pytest.mark.parametrize("junk", ['{"is": "Task"', "[1]", '{"is":"Sheep","ref":{"kind":"task","id":"1"}}'])
async def test_a_line_that_is_no_entity_is_named(tmp_path: Path, junk: str) -> None:
    archive = await made(tmp_path)
    lines_of(archive / "task.jsonl", lambda lines: [*lines[:1], f"{junk}\n", *lines[2:]])
    (problem,) = await problems(archive)
    assert problem.startswith(f"{archive / 'task.jsonl'}:2: ")


@pytest.mark.parametrize("name", ["task.jsonl", "manifest.json"])
async def test_a_file_that_is_missing_is_named(tmp_path: Path, name: str) -> None:
    archive = await made(tmp_path)
    (archive / name).unlink()
    (problem,) = await problems(archive)
    assert problem.startswith(f"{archive / name}: missing")


async def test_a_file_that_the_manifest_does_not_name_is_refused(tmp_path: Path) -> None:
    archive = await made(tmp_path)
    stated = orjson.loads((archive / "manifest.json").read_bytes())
    del stated["kinds"]["cost"]
    (archive / "manifest.json").write_bytes(orjson.dumps(stated))
    (problem,) = await problems(archive)
    assert problem.startswith(f"{archive / 'cost.jsonl'}:1: a file that the manifest does not name")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{\n"format": 1,\n"kinds" {}}', ":3: "),
        ('{"format": 1}', ": Object missing required field `kinds`"),
        ("[]", ": Expected `object`, got `array`"),
        ('{"format": 2, "made": "elsewhere"}', ": format 2; this version reads format 1"),
    ],
    ids=["no JSON", "no kinds", "a list", "newer"],
)
async def test_a_manifest_that_is_none_of_this_version_is_refused(tmp_path: Path, text: str, told: str) -> None:
    archive = await made(tmp_path)
    (archive / "manifest.json").write_text(text)
    (problem,) = await problems(archive)
    assert problem.startswith(f"{archive / 'manifest.json'}{told}")


# -- what a manifest alone would not tell -----------------------------------------------------------------------------------


async def test_bytes_that_were_changed_or_are_gone_are_refused_with_the_lines_that_name_them(tmp_path: Path) -> None:
    archive = await made(tmp_path)
    rows = [orjson.loads(line) for line in (archive / "file.jsonl").read_bytes().splitlines()]
    flipped, gone = (archive / "files" / row["sha256"] for row in rows[:2])
    flipped.write_bytes(b"plam")
    gone.unlink()
    first, second = await problems(archive)
    assert first.startswith(f"{archive / 'file.jsonl'}:1: 'file 1.txt': its bytes, {flipped}, were changed since")
    assert second.startswith(f"{archive / 'file.jsonl'}:2: 'file 2.txt': its bytes, {gone}, cannot be read")


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        (
            "task",
            lambda lines: [*lines, lines[1]],
            r"task\.jsonl:6: task:2 a second time; it stands in .*task\.jsonl:2",
        ),
        (
            "comment",
            lambda lines: [one.replace('"id":"5"', '"id":"77"') for one in lines],
            r"comment\.jsonl:3: hangs on task:77",
        ),
        (
            "tag",
            lambda lines: [*lines, '{"is":"Group","ref":{"kind":"group","id":"9"},"title":"x"}\n'],
            r"tag\.jsonl:2: a group",
        ),
        (
            "file",
            lambda lines: (
                [re.sub(r'"sha256":"[0-9a-f]+"', '"sha256":"../manifest.json"', one) for one in lines[:1]] + lines[1:]
            ),
            r"file\.jsonl:1: sha256 '\.\./manifest\.json' is no SHA-256",
        ),
    ],
    ids=["a ref twice", "an owner that is not there", "a line of another kind", "bytes outside the archive"],
)
async def test_lines_that_do_not_fit_one_another_are_refused_though_the_manifest_was_made_to_fit(
    tmp_path: Path, name: str, change: Callable[[list[str]], list[str]], told: str
) -> None:
    archive = await made(tmp_path)
    lines_of(archive / f"{name}.jsonl", change)
    manifest.write(archive)
    (problem,) = await problems(archive)
    assert re.search(told, problem)
    assert FIXED in problem


# -- an archive in the making -----------------------------------------------------------------------------------------------


async def test_what_was_interrupted_is_no_archive_until_the_run_is_done(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    await fill(archive, entities=0)
    assert await problems(archive) == []
    with pytest.raises(Interrupted):
        await fill(archive, entities=5, interrupted=True)
    (problem,) = await problems(archive)
    assert problem.endswith("or the run that makes it has not ended; give its command again")


async def test_what_another_run_has_put_there_is_not_put_there_again(tmp_path: Path) -> None:
    archive = await made(tmp_path)
    with pytest.raises(InputWrong, match=r"holds person:1 already, .* set \[target\] path to a new folder"):
        await fill(archive)
    assert (archive / "person.jsonl").read_bytes().count(b"\n") == 2


def test_files_of_the_same_bytes_are_kept_side_by_side(tmp_path: Path) -> None:
    content = bytes(2**20)
    (tmp_path / "bytes").write_bytes(content)
    body = Body(tmp_path / "bytes", len(content), hashlib.sha256(content).hexdigest())
    (tmp_path / "kept" / "files").mkdir(parents=True)
    target = ArchiveTarget(Account("archive", path=tmp_path / "kept"), writable=True)
    files = [File(ref=ref(f"file:{number}"), on=ref("project:1"), name="logo.png") for number in range(100)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda file: target._append(file, body), files))
    assert [path.name for path in (tmp_path / "kept" / "files").iterdir()] == [body.sha256]
    assert len((tmp_path / "kept" / "file.jsonl").read_text().splitlines()) == 100
