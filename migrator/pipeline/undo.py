"""Undo: what becomes of each thing that a run made, when the run is taken back: decided from what was read, without touching anything."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from migrator.model import Entity, Kind, Ref, owner
from migrator.vendor import Capabilities, Observed

DELETED, RETIRED, GONE, WITH = (
    "deleted",
    "retired",
    "gone",
    "with",
)  # how a thing is taken back; the last names what it went with


class Fate(StrEnum):
    """What becomes of a thing."""

    REVERSE = "reversed"
    KEEP = "kept"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True)
class Thing:
    """One thing that the run made. `parts`: its creates, in order; `id`: "" where only some of them were made."""

    entity: Entity
    id: str
    parts: tuple[str, ...]

    @property
    def ref(self) -> Ref:
        """The entity's ref."""
        return self.entity.ref


@dataclass(frozen=True)
class Verdict:
    """`how`: DELETED, RETIRED, GONE, or WITH and the ref of what takes it along; "" where it stays. `why`: that it stays, for people."""

    thing: Thing
    fate: Fate
    how: str = ""
    why: str = ""

    @property
    def asks(self) -> bool:
        """Whether the vendor has to be asked for it."""
        return self.how in (DELETED, RETIRED)


@dataclass(frozen=True)
class Survey:
    """What reading the target back has shown of the things of a run.

    `kept`: those that people changed, or hung something on, and how. `gone`: those that are not there any more. `hung`: what each hangs
    on there, beside its owner. `taken`: how those were taken back that already are.
    """

    kept: Mapping[Ref, str]
    gone: Collection[Ref] = ()
    hung: Mapping[Ref, tuple[Ref, ...]] = field(default_factory=dict)
    taken: Mapping[Ref, str] = field(default_factory=dict)


def decide(things: Iterable[Thing], survey: Survey, can: Capabilities) -> list[Verdict]:
    """In the order of the things, which is that of loading. What is kept keeps all that it hangs on."""
    known = {thing.ref: thing for thing in things}
    kept = _kept(known, survey)
    verdicts: dict[Ref, Verdict] = {}

    def taking(ref: Ref | None) -> str:
        """How it is taken back; "" if it is not the run's, or stays."""
        if ref is None:
            return ""
        return verdict(known[ref]).how if ref in known else survey.taken.get(ref, "")

    def verdict(thing: Thing) -> Verdict:
        if thing.ref not in verdicts:
            verdicts[thing.ref] = _verdict(thing, kept, survey, can, taking)
        return verdicts[thing.ref]

    return [verdict(thing) for thing in known.values()]


def settle(verdicts: Iterable[Verdict], failed: Mapping[Ref, str], taken: Collection[Ref]) -> list[Verdict]:
    """What was decided, after the vendor has refused some of it: those stay, unless what they hang on took them along.

    `taken`: those that are taken back for certain.
    """
    decided = {one.thing.ref: one for one in verdicts}

    def stays(ref: Ref) -> str:
        """Why it stays; "" if it does not."""
        one = decided.get(ref)
        if one is None or one.fate is not Fate.REVERSE:
            return one.why if one else ""
        above = owner(one.thing.entity)
        if ref in failed:
            goes = above in taken or (above in decided and not stays(above))
            return "" if goes else failed[ref]
        if above and one.how.startswith(WITH) and stays(above):
            return f"{above} stays, and this with it"
        return ""

    def settled(one: Verdict) -> Verdict:
        if one.fate is not Fate.REVERSE:
            return one
        if why := stays(one.thing.ref):
            return Verdict(one.thing, Fate.IMPOSSIBLE, why=why)
        return replace(one, how=f"{WITH} {owner(one.thing.entity)}") if one.thing.ref in failed else one

    return [settled(one) for one in decided.values()]


def foreign(
    observed: Mapping[Kind, Iterable[Observed]], ours: Mapping[Kind, Collection[str]]
) -> dict[tuple[Kind, str], str]:
    """What things that others made hang on, by kind and id, with the first of them."""
    found: dict[tuple[Kind, str], str] = {}
    for kind, rows in observed.items():
        for row in rows:
            for place in row.on if row.id not in ours.get(kind, ()) else ():
                found.setdefault(place, f"{kind} {row.id} hangs on it, and is not of this run")
    return found


def _kept(known: Mapping[Ref, Thing], survey: Survey) -> dict[Ref, str]:
    """Those to be kept for a reason of their own, and those that they hang on."""
    kept = {ref: why for ref, why in survey.kept.items() if ref in known}
    waiting = list(kept)
    for ref in waiting:  # grows on the way up
        for above in (owner(known[ref].entity), *survey.hung.get(ref, ())):
            if above is not None and above in known and above not in kept:
                kept[above] = f"{ref} is kept, and hangs on it"
                waiting.append(above)
    return kept


def _verdict(
    thing: Thing, kept: Mapping[Ref, str], survey: Survey, can: Capabilities, taking: Callable[[Ref | None], str]
) -> Verdict:
    kind, above = thing.ref.kind, owner(thing.entity)
    if thing.ref in kept:
        return Verdict(thing, Fate.KEEP, why=kept[thing.ref])
    # One that is not seen may only have lost what showed it, as a file its comment; and to delete what is gone does no harm.
    if kind in can.deletes:
        return Verdict(thing, Fate.REVERSE, DELETED)
    if thing.ref in survey.gone:
        return Verdict(thing, Fate.REVERSE, GONE)
    taken = taking(above)
    enclosed = above and (above.kind in can.encloses or taken.startswith(WITH)) and kind not in can.encloses
    if taken and (enclosed or kind not in can.retires):
        return Verdict(thing, Fate.REVERSE, f"{WITH} {above}")
    if kind in can.retires:
        return Verdict(thing, Fate.REVERSE, RETIRED)
    hanging = f", and {above} stays" if above else ""
    why = f"the target has no way to take back a {kind}{hanging}: do it by hand"
    return Verdict(thing, Fate.IMPOSSIBLE, why=why)
