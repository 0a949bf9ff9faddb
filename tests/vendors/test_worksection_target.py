"""The Worksection target over real sockets, against the sandbox: every kind, what travels along, lost answers, tags, closing."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest

from migrator.errors import InDoubt, InputWrong, MigratorError, Refused
from migrator.model import (
    CheckItem,
    Comment,
    Company,
    Contact,
    Cost,
    Entity,
    File,
    Group,
    Kind,
    Label,
    Person,
    Project,
    Ref,
    Tag,
    Task,
    Text,
    Who,
)
from migrator.sandbox.faults import Faults
from migrator.sandbox.server import Running, serve
from migrator.sandbox.worksection import Worksection
from migrator.vendor import Account, Body, Context, Limits, Made, Observed, Step, Wire
from migrator.vendors.worksection import CAPABILITIES, VENDOR
from migrator.vendors.worksection.wording import short
from migrator.vendors.worksection.target import WorksectionTarget

SAMPLE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "samples" / "worksection-account.json").read_text())
FREE = Limits(requests=0, period=1.0, parallel=3, timeout=10.0, quarantine=0.0)
BOIKO, SAVCHUK, ZERNO = "dmytro.boiko@lad.example.com", "", "oksana@zerno.example.org"


def user(name: str) -> Who:
    """Somebody of the sample account, as the mapping finds them."""
    found = next(one for one in SAMPLE["users"] if one["name"] == name)
    return Who(id="x", name=name, email=found["email"], target=found["id"])


NAMES = [one["name"] for one in SAMPLE["users"] if one["role"] not in ("guest", "reader", "owner")]
ANNA, BORYS, VIRA = (user(name) for name in NAMES[:3])
CREATED = datetime(2024, 2, 5, 7, 15, tzinfo=UTC)
PROJECT = Project(
    ref=Ref(Kind.PROJECT, "p1"),
    title="Будинок  на Липовій",
    text=Text(html="<p>Два поверхи,<br>мансарда</p><ul><li>раз</li></ul>"),
    status="archived",
    archived=True,
    start=date(2024, 2, 1),
    end=date(2024, 11, 30),
    author=ANNA,
    manager=BORYS,
    members=(ANNA, VIRA),
    group="Бюро «Лад»",
    tags=(Label(title="Ескіз", group="Стадія"),),
    plan_minutes=95,
    plan_money=Decimal("125000.50"),
    settings={"require_term": "1", "time_require": "1", "timer_only": "1", "allow_close": "1"},
)
TASK = Task(
    ref=Ref(Kind.TASK, "t1"),
    project=PROJECT.ref,
    title="Креслення даху",
    text=Text(html='<p>Олена, 2024:</p><p>Перший <b>рядок</b> <a href="https://x.example/">лист</a> & "інше" 🏠</p>'),
    status="done",
    done=True,
    closed=datetime(2024, 3, 1, 23, 30, tzinfo=UTC),
    start=date(2024, 2, 6),
    due_at=datetime(2024, 3, 31, 21, 30, tzinfo=UTC),
    author=BORYS,
    assignees=(ANNA, VIRA),
    priority=7,
    tags=(Label(title="В роботі", group="Стан"),),
    plan_minutes=480,
)
SUBTASK = Task(
    ref=Ref(Kind.TASK, "t2"), project=PROJECT.ref, parent=TASK.ref, depth=1, title="Вузли", status="done", anyone=True
)
LEAF = Task(ref=Ref(Kind.TASK, "t3"), project=PROJECT.ref, parent=SUBTASK.ref, depth=2, title="Болти", status="active")
DEEP = Task(ref=Ref(Kind.TASK, "t4"), project=PROJECT.ref, parent=LEAF.ref, depth=3, title="Шайби", status="active")
COMMENT = Comment(
    ref=Ref(Kind.COMMENT, "c1"),
    on=TASK.ref,
    text=Text(html="<p>Погоджено\nіз замовником</p>"),
    author=ANNA,
    hidden=True,
)
COST = Cost(
    ref=Ref(Kind.COST, "x1"),
    on=TASK.ref,
    day=date(2024, 2, 7),
    person=ANNA,
    minutes=1535,
    money=Decimal("840.25"),
    text="виїзд <на об'єкт>",
)
ITEMS = (
    CheckItem(ref=Ref(Kind.CHECKITEM, "t1/1"), on=TASK.ref, title="Перевірити ухил", done=True),
    CheckItem(ref=Ref(Kind.CHECKITEM, "t1/2"), on=TASK.ref, title="Здати"),
)
CONTACT = Contact(
    ref=Ref(Kind.CONTACT, "k1"),
    name="Петро Коваль",
    email="koval@dakh.example.com",
    group="Покрівля",
    phones=("+380", "1"),
)
PERSON = Person(ref=Ref(Kind.PERSON, "n1"), name="Нова Людина", email="new@lad.example.com", team="Бюро «Лад»")
GROUP = Group(ref=Ref(Kind.GROUP, "g1"), title="Нові будинки")
COMPANY = Company(ref=Ref(Kind.COMPANY, "f1"), name="ФОП Коваль", client=True)
TAG = Tag(ref=Ref(Kind.TAG, "task/1"), title="Дах, скат", group="Вид, робіт", of=Kind.TASK, private=True)


def a_file(id: str, on: Ref, name: str, content: bytes) -> File:
    return File(ref=Ref(Kind.FILE, id), on=on, name=name, size=len(content))


@dataclass
class NoQuota:
    """Counts, and never says no."""

    sent: int = 0

    def spend(self) -> None:
        self.sent += 1

    def spent_today(self) -> int:
        return self.sent


@dataclass
class Book:
    """A run's memory in small: what was made, as which id, and where the bytes of files lie."""

    folder: Path
    made: dict[Ref, str] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    contents: dict[Ref, bytes] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        def owned(ref: Ref) -> tuple[tuple[File, str], ...]:
            return tuple((one, self.made[one.ref]) for one in self.files if one.on == ref and one.ref in self.made)

        def body(ref: Ref) -> Body:
            content = self.contents[ref]
            path = self.folder / hashlib.sha256(content).hexdigest()
            path.write_bytes(content)
            return Body(path, len(content), path.name)

        return Context(self.made.get, lambda ref, _: self.made.get(ref), owned, body)

    def file(self, id: str, on: Ref, name: str, content: bytes) -> File:
        one = a_file(id, on, name, content)
        self.files.append(one)
        self.contents[one.ref] = content
        return one


def step(entity: Entity, *carried: Entity, part: str = "create") -> Step:
    return Step(entity, part, str(uuid.uuid5(uuid.NAMESPACE_URL, f"{entity.ref}/{part}")), carried)


@dataclass
class Bench:
    """An open target, the sandbox behind it, and the book."""

    target: WorksectionTarget
    sandbox: Worksection
    running: Running
    book: Book
    quota: NoQuota

    async def make(self, entity: Entity, *carried: Entity) -> Made:
        made = await self.target.create(step(entity, *carried), self.book.context)
        self.note(entity, made)
        return made

    def note(self, entity: Entity, made: Made) -> None:
        self.book.made |= {entity.ref: made.id, **made.carried}

    async def finish(self, entity: Entity) -> Made:
        return await self.target.finish(step(entity, part="finish"), self.book.context)

    async def assert_as_expected(self, *entities: Entity) -> None:
        """What is read back is what was expected, in every field."""
        steps = tuple(step(entity) for entity in entities)
        rows = self.target.read_back(entities[0].ref.kind, steps, self.book.context)
        seen: dict[str, Observed] = {row.id: row async for row in rows}
        for one in steps:
            expected = self.target.expected(one, self.book.context)
            observed = seen[self.book.made[one.ref]]
            assert {name: observed.fields.get(name, "") for name in expected} == dict(expected)
            assert observed.mark in (one.mark, "")

    def actions(self) -> Counter[str]:
        return Counter(parse_qs(entry.call.query)["action"][0] for entry in self.running.log)


@asynccontextmanager
async def bench(
    folder: Path, *, faults: Faults | None = None, writable: bool = True, **options: str
) -> AsyncIterator[Bench]:
    sandbox = Worksection(json.loads(json.dumps(SAMPLE)))
    quota = NoQuota()
    async with serve(sandbox, faults=faults) as running:
        secret = SAMPLE["account"]["api_key"]
        side = Account("worksection", running.url, None, secret, "Europe/Kyiv", FREE, options)
        assert VENDOR.open_target is not None
        async with VENDOR.open_target(side, Wire(quota, folder / "replies", writable=writable, wait=False)) as target:
            assert isinstance(target, WorksectionTarget)
            yield Bench(target, sandbox, running, Book(folder), quota)


async def test_opening_reads_the_words_of_the_account_and_writes_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path, loose_project="ЖК «Липова роща»: місця загального користування") as on:
        words = on.target.vocabulary
        assert words.there[Kind.PERSON][ANNA.email] == ANNA.target
        assert words.there[Kind.PERSON][ANNA.name] == ANNA.target
        assert words.there[Kind.CONTACT][ZERNO] == "contact:401"
        assert words.there[Kind.GROUP]["Бюро «Лад»"] == "61"
        assert words.statuses[Kind.TASK] == {"active": "active", "done": "done"}
        assert words.field_types[Kind.TASK]["Стан"] == "set"
        assert "В роботі" in words.field_options[Kind.TASK]["Стан"]
        assert not on.running.writes
        assert len(on.running.log) == 10


async def test_an_option_that_names_no_project_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputWrong, match="loose_project = 'Немає' is no project"):
        async with bench(tmp_path, loose_project="Немає"):
            pass


async def test_every_kind_reads_back_as_expected(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        book = on.book
        for entity in (PERSON, GROUP, COMPANY, CONTACT, TAG):
            await on.make(entity)
            await on.assert_as_expected(entity)
        of_project = book.file("1", PROJECT.ref, "кошторис.xlsx", b"x" * 2049)
        of_task = book.file("2", TASK.ref, 'план "1".pdf', b"%PDF")
        of_comment = book.file("3", COMMENT.ref, "../../фото.jpg", b"jpg" * 700)
        await on.make(PROJECT, of_project)
        assert (await on.make(TASK, of_task, *ITEMS)).carried.keys() == {of_task.ref, *(item.ref for item in ITEMS)}
        for entity in (SUBTASK, LEAF, DEEP):
            await on.make(entity)
        await on.make(COMMENT, of_comment)
        await on.make(COST)
        for entity in (DEEP, LEAF, SUBTASK, TASK, PROJECT):
            if entity.status == "active":
                entity = msgspec.structs.replace(entity, status="done")
            await on.finish(entity)
        await on.assert_as_expected(PROJECT)
        done = (msgspec.structs.replace(one, status="done") for one in (LEAF, DEEP))
        await on.assert_as_expected(TASK, SUBTASK, *done)
        await on.assert_as_expected(COMMENT)
        await on.assert_as_expected(COST)
        await on.assert_as_expected(of_project, of_task, of_comment)
        await on.assert_as_expected(*ITEMS)
