"""What records refer to by id, gathered from all reads so far: people's e-mails, parents, names of values, holders of files. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from migrator.model import Kind, Ref
from migrator.vendor import Record, Seen
from migrator.vendors.planfix import catalogue, texts
from migrator.vendors.planfix.answers import FILES, PROJECT, TASK, TASK_SET, moment
from migrator.vendors.planfix.catalogue import CustomField, DataTag
from migrator.vendors.planfix.place import Place
from migrator.vendors.planfix.plan import is_task

_IN_DIRECTORIES = (catalogue.DIRECTORY_ENTRY, catalogue.DIRECTORY_SET)


@dataclass(frozen=True)
class Known:
    """By id, as text. `projects`: those that move, and above each the one it is in; `parents`: of tasks that move; "" = none.

    `clients`: the counterparty of each project; `names`: of what values of a custom field may refer to, by the field; `holders`: what
    each file hangs on first.
    """

    emails: Mapping[str, str] = field(default_factory=dict)
    projects: Mapping[str, str] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)
    clients: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    holders: Mapping[str, Ref] = field(default_factory=dict)

    def depth(self, kind: Kind, id: str) -> int:
        """How many of its kind stand above a task or project; of a circle, none twice."""
        parents = self.projects if kind is Kind.PROJECT else self.parents
        above: list[str] = []
        while (id := parents.get(id, "")) and id not in above:
            above.append(id)
        return len(above)


@dataclass(frozen=True)
class CommentKnown:
    """What comments refer to. `descriptions`: the comments that repeat a task's description; `spent`: texts of entries, by comment."""

    emails: Mapping[str, str]
    tasks: frozenset[str]
    descriptions: frozenset[str]
    spent: Mapping[str, frozenset[str]]
    holders: Mapping[str, Ref]


@dataclass(frozen=True)
class CostKnown:
    """What entries refer to: data tags by id, who wrote which comment when, and when each task was made."""

    emails: Mapping[str, str]
    tags: Mapping[str, DataTag]
    comments: Mapping[str, tuple[Record | None, datetime | None]]
    tasks: Mapping[str, datetime | None]


def data_tag(row: Record) -> DataTag:
    """A record of /datatag/list."""
    fields = (CustomField(int(one["id"]), str(one["name"]), int(one["type"])) for one in row.get("fields") or ())
    return DataTag(int(row["id"]), str(row["name"]), {one.name: one for one in fields})


def contact_ref(record: Record) -> Ref:
    """The ref of a contact or company: they are numbered together."""
    return Ref(Kind.COMPANY if record.get("isCompany") else Kind.CONTACT, f"contact:{record['id']}")


def emails(seen: Seen) -> dict[str, str]:
    """E-mail by prefixed id: records name people by id and name alone."""
    rows = [(f"user:{row['id']}", row) for row in seen("users")]
    rows += [(f"contact:{row['id']}", row) for read in ("contacts", "companies") for row in seen(read)]
    return {id: str(row["email"]) for id, row in rows if row.get("email")}


def known_of_work(seen: Seen) -> Known:
    """What records of projects and tasks refer to."""
    projects = [row for row in seen("projects") if not row.get("isDeleted")]
    return Known(
        emails=emails(seen),
        projects=_parents(projects),
        parents=_parents(row for row in seen("tasks") if is_task(row)),
        clients={str(row["id"]): str((row.get("counterparty") or {}).get("id") or "") for row in projects},
        names=_names(seen),
        holders=holders(seen, frozenset()),
    )


def _parents(rows: Iterable[Record]) -> dict[str, str]:
    """What each of the rows stands below, "" where that is none of them."""
    parents = {str(row["id"]): str((row.get("parent") or {}).get("id") or "") for row in rows}
    return {id: above if above in parents else "" for id, above in parents.items()}


def known_of_comments(seen: Seen) -> CommentKnown:
    """What records of comments refer to."""
    found = descriptions(seen)
    spent: dict[str, set[str]] = {}
    for entry in seen("entry_index"):
        texts_of = {
            str(row["value"]).strip() for row in entry.get("customFieldData") or () if isinstance(row.get("value"), str)
        }
        spent.setdefault(str(entry.get("commentId")), set()).update(texts_of)
    return CommentKnown(
        emails=emails(seen),
        tasks=frozenset(str(row["id"]) for row in seen("tasks") if is_task(row)),
        descriptions=found,
        spent={comment: frozenset(texts_of) for comment, texts_of in spent.items()},
        holders=holders(seen, found),
    )


def known_of_costs(seen: Seen) -> CostKnown:
    """What entries of data tags refer to."""
    return CostKnown(
        emails=emails(seen),
        tags={str(row["id"]): data_tag(row) for row in seen("data_tags")},
        comments={str(row["id"]): (row.get("owner"), moment(row.get("dateTime"))) for row in seen("comments")},
        tasks={str(row["id"]): moment(row.get("dateTime")) for row in seen("tasks") if is_task(row)},
    )


def descriptions(seen: Seen) -> frozenset[str]:
    """The comments that are descriptions of tasks, which show these as their first comment too (section 8, 16).

    It has the description's text, and is the oldest of all or was written in the minute in which the task was made. Without a text
    it is the oldest of all, and has no files that the description has not.
    """
    tasks = {str(row["id"]): _Description.of(row) for row in seen("tasks")}
    oldest: dict[str, int] = {}
    for row in seen("comments"):
        task = task_of(row)
        oldest[task] = min(int(row["id"]), oldest.get(task, int(row["id"])))
    found: dict[str, int] = {}
    for row in seen("comments"):
        task, id = task_of(row), int(row["id"])
        if task in tasks and id <= found.get(task, id) and tasks[task].is_in(row, oldest=id == oldest[task]):
            found[task] = id
    return frozenset(map(str, found.values()))


@dataclass(frozen=True)
class _Description:
    """What is compared of a description and a comment."""

    text: str
    made: datetime | None
    files: frozenset[str]

    @classmethod
    def of(cls, record: Record) -> _Description:
        made = moment(record.get("dateTime"))
        return cls(
            texts.folded(record.get("description") or ""),
            made.replace(second=0, microsecond=0) if made else None,
            frozenset(str(file["id"]) for file in record.get("files") or ()),
        )

    def is_in(self, comment: Record, *, oldest: bool) -> bool:
        """Whether the comment is it."""
        if not oldest and not self.text:
            return False
        other = _Description.of(comment)
        first = oldest or (self.made is not None and other.made == self.made)
        return first and other.text == self.text and (bool(self.text) or other.files <= self.files)


def task_of(record: Record) -> str:
    """The task that a comment or entry hangs on, "" = none."""
    return str((record.get("task") or {}).get("id") or "")


def comment_ref(record: Record, descriptions: frozenset[str]) -> Ref:
    """What the files of a comment hang on: the task if the comment is its description."""
    if str(record["id"]) in descriptions:
        return Ref(Kind.TASK, task_of(record))
    return Ref(Kind.COMMENT, str(record["id"]))


def holders(seen: Seen, descriptions: frozenset[str]) -> dict[str, Ref]:
    """What each file hangs on first, in the order of the reads: one file may stand in several places."""
    found: dict[str, Ref] = {}
    for on, file in _held(seen, descriptions):
        found.setdefault(str(file["id"]), on)
    return found


def loose_files(seen: Seen, place: Place) -> dict[str, Ref]:
    """Files that no list shows, and what they hang on: images in texts (section 8, 22), links to files, values of custom fields."""
    repeated = descriptions(seen)
    listed = holders(seen, repeated)
    found: dict[str, Ref] = {}
    for on, record in _written(seen, repeated):
        shown = (
            ref.id for ref in texts.links(record.get("description") or "", place.site).values() if ref.kind is Kind.FILE
        )
        for id in (*shown, *_files_in_fields(record)):
            if id not in listed:
                found.setdefault(id, on)
    return found


def _held(seen: Seen, descriptions: frozenset[str]) -> Iterator[tuple[Ref, Record]]:
    tasks = (row for row in seen("tasks") if is_task(row))
    yield from ((Ref(Kind.TASK, str(row["id"])), file) for row in tasks for file in row.get("files") or ())
    comments = (row for row in seen("comments") if not row.get("isDeleted"))
    yield from ((comment_ref(row, descriptions), file) for row in comments for file in row.get("files") or ())
    yield from ((Ref(Kind.PROJECT, str(row["projectId"])), row) for row in seen("project_files"))


def _written(seen: Seen, descriptions: frozenset[str]) -> Iterator[tuple[Ref, Record]]:
    """What moves with a text: projects, tasks, and their comments."""
    projects = (row for row in seen("projects") if not row.get("isDeleted"))
    yield from ((Ref(Kind.PROJECT, str(row["id"])), row) for row in projects)
    yield from ((Ref(Kind.TASK, str(row["id"])), row) for row in seen("tasks") if is_task(row))
    tasks = {str(row["id"]) for row in seen("tasks") if is_task(row)}
    comments = (row for row in seen("comments") if task_of(row) in tasks and not row.get("isDeleted"))
    yield from ((comment_ref(row, descriptions), row) for row in comments)


def _files_in_fields(record: Record) -> Iterator[str]:
    for row in record.get("customFieldData") or ():
        if row["field"].get("type") == FILES:
            yield from (str(each["id"] if isinstance(each, dict) else each) for each in row.get("value") or ())


def _names(seen: Seen) -> dict[str, Mapping[str, str]]:
    """Names of what values refer to by id alone: entries of directories, tasks, projects."""
    entries = {
        str(row["id"]): {str(one["key"]): str(one["name"]) for one in row["entries"]} for row in seen("directories")
    }
    tasks = {str(row["id"]): str(row.get("name") or "") for row in seen("tasks")}
    projects = {str(row["id"]): str(row.get("name") or "") for row in seen("projects")}
    found: dict[str, Mapping[str, str]] = {}
    for row in seen("field_index"):
        if row["type"] in _IN_DIRECTORIES:
            found[str(row["id"])] = entries.get(str(row.get("directoryId")), {})
        elif row["type"] in (TASK, TASK_SET):
            found[str(row["id"])] = tasks
        elif row["type"] == PROJECT:
            found[str(row["id"])] = projects
    return found
