"""Lines of an archive to entities; a line that is none is refused with its file and number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import orjson

from migrator.errors import InputWrong
from migrator.model import Entity, File, Issue, Ref
from migrator.vendor import Decoded, Record

_TAG, _SHA256 = "is", "sha256"  # keys of a line beside the entity's fields: its type; of a file, its bytes


def lines(path: Path) -> Iterator[Record]:
    """The records of one kind's file. Raises InputWrong for a line that is not one."""
    for record, _ in placed_lines(path, 0):
        yield record


def placed_lines(path: Path, start: int) -> Iterator[tuple[Record, int]]:
    """The records from a byte offset on, each with the offset of the line after it."""
    if not path.exists():
        return
    with path.open("rb") as stream:
        stream.seek(start)
        after = start
        for raw in stream:
            after += len(raw)
            try:
                record = orjson.loads(raw)
                entity(record)
            except (ValueError, msgspec.ValidationError) as error:
                number = path.read_bytes()[: after - 1].count(b"\n") + 1
                raise InputWrong(
                    [f"{path}:{number}: {error}. The archive is damaged; take it from a backup"]
                ) from error
            yield record, after


def entity(record: Record) -> Entity:
    """The entity in a line. Raises msgspec.ValidationError."""
    if not isinstance(record, dict):
        raise msgspec.ValidationError("Expected an object")
    value = {name: each for name, each in record.items() if name != _SHA256}
    found: Entity = msgspec.convert(value, type=Entity, strict=False)
    return found


def decoded(record: Record) -> Decoded:
    """The entity in a line, with an issue for each key that the model does not have. Raises msgspec.ValidationError."""
    found = entity(record)
    known = {_TAG, *found.__struct_fields__, *((_SHA256,) if isinstance(found, File) else ())}
    return Decoded((found,), tuple(_unknown(found.ref, key, record[key]) for key in record if key not in known))


def _unknown(ref: Ref, key: str, value: object) -> Issue:
    detail = f"no field of this version's model; it holds {str(value)[:100]!r}"
    return Issue(ref=ref, code="unknown-field", field=key, detail=detail)
