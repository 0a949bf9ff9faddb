"""Plain: from HTML to what a reader sees, and from plain text to HTML."""

from __future__ import annotations

import re
import unicodedata
from html import escape, unescape

from migrator.text.markup import BLOCKS, Token, image_words, tokens

_URL = re.compile(r"https?://\w[^\s<>\"'«»“”]*", re.IGNORECASE)
_NOT_OF_URL = ".,;:!?*_…"  # the sentence's, at the end of an address
_PAIRS = {")": "(", "]": "[", "}": "{"}
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_UNSEEN_PARTS = re.compile(r"^(?:https?://|mailto:|tel:)|/$", re.IGNORECASE)
_SET_BY = re.compile(
    r"<(?:b|strong|i|em|u|s|del|strike|mark|sub|sup|li|td|th|pre|code|blockquote|h[1-6])[\s/>]", re.IGNORECASE
)
_SPACES = re.compile(r"[\t\n\f\r ]+")


def is_set(html: str) -> bool:
    """Whether a text is more than lines of words, links and images: bold, lists, tables, quotations, ..."""
    return bool(_SET_BY.search(html))


def from_plain(text: str) -> str:
    """HTML that shows the plain text: its line ends, its leading and repeated spaces, its http(s) addresses as links."""
    text = _NOT_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).replace("\t", "    ")
    text = re.sub(r"^ | (?= )", "\N{NO-BREAK SPACE}", text, flags=re.MULTILINE)
    pieces, at = [], 0
    for found in _URL.finditer(text):
        address = _trimmed(found[0])
        shown = escape(address, quote=False)
        pieces += [escape(text[at : found.start()], quote=False), f'<a href="{escape(address)}">{shown}</a>']
        at = found.start() + len(address)
    pieces.append(escape(text[at:], quote=False))
    return "".join(pieces).replace("\N{NO-BREAK SPACE}", "&nbsp;").replace("\n", "<br>")


def _trimmed(url: str) -> str:
    """The address without what the sentence around it put at its end; a bracket stays if it was opened inside."""
    unopened = {close: url.count(close) - url.count(opened) for close, opened in _PAIRS.items()}
    end = len(url)
    while url[end - 1] in _NOT_OF_URL or unopened.get(url[end - 1], 0) > 0:
        end -= 1
        if url[end] in unopened:
            unopened[url[end]] -= 1
    return url[:end]


def to_plain(html: str) -> str:
    """What a reader sees, as lines of text without blank ones at the end.

    List items start with "• ", cells are parted by tabs, a link's address follows in brackets unless it is the link's text, an
    image is "[image: its alternative text or address]".
    """
    lines = _Lines()
    for token in tokens(html):
        lines.take(token)
    return lines.text()


def same(a: str, b: str) -> bool:
    """Whether two HTML texts are equal to a reader, who does not see how lines and spaces were made."""
    return _folded(a) == _folded(b)


def _folded(html: str) -> str:
    return unicodedata.normalize("NFC", " ".join(to_plain(html).split()))


def shorten(title: str, limit: int) -> str:
    """The title in at most `limit` (>= 1) characters; a cut one ends in "…", after a whole word where one ends near."""
    if len(title) <= limit:
        return title
    kept = title[: limit - 1]
    word_end = kept.rfind(" ") if not title[limit - 1].isspace() else -1
    if word_end * 3 >= limit * 2:
        kept = kept[:word_end]
    return kept.rstrip(" \t\n,;:-–—") + "…"


class _Lines:
    """Lines of plain text, growing as the tokens of an HTML text go by."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._bullet = ""  # written once its item shows something
        self._lists = self._verbatim = self._cells = 0
        self._address: str | None = None  # of the link we are in
        self._linked: list[str] = []  # what that link shows

    def take(self, token: Token) -> None:
        """Add what the token shows."""
        match token.name:
            case "":
                self._text(unescape(token.source))
            case "br":
                self._end()
            case "img":
                self._add(image_words(token))
            case "a":
                self._end_link()
                self._address = None if token.closes else token.attributes.get("href", "").strip()
            case "td" | "th" if token.opens:
                self._line += "\t" if self._cells else ""
                self._cells += 1
            case name if name in BLOCKS:
                self._block(token)

    def text(self) -> str:
        """The lines."""
        self._break()
        return "\n".join(line.replace("\N{NO-BREAK SPACE}", " ").rstrip() for line in self._lines).rstrip("\n")

    def _block(self, token: Token) -> None:
        self._break()
        step = -1 if token.closes else 1
        match token.name:
            case "ul" | "ol":
                self._lists += step
            case "pre":
                self._verbatim += step
            case "tr":
                self._cells = 0
            case "li":
                if self._bullet and token.closes:
                    self._end()
                self._bullet = "" if token.closes else "  " * (self._lists - 1) + "• "

    def _text(self, text: str) -> None:
        if self._verbatim:
            first, *rest = text.split("\n")
            self._add(first)
            for line in rest:
                self._end()
                self._add(line)
            return
        text = _SPACES.sub(" ", text)
        if not self._line or self._line[-1].endswith((" ", "\t")):
            text = text.removeprefix(" ")
        self._add(text)

    def _add(self, text: str) -> None:
        if text:
            self._line += [self._bullet, text] if self._bullet else [text]
            self._bullet = ""
            self._linked.append(text)

    def _end_link(self) -> None:
        shown = "".join(self._linked)
        if self._address and _UNSEEN_PARTS.sub("", self._address) != _UNSEEN_PARTS.sub("", shown.strip()):
            after = f" ({self._address})" if shown.strip() else self._address
            self._text(after + " " * shown.endswith(" "))
        self._linked = []

    def _break(self) -> None:
        if self._line:
            self._end()

    def _end(self) -> None:
        self._lines.append("".join([self._bullet, *self._line]))
        self._line, self._bullet = [], ""
