"""Planfix, without a network: what answers mean, what bodies are sent (golden), how values are written and read."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from migrator.errors import Refused
from migrator.http import Answer, Effect, Request, Verdict
from migrator.model import ENTITY_TYPES as TYPES
from migrator.model import (
    CheckItem,
    Comment,
    Company,
    Contact,
    Cost,
    File,
    Kind,
    Project,
    Ref,
    Task,
    Text,
    Who,
)
from migrator.text import file_name
from migrator.vendor import Body, Context, Step, Vocabulary
from migrator.vendors.planfix import CAPABILITIES, comments, costs, encode, observe
from migrator.vendors.planfix.catalogue import (
    DATE,
    DATED_PERIOD,
    DIRECTORY_ENTRY,
    EMPLOYEE,
    LINE,
    LIST,
    NUMBER,
    PEOPLE,
    PERIOD,
    PROJECT_STATUSES,
    VALUE_SET,
    YES_NO,
    Catalogue,
    CustomField,
    DataTag,
)
from migrator.vendors.planfix.client import judge
from migrator.vendors.planfix.values import kept_html, minutes_of, number, shown, wire_value
from tests.vendors.planfix_openapi import check_request

GOLDEN = Path(__file__).parent / "golden" / "planfix" / "bodies.json"
KYIV = ZoneInfo("Europe/Kyiv")
MARK = "0c091b1f-a735-44e9-a56c-43435e7a40b6"
IVAN = Who(id="1", name="Іван <Франко>", target="user:7")
CONTACT = Who(id="2", name="Леся", target="contact:9")
NOBODY = Who(id="3", name="Хтось")
# Two hours past midnight of the night when Kyiv's clocks go forward.
CREATED = datetime(2024, 3, 30, 23, 30, 59, tzinfo=UTC)

FIELDS = [
    CustomField(11, "Метки", VALUE_SET, ("а", "б")),
    CustomField(12, "Этап", LIST, ("Эскиз",)),
    CustomField(13, "Бюджет", NUMBER),
    CustomField(14, "Сдача", DATE),
    CustomField(15, "Договор", LINE),
    CustomField(16, "Вид", DIRECTORY_ENTRY, ("Кровля",), {"Кровля": 4}),
    CustomField(17, "Прораб", EMPLOYEE),
    CustomField(18, "Бригада", PEOPLE),
    CustomField(19, "Срочно", YES_NO),
]
TIME = DataTag(
    1,
    "Время",
    {
        one.name: one
        for one in (
            CustomField(21, "День", DATE),
            CustomField(22, "Срок", PERIOD),
            CustomField(23, "Кто", EMPLOYEE),
            CustomField(24, "Что", LINE),
            CustomField(25, "Mark", LINE),
        )
    },
)
BOTH = DataTag(
    2,
    "Всё",
    {
        one.name: one
        for one in (
            CustomField(31, "Часы", DATED_PERIOD),
            CustomField(32, "Сумма", NUMBER),
            CustomField(33, "Кто", PEOPLE),
        )
    },
)


def catalogue() -> Catalogue:
    fields = {one.name: one for one in FIELDS}
    words = Vocabulary(
        there={
            Kind.PERSON: {"ivan@x.example": "user:7", "Іван": "user:7"},
            Kind.CONTACT: {"Леся": "contact:9"},
            Kind.COMPANY: {"Дах": "contact:5"},
            Kind.GROUP: {"Дома": "3"},
        },
        statuses={Kind.TASK: {"Готово": "3"}, Kind.PROJECT: PROJECT_STATUSES},
        fields={},
        field_types={},
        field_options={},
        cost_tags={},
    )
    return Catalogue(
        vocabulary=words,
        site="https://acme.planfix.ru",
        zone=KYIV,
        marker_name="Mark",
        fields={Kind.TASK: fields, Kind.PROJECT: fields},
        markers={Kind.TASK: CustomField(10, "Mark", LINE), Kind.CONTACT: CustomField(40, "Mark", LINE)},
        tags={"Время": TIME, "Всё": BOTH},
        templates={Kind.TASK: 100, Kind.CONTACT: 101, Kind.COMPANY: 102},
        process=200,
        contact_groups={"Подрядчики": 6},
        status_names={Kind.TASK: {"3": "Готово"}, Kind.PROJECT: {id: name for name, id in PROJECT_STATUSES.items()}},
    )


FILE = File(ref=Ref(Kind.FILE, "f"), on=Ref(Kind.TASK, "t"), name="a.pdf")
IDS = {
    Ref(Kind.PROJECT, "p"): "50",
    Ref(Kind.PROJECT, "top"): "49",
    Ref(Kind.TASK, "t"): "60",
    Ref(Kind.TASK, "up"): "59",
}
THERE = catalogue()
CONTEXT = Context(
    IDS.get,
    lambda ref, part: "70",
    lambda ref: ((FILE, "80"),) if ref == FILE.on else (),
    lambda ref: Body(Path("a"), 1025, ""),
)
VALUES: dict[str, Any] = {
    "Метки": ("а", "б"),
    "Этап": "Эскиз",
    "Бюджет": "1 200,50",
    "Сдача": "2024-05-01",
    "Договор": "№ 7",
    "Вид": "Кровля",
    "Прораб": "ivan@x.example",
    "Бригада": ("Іван", "Леся"),
    "Срочно": "да",
}
TASK = Task(
    ref=Ref(Kind.TASK, "t"),
    project=Ref(Kind.PROJECT, "p"),
    parent=Ref(Kind.TASK, "up"),
    title=" Дах\n\tі ринви ",
    text=Text(html="<p>один\r\nдва 🏠</p><pre>x\n y</pre>"),
    status="Готово",
    created=CREATED,
    start=date(2024, 3, 31),
    due=date(2024, 4, 2),
    due_at=datetime(2024, 4, 2, 15, 0, tzinfo=UTC),
    author=IVAN,
    assignees=(IVAN, NOBODY, IVAN),
    followers=(CONTACT,),
    priority=8,
    priority_name="Urgent",
    fields=VALUES,
)
BARE_TASK = Task(
    ref=Ref(Kind.TASK, "bare"), project=None, title="", done=True, priority=3, fields={"Бюджет": "багато", "Нет": "x"}
)
PROJECT = Project(
    ref=Ref(Kind.PROJECT, "p"),
    title="Дім",
    text=Text(html="<p>опис</p>"),
    status="Завершён",
    start=date(2024, 1, 2),
    end=date(2024, 12, 3),
    manager=IVAN,
    members=(IVAN, CONTACT),
    group="Дома",
    client="Дах",
    parent=Ref(Kind.PROJECT, "top"),
    fields={"Договор": "№ 8"},
)
COMMENT = Comment(
    ref=Ref(Kind.COMMENT, "c"), on=TASK.ref, text=Text(html="<p>так</p>"), created=CREATED, author=IVAN, hidden=True
)
PERSON = Contact(
    ref=Ref(Kind.CONTACT, "k"),
    name="Остап",
    email="o@x.example",
    position="муляр",
    company="Дах",
    group="Інші",
    phones=("+380",),
    address="Львів",
    messengers={"viber": "+380", "icq": "1"},
)
COST = Cost(
    ref=Ref(Kind.COST, "x"),
    on=TASK.ref,
    day=date(2024, 3, 31),
    person=IVAN,
    minutes=1505,
    text="шум <і пил>",
    time_in={"tag": "Время", "day": "День", "time": "Срок", "person": "Кто", "text": "Что"},
)
BOTH_COST = Cost(
    ref=Ref(Kind.COST, "y"),
    on=TASK.ref,
    day=date(2024, 3, 31),
    person=IVAN,
    minutes=60,
    money=Decimal("99.90"),
    time_in={"tag": "Всё", "time": "Часы", "person": "Кто"},
    money_in={"tag": "Всё", "money": "Сумма"},
)


def step(entity: Any, part: str = "create") -> Step:
    return Step(entity, part, MARK)


ENCODED = {
    "company": ("/contact/", lambda: encode.company(step(Company(ref=Ref(Kind.COMPANY, "c"), name="Дах")), THERE)),
    "contact": ("/contact/", lambda: encode.contact(step(PERSON), THERE, {"Дах": "contact:5"})),
    "project": ("/project/", lambda: encode.project(step(PROJECT), THERE, CONTEXT, {"Дах": "contact:5"})),
    "project finish": ("/project/50", lambda: encode.project_finish(step(PROJECT, "finish"), THERE)),
    "task": ("/task/", lambda: encode.task(step(TASK), THERE, CONTEXT)),
    "task finish": ("/task/60", lambda: encode.task_finish(step(TASK, "finish"), THERE, CONTEXT)),
    "bare task": ("/task/", lambda: encode.task(step(BARE_TASK), THERE, CONTEXT)),
    "bare task finish": ("/task/61", lambda: encode.task_finish(step(BARE_TASK, "finish"), THERE, CONTEXT)),
    "comment": (
        "/task/60/comments/",
        lambda: encode.Encoded(comments.comment(step(COMMENT), CONTEXT, THERE, signed=True)),
    ),
    "unsigned comment": (
        "/task/60/comments/",
        lambda: encode.Encoded(comments.comment(step(COMMENT), CONTEXT, THERE, signed=False)),
    ),
    "checklist line": (
        "/task/60/checklist",
        lambda: encode.Encoded(
            encode.checkitem(step(CheckItem(ref=Ref(Kind.CHECKITEM, "t/1"), on=TASK.ref, title="", done=True)))
        ),
    ),
    "cost comment": (
        "/task/60/comments/",
        lambda: encode.Encoded(costs.comment(step(COST, "comment"), THERE, signed=True)),
    ),
    "cost over a day": ("/task/60/datatags/70", lambda: costs.entries(step(COST), THERE)),
    "time and money in one tag": ("/task/60/datatags/70", lambda: costs.entries(step(BOTH_COST), THERE)),
}


@pytest.mark.parametrize("name", ENCODED)
def test_bodies_are_as_kept(name: str) -> None:
    path, make = ENCODED[name]
    encoded = make()
    kept = json.loads(GOLDEN.read_text())[name]
    assert encoded.body == kept["body"]
    assert [f"{issue.code} {issue.field}" for issue in encoded.issues] == kept["issues"]
    check_request("POST", path, encoded.body)


def test_every_body_kept_is_made() -> None:
    assert set(json.loads(GOLDEN.read_text())) == set(ENCODED)


def test_a_create_names_nobody_whom_it_would_notify() -> None:
    people = {"assigner", "assignees", "participants", "owner", "auditors", "clientManagers"}
    assert not people & set(ENCODED["task"][1]().body)
    assert not people & set(ENCODED["project"][1]().body)


def test_every_field_of_the_model_is_accounted_for() -> None:
    placed = {"ref", "on", "project", "parent"}
    for kind in CAPABILITIES.creates:
        assert set(TYPES[kind].__struct_fields__) - placed == set(CAPABILITIES.fields[kind])


def test_a_cost_whose_places_are_not_known_counts_as_going_to_two() -> None:
    raw = Cost(ref=COST.ref, on=COST.on, day=COST.day, minutes=5, money=Decimal(1))
    assert costs.parts(raw) == ("comment", "create", "money")
    assert costs.parts(BOTH_COST) == ("comment", "create")
    assert costs.parts(COST) == ("comment", "create")


@pytest.mark.parametrize(
    "place", [{}, {"tag": "Нет"}, {"tag": "Время", "time": "Нет"}, {"tag": "Время", "time": "Срок", "day": "Нет"}]
)
def test_a_data_tag_that_cannot_take_the_cost_refuses_it(place: dict[str, str]) -> None:
    cost = Cost(ref=COST.ref, on=COST.on, day=COST.day, minutes=5, time_in=place)
    with pytest.raises(Refused):
        costs.entries(step(cost), THERE)


def test_a_task_is_expected_in_words_of_people() -> None:
    expected = observe.expected(step(TASK), THERE, CONTEXT)
    assert expected["title"] == "Дах і ринви"
    assert expected["created"] == "2024-03-30T23:30Z"
    assert (expected["start"], expected["due"]) == ("2024-03-31", "2024-04-02T15:00Z")
    assert expected["status"] == "Готово"
    assert expected["fields.Бюджет"] == "1200.5"
    assert expected["fields.Бригада"] == "contact:9; user:7"


# -- what answers mean -------------------------------------------------------------------------------------------------


def answer(status: int, body: Any = b"", **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, headers, content)


def fail(code: int, error: str = "no", **more: Any) -> dict[str, Any]:
    return {"result": "fail", "code": code, "error": error, **more}


SPENT = "Rest API billing - rate limit exceeded, remaining:0, timeToReset:57283"


@pytest.mark.parametrize(
    ("given", "verdict", "seconds"),
    [
        (answer(200, {"result": "success"}), Verdict.DONE, None),
        (answer(201, {"result": "success", "id": 1}), Verdict.DONE, None),
        (answer(200, {"failures": {"field": "a", "error": "b"}}), Verdict.DONE, None),
        (answer(200), Verdict.DONE, None),
        (answer(202), Verdict.DONE, None),
        (answer(200, fail(7, SPENT)), Verdict.QUOTA, 57283.0),
        (answer(403, fail(22, "limit", timeToReset=3600)), Verdict.QUOTA, 3600.0),
        (answer(403, fail(22, "limit", timeToReset=3_600_000)), Verdict.QUOTA, 3600.0),
        (answer(403, fail(22)), Verdict.QUOTA, None),
        (answer(403, fail(25)), Verdict.QUOTA, None),
        (answer(200, fail(7, "rate limit exceeded, timeToReset:2")), Verdict.PACE, 2.0),
        (answer(429), Verdict.PACE, None),
        (answer(429, b"<html>", **{"Retry-After": "3"}), Verdict.PACE, 3.0),
        (answer(400, fail(3)), Verdict.PACE, None),
        (answer(401, fail(1)), Verdict.DENIED, None),
        (answer(401, fail(2)), Verdict.DENIED, None),
        (answer(401), Verdict.DENIED, None),
        (answer(405, fail(5, "Scope denied, method not allowed")), Verdict.DENIED, None),
        (answer(403, fail(5)), Verdict.DENIED, None),
        (answer(302, b"", Location="https://other.example/rest/?token=x"), Verdict.DENIED, None),
        (answer(403, fail(6)), Verdict.REFUSED, None),
        (answer(400, fail(41, "Status not find by id 2")), Verdict.REFUSED, None),
        (answer(400, fail(24)), Verdict.REFUSED, None),
        (answer(400, fail(0, "Rest API error")), Verdict.REFUSED, None),
        (answer(404, fail(1000)), Verdict.REFUSED, None),
        (answer(500, fail(1000)), Verdict.REFUSED, None),
        (answer(500, fail(30)), Verdict.REFUSED, None),
        (answer(200, fail(41)), Verdict.REFUSED, None),
        (answer(404, b"<html>"), Verdict.REFUSED, None),
        (answer(500, fail(0)), Verdict.BUSY, None),
        (answer(500, b"<html>"), Verdict.BUSY, None),
        (answer(504), Verdict.BUSY, None),
        (answer(200, b"<html>"), Verdict.BROKEN, None),
        (answer(200, b'{"result":"succ'), Verdict.BROKEN, None),
        (answer(403, b"<html>"), Verdict.BROKEN, None),
        (answer(200, b"[]"), Verdict.BROKEN, None),
    ],
)
def test_answers_are_judged_by_result_and_code(given: Answer, verdict: Verdict, seconds: float | None) -> None:
    judgement = judge(Request("POST", "https://x/rest/task/", Effect.CREATE, "a task"), given)
    assert (judgement.verdict, judgement.seconds) == (verdict, seconds)


def test_a_redirect_names_the_other_host_and_not_the_query() -> None:
    judgement = judge(
        Request("GET", "https://x/rest/ping", Effect.READ, "the token"),
        answer(302, b"", Location="https://crm.acme.example/rest/ping?access_token=secret"),
    )
    assert "https://crm.acme.example/rest/ping" in judgement.message
    assert "secret" not in judgement.message


# -- values ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("план.pdf", "план.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.txt", "a.txt"),
        ('a"; filename="b\r\nX: y', 'a"; filename="bX: y'),
        ("", "file"),
        ("folder/", "file"),
    ],
)
def test_a_file_name_is_a_bare_name(name: str, kept: str) -> None:
    assert file_name(name) == kept


def test_line_ends_and_emoji_survive_what_planfix_does_to_them() -> None:
    assert kept_html("a\r\nb\n<pre>x\n  y\r\n</pre>\nz 👍") == "a b <pre>x<br>  y<br></pre> z &#128077;"


@pytest.mark.parametrize("value", [one for one in VALUES if one not in ("Прораб", "Бригада")])
def test_what_is_sent_and_what_is_read_show_the_same(value: str) -> None:
    field = next(one for one in FIELDS if one.name == value)
    sent = wire_value(field, VALUES[value], lambda name: "")
    read = json.loads(json.dumps(sent))
    assert shown(field.type, sent, KYIV) == shown(field.type, read, KYIV) != ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Бюджет", "багато"),
        ("Бюджет", "NaN"),
        ("Сдача", "завтра"),
        ("Вид", "Підлога"),
        ("Прораб", "Хто"),
        ("Срочно", "може"),
    ],
)
def test_a_value_that_does_not_fit_says_why(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=value):
        wire_value(next(one for one in FIELDS if one.name == name), value, lambda name: "")


def test_a_period_may_last_until_midnight() -> None:
    assert minutes_of({"from": {"time": "00:00"}, "to": {"time": "24:00"}}) == 1440


def test_ids_lose_their_prefix_only_where_numbers_are_wanted() -> None:
    assert (number("contact:5"), number("7")) == (5, 7)
