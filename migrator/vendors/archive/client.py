"""The folder opened as a source or as a target. A line is on the disk before its create returns."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from migrator.errors import InputWrong, MigratorError, Refused
from migrator.model import Entity, File, Issue, Kind, Ref
from migrator.vendor import (
    Account,
    Body,
    Check,
    Context,
    Decoded,
    Made,
    Observed,
    Page,
    Read,
    Record,
    Seen,
    Step,
    Vocabulary,
)
from migrator.vendors.archive import decode, encode, manifest, update

_PAGE = 1000
_HASH = re.compile("[0-9a-f]{64}")
_DIRECTORY = frozenset({Kind.PERSON, Kind.GROUP, Kind.COMPANY, Kind.CONTACT, Kind.TAG, Kind.FIELD})

_BUT_FILES = tuple(kind for kind in Kind if kind is not Kind.FILE)


class ArchiveSource:
    """An archive open for reading."""

    # Files last: what a file hangs on must be known before it.
    reads = tuple(Read(kind.value, (kind,), directory=kind in _DIRECTORY) for kind in (*_BUT_FILES, Kind.FILE))

    def __init__(self, account: Account) -> None:
        self._folder = _folder(account)

    def scopes(self, read: str, seen: Seen) -> Iterable[str]:
        """One file per kind."""
        del read, seen
        return ("",)

    async def page(self, read: str, scope: str, cursor: str | None, seen: Seen) -> Page:
        """Up to 1,000 lines from the cursor on, which is a byte offset."""
        del scope, seen
        rows = list(islice(decode.placed_lines(self._folder / f"{read}.jsonl", int(cursor or 0)), _PAGE))
        return Page(tuple(record for record, _ in rows), str(rows[-1][1]) if len(rows) == _PAGE else None)

    def record_id(self, read: str, record: Record) -> str:
        """The entity's own id."""
        del read
        return str(record["ref"]["id"])

    def decoder(self, read: str, seen: Seen) -> Callable[[Record], Decoded]:
        """Lines are entities already."""
        del read, seen
        return decode.decoded

    def totals(self, seen: Seen) -> Mapping[str, str]:
        """None but the manifest, which was checked."""
        del seen
        return {}

    async def body(self, file: File, to: Path) -> Body:
        """Copy the bytes, and prove that they are those the archive took. Raises Refused if they are not."""
        return await asyncio.to_thread(self._copy, file, to)

    def _copy(self, file: File, to: Path) -> Body:
        path = self._folder / manifest.FILES / self._hashes[file.ref.id]
        if not _HASH.fullmatch(self._hashes[file.ref.id]) or path.is_symlink():  # would lead out of the archive
            raise Refused(f"{file.name!r}: its line in {self._folder / 'file.jsonl'} leads to no file of the archive")
        try:
            shutil.copyfile(path, to)
        except OSError as error:
            raise Refused(f"{path}: {error.strerror}: the bytes of {file.name!r} are not in the archive") from error
        with to.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        if sha256 != path.name:
            raise Refused(f"{path}: the bytes of {file.name!r} were changed since the archive was made")
        return Body(to, to.stat().st_size, sha256)

    @cached_property
    def _hashes(self) -> dict[str, str]:
        return {record["ref"]["id"]: record["sha256"] for record in decode.lines(self._folder / "file.jsonl")}

    async def check(self) -> list[Check]:
        """The manifest was compared on opening."""
        count = sum(one.count for one in manifest.written(self._folder).kinds.values())
        return [Check("archive", "ok", f"{self._folder}: {count} entities, as its manifest says")]


class ArchiveTarget:
    """An archive open for filling."""

    def __init__(self, account: Account, *, writable: bool) -> None:
        self._folder = _folder(account)
        self._writable = writable
        self.vocabulary = Vocabulary({}, {}, {}, {}, {}, None)
        self._there: dict[Kind, set[str]] = {}  # ids of the lines that were there when the first of the kind was made
        self._records: dict[Kind, dict[str, Record]] = {}  # of kinds that are being changed
        if writable:
            (self._folder / manifest.FILES).mkdir(parents=True, exist_ok=True)
            (self._folder / manifest.MANIFEST).unlink(missing_ok=True)
            for kind in Kind:
                _drop_half_line(self._folder / f"{kind}.jsonl")
                _drop_half_line(update.journal(self._folder, kind))
                _drop_half_line(update.struck(self._folder, kind))
                update.merge(self._folder, kind)

    def close(self) -> None:
        """Write the manifest: from now on the folder is an archive."""
        if self._writable:
            for kind in Kind:
                update.merge(self._folder, kind)
            manifest.write(self._folder)

    def parts(self, entity: Entity) -> tuple[str, ...]:
        """One line each."""
        del entity
        return ("create",)

    def requests(self, step: Step) -> int:
        """A folder is asked nothing."""
        del step
        return 0

    def link(self, kind: Kind, id: str) -> str | None:
        """A folder has no pages."""
        del kind, id
        return None

    async def create(self, step: Step, context: Context) -> Made:
        """Append the entity's line; a file's bytes first. Raises InputWrong if another run has put it there."""
        if not self._writable:
            raise MigratorError(f"a write ({step.ref}) was about to be made where none may: report this as a bug")
        kind = step.ref.kind
        if kind not in self._there:
            self._there[kind] = {str(record["ref"]["id"]) for record in self._lines(kind)}
        if step.ref.id in self._there[kind]:
            what = f"{self._folder} holds {step.ref} already, from a run with another run folder"
            raise InputWrong([f"{what}: set [target] path to a new folder, or go on with the run that began this one"])
        body = context.body(step.ref) if isinstance(step.entity, File) else None
        await asyncio.to_thread(self._append, step.entity, body)
        return Made(step.ref.id)

    def _append(self, entity: Entity, body: Body | None) -> None:
        self._records.pop(entity.ref.kind, None)
        if body:
            place = self._folder / manifest.FILES / body.sha256
            # By the entity: two files of the same bytes may be appended side by side.
            part = place.with_name(f"{hashlib.sha256(entity.ref.id.encode()).hexdigest()}.part")
            shutil.copyfile(body.path, part)
            part.replace(place)
        with (self._folder / f"{entity.ref.kind}.jsonl").open("ab") as stream:
            stream.write(encode.line(entity, body.sha256 if body else ""))
            stream.flush()
            os.fsync(stream.fileno())

    async def finish(self, step: Step, context: Context) -> Made:
        """Nothing is left to do."""
        del context
        return Made(step.ref.id)

    async def update(self, step: Step, fields: Mapping[str, str], context: Context) -> Made:
        """Change these fields of the line. Raises Refused if it is not there."""
        if not self._writable:
            raise MigratorError(f"a write ({step.ref}) was about to be made where none may: report this as a bug")
        del context
        await asyncio.to_thread(self._change, step.entity, fields)
        return Made(step.ref.id)

    def _change(self, entity: Entity, fields: Collection[str]) -> None:
        kind = entity.ref.kind
        if kind not in self._records:
            self._records[kind] = {record["ref"]["id"]: record for record in self._lines(kind)}
        if (had := self._records[kind].get(entity.ref.id)) is None:
            raise Refused(f"{self._folder / f'{kind}.jsonl'}: the line of {entity.ref} is not there any more")
        wanted = orjson.loads(encode.line(entity))
        self._records[kind][entity.ref.id] = update.note(self._folder, kind, had, wanted, fields)

    async def find(self, steps: tuple[Step, ...], context: Context) -> Mapping[Ref, Made]:
        """The lines that are there."""
        del context
        there = {record["ref"]["id"] for record in self._lines(steps[0].ref.kind)}
        return {step.ref: Made(step.ref.id) for step in steps if step.ref.id in there}

    def expected(self, step: Step, context: Context) -> Mapping[str, str]:
        """The fields of the line."""
        sha256 = context.body(step.ref).sha256 if isinstance(step.entity, File) else ""
        return encode.flat(orjson.loads(encode.line(step.entity, sha256)))

    def instead(self, step: Step, issue: Issue, context: Context) -> Mapping[str, str]:
        """Nothing: a line is written whole."""
        del step, issue, context
        return {}

    async def read_back(
        self, kind: Kind, steps: tuple[Step, ...], context: Context, under: tuple[Ref, ...] = ()
    ) -> AsyncIterator[Observed]:
        """Every line of the kind; of a file with the hash of the bytes that lie there. A line that stands twice carries the mark again."""
        del context, under
        marks = {step.ref.id: step.mark for step in steps}
        seen: set[str] = set()
        for number, record in enumerate(self._lines(kind), 1):
            id, fields = str(record["ref"]["id"]), encode.flat(record)
            if kind is Kind.FILE:
                fields["sha256"] = await asyncio.to_thread(self._hash, str(record.get("sha256", "")))
            above = (record.get(name) for name in ("on", "parent", "project"))
            on = tuple((Kind(one["kind"]), str(one["id"])) for one in above if one)
            if id in seen:
                yield Observed(f"{id} (line {number})", marks.get(id, ""), fields, on=on)
            else:
                seen.add(id)
                yield Observed(id, "", fields, body=fields.get("sha256", ""), on=on)

    def _hash(self, name: str) -> str:
        """The SHA-256 of a file's bytes; "" if they are not there."""
        path = self._folder / manifest.FILES / name
        if not path.is_file():
            return ""
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    async def fetch(self, observed: Observed, to: Path) -> Body:
        """Copy the bytes."""
        return await asyncio.to_thread(self._fetch, observed.body, to)

    def _fetch(self, name: str, to: Path) -> Body:
        sha256 = self._hash(name)
        if not sha256:
            raise Refused(f"{self._folder / manifest.FILES / name}: the bytes are not in the archive")
        shutil.copyfile(self._folder / manifest.FILES / name, to)
        return Body(to, to.stat().st_size, sha256)

    async def remove(self, step: Step, context: Context) -> None:
        """Strike out the entity's line; the bytes of a file that no other line names go with it."""
        del context
        if not self._writable:
            raise MigratorError(f"a write ({step.ref}) was about to be made where none may: report this as a bug")
        await asyncio.to_thread(update.strike, self._folder, step.ref.kind, step.ref.id)

    def removal_requests(self, step: Step, context: Context) -> int:
        """A folder is asked nothing."""
        del step, context
        return 0

    async def check(self) -> list[Check]:
        """Whether the folder can be written."""
        parent = next(one for one in (self._folder, *self._folder.parents) if one.exists())
        if os.access(parent, os.W_OK):
            return [Check("archive", "ok", f"{self._folder} can be written")]
        return [Check("archive", "error", f"{parent} cannot be written", "set path to a folder of yours")]

    def _lines(self, kind: Kind) -> Iterable[dict[str, Any]]:
        return update.lines(self._folder, kind)


def _folder(account: Account) -> Path:
    assert account.path is not None, "config asks for a path"
    return account.path


def _drop_half_line(path: Path) -> None:
    """A killed process may leave the last line unfinished; its create was never confirmed."""
    if path.exists() and (content := path.read_bytes()) and not content.endswith(b"\n"):
        path.write_bytes(content[: content.rfind(b"\n") + 1])
