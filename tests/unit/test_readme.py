"""README says what the code does."""

from __future__ import annotations

import re

from migrator.cli import COMMANDS
from tests.readme import README, written

TEXT = README.read_text("utf-8")


def test_the_generated_parts_are_as_the_code_says() -> None:
    assert written() == TEXT, "make them anew with: python -m tests.readme"


def test_every_command_is_in_the_table() -> None:
    table = set(re.findall(r"^\| `(\w+)", TEXT, re.MULTILINE))
    assert set(COMMANDS) <= table


def test_both_commands_do_all_the_set_up() -> None:
    commands = re.findall(r"^    (python3 -m venv .*)$", TEXT, re.MULTILINE)
    assert [command.rpartition(" ")[2] for command in commands] == ["demo", "tests"]
