"""Passes: the source read once, and again by each delta; of every entity the version that is here, and the one the target still has.

`before` is what the target had of an entity when the pass under way began, where that is another version or something else about
the entity is new. It is `waiting` until the target has the newer one; the next pass forgets what waits no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from migrator.checkpoint import Checkpoint, Statement
from migrator.model import Entity, Kind, Ref, owner

decode_entity = msgspec.json.Decoder(Entity).decode
_ADD = (
    "INSERT OR IGNORE INTO entity (kind, id, owner, depth, moment, body, added, changed, seen) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_REPLACE = (
    "UPDATE entity SET owner = ?, depth = ?, moment = ?, body = ?, before = ?, waiting = ?, changed = ?, seen = ? "
    "WHERE kind = ? AND id = ?"
)
_SEE = "UPDATE entity SET seen = ? WHERE kind = ? AND id = ?"


@dataclass(frozen=True)
class Version:
    """An entity that the target has in an earlier version, or with less about it than there is now."""

    before: Entity
    after: Entity


class Passes:
    """The number of the pass, and what it found."""

    def __init__(self, file: Checkpoint) -> None:
        self._file = file

    @property
    def number(self) -> int:
        """1 for the run itself, one more for each delta."""
        row = self._file.row("SELECT value FROM meta WHERE key = 'pass'")
        return int(row[0]) if row else 1

    def begin(self, stale: Iterable[str]) -> list[Statement]:
        """What begins the next pass. `stale`: codes of issues that the pass will tell anew."""
        meta = [("pass", str(self.number + 1)), ("stage", "started")]
        return [
            ("INSERT OR REPLACE INTO meta VALUES (?, ?)", meta),
            ("UPDATE entity SET before = NULL WHERE waiting = 0 AND before IS NOT NULL", [()]),
            ("DELETE FROM issue WHERE code = ?", [(code,) for code in stale]),
        ]

    # -- comparing ------------------------------------------------------------------------------------------------------

    def keep(self, entities: Iterable[Entity], is_there: Callable[[Ref], bool]) -> list[Statement]:
        """What keeps the entities that were read; of two with one ref the first. `is_there`: whether the target has our copy."""
        number = self.number
        added: list[tuple[Any, ...]] = []
        changed: list[tuple[Any, ...]] = []
        same: list[tuple[Any, ...]] = []
        met: set[Ref] = set()
        for entity in entities:
            ref = entity.ref
            row = None if number == 1 else self._kept(ref)
            if row is None:
                added.append((ref.kind, ref.id, *_columns(entity), number, number, number))
            elif ref not in met and row[2] != number:
                if (kept := decode_entity(row[0])) == entity:
                    same.append((number, ref.kind, ref.id))
                else:
                    had = decode_entity(row[1]) if row[1] else kept
                    waits = is_there(ref) and had != entity
                    before = msgspec.json.encode(had) if waits else None
                    changed.append((*_columns(entity), before, waits, number, number, ref.kind, ref.id))
            met.add(ref)
        return [(_ADD, added), (_REPLACE, changed), (_SEE, same)]

    def _kept(self, ref: Ref) -> tuple[bytes, bytes | None, int] | None:
        row = self._file.row("SELECT body, before, seen FROM entity WHERE kind = ? AND id = ?", (ref.kind, ref.id))
        return row and (row[0], row[1], row[2])

    # -- what is to be done ---------------------------------------------------------------------------------------------

    def waiting(self, kind: Kind) -> Iterator[Version]:
        """What of a kind has still to be changed in the target: parents before children, then by moment."""
        sql = "SELECT before, body FROM entity WHERE kind = ? AND waiting = 1 ORDER BY depth, moment, place"
        for before, after in self._file.rows(sql, (kind,)):
            yield Version(decode_entity(before), decode_entity(after))

    def before(self, ref: Ref) -> Entity | None:
        """An entity as the target had it when the pass began; None if it was added since, or never there."""
        row = self._file.row(
            "SELECT coalesce(before, body) FROM entity WHERE kind = ? AND id = ? AND added < ?",
            (ref.kind, ref.id, self.number),
        )
        return decode_entity(row[0]) if row else None

    def added(self) -> Iterator[Entity]:
        """What this pass found for the first time."""
        for (body,) in self._file.rows("SELECT body FROM entity WHERE added = ? AND seen = ?", (self.number,) * 2):
            yield decode_entity(body)

    def changed(self) -> set[Ref]:
        """What this pass found otherwise than it was."""
        sql = "SELECT kind, id FROM entity WHERE changed = ? AND added < ?"
        return {Ref(Kind(kind), id) for kind, id in self._file.rows(sql, (self.number,) * 2)}

    def gone(self) -> list[Ref]:
        """What was there in an earlier pass and this one did not find."""
        sql = "SELECT kind, id FROM entity WHERE seen < ? ORDER BY kind, place"
        return [Ref(Kind(kind), id) for kind, id in self._file.rows(sql, (self.number,))]

    def counts(self, kind: Kind) -> dict[str, int]:
        """added, changed, gone and unchanged since the last pass, and how many changes wait."""
        number = self.number
        row = self._file.row(
            "SELECT sum(added = :n), sum(changed = :n AND added < :n), sum(seen < :n), "
            "sum(seen = :n AND changed < :n), sum(waiting) FROM entity WHERE kind = :kind".replace(":n", str(number)),
            (kind,),
        )
        names = ("added", "changed", "gone", "unchanged", "waiting")
        return dict(zip(names, (int(count or 0) for count in row or ()), strict=True))

    # -- statements -----------------------------------------------------------------------------------------------------

    @staticmethod
    def touch(refs: Iterable[Ref]) -> Statement:
        """Entities whose copy must be looked at, though they themselves are as they were."""
        sql = "UPDATE entity SET before = coalesce(before, body), waiting = 1 WHERE kind = ? AND id = ?"
        return (sql, [(ref.kind, ref.id) for ref in refs])

    @staticmethod
    def settle(ref: Ref) -> Statement:
        """The target has the newer version, or all of it that it can have."""
        return ("UPDATE entity SET waiting = 0 WHERE kind = ? AND id = ?", [(ref.kind, ref.id)])

    @staticmethod
    def drop(refs: Iterable[Ref]) -> list[Statement]:
        """Forget entities, with what was noted of them."""
        rows = [(ref.kind, ref.id) for ref in refs]
        return [(f"DELETE FROM {table} WHERE kind = ? AND id = ?", rows) for table in ("entity", "outcome", "issue")]  # noqa: S608


def _columns(entity: Entity) -> tuple[Any, ...]:
    above = owner(entity)
    moment = getattr(entity, "created", None)
    return (
        str(above) if above else "",
        getattr(entity, "depth", 0),
        moment.isoformat() if moment else "",
        msgspec.json.encode(entity),
    )
