"""What a HubEx account understands: its words and ids, read once when it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from migrator.model import Kind
from migrator.vendor import Vocabulary
from migrator.vendors.hubex.stages import Link

CONTACT = "contact:"  # begins the id of a contact, which is no user and can act for nobody
# Words of a task that HubEx keeps in dictionaries, by the names that its source gives them too: the key of a request, and of a row.
WORDS = {"criticality": ("criticalityID", "actualCriticality"), "work_type": ("workTypeID", "workType")}
# What an asset has for a status. New tasks are made on published ones only.
PUBLISHED, UNPUBLISHED = "Опубликован", "Не опубликован"
ALREADY_DONE, TASK_CLOSED, NOT_POSSIBLE = (
    "AlreadyDone",
    "TaskClosed",
    "InvalidOperation",
)  # codes of refusals (the vendor contract, section 3)


@dataclass(frozen=True)
class Attribute:
    """One custom field. `type`: one of vendor.Vocabulary's; `code`: the vendor's own. `options`: key -> value of a list."""

    id: int
    name: str
    code: str
    type: str
    public: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Projects:
    """What projects become: assets of a type and a class, at an address; or companies.

    `company`: of projects without a client. `location`: the id of the address; None if it is not there yet.
    """

    as_companies: bool = False
    asset_type: int = 0
    asset_class: int = 0
    company: int | None = None
    address: str = ""
    location: int | None = None


@dataclass(frozen=True)
class Works:
    """Where time and money are written: the work types, and the currency of all amounts; None = the account has none."""

    time: int | None
    money: int | None
    currency: int | None


@dataclass(frozen=True)
class Catalogue:
    """The account as read when it was opened.

    `start`: the stage of new tasks; `links`: the moves their type permits. `words`: dictionary -> name -> id. `created_in`: the
    attribute for creation dates. `stand_in`: who is assigned where nobody else can be. `currencies`: how many there are.
    """

    vocabulary: Vocabulary
    zone: ZoneInfo
    projects: Projects
    works: Works
    task_type: int
    start: int
    links: tuple[Link, ...]
    registration_type: int
    attributes: Mapping[Kind, Mapping[str, Attribute]]
    words: Mapping[str, Mapping[str, int]]
    created_in: Attribute | None = None
    stand_in: int | None = None
    external_comments: bool = False
    currencies: int = 1

    def stage_name(self, id: int) -> str:
        """What people call the stage; its id where it is not of the route."""
        names = self.vocabulary.statuses[Kind.TASK]
        return next((name for name, known in names.items() if known == str(id)), str(id))
