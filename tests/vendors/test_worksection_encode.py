"""Worksection, without a network: what parameters are sent (golden), how texts, marks and amounts are written, what is told as lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import msgspec
import pytest

from migrator.errors import Refused
from migrator.http import Effect, Request
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
    Person,
    Project,
    Ref,
    Task,
    Text,
    Who,
)
from migrator.vendor import Body, Context, Step, Vocabulary
from migrator.vendors.worksection import CAPABILITIES, encode, observe, wording
from migrator.vendors.worksection.auth import AdminKey
from migrator.vendors.worksection.catalogue import STATUSES, Catalogue
from migrator.vendors.worksection.encode import Encoded
from migrator.vendors.worksection.values import minutes, money, page_id, planned_minutes, query_of, sent_plan

GOLDEN = Path(__file__).parent / "golden" / "worksection" / "sent" / "params.json"
MARK = "0c091b1f-a735-44e9-a56c-43435e7a40b6"
IVAN = Who(id="1", name="Іван <Франко>", target="7")
LESIA = Who(id="2", name="Леся", target="8")
CONTACT_WHO = Who(id="3", name="Марко", target="contact:9")
NOBODY = Who(id="4", name="Хтось")
# An hour past midnight of the night when Kyiv's clocks go forward: the day before, in UTC.
CLOSED = datetime(2024, 3, 30, 22, 30, tzinfo=UTC)


def catalogue(*, signs: bool = True, loose_project: str = "") -> Catalogue:
    return Catalogue(
        vocabulary=Vocabulary({}, STATUSES, {}, {}, {}, None),
        site="https://acme.worksection.com",
        zone=ZoneInfo("Europe/Kyiv"),
        emails={"7": "ivan@x.example", "8": "lesia@x.example", "1": "owner@x.example"},
        owner="owner@x.example",
        inner=("owner@x.example", "ivan@x.example"),
        folders={"Дома"},
        teams={"Бюро"},
        contact_groups=set(),
        tag_sets={Kind.TASK: {}, Kind.PROJECT: {}},
        tags={Kind.TASK: {}, Kind.PROJECT: {}},
        signs=signs,
        loose_project=loose_project,
    )


THERE = catalogue()
IDS = {
    Ref(Kind.PROJECT, "p"): "50",
    Ref(Kind.TASK, "up"): "50/59",
    Ref(Kind.TASK, "middle"): "50/59/60",
    Ref(Kind.TASK, "t"): "50/61",
    Ref(Kind.COMMENT, "c"): "50/61/#com5",
}
CONTEXT = Context(IDS.get, lambda *_: None, lambda _: (), lambda _: Body(Path("a"), 1025, ""))
FILE = File(ref=Ref(Kind.FILE, "f"), on=Ref(Kind.TASK, "t"), name="../фото дах.jpg", size=1025)
PROJECT = Project(
    ref=Ref(Kind.PROJECT, "p"),
    title=" Дім\n№ 1 ",
    text=Text(html="<p>один<br>два</p><ul><li>три</li></ul>"),
    status="archived",
    archived=True,
    start=date(2024, 1, 2),
    end=date(2024, 12, 3),
    author=IVAN,
    manager=LESIA,
    members=(IVAN, CONTACT_WHO),
    group="Дома",
    parent=Ref(Kind.PROJECT, "top"),
    plan_minutes=100,
    plan_money=Decimal("1E+3"),
    settings={"time_today": "1", "timer_only": "1", "require_tag": "1", "allow_give": "0", "колір": "1"},
)
TASK = Task(
    ref=Ref(Kind.TASK, "t"),
    project=PROJECT.ref,
    parent=Ref(Kind.TASK, "up"),
    depth=1,
    title="Дах",
    text=Text(
        html='<p>див. <a href="https://old/9">креслення</a> і <img src="https://old/f"></p>',
        links={"https://old/9": Ref(Kind.TASK, "later"), "https://old/f": FILE.ref},
    ),
    status="done",
    done=True,
    closed=CLOSED,
    start=date(2024, 3, 31),
    due_at=datetime(2024, 4, 2, 22, 0, tzinfo=UTC),
    author=IVAN,
    assignees=(LESIA, IVAN),
    followers=(LESIA, NOBODY),
    hidden=True,
    priority=0,
    tags=(Label(title="АР", group="Розділ"), Label(title="АР", group="Розділ")),
    fields={"Стан": ("В роботі",), "Етап": "Ескіз"},
    plan_minutes=480,
)
BARE_TASK = Task(ref=Ref(Kind.TASK, "bare"), project=PROJECT.ref, title="", assignees=(CONTACT_WHO,), anyone=True)
DEEP_TASK = Task(
    ref=Ref(Kind.TASK, "deep"), project=PROJECT.ref, parent=Ref(Kind.TASK, "middle"), depth=3, title="Болт"
)
COMMENT = Comment(ref=Ref(Kind.COMMENT, "c"), on=TASK.ref, text=Text(html="<p>• так</p>"), author=IVAN, hidden=True)
COST = Cost(
    ref=Ref(Kind.COST, "x"),
    on=TASK.ref,
    day=date(2024, 2, 7),
    person=NOBODY,
    minutes=1535,
    money=Decimal("10.50"),
    text="виїзд",
)
CONTACT = Contact(
    ref=Ref(Kind.CONTACT, "k"),
    name="Остап",
    email="o@x.example",
    phones=("1", "2", "3", "4", "5"),
    address="Київ",
    group="Брус",
)
PERSON = Person(ref=Ref(Kind.PERSON, "n"), name="Нова Гарна Людина", email="n@x.example", team="Чужі", position="муляр")


def step(entity: Any, *carried: Any) -> Step:
    return Step(entity, "create", MARK, carried)


ENCODED: dict[str, Callable[[], Encoded]] = {
    "project": lambda: encode.posted(step(PROJECT), THERE, CONTEXT),
    "task": lambda: encode.posted(step(TASK, FILE), THERE, CONTEXT),
    "task, bare": lambda: encode.posted(step(BARE_TASK), THERE, CONTEXT),
    "task, too deep": lambda: encode.posted(step(DEEP_TASK), THERE, CONTEXT),
    "comment": lambda: encode.posted(step(COMMENT), THERE, CONTEXT),
    "comment by token": lambda: encode.posted(step(COMMENT), catalogue(signs=False), CONTEXT),
    "file": lambda: encode.posted(step(FILE), THERE, CONTEXT),
    "cost": lambda: encode.posted(step(COST), THERE, CONTEXT),
    "person": lambda: encode.person(PERSON, THERE),
    "company": lambda: encode.company(Company(ref=Ref(Kind.COMPANY, "f"), name="Дах", client=True)),
    "contact": lambda: encode.contact(CONTACT),
    "project, finish": lambda: encode.project_finish(step(PROJECT), CONTEXT),
    "task, finish": lambda: Encoded(encode.task_finish(step(TASK), THERE, CONTEXT) or {}),
}


@pytest.mark.parametrize("name", ENCODED)
def test_parameters_are_as_kept(name: str) -> None:
    kept = json.loads(GOLDEN.read_text())[name]
    encoded = ENCODED[name]()
    assert encoded.params == kept["params"]
    assert [f"{issue.code} {issue.field}" for issue in encoded.issues] == kept["issues"]


def test_all_that_is_kept_is_made() -> None:
    assert set(json.loads(GOLDEN.read_text())) == set(ENCODED)


def test_every_field_of_the_model_is_accounted_for() -> None:
    placed = {"ref", "on", "project", "parent"}
    for kind in CAPABILITIES.creates:
        assert set(ENTITY_TYPES[kind].__struct_fields__) - placed == set(CAPABILITIES.fields[kind])


# -- marks and texts ------------------------------------------------------------------------------------------------------


def test_a_mark_is_ascii_of_one_length_and_is_read_where_it_was_written() -> None:
    assert wording.short(MARK) == "mig:0c091b1fa735"
    text = wording.written(step(TASK), Text(html="<p>x</p>"))
    assert text == "mig:0c091b1fa735\nx"
    assert observe.seen_mark(text.replace("\n", "\r\n")) == "mig:0c091b1fa735"
    assert observe.seen_mark("див. mig:0c091b1fa735") == ""
    assert observe.seen_mark("mig:0c091b1fa7350") == ""


def test_an_empty_text_is_the_mark_alone() -> None:
    assert wording.written(step(BARE_TASK), Text()) == "mig:0c091b1fa735"


def test_bullets_of_the_text_are_no_checklist() -> None:
    plain = wording.plain(Text(html="<ul><li>раз</li><li>два</li></ul>"), {})
    assert plain.splitlines() == ["- раз", "- два"]
    assert observe.seen_items(plain) == []


def test_a_ticked_line_says_so() -> None:
    item = CheckItem(ref=Ref(Kind.CHECKITEM, "t/1"), on=TASK.ref, title="здати\nвсе", done=True)
    assert wording.checkitem(item) == "[x] здати все"


def test_what_was_written_and_what_is_read_fold_to_one_text_unless_a_link_leads_elsewhere() -> None:
    html = '<p>див. <a href="{}">https://old/1</a>, далі</p><ul><li>x</li></ul>'
    resolved, kept = (
        wording.plain(Text(html=html.format(url)), {}) for url in ("https://new/project/1/", "https://old/1")
    )
    stored = f"mig:0c091b1fa735\r\n{resolved}\r\n• пункт".replace("\n", "\r\n").replace("\r\r", "\r")
    assert observe.folded(stored) == observe.folded(resolved) != observe.folded(kept)


@pytest.mark.parametrize("count", [1, 7, 59, 60, 95, 100, 1234, 48_011])
def test_planned_minutes_survive_being_written_as_hours(count: int) -> None:
    assert planned_minutes(sent_plan(count)) == count
    assert planned_minutes(float(sent_plan(count))) == count


def test_time_and_money_are_read_back_as_sent() -> None:
    params = ENCODED["cost"]().params
    assert minutes(params["time"]) == COST.minutes
    assert money(params["money"]) == COST.money


# -- what fits ------------------------------------------------------------------------------------------------------------


def test_a_url_has_room_for_about_1_200_cyrillic_letters() -> None:
    assert encode.fits_url({"text": "ж" * 1_200})
    assert not encode.fits_url({"text": "ж" * 1_300})


def test_lines_that_would_be_cut_do_not_travel() -> None:
    item = CheckItem(ref=Ref(Kind.CHECKITEM, "t/1"), on=TASK.ref, title="так")
    room = encode.TEXT_LIMIT - len("\r\n• так".encode())
    assert encode.carriable(step(TASK, item), {"text": "x" * room}) == ({"todo": ["так"]}, ())
    assert encode.carriable(step(TASK, item), {"text": "x" * (room + 1)}) == ({}, ())


def test_lists_are_signed_as_repeated_parameters() -> None:
    request = Request(
        "POST", "https://x.example/api/admin/v2/?action=post_task", Effect.CREATE, "", json={"todo": ["а", "б"]}
    )
    signed = AdminKey("key", by_header=False).sign(request)
    assert [pair for pair in parse_qsl(signed.url.partition("?")[2]) if pair[0] != "hash"] == [
        ("action", "post_task"),
        ("todo[]", "а"),
        ("todo[]", "б"),
    ]
    assert query_of({"a": "1", "b": ["x y"]}) == "a=1&b%5B%5D=x+y"


def test_ids_are_the_pages() -> None:
    assert page_id({"page": "/project/1/2/#com3"}) == "1/2/#com3"
    assert page_id({"page": "https://x.worksection.com/project/1/"}) == "1"


# -- what cannot be -------------------------------------------------------------------------------------------------------


def test_a_task_of_no_project_goes_where_the_option_says() -> None:
    loose = msgspec.structs.replace(BARE_TASK, project=None)
    with pytest.raises(Refused, match="loose_project"):
        encode.posted(step(loose), THERE, CONTEXT)
    assert encode.posted(step(loose), catalogue(loose_project="77"), CONTEXT).params["id_project"] == "77"


@pytest.mark.parametrize("entity", [PERSON, CONTACT])
def test_nobody_is_enlisted_without_an_address(entity: Person | Contact) -> None:
    nameless = msgspec.structs.replace(entity, email="")
    with pytest.raises(Refused, match="no e-mail address"):
        encode.person(nameless, THERE) if isinstance(nameless, Person) else encode.contact(nameless)


def test_tags_are_those_of_the_entity_and_those_the_mapping_made() -> None:
    assert encode.labels(TASK) == [("Розділ", "АР"), ("Стан", "В роботі"), ("Етап", "Ескіз")]


def test_an_open_task_has_no_day_of_closing() -> None:
    assert encode.task_finish(step(msgspec.structs.replace(TASK, status="active")), THERE, CONTEXT) is None
