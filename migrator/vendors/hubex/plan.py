"""Which parts an account is read in: from the lists, which tasks and projects need requests of their own. Pure.

A scope is text: "" (a whole list), "task:26", "project:12", or "tasks 26 27 31" for what is asked of many at once. A scope that is
a ref is skipped by the core where the user leaves that ref out. Source: the vendor contract, section 4.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from migrator.vendor import Record

BATCH = 50  # ids in one request (the vendor contract, section 2: 50 to 100)


def is_live(record: Record) -> bool:
    """Whether the record is of something not deleted. Checked here too, because a filter that is not known is not heeded."""
    return not record.get("deleted")


def live(records: Iterable[Record]) -> Iterator[Record]:
    """Those that are not deleted."""
    return (record for record in records if is_live(record))


def scopes_of(kind: str, records: Iterable[Record]) -> Iterator[str]:
    """A scope for each record."""
    return (f"{kind}:{record['id']}" for record in records)


def batches(kind: str, records: Iterable[Record]) -> Iterator[str]:
    """Scopes of many at once. `kind`: task or project."""
    ids = [str(record["id"]) for record in records]
    return (" ".join([f"{kind}s", *ids[start : start + BATCH]]) for start in range(0, len(ids), BATCH))


def ids_of(scope: str) -> list[str]:
    """The ids in a scope of many."""
    return scope.split()[1:]


def with_count(count: str, tasks: Iterable[Record]) -> Iterator[Record]:
    """The tasks that have some of what their details count; without details nobody knows, so all."""
    return (task for task in live(tasks) if (counters := task.get("counters")) is None or counters.get(count))


def file_scopes(kind: str, probed: Iterable[Record], placed: set[str]) -> Iterator[str]:
    """The tasks or projects of the batches with files that are not placed yet: which of them has one is not said."""
    found = dict.fromkeys(id for file in probed if str(file["id"]) not in placed for id in ids_of(str(file["batch"])))
    return (f"{kind}:{id}" for id in found)


def project_of(task: Record, project: str) -> Record | None:
    """What of a task stands for its project, {id, name}. `project`: asset, company or contract."""
    held: Record | None = task.get(project)
    return held
