"""Tags and their sets, of tasks and of projects: lists, get-or-create, and which tags a write may set."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from migrator.sandbox.worksection.ask import Answer, Ask, Record
from migrator.sandbox.worksection.people import by_title
from migrator.sandbox.worksection.refusal import bad_tag, required
from migrator.sandbox.worksection.state import Account
from migrator.sandbox.worksection.views import capped

_ACCESS = ("public", "private")
_TYPES = ("status", "label")


@dataclass(frozen=True)
class Family:
    """The tag tables of one kind of object."""

    tags: str
    groups: str

    def shelves(self, account: Account) -> tuple[dict[str, Record], dict[str, Record]]:
        """The tags and the sets."""
        return getattr(account, self.tags), getattr(account, self.groups)


TASK = Family("task_tags", "task_tag_groups")
PROJECT = Family("project_tags", "project_tag_groups")

Handler = Callable[[Account, Ask], Answer]


def list_groups(family: Family) -> Handler:
    """get_*_tag_groups: sets with numeric ids, by `type` and `access`."""

    def run(account: Account, ask: Ask) -> Answer:
        groups = family.shelves(account)[1].values()
        return {"data": [_group(group) for group in groups if _matches(group, ask)]}

    return run


def list_tags(family: Family) -> Handler:
    """get_*_tags: tags with numeric ids, by set (name or id), `type` and `access`."""

    def run(account: Account, ask: Ask) -> Answer:
        tags, groups = family.shelves(account)
        wanted = ask.text("group")
        rows = []
        for tag in tags.values():
            group = groups[tag["group"]]
            if _matches(group, ask) and (not wanted or wanted in (group["id"], group["title"])):
                shown = _group(group) | {"id_group": int(group["id"])}
                rows.append({"title": tag["title"], "id": int(tag["id"]), "group": shown})
        return {"data": capped(rows, "tags")}

    return run


def add_groups(family: Family) -> Handler:
    """add_*_tag_groups: sets of these titles, made where there is none."""

    def run(account: Account, ask: Ask) -> Answer:
        groups = family.shelves(account)[1]
        titles, access, type_ = _titles(ask), ask.needed("access"), "label"
        if family is TASK:
            type_ = ask.needed("type")
        if type_ not in _TYPES:
            raise required("type")
        if access not in _ACCESS:
            raise required("access")
        record = {"type": type_, "access": "public" if type_ == "status" else access}
        held = [by_title(groups, title) or account.add(family.groups, {"title": title} | record) for title in titles]
        # Project sets are answered with an empty type (section 5).
        return {"data": [_group(group) | ({} if family is TASK else {"type": ""}) for group in held]}

    return run


def add_tags(family: Family) -> Handler:
    """add_*_tags: tags of these titles in one set, made where there is none."""

    def run(account: Account, ask: Ask) -> Answer:
        tags, groups = family.shelves(account)
        wanted, titles = ask.needed("group"), _titles(ask)
        group = groups.get(wanted) or by_title(groups, wanted)
        if group is None:
            raise required("group")
        rows = []
        for title in titles:
            there = {tag["title"]: tag for tag in tags.values() if tag["group"] == group["id"]}
            tag = there.get(title) or account.add(family.tags, {"title": title, "group": group["id"]})
            rows.append({"title": title, "id": int(tag["id"])})
        return {"data": rows}

    return run


def update_tags(family: Family) -> Handler:
    """update_*_tags: set `plus`, take off `minus`, by exact name or id; what is not named stays."""

    def run(account: Account, ask: Ask) -> Answer:
        if family is TASK:
            target = account.task(ask, ask.needed("id_task"))
            allowed: Iterable[str] | None = account.projects[target["project"]].get("tag_groups", [])
        else:
            target, allowed = account.project(ask, ask.needed("id_project")), None
        plus = find(account, family, ask.names("plus"), allowed)
        minus = find(account, family, ask.names("minus"), None)
        held = [tag for tag in target.get("tags", []) if tag not in minus]
        target["tags"] = held + [tag for tag in plus if tag not in held]
        return {}

    return run


def find(account: Account, family: Family, names: list[str], allowed: Iterable[str] | None) -> list[str]:
    """The ids of tags given by name, if unique, or id; `allowed` limits them to some sets.

    Raises Refusal 16 for the first that is unknown, ambiguous or outside: it blocks the whole call (section 5).
    """
    tags, _ = family.shelves(account)
    sets = None if allowed is None else {str(group) for group in allowed}
    usable = {key: tag for key, tag in tags.items() if sets is None or tag["group"] in sets}
    found = []
    for name in names:
        matches = [key for key, tag in usable.items() if tag["title"] == name]
        if name in usable:
            matches = [name]
        if len(matches) != 1:
            raise bad_tag(name)
        found.append(matches[0])
    return list(dict.fromkeys(found))


def _group(group: Record) -> Record:
    return {"title": group["title"], "id": int(group["id"]), "type": group["type"], "access": group["access"]}


def _matches(group: Record, ask: Ask) -> bool:
    return all(not ask.text(key) or group[key] == ask.text(key) for key in ("type", "access"))


def _titles(ask: Ask) -> list[str]:
    ask.needed("title")
    return ask.names("title")
