"""The program: `migrator COMMAND ...`, or `python -m migrator COMMAND ...`."""

from __future__ import annotations

import sys

from migrator.cli import cli
from migrator.cli.boundary import guard
from migrator.cli.call import Call


def main(arguments: list[str] | None = None) -> int:
    """Carry out one command and return its exit code. `arguments` without the program's name; None = those of the process."""
    given = sys.argv[1:] if arguments is None else arguments

    def chosen(call: Call) -> int:
        return int(cli.main(given, prog_name="migrator", standalone_mode=False, obj=call) or 0)

    # Read here, because a usage error must be told as JSON too, and click has not parsed anything by then.
    return guard(chosen, Call(json="--json" in given))


if __name__ == "__main__":
    sys.exit(main())
