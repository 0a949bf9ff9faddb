"""Every exception of the program, what it reaches, and its exit code.

    MigratorError                 1   a bug of ours if nothing below fits
    |-- RunStopped                    the run ends here
    |   |-- InputWrong            2   a file, option or mapping of the user; all problems at once
    |   |-- AccessDenied          3   the vendor does not let this token in
    |   |-- RunFolderUnusable     4   locked, of another migration, damaged, disk full
    |   |-- ContractBroken        5   a reply no page of the vendor describes; it is kept in the run folder
    |   |-- TryLater             75   quota spent or vendor out of reach; the same command goes on later
    |   `-- Interrupted         130   Ctrl-C; the same command goes on
    `-- EntityStopped                 this entity ends here, the run goes on
        |-- Refused                   the vendor said no: nothing was made
        `-- InDoubt                   no certain answer: it may have been made

Exit code 6 (finished, with entities held or refused, or differences found) is a result, not an exception.
"""

from __future__ import annotations


class MigratorError(Exception):
    """Anything this program raises on purpose."""

    exit_code = 1


class RunStopped(MigratorError):
    """The run cannot go on."""


class InputWrong(RunStopped):
    """What the user gave cannot be used. `problems` lists all of it, each with its place and fix."""

    exit_code = 2

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class AccessDenied(RunStopped):
    """The vendor does not accept the token, or the token lacks a right the run needs."""

    exit_code = 3


class RunFolderUnusable(RunStopped):
    """The run folder is in use, belongs to another migration, or cannot be written."""

    exit_code = 4


class ContractBroken(RunStopped):
    """The vendor replied in a way its documentation excludes."""

    exit_code = 5


class TryLater(RunStopped):
    """Quota spent or vendor out of reach. `seconds` says how long, where the vendor told."""

    exit_code = 75

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class Interrupted(RunStopped):
    """The user stopped the run."""

    exit_code = 130


class EntityStopped(MigratorError):
    """One request about one entity failed for good; the run goes on."""


class Refused(EntityStopped):
    """The vendor said no in its own envelope: nothing was made. `code` is the vendor's, as text."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class InDoubt(EntityStopped):
    """A create left, and no certain answer came back: it may or may not have been made."""
