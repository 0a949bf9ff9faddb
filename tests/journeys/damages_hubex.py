"""Every way a HubEx account is damaged: fields of its records, records gone, marked as deleted, doubled or moved, bytes."""

# ruff: noqa: E501  a table, one damage a line

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from migrator.model import Kind, Ref
from tests.journeys.damaged import Damage, Row, Yard

_INSIDE = {Kind.COMMENT: "conversations", Kind.COST: "works"}


def rows(yard: Yard, kind: Kind) -> Iterator[tuple[Ref, Row]]:
    for id, ref in yard.made[kind].items():
        if found := find(yard, kind, id):
            yield ref, found


def find(yard: Yard, kind: Kind, id: str) -> Row | None:
    if kind in _INSIDE:
        task, _, own = id.partition("/")
        inside = yard.state.tasks.get(task, {}).get(_INSIDE[kind], [])
        return next((row for row in inside if str(row["id"]) == own), None)
    if kind is Kind.CHECKITEM:
        form, _, place = id.partition("/")
        items = yard.state.tables["check_lists"].get(form, {}).get("items", [])
        return next((row for row in items if str(row["sortOrder"]) == place), None)
    if kind is Kind.FILE:
        return yard.state.attachments.get(id)
    table = {Kind.PROJECT: "assets", Kind.TASK: "tasks", Kind.CONTACT: "contacts", Kind.COMPANY: "companies"}[kind]
    return yard.state.tables[table].get(id.rpartition(":")[2])


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


def attribute(name: str, id: str, field: str, how: Callable[[str], str]) -> Damage:
    """An attribute's value becomes another."""

    def do(yard: Yard) -> str:
        ref, row = yard.take(rows(yard, Kind.TASK), lambda row: (row.get("attributes") or {}).get(id))
        row["attributes"][id] = how(row["attributes"][id])
        return f"different {ref} fields.{field}"

    return Damage(name, do)


def later(**by: int) -> Callable[[str], str]:
    return lambda at: f"{datetime.fromisoformat(at) + timedelta(**by):%Y-%m-%dT%H:%M:%S}"


def deleted(name: str, kind: Kind) -> Damage:
    """The vendor keeps what is deleted, marked so."""

    def do(yard: Yard) -> str:
        ref, row = yard.take(rows(yard, kind), lambda row: bare(yard, row))
        row["deleted"] = "2026-01-01T00:00:00"
        return f"missing {ref}"

    return Damage(name, do)


def bare(yard: Yard, row: Row) -> bool:
    """Nothing hangs on it."""
    hanging = any(row.get(key) for key in ("conversations", "works", "attachments", "checkLists"))
    return not hanging and not any(row["id"] == one.get("parentID") for one in yard.state.tasks.values())


def gone(name: str, kind: Kind) -> Damage:
    """No trace is left."""

    def do(yard: Yard) -> str:
        ref, row = yard.take(rows(yard, kind), lambda row: bare(yard, row))
        if kind is Kind.CHECKITEM:
            for form in yard.state.tables["check_lists"].values():
                form["items"] = [one for one in form.get("items", []) if one is not row]
        else:
            for task in yard.state.tasks.values():
                task[_INSIDE[kind]] = [one for one in task.get(_INSIDE[kind], []) if one is not row]
        return f"missing {ref}"

    return Damage(name, do)


def _task_doubled(*, marked: bool) -> Callable[[Yard], str]:
    def do(yard: Yard) -> str:
        ref, row = yard.take(rows(yard, Kind.TASK), lambda row: bare(yard, row) and row.get("assetID"))
        id = max(map(int, yard.state.tasks)) + 1
        yard.state.tasks[str(id)] = {**copy.deepcopy(row), "id": id, "erpID": row["erpID"] if marked else ""}
        return f"extra task {ref}"

    return do


def _inside_doubled(kind: Kind, *, marked: bool) -> Callable[[Yard], str]:
    def do(yard: Yard) -> str:
        key = {Kind.COMMENT: "message", Kind.COST: "notes"}[kind]
        ref, row = yard.take(rows(yard, kind), lambda row: not row.get("attachments"))
        task = next(one for one in yard.state.tasks.values() if row in one.get(_INSIDE[kind], []))
        second = {**copy.deepcopy(row), "id": max(one["id"] for one in task[_INSIDE[kind]]) + 1}
        if not marked:
            second[key] = second[key].rpartition("\n")[0]
        task[_INSIDE[kind]].append(second)
        return f"extra {kind} {ref}"

    return do


def _comment_moved(yard: Yard) -> str:
    ref, row = yard.take(rows(yard, Kind.COMMENT), lambda row: not row.get("attachments"))
    tasks = list(yard.state.tasks.values())
    home = next(one for one in tasks if row in one.get("conversations", []))
    away = next(one for one in tasks if one is not home and one.get("conversations"))
    home["conversations"].remove(row)
    away["conversations"].append({**row, "id": max(one["id"] for one in away["conversations"]) + 1})
    return f"missing {ref}"  # its number is of its task; its mark tells that it is the same


def _texts_swapped(yard: Yard) -> tuple[str, ...]:
    for task in yard.state.tasks.values():
        said = [row for row in task.get("conversations", []) if yard.of(Kind.COMMENT, f"{task['id']}/{row['id']}")]
        refs = [yard.made[Kind.COMMENT][f"{task['id']}/{row['id']}"] for row in said]
        if len(said) >= 2 and not set(refs) & yard.taken:
            yard.taken |= set(refs)
            said[0]["message"], said[1]["message"] = said[1]["message"], said[0]["message"]
            return tuple(f"different {ref} text" for ref in refs[:2])
    raise LookupError


def _tick(*, was: bool) -> Callable[[Yard], str]:
    def do(yard: Yard) -> str:
        for task in yard.state.tasks.values():
            for mine in task.get("checkLists", []):
                form = yard.state.tables["check_lists"][str(mine["checkListID"])]
                for item in form["items"]:
                    ref = yard.of(Kind.CHECKITEM, f"{form['id']}/{item['sortOrder']}")
                    checked = bool(mine["results"].get(str(item["id"]), {}).get("isChecked"))
                    if ref and ref not in yard.taken and checked is was:
                        yard.taken.add(ref)
                        mine["results"][str(item["id"])] = {"isChecked": not was}
                        return f"different {ref} done"
        raise LookupError

    return do


def _line_extra(yard: Yard) -> str:
    _, row = yard.take(rows(yard, Kind.CHECKITEM))
    form = next(one for one in yard.state.tables["check_lists"].values() if row in one.get("items", []))
    form["items"].append({"id": 900, "name": "Nobody wrote this", "sortOrder": 900})
    return "extra checkitem"


def _lines_swapped(yard: Yard) -> tuple[str, ...]:
    for form in yard.state.tables["check_lists"].values():
        refs = [yard.of(Kind.CHECKITEM, f"{form['id']}/{row['sortOrder']}") for row in form.get("items", [])]
        if len(refs) >= 2 and all(refs) and not set(refs) & yard.taken:
            yard.taken |= {ref for ref in refs if ref}
            first, second = form["items"][:2]
            first["name"], second["name"] = second["name"], first["name"]
            return (f"different {refs[0]} title", f"different {refs[1]} title")
    raise LookupError


def _file(name: str, how: Callable[[Yard, Row], None], found: str) -> Damage:
    def do(yard: Yard) -> str:
        placed = {id for task in yard.state.tasks.values() for id in task.get("attachments", [])}
        ref, row = yard.take(rows(yard, Kind.FILE), lambda row: row["id"] in placed and row["size"])
        how(yard, row)
        return found.format(ref=ref)

    return Damage(name, do)


def _flip(yard: Yard, row: Row) -> None:
    content = yard.state.contents[str(row["id"])]
    yard.state.contents[str(row["id"])] = bytes([content[0] ^ 1]) + content[1:]


def _cut(yard: Yard, row: Row) -> None:
    content = yard.state.contents[str(row["id"])][:-1]
    yard.state.contents[str(row["id"])] = content
    row["size"] = len(content)


def _drop(yard: Yard, row: Row) -> None:
    for task in yard.state.tasks.values():
        task["attachments"] = [id for id in task.get("attachments", []) if id != row["id"]]


def _rename(_: Yard, row: Row) -> None:
    row["fileName"] = f"x-{row['fileName']}"


def _rehang(yard: Yard, row: Row) -> None:
    _drop(yard, row)
    next(task for task in yard.state.tasks.values() if task.get("attachments"))["attachments"].append(row["id"])


def _technician(people: Callable[[list[Row]], list[Row]]) -> Callable[[Yard], str]:
    def do(yard: Yard) -> str:
        ref, row = yard.take(rows(yard, Kind.COST), lambda row: row.get("technicians"))
        row["technicians"] = people(row["technicians"])
        return f"different {ref} person"

    return do


def _stuck(yard: Yard) -> str:
    """A task that, as an issue tells, stopped on its way to its stage."""
    told = {ref for (ref, name), codes in yard.issues.items() if name == "finish" and "refused" in codes}
    ref, row = yard.take(one for one in rows(yard, Kind.TASK) if one[0] in told)
    row["stageID"] = 4 if row["stageID"] != 4 else 5
    return f"different {ref} status"


DAMAGES = (
    Damage("told of: the stage of a task", _stuck),
    change("title changed", Kind.TASK, "title", "notes", lambda text: f"x{text}"),
    change("text cut", Kind.TASK, "text", "notes", lambda text: text[:-20]),
    change("text, one letter", Kind.TASK, "text", "notes", lambda text: f"{text[:-2]}Ж{text[-1]}"),
    change("text emptied", Kind.TASK, "text", "notes", lambda text: text.partition("\n")[0]),
    change("author", Kind.TASK, "author", "requestedByUserID", lambda who: 10 if who != 10 else 11, lambda row: row.get("requestedByUserID", 1) != 1),
    change("due an hour later", Kind.TASK, "due", "deadline", later(hours=1)),
    change("due a minute later", Kind.TASK, "due", "deadline", later(minutes=1)),
    change("due a day later", Kind.TASK, "due", "deadline", later(days=1)),
    change("due date lost", Kind.TASK, "due", "deadline", lambda _: None),
    change("start a day later", Kind.TASK, "start", "requestedStartDateTime", later(days=1)),
    change("status", Kind.TASK, "status", "stageID", lambda now: 4 if now != 4 else 5),
    change("done opened again", Kind.TASK, "status", "stageID", lambda _: 3, lambda row: row.get("stageID") == 7),
    change("priority", Kind.TASK, "fields.criticality", "criticalityID", lambda now: 1 if now != 1 else 2),
    change("person missing", Kind.TASK, "assignees", "assignees", lambda who: who[1:]),
    change("person extra", Kind.TASK, "assignees", "assignees", lambda who: [*who, 1]),
    change("person replaced", Kind.TASK, "assignees", "assignees", lambda who: [1, *who[1:]]),
    change("tag missing", Kind.TASK, "tags", "tags", lambda tags: tags[1:]),
    change("tag extra", Kind.TASK, "tags", "tags", lambda tags: [*tags, "x"]),
    change("parent lost (orphan)", Kind.TASK, "parent", "parentID", lambda _: None),
    change("moved to another parent", Kind.TASK, "parent", "parentID", lambda now: 3 if now != 3 else 4),
    change("moved to another project", Kind.TASK, "project", "assetID", lambda now: 1 if now != 1 else 2),
    attribute("custom line", "1", "Номер сметы", lambda value: f"{value}x"),
    attribute("custom number", "2", "Этаж остановки", lambda value: str(int(value) + 1)),
    attribute("custom fraction", "3", "Температура подачи", lambda value: str(float(value) + 0.1)),
    attribute("custom date", "4", "Дата замены троса", lambda value: later(days=1)(value)[:10]),
    attribute("custom yes or no", "9", "Гарантийный случай", lambda value: "false" if value == "true" else "true"),
    attribute("custom text", "8", "Особые указания", lambda value: f"{value}."),
    deleted("task missing, marked as deleted", Kind.TASK),
    Damage("task doubled with its mark", _task_doubled(marked=True)),
    Damage("task doubled without a mark", _task_doubled(marked=False)),
    change("project: title", Kind.PROJECT, "title", "name", lambda text: f"{text}!"),
    change("project: text", Kind.PROJECT, "text", "notes", lambda text: text[:-3]),
    change("project: archived", Kind.PROJECT, "status", "published", lambda _: None),
    change("project: another parent", Kind.PROJECT, "parent", "parentID", lambda _: None),
    change("project: client", Kind.PROJECT, "client", "companyID", lambda now: 1 if now != 1 else 2),
    change("comment: cut", Kind.COMMENT, "text", "message", lambda text: text[5:]),
    change("comment: one letter", Kind.COMMENT, "text", "message", lambda text: f"Ж{text[1:]}"),
    change("comment: hidden shown to all", Kind.COMMENT, "hidden", "isExternal", lambda _: True, lambda row: not row["isExternal"]),
    Damage("comment: on another task", _comment_moved),
    gone("comment: missing", Kind.COMMENT),
    Damage("comment: doubled", _inside_doubled(Kind.COMMENT, marked=True)),
    Damage("comment: doubled without a mark", _inside_doubled(Kind.COMMENT, marked=False)),
    Damage("comment: order swapped", _texts_swapped),
    change("comment: file lost", Kind.COMMENT, "files", "attachments", lambda files: files[1:]),
    change("checklist: line changed", Kind.CHECKITEM, "title", "name", lambda text: f"{text}."),
    Damage("checklist: tick lost", _tick(was=True)),
    Damage("checklist: ticked", _tick(was=False)),
    gone("checklist: line missing", Kind.CHECKITEM),
    Damage("checklist: line extra", _line_extra),
    Damage("checklist: order swapped", _lines_swapped),
    change("contact: e-mail", Kind.CONTACT, "email", "email", lambda text: f"x{text}"),
    change("contact: phone", Kind.CONTACT, "phones", "phone", lambda text: f"{text}1"),
    change("contact: name", Kind.CONTACT, "name", "fullName", lambda text: f"{text}."),
    change("contact: position", Kind.CONTACT, "position", "position", lambda text: f"{text}."),
    _file("file: byte flipped, same size", _flip, "different {ref} sha256"),
    _file("file: a byte cut off", _cut, "different {ref} size"),
    _file("file missing", _drop, "missing {ref}"),
    _file("file renamed", _rename, "different {ref} name"),
    _file("file on another task", _rehang, "different {ref} on"),
    change("cost: a minute more", Kind.COST, "minutes", "finished", later(minutes=1)),
    change("cost: another day", Kind.COST, "day", "started", later(days=-1)),
    change("cost: text", Kind.COST, "text", "notes", lambda text: f"x{text}"),
    change("cost: a cent more", Kind.COST, "money", "workTypeCost", lambda money: round(money + 0.01, 2)),
    Damage("cost: another person", _technician(lambda _: [{"userID": 10, "rate": 0}])),
    Damage("cost: person missing", _technician(lambda _: [])),
    deleted("cost missing, marked as deleted", Kind.COST),
    Damage("cost doubled", _inside_doubled(Kind.COST, marked=True)),
    Damage("cost doubled without a mark", _inside_doubled(Kind.COST, marked=False)),
)  # fmt: skip
