"""What records refer to by id, gathered from earlier reads: moved projects, parents, attributes, currencies, e-mails. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from migrator.model import Value
from migrator.vendor import Record, Seen
from migrator.vendors.hubex import values
from migrator.vendors.hubex.place import Place
from migrator.vendors.hubex.plan import is_live, live, project_of


@dataclass(frozen=True)
class Known:
    """By id, as text. `projects`: those that move; `parents`: of tasks or assets, as far as they move.

    `homes`: the location id of each project; `types`: codes of attributes; `values`: those of each project's attributes.
    """

    projects: frozenset[str] = frozenset()
    parents: Mapping[str, str] = field(default_factory=dict)
    homes: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, dict[str, Value]] = field(default_factory=dict)

    def depth(self, id: str) -> int:
        """How many stand above one; of a circle, none twice."""
        above: list[str] = []
        while (id := self.parents.get(id, "")) and id not in above:
            above.append(id)
        return len(above)


@dataclass(frozen=True)
class CostKnown:
    """What costs refer to, by id: the asset of each task, e-mails of users, codes of currencies."""

    assets: Mapping[str, str] = field(default_factory=dict)
    emails: Mapping[str, str] = field(default_factory=dict)
    currencies: Mapping[str, str] = field(default_factory=dict)


def moved_projects(seen: Seen, place: Place) -> frozenset[str]:
    """The ids of the projects that move: all but the deleted ones that no task names."""
    tasks = live(seen("task_index"))
    named = {str(one["id"]) for task in tasks if (one := project_of(task, place.project))}
    return frozenset(id for row in seen("project_index") if (id := str(row["id"])) in named or is_live(row))


def known_of_projects(seen: Seen, place: Place) -> Known:
    """What records of projects refer to."""
    rows: defaultdict[str, list[Record]] = defaultdict(list)
    for row in seen("project_values"):
        rows[str(row["assetID"])].append(row)
    types = _types(seen("project_attributes"))
    shown = {id: values.attributes(held, types, place.zone) for id, held in rows.items()}
    moved = moved_projects(seen, place)
    parents = {str(row["id"]): above for row in seen("project_index") if (above := str(row.get("parentID"))) in moved}
    return Known(projects=moved, parents=parents, types=types, values=shown)


def known_of_tasks(seen: Seen, place: Place) -> Known:
    """What records of tasks refer to."""
    parents = {str(task["id"]): str((task.get("parent") or {}).get("id", "")) for task in live(seen("task_index"))}
    homes = {
        str(row["id"]): str(home["id"])
        for row in seen("project_index")
        if (home := row.get("location") or {}).get("id")
    }
    return Known(
        projects=moved_projects(seen, place),
        parents={task: above for task, above in parents.items() if above in parents},
        homes=homes,
        types=_types(seen("task_attributes")),
    )


def known_of_costs(seen: Seen) -> CostKnown:
    """What records of completed works refer to."""
    assets = {str(task["id"]): str(held["id"]) for task in seen("task_index") if (held := task.get("asset"))}
    emails = {str(user["userID"]): user["email"] for user in seen("users") if user.get("email")}
    currencies = {str(one["id"]): one.get("asciiCode") or one.get("name") or "" for one in seen("currencies")}
    return CostKnown(assets, emails, currencies)


def _types(attributes: Iterable[Record]) -> dict[str, str]:
    return {str(one["id"]): str((one.get("type") or {}).get("code") or "") for one in attributes}
