"""`migrator init`: a commented migration.toml to fill in."""

from __future__ import annotations

import re
from pathlib import Path

import click
import jinja2

from migrator.cli.call import Call
from migrator.cli.command import as_command
from migrator.errors import InputWrong
from migrator.vendor import Vendor
from migrator.vendors import VENDORS

# What an account's address looks like; a vendor that is not here is a folder.
_ADDRESSES = {
    "worksection": "https://ACCOUNT.worksection.com",
    "planfix": "https://ACCOUNT.planfix.ru/rest",
    "hubex": "https://api.hubex.ru/fsm",
}
_VENDOR = click.Choice(list(VENDORS))


@as_command("migrator init acme --source worksection --target planfix", (0, 1, 2))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--source", required=True, type=_VENDOR, help="Where the work is now.")
@click.option("--target", required=True, type=_VENDOR, help="Where it shall go.")
def command(call: Call, folder: Path, source: str, target: str) -> int:
    """Write a migration.toml to fill in.

    DIR is made if it is not there. A migration.toml that is there is never overwritten.
    """
    path = folder / "migration.toml"
    if path.exists():
        raise InputWrong([f"{path}: is there already; edit it, or choose another folder"])
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(render(path, VENDORS[source], VENDORS[target]), encoding="utf-8")
    call.answer({"file": str(path)}, f"{path} is written. Fill it in, then: migrator check {path}")
    return 0


def render(path: Path, source: Vendor, target: Vendor) -> str:
    """The text of a migration file. Its name is the folder's, as far as that is a plain file name."""
    template = jinja2.Template(
        Path(__file__).with_name("migration.toml.jinja").read_text(encoding="utf-8"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    prefixes = ("OLD_", "NEW_") if source is target else ("", "")
    sides = [
        (side, vendor, _ADDRESSES.get(vendor.name, ""), f"{prefix}{vendor.name.upper()}_KEY")
        for side, vendor, prefix in zip(("source", "target"), (source, target), prefixes, strict=True)
    ]
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", path.resolve().parent.name).strip("-") or "migration"
    text: str = template.render(file=path, name=name, sides=sides, pace=_pace, literal=_literal)
    return text


def _pace(vendor: Vendor) -> str:
    limits = vendor.limits
    return f"{limits.requests}/{limits.period:g}s" if limits.requests else "off"


def _literal(value: str | int | bool | None) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else f'"{value or ""}"'
