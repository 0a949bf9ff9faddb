"""What the user's [scope] leaves out, and why: one reason per entity, inherited by all that hangs on it."""

from __future__ import annotations

from datetime import date, datetime
from fnmatch import fnmatchcase

from migrator.config import Scope
from migrator.ledger import Ledger, State
from migrator.model import Comment, Cost, Entity, File, Kind, Project, Ref, Task, owner
from migrator.vendor import Read

# Asking for a kind asks for what it hangs on; people, groups, tags and fields are always read, because others refer to them.
_NEEDS = {Kind.TASK: (Kind.PROJECT,)} | dict.fromkeys(
    (Kind.COMMENT, Kind.FILE, Kind.CHECKITEM, Kind.COST), (Kind.PROJECT, Kind.TASK)
)
_DIRECTORY = frozenset({Kind.PERSON, Kind.GROUP, Kind.TAG, Kind.FIELD})


def wanted_kinds(scope: Scope) -> frozenset[Kind]:
    """The kinds to be read: those asked for, what they hang on, and what they refer to."""
    needed = {above for kind in scope.kinds for above in _NEEDS.get(kind, ())}
    return scope.kinds | needed | _DIRECTORY


LEFT_OUT = "[scope]"  # begins every reason


def named(scope: Scope) -> str:
    """The scope in one line, the same for the same scope."""
    return f"{sorted(scope.kinds)} {scope.projects} {scope.archived} {scope.closed} {scope.since}"


def without(read: Read) -> str:
    """What the user can do if the token may not make the read: skipping a kind is theirs to say, never ours."""
    kinds = frozenset(read.yields)
    named = ", ".join(sorted(kind.value for kind in kinds))
    what = f"The {read.name.replace('_', ' ')} of the source cannot be read, and with them: {named}."
    give = "Give the token the right to read them"
    if kinds & _DIRECTORY:
        return f"{what} {give}."
    rest = [kind for kind in Kind if kind not in kinds | _DIRECTORY and not kinds & set(_NEEDS.get(kind, ()))]
    quoted = ", ".join(f'"{kind}"' for kind in rest)
    return f"{what} {give}, or leave them out: [scope] kinds = [{quoted}]."


class LeftOut:
    """Decides entity by entity; owners must come before what hangs on them."""

    def __init__(self, scope: Scope, ledger: Ledger) -> None:
        self._scope = scope
        self._ledger = ledger
        self._kinds = wanted_kinds(scope)
        self._reasons = {
            ref: outcome.note
            for ref, part, outcome in ledger.outcomes()
            if part == "create" and outcome.state is State.SKIPPED
        }

    def __contains__(self, ref: Ref) -> bool:
        return ref in self._reasons

    def reason(self, entity: Entity) -> str | None:
        """Why the entity is left out; None = it moves, as everything does that has moved before."""
        outcome = self._ledger.outcome(entity.ref)
        moved = outcome is not None and outcome.state is State.MADE
        found = None if moved else self._inherited(entity) or self._own(entity)
        if found:
            self._reasons[entity.ref] = found
        else:
            self._reasons.pop(entity.ref, None)
        return found

    def _inherited(self, entity: Entity) -> str | None:
        above = owner(entity)
        if isinstance(entity, Task) and entity.project in self._reasons:
            above = entity.project
        return f"[scope] leaves out {above}, which it hangs on" if above in self._reasons else None

    def _own(self, entity: Entity) -> str | None:
        scope = self._scope
        if entity.ref.kind not in self._kinds:
            return "[scope] kinds leaves it out"
        match entity:
            case Project():
                named = any(entity.ref.id == name or fnmatchcase(entity.title, name) for name in scope.projects)
                if scope.projects and not named:
                    return "[scope] projects leaves it out"
                if entity.archived and not scope.archived:
                    return "[scope] archived = false leaves it out"
            case Task() if entity.done:
                if not scope.closed:
                    return "[scope] closed = false leaves it out"
                if _before(entity.closed, scope.since):
                    return "[scope] since leaves it out: closed before"
            case Comment() | File() if _before(entity.created, scope.since):
                return "[scope] since leaves it out: written before"
            case Cost() if _before(entity.day, scope.since):
                return "[scope] since leaves it out: dated before"
        return None


def _before(moment: datetime | date | None, day: date | None) -> bool:
    if moment is None or day is None:
        return False
    return (moment.date() if isinstance(moment, datetime) else moment) < day
