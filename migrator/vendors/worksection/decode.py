"""What decodes the records of each read. Pure; the records themselves are read in directory.py, work.py and attached.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from migrator.errors import ContractBroken
from migrator.model import Kind, Ref
from migrator.vendor import Decoded, Record, Seen
from migrator.vendors.worksection import attached, directory, work
from migrator.vendors.worksection.keys import unaccounted
from migrator.vendors.worksection.known import known_of_projects, known_of_tasks
from migrator.vendors.worksection.place import Place

_DIRECTORIES: Mapping[str, Callable[[Record, Place], Decoded]] = {
    "users": directory.person,
    "user_groups": directory.company,
    "contacts": directory.contact,
    "project_groups": directory.group,
    "task_tags": directory.task_tag,
    "project_tags": directory.project_tag,
    "task_fields": directory.task_field,
    "project_fields": directory.project_field,
}
# All they say is said by the records that name them; what they say beside it is an issue of that kind.
_SETTLED = {"contact_groups": Kind.CONTACT, "task_tag_groups": Kind.TAG, "project_tag_groups": Kind.TAG}


def decoder(read: str, place: Place, seen: Seen) -> Callable[[Record], Decoded]:
    """What turns one record of the read into entities. It raises ContractBroken for a record that no page describes."""
    decode = _choose(read, place, seen)

    def guarded(record: Record) -> Decoded:
        try:
            return decode(record)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            what = f"Worksection, {read} {record.get('id', '')}: a record that no page of the vendor describes"
            raise ContractBroken(f"{what} ({type(error).__name__}: {error})") from error

    return guarded


def _choose(read: str, place: Place, seen: Seen) -> Callable[[Record], Decoded]:
    if read in _DIRECTORIES:
        return lambda record: _DIRECTORIES[read](record, place)
    if read in _SETTLED:
        return lambda record: Decoded((), unaccounted(read, record, Ref(_SETTLED[read], f"{read}/{record['id']}")))
    match read:
        case "projects":
            known = known_of_projects(seen)
            return lambda record: work.project(record, place, known)
        case "tasks":
            known = known_of_tasks(seen)
            return lambda record: work.tasks(record, place, known)
        case "comments":
            return lambda record: attached.comment(record, place)
        case "project_files":
            placed = attached.placed_files(seen)
            return lambda record: attached.project_file(record, place, placed)
        case "costs" | "costs_left":
            return attached.cost
        case _:  # read for the sake of other reads: ids, values of custom fields, sums
            return lambda _: Decoded(())
