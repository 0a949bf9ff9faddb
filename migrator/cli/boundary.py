"""The boundary: whatever a command raises becomes a message, an exit code and, with --json, an error object."""

from __future__ import annotations

import errno
import tempfile
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from migrator.cli.call import GO_ON, Call
from migrator.errors import (
    AccessDenied,
    ContractBroken,
    InputWrong,
    Interrupted,
    MigratorError,
    RunFolderUnusable,
    TryLater,
)

# Of several that ended a run together, the first of these is told: what needs a person comes before what time heals.
_SEVEREST_FIRST = (ContractBroken, RunFolderUnusable, AccessDenied, InputWrong, TryLater, Interrupted, MigratorError)
_DISK_TROUBLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_NOT_OURS = (errno.EACCES, errno.EPERM)


def guard(command: Callable[[Call], int], call: Call) -> int:
    """The exit code of the command; nothing that it raises goes further."""
    try:
        return command(call)
    except KeyboardInterrupt:
        return _tell(call, Interrupted(GO_ON))
    except click.exceptions.Abort:
        return _tell(call, Interrupted("Stopped."))
    except click.ClickException as wrong:
        wrong.show()
        return _answer(call, wrong.exit_code, wrong.format_message(), [wrong.format_message()])
    except Exception as error:  # noqa: BLE001  the one place where everything ends
        return _tell(call, _worst(error))


def _worst(error: Exception) -> Exception:
    leaves = [_translated(leaf) for leaf in _leaves(error)]
    bugs = [leaf for leaf in leaves if not isinstance(leaf, MigratorError)]
    if bugs:
        return error
    return min(leaves, key=lambda leaf: next(n for n, each in enumerate(_SEVEREST_FIRST) if isinstance(leaf, each)))


def _leaves(error: Exception) -> Iterator[Exception]:
    if isinstance(error, ExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error


def _translated(error: Exception) -> Exception:
    """A disk that takes no more, or a file of somebody else, is the run folder's trouble, whichever file met it."""
    if not isinstance(error, OSError) or error.errno not in (*_DISK_TROUBLE, *_NOT_OURS):
        return error
    fix = "Free space" if error.errno in _DISK_TROUBLE else "Let this user write there (chown, chmod)"
    where = f"{error.filename}: " if error.filename else ""
    return RunFolderUnusable(f"{where}{error.strerror}. {fix} or set run_dir, then give the same command again.")


def _tell(call: Call, error: Exception) -> int:
    if not isinstance(error, MigratorError):
        return _tell_bug(call, error)
    problems = error.problems if isinstance(error, InputWrong) else [str(error)]
    for problem in problems:
        call.say(problem)
    return _answer(call, error.exit_code, str(error), problems)


def _tell_bug(call: Call, error: Exception) -> int:
    path = _write_log(call, "".join(traceback.format_exception(error)))
    message = f"This is a bug of migrator ({type(error).__name__}). What happened is in {path}; please report it with that file."
    call.say(message)
    return _answer(call, MigratorError.exit_code, message, [message])


def _write_log(call: Call, text: str) -> Path:
    """Beside the checkpoint; where there is none, among the temporary files."""
    folder = call.folder if call.folder and call.folder.is_dir() else Path(tempfile.gettempdir())
    number, name = tempfile.mkstemp(".log", f"bug-{datetime.now(UTC):%Y%m%dT%H%M%S}-", folder)  # its owner's alone
    with open(number, "w", encoding="utf-8") as stream:
        stream.write(call.redact(text))
    return Path(name)


def _answer(call: Call, exit_code: int, message: str, problems: list[str]) -> int:
    if call.json:
        call.answer({"error": {"exit_code": exit_code, "message": message, "problems": problems}}, "")
    return exit_code
