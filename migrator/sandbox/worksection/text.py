"""Texts as Worksection keeps them: HTML inside, plain text with CRLF on request, and cut without a word at 64 KiB."""

from __future__ import annotations

import html
from html.parser import HTMLParser

TEXT_LIMIT = (
    65_536  # UTF-8 bytes: the vendor writes both "65 kB" and "65536 characters"; bytes are the stricter (section 2)
)
TITLE_LIMIT = 500  # the vendor only says that titles have a limit (section 2)

_BLOCKS = frozenset({"p", "div", "h1", "h2", "h3", "h4", "ul", "ol", "table", "tr", "blockquote", "pre", "li"})


def cut(text: str) -> str:
    """The part of a text that is stored; the rest is lost and the reply still says ok (section 2)."""
    return text.encode()[:TEXT_LIMIT].decode(errors="ignore")


def written(text: str, todo: list[str], mentioned: list[str]) -> str:
    """The text a create stores: what was sent, the checklist as `• item` lines, the mentions, cut at the limit."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if text else []
    lines += [f"• {item}" for item in todo]
    if mentioned:
        lines.append(" ".join(f"@{name}" for name in mentioned))
    whole = "\r\n".join(lines)
    return cut("\r\n" + whole if todo and not text else whole)


def escaped(text: str) -> str:
    """Written text as stored HTML: markup that was sent is shown, not obeyed."""
    return html.escape(text, quote=False).replace("\r\n", "<br />")


class _Plain(HTMLParser):
    """Collects the text of a page, one line per block; a block's end breaks the line only once something follows."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self._block_ended = False
        self._bullet = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  the parser's signature
        if tag == "br":
            self._break_after_block()
            self.lines.append("")
        elif tag in _BLOCKS:
            self._block_ended = True
            self._bullet = "- " if tag == "li" else ""

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._block_ended = True

    def handle_data(self, data: str) -> None:
        if words := data.replace("\r", "").replace("\n", ""):
            self._break_after_block()
            self.lines[-1] += self._bullet + words
            self._bullet = ""

    def _break_after_block(self) -> None:
        if self._block_ended and self.lines[-1]:
            self.lines.append("")
        self._block_ended = False


def plain(source: str) -> str:
    """Stored HTML as plain text: CRLF between lines, links and images without their addresses."""
    parser = _Plain()
    parser.feed(source)
    parser.close()
    return "\r\n".join(parser.lines)
