"""`migrator vendors`: what each vendor can do, from the facts its adapter states."""

from __future__ import annotations

from typing import Any

from migrator.cli.call import Call
from migrator.cli.command import as_command
from migrator.cli.shown import table
from migrator.model import Kind
from migrator.vendor import Limits, Vendor
from migrator.vendors import VENDORS


@as_command("migrator vendors", (0, 1))
def command(call: Call) -> int:
    """Show what each vendor can do.

    For every kind: r = read, c = created, m = matched to what is there, f = found again by its mark after a lost answer, d = deleted by
    a rollback, a = put aside by it, because it cannot be deleted: closed, or marked in its title,
    u = changed by a delta. Then the fields
    that do not arrive, the limits, and the options for [source.options] and [target.options].
    """
    call.answer({"vendors": [vendor_json(vendor) for vendor in VENDORS.values()]}, _text())
    return 0


def vendor_json(vendor: Vendor) -> dict[str, Any]:
    """One vendor's facts."""
    can = vendor.capabilities
    return {
        "name": vendor.name,
        "title": vendor.title,
        "source": vendor.open_source is not None,
        "target": vendor.open_target is not None,
        "kinds": {kind.value: _letters(vendor, kind) for kind in Kind},
        "fields": {kind.value: {name: carry.value for name, carry in row.items()} for kind, row in can.fields.items()},
        "limits": {"pace": _pace(vendor.limits), "per_day": vendor.limits.per_day, "parallel": vendor.limits.parallel},
        "options": [{"name": one.name, "meaning": one.meaning, "default": one.default} for one in vendor.options],
    }


def _text() -> str:
    vendors = list(VENDORS.values())
    rows = [
        ["source", *("yes" if vendor.open_source else "-" for vendor in vendors)],
        ["target", *("yes" if vendor.open_target else "-" for vendor in vendors)],
        *([kind.value, *(_letters(vendor, kind) for vendor in vendors)] for kind in Kind),
        ["pace", *(_pace(vendor.limits) for vendor in vendors)],
        ["a day", *(str(vendor.limits.per_day or "any") for vendor in vendors)],
        ["silent", *("yes" if vendor.capabilities.silent else "-" for vendor in vendors)],
        ["title", *(_limit(vendor.capabilities.title_limit, "characters") for vendor in vendors)],
        ["text", *(_limit(vendor.capabilities.text_limit, "bytes") for vendor in vendors)],
        ["file", *(_limit(vendor.capabilities.file_limit, "bytes") for vendor in vendors)],
    ]
    parts = [table(["", *(vendor.title for vendor in vendors)], rows)]
    for vendor in vendors:
        lines = [f"{vendor.title}:"]
        lines += [f"  {line}" for line in _incomplete(vendor)]
        lines += [f"  option {one.name} = {one.default!r}: {one.meaning}" for one in vendor.options]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _incomplete(vendor: Vendor) -> list[str]:
    lines = []
    for kind, row in vendor.capabilities.fields.items():
        for carry, words in (("text", "as a line of the text"), ("mapped", "where the mapping says"), ("lost", "lost")):
            if names := [name for name, each in row.items() if each.value == carry]:
                lines.append(f"{kind}, {words}: {', '.join(names)}")
    return lines


def _letters(vendor: Vendor, kind: Kind) -> str:
    can = vendor.capabilities
    facts = (
        ("r", can.reads),
        ("c", can.creates),
        ("m", can.matches),
        ("f", can.finds | can.repeats),
        ("d", can.deletes),
        ("a", can.retires),
        ("u", can.updates),
    )
    return "".join(letter for letter, kinds in facts if kind in kinds) or "-"


def _pace(limits: Limits) -> str:
    return f"{limits.requests} in {limits.period:g} s" if limits.requests else "any"


def _limit(limit: int | None, unit: str) -> str:
    return f"{limit} {unit}" if limit is not None else "any"
