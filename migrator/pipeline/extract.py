"""Extract: every page of every read into the checkpoint, then what the records mean, then the bytes of files."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec

from migrator.config import Scope
from migrator.errors import AccessDenied, Refused
from migrator.ledger import Outcome, State
from migrator.model import Entity, File, Issue, Kind, Project, Reach, Ref, Task
from migrator.pipeline.progress import Progress, Ready
from migrator.pipeline.prove import prove
from migrator.pipeline.scope import LEFT_OUT, LeftOut, named, wanted_kinds, without
from migrator.run import Run
from migrator.vendor import Body, Decoded, Read, Source

UNREADABLE = "refused-by-source"
_BREATH = 200  # records decoded between two turns of the loop


class Extraction:
    """Reads one source into one run. `ready` tells the loading side what is complete."""

    def __init__(self, source: Source, run: Run, scope: Scope, progress: Progress, parallel: int) -> None:
        self.ready = Ready(source.reads)
        self._source = source
        self._run = run
        self._scope = scope
        self._kinds = wanted_kinds(scope)
        self._left_out = LeftOut(scope, run.ledger)
        self._progress = progress
        self._slots = asyncio.Semaphore(parallel)
        self._bodies: dict[Ref, asyncio.Future[Body | None]] = {}

    async def read_all(self, *, directories_only: bool = False) -> None:
        """Make every read that is still open, and decode it; what the source refused to an earlier session is asked for once more."""
        await self._run.ledger.reads.reopen_refused([read.name for read in self._source.reads], UNREADABLE)
        await self._leave_out_since()
        for read in self._source.reads:
            if directories_only and not read.directory:
                continue
            if not self._run.ledger.reads.is_decoded(read.name):
                if not read.yields or self._kinds & set(read.yields):
                    await self._read(read)
                await self._decode(read)
            self.ready.decoded(read.name)
        for kind in Kind:
            self._progress.extracted(kind, self._run.ledger.count(kind))
        if not directories_only:
            totals = self._source.totals(self._run.ledger.reads.records)
            await self._run.ledger.add_issues(prove(self._run.ledger, totals))

    async def _leave_out_since(self) -> None:
        """What was decoded under a wider [scope] and is still to do is left out now."""
        ledger, scope = self._run.ledger, named(self._scope)
        if ledger.meta("scope") == scope:
            return
        kinds = (*(kind for kind in Kind if kind is not Kind.FILE), Kind.FILE)  # owners first
        still = (one for kind in kinds for one in ledger.entities(kind) if ledger.outcome(one.ref) is None)
        left_out = [(one.ref, why) for one in still if (why := self._left_out.reason(one))]
        await ledger.settle((ref, "create", Outcome(State.SKIPPED, note=why)) for ref, why in left_out)
        await ledger.set_meta("scope", scope)

    async def fetch_bodies(self) -> None:
        """The bytes of every file that moves, each once."""
        async with asyncio.TaskGroup() as group:
            for file in self._files():
                if file.ref not in self._left_out:
                    await self._slots.acquire()
                    group.create_task(self._fetch(file))

    async def body(self, file: Ref) -> Body | None:
        """A file's bytes, when they are here; None if the source does not give them."""
        return await self._future(file)

    def downloads_left(self) -> int:
        """How many files have still to be fetched."""
        ledger = self._run.ledger
        return sum(1 for file in self._files() if file.ref not in self._left_out and ledger.body(file.ref) is None)

    def _files(self) -> Iterator[File]:
        for file in self._run.ledger.entities(Kind.FILE):
            assert isinstance(file, File)
            yield file

    def _future(self, file: Ref) -> asyncio.Future[Body | None]:
        if file not in self._bodies:
            self._bodies[file] = asyncio.get_running_loop().create_future()
        return self._bodies[file]

    async def _read(self, read: Read) -> None:
        ledger = self._run.ledger
        await ledger.reads.add_scopes(read.name, self._source.scopes(read.name, ledger.reads.records))
        while scopes := [one for one in ledger.reads.open_scopes(read.name) if not self._is_left_out(one[0])]:
            async with asyncio.TaskGroup() as group:
                for scope, cursor in scopes:
                    await self._slots.acquire()
                    group.create_task(self._read_scope(read, scope, cursor))

    def _is_left_out(self, scope: str) -> bool:
        """A scope that is the ref of something left out need not be read."""
        try:
            return Ref.parse(scope) in self._left_out
        except ValueError:
            return False

    async def _read_scope(self, read: Read, scope: str, cursor: str | None) -> None:
        ledger, source = self._run.ledger, self._source
        try:
            while True:
                try:
                    page = await source.page(read.name, scope, cursor, ledger.reads.records)
                except Refused as refused:
                    await ledger.note_refused(read.name, scope, self._unreadable(read, scope, refused))
                    return
                except AccessDenied as denied:
                    raise AccessDenied(f"{denied} {without(read)}") from denied
                ids = [source.record_id(read.name, record) for record in page.records]
                await ledger.reads.save_page(read.name, scope, page, ids)
                if page.next is None or page.split:
                    return
                cursor = page.next
        finally:
            self._slots.release()

    def _unreadable(self, read: Read, scope: str, refused: Refused) -> Issue:
        """One project or task that cannot be read is a loss; a whole list that cannot be is for the user to decide on."""
        try:
            ref = Ref.parse(scope)
        except ValueError:
            raise AccessDenied(f"{refused}. {without(read)}") from refused
        # A loss and no blocker: blockers of what it hangs on go when that is settled.
        return Issue(ref=ref, code=UNREADABLE, field=read.name, detail=str(refused), reach=Reach.LOSS)

    async def _decode(self, read: Read) -> None:
        ledger = self._run.ledger
        decode = self._source.decoder(read.name, ledger.reads.records)
        decoded: list[Decoded] = []
        for number, record in enumerate(ledger.reads.records(read.name), 1):
            decoded.append(decode(record))
            if number % _BREATH == 0:
                await asyncio.sleep(0)
        entities = [entity for one in decoded for entity in one.entities]
        issues = [issue for one in decoded for issue in one.issues]
        owners_first = sorted(entities, key=_rank)
        left_out = [(entity.ref, why) for entity in owners_first if (why := self._left_out.reason(entity))]
        taken_in = [entity.ref for entity in entities if self._is_taken_in(entity.ref)]
        kept = [self._with_its_bytes(entity, issues) for entity in entities]
        await ledger.save_entities(read.name, kept, issues, left_out, taken_in)
        for kind in read.yields:
            self._progress.extracted(kind, ledger.count(kind))

    def _is_taken_in(self, ref: Ref) -> bool:
        """Whether an earlier pass has left it out, and this one does not."""
        outcome = self._run.ledger.outcome(ref) if ref not in self._left_out else None
        return outcome is not None and outcome.state is State.SKIPPED and outcome.note.startswith(LEFT_OUT)

    def _with_its_bytes(self, entity: Entity, issues: list[Issue]) -> Entity:
        """A file that was replaced under its id since its bytes were fetched goes on as it was, which is told."""
        had = self._run.ledger.entity(entity.ref) if isinstance(entity, File) else None
        if not isinstance(entity, File) or not isinstance(had, File) or self._run.ledger.body(entity.ref) is None:
            return entity
        if entity.size == had.size:
            return entity
        sizes = f"{had.size} bytes, now {entity.size}"
        detail = f"{entity.name!r} was replaced at the source ({sizes}): put the new one into the target by hand"
        issues.append(Issue(ref=entity.ref, code="file-replaced", field="size", detail=detail))
        return msgspec.structs.replace(entity, size=had.size)

    async def _fetch(self, file: File) -> None:
        ledger, run = self._run.ledger, self._run
        future = self._future(file.ref)
        try:
            if known := ledger.body(file.ref):
                future.set_result(Body(run.stored(known[0]), known[1], known[0]))
                return
            body = run.store(await self._download(file))
            await ledger.save_body(file.ref, body)
            if file.size is not None and file.size != body.size:
                detail = f"the source announced {file.size} bytes and sent {body.size}, twice; moved as sent"
                await ledger.add_issues([Issue(ref=file.ref, code="file-size", field="size", detail=detail)])
            future.set_result(body)
        except Refused as refused:
            issue = Issue(ref=file.ref, code="file-unreadable", detail=str(refused), reach=Reach.BLOCKER)
            await ledger.settle([(file.ref, "create", Outcome(State.REFUSED, note=str(refused)))], [issue])
            future.set_result(None)
        finally:
            self._slots.release()

    async def _download(self, file: File) -> Body:
        """Once more if the size is not as announced: a cut that the vendor's length header hides."""
        body = await self._source.body(file, self._run.incoming(file.ref))
        if file.size is not None and file.size != body.size:
            body = await self._source.body(file, self._run.incoming(file.ref))
        return body


def _rank(entity: Entity) -> tuple[int, int]:
    """Sorts owners before what hangs on them: projects, tasks, what hangs on tasks, and files, which hang on comments too."""
    match entity:
        case Project():
            return (0, entity.depth)
        case Task():
            return (1, entity.depth)
        case _:
            return (3 if isinstance(entity, File) else 2, 0)
