"""Encode: comments, signed by their author or, where Planfix refuses that author, by their first line. Pure.

Source: the vendor contract, section 5.
"""

from __future__ import annotations

from datetime import datetime
from html import escape

from migrator.model import Comment, Issue, Reach, Ref, Who
from migrator.vendor import Context, Record, Step
from migrator.vendors.planfix.catalogue import Catalogue
from migrator.vendors.planfix.values import kept_html, utc_point


def comment(step: Step, context: Context, there: Catalogue, *, signed: bool) -> Record:
    """A comment with its own author and date, told to nobody. Unsigned, its text says who wrote it and when."""
    entity = step.entity
    assert isinstance(entity, Comment)
    html = entity.text.html if signed else f"{byline(entity.author, entity.created, there)}{entity.text.html}"
    body = written(step.mark, html, entity.author if signed else None, entity.created)
    body |= {"isHidden": entity.hidden, "isPinned": entity.pinned}
    if files := context.files(entity.ref):
        body["files"] = [{"id": int(id)} for _, id in files]
    return body


def written(mark: str, html: str, author: Who | None, created: datetime | None) -> Record:
    """What every comment of ours has."""
    body: Record = {
        "description": kept_html(html),
        "sourceObjectId": mark,
        "recipients": {"users": [], "groups": [], "roles": []},
    }
    if author and author.target:
        body["owner"] = {"id": author.target}
    if created:
        body["dateTime"] = utc_point(created)
    return body


def byline(author: Who | None, created: datetime | None, there: Catalogue) -> str:
    """The first line of a text that Planfix cannot sign itself."""
    words = [author.name] if author else []
    words += [f"{created.astimezone(there.zone):%Y-%m-%d %H:%M}"] if created else []
    return f"<p><b>{escape(', '.join(words))}:</b></p>"


def byline_issues(ref: Ref, author: Who | None, *fields: str) -> tuple[Issue, ...]:
    """What to tell of the fields when a comment had to be made in the token's name."""
    detail = f"Planfix did not take {author.name if author else 'nobody'} as author; the text says who wrote it"
    return tuple(
        Issue(ref=ref, code="author-in-text", field=field, detail=detail, reach=Reach.NOTE) for field in fields
    )
