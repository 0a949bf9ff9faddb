"""README's generated parts: the vendors' settings, what a delta can change, and what is lost per direction, from the code.

    python -m tests.readme

writes them; a test holds that they are as the code says.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path

from migrator.model import Kind
from migrator.vendor import Carry, Vendor
from migrator.vendors import VENDORS

README = Path(__file__).parent.parent / "README.md"


def written() -> str:
    """README with its generated parts made anew."""
    text = README.read_text("utf-8")
    parts = (("options", _options()), ("updates", _updates()), ("losses", _losses()), ("undo", _undo()))
    for name, lines in parts:
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        head, _, rest = text.partition(begin)
        text = "\n".join([head + begin, *lines, end]) + rest.partition(end)[2]
    return text


def _options() -> Iterable[str]:
    yield "| Vendor | Setting | Default | Meaning |"
    yield "|---|---|---|---|"
    for vendor in VENDORS.values():
        for option in vendor.options:
            default = f"`{option.default}`" if option.default not in (None, "") else ""
            yield f"| {vendor.title} | `{option.name}` | {default} | {option.meaning} |"


def _updates() -> Iterable[str]:
    yield "| Target | What a delta can change there |"
    yield "|---|---|"
    for vendor in VENDORS.values():
        can = vendor.capabilities
        if vendor.open_target and not can.verbatim:
            kinds = (f"{kind}: {', '.join(sorted(can.updates[kind]))}" for kind in Kind if kind in can.updates)
            yield f"| {vendor.title} | {'; '.join(kinds)} |"


def _losses() -> Iterable[str]:
    for vendor in VENDORS.values():
        if vendor.open_source and (withheld := _withheld(vendor)):
            yield f"\n**From {vendor.title}**, whatever the target; each occurrence is reported:\n"
            yield from (f"- {reason}" for reason in withheld)
    for vendor in VENDORS.values():
        if vendor.open_target and not vendor.capabilities.verbatim:
            yield f"\n**Into {vendor.title}:**\n"
            yield "| | text | mapped | lost |"
            yield "|---|---|---|---|"
            for kind, fields in vendor.capabilities.fields.items():
                cells = [", ".join(n for n, c in fields.items() if c is carry) for carry in _SHOWN]
                if any(cells):
                    yield f"| {kind} | {' | '.join(cells)} |"
            yield ""
            yield "; ".join(_limits(vendor)) + "."
    yield "\n**Into an archive folder:** nothing.\n"


def _undo() -> Iterable[str]:
    yield "| Target | deleted | put aside | goes with what it hangs on, else left for you |"
    yield "|---|---|---|---|"
    for vendor in VENDORS.values():
        can = vendor.capabilities
        rest = can.creates - can.deletes - can.retires
        cells = ("everything" if kinds == can.creates else _kinds(kinds) for kinds in (can.deletes, can.retires, rest))
        if vendor.open_target:
            yield f"| {vendor.title} | {' | '.join(cells)} |"


def _kinds(kinds: Iterable[Kind]) -> str:
    return ", ".join(kind for kind in Kind if kind in set(kinds))


_SHOWN = (Carry.TEXT, Carry.MAPPED, Carry.LOST)


def _withheld(vendor: Vendor) -> list[str]:
    """What the adapter's table of keys calls unsupported."""
    try:
        keys = importlib.import_module(f"migrator.vendors.{vendor.name}.keys").KEYS
    except ModuleNotFoundError:
        return []
    goals = {goal for table in keys.values() for goal in table.values()}
    return sorted(goal.removeprefix("- ") for goal in goals if goal.startswith("- ") and "redundant" not in goal)


def _limits(vendor: Vendor) -> Iterable[str]:
    can = vendor.capabilities
    if can.title_limit:
        yield f"titles over {can.title_limit} characters are shortened, and stand whole in the text"
    if can.text_limit:
        yield f"texts over {can.text_limit} bytes go on in comments"
    if can.plain:
        kinds = ", ".join(kind for kind in Kind if kind in can.plain)
        yield f"texts ({kinds}) keep their lines, not how they are set: bold, lists, tables"
    if can.depth is not None:
        yield f"subtasks below level {can.depth} are raised to it"
    if can.checklist_limit:
        yield f"checklist lines after the first {can.checklist_limit} of a task are held"
    if can.file_limit:
        yield f"files over {can.file_limit // 2**20} MiB are held"
    yield "nobody is notified" if can.silent else "people may be notified: the vendor cannot be silent"


if __name__ == "__main__":
    README.write_text(written(), "utf-8")
    sys.stdout.write(f"{README.name} written\n")
