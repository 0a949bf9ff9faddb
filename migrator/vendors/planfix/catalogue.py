"""What a Planfix account has for us to use: its custom fields, data tags, templates and words, as values without a connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from migrator.model import Kind
from migrator.vendor import Vocabulary

LINE, NUMBER, TEXT, DATE, DATE_TIME, PERIOD, YES_NO = 0, 1, 2, 3, 5, 6, 7
LIST, DIRECTORY_ENTRY, CONTACT, EMPLOYEE, COUNTERPARTY = 8, 9, 10, 11, 12
PEOPLE, DIRECTORY_SET, VALUE_SET, DATED_PERIOD = 14, 15, 20, 28

# The vendor contract, section 4, custom field types, in the words of vendor.Vocabulary; all others are "other".
FIELD_TYPES = {
    LINE: "text",
    TEXT: "text",
    NUMBER: "number",
    DATE: "date",
    DATE_TIME: "date",
    YES_NO: "yes-no",
    LIST: "list",
    DIRECTORY_ENTRY: "list",
    DIRECTORY_SET: "set",
    VALUE_SET: "set",
    CONTACT: "person",
    EMPLOYEE: "person",
    COUNTERPARTY: "person",
    PEOPLE: "person",
}
READ_ONLY = frozenset({23, 24, 26, 27, 29})

PRIORITIES = ("NotUrgent", "Urgent")

# Bare ids without a list endpoint (the vendor contract, section 4).
DRAFT, COMPLETED, ACTIVE = "0", "1", "2"
PROJECT_STATUSES = {"Черновик": DRAFT, "Завершён": COMPLETED, "В работе": ACTIVE}
PROJECT_STATUS_ALIASES = {"Draft": DRAFT, "Completed": COMPLETED, "Active": ACTIVE}


@dataclass(frozen=True)
class CustomField:
    """One custom field. `labels`: the values of a list or set; `keys`: entry name -> key, where they come from a directory."""

    id: int
    name: str
    type: int
    labels: tuple[str, ...] = ()
    keys: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class DataTag:
    """One data tag, which holds time or money on a comment; its fields by name."""

    id: int
    name: str
    fields: Mapping[str, CustomField]


@dataclass(frozen=True)
class Employee:
    """What a check tells about a user of the account."""

    name: str
    robot: bool
    time_zone: str


@dataclass(frozen=True)
class Catalogue:
    """The account as read when it was opened. `site` is where people find it; `zone` that of the token's employee.

    `markers`: the field that holds our mark, for each kind that has one. `status_names`: id -> the first name for it.
    """

    vocabulary: Vocabulary
    site: str
    zone: ZoneInfo
    marker_name: str
    fields: Mapping[Kind, Mapping[str, CustomField]]
    markers: Mapping[Kind, CustomField]
    tags: Mapping[str, DataTag]
    templates: Mapping[Kind, int]
    process: int | None
    contact_groups: Mapping[str, int]
    status_names: Mapping[Kind, Mapping[str, str]]
    rolled_back: int | None = None  # status of tasks that are taken back
    employees: tuple[Employee, ...] = ()
    no_template: tuple[Kind, ...] = ()  # contacts and companies, where none could be chosen

    def marker(self, kind: Kind) -> CustomField | None:
        """The field that holds our mark; companies are contacts."""
        return self.markers.get(Kind.CONTACT if kind is Kind.COMPANY else kind)

    def status_name(self, kind: Kind, id: str) -> str:
        """What people call the status; its id where it is not known."""
        return self.status_names.get(kind, {}).get(id, id)
