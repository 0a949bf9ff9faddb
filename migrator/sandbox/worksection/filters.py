"""The `filter` of search_tasks, get_costs and get_costs_total: a small grammar, and a refusal for all that is outside it.

    filter := and_part ("or" and_part)*        and_part := term ("and" term)*        term := "(" filter ")" | field operator value

Words are lower-case only; strings stand in single quotes, and no way to write a quote inside one is documented (section 4).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from migrator.sandbox.worksection.ask import Record, iso_day
from migrator.sandbox.worksection.refusal import Refusal, required

Test: TypeAlias = Callable[[Record], bool]
Reading: TypeAlias = Callable[[Record], Any]

_TOKEN = re.compile(r"\s*(?:(?P<string>'[^']*')|(?P<number>\d+)|(?P<word>[a-z]+)|(?P<sign><=|>=|!=|[=<>(),]))")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le,
}  # fmt: skip


def parse(
    text: str, numbers: Mapping[str, Reading], strings: Mapping[str, Reading], days: Mapping[str, Reading]
) -> Test:
    """The filter as a test of one record. Each mapping gives the fields of a type and how to read them from a record.

    Raises Refusal 10 with details `filter` for unknown fields and broken grammar alike (section 8, gotcha 28).
    """
    return _Parser(text, numbers, strings, days).whole()


class _Parser:
    def __init__(
        self, text: str, numbers: Mapping[str, Reading], strings: Mapping[str, Reading], days: Mapping[str, Reading]
    ) -> None:
        self.numbers = numbers
        self.strings = strings
        self.days = days
        self.tokens = self._split(text)
        self.at = 0

    def whole(self) -> Test:
        test = self._either()
        if self.at != len(self.tokens):
            raise self._wrong()
        return test

    def _either(self) -> Test:
        parts = [self._both()]
        while self._skip("or"):
            parts.append(self._both())
        return lambda record: any(part(record) for part in parts)

    def _both(self) -> Test:
        parts = [self._term()]
        while self._skip("and"):
            parts.append(self._term())
        return lambda record: all(part(record) for part in parts)

    def _term(self) -> Test:
        if self._skip("("):
            inner = self._either()
            self._expect(")")
            return inner
        name, sign = self._next(), self._next()
        if name in self.numbers:
            return self._number(self.numbers[name], sign)
        if name in self.strings:
            return self._string(self.strings[name], sign)
        if name in self.days:
            return self._day(self.days[name], sign)
        raise self._wrong()

    def _number(self, read: Reading, sign: str) -> Test:
        if sign == "=":
            wanted = {self._digits()}
        elif sign == "in":
            self._expect("(")
            wanted = {self._digits()}
            while self._skip(","):
                wanted.add(self._digits())
            self._expect(")")
        else:
            raise self._wrong()
        return lambda record: read(record) in wanted

    def _string(self, read: Reading, sign: str) -> Test:
        wanted = self._quoted().lower()
        if sign == "=":
            return lambda record: str(read(record)).lower() == wanted
        if sign == "has":
            return lambda record: wanted in str(read(record)).lower()
        raise self._wrong()

    def _day(self, read: Reading, sign: str) -> Test:
        compare = _COMPARE.get(sign)
        if compare is None:
            raise self._wrong()
        try:
            wanted = iso_day(self._quoted(), "filter")
        except Refusal:
            raise self._wrong() from None
        return lambda record: bool(read(record)) and compare(read(record)[:10], wanted)

    def _quoted(self) -> str:
        token = self._next()
        if not token.startswith("'"):
            raise self._wrong()
        return token[1:-1]

    def _digits(self) -> str:
        token = self._next()
        if not token.isdigit():
            raise self._wrong()
        return token

    def _next(self) -> str:
        if self.at >= len(self.tokens):
            raise self._wrong()
        self.at += 1
        return self.tokens[self.at - 1]

    def _skip(self, token: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == token:
            self.at += 1
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._skip(token):
            raise self._wrong()

    def _split(self, text: str) -> list[str]:
        tokens, at, text = [], 0, text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if not match:
                raise self._wrong()
            tokens.append(match[match.lastgroup or 0])
            at = match.end()
        return tokens

    def _wrong(self) -> Refusal:
        fields = [f"{name} {{=|in}} 1" for name in self.numbers]
        fields += [f"{name} {{=|has}} 'text'" for name in self.strings]
        fields += [f"{name} {{>|<|>=|<=|!=|=}} 'DD.MM.YYYY'" for name in self.days]
        return required("filter", grammar=" and ".join(fields))
