"""Fill: a mapping file filled in from what both accounts call things; what the user has written stays as it is.

What is known for certain becomes a line. What is not becomes a commented line, with the target's words to choose from.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import tomlkit

from migrator.draft.sheet import Sheet, holds
from migrator.model import Field, Group, Kind, Person, Tag, Who
from migrator.vendor import Vocabulary

_LIKE = 0.8  # how alike two names must be to be offered as one
_OF = (Kind.PROJECT, Kind.TASK)

# Words by which people name the fields of a cost and of a plan, in English, Russian and Ukrainian.
_COST_ROLES = {
    "day": r"day|date|дата|день",
    "time": r"time|period|duration|hours|время|период|длительн|часы|^час$|тривал|період",
    "money": r"money|amount|sum|cost|сумма|деньги|стоимост|сума|гроші|вартіст",
    "person": r"person|employee|user|who|сотрудник|исполнитель|кто|співробітник|працівник|виконав",
    "text": r"text|comment|note|description|коммент|описание|примечан|комент|опис|приміт",
}
_PLANS = {
    "plan_minutes": r"(plan|estimat|план|оцен|оцін).*(min|мин|хв)",
    "plan_money": r"budget|plan.*(money|cost)|бюджет|план.*(деньги|гроші|сумм|сум)",
}


@dataclass(frozen=True)
class Said:
    """What the source calls things. `statuses`: of projects and tasks, as far as they were read; `named`: people that records name."""

    people: tuple[Person, ...] = ()
    named: tuple[Who, ...] = ()
    groups: tuple[Group, ...] = ()
    tags: tuple[Tag, ...] = ()
    fields: tuple[Field, ...] = ()
    statuses: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """A mapping file's new text; `added`: what was filled in, as `table.key`; `open`: what nobody but the user can decide."""

    text: str
    added: tuple[str, ...]
    open: tuple[str, ...]


def draft(old: str, said: Said, words: Vocabulary, *, edited: bool) -> Draft:
    """Fill in a mapping. Pure. `old`: the text to start from; `edited`: it is the user's, so nothing in it is changed.

    Raises ValueError for a text that is no TOML, or written in a form that cannot be added to without harm.
    """
    sheet = Sheet(tomlkit.parse(old))
    if not edited:
        _drop_unknown(sheet, words)
    _fill_people(sheet, said, words)
    for kind in _OF:
        _fill_statuses(sheet, said, words, kind)
        _fill_tags(sheet, said, words, kind)
        _fill_fields(sheet, said, words, kind)
    _fill_priority(sheet, words)
    _fill_groups(sheet, said, words)
    _fill_costs(sheet, words)
    text = tomlkit.dumps(sheet.document)
    if edited and not holds(tomllib.loads(text), tomllib.loads(old)):
        raise ValueError(
            "dotted and inline tables are mixed so that nothing can be added; give each table its own [header]"
        )
    return Draft(text, tuple(sheet.added), tuple(sheet.open))


# -- what the start names and this target does not have ---------------------------------------------------------------


def _drop_unknown(sheet: Sheet, words: Vocabulary) -> None:
    """The ready mapping speaks of a usual account; where this one differs, its lines become questions."""
    known: dict[str, Iterable[str]] = {"priority": words.priorities, "groups": words.there.get(Kind.GROUP, {})}
    for kind in _OF:
        known[f"status.{kind}"] = words.statuses.get(kind, {})
        known[f"tags.{kind}"] = known[f"fields.{kind}"] = words.fields.get(kind, {})
    for path, names in known.items():
        table = sheet.table(path)
        for key, value in [(key, value) for key, value in table.items() if value and value not in names]:
            table.remove(key)
            sheet.ask(path, key, str(value), 'the target has no such word; choose one of its own, or "" to leave out')


# -- table by table -----------------------------------------------------------------------------------------------------


def _fill_people(sheet: Sheet, said: Said, words: Vocabulary) -> None:
    there = {**words.there.get(Kind.CONTACT, {}), **words.there.get(Kind.PERSON, {})}
    listed = [Who(id=one.ref.id, name=one.name, email=one.email) for one in said.people]
    lost: dict[str, Who] = {}
    for who in (*listed, *said.named):
        if who.email.lower() in there:
            continue
        if who.name in there:
            sheet.fill("people.map", who.email or who.name, who.name, "by name")
        else:
            lost.setdefault(who.email or who.name, who)
    if lost:
        sheet.choose("people.map", sorted(name for name in there if "@" in name))
    for key, who in lost.items():
        sheet.ask("people.map", key, "", f"{who.name}: nobody in the target has this e-mail or name")


def _fill_statuses(sheet: Sheet, said: Said, words: Vocabulary, kind: Kind) -> None:
    path, names = f"status.{kind}", words.statuses.get(kind, {})
    if not names:
        return
    labels = [tag.title for tag in said.tags if tag.status and tag.of is kind]
    sheet.choose(path, names)
    for word in dict.fromkeys((*said.statuses.get(kind, ()), *labels)):
        if same := _equal(word, names):
            sheet.fill(path, word, same, "by name")
        else:
            what = "a status tag of the source" if word in labels else "a status of the source"
            sheet.ask(path, word, "", f"{what}; which of the target's?")


def _fill_tags(sheet: Sheet, said: Said, words: Vocabulary, kind: Kind) -> None:
    path = f"tags.{kind}"
    types = words.field_types.get(kind, {})
    sets = [name for name in words.fields.get(kind, {}) if types.get(name) == "set"]
    titles: dict[str, set[str]] = {}
    for tag in said.tags:
        if tag.of is kind:
            titles.setdefault(tag.group, set()).add(tag.title)
    if titles:
        sheet.choose(path, sets)
    for group, labels in titles.items():
        if "*" in sheet.table(path):
            return
        if fitting := _equal(group, sets) or _holding(labels, sets, words.field_options.get(kind, {})):
            sheet.fill(path, group, fitting)
        elif sets:
            sheet.ask(path, group, sets[0], "a set of tags; without a line it becomes a line of the text")


def _fill_fields(sheet: Sheet, said: Said, words: Vocabulary, kind: Kind) -> None:
    path, names = f"fields.{kind}", words.fields.get(kind, {})
    types = words.field_types.get(kind, {})
    own = [one.title for one in said.fields if one.of is kind]
    if names:
        sheet.choose(path, names, types)
    for title in own:
        if title in names:
            continue  # equal names need no line
        if same := _equal(title, names):
            sheet.fill(path, title, same, "by name")
        elif names:
            near = difflib.get_close_matches(title, names, 1, _LIKE)
            sheet.ask(path, title, near[0] if near else "", "without a line it becomes a line of the text")
    for plan, pattern in _PLANS.items():
        numbers = [name for name in names if types.get(name) == "number"]
        if fitting := [name for name in numbers if re.search(pattern, name, re.IGNORECASE)]:
            sheet.fill(path, plan, fitting[0])


def _fill_priority(sheet: Sheet, words: Vocabulary) -> None:
    """Evenly over 0..10, unless there are steps already."""
    if not words.priorities or sheet.table("priority"):
        return
    for place, word in enumerate(words.priorities):
        sheet.fill("priority", str(round(place * 10 / len(words.priorities))), word)


def _fill_groups(sheet: Sheet, said: Said, words: Vocabulary) -> None:
    names = words.there.get(Kind.GROUP, {})
    lost = [group.title for group in said.groups if group.title not in names]
    for title in lost:
        if same := _equal(title, names):
            sheet.fill("groups", title, same, "by name")
    if unlike := [title for title in lost if not _equal(title, names)]:
        sheet.choose("groups", names)
        for title in unlike:
            sheet.ask("groups", title, "", "a folder of the source; without a line its name goes into the text")


def _fill_costs(sheet: Sheet, words: Vocabulary) -> None:
    """The container with the most of the fields that a cost needs, of which the amount is one."""
    for amount in ("time", "money"):
        path = f"costs.{amount}"
        if not words.cost_tags or "tag" in sheet.table(path):
            continue
        places = {tag: _roles(amount, fields) for tag, fields in words.cost_tags.items()}
        tag, roles = max(places.items(), key=lambda item: (amount in item[1], len(item[1])))
        sheet.choose(path, words.cost_tags)
        if amount not in roles:
            sheet.ask(path, "tag", "", f"where {amount} goes: none of the target's has a field for it by name")
            continue
        sheet.fill(path, "tag", tag)
        for role, name in roles.items():
            sheet.fill(path, role, name)


def _roles(amount: str, fields: Iterable[str]) -> dict[str, str]:
    """role -> field, by the words that people use for them; each field once."""
    found: dict[str, str] = {}
    for role in ("day", amount, "person", "text"):
        fitting = [name for name in fields if re.search(_COST_ROLES[role], name, re.IGNORECASE)]
        if free := [name for name in fitting if name not in found.values()]:
            found[role] = free[0]
    return found


# -- likeness -----------------------------------------------------------------------------------------------------------


def _equal(word: str, names: Iterable[str]) -> str:
    """The name that differs at most in letter case and spaces; "" = none."""
    return next((name for name in names if _folded(name) == _folded(word)), "")


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _holding(labels: set[str], sets: Iterable[str], options: Mapping[str, tuple[str, ...]]) -> str:
    """The set whose values hold at least half of the labels; "" = none."""
    shares = {name: len(labels & set(options.get(name, ()))) for name in sets}
    best = max(shares, key=lambda name: shares[name], default="")
    return best if best and shares[best] * 2 >= len(labels) and shares[best] else ""
