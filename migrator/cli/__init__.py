"""The command line: one file per command, each of which builds the parts, calls one function and reports.

Nothing but click is imported until a command is chosen, so that `migrator --help` answers at once.
"""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "init": "Write a migration.toml to fill in.",
    "map": "Write or complete the mapping from both accounts.",
    "check": "Look before: access, rights, mapping, disk.",
    "run": "Move; go on where the last run stopped.",
    "status": "Say how far the run is.",
    "verify": "Read the target back and compare.",
    "report": "Write what the run came to, for people.",
    "rollback": "Take back what the run made.",
    "vendors": "Show what each vendor can do.",
    "sandbox": "Serve a vendor's API on this machine, to rehearse.",
    "demo": "Move a sample account between two sandboxes.",
}


class Commands(click.Group):
    """The commands, each in the module of its name, imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of use."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command in its module; None if there is none of the name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = importlib.import_module(f"migrator.cli.{cmd_name}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line each, without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=Commands,
    epilog="Start with: migrator demo, or migrator init DIR --source worksection --target planfix. "
    "Each command has --help with an example and its exit codes.",
)
def cli() -> None:
    """Move a company's work between Worksection, Planfix and HubEx: never twice, never silently less."""
