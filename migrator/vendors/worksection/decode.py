"""Decode the work: projects, tasks, comments, files, costs; and choose what decodes the records of a read. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from migrator.errors import ContractBroken
from migrator.model import (
    CheckItem,
    Comment,
    Cost,
    Entity,
    File,
    Issue,
    Kind,
    Label,
    Project,
    Reach,
    Ref,
    Relation,
    Task,
    Value,
)
from migrator.vendor import Decoded, Record, Seen
from migrator.vendors.worksection import directory, texts, values
from migrator.vendors.worksection.keys import unaccounted
from migrator.vendors.worksection.place import Place
from migrator.vendors.worksection.plan import comments_apart, is_brief

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
_SETTLED = {"contact_groups": Kind.CONTACT, "task_tag_groups": Kind.TAG, "project_tag_groups": Kind.TAG}


def decoder(read: str, place: Place, seen: Seen) -> Callable[[Record], Decoded]:
    """What turns one record of the read into entities. It raises ContractBroken for a record that no page describes."""
    decode = _choose(read, place, seen)

    def guarded(record: Record) -> Decoded:
        try:
            return decode(record)
        except (KeyError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
            what = f"Worksection, {read} {record.get('id', '')}: a record that cannot be read"
            raise ContractBroken(f"{what} ({type(error).__name__}: {error})") from error

    return guarded


def _choose(read: str, place: Place, seen: Seen) -> Callable[[Record], Decoded]:
    match read:
        case "projects":
            known = known_of_projects(seen)
            return lambda record: project(record, place, known)
        case "tasks":
            known = known_of_tasks(seen)
            return lambda record: tasks(record, place, known)
        case "comments":
            return lambda record: comment(record, place)
        case "project_files":
            placed = set(_placed_files(seen))
            return lambda record: project_file(record, place, placed)
        case "costs":
            return cost
        case _ if read in _DIRECTORIES:
            return lambda record: _DIRECTORIES[read](record, place)
        case _ if read in _SETTLED:
            return lambda record: Decoded((), unaccounted(read, record, Ref(_SETTLED[read], f"{read}/{record['id']}")))
        case _:  # read for other reads: ids, values of custom fields, sums
            return lambda _: Decoded(())


