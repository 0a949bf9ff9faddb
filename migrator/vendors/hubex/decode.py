"""What decodes the records of each read. Pure; the records themselves are read in directory.py, work.py and attached.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from migrator.errors import ContractBroken
from migrator.vendor import Decoded, Record, Seen
from migrator.vendors.hubex import attached, directory, work
from migrator.vendors.hubex.known import known_of_costs, known_of_projects, known_of_tasks
from migrator.vendors.hubex.place import Place
from migrator.vendors.hubex.plan import is_live

_DIRECTORIES: Mapping[str, Callable[[Record], Decoded]] = {
    "users": directory.person,
    "companies": directory.company,
    "contacts": directory.contact,
    "tags": directory.tag,
    "stages": directory.stage,
    "task_attributes": directory.task_attribute,
    "project_attributes": directory.project_attribute,
    "checklists": attached.checklist,
    "project_files": attached.project_file,
}
_ATTACHED = frozenset({"comments", "works", "task_files", "project_files"})  # of these nothing deleted is moved


def decoder(read: str, place: Place, seen: Seen) -> Callable[[Record], Decoded]:
    """What turns one record of the read into entities. It raises ContractBroken for a record that no page describes."""
    decode = _choose(read, place, seen)

    def guarded(record: Record) -> Decoded:
        if read in _ATTACHED and not is_live(record):
            return Decoded(())
        try:
            return decode(record)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            what = f"HubEx, {read} {record.get('id', '')}: a record that no page of the vendor describes"
            raise ContractBroken(f"{what} ({type(error).__name__}: {error})") from error

    return guarded


def _choose(read: str, place: Place, seen: Seen) -> Callable[[Record], Decoded]:
    if read in _DIRECTORIES:
        return _DIRECTORIES[read]
    if read in directory.WORDS:
        return directory.words(read, seen)
    if read == ("projects" if place.project_details else "project_index"):
        projects = known_of_projects(seen, place)
        return lambda record: work.project(record, place, projects)
    match read:
        case "tasks":
            tasks = known_of_tasks(seen, place)
            return lambda record: work.task(record, place, tasks)
        case "comments":
            probed = attached.probed_files(seen)
            return lambda record: attached.comment(record, place, probed)
        case "works":
            known = known_of_costs(seen)
            return lambda record: attached.work(record, place, known)
        case "task_files":
            placed = attached.placed_files(seen)
            return lambda record: attached.task_file(record, placed)
        case _:  # read for the sake of other reads: which tasks and projects there are, values, currencies, probes
            return lambda _: Decoded(())
