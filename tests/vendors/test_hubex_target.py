"""The HubEx target over real sockets, against the sandbox: every kind, lost answers, stages, refusals, requests told beforehand."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from migrator.errors import AccessDenied, InDoubt, InputWrong, Refused
from migrator.http import Effect
from migrator.model import (
    CheckItem,
    Comment,
    Company,
    Contact,
    Cost,
    Entity,
    File,
    Kind,
    Label,
    Project,
    Ref,
    Task,
    Text,
    Who,
)
from migrator.sandbox.faults import Faults
from migrator.sandbox.hubex import HubEx
from migrator.sandbox.hubex import Limits as SandboxLimits
from migrator.sandbox.server import Call, Reply
from migrator.vendor import Account
from migrator.vendors.hubex import CAPABILITIES, VENDOR
from migrator.vendors.hubex.target import HubExTarget
from tests.vendors.bench import FREE, Bench, opened, step

SAMPLE = Path(__file__).parents[2] / "samples" / "hubex-account.json"
OPTIONS: Mapping[str, str | int | bool] = {
    "task_type": "Плановое ТО",
    "asset_type": "Здание",
    "company": "Вертикаль-Климат",
    "registration_type": "ООО",
    "work_type": "ТО-1 ежемесячное",
    "money_work_type": "Пусконаладка",
    "currency": "RUB",
}
ZHUKOV = Who(id="5", name="Андрей Жуков", target="12")
GALEEV = Who(id="6", name="Рустам Галеев", target="13")
LAPTEVA = Who(id="4", name="Ирина Лаптева", target="10")
MAYAKOV = Who(id="r", name="Маяков Егор Петрович", target="contact:3")
CREATED = datetime(2024, 2, 5, 7, 15, 40, tzinfo=UTC)

COMPANY = Company(ref=Ref(Kind.COMPANY, "f1"), name="ФОП Коваль", client=True)
CONTACT = Contact(
    ref=Ref(Kind.CONTACT, "k1"),
    name="Петро Коваль",
    email="koval@dakh.example.com",
    position="Покрівельник",
    company="ФОП Коваль",
    phones=("+380671112233", "+380671112234"),
    address="Київ",
    messengers={"telegram": "@koval"},
)
PROJECT = Project(
    ref=Ref(Kind.PROJECT, "p1"),
    title="Будинок на Липовій",
    text=Text(html="<p>Два поверхи,<br>мансарда</p>"),
    status="Не опубликован",
    archived=True,
    client="ФОП Коваль",
    tags=(Label(title="Житло", group="Тип"), Label(title="жилой фонд")),
    fields={"Грузоподъёмность, кг": "630", "Особые указания": "Собака"},
)
TASK = Task(
    ref=Ref(Kind.TASK, "t1"),
    project=PROJECT.ref,
    title="Креслення\nдаху",
    text=Text(html='<p>Перший рядок\nдругий</p><ul><li>а</li></ul><p>🏠 <a href="https://x.example/">лист</a></p>'),
    status="Закрыта",
    done=True,
    created=CREATED,
    start=date(2024, 2, 6),
    due_at=datetime(2024, 3, 31, 14, 30, tzinfo=UTC),
    author=LAPTEVA,
    assignees=(ZHUKOV, GALEEV),
    priority=9,
    priority_name="Высокая",
    tags=(Label(title="повтор"),),
    fields={
        "Номер сметы": "№ 7",
        "Этаж остановки": "5",
        "Температура подачи": "1,50",
        "Дата замены троса": "2024-05-01",
        "Звонок диспетчеру": "2024-05-01 10:00",
        "Причина неисправности": "Износ",
        "Заменённые узлы": ("Плата", "Двери"),
        "Гарантийный случай": "да",
        "work_type": "Монтаж оборудования",
    },
    plan_minutes=90,
    plan_money=Decimal("125.50"),
)
SUBTASK = Task(ref=Ref(Kind.TASK, "t2"), project=PROJECT.ref, parent=TASK.ref, depth=1, title="Вузли", created=CREATED)
COMMENT = Comment(
    ref=Ref(Kind.COMMENT, "c1"),
    on=TASK.ref,
    text=Text(html="<p><b>Дмитро, 2024-02-05:</b></p><p>Погоджено\nіз замовником</p>"),
    created=CREATED,
    hidden=True,
)
FIRST, SECOND = (
    CheckItem(ref=Ref(Kind.CHECKITEM, f"t1/{place}"), on=TASK.ref, title=title, done=done)
    for place, title, done in ((1, "Перевірити ухил", True), (2, "Перевірити ринви", False))
)
COST = Cost(
    ref=Ref(Kind.COST, "x1"),
    on=TASK.ref,
    day=date(2024, 2, 7),
    person=ZHUKOV,
    minutes=95,
    money=Decimal("840.25"),
    text="виїзд <на об'єкт>",
)
MONEY = Cost(ref=Ref(Kind.COST, "x2"), on=TASK.ref, day=date(2024, 2, 7), money=Decimal("99.90"), text="пальне")
FILE = File(ref=Ref(Kind.FILE, "0"), on=TASK.ref, name='план "1".pdf', size=4, created=CREATED, author=LAPTEVA)
FILES = (
    FILE,
    File(ref=Ref(Kind.FILE, "1"), on=PROJECT.ref, name="кошторис.xlsx"),
    File(ref=Ref(Kind.FILE, "2"), on=COMMENT.ref, name="../../фото.jpg"),
    File(ref=Ref(Kind.FILE, "3"), on=TASK.ref, name="порожній"),
)
CONTENTS = dict(zip((one.ref for one in FILES), (b"%PDF", b"x" * 2049, b"jpg" * 700, b""), strict=True))


def sample(**options: Any) -> dict[str, Any]:
    """The shipped account, with other options of the sandbox."""
    loaded: dict[str, Any] = orjson.loads(SAMPLE.read_bytes())
    return {**loaded, "options": {**loaded["options"], **options}}


class HubExBench(Bench[HubExTarget, HubEx]):
    """With what was asked of it, and where tasks stand."""

    async def settle(self) -> None:
        await self.target.check()

    def stage(self, task: Task) -> str:
        """The stage that the sandbox has the task in."""
        replies = [
            orjson.loads(one.reply.body)
            for one in self.running.log
            if one.call.path.endswith("/TaskStagingHistory") and one.reply.status == 201
            if orjson.loads(one.call.body)["taskID"] == int(self.book.made[task.ref, "create"])
        ]
        return self.target._there.stage_name(replies[-1]["stageId"]) if replies else "Новая"

    def written(self, path: str) -> list[Any]:
        """The bodies of all POSTs to the path."""
        posts = (one.call for one in self.running.log if one.call.method == "POST" and one.call.path.endswith(path))
        return [json.loads(call.body) for call in posts]


@asynccontextmanager
async def bench(
    folder: Path,
    *,
    faults: Faults | None = None,
    account: dict[str, Any] | None = None,
    token: str = "hubex-sample-service-token",
    options: Mapping[str, str | int | bool] = OPTIONS,
    writable: bool = True,
    sandbox_type: type[HubEx] = HubEx,
) -> AsyncIterator[HubExBench]:
    def side(url: str) -> Account:
        return Account("hubex", f"{url}/fsm", None, token, "Europe/Moscow", FREE, dict(options))

    sandbox = sandbox_type(account or sample(), limits=SandboxLimits(None))
    async with opened(HubExBench, VENDOR, sandbox, side, folder, faults=faults, writable=writable) as on:
        on.book.contents |= CONTENTS
        yield on


class StrictMarkup(HubEx):
    """Refuses bold type, as a sanitizer of its own mind."""

    def handle(self, call: Call) -> Reply:
        if call.method == "POST" and call.path.endswith("/WORK/Tasks") and b"<b>" in call.body:
            return Reply.json([{"code": "HtmlSanitizer", "message": "<b>"}], 422)
        return super().handle(call)


class LossyUploads(HubEx):
    """Keeps something else than what was sent."""

    def handle(self, call: Call) -> Reply:
        if call.path.endswith("/upload/fromForm"):
            call = replace(call, body=call.body.replace(b"%PDF", b"%PD?"))
        return super().handle(call)


class HeedsNoErpId(HubEx):
    """Knows the filter by erpID as little as a misspelt one, and gives everything."""

    def handle(self, call: Call) -> Reply:
        return super().handle(replace(call, query=call.query.replace("erpID=", "erpId_=")))


def lost(path: str, turn: int = 1) -> Faults:
    """The answer to one create at the path is cut after the commit: to the first, the second, ..."""
    left = [turn]

    def when(method: str, called: str, query: str) -> bool:
        if method != "POST" or not called.endswith(path):
            return False
        left[0] -= 1
        return left[0] == 0

    return Faults(lost=1.0, when=when)


async def test_opening_reads_the_words_of_the_account(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        words = on.target.vocabulary
        assert words.there[Kind.PERSON]["a.zhukov@vertikal.example.com"] == "12"
        assert words.there[Kind.PERSON]["Андрей Жуков"] == words.there[Kind.PERSON]["Жуков Андрей"] == "12"
        assert "v.former@vertikal.example.com" not in words.there[Kind.PERSON]
        assert "l.prezhnyaya@vertikal.example.com" not in words.there[Kind.PERSON]
        assert words.there[Kind.CONTACT]["energo@mayak.example.com"] == "contact:3"
        assert words.there[Kind.COMPANY]["ТСЖ «Волжские зори»"] == "2"
        assert words.statuses[Kind.TASK]["Закрыта"] == "7"
        assert "Согласование сметы" not in words.statuses[Kind.TASK]
        assert words.priorities == ("Обычная", "Высокая", "Критическая: люди в кабине")
        assert words.field_types[Kind.TASK]["Заменённые узлы"] == "set"
        assert words.field_options[Kind.TASK]["Причина неисправности"][0] == "Износ"
        assert "Старый код заявки" not in words.fields[Kind.TASK]
        assert "Грузоподъёмность, кг" in words.fields[Kind.PROJECT]
        assert not on.running.writes
        assert len(on.running.log) < 20


async def test_every_kind_reads_back_as_expected(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        made = await on.make(COMPANY, CONTACT, PROJECT, TASK, SUBTASK)
        made += await on.make(*FILES, COMMENT, FIRST, COST, MONEY)
        assert [issue for one in made for issue in one.issues] == []
        for finished in (SUBTASK, TASK, PROJECT):
            assert (await on.finish(finished)).issues == ()
        await on.make(SECOND)
        everything = (COMPANY, CONTACT, PROJECT, TASK, SUBTASK, *FILES, COMMENT, FIRST, SECOND, COST, MONEY)
        for entity in everything:
            await on.assert_as_expected(entity)


async def test_as_many_requests_as_were_told(tmp_path: Path) -> None:
    async with bench(tmp_path, account=sample(lag_calls=0)) as on:
        await on.make(COMPANY, PROJECT)  # the project's address is made, once
        second = msgspec.structs.replace(PROJECT, ref=Ref(Kind.PROJECT, "p2"))
        for entity in (CONTACT, second, TASK, SUBTASK, *FILES, COMMENT, FIRST, COST, MONEY):
            steps = [step(entity, part) for part in on.target.parts(entity)]
            told, before = sum(on.target.requests(one) for one in steps), on.quota.sent
            await on.make(entity)
            assert on.quota.sent - before == told, entity.ref
        for made in (SUBTASK, TASK, PROJECT):
            told, before = on.target.requests(step(made, "finish")), on.quota.sent
            await on.finish(made)
            assert on.quota.sent - before == told, made.ref


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize(
    ("entity", "part", "path"),
    [
        (COMPANY, "create", "/Companies"),
        (CONTACT, "create", "/Contacts"),
        (PROJECT, "create", "/Assets"),
        (TASK, "create", "/Tasks"),
        (FILE, "create", "/TaskAttachments/upload/fromForm"),
        (FILES[1], "create", "/AssetAttachments/upload/fromForm"),
        (COMMENT, "create", "/conversation"),
        (FIRST, "form", "/CheckLists"),
        (FIRST, "attach", "/checkLists"),
        (FIRST, "create", "/CheckListItems"),
        (COST, "create", "/CompletedWorks"),
        (COST, "technician", "/technicians"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(getattr(value, "ref", value)),
)
async def test_a_lost_answer_is_found_again_or_not_at_all(
    tmp_path: Path, entity: Entity, part: str, path: str, committed: bool
) -> None:
    faults = lost(path)
    if not committed:
        faults = Faults(cut=1.0, when=faults.when)
    async with bench(tmp_path) as opened:
        assert opened.target.parts(entity).count(part) == 1
    async with bench(tmp_path, faults=faults) as on:
        await on.make(*_before(entity))
        for earlier in on.target.parts(entity)[: on.target.parts(entity).index(part)]:
            await on.send(step(entity, earlier))
        with pytest.raises(InDoubt):
            await on.target.create(step(entity, part), on.book.context)
        await on.settle()
        found = await on.find(step(entity, part))
        assert set(found) == ({entity.ref} if committed else set())
        if committed:
            on.book.note(step(entity, part), found[entity.ref])
        else:
            await on.send(step(entity, part))
        parts = on.target.parts(entity)
        for after in parts[parts.index(part) + 1 :]:
            await on.send(step(entity, after))
        if entity.ref.kind in CAPABILITIES.finishes:
            await on.finish(entity)
        await on.assert_as_expected(entity)


def _before(entity: Entity) -> tuple[Entity, ...]:
    """What must be there first, without another request to the path under test."""
    match entity.ref.kind:
        case Kind.COMPANY | Kind.CONTACT | Kind.PROJECT:
            return ()
        case Kind.TASK:
            return (msgspec.structs.replace(PROJECT, client=""),)
        case _:
            return (msgspec.structs.replace(PROJECT, client=""), TASK)


async def test_a_task_sent_twice_is_adopted(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(COMPANY, PROJECT, TASK, COST)
        again = await on.target.create(step(TASK), on.book.context)
        work = await on.target.create(step(COST), on.book.context)
        asset = await on.target.create(step(PROJECT), on.book.context)
        assert again.id == on.book.made[TASK.ref, "create"]
        assert work.id == on.book.made[COST.ref, "create"]
        assert asset.id == on.book.made[PROJECT.ref, "create"]


async def test_a_filter_that_is_not_heeded_adopts_no_stranger(tmp_path: Path) -> None:
    other = msgspec.structs.replace(TASK, ref=Ref(Kind.TASK, "t9"))
    async with bench(tmp_path, sandbox_type=HeedsNoErpId) as on:
        await on.make(COMPANY, PROJECT, TASK)
        assert (await on.find(step(TASK), step(other))).keys() == {TASK.ref}
        assert (await on.find(step(msgspec.structs.replace(PROJECT, ref=Ref(Kind.PROJECT, "p9"))))) == {}


async def test_a_token_that_runs_out_between_two_creates_is_exchanged_and_nothing_made_twice(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(COMPANY, PROJECT)
        on.sandbox.state.access.clear()
        await on.make(TASK)
        assert [body["erpID"] for body in on.written("/WORK/Tasks")] == [step(TASK).mark] * 2  # the first was 401
        assert sum(task.get("erpID") == step(TASK).mark for task in on.sandbox.state.tables["tasks"].values()) == 1


async def test_a_done_task_goes_by_the_way_of_the_work_and_not_of_a_refusal(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(COMPANY, PROJECT, TASK)
        await on.finish(TASK)
        ways = [body["taskStageID"] for body in on.written("/TaskStagingHistory")]
        assert ways == [2, 3, 6, 7]
        assert on.stage(TASK) == "Закрыта"


async def test_finishing_twice_changes_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(COMPANY, PROJECT, TASK)
        await on.finish(TASK)
        assert (await on.finish(TASK)).issues == ()
        await on.assert_as_expected(TASK)


async def test_an_interrupted_way_goes_on_where_the_task_stands(tmp_path: Path) -> None:
    working = msgspec.structs.replace(TASK, status="В работе", done=False)
    async with bench(tmp_path) as on:
        await on.make(COMPANY, PROJECT, working)
        await on.finish(working)
        await on.finish(TASK)
        assert on.stage(TASK) == "Закрыта"


async def test_a_stage_no_way_leads_to_is_named(tmp_path: Path) -> None:
    account = sample()
    # Only the way through a refusal ends: a task that is being worked on cannot be closed.
    account["stage_links"] = [one for one in account["stage_links"] if one["fromTaskStageID"] != 6]
    working = msgspec.structs.replace(TASK, status="В работе")
    async with bench(tmp_path, account=account) as on:
        await on.make(COMPANY, PROJECT, working)
        await on.finish(working)
        with pytest.raises(Refused, match="no way leads from stage 'В работе' to 'Закрыта'"):
            await on.finish(TASK)


async def test_what_a_stage_demands_is_told(tmp_path: Path) -> None:
    nobody = msgspec.structs.replace(TASK, assignees=())
    async with bench(tmp_path) as on:
        await on.make(COMPANY, PROJECT, nobody)
        with pytest.raises(Refused, match=r"from stage 'Новая' to 'Назначена'.*Назначьте исполнителя"):
            await on.finish(nobody)
        assert on.written("/TaskTags")  # what was set before the way stays set


async def test_an_open_line_of_a_checklist_is_not_ticked_to_please_a_stage(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(COMPANY, PROJECT, TASK, FIRST, SECOND)
        with pytest.raises(Refused, match=r"from stage 'В работе' to 'Выполнена'.*чек-листы"):
            await on.finish(TASK)
        await on.assert_as_expected(SECOND)


async def test_somebody_stands_in_where_a_stage_demands_it(tmp_path: Path) -> None:
    nobody = msgspec.structs.replace(TASK, assignees=())
    still = msgspec.structs.replace(SUBTASK, status="Новая")
    async with bench(tmp_path, options={**OPTIONS, "stand_in": "Андрей Жуков"}) as on:
        await on.make(COMPANY, PROJECT, nobody, still)
        told = on.target.requests(step(nobody, "finish"))
        before = on.quota.sent
        assert [issue.code for issue in (await on.finish(nobody)).issues] == ["stand-in"]
        assert on.quota.sent - before == told
        assert on.stage(nobody) == "Закрыта"
        await on.finish(still)
        assert len(on.written("/TaskAssignmentHistory")) == 1


async def test_markup_that_is_refused_is_left_out_and_told(tmp_path: Path) -> None:
    async with bench(tmp_path, sandbox_type=StrictMarkup) as on:
        made = await on.make(COMPANY, PROJECT, TASK)
        assert [issue.code for issue in made[-1].issues] == ["text-plain"]
        await on.finish(TASK)
        await on.assert_as_expected(TASK)


async def test_one_attribute_that_is_refused_loses_no_other(tmp_path: Path) -> None:
    account = sample()
    task = msgspec.structs.replace(TASK, status="", fields={"Номер сметы": "№ 7", "Этаж остановки": "5"})
    async with bench(tmp_path, account=account) as on:
        await on.make(COMPANY, PROJECT, task)
        # Deleted by somebody since the account was opened.
        other = await on.target._client.list("COMMON/Attributes", (("isRelevantForTask", "true"),))
        floor = next(int(id) for id, row in other if row["name"] == "Этаж остановки")
        await on.target._client.write("DELETE", "COMMON/Attributes", [floor], effect=Effect.SET, about="an attribute")
        await on.settle()
        issues = (await on.finish(task)).issues
        assert [(issue.code, issue.field) for issue in issues] == [("field-refused", "Этаж остановки")]
        seen = (await on.seen(task))[on.book.made[task.ref, "create"]].fields
        assert seen["fields.Номер сметы"] == "№ 7"


async def test_a_second_copy_is_seen(tmp_path: Path) -> None:
    async with bench(tmp_path) as on:
        await on.make(COMPANY, PROJECT, TASK, COMMENT)
        copy = await on.target.create(step(COMMENT), on.book.context)
        assert (await on.seen(COMMENT))[copy.id].mark == step(COMMENT).mark
        assert (await on.seen(TASK))[on.book.made[TASK.ref, "create"]].mark == step(TASK).mark


async def test_messages_show_to_the_customer_only_by_option(tmp_path: Path) -> None:
    shown = msgspec.structs.replace(COMMENT, ref=Ref(Kind.COMMENT, "c2"), hidden=False)
    for option, external in ((False, [False, False]), (True, [False, True])):
        async with bench(tmp_path, options={**OPTIONS, "external_comments": option}) as on:
            await on.make(COMPANY, PROJECT, TASK, COMMENT, shown)
            assert [body["isExternal"] for body in on.written("/conversation")] == external
            for comment in (COMMENT, shown):
                await on.assert_as_expected(comment)


async def test_a_damaged_upload_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path, sandbox_type=LossyUploads) as on:
        await on.make(COMPANY, PROJECT, TASK)
        with pytest.raises(Refused, match="damaged"):
            await on.make(FILE)
        await on.settle()
        assert await on.find(step(FILE)) == {}


async def test_a_project_of_no_client_goes_to_the_company_of_the_option_or_nowhere(tmp_path: Path) -> None:
    stranger = msgspec.structs.replace(PROJECT, client="Ніхто")
    async with bench(tmp_path) as on:
        (made,) = await on.make(stranger)
        assert [(issue.code, issue.field) for issue in made.issues] == [("not-in-target", "client")]
        assert on.written("/ES/Assets")[0]["companyID"] == 1
    async with bench(tmp_path, options={**OPTIONS, "company": ""}) as on:
        with pytest.raises(Refused, match="option company"):
            await on.make(stranger)
        assert not on.running.writes


async def test_projects_may_become_companies(tmp_path: Path) -> None:
    bare = Project(ref=PROJECT.ref, title="Будинок", client="ФОП Коваль", fields={"Особые указания": "Собака"})
    async with bench(tmp_path, options={**OPTIONS, "project": "company"}) as on:
        made = await on.make(bare, TASK, SUBTASK)
        assert [(issue.code, issue.field) for issue in made[0].issues] == [("field-lost", "client")]
        assert (await on.finish(bare)).issues == ()
        assert on.written(f"/Companies/{made[0].id}/attributes")
        await on.finish(TASK)
        for entity in (bare, TASK, SUBTASK):
            await on.assert_as_expected(entity)
        with pytest.raises(Refused, match="takes no files"):
            await on.make(FILES[1])
        assert await on.find(step(bare)) == {bare.ref: made[0]}


async def test_the_creation_date_goes_into_the_attribute_of_the_option(tmp_path: Path) -> None:
    async with bench(tmp_path, options={**OPTIONS, "created_attribute": "Звонок диспетчеру"}) as on:
        await on.make(COMPANY, PROJECT, SUBTASK)
        await on.finish(SUBTASK)
        seen = (await on.seen(SUBTASK))[on.book.made[SUBTASK.ref, "create"]].fields
        assert seen["fields.Звонок диспетчеру"] == "2024-02-05T07:15"


async def test_a_contact_can_act_for_nobody_which_is_told(tmp_path: Path) -> None:
    task = msgspec.structs.replace(TASK, author=MAYAKOV, assignees=(MAYAKOV,), status="")
    async with bench(tmp_path) as on:
        made = await on.make(COMPANY, PROJECT, task)
        issues = [*made[-1].issues, *(await on.finish(task)).issues]
        assert [(issue.code, issue.field) for issue in issues] == [
            ("person-not-user", "author"),
            ("person-not-user", "assignees"),
        ]


async def test_all_options_that_name_nothing_are_told_at_once(tmp_path: Path) -> None:
    wrong_options = {
        "task_type": "Немає",
        "work_type": "Теж немає",
        "project": "папка",
        "created_attribute": "Номер сметы",
    }
    with pytest.raises(InputWrong) as wrong:
        async with bench(tmp_path, options=wrong_options):
            pass
    assert len(wrong.value.problems) == 4
    assert any("Плановое ТО" in problem for problem in wrong.value.problems)


async def test_a_token_that_was_never_given_is_denied(tmp_path: Path) -> None:
    with pytest.raises(AccessDenied):
        async with bench(tmp_path, token="wrong"):
            pass


async def test_a_dry_run_cannot_write(tmp_path: Path) -> None:
    async with bench(tmp_path, writable=False) as on:
        with pytest.raises(Exception, match="none may"):
            await on.make(COMPANY)
        assert not on.running.writes


async def test_check_tells_what_is_missing(tmp_path: Path) -> None:
    async with bench(tmp_path, options={}) as on:
        told = {check.name: check.status for check in await on.target.check()}
        assert told["hubex: token"] == "ok"
        assert told["hubex: stages of tasks, with the moves to them"] == "ok"
        assert told["hubex: projects"] == told["hubex: work types"] == told["hubex: currencies"] == "warning"
        assert "error" not in told.values()
