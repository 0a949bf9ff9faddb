"""Texts of HubEx, and which of their links lead to things of the account. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from migrator.model import Kind, Ref, Text
from migrator.text import addresses, from_plain, shorten, to_plain

_TITLE = 200  # characters of a title made of a text; the text itself stays whole
_TASK = re.compile(r"/tasks/(\d+)(?:[/?].*)?")
_FILE = re.compile(r"/files/(\d+)/?")


def plain(text: str, site: str) -> Text:
    """A text without mark-up. `site`: the address of the account's pages, "" = not known."""
    return _linked(from_plain(text), site)


def noted(notes: str, html: str, site: str) -> Text:
    """What a task says: in a list as plain text, on its card as HTML. Each may be without the other, or say something else."""
    if not html:
        return plain(notes, site)
    if _folded(notes) in _folded(to_plain(html)):
        return _linked(html, site)
    return _linked(f"<p>{from_plain(notes)}</p>{html}", site)


def title(number: str, *candidates: str) -> str:
    """A title for a task, which has none in HubEx: its number, and the first line of the first text that holds anything."""
    lines = (line.strip() for text in candidates for line in text.splitlines())
    return " ".join(part for part in (number, shorten(next(filter(None, lines), ""), _TITLE)) if part)


def _linked(html: str, site: str) -> Text:
    found = {address: ref_of(address, site) for address in addresses(html)} if site else {}
    return Text(html=html, links={address: ref for address, ref in found.items() if ref})


def ref_of(address: str, site: str) -> Ref | None:
    """What of the account an address shows; None for all else."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.netloc and parts.netloc.lower() != urlsplit(site).netloc.lower():
        return None
    if task := _TASK.fullmatch(parts.fragment):
        return Ref(Kind.TASK, task[1])
    if file := _FILE.fullmatch(parts.path):
        return Ref(Kind.FILE, file[1])
    return None


def _folded(text: str) -> str:
    return " ".join(text.split())
