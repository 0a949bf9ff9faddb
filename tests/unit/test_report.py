"""`migrator report`: a page, an object and a sheet from the run folder alone, safe to open whatever users wrote."""

from __future__ import annotations

import ast
import asyncio
import csv
import html
import io
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

import migrator
from migrator.__main__ import main
from migrator.cli.codes import CODES
from migrator.cli.sheets import cell
from migrator.cli.stands import STANDS
from migrator.ledger import Ledger, Outcome, State
from migrator.model import Comment, Issue, Kind, Project, Reach, Ref, Task, Text
from migrator.pipeline.report import EXAMPLES, STOPPED_MOST
from migrator.run import open_run

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
HOSTILE = {
    "markup": SCRIPT,
    "attribute": '" onmouseover="alert(3)" x=\'',
    "formula": '=HYPERLINK("http://evil.test","pay")',
    "template": "{{ 7 * 7 }}{% for x in y %}",
    "control": "red \x1b[31m bell \x07 csi \x9b31m nul \x00 turned \u202egnp.exe",
    "style": "</style><style>*{display:none}</style>",
    "long": "ы" * 100_000,
}
SECRET = "s3cr3t-<key>"
OLD, *_, NEW = STANDS
FILE = f"""
name = "acme"
[source]
vendor = "{OLD}"
url = "https://acme.worksection.com"
secret = "env:OLD_KEY"
[target]
vendor = "{NEW}"
url = "https://acme.planfix.ru/rest"
secret = "env:NEW_KEY"
"""
IDENTITIES = (f"{OLD} https://acme.worksection.com", f"{NEW} https://acme.planfix.ru/rest")


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[Ledger]:
    async with open_run(folder / "runs" / "acme", *IDENTITIES) as run:
        yield run.ledger


def task(id: str, title: str) -> Task:
    url = "javascript:alert(4)" if title == SCRIPT else f"https://acme.worksection.com/task/{id}/"
    return Task(ref=Ref(Kind.TASK, id), project=Ref(Kind.PROJECT, "1"), title=title, url=url)


async def fill(folder: Path) -> None:
    """A run with everything that a report has to tell, in the words of somebody hostile."""
    tasks = [task(name, title) for name, title in HOSTILE.items()]
    project = Project(ref=Ref(Kind.PROJECT, "1"), title="Дом у моря", url="https://acme.worksection.com/project/1/")
    comment = Comment(
        ref=Ref(Kind.COMMENT, "9"), on=tasks[0].ref, text=Text(html=f"<b>Привет</b> {html.escape(SECRET)}")
    )
    async with started(folder) as ledger:
        await ledger.save_entities("all", [project, *tasks, comment], [], [])
        await ledger.set_meta("stage", "done")
        ledger.count_request("source")
        ledger.count_request("target")
        states = [State.MADE, State.REFUSED, State.HELD, State.DOUBTFUL, State.MADE, State.MATCHED, State.MADE]
        for one, state in zip(tasks, states, strict=True):
            note = f"no, because {one.title[:50]} and {SECRET}" if state is not State.MADE else ""
            await ledger.settle([(one.ref, "create", Outcome(state, "7", 1_700_000_000.0, note))])
        await ledger.settle([(each.ref, "create", Outcome(State.MADE, "8")) for each in (project, comment)])
        await ledger.add_issues(
            Issue(ref=one.ref, code="field-lost", field="fields", detail=one.title, reach=Reach.LOSS) for one in tasks
        )
        await ledger.add_issues(
            [Issue(ref=comment.ref, code="unheard-of", detail=SECRET, reach=Reach.NOTE)],
        )


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OLD_KEY", SECRET)
    monkeypatch.setenv("NEW_KEY", "other-key")
    path = tmp_path / "migration.toml"
    path.write_text(FILE)
    return path


def answer(capsys: pytest.CaptureFixture[str], file: Path) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main(["report", str(file), "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, found


@pytest.fixture
def written(file: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    asyncio.run(fill(file.parent))
    code, found = answer(capsys, file)
    assert code == 0
    return found


class Page(HTMLParser):
    """What a browser would make of it: elements with their attributes, and the words."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def page(found: dict[str, Any]) -> Page:
    return Page(Path(found["files"]["html"]).read_text("utf-8"))


# -- what it says --------------------------------------------------------------------------------------------------------


def test_the_summary_counts_what_moved_what_did_not_and_what_was_lost(written: dict[str, Any]) -> None:
    assert written["summary"] == (
        "6 of 9 things are in the target (there before: 1); not arrived, or not whole: 3. "
        "Nothing was lost silently: 7 issues tell what (field-lost 7); moved in another form: 1."
    )
    assert written["state"] == "incomplete"
    assert written["kinds"]["task"] == {
        "extracted": 7, "created": 3, "matched": 1, "skipped": 0, "held": 2, "refused": 1, "open": 0,
    }  # fmt: skip


def test_what_did_not_arrive_is_listed_with_title_state_and_reason(written: dict[str, Any]) -> None:
    assert [(one["ref"], one["state"]) for one in written["stopped"]] == [
        ("task:attribute", "refused"),
        ("task:formula", "held"),
        ("task:template", "in doubt"),
    ]
    words = page(written).words
    for one in written["stopped"]:
        assert one["title"] in words
        assert one["why"] in words


def test_issues_are_grouped_with_advice_and_the_worst_first(written: dict[str, Any]) -> None:
    first, second = written["issues"]
    assert (first["code"], first["count"], len(first["examples"])) == ("field-lost", 7, EXAMPLES)
    assert "no place for this" in first["meaning"]
    assert (second["code"], second["reach"]) == ("unheard-of", "note")
    assert "2 more are in issues.csv" in page(written).words


def test_the_object_is_the_same_in_the_file_and_on_stdout(written: dict[str, Any]) -> None:
    assert json.loads(Path(written["files"]["json"]).read_text("utf-8")) == written


def test_results_of_verify_and_rollback_are_told_if_they_are_there(
    file: Path, written: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert written["verification"] is written["rollback"] is None
    assert "Not verified yet" in page(written).words
    folder = file.parent / "runs" / "acme"
    difference = {"ref": "task:1", "field": "title", "source": SCRIPT, "target": "x"}
    results = {
        "verify": {"time": "2026-11-26T10:00:00+00:00", "checked": {"task": 7}, "clean": False, "differences": [difference] * 30},
        "rollback": {"time": "2026-11-27T10:00:00+00:00", "reversed": 5, "kept": ["task:1"], "impossible": 0},
    }  # fmt: skip
    for name, result in results.items():
        (folder / name).mkdir()
        (folder / name / "result.json").write_text(json.dumps(result))
    _, found = answer(capsys, file)
    assert found["verification"]["differences"]["count"] == 30
    seen = page(found)
    assert "not all is as it should be" in seen.words
    assert "differences: 30" in seen.words
    assert all(told in seen.words for told in ("reversed: 5", "kept: 1", "impossible: 0"))
    assert "script" not in {tag for tag, _ in seen.elements}


def test_a_result_that_cannot_be_read_is_as_none(
    file: Path, written: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = file.parent / "runs" / "acme" / "verify"
    folder.mkdir()
    (folder / "result.json").write_text("[half")
    assert answer(capsys, file)[1]["verification"] is None


def test_it_reads_a_run_that_is_at_work(
    file: Path, written: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with FileLock(file.parent / "runs" / "acme" / "lock"):
        code, found = answer(capsys, file)
    assert (code, found["state"]) == (0, "running")


def test_before_a_run_it_is_exit_4(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = answer(capsys, file)
    assert code == 4
    assert "migrator run" in found["error"]["message"]


# -- whatever users wrote ------------------------------------------------------------------------------------------------


def test_the_page_holds_no_element_that_a_user_wrote(written: dict[str, Any]) -> None:
    seen = page(written)
    tags = [tag for tag, _ in seen.elements]
    assert set(tags).isdisjoint({"script", "img", "iframe", "object", "form", "link", "base", "b"})
    assert tags.count("style") == 1
    assert all(not name.startswith("on") for _, attributes in seen.elements for name in attributes)
    assert SCRIPT in seen.words
    assert "{{ 7 * 7 }}" in seen.words


def test_the_page_needs_nothing_from_outside_and_says_so(written: dict[str, Any]) -> None:
    seen = page(written)
    [policy] = [attributes["content"] for tag, attributes in seen.elements if attributes.get("http-equiv")]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    outward = [
        value for _, attributes in seen.elements for name, value in attributes.items() if name in ("src", "href")
    ]
    assert outward
    assert all(value and value.startswith("https://acme.worksection.com/") for value in outward)
    assert "style" not in {name for _, attributes in seen.elements for name in attributes}


def test_control_characters_and_turned_text_are_visible_not_obeyed(written: dict[str, Any]) -> None:
    for name in ("html", "issues"):
        text = Path(written["files"][name]).read_text("utf-8")
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", text), name
    assert "csi \\x9b31m" in page(written).words


def test_no_secret_is_in_any_file_of_a_report(file: Path, written: dict[str, Any]) -> None:
    for path in written["files"].values():
        assert "s3cr3t" not in Path(path).read_text("utf-8"), path
    assert "•••" in page(written).words


def test_the_files_are_their_owners_alone(written: dict[str, Any]) -> None:
    assert {Path(path).stat().st_mode & 0o777 for path in written["files"].values()} == {0o600}


def test_the_sheet_has_every_issue_and_opens_in_a_spreadsheet(written: dict[str, Any]) -> None:
    raw = Path(written["files"]["issues"]).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert len(rows) == 8
    by_id = {row["id"]: row for row in rows}
    assert by_id["formula"]["title"] == "'" + HOSTILE["formula"]
    assert by_id["long"]["title"] == HOSTILE["long"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "a;=1", "a\n=1", "＝1", "a;\t@x"]
)  # fmt: skip
def test_no_cell_is_a_formula_whatever_separates_columns(text: str) -> None:
    for part in re.split("[;\n]", cell(text)):
        assert not re.match(r"\s*[=+\-@\t\r＝＋－＠]", part)


@pytest.mark.parametrize("text", ["Дом у моря", "a=b", "2024-01-01", "x@y.example", "a, b", "https://a.test/?x=1", ""])
def test_an_innocent_cell_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


def test_a_large_run_makes_no_large_page(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    count = 4_000

    async def many() -> None:
        async with started(file.parent) as ledger:
            await ledger.save_entities("all", [task(str(n), f"Задача {n}") for n in range(count)], [], [])
            refs = [Ref(Kind.TASK, str(n)) for n in range(count)]
            await ledger.settle([(ref, "create", Outcome(State.REFUSED, note="no " + "x" * 500)) for ref in refs])
            await ledger.add_issues(
                Issue(ref=ref, code="refused", detail="y" * 500, reach=Reach.BLOCKER) for ref in refs
            )

    asyncio.run(many())
    _, found = answer(capsys, file)
    assert len(found["stopped"]) == STOPPED_MOST
    assert found["stopped_in_all"] == found["issues"][0]["count"] == count
    assert Path(found["files"]["html"]).stat().st_size < 2**20
    assert Path(found["files"]["json"]).stat().st_size < 2**20
    with open(found["files"]["issues"], encoding="utf-8-sig") as sheet:
        assert sum(1 for _ in csv.reader(sheet)) == count + 1


# -- what the codes mean ---------------------------------------------------------------------------------------------------


def test_every_code_that_the_program_gives_has_advice() -> None:
    modules = [ast.parse(path.read_text("utf-8")) for path in Path(migrator.__file__).parent.rglob("*.py")]
    constants = dict(pair for module in modules for node in module.body for pair in constants_of(node))
    given: set[str] = set()
    for node in (node for module in modules for node in ast.walk(module) if isinstance(node, ast.Call)):
        codes = [word.value for word in node.keywords if word.arg == "code"] if named(node, "Issue") else []
        codes += node.args[2:3] if named(node, "_stop") else []
        given |= {code.value for code in codes if isinstance(code, ast.Constant)}
        given |= {constants[code.id] for code in codes if isinstance(code, ast.Name) and code.id in constants}
    assert "in-doubt" in given
    assert "owner-unsupported" in given
    assert "conflict" in given
    assert sorted(given - CODES.keys()) == []


def constants_of(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """Names of words: `A = "a"`, and `A, B = "a", "b"`."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            pairs: list[tuple[ast.expr, ast.expr]] = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            for name, value in pairs:
                if isinstance(name, ast.Name) and isinstance(value, ast.Constant):
                    yield name.id, str(value.value)


def named(call: ast.Call, name: str) -> bool:
    return name in (getattr(call.func, "id", ""), getattr(call.func, "attr", ""))
