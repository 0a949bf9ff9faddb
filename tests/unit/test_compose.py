"""The text as the target will show it: who wrote it and when, what has no field, where it came from, and links that lead on."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from migrator.mapping import Texts
from migrator.model import Label, Ref, Relation, Text, Who
from migrator.pipeline.compose import Composer
from tests.world import ANNA, MOMENT, comment, ref, task

OLD = "https://old.test/task/2"


def composer(texts: Texts | None = None, there: dict[Ref, str] | None = None) -> Composer:
    def named(what: Ref) -> tuple[str, str]:
        return ("Dig & pour", OLD) if what == ref("task:2") else ("Roof", "")

    return Composer(texts or Texts(), ZoneInfo("Europe/Kyiv"), (there or {}).get, named)


def test_a_header_names_author_and_moment_in_the_users_time_zone() -> None:
    composed = composer().compose(comment(author=ANNA), header=True, lines=(), provenance=False)
    assert composed.html == "<p><b>Anna Bond, 2024-03-01 11:00:</b></p>Comment 1"


def test_a_header_without_author_or_moment_says_so() -> None:
    composed = composer().compose(comment(created=None), header=True, lines=(), provenance=False)
    assert composed.html.startswith("<p><b>nobody, unknown:</b></p>")


def test_a_header_is_the_users_own() -> None:
    texts = Texts(header="Написал {author} {created}")
    composed = composer(texts).compose(comment(author=ANNA), header=True, lines=(), provenance=False)
    assert composed.html.startswith("<p><b>Написал Anna Bond 2024-03-01 11:00</b></p>")


def test_a_name_cannot_smuggle_markup_into_the_header() -> None:
    author = Who(id="1", name="<script>alert(1)</script> {created}")
    composed = composer().compose(comment(author=author), header=True, lines=(), provenance=False)
    assert "<script>" not in composed.html
    assert "{created}" in composed.html


def test_lines_stand_in_one_block_at_the_end_under_the_users_labels() -> None:
    texts = Texts(labels={"plan_minutes": "План, мин"})
    lines = [("plan_minutes", "90"), ("Cost & co", "5")]
    composed = composer(texts).compose(task(text=Text(html="<p>Body</p>")), header=False, lines=lines, provenance=False)
    assert composed.html == "<p>Body</p><p>План, мин: 90<br>Cost &amp; co: 5</p>"


def test_a_field_without_a_label_of_its_own_is_named_in_words() -> None:
    assert composer().label("plan_minutes") == "plan minutes"


def test_provenance_is_the_last_line_and_leads_to_the_source() -> None:
    entity = task(url="https://old.test/?a=1&b=2")
    composed = composer().compose(entity, header=False, lines=[("hidden", "yes")], provenance=True)
    address = "https://old.test/?a=1&amp;b=2"
    assert composed.html == f'<p>hidden: yes<br><a href="{address}">{address}</a></p>'


def test_provenance_stays_away_where_the_user_wants_none_or_there_is_no_address() -> None:
    silent = composer(Texts(provenance=""))
    assert silent.compose(task(url=OLD), header=False, lines=(), provenance=True).html == ""
    assert composer().compose(task(), header=False, lines=(), provenance=True).html == ""


def test_provenance_stands_in_the_users_words() -> None:
    composed = composer(Texts(provenance="Было <тут>: {url}")).compose(task(url=OLD), False, (), provenance=True)
    assert composed.html == f'<p>Было &lt;тут&gt;: <a href="{OLD}">{OLD}</a></p>'


def test_links_stay_as_written_until_they_are_relinked() -> None:
    text = Text(html=f'<a href="{OLD}">it</a>', links={OLD: ref("task:2")})
    whole = composer(there={ref("task:2"): "https://new.test/2"})
    composed = whole.compose(task(text=text), header=False, lines=(), provenance=False)
    assert composed.html == text.html
    assert whole.relinked(composed).html == '<a href="https://new.test/2">it</a>'


def test_links_to_what_is_not_there_go_on_leading_to_the_source() -> None:
    text = Text(html=f'<a href="{OLD}">it</a>', links={OLD: ref("task:2")})
    assert composer().relinked(text).html == text.html
    assert composer().unresolved(task(text=text)) == (ref("task:2"),)


def test_the_other_end_of_a_relation_is_a_link_that_is_relinked_too() -> None:
    relation = Relation(type="finish-to-start", other=ref("task:2"))
    whole = composer(there={ref("task:2"): "https://new.test/2"})
    lines = [("relations", whole.shown((relation,)))]
    composed = whole.compose(task(relations=(relation,)), header=False, lines=lines, provenance=False)
    assert f'finish-to-start <a href="{OLD}">Dig &amp; pour</a>' in composed.html
    assert 'href="https://new.test/2"' in whole.relinked(composed).html


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (ANNA, "Anna Bond"),
        ((ANNA, Who(id="2", name="<B>")), "Anna Bond, &lt;B&gt;"),
        (Label(title="urgent", group="Kind"), "Kind: urgent"),
        (Label(title="urgent"), "urgent"),
        (MOMENT, "2024-03-01 11:00"),
        (date(2024, 3, 1), "2024-03-01"),
        (Decimal("12.50"), "12.50"),
        (90, "90"),
        (True, "yes"),
        ({"Area": "North", "Stages": ("a", "b")}, "Area: North, Stages: a, b"),
        ("a < b", "a &lt; b"),
        (Relation(type="related", other=ref("task:9")), "related Roof"),
    ],
)
def test_every_value_is_shown_for_people(value: object, shown: str) -> None:
    assert composer().shown(value) == shown


def test_a_moment_is_not_shown_as_a_day() -> None:
    assert isinstance(MOMENT, datetime)
    assert ":" in composer().shown(MOMENT)
