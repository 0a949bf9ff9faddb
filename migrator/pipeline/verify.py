"""Verify: read the target back and compare every created entity field by field, in the target's own words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import msgspec

from migrator.errors import EntityStopped
from migrator.ledger import State
from migrator.model import Comment, Cost, Entity, Issue, Kind, Project, Ref, Task, Text
from migrator.pipeline.changes import OURS_TOLD, UPDATE_REFUSED, short
from migrator.pipeline.context import context_of
from migrator.pipeline.findings import Difference, Extra, Unread, Verification
from migrator.pipeline.order import out_of_order
from migrator.pipeline.plan import CREATE, steps_of, work
from migrator.pipeline.sheet import Instead, Line, Sheet
from migrator.pipeline.status import count
from migrator.pipeline.sums import Sums
from migrator.pipeline.transform import LINK_KEPT, Action, Transform
from migrator.run import Run
from migrator.vendor import NOT_UPDATED, ONE_FOR_ALL, Observed, Step, Target

TOTAL = "total-differs"  # the code of a sum that the source states and did not give rows for
BYTES = "sha256"  # the field of a file's bytes
_UNSEEN = frozenset({NOT_UPDATED, UPDATE_REFUSED})
_ORDERED = frozenset({Kind.COMMENT, Kind.CHECKITEM})
# A thing of these kinds that is the same in every field as one of ours, and on the same owner, is a copy of it.
_COPIED = frozenset({Kind.TASK, Kind.FILE, Kind.COMMENT, Kind.CHECKITEM, Kind.COST})


async def verify(
    run: Run,
    target: Target,
    transform: Transform,
    *,
    download: bool = False,
    under: tuple[Ref, ...] = (),
    note: Callable[[Kind, Observed], None] = lambda _, __: None,
) -> Verification:
    """Compare all that the run created. Reads only. `download`: fetch every file whose hash the target does not tell.

    `under`: what hangs on these is read too, whoever made it; `note` is told of everything that was read.
    """
    return await _Verifier(run, target, transform, download=download, under=under, note=note).verify()


class _Verifier:
    """One verification under way."""

    def __init__(
        self,
        run: Run,
        target: Target,
        transform: Transform,
        *,
        download: bool,
        under: tuple[Ref, ...],
        note: Callable[[Kind, Observed], None],
    ) -> None:
        self._run = run
        self._ledger = run.ledger
        self._target = target
        self._transform = transform
        self._download = download
        self._under = under
        self._tell = note
        self._context = context_of(run)
        self._told = _told(run.ledger.issues())
        self._sums = Sums(run.ledger)
        self._alike: dict[tuple[Kind, str, str], list[Difference]] = {}
        self._found = Verification()

    async def verify(self) -> Verification:
        """Kind by kind."""
        self._sums.add_source()
        for kind in Kind:
            with Sheet() as sheet:
                steps = tuple(self._fill(sheet, kind))
                if steps or (self._under and kind in self._transform.capabilities.creates):
                    await self._read(sheet, kind, steps)
        self._judge_alike()
        found = self._found
        found.sums = dict(self._sums.by_project)
        found.counts = {kind: {**count(self._ledger, kind), "verified": found.checked[kind]} for kind in Kind}
        found.totals = [issue.detail for issues in self._told.values() for issue in issues if issue.code == TOTAL]
        return found

    # -- what should be there -------------------------------------------------------------------------------------------

    def _fill(self, sheet: Sheet, kind: Kind) -> Iterator[Step]:
        """Write the sheet; gives the steps without their texts, which are much of what an account holds."""
        for entity in work(self._ledger, self._transform, kind):
            outcome = self._ledger.outcome(entity.ref)
            if outcome is None or outcome.state is not State.MADE:
                continue
            decision = self._transform.decide(entity)
            if decision.action is not Action.CREATE:
                continue
            step = next(
                step for step in steps_of(self._target, self._transform, decision.entity) if step.part == CREATE
            )
            expected = self._target.expected(step, self._context)
            instead = tuple(self._instead(entity, step, expected))
            told = self._told.get(entity.ref, ())
            said = tuple((issue.code, issue.field, issue.detail) for issue in told if issue.code in OURS_TOLD)
            sheet.add(Line(entity.ref, outcome.target, step.mark, expected, instead, said, outcome.sent_at))
            self._found.checked[kind] += 1
            if isinstance(step.entity, Cost):
                self._sums.add_moved(step.entity, expected)
            yield replace(step, entity=_without_text(step.entity))

    def _instead(self, entity: Entity, step: Step, expected: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        """What the run's issues say is there in place of what is expected: no other difference is explained by them."""
        issues = self._told.get(entity.ref, ())
        steps = [step]
        if kept := {issue.field for issue in issues if issue.code == LINK_KEPT}:
            unlinked = replace(step, entity=self._transform.keeping_links(kept).decide(entity).entity)
            steps.append(unlinked)
            was = self._target.expected(unlinked, self._context)
            yield from ((LINK_KEPT, name, value) for name, value in was.items() if value != expected.get(name))
        for one in steps:
            for issue in issues:
                for name, value in self._target.instead(one, issue, self._context).items():
                    yield issue.code, name, value

    # -- what is there --------------------------------------------------------------------------------------------------

    async def _read(self, sheet: Sheet, kind: Kind, steps: tuple[Step, ...]) -> None:
        complete = True
        try:
            async for observed in self._target.read_back(kind, steps, self._context, self._under):
                self._tell(kind, observed)
                await self._meet(sheet, kind, observed)
        except EntityStopped as refused:
            self._found.unread.append(Unread(str(kind), str(refused)))
            complete = False
        for line in sheet.unseen():
            if complete:
                self._found.missing.append(line.ref)
            else:
                self._found.unread.append(Unread(str(line.ref), "not read"))
        if kind in _ORDERED:
            self._found.differences += out_of_order(sheet)

    async def _meet(self, sheet: Sheet, kind: Kind, observed: Observed) -> None:
        """One object of the target: ours, a copy of ours, or nobody's business."""
        lines = sheet.tick(observed)
        if not lines and sheet.is_ours(observed.id):
            return  # in two lists
        for line in lines:
            for difference, code in _compare(line, observed.fields):
                self._note(kind, difference, code)
            if kind is Kind.FILE:
                await self._compare_bytes(line, observed)
        extra = None if lines else _extra(sheet, kind, observed)
        if extra:
            self._found.extra.append(extra)
        if kind is Kind.COST and (lines or extra):
            self._sums.add_found(observed.fields)

    def _note(self, kind: Kind, difference: Difference, code: str) -> None:
        """Keep it; what may only be the same everywhere is judged when all of it is known."""
        if code and not difference.explained:
            self._alike.setdefault((kind, difference.field, code), []).append(difference)
        else:
            self._found.differences.append(difference)

    def _judge_alike(self) -> None:
        """What most of them have is what the account itself puts there; the others have something else."""
        for (_, _, code), differences in self._alike.items():
            [(usual, _)] = Counter(one.target for one in differences).most_common(1)
            self._found.differences += (
                replace(one, explained=code) if one.target == usual else one for one in differences
            )

    async def _compare_bytes(self, line: Line, observed: Observed) -> None:
        """By the hash that the target tells, or that of the bytes it gives; else the size was all there is."""
        if BYTES in line.expected:
            self._found.files_by_hash += 1
            return
        if not (self._download and observed.body):
            self._found.files_by_size += 1
            return
        to = self._run.incoming(line.ref)
        try:
            body = await self._target.fetch(observed, to)
        except EntityStopped as refused:
            self._found.unread.append(Unread(str(line.ref), str(refused)))
            return
        finally:
            to.unlink(missing_ok=True)
        self._found.files_by_hash += 1
        wanted = self._context.body(line.ref).sha256
        if body.sha256 != wanted:
            self._found.differences.append(Difference(line.ref, BYTES, wanted, body.sha256))


def _told(issues: Iterator[Issue]) -> dict[Ref, list[Issue]]:
    """What the run told, by ref."""
    found: dict[Ref, list[Issue]] = {}
    for issue in issues:
        found.setdefault(issue.ref, []).append(issue)
    return found


def _without_text(entity: Entity) -> Entity:
    if isinstance(entity, Project | Task | Comment):
        return msgspec.structs.replace(entity, text=Text())
    return entity


def _compare(line: Line, seen: Mapping[str, str]) -> Iterator[tuple[Difference, str]]:
    """Each difference, and the code of an issue that explains it if the same is there wherever it tells so."""
    for name, value in line.expected.items():
        there = seen.get(name, "")
        if there != value:
            explained = _explanation(line.instead, name, there) or _left_by_delta(line.said, name, there)
            yield Difference(line.ref, name, value, there, explained), _explanation(line.instead, name, ONE_FOR_ALL)


def _explanation(instead: Instead, name: str, there: str) -> str:
    """The code of the issue that says that this, and nothing else, is there."""
    return next((code for code, field, value in instead if field == name and value == there), "")


def _left_by_delta(said: Instead, name: str, there: str) -> str:
    """The code of a delta's issue that left the field as it is: with the value that it saw there, where it has seen it."""
    for code, field, detail in said:
        seen = f"the target {short(there)}" in detail if "the target " in detail else code in _UNSEEN
        if field in (name, name.partition(".")[2], "*") and seen:
            return code
    return ""


def _extra(sheet: Sheet, kind: Kind, observed: Observed) -> Extra | None:
    """A second copy of something of ours, by its mark or by all its fields; or a line that nobody wrote into a checklist of ours."""
    if line := sheet.marked(observed.mark):
        return Extra(kind, observed.id, line.ref, f"is a second copy of {line.ref}")
    if not observed.mark and kind in _COPIED and (line := sheet.like(observed.fields)):
        return Extra(kind, observed.id, line.ref, f"is without a mark, and the same in every field as {line.ref}")
    if kind is Kind.CHECKITEM and sheet.owns(observed.fields.get("on", "")):
        return Extra(kind, observed.id, None, "is in a checklist of the run's, and not in the source")
    return None
