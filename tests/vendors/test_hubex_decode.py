"""What HubEx's records mean: golden records, each rule by itself, and the account of all keys."""

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

from migrator.errors import ContractBroken, InputWrong
from migrator.model import (
    CheckItem,
    Comment,
    Company,
    Contact,
    Cost,
    Field,
    File,
    Kind,
    Person,
    Project,
    Ref,
    Tag,
    Task,
)
from migrator.vendor import Account, Decoded, Record, Seen
from migrator.vendors.hubex import texts, values
from migrator.vendors.hubex.decode import decoder
from migrator.vendors.hubex.keys import KEYS
from migrator.vendors.hubex.place import Place, place_of

GOLDEN = Path(__file__).parent / "golden" / "hubex" / "records"
MOSCOW = ZoneInfo("Europe/Moscow")
SITE = "https://vertikal.hubex.ru"
HERE = Place(SITE, MOSCOW)
ANNA = {"id": 7, "firstName": "Anna", "lastName": "Berg", "email": "anna@acme.example.com"}
TASK: Record = {
    "id": "26",
    "number": "00026",
    "notes": "Roof leaks",
    "taskStage": {"id": 3, "name": "In work"},
    "requestedBy": ANNA,
    "asset": {"id": 4, "name": "House"},
    "timesheet": {"created": "2025-01-02T22:30:00"},
}
WORK: Record = {
    "id": 1,
    "taskID": "26",
    "workType": {"id": 7, "name": "Repair", "cost": 100, "costCurrencyID": 1},
    "started": "2025-01-26T10:00:00",
    "finished": "2025-01-26T11:35:00",
}
HOUSE: Record = {"id": 4, "name": "House", "location": {"id": 9}}


def seen(**reads: list[Record]) -> Seen:
    def records(read: str) -> Iterator[Record]:
        return iter(reads.get(read, []))

    return records


def decode(read: str, record: Record, place: Place = HERE, **reads: list[Record]) -> Decoded:
    return decoder(read, place, seen(**reads))(record)


def task(more: Record, **reads: list[Record]) -> Task:
    (entity,) = decode("tasks", TASK | more, HERE, **{"task_index": [TASK], "project_index": [HOUSE], **reads}).entities
    assert isinstance(entity, Task)
    return entity


def costs(more: Record, **reads: list[Record]) -> list[Cost]:
    return [one for one in decode("works", WORK | more, HERE, **reads).entities if isinstance(one, Cost)]


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_golden_records_decode_to_golden_entities(path: Path) -> None:
    golden = json.loads(path.read_text())
    decoded = decode(golden["read"], golden["record"], Place(SITE, MOSCOW, **golden["options"]), **golden["seen"])
    assert json.loads(msgspec.json.encode(decoded.entities)) == golden["entities"]
    assert json.loads(msgspec.json.encode(decoded.issues)) == golden["issues"]


def test_there_are_golden_records() -> None:
    assert len(list(GOLDEN.glob("*.json"))) >= 15


# -- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["2025-07-02T15:15:04", "2025-07-02T15:15:04Z", "2025-07-02T18:15:04+03:00"])
def test_moments_without_a_zone_are_utc(text: str) -> None:
    assert values.moment(text) == datetime(2025, 7, 2, 15, 15, 4, tzinfo=UTC)


def test_an_open_end_is_no_moment() -> None:
    assert values.moment("9999-12-31T23:59:59") is None


def test_days_are_those_of_the_account() -> None:
    found = task({"timesheet": {"created": "2025-01-02T22:30:00", "deadline": "2025-01-02T22:30:00"}})
    assert (found.due, found.due_at) == (date(2025, 1, 3), datetime(2025, 1, 2, 22, 30, tzinfo=UTC))


@pytest.mark.parametrize(("amount", "written"), [("7300.0", "7300"), ("1E+3", "1000"), ("0.50", "0.5"), ("10", "10")])
def test_amounts_are_written_plainly(amount: str, written: str) -> None:
    assert values.plain(Decimal(amount)) == written


@pytest.mark.parametrize(
    ("code", "value", "options", "shown"),
    [
        ("string", "1;2", {}, "1;2"),
        ("list", "2", {"1": "Door", "2": "Rope"}, "Rope"),
        ("multilist", "2", {"1": "Door", "2": "Rope"}, ("Rope",)),
        ("multilist", "2;1", {"1": "Door", "2": "Rope"}, ("Rope", "Door")),
        ("list", "9", {"1": "Door"}, "9"),  # an option that is gone
        ("switch", "true", {}, "yes"),
        ("switch", "False", {}, "no"),
        ("datetime", "2025-06-01T04:30:00", {}, "2025-06-01T07:30+03:00"),
        ("date", "2025-06-01T00:00:00", {}, "2025-06-01"),
    ],
)
def test_values_of_attributes_by_type(code: str, value: str, options: Record, shown: object) -> None:
    row = {
        "attribute": {"id": 1, "name": "What"},
        "attributeType": {"code": code},
        "value": value,
        "listOfValues": options,
    }
    assert values.attributes([row], {}, MOSCOW) == {"What": shown}


def test_rows_of_one_attribute_are_one_value() -> None:
    rows = [{"attributeID": 5, "attributeName": "Parts", "value": value} for value in ("door", "rope", "")]
    assert values.attributes(rows, {"5": "string"}, MOSCOW) == {"Parts": ("door", "rope")}
    assert values.attributes(rows[2:], {}, MOSCOW) == {}


# -- tasks ----------------------------------------------------------------------------------------------------------


def test_a_title_is_the_number_and_the_first_line() -> None:
    assert task({"notes": "\n  Roof leaks \nsince May"}).title == "00026 Roof leaks"
    assert task({"notes": "", "workType": {"name": "Repair"}}).title == "00026 Repair"
    assert len(task({"notes": "word " * 200}).title) <= 206


def test_a_card_without_the_words_of_the_list_keeps_both() -> None:
    assert task({"notesHtml": "<p>Roof <b>leaks</b></p>"}).text.html == "<p>Roof <b>leaks</b></p>"
    assert task({"notesHtml": "<p>See plan</p>"}).text.html == "<p>Roof leaks</p><p>See plan</p>"


@pytest.mark.parametrize(
    ("address", "ref"),
    [
        (f"{SITE}/#/tasks/107", Ref(Kind.TASK, "107")),
        (f"{SITE}/#/tasks/107/conversation", Ref(Kind.TASK, "107")),
        (f"{SITE}/files/2", Ref(Kind.FILE, "2")),
        ("https://other.hubex.ru/#/tasks/107", None),
        (f"{SITE}/#/assets/1", None),
        ("http://[broken", None),
    ],
)
def test_links_to_the_accounts_own_pages_are_known(address: str, ref: Ref | None) -> None:
    assert texts.ref_of(address, SITE) == ref


def test_a_task_is_done_when_it_is_closed() -> None:
    times = {"created": "2025-01-01T00:00:00", "completed": "2025-01-02T00:00:00"}
    assert not task({"timesheet": times}).done
    closed = task({"timesheet": times | {"closed": "2025-01-03T00:00:00"}})
    assert closed.done
    assert closed.closed == datetime(2025, 1, 3, tzinfo=UTC)


def test_the_list_of_assignees_wins_over_the_one() -> None:
    boris = ANNA | {"id": 8, "email": ""}
    assert [who.id for who in task({"assignedTo": ANNA, "listAssignedTo": [ANNA, boris, ANNA]}).assignees] == ["7", "8"]
    assert [who.id for who in task({"assignedTo": ANNA}).assignees] == ["7"]


def test_what_the_project_says_already_is_no_field() -> None:
    alike = {"asset": {"id": 4, "name": "House", "company": {"id": 2}}, "company": {"id": 2, "name": "Acme"}}
    assert not {"asset", "company", "location"} & set(
        task({**alike, "location": {"id": 9, "address": "Main st."}}).fields
    )
    other = task({**alike, "company": {"id": 3, "name": "Other"}, "location": {"id": 8, "address": "Side st."}}).fields
    assert (other["company"], other["location"]) == ("Other", "Side st.")


def test_a_project_that_is_in_no_list_is_an_issue() -> None:
    decoded = decode("tasks", TASK, task_index=[TASK], project_index=[])
    found = decoded.entities[0]
    assert isinstance(found, Task)
    assert found.project is None
    assert found.fields["asset"] == "House"
    assert [issue.code for issue in decoded.issues] == ["project-unseen"]


def test_a_subtask_of_a_deleted_task_stands_alone() -> None:
    child = TASK | {"parent": {"id": 5, "name": "x"}}
    parent = {"id": "5", "deleted": "2025-01-01T00:00:00"}
    decoded = decode("tasks", child, task_index=[child, parent], project_index=[HOUSE])
    found = decoded.entities[0]
    assert isinstance(found, Task)
    assert (found.parent, found.depth) == (None, 0)
    assert [issue.code for issue in decoded.issues] == ["parent-unseen"]


def test_depth_counts_all_parents_and_survives_a_circle() -> None:
    chain = [{"id": str(id), "parent": {"id": above}} for id, above in ((3, 2), (2, 1))] + [{"id": "1"}]
    assert task({"id": "3", "parent": {"id": 2}}, task_index=chain).depth == 2
    circle = [{"id": "1", "parent": {"id": 2}}, {"id": "2", "parent": {"id": 1}}]
    assert task({"id": "1", "parent": {"id": 2}}, task_index=circle).depth == 2


@pytest.mark.parametrize(
    ("read", "record"),
    [
        ("tasks", TASK),
        ("works", WORK),
        ("comments", {"id": 1, "taskID": "26"}),
        ("task_files", {"id": "5", "taskID": "26"}),
    ],
)
def test_nothing_deleted_is_moved(read: str, record: Record) -> None:
    assert decode(read, record).entities
    assert not decode(read, record | {"deleted": "2025-01-01T00:00:00"}).entities


# -- projects -------------------------------------------------------------------------------------------------------


def test_a_deleted_asset_moves_only_if_a_task_names_it() -> None:
    gone = HOUSE | {"deleted": "2025-01-01T00:00:00"}
    kept = decode("projects", gone, task_index=[TASK], project_index=[gone]).entities[0]
    assert isinstance(kept, Project)
    assert (kept.archived, kept.status) == (True, "deleted")
    left = decode("projects", gone, task_index=[], project_index=[gone])
    assert not left.entities
    assert [issue.code for issue in left.issues] == ["deleted"]


def test_an_asset_below_a_deleted_one_stands_alone() -> None:
    house, above = HOUSE | {"parentID": 1}, {"id": 1, "deleted": "2025-01-01T00:00:00"}
    decoded = decode("projects", house, project_index=[house, above])
    assert isinstance(decoded.entities[0], Project)
    assert decoded.entities[0].parent is None
    assert [issue.code for issue in decoded.issues] == ["parent-unseen"]


@pytest.mark.parametrize("options", [{"project": "district"}, {"project": "contract", "details": False}])
def test_options_that_cannot_be_are_refused(options: dict[str, str | bool]) -> None:
    with pytest.raises(InputWrong, match="hubex: option project"):
        place_of(Account("hubex", options=options))


# -- what hangs on tasks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("external", [True, False])
def test_a_message_that_the_customer_does_not_see_is_hidden(external: bool) -> None:
    record = {"id": 1, "taskID": "26", "message": "a < b", "isExternal": external, "author": ANNA}
    found = decode("comments", record).entities[0]
    assert isinstance(found, Comment)
    assert found.hidden is not external
    assert found.text.html == "a &lt; b"


def test_messages_of_different_tasks_may_share_a_number() -> None:
    refs = {decode("comments", {"id": 1, "taskID": on}).entities[0].ref for on in ("26", "27")}
    assert len(refs) == 2


def test_a_file_of_a_message_is_not_a_file_of_the_task_too() -> None:
    row = {"id": "5", "taskID": "26", "fileName": "a.txt"}
    assert not decode("task_files", row, comments=[{"attachment": [{"id": 5, "fileName": "a.txt"}]}]).entities
    assert not decode("task_files", row, works=[{"attachments": [{"attachmentID": 5}]}]).entities
    (found,) = decode("task_files", row).entities
    assert isinstance(found, File)
    assert (found.on, found.size) == (Ref(Kind.TASK, "26"), None)


def test_lines_are_counted_through_all_checklists_of_a_task() -> None:
    lists = [
        {"checkList": {"name": "A"}, "results": [{"name": "two", "sortOrder": 2}, {"name": "one", "sortOrder": 1, "isChecked": True}]},
        {"checkList": {"name": "B"}, "results": [{"name": "three"}]},
    ]  # fmt: skip
    items = decode("checklists", {"id": "26", "checkLists": lists}).entities
    assert all(isinstance(item, CheckItem) for item in items)
    assert [(item.ref.id, item.title, item.done) for item in items if isinstance(item, CheckItem)] == [
        ("26/1", "A: one", True),
        ("26/2", "A: two", False),
        ("26/3", "B: three", False),
    ]


def test_lines_done_that_are_not_shown_done_are_an_issue() -> None:
    lists = [{"checkList": {"name": "A"}, "completedItemsCount": 2, "results": [{"name": "one", "isChecked": True}]}]
    assert [issue.code for issue in decode("checklists", {"id": "26", "checkLists": lists}).issues] == ["total-differs"]


def test_time_lies_between_start_and_finish() -> None:
    (cost,) = costs({})
    assert (cost.minutes, cost.money, cost.day, cost.person) == (95, Decimal(100), date(2025, 1, 26), None)


@pytest.mark.parametrize("times", [{"finished": None}, {"finished": "2025-01-26T09:00:00"}])
def test_a_work_without_its_time_is_moved_and_noted(times: Record) -> None:
    decoded = decode("works", WORK | times)
    assert isinstance(decoded.entities[0], Cost)
    assert decoded.entities[0].minutes == 0
    assert [(issue.code, issue.field) for issue in decoded.issues] == [("unreadable", "minutes")]


def test_the_price_of_a_work_counts_once_and_the_time_of_each_technician() -> None:
    crew = [{"userID": 7, "firstName": "Anna", "rate": 500, "rateCurrencyID": 1}, {"userID": 8, "names": "Boris"}]
    first, second = costs({"technicians": crew}, users=[{"userID": 7, "email": "anna@acme.example.com"}])
    assert (first.ref.id, first.minutes, first.money) == ("26/1", 95, Decimal(100))
    assert (second.ref.id, second.minutes, second.money) == ("26/1/8", 95, Decimal(0))
    assert first.person
    assert second.person
    assert (first.person.email, second.person.name) == ("anna@acme.example.com", "Boris")
    assert "500" in first.text


def test_each_material_is_a_cost_of_its_own() -> None:
    used = [
        {"materialName": "Rope", "quantity": 2.5, "cost": 310.4, "costCurrencyID": 2, "consumed": "2025-01-27T00:00:00"}
    ]
    _, rope = costs({"materials": used}, currencies=[{"id": "2", "asciiCode": "EUR"}])
    assert (rope.ref.id, rope.minutes, rope.money, rope.day) == ("26/1/m1", 0, Decimal("776.00"), date(2025, 1, 27))
    assert rope.text == "Rope. 2.5 x 310.4 EUR"


def test_the_words_of_a_dictionary_are_the_options_of_one_field() -> None:
    rows: list[Record] = [
        {"id": "1", "name": "Low"},
        {"id": "2", "name": "High"},
        {"id": "3", "name": "Old", "deleted": "x"},
    ]
    for row in rows:
        (found,) = decode("criticalities", row, criticalities=rows).entities
        assert isinstance(found, Field)
        assert (found.ref.id, found.options) == ("task/criticality", ("Low", "High"))


# -- nothing unaccounted --------------------------------------------------------------------------------------------

_MODELS = {
    "users": Person,
    "companies": Company,
    "contacts": Contact,
    "tags": Tag,
    "stages": Tag,
    "task_attributes": Field,
    "criticalities": Field,
    "asset": Project,
    "company": Project,
    "contract": Project,
    "tasks": Task,
    "timesheet": Task,
    "comments": Comment,
    "files": File,
    "results": CheckItem,
    "works": Cost,
    "technicians": Cost,
    "materials": Cost,
}


@pytest.mark.parametrize("table", sorted(_MODELS))
def test_every_key_goes_to_a_field_that_exists(table: str) -> None:
    fields = set(_MODELS[table].__struct_fields__)
    for key, place in KEYS[table].items():
        elsewhere = place.startswith("- ") or place.endswith((" as entities", ", by the table of that name"))
        named = place.replace(" and ", ", ").replace(" or ", ", ").split(", ")
        assert elsewhere or set(named) <= fields, key


def test_an_unknown_key_is_an_issue() -> None:
    for more in ({"mood": "blue"}, {"timesheet": {"mood": "blue"}}):
        issues = decode("tasks", TASK | more, task_index=[TASK], project_index=[HOUSE]).issues
        assert [(issue.code, issue.field) for issue in issues] == [("unknown-field", "mood")]


def test_an_unsupported_key_is_an_issue_where_it_holds_something() -> None:
    row = {"id": "5", "taskID": "26", "fileName": "a.txt"}
    assert [issue.field for issue in decode("task_files", row | {"description": "Act"}).issues] == ["description"]
    assert not decode("task_files", row | {"description": ""}).issues


def test_ids_in_place_of_values_are_an_issue() -> None:
    row = {"attribute": {"id": 1, "name": "Plan"}, "attributeType": {"code": "file"}, "value": "3"}
    issues = decode("tasks", TASK | {"attribute": [row]}, task_index=[TASK], project_index=[HOUSE]).issues
    assert [(issue.code, issue.field) for issue in issues] == [("unreadable", "Plan")]


@pytest.mark.parametrize(
    ("read", "record"),
    [
        ("tasks", {"number": "1"}),
        ("tasks", TASK | {"timesheet": {"created": "yesterday"}}),
        ("comments", {"id": 1}),
        ("works", WORK | {"workType": {"cost": "much"}}),
        ("works", {"id": 1, "taskID": "26"}),
        ("users", {"id": 1}),
        ("checklists", {"id": "26", "checkLists": [{"checkList": {}}]}),
    ],
)
def test_a_record_that_no_page_describes_breaks_the_contract(read: str, record: Record) -> None:
    with pytest.raises(ContractBroken, match=f"HubEx, {read} "):
        decode(read, record)


def test_a_banned_user_is_not_active() -> None:
    decoded: Any = decode("users", {"userID": 7, "firstName": "Anna", "rate": 0, "banTill": "9999-12-31T23:59:59"})
    (person,) = decoded.entities
    assert (person.name, person.rate, person.active) == ("Anna", Decimal(0), False)
