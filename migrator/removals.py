"""Removals: what of a run is being taken back, part by part: on the disk before each leaves, and after. They may be repeated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from migrator.checkpoint import Checkpoint
from migrator.model import Kind, Ref

BEGUN = ""  # sent, answer unknown
_KEEP = "INSERT OR REPLACE INTO removal VALUES (?, ?, ?, ?)"
_FORGET = "DELETE FROM removal WHERE kind = ? AND id = ? AND part = ?"


class Removals:
    """Ref and part -> how it was taken back, BEGUN where that is not known."""

    def __init__(self, file: Checkpoint) -> None:
        self._file = file
        rows = file.rows("SELECT kind, id, part, how FROM removal")
        self._known = {(Ref(Kind(kind), id), part): str(how) for kind, id, part, how in rows}

    def __iter__(self) -> Iterator[tuple[Ref, str, str]]:
        for (ref, part), how in self._known.items():
            yield ref, part, how

    def of(self, ref: Ref, part: str = "create") -> str | None:
        """How one part was taken back; None = not begun."""
        return self._known.get((ref, part))

    async def keep(self, rows: Iterable[tuple[Ref, str, str]]) -> None:
        """Ref, part and how it went."""
        kept = list(rows)
        await self._file.write([(_KEEP, [(ref.kind, ref.id, part, how) for ref, part, how in kept])])
        self._known.update({(ref, part): how for ref, part, how in kept})

    async def forget(self, ref: Ref, part: str) -> None:
        """It was refused: as if never begun."""
        await self._file.write([(_FORGET, [(ref.kind, ref.id, part)])])
        self._known.pop((ref, part), None)
