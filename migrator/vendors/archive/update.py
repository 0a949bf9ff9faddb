"""Changing lines of an archive: each change is a line of a journal beside the kind's file, on the disk at once, and merged on closing.

So a change costs one line rather than the whole file, and a kill leaves either the file and its journal, or the file with all of it.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from migrator.model import Kind
from migrator.vendor import Record
from migrator.vendors.archive import decode, encode


def note(folder: Path, kind: Kind, had: Record, wanted: Record, fields: Collection[str]) -> Record:
    """The line as it was, but for these fields, which are as wanted: on the disk when this returns."""
    record = {name: value for name, value in had.items() if name not in fields}
    record |= {name: wanted[name] for name in fields if name in wanted}
    with journal(folder, kind).open("ab") as stream:
        stream.write(encode.dumped(record))
        stream.flush()
        os.fsync(stream.fileno())
    return record


def lines(folder: Path, kind: Kind) -> Iterator[Record]:
    """The lines of a kind's file, each as its last change left it."""
    changed: dict[Any, Record] = {record["ref"]["id"]: record for record in decode.lines(journal(folder, kind))}
    for record in decode.lines(folder / f"{kind}.jsonl"):
        yield changed.get(record["ref"]["id"], record)


def merge(folder: Path, kind: Kind) -> None:
    """Put the journal into the file, at one stroke."""
    if not (changes := journal(folder, kind)).exists():
        return
    path = folder / f"{kind}.jsonl"
    part = path.with_suffix(".part")
    with part.open("wb") as stream:
        for record in lines(folder, kind):
            stream.write(encode.dumped(record))
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
    changes.unlink()


def journal(folder: Path, kind: Kind) -> Path:
    """Where changes of a kind wait to be merged."""
    return folder / f"{kind}.changes"
