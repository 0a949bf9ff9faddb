"""Bad data: what no account should hold and some do, moved once. Nothing breaks, nothing is lost, nothing is written elsewhere."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from migrator.sandbox.server import Call, Reply
from tests.journeys.commands import account
from tests.journeys.moved import Moved, Shown, base_name, folded, in_utc, move
from tests.journeys.trouble import files_with, replaced

_LONG_TASK, _LONG_COMMENT = "2022", "50020"
_MISTOLD, _TOLD, _SIZE = "16207", b'"id":"16207","size":"5000"', b'"id":"16207","size":"51"'
_HASH = re.compile(r"[0-9a-f]{64}")


def words(count: int) -> str:
    """So many characters of text, no word of it twice."""
    text = " ".join(f"слово{number}" for number in range(count // 8))
    return text[:count].rpartition(" ")[0]


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Moved:
    """The sample account with longer texts than a vendor keeps, and answers that do not fit what is there."""
    source = account("worksection")
    (task,) = [task for task in source["tasks"] if task["id"] == _LONG_TASK]
    (comment,) = [comment for comment in source["comments"] if comment["id"] == _LONG_COMMENT]
    task["text"], comment["text"] = f"<p>{words(70_000)}</p>", words(70_000)
    return asyncio.run(move(tmp_path_factory.mktemp("odd"), source=source, alter=_mistell))


def _mistell(_: Call, reply: Reply) -> Reply:
    """One file is said to be larger than it is, and projects come with a key that no page describes."""
    return replaced(replaced(reply, _SIZE, _TOLD), b'"company":"', b'"mood":"calm","company":"')


def test_a_text_over_the_limit_goes_on_in_comments_in_order(odd: Moved) -> None:
    task = odd.here.tasks[_LONG_TASK]
    (row,) = [row for row in odd.there.tasks.values() if row["name"] == folded(task["name"])]
    moment = in_utc(task["date_added"])
    more = [one for one in odd.comments_there if one["task"] == row["id"] and one["dateTime"] == moment]
    more.sort(key=lambda one: int(one["id"]))
    assert len(more) >= 1
    whole = folded(" ".join(Shown(one["description"]).text for one in (row, *more)))
    assert whole.startswith(words(70_000))
    assert {one["owner"] for one in more} == {odd.found(task["user_from"])}
    assert all(len(one["description"].encode()) <= 65_536 for one in (row, *more))
    assert [issue.ref.id for issue in odd.told("text-continued") if issue.ref.kind == "task"] == [_LONG_TASK]


def test_a_comment_over_the_limit_goes_on_in_further_ones(odd: Moved) -> None:
    comment = odd.here.comments[_LONG_COMMENT]
    task = odd.task(comment["task"])["id"]
    moment, author = in_utc(comment["date_added"]), odd.found(comment["user_from"])
    parts = [
        one for one in odd.comments_there if (one["task"], one["dateTime"], one["owner"]) == (task, moment, author)
    ]
    parts.sort(key=lambda one: int(one["id"]))
    assert len(parts) >= 2
    assert folded(" ".join(Shown(one["description"]).text for one in parts)) == words(70_000)
    assert [issue.ref.id for issue in odd.told("text-continued") if issue.ref.kind == "comment"] == [_LONG_COMMENT]


def test_a_title_of_300_characters_is_shortened_and_whole_in_the_text(odd: Moved) -> None:
    (task,) = [task for task in odd.tasks_here if len(task["name"]) == 300]
    row = odd.task(task["id"])
    assert len(row["name"]) <= 255
    assert f"Полное название: {folded(task['name'])}" in odd.text_of(task["id"])
    assert [issue.ref.id for issue in odd.told("title-shortened")] == [task["id"]]


def test_a_file_of_no_bytes_moves(odd: Moved) -> None:
    (file,) = [file for file in odd.here.files.values() if not file["content"]]
    assert (file["name"], b"") in [odd.file(id) for id in odd.files_of(odd.owner(file))]


def test_a_file_named_like_a_path_stays_in_the_run_folder_and_moves_under_its_last_part(odd: Moved) -> None:
    (file,) = [file for file in odd.here.files.values() if file["name"] == "../../etc/passwd"]
    assert ("passwd", file["content"]) in [odd.file(id) for id in odd.files_of(odd.owner(file))]
    run = odd.folder / "runs" / "lad"
    beside = {path for path in odd.folder.rglob("*") if path.is_file() and run not in path.parents}
    assert beside == {odd.folder / "migration.toml", odd.folder / "mapping.toml"}
    assert [path for path in run.rglob("*") if path.is_dir()] == [run / "files"]
    assert [path.name for path in (run / "files").iterdir() if not _HASH.fullmatch(path.name)] == []
    assert {path.name.partition("-")[0] for path in run.iterdir()} == {"checkpoint.db", "lock", "files", "links.csv"}


def test_two_files_of_one_name_both_move(odd: Moved) -> None:
    twins = [file for file in odd.here.files.values() if file.get("task") == "2005" and file["name"] == "план.pdf"]
    found = [odd.file(id) for id in odd.files_of(odd.task("2005"))]
    assert len(twins) == 2
    assert sorted(content for name, content in found if name == "план.pdf") == sorted(one["content"] for one in twins)


def test_a_file_of_another_size_than_announced_moves_and_is_told(odd: Moved) -> None:
    file = odd.here.files[_MISTOLD]
    assert (base_name(file["name"]), file["content"]) in [odd.file(id) for id in odd.files_of(odd.owner(file))]
    (issue,) = odd.told("file-size")
    assert issue.ref.id == _MISTOLD
    assert f"announced 5000 bytes and sent {len(file['content'])}" in issue.detail


def test_a_key_that_no_page_describes_is_told_of_each_record(odd: Moved) -> None:
    told = odd.told("unknown-field")
    assert {(issue.ref.kind.value, issue.ref.id, issue.field) for issue in told} == {
        ("project", id, "mood") for id in odd.here.projects
    }
    assert all("calm" in issue.detail for issue in told)


def test_no_secret_is_left_by_a_run(odd: Moved, moved: Moved) -> None:
    for run in (odd, moved):
        assert len(run.secrets) == 2
        assert files_with(run.folder, run.secrets) == []
        assert [secret for secret in run.secrets if secret in run.result.out + run.result.err] == []


def test_the_search_for_secrets_finds_one(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "log").write_bytes(b"\x00token=a%2Fb&")
    assert files_with(tmp_path, ["a/b"]) == [str(tmp_path / "inside" / "log")]
