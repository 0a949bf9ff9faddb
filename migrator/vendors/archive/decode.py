"""Lines of an archive to entities; an archive that was damaged or changed is refused with the file and line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import orjson

from migrator.errors import InputWrong
from migrator.model import Entity, File, Issue, Kind, Ref
from migrator.vendor import Decoded, Record

FORMAT = 1
MANIFEST = "manifest.json"
FILES = "files"
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


def manifest(folder: Path) -> dict[str, Any]:
    """What the folder holds now, in the form of its manifest."""
    kinds = {}
    for kind in Kind:
        path = folder / f"{kind}.jsonl"
        if path.exists():
            content = path.read_bytes()
            kinds[kind.value] = {"count": content.count(b"\n"), "sha256": hashlib.sha256(content).hexdigest()}
    return {"format": FORMAT, "kinds": kinds}


def check_manifest(folder: Path) -> list[str]:
    """What differs between the folder and its manifest, each with its file; for a changed file the first bad line."""
    path = folder / MANIFEST
    try:
        stated = orjson.loads(path.read_bytes())
    except OSError:
        return [f"{path}: missing: this is no archive, or the run that makes it has not ended; give its command again"]
    except ValueError as error:
        return [f"{path}: {error}. The archive is damaged; take it from a backup"]
    if stated.get("format") != FORMAT:
        return [f"{path}: format {stated.get('format')!r}; this version reads format {FORMAT}"]
    found: list[str] = []
    actual = manifest(folder)["kinds"]
    for kind in sorted({*stated["kinds"], *actual}):
        if actual.get(kind) != stated["kinds"].get(kind):
            found += _why(folder / f"{kind}.jsonl", stated["kinds"].get(kind), actual.get(kind))
    return found


def _why(path: Path, stated: dict[str, Any] | None, actual: dict[str, Any] | None) -> list[str]:
    if actual is None:
        return [f"{path}: missing, but the manifest counts {stated and stated['count']} lines"]
    try:
        for _ in lines(path):
            pass
    except InputWrong as error:
        return error.problems
    counted = stated["count"] if stated else 0
    return [
        f"{path}:{actual['count']}: the manifest states {counted} lines and another SHA-256: changed since it was made"
    ]
