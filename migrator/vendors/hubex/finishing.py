"""The finishing step: attributes, tags and assignees of what was made, and last the way of a task to its stage. Repeatable.

Source: the vendor contract, section 5: none of these can be set by the create.
"""

from __future__ import annotations

from typing import Any

from migrator.errors import Refused
from migrator.http import Effect
from migrator.model import Issue, Kind, Project, Reach, Task
from migrator.vendor import Context, Made, Record, Step
from migrator.vendors.hubex import encode
from migrator.vendors.hubex.catalogue import TASK_CLOSED, UNPUBLISHED, Attribute, Catalogue
from migrator.vendors.hubex.client import Client
from migrator.vendors.hubex.stages import reachable, way

# A resumed run does not know where the task stands; a field set just now (202) may be what a stage waits for.
_ATTEMPTS = 3


def finish_requests(step: Step, there: Catalogue) -> int:
    """How many requests it takes when every move is permitted at once."""
    entity = step.entity
    if not isinstance(entity, Task | Project):
        return 0
    count = bool(encode.values(entity, there).values) + bool(tags_path(entity, there) and entity.tags)
    if isinstance(entity, Task):
        count += bool(_assignees(entity, there)[0]) + len(_way(entity, there, there.start) or ())
    else:
        count += entity.status == UNPUBLISHED and not there.projects.as_companies
    return count


async def finish(client: Client, there: Catalogue, step: Step, context: Context) -> Made:
    """Set all of it. Raises Refused if the task cannot come to its stage; what was set before that stays."""
    entity, id = step.entity, context.ids(step.ref) or ""
    assert isinstance(entity, Task | Project)
    issues = [*await set_attributes(client, there, entity, id), *await set_tags(client, there, entity, id)]
    if isinstance(entity, Task):
        issues += await assign(client, there, entity, id)
        if entity.status:
            await _move(client, there, entity, int(id))
    elif entity.status == UNPUBLISHED:
        issues += await _unpublish(client, there, entity, id)
    return Made(id, tuple(issues))


async def set_attributes(client: Client, there: Catalogue, entity: Task | Project, id: str) -> list[Issue]:
    """All in one request; where it is refused, each by itself, to lose none but the one at fault."""
    found = encode.values(entity, there)
    issues = list(found.issues)
    path, of = _attributes_path(entity, there, id)

    async def send(values: tuple[tuple[Attribute, str], ...]) -> None:
        rows = [_attribute_row(one, value, place, of) for place, (one, value) in enumerate(values, 1)]
        body = [{of: int(id), "data": rows}] if of else rows
        rejected = await client.write("POST", path, body, effect=Effect.SET, about=str(entity.ref))
        _refuse_rows(rejected, entity)

    if not found.values:
        return issues
    try:
        await send(found.values)
    except Refused:
        for one in found.values:
            try:
                await send((one,))
            except Refused as refused:
                issues.append(Issue(ref=entity.ref, code="field-refused", field=one[0].name, detail=str(refused)))
    return issues


def _attributes_path(entity: Task | Project, there: Catalogue, id: str) -> tuple[str, str]:
    """Where attributes are set, and the key that names their owner in the body; "" where the path does."""
    if isinstance(entity, Task):
        return "WORK/TaskAttributes", "taskID"
    if there.projects.as_companies:
        return f"ES/Companies/{id}/attributes", ""
    return "ES/AssetAttributes", "assetID"


def _attribute_row(attribute: Attribute, value: str, place: int, of: str) -> Record:
    """Tasks want the bare value, assets its place and visibility too, companies several values."""
    row: Record = {"attributeID": attribute.id}
    if of == "taskID":
        return row | {"value": value}
    row["isPublic"] = attribute.public
    return row | ({"value": value, "sortOrder": place} if of else {"values": [value]})


def _refuse_rows(reply: Any, entity: Task | Project) -> None:
    """A 202 may list the rows it did not take (section 3)."""
    errors = [str(row["error"]) for row in reply or () if isinstance(row, dict) and row.get("error")]
    if errors:
        raise Refused(f"HubEx, {entity.ref}: {'; '.join(errors)}", errors[0])


async def set_tags(client: Client, there: Catalogue, entity: Task | Project, id: str) -> tuple[Issue, ...]:
    """Add all of its tags; what is there stays."""
    titles, issues = encode.tags(entity.ref, entity.tags)
    path, of = tags_path(entity, there)
    if titles and not path:
        return (Issue(ref=entity.ref, code="field-lost", field="tags", detail=f"tags: {', '.join(titles)}"),)
    if titles:
        await client.write("POST", path, [{of: int(id), "tags": titles}], effect=Effect.SET, about=str(entity.ref))
    return issues


def tags_path(entity: Task | Project, there: Catalogue) -> tuple[str, str]:
    """Where tags are set, and the key that names their owner; "" where there are none."""
    if isinstance(entity, Task):
        return "WORK/TaskTags", "taskID"
    return ("", "") if there.projects.as_companies else ("ES/AssetTags", "assetID")


async def _unpublish(client: Client, there: Catalogue, project: Project, id: str) -> tuple[Issue, ...]:
    """Only now, because no task can be made on an asset that is not published (section 9, 26)."""
    if there.projects.as_companies:
        return (Issue(ref=project.ref, code="field-lost", field="status", detail=f"status: {project.status}"),)
    body = {"assets": [int(id)], "isPublished": False}
    await client.write("PUT", "ES/Assets", body, effect=Effect.SET, about=str(project.ref))
    return ()


def _assignees(task: Task, there: Catalogue) -> tuple[list[int], tuple[Issue, ...]]:
    """Who does the task; where nobody is in HubEx and it is to move on, the one who stands in."""
    people, issues = encode.users(task.ref, "assignees", task.assignees)
    if people or there.stand_in is None or not _way(task, there, there.start):
        return people, issues
    detail = "assigned to the user of the option stand_in, so that it could move on; the text names its own people"
    told = Issue(ref=task.ref, code="stand-in", field="assignees", detail=detail, reach=Reach.NOTE)
    return [there.stand_in], (*issues, told)


async def assign(client: Client, there: Catalogue, task: Task, id: str, *, nobody: bool = False) -> tuple[Issue, ...]:
    """All who do it, in one request. A closed task is one that an earlier attempt has brought to its end."""
    people, issues = _assignees(task, there)
    rows: list[Record] = [{"taskID": int(id), "userID": user} for user in people]
    if not rows and nobody:
        rows = [{"taskID": int(id)}]  # takes away whom it has
    if rows:
        try:
            await client.write("POST", "WORK/TaskAssignmentHistory", rows, effect=Effect.SET, about=str(task.ref))
        except Refused as refused:
            if refused.code != TASK_CLOSED or nobody:
                raise
    return issues


# -- the way to a stage -------------------------------------------------------------------------------------------------


def _way(task: Task, there: Catalogue, start: int) -> tuple[int, ...] | None:
    goal = there.vocabulary.statuses[Kind.TASK].get(task.status)
    return way(there.links, start, int(goal)) if goal else ()


async def move_on(client: Client, there: Catalogue, task: Task, id: int, stage: str) -> None:
    """From the stage that the task was found to be in, which may be a closed one. Raises Refused."""
    known = there.vocabulary.statuses[Kind.TASK].get(stage)
    await _move(client, there, task, id, int(known) if known else None)


async def _move(client: Client, there: Catalogue, task: Task, id: int, start: int | None = None) -> None:
    """Stage by stage from the first; after a refused move, from where the task is found to be.

    Raises Refused if no way leads on, or if moves keep being refused.
    """
    here = there.start if start is None else start
    for attempt in range(1, _ATTEMPTS + 1):
        ahead = _way(task, there, here)
        if ahead is None:
            missing = f"no way leads from stage {there.stage_name(here)!r} to {task.status!r}"
            ends = sorted(there.stage_name(stage) for stage in reachable(there.links, here) - {here})
            seen = f"the moves from there end at: {', '.join(ends)}" if ends else "no move leads on from there"
            fix = "add the links to the route of the task type, or map the status to another stage"
            raise Refused(f"HubEx, {task.ref}: {missing}; {seen}; {fix}")
        try:
            for stage in ahead:
                await _step_on(client, task, id, stage)
            return
        except Refused as refused:
            here = await _stage_of(client, id) or here
            if attempt == _ATTEMPTS:
                raise Refused(await _why_not(client, there, task, id, here, refused), refused.code) from refused


async def _step_on(client: Client, task: Task, id: int, stage: int) -> None:
    """One move. A 201 with errors has moved nothing (section 9, 23)."""
    body: Record = {"taskID": id, "taskStageID": stage}
    try:
        reply = await client.write("POST", "WORK/TaskStagingHistory", body, effect=Effect.SET, about=str(task.ref))
    except Refused as refused:
        if refused.code != TASK_CLOSED or task.done:
            raise
        body["revertClosed"] = True  # it is to be open again
        reply = await client.write("POST", "WORK/TaskStagingHistory", body, effect=Effect.SET, about=str(task.ref))
    if isinstance(reply, dict) and (errors := reply.get("errors")):
        told = "; ".join(
            str(one.get("message") or one.get("code")) if isinstance(one, dict) else str(one) for one in errors
        )
        raise Refused(f"HubEx, {task.ref}: {told}")


async def _stage_of(client: Client, id: int) -> int | None:
    query = (("taskID", id), ("isDeleted", "false"))
    for key, row in await client.list("WORK/Tasks", query, f"the stage of task {id}"):
        if key == str(id):
            return int(row["taskStage"]["id"])
    return None


async def _why_not(client: Client, there: Catalogue, task: Task, id: int, here: int, refused: Refused) -> str:
    """The move that is refused, with what its stage demands of the task."""
    stage = (_way(task, there, here) or (here,))[0]
    offered = await client.list(f"WORK/Tasks/{id}/stages/next", (), f"the next stages of task {id}")
    demands = next((row.get("requirements") for key, row in offered if key == str(stage)), None) or {}
    names = [str(one.get("name") or one.get("code")) for one in demands.values()]
    wants = f"; the stage demands: {', '.join(names)}" if names else ""
    move = f"from stage {there.stage_name(here)!r} to {there.stage_name(stage)!r}"
    return f"HubEx, {task.ref}: it could not be moved {move} on its way to {task.status!r}: {refused}{wants}"
