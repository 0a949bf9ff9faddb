"""What decodes the records of each read. Pure; the records themselves are read in directory.py, work.py, attached.py and spent.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from migrator.errors import ContractBroken
from migrator.vendor import Decoded, Record, Seen
from migrator.vendors.planfix import attached, directory, spent, work
from migrator.vendors.planfix.known import (
    descriptions,
    holders,
    known_of_comments,
    known_of_costs,
    known_of_work,
    loose_files,
)
from migrator.vendors.planfix.place import Place

_DIRECTORIES: Mapping[str, Callable[[Record, Place], Decoded]] = {
    "users": directory.person,
    "contacts": directory.contact,
    "companies": directory.company,
    "project_groups": directory.project_group,
}


def decoder(read: str, place: Place, seen: Seen) -> Callable[[Record], Decoded]:
    """What turns one record of the read into entities. Both raise ContractBroken for records that no page describes."""
    with _described(read):
        decode = _choose(read, place, seen)

    def guarded(record: Record) -> Decoded:
        with _described(f"{read} {record.get('id', record.get('key', ''))}"):
            return decode(record)

    return guarded


@contextmanager
def _described(what: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        told = f"Planfix, {what}: a record that no page of the vendor describes"
        raise ContractBroken(f"{told} ({type(error).__name__}: {error})") from error


def _choose(read: str, place: Place, seen: Seen) -> Callable[[Record], Decoded]:
    if read in _DIRECTORIES:
        return lambda record: _DIRECTORIES[read](record, place)
    match read:
        case "statuses":
            processes = {str(row["id"]): str(row["name"]) for row in seen("processes")}
            return lambda record: directory.status(record, processes)
        case "fields":
            entries = directory.directory_values(seen)
            return lambda record: directory.custom_field(record, place, entries)
        case "projects" | "tasks":
            known = known_of_work(seen)
            decode = work.project if read == "projects" else work.task
            return lambda record: decode(record, place, known)
        case "comments":
            said = known_of_comments(seen)
            return lambda record: attached.comment(record, place, said)
        case "entries":
            costs = known_of_costs(seen)
            return lambda record: spent.cost(record, place, costs)
        case "checklists":
            return attached.checklist
        case "project_files":
            first = holders(seen, descriptions(seen))
            return lambda record: attached.project_file(record, first)
        case "loose_files":
            loose = loose_files(seen, place)
            return lambda record: attached.loose_file(record, loose)
        case _:  # read for the sake of other reads: custom fields, directories, data tags, templates, processes
            return lambda _: Decoded(())
