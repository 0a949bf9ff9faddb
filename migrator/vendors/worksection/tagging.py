"""Putting tags on what was made. Only sets that a project has are taken, one wrong tag stops the whole call, and no action adds a set.

Source: the vendor contract, section 5. So tags go by a call of their own, and what is not taken becomes an issue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from migrator.errors import ContractBroken, Refused
from migrator.http import Effect
from migrator.model import Issue, Kind, Project, Ref, Tag, Task
from migrator.vendor import Record
from migrator.vendors.worksection.catalogue import Catalogue
from migrator.vendors.worksection.client import Client, as_rows
from migrator.vendors.worksection.encode import labels
from migrator.vendors.worksection.observe import lost_set
from migrator.vendors.worksection.values import number_of, project_of, spelled

_NOT_TAKEN = "16"  # the vendor contract, section 3
_OF = (Kind.TASK, Kind.PROJECT)

Wanted = Mapping[str, str]  # tag id -> title


class Tagging:
    """Makes tags, and puts them where they belong; remembers which sets a project does not have."""

    def __init__(self, client: Client, there: Catalogue) -> None:
        self._client = client
        self._there = there
        self._closed: set[tuple[str, str]] = set()  # project, set of tags of tasks

    def requests(self, tag: Tag) -> int:
        """None for a tag that is there."""
        return int((self._set_of(tag.group), tag.title) not in self._there.tags.get(tag.of, {}))

    async def tag(self, tag: Tag) -> str:
        """The tag's id; it and its set are made if they are not there. Raises Refused for tags of anything but tasks and projects."""
        if tag.of not in _OF:
            raise Refused(f"{tag.ref}: Worksection has tags for projects and tasks, not for a {tag.of}")
        return await self._id(tag.of, tag.group, tag.title, status=tag.status, private=tag.private)

    async def put(self, entity: Task | Project, id: str) -> list[Issue]:
        """Put all tags on it that its project takes; the others are told of."""
        kind, lost = entity.ref.kind, dict[str, list[str]]()
        by_set: dict[str, dict[str, str]] = {}
        for group, title in labels(entity):
            name = self._set_of(group)
            if (project_of(id), name) in self._closed and kind is Kind.TASK:
                lost.setdefault(name, []).append(title)
            else:
                by_set.setdefault(name, {})[await self._id(kind, group, title)] = title
        whole = {tag: title for of in by_set.values() for tag, title in of.items()}
        if whole and not await self._plus(kind, id, whole):
            for name, wanted in by_set.items():
                if len(by_set) == 1 or not await self._plus(kind, id, wanted):
                    self._closed.add((project_of(id), name))
                    lost[name] = list(wanted.values())
        return [_not_taken(entity.ref, lost)] if lost else []

    async def take_off(self, entity: Task | Project, id: str, titles: Iterable[str]) -> None:
        """Take off the tags of these titles, of whatever set they are."""
        kind = entity.ref.kind
        unwanted = set(titles)
        if minus := [tag for (_, title), tag in self._there.tags[kind].items() if spelled(title) in unwanted]:
            params = {f"id_{kind}": number_of(id), "minus": ",".join(minus)}
            await self._client.write(f"update_{kind}_tags", f"{kind} {id}", params, Effect.SET)

    async def _plus(self, kind: Kind, id: str, wanted: Wanted) -> bool:
        """Add the tags to those it has. False if one of them is not taken: then none is."""
        params = {f"id_{kind}": number_of(id), "plus": ",".join(wanted)}
        try:
            await self._client.write(f"update_{kind}_tags", f"{kind} {id}", params, Effect.SET)
        except Refused as refused:
            if refused.code != _NOT_TAKEN:
                raise
            return False
        return True

    async def _id(self, kind: Kind, group: str, title: str, *, status: bool = False, private: bool = False) -> str:
        """The id of a tag. Lists are comma strings, so there are no commas in what is made; the vendor makes each once."""
        name = self._set_of(group)
        known = self._there.tags[kind]
        if (name, title) not in known:
            set_id = await self._set_id(kind, name, status=status, private=private)
            params = {"group": set_id, "title": spelled(title)}
            known[name, title] = await self._made(f"add_{kind}_tags", title, params)
        return known[name, title]

    async def _set_id(self, kind: Kind, name: str, *, status: bool, private: bool) -> str:
        known = self._there.tag_sets[kind]
        if name not in known:
            params = {"title": spelled(name), "access": "private" if private and not status else "public"}
            if kind is Kind.TASK:
                params["type"] = "status" if status else "label"
            known[name] = await self._made(f"add_{kind}_tag_groups", name, params)
        return known[name]

    async def _made(self, action: str, about: str, params: Record) -> str:
        rows = as_rows((await self._client.write(action, about, params, Effect.SET)).get("data"))
        if len(rows) != 1 or "id" not in rows[0]:
            raise ContractBroken(f"Worksection, {action} {about}: a success that does not name the one thing made")
        return str(rows[0]["id"])

    def _set_of(self, group: str) -> str:
        return group or self._there.tag_set


def _not_taken(ref: Ref, lost: Mapping[str, list[str]]) -> Issue:
    sets = (f"{', '.join(titles)}: the project has not {lost_set(name)}" for name, titles in lost.items())
    detail = f"{'; '.join(sets)}; add it in the project's own pages, then set the tags"
    return Issue(ref=ref, code="tag-not-taken", field="tags", detail=detail)
