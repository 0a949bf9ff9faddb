"""`python -m tests.bench.damage`: damages the target in every way that is known, and prints which `verify` has found."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.journeys.damaged import site
from tests.journeys.test_damage import DAMAGES, Outcome, damage_all


def main() -> None:
    """The table of kinds by vendor, and the count."""
    outcomes: dict[str, Outcome] = {}
    for vendor, damages in DAMAGES.items():
        with tempfile.TemporaryDirectory() as folder, site(vendor, Path(folder)) as there:
            outcomes[vendor] = damage_all(there, damages)
    names = list(dict.fromkeys(one.name for of in DAMAGES.values() for one in of))
    print(f"| Damage | {' | '.join(outcomes)} |")
    print("|---" * (len(outcomes) + 1) + "|")
    for name in names:
        print(f"| {name} | {' | '.join(_cell(outcome, name) for outcome in outcomes.values())} |")
    found = {vendor: sum(_cell(outcome, name) == "found" for name in names) for vendor, outcome in outcomes.items()}
    of = {vendor: len(outcome.wanted) for vendor, outcome in outcomes.items()}
    print(f"\n{len(names)} kinds; found: {', '.join(f'{vendor} {found[vendor]} of {of[vendor]}' for vendor in of)}")
    print(f"false alarms on a clean run: {sum(len(outcome.clean) for outcome in outcomes.values())}")


def _cell(outcome: Outcome, name: str) -> str:
    if name not in outcome.wanted:
        return "-"
    return "found" if set(outcome.wanted[name]) <= outcome.found[name] else "NOT FOUND"


if __name__ == "__main__":
    main()
