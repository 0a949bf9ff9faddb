"""A Worksection account moved into Planfix once: both accounts as they are afterwards, told apart without any adapter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

from migrator.model import Issue
from migrator.run import look_at_run
from migrator.sandbox.planfix.state import State
from migrator.sandbox.worksection import Worksection
from migrator.sandbox.worksection.state import Account
from migrator.vendor import Record
from migrator.vendors.worksection.source import WorksectionSource
from tests.journeys.commands import SAMPLES, Result
from tests.journeys.stage import Stage, stage
from tests.journeys.trouble import Alter, Altered, unaltered

KYIV = ZoneInfo("Europe/Kyiv")
_SOURCE_PAGE = re.compile(r"Worksection: (https?://\S+)$")
_BREAK = re.compile(r"<br ?/?>")
_BULLET = "• "
_RULES = SAMPLES / "worksection-planfix.mapping.toml"
# Beside the sample's rules, one custom field that has a place in the target.
_FIELDS, _ONE_MORE = "[fields.project]\n", '"Договір №" = "Адрес объекта"\n'
READS = tuple(read.name for read in WorksectionSource.reads)


class Shown(HTMLParser):
    """What a reader sees of HTML: its text with whitespace folded, where it leads, what it shows, and how it is set."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.images: list[str] = []
        self.tags: list[str] = []
        self._words: list[str] = []
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        """The words, one space between any two."""
        return folded("".join(self._words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag; those that begin a line part words."""
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.images += [value or "" for name, value in attrs if name == "src"]
        if tag in ("br", "p", "div", "li", "td", "tr", "table"):
            self._words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """The end of a block parts words too."""
        if tag in ("p", "div", "li", "td", "tr", "table"):
            self._words.append(" ")

    def handle_data(self, data: str) -> None:
        """The words themselves."""
        self._words.append(data)


def folded(text: str) -> str:
    """A text with one space for any whitespace."""
    return " ".join(text.split())


def in_utc(local: str) -> str:
    """`2025-01-08 10:05` on the account's wall clock, as Planfix keeps moments."""
    moment = datetime.strptime(local, "%Y-%m-%d %H:%M").replace(tzinfo=KYIV)
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def base_name(name: str) -> str:
    """The last part of what may be a path."""
    return re.split(r"[/\\]", name)[-1]


def split_checklist(html: str) -> tuple[str, list[str]]:
    """A task's text without its lines `• item`, and the items."""
    lines = _BREAK.split(html)
    items = [line.removeprefix(_BULLET) for line in lines if line.startswith(_BULLET)]
    return "<br>".join(line for line in lines if not line.startswith(_BULLET)), items


@dataclass(frozen=True)
class Moved:
    """Both accounts after the run, what the run said, and its checkpoint's records and issues."""

    result: Result
    folder: Path
    secrets: tuple[str, ...]
    here: Account
    here_url: str
    there: State
    there_url: str
    notifications: int
    source_writes: int
    issues: tuple[Issue, ...]
    records: dict[str, tuple[Record, ...]]

    # -- what should have moved ---------------------------------------------------------------------------------------

    @cached_property
    def tasks_here(self) -> list[Record]:
        """The tasks that the API shows."""
        return [task for task in self.here.tasks.values() if task.get("published", True)]

    @cached_property
    def comments_here(self) -> list[Record]:
        """The comments on those."""
        shown = {task["id"] for task in self.tasks_here}
        return [comment for comment in self.here.comments.values() if comment["task"] in shown]

    def html(self, record: Record) -> str:
        """A text of the source as its API gives it."""
        return self.here.linked(record["text"], self.here_url)

    def name(self, person: str) -> str:
        """What the source calls somebody."""
        return str(self.here.ref(person)["name"])

    def found(self, person: str) -> str:
        """The employee or contact who has the same e-mail, in whatever letters; "" where there is nobody."""
        email = self.here.ref(person)["email"].lower()
        employees = {
            str(row.get("email", "")).lower(): f"user:{row['id']}"
            for row in self.there.users.values()
            if row["status"] != "Inactive"
        }
        contacts = {
            row["email"].lower(): f"contact:{row['id']}"
            for row in self.there.contacts.values()
            if row.get("email") and not row.get("isCompany")
        }
        return {**contacts, **employees}.get(email, "") if email else ""

    # -- where it is now ----------------------------------------------------------------------------------------------

    @cached_property
    def pages(self) -> dict[str, list[Record]]:
        """Projects and tasks of the target by the address in the source that stands at the end of their text."""
        found: dict[str, list[Record]] = {}
        for row in (*self.there.projects.values(), *self.there.tasks.values()):
            if named := _SOURCE_PAGE.search(Shown(row.get("description", "")).text):
                found.setdefault(named[1].removeprefix(self.here_url), []).append(row)
        return found

    def task(self, id: str) -> Record:
        """The target's copy of a task."""
        (row,) = self.pages[self.here.task_page(self.here.tasks[id])]
        return row

    def project(self, id: str) -> Record:
        """The target's copy of a project."""
        (row,) = self.pages[f"/project/{id}/"]
        return row

    @cached_property
    def comments_there(self) -> list[Record]:
        """Comments of the target that came with the run; not those that only carry entries of data tags."""
        bearers = {entry["commentId"] for entry in self.there.entries.values()}
        return [
            row
            for row in self.there.comments.values()
            if row.get("sourceObjectId") and row["id"] not in bearers and not row.get("first")
        ]

    def comment_key(self, comment: Record) -> tuple[int, str, str, str]:
        """Task, moment, author and text that the copy of a comment should have; unknown authors stand in its first line."""
        author, text = self.found(comment["user_from"]), folded(self.html(comment))
        if self.there.users.get(author.removeprefix("user:"), {}).get("status") != "Active":
            text = f"{self.name(comment['user_from'])}, {comment['date_added']}: {text}"
            author = "user:1"
        return (self.task(comment["task"])["id"], in_utc(comment["date_added"]), author, text)

    def address(self, url: str) -> str:
        """Where a link of the source should lead to: the copy of what it shows, or where it always led."""
        path = url.removeprefix(self.here_url)
        if url != path or url.startswith("/"):
            path, _, _ = path.partition("#")
            if path.startswith("/download/"):
                return self.file_address(path.split("/")[2])
            if rows := self.pages.get(path):
                kind = "task" if "processId" in rows[0] else "project"
                return f"{self.there_url}/{kind}/{rows[0]['id']}"
        return url

    def file_address(self, id: str) -> str:
        """Where Planfix shows a file of the source: the one of the same name and bytes on what it hangs on."""
        file = self.here.files[id]
        wanted = (base_name(file["name"]), file["content"])
        (found,) = [one for one in self.files_of(self.owner(file)) if self.file(one) == wanted]
        return f"{self.there_url}/?action=getfile&uniqueid={found}"

    def owner(self, file: Record) -> Record:
        """The target's copy of what a file of the source hangs on."""
        if "project" in file:
            return self.project(file["project"])
        if "task" in file:
            return self.task(file["task"])
        wanted = self.comment_key(self.here.comments[file["comment"]])
        (row,) = [row for row in self.comments_there if self.key_of(row) == wanted]
        return row

    def key_of(self, comment: Record) -> tuple[int, str, str, str]:
        """Task, moment, author and text of a comment of the target."""
        return (comment["task"], comment["dateTime"], comment["owner"], Shown(comment["description"]).text)

    def text_of(self, task: str) -> str:
        """What a reader sees of the copy of a task."""
        return Shown(self.task(task)["description"]).text

    @cached_property
    def tasks_there(self) -> list[Record]:
        """The copies of all tasks."""
        return [self.task(task["id"]) for task in self.tasks_here]

    @cached_property
    def projects_there(self) -> list[Record]:
        """The copies of all projects."""
        return [self.project(id) for id in self.here.projects]

    def files_of(self, owner: Record) -> list[str]:
        """The ids of the files on something of the target."""
        return [str(id) for id in owner.get("files", [])]

    def file(self, id: str) -> tuple[str, bytes]:
        """Name and bytes of a file of the target."""
        return self.there.files[id]["name"], self.there.contents[id]

    def told(self, code: str) -> list[Issue]:
        """The run's issues of one code."""
        return [issue for issue in self.issues if issue.code == code]


async def read_run(staged: Stage, here: Account, result: Result) -> Moved:
    """What became of a run that has just ended. `here`: the account it read."""
    async with look_at_run(staged.folder / "runs" / "lad") as run:
        assert run is not None, result.err
        issues = tuple(run.ledger.issues())
        records = {name: tuple(run.ledger.reads.records(name)) for name in READS}
    return Moved(
        result=result,
        folder=staged.folder,
        secrets=tuple(staged.env.values()),
        here=here,
        here_url=staged.source.url,
        there=staged.planfix.state,
        there_url=staged.target.url,
        notifications=staged.planfix.notifications,
        source_writes=len(staged.source.writes),
        issues=issues,
        records=records,
    )


async def move(folder: Path, more: str = "", *, source: Record | None = None, alter: Alter = unaltered) -> Moved:
    """A Worksection account, the sample's unless given, into the sample account of Planfix. `more`: lines of the migration file."""
    rules, before, after = _RULES.read_text().partition(_FIELDS)
    assert before
    (folder / "mapping.toml").write_text(rules + before + _ONE_MORE + after)
    async with stage(folder, source=source) as staged:
        staged.file.write_text(staged.file.read_text().replace(str(_RULES), "mapping.toml") + more)
        worksection = staged.source.sandbox
        assert isinstance(worksection, Worksection)
        staged.source.sandbox = Altered(worksection, alter)
        result = await staged.migrator("run", "--json")
        assert result.code == 0, result.err
        return await read_run(staged, worksection.account, result)
