"""A small world: builders for entities that need only what a test is about, and one company with something of every kind."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from migrator.model import (
    CheckItem,
    Comment,
    Company,
    Contact,
    Cost,
    Entity,
    Field,
    File,
    Group,
    Kind,
    Label,
    Person,
    Project,
    Ref,
    Tag,
    Task,
    Text,
    Who,
)

MOMENT = datetime(2024, 3, 1, 9, 0, tzinfo=UTC)
ANNA = Who(id="1", name="Anna Bond", email="anna@acme.test")
BODIES = {"1": b"plan", "2": b"photo" * 1000, "3": b"note"}


def ref(text: str) -> Ref:
    """`task:26` as a ref."""
    return Ref.parse(text)


def project(id: str = "1", **more: Any) -> Project:
    return Project(**{"ref": Ref(Kind.PROJECT, id), "title": f"Project {id}", "created": MOMENT, **more})


def task(id: str = "1", **more: Any) -> Task:
    given = {"ref": Ref(Kind.TASK, id), "project": ref("project:1"), "title": f"Task {id}", "created": MOMENT}
    return Task(**{**given, **more})


def comment(id: str = "1", on: str = "task:1", **more: Any) -> Comment:
    given = {"ref": Ref(Kind.COMMENT, id), "on": ref(on), "text": Text(html=f"Comment {id}"), "created": MOMENT}
    return Comment(**{**given, **more})


def file(id: str = "1", on: str = "task:1", **more: Any) -> File:
    given = {"ref": Ref(Kind.FILE, id), "on": ref(on), "name": f"file {id}.txt", "size": len(BODIES.get(id, b""))}
    return File(**{**given, **more})


def item(place: int = 1, on: str = "task:1", **more: Any) -> CheckItem:
    identity = f"{ref(on).id}/{place}"
    return CheckItem(**{"ref": Ref(Kind.CHECKITEM, identity), "on": ref(on), "title": f"Line {place}", **more})


def cost(id: str = "1", on: str = "task:1", **more: Any) -> Cost:
    return Cost(**{"ref": Ref(Kind.COST, id), "on": ref(on), "day": date(2024, 3, 2), "minutes": 90, **more})


def company() -> list[Entity]:
    """Something of every kind, owners first; subtasks two deep, links forth and back, a file on a comment."""
    return [
        Person(ref=ref("person:1"), name=ANNA.name, email=ANNA.email),
        Person(ref=ref("person:2"), name="Boris", email="boris@acme.test"),
        Group(ref=ref("group:1"), title="Sites"),
        Company(ref=ref("company:1"), name="Client Ltd", client=True),
        Contact(ref=ref("contact:1"), name="Clara", email="clara@client.test"),
        Tag(ref=ref("tag:1"), title="urgent", group="Kind", of=Kind.TASK),
        Field(ref=ref("field:1"), title="Area", of=Kind.TASK, type="text"),
        project("1", author=ANNA, group="Sites", url="https://old.test/1"),
        project("2", archived=True),
        task("1", author=ANNA, tags=(Label(title="urgent", group="Kind"),), url="https://old.test/t1"),
        task(
            "2", text=Text(html='<a href="https://old.test/t1">first</a>', links={"https://old.test/t1": ref("task:1")})
        ),
        task("3", project=ref("project:2"), done=True, closed=MOMENT + timedelta(days=3)),
        task("4", parent=ref("task:1"), depth=1),
        task("5", parent=ref("task:4"), depth=2, fields={"Area": "North"}),
        comment("1", author=ANNA),
        comment("2", created=MOMENT + timedelta(hours=1)),
        comment("3", on="task:5"),
        item(1),
        item(2, done=True),
        cost("1", person=ANNA),
        cost("2", on="task:5", minutes=5),
        file("1"),
        file("2", on="project:1"),
        file("3", on="comment:1"),
    ]
