"""Our mark where HubEx has no field for one: a few letters at the end of a message, a note or a description. Pure.

Source: the vendor contract, section 7, markers. Twelve hexadecimal digits are enough among the children of one task.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping

from migrator.vendor import Step

_LENGTH = 12
_AT_THE_END = re.compile(r"\s*\[([0-9a-f]{12})\]\s*\Z")


def short(mark: str) -> str:
    """What of the mark stands in a text."""
    return mark.replace("-", "")[:_LENGTH]


def stamp_after(mark: str, after: str) -> str:
    """A stamp for what is made once more, where that of before is spent: the same for the same `after`."""
    return str(uuid.uuid5(uuid.UUID(mark), after))


def marked(text: str, mark: str) -> str:
    """The text with the mark at its end."""
    return f"{text}\n[{short(mark)}]" if text else f"[{short(mark)}]"


def unmarked(text: str) -> str:
    """The text without the mark."""
    return _AT_THE_END.sub("", text)


def mark_in(text: object) -> str:
    """The short mark at the end of a text; "" if there is none."""
    found = _AT_THE_END.search(str(text or ""))
    return found[1] if found else ""


def whole(steps: Iterable[Step]) -> Mapping[str, str]:
    """Short mark -> the whole one, of the steps."""
    return {short(step.mark): step.mark for step in steps}
