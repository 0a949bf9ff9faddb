"""Addresses: the links and images in HTML, found, rewritten, and with all that could act taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape

import nh3
from selectolax.lexbor import LexborHTMLParser

from migrator.text.markup import ATTRIBUTE, TAG

_ADDRESS_OF = {"a": "href", "img": "src"}
_STYLES = {"background-color", "color", "font-style", "font-weight", "text-align", "text-decoration"}
_FIRST_LINE_END = re.compile(r'<pre(?:\s[^\s"=>]+="[^"]*")*>(?=\n)')  # parsers take it for no part of the text
_MOST_PASSES = 10  # a link inside a table inside a link is moved by every parser that reads it; two passes settle that
_PICTURE = re.compile(r"data:image/(?:bmp|gif|jpeg|png|webp);base64,", re.IGNORECASE)


def clean(html: str) -> str:
    """The HTML with nothing left in it that could act: safe in a report or a target. Formatting, tables, links, images stay."""
    html = html.encode(errors="ignore").decode()  # halves of characters fit no UTF-8
    for _ in range(_MOST_PASSES):
        before, html = html, _FIRST_LINE_END.sub(r"\g<0>\n", _CLEANER.clean(html))
        if html == before:
            break
    return html


def _harmless(tag: str, name: str, value: str) -> str | None:
    """An attribute's value; None for a `data:` address that is not a picture's."""
    address = re.sub(r"[\x00-\x20]", "", value).lower()
    picture = tag == "img" and name == "src" and _PICTURE.match(value)
    return value if picture or not address.startswith("data:") else None


_CLEANER = nh3.Cleaner(
    tags=nh3.ALLOWED_TAGS | {"font", "tfoot"},
    attributes={**nh3.ALLOWED_ATTRIBUTES, "*": {"style", "title"}, "font": {"color", "size"}},
    url_schemes=nh3.ALLOWED_URL_SCHEMES | {"data"},
    attribute_filter=_harmless,
    filter_style_properties=_STYLES,
    link_rel=None,  # a text that was read back must equal the one that was sent
)


def addresses(html: str) -> tuple[str, ...]:
    """Every href of an `<a>` and src of an `<img>`, unescaped, in order, each once."""
    return tuple(dict.fromkeys(address for _, _, address in _addresses(html)))


def rewrite(html: str, to: Mapping[str, str]) -> str:
    """The HTML with those `addresses` replaced that are keys of `to`; everything else stays as it is, to the byte."""
    pieces, at = [], 0
    for start, end, address in _addresses(html):
        if address in to:
            pieces += [html[at:start], '"', escape(to[address]), '"']
            at = end
    return "".join([*pieces, html[at:]])


def _addresses(html: str) -> Iterator[tuple[int, int, str]]:
    """Where each address stands, its quotes included, and what it is."""
    for tag in TAG.finditer(html):
        wanted = _ADDRESS_OF.get((tag["name"] or "").lower())
        if wanted is None or tag[0].startswith("</") or not tag[0].endswith(">"):
            continue
        for attribute in ATTRIBUTE.finditer(html, *tag.span("attributes")):
            if attribute[1].lower() == wanted:
                if attribute[2]:
                    yield *attribute.span(2), _value(attribute[2])
                break  # a second one of the name does not count


def _value(written: str) -> str:
    """What an attribute's value means. Entities have rules of their own there, which the parser knows."""
    node = LexborHTMLParser(f"<a href={written}>", is_fragment=True).css_first("a")
    return (node.attributes["href"] if node else "") or ""
