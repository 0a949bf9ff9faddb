"""The Planfix target over real sockets, against the sandbox: every kind, lost answers, queued updates, silence, quota, rights."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from migrator.errors import AccessDenied, InDoubt, InputWrong, MigratorError, Refused, TryLater
from migrator.model import (
    CheckItem,
    Comment,
    Company,
    Contact,
    Cost,
    Entity,
    Kind,
    Project,
    Ref,
    Task,
    Text,
    Who,
)
from migrator.sandbox.faults import Faults
from migrator.sandbox.planfix import Limits as SandboxLimits
from migrator.sandbox.planfix import Planfix
from migrator.sandbox.server import Call, Reply, Running
from migrator.vendor import Account
from migrator.vendors.planfix import CAPABILITIES, VENDOR
from migrator.vendors.planfix.target import PlanfixTarget
from tests.vendors.bench import FREE, Bench, opened, step
from tests.vendors.planfix_caller import sample
from tests.vendors.planfix_openapi import check_request

TEMPLATES = {"task_template": "Задача", "project_template": "Проект"}
ROBOT = "user:1"
BOIKO = Who(id="5", name="Дмитро Бойко", target="user:5")
SAVCHUK = Who(id="4", name="Ірина Савчук", target="user:4")
RUDENKO = Who(id="r", name="Ганна Руденко", target="contact:2")
CREATED = datetime(2024, 2, 5, 7, 15, 40, tzinfo=UTC)
TIME_IN = {"tag": "Учёт времени", "day": "Дата", "time": "Время", "person": "Сотрудник", "text": "Комментарий"}
MONEY_IN = {"tag": "Расходы", "day": "Дата", "money": "Сумма", "person": "Сотрудник", "text": "Комментарий"}

PROJECT = Project(
    ref=Ref(Kind.PROJECT, "p1"),
    title="Будинок на Липовій",
    text=Text(html="<p>Два поверхи,<br>мансарда</p>"),
    status="Завершён",
    start=date(2024, 2, 1),
    end=date(2024, 11, 30),
    manager=SAVCHUK,
    members=(BOIKO, SAVCHUK),
    group="Приватні замовники",
    client="ТОВ «Липова роща»",
    fields={"Метки": ("Житло", "Ескіз"), "Бюджет": "125000.50", "План, мин": "4800"},
)
TASK = Task(
    ref=Ref(Kind.TASK, "t1"),
    project=PROJECT.ref,
    title="Креслення даху",
    text=Text(html='<p>Перший рядок\nдругий</p><pre>a\n  b</pre><p>🏠 <a href="https://x.example/">лист</a></p>'),
    status="Завершённая",
    created=CREATED,
    start=date(2024, 2, 6),
    due_at=datetime(2024, 3, 31, 14, 30, tzinfo=UTC),
    author=SAVCHUK,
    assignees=(BOIKO,),
    followers=(RUDENKO,),
    priority=9,
    priority_name="Urgent",
    fields={"Метки": ("АР", "Ризик"), "Этап": "Проект", "План, мин": "480", "Вид работ": "Архитектура"},
)
SUBTASK = Task(ref=Ref(Kind.TASK, "t2"), project=PROJECT.ref, parent=TASK.ref, depth=1, title="Вузли", created=CREATED)
COMMENT = Comment(
    ref=Ref(Kind.COMMENT, "c1"),
    on=TASK.ref,
    text=Text(html="<p>Погоджено\nіз замовником</p>"),
    created=CREATED,
    author=BOIKO,
    hidden=True,
    pinned=True,
)
CHECKITEM = CheckItem(ref=Ref(Kind.CHECKITEM, "t1/1"), on=TASK.ref, title="Перевірити ухил", done=True)
COST = Cost(
    ref=Ref(Kind.COST, "x1"),
    on=TASK.ref,
    day=date(2024, 2, 7),
    person=BOIKO,
    minutes=95,
    money=Decimal("840.25"),
    text="виїзд <на об'єкт>",
    time_in=TIME_IN,
    money_in=MONEY_IN,
)
FILES = (
    (PROJECT.ref, "кошторис.xlsx", b"x" * 2049),
    (TASK.ref, 'план "1".pdf', b"%PDF"),
    (COMMENT.ref, "../../фото.jpg", b"jpg" * 700),
)
COMPANY = Company(ref=Ref(Kind.COMPANY, "f1"), name="ФОП Коваль")
CONTACT = Contact(
    ref=Ref(Kind.CONTACT, "k1"),
    name="Петро Коваль",
    email="koval@dakh.example.com",
    position="Покрівельник",
    company="ФОП Коваль",
    group="Подрядчики",
    phones=("+380671112233",),
    address="Київ",
    messengers={"telegram": "@koval", "icq": "12345"},
)


class PlanfixBench(Bench[PlanfixTarget, Planfix]):
    """With what was asked of it, by path."""

    def calls(self, path: str) -> list[Any]:
        return [one.call for one in self.running.log if one.call.path.startswith(f"/rest{path}")]


@asynccontextmanager
async def bench(
    folder: Path,
    *,
    faults: Faults | None = None,
    account: dict[str, Any] | None = None,
    limits: SandboxLimits | None = None,
    token: str = "planfix-sample-token",
    options: Mapping[str, str] = TEMPLATES,
    writable: bool = True,
    sandbox_type: type[Planfix] = Planfix,
) -> AsyncIterator[PlanfixBench]:
    def side(url: str) -> Account:
        return Account("planfix", f"{url}/rest", None, token, "Europe/Kyiv", FREE, dict(options))

    sandbox = sandbox_type(account or sample(), limits=limits)
    async with opened(PlanfixBench, VENDOR, sandbox, side, folder, faults=faults, writable=writable) as on:
        yield on
    hold_to_specification(on.running)


def hold_to_specification(running: Running) -> None:
    for one in running.log:
        call = one.call
        is_json = call.headers.get("Content-Type", "").startswith("application/json")
        body = json.loads(call.body) if is_json else None
        check_request(call.method, call.path, body)
        for name, value in named_values(body):
            # Planfix takes a bare number for the token's own user, and an empty list for an order to delete (section 8, 25 and 26).
            people = (
                [one["id"] for one in [value, *(value or {}).get("users", ())] if "id" in one] if name in PEOPLE else []
            )
            assert all(re.match(r"(user|contact):\d+$", str(id)) for id in people), (call.path, name, value)
            assert (name, value) != ("files", []), call.path


PEOPLE = ("assigner", "owner", "assignees", "participants", "auditors", "recipients", "supervisors")


def named_values(body: Any) -> Iterator[tuple[str, Any]]:
    """Every key of a body, at any depth, with its value."""
    for name, value in body.items() if isinstance(body, dict) else ():
        yield name, value
        yield from named_values(value)
    for one in body if isinstance(body, list) else ():
        yield from named_values(one)


def lost(path: str) -> Faults:
    """The first answer to a create at the path is cut after the commit."""
    left = [1]

    def when(method: str, called: str, query: str) -> bool:
        hit = method == "POST" and called.endswith(path) and left[0] > 0
        left[0] -= hit
        return hit

    return Faults(lost=1.0, when=when)


async def test_opening_reads_the_words_of_the_account(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        words = on.target.vocabulary
        assert words.there[Kind.PERSON]["dmytro.boiko@lad.example.com"] == "user:5"
        assert words.there[Kind.PERSON]["Дмитро Бойко"] == "user:5"
        assert words.there[Kind.CONTACT]["h.rudenko@lypova.example.org"] == "contact:2"
        assert words.there[Kind.COMPANY]["Меблі «Дубрава»"] == "contact:4"
        assert words.there[Kind.GROUP]["Офис"] == "5"
        assert words.statuses[Kind.TASK]["Завершённая"] == "3"
        assert words.statuses[Kind.PROJECT]["Завершён"] == "1"
        assert words.field_types[Kind.TASK]["Метки"] == "set"
        assert words.field_options[Kind.TASK]["Вид работ"] == ("Архитектура", "Конструкции", "Отделка")
        assert "Migration ID" not in words.fields[Kind.TASK]
        assert "Затрачено" not in words.fields[Kind.TASK]
        assert (words.cost_tags or {})["Расходы"]["Сумма"] == "512"
        assert not on.running.writes
        assert len(on.running.log) < 20


async def test_every_kind_reads_back_as_expected(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(COMPANY, CONTACT, PROJECT, TASK, SUBTASK)
        files = [on.book.file(str(place), *file) for place, file in enumerate(FILES)]
        await on.make(*files, COMMENT, CHECKITEM, COST)
        for entity in (SUBTASK, TASK, PROJECT):
            assert (await on.finish(entity)).issues == ()
        for entity in (COMPANY, CONTACT, PROJECT, TASK, SUBTASK, *files, COMMENT, CHECKITEM, COST):
            await on.assert_as_expected(entity)
        assert on.sandbox.notifications == 0


@pytest.mark.parametrize(
    ("entity", "part", "path"),
    [
        (COMPANY, "create", "/contact/"),
        (CONTACT, "create", "/contact/"),
        (PROJECT, "create", "/project/"),
        (TASK, "create", "/task/"),
        (COMMENT, "create", "/comments/"),
        (CHECKITEM, "create", "/checklist"),
        (COST, "comment", "/comments/"),
        (COST, "create", "/datatags/12"),
        (COST, "money", "/datatags/12"),
    ],
    ids=lambda value: getattr(value, "ref", value) and str(getattr(value, "ref", value)),
)
@pytest.mark.parametrize("committed", [True, False])
async def test_a_lost_answer_is_looked_up(
    tmp_path: Path, entity: Entity, part: str, path: str, committed: bool
) -> None:
    faults = lost(path)
    if not committed:
        faults = replace(faults, lost=0.0, cut=1.0)
    faults_off, faults.when = faults.when, lambda *_: False
    async with bench(tmp_path, faults=faults) as on:
        await on.make(*(one for one in (PROJECT, TASK) if entity not in (PROJECT, TASK)))
        if entity is TASK:
            await on.make(PROJECT)
        for before in on.target.parts(entity)[: on.target.parts(entity).index(part)]:
            await on.send(step(entity, before))
        if "/datatags/" in path:
            comment = on.book.made[entity.ref, "comment"]
            faults_off = lost(f"/datatags/{comment}").when
        faults.when = faults_off
        with pytest.raises(InDoubt):
            await on.target.create(step(entity, part), on.book.context)
        found = await on.find(step(entity, part))
        if not committed:
            assert found == {}
            return
        on.book.made[entity.ref, part] = found[entity.ref].id
        if part != "comment":
            await _finish_and_compare(on, entity, part)


async def _finish_and_compare(on: PlanfixBench, entity: Entity, part: str) -> None:
    """The rest of the entity is made, and the one that was adopted reads back as it should."""
    parts = on.target.parts(entity)
    for after in parts[parts.index(part) + 1 :]:
        await on.send(step(entity, after))
    if entity.ref.kind in CAPABILITIES.finishes:
        await on.finish(entity)
    await on.assert_as_expected(entity)


async def test_tasks_in_doubt_are_looked_up_by_one_list_of_their_project(tmp_path: Path) -> None:
    tasks = [Task(ref=Ref(Kind.TASK, f"d{number}"), project=PROJECT.ref, title=f"Task {number}") for number in range(6)]
    async with bench(tmp_path) as on:
        await on.make(PROJECT, *tasks[:4])
        asked = len(on.running.log)
        found = await on.find(*(step(task) for task in tasks))
        assert set(found) == {task.ref for task in tasks[:4]}
        assert len(on.running.log) - asked == 1


async def test_a_task_in_doubt_in_a_long_project_is_looked_up_by_its_marker(tmp_path: Path) -> None:
    tasks = [
        Task(ref=Ref(Kind.TASK, f"d{number}"), project=PROJECT.ref, title=f"Task {number}") for number in range(130)
    ]
    async with bench(tmp_path) as on:
        await on.make(PROJECT, *tasks)
        asked = len(on.running.log)
        assert set(await on.find(step(tasks[-1]))) == {tasks[-1].ref}
        assert len(on.running.log) - asked == 2


async def test_without_a_marker_field_the_vendors_own_mark_finds(tmp_path: Path) -> None:
    async with bench(tmp_path, faults=lost("/task/"), options={**TEMPLATES, "marker_field": "Nothing"}) as on:
        await on.make(PROJECT)
        with pytest.raises(InDoubt):
            await on.target.create(step(TASK), on.book.context)
        found = await on.find(step(TASK), step(SUBTASK))
        assert set(found) == {TASK.ref}


async def test_an_ignored_filter_adopts_no_stranger(tmp_path: Path) -> None:
    account = sample()
    account["custom_fields"]["task"] = [
        one | {"type": 1} if one["name"] == "Migration ID" else one for one in account["custom_fields"]["task"]
    ]
    async with bench(tmp_path, account=account) as on:
        assert await on.find(step(replace_project(TASK))) == {}


def replace_project(task: Task) -> Task:
    return Task(ref=task.ref, project=None, title=task.title)


async def test_equal_checklist_lines_are_told_apart(tmp_path: Path) -> None:
    lines = tuple(
        CheckItem(ref=Ref(Kind.CHECKITEM, f"t1/{place}"), on=TASK.ref, title="Те саме") for place in range(1, 4)
    )
    async with bench(tmp_path) as on:
        await on.make(PROJECT, TASK, *lines[:2])
        assert await on.find(step(lines[2])) == {}
        made = on.book.made.pop((lines[1].ref, "create"))
        found = await on.find(step(lines[1]))
        assert {ref: one.id for ref, one in found.items()} == {lines[1].ref: made}


async def test_a_queued_update_is_waited_for(tmp_path: Path) -> None:
    async with bench(tmp_path, account=sample(busy_every=1, busy_calls=3)) as on:
        await on.make(PROJECT, TASK)
        assert (await on.finish(TASK)).issues == ()
        assert len(on.calls("/task/111")) == 4
        await on.assert_as_expected(TASK)


async def test_a_queued_update_that_stays_queued_is_told(tmp_path: Path) -> None:
    async with bench(tmp_path, account=sample(busy_every=1, busy_calls=1000)) as on:
        await on.make(PROJECT, TASK)
        assert {issue.code for issue in (await on.finish(TASK)).issues} == {"update-queued"}


async def test_failures_become_issues_in_either_shape(tmp_path: Path) -> None:
    async with bench(tmp_path, account=sample(failures_every=1)) as on:
        await on.make(PROJECT, TASK, SUBTASK)
        for task in (TASK, SUBTASK):
            issues = (await on.finish(task)).issues
            assert [issue.code for issue in issues] == ["field-refused"]


async def test_a_field_that_the_template_drops_is_told_and_costs_one_read(tmp_path: Path) -> None:
    first, second = (
        Task(ref=Ref(Kind.TASK, f"d{n}"), project=None, title="x", fields={"Номер договора": f"№{n}", "Этап": "Смета"})
        for n in (1, 2)
    )
    async with bench(tmp_path) as on:
        await on.make(first, second)
        for task in (first, second):
            (issue,) = (await on.finish(task)).issues
            assert (issue.code, issue.field) == ("field-dropped", "Номер договора")
        assert [call.method for call in on.calls("/task/11")].count("GET") == 1


async def test_a_marker_that_the_template_drops_is_told_once(tmp_path: Path) -> None:
    async with bench(tmp_path, options={"task_template": "Заявка с сайта"}) as on:
        tasks = [Task(ref=Ref(Kind.TASK, f"m{n}"), project=None, title="x", created=CREATED) for n in (1, 2)]
        await on.make(*tasks)
        issues = [issue for task in tasks for issue in (await on.finish(task)).issues]
        assert [(issue.code, issue.field) for issue in issues] == [("field-dropped", "Migration ID")]


class RefusesTheMarker(Planfix):
    """An account that refuses a create with a field not on the template, rather than drop its value (section 5, seen)."""

    def handle(self, call: Call) -> Reply:
        if call.path == "/rest/task/" and call.json().get("customFieldData"):
            return Reply.json({"result": "fail", "code": 41, "error": "Custom field not found by id - 101"}, 400)
        return super().handle(call)


async def test_a_template_that_refuses_the_marker_gets_tasks_without_it(tmp_path: Path) -> None:
    async with bench(tmp_path, sandbox_type=RefusesTheMarker) as on:
        first, second = await on.make(TASK, SUBTASK)
        assert [(issue.code, issue.field) for issue in first.issues] == [("field-dropped", "Migration ID")]
        assert second.issues == ()
        assert len(on.calls("/task/")) - len(on.calls("/task/templates")) - len(on.calls("/task/list")) == 3
        assert (await on.finish(SUBTASK)).issues == ()


async def test_an_author_who_is_refused_is_named_in_the_text(tmp_path: Path) -> None:
    comments = [
        Comment(
            ref=Ref(Kind.COMMENT, f"r{n}"), on=TASK.ref, text=Text(html="<p>Так</p>"), created=CREATED, author=RUDENKO
        )
        for n in (1, 2)
    ]
    async with bench(tmp_path) as on:
        await on.make(PROJECT, TASK)
        before = len(on.running.log)
        made = await on.make(*comments)
        assert len(on.running.log) - before == 3  # the second is not tried in vain
        assert {(issue.code, issue.field) for one in made for issue in one.issues} == {
            ("author-in-text", "author"),
            ("author-in-text", "text"),
        }
        seen = (await on.seen(comments[0]))[made[0].id].fields
        assert seen["text"] == "Ганна Руденко, 2024-02-05 09:15: Так"
        assert seen["author"] == ROBOT


async def test_a_row_over_a_day_becomes_several_entries_in_one_call(tmp_path: Path) -> None:
    long = Cost(
        ref=Ref(Kind.COST, "long"), on=TASK.ref, day=date(2024, 2, 7), person=BOIKO, minutes=3010, time_in=TIME_IN
    )
    async with bench(tmp_path) as on:
        await on.make(PROJECT, TASK)
        made = await on.make(long)
        assert made[-1].id.count(",") == 2
        await on.assert_as_expected(long)


async def test_a_contact_in_an_employee_field_is_named_by_the_comment_alone(tmp_path: Path) -> None:
    cost = Cost(ref=Ref(Kind.COST, "k"), on=TASK.ref, day=date(2024, 2, 7), person=RUDENKO, minutes=60, time_in=TIME_IN)
    async with bench(tmp_path) as on:
        await on.make(PROJECT, TASK)
        made = await on.make(cost)
        assert [issue.code for one in made for issue in one.issues] == ["author-in-text", "person-not-employee"]


async def test_a_second_copy_is_seen(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(PROJECT, TASK, COST)
        copy = await on.target.create(step(TASK), on.book.context)
        entry = await on.target.create(step(COST), on.book.context)
        assert (await on.seen(TASK))[copy.id].mark == step(TASK).mark
        assert (await on.seen(COST))[entry.id].mark == step(COST).mark


@pytest.mark.parametrize("account_wide", [True, False])
async def test_comments_of_many_tasks_are_read_by_weeks_where_that_is_cheaper(
    tmp_path: Path, account_wide: bool
) -> None:
    tasks = [Task(ref=Ref(Kind.TASK, f"w{n}"), project=None, title=f"{n}", created=CREATED) for n in range(4)]
    # 22:30 UTC is the next day in Kyiv: the filter's days are not the rows'.
    late = datetime(2024, 2, 9, 22, 30, tzinfo=UTC)
    comments = [
        Comment(ref=Ref(Kind.COMMENT, f"w{n}"), on=task.ref, text=Text(html=f"{n}"), created=late, author=BOIKO)
        for n, task in enumerate(tasks)
    ]
    async with bench(tmp_path, account=sample(comment_list=account_wide)) as on:
        await on.make(*tasks, *comments)
        before = len(on.running.log)
        seen = await on.seen(*comments)
        assert {on.book.made[one.ref, "create"] for one in comments} <= set(seen)
        assert len(on.running.log) - before == (1 if account_wide else 5)


@pytest.mark.parametrize("account_wide", [True, False])
async def test_comments_in_doubt_on_many_tasks_are_looked_up_among_the_newest_of_the_account(
    tmp_path: Path, account_wide: bool
) -> None:
    tasks = [Task(ref=Ref(Kind.TASK, f"n{n}"), project=None, title=f"{n}", created=CREATED) for n in range(6)]
    comments = [
        Comment(ref=Ref(Kind.COMMENT, f"n{n}"), on=task.ref, text=Text(html=f"{n}"), created=CREATED, author=BOIKO)
        for n, task in enumerate(tasks)
    ]
    async with bench(tmp_path, account=sample(comment_list=account_wide)) as on:
        await on.make(*tasks, *comments[:-1])
        before = len(on.running.log)
        found = await on.find(*(step(one) for one in comments))
        assert {ref: made.id for ref, made in found.items()} == {
            one.ref: on.book.made[one.ref, "create"] for one in comments[:-1]
        }
        # One page for all, and the list of the one task whose comment is not on it; without that page a refusal, and all six lists.
        assert len(on.running.log) - before == (2 if account_wide else 7)


async def test_a_spent_day_ends_a_run_that_does_not_wait(tmp_path: Path) -> None:
    async with bench(tmp_path, limits=SandboxLimits(per_second=None, per_day=17)) as on:
        await on.make(COMPANY)
        with pytest.raises(TryLater) as spent:
            await on.make(CONTACT)
    assert spent.value.seconds is not None
    assert 0 < spent.value.seconds <= 86_400


async def test_a_token_without_a_scope_is_denied(tmp_path: Path) -> None:
    async with bench(tmp_path, token="planfix-sample-read-token") as on:
        with pytest.raises(AccessDenied, match="Scope"):
            await on.make(PROJECT)


async def test_a_token_that_was_never_given_is_denied(tmp_path: Path) -> None:
    with pytest.raises(AccessDenied):
        async with bench(tmp_path, token="wrong"):
            pass


async def test_a_missing_task_refuses_the_comment_alone(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        on.book.made[TASK.ref, "create"] = "99999"
        with pytest.raises(Refused):
            await on.make(COMMENT)
        assert await on.make(PROJECT)


async def test_all_options_that_name_nothing_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputWrong) as wrong:
        async with bench(tmp_path, options={"task_template": "Немає", "process": "Теж немає"}):
            pass
    assert len(wrong.value.problems) == 2
    assert "Проектная задача" in wrong.value.problems[0]


async def test_a_process_of_its_own_gives_its_statuses(tmp_path: Path) -> None:
    options = {"task_template": "Проектная задача", "process": "Проектирование"}
    async with bench(tmp_path, options=options) as on:
        name = next(iter(on.target.vocabulary.statuses[Kind.TASK]))
        task = Task(ref=Ref(Kind.TASK, "own"), project=None, title="x", status=name)
        await on.make(task)
        assert (await on.finish(task)).issues == ()
        await on.assert_as_expected(task)


async def test_a_dry_run_cannot_write(tmp_path: Path) -> None:
    async with bench(tmp_path, writable=False) as on:
        with pytest.raises(MigratorError, match="none may"):
            await on.make(COMPANY)
        assert not on.running.writes


async def test_check_tells_what_is_missing(tmp_path: Path) -> None:
    account = sample()
    account["data_tags"] = []
    async with bench(tmp_path, account=account, options={"marker_field": "Nothing"}) as on:
        told = {check.name: check.status for check in await on.target.check()}
        assert told["planfix access"] == "ok"
        assert told["planfix data tags"] == "warning"
        assert told["planfix marker on tasks"] == "warning"
        assert told["planfix template of tasks"] == "warning"
        assert "error" not in told.values()
