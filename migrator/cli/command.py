"""What all commands share: --json, the migration file, and help that ends with an example and the exit codes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

EXIT_CODES = {
    0: "done",
    1: "a bug of migrator",
    2: "input wrong; all problems are listed",
    3: "access denied",
    4: "run folder unusable, or in use",
    5: "the vendor replied against its contract",
    6: "finished, but not everything is in the target as it should be",
    75: "quota spent or vendor out of reach: run again later",
    130: "interrupted",
}
TALKING = (0, 1, 2, 3, 4, 5, 75, 130)  # the exit codes of a command that talks to a vendor


def as_command(example: str, codes: tuple[int, ...]) -> Callable[[Callable[..., int]], click.Command]:
    """Make a function a command with --json. It takes the Call first and returns its exit code."""
    lines = [f"  {code:>3}  {EXIT_CODES[code]}" for code in sorted(codes)]
    epilog = "\n\n".join((f"\b\nExample:\n  {example}", "\b\nExit codes:\n" + "\n".join(lines)))

    def make(function: Callable[..., int]) -> click.Command:
        with_json = click.option(
            "--json", is_flag=True, expose_value=False, help="Print one JSON object; progress goes to stderr."
        )
        return click.command(epilog=epilog)(with_json(click.pass_obj(function)))

    return make


def migration_file(function: Callable[..., Any]) -> Callable[..., Any]:
    """The FILE argument: the migration.toml."""
    return click.argument("file", type=click.Path(path_type=Path, dir_okay=False))(function)
