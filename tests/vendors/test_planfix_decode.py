"""What Planfix's records mean: golden records, each rule by itself, and the account of all keys."""

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
    Company,
    Contact,
    Cost,
    Field,
    File,
    Group,
    Kind,
    Person,
    Project,
    Ref,
    Tag,
    Task,
)
from migrator.vendor import Decoded, Record, Seen
from migrator.vendors.planfix import answers, texts
from migrator.vendors.planfix.decode import decoder
from migrator.vendors.planfix.keys import CUSTOM, KEYS, asked
from migrator.vendors.planfix.known import descriptions, loose_files
from migrator.vendors.planfix.place import Place, place_of
from tests.vendors.planfix_openapi import SPEC

GOLDEN = Path(__file__).parent / "golden" / "planfix" / "decode"
SITE = "https://lad.planfix.ru"
KYIV, CHICAGO = ZoneInfo("Europe/Kyiv"), ZoneInfo("America/Chicago")
HERE = Place(SITE, KYIV)
ANNA = {"id": "user:2", "name": "Анна Коваль"}
USERS: list[Record] = [{"id": 2, "name": "Анна", "lastname": "Коваль", "email": "anna@lad.example.com"}]
MADE = {"date": "10-01-2024", "time": "07:30", "datetime": "2024-01-10T07:30Z"}
TASK: Record = {"id": 41, "name": "Кровля", "status": {"id": 2, "name": "В работе", "isActive": True}, "dateTime": MADE}
COMMENT: Record = {"id": 61, "task": {"id": 41}, "owner": ANNA, "dateTime": MADE, "description": "Готово"}
PERIOD = {"from": {"time": "09:00"}, "to": {"time": "10:30"}}
TIME_TAG = {
    "id": 1,
    "name": "Время",
    "fields": [{"id": 1, "name": "Период", "type": 6}, {"id": 2, "name": "Ставка", "type": 1}],
}
MONEY_TAG = {"id": 2, "name": "Расход", "fields": [{"id": 3, "name": "Сумма", "type": 1}]}
CALL_TAG = {"id": 3, "name": "Звонок", "fields": [{"id": 4, "name": "Итог", "type": 0}]}
TAGS: list[Record] = [TIME_TAG, MONEY_TAG, CALL_TAG]


def seen(**reads: list[Record]) -> Seen:
    def records(read: str) -> Iterator[Record]:
        return iter(reads.get(read, []))

    return records


def decode(read: str, record: Record, place: Place = HERE, **reads: list[Record]) -> Decoded:
    return decoder(read, place, seen(**{read: [record], **reads}))(record)


def task(more: Record, place: Place = HERE, **reads: list[Record]) -> Task:
    entity = decode("tasks", TASK | more, place, **reads).entities[0]
    assert isinstance(entity, Task)
    return entity


def custom(type: int, value: Any, written: str = "", name: str = "Поле", id: int = 9) -> Record:
    return {"field": {"id": id, "name": name, "type": type}, "value": value, "stringValue": written}


def entry(tag: Record, *values: Record, place: Place = HERE, comment: Record | None = None, **more: Any) -> Decoded:
    record = {"key": 90, "dataTag": {"id": tag["id"]}, "task": {"id": 41}, CUSTOM: list(values), **more}
    comments = [comment] if comment else []
    return decode("entries", record, place, data_tags=TAGS, tasks=[TASK], comments=comments, users=USERS)


def cost(tag: Record, *values: Record, **more: Any) -> Cost:
    (entity,) = entry(tag, *values, **more).entities
    assert isinstance(entity, Cost)
    return entity


def comments(*records: Record, task: Record = TASK, **reads: list[Record]) -> list[Decoded]:
    decode = decoder("comments", HERE, seen(tasks=[task], comments=list(records), **reads))
    return [decode(record) for record in records]


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_golden_records_decode_to_golden_entities(path: Path) -> None:
    golden = json.loads(path.read_text())
    decoded = decoder(golden["read"], Place(SITE, KYIV, **golden["options"]), seen(**golden["seen"]))(golden["record"])
    assert json.loads(msgspec.json.encode(decoded.entities)) == golden["entities"]
    assert json.loads(msgspec.json.encode(decoded.issues)) == golden["issues"]


def test_there_are_golden_records() -> None:
    assert len(list(GOLDEN.glob("*.json"))) >= 15


# -- moments and days -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("point", "utc"),
    [
        ({"datetime": "2024-01-10T07:30Z"}, datetime(2024, 1, 10, 7, 30, tzinfo=UTC)),
        ({**MADE, "dateTimeUtcSeconds": "2024-01-10T07:30:59+0000"}, datetime(2024, 1, 10, 7, 30, 59, tzinfo=UTC)),
        ({"dateTimeUtcSeconds": "2024-01-10T07:30+0000"}, datetime(2024, 1, 10, 7, 30, tzinfo=UTC)),
        ({}, None),
        (None, None),
    ],
)
def test_time_points_are_utc_and_to_the_second_where_told(point: Record | None, utc: datetime | None) -> None:
    assert answers.moment(point) == utc


@pytest.mark.parametrize(
    ("written", "zone", "day"),
    [
        ("2024-03-31T21:00Z", KYIV, date(2024, 4, 1)),  # midnight in Kyiv
        ("2024-04-01T05:00Z", CHICAGO, date(2024, 4, 1)),  # midnight in Chicago
        ("2024-04-01T00:00Z", KYIV, date(2024, 4, 1)),  # a day as such, as projects and custom fields have it
        ("2024-04-01T00:00Z", CHICAGO, date(2024, 4, 1)),
    ],
)
def test_a_day_stays_the_day_in_every_zone(written: str, zone: ZoneInfo, day: date) -> None:
    assert answers.day({"datetime": written}, zone) == day


def test_a_day_may_come_without_a_moment() -> None:
    assert answers.day({"date": "31-01-2024"}, KYIV) == date(2024, 1, 31)


def test_hours_stand_beside_the_day_only_where_they_are_named() -> None:
    evening = {"datetime": "2024-01-31T22:30Z"}
    named = task({"endDateTime": evening, "hasEndDate": True, "hasEndTime": True})
    assert (named.due, named.due_at) == (date(2024, 2, 1), datetime(2024, 1, 31, 22, 30, tzinfo=UTC))
    unnamed = task({"endDateTime": {"datetime": "2024-01-31T22:00Z"}, "hasEndDate": True, "hasEndTime": False})
    assert (unnamed.due, unnamed.due_at) == (date(2024, 2, 1), None)
    assert task({"endDateTime": evening, "hasEndDate": False}).due is None


# -- custom fields --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type", "value", "written", "shown"),
    [
        (0, "строка", "", "строка"),
        (1, 18500.5, "", "18500.5"),
        (1, 1000, "", "1000"),
        (1, 0, "", "0"),
        (2, "первая\nвторая", "", "первая\nвторая"),
        (3, {"date": "11-04-2024", "time": "00:00", "datetime": "2024-04-11T00:00Z"}, "", "2024-04-11"),
        (4, {"time": "10:45"}, "", "10:45"),
        (5, {"date": "02-05-2024", "time": "06:30", "datetime": "2024-05-02T06:30Z"}, "", "2024-05-02 09:30"),
        (5, {"date": "02-05-2024", "time": "06:30"}, "", "2024-05-02 06:30"),
        (6, {**PERIOD, "durationSec": 5400}, "", "09:00 - 10:30"),
        (7, True, "", "yes"),
        (7, False, "", "no"),
        (8, "Эскиз", "", "Эскиз"),
        (9, {"id": 4, "value": "Отделка"}, "", "Отделка"),
        (9, {"id": 4}, "Отделка", "Отделка"),
        (10, {"id": "contact:5", "name": "Ганна"}, "", "Ганна"),
        (11, {"id": "user:3", "name": "Марко"}, "", "Марко"),
        (12, {"id": "contact:6", "name": "ФОП Коваль"}, "", "ФОП Коваль"),
        (13, {"id": "group:1", "name": "Руководство"}, "", "Руководство"),
        (14, [{"id": "user:3", "name": "Марко"}, {"id": "user:2", "name": "Олена"}], "", ("Марко", "Олена")),
        (15, [{"id": 4, "value": "Отделка"}], "", ("Отделка",)),
        (16, {"id": 40}, "40", "40"),
        (17, [{"id": 40}], "40", ("40",)),
        (20, ["АР", "КР"], "АР, КР", ("АР", "КР")),
        (22, {"id": 7, "name": "Дом"}, "", "Дом"),
        (24, 12, "12 ч", "12"),
        (25, {"address": "Київ", "latitude": 50.4, "longitude": 30.5}, "", "Київ, 50.4, 30.5"),
        (
            28,
            {"from": {"date": "01-05-2024", "time": "09:00"}, "to": {"time": "10:00"}},
            "",
            "2024-05-01 09:00 - 10:00",
        ),
        (99, "?", "", "?"),
    ],
)
def test_custom_fields_of_every_type_are_shown_as_people_read_them(
    type: int, value: Any, written: str, shown: Any
) -> None:
    assert task({CUSTOM: [custom(type, value, written)]}).fields == {"Поле": shown}


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_empty_custom_fields_are_none(value: Any) -> None:
    assert task({CUSTOM: [custom(0, value)]}).fields == {}


@pytest.mark.parametrize("type", [23, 26, 29])
def test_sums_are_not_moved_because_what_they_sum_up_is(type: int) -> None:
    assert task({CUSTOM: [custom(type, 5, "5 ч")]}).fields == {}


def test_values_by_id_alone_get_their_names_from_other_reads() -> None:
    index: list[Record] = [
        {"id": 9, "name": "Связи", "type": 17, "of": "task"},
        {"id": 10, "name": "Виды", "type": 15, "of": "task", "directoryId": 3},
        {"id": 11, "name": "Проект", "type": 22, "of": "task"},
    ]
    found = task(
        {
            CUSTOM: [
                custom(17, [{"id": 40}, 41], name="Связи", id=9),
                custom(15, [{"id": 4}], name="Виды", id=10),
                custom(22, {"id": 7}, name="Проект", id=11),
            ]
        },
        field_index=index,
        directories=[{"id": "3", "entries": [{"key": 4, "name": "Отделка"}]}],
        tasks=[TASK, {"id": 40, "name": "Смета"}],
        projects=[{"id": 7, "name": "Дом"}],
    )
    assert found.fields == {"Связи": ("Смета", "Кровля"), "Виды": ("Отделка",), "Проект": "Дом"}


def test_two_fields_of_one_name_both_stay() -> None:
    rows = [custom(0, "а", name="Код", id=1), custom(0, "б", name="Код", id=2)]
    assert task({CUSTOM: rows}).fields == {"Код": "а", "Код (2)": "б"}


def test_our_own_mark_is_not_moved() -> None:
    assert task({CUSTOM: [custom(0, "f2c0", name="Migration ID")]}).fields == {}
    field = {"id": 101, "name": "Migration ID", "type": 0, "of": "task"}
    assert decode("fields", field) == Decoded(())
    assert not decode("contacts", {"id": 5, "name": "Ганна", CUSTOM: [custom(0, "f2c0", name="Migration ID")]}).issues


def test_planned_time_and_money_are_where_the_user_says() -> None:
    place = Place(SITE, KYIV, plan_minutes="План", plan_money="Бюджет")
    rows = [custom(1, 90.0, name="План", id=1), custom(1, 10.5, name="Бюджет", id=2)]
    found = task({CUSTOM: rows}, place)
    assert (found.plan_minutes, found.plan_money, found.fields) == (90, Decimal("10.5"), {})
    words = task({CUSTOM: [custom(0, "три дня", name="План")]}, place)
    assert (words.plan_minutes, words.fields) == (None, {"План": "три дня"})


def test_fields_of_contacts_and_users_are_no_entities() -> None:
    assert not decode("fields", {"id": 301, "name": "Код", "type": 0, "of": "contact"}).entities


# -- tasks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "completed", "done"),
    [
        ({"id": 2, "name": "В работе", "isActive": True}, False, False),
        ({"id": 2, "name": "В работе", "isActive": True}, True, False),  # opened again
        ({"id": 3, "name": "Завершённая", "isActive": False}, False, True),
        ({"id": 6, "name": "Отменённая", "isActive": False}, False, True),
        ({"id": 0, "name": "Черновик", "isActive": False}, False, False),
        ({"id": 4, "name": "Отложенная", "isActive": False}, False, False),
        ({"id": 105, "name": "Сдано заказчику", "isActive": False}, True, True),
        ({"id": 106, "name": "На паузе", "isActive": False}, False, False),
        ({"id": 107, "name": "Completed"}, False, True),
        ({"id": 108, "name": "Отменена", "isActive": False}, False, True),
    ],
)
def test_closing_statuses_make_a_task_done(status: Record, completed: bool, done: bool) -> None:
    more = {"status": status} | ({"actualCompletionDate": {"datetime": "2024-04-29T13:45Z"}} if completed else {})
    found = decode("tasks", TASK | more)
    (entity,) = found.entities
    assert isinstance(entity, Task)
    assert (entity.done, entity.status) == (done, status["name"])
    assert (entity.closed is not None) == (done and completed)
    assert [issue.field for issue in found.issues] == (["actualCompletionDate"] if completed and not done else [])


@pytest.mark.parametrize(("word", "number"), [("NotUrgent", 1), ("Urgent", 8), (None, None)])
def test_priorities_have_their_numbers(word: str | None, number: int | None) -> None:
    assert task({"priority": word}).priority == number


def test_people_are_prefixed_and_known_by_email_and_groups_by_name() -> None:
    held = {"users": [ANNA, {"id": "contact:5", "name": "Ганна"}], "groups": [{"id": 4, "name": "Бухгалтерия"}]}
    contacts = [{"id": 5, "name": "Ганна", "email": "hanna@lypova.example.org"}]
    found = task({"assignees": held, "participants": held, "auditors": held}, users=USERS, contacts=contacts)
    people = [
        ("user:2", "Анна Коваль", "anna@lad.example.com"),
        ("contact:5", "Ганна", "hanna@lypova.example.org"),
        ("group:4", "Бухгалтерия", ""),
    ]
    assert [(who.id, who.name, who.email) for who in found.assignees] == people
    assert [(who.id, who.name, who.email) for who in found.followers] == people


@pytest.mark.parametrize(
    ("more", "code"),
    [({"isDeleted": True}, "deleted"), ({"type": "Template"}, "template"), ({"type": "Checkmark"}, None)],
)
def test_only_living_tasks_move(more: Record, code: str | None) -> None:
    decoded = decode("tasks", TASK | more)
    assert not decoded.entities
    assert [issue.code for issue in decoded.issues] == ([code] if code else [])


def test_a_task_knows_its_place() -> None:
    above: list[Record] = [TASK | {"id": 39}, TASK | {"id": 40, "parent": {"id": 39}}]
    found = task({"parent": {"id": 40}, "project": {"id": 7}}, tasks=above, projects=[{"id": 7, "name": "Дом"}])
    # The reads so far hold the task itself too.
    found = task(
        {"parent": {"id": 40}, "project": {"id": 7}},
        tasks=[*above, TASK | {"parent": {"id": 40}}],
        projects=[{"id": 7, "name": "Дом"}],
    )
    assert (found.parent, found.depth, found.project) == (Ref(Kind.TASK, "40"), 2, Ref(Kind.PROJECT, "7"))


def test_a_parent_or_project_out_of_sight_is_told() -> None:
    more = {"parent": {"id": 40}, "project": {"id": 7}}
    decoded = decode("tasks", TASK | more, tasks=[TASK | more, TASK | {"id": 40, "isDeleted": True}])
    (entity,) = decoded.entities
    assert isinstance(entity, Task)
    assert (entity.parent, entity.depth, entity.project) == (None, 0, None)
    assert [issue.code for issue in decoded.issues] == ["project-unseen", "parent-unseen"]


def test_the_counterparty_is_named_unless_the_project_names_it() -> None:
    client = {"id": "contact:5", "name": "Ганна"}
    project = {"id": 7, "name": "Дом", "counterparty": client}
    assert task({"counterparty": client}).fields == {"counterparty": "Ганна"}
    assert task({"counterparty": client, "project": {"id": 7}}, projects=[project]).fields == {}


def test_a_repeating_task_is_told() -> None:
    repeats = {"startDate": MADE, "daily": {"type": "Every", "shift": 1}}
    assert [issue.field for issue in decode("tasks", TASK | {"recurrence": repeats}).issues] == ["recurrence"]
    assert not decode("tasks", TASK | {"recurrence": {"daily": {"shift": 0}}, "object": None}).issues


def test_a_deleted_project_is_told_and_not_moved() -> None:
    decoded = decode("projects", {"id": 7, "name": "Дом", "isDeleted": True})
    assert (decoded.entities, [issue.code for issue in decoded.issues]) == ((), ["deleted"])


# -- texts and files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "ref"),
    [
        (f"{SITE}/task/40", "task:40"),
        (f"{SITE}/task/40/?comment=5", "task:40"),
        ("/project/7/", "project:7"),
        (f"{SITE.upper()}/file/3", "file:3"),
        (f"{SITE}/?action=getfile&uniqueid=77", "file:77"),
        (f"{SITE}/contact/5", "contact:contact:5"),
        (f"{SITE}/task/40/files", None),
        (f"{SITE}/?action=getfile&uniqueid=x", None),
        ("https://other.planfix.ru/task/40", None),
        ("https://other.planfix.ru/?uniqueid=77", None),
        ("https://[broken/task/40", None),
    ],
)
def test_addresses_lead_to_things_of_the_account(address: str, ref: str | None) -> None:
    found = texts.ref_of(address, SITE)
    assert (str(found) if found else None) == ref


def test_files_that_no_list_shows_are_found_with_what_they_hang_on() -> None:
    image = '<img src="/?action=getfile&amp;uniqueid={}">'
    found = loose_files(
        seen(
            projects=[{"id": 7, "name": "Дом", "description": image.format(1)}],
            tasks=[TASK | {"description": image.format(2), CUSTOM: [custom(21, [3])], "files": [{"id": 4}]}],
            comments=[COMMENT | {"description": image.format(2) + image.format(4) + image.format(5)}],
        ),
        HERE,
    )
    assert {id: str(ref) for id, ref in found.items()} == {
        "1": "project:7",
        "2": "task:41",
        "3": "task:41",
        "5": "comment:61",
    }


# -- comments -------------------------------------------------------------------------------------------------------


def described(**more: Any) -> Record:
    return COMMENT | {"id": 60, "description": "<p>По  листу</p>", **more}


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([described(), COMMENT], {"60"}),
        ([COMMENT, described(id=62)], {"62"}),  # of the minute in which the task was made
        ([COMMENT, described(id=62, dateTime={"datetime": "2024-02-01T10:00Z"})], set()),  # said again, later
        ([described(), described(id=62)], {"60"}),  # said twice at once: only the first
        ([COMMENT], set()),
    ],
)
def test_the_description_is_taken_once(records: list[Record], found: set[str]) -> None:
    whole = TASK | {"description": "<p>По листу</p>"}
    assert descriptions(seen(tasks=[whole], comments=records)) == found
    moved = {entity.ref.id for one in comments(*records, task=whole) for entity in one.entities}
    assert moved == {str(record["id"]) for record in records} - found


def test_an_empty_description_is_the_oldest_empty_comment() -> None:
    assert descriptions(seen(tasks=[TASK], comments=[described(description=""), COMMENT])) == {"60"}


def test_a_file_on_an_empty_comment_is_no_description() -> None:
    first = described(description="", files=[{"id": 3, "name": "скан.pdf"}])
    assert descriptions(seen(tasks=[TASK], comments=[first])) == frozenset()
    assert descriptions(seen(tasks=[TASK | {"files": [{"id": 3}]}], comments=[first])) == {"60"}


def test_hidden_and_pinned_stay_so() -> None:
    (decoded,) = comments(COMMENT | {"isHidden": True, "isPinned": True})
    (entity,) = decoded.entities
    assert isinstance(entity, Comment)
    assert (entity.hidden, entity.pinned, entity.author and entity.author.id) == (True, True, "user:2")


@pytest.mark.parametrize("words", ["", "<p></p>", "—", "обмеры", "<p>обмеры</p>"])
def test_a_comment_that_only_carries_entries_is_not_moved(words: str) -> None:
    carried = {"key": 90, "commentId": 61, "dataTag": {"id": 1}, CUSTOM: [custom(2, "обмеры")]}
    carrier = COMMENT | {"description": words, "dataTags": [{"dataTag": {"id": 1}, "key": 90}]}
    (_, decoded) = comments(described(), carrier, entry_index=[carried])
    assert decoded == Decoded(())


def test_a_comment_with_entries_and_words_of_its_own_is_moved() -> None:
    carrier = COMMENT | {"dataTags": [{"dataTag": {"id": 1}, "key": 90}]}
    assert [len(one.entities) for one in comments(described(), carrier)] == [1, 1]


def test_a_comment_of_files_alone_is_moved() -> None:
    (_, decoded) = comments(
        described(), COMMENT | {"description": "", "files": [{"id": 3, "name": "скан.pdf", "size": 1}]}
    )
    assert [type(entity) for entity in decoded.entities] == [Comment, File]


def test_the_size_of_a_file_is_not_believed() -> None:
    file = decode("project_files", {"id": 3, "name": "скан.pdf", "size": 1, "projectId": "7"}).entities[0]
    assert isinstance(file, File)
    assert file.size is None


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"task": None, "contact": {"id": "contact:5", "name": "Ганна"}}, "unsupported"),
        ({"task": {"id": 99}}, "task-unseen"),
        ({"isDeleted": True}, None),
    ],
)
def test_comments_on_nothing_that_moves_are_told(more: Record, code: str | None) -> None:
    (decoded,) = comments(COMMENT | more)
    assert (decoded.entities, [issue.code for issue in decoded.issues]) == ((), [code] if code else [])


def test_reminders_and_channels_are_told() -> None:
    more = {"reminders": [{"id": 1, "text": "Позвонить"}], "fromType": "Telegram", "changeStatus": {"newStatusId": 2}}
    (decoded,) = comments(COMMENT | more)
    assert [issue.field for issue in decoded.issues] == ["reminders", "fromType", "changeStatus"]
    (plain,) = comments(COMMENT | {"reminders": [], "fromType": "Planfix", "recipients": {"users": [], "groups": []}})
    assert not plain.issues


# -- checklists -----------------------------------------------------------------------------------------------------


def test_lines_below_a_line_follow_it() -> None:
    rows = [(1, 41, "а"), (2, 41, "б"), (3, 1, "в"), (4, 3, "г"), (5, 99, "д")]
    items = [{"id": id, "parent": {"id": parent}, "name": name} for id, parent, name in rows]
    decoded = decode("checklists", {"id": "41", "items": items})
    lines = [(item.ref.id, item.title) for item in decoded.entities if isinstance(item, CheckItem)]
    assert lines == [("41/1", "а"), ("41/2", "в"), ("41/3", "г"), ("41/4", "б"), ("41/5", "д")]
    assert [issue.field for issue in decoded.issues] == ["parent", "parent"]


def test_lines_below_each_other_are_not_lost() -> None:
    items = [{"id": 1, "parent": {"id": 2}, "name": "а"}, {"id": 2, "parent": {"id": 1}, "name": "б"}]
    assert len(decode("checklists", {"id": "41", "items": items}).entities) == 2


# -- costs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "minutes"),
    [
        (PERIOD, 90),
        ({**PERIOD, "durationSec": 5400}, 90),
        ({"from": {"time": "00:00"}, "to": {"time": "24:00"}}, 1440),
        ({"from": {"date": "01-05-2024", "time": "22:00"}, "to": {"date": "02-05-2024", "time": "01:30"}}, 210),
    ],
)
def test_a_period_is_as_long_as_from_end_to_end(period: Record, minutes: int) -> None:
    assert cost(TIME_TAG, custom(6, period)).minutes == minutes


def test_day_and_person_come_from_fields_else_from_the_comment() -> None:
    written = COMMENT | {"dateTime": {"datetime": "2024-04-11T22:30Z"}}
    own = [custom(3, {"date": "01-04-2024"}, id=5), custom(11, {"id": "user:3", "name": "Марко"}, id=6)]
    found = cost(TIME_TAG, custom(6, PERIOD, id=1), *own, comment=written, commentId=61)
    assert (found.day, found.person and found.person.id) == (date(2024, 4, 1), "user:3")
    left = cost(TIME_TAG, custom(6, PERIOD, id=1), comment=written, commentId=61)
    assert (left.day, left.person and left.person.email) == (date(2024, 4, 12), "anna@lad.example.com")


def test_a_period_with_a_day_tells_the_day() -> None:
    period = {"from": {"date": "01-05-2024", "time": "22:00"}, "to": {"date": "01-05-2024", "time": "23:00"}}
    assert cost(TIME_TAG, custom(28, period), comment=COMMENT, commentId=61).day == date(2024, 5, 1)


def test_an_entry_of_no_day_is_dated_by_its_task_and_told() -> None:
    decoded = entry(TIME_TAG, custom(6, PERIOD))
    (found,) = decoded.entities
    assert isinstance(found, Cost)
    assert (found.day, found.person) == (date(2024, 1, 10), None)
    assert [issue.code for issue in decoded.issues] == ["day-unknown"]


def test_what_has_no_role_is_kept_in_the_text() -> None:
    rate = custom(1, 350, name="Ставка", id=2)
    found = cost(TIME_TAG, custom(6, PERIOD, id=1), rate, custom(2, "обмеры", id=3))
    assert (found.minutes, found.money, found.text) == (90, Decimal(0), "обмеры; Ставка: 350")


def test_of_several_numbers_the_amount_is_the_one_so_called() -> None:
    found = cost(MONEY_TAG, custom(1, 2, name="Количество", id=1), custom(1, 70.5, name="Сумма", id=3))
    assert (found.money, found.text) == (Decimal("70.5"), "Количество: 2")


def test_the_user_names_the_tags_where_the_fields_do_not_tell() -> None:
    place = Place(SITE, KYIV, time_tag="Расход", money_tag="Время")
    spent = cost(MONEY_TAG, custom(1, 45, name="Минуты", id=3), place=place)
    assert (spent.minutes, spent.money) == (45, Decimal(0))
    paid = cost(TIME_TAG, custom(1, 350, name="Ставка", id=2), place=place)
    assert (paid.minutes, paid.money) == (0, Decimal(350))
    both = cost(TIME_TAG, custom(6, PERIOD, id=1), custom(1, 5, id=2), place=Place(SITE, KYIV, money_tag="Время"))
    assert (both.minutes, both.money) == (90, Decimal(5))


@pytest.mark.parametrize(
    ("tag", "values", "more", "code"),
    [
        (CALL_TAG, [custom(0, "дозвонились")], {}, "cost-empty"),
        (TIME_TAG, [custom(6, {"from": {"time": "00:00"}, "to": {"time": "00:00"}})], {}, "cost-empty"),
        (TIME_TAG, [custom(6, PERIOD)], {"task": None, "contact": {"id": 5}}, "unsupported"),
        (TIME_TAG, [custom(6, PERIOD)], {"task": {"id": 99}}, "task-unseen"),
    ],
)
def test_entries_that_are_no_costs_are_told(tag: Record, values: list[Record], more: Record, code: str) -> None:
    decoded = entry(tag, *values, comment=COMMENT, commentId=61, **more)
    assert (decoded.entities, [issue.code for issue in decoded.issues]) == ((), [code])


# -- the account of all keys ----------------------------------------------------------------------------------------

_MODELS = {
    "users": Person,
    "contacts": Contact,
    "companies": Company,
    "project_groups": Group,
    "statuses": Tag,
    "fields": Field,
    "projects": Project,
    "tasks": Task,
    "comments": Comment,
    "items": CheckItem,
    "files": File,
    "entries": Cost,
}
_SCHEMAS = {
    "users": "UserResponse",
    "contacts": "ContactResponse",
    "companies": "ContactResponse",
    "project_groups": "GroupResponse",
    "statuses": "TaskStatus",
    "fields": "CustomField",
    "projects": "ProjectResponse",
    "tasks": "TaskResponse",
    "comments": "CommentResponse",
    "items": "ChecklistItemResponse",
    "files": "FileResponse",
    "entries": "DataTagEntryResponse",
}


@pytest.mark.parametrize("table", sorted(_MODELS))
def test_every_key_goes_to_a_field_that_exists(table: str) -> None:
    fields = set(_MODELS[table].__struct_fields__)
    for key, place in KEYS[table].items():
        elsewhere = place.startswith(("- ", "~ ")) or place.endswith(" as entities")
        assert elsewhere or set(place.split(", ")) <= fields, key


@pytest.mark.parametrize("table", sorted(_SCHEMAS))
def test_every_key_of_the_vendors_specification_is_accounted_for(table: str) -> None:
    documented = set(SPEC["components"]["schemas"][_SCHEMAS[table]]["properties"])
    assert documented - set(KEYS[table]) == set()


@pytest.mark.parametrize("table", sorted(_SCHEMAS))
def test_only_documented_keys_are_asked_for(table: str) -> None:
    documented = {*SPEC["components"]["schemas"][_SCHEMAS[table]]["properties"], "dateOfLastComment", "avatarUrl"}
    assert set(asked(table).split(",")) <= documented


def test_what_needs_no_place_is_not_asked_for_and_custom_fields_go_by_number() -> None:
    names = asked("tasks", ["101", "102"]).split(",")
    assert not {"overdue", "template", CUSTOM} & set(names)
    assert {"name", "recurrence", "isDeleted", "101", "102"} <= set(names)


def test_an_unknown_key_is_an_issue() -> None:
    issues = decode("tasks", TASK | {"mood": "blue"}).issues
    assert [(issue.code, issue.field) for issue in issues] == [("unknown-field", "mood")]


@pytest.mark.parametrize(
    ("read", "record"),
    [
        ("tasks", {"id": 41}),
        ("tasks", TASK | {"dateTime": {"datetime": "yesterday"}}),
        ("tasks", TASK | {CUSTOM: [custom(1, "много")]}),
        ("comments", {"description": "x"}),
        ("users", {"name": "Анна"}),
        ("entries", {"key": 1, "dataTag": {"id": 77}}),
        ("checklists", {"id": "41", "items": [{}]}),
        ("loose_files", {"id": 5, "name": "a"}),
    ],
)
def test_a_record_that_no_page_describes_breaks_the_contract(read: str, record: Record) -> None:
    with pytest.raises(ContractBroken, match=f"Planfix, {read}[ :]"):
        decode(read, record)


def test_the_site_is_the_accounts_unless_the_user_says_otherwise() -> None:
    from migrator.vendor import Account

    account = Account("planfix", url="https://lad.planfix.ru/rest/", options={})
    assert place_of(account).site == SITE
    assert (
        place_of(Account("planfix", url=account.url, options={"site": "https://work.lad.ua/"})).site
        == "https://work.lad.ua"
    )
