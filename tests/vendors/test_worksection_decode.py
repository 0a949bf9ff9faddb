"""What Worksection's records mean: golden records, each rule by itself, and the account of all keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from migrator.errors import ContractBroken
from migrator.model import (
    CheckItem,
    Comment,
    Contact,
    Cost,
    Field,
    File,
    Kind,
    Label,
    Person,
    Project,
    Ref,
    Relation,
    Task,
)
from migrator.vendor import Decoded, Record, Seen
from migrator.vendors.worksection import texts, values
from migrator.vendors.worksection.decode import decoder
from migrator.vendors.worksection.keys import KEYS
from migrator.vendors.worksection.place import Place

GOLDEN = Path(__file__).parent / "golden" / "worksection"
KYIV = ZoneInfo("Europe/Kyiv")
HERE = Place("https://acme.worksection.com", KYIV, comment_files=False)
ANNA = {"id": "7", "email": "anna@acme.example.com", "name": "Anna"}
NOONE = {"id": "1", "email": "NOONE", "name": "Executive isn't assigned"}
ANYONE = {"id": "2", "email": "ANY", "name": "Anyone"}
TASK: Record = {
    "id": "26",
    "name": "Roof",
    "page": "/project/12/26/",
    "status": "active",
    "priority": "1",
    "user_from": ANNA,
    "user_to": NOONE,
    "project": {"id": "12", "name": "House", "page": "/project/12/"},
    "text": "",
    "date_added": "2024-01-02 10:00",
}
PROJECT: Record = {
    "id": "12",
    "name": "House",
    "page": "/project/12/",
    "status": "active",
    "date_added": "2024-01-02 10:00",
}
COST: Record = {
    "id": "9",
    "date": "2024-01-02",
    "time": "0:00",
    "money": "0.00",
    "is_timer": False,
    "task": {"id": "26"},
}


def seen(**reads: list[Record]) -> Seen:
    def records(read: str) -> Iterator[Record]:
        return iter(reads.get(read, []))

    return records


def decode(read: str, record: Record, place: Place = HERE, **reads: list[Record]) -> Decoded:
    return decoder(read, place, seen(**reads))(record)


def one(read: str, record: Record, **reads: list[Record]) -> Any:
    return decode(read, record, HERE, **reads).entities[0]


def task(record: Record, **reads: list[Record]) -> Task:
    entity = one("tasks", TASK | record, **reads)
    assert isinstance(entity, Task)
    return entity


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_golden_records_decode_to_golden_entities(path: Path) -> None:
    golden = json.loads(path.read_text())
    decoded = decode(golden["read"], golden["record"], **golden["seen"])
    assert json.loads(msgspec.json.encode(decoded.entities)) == golden["entities"]
    assert json.loads(msgspec.json.encode(decoded.issues)) == golden["issues"]


def test_there_are_golden_records() -> None:
    assert len(list(GOLDEN.glob("*.json"))) >= 5


# -- texts ----------------------------------------------------------------------------------------------------------


def test_a_bare_address_of_the_account_is_a_link_as_on_its_pages() -> None:
    page = f"{HERE.url}/project/102/2101/"
    text = task({"text": f'Див. {page}, або https://other.example/project/1/2/ чи <a href="{page}">тут</a>'}).text
    assert text.html.startswith(f'Див. <a href="{page}">{page}</a>, або https://other.example/project/1/2/ чи <a ')
    assert text.html.count("<a ") == 2
    assert text.links == {page: Ref(Kind.TASK, "2101")}


# -- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-01-15 12:30", datetime(2024, 1, 15, 10, 30, tzinfo=UTC)),
        ("2024-07-15 12:30", datetime(2024, 7, 15, 9, 30, tzinfo=UTC)),
        ("2024-10-27 03:30", datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),  # twice that night: the earlier
    ],
)
def test_moments_are_of_the_accounts_zone(text: str, utc: datetime) -> None:
    assert values.moment(text, KYIV) == utc


def test_time_spent_may_exceed_a_day_and_is_not_padded() -> None:
    cost = one("costs", COST | {"time": "103:39", "money": "75.17", "comment": "", "is_timer": True, "user_from": ANNA})
    assert isinstance(cost, Cost)
    assert (cost.minutes, cost.money, cost.timer, cost.day) == (6219, Decimal("75.17"), True, date(2024, 1, 2))
    assert cost.on == Ref(Kind.TASK, "26")
    assert values.minutes("0:09") == 9


@pytest.mark.parametrize(("written", "minutes"), [(100, 6000), ("25.5", 1530), ("1:30", 90), ("", None), (0, None)])
def test_planned_time_stands_in_hours(written: Any, minutes: int | None) -> None:
    assert task({"max_time": written}).plan_minutes == minutes


def test_planned_money_may_be_number_or_text() -> None:
    assert task({"max_money": "500.25"}).plan_money == Decimal("500.25")
    assert task({"max_money": 500}).plan_money == Decimal(500)
    assert task({}).plan_money is None


# -- people ---------------------------------------------------------------------------------------------------------


def test_pseudo_users_are_known_by_their_email_marker() -> None:
    nobody, anybody = task({"user_to": NOONE}), task({"user_to": ANYONE})
    assert (nobody.assignees, nobody.anyone) == ((), False)
    assert (anybody.assignees, anybody.anyone) == ((), True)
    manager = {"id": "0", "email": "NOONE", "name": "Manager isn't assigned"}
    assert one("projects", PROJECT | {"user_to": manager}).manager is None


def test_a_person_named_like_a_pseudo_user_stays_a_person() -> None:
    namesake = {"id": "8", "email": "any@acme.example.com", "name": "Anyone"}
    found = task({"user_to": namesake})
    assert (found.anyone, [who.id for who in found.assignees]) == (False, ["8"])


def test_a_placeholder_address_is_no_email() -> None:
    assert values.email("5674@5674.worksection.com") == ""
    assert values.email("5674@75.worksection.com") == "5674@75.worksection.com"
    person = one("users", {"id": "5674", "name": "Site", "email": "5674@5674.worksection.com"})
    assert isinstance(person, Person)
    assert person.email == ""


def test_people_keep_phones_addresses_and_messengers() -> None:
    record = {
        "id": "7",
        "name": "Anna",
        "email": "a@x.example.com",
        "phone": "1",
        "phone3": "3",
        "address": "A",
        "address2": "B",
    }
    services = {"chats": {"Telegram": "@anna"}, "socials": {"LinkedIn": "anna", "X": ""}}
    person = one(
        "users", record | {"services": services, "contacts": "by horn", "url": "anna.example.com", "rate": 420.5}
    )
    assert person.phones == ("1", "3")
    assert person.address == "A, B"
    assert person.messengers == {
        "Telegram": "@anna",
        "LinkedIn": "anna",
        "contacts": "by horn",
        "url": "anna.example.com",
    }
    assert person.rate == Decimal("420.5")
    contact = one("contacts", {"id": "3", "first_name": "Ivan", "last_name": "Koval", "group": "Suppliers"})
    assert isinstance(contact, Contact)
    assert (contact.name, contact.group, contact.email) == ("Ivan Koval", "Suppliers", "")


# -- projects -------------------------------------------------------------------------------------------------------


def test_a_folder_of_a_client_company_is_a_client_too() -> None:
    groups: list[Record] = [
        {"id": "1", "title": "Oak Ltd", "type": "company", "client": 1},
        {"id": "2", "title": "Us", "type": "company", "client": 0},
        {"id": "3", "title": "Folder", "type": "folder"},
    ]
    found = [
        one("projects", PROJECT | {"company": name}, project_groups=groups) for name in ("Oak Ltd", "Us", "Folder")
    ]
    assert [(project.group, project.client) for project in found] == [
        ("Oak Ltd", "Oak Ltd"),
        ("Us", ""),
        ("Folder", ""),
    ]


def test_the_previous_close_of_an_active_project_is_no_close() -> None:
    decoded = decode("projects", PROJECT | {"date_closed": "2024-02-01 10:00"})
    project = decoded.entities[0]
    assert isinstance(project, Project)
    assert (project.archived, project.closed) == (False, None)
    assert [issue.field for issue in decoded.issues] == ["date_closed"]
    archived = one("projects", PROJECT | {"status": "archive", "date_closed": "2024-02-01 10:00"})
    assert (archived.archived, archived.closed) == (True, datetime(2024, 2, 1, 8, 0, tzinfo=UTC))


def test_switches_that_are_on_become_settings() -> None:
    assert one("projects", PROJECT | {"options": {"allow_close": 1, "deny_task_edit": 0}}).settings == {
        "allow_close": "1"
    }


# -- tasks ----------------------------------------------------------------------------------------------------------


def test_subtasks_come_with_parent_and_depth_parents_first() -> None:
    grandchild = TASK | {"id": "28", "page": "/project/12/26/28/"}
    child = TASK | {"id": "27", "page": "/project/12/26/27/", "child": [grandchild]}
    found = decode("tasks", TASK | {"child": [child]}).entities
    assert [(one.ref.id, one.parent and one.parent.id, one.depth) for one in found if isinstance(one, Task)] == [
        ("26", None, 0),
        ("27", "26", 1),
        ("28", "27", 2),
    ]


def test_a_task_read_by_itself_knows_its_depth_and_leaves_out_brief_subtasks() -> None:
    above = {
        "id": "27",
        "name": "Walls",
        "page": "/project/12/26/27/",
        "parent": {"id": "26", "page": "/project/12/26/"},
    }
    brief = {"id": "29", "name": "Tiles", "page": "/project/12/26/29/", "status": "active", "priority": "1"}
    found = decode("tasks", TASK | {"id": "28", "parent": above, "child": [brief]}).entities
    assert [(one.ref.id, one.parent, one.depth) for one in found if isinstance(one, Task)] == [
        ("28", Ref(Kind.TASK, "27"), 2)
    ]


def test_a_task_without_its_project_has_it_from_its_page() -> None:
    record = {key: value for key, value in TASK.items() if key != "project"}
    assert one("tasks", record).project == Ref(Kind.PROJECT, "12")


def test_hours_stand_beside_their_days() -> None:
    found = task({"date_start": "2024-03-01", "time_start": "09:15", "date_end": "2024-07-01", "time_end": "18:00"})
    assert (found.start, found.start_at) == (date(2024, 3, 1), datetime(2024, 3, 1, 7, 15, tzinfo=UTC))
    assert (found.due, found.due_at) == (date(2024, 7, 1), datetime(2024, 7, 1, 15, 0, tzinfo=UTC))
    assert task({"date_end": "2024-07-01"}).due_at is None


def test_an_hour_without_a_day_is_an_issue() -> None:
    assert [issue.field for issue in decode("tasks", TASK | {"time_end": "18:00"}).issues] == ["time_end"]


def test_tags_are_labels_with_the_title_of_their_set() -> None:
    tags = [{"id": 5, "title": "Doing", "group": {"id": 1, "title": "State", "type": "status", "access": "public"}}]
    found = task({"tags": {"5": "Doing", "6": "Orphan"}}, task_tags=tags)
    assert found.tags == (Label(title="Doing", group="State"), Label(title="Orphan"))


@pytest.mark.parametrize("empty", [[], {}, None])
def test_no_tags_may_be_written_in_three_ways(empty: Any) -> None:
    assert task({"tags": empty}).tags == ()


def test_a_relation_stands_on_the_successor_alone_and_once() -> None:
    after = {"type": "finish-to-start", "task": {"id": "30"}}
    before = {"type": "start-to-start", "task": {"id": "20"}}
    found = task({"relations": {"from": [before, before], "to": [after]}})
    assert found.relations == (Relation(type="start-to-start", other=Ref(Kind.TASK, "20")),)


def test_a_reopened_task_is_not_closed() -> None:
    assert task({"date_closed": "2024-02-01 10:00"}).closed is None
    closed = task({"status": "done", "date_closed": "2024-02-01 10:00"})
    assert (closed.done, closed.closed) == (True, datetime(2024, 2, 1, 8, 0, tzinfo=UTC))


def test_custom_fields_come_by_name_from_the_task_or_from_reading_it_alone() -> None:
    stage = {"id": "81", "type": "select", "name": "Stage", "value": "Draft"}
    rooms = {"id": "85", "type": "multiselect", "name": "Rooms", "value": ["Hall", {"id": 2, "name": "Attic"}]}
    empty = {"id": "86", "type": "text", "name": "Sheet", "value": ""}
    apart = [{"id": "26", "custom_fields": [stage, empty]}, {"id": "27", "custom_fields": [rooms]}]
    found = task({"custom_fields": [rooms]}, task_values=apart)
    assert found.fields == {"Stage": "Draft", "Rooms": ("Hall", "Attic")}


def test_values_that_are_not_read_are_an_issue_of_their_field() -> None:
    record = {
        "id": "81",
        "type": "select",
        "name": "Stage",
        "descr": "of the contract",
        "options": ["Draft", {"name": "Final"}],
    }
    place = Place(HERE.url, KYIV, custom_fields=False)
    decoded = decode("task_fields", record, place)
    assert isinstance(decoded.entities[0], Field)
    assert decoded.entities[0].options == ("Draft", "Final")
    assert [issue.code for issue in decoded.issues] == ["left-out"]
    assert not decode("task_fields", record).issues


# -- checklists -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "rest", "items"),
    [
        ("Do it.<br />• one<br />• two", "Do it.", ("one", "two")),
        ("Do it.\r\n• one\r\n• two\r\n", "Do it.", ("one", "two")),
        ("<p>Do it.</p><p>• one</p><p>• <b>two</b></p>", "<p>Do it.</p>", ("one", "two")),
        ("• one<br>then<br>&bull;&nbsp;two", "then", ("one", "two")),
        ("<ul><li>• one</li><li>• two</li></ul>", "", ("one", "two")),
        ("<b>• one<br>• two</b><br>end", "<b></b>end", ("one", "two")),
        ("5 • 6 = 30", "5 • 6 = 30", ()),
        ("•not an item", "•not an item", ()),
        ('• <img src="/download/1/">', '• <img src="/download/1/">', ()),
        ("<p></p>plain", "<p></p>plain", ()),
    ],
)
def test_checklist_lines_leave_the_text(html: str, rest: str, items: tuple[str, ...]) -> None:
    assert texts.take_checklist(html) == (rest, items)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("piece", ["<br>", "<p ", " ", "• ", "<p>", "<", "&nbsp;", "• <b>"])
def test_hostile_markup_costs_no_more_than_its_length(piece: str) -> None:
    texts.take_checklist("• one<br>" + piece * (60_000 // len(piece)))


def test_checklist_items_are_numbered_by_task_and_their_ticks_are_an_issue() -> None:
    decoded = decode("tasks", TASK | {"text": "• one<br>• two"})
    items = [entity for entity in decoded.entities if isinstance(entity, CheckItem)]
    assert [(item.ref.id, item.on.id, item.title) for item in items] == [("26/1", "26", "one"), ("26/2", "26", "two")]
    assert [(issue.code, issue.field) for issue in decoded.issues] == [("unreadable", "done")]


# -- texts and links ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "ref"),
    [
        ("https://acme.worksection.com/project/12/", "project:12"),
        ("https://ACME.worksection.com/project/12/26", "task:26"),
        ("/project/12/26/28/", "task:28"),
        ("https://acme.worksection.com/project/12/26/28/#com99", "comment:99"),
        ("https://acme.worksection.com/download/16246/102/", "file:16246"),
        ("https://other.worksection.com/project/12/", None),
        ("https://acme.worksection.com/people/", None),
        ("mailto:anna@acme.example.com", None),
        ("http://[broken", None),
    ],
)
def test_links_to_things_of_the_account_are_known(address: str, ref: str | None) -> None:
    found = texts.ref_of(address, HERE.url)
    assert (str(found) if found else None) == ref


def test_links_in_a_text_are_kept_as_written() -> None:
    html = '<a href="/project/12/27/">a</a> <a href="https://example.org/">b</a> <img src="/download/5/">'
    found = task({"text": html}).text
    assert found.html == html
    assert found.links == {"/project/12/27/": Ref(Kind.TASK, "27"), "/download/5/": Ref(Kind.FILE, "5")}


def test_comments_are_plain_text() -> None:
    record = {
        "id": "99",
        "page": "/project/12/26/28/#com99",
        "text": "a < b\nsee https://acme.worksection.com/project/12/",
    }
    comment = one("comments", record | {"date_added": "2024-01-02 10:00", "user_from": ANNA})
    assert isinstance(comment, Comment)
    assert comment.on == Ref(Kind.TASK, "28")
    assert "a &lt; b<br" in comment.text.html
    assert list(comment.text.links.values()) == [Ref(Kind.PROJECT, "12")]
    assert comment.url == "https://acme.worksection.com/project/12/26/28/#com99"


def test_comments_shown_by_the_task_count_only_where_they_are_all() -> None:
    def shown(count: int, *, files: bool) -> int:
        comments = [{"id": str(id), "page": f"/project/12/26/#com{id}", "text": "x"} for id in range(count)]
        place = Place(HERE.url, KYIV, comment_files=files)
        found = decode("tasks", TASK | {"has_comments": int(count > 0), "comments": comments}, place).entities
        return sum(isinstance(entity, Comment) for entity in found)

    assert [shown(count, files=False) for count in (0, 1, 4, 5)] == [0, 1, 4, 0]
    assert shown(4, files=True) == 0


# -- files ----------------------------------------------------------------------------------------------------------


def test_files_hang_on_what_shows_them() -> None:
    file = {"id": "5", "name": "../../etc/passwd", "size": "0", "page": "/download/5/"}
    on_task = [entity for entity in decode("tasks", TASK | {"files": [file]}).entities if isinstance(entity, File)]
    assert [(found.on, found.name, found.size) for found in on_task] == [(Ref(Kind.TASK, "26"), "../../etc/passwd", 0)]
    comment = {"id": "99", "page": "/project/12/26/#com99", "text": "", "files": [file]}
    on_comment = decode("comments", comment).entities[1]
    assert isinstance(on_comment, File)
    assert on_comment.on == Ref(Kind.COMMENT, "99")


def test_a_projects_files_are_those_that_hang_on_nothing_else() -> None:
    file = {
        "id": "5",
        "name": "a.png",
        "size": "7",
        "id_project": "12",
        "date_added": "2024-01-02 10:00",
        "user_from": ANNA,
    }
    found = one("project_files", file)
    assert (found.on, found.author.id, found.created) == (
        Ref(Kind.PROJECT, "12"),
        "7",
        datetime(2024, 1, 2, 8, 0, tzinfo=UTC),
    )
    below = TASK | {"child": [TASK | {"id": "27", "files": [{"id": "5"}]}]}
    assert decode("project_files", file, tasks=[below]).entities == ()


# -- nothing unaccounted --------------------------------------------------------------------------------------------

_MODELS = {
    "users": Person,
    "contacts": Contact,
    "projects": Project,
    "tasks": Task,
    "comments": Comment,
    "files": File,
    "costs": Cost,
    "task_fields": Field,
}


@pytest.mark.parametrize("table", sorted(_MODELS))
def test_every_key_goes_to_a_field_that_exists(table: str) -> None:
    fields = set(_MODELS[table].__struct_fields__) | {"team"}  # the folder of a contact stands under group
    for key, place in KEYS[table].items():
        assert place in fields or place.startswith("- ") or place.endswith(" as entities"), key


def test_an_unknown_key_is_an_issue() -> None:
    assert [(issue.code, issue.field) for issue in decode("tasks", TASK | {"mood": "blue"}).issues] == [
        ("unknown-field", "mood")
    ]


def test_an_unsupported_key_is_an_issue_where_it_holds_something() -> None:
    record = {"id": "7", "name": "Anna", "email": "a@x.example.com"}
    assert [issue.field for issue in decode("users", record | {"avatar": "https://x.example.com/a.png"}).issues] == [
        "avatar"
    ]
    assert not decode("users", record | {"avatar": ""}).issues


@pytest.mark.parametrize(
    ("read", "record"),
    [
        ("tasks", {"id": "26"}),
        ("tasks", TASK | {"date_added": "yesterday"}),
        ("comments", {"id": "99", "page": "/people/"}),
        ("costs", COST | {"money": "much"}),
        ("projects", PROJECT | {"user_from": {"name": "no id"}}),
    ],
)
def test_a_record_that_no_page_describes_breaks_the_contract(read: str, record: Record) -> None:
    with pytest.raises(ContractBroken, match=f"Worksection, {read} "):
        decode(read, record)
