"""Taking back what a run made: costs are deleted; projects, and tasks in projects of others, are renamed and closed.

Source: the vendor contract, section 6: the API deletes nothing else. What is in a closed project goes out of sight with it.
"""

from __future__ import annotations

from migrator.errors import Refused
from migrator.http import Effect
from migrator.model import Kind, Task
from migrator.text import shorten
from migrator.vendor import Context, Step
from migrator.vendors.worksection import encode
from migrator.vendors.worksection.capabilities import CAPABILITIES
from migrator.vendors.worksection.catalogue import Catalogue
from migrator.vendors.worksection.client import ABSENT, Client
from migrator.vendors.worksection.encode import Params
from migrator.vendors.worksection.values import number_of
from migrator.vendors.worksection.wording import TAKEN_BACK, named

_ALREADY_SO = "12"  # the vendor contract, section 3


def removal_requests(step: Step) -> int:
    """One for a cost; a new title and closing for the others."""
    return {Kind.COST: 1, Kind.PROJECT: 2, Kind.TASK: 2}.get(step.ref.kind, 0)


async def remove(client: Client, there: Catalogue, step: Step, context: Context) -> None:
    """Take it back. Repeatable. Raises Refused."""
    id = number_of(context.made(step.ref, step.part) or "")
    match step.ref.kind:
        case Kind.COST:
            await _delete_cost(client, step, id, context)
        case Kind.PROJECT:
            await _put_aside(client, step, ("update_project", "close_project"), {"id_project": id})
        case Kind.TASK:
            assert isinstance(step.entity, Task)
            kept = {
                "id_task": id,
                "email_user_to": encode.assignee(step.entity, there),
            }  # lest it be cleared (section 9)
            await _put_aside(client, step, ("update_task", "complete_task"), kept)
        case _:
            raise Refused(f"{step.ref}: Worksection deletes no {step.ref.kind}")


async def _delete_cost(client: Client, step: Step, id: str, context: Context) -> None:
    """A refusal may mean that it is gone: then it is not in the list of its task."""
    try:
        await client.write("delete_costs", str(step.ref), {"id_costs": id}, Effect.SET)
    except Refused:
        above = getattr(step.entity, "on", None)
        task = encode.task_number(above, context) if above else ""
        if any(
            str(row["id"]) == id for row in await client.rows_if_there("get_costs", f"of task {task}", id_task=task)
        ):
            raise


async def _put_aside(client: Client, step: Step, actions: tuple[str, str], params: Params) -> None:
    """First the title, which look-ups go by, so that no later run takes it for its own; then out of the way."""
    rename, close = actions
    title = shorten(f"{TAKEN_BACK} {named(str(getattr(step.entity, 'title', '')))}", CAPABILITIES.title_limit or 0)
    place = {name: value for name, value in params.items() if name.startswith("id_")}
    try:
        await client.write(rename, str(step.ref), {**params, "title": title}, Effect.SET)
        await client.write(close, str(step.ref), place, Effect.SET)
    except Refused as refused:
        if refused.code not in (_ALREADY_SO, *ABSENT):
            raise
