"""What an adapter offers: facts about its vendor (Limits, Capabilities) and an open account to read (Source) or to fill (Target).

The core knows a vendor only through this file. Where two vendors differ, the difference is a fact stated here, never a question
about which vendor it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from migrator.model import Entity, File, Issue, Kind, Ref
from migrator.secrets import Secrets

Record = dict[str, Any]
NOT_UPDATED = "not-updated"  # the code of a change that has to be made by hand


@dataclass(frozen=True)
class Limits:
    """What the vendor permits: `requests` in each `period` (seconds), `per_day`, at most `parallel` under way.

    `quarantine`: seconds after sending a create during which the vendor may still carry it out, client time-out included.
    """

    requests: int
    period: float
    per_day: int | None = None
    parallel: int = 1
    timeout: float = 60.0
    quarantine: float = 90.0


class Carry(StrEnum):
    """What becomes of one field of one kind in a target."""

    NATIVE = "native"  # a field of the target's own
    TEXT = "text"  # a line in the text, for people
    LOST = "lost"  # nowhere; reported
    MAPPED = "mapped"  # native where the mapping names a field of the target, else a line in the text


@dataclass(frozen=True)
class Capabilities:
    """What a vendor can do, as facts. Kinds that are not in `reads` / `creates` do not exist there."""

    reads: frozenset[Kind]
    creates: frozenset[Kind]
    matches: frozenset[Kind]  # found among what is there rather than created
    fields: Mapping[Kind, Mapping[str, Carry]]  # per kind: every field of the model that is not its ref
    carried: frozenset[Kind] = frozenset()  # travel inside the request that creates what they hang on
    hangs_on: Mapping[Kind, frozenset[Kind]] = field(
        default_factory=dict
    )  # what a kind may hang on; not listed = anything
    finishes: frozenset[Kind] = frozenset()  # need a finishing step once all below them is there
    finds: frozenset[Kind] = frozenset()  # doubtful creates of these kinds can be looked up by mark
    repeats: frozenset[Kind] = frozenset()  # a second create of these does no harm, so doubt needs no look-up
    finish_sets: Mapping[Kind, frozenset[str]] = field(
        default_factory=dict
    )  # what of an object is only as expected once it is finished, in the words of `expected`; "fields" = all custom fields
    deletes: frozenset[Kind] = frozenset()  # can be taken back until nothing of them is seen
    retires: frozenset[Kind] = frozenset()  # cannot be deleted, but put aside: closed or archived, and marked for all
    encloses: frozenset[Kind] = frozenset()  # of these: what hangs on one is put aside with it, but for one in another
    # What a delta can change of what was made, in the words of `Target.expected` ("fields" stands for each "fields.NAME"), or of the
    # model where `expected` has none for it.
    updates: Mapping[Kind, frozenset[str]] = field(default_factory=dict)
    seals: frozenset[Kind] = (
        frozenset()
    )  # what is closed takes nothing new: a delta opens it first, and closes it again
    depth: int | None = None  # levels of subtasks below a task; None = any
    title_limit: int | None = None  # characters
    text_limit: int | None = None  # bytes of UTF-8, HTML included
    checklist_limit: int | None = None  # lines on one task
    file_limit: int | None = None  # bytes
    plain: frozenset[Kind] = (
        frozenset()
    )  # kinds whose texts keep their lines, not how they are set: bold words, lists, tables
    empty_files: bool = True  # a file of 0 bytes is taken
    verbatim: bool = False  # keeps entities as they are: no mapping, no words of its own
    silent: bool = False  # can keep mails and notifications from going out


@dataclass(frozen=True)
class Option:
    """One key of [source.options] / [target.options] that the vendor understands, for README and for checking."""

    name: str
    meaning: str
    default: str | int | bool | None = None
    identifies: bool = False  # tells one account from another where the address does not


@dataclass(frozen=True)
class Account:
    """One side of a migration, as the user's file gives it, with the secret read. The secret is in no repr."""

    vendor: str
    url: str = ""
    path: Path | None = None
    secret: str = field(default="", repr=False)
    time_zone: str = "UTC"
    limits: Limits | None = None  # the user's override; None = the vendor's own
    options: Mapping[str, str | int | bool] = field(default_factory=dict)
    tenant: str = ""  # of the options, those that identify

    @property
    def identity(self) -> str:
        """What tells this account from any other, without secrets; a run folder belongs to a pair of these."""
        return " ".join(filter(None, (self.vendor, str(self.path or self.url), self.tenant)))


class Quota(Protocol):
    """Counts the requests of one account; survives restarts."""

    def spend(self) -> None:
        """One request leaves now."""
        ...

    def spent_today(self) -> int:
        """Requests of the current UTC day."""
        ...


async def unheard() -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Wire:
    """What an adapter needs of its surroundings to talk to a vendor.

    `writable` is False in a dry run, a check or a verify: any request that could change the account is then a bug and is not sent.
    `wait`: sleep until a spent quota is reset, rather than raise TryLater. `keep`: folder for replies against the contract.
    `secrets`: an adapter adds each token it gets, so that no message and no kept reply tells it.
    `leaving` is awaited before any bytes of a create leave.
    """

    quota: Quota
    keep: Path
    writable: bool = False
    wait: bool = True
    say: Callable[[str], None] = lambda _: None
    secrets: Secrets = field(default_factory=Secrets, repr=False)
    leaving: Callable[[], Awaitable[None]] = unheard


@dataclass(frozen=True)
class Read:
    """One list a source offers: its name, and the kinds that decoding its records gives.

    `directory`: small and account-wide (people, tags, ...), all that `map` and `check` need.
    """

    name: str
    yields: tuple[Kind, ...]
    directory: bool = False
    bodies: bool = False  # the files yielded by earlier reads are downloaded at this point


@dataclass(frozen=True)
class Page:
    """Records exactly as received, in the vendor's order. `next` is the cursor of the following page, None at the end of the scope.

    `split`: the scope is over the vendor's cap and gave nothing; read these scopes instead.
    """

    records: tuple[Record, ...]
    next: str | None = None
    split: tuple[str, ...] = ()
    total: int | None = None  # what the vendor says the scope holds in all


class Seen(Protocol):
    """The records extracted so far, by the name of their read."""

    def __call__(self, read: str) -> Iterator[Record]:
        """The records of one read, in the order received."""
        ...


@dataclass(frozen=True)
class Decoded:
    """What one record holds. Every key of the record is in an entity, or in an issue."""

    entities: tuple[Entity, ...]
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class Body:
    """A file's bytes, fetched: where they lie, how many, and their SHA-256 in hex."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class Check:
    """One line of `migrator check`. status: ok, warning or error. `fix` is what to do, "" when ok."""

    name: str
    status: str
    seen: str
    fix: str = ""


class Source(Protocol):
    """An account open for reading."""

    reads: tuple[Read, ...]  # in the order they must be made

    def scopes(self, read: str, seen: Seen) -> Iterable[str]:
        """The parts a read is made in, by its cheapest plan, from what earlier reads gave; ("",) = one account-wide list."""
        ...

    async def page(self, read: str, scope: str, cursor: str | None, seen: Seen) -> Page:
        """The records at the cursor (None: the first) of a scope."""
        ...

    def record_id(self, read: str, record: Record) -> str:
        """What identifies the record within its read."""
        ...

    def decoder(self, read: str, seen: Seen) -> Callable[[Record], Decoded]:
        """What turns one record into entities. Pure; what it must know of earlier reads it takes from `seen`, once.

        The function raises ContractBroken for a record no page of the vendor describes.
        """
        ...

    def totals(self, seen: Seen) -> Mapping[str, str]:
        """Sums the vendor states about itself, by the names the core counts under (see pipeline.extract); may be empty."""
        ...

    async def body(self, file: File, to: Path) -> Body:
        """Stream the file's bytes to the path. Raises Refused if the source does not give them."""
        ...

    async def check(self) -> list[Check]:
        """What a preflight can see of this account; makes a few reads."""
        ...


@dataclass(frozen=True)
class Vocabulary:
    """The words the target understands, for mapping to. Every table is name -> the target's id for it.

    `there`: what the account already holds and a source entity may be matched to, by its natural key: e-mail and name of people and
    contacts, title of groups, companies, tags and fields; e-mails in lower case, names that several share left out.
    `cost_tags`: containers that cost rows can go to -> the fields of each; None where costs need none.
    """

    there: Mapping[Kind, Mapping[str, str]]
    statuses: Mapping[Kind, Mapping[str, str]]
    fields: Mapping[Kind, Mapping[str, str]]
    field_types: Mapping[
        Kind, Mapping[str, str]
    ]  # field name -> text, number, date, list, set, person, yes-no, file, other
    field_options: Mapping[Kind, Mapping[str, tuple[str, ...]]]  # field name -> values of a list or set
    cost_tags: Mapping[str, Mapping[str, str]] | None
    priorities: tuple[str, ...] = ()  # the words for priority, least first; empty = numbers 0..10


@dataclass(frozen=True)
class Step:
    """What will be done to the target for one entity, which stands in the target's vocabulary.

    `part`: "create", "finish", or one of the parts that `Target.parts` gives for it. `carried`: entities that travel in the same
    request. `mark`: a UUID by which the target's copy is recognised; the same in every run, another for every part.
    """

    entity: Entity
    part: str
    mark: str
    carried: tuple[Entity, ...] = ()

    @property
    def ref(self) -> Ref:
        """The entity's ref."""
        return self.entity.ref


@dataclass(frozen=True)
class Context:
    """What a step needs of the run when it is carried out.

    `ids`: ref -> the target's id, None if it has none. `made`: (ref, part) -> id, for kinds made in several parts. `files`: what hangs on a
    ref, as (File, target's id), in order. `body`: where a file's bytes lie.
    """

    ids: Callable[[Ref], str | None]
    made: Callable[[Ref, str], str | None]
    files: Callable[[Ref], tuple[tuple[File, str], ...]]
    body: Callable[[Ref], Body]


@dataclass(frozen=True)
class Made:
    """What a step came to: the target's id, what was noticed on the way, and the ids of what travelled along (the rest did not)."""

    id: str
    issues: tuple[Issue, ...] = ()
    carried: Mapping[Ref, str] = field(default_factory=dict)


def not_updated(ref: Ref, name: str, why: str) -> Issue:
    """A field that a delta could not change in the target, and has left as it is."""
    return Issue(ref=ref, code=NOT_UPDATED, field=name, detail=f"{why}: change it by hand")


@dataclass(frozen=True)
class Observed:
    """One object of the target, read back: its id, its mark ("" = none) and its fields as flat text, in the words of `expected`.

    `place` sorts it among its siblings as people see them; "" = in no order that the API shows. `body`: how `fetch` finds the bytes
    of a file; "" = there are none to be had. `on`: what it
    hangs on there, by kind and id; empty where it stands alone, or nothing tells.
    """

    id: str
    mark: str
    fields: Mapping[str, str]
    place: str = ""
    body: str = ""
    on: tuple[tuple[Kind, str], ...] = ()


ONE_FOR_ALL = (
    "*"  # in `Target.instead`: a value that the API tells nobody beforehand, and that is the same wherever it stands
)


class Target(Protocol):
    """An account open for filling. All of it is repeatable but `create`."""

    vocabulary: Vocabulary

    def parts(self, entity: Entity) -> tuple[str, ...]:
        """The creates that the entity takes, in order, each exactly once; ("create",) for most. "create" gives the entity's id.

        A part that makes a thing of another kind has the name of that kind.
        """
        ...

    def requests(self, step: Step) -> int:
        """How many requests the step takes when all goes well."""
        ...

    def link(self, kind: Kind, id: str) -> str | None:
        """Where people find the object in the target's own pages, or where an image's bytes are shown; None if there is no such address."""
        ...

    async def create(self, step: Step, context: Context) -> Made:
        """Make it, once. Raises Refused (nothing was made) or InDoubt (it may have been)."""
        ...

    async def finish(self, step: Step, context: Context) -> Made:
        """Set what could only be set now. Repeatable. Raises Refused."""
        ...

    async def update(self, step: Step, fields: Mapping[str, str], context: Context) -> Made:
        """Set these fields of what was made, and nothing else, as the step's entity now has them. Repeatable. Raises Refused.

        The step's mark is that of its create. `fields`: those of `Capabilities.updates`, each with what stands there now, "" where that
        cannot be seen. What turns out not to be changeable is told as `not_updated`. A status of "" is that of what is open.
        """
        ...

    async def find(self, steps: tuple[Step, ...], context: Context) -> Mapping[Ref, Made]:
        """Look up doubtful creates of one kind and part by their marks: ref -> what its create came to, of those that are there."""
        ...

    def expected(self, step: Step, context: Context) -> Mapping[str, str]:
        """The fields a reader of the target should find, as flat text. Pure."""
        ...

    def instead(self, step: Step, issue: Issue, context: Context) -> Mapping[str, str]:
        """The fields that a reader finds otherwise than expected because of what the issue tells, each as it then is. Pure."""
        ...

    def read_back(
        self, kind: Kind, steps: tuple[Step, ...], context: Context, under: tuple[Ref, ...] = ()
    ) -> AsyncIterator[Observed]:
        """Everything of the kind that the run made, and what stands beside it in the lists read, by the cheapest reads.

        The steps' entities come without their texts. `under`: things of the run; all of the kind that hangs on one of them is given too,
        whoever made it.
        """
        ...

    async def fetch(self, observed: Observed, to: Path) -> Body:
        """Stream the bytes of a file that was read back to the path. Raises Refused if the target does not give them."""
        ...

    async def remove(self, step: Step, context: Context) -> None:
        """Take back what one part of a step made: delete it, or put it aside where the vendor deletes none of its kind.

        Repeatable: what is gone already counts as taken back. Raises Refused.
        """
        ...

    def removal_requests(self, step: Step, context: Context) -> int:
        """How many requests that takes when all goes well."""
        ...

    async def check(self) -> list[Check]:
        """What a preflight can see of this account; makes a few reads."""
        ...


@dataclass(frozen=True)
class Vendor:
    """One adapter: facts, and how to open an account. None = not offered."""

    name: str
    title: str
    capabilities: Capabilities
    limits: Limits
    options: tuple[Option, ...]
    open_source: Callable[[Account, Wire], AbstractAsyncContextManager[Source]] | None
    open_target: Callable[[Account, Wire], AbstractAsyncContextManager[Target]] | None
    on_disk: bool = False  # a folder rather than an address with a secret
