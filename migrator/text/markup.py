"""Markup: HTML as tags and the text between them, the way a browser would understand it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser

_NAME = r"[^\t\n\f\r />][^\t\n\f\r />=]*+"
_IS = r"[\t\n\f\r ]*+=[\t\n\f\r ]*+"
_VALUE = r""" "[^"]*+"? | '[^']*+'? | [^\t\n\f\r >"'][^\t\n\f\r >]*+ | (?=>) """
ATTRIBUTE = re.compile(rf"({_NAME})(?:{_IS}({_VALUE}))?", re.VERBOSE)
_ATTRIBUTES = rf"(?:[\t\n\f\r /]++|{_NAME}(?:{_IS}(?:{_VALUE}))?)*+"
TAG = re.compile(
    rf"""
    <!--(?:-?>|.*?(?:--!?>|\Z))
    |<(?P<raw>script|style|xmp|iframe|noembed|noframes|textarea|title)(?=[\t\n\f\r />]){_ATTRIBUTES}(?:>|\Z)
        .*?(?=</(?P=raw)[\t\n\f\r />]|\Z)
    |<plaintext(?=[\t\n\f\r />]).*
    |</?(?P<name>[a-z][^\t\n\f\r />]*+)(?P<attributes>{_ATTRIBUTES})(?:>|\Z)
    |<[!?/][^>]*+(?:>|\Z)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE | re.ASCII,
)


def _names(written: str) -> frozenset[str]:
    return frozenset(written.split())


BLOCKS = _names(
    "address article aside blockquote caption center dd details dialog dir div dl dt fieldset figcaption figure footer form"
    " h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol optgroup option p pre section summary table tbody tfoot"
    " thead tr ul"
)
CELLS = _names("td th")
IN_TABLE = _names("caption col colgroup tbody td tfoot th thead tr")
VOID = _names("area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr")
_INLINE = _names(
    "a abbr b bdi bdo big button cite code data del dfn em font i ins kbd label mark nobr q rp rt ruby s samp small span strike"
    " strong sub sup time tt u var"
)
_KNOWN = BLOCKS | CELLS | IN_TABLE | VOID | _INLINE  # other elements show what is in them, and their tags mean nothing
_MOST_PASSES = 10  # two settle all that was met
_NOT_SHOWN = ["iframe", "noembed", "noframes", "script", "style", "template", "title"]
# Elements whose inside is read by rules of its own, and the ordinary ones that show the same.
_ORDINARY = {"listing": "pre", "math": "span", "plaintext": "pre", "svg": "span", "textarea": "pre", "xmp": "pre"}
_UNUSUAL = re.compile(rf"(</?)({'|'.join(_ORDINARY)})(?=[\t\n\f\r />])", re.IGNORECASE | re.ASCII)


class Token(NamedTuple):
    """A tag, or the text between two (no name). The source is as a parser writes it."""

    name: str
    source: str

    @property
    def closes(self) -> bool:
        """Whether it is a closing tag."""
        return self.source.startswith("</") and self.name != ""

    @property
    def opens(self) -> bool:
        """Whether it opens an element that a tag will close."""
        return self.name != "" and self.name not in VOID and not self.closes

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes of a tag, by name."""
        found = ATTRIBUTE.finditer(self.source, len(self.name) + 1, len(self.source) - 1)
        return {attribute[1]: unescape((attribute[2] or '""')[1:-1]) for attribute in found}


def tokens(html: str) -> Iterator[Token]:
    """The HTML as a browser would understand it: every element closed, in order, only what is shown."""
    tree = LexborHTMLParser(_UNUSUAL.sub(lambda tag: tag[1] + _ORDINARY[tag[2].lower()], html), is_fragment=True)
    tree.strip_tags(_NOT_SHOWN, recursive=True)
    source = tree.html or ""
    at = 0
    for tag in TAG.finditer(source):
        if tag.start() > at:
            yield Token("", source[at : tag.start()])
        if tag["name"] in _KNOWN:
            yield Token(tag["name"], tag[0])
        at = tag.end()
    if at < len(source):
        yield Token("", source[at:])


def settled(html: str) -> str:
    """The HTML written so that reading it again moves nothing: parsers move a link inside a table inside a link, each time anew."""
    for _ in range(_MOST_PASSES):
        before, html = html, "".join(token.source for token in tokens(html))
        if html == before:
            break
    return html


def size_of(html: str) -> int:
    """Bytes of UTF-8."""
    return len(html.encode(errors="replace"))


def image_words(token: Token) -> str:
    """The words for an image. Bytes inside the address are none."""
    attributes = token.attributes
    words = attributes.get("alt", "").strip() or attributes.get("src", "").strip()
    return "[image]" if not words or words.lower().startswith("data:") else f"[image: {words}]"
