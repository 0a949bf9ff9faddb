"""What records refer to by id or name, gathered from earlier reads: labels, values of custom fields, client folders. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from migrator.model import Label, Value
from migrator.vendor import Record, Seen
from migrator.vendors.worksection.directory import option_title
from migrator.vendors.worksection.plan import flat


@dataclass(frozen=True)
class Known:
    """Labels by tag id, values of custom fields by the id of their owner, titles of the folders that stand for clients."""

    labels: Mapping[str, Label]
    fields: Mapping[str, Mapping[str, Value]]
    clients: frozenset[str] = frozenset()

    def tags(self, record: Record) -> tuple[Label, ...]:
        """The labels on a task or project; of a tag that is in no list, its title alone."""
        tags = record.get("tags") or {}  # an empty one may be [] or null
        return tuple(self.labels.get(str(id), Label(title=title)) for id, title in tags.items())

    def values(self, record: Record) -> dict[str, Value]:
        """The custom fields of a task or project."""
        return {**self.fields.get(str(record["id"]), {}), **_custom_values(record)}


def known_of_projects(seen: Seen) -> Known:
    """What records of projects refer to."""
    clients = frozenset(
        group["title"]
        for group in seen("project_groups")
        if group.get("type") == "company" and int(group.get("client") or 0)
    )
    records = (record for read in ("project_index", "project_values") for record in seen(read))
    return Known(_labels(seen("project_tags")), _values_by_owner(records), clients)


def known_of_tasks(seen: Seen) -> Known:
    """What records of tasks refer to."""
    records = (record for read in ("task_index", "task_values") for record in flat(seen(read)))
    return Known(_labels(seen("task_tags")), _values_by_owner(records))


def _labels(tags: Iterable[Record]) -> dict[str, Label]:
    """By the id as text: tags are numbered by integers in their list and by text where they are used."""
    return {str(tag["id"]): Label(title=tag["title"], group=(tag.get("group") or {}).get("title", "")) for tag in tags}


def _values_by_owner(records: Iterable[Record]) -> dict[str, dict[str, Value]]:
    found: dict[str, dict[str, Value]] = {}
    for record in records:
        if custom := _custom_values(record):
            found[str(record["id"])] = custom
    return found


def _custom_values(record: Record) -> dict[str, Value]:
    """The values of custom fields by the fields' names; empty ones are as good as absent."""
    held = record.get("custom_fields") or ()
    named = {one["name"]: _value(one.get("value")) for one in (held.values() if isinstance(held, dict) else held)}
    return {name: value for name, value in named.items() if value}


def _value(value: Any) -> Value:
    if value in (None, ""):
        return ""
    if isinstance(value, list | tuple):
        return tuple(option_title(each) for each in value)
    return option_title(value)
