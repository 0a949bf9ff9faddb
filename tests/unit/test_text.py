"""Texts: what a reader sees survives conversion, cleaning, rewriting and cutting, whatever the markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from migrator.text import addresses, clean, from_plain, rewrite, same, shorten, split, to_plain

_VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}

PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\r\t  <>&\"'"), max_size=80)
MARKUP = """
    <p>  </p>  <b>  </b>  <i>  </i>  <div>  </div>  <ul>  </ul>  <ol>  <ol start="7">  </ol>  <li>  </li>  <blockquote>  <h2>  </h2>
    <table>  </table>  <tr>  </tr>  <td>  <td colspan="2">  </td>  <pre>  </pre>  <code>  </code>  <s>  <br>  <hr>  &  &lt;  &nbsp;
    <span style="color: red">  </span>  <a href="https://x.example/1?a=1&amp;b=2">  <a href=/two>  <a href='/it"s' href="/no">  </a>
    <img src="p.png" alt="roof">  <img/src=q.png>  <!--  -->  <!-->  </  <a  <  &copy  &#128512;
    <script>  </script>  <style>  </style>  <svg>  <textarea>  <xmp>
"""
_PARTS = st.sampled_from([*re.split(r"\s{2,}", MARKUP.strip()), "<pre>\n\n\n"])
HTML = st.lists(_PARTS | st.text("ab .\n😀дё", max_size=12), max_size=40).map("".join)
LONG_HTML = st.lists(_PARTS | st.text("ab .\n😀дё", min_size=20, max_size=60), min_size=10, max_size=60).map("".join)


class _Nesting(HTMLParser):
    """Fails on any tag that is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def assert_well_formed(html: str) -> None:
    nesting = _Nesting()
    nesting.feed(html)
    nesting.close()
    assert nesting.open == []
    assert "\N{REPLACEMENT CHARACTER}" not in html


def seen(html: str) -> str:
    """The characters a reader sees; bullets are left out, because an item that goes on in another piece has a second one."""
    return re.sub(r"[\s•]", "", to_plain(html))


def assert_split_loses_nothing(html: str, limit: int) -> tuple[str, ...]:
    pieces = split(html, limit)
    assert all(len(piece.encode()) <= limit for piece in pieces)
    if len(pieces) > 1:
        for piece in pieces:
            assert_well_formed(piece)
    rest = iter("".join(seen(piece) for piece in pieces))
    assert all(character in rest for character in seen(html)), "something is lost, or has changed places"
    return pieces


# from_plain, to_plain


@given(PLAIN)
def test_plain_text_survives_the_way_to_html_and_back(text: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ").replace("\xa0", " ").split("\n")
    assert to_plain(from_plain(text)) == "\n".join(line.rstrip() for line in lines).rstrip("\n")


@given(PLAIN)
def test_plain_text_is_never_markup(text: str) -> None:
    names = {node.tag for node in LexborHTMLParser(f"<i>{from_plain(text)}</i>", is_fragment=True).css("*")}
    assert names <= {"i", "br", "a"}
    assert clean(from_plain(text)) == from_plain(text)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\r\nb\rc\n\nd", "a<br>b<br>c<br><br>d"),
        ("  two", "&nbsp; two"),
        (" one\n a  b", "&nbsp;one<br>&nbsp;a&nbsp; b"),
        ('1 < 2 & "q"', '1 &lt; 2 &amp; "q"'),
        ("http://a.example/?x=1&y=2.", '<a href="http://a.example/?x=1&amp;y=2">http://a.example/?x=1&amp;y=2</a>.'),
        ("(https://a.example/b_(c))", '(<a href="https://a.example/b_(c)">https://a.example/b_(c)</a>)'),
        ("javascript:x http:// ftp://a", "javascript:x http:// ftp://a"),
        ("nul\x00 bell\x07", "nul bell"),
    ],
)
def test_plain_text_becomes_html(text: str, html: str) -> None:
    assert from_plain(text) == html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p>b<br></p><div>c<br>d</div>", "a\nb\nc\nd"),
        ("<p>a</p><p>&nbsp;</p><p><br></p><p>b</p><p><br></p><br>", "a\n\n\nb"),
        ("a \n  <b> b</b>\tc", "a b c"),
        ("<ul><li>one<ul><li><p>deep</p></li></ul></li><li></li></ul>x", "• one\n  • deep\n•\nx"),
        ('<a href="https://x.example/">the site </a>now', "the site (https://x.example/) now"),
        (
            '<a href="https://x.example/">x.example</a> <a href="mailto:a@x.example">a@x.example</a>',
            "x.example a@x.example",
        ),
        ('<a href="/empty"></a>', "/empty"),
        (
            '<img src="a.png" alt="A &amp; B"><img src="b.png"><img src="data:image/png;base64,AA">',
            "[image: A & B][image: b.png][image]",
        ),
        ("<table><tr><th>a<th>b<tr><td><td>c</table>d", "a\tb\n\tc\nd"),
        ("<pre>  a\n    b\n</pre>c", "  a\n    b\nc"),
        ("&lt;b&gt; &amp;amp; &copy; &#128512;", "<b> &amp; © 😀"),
        ("<style>x</style><script>y</script><title>z</title><!-- c -->seen", "seen"),
        ("<textarea>a<b>b</textarea><xmp>c</xmp><svg>d<p>e", "ab\nc\nd\ne"),
        ("<b>open <i>and", "open and"),
        ("", ""),
    ],
)
def test_html_becomes_plain_text(html: str, text: str) -> None:
    assert to_plain(html) == text


def test_texts_are_the_same_when_a_reader_sees_the_same() -> None:
    assert same("<p>a&nbsp; <b>b</b></p>\n<div>c</div>", "a b<br />c")
    assert same("й", "и\N{COMBINING BREVE}")
    assert not same("<p>a</p>", "<p>b</p>")
    assert not same('<a href="/1">a</a>', '<a href="/2">a</a>')


# clean


@given(HTML)
def test_clean_is_idempotent(html: str) -> None:
    once = clean(html)
    assert clean(once) == once


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href=" java\tscript:alert(1)">a</a>',
        '<a href="data:text/html,<script>alert(1)</script>">a</a>',
        '<a href=" DATA:text/html,x">a</a>',
        '<img src="data:image/svg+xml;base64,PHN2Zy8+">',
        '<p style="position:fixed;background:url(javascript:alert(1))">a</p>',
        "<iframe src=https://x.example></iframe><object data=x></object><style>*{}</style>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    ],
)
def test_clean_leaves_nothing_that_acts(html: str) -> None:
    tree = LexborHTMLParser(clean(html), is_fragment=True)
    for node in tree.css("*"):
        assert node.tag not in {"script", "style", "iframe", "object", "svg", "math"}
        for name, value in node.attributes.items():
            assert not name.startswith("on")
            assert "script:" not in (value or "").lower()
            assert "position" not in (value or "")
            assert not (value or "").strip().lower().startswith("data:")


def test_clean_keeps_what_people_write() -> None:
    html = (
        '<h2>t</h2><p style="color:red"><b>b</b> <s>s</s> <code>c</code></p><pre>\n\n  x</pre><ol start="3"><li>i</li></ol>'
        '<table><thead><tr><th>h</th></tr></thead><tbody><tr><td colspan="2">d</td></tr></tbody><tfoot><tr><td>f</td></tr></tfoot></table>'
        '<a href="/rel?a=1&amp;b=2">l</a><img src="data:image/png;base64,AAAA" alt="a"><font color="#ff0000">f</font>'
    )
    assert clean(html) == html


def test_clean_takes_half_a_character() -> None:
    assert clean("a\ud83db") == "ab"


# addresses, rewrite


def test_addresses_are_unescaped_in_order_and_each_once() -> None:
    html = (
        "<a href='/1?a=1&copy=2&amp;b'>x</a><IMG ALT='>' SRC=/2/><a href = \"/1?a=1&amp;copy=2&b\">y</a>"
        '<a name=n data-href="/no" href=/3 href=/no>z</a><a href="/4&#63;&quot;">q</a><a href>e</a><a title=">" href="/5">'
    )
    assert addresses(html) == ("/1?a=1&copy=2&b", "/2/", "/3", '/4?"', "/5")


@pytest.mark.parametrize(
    "html",
    [
        '<!-- <a href="/1"> -->',
        '<script>"<a href="/1">"</script>',
        '<textarea><a href="/1"></textarea>',
        "<p title=\"<a href='/1'>\">",
        '<a href="/1"',
        '</a href="/1">',
        '<abbr href="/1"><link href="/1"><a src="/1"><img href="/1">',
        '&lt;a href="/1">',
    ],
)
def test_what_is_no_link_is_not_rewritten(html: str) -> None:
    assert addresses(html) == ()
    assert rewrite(html, {"/1": "/2"}) == html


@given(HTML.filter(lambda html: "<svg" not in html))  # where scripts hold links, which nobody sees
def test_addresses_are_those_a_browser_finds(html: str) -> None:
    tree = LexborHTMLParser(html, is_fragment=True)
    links = {node.attributes["href"] for node in tree.css("a[href]")}
    images = {node.attributes["src"] for node in tree.css("img[src]")}
    assert set(addresses(html)) == links | images


@given(HTML)
def test_rewrite_touches_nothing_else(html: str) -> None:
    found = addresses(html)
    moved = {address: f"https://new.example/{place}?a=\"<>'&b" for place, address in enumerate(found)}
    there = rewrite(html, moved)
    assert addresses(there) == tuple(moved.values())
    pattern = "|".join(re.escape(quoted) for quoted in re.findall(r'"https://new\.example/[^"]*"', there)) or r"(?!)"
    between = re.split(pattern, there)
    at = 0
    for piece in between:  # what stands between the new addresses is what stood between the old ones
        at = html.index(piece, at) + len(piece)
    assert at == len(html)
    assert rewrite(html, {"/elsewhere": "/x"}) == html


def test_a_new_address_cannot_break_out_of_its_attribute() -> None:
    html = rewrite("<a href=/1 class=c>x</a>", {"/1": '"><script>alert(1)</script>'})
    tree = LexborHTMLParser(html, is_fragment=True)
    assert [node.tag for node in tree.css("*")] == ["a"]
    assert addresses(html) == ('"><script>alert(1)</script>',)
    assert html.endswith(" class=c>x</a>")


# split


@given(LONG_HTML, st.sampled_from([200, 333, 1000]))
@settings(max_examples=150)
def test_split_loses_nothing_and_never_exceeds(html: str, limit: int) -> None:
    assert_split_loses_nothing(html, limit)


def test_a_text_that_fits_stays_as_it_is() -> None:
    assert split("<b>broken<p>", 200) == ("<b>broken<p>",)
    assert split("", 200) == ("",)
    assert len(split("я" * 100, 200)) == 1
    assert len(split("я" * 101, 200)) == 2


def test_a_limit_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="200"):
        split("a", 199)


def test_cuts_are_at_blocks_then_lines_then_sentences_then_words() -> None:
    words = "word " * 30
    assert split(f"<p>{words}</p><p>{words}<br>{words}</p>", 400)[0] == f"<p>{words}</p><p>{words}<br></p>"
    assert split(f"<p>{words}</p>" * 2, 250)[0] == f"<p>{words}</p>"
    assert split(f"{words}<br>{words}", 250)[0] == f"{words}<br>"
    assert split(f"{words}end. {words}", 250)[0] == f"{words}end. "
    assert all(piece.strip().endswith("word") for piece in split(words * 3, 250))


def test_an_open_element_is_closed_and_opened_again() -> None:
    html = '<div class="c"><b>' + "word " * 60 + "</b></div>"
    for piece in split(html, 250):
        assert piece.startswith('<div class="c"><b>word')
        assert piece.endswith("</b></div>")


def test_an_ordered_list_goes_on_counting() -> None:
    html = '<ol start="5">' + "".join(f"<li>item {n} {'word ' * 10}</li>" for n in range(8)) + "</ol>"
    pieces = assert_split_loses_nothing(html, 250)
    assert len(pieces) == 3
    for piece in pieces:
        start, first = re.match(r'<ol start="(\d+)"><li>item (\d+)', piece).groups()
        assert int(start) == 5 + int(first)


def test_a_link_is_rather_not_cut() -> None:
    html = "word " * 30 + '<a href="/1">' + "in link " * 8 + "</a>" + " word" * 30
    assert sum("<a " in piece for piece in assert_split_loses_nothing(html, 250)) == 1


def test_a_tag_that_would_fill_a_piece_gives_way_to_its_text() -> None:
    address = "https://x.example/" + "a" * 150
    joined = "".join(
        assert_split_loses_nothing(f'<a href="{address}">link</a><img src="{address}">' + "word " * 60, 200)
    )
    assert "<a" not in joined
    assert "<img" not in joined
    assert f"link ({address})[image: {address}]" in joined


@pytest.mark.parametrize(
    "html",
    [
        "а" * 70_000,
        "Кровля и фасад. " * 4_400,
        "😀" * 17_500 + "👩‍👩‍👧" * 100,
        "&amp;&lt;&nbsp;" * 6_000,
        "<ul><li>пункт" * 300 + "x " * 33_000,
        "<table>" + "<tr><td>a<td><p>b</p><table><tr><td>c d</table>" * 3_000,
        "<div><p>" + "<b><i>broken <a href=/x>" * 3_000,
        "<pre>" + "line of code\n" * 5_400,
    ],
    ids=["one word", "Cyrillic", "emoji", "entities", "nested lists", "tables", "broken", "code"],
)
def test_a_text_over_the_limit_of_a_vendor_is_cut(html: str) -> None:
    pieces = assert_split_loses_nothing(html, 65_536)
    assert len(pieces) >= 2 or len(html) < 65_536


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "part",
    ["<a ", '<a href="', "<!--", "<a href='1<a href=2", "</", "<p x=", "<script ", "http://a", "(https://a)", ")"],
)
def test_hostile_markup_costs_no_more_than_its_length(part: str) -> None:
    html = "https://a" + part * (70_000 // len(part))
    assert rewrite(html, {"1": "2"})
    from_plain(html)
    to_plain(html)
    clean(html)
    assert_split_loses_nothing(html, 1_000)


# shorten


@given(PLAIN, st.integers(1, 90))
def test_a_short_title_stays_and_a_long_one_fits(title: str, limit: int) -> None:
    short = shorten(title, limit)
    assert len(short) <= limit
    assert short == title if len(title) <= limit else short.endswith("…")


@pytest.mark.parametrize(
    ("title", "limit", "short"),
    [
        ("Repair the roof of the house", 17, "Repair the roof…"),
        ("Repair the roof of the house", 16, "Repair the roof…"),
        ("Repair the roof, then paint", 18, "Repair the roof…"),
        ("a verylongwordthatgoeson", 12, "a verylongw…"),
        ("abc", 1, "…"),
    ],
)
def test_a_title_is_cut_after_a_word_where_one_ends_near(title: str, limit: int, short: str) -> None:
    assert shorten(title, limit) == short
