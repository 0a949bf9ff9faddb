"""The report as one page of HTML: no script, nothing from outside, and what users wrote is only text in it."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import jinja2

from migrator.cli.visible import visible
from migrator.pipeline.status import COLUMNS

_HERE = Path(__file__).parent
_SHOWN = 600  # characters of one text of a user


def page(value: dict[str, Any]) -> str:
    """The page. `value`: the content of report.json."""
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FileSystemLoader(_HERE),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "shown": _shown, "web": _web}
    # The one style that the page may use is named by its hash, so that nothing a user wrote can bring another.
    style = environment.get_template("report.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template("report.html.jinja").render(report=value, columns=COLUMNS, digest=digest)


def _number(count: object) -> str:
    return f"{count:,}".replace(",", "\u202f") if isinstance(count, int) else str(count)


def _shown(text: object, most: int = _SHOWN) -> str:
    """Visible, and not endless."""
    shown = visible(str(text))
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def _web(address: object) -> str:
    """The address if it is one of a page, else ""."""
    return str(address) if str(address).startswith(("https://", "http://")) else ""
