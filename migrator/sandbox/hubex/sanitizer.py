"""The vendor's check of task descriptions: HTML it would have to repair is answered with 422 (gotcha 40).

What the vendor remarks on is not documented. The strict reading: only tags that show text, lists, tables, links and images; no handlers,
styles from outside or script links; every tag closed in order.
"""

from __future__ import annotations

from html.parser import HTMLParser

from migrator.sandbox.hubex.wire import Refusal

_VOID = {"br", "hr", "img"}
_TAGS = _VOID | {
    *("p", "div", "span", "b", "strong", "i", "em", "u", "s", "del", "sub", "sup", "a", "ul", "ol", "li", "blockquote"),
    *("pre", "code", "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "figure"),
}
_ATTRIBUTES = {
    "href",
    "src",
    "alt",
    "title",
    "style",
    "class",
    "target",
    "rel",
    "width",
    "height",
    "colspan",
    "rowspan",
}
_SCHEMES = ("http://", "https://", "mailto:", "tel:", "/", "#")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.remarks: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            self.remarks.append(f"<{tag}>")
        for name, value in attrs:
            linked = name not in ("href", "src") or (value or "").strip().lower().startswith(_SCHEMES)
            if name not in _ATTRIBUTES or not linked:
                self.remarks.append(f"{tag}.{name}")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.remarks.append(f"</{tag}>")


def check(html: str | None) -> None:
    """Raises Refusal 422 with what the sanitizer remarks on."""
    reader = _Reader()
    reader.feed(html or "")
    reader.close()
    if remarks := [*reader.remarks, *(f"<{tag}>" for tag in reader.open)]:
        raise Refusal(422, "HtmlSanitizer", f"Недопустимая разметка: {', '.join(remarks)}")
