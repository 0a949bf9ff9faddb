"""Sheet: a TOML file being filled in: lines are added to its tables, and nothing that the user wrote is changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import tomlkit
from tomlkit.items import Comment, Item, Table, Whitespace
from tomlkit.toml_document import TOMLDocument

_CHOICES = "In the target: "
_MOST_CHOICES = 40


@dataclass
class Sheet:
    """The file being filled in."""

    document: TOMLDocument
    added: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def table(self, path: str) -> Any:
        """The table at `status.task`, made if it is not there; or an inline table, where the user likes those."""
        found: Any = self.document
        *above, last = path.split(".")
        for name in above:
            if name not in found:
                found[name] = tomlkit.table(is_super_table=True)
            found = found[name]
        if last not in found:
            found[last] = tomlkit.table()
            found[last].add(tomlkit.nl())
        return found[last]

    def fill(self, path: str, key: str, value: str, why: str = "") -> None:
        """A line, unless the user has one for the key."""
        table = self.table(path)
        if key in table:
            return
        line = tomlkit.string(value)
        if why:
            line.comment(why)
        _append(table, key, line)
        self.added.append(f"{path}.{key}")

    def ask(self, path: str, key: str, value: str, why: str) -> None:
        """A commented line, once; for the user to fill in."""
        table = self.table(path)
        if key in table:
            return
        self.open.append(f"{path}.{key}")
        line = f"{quoted(key)} = "
        if not any(line in each for each in _comments(table)):
            _append(table, None, tomlkit.comment(f"{line}{quoted(value)}  # {' '.join(why.split())}"))

    def choose(self, path: str, names: Iterable[str], types: Mapping[str, str] | None = None) -> None:
        """A comment that lists the target's words, with what is said of them."""
        names = [quoted(name) + (f" ({types[name]})" if types and name in types else "") for name in names]
        table = self.table(path)
        if not names or any(_CHOICES in each for each in _comments(table)):
            return
        more = f", and {len(names) - _MOST_CHOICES} more" if len(names) > _MOST_CHOICES else ""
        _append(table, None, tomlkit.comment(f"{_CHOICES}{', '.join(names[:_MOST_CHOICES])}{more}"))


def _append(table: Any, key: str | None, item: Item) -> None:
    """At the end of a table, but before the empty lines that set it off from the next."""
    if not isinstance(table, Table):
        if key is not None:
            table[key] = item
        return
    body = table.value.body
    tail = []
    while body and isinstance(body[-1][1], Whitespace):
        tail.append(body.pop())
    if key is None:
        table.add(item)  # type: ignore[call-overload]
    else:
        table.add(key, item)
    body.extend(reversed(tail))


def _comments(table: Any) -> list[str]:
    body = table.value.body if isinstance(table, Table) else []
    return [item.as_string() for _, item in body if isinstance(item, Comment)]


def quoted(text: str) -> str:
    """As TOML writes a string."""
    return tomlkit.string(text).as_string()


def holds(new: Any, old: Any) -> bool:
    """Whether all that was there still is. tomlkit misplaces lines after some mixtures of dotted, inline and headed tables."""
    if not isinstance(old, dict):
        return bool(new == old)
    return isinstance(new, dict) and all(key in new and holds(new[key], value) for key, value in old.items())
