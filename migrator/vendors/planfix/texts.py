"""Texts of Planfix, and which of their links and images lead to things of the account. Pure."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from migrator.model import Kind, Ref, Text
from migrator.text import addresses, to_plain

# The address of a page tells a kind and a number; an image that the editor put into a text has its number in the query
# (the vendor contract, section 8, 22).
_PAGE = re.compile(r"/(?P<kind>task|project|contact|file)/(?P<id>\d+)/?")
_KINDS = {"task": Kind.TASK, "project": Kind.PROJECT, "file": Kind.FILE}
_MAY_LEAD = re.compile(r"<(?:a|img)\b", re.IGNORECASE)


def rich(html: str, site: str) -> Text:
    """A text that is HTML. `site`: the address of the account's pages."""
    return Text(html=html, links=links(html, site))


def links(html: str, site: str) -> dict[str, Ref]:
    """The addresses in a text that lead to things of the account."""
    if not _MAY_LEAD.search(html):
        return {}
    found = {address: ref_of(address, site) for address in addresses(html)}
    return {address: ref for address, ref in found.items() if ref}


def ref_of(address: str, site: str) -> Ref | None:
    """What of the account an address shows; None for all else."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.netloc and parts.netloc.lower() != urlsplit(site).netloc.lower():
        return None
    shown = parse_qs(parts.query).get("uniqueid", [""])[0]
    if shown.isdecimal():
        return Ref(Kind.FILE, shown)
    page = _PAGE.fullmatch(parts.path)
    if page is None:
        return None
    if page["kind"] == "contact":
        return Ref(Kind.CONTACT, f"contact:{page['id']}")
    return Ref(_KINDS[page["kind"]], page["id"])


def folded(html: str) -> str:
    """What a reader sees, with whitespace folded: equal texts are equal to a reader."""
    return " ".join(to_plain(html).split()) if html else ""
