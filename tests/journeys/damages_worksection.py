"""Every way a Worksection account is damaged: fields of its records, records gone, doubled or moved, bytes."""

# ruff: noqa: E501  a table, one damage a line

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from migrator.model import Kind, Ref
from tests.journeys.damaged import Damage, Row, Yard

_TABLES = {Kind.PROJECT: "projects", Kind.TASK: "tasks", Kind.COMMENT: "comments", Kind.COST: "costs"}


def number(id: str) -> str:
    """The number of a thing in the address of its page."""
    return re.findall(r"\d+", id)[-1]


def rows(yard: Yard, kind: Kind) -> Iterator[tuple[Ref, Row]]:
    if kind is Kind.FILE:
        yield from _files(yard)
        return
    table = getattr(yard.state, _TABLES[kind])
    for id, ref in yard.made[kind].items():
        if row := table.get(number(id)):
            yield ref, row


def _files(yard: Yard) -> Iterator[tuple[Ref, Row]]:
    """Those that came alone with a task or comment: its only file is ours."""
    for id, ref in yard.made[Kind.FILE].items():
        page, _, place = id.partition("+")
        key = "comment" if "#" in page else "task"
        on = [row for row in yard.state.files.values() if row.get(key) == number(page)]
        if place == "file1" and len(on) == 1 and on[0]["content"]:
            yield ref, on[0]


def change(
    name: str,
    kind: Kind,
    field: str,
    key: str,
    how: Callable[[Any], Any],
    fits: Callable[[Row], Any] | None = None,
) -> Damage:
    """A value of a record becomes another; it is found in the field."""

    def do(yard: Yard) -> str:
        ref, row = yard.take(rows(yard, kind), fits or (lambda row: row.get(key)))
        row[key] = how(row.get(key))
        return f"different {ref} {field}"

    return Damage(name, do)


def day_later(day: str) -> str:
    return f"{datetime.fromisoformat(day) + timedelta(days=1):%Y-%m-%d}"


def bare(yard: Yard, row: Row) -> bool:
    """Nothing hangs on it."""
    id, state = row["id"], yard.state
    return (
        not any(one.get("parent") == id for one in state.tasks.values())
        and not any(id in (one.get("task"), one.get("comment")) for one in state.files.values())
        and not any(one.get("task") == id for one in (*state.comments.values(), *state.costs.values()))
        and "• " not in row.get("text", "")
    )


def gone(name: str, kind: Kind) -> Damage:
    def do(yard: Yard) -> str:
        ref, row = yard.take(rows(yard, kind), lambda row: bare(yard, row))
        del getattr(yard.state, _TABLES[kind])[row["id"]]
        return f"missing {ref}"

    return Damage(name, do)


def doubled(name: str, kind: Kind, key: str, *, marked: bool = True) -> Damage:
    def do(yard: Yard) -> str:
        ref, row = yard.take(rows(yard, kind), lambda row: bare(yard, row) and row.get(key))
        second = yard.state.add(_TABLES[kind], copy.deepcopy(row))
        if not marked:
            second[key] = re.sub(r"^mig:[0-9a-f]{12}\s*(<br />)?\s*", "", second[key])
        return f"extra {kind} {ref}"

    return Damage(name, do)


def text(name: str, kind: Kind, how: Callable[[str], str], fits: Callable[[Row], Any] | None = None) -> Damage:
    return change(
        name, kind, "text", "text", how, fits or (lambda row: len(row.get("text", "")) > 60 and "• " not in row["text"])
    )


def _letter(words: str) -> str:
    return f"{words[:-2]}{'Ж' if words[-2] != 'Ж' else 'ж'}{words[-1]}"


def _item(name: str, how: Callable[[list[str]], list[str]], found: Callable[[list[Ref]], tuple[str, ...]]) -> Damage:
    """The checklist lines in a task's text."""

    def do(yard: Yard) -> tuple[str, ...]:
        ref, row = yard.take(rows(yard, Kind.TASK), lambda row: row.get("text", "").count("• ") >= 3)
        lines = row["text"].split("<br />") if "<br />" in row["text"] else row["text"].split("\r\n")
        joint = "<br />" if "<br />" in row["text"] else "\r\n"
        items = [line for line in lines if line.startswith("• ")]
        others = [line for line in lines if not line.startswith("• ")]
        row["text"] = joint.join([*others, *how(items)])
        page = next(id for id, made in yard.made[Kind.TASK].items() if made == ref)
        refs = [yard.made[Kind.CHECKITEM][f"{page}+checkitem{place}"] for place in range(1, len(items) + 1)]
        return found(refs)

    return Damage(name, do)


def _tag(name: str, how: Callable[[list[str]], list[str]]) -> Damage:
    return change(name, Kind.TASK, "tags", "tags", how)


def _moved_task(yard: Yard) -> str:
    """To another project, with all that hangs on it: its address is another, so it is looked for by its number."""
    ref, row = yard.take(rows(yard, Kind.TASK), lambda row: bare(yard, row) and not row.get("parent"))
    row["project"] = next(number(id) for id in yard.made[Kind.PROJECT] if number(id) != row["project"])
    return f"missing {ref}"


def _comments_swapped(yard: Yard) -> tuple[str, ...]:
    on_task: dict[str, list[tuple[Ref, Row]]] = {}
    for ref, row in rows(yard, Kind.COMMENT):
        if ref not in yard.taken:
            on_task.setdefault(row["task"], []).append((ref, row))
    (first, one), (second, other), *_ = next(found for found in on_task.values() if len(found) >= 2)
    yard.taken |= {first, second}
    one["text"], other["text"] = other["text"], one["text"]
    return (f"different {first} text", f"different {second} text")


def _file(name: str, how: Callable[[Yard, Row], None], found: str) -> Damage:
    def do(yard: Yard) -> str:
        ref, row = yard.take(rows(yard, Kind.FILE))
        how(yard, row)
        return found.format(ref=ref)

    return Damage(name, do)


def _flip(_: Yard, row: Row) -> None:
    row["content"] = bytes([row["content"][0] ^ 1]) + row["content"][1:]


def _cut(_: Yard, row: Row) -> None:
    row["content"] = row["content"][:-1]


def _told_tags(yard: Yard) -> str:
    """A task some of whose tags its project did not take: the others are lost too, or another is there."""
    told = {ref for (ref, name), codes in yard.issues.items() if name == "tags" and "tag-not-taken" in codes}
    ref, row = yard.take(one for one in rows(yard, Kind.TASK) if one[0] in told)
    row["tags"] = [*row.get("tags", []), next(id for id in yard.state.task_tags if id not in row.get("tags", []))]
    return f"different {ref} tags"


DAMAGES = (
    Damage("told of: the tags of a task", _told_tags),
    change("title changed", Kind.TASK, "title", "name", lambda words: f"{words}!"),
    change("title, one letter", Kind.TASK, "title", "name", _letter),
    text("text cut", Kind.TASK, lambda words: words[:-10]),
    text("text, one letter", Kind.TASK, _letter),
    text("text emptied", Kind.TASK, lambda words: words[:16]),
    text("link to another thing", Kind.TASK, lambda words: re.sub(r"/project/\d+/", "/project/1/", words), lambda row: re.search(r"/project/\d+/", row.get("text", ""))),
    change("author", Kind.TASK, "author", "user_from", lambda who: "301" if who != "301" else "302"),
    change("due a day later", Kind.TASK, "end", "date_end", day_later),
    change("due date lost", Kind.TASK, "end", "date_end", lambda _: ""),
    change("start a day later", Kind.TASK, "start", "date_start", day_later),
    change("done opened again", Kind.TASK, "status", "status", lambda _: "active", lambda row: row["status"] == "done"),
    change("open closed", Kind.TASK, "status", "status", lambda _: "done", lambda row: row["status"] == "active"),
    change("closed a day later", Kind.TASK, "closed", "date_closed", lambda day: f"{day_later(day[:10])}{day[10:]}", lambda row: row.get("date_closed")),
    change("priority", Kind.TASK, "priority", "priority", lambda now: "2" if now != "2" else "3"),
    change("person replaced", Kind.TASK, "assignees", "user_to", lambda who: "301" if who != "301" else "302", lambda row: row["user_to"] not in ("NOONE", "ANY", "")),
    change("person missing", Kind.TASK, "assignees", "user_to", lambda _: "NOONE", lambda row: row["user_to"] not in ("NOONE", "ANY", "")),
    change("planned time", Kind.TASK, "plan_minutes", "max_time", lambda value: value + 1),
    change("planned money", Kind.TASK, "plan_money", "max_money", lambda value: value + 1),
    _tag("tag missing", lambda tags: tags[1:]),
    _tag("tag extra", lambda tags: [*tags, "52" if "52" not in tags else "41"]),
    gone("task missing", Kind.TASK),
    doubled("task doubled with its mark", Kind.TASK, "text"),
    doubled("task doubled without a mark", Kind.TASK, "text", marked=False),
    Damage("moved to another project", _moved_task),
    change("project: title", Kind.PROJECT, "title", "name", lambda words: f"{words}!"),
    text("project: text", Kind.PROJECT, _letter),
    change("project: archived", Kind.PROJECT, "status", "status", lambda now: "archive" if now == "active" else "active"),
    change("project: manager", Kind.PROJECT, "manager", "user_to", lambda who: "301" if who != "301" else "302"),
    change("project: start", Kind.PROJECT, "start", "date_start", day_later),
    change("project: end", Kind.PROJECT, "end", "date_end", day_later),
    change("project: group", Kind.PROJECT, "group", "company", lambda _: "Офіс"),
    text("comment: cut", Kind.COMMENT, lambda words: words[:-10]),
    text("comment: one letter", Kind.COMMENT, _letter),
    change("comment: author", Kind.COMMENT, "author", "user_from", lambda who: "301" if who != "301" else "302"),
    gone("comment: missing", Kind.COMMENT),
    doubled("comment: doubled", Kind.COMMENT, "text"),
    doubled("comment: doubled without a mark", Kind.COMMENT, "text", marked=False),
    Damage("comment: order swapped", _comments_swapped),
    _item("checklist: line changed", lambda items: [f"{items[0]}.", *items[1:]], lambda refs: (f"different {refs[0]} title",)),
    _item("checklist: line missing", lambda items: items[:-1], lambda refs: (f"missing {refs[-1]}",)),
    _item("checklist: line extra", lambda items: [*items, "• Nobody wrote this"], lambda _: ("extra checkitem",)),
    _item("checklist: line doubled", lambda items: [*items, items[-1]], lambda refs: (f"extra checkitem {refs[-1]}",)),
    _item("checklist: order swapped", lambda items: [items[1], items[0], *items[2:]], lambda refs: (f"different {refs[0]} title", f"different {refs[1]} title")),
    _file("file: byte flipped, same size", _flip, "different {ref} sha256"),
    _file("file: a byte cut off", _cut, "different {ref} size"),
    _file("file missing", lambda yard, row: yard.state.files.pop(row["id"]) and None, "missing {ref}"),
    _file("file renamed", lambda _, row: row.update(name=f"x-{row['name']}"), "missing {ref}"),
    change("cost: a minute more", Kind.COST, "minutes", "minutes", lambda minutes: minutes + 1),
    change("cost: a cent more", Kind.COST, "money", "money", lambda money: str(Decimal(money) + Decimal("0.01")), lambda row: Decimal(row["money"])),
    change("cost: money lost", Kind.COST, "money", "money", lambda _: "0.00", lambda row: Decimal(row["money"])),
    change("cost: another day", Kind.COST, "day", "date", day_later),
    change("cost: another person", Kind.COST, "person", "user_from", lambda who: "301" if who != "301" else "302"),
    change("cost: text", Kind.COST, "text", "comment", lambda words: f"{words}."),
    gone("cost missing", Kind.COST),
    doubled("cost doubled", Kind.COST, "comment"),
    doubled("cost doubled without a mark", Kind.COST, "comment", marked=False),
)  # fmt: skip
