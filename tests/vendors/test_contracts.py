"""Every numbered oddity of the vendors' contracts is held by a test of their sandboxes, which names it by its number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from migrator.cli.stands import STANDS

ODDITIES = {
    "worksection": 32,
    "planfix": 39,
    "hubex": 40,
}  # of the contracts' lists: worksection 8, planfix 8, hubex 9 A
_NUMBERS = re.compile(r"# ([\d, ]+)$", re.MULTILINE)


@pytest.mark.parametrize("vendor", STANDS)
def test_every_oddity_of_the_contract_has_a_test(vendor: str) -> None:
    texts = [path.read_text() for path in Path(__file__).parent.glob(f"test_{vendor}_sandbox*.py")]
    numbers = {int(number) for text in texts for found in _NUMBERS.findall(text) for number in found.split(",")}
    assert numbers == set(range(1, ODDITIES[vendor] + 1))
