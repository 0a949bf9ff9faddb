"""Findings: what a verification came to, as values, as the object that `verify --json` prints, and as files for each class of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from migrator.model import Kind, Ref

FOLDER = "verify"  # in the run folder
RESULT = "result.json"


@dataclass(frozen=True)
class Difference:
    """One field that is not in the target as it should be. `explained`: the issue of the run that said that it would be so."""

    ref: Ref
    field: str
    source: str
    target: str
    explained: str = ""


@dataclass(frozen=True)
class Extra:
    """An object that stands beside the one that the run made for `ref`."""

    kind: Kind
    id: str
    ref: Ref | None
    why: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id} {self.why}"


@dataclass(frozen=True)
class Unread:
    """What could not be compared, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Amount:
    """Time and money spent."""

    minutes: int = 0
    money: Decimal = Decimal(0)

    def __str__(self) -> str:
        return f"{self.minutes} minutes and {self.money:f} of money"

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.minutes + other.minutes, self.money + other.money)


@dataclass
class Sum:
    """The costs of one project: what the source has, what of that was moved, and what the target holds of it now."""

    source: Amount = Amount()
    moved: Amount = Amount()
    target: Amount = Amount()

    @property
    def is_right(self) -> bool:
        """Whether what was moved is there, to the minute and the cent."""
        return self.moved == self.target


@dataclass
class Verification:
    """What was compared, and what was found. `totals`: sums that the source states of itself and did not give rows for."""

    checked: Counter[Kind] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    missing: list[Ref] = field(default_factory=list)
    extra: list[Extra] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    sums: dict[str, Sum] = field(default_factory=dict)
    counts: dict[Kind, dict[str, int]] = field(default_factory=dict)
    totals: list[str] = field(default_factory=list)
    files_by_hash: int = 0
    files_by_size: int = 0

    @property
    def unexplained(self) -> list[Difference]:
        """Differences that no issue told of."""
        return [one for one in self.differences if not one.explained]

    @property
    def wrong_sums(self) -> dict[str, Sum]:
        """Projects whose costs are not what was moved."""
        return {project: one for project, one in self.sums.items() if not one.is_right}

    @property
    def clean(self) -> bool:
        """Whether everything is there once, as it should be."""
        return not (self.unexplained or self.missing or self.extra or self.unread or self.wrong_sums)


def as_json(found: Verification) -> dict[str, Any]:
    """The object that `verify --json` prints; differences that an issue told of already are no findings."""
    return {
        "checked": {kind.value: count for kind, count in found.checked.items()},
        "differences": [_difference(one) for one in found.unexplained],
        "missing": [str(ref) for ref in found.missing],
        "extra": [str(one) for one in found.extra],
        "unread": [f"{one.what}: {one.why}" for one in found.unread],
        "sums": [_sum(project, one) for project, one in found.wrong_sums.items()],
        "explained": len(found.differences) - len(found.unexplained),
        "files": {"by_hash": found.files_by_hash, "by_size": found.files_by_size},
        "counts": {kind.value: row for kind, row in found.counts.items()},
        "source_totals": found.totals,
        "clean": found.clean,
    }


def write(folder: Path, found: Verification, now: datetime) -> None:
    """One JSON Lines file for each class, in place of those of an earlier time, and last the whole as `result.json`."""
    folder.mkdir(exist_ok=True)
    explained = [one for one in found.differences if one.explained]
    classes: dict[str, Iterable[Mapping[str, Any]]] = {
        "missing": ({"ref": str(ref)} for ref in found.missing),
        "extra": (_extra(one) for one in found.extra),
        "different": map(_difference, found.unexplained),
        "explained": ({**_difference(one), "issue": one.explained} for one in explained),
        "unread": ({"what": one.what, "why": one.why} for one in found.unread),
        "sums": (_sum(project, one) for project, one in found.sums.items()),
    }
    for name, rows in classes.items():
        _replace(folder / f"{name}.jsonl", b"".join(orjson.dumps(row) + b"\n" for row in rows))
    result = {"time": now.astimezone(UTC).isoformat(timespec="seconds"), **as_json(found)}
    _replace(folder / RESULT, orjson.dumps(result, option=orjson.OPT_INDENT_2))


def _replace(path: Path, content: bytes) -> None:
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)


def _difference(one: Difference) -> dict[str, str]:
    return {"ref": str(one.ref), "field": one.field, "source": one.source, "target": one.target}


def _extra(one: Extra) -> dict[str, str]:
    return {"kind": one.kind.value, "id": one.id, "ref": str(one.ref or ""), "why": one.why}


def _sum(project: str, one: Sum) -> dict[str, Any]:
    sides = {"source": one.source, "moved": one.moved, "target": one.target}
    amounts = {name: {"minutes": each.minutes, "money": f"{each.money:f}"} for name, each in sides.items()}
    return {"project": project, **amounts, "right": one.is_right}
