"""What a reader should find in Worksection, and what one does find there, as flat text in the same words. Pure.

A description cannot be changed once it is written, so a link in it leads to the copy only if the copy was there before; of the others
the run tells. Bulleted lines are the checklist, which is compared by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

import orjson

from migrator.model import (
    CheckItem,
    Comment,
    Company,
    Contact,
    Cost,
    Entity,
    File,
    Group,
    Issue,
    Person,
    Project,
    Ref,
    Tag,
    Task,
)
from migrator.text import file_name
from migrator.vendor import Context, Record, Step
from migrator.vendors.worksection import encode, values, wording
from migrator.vendors.worksection.catalogue import ACTIVE, ARCHIVED, DONE, Catalogue
from migrator.vendors.worksection.lists import Row

Fields = Mapping[str, str]

_MARK = re.compile(r"\s*(mig:[0-9a-f]{12})\b")
_ITEM = re.compile(r"^\s*•\s+(.*)$", re.MULTILINE)


def expected(step: Step, there: Catalogue, context: Context) -> Fields:
    """The fields a reader should find of the entity; what cannot be known beforehand is not named."""
    found: dict[str, str | None]
    match step.entity:
        case Person(email=address) | Contact(email=address):
            found = {"email": address.lower()}
        case Group(title=title) | Company(name=title):
            found = {"title": title}
        case Tag() as tag:
            found = {"title": values.spelled(tag.title), "group": values.spelled(tag.group or there.tag_set)}
        case Project() as entity:
            found = _expected_project(entity, there, context)
        case Task() as entity:
            found = _expected_task(entity, there, context)
        case File() as file:
            size = str(context.body(file.ref).size)
            found = {"name": file_name(file.name), "size": size}
        case Comment() as entity:
            found = {
                "text": _text(entity, context),
                "author": _author(entity, there),
                "on": _number(entity.on, context),
            }
        case CheckItem() as item:
            found = {"title": wording.checkitem(item), "on": _number(item.on, context)}
        case Cost() as cost:
            found = _expected_cost(cost, there, context)
        case _:
            found = {}
    return {name: value for name, value in found.items() if value is not None}


def seen_tag(row: Record) -> Fields:
    """A tag as listed."""
    group = str((row.get("group") or {}).get("title", ""))
    return {"title": values.spelled(str(row["title"])), "group": values.spelled(group)}


def _expected_project(entity: Project, there: Catalogue, context: Context) -> dict[str, str | None]:
    manager = encode.emails([entity.manager] if entity.manager else [], there)
    return {
        "title": wording.named(entity.title),
        "text": _text(entity, context),
        "status": ARCHIVED if entity.status == ARCHIVED else ACTIVE,
        "author": _author(entity, there),
        "manager": manager[0] if manager else None,
        "group": entity.group if entity.group in there.folders else None,
        **_expected_days(entity.start, entity.end),
        **_expected_plan(entity),
        "tags": _titles(title for _, title in encode.labels(entity)),
        "settings": "; ".join(encode.switches(entity)),
    }


def seen_project(row: Record) -> Fields:
    """A project as read."""
    return {
        "title": str(row["name"]),
        "text": folded(str(row.get("text") or "")),
        "status": ARCHIVED if row["status"] in ("archive", ARCHIVED) else ACTIVE,
        "author": _id(row.get("user_from")),
        "manager": str((row.get("user_to") or {}).get("email", "")),
        "group": str(row.get("company") or ""),
        **_seen_common(row),
        "settings": "; ".join(sorted(name for name, on in (row.get("options") or {}).items() if int(on))),
    }


def _expected_task(entity: Task, there: Catalogue, context: Context) -> dict[str, str | None]:
    place = encode.place(entity, there, context)
    closed = entity.closed.astimezone(there.zone).date().isoformat() if entity.closed else None
    return {
        "title": wording.named(entity.title),
        "text": _text(entity, context),
        "status": DONE if entity.status == DONE else ACTIVE,
        "author": _author(entity, there),
        "assignees": encode.assignee(entity, there),
        "parent": str(place["id_parent"]),
        "priority": str(entity.priority) if entity.priority is not None else None,
        **_expected_days(*encode.task_days(entity, there)),
        "closed": closed if entity.status == DONE else "",
        **_expected_plan(entity),
        "tags": _titles(title for _, title in encode.labels(entity)),
    }


def seen_task(row: Row) -> Fields:
    """A task as read."""
    record = row.record
    done = record["status"] == DONE
    return {
        "title": str(record["name"]),
        "text": folded(str(record.get("text") or "")),
        "status": str(record["status"]),
        "author": _id(record.get("user_from")),
        "assignees": str((record.get("user_to") or {}).get("email", "")),
        "parent": row.parent,
        "priority": str(record.get("priority", "")),
        **_seen_common(record),
        "closed": str(record.get("date_closed") or "").partition(" ")[0] if done else "",
    }


def seen_comment(row: Record, task: str) -> Fields:
    """A comment on the task as read."""
    return {"text": folded(str(row.get("text") or "")), "author": _id(row.get("user_from")), "on": task}


def seen_items(text: str) -> list[str]:
    """The lines of the checklist in a description."""
    return [" ".join(item.split()) for item in _ITEM.findall(text.replace("\r\n", "\n"))]


def seen_file(row: Record) -> Fields:
    """A file as listed."""
    return {"name": str(row["name"]), "size": str(row.get("size", ""))}


def _expected_cost(cost: Cost, there: Catalogue, context: Context) -> dict[str, str | None]:
    person = there.email(cost.person.target) if cost.person else ""
    return {
        "on": _number(cost.on, context),
        "day": cost.day.isoformat(),
        "minutes": str(cost.minutes),
        "money": f"{values.cents(cost.money)}",
        "text": " ".join(cost.text.split()),
        "person": (person or there.owner) if there.signs else None,
    }


def seen_cost(row: Record) -> Fields:
    """A cost as read."""
    text = str(row.get("comment") or "")
    return {
        "on": _id(row.get("task")),
        "day": str(row.get("date", "")),
        "minutes": str(values.minutes(row.get("time") or "0:00")),
        "money": f"{Decimal(str(row.get('money') or 0)):.2f}",
        "text": " ".join(_MARK.sub("", text, count=1).split()),
        "person": str((row.get("user_from") or {}).get("email", "")),
    }


def instead(step: Step, issue: Issue, there: Catalogue) -> Fields:
    """What is there in place of what is expected, because of what the issue tells."""
    entity = step.entity
    match issue.code:
        case "title-changed" if became := _BECAME.search(issue.detail):
            return {"title": str(orjson.loads(became[1]))}
        case "tag-not-taken" if isinstance(entity, Task | Project):
            lost = set(_LOST_SET.findall(issue.detail))
            return {
                "tags": _titles(title for group, title in encode.labels(entity) if (group or there.tag_set) not in lost)
            }
        case "refused" if issue.field == "finish" and isinstance(entity, Task):
            return {"status": ACTIVE, "closed": "", "tags": ""}
        case "refused" if issue.field == "finish":
            return {"status": ACTIVE, "settings": "", "tags": ""}
        case _:
            return {}


def became(title: str) -> str:
    """The end of an issue's detail that says what a title was made into."""
    return f" became {orjson.dumps(title).decode()}"


def lost_set(name: str) -> str:
    """What an issue's detail calls a set whose tags a project does not take."""
    return f"the set «{name}»"


_BECAME = re.compile(r" became (\".*\")\Z", re.DOTALL)
_LOST_SET = re.compile(r"the set «(.*?)»")


def seen_mark(text: str) -> str:
    """Our mark at the start of a text, as `wording.short` writes it; "" if it has none."""
    found = _MARK.match(text)
    return found[1] if found else ""


def folded(text: str) -> str:
    """A text as it is compared: without our mark, the checklist, and the way its lines are broken."""
    return " ".join(_ITEM.sub("", _MARK.sub("", text.replace("\r\n", "\n"), count=1)).split())


def carried_ids(id: str, carried: Iterable[Entity]) -> dict[Ref, str]:
    """Ids of ours for what travelled in one request, whose answer names none of it: the owner's, the kind, and the place in it."""
    places: dict[str, int] = {}
    found: dict[Ref, str] = {}
    for one in carried:
        kind = one.ref.kind
        places[kind] = places.get(kind, 0) + 1
        found[one.ref] = f"{id}+{kind}{places[kind]}"
    return found


def _text(entity: Task | Project | Comment, context: Context) -> str:
    names = {file.ref: file_name(file.name) for file, _ in context.files(entity.ref)}
    return folded(wording.plain(entity.text, names))


def _author(entity: Task | Project | Comment, there: Catalogue) -> str | None:
    who = entity.author
    return who.target if who and there.signs and there.email(who.target) else None


def _number(above: Ref, context: Context) -> str:
    return values.number_of(context.ids(above) or "")


def _expected_days(start: object, end: object) -> dict[str, str | None]:
    return {"start": str(start or ""), "end": str(end or "")}


def _expected_plan(entity: Task | Project) -> dict[str, str | None]:
    money = values.sent_amount(entity.plan_money) if entity.plan_money else ""
    return {"plan_minutes": str(entity.plan_minutes or ""), "plan_money": money}


def _seen_common(row: Record) -> dict[str, str]:
    minutes, money = values.planned_minutes(row.get("max_time")), values.planned_money(row.get("max_money"))
    return {
        "start": str(row.get("date_start") or ""),
        "end": str(row.get("date_end") or ""),
        "plan_minutes": str(minutes or ""),
        "plan_money": values.sent_amount(money) if money else "",
        "tags": _titles((row.get("tags") or {}).values()),
    }


def _titles(titles: Iterable[str]) -> str:
    return "; ".join(sorted(values.spelled(title) for title in titles))


def _id(value: Record | None) -> str:
    return str(value["id"]) if value else ""
