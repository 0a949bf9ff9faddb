"""The words of what is sent: our mark, titles, texts as plain text, lines of checklists. Pure.

Source: the vendor contract, sections 2 (limits), 5 (writes), 7 (marks) and 9 (markup).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from migrator.model import CheckItem, Cost, Entity, File, Ref, Text
from migrator.text import file_name, rewrite, to_plain
from migrator.vendor import Step

TAKEN_BACK = "[rolled back]"  # begins the title of what was taken back and cannot be deleted
_MARK_DIGITS = 12
_BULLET = re.compile(r"^(\s*)•(\s)", re.MULTILINE)
_NAMELESS = "—"
_TICKED = "[x] "


def short(mark: str) -> str:
    """Our mark as people see it: ASCII, of one length, and first, because a long text is cut at its end (section 7)."""
    return f"mig:{mark.replace('-', '')[:_MARK_DIGITS]}"


def is_taken_back(row: Mapping[str, object]) -> bool:
    """Whether a record is of a project or task that an earlier run made and took back."""
    return str(row.get("name") or "").startswith(TAKEN_BACK)


def named(title: str) -> str:
    """A title on one line; a dash for an empty one."""
    return " ".join(title.split()) or _NAMELESS


def written(step: Step, text: Text) -> str:
    """Our mark, then the text as plain text: whether markup is obeyed is not known (section 9)."""
    return f"{short(step.mark)}\n{plain(text, names_of(step.carried))}".rstrip()


def plain(text: Text, names: Mapping[Ref, str]) -> str:
    """The text as people read it. `names` of files stand in place of the addresses they had in the source.

    Bullets become dashes, because a line with a bullet is an item of the task's checklist (section 4).
    """
    named_files = {url: names[ref] for url, ref in text.links.items() if ref in names}
    return _BULLET.sub(r"\1-\2", to_plain(rewrite(text.html, named_files) if named_files else text.html))


def cost_text(step: Step) -> str:
    """The words of a cost, with our mark before them."""
    assert isinstance(step.entity, Cost)
    return f"{short(step.mark)} {step.entity.text}".rstrip()


def checkitem(entity: CheckItem) -> str:
    """One line of a checklist. Nothing can tick it (section 5), so that it was ticked is said in words."""
    return f"{_TICKED if entity.done else ''}{named(entity.title)}"


def names_of(carried: Iterable[Entity]) -> dict[Ref, str]:
    """What the files among the carried will be called."""
    return {one.ref: file_name(one.name) for one in carried if isinstance(one, File)}
