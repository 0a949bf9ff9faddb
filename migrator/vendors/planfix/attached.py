"""Decode what hangs on projects and tasks: comments, files, lines of checklists. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from migrator.model import CheckItem, Comment, File, Issue, Kind, Reach, Ref
from migrator.vendor import Decoded, Record
from migrator.vendors.planfix import answers, texts
from migrator.vendors.planfix.keys import unaccounted
from migrator.vendors.planfix.known import CommentKnown, comment_ref, task_of
from migrator.vendors.planfix.place import Place

_NO_WORDS = "—"  # what stands in for no text where a text must be
_ELSEWHERE = "@"  # in the id of a file that already hangs on something else


def comment(record: Record, place: Place, known: CommentKnown) -> Decoded:
    """A comment with its files. Only the files of one that repeats its task's description; nothing of one that says nothing."""
    ref = Ref(Kind.COMMENT, str(record["id"]))
    if record.get("isDeleted"):
        return Decoded(())
    task = task_of(record)
    if task not in known.tasks:
        return Decoded((), (_homeless(ref, record, task),))
    on = comment_ref(record, known.descriptions)
    files = [file(one, on, known.holders) for one in record.get("files") or ()]
    entity = Comment(
        ref=ref,
        on=Ref(Kind.TASK, task),
        text=texts.rich(record.get("description") or "", place.site),
        created=answers.moment(record.get("dateTime")),
        author=answers.who(record.get("owner"), known.emails),
        hidden=bool(record.get("isHidden")),
        pinned=bool(record.get("isPinned")),
    )
    moves = on.kind is Kind.COMMENT and (files or _says(record, known))
    entities = ((entity,) if moves else ()) + tuple(found for one in files for found in one.entities)
    issues = unaccounted("comments", record, ref if moves else entity.on)
    return Decoded(entities, issues + tuple(issue for one in files for issue in one.issues))


def _says(record: Record, known: CommentKnown) -> bool:
    """Whether a comment has words of its own, beside those of the entries that it carries: these are moved as costs."""
    words = texts.folded(record.get("description") or "")
    if record.get("dataTags") and words in {_NO_WORDS, *known.spent.get(str(record["id"]), ())}:
        return False
    return bool(words)


def _homeless(ref: Ref, record: Record, task: str) -> Issue:
    if not task:
        where = record.get("contact") or record.get("project") or {}
        detail = f"stands on {where.get('name') or where.get('id') or 'nothing'}, not on a task; not moved"
        return Issue(ref=ref, code="unsupported", field="contact", detail=detail)
    detail = f"its task {task} is deleted, or the token may not see it; not moved"
    return Issue(ref=ref, code="task-unseen", field="on", detail=detail, reach=Reach.NOTE)


def checklist(record: Record) -> Decoded:
    """The checklist of one task, `items` in the order of their making; lines below a line follow it."""
    on = Ref(Kind.TASK, str(record["id"]))
    issues = list(unaccounted("checklists", record, on))
    items: list[CheckItem] = []
    for row, above in _in_order(record["items"], str(record["id"])):
        ref = Ref(Kind.CHECKITEM, f"{on.id}/{len(items) + 1}")
        items.append(CheckItem(ref=ref, on=on, title=row["name"], done=bool(row.get("isDone"))))
        issues += unaccounted("items", row, ref)
        if above:
            detail = f"stands below {above!r}; moved as the line after it"
            issues.append(Issue(ref=ref, code="unsupported", field="parent", detail=detail, reach=Reach.NOTE))
    return Decoded(tuple(items), tuple(issues))


def _in_order(rows: list[Record], task: str) -> Iterator[tuple[Record, str]]:
    """The lines, each with the name of the line above it, "" = none: the parent of a first-level line is the task (section 5)."""
    names = {str(row["id"]): str(row["name"]) for row in rows}
    below: dict[str, list[Record]] = {}
    for row in rows:
        parent = str((row.get("parent") or {}).get("id") or task)
        below.setdefault(parent if parent in names else task, []).append(row)

    def under(id: str) -> Iterator[tuple[Record, str]]:
        for row in below.pop(id, ()):
            yield row, names.get(id, "")
            yield from under(str(row["id"]))

    yield from under(task)
    for left in list(below):  # lines that stand below each other
        yield from under(left)


def project_file(record: Record, holders: Mapping[str, Ref]) -> Decoded:
    """A file of a project, with the project it was asked for."""
    return file(record, Ref(Kind.PROJECT, str(record["projectId"])), holders)


def loose_file(record: Record, loose: Mapping[str, Ref]) -> Decoded:
    """A file that a text or a custom field names, and no list shows."""
    return file(record, loose[str(record["id"])], loose)


def file(record: Record, on: Ref, holders: Mapping[str, Ref]) -> Decoded:
    """A file. `holders`: what each file hangs on first; in a second place it is a file of its own with the same bytes."""
    id = str(record["id"])
    known_as = id if holders.get(id, on) == on else f"{id}{_ELSEWHERE}{on}"
    entity = File(ref=Ref(Kind.FILE, known_as), on=on, name=record.get("name") or f"file {id}")
    return Decoded((entity,), unaccounted("files", record, entity.ref))


def file_number(ref: Ref) -> str:
    """The vendor's number of a file."""
    return ref.id.partition(_ELSEWHERE)[0]
