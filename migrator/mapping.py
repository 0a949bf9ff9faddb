"""The user's rules (mappings/*.toml), read, checked against the target's words, and applied to one entity."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from migrator.errors import InputWrong
from migrator.model import ENTITY_TYPES, Cost, Entity, File, Issue, Kind, Label, Project, Reach, Task, Value, Who
from migrator.vendor import Vocabulary

ANY = "*"  # the key of a table that stands for all names it does not list
CLOSED = "closed"  # in [status.*]: stands, before ANY, for whatever is closed or archived
LEAVE_OUT = ""  # a rule's right side: do not move this
_ROLES = frozenset({"tag", "day", "person", "time", "money", "text"})
_WITH_WORDS = frozenset({Kind.PROJECT, Kind.TASK})  # kinds whose words have tables
_LEAVABLE = frozenset(
    f"{kind}.{one.name}"
    for kind, entity in ENTITY_TYPES.items()
    for one in msgspec.structs.fields(entity)
    if not one.required
)


class People(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who stands for whom. `map`: e-mail, name or id in the source -> e-mail or name in the target."""

    fallback: str = ""
    create: bool = False
    map: dict[str, str] = {}


class Costs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where time and money go: "tag" and its fields by role (day, person, time or money, text)."""

    time: dict[str, str] = {}
    money: dict[str, str] = {}

    def __post_init__(self) -> None:
        if unknown := sorted({*self.time, *self.money} - _ROLES):
            raise ValueError(f"costs: {', '.join(unknown)} is no role; write {', '.join(sorted(_ROLES))}")


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is added to texts. `labels` are the words for lines that stand for fields the target lacks."""

    header: str = "{author}, {created}:"
    provenance: str = "{url}"
    time_zone: str = ""  # of moments written into texts; "" = the source account's
    labels: dict[str, str] = {}

    def __post_init__(self) -> None:
        try:
            self.header.format(author="", created="")
        except (LookupError, ValueError) as error:
            raise ValueError(
                f"header: {error}; {{author}} and {{created}} stand for something, nothing else"
            ) from error
        try:
            ZoneInfo(self.time_zone or "UTC")
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"time_zone: {error}; write a name like Europe/Kyiv") from error


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping file. Tables by kind are keyed "project" and "task"."""

    people: People = People()
    status: dict[str, dict[str, str]] = {}
    priority: dict[str, str] = {}
    tags: dict[str, dict[str, str]] = {}
    fields: dict[str, dict[str, str]] = {}
    groups: dict[str, str] = {}
    costs: Costs = Costs()
    text: Texts = Texts()
    leave_out: list[str] = []  # "task.priority": fields the user does not want

    def __post_init__(self) -> None:
        tables = {"status": self.status, "tags": self.tags, "fields": self.fields}
        wrong = [
            f"[{name}.{kind}]: write {name}.project or {name}.task"
            for name in tables
            for kind in tables[name]
            if kind not in _WITH_WORDS
        ]
        wrong += [f"[priority] {key!r}: write a whole number, 0..10" for key in self.priority if not key.isdecimal()]
        wrong += [f"leave_out {name!r}: there is no such field" for name in self.leave_out if name not in _LEAVABLE]
        if wrong:
            raise ValueError("; ".join(wrong))


@dataclass(frozen=True)
class Applied:
    """An entity in the target's vocabulary; `lines` (label, value) hold what found no field there and is for people to read."""

    entity: Entity
    lines: tuple[tuple[str, str], ...] = ()
    issues: tuple[Issue, ...] = ()


def load(path: Path) -> Rules:
    """Read a mapping file. Raises InputWrong with the place of what is wrong."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Rules, strict=True)
    except OSError as error:
        raise InputWrong([f"{path}: cannot be read: {error.strerror}"]) from error
    except (msgspec.DecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputWrong([f"{path}: {error}{_nearest_key(str(error))}"]) from error


def _nearest_key(error: str) -> str:
    """What the key could have been, where the error is about one that there is not."""
    unknown = re.search(r"unknown field `(.*?)`", error)
    keys = [key.name for table in (Rules, People, Costs, Texts) for key in msgspec.structs.fields(table)]
    near = difflib.get_close_matches(unknown[1], keys, 3, 0.5) if unknown else []
    return f"; did you mean {', '.join(near)}?" if near else ""


def problems(rules: Rules, words: Vocabulary, where: str) -> list[str]:
    """Every name in the rules that the target does not know, each with the nearest that it does."""
    found: list[str] = []

    def known(table: str, key: str, name: str, names: Iterable[str], none: str = "the target has none") -> None:
        names = list(names)
        if name == LEAVE_OUT or name in names:
            return
        near = difflib.get_close_matches(name, names, 3, 0.4) or sorted(names)[:8]
        hint = f"write one of: {', '.join(near)}" if near else none
        found.append(f"{where}: [{table}] {key} = {name!r} is not in the target; {hint}")

    people = {**words.there.get(Kind.CONTACT, {}), **words.there.get(Kind.PERSON, {})}
    for key, name in {"fallback": rules.people.fallback, **rules.people.map}.items():
        known("people", key, name if name.lower() not in people else name.lower(), people)
    for kind_name, table in rules.status.items():
        for key, name in table.items():
            known(f"status.{kind_name}", key, name, words.statuses.get(Kind(kind_name), {}))
    for key, name in rules.priority.items():
        if words.priorities:
            known("priority", key, name, words.priorities)
    for section, tables in (("tags", rules.tags), ("fields", rules.fields)):
        for kind_name, table in tables.items():
            for key, name in table.items():
                known(f"{section}.{kind_name}", key, name, words.fields.get(Kind(kind_name), {}))
    for key, name in rules.groups.items():
        known("groups", key, name, words.there.get(Kind.GROUP, {}))
    for section, place in (("time", rules.costs.time), ("money", rules.costs.money)):
        if tag := place.get("tag"):
            tags = words.cost_tags or {}
            by_hand = f"the target has none: create it by hand, or empty [costs.{section}], and these costs are held"
            known(f"costs.{section}", "tag", tag, tags, by_hand)
            for role, name in place.items():
                if role != "tag" and tag in tags:
                    known(f"costs.{section}", role, name, tags[tag])
    return found


@dataclass
class Mapper:
    """Rules at work between one source and one target."""

    rules: Rules
    words: Vocabulary
    ours: frozenset[str] = frozenset()  # people the run itself made: who they stand for must not change on the way
    _people: dict[str, str] = field(init=False)
    _map: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        there = self.words.there
        people = {**there.get(Kind.CONTACT, {}), **there.get(Kind.PERSON, {})}
        self._people = {key: id for key, id in people.items() if id not in self.ours}
        self._map = {key.lower(): wanted for key, wanted in self.rules.people.map.items()}

    def person(self, who: Who) -> str:
        """The target's id for a person: by the map, then by e-mail; "" if neither knows them."""
        for key in (who.email.lower(), who.name.lower(), who.id.lower()):
            if key in self._map:
                wanted = self._map[key]
                return self._people.get(wanted.lower(), self._people.get(wanted, ""))
        return self._people.get(who.email.lower(), "") if who.email else ""

    @property
    def fallback(self) -> str:
        """The id that stands in for people not found; "" = none."""
        name = self.rules.people.fallback
        return self._people.get(name.lower(), self._people.get(name, "")) if name else ""

    def apply(self, entity: Entity) -> Applied:
        """The entity in the target's vocabulary. Pure."""
        entity, lines, issues = self._translate_people(self._leave_out(entity))
        match entity:
            case Task() | Project():
                entity, more_lines, more = self._translate_words(entity)
            case Cost():
                entity, more_lines, more = self._place_cost(entity), (), ()
            case _:
                more_lines, more = (), ()
        return Applied(self._leave_out(entity), lines + more_lines, issues + more)

    def _translate_people(self, entity: Entity) -> tuple[Entity, tuple[tuple[str, str], ...], tuple[Issue, ...]]:
        if isinstance(entity, File):
            return entity, (), ()  # who put a file there is told by what it hangs on
        changes: dict[str, object] = {}
        lines: list[tuple[str, str]] = []
        issues: list[Issue] = []
        for name in entity.__struct_fields__:
            value = getattr(entity, name)
            if isinstance(value, Who):
                people: tuple[Who, ...] = (value,)
            elif isinstance(value, tuple) and value and isinstance(value[0], Who):
                people = value
            else:
                continue
            placed = tuple(msgspec.structs.replace(who, target=self.person(who)) for who in people)
            lost = [who for who in placed if not who.target]
            if lost:
                names = ", ".join(who.name for who in lost)
                lines.append((name, names))
                detail = f"{names}: not found in the target; named in the text"
                issues.append(
                    Issue(ref=entity.ref, code="person-unmatched", field=name, detail=detail, reach=Reach.NOTE)
                )
                if self.fallback and name in ("author", "manager", "person"):
                    placed = tuple(w if w.target else msgspec.structs.replace(w, target=self.fallback) for w in placed)
            changes[name] = placed if isinstance(value, tuple) else placed[0]
        return msgspec.structs.replace(entity, **changes) if changes else entity, tuple(lines), tuple(issues)

    def _translate_words(
        self, entity: Task | Project
    ) -> tuple[Task | Project, tuple[tuple[str, str], ...], tuple[Issue, ...]]:
        kind = entity.ref.kind
        fields, lines, issues = self._translate_fields(entity, kind)
        rest: list[Label] = []
        for label in entity.tags:
            name = _rule(self.rules.tags.get(kind, {}), label.group)
            if name is None:
                rest.append(label)
            elif name != LEAVE_OUT:
                fields[name] = (*_many(fields.get(name)), label.title)
        for name, value in fields.items():
            issues += self._unknown_options(entity, kind, name, value)
        changes: dict[str, object] = {"fields": fields, "tags": tuple(rest), "status": self._status(entity, kind)}
        if entity.status and not changes["status"]:
            detail = f"[status.{kind}] has no line for {entity.status!r}; the target's own first status stands in"
            issues.append(Issue(ref=entity.ref, code="status-unmapped", field="status", detail=detail))
        elif entity.status not in ("", changes["status"], *self.rules.status.get(kind, {})):
            detail = f"{entity.status!r} becomes {changes['status']!r}: it has no line of its own in [status.{kind}]"
            issues.append(Issue(ref=entity.ref, code="status-coarse", field="status", detail=detail, reach=Reach.NOTE))
        for name in ("plan_minutes", "plan_money"):
            if getattr(entity, name) is not None and self.rules.fields.get(kind, {}).get(name):
                changes[name] = None
        if isinstance(entity, Task) and entity.priority is not None:
            changes["priority_name"] = word = self._priority(entity.priority)
            if word and str(entity.priority) not in self.rules.priority:
                detail = f"priority {entity.priority} of 10 becomes {word}"
                issues.append(
                    Issue(ref=entity.ref, code="priority-coarse", field="priority", detail=detail, reach=Reach.NOTE)
                )
        if isinstance(entity, Project):
            changes["group"] = self.rules.groups.get(entity.group, entity.group)
        return msgspec.structs.replace(entity, **changes), tuple(lines), tuple(issues)

    def _translate_fields(
        self, entity: Task | Project, kind: Kind
    ) -> tuple[dict[str, Value], list[tuple[str, str]], list[Issue]]:
        table = self.rules.fields.get(kind, {})
        fields: dict[str, Value] = {}
        lines: list[tuple[str, str]] = []
        planned = {"plan_minutes": entity.plan_minutes, "plan_money": entity.plan_money}
        for name, amount in planned.items():
            if amount is not None and table.get(name):
                fields[table[name]] = _plain(amount)
        for name, value in entity.fields.items():
            wanted = table.get(name, name if name in self.words.fields.get(kind, {}) else None)
            if wanted is None or wanted in fields:  # of two sent to one field the second is for people to read
                lines.append((name, ", ".join(_many(value))))
            elif wanted != LEAVE_OUT:
                fields[wanted] = value
        return fields, lines, []

    def _unknown_options(self, entity: Task | Project, kind: Kind, name: str, value: Value) -> list[Issue]:
        """A list label the target does not offer would be stored by some vendors and shown by none."""
        options = self.words.field_options.get(kind, {}).get(name)
        unknown = [each for each in _many(value) if options and each not in options]
        detail = f"{name}: {', '.join(unknown)} is not among the field's values; add it there, or map it"
        return (
            [Issue(ref=entity.ref, code="option-unknown", field=name, detail=detail, reach=Reach.NOTE)]
            if unknown
            else []
        )

    def _status(self, entity: Task | Project, kind: Kind) -> str:
        table = self.rules.status.get(kind, {})
        closed = entity.done if isinstance(entity, Task) else entity.archived
        if not closed:  # a status label says more than "open"; the close says more than any label
            for label in entity.tags:
                if label.title in table:
                    return table[label.title]
        if closed and entity.status not in table and CLOSED in table:
            return table[CLOSED]
        return _rule(table, entity.status) or ""

    def _priority(self, priority: int) -> str:
        """The word of the highest threshold that is not above the number."""
        steps = sorted((int(key), word) for key, word in self.rules.priority.items())
        words = [word for least, word in steps if least <= priority]
        return words[-1] if words else ""

    def _place_cost(self, cost: Cost) -> Cost:
        return msgspec.structs.replace(cost, time_in=self.rules.costs.time, money_in=self.rules.costs.money)

    def _leave_out(self, entity: Entity) -> Entity:
        defaults = {one.name: _default(one) for one in msgspec.structs.fields(type(entity)) if not one.required}
        dropped = [name.partition(".") for name in self.rules.leave_out]
        names = [name for kind, _, name in dropped if kind == entity.ref.kind and name in defaults]
        return msgspec.structs.replace(entity, **{name: defaults[name] for name in names}) if names else entity


def _default(one: msgspec.structs.FieldInfo) -> object:
    return one.default if one.default is not msgspec.NODEFAULT else one.default_factory()


def _rule(table: Mapping[str, str], key: str) -> str | None:
    return table.get(key, table.get(ANY))


def _many(value: Value | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def _plain(amount: int | Decimal) -> str:
    return str(amount)
