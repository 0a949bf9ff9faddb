"""The Worksection target over real sockets, against the sandbox: every kind, what travels along, lost answers, tags, closing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
from migrator.sandbox.worksection import Worksection
from migrator.vendor import Account, Made
from migrator.vendors.worksection import CAPABILITIES, VENDOR
from migrator.vendors.worksection.target import WorksectionTarget
from migrator.vendors.worksection.wording import short
from tests.vendors.bench import FREE, Bench, opened, step

SAMPLE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "samples" / "worksection-account.json").read_text())
ZERNO = "oksana@zerno.example.org"


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


CONTENTS = {Ref(Kind.FILE, "0"): b"x" * 2049, Ref(Kind.FILE, "1"): b"%PDF", Ref(Kind.FILE, "2"): b"jpg" * 700}
FILES = tuple(
    File(ref=ref, on=on, name=name, size=len(CONTENTS[ref]))
    for ref, on, name in zip(
        CONTENTS,
        (PROJECT.ref, TASK.ref, COMMENT.ref),
        ("кошторис.xlsx", 'план "1".pdf', "../../фото.jpg"),
        strict=True,
    )
)


class WorksectionBench(Bench[WorksectionTarget, Worksection]):
    """With what was asked of it, and what travels along."""

    async def put(self, entity: Entity, *carried: Entity) -> Made:
        """Create the entity with what travels along."""
        return await self.send(step(entity, carried=carried))

    def actions(self) -> Counter[str]:
        return Counter(parse_qs(entry.call.query)["action"][0] for entry in self.running.log)


@asynccontextmanager
async def bench(
    folder: Path, *, faults: Faults | None = None, writable: bool = True, **options: str
) -> AsyncIterator[WorksectionBench]:
    def side(url: str) -> Account:
        return Account("worksection", url, None, SAMPLE["account"]["api_key"], "Europe/Kyiv", FREE, options)

    sandbox = Worksection(json.loads(json.dumps(SAMPLE)))
    async with opened(WorksectionBench, VENDOR, sandbox, side, folder, faults=faults, writable=writable) as on:
        yield on


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
            await on.put(entity)
            await on.assert_as_expected(entity)
        of_project, of_task, of_comment = FILES
        book.contents |= CONTENTS
        await on.put(PROJECT, of_project)
        assert (await on.put(TASK, of_task, *ITEMS)).carried.keys() == {of_task.ref, *(item.ref for item in ITEMS)}
        for entity in (SUBTASK, LEAF, DEEP):
            await on.put(entity)
        await on.put(COMMENT, of_comment)
        await on.put(COST)
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


# -- what travels along -------------------------------------------------------------------------------------------------


async def test_files_and_a_short_text_take_one_request(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.put(PROJECT)
        sent = on.quota.sent
        files = (on.book.file("1", TASK.ref, "а.txt", b"1"), on.book.file("2", TASK.ref, "а.txt", b"22"))
        one = step(TASK, carried=(*files, *ITEMS))
        made = await on.send(one)
        assert on.quota.sent - sent == on.target.requests(one) == 1
        assert len(made.carried) == 4
        await on.assert_as_expected(*on.book.files)


LONG = Text(html="<p>" + "довгий опис " * 300 + "</p>")


async def test_a_text_that_fills_the_url_sends_a_tasks_files_ahead(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.put(PROJECT)
        entity = msgspec.structs.replace(SUBTASK, parent=None, depth=0, text=LONG)
        one = step(entity, carried=(on.book.file("1", entity.ref, "план.pdf", b"%PDF"),))
        sent = on.quota.sent
        await on.send(one)
        assert on.quota.sent - sent == on.target.requests(one) == 2
        await on.assert_as_expected(*on.book.files)
        await on.assert_as_expected(msgspec.structs.replace(entity, status="active"))


async def test_a_text_that_fills_the_url_lets_a_comments_files_follow(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.put(PROJECT)
        await on.put(TASK)
        entity = msgspec.structs.replace(COMMENT, text=LONG, hidden=False)
        files = tuple(on.book.file(str(place), COMMENT.ref, f"{place}.txt", b"x" * place) for place in (1, 2))
        one = step(entity, carried=files)
        sent = on.quota.sent
        made = await on.send(one)
        assert made.carried == {}
        for file in files:
            await on.put(file)
        assert on.quota.sent - sent == on.target.requests(one) == 3
        await on.assert_as_expected(entity)
        await on.assert_as_expected(*files)


async def test_a_file_reaches_a_project_only_with_its_making(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        file = on.book.file("1", PROJECT.ref, "план.pdf", b"%PDF")
        made = await on.put(msgspec.structs.replace(PROJECT, text=LONG), file)
        assert made.carried == {}
        with pytest.raises(Refused, match="add it by hand"):
            await on.put(file)


async def test_an_image_in_the_text_is_named_after_the_file_that_travels_along(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.put(PROJECT)
        file = on.book.file("1", SUBTASK.ref, "дах.png", b"png")
        text = Text(html='<p>Ось: <img src="https://old.example/9"></p>', links={"https://old.example/9": file.ref})
        entity = msgspec.structs.replace(SUBTASK, parent=None, depth=0, text=text, status="active")
        assert (await on.put(entity, file)).issues == ()
        id = on.book.made[entity.ref, "create"].rpartition("/")[2]
        assert "Ось: [image: дах.png]" in on.sandbox.tasks[id]["text"]
        await on.assert_as_expected(entity)


async def test_a_text_of_more_than_the_limit_with_a_checklist_keeps_the_text_whole(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.put(PROJECT)
        text = Text(
            html="<p>" + "слово " * 5_950 + "кінець</p>"
        )  # 65,4.. bytes: room for our mark, none for a checklist
        entity = msgspec.structs.replace(SUBTASK, parent=None, depth=0, text=text, status="active")
        items = tuple(msgspec.structs.replace(one, on=entity.ref, title="пункт " * 20) for one in ITEMS)
        assert (await on.put(entity, *items)).carried == {}
        await on.assert_as_expected(entity)
        with pytest.raises(Refused, match="no room"):
            await on.put(items[0])


# -- lost answers -------------------------------------------------------------------------------------------------------


OPEN_PROJECT = msgspec.structs.replace(
    PROJECT, status="active", archived=False, tags=(), settings={}, members=(ANNA, BORYS, VIRA)
)
OPEN_TASK = msgspec.structs.replace(TASK, status="active", done=False, closed=None, tags=())
CREATES = ("post_project", "post_task", "post_comment", "add_costs", "add_user", "add_contact")


@pytest.mark.parametrize(
    "entity", [PERSON, CONTACT, OPEN_PROJECT, OPEN_TASK, COMMENT, COST], ids=lambda one: str(one.ref)
)
@pytest.mark.parametrize("committed", [True, False])
async def test_a_lost_answer_is_looked_up(tmp_path: Path, entity: Entity, committed: bool) -> None:
    faults = Faults(lost=float(committed), cut=float(not committed), when=lambda *_: False)
    async with bench(tmp_path, faults=faults) as on:
        if entity.ref.kind in (Kind.TASK, Kind.COMMENT, Kind.COST):
            await on.put(OPEN_PROJECT)
        if entity.ref.kind in (Kind.COMMENT, Kind.COST):
            await on.put(OPEN_TASK)
        carried: list[Entity] = []
        if entity.ref.kind in CAPABILITIES.hangs_on[Kind.FILE]:
            carried = [on.book.file("1", entity.ref, "план.pdf", b"%PDF")]
        carried += ITEMS if entity is OPEN_TASK else ()
        faults.when = lambda _, __, query: parse_qs(query)["action"][0] in CREATES
        one = step(entity, carried=tuple(carried))
        with pytest.raises(InDoubt):
            await on.send(one)
        faults.when = lambda *_: False
        found = await on.find(one)
        if not committed:
            assert found == {}
            return
        on.book.note(one, found[entity.ref])
        assert found[entity.ref].carried.keys() == {each.ref for each in carried}
        await on.assert_as_expected(entity)
        if on.book.files:
            await on.assert_as_expected(*on.book.files)


async def test_a_file_that_came_by_itself_is_found_by_its_comment(tmp_path: Path) -> None:
    faults = Faults(lost=1.0, when=lambda *_: False)
    async with bench(tmp_path, faults=faults) as on:
        await on.put(OPEN_PROJECT)
        await on.put(OPEN_TASK)
        file = on.book.file("1", TASK.ref, "план.pdf", b"%PDF")
        faults.when = lambda _, __, query: "post_comment" in query
        with pytest.raises(InDoubt):
            await on.target.create(step(file), on.book.context)
        on.book.note(step(file), (await on.find(step(file)))[file.ref])
        await on.assert_as_expected(file)


async def test_doubtful_children_of_one_project_are_looked_up_together(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.put(OPEN_PROJECT)
        tasks = [msgspec.structs.replace(OPEN_TASK, ref=Ref(Kind.TASK, str(place))) for place in range(5)]
        for task in tasks[:3]:
            await on.put(task)
        sent = on.quota.sent
        found = await on.find(*(step(task) for task in tasks))
        assert set(found) == {task.ref for task in tasks[:3]}
        assert on.quota.sent - sent == 1


async def test_the_mark_stands_first_even_in_a_text_that_is_full(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.put(OPEN_PROJECT)
        entity = msgspec.structs.replace(OPEN_TASK, text=Text(html="ж" * 40_000))
        await on.put(entity)
        row = on.sandbox.tasks[on.book.made[TASK.ref, "create"].rpartition("/")[2]]
        assert row["text"].startswith(short(step(entity).mark))
        assert (await on.find(step(entity)))[TASK.ref].id == on.book.made[TASK.ref, "create"]
        with pytest.raises(AssertionError):  # what was cut is seen by reading back
            await on.assert_as_expected(entity)


# -- tags ---------------------------------------------------------------------------------------------------------------


async def test_a_tag_outside_the_projects_sets_loses_neither_the_task_nor_its_other_tags(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.put(OPEN_PROJECT)
        tags = (Label(title="В роботі", group="Стан"), Label(title="Новий", group="Чужий"), Label(title="Без набору"))
        first = msgspec.structs.replace(OPEN_TASK, tags=tags)
        await on.put(first)
        made = await on.finish(first)
        assert [(issue.code, issue.field) for issue in made.issues] == [("tag-not-taken", "tags")]
        assert "«Чужий»" in made.issues[0].detail
        assert "«Tags»" in made.issues[0].detail
        await on.assert_as_expected(msgspec.structs.replace(first, tags=tags[:1]))
        second = msgspec.structs.replace(first, ref=Ref(Kind.TASK, "t9"))
        await on.put(second)
        sent = on.quota.sent
        assert len((await on.finish(second)).issues) == 1
        assert on.quota.sent - sent == 1  # what the project does not take is known by now


async def test_a_tag_is_made_once_with_the_set_it_belongs_to(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        assert on.target.requests(step(TAG)) == 1
        made = await on.put(TAG)
        sent = on.quota.sent
        assert await on.put(TAG) == made
        assert on.quota.sent == sent
        assert on.target.requests(step(TAG)) == 0
        group = next(row for row in on.sandbox.account.task_tag_groups.values() if row["title"] == "Вид; робіт")
        assert (group["type"], group["access"]) == ("label", "private")


# -- people -------------------------------------------------------------------------------------------------------------


async def test_who_is_not_in_the_project_is_put_there_and_the_task_is_made_once(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.put(msgspec.structs.replace(OPEN_PROJECT, members=(), manager=None, author=None))
        before = len(on.sandbox.tasks)
        await on.put(OPEN_TASK)
        assert len(on.sandbox.tasks) == before + 1
        assert on.actions()["add_project_members"] == 1
        await on.assert_as_expected(OPEN_TASK)


async def test_a_contact_is_no_user_and_is_told_of(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        guest = Who(id="k", name="Оксана", email=ZERNO, target="contact:401")
        made = await on.put(msgspec.structs.replace(OPEN_PROJECT, members=(guest, ANNA), manager=guest))
        assert {issue.field for issue in made.issues if issue.code == "not-a-user"} == {"manager", "members"}


async def test_a_cost_of_nobody_known_is_the_owners_and_is_told_of(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.put(OPEN_PROJECT)
        await on.put(OPEN_TASK)
        cost = msgspec.structs.replace(COST, person=None)
        assert [issue.code for issue in (await on.put(cost)).issues] == ["person-stood-in"]
        await on.assert_as_expected(cost)


# -- closing ------------------------------------------------------------------------------------------------------------


async def test_finishing_twice_changes_nothing_and_takes_the_foretold_requests(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.put(PROJECT)
        await on.put(TASK)
        for entity in (TASK, PROJECT):
            for _ in range(2):
                sent = on.quota.sent
                await on.finish(entity)
                assert on.quota.sent - sent == on.target.requests(step(entity, "finish")) == 3
        await on.assert_as_expected(TASK)
        await on.assert_as_expected(PROJECT)


async def test_a_parent_closes_only_after_its_children(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.put(OPEN_PROJECT)
        await on.put(TASK)
        await on.put(SUBTASK)
        with pytest.raises(Refused, match="Task has children"):
            await on.finish(TASK)
        await on.finish(SUBTASK)
        await on.finish(TASK)
        await on.assert_as_expected(TASK, SUBTASK)


async def test_only_projects_and_tasks_take_requests_to_finish(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        kinds = (PERSON, GROUP, COMPANY, CONTACT, TAG, COMMENT, COST, *ITEMS, OPEN_TASK)
        assert [on.target.requests(step(entity, "finish")) for entity in kinds] == [0] * len(kinds)


@pytest.mark.parametrize("status", ["", "active"])
async def test_what_is_closed_and_not_mapped_is_told_of(tmp_path: Path, status: str) -> None:
    async with bench(tmp_path) as on:
        await on.put(OPEN_PROJECT)
        entity = msgspec.structs.replace(OPEN_TASK, status=status, done=True)
        await on.put(entity)
        assert [issue.code for issue in (await on.finish(entity)).issues] == ["status-unmapped"]


async def test_a_task_of_no_project_needs_the_option(tmp_path: Path) -> None:
    loose = msgspec.structs.replace(SUBTASK, project=None, parent=None, depth=0)
    async with bench(tmp_path) as on:
        with pytest.raises(Refused, match="loose_project"):
            await on.put(loose)
    async with bench(tmp_path, loose_project="101") as on:
        assert (await on.put(loose)).id.startswith("101/")


async def test_nothing_is_written_on_a_wire_that_must_not(tmp_path: Path) -> None:
    async with bench(tmp_path, writable=False) as on:
        with pytest.raises(MigratorError, match="report this as a bug"):
            await on.put(PROJECT)
        assert not on.running.writes
        assert {one.status for one in await on.target.check()} == {"ok", "warning"}


async def test_links_lead_to_the_pages_of_the_account(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.put(OPEN_PROJECT)
        await on.put(OPEN_TASK)
        await on.put(COMMENT)
        for entity in (OPEN_PROJECT, OPEN_TASK, COMMENT):
            address = on.target.link(entity.ref.kind, on.book.made[entity.ref, "create"])
            assert address is not None
            assert address.startswith(f"{on.running.url}/project/")
        assert (on.target.link(Kind.COMMENT, "1/2/#com3") or "").endswith("/project/1/2/#com3")
        assert on.target.link(Kind.FILE, "1/2+file1") is None


async def test_md5_signs_files_and_lists_too(tmp_path: Path) -> None:
    async with bench(tmp_path, auth="md5") as on:
        await on.put(OPEN_PROJECT)
        file = on.book.file("1", TASK.ref, "план.pdf", b"%PDF")
        await on.put(OPEN_TASK, file, *ITEMS)
        await on.assert_as_expected(OPEN_TASK)
        await on.assert_as_expected(*ITEMS)
        await on.assert_as_expected(file)
