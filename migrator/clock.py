"""The clock: the wall's time for people, and a steady reading that no setting of the wall's clock changes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_STEADY_OF = Path("/proc/self/ns/time")  # processes of another time namespace read another steady clock


@dataclass(frozen=True)
class Moment:
    """`wall`: seconds since the epoch. `steady`: seconds on the clock that `boot` names; "" = nobody can tell which."""

    wall: float = 0.0
    steady: float = 0.0
    boot: str = ""


@dataclass(frozen=True)
class Clock:
    """Two hands, and the name of what the steady one counts from. It may stand still while the machine sleeps; it never runs ahead."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
    boot: str = ""

    def now(self) -> Moment:
        """Both hands."""
        return Moment(self.wall(), self.steady(), self.boot)

    def since(self, moment: Moment) -> float | None:
        """Seconds that have passed at least, whatever the wall's clock says; None where nobody can tell."""
        passed = self.steady() - moment.steady
        return passed if self.boot and self.boot == moment.boot and passed >= 0 else None


def system_clock() -> Clock:
    """This machine's. Only Linux says which boot it is; elsewhere no time counts that passed before this process."""
    try:
        boot = _BOOT.read_text().strip()
        of = f"{boot} {os.readlink(_STEADY_OF)}" if _STEADY_OF.exists() else boot
    except OSError:
        of = ""
    return Clock(boot=of)
