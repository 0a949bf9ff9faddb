"""Names of files, which a vendor or a file system may take for a path."""

from __future__ import annotations

import re

_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")


def file_name(name: str) -> str:
    """The last part of a name that may be a path, without control characters; `file` if nothing is left."""
    return _UNSAFE.sub("", re.split(r"[/\\]", name)[-1]).strip() or "file"
