"""Changes: which fields of which copies a delta has to set, decided in the target's words without touching anything.

Two views of the same run are put through the same transform: the one that the target was filled from, and the one there is now.
Only what differs between them is the source's doing; what differs between the first and the target is somebody else's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from migrator.errors import EntityStopped
from migrator.ledger import Ledger, State
from migrator.model import Comment, Entity, File, Issue, Kind, Reach, Ref
from migrator.passes import Version
from migrator.pipeline.context import context_of
from migrator.pipeline.plan import CREATE, FINISH
from migrator.pipeline.transform import LINK_KEPT, Action, Transform
from migrator.run import Run
from migrator.vendor import NOT_UPDATED, Carry, Context, Observed, Step, Target, not_updated

UPDATE = "update"  # the part of a step that changes what was made
GONE, CONFLICT, THEIRS = "gone-from-source", "conflict", "kept-theirs"
UPDATE_REFUSED = "update-refused"
OURS_TOLD = frozenset({CONFLICT, THEIRS, NOT_UPDATED, UPDATE_REFUSED})  # told by deltas
_EXPLAINS_NOT = frozenset({CONFLICT, THEIRS, LINK_KEPT})  # what people did since is nothing the vendor did
# Fields that targets show by another: `status`, the days, `assignees`, `priority`, `fields.*`, `parent`, the text.
_SHOWN_BY_OTHERS = frozenset(
    {
        "done",
        "archived",
        "closed",
        "start_at",
        "due",
        "due_at",
        "anyone",
        "priority_name",
        "fields",
        "depth",
        "url",
        "created",
        "links",
    }
)
_SHOWN = 200  # characters of a value in an issue


class Choice(StrEnum):
    """What becomes of a field that both the source and people in the target have changed."""

    LIST = "list"
    OURS = "ours"  # the source's value is written
    THEIRS = "theirs"  # the target's value stays, and is listed no more


@dataclass(frozen=True)
class View:
    """A transform, and the answers from the run that go with it."""

    transform: Transform
    context: Context


@dataclass(frozen=True)
class Change:
    """One copy in the target whose fields differ between the views. `step`: as it is now; `was`: as it was made.

    `before`, `after`: the fields that differ; one that is absent cannot be foretold. `known`: fields of which an issue told.
    """

    step: Step
    was: Step
    before: Mapping[str, str]
    after: Mapping[str, str]
    known: frozenset[str]
    unseen: frozenset[str] = frozenset()  # fields of the model that differ, and that nobody can read back
    issues: tuple[Issue, ...] = ()  # of the decision

    @property
    def fields(self) -> frozenset[str]:
        """Those that differ."""
        return frozenset(self.before) | frozenset(self.after) | self.unseen


@dataclass(frozen=True)
class Changes:
    """All that one entity's new version comes to. `obstacle`: why none of it can be brought over, "" if it can."""

    version: Version
    of: tuple[Change, ...] = ()
    left: tuple[Issue, ...] = ()
    obstacle: str = ""

    @property
    def ref(self) -> Ref:
        """The entity's."""
        return self.version.after.ref


@dataclass(frozen=True)
class Verdict:
    """What becomes of the fields of a change. `write`: those to be set, each with what stands there now."""

    write: Mapping[str, str]
    issues: tuple[Issue, ...] = ()
    waits: bool = False  # something is left to be decided


def views(run: Run, transform: Transform) -> tuple[View, View]:
    """What the target was filled from, and what there is now: the first knows nothing that this pass has added."""
    passes, context = run.ledger.passes, context_of(run)
    added = {entity.ref for entity in passes.added()}
    link, named = transform.composer.link, transform.composer.named

    def link_then(ref: Ref) -> str | None:
        return None if ref in added else link(ref)

    def named_then(ref: Ref) -> tuple[str, str]:
        entity = passes.before(ref)
        return (str(getattr(entity, "title", ref)), str(getattr(entity, "url", ""))) if entity else named(ref)

    def files_then(ref: Ref) -> tuple[tuple[File, str], ...]:
        there = (pair for pair in context.files(ref) if pair[0].ref not in added)
        return tuple((file if isinstance(file := passes.before(now.ref), File) else now, id) for now, id in there)

    composer = replace(transform.composer, link=link_then, named=named_then)
    then = View(
        replace(transform, composer=composer, look_up=passes.before),
        replace(context, ids=lambda ref: None if ref in added else context.ids(ref), files=files_then),
    )
    return then, View(transform, context)


def changes_of(version: Version, target: Target, then: View, now: View, ledger: Ledger) -> Changes:
    """What the entity's copy has to become, and the comments that carry on its text."""
    was, wanted = then.transform.decide(version.before), now.transform.decide(version.after)
    if wanted.action is not Action.CREATE:
        return Changes(version, obstacle=wanted.note or "it would not be made any more")
    pairs: list[tuple[Entity, Entity]] = [(was.entity, wanted.entity)]
    pairs += [
        (then.transform.decide(old).entity, now.transform.decide(new).entity)
        for old, new in zip(was.more, wanted.more, strict=False)
        if ledger.target(new.ref)
    ]
    try:
        found = [_change(old, new, target, then, now, ledger) for old, new in pairs]
    except EntityStopped as obstacle:
        return Changes(version, obstacle=str(obstacle))
    found[0] = replace(found[0], issues=wanted.issues)
    left = tuple(_shorter(comment, version.after.ref) for comment in was.more[len(wanted.more) :])
    return Changes(version, tuple(one for one in found if one.fields), left)


def _change(old: Entity, new: Entity, target: Target, then: View, now: View, ledger: Ledger) -> Change:
    was, step = then.transform.step(old, CREATE), now.transform.step(new, CREATE)
    before, after = target.expected(was, then.context), target.expected(step, now.context)
    shown = {**before, **after}
    names = [name for name in shown if before.get(name) != after.get(name)]
    carries = now.transform.capabilities.fields.get(new.ref.kind, {})
    unseen = (
        name
        for name, carry in carries.items()
        if carry is Carry.NATIVE
        and name not in shown
        and name not in _SHOWN_BY_OTHERS
        and getattr(old, name) != getattr(new, name)
    )
    return Change(
        replace(step, part=UPDATE),
        was,
        {name: before[name] for name in names if name in before},
        {name: after[name] for name in names if name in after},
        frozenset(_known(ledger, new, now.transform)),
        frozenset(unseen),
    )


def _known(ledger: Ledger, entity: Entity, transform: Transform) -> Iterator[str]:
    """Fields that the vendor, by an issue of the run, has taken otherwise than they were sent; all of them after a refusal."""
    decided = {issue.code for issue in transform.decide(ledger.entity(entity.ref) or entity).issues}
    for issue in ledger.issues_of(entity.ref):
        if issue.code not in decided | _EXPLAINS_NOT:
            yield "*" if issue.field == FINISH else issue.field
    outcome = ledger.outcome(entity.ref, FINISH)
    if outcome and outcome.state is State.REFUSED:
        yield "*"


def _shorter(comment: Comment, ref: Ref) -> Issue:
    detail = f"the text is shorter now, and {comment.ref}, which carried it on, stays in the target: delete it there"
    return Issue(ref=ref, code=NOT_UPDATED, field=f"text of {comment.ref}", detail=detail)


# -- what becomes of it -------------------------------------------------------------------------------------------------


def judge(change: Change, seen: Observed | None, updates: frozenset[str], choice: Choice) -> Verdict:
    """Field by field. `seen`: the copy as it is; None if it is not there any more. `updates`: what the vendor can change."""
    ref = change.step.ref
    if seen is None:
        detail = (
            "the source has changed it since, and its copy is not in the target any more; if it is wanted, make it there by hand, "
            "else accept that: run --delta --theirs"
        )
        if choice is Choice.THEIRS:
            return Verdict(
                {}, (Issue(ref=ref, code=THEIRS, detail="its copy was deleted in the target", reach=Reach.NOTE),)
            )
        return Verdict({}, (Issue(ref=ref, code=CONFLICT, detail=detail),), waits=True)
    write: dict[str, str] = {}
    issues: list[Issue] = []
    for name in sorted(change.unseen):
        if name in updates:
            write[name] = ""
        else:
            issues.append(
                not_updated(ref, name, f"{name}: changed in the source, and its API cannot change that later")
            )
    for name in sorted(change.fields - change.unseen):
        there = seen.fields.get(name, "")
        if there == change.after.get(name, ""):
            continue
        both = f"the source has {short(change.after.get(name, ''))} now, the target {short(there)}"
        if name.partition(".")[0] not in updates:
            issues.append(not_updated(ref, name, f"{both}; its API cannot change that later"))
        elif choice is Choice.OURS or not _is_theirs(change, name, there):
            write[name] = there
        elif choice is Choice.THEIRS:
            issues.append(Issue(ref=ref, code=THEIRS, field=name, detail=both, reach=Reach.NOTE))
        else:
            detail = f"{both}, where it was changed by hand: run --delta --ours or --theirs, or make both the same"
            issues.append(Issue(ref=ref, code=CONFLICT, field=name, detail=detail))
    return Verdict(write, tuple(issues), waits=any(issue.code == CONFLICT for issue in issues))


def _is_theirs(change: Change, name: str, there: str) -> bool:
    """Whether what stands there is neither what was written nor what the vendor made of it."""
    if name not in change.before or there == change.before[name]:
        return False
    return not {name, name.rpartition(".")[2], "*"} & change.known


def short(value: str) -> str:
    """A value as an issue has it; a long one by its beginning, its length and its hash, so that no other is taken for it."""
    if len(value) <= _SHOWN:
        return repr(value)
    digest = hashlib.sha256(value.encode()).hexdigest()[:12]
    return f"{value[:_SHOWN]!r}… ({len(value)} characters, {digest})"


# -- what is touched by other things ---------------------------------------------------------------------------------


def touched(ledger: Ledger) -> set[Ref]:
    """Copies that change although their entity has not: a file was added, a link has got its aim, what is named was renamed."""
    added, found = {entity.ref for entity in ledger.passes.added()}, set[Ref]()
    for entity in ledger.passes.added():
        if isinstance(entity, File):
            found.add(entity.on)
    for issue in ledger.issues():
        if issue.code == LINK_KEPT and Ref.parse(issue.field) in added:
            found.add(issue.ref)
    if changed := ledger.passes.changed():
        for task in ledger.entities(Kind.TASK):
            if any(one.other in changed for one in getattr(task, "relations", ())):
                found.add(task.ref)
    return {ref for ref in found - added if (one := ledger.outcome(ref)) and one.state is State.MADE}
