"""Texts of Worksection: which of their links lead to things of the account, and which of their lines are a checklist. Pure."""

from __future__ import annotations

import re
from html import escape, unescape
from urllib.parse import urlsplit

from migrator.model import Kind, Ref, Text
from migrator.text import addresses, from_plain, to_plain

# /project/P/ is a project, /project/P/T/ a task, /project/P/ROOT/SELF/ a subtask of any depth (the vendor contract, section 4).
_PAGE = re.compile(r"/project/(?P<project>\d+)(?:/(?:\d+/)?(?P<task>\d+))?/?")
_COMMENT = re.compile(r"com(\d+)")
_DOWNLOAD = re.compile(r"/download/(\d+)(?:/.*)?")
_BREAK = re.compile(r"(<br\s*/?>|\r?\n|</?(?:p|div|li|ul|ol)\b[^<>]*>)", re.IGNORECASE)
_LINE_END = re.compile(r"<br\s*/?>|\r?\n", re.IGNORECASE)
_BLOCK = re.compile(r"<(?:br|p|div|li|table|pre)\b", re.IGNORECASE)
_TODO = re.compile(r"(?:<[^<>]*>|&nbsp;|\s)*(?:•|&bull;|&#8226;|&#x2022;)(?:&nbsp;|\s)+(.*)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_BARE = re.compile(r"<a\b.*?</a\s*>|<[^<>]*>|(?P<bare>https?://[^\s<>\"']+)", re.IGNORECASE | re.DOTALL)
_NOT_OF_ADDRESS = ".,;:!?)]"  # the sentence's, at the end of an address
_EMPTY = re.compile(r"<(p|div|li|ul|ol)\b[^<>]*>\s*</\1>", re.IGNORECASE)


def rich(html: str, url: str) -> Text:
    """A text that is HTML. `url`: the account's."""
    if not _BLOCK.search(html):  # no mark-up breaks its lines, so its line ends do
        html = re.sub(r"\r?\n", "<br>", html)
    if urlsplit(url).netloc.lower() in html.lower():
        html = _BARE.sub(lambda found: _linked(found, url), html)
    return Text(html=html, links=_links(html, url))


def _linked(found: re.Match[str], url: str) -> str:
    """An address of the account that stands in a text as a link, which is how the account's pages show it; all else as it is."""
    bare = found["bare"] or ""
    address = bare.rstrip(_NOT_OF_ADDRESS)
    if not address or not ref_of(unescape(address), url):
        return found[0]
    return f'<a href="{escape(unescape(address))}">{address}</a>{bare[len(address) :]}'


def plain(text: str, url: str) -> Text:
    """A text without mark-up, as comments are."""
    html = from_plain(text)
    return Text(html=html, links=_links(html, url))


def _links(html: str, url: str) -> dict[str, Ref]:
    found = {address: ref_of(address, url) for address in addresses(html)}
    return {address: ref for address, ref in found.items() if ref}


def ref_of(address: str, url: str) -> Ref | None:
    """What of the account an address shows; None for all else."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.netloc and parts.netloc.lower() != urlsplit(url).netloc.lower():
        return None
    if comment := _COMMENT.fullmatch(parts.fragment):
        return Ref(Kind.COMMENT, comment[1]) if _PAGE.fullmatch(parts.path) else None
    if download := _DOWNLOAD.fullmatch(parts.path):
        return Ref(Kind.FILE, download[1])
    page = _PAGE.fullmatch(parts.path)
    if page is None:
        return None
    return Ref(Kind.TASK, page["task"]) if page["task"] else Ref(Kind.PROJECT, page["project"])


def page_of(path: str) -> tuple[str, str]:
    """The ids of the project and the task ("" = none) that a page or its comment shows. Raises ValueError."""
    page = _PAGE.fullmatch(urlsplit(path).path)
    if page is None:
        raise ValueError(f"not a page of a project or task: {path!r}")
    return page["project"], page["task"] or ""


def take_checklist(html: str) -> tuple[str, tuple[str, ...]]:
    """The text without its lines `• item`, and the items as plain text. A line that shows an image stays in the text."""
    pieces = _BREAK.split(html)  # line, break, line, break, ..., line
    items: list[str] = []
    for place in range(0, len(pieces), 2):
        found = _TODO.fullmatch(pieces[place])
        title = " ".join(to_plain(found[1]).split()) if found else ""
        if not title or "<img" in pieces[place].lower():
            continue
        items.append(title)
        pieces[place] = _unclosed(pieces[place])
        if place + 1 < len(pieces) and _LINE_END.fullmatch(pieces[place + 1]):
            pieces[place + 1] = ""
    if not items:
        return html, ()
    rest = "".join(pieces)
    while (shorter := _EMPTY.sub("", rest)) != rest:
        rest = shorter
    return _without_last_breaks(rest), tuple(items)


def _without_last_breaks(html: str) -> str:
    html = html.rstrip()
    while (place := html.rfind("<")) >= 0 and _LINE_END.fullmatch(html, place):
        html = html[:place].rstrip()
    return html


def _unclosed(line: str) -> str:
    """The line's tags, if it opens or closes an element that reaches beyond it."""
    tags = _TAG.findall(line)
    opened = sum(1 for tag in tags if not tag.startswith("</") and not tag.endswith("/>"))
    return "".join(tags) if opened * 2 != len([tag for tag in tags if not tag.endswith("/>")]) else ""
