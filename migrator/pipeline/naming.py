"""What people know an entity by."""

from __future__ import annotations

from migrator.model import Comment, Cost, Entity
from migrator.text import to_plain

_TITLE = 60  # characters of what stands for a title


def title_of(entity: Entity) -> str:
    """Its title or name; the first words of what has none."""
    for name in ("title", "name"):
        if found := getattr(entity, name, ""):
            return str(found)
    words = (
        entity.text if isinstance(entity, Cost) else to_plain(entity.text.html) if isinstance(entity, Comment) else ""
    )
    return shortened(words, _TITLE)


def shortened(text: str, width: int) -> str:
    """One line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
