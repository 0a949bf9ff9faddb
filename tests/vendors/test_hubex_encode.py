"""HubEx, without a network: what bodies are sent (golden), how stages are walked, how values and marks are written and read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.errors import Refused
from migrator.model import (
    ENTITY_TYPES,
    CheckItem,
    Comment,
    Company,
    Contact,
    Cost,
    File,
    Kind,
    Label,
    Project,
    Ref,
    Task,
    Text,
    Who,
)
from migrator.vendor import Body, Context, Step, Vocabulary
from migrator.vendors.hubex import CAPABILITIES, checklists, costs, encode, finishing, observe
from migrator.vendors.hubex.attributes import attribute, shown, wire_value
from migrator.vendors.hubex.catalogue import PUBLISHED, UNPUBLISHED, Attribute, Catalogue, Projects, Works
from migrator.vendors.hubex.marks import mark_in, marked, short, unmarked
from migrator.vendors.hubex.stages import Link, links, reachable, way

GOLDEN = Path(__file__).parent / "golden" / "hubex" / "bodies.json"
KYIV = ZoneInfo("Europe/Kyiv")
MARK = "0c091b1f-a735-44e9-a56c-43435e7a40b6"
IVAN = Who(id="1", name="Іван <Франко>", target="7")
LESIA = Who(id="2", name="Леся", target="contact:9")
# Two hours past midnight of the night when Kyiv's clocks go forward.
CREATED = datetime(2024, 3, 30, 23, 30, 59, tzinfo=UTC)

ATTRIBUTES = [
    Attribute(11, "Смета", "string", "text", public=True),
    Attribute(12, "Этаж", "int", "number"),
    Attribute(13, "Тепло", "float", "number"),
    Attribute(14, "Сдача", "date", "date"),
    Attribute(15, "Звонок", "datetime", "date"),
    Attribute(16, "Причина", "list", "list", options={"1": "Износ", "2": "Ток"}),
    Attribute(17, "Узлы", "multilist", "set", options={"1": "Двери", "2": "Плата"}),
    Attribute(18, "Гарантия", "switch", "yes-no"),
    Attribute(19, "Схема", "file", "file"),
    Attribute(20, "Создано", "datetime", "date"),
]
BY_NAME = {one.name: one for one in ATTRIBUTES}
ROUTE = (
    Link(1, 2),
    Link(1, 5, positive=False),
    Link(2, 3),
    Link(3, 6),
    Link(6, 7),
    Link(5, 7),
    Link(3, 4, positive=False),
)
STAGES = {"Новая": "1", "Назначена": "2", "В работе": "3", "Пауза": "4", "Отказ": "5", "Выполнена": "6", "Закрыта": "7"}


def catalogue(**changes: Any) -> Catalogue:
    words = Vocabulary(
        there={Kind.PERSON: {}, Kind.CONTACT: {}, Kind.COMPANY: {"Дах": "5"}},
        statuses={Kind.TASK: STAGES, Kind.PROJECT: {PUBLISHED: PUBLISHED, UNPUBLISHED: UNPUBLISHED}},
        fields={},
        field_types={},
        field_options={},
        cost_tags=None,
    )
    found = Catalogue(
        vocabulary=words,
        zone=KYIV,
        projects=Projects(asset_type=4, asset_class=1, company=3, address="—"),
        works=Works(time=31, money=32, currency=1),
        task_type=2,
        start=1,
        links=ROUTE,
        registration_type=3,
        attributes={Kind.TASK: BY_NAME, Kind.PROJECT: BY_NAME},
        words={"criticality": {"Обычная": 1, "Высокая": 2}, "work_type": {"Ремонт": 31}},
    )
    return replace(found, **changes)


THERE = catalogue()
FILE = File(ref=Ref(Kind.FILE, "f"), on=Ref(Kind.COMMENT, "c"), name="a.pdf", created=CREATED, author=IVAN)
IDS = {
    Ref(Kind.PROJECT, "p"): "50",
    Ref(Kind.PROJECT, "top"): "49",
    Ref(Kind.TASK, "t"): "60",
    Ref(Kind.TASK, "up"): "59",
}
CONTEXT = Context(
    IDS.get,
    lambda ref, part: "70",
    lambda ref: ((FILE, "80"),) if ref == FILE.on else (),
    lambda ref: Body(Path("a"), 1025, ""),
)
TASK = Task(
    ref=Ref(Kind.TASK, "t"),
    project=Ref(Kind.PROJECT, "p"),
    parent=Ref(Kind.TASK, "up"),
    title=" Дах\n\tі <ринви> ",
    text=Text(html="<p>один\r\nдва 🏠</p><ul><li>так</li></ul><script>x()</script>"),
    status="Закрыта",
    created=CREATED,
    start=date(2024, 3, 31),
    due=date(2024, 4, 2),
    author=IVAN,
    assignees=(IVAN, LESIA, IVAN),
    priority=8,
    priority_name="Высокая",
    tags=(Label(title="АР", group="Розділ"), Label(title="АР", group="Інше"), Label(title="д" * 40)),
    fields={"Смета": "№ 7", "Узлы": ("Плата", "Двери"), "work_type": "Ремонт", "Нет": "x", "Этаж": "третій"},
    plan_minutes=95,
    plan_money=Decimal("99.90"),
)
BARE_TASK = Task(
    ref=Ref(Kind.TASK, "bare"),
    project=None,
    title="",
    author=LESIA,
    priority=3,
    start_at=CREATED,
    due_at=CREATED,
    fields={"work_type": "Ні"},
)
PROJECT = Project(
    ref=Ref(Kind.PROJECT, "p"),
    title="Дім",
    text=Text(html="<p>опис<br>далі</p>"),
    client="Дах",
    parent=Ref(Kind.PROJECT, "top"),
)
COMMENT = Comment(ref=Ref(Kind.COMMENT, "c"), on=TASK.ref, text=Text(html="<p>так</p><p>ні</p>"), hidden=False)
PERSON = Contact(
    ref=Ref(Kind.CONTACT, "k"),
    name="Остап",
    email="o@x.example",
    position="муляр",
    company="Дах",
    group="Інші",
    phones=("+380", "+381"),
    address="Львів",
    messengers={"viber": "+380"},
)
COST = Cost(ref=Ref(Kind.COST, "x"), on=TASK.ref, day=date(2024, 3, 31), person=IVAN, minutes=1505, text="шум <і пил>")
MONEY = Cost(ref=Ref(Kind.COST, "y"), on=TASK.ref, day=date(2024, 3, 31), money=Decimal("99.90"))


def step(entity: Any, part: str = "create") -> Step:
    return Step(entity, part, MARK)


def values_of(task: Task, there: Catalogue = THERE) -> encode.Encoded:
    found = encode.values(task, there)
    return encode.Encoded({of.name: value for of, value in found.values}, found.issues)


def tags_of(task: Task) -> encode.Encoded:
    titles, issues = encode.tags(task.ref, task.tags)
    return encode.Encoded({"tags": titles}, issues)


ENCODED = {
    "company": lambda: encode.Encoded(
        encode.company(step(Company(ref=Ref(Kind.COMPANY, "c"), name=" Дах\n", client=True)), THERE)
    ),
    "contact": lambda: encode.contact(step(PERSON)),
    "contact of many words": lambda: encode.contact(step(msgspec.structs.replace(PERSON, address="вулиця " * 99))),
    "asset": lambda: encode.asset(step(PROJECT), THERE, CONTEXT, {"Дах": "5"}),
    "asset without its client": lambda: encode.asset(step(PROJECT), THERE, CONTEXT, {}),
    "project as a company": lambda: encode.project_company(step(PROJECT), THERE),
    "task": lambda: encode.task(step(TASK), THERE, CONTEXT),
    "task of a company": lambda: encode.task(step(TASK), catalogue(projects=Projects(as_companies=True)), CONTEXT),
    "task without markup": lambda: encode.Encoded(encode.without_markup(encode.task(step(TASK), THERE, CONTEXT).body)),
    "bare task": lambda: encode.task(step(BARE_TASK), THERE, CONTEXT),
    "attributes": lambda: values_of(TASK),
    "attribute of the creation date": lambda: values_of(
        msgspec.structs.replace(TASK, fields={}), catalogue(created_in=BY_NAME["Создано"])
    ),
    "tags": lambda: tags_of(TASK),
    "comment": lambda: encode.comment(step(COMMENT), CONTEXT, THERE),
    "comment for the customer": lambda: encode.comment(step(COMMENT), CONTEXT, catalogue(external_comments=True)),
    "file": lambda: encode.Encoded(dict(encode.file_fields(step(FILE), THERE, {"taskID": 60}))),
    "time": lambda: encode.Encoded(costs.work(step(COST), "60", THERE)),
    "money": lambda: encode.Encoded(costs.work(step(MONEY), "60", THERE)),
    "technician": lambda: encode.Encoded(costs.technician("60", "4", 7, THERE)),
}


@pytest.mark.parametrize("name", ENCODED)
def test_bodies_are_as_kept(name: str) -> None:
    encoded = ENCODED[name]()
    kept = json.loads(GOLDEN.read_text())[name]
    assert encoded.body == kept["body"]
    assert [f"{issue.code} {issue.field}" for issue in encoded.issues] == kept["issues"]


def test_every_body_kept_is_made() -> None:
    assert set(json.loads(GOLDEN.read_text())) == set(ENCODED)


def test_every_field_of_the_model_is_accounted_for() -> None:
    placed = {"ref", "on", "project", "parent"}
    for kind in CAPABILITIES.creates:
        assert set(ENTITY_TYPES[kind].__struct_fields__) - placed == set(CAPABILITIES.fields[kind])


def test_a_project_that_would_belong_to_nobody_is_refused() -> None:
    nobody = catalogue(projects=Projects(asset_type=4, asset_class=1, address="—"))
    with pytest.raises(Refused, match="option company"):
        encode.asset(step(PROJECT), nobody, CONTEXT, {})


def test_a_cost_that_no_work_type_takes_is_refused() -> None:
    with pytest.raises(Refused, match="work_type"):
        costs.work(step(COST), "60", catalogue(works=Works(None, None, None)))


def test_work_over_the_night_when_clocks_change_is_as_long_as_it_was() -> None:
    (row,) = costs.work(step(msgspec.structs.replace(COST, day=date(2024, 3, 30))), "60", THERE)["data"]
    assert (row["started"], row["finished"]) == ("2024-03-30T07:00:00Z", "2024-03-31T08:05:00Z")


def test_a_task_is_expected_in_words_of_people() -> None:
    expected = observe.expected(step(TASK), THERE, CONTEXT)
    assert expected["title"] == "Дах і <ринви>"
    assert expected["text"] == "один два 🏠 • так"
    assert (expected["start"], expected["due"]) == ("2024-03-30T22:00Z", "2024-04-02T20:59Z")
    assert (expected["author"], expected["assignees"]) == ("7", "7")
    assert expected["fields.Узлы"] == "Двери; Плата"
    assert expected["fields.criticality"] == "Высокая"


def test_a_first_line_makes_the_checklist_and_a_done_one_is_ticked() -> None:
    def line(place: int, *, done: bool) -> CheckItem:
        return CheckItem(ref=Ref(Kind.CHECKITEM, f"t/{place}"), on=TASK.ref, title="так", done=done)

    assert checklists.parts(line(1, done=False)) == ("form", "attach", "create")
    assert checklists.parts(line(2, done=False)) == ("create",)
    assert checklists.parts(line(2, done=True)) == ("create", "done")


@pytest.mark.parametrize(
    ("task", "there", "requests"),
    [
        (TASK, THERE, 1 + 1 + 1 + 4),
        (msgspec.structs.replace(TASK, status="Новая", tags=(), fields={}), THERE, 1),
        (msgspec.structs.replace(TASK, status="", tags=(), fields={}, assignees=()), catalogue(stand_in=7), 0),
        (msgspec.structs.replace(TASK, status="В работе", tags=(), fields={}, assignees=()), catalogue(stand_in=7), 3),
        (BARE_TASK, THERE, 0),
        (COMMENT, THERE, 0),
    ],
)
def test_a_finish_costs_what_was_told(task: Any, there: Catalogue, requests: int) -> None:
    assert finishing.finish_requests(step(task, "finish"), there) == requests


# -- stages ------------------------------------------------------------------------------------------------------------


def test_the_way_avoids_refusals_though_it_is_longer() -> None:
    assert way(ROUTE, 1, 7) == (2, 3, 6, 7)
    assert way(ROUTE, 1, 5) == (5,)
    assert way(ROUTE, 5, 7) == (7,)


def test_a_task_that_is_there_goes_nowhere() -> None:
    assert way(ROUTE, 3, 3) == ()


def test_no_way_is_none() -> None:
    assert way(ROUTE, 7, 1) is None
    assert way((), 1, 2) is None


def test_reachable_stages_are_those_with_a_way() -> None:
    assert reachable(ROUTE, 3) == {3, 4, 6, 7}


@given(st.lists(st.builds(Link, st.integers(1, 6), st.integers(1, 6), st.booleans()), max_size=12), st.integers(1, 6))
def test_a_way_is_made_of_permitted_moves_and_ends_where_it_should(permitted: list[Link], start: int) -> None:
    for end in range(1, 7):
        found = way(permitted, start, end)
        assert (found is None) == (end not in reachable(permitted, start))
        if found is not None:
            moves = list(zip((start, *found), found, strict=False))
            assert all(any(link.start == a and link.end == b for link in permitted) for a, b in moves)
            assert (found[-1] if found else start) == end


def test_links_of_another_type_of_tasks_are_left_aside() -> None:
    rows: list[dict[str, Any]] = [
        {"taskTypeID": 2, "fromTaskStage": {"id": 1}, "toTaskStage": {"id": 2}, "isPositiveResult": False},
        {"taskTypeID": 3, "fromTaskStage": {"id": 2}, "toTaskStage": {"id": 3}},
        {"fromTaskStage": {"id": 3}, "toTaskStage": {"id": 4}},
    ]
    assert tuple(links(rows, 2)) == (Link(1, 2, positive=False), Link(3, 4))


# -- attributes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "written", "read"),
    [
        ("Смета", "№ 7\nдалі", "№ 7\nдалі", "№ 7 далі"),
        ("Смета", ("а", "б"), "а, б", "а, б"),
        ("Этаж", "1 200", "1200", "1200"),
        ("Тепло", "-1,50", "-1.5", "-1.5"),
        ("Сдача", "2024-03-31", "2024-03-31", "2024-03-31"),
        ("Сдача", "2024-03-30T23:30:00+00:00", "2024-03-31", "2024-03-31"),
        ("Звонок", "2024-05-01 10:00", "2024-05-01T07:00:00Z", "2024-05-01T07:00"),
        ("Причина", "Ток", "2", "Ток"),
        ("Узлы", ("Плата", "Двери"), "2;1", "Двери; Плата"),
        ("Гарантия", "Да", "true", "true"),
        ("Гарантия", "ні", "false", "false"),
    ],
)
def test_a_value_is_written_by_its_type_and_reads_back(name: str, value: Any, written: str, read: str) -> None:
    assert wire_value(BY_NAME[name], value, KYIV) == written
    assert shown(BY_NAME[name], written) == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Этаж", "1.5"),
        ("Этаж", "багато"),
        ("Тепло", "NaN"),
        ("Сдача", "завтра"),
        ("Причина", "Мороз"),
        ("Причина", ("Ток", "Износ")),
        ("Узлы", ("Двери", "Вікно")),
        ("Гарантия", "може"),
        ("Схема", "a.pdf"),
    ],
)
def test_a_value_that_does_not_fit_is_told(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        wire_value(BY_NAME[name], value, KYIV)


def test_a_type_that_no_page_names_is_a_list_if_it_has_values() -> None:
    row = {"name": "x", "type": {"code": "Chooser"}}
    assert attribute("1", {**row, "listOfValues": {"1": "a"}}).type == "list"
    assert attribute("1", row).type == "other"
    assert attribute("1", {"name": "x", "type": {"code": "Multi_List"}}).type == "set"


# -- marks -------------------------------------------------------------------------------------------------------------


@given(st.text())
def test_a_mark_is_found_and_taken_off_again(text: str) -> None:
    found = marked(text, MARK)
    assert mark_in(found) == short(MARK) == "0c091b1fa735"
    assert unmarked(found).strip() == text.strip()


def test_brackets_of_others_are_no_mark() -> None:
    assert mark_in("[0c091b1fa735] далі") == mark_in("[1]") == mark_in(None) == ""
    assert unmarked("див. [1]") == "див. [1]"
