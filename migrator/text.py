"""HTML and plain text: from one to the other, cleaning, the addresses in it, cutting at a limit. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from html import escape, unescape
from typing import NamedTuple

import nh3
from selectolax.lexbor import LexborHTMLParser

# The tokens of the HTML standard, as far as tags go. Possessive, so that hostile markup costs no more than its length.
_NAME = r"[^\t\n\f\r />][^\t\n\f\r />=]*+"
_IS = r"[\t\n\f\r ]*+=[\t\n\f\r ]*+"
_VALUE = r""" "[^"]*+"? | '[^']*+'? | [^\t\n\f\r >"'][^\t\n\f\r >]*+ | (?=>) """
_ATTRIBUTE = re.compile(rf"({_NAME})(?:{_IS}({_VALUE}))?", re.VERBOSE)
_ATTRIBUTES = rf"(?:[\t\n\f\r /]++|{_NAME}(?:{_IS}(?:{_VALUE}))?)*+"
_TAG = re.compile(
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
_ADDRESS_OF = {"a": "href", "img": "src"}


def _names(written: str) -> frozenset[str]:
    return frozenset(written.split())


_BLOCKS = _names(
    "address article aside blockquote caption center dd details dialog dir div dl dt fieldset figcaption figure footer form"
    " h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol optgroup option p pre section summary table tbody tfoot"
    " thead tr ul"
)
_CELLS = _names("td th")
_IN_TABLE = _names("caption col colgroup tbody td tfoot th thead tr")
_VOID = _names("area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr")
_NOT_SHOWN = ["iframe", "noembed", "noframes", "script", "style", "template", "title"]
# Elements whose inside is read by rules of its own, and the ordinary ones that show the same.
_ORDINARY = {"listing": "pre", "math": "span", "plaintext": "pre", "svg": "span", "textarea": "pre", "xmp": "pre"}
_UNUSUAL = re.compile(rf"(</?)({'|'.join(_ORDINARY)})(?=[\t\n\f\r />])", re.IGNORECASE | re.ASCII)
_SPACES = re.compile(r"[\t\n\f\r ]+")

_URL = re.compile(r"https?://\w[^\s<>\"'«»“”]*", re.IGNORECASE)
_NOT_OF_URL = ".,;:!?*_…"  # the sentence's, at the end of an address
_PAIRS = {")": "(", "]": "[", "}": "{"}
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_UNSEEN_PARTS = re.compile(r"^(?:https?://|mailto:|tel:)|/$", re.IGNORECASE)

_STYLES = {"background-color", "color", "font-style", "font-weight", "text-align", "text-decoration"}
_FIRST_LINE_END = re.compile(r'<pre(?:\s[^\s"=>]+="[^"]*")*>(?=\n)')  # parsers take it for no part of the text
_MOST_PASSES = 10  # a link inside a table inside a link is moved by every parser that reads it; two passes settle that
_PICTURE = re.compile(r"data:image/(?:bmp|gif|jpeg|png|webp);base64,", re.IGNORECASE)

_LEAST_LIMIT = 200  # bytes; below it, tags leave no room for text
# How good a place to cut, best last; 0 = only if there is no other.
_LINK, _SPACE, _SENTENCE, _LINE, _BLOCK = range(1, 6)
_CHUNK = re.compile(r"[\t\n\f\r ]{1,64}|(?:&\w+;|[^&\t\n\f\r ]){1,16}")  # at most 96 bytes: less than half of any limit
_SENTENCE_END = re.compile(r"[.!?…][\"'»”)]*$")
_START = re.compile(r'\sstart="([^"]*)"')
_START_SIZE = len(' start="123456"')


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
    for token in _tokens(html):
        lines.take(token)
    return lines.text()


def same(a: str, b: str) -> bool:
    """Whether two HTML texts are equal to a reader, who does not see how lines and spaces were made."""
    return _folded(a) == _folded(b)


def _folded(html: str) -> str:
    return unicodedata.normalize("NFC", " ".join(to_plain(html).split()))


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
    for tag in _TAG.finditer(html):
        wanted = _ADDRESS_OF.get((tag["name"] or "").lower())
        if wanted is None or tag[0].startswith("</") or not tag[0].endswith(">"):
            continue
        for attribute in _ATTRIBUTE.finditer(html, *tag.span("attributes")):
            if attribute[1].lower() == wanted:
                if attribute[2]:
                    yield *attribute.span(2), _value(attribute[2])
                break  # a second one of the name does not count


def _value(written: str) -> str:
    """What an attribute's value means. Entities have rules of their own there, which the parser knows."""
    node = LexborHTMLParser(f"<a href={written}>", is_fragment=True).css_first("a")
    return (node.attributes["href"] if node else "") or ""


def shorten(title: str, limit: int) -> str:
    """The title in at most `limit` (>= 1) characters; a cut one ends in "…", after a whole word where one ends near."""
    if len(title) <= limit:
        return title
    kept = title[: limit - 1]
    word_end = kept.rfind(" ") if not title[limit - 1].isspace() else -1
    if word_end * 3 >= limit * 2:
        kept = kept[:word_end]
    return kept.rstrip(" \t\n,;:-–—") + "…"


def split(html: str, limit: int) -> tuple[str, ...]:
    """The HTML in pieces of at most `limit` bytes of UTF-8, each whole by itself; unchanged in one piece if it fits.

    Cut at the end of a block, else of a line, a sentence, a word. What is open at a cut is closed, and opened again in the next
    piece; an ordered list goes on counting. A tag that would fill half a piece gives way to what `to_plain` shows for it.
    Raises ValueError if the limit is below 200.
    """
    if limit < _LEAST_LIMIT:
        raise ValueError(f"a limit of {limit} bytes is below {_LEAST_LIMIT}: it leaves no room for text between tags")
    if _size(html) <= limit:
        return (html,)
    atoms = list(_atoms(_fitting(_tokens(html), limit // 2)))
    pieces: list[str] = []
    at, around = 0, None
    while at < len(atoms):
        end, inside = _cut(atoms, at, around, limit)
        if any(atom.shows for atom in atoms[at:end]):
            pieces.append(_opened(around) + "".join(atom.token.source for atom in atoms[at:end]) + _closed(inside))
        at, around = end, inside
    return tuple(pieces) or ("",)


class _Token(NamedTuple):
    """A tag, or the text between two (no name). The source is as a parser writes it."""

    name: str
    source: str

    @property
    def closes(self) -> bool:
        return self.source.startswith("</") and self.name != ""

    @property
    def opens(self) -> bool:
        return self.name != "" and self.name not in _VOID and not self.closes

    @property
    def attributes(self) -> dict[str, str]:
        found = _ATTRIBUTE.finditer(self.source, len(self.name) + 1, len(self.source) - 1)
        return {attribute[1]: unescape((attribute[2] or '""')[1:-1]) for attribute in found}


def _tokens(html: str) -> Iterator[_Token]:
    """The HTML as a browser would understand it: every element closed, in order, only what is shown."""
    tree = LexborHTMLParser(_UNUSUAL.sub(lambda tag: tag[1] + _ORDINARY[tag[2].lower()], html), is_fragment=True)
    tree.strip_tags(_NOT_SHOWN, recursive=True)
    source = tree.html or ""
    at = 0
    for tag in _TAG.finditer(source):
        if tag.start() > at:
            yield _Token("", source[at : tag.start()])
        if tag["name"]:
            yield _Token(tag["name"], tag[0])
        at = tag.end()
    if at < len(source):
        yield _Token("", source[at:])


def _size(html: str) -> int:
    return len(html.encode(errors="replace"))


def _image(token: _Token) -> str:
    """The words for an image. Bytes inside the address are none."""
    attributes = token.attributes
    words = attributes.get("alt", "").strip() or attributes.get("src", "").strip()
    return "[image]" if not words or words.lower().startswith("data:") else f"[image: {words}]"


class _Lines:
    """Lines of plain text, growing as the tokens of an HTML text go by."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._bullet = ""  # written once its item shows something
        self._lists = self._verbatim = self._cells = 0
        self._address: str | None = None  # of the link we are in
        self._linked: list[str] = []  # what that link shows

    def take(self, token: _Token) -> None:
        """Add what the token shows."""
        match token.name:
            case "":
                self._text(unescape(token.source))
            case "br":
                self._end()
            case "img":
                self._add(_image(token))
            case "a":
                self._end_link()
                self._address = None if token.closes else token.attributes.get("href", "").strip()
            case "td" | "th" if token.opens:
                self._line += "\t" if self._cells else ""
                self._cells += 1
            case name if name in _BLOCKS:
                self._block(token)

    def text(self) -> str:
        """The lines."""
        self._break()
        return "\n".join(line.replace("\N{NO-BREAK SPACE}", " ").rstrip() for line in self._lines).rstrip("\n")

    def _block(self, token: _Token) -> None:
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


class _Open(NamedTuple):
    """An element that is open, and the one it is in. `size`: bytes of all closing tags; `items`: seen so far, of a list."""

    token: _Token
    outer: _Open | None
    size: int
    items: int = 0


class _Atom(NamedTuple):
    """A part that no cut goes through. `rank`: how good the place after it is to cut; `shows`: it is more than space."""

    token: _Token
    size: int
    rank: int
    shows: bool


def _fitting(tokens: Iterable[_Token], room: int) -> Iterator[_Token]:
    """The tokens, with those elements made text whose tags, with the tags around them, take more than `room` bytes."""
    whole = room
    around: list[tuple[_Token, int | None]] = []  # None: made text
    for token in tokens:
        if token.closes:
            opening, size = around.pop()
            room += size or 0
            yield from (token,) if size is not None else _instead(opening, " ({})")
        elif token.opens:
            token, size = _sized(token, room, bool(around) and around[-1][1] is not None)
            around.append((token, size))
            room -= size or 0
            yield from (token,) if size is not None else _instead(token, "")
        else:
            yield from (token,) if not token.name or _size(token.source) <= whole else _instead(token, "")


def _sized(token: _Token, left: int, within: bool) -> tuple[_Token, int | None]:
    """The opening token, and the bytes it takes together with its closing one; None if these are not left."""
    bare = _Token(token.name, f"<{token.name}>")
    size = _size(token.source) + len(token.name) + 3 + (_START_SIZE if token.name == "ol" else 0)
    if token.name in _IN_TABLE:  # a table has kept room for these, but not for their attributes
        more = _size(token.source) - _size(bare.source)
        return ((token, more) if more <= left else (bare, 0)) if within else (token, None)
    if token.name == "table":
        size += len("<colgroup><tbody><tr><td></td></tr></tbody></colgroup>")
    return token, size if size <= left else None


def _instead(token: _Token, address: str) -> Iterator[_Token]:
    """What stands for a tag that does not fit. `address`: how to write a link's; "" = not here."""
    if token.name == "img":
        yield _Token("", escape(_image(token), quote=False))
    elif token.name == "a" and address:
        yield _Token("", escape(address.format(token.attributes.get("href", "")), quote=False))
    elif token.name in _BLOCKS | _CELLS:
        yield _Token("br", "<br>")


def _atoms(tokens: Iterable[_Token]) -> Iterator[_Atom]:
    """The tokens, texts taken apart into chunks of words and of spaces."""
    links = verbatim = 0
    before = ""
    for token in tokens:
        step = -1 if token.closes else 1
        links += step * (token.name == "a")
        verbatim += step * (token.name == "pre")
        if token.name:
            rank = _LINE if token.name == "br" or (token.closes and token.name in _CELLS) else 0
            rank = _BLOCK if token.name == "hr" or (token.closes and token.name in _BLOCKS) else rank
            yield _Atom(token, _size(token.source), rank, token.name == "img")
            continue
        for chunk in _CHUNK.findall(token.source):
            rank = _rank(chunk, before, verbatim > 0)
            yield _Atom(_Token("", chunk), _size(chunk), min(rank, _LINK) if links else rank, not chunk.isspace())
            before = chunk


def _rank(chunk: str, before: str, verbatim: bool) -> int:
    if not chunk.isspace():
        return 0
    if verbatim and "\n" in chunk:
        return _LINE
    return _SENTENCE if _SENTENCE_END.search(unescape(before)) else _SPACE


_Place = tuple[int, int, _Open | None]  # index of the atom after it, bytes before it, what is open there


def _cut(atoms: list[_Atom], at: int, around: _Open | None, limit: int) -> tuple[int, _Open | None]:
    """Where the piece that begins at `at` ends, and what is open there."""
    used = _size(_opened(around))
    cuts: dict[int, _Place] = {}  # the last place of each rank; -1: of any
    for index in range(at, len(atoms)):
        inside = _after(atoms[index].token, around)
        used += atoms[index].size
        if used + (inside.size if inside else 0) > limit:
            break
        around = inside
        cuts[atoms[index].rank] = cuts[-1] = index + 1, used, around
    else:
        return len(atoms), around
    for rank in (_BLOCK, _LINE, _SENTENCE, _SPACE):
        if rank in cuts and cuts[rank][1] * 2 >= limit:
            end, _, around = cuts[rank]
            return end, around
    end, _, around = max((cuts[rank] for rank in cuts if rank > 0), default=cuts[-1], key=lambda cut: cut[0])
    return end, around


def _after(token: _Token, around: _Open | None) -> _Open | None:
    """What is open once the token has been passed."""
    if token.closes:
        return around.outer if around else None
    if not token.opens:
        return around
    if token.name == "li" and around:
        around = around._replace(items=around.items + 1)
    return _Open(token, around, (around.size if around else 0) + len(token.name) + 3)


def _opened(around: _Open | None) -> str:
    """The tags that open again what is open."""
    sources: list[str] = []
    below = ""
    while around:
        source = around.token.source
        if around.token.name == "ol" and around.items:
            source = _goes_on(source, around.items - (below == "li"))
        sources.append(source)
        below, around = around.token.name, around.outer
    return "".join(reversed(sources))


def _goes_on(source: str, items: int) -> str:
    """The opening tag of an ordered list, counting on from so many items."""
    given = _START.search(source)
    first = int(given[1]) if given and re.fullmatch(r"-?\d{1,5}", given[1]) else 1
    return f'{_START.sub("", source)[:-1]} start="{first + items}">'


def _closed(around: _Open | None) -> str:
    """The tags that close what is open."""
    tags: list[str] = []
    while around:
        tags.append(f"</{around.token.name}>")
        around = around.outer
    return "".join(tags)
