"""Every way a Planfix account is damaged: fields of its records, records gone, doubled or moved, bytes."""

# ruff: noqa: E501  a table, one damage a line

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from migrator.model import Kind, Ref
from tests.journeys.damaged import Damage, Row, Yard

_TABLES = {
    Kind.PROJECT: "projects",
    Kind.TASK: "tasks",
    Kind.COMMENT: "comments",
    Kind.CHECKITEM: "items",
    Kind.FILE: "files",
}
_NEW = "990000"


def rows(yard: Yard, kind: Kind) -> Iterator[tuple[Ref, Row]]:
    if kind in (Kind.CONTACT, Kind.COMPANY):
        for id, ref in yard.made[kind].items():
            yield ref, yard.state.contacts[id.removeprefix("contact:")]
    elif kind is Kind.COST:
        for keys, ref in yard.made[kind].items():
            if row := yard.state.entries.get(keys.split(",")[0]):
                yield ref, row
    else:
        table = getattr(yard.state, _TABLES[kind])
        yield from ((ref, table[id]) for id, ref in yard.made[kind].items() if id in table)


def change(
    name: str, kind: Kind, field: str, key: str, how: Callable[[Any], Any], fits: Callable[[Row], Any] | None = None
) -> Damage:
    """A value of a record becomes another; it is found in the field."""

    def do(yard: Yard) -> str:
        ref, row = yard.take(rows(yard, kind), fits or (lambda row: row.get(key)))
        was = copy.deepcopy(row.get(key))
        row[key] = how(row.get(key))
        assert row[key] != was, name
        return f"different {ref} {field}"

    return Damage(name, do)


def custom(name: str, kind: Kind, id: str, field: str, how: Callable[[Any], Any]) -> Damage:
    """A custom field's value becomes another."""

    def do(yard: Yard) -> str:
        ref, row = yard.take(rows(yard, kind), lambda row: row.get("fields", {}).get(id))
        row["fields"][id] = how(row["fields"][id])
        return f"different {ref} fields.{field}"

    return Damage(name, do)


def shifted(**by: int) -> Callable[[str], str]:
    """A moment as the account keeps it, so much later."""
    return lambda at: f"{datetime.strptime(at, '%Y-%m-%dT%H:%MZ') + timedelta(**by):%Y-%m-%dT%H:%MZ}"  # noqa: DTZ007


def day_later(day: str) -> str:
    return f"{datetime.fromisoformat(day) + timedelta(days=1):%Y-%m-%d}"


def gone(name: str, kind: Kind, fits: Callable[[Yard, Row], Any] = lambda _, __: True) -> Damage:
    def do(yard: Yard) -> str:
        ref, row = yard.take(rows(yard, kind), lambda row: fits(yard, row))
        table = yard.state.contacts if kind in (Kind.CONTACT, Kind.COMPANY) else getattr(yard.state, _TABLES[kind])
        del table[str(row["id"])]
        return f"missing {ref}"

    return Damage(name, do)


def doubled(name: str, kind: Kind, *, marked: bool = True, fits: Callable[[Row], Any] = lambda _: True) -> Damage:
    def do(yard: Yard) -> str:
        ref, row = yard.take(rows(yard, kind), lambda row: bare(yard, row) and fits(row))
        table = getattr(yard.state, _TABLES[kind])
        id = str(max(int(key) for key in table) + 1000)
        table[id] = {**copy.deepcopy(row), "id": int(id)}
        if not marked:
            table[id].pop("sourceObjectId", None)
            table[id]["fields"] = {key: value for key, value in row.get("fields", {}).items() if key != "101"}
        return f"extra {kind} {ref}"

    return Damage(name, do)


def bare(yard: Yard, row: Row) -> bool:
    """Nothing hangs on it."""
    id = row["id"]
    state = yard.state
    return (
        not any(id in (one.get("parent"), one.get("project")) for one in state.tasks.values())
        and not any(one.get("task") == id and not one.get("first") for one in state.comments.values())
        and not any(one["task"] == id for one in state.items.values())
        and not row.get("files")
    )


def other(ids: Any, avoid: Any) -> Any:
    return next(id for id in ids if id != avoid)


def _elsewhere(name: str, kind: Kind, field: str, key: str, fits: Callable[[Row], Any] = lambda _: True) -> Damage:
    """It hangs on another thing of its owner's kind."""

    def do(yard: Yard) -> str:
        ref, row = yard.take(
            rows(yard, kind), lambda row: row.get(key) and fits(row) and (kind is not Kind.TASK or bare(yard, row))
        )
        owners = Kind.PROJECT if key == "project" else Kind.TASK
        row[key] = int(other(yard.made[owners], str(row[key])))
        return f"different {ref} {field}"

    return Damage(name, do)


def _comment_gone_soft(yard: Yard) -> str:
    ref, row = yard.take(rows(yard, Kind.COMMENT), lambda row: not row.get("files"))
    row["isDeleted"] = True
    return f"missing {ref}"


def _comments_swapped(yard: Yard) -> str:
    """Two neighbours on one task change their moments."""
    for ref, row in rows(yard, Kind.COMMENT):
        for ref_2, row_2 in rows(yard, Kind.COMMENT):
            pair = {ref, ref_2}
            if (
                ref != ref_2
                and row["task"] == row_2["task"]
                and row["dateTime"] < row_2["dateTime"]
                and not pair & yard.taken
            ):
                yard.taken |= pair
                row["dateTime"], row_2["dateTime"] = row_2["dateTime"], row["dateTime"]
                return (f"different {ref} created", f"different {ref_2} created")  # type: ignore[return-value]
    raise LookupError


def _file(name: str, how: Callable[[Yard, str, Row], None], found: str) -> Damage:
    def do(yard: Yard) -> str:
        on_comment = {
            str(file) for row in yard.state.comments.values() if not row.get("first") for file in row.get("files", ())
        }
        on_task = {str(file): row for row in yard.state.tasks.values() for file in row.get("files", ())}
        ref, row = yard.take(
            rows(yard, Kind.FILE),
            lambda row: (
                str(row["id"]) in on_task and str(row["id"]) not in on_comment and yard.state.contents[str(row["id"])]
            ),
        )
        how(yard, str(row["id"]), on_task[str(row["id"])])
        return found.format(ref=ref)

    return Damage(name, do)


def _flip(yard: Yard, id: str, _: Row) -> None:
    content = yard.state.contents[id]
    yard.state.contents[id] = bytes([content[0] ^ 1]) + content[1:]


def _cut(yard: Yard, id: str, _: Row) -> None:
    yard.state.contents[id] = yard.state.contents[id][:-1]


def _drop(yard: Yard, id: str, owner: Row) -> None:
    owner["files"] = [file for file in owner["files"] if str(file) != id]


def _rename(yard: Yard, id: str, _: Row) -> None:
    yard.state.files[id]["name"] = f"x-{yard.state.files[id]['name']}"


def _rehang(yard: Yard, id: str, owner: Row) -> None:
    _drop(yard, id, owner)
    task = next(row for row in yard.state.tasks.values() if row is not owner and row.get("files"))
    task["files"] = [*task["files"], int(id)]


def entry(name: str, tag: int, key: str, found: str, how: Callable[[Any], Any]) -> Damage:
    """A value of a cost's entry becomes another."""

    def do(yard: Yard) -> tuple[str, ...]:
        ref, row = yard.take(rows(yard, Kind.COST), lambda row: row["dataTag"] == tag and row["fields"].get(key))
        row["fields"][key] = how(row["fields"][key])
        return (f"different {ref} {found}",)

    return Damage(name, do)


def minute_more(period: Row) -> Row:
    end = datetime.strptime(period["to"]["time"], "%H:%M") + timedelta(minutes=1)  # noqa: DTZ007
    return {**period, "to": {**period["to"], "time": f"{end:%H:%M}"}}


def _cost_gone(yard: Yard) -> str:
    ref, row = yard.take(rows(yard, Kind.COST))
    del yard.state.entries[str(row["key"])]
    return f"missing {ref}"


def _cost_doubled(yard: Yard) -> str:
    ref, row = yard.take(rows(yard, Kind.COST))
    yard.state.entries[_NEW] = {**copy.deepcopy(row), "key": int(_NEW)}
    return f"extra cost {ref}"


def _money_in_time(yard: Yard) -> tuple[str, ...]:
    """The entry stands under the other data tag."""
    ref, row = yard.take(rows(yard, Kind.COST), lambda row: row["dataTag"] == 2)
    row["dataTag"] = 1
    return (f"different {ref} money",)


def _line_extra(yard: Yard) -> str:
    _, row = yard.take(rows(yard, Kind.CHECKITEM))
    yard.state.items[_NEW] = {**row, "id": int(_NEW), "name": "Nobody wrote this"}
    return "extra checkitem"


def _told_comment(field: str, key: str, how: Callable[[Any], Any]) -> Callable[[Yard], str]:
    """A comment whose author the vendor refused: an issue tells of its author and its text."""

    def do(yard: Yard) -> str:
        told = {ref for ref, name in yard.issues if name == field and "author-in-text" in yard.issues[ref, name]}
        ref, row = yard.take(one for one in rows(yard, Kind.COMMENT) if one[0] in told)
        row[key] = how(row[key])
        return f"different {ref} {field}"

    return do


def _dropped_field(yard: Yard) -> str:
    """A field that the template had dropped holds something after all."""
    told = {ref for (ref, name), codes in yard.issues.items() if "field-dropped" in codes and name == "Номер договора"}
    ref, row = yard.take(one for one in rows(yard, Kind.TASK) if one[0] in told)
    row.setdefault("fields", {})["106"] = "XX-1"
    return f"different {ref} fields.Номер договора"


def letter(text: str) -> str:
    """One letter becomes another."""
    return re.sub(r"([A-Za-zА-Яа-яіїєґ])(?=[^<>]*(<|$))", lambda found: "Ж" if found[1] != "Ж" else "ж", text, count=1)


def long(row: Row) -> bool:
    return len(row.get("description", "")) > 60


DAMAGES = (
    Damage("told of: the text of a comment", _told_comment("text", "description", letter)),
    Damage("told of: a field that was dropped", _dropped_field),
    change("title changed", Kind.TASK, "title", "name", lambda text: f"{text}!"),
    change("title, one letter", Kind.TASK, "title", "name", letter),
    change("text cut", Kind.TASK, "text", "description", lambda text: text[: len(text) // 2], long),
    change("text, one letter", Kind.TASK, "text", "description", letter),
    change("text emptied", Kind.TASK, "text", "description", lambda _: ""),
    change("link to another thing", Kind.TASK, "text", "description", lambda text: re.sub(r'/task/\d+"', '/task/1"', text), lambda row: re.search(r'/task/\d+"', row.get("description", ""))),
    change("picture at another address", Kind.TASK, "text", "description", lambda text: text.replace("uniqueid=", "uniqueid=9"), lambda row: "uniqueid=" in row.get("description", "")),
    change("author", Kind.TASK, "author", "assigner", lambda who: "user:13" if who != "user:13" else "user:12"),
    change("made a minute later", Kind.TASK, "created", "dateTime", shifted(minutes=1)),
    change("made an hour later (zone)", Kind.TASK, "created", "dateTime", shifted(hours=1)),
    change("due a day later", Kind.TASK, "due", "endDateTime", shifted(days=1)),
    change("due an hour later", Kind.TASK, "due", "endDateTime", shifted(hours=1), lambda row: row.get("hasEndTime")),
    change("due date lost", Kind.TASK, "due", "endDateTime", lambda _: None),
    change("start a day later", Kind.TASK, "start", "startDateTime", shifted(days=1)),
    change("status", Kind.TASK, "status", "status", lambda now: 2 if now != 2 else 3),
    change("done opened again", Kind.TASK, "status", "status", lambda _: 2, lambda row: row.get("status") == 3),
    change("priority", Kind.TASK, "priority", "priority", lambda now: "Urgent" if now == "NotUrgent" else "NotUrgent"),
    change("person missing", Kind.TASK, "assignees", "assignees", lambda who: who[1:]),
    change("person extra", Kind.TASK, "assignees", "assignees", lambda who: [*who, "user:1"]),
    change("person replaced", Kind.TASK, "assignees", "assignees", lambda who: ["user:1", *who[1:]]),
    change("follower missing", Kind.TASK, "followers", "participants", lambda who: who[1:]),
    change("parent lost (orphan)", Kind.TASK, "parent", "parent", lambda _: None),
    _elsewhere("moved to another parent", Kind.TASK, "parent", "parent"),
    _elsewhere("moved to another project", Kind.TASK, "project", "project"),
    change("project lost (orphan)", Kind.TASK, "project", "project", lambda _: None),
    custom("custom number", Kind.TASK, "104", "План, мин", lambda value: value + 1),
    custom("custom money", Kind.TASK, "105", "Бюджет", lambda value: value + 0.01),
    custom("custom list", Kind.TASK, "103", "Этап", lambda value: "Сдача" if value != "Сдача" else "Эскиз"),
    custom("custom entry of a directory", Kind.TASK, "107", "Вид работ", lambda value: 4 if value != 4 else 3),
    custom("custom line", Kind.PROJECT, "206", "Адрес объекта", lambda value: f"{value}."),
    custom("tag missing", Kind.TASK, "102", "Метки", lambda value: value[1:]),
    custom("tag extra", Kind.TASK, "102", "Метки", lambda value: [*value, "АР"] if "АР" not in value else [*value, "КР"]),
    gone("task missing", Kind.TASK, bare),
    doubled("task doubled with its mark", Kind.TASK),
    doubled("task doubled without a mark", Kind.TASK, marked=False),
    change("project: title", Kind.PROJECT, "title", "name", lambda text: f"{text}!"),
    change("project: text", Kind.PROJECT, "text", "description", letter),
    change("project: archived", Kind.PROJECT, "status", "status", lambda now: 1 if now != 1 else 2),
    change("project: manager", Kind.PROJECT, "manager", "owner", lambda _: "user:1"),
    change("project: member missing", Kind.PROJECT, "members", "participants", lambda who: who[1:]),
    change("project: start", Kind.PROJECT, "start", "startDate", day_later),
    change("project: end", Kind.PROJECT, "end", "endDate", day_later),
    change("comment: cut", Kind.COMMENT, "text", "description", lambda text: text[: len(text) // 2], long),
    change("comment: one letter", Kind.COMMENT, "text", "description", letter),
    change("comment: author", Kind.COMMENT, "author", "owner", lambda who: "user:13" if who != "user:13" else "user:12"),
    change("comment: a minute later", Kind.COMMENT, "created", "dateTime", shifted(minutes=1)),
    change("comment: an hour later (zone)", Kind.COMMENT, "created", "dateTime", shifted(hours=1)),
    change("comment: hidden shown to all", Kind.COMMENT, "hidden", "isHidden", lambda _: False),
    change("comment: hidden from people", Kind.COMMENT, "hidden", "isHidden", lambda _: True, lambda row: not row.get("isHidden")),
    change("comment: pin lost", Kind.COMMENT, "pinned", "isPinned", lambda _: False),
    change("comment: file lost", Kind.COMMENT, "files", "files", lambda files: files[1:]),
    _elsewhere("comment: on another task", Kind.COMMENT, "on", "task", lambda row: not row.get("files")),
    Damage("comment: missing, marked as deleted", _comment_gone_soft),
    doubled("comment: doubled", Kind.COMMENT),
    doubled("comment: doubled without a mark", Kind.COMMENT, marked=False),
    Damage("comment: order swapped", _comments_swapped),
    change("checklist: line changed", Kind.CHECKITEM, "title", "name", lambda text: f"{text}."),
    change("checklist: tick lost", Kind.CHECKITEM, "done", "isDone", lambda _: False),
    change("checklist: ticked", Kind.CHECKITEM, "done", "isDone", lambda _: True, lambda row: not row["isDone"]),
    gone("checklist: line missing", Kind.CHECKITEM),
    Damage("checklist: line extra", _line_extra),
    doubled("checklist: line doubled", Kind.CHECKITEM),
    change("contact: e-mail", Kind.CONTACT, "email", "email", lambda text: f"x{text}"),
    change("contact: phone", Kind.CONTACT, "phones", "phones", lambda _: [{"number": "1", "type": 2}]),
    change("contact: name", Kind.CONTACT, "name", "name", lambda text: f"{text}."),
    change("contact: position", Kind.CONTACT, "position", "position", lambda text: f"{text}."),
    gone("contact missing", Kind.CONTACT),
    change("company: name", Kind.COMPANY, "name", "name", lambda text: f"{text}."),
    _file("file: byte flipped, same size", _flip, "different {ref} sha256"),
    _file("file: a byte cut off", _cut, "different {ref} sha256"),
    _file("file missing", _drop, "missing {ref}"),
    _file("file renamed", _rename, "different {ref} name"),
    _file("file on another task", _rehang, "different {ref} on"),
    entry("cost: a minute more", 1, "502", "minutes", minute_more),
    entry("cost: another day", 1, "501", "day", day_later),
    entry("cost: another person", 1, "503", "person", lambda who: "user:13" if who != "user:13" else "user:12"),
    entry("cost: text", 1, "504", "text", lambda text: f"{text}."),
    entry("cost: a cent more", 2, "512", "money", lambda money: round(money + 0.01, 2)),
    Damage("cost missing", _cost_gone),
    Damage("cost doubled", _cost_doubled),
    Damage("cost: money among times", _money_in_time),
)  # fmt: skip
