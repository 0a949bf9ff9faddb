"""The user's rules: read whole, checked against the target's words, applied to one entity and to nothing else."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from migrator.errors import InputWrong
from migrator.mapping import Costs, Mapper, People, Rules, load, problems
from migrator.model import Kind, Label, Reach, Who
from migrator.vendor import Vocabulary
from tests.world import ANNA, comment, cost, file, project, task

WORDS = Vocabulary(
    there={
        Kind.PERSON: {"anna@acme.test": "u1", "Anna Bond": "u1", "boris": "u2", "Chief": "u3"},
        Kind.CONTACT: {"clara@client.test": "c1"},
        Kind.GROUP: {"Sites": "g1"},
    },
    statuses={Kind.TASK: {"New": "1", "In work": "2", "Done": "3"}, Kind.PROJECT: {"Active": "1", "Closed": "2"}},
    fields={Kind.TASK: {"Area": "f1", "Stage": "f2", "Budget": "f3"}, Kind.PROJECT: {"Budget": "f9"}},
    field_types={Kind.TASK: {"Area": "text", "Stage": "set"}},
    field_options={Kind.TASK: {"Stage": ("Design", "Build")}},
    cost_tags={"Time": {"Day": "1", "Hours": "2"}},
    priorities=("Low", "Normal", "High"),
)
SHIPPED = Path(__file__).parents[2] / "mappings"
STRANGER = Who(id="9", name="Zoe", email="zoe@acme.test")


def apply(rules: Rules, entity: Any) -> Any:
    return Mapper(rules, WORDS).apply(entity)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "acme.mapping.toml"
    path.write_text(text)
    return path


def test_every_table_of_the_file_is_read(tmp_path: Path) -> None:
    rules = load(
        written(
            tmp_path,
            """
            groups = { "Old" = "Sites" }
            leave_out = ["task.priority"]
            [people]
            fallback = "Chief"
            create = true
            map = { "zoe@acme.test" = "boris" }
            [status.task]
            "*" = "New"
            [priority]
            0 = "Low"
            [tags.task]
            "Kind" = "Stage"
            [fields.task]
            "Region" = "Area"
            [costs.time]
            tag = "Time"
            [text]
            header = "{author} wrote on {created}:"
            """,
        )
    )
    assert rules.people == People(fallback="Chief", create=True, map={"zoe@acme.test": "boris"})
    assert (rules.status, rules.priority) == ({"task": {"*": "New"}}, {"0": "Low"})
    assert (rules.tags, rules.fields) == ({"task": {"Kind": "Stage"}}, {"task": {"Region": "Area"}})
    assert (rules.groups, rules.leave_out) == ({"Old": "Sites"}, ["task.priority"])
    assert rules.costs.time == {"tag": "Time"}
    assert rules.text.header == "{author} wrote on {created}:"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[people", "acme.mapping.toml"),
        ("[peopel]", "peopel"),
        ("[people]\nfalback = 'x'", "falback"),
        ("[people]\ncreate = 'yes'", "create"),
        ("[status.task]\nNew = 1", "status"),
        ("[status.taks]\nNew = 'New'", "taks"),
        ("[tags.comment]\nKind = 'Stage'", "comment"),
        ("[priority]\nhigh = 'High'", "high"),
        ("[costs.time]\ntag = 'Time'\nhourz = 'Hours'", "hourz"),
        ("leave_out = ['task.prioriti']", "prioriti"),
        ("leave_out = ['priority']", "priority"),
        ("[text]\nheader = '{autor}:'", "autor"),
        ("[text]\nheader = '{author'", "header"),
        ("[text]\ntime_zone = 'Europe/Kiew'", "Europe/Kiew"),
    ],
)
def test_what_cannot_be_understood_is_refused_by_name(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(InputWrong, match=named):
        load(written(tmp_path, text))


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.name)
def test_every_mapping_that_is_shipped_is_read(path: Path) -> None:
    load(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputWrong, match="cannot be read"):
        load(tmp_path / "nowhere.toml")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "acme.mapping.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputWrong, match=r"acme\.mapping\.toml"):
        load(path)


def test_all_names_the_target_does_not_know_are_told_at_once_each_with_the_nearest() -> None:
    rules = Rules(
        people=People(fallback="Cheif", map={"zoe@acme.test": "bori"}),
        status={"task": {"active": "In wrk"}},
        priority={"0": "Lo"},
        tags={"task": {"Kind": "Stagee"}},
        fields={"project": {"Money": "Bugdet"}},
        groups={"Old": "Site"},
        costs=Costs(time={"tag": "Time", "day": "Dey"}, money={"tag": "Mony"}),
    )
    found = problems(rules, WORDS, "acme.toml")
    assert len(found) == 9
    nearest = ["Chief", "boris", "In work", "Low", "Stage", "Budget", "Sites", "Day", "Time"]
    assert [word for word in nearest if not any(word in one for one in found)] == []
    assert all(one.startswith("acme.toml: [") for one in found)


def test_rules_in_the_targets_words_have_no_problems() -> None:
    rules = Rules(
        people=People(fallback="Anna Bond", map={"9": "BORIS", "zoe@acme.test": "clara@client.test"}),
        status={"task": {"active": "In work", "*": ""}, "project": {"*": "Active"}},
        priority={"0": "Low", "7": "High"},
        fields={"task": {"Region": "Area", "Secret": ""}},
        costs=Costs(time={"tag": "Time", "day": "Day"}),
    )
    assert problems(rules, WORDS, "acme.toml") == []


@pytest.mark.parametrize("key", ["zoe@acme.test", "Zoe", "9"])
def test_a_person_is_mapped_by_email_name_or_id(key: str) -> None:
    assert Mapper(Rules(people=People(map={key: "boris"})), WORDS).person(STRANGER) == "u2"


def test_a_person_is_mapped_by_email_whatever_its_case() -> None:
    rules = Rules(people=People(map={"zoe@acme.test": "boris"}))
    assert Mapper(rules, WORDS).person(Who(id="9", name="Zoe", email="Zoe@Acme.test")) == "u2"
    rules = Rules(people=People(map={"Zoe@Acme.Test": "boris"}))
    assert Mapper(rules, WORDS).person(STRANGER) == "u2"


@pytest.mark.parametrize(("name", "id"), [("Anna@Acme.Test", "u1"), ("Chief", "u3"), ("clara@client.test", "c1")])
def test_a_person_is_mapped_to_whoever_the_target_calls_so(name: str, id: str) -> None:
    assert Mapper(Rules(people=People(map={"9": name})), WORDS).person(STRANGER) == id


def test_a_person_is_matched_by_email_without_a_rule() -> None:
    assert Mapper(Rules(), WORDS).person(Who(id="7", name="?", email="ANNA@acme.test")) == "u1"


def test_a_person_is_never_matched_by_name_without_a_rule() -> None:
    assert Mapper(Rules(), WORDS).person(Who(id="7", name="Anna Bond")) == ""


def test_a_person_with_no_email_is_nobody() -> None:
    assert Mapper(Rules(), WORDS).person(Who(id="7", name="")) == ""


def test_a_person_mapped_to_nobody_is_nobody_whatever_their_email() -> None:
    assert Mapper(Rules(people=People(map={ANNA.email: ""})), WORDS).person(ANNA) == ""


def test_a_rule_for_a_person_beats_their_email() -> None:
    rules = Rules(people=People(map={ANNA.email: "boris"}))
    assert Mapper(rules, WORDS).person(ANNA) == "u2"


def test_people_not_found_are_named_in_the_text_and_told() -> None:
    applied = apply(Rules(), task(author=ANNA, assignees=(ANNA, STRANGER)))
    assert [who.target for who in applied.entity.assignees] == ["u1", ""]
    assert applied.lines == (("assignees", "Zoe"),)
    assert [(one.code, one.field) for one in applied.issues] == [("person-unmatched", "assignees")]


def test_the_fallback_stands_in_for_who_wrote_and_for_nobody_else() -> None:
    rules = Rules(people=People(fallback="Chief"))
    entity = apply(rules, task(author=STRANGER, assignees=(STRANGER,), followers=(STRANGER,))).entity
    assert entity.author.target == "u3"
    assert [who.target for who in (*entity.assignees, *entity.followers)] == ["", ""]
    assert apply(rules, project(manager=STRANGER)).entity.manager.target == "u3"
    assert apply(rules, cost(person=STRANGER)).entity.person.target == "u3"


def test_the_fallback_does_not_hide_who_it_was() -> None:
    applied = apply(Rules(people=People(fallback="Chief")), comment(author=STRANGER))
    assert ("author", "Zoe") in applied.lines
    assert applied.issues


def test_who_put_a_file_there_is_not_told_twice() -> None:
    assert apply(Rules(), file(author=STRANGER)).lines == ()


def test_a_status_goes_by_its_own_line_then_by_the_star() -> None:
    rules = Rules(status={"task": {"active": "In work", "*": "New"}})
    assert apply(rules, task(status="active")).entity.status == "In work"
    assert apply(rules, task(status="other")).entity.status == "New"


def test_what_is_closed_has_a_line_of_its_own_before_the_star() -> None:
    rules = Rules(status={"task": {"cancelled": "New", "closed": "Done", "*": "In work"}})
    assert apply(rules, task(status="whatever", done=True)).entity.status == "Done"
    assert apply(rules, task(status="cancelled", done=True)).entity.status == "New"
    assert apply(rules, task(status="whatever")).entity.status == "In work"


def test_a_status_without_a_line_is_told() -> None:
    applied = apply(Rules(status={"task": {"active": "In work"}}), task(status="odd"))
    assert applied.entity.status == ""
    assert [one.code for one in applied.issues] == ["status-unmapped"]


def test_a_status_that_goes_with_all_the_rest_is_told() -> None:
    rules = Rules(status={"task": {"active": "New", "*": "In work"}})
    (told,) = apply(rules, task(status="waiting")).issues
    assert (told.code, told.field, told.reach) == ("status-coarse", "status", Reach.NOTE)
    assert "'waiting' becomes 'In work'" in told.detail
    assert apply(rules, task(status="active")).issues == ()
    assert apply(rules, task(status="In work")).issues == ()


def test_a_status_label_says_more_than_open() -> None:
    rules = Rules(status={"task": {"active": "New", "Building": "In work", "done": "Done"}})
    labelled = task(status="active", tags=(Label(title="Building", group="Stage"),))
    assert apply(rules, labelled).entity.status == "In work"


def test_a_closed_task_is_done_whatever_its_label_says() -> None:
    rules = Rules(status={"task": {"done": "Done", "Building": "In work"}})
    closed = task(status="done", done=True, tags=(Label(title="Building", group="Stage"),))
    assert apply(rules, closed).entity.status == "Done"


@pytest.mark.parametrize(
    ("number", "word"), [(0, "Low"), (3, "Low"), (4, "Normal"), (6, "Normal"), (7, "High"), (10, "High")]
)
def test_a_priority_is_the_highest_threshold_not_above_it(number: int, word: str) -> None:
    rules = Rules(priority={"7": "High", "0": "Low", "4": "Normal"})
    assert apply(rules, task(priority=number)).entity.priority_name == word


def test_thresholds_are_numbers_and_not_text() -> None:
    rules = Rules(priority={"0": "Low", "10": "High", "9": "Normal"})
    assert apply(rules, task(priority=10)).entity.priority_name == "High"


def test_a_priority_below_every_threshold_has_no_word() -> None:
    assert apply(Rules(priority={"5": "High"}), task(priority=1)).entity.priority_name == ""


def test_a_priority_made_coarser_is_told_and_one_on_its_threshold_is_not() -> None:
    rules = Rules(priority={"0": "Low", "7": "High"})
    assert [one.code for one in apply(rules, task(priority=8)).issues] == ["priority-coarse"]
    assert apply(rules, task(priority=7)).issues == ()


def test_no_priority_stays_no_priority() -> None:
    assert apply(Rules(priority={"0": "Low"}), task()).entity.priority_name == ""


def test_tags_go_to_the_field_of_their_set_and_the_rest_stay_tags() -> None:
    rules = Rules(tags={"task": {"Stage": "Stage"}})
    design, build = Label(title="Design", group="Stage"), Label(title="Build", group="Stage")
    other = Label(title="urgent", group="Kind")
    entity = apply(rules, task(tags=(design, other, build))).entity
    assert entity.fields == {"Stage": ("Design", "Build")}
    assert entity.tags == (other,)


def test_tags_sent_nowhere_are_gone_without_a_line() -> None:
    applied = apply(Rules(tags={"task": {"*": ""}}), task(tags=(Label(title="urgent", group="Kind"),)))
    assert (applied.entity.tags, applied.entity.fields, applied.lines) == ((), {}, ())


def test_a_label_the_target_does_not_offer_is_told() -> None:
    rules = Rules(tags={"task": {"Stage": "Stage"}})
    applied = apply(rules, task(tags=(Label(title="Demolish", group="Stage"),)))
    assert [(one.code, one.field) for one in applied.issues] == [("option-unknown", "Stage")]


def test_a_field_goes_to_the_one_of_its_rule_else_of_its_name_else_into_the_text() -> None:
    rules = Rules(fields={"task": {"Region": "Area", "Secret": ""}})
    applied = apply(rules, task(fields={"Region": "North", "Budget": "5", "Odd": ("a", "b"), "Secret": "x"}))
    assert applied.entity.fields == {"Area": "North", "Budget": "5"}
    assert applied.lines == (("Odd", "a, b"),)


def test_a_plan_goes_to_the_field_of_its_rule_and_is_then_no_plan_any_more() -> None:
    rules = Rules(fields={"task": {"plan_money": "Budget"}})
    entity = apply(rules, task(plan_money=Decimal("12.50"), plan_minutes=90)).entity
    assert (entity.fields, entity.plan_money, entity.plan_minutes) == ({"Budget": "12.50"}, None, 90)


def test_two_fields_sent_to_one_are_both_kept_or_told() -> None:
    rules = Rules(fields={"task": {"Region": "Area", "District": "Area"}})
    applied = apply(rules, task(fields={"Region": "North", "District": "Left bank"}))
    kept = str(applied.entity.fields) + str(applied.lines) + str(applied.issues)
    assert "North" in kept
    assert "Left bank" in kept


def test_a_group_goes_by_its_rule_else_by_its_name() -> None:
    rules = Rules(groups={"Old": "Sites"})
    assert apply(rules, project(group="Old")).entity.group == "Sites"
    assert apply(rules, project(group="Sites")).lines == ()


def test_a_cost_is_told_where_the_target_keeps_time_and_money() -> None:
    rules = Rules(costs=Costs(time={"tag": "Time", "day": "Day"}, money={"tag": "Money"}))
    entity = apply(rules, cost()).entity
    assert (entity.time_in, entity.money_in) == (rules.costs.time, rules.costs.money)


def test_what_the_user_leaves_out_is_as_if_it_never_was() -> None:
    rules = Rules(leave_out=["task.priority", "task.fields", "comment.author"])
    entity = apply(rules, task(priority=5, fields={"Area": "North"}, author=ANNA)).entity
    assert (entity.priority, entity.fields) == (None, {})
    assert entity.author is not None
    assert apply(rules, comment(author=ANNA)).entity.author is None


def test_what_the_user_leaves_out_is_not_told_as_lost() -> None:
    rules = Rules(leave_out=["task.fields", "task.assignees", "task.priority"], priority={"0": "Low"})
    applied = apply(rules, task(priority=5, fields={"Odd": "x"}, assignees=(STRANGER,)))
    assert (applied.lines, applied.issues) == ((), ())
    assert applied.entity.priority_name == ""


def test_applying_changes_nothing_in_what_it_was_given() -> None:
    given = task(author=ANNA, fields={"Area": "North"}, tags=(Label(title="Build", group="Stage"),))
    before = msgspec.json.encode(given)
    apply(Rules(tags={"task": {"*": "Stage"}}), given)
    assert msgspec.json.encode(given) == before
