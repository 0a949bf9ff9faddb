"""The manifest: what an archive held when it was made, line by line; and all that differs from it now, each with its file and line."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import msgspec
import orjson

from migrator.errors import InputWrong
from migrator.model import Entity, File, Kind, Ref, Task, owner
from migrator.vendors.archive import decode

FORMAT = 1
MANIFEST = "manifest.json"
FILES = "files"
_DIGITS = 8  # of a line's SHA-256 that the manifest keeps: enough to say which line was changed
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BACKUP = "The archive is damaged; take it from a backup, or make it again"


class Counted(msgspec.Struct):
    """One kind's file: how many lines, the SHA-256 of the whole, and the beginning of each line's."""

    count: int
    sha256: str
    lines: list[str]


class Manifest(msgspec.Struct):
    """What an archive holds, by kind; a kind without a file has none."""

    format: int
    kinds: dict[str, Counted]


def taken(folder: Path) -> Manifest:
    """What the folder holds now."""
    paths = {kind.value: folder / f"{kind}.jsonl" for kind in Kind}
    return Manifest(FORMAT, {kind: _counted(path) for kind, path in paths.items() if path.exists()})


def written(folder: Path) -> Manifest:
    """What the folder's manifest says. Raises InputWrong if there is none that this version reads."""
    path = folder / MANIFEST
    try:
        stated = orjson.loads(path.read_bytes())
        if isinstance(stated, dict) and stated.get("format") != FORMAT:
            newer = f"{path}: format {stated.get('format')!r}; this version reads format {FORMAT}"
            raise InputWrong([f"{newer}. Read it with the version of migrator that made it, or a later one"])
        return msgspec.convert(stated, Manifest)
    except OSError as error:
        what = "missing: this is no archive, or the run that makes it has not ended; give its command again"
        raise InputWrong([f"{path}: {what}"]) from error
    except orjson.JSONDecodeError as error:
        raise InputWrong([f"{path}:{error.lineno}: {error.msg}. {_BACKUP}"]) from error
    except msgspec.ValidationError as error:
        raise InputWrong([f"{path}: {error}. {_BACKUP}"]) from error


def write(folder: Path) -> None:
    """From now on the folder is an archive."""
    path = folder / MANIFEST
    part = path.with_suffix(".part")
    part.write_bytes(msgspec.json.format(msgspec.json.encode(taken(folder))))
    part.replace(path)


async def check(folder: Path) -> None:
    """Raises InputWrong with all that was changed since the archive was made, files' bytes included; else returns."""
    found = await asyncio.to_thread(_read, folder)
    problems = found.problems
    for path, places in found.bodies.items():
        if told := await asyncio.to_thread(_why_bytes, path):
            problems += [f"{place}: {told}. {_BACKUP}" for place in places]
    if problems:
        raise InputWrong(problems)


@dataclass
class _Found:
    """What reading an archive's lines came to. `bodies`: where bytes must lie -> the places that say so."""

    problems: list[str] = field(default_factory=list)
    bodies: dict[Path, list[str]] = field(default_factory=dict)


def _read(folder: Path) -> _Found:
    """Compare the lines with the manifest; where they are those that were written, whether they fit one another."""
    stated, actual = written(folder).kinds, taken(folder).kinds
    problems = [
        _first_difference(folder, kind, stated.get(kind), actual.get(kind))
        for kind in sorted({*stated, *actual})
        if stated.get(kind) != actual.get(kind)
    ]
    return _Found(problems) if problems else _fitting(folder)


def _first_difference(folder: Path, kind: str, stated: Counted | None, actual: Counted | None) -> str:
    path = folder / f"{kind}.jsonl"
    if stated is None:
        return f"{path}:1: a file that the manifest does not name. {_BACKUP}"
    if actual is None:
        return f"{path}: missing, and the manifest counts {stated.count} lines in it. {_BACKUP}"
    pairs = enumerate(zip_longest(stated.lines, actual.lines), 1)
    number, (was, now) = next((one for one in pairs if one[1][0] != one[1][1]), (actual.count, ("?", "?")))
    if now is None:
        return f"{path}:{number}: missing, as all after it: the manifest counts {stated.count} lines. {_BACKUP}"
    try:
        for _ in decode.lines(path):
            pass
    except InputWrong as error:
        return error.problems[0]
    what = "one more than the manifest counts" if was is None else "not the line that was written"
    return f"{path}:{number}: {what}: changed since the archive was made. {_BACKUP}"


def _fitting(folder: Path) -> _Found:
    """Every line is of its file's kind, no ref is there twice, what a line hangs on is there, bytes are named by their SHA-256."""
    found, places, hanging = _Found(), dict[Ref, str](), list[tuple[str, Ref]]()
    for kind, entity, place, sha256 in _entities(folder):
        if entity.ref.kind is not kind:
            found.problems.append(f"{place}: a {entity.ref.kind} among lines of kind {kind}. {_BACKUP}")
        if (first := places.setdefault(entity.ref, place)) != place:
            found.problems.append(f"{place}: {entity.ref} a second time; it stands in {first} already. {_BACKUP}")
        if isinstance(entity, File) and not _SHA256.fullmatch(sha256):
            found.problems.append(f"{place}: sha256 {sha256!r} is no SHA-256 of a file's bytes. {_BACKUP}")
        elif isinstance(entity, File):
            found.bodies.setdefault(folder / FILES / sha256, []).append(f"{place}: {entity.name!r}")
        # A source may show a task whose project or parent it does not show; then the archive has it so.
        if (above := owner(entity)) and not isinstance(entity, Task):
            hanging.append((place, above))
    found.problems += [
        f"{place}: hangs on {above}, which is in no line of {above.kind}.jsonl. {_BACKUP}"
        for place, above in hanging
        if above not in places
    ]
    return found


def _entities(folder: Path) -> Iterator[tuple[Kind, Entity, str, str]]:
    """Every line: the kind of its file, its entity, its place, and the SHA-256 it names ("" = none)."""
    for kind in Kind:
        path = folder / f"{kind}.jsonl"
        for number, record in enumerate(decode.lines(path), 1):
            yield kind, decode.entity(record), f"{path}:{number}", str(record.get("sha256", ""))


def _counted(path: Path) -> Counted:
    whole, lines = hashlib.sha256(), list[str]()
    with path.open("rb") as stream:
        for raw in stream:
            whole.update(raw)
            lines.append(hashlib.sha256(raw).hexdigest()[:_DIGITS])
    return Counted(len(lines), whole.hexdigest(), lines)


def _why_bytes(path: Path) -> str:
    """What is wrong with a file's bytes; "" if nothing is."""
    try:
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        return f"its bytes, {path}, cannot be read: {error.strerror}"
    return "" if sha256 == path.name else f"its bytes, {path}, were changed since the archive was made"
