"""Faults on order: which share of the calls is cut, lost after its commit, committed late, answered 5xx or garbage."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

_RATES = ("cut", "lost", "error", "error_after", "garbage", "late", "slow")
_TERM = re.compile(r"(?P<name>[a-z_]+)=(?P<rate>[0-9.]+)%?(?::(?P<seconds>[0-9.]+))?")


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one call; the default is nothing. `delay` is seconds before the commit."""

    cut_before: bool = False
    cut_after: bool = False
    late: bool = False
    garbage: bool = False
    status_before: int = 0
    status_after: int = 0
    delay: float = 0.0


@dataclass
class Faults:
    """The share of calls (0..1) that meets each fault, drawn from a seeded generator so that a run can be repeated.

    cut: connection cut before the commit. lost: cut after it. error: 502 page before. error_after: 500 page after.
    garbage: half of the reply, status 200. late: cut at once, committed up to `late_seconds` later. slow: answered
    after up to `slow_seconds`. `when` limits the faults to some calls (method, path, query).
    """

    cut: float = 0.0
    lost: float = 0.0
    error: float = 0.0
    error_after: float = 0.0
    garbage: float = 0.0
    late: float = 0.0
    slow: float = 0.0
    late_seconds: float = 2.0
    slow_seconds: float = 1.0
    seed: int = 1
    when: Callable[[str, str, str], bool] | None = None
    met: Counter[str] = field(default_factory=Counter, init=False)  # faults laid so far, by name
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311  repeatable on purpose

    @classmethod
    def parse(cls, text: str) -> Faults:
        """Read `cut=4%,lost=6%,late=20%:2` (a share in percent, then seconds where the fault takes them).

        Raises ValueError that names the term and the words it could have been.
        """
        faults = cls()
        for term in filter(None, (part.strip() for part in text.split(","))):
            match = _TERM.fullmatch(term)
            if not match or match["name"] not in (*_RATES, "seed"):
                raise ValueError(
                    f"fault {term!r} is not understood: write NAME=PERCENT%, NAME one of {', '.join(_RATES)}"
                )
            if match["name"] == "seed":
                faults.seed = int(float(match["rate"]))
                faults._random.seed(faults.seed)
                continue
            setattr(faults, match["name"], float(match["rate"]) / 100)
            if match["seconds"]:
                setattr(faults, f"{match['name']}_seconds", float(match["seconds"]))
        return faults

    def draw(self, method: str, path: str, query: str) -> Fault:
        """The fault for the next call."""
        if self.when and not self.when(method, path, query):
            return Fault()
        point = self._random.random()
        for name, rate, fault in (
            ("cut", self.cut, Fault(cut_before=True)),
            ("lost", self.lost, Fault(cut_after=True)),
            ("error", self.error, Fault(status_before=502)),
            ("error_after", self.error_after, Fault(status_after=500)),
            ("garbage", self.garbage, Fault(garbage=True)),
            ("late", self.late, Fault(late=True, delay=self._random.random() * self.late_seconds)),
            ("slow", self.slow, Fault(delay=self._random.random() * self.slow_seconds)),
        ):
            if point < rate:
                self.met[name] += 1
                return fault
            point -= rate
        return Fault()
