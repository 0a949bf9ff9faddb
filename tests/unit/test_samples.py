"""The migration files of samples/: there for every pair, read without a problem, of options that exist, with mappings that load."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from migrator import config, mapping
from migrator.cli.opening import mapping_file
from migrator.vendors import VENDORS

SAMPLES = Path(__file__).parents[2] / "samples"
FILES = sorted(SAMPLES.glob("*.migration.toml"))
SECRETS = {
    name: "of a sandbox" for file in FILES for name in re.findall(r'^secret = "env:(\w+)"', file.read_text(), re.M)
}


def test_every_pair_has_one() -> None:
    pairs = {
        f"{source.name}-{target.name}.migration.toml"
        for source in VENDORS.values()
        for target in VENDORS.values()
        if source.open_source and target.open_target
    }
    assert {file.name for file in FILES} == pairs


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.partition(".")[0])
def test_it_is_read_without_a_problem(file: Path) -> None:
    migration = config.load(file, VENDORS, SECRETS)
    source, target = migration.source, migration.target
    assert file.name == f"{source.vendor}-{target.vendor}.migration.toml"
    assert migration.name == f"{source.vendor}-{target.vendor}"
    for account in (source, target):
        assert set(account.options) <= {option.name for option in VENDORS[account.vendor].options}
    rules = mapping_file(migration)
    assert (rules is None) == ("archive" in (source.vendor, target.vendor) and VENDORS[target.vendor].on_disk)
    if rules:
        mapping.load(rules)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.partition(".")[0])
def test_each_setting_in_it_is_commented(file: Path) -> None:
    """An option without a word of why is of no use as an example."""
    lines = file.read_text().splitlines()
    for number, line in enumerate(lines):
        if line.endswith(".options]"):
            assert lines[number + 1].startswith("# "), line
