"""Preflight: what `check` says beside the accounts themselves: the mapping and the disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from migrator.model import File, Kind
from migrator.run import Run
from migrator.vendor import Check

_LITTLE = 2**30  # bytes free below which an account with files of unknown size is likely not to fit
_RESERVE = 1.2  # the checkpoint grows beside the files


def check_mapping(path: Path | None, problems: list[str]) -> list[Check]:
    """One line for each word that the target does not know."""
    if problems:
        return [Check("mapping", "error", problem, "mend it, or give: migrator map FILE") for problem in problems]
    return [Check("mapping", "ok", f"{path}: the target knows all its words" if path else "none is needed")]


def check_disk(run: Run) -> Check:
    """Whether the files fit. Their sizes are known once the source was read, by a dry run for example."""
    free = shutil.disk_usage(run.folder).free
    needed = sum(_bytes_to_come(run, file) for file in run.ledger.entities(Kind.FILE) if isinstance(file, File))
    seen = f"{run.folder}: {_gigabytes(free)} free"
    if needed * _RESERVE > free:
        return Check("disk", "error", f"{seen}, {_gigabytes(needed)} of files to come", "free space, or set run_dir")
    if not needed and free < _LITTLE:
        return Check("disk", "warning", seen, "a dry run tells how much the files need; free space, or set run_dir")
    return Check("disk", "ok", f"{seen}, {_gigabytes(needed)} of files to come" if needed else seen)


def _bytes_to_come(run: Run, file: File) -> int:
    return 0 if run.ledger.body(file.ref) else file.size or 0


def _gigabytes(count: int) -> str:
    return f"{count / 2**30:.1f} GB"
