"""What becomes of an entity in a target of given powers: nothing is lost without a word, and nothing is decided by chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator import text
from migrator.mapping import Costs, Mapper, People, Rules, Texts
from migrator.model import Group, Kind, Label, Person, Reach, Ref, Relation, Tag, Text, Who
from migrator.pipeline.compose import Composer
from migrator.pipeline.transform import Action, Decision, Transform, mark
from migrator.vendor import Capabilities, Carry, Vocabulary
from migrator.vendors.memory import CAPABILITIES, NO_WORDS
from tests.world import ANNA, MOMENT, comment, company, cost, file, item, project, ref, task

STRANGER = Who(id="9", name="Zoe", email="zoe@acme.test")
OLD = "https://old.test/task/2"

# Every field of a task that is not its place, with a value that is not empty.
FULL_TASK = task(
    depth=1,
    text=Text(html="<p>Body</p>"),
    status="active",
    done=True,
    closed=MOMENT + timedelta(days=1),
    start=date(2024, 3, 1),
    start_at=MOMENT,
    due=date(2024, 3, 9),
    due_at=MOMENT + timedelta(days=8),
    author=STRANGER,
    assignees=(STRANGER,),
    anyone=True,
    followers=(STRANGER,),
    hidden=True,
    priority=7,
    tags=(Label(title="urgent", group="Kind"),),
    fields={"Area": "North"},
    plan_minutes=90,
    plan_money=Decimal("12.50"),
    relations=(Relation(type="finish-to-start", other=ref("task:2")),),
    url="https://old.test/task/1",
)


def carrying(kind: Kind, **carries: Carry) -> Capabilities:
    """Memory's powers, but for some fields of one kind."""
    fields = {**CAPABILITIES.fields, kind: {**CAPABILITIES.fields[kind], **carries}}
    return replace(CAPABILITIES, fields=fields)


def transform(
    capabilities: Capabilities = CAPABILITIES,
    rules: Rules | None = None,
    words: Vocabulary = NO_WORDS,
    there: Mapping[Ref, str] | None = None,
) -> Transform:
    rules = rules or Rules(people=People(create=True))

    def named(what: Ref) -> tuple[str, str]:
        return (f"Title of {what}", "")

    composer = Composer(rules.text, ZoneInfo("UTC"), dict(there or {}).get, named)
    return Transform(Mapper(rules, words), capabilities, words, composer, "memory old")


# A target that knows all that a full task names, so that what is told is told for want of a field.
KNOWING = replace(NO_WORDS, there={Kind.PERSON: {STRANGER.email: "u9"}}, fields={Kind.TASK: {"Area": "f1"}})


def codes(decision: Decision) -> list[tuple[str, str]]:
    return [(issue.code, issue.field) for issue in decision.issues]


def html(decision: Decision) -> str:
    assert not isinstance(decision.entity, Person)
    return decision.entity.text.html


# -- every field is accounted for --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in CAPABILITIES.fields[Kind.TASK] if name != "priority_name"])
@pytest.mark.parametrize("carry", [Carry.TEXT, Carry.LOST])
def test_a_task_field_the_target_lacks_is_in_the_text_or_told(name: str, carry: Carry) -> None:
    rules = Rules(status={"task": {"*": "New"}})
    bare = transform(rules=rules, words=KNOWING).decide(FULL_TASK)
    decided = transform(carrying(Kind.TASK, **{name: carry}), rules, KNOWING).decide(FULL_TASK)
    if carry is Carry.LOST:
        assert ("field-lost", name) in codes(decided)
    elif name not in ("text", "title"):
        assert html(decided) != html(bare)


@pytest.mark.parametrize("name", ["author", "created"])
def test_author_and_date_without_a_field_stand_in_the_header(name: str) -> None:
    decided = transform(carrying(Kind.COMMENT, **{name: Carry.TEXT})).decide(comment(author=ANNA))
    assert html(decided).startswith("<p><b>Anna Bond, 2024-03-01 09:00:</b></p>")


def test_a_header_comes_where_the_target_does_not_know_the_author() -> None:
    assert html(transform().decide(comment(author=STRANGER))).startswith("<p><b>Zoe, ")


def test_no_header_comes_where_author_and_date_are_native() -> None:
    words = replace(NO_WORDS, there={Kind.PERSON: {ANNA.email: "u1"}})
    assert html(transform(words=words).decide(comment(author=ANNA))) == "Comment 1"


def test_mapped_fields_go_where_the_mapping_sends_them_and_else_into_the_text() -> None:
    words = replace(NO_WORDS, fields={Kind.TASK: {"Area": "f1", "Kinds": "f2"}})
    rules = Rules(tags={"task": {"Kind": "Kinds"}})
    can = carrying(Kind.TASK, fields=Carry.MAPPED, tags=Carry.MAPPED)
    tags = (Label(title="urgent", group="Kind"), Label(title="loud", group="Other"))
    decided = transform(can, rules, words).decide(task(fields={"Area": "North", "Odd": "x"}, tags=tags))
    assert decided.entity.fields == {"Area": "North", "Kinds": ("urgent",)}
    assert "Odd: x" in html(decided)
    assert "tags: Other: loud" in html(decided)
    assert "North" not in html(decided)
    assert "urgent" not in html(decided)


def test_what_has_no_text_of_its_own_tells_what_it_loses() -> None:
    person = Person(ref=ref("person:1"), name="Anna", position="Chief", role="admin")
    can = carrying(Kind.PERSON, position=Carry.TEXT, role=Carry.LOST)
    assert codes(transform(can).decide(person)) == [("field-lost", "role"), ("field-lost", "position")]


def test_nothing_empty_is_told_as_lost() -> None:
    lost = dict.fromkeys(set(CAPABILITIES.fields[Kind.TASK]) - {"depth"}, Carry.LOST)
    decided = transform(carrying(Kind.TASK, **lost)).decide(task(created=None))
    assert codes(decided) == [("field-lost", "title")]


def test_a_cost_keeps_what_it_loses_in_its_text() -> None:
    can = carrying(Kind.COST, person=Carry.TEXT)
    words = replace(NO_WORDS, there={Kind.PERSON: {ANNA.email: "u1"}})
    decided = transform(can, words=words).decide(cost(person=ANNA, text="Dug"))
    assert decided.entity.text == "Dug; person: Anna Bond"


def test_a_cost_of_an_unknown_person_names_them_once() -> None:
    decided = transform(carrying(Kind.COST, person=Carry.TEXT)).decide(cost(person=STRANGER))
    assert decided.entity.text.count("Zoe") == 1


def test_an_assignee_nobody_knows_is_named_once() -> None:
    decided = transform(carrying(Kind.TASK, assignees=Carry.TEXT)).decide(task(assignees=(STRANGER,)))
    assert html(decided).count("Zoe") == 1


# -- titles and texts --------------------------------------------------------------------------------------------------


def test_a_title_too_long_is_shortened_told_and_whole_in_the_text() -> None:
    title = "Roof " * 20
    decided = transform(replace(CAPABILITIES, title_limit=30)).decide(task(title=title))
    assert len(decided.entity.title) <= 30
    assert ("title-shortened", "title") in codes(decided)
    assert title.strip() in html(decided)


def test_a_title_that_just_fits_is_left_alone() -> None:
    decided = transform(replace(CAPABILITIES, title_limit=4)).decide(task(title="Roof"))
    assert (decided.entity.title, decided.issues) == ("Roof", ())


LIMITED = replace(CAPABILITIES, text_limit=10_000)


def test_a_text_too_long_goes_on_in_comments_and_loses_nothing() -> None:
    words = [f"word{number}" for number in range(6000)]
    long = task(text=Text(html=f"<p>{' '.join(words)}</p>"), author=ANNA)
    decided = transform(LIMITED).decide(long)
    pieces = [html(decided), *(one.text.html for one in decided.more)]
    assert len(pieces) > 4
    assert all(len(piece.encode()) <= 10_000 for piece in pieces)
    assert set(words) <= set(text.to_plain(" ".join(pieces)).split())
    assert ("text-continued", "text") in codes(decided)


def test_continuations_hang_on_the_entity_with_its_author_and_moment() -> None:
    long = task(text=Text(html="<p>word</p>" * 3000), author=ANNA)
    more = transform(LIMITED).decide(long).more
    assert {one.on for one in more} == {long.ref}
    assert {(one.author, one.created) for one in more} == {(long.author, long.created)}
    assert len({one.ref for one in more}) == len(more)


def test_a_long_comment_goes_on_where_it_hangs() -> None:
    long = comment(text=Text(html="<p>word</p>" * 3000), hidden=True)
    more = transform(LIMITED).decide(long).more
    assert {(one.on, one.hidden) for one in more} == {(long.on, True)}


def test_continuations_decided_like_any_comment_still_fit() -> None:
    can = replace(carrying(Kind.COMMENT, author=Carry.TEXT, created=Carry.TEXT), text_limit=10_000)
    work = transform(can)
    for one in work.continuations(comment(text=Text(html="<p>слово</p>" * 3000), author=STRANGER)):
        decided = work.decide(one)
        assert len(html(decided).encode()) <= 10_000
        assert decided.more == ()


def test_continuations_are_those_of_the_decision() -> None:
    long = task(text=Text(html="<p>word</p>" * 3000))
    work = transform(LIMITED)
    assert work.continuations(long) == work.decide(long).more
    assert work.continuations(task()) == ()


def test_a_short_text_with_many_lines_goes_on_too() -> None:
    """What the target has no field for can be longer than the text itself."""
    can = replace(carrying(Kind.TASK, fields=Carry.TEXT), text_limit=10_000)
    wordy = task(fields={f"Field {number}": "value " * 100 for number in range(50)})
    work = transform(can)
    assert work.decide(wordy).more != ()
    assert work.continuations(wordy) == work.decide(wordy).more


@given(st.sets(st.integers(0, 39)))
def test_where_a_text_is_cut_does_not_hang_on_which_links_resolve(there: set[int]) -> None:
    links = {f"https://old.test/{number}": ref(f"task:{number}") for number in range(40)}
    body = "".join(f'<p>{"word " * 100}<a href="{url}">{url}</a></p>' for url in links)
    long = task("99", text=Text(html=body, links=links))
    new = {ref(f"task:{number}"): f"https://new.test/a/much/longer/address/{number}" for number in there}
    none, some = transform(LIMITED).decide(long), transform(LIMITED, there=new).decide(long)
    assert [one.ref for one in some.more] == [one.ref for one in none.more]
    assert [text.to_plain(one.text.html).count("word") for one in some.more] == [
        text.to_plain(one.text.html).count("word") for one in none.more
    ]
    assert all(len(html(transform(LIMITED, there=new).decide(one)).encode()) <= 10_000 for one in some.more)


def test_links_in_a_continuation_are_relinked_as_in_any_comment() -> None:
    body = "<p>word</p>" * 2000 + f'<a href="{OLD}">it</a>'
    work = transform(LIMITED, there={ref("task:2"): "https://new.test/2"})
    [*_, last] = work.continuations(task(text=Text(html=body, links={OLD: ref("task:2")})))
    assert 'href="https://new.test/2"' in html(work.decide(last))


def test_a_link_to_what_was_not_moved_is_told() -> None:
    linking = task(text=Text(html=f'<a href="{OLD}">it</a>', links={OLD: ref("task:2")}))
    assert [one.code for one in transform().links_lost(linking)] == ["link-kept"]
    assert transform(there={ref("task:2"): "https://new.test/2"}).links_lost(linking) == ()


# -- match, skip, hold -------------------------------------------------------------------------------------------------

MATCHING = replace(CAPABILITIES, matches=frozenset({Kind.PERSON, Kind.GROUP, Kind.TAG}))
THERE = replace(
    NO_WORDS,
    there={Kind.PERSON: {"anna@acme.test": "u1"}, Kind.GROUP: {"Sites": "g1"}, Kind.TAG: {"urgent": "t1"}},
)


@pytest.mark.parametrize(
    ("entity", "target"),
    [
        (Person(ref=ref("person:1"), name="Anna", email="Anna@acme.test"), "u1"),
        (Group(ref=ref("group:1"), title="Sites"), "g1"),
        (Tag(ref=ref("tag:1"), title="urgent", group="Kind", of=Kind.TASK), "t1"),
    ],
)
def test_what_the_target_already_has_is_matched(entity: Any, target: str) -> None:
    decided = transform(MATCHING, words=THERE).decide(entity)
    assert (decided.action, decided.target) == (Action.MATCH, target)


def test_a_group_is_matched_by_the_name_the_mapping_gives_it() -> None:
    decided = transform(MATCHING, Rules(groups={"Old": "Sites"}), THERE).decide(Group(ref=ref("group:1"), title="Old"))
    assert (decided.action, decided.target) == (Action.MATCH, "g1")


def test_what_the_run_itself_made_is_not_matched_but_created_on() -> None:
    ours = replace(transform(MATCHING, words=THERE), is_ours=lambda _: True)
    assert ours.decide(Group(ref=ref("group:1"), title="Sites")).action is Action.CREATE


def test_people_are_not_created_unless_the_user_asks_for_it() -> None:
    stranger = Person(ref=ref("person:9"), name="Zoe")
    assert transform(rules=Rules()).decide(stranger).action is Action.SKIP
    assert transform(rules=Rules(people=People(create=True))).decide(stranger).action is Action.CREATE


def test_a_kind_the_target_does_not_know_is_skipped_and_told() -> None:
    can = replace(CAPABILITIES, creates=CAPABILITIES.creates - {Kind.CHECKITEM})
    decided = transform(can).decide(item())
    assert (decided.action, codes(decided)) == (Action.SKIP, [("not-there", "")])
    assert decided.note


@pytest.mark.parametrize(
    ("can", "entity", "code"),
    [
        (
            replace(CAPABILITIES, hangs_on={Kind.FILE: frozenset({Kind.TASK})}),
            file(on="project:1"),
            "owner-unsupported",
        ),
        (replace(CAPABILITIES, empty_files=False), file(size=0), "file-empty"),
        (replace(CAPABILITIES, file_limit=10), file(size=11), "file-too-large"),
        (replace(CAPABILITIES, checklist_limit=2), item(3), "checklist-full"),
    ],
)
def test_what_the_target_cannot_take_is_held_and_told(can: Capabilities, entity: Any, code: str) -> None:
    decided = transform(can).decide(entity)
    assert decided.action is Action.HOLD
    assert [(one.code, one.reach) for one in decided.issues] == [(code, Reach.BLOCKER)]
    assert transform().decide(entity).action is Action.CREATE


@pytest.mark.parametrize(
    ("can", "entity"),
    [
        (replace(CAPABILITIES, file_limit=10), file(size=10)),
        (replace(CAPABILITIES, checklist_limit=2), item(2)),
        (replace(CAPABILITIES, empty_files=False), file(size=None)),
    ],
)
def test_what_just_fits_is_created(can: Capabilities, entity: Any) -> None:
    assert transform(can).decide(entity).action is Action.CREATE


@pytest.mark.parametrize(
    ("given_cost", "rules", "action"),
    [
        (cost(minutes=5), Rules(costs=Costs(time={"tag": "Time"})), Action.CREATE),
        (cost(minutes=5), Rules(costs=Costs(money={"tag": "Time"})), Action.HOLD),
        (cost(minutes=0, money=Decimal(5)), Rules(costs=Costs(time={"tag": "Time"})), Action.HOLD),
        (cost(minutes=0, money=Decimal(5)), Rules(costs=Costs(money={"tag": "Time"})), Action.CREATE),
        (cost(minutes=5, money=Decimal(5)), Rules(costs=Costs(time={"tag": "Time"})), Action.HOLD),
    ],
)
def test_a_cost_without_a_place_is_held(given_cost: Any, rules: Rules, action: Action) -> None:
    words = replace(NO_WORDS, cost_tags={"Time": {}})
    assert transform(rules=rules, words=words).decide(given_cost).action is action


# -- marks and purity --------------------------------------------------------------------------------------------------


def test_a_mark_is_the_same_in_every_run_and_never_shared() -> None:
    assert mark("old", ref("task:1"), "create") == "8d4d3a8a-960d-5ec8-a3ce-05706d34a5e0"
    others = {
        mark("old", ref("task:2"), "create"),
        mark("old", ref("comment:1"), "create"),
        mark("old", ref("task:1"), "comment"),
        mark("new", ref("task:1"), "create"),
        mark("old", ref("task:1"), "create"),
    }
    assert len(others) == 5


def test_a_verbatim_target_takes_everything_as_it_is() -> None:
    keeping = transform(replace(CAPABILITIES, verbatim=True))
    for entity in [*company(), FULL_TASK]:
        assert keeping.decide(entity) == Decision(Action.CREATE, entity)


@pytest.mark.parametrize("entity", [*company(), FULL_TASK], ids=lambda entity: str(entity.ref))
def test_deciding_twice_gives_the_same(entity: Any) -> None:
    work = transform(replace(LIMITED, title_limit=3), Rules(text=Texts(labels={"url": "Where"})))
    assert work.decide(entity) == work.decide(entity)


def test_a_group_the_target_neither_has_nor_can_make_is_named_in_the_text() -> None:
    elsewhere = project(group="Elsewhere")
    without = replace(CAPABILITIES, creates=CAPABILITIES.creates - {Kind.GROUP})
    there = replace(NO_WORDS, there={Kind.GROUP: {"Elsewhere": "g1"}})

    def shown(capabilities: Capabilities, words: Vocabulary = NO_WORDS) -> bool:
        decided = transform(capabilities, words=words).decide(elsewhere).entity
        return "Elsewhere" in decided.text.html

    assert shown(without)
    assert not shown(without, there)
    assert not shown(CAPABILITIES)


def test_a_file_that_cannot_keep_its_name_is_told() -> None:
    decided = transform().decide(file(name="../../etc/passwd"))
    assert [(issue.code, issue.field) for issue in decided.issues] == [("file-renamed", "name")]
    assert "'passwd'" in decided.issues[0].detail
    assert transform().decide(file(name="plan.pdf")).issues == ()


def test_how_a_text_is_set_is_told_where_texts_are_plain() -> None:
    plain = transform(replace(CAPABILITIES, plain=frozenset({Kind.COMMENT})))
    told = [issue.code for issue in plain.decide(comment(text=Text(html="<p><b>Bold</b></p>"))).issues]
    assert told == ["text-plain"]
    assert plain.decide(comment(text=Text(html="<p>Words<br>in lines</p>"))).issues == ()
    assert transform().decide(comment(text=Text(html="<b>Bold</b>"))).issues == ()
