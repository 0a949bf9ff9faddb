"""Verify finds every kind of damage, under its ref, its field and its class, and nothing where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module

import pytest

from migrator.cli.stands import STANDS
from tests.journeys.damaged import Damage, Site, site, told

# By vendor, for as many as there are.
DAMAGES: dict[str, tuple[Damage, ...]] = {
    vendor: import_module(f"tests.journeys.damages_{vendor}").DAMAGES for vendor in STANDS
}
# What follows from a damage besides: the sums, the names of files on what they hung on, a copy that is found by its mark elsewhere.
_FOLLOWS = re.compile(
    r"sums |missing file|extra (comment|task) |different \S+ (files|order|closed|sha256)$"
    r"|different cost:\S+ (minutes|day|text|person|money)$"
)


@dataclass
class Outcome:
    """What damages of one vendor came to: their findings, and what else was found beside them."""

    wanted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    found: dict[str, set[str]] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    clean: set[str] = field(default_factory=set)


def damage_all(there: Site, damages: tuple[Damage, ...]) -> Outcome:
    """As many at once as there are victims for; each has one of its own, so that none hides another."""
    outcome = Outcome(clean=told(there.verify(download=True)))
    left = list(damages)
    while left:
        later: list[Damage] = []
        with there.damaged() as yard:
            batch: dict[str, tuple[str, ...]] = {}
            for damage in left:
                try:
                    found = damage.do(yard)
                except LookupError:
                    later.append(damage)
                else:
                    batch[damage.name] = (found,) if isinstance(found, str) else found
            assert batch, f"the sample has no victim for {[one.name for one in later]}"
            seen = told(there.verify(download=True))
        outcome.wanted |= batch
        outcome.found |= dict.fromkeys(batch, seen)
        outcome.others |= seen - {each for one in batch.values() for each in one}
        left = later
    outcome.clean |= told(there.verify())
    return outcome


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Outcome]]:
    found: dict[str, Outcome] = {}
    for vendor, damages in DAMAGES.items():
        with site(vendor, tmp_path_factory.mktemp(vendor)) as there:
            found[vendor] = damage_all(there, damages)
    return found


@pytest.mark.parametrize(("vendor", "name"), [(vendor, one.name) for vendor, of in DAMAGES.items() for one in of])
def test_a_damage_is_found_in_its_place(outcomes: dict[str, Outcome], vendor: str, name: str) -> None:
    outcome = outcomes[vendor]
    assert set(outcome.wanted[name]) <= outcome.found[name]


@pytest.mark.parametrize("vendor", list(DAMAGES))
def test_nothing_is_found_where_nothing_is_wrong(outcomes: dict[str, Outcome], vendor: str) -> None:
    assert outcomes[vendor].clean == set()


@pytest.mark.parametrize("vendor", list(DAMAGES))
def test_nothing_else_is_found_than_what_was_damaged(outcomes: dict[str, Outcome], vendor: str) -> None:
    assert [one for one in sorted(outcomes[vendor].others) if not _FOLLOWS.match(one)] == []


def test_there_are_at_least_fifty_kinds_for_each_vendor() -> None:
    assert {vendor: len({one.name for one in of}) for vendor, of in DAMAGES.items() if len(of) < 50} == {}
