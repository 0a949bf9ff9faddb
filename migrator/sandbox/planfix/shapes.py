"""What a read of Planfix shows of a record: the asked names, each in its wire shape.

Vendor contract, section 4: no `fields` gives the minimal object, unknown names are silently dropped, custom values come only for
their numeric ids, and those without a value are absent. The id always comes (examples of GET /task/{id}).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from migrator.sandbox.planfix import times, values
from migrator.sandbox.planfix.state import State
from migrator.sandbox.planfix.wire import Record

Shape: TypeAlias = Callable[[State, Record, str], Any]
Shapes: TypeAlias = Mapping[str, Shape]


def plain(_: State, record: Record, name: str) -> Any:
    """The kept value itself; None is an absent key."""
    return record.get(name)


def text(_: State, record: Record, name: str) -> str:
    """A text; "" where there is none."""
    return str(record.get(name, ""))


def flag(_: State, record: Record, name: str) -> bool:
    """A switch; false where there is none."""
    return bool(record.get(name, False))


def moment(_: State, record: Record, name: str) -> Any:
    """A TimePoint of a kept moment."""
    return times.show(record[name]) if record.get(name) else None


def day(_: State, record: Record, name: str) -> Any:
    """A TimePoint of a kept day."""
    return times.show_day(record[name]) if record.get(name) else None


def base(_: State, record: Record, name: str) -> Any:
    """`{"id": N}`."""
    return {"id": record[name]} if record.get(name) is not None else None


def person(state: State, record: Record, name: str) -> Any:
    """`{"id": "user:2", "name": ...}`."""
    return {"id": record[name], "name": state.name_of(record[name])} if record.get(name) else None


def people(state: State, record: Record, name: str) -> Record:
    """`{"users": [...], "groups": [...]}`; a group's id is a number."""
    everyone = record.get(name, [])
    return {
        "users": [{"id": one, "name": state.name_of(one)} for one in everyone if not one.startswith("group:")],
        "groups": [
            {"id": int(one.partition(":")[2]), "name": state.name_of(one)}
            for one in everyone
            if one.startswith("group:")
        ],
    }


def listed(table: str) -> Shape:
    """`{"id": N, "name": ...}` of a record of the table."""

    def shape(state: State, record: Record, name: str) -> Any:
        row = getattr(state, table).get(str(record.get(name)))
        return {"id": row["id"], "name": row.get("name", "")} if row else None

    return shape


def listed_each(table: str) -> Shape:
    """A list of `{"id": N, "name": ...}`."""
    one = listed(table)

    def shape(state: State, record: Record, name: str) -> list[Any]:
        return [row for key in record.get(name, []) if (row := one(state, {name: key}, name))]

    return shape


def files(state: State, record: Record, name: str) -> list[Record]:
    """Rows of files; `size` is in KB, rounded up (gotcha 20)."""
    return [file_row(state, str(key)) for key in record.get(name, []) if str(key) in state.files]


def file_row(state: State, key: str) -> Record:
    """One file as lists show it."""
    kilobytes = -(-len(state.contents.get(key, b"")) // 1024)
    return {"id": int(key), "size": kilobytes, "name": state.files[key]["name"]}


def data_tags(link: str) -> Shape:
    """The data tag entries that name the record in their key `link`."""

    def shape(state: State, record: Record, _: str) -> list[Record]:
        found = (entry for entry in state.entries.values() if entry.get(link) == record["id"])
        tag = listed("data_tags")
        return [{"dataTag": tag(state, entry, "dataTag"), "key": entry["key"]} for entry in found]

    return shape


def pick(
    state: State,
    record: Record,
    asked: Iterable[str] | None,
    shapes: Shapes,
    *,
    area: str = "",
    fields: Mapping[str, Record] | None = None,
    key: str = "id",
    minimal: tuple[str, ...] = (),
) -> Record:
    """The record with the asked names. Custom fields are those of `area`, or the given `fields`."""
    wanted = [key, *(minimal if asked is None else asked)]
    shown = {
        name: value
        for name in dict.fromkeys(wanted)
        if name in shapes and (value := shapes[name](state, record, name)) is not None
    }
    known = fields if fields is not None else state.custom_fields.get(area, {})
    numbers = [name for name in dict.fromkeys(wanted) if name in known]
    if numbers:
        kept = record.get("fields", {})
        shown["customFieldData"] = [values.show(state, known[name], kept[name]) for name in numbers if name in kept]
    return shown
