"""Files of results: readable by their owner alone, whole or not there; sheets that a spreadsheet opens as text, not as formulas."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from migrator.cli.visible import visible

# A cell that begins so is a formula; so is what follows a semicolon where that separates columns, as in much of Europe.
_FORMULA = re.compile(r"(^|[;\t\n])(\s*[=+\-@\t\r＝＋－＠])")
LINKS, LINKS_HEAD = "links.csv", ("kind", "title", "old address", "new address")
_BOM = "\ufeff"  # tells Excel that it is UTF-8


def write_file(path: Path, text: str) -> None:
    """Replace the file at once."""
    part = path.with_name(path.name + ".part")
    with open(
        part, "w", encoding="utf-8", newline="", opener=lambda name, flags: os.open(name, flags, 0o600)
    ) as stream:
        stream.write(text)
    part.replace(path)


def write_sheet(
    path: Path, head: Sequence[str], rows: Iterable[Sequence[str]], redact: Callable[[str], str] = str
) -> int:
    """Write a CSV file; how many rows it has."""
    sheet = io.StringIO()
    sheet.write(_BOM)
    writer = csv.writer(sheet, quoting=csv.QUOTE_ALL)
    writer.writerow(head)
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007  counted
        writer.writerow([cell(redact(text)) for text in row])
    write_file(path, sheet.getvalue())
    return count


def cell(text: str) -> str:
    """The text as a cell that is only shown: an apostrophe before what would be calculated."""
    return visible(_FORMULA.sub(r"\1'\2", text))
