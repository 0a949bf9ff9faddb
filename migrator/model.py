"""What moves, in no vendor's words: kinds, refs, entities, and issues (losses and blockers as data).

Moments are aware UTC, days are dates, time spent is whole minutes, money is Decimal. Absent is None or empty, as each field says.
People stand in entities as Who, because a deleted user is named by many records and listed by none.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

import msgspec


class Kind(StrEnum):
    """The kinds of entity, in the order they are loaded: each only refers to kinds above it, or to its own."""

    PERSON = "person"
    GROUP = "group"
    COMPANY = "company"
    CONTACT = "contact"
    TAG = "tag"
    FIELD = "field"
    PROJECT = "project"
    TASK = "task"
    FILE = "file"
    COMMENT = "comment"
    CHECKITEM = "checkitem"
    COST = "cost"


class Frozen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="is"):
    """A value that never changes once made."""


class Ref(msgspec.Struct, frozen=True, order=True):
    """One thing of the source: its kind and its id there."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Ref:
        """Read `task:26`. Raises ValueError."""
        kind, _, identity = text.partition(":")
        return cls(Kind(kind), identity)


class Who(Frozen, frozen=True, kw_only=True):
    """A person as a record names them. `target` is the target's id for them, set by the mapping; "" = nobody found."""

    id: str
    name: str
    email: str = ""  # "" where the vendor gives none, or only a placeholder
    target: str = ""


class Text(Frozen, frozen=True, kw_only=True):
    """HTML, with the links and images in it that lead to things of the source account: URL as written -> what it shows."""

    html: str = ""
    links: dict[str, Ref] = {}


class Label(Frozen, frozen=True, kw_only=True):
    """One tag on a project or task. `group` is the title of the set it belongs to, "" where there are no sets."""

    title: str
    group: str = ""


class Relation(Frozen, frozen=True, kw_only=True):
    """This task must come after (or with) the other. type: finish-to-start, start-to-start, ..."""

    type: str
    other: Ref


Value: TypeAlias = str | tuple[str, ...]


class Person(Frozen, tag=True, frozen=True, kw_only=True):
    """A user of the account."""

    ref: Ref
    name: str
    email: str = ""
    active: bool = True
    position: str = ""
    role: str = ""
    team: str = ""
    department: str = ""
    phones: tuple[str, ...] = ()
    address: str = ""
    messengers: dict[str, str] = {}
    rate: Decimal | None = None  # money per hour
    created: datetime | None = None


class Group(Frozen, tag=True, frozen=True, kw_only=True):
    """A folder of projects."""

    ref: Ref
    title: str
    client: bool = False  # the folder stands for a client company


class Company(Frozen, tag=True, frozen=True, kw_only=True):
    """An organisation that people or projects belong to."""

    ref: Ref
    name: str
    client: bool = False


class Contact(Frozen, tag=True, frozen=True, kw_only=True):
    """A person outside the account."""

    ref: Ref
    name: str
    email: str = ""
    position: str = ""
    company: str = ""
    group: str = ""
    phones: tuple[str, ...] = ()
    address: str = ""
    messengers: dict[str, str] = {}
    created: datetime | None = None


class Tag(Frozen, tag=True, frozen=True, kw_only=True):
    """One tag that projects or tasks may carry."""

    ref: Ref
    title: str
    group: str
    of: Kind
    status: bool = False  # of a set of statuses rather than of labels
    private: bool = False


class Field(Frozen, tag=True, frozen=True, kw_only=True):
    """One custom field that projects or tasks may carry. `options` lists the values of a list."""

    ref: Ref
    title: str
    of: Kind
    type: str
    description: str = ""
    options: tuple[str, ...] = ()


class Project(Frozen, tag=True, frozen=True, kw_only=True):
    """A project. `status` is the source's word until the mapping has made it the target's."""

    ref: Ref
    title: str
    text: Text = Text()
    status: str = ""
    archived: bool = False
    created: datetime | None = None
    closed: datetime | None = None
    start: date | None = None
    end: date | None = None
    author: Who | None = None
    manager: Who | None = None
    members: tuple[Who, ...] = ()
    group: str = ""  # title of the folder
    client: str = ""  # name of the client company
    parent: Ref | None = None
    depth: int = 0  # 0 = not inside another project
    tags: tuple[Label, ...] = ()
    fields: dict[str, Value] = {}
    plan_minutes: int | None = None
    plan_money: Decimal | None = None
    settings: dict[str, str] = {}  # switches of the source's own, shown to people
    url: str = ""


class Task(Frozen, tag=True, frozen=True, kw_only=True):
    """A task or subtask. `start_at` / `due_at` stand beside the day only where the source names the hour."""

    ref: Ref
    project: Ref | None
    title: str
    parent: Ref | None = None
    depth: int = 0  # 0 = not a subtask
    text: Text = Text()
    status: str = ""
    done: bool = False
    created: datetime | None = None
    closed: datetime | None = None
    start: date | None = None
    start_at: datetime | None = None
    due: date | None = None
    due_at: datetime | None = None
    author: Who | None = None
    assignees: tuple[Who, ...] = ()
    anyone: bool = False  # open to whoever takes it
    followers: tuple[Who, ...] = ()
    hidden: bool = False
    priority: int | None = None  # 0 (least) .. 10
    priority_name: str = ""  # the target's word, set by the mapping
    tags: tuple[Label, ...] = ()
    fields: dict[str, Value] = {}
    plan_minutes: int | None = None
    plan_money: Decimal | None = None
    relations: tuple[Relation, ...] = ()
    url: str = ""


class File(Frozen, tag=True, frozen=True, kw_only=True):
    """A file on a project, task or comment; its bytes are fetched apart."""

    ref: Ref
    on: Ref
    name: str
    size: int | None = None  # bytes, as the source says; None = not said
    created: datetime | None = None
    author: Who | None = None


class Comment(Frozen, tag=True, frozen=True, kw_only=True):
    """A comment on a task (or project)."""

    ref: Ref
    on: Ref
    text: Text = Text()
    created: datetime | None = None
    author: Who | None = None
    hidden: bool = False
    pinned: bool = False
    url: str = ""


class CheckItem(Frozen, tag=True, frozen=True, kw_only=True):
    """One line of a task's checklist; refs end in its place in the list, from 1."""

    ref: Ref
    on: Ref
    title: str
    done: bool = False


class Cost(Frozen, tag=True, frozen=True, kw_only=True):
    """Time or money spent on a task."""

    ref: Ref
    on: Ref
    day: date
    person: Who | None = None
    minutes: int = 0
    money: Decimal = Decimal(0)
    text: str = ""
    timer: bool = False  # measured by a timer rather than typed in
    time_in: dict[str, str] = {}  # where the target keeps time: "tag" and its fields by role, set by the mapping
    money_in: dict[str, str] = {}  # where the target keeps money, likewise


Entity: TypeAlias = (
    Person | Group | Company | Contact | Tag | Field | Project | Task | File | Comment | CheckItem | Cost
)

ENTITY_TYPES: dict[Kind, type[Frozen]] = {
    Kind.PERSON: Person,
    Kind.GROUP: Group,
    Kind.COMPANY: Company,
    Kind.CONTACT: Contact,
    Kind.TAG: Tag,
    Kind.FIELD: Field,
    Kind.PROJECT: Project,
    Kind.TASK: Task,
    Kind.FILE: File,
    Kind.COMMENT: Comment,
    Kind.CHECKITEM: CheckItem,
    Kind.COST: Cost,
}


def owner(entity: Entity) -> Ref | None:
    """What the entity hangs on: a parent task, a project, a task or a comment; None for what stands alone."""
    match entity:
        case Task():
            return entity.parent or entity.project
        case Project():
            return entity.parent
        case File() | Comment() | CheckItem() | Cost():
            return entity.on
        case _:
            return None


class Reach(StrEnum):
    """How bad an issue is."""

    NOTE = "note"  # moved, in another form
    LOSS = "loss"  # this part does not arrive
    BLOCKER = "blocker"  # the entity does not arrive


class Issue(Frozen, frozen=True, kw_only=True):
    """A loss or a blocker, as data. `field` is the model's name for what is concerned, or the source's own key."""

    ref: Ref
    code: str
    field: str = ""
    detail: str = ""
    reach: Reach = Reach.LOSS
