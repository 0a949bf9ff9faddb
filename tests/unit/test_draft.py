"""A drafted mapping: what is certain is filled in, what is not is asked, what the user wrote stays."""

from __future__ import annotations

import tomllib
from typing import Any

import msgspec
import pytest

from migrator.draft import Said, draft
from migrator.mapping import Rules, problems
from migrator.model import Field, Group, Kind, Person, Ref, Tag, Who
from migrator.vendor import Vocabulary

WORDS = Vocabulary(
    there={
        Kind.PERSON: {"anna@acme.test": "1", "Anna": "1", "Boris Bo": "2"},
        Kind.GROUP: {"Sites": "1", "Office": "2"},
    },
    statuses={Kind.TASK: {"New": "1", "In work": "2", "Done": "3"}, Kind.PROJECT: {"Active": "1"}},
    fields={Kind.TASK: {"Labels": "1", "Area": "2", "Plan, min": "3", "Budget": "4"}, Kind.PROJECT: {}},
    field_types={Kind.TASK: {"Labels": "set", "Area": "text", "Plan, min": "number", "Budget": "number"}},
    field_options={Kind.TASK: {"Labels": ("urgent", "north", "south")}},
    cost_tags={"Расходы": {"Дата": "1", "Сумма": "2"}, "Time sheet": {"Date": "1", "Time": "2", "Employee": "3"}},
    priorities=("NotUrgent", "Urgent"),
)


def person(id: str, name: str, email: str = "") -> Person:
    return Person(ref=Ref(Kind.PERSON, id), name=name, email=email)


def tag(id: str, title: str, group: str, *, status: bool = False) -> Tag:
    return Tag(ref=Ref(Kind.TAG, id), title=title, group=group, of=Kind.TASK, status=status)


SAID = Said(
    people=(person("1", "Anna", "Anna@acme.test"), person("2", "Boris Bo", "boris@old.test"), person("3", "Clara")),
    named=(Who(id="9", name="Gone", email="gone@old.test"),),
    groups=(Group(ref=Ref(Kind.GROUP, "1"), title="Sites"), Group(ref=Ref(Kind.GROUP, "2"), title="office ")),
    tags=(
        tag("1", "north", "Where"),
        tag("2", "urgent", "Where"),
        tag("3", "x", "Odd"),
        tag("4", "in work", "S", status=True),
    ),
    fields=(
        Field(ref=Ref(Kind.FIELD, "1"), title="Area", of=Kind.TASK, type="text"),
        Field(ref=Ref(Kind.FIELD, "2"), title="Floor", of=Kind.TASK, type="text"),
    ),
    statuses={Kind.TASK: ("active", "done")},
)


def drafted(old: str = "", *, edited: bool = False, said: Said = SAID) -> tuple[str, dict[str, Any]]:
    text = draft(old, said, WORDS, edited=edited).text
    return text, tomllib.loads(text)


def test_people_known_by_e_mail_need_no_line_and_others_are_mapped_by_name() -> None:
    text, rules = drafted()
    assert rules["people"]["map"] == {"boris@old.test": "Boris Bo"}
    assert '# "gone@old.test" = ""' in text
    assert '# "Clara" = ""  # Clara: nobody' in text.replace('# Clara = ""', '# "Clara" = ""')


def test_statuses_and_status_tags_are_matched_by_name_or_asked_with_the_choices() -> None:
    text, rules = drafted()
    assert rules["status"]["task"] == {"done": "Done", "in work": "In work"}
    assert '# In the target: "New", "In work", "Done"' in text
    assert '# "active" = ""' in text


def test_a_tag_set_goes_to_the_set_field_that_holds_its_labels() -> None:
    text, rules = drafted()
    assert rules["tags"]["task"] == {"Where": "Labels"}
    assert '# "Odd" = "Labels"' in text


def test_fields_of_equal_name_need_no_line_and_plans_find_their_numbers() -> None:
    text, rules = drafted()
    assert rules["fields"]["task"] == {"plan_minutes": "Plan, min", "plan_money": "Budget"}
    assert '# "Floor" = ""' in text
    assert '"Area" (text)' in text


def test_costs_go_where_the_fields_are_by_their_names() -> None:
    _, rules = drafted()
    assert rules["costs"] == {
        "time": {"tag": "Time sheet", "day": "Date", "time": "Time", "person": "Employee"},
        "money": {"tag": "Расходы", "day": "Дата", "money": "Сумма"},
    }


def test_priorities_are_spread_and_groups_matched_by_name() -> None:
    _, rules = drafted()
    assert rules["priority"] == {"0": "NotUrgent", "5": "Urgent"}
    assert rules["groups"] == {"office ": "Office"}


def test_a_draft_is_a_mapping_without_problems() -> None:
    text, _ = drafted()
    rules = msgspec.toml.decode(text, type=Rules, strict=True)
    assert problems(rules, WORDS, "mapping.toml") == []


EDITED = """# my notes
[status.task]
done = "New" # on purpose
"in work" = ""


[people]
fallback = "Anna" # our robot
[people.map]
"boris@old.test" = "anna@acme.test"

[priority]
3 = "Urgent"
"""


def test_an_edited_file_keeps_every_line_and_comment() -> None:
    text, rules = drafted(EDITED, edited=True)
    place = -1
    for line in EDITED.splitlines():
        if line.strip():
            place = text.index(line, place + 1)
    assert rules["status"]["task"] == {"done": "New", "in work": ""}
    assert rules["people"]["map"]["boris@old.test"] == "anna@acme.test"
    assert rules["priority"] == {"3": "Urgent"}
    assert rules["tags"]["task"] == {"Where": "Labels"}


def test_drafting_again_changes_nothing() -> None:
    once, _ = drafted(EDITED, edited=True)
    again, _ = drafted(once, edited=True)
    assert again == once
    assert draft(once, SAID, WORDS, edited=True).added == ()


def test_new_lines_stand_in_their_table_not_after_its_blank_lines() -> None:
    text, _ = drafted(EDITED, edited=True)
    status = text[text.index("[status.task]") : text.index("[status.project]")]
    assert '# "active" = ""' in status
    assert status.endswith("\n\n\n")
    assert "\n\n" not in status.rstrip("\n")


def test_inline_tables_are_added_to_as_well() -> None:
    _, rules = drafted('status.task = {done = "New"}\n', edited=True)
    assert rules["status"]["task"] == {"done": "New", "in work": "In work"}


def test_dotted_keys_are_added_to_as_well() -> None:
    _, rules = drafted('people.map.Clara = "Anna"\n', edited=True)
    assert rules["people"]["map"] == {"Clara": "Anna", "boris@old.test": "Boris Bo"}


def test_a_file_that_adding_would_harm_is_refused() -> None:
    with pytest.raises(ValueError, match="header"):
        drafted('status.task = {done = "New"}\npeople.map.Clara = "Anna"\n', edited=True)


def test_of_the_ready_mapping_only_words_the_target_has_are_taken() -> None:
    ready = '[status.task]\ndone = "Closed"\nactive = "In work"\n'
    text, rules = drafted(ready)
    assert rules["status"]["task"]["active"] == "In work"
    assert rules["status"]["task"]["done"] == "Done"
    assert '"done" = "Closed"' in text


def test_an_edited_word_the_target_does_not_have_is_left_to_check() -> None:
    _, rules = drafted('[status.task]\ndone = "Closed"\n', edited=True)
    assert rules["status"]["task"]["done"] == "Closed"


def test_hostile_names_stay_data() -> None:
    evil = 'x"]\n[people]\ncreate = true\n#'
    said = Said(people=(person("1", evil),), groups=(Group(ref=Ref(Kind.GROUP, "1"), title=evil),))
    _, rules = drafted(said=said)
    assert "create" not in rules["people"]


def test_a_file_that_is_no_toml_is_refused() -> None:
    with pytest.raises(ValueError, match="line 1"):
        draft("[status", SAID, WORDS, edited=True)
