"""Splitting: HTML in pieces of a size, each whole by itself, that lose nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape, unescape
from typing import NamedTuple

from migrator.text.markup import BLOCKS, CELLS, IN_TABLE, Token, image_words, settled, size_of, tokens

_LEAST_LIMIT = 200  # bytes; below it, tags leave no room for text
# How good a place to cut, best last; 0 = only if there is no other.
_LINK, _SPACE, _SENTENCE, _LINE, _BLOCK = range(1, 6)
_CHUNK = re.compile(r"[\t\n\f\r ]{1,64}|(?:&\w+;|[^&\t\n\f\r ]){1,16}")  # at most 96 bytes: less than half of any limit
_SENTENCE_END = re.compile(r"[.!?…][\"'»”)]*$")
_START = re.compile(r'\sstart="([^"]*)"')
_SHOWN = ("a", "img")  # without any text, too: `to_plain` shows their addresses
_START_SIZE = len(' start="123456"')


def split(html: str, limit: int) -> tuple[str, ...]:
    """The HTML in pieces of at most `limit` bytes of UTF-8, each whole by itself; unchanged in one piece if it fits.

    Cut at the end of a block, else of a line, a sentence, a word. What is open at a cut is closed, and opened again in the next
    piece; an ordered list goes on counting. A tag that would fill half a piece gives way to what `to_plain` shows for it.
    Raises ValueError if the limit is below 200.
    """
    if limit < _LEAST_LIMIT:
        raise ValueError(f"a limit of {limit} bytes is below {_LEAST_LIMIT}: it leaves no room for text between tags")
    if size_of(html) <= limit:
        return (html,)
    atoms = list(_atoms(_fitting(tokens(settled(html)), limit // 2)))
    pieces: list[str] = []
    at, around = 0, None
    while at < len(atoms):
        end, inside = _cut(atoms, at, around, limit)
        if any(atom.shows for atom in atoms[at:end]):
            pieces.append(_opened(around) + "".join(atom.token.source for atom in atoms[at:end]) + _closed(inside))
        at, around = end, inside
    return tuple(pieces) or ("",)


class _Open(NamedTuple):
    """An element that is open, and the one it is in. `size`: bytes of all closing tags; `items`: seen so far, of a list."""

    token: Token
    outer: _Open | None
    size: int
    items: int = 0


class _Atom(NamedTuple):
    """A part that no cut goes through. `rank`: how good the place after it is to cut; `shows`: it is more than space."""

    token: Token
    size: int
    rank: int
    shows: bool


def _fitting(tokens: Iterable[Token], room: int) -> Iterator[Token]:
    """The tokens, with those elements made text whose tags, with the tags around them, take more than `room` bytes."""
    whole = room
    around: list[tuple[Token, int | None]] = []  # None: made text
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
            yield from (token,) if not token.name or size_of(token.source) <= whole else _instead(token, "")


def _sized(token: Token, left: int, within: bool) -> tuple[Token, int | None]:
    """The opening token, and the bytes it takes together with its closing one; None if these are not left."""
    bare = Token(token.name, f"<{token.name}>")
    size = size_of(token.source) + len(token.name) + 3 + (_START_SIZE if token.name == "ol" else 0)
    if token.name in IN_TABLE:  # a table has kept room for these, but not for their attributes
        more = size_of(token.source) - size_of(bare.source)
        return ((token, more) if more <= left else (bare, 0)) if within else (token, None)
    if token.name == "table":
        size += len("<colgroup><tbody><tr><td></td></tr></tbody></colgroup>")
    return token, size if size <= left else None


def _instead(token: Token, address: str) -> Iterator[Token]:
    """What stands for a tag that does not fit. `address`: how to write a link's; "" = not here."""
    if token.name == "img":
        yield Token("", escape(image_words(token), quote=False))
    elif token.name == "a" and address:
        yield Token("", escape(address.format(token.attributes.get("href", "")), quote=False))
    elif token.name in BLOCKS | CELLS:
        yield Token("br", "<br>")


def _atoms(tokens: Iterable[Token]) -> Iterator[_Atom]:
    """The tokens, texts taken apart into chunks of words and of spaces."""
    links = verbatim = 0
    before = ""
    for token in tokens:
        step = -1 if token.closes else 1
        links += step * (token.name == "a")
        verbatim += step * (token.name == "pre")
        if token.name:
            rank = _LINE if token.name == "br" or (token.closes and token.name in CELLS) else 0
            rank = _BLOCK if token.name == "hr" or (token.closes and token.name in BLOCKS) else rank
            yield _Atom(token, size_of(token.source), rank, token.name in _SHOWN and not token.closes)
            continue
        for chunk in _CHUNK.findall(token.source):
            rank = _rank(chunk, before, verbatim > 0)
            yield _Atom(Token("", chunk), size_of(chunk), min(rank, _LINK) if links else rank, not chunk.isspace())
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
    used = size_of(_opened(around))
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


def _after(token: Token, around: _Open | None) -> _Open | None:
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
