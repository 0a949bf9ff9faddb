"""What users wrote, made safe to show: control characters and turned-round text become visible instead of being obeyed."""

from __future__ import annotations

import re

# C0 without tab and line feed, DEL, C1 (a terminal obeys them), and the marks that turn the direction of what follows.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_OBEYED_IN_JSON = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")  # the others are escaped there already


def visible(text: str) -> str:
    r"""The text with `\x1b` and the like in the place of what a terminal would obey."""
    return _OBEYED.sub(_named, text)


def visible_json(text: str) -> str:
    """The same JSON, with escapes that mean the same."""
    return _OBEYED_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _named(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
