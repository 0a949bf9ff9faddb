"""The tasks and costs of one project, whole: in parts where the project has more than the vendor gives at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from migrator.errors import ContractBroken, Refused
from migrator.vendor import Record
from migrator.vendors.worksection import plan
from migrator.vendors.worksection.client import OVER_CAP, Client


class Row(NamedTuple):
    """A task as listed, and the number of the task it was listed under ("" = none)."""

    record: Record
    parent: str


async def project_tasks(client: Client, project: str, extra: str) -> list[Row]:
    """All tasks of a project with their subtasks. `extra`: text, files, ..; over the cap only those two come."""
    asked = {"id_project": project, "extra": f"{extra},subtasks,tags"}
    rows = await _under_cap(client, "get_tasks", f"of project {project}", asked)
    if rows is not None:
        return list(_nested(rows, ""))
    found: dict[str, Row] = {}
    scopes = [f"search any {project} {plan.FIRST_DAY} {plan.LAST_DAY}"]
    for scope in scopes:  # grows while a part is still over the cap
        action, asked = plan.task_request(scope, "")
        rows = await _under_cap(client, action, f"of project {project}", {**asked, "extra": "text,files"})
        if rows is None:
            scopes += _split(scope, plan.split_tasks(scope, tuple))
        else:
            found |= {str(row.record["id"]): row for row in _nested(rows, "")}
    return list(found.values())


async def project_costs(client: Client, project: str) -> list[Record]:
    """All cost rows of a project."""
    found: list[Record] = []
    scopes = [f"project:{project}"]
    for scope in scopes:
        rows = await _under_cap(client, "get_costs", f"of project {project}", plan.cost_request(scope))
        if rows is None:
            scopes += _split(scope, plan.split_costs(scope, (), tuple, lambda _: ()))
        else:
            found += rows
    return found


def _nested(records: Iterable[Record], parent: str) -> Iterator[Row]:
    for record in records:
        above = parent or str((record.get("parent") or {}).get("id", ""))
        yield Row(record, above)
        yield from _nested(record.get("child") or (), str(record["id"]))


async def _under_cap(client: Client, action: str, about: str, params: Mapping[str, str]) -> tuple[Record, ...] | None:
    """The rows; None if there are more than the vendor gives."""
    try:
        return await client.rows(action, about, **params)
    except Refused as refused:
        if refused.code != OVER_CAP:
            raise
        return None


def _split(scope: str, parts: tuple[str, ...]) -> tuple[str, ...]:
    if not parts:
        raise ContractBroken(f"Worksection, {scope}: more rows than it gives, and there is no smaller part to ask for")
    return parts
