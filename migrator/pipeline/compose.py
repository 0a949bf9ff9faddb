"""Compose: the text of an entity as the target will show it: header, body, lines for what has no field there, provenance, links."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from html import escape
from zoneinfo import ZoneInfo

import msgspec

from migrator import text
from migrator.mapping import Texts
from migrator.model import Comment, Label, Project, Ref, Relation, Task, Text, Who

Written = Task | Project | Comment
Line = tuple[str, str]  # label, HTML


@dataclass(frozen=True)
class Composer:
    """`link` gives the address of a moved thing in the target, None if it is not there (yet); `named`, title and address in the source."""

    texts: Texts
    zone: ZoneInfo
    link: Callable[[Ref], str | None]
    named: Callable[[Ref], tuple[str, str]]

    def compose(self, entity: Written, header: bool, lines: Iterable[Line], provenance: bool) -> Text:
        """The whole text, with links as the source wrote them, so that its length does not hang on what was moved already."""
        parts = [self._header(entity)] if header else []
        parts.append(entity.text.html)
        footer = [f"{escape(self.label(name))}: {value}" for name, value in lines]
        if provenance and entity.url and self.texts.provenance:
            footer.append(self._provenance(entity.url))
        if footer:
            parts.append("<p>" + "<br>".join(footer) + "</p>")
        related = {url: one.other for one in getattr(entity, "relations", ()) if (url := self.named(one.other)[1])}
        return Text(html="".join(part for part in parts if part), links={**related, **entity.text.links})

    def relinked(self, body: Text) -> Text:
        """Links to moved things lead to the target's; the others stay as they are."""
        to = {url: address for url, ref in body.links.items() if (address := self.link(ref))}
        return Text(html=text.rewrite(body.html, to) if to else body.html, links=body.links)

    def label(self, name: str) -> str:
        """The user's word for a field."""
        return self.texts.labels.get(name, name.replace("_", " "))

    def shown(self, value: object) -> str:
        """A field's value as HTML for people."""
        match value:
            case Who():
                return escape(value.name)
            case Label():
                return escape(f"{value.group}: {value.title}" if value.group else value.title)
            case Relation():
                return f"{escape(self.label(value.type))} {self._reference(value.other)}"
            case datetime():
                return f"{value.astimezone(self.zone):%Y-%m-%d %H:%M}"
            case date() | Decimal() | int():
                return str(value) if not isinstance(value, bool) else self.label("yes" if value else "no")
            case tuple() | list():
                return ", ".join(self.shown(each) for each in value)
            case Mapping():
                return ", ".join(f"{escape(self.label(str(key)))}: {self.shown(each)}" for key, each in value.items())
            case _:
                return escape(str(value))

    def unresolved(self, entity: Written) -> tuple[Ref, ...]:
        """What the text links to and the target does not have."""
        return tuple(sorted({ref for ref in entity.text.links.values() if self.link(ref) is None}))

    def _header(self, entity: Written) -> str:
        author = getattr(entity, "author", None)
        words = {
            "author": author.name if author else self.label("nobody"),
            "created": self.shown(entity.created) if entity.created else self.label("unknown"),
        }
        return f"<p><b>{escape(self.texts.header.format(**words))}</b></p>"

    def _provenance(self, url: str) -> str:
        address = f'<a href="{escape(url)}">{escape(url)}</a>'
        return escape(self.texts.provenance).replace("{url}", address)

    def _reference(self, ref: Ref) -> str:
        title, url = self.named(ref)
        return f'<a href="{escape(url)}">{escape(title)}</a>' if url else escape(title)


def with_text(entity: Written, body: Text) -> Written:
    """The entity with its final text."""
    return msgspec.structs.replace(entity, text=body)
