"""Changing lines of an archive: each change is a line of a journal beside the kind's file, on the disk at once, and merged on closing.

So a change costs one line rather than the whole file, and a kill leaves either the file and its journal, or the file with all of it.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from migrator.model import Kind
from migrator.vendor import Record
from migrator.vendors.archive import decode, encode, manifest


def note(folder: Path, kind: Kind, had: Record, wanted: Record, fields: Collection[str]) -> Record:
    """The line as it was, but for these fields, which are as wanted: on the disk when this returns."""
    record = {name: value for name, value in had.items() if name not in fields}
    record |= {name: wanted[name] for name in fields if name in wanted}
    with journal(folder, kind).open("ab") as stream:
        stream.write(encode.dumped(record))
        stream.flush()
        os.fsync(stream.fileno())
    return record


def strike(folder: Path, kind: Kind, id: str) -> None:
    """The line is taken back: on the disk when this returns."""
    with struck(folder, kind).open("ab") as stream:
        stream.write(orjson.dumps(id) + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def lines(folder: Path, kind: Kind) -> Iterator[Record]:
    """The lines of a kind's file that are not taken back, each as its last change left it."""
    changed: dict[Any, Record] = {record["ref"]["id"]: record for record in decode.lines(journal(folder, kind))}
    gone = _struck_ids(folder, kind)
    for record in decode.lines(folder / f"{kind}.jsonl"):
        if record["ref"]["id"] not in gone:
            yield changed.get(record["ref"]["id"], record)


def merge(folder: Path, kind: Kind) -> None:
    """Put the journals into the file, at one stroke; it goes with its last line, and bytes with the last line that names them."""
    journals = [each for each in (journal(folder, kind), struck(folder, kind)) if each.exists()]
    if not journals:
        return
    path = folder / f"{kind}.jsonl"
    part = path.with_suffix(".part")
    with part.open("wb") as stream:
        for record in lines(folder, kind):
            stream.write(encode.dumped(record))
        stream.flush()
        os.fsync(stream.fileno())
    for sha256 in _hashes(decode.lines(path)) - _hashes(decode.lines(part)):
        (folder / manifest.FILES / sha256).unlink(missing_ok=True)
    part.replace(path)
    if not path.stat().st_size:
        path.unlink()
    for each in journals:
        each.unlink()


def _hashes(records: Iterable[Record]) -> set[str]:
    return {str(record["sha256"]) for record in records if "sha256" in record}


def _struck_ids(folder: Path, kind: Kind) -> set[str]:
    path = struck(folder, kind)
    return {str(orjson.loads(line)) for line in path.read_bytes().splitlines()} if path.exists() else set()


def struck(folder: Path, kind: Kind) -> Path:
    """Where the ids of lines that are taken back wait to be merged."""
    return folder / f"{kind}.gone"


def journal(folder: Path, kind: Kind) -> Path:
    """Where changes of a kind wait to be merged."""
    return folder / f"{kind}.changes"
