"""A HubEx account open for reading: the reads in order, and how each is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from migrator.errors import AccessDenied
from migrator.model import File, Kind
from migrator.vendor import Account, Body, Check, Decoded, Page, Read, Record, Seen
from migrator.vendors.hubex import plan
from migrator.vendors.hubex.attached import placed_files
from migrator.vendors.hubex.check import check_access, check_counts, check_denied, check_gaps, check_people
from migrator.vendors.hubex.client import PAGE, Client
from migrator.vendors.hubex.decode import decoder
from migrator.vendors.hubex.known import moved_projects
from migrator.vendors.hubex.place import place_of

# Reads that are one list each: the path, and what to ask for. Lists without isDeleted show what is deleted too: users, because
# records name them; companies, assets and contacts, because what is left out shall be said.
_LISTS: Mapping[str, tuple[str, tuple[tuple[str, str | int], ...]]] = {
    "users": ("ADM/Users", ()),
    "companies": ("ES/Companies", ()),
    "contacts": ("COMMON/Contacts", ()),
    "tags": ("COMMON/Tags", ()),
    "stages": ("TSTG/TaskStages", ()),
    "criticalities": ("SLA/Criticalities", ()),
    "task_types": ("WORK/TaskTypes", ()),
    "work_types": ("WORK/WorkTypes", ()),
    "task_attributes": ("COMMON/Attributes", (("isRelevantForTask", "true"), ("isDeleted", "false"))),
    "currencies": ("COMMON/Currencies", ()),
    "project_values": ("ES/Assets/attributes", ()),
    # By creation, oldest first, so that what is added meanwhile does not shift the pages (the vendor contract, section 4.2).
    "task_index": ("WORK/Tasks", (("orderBy", 1), ("sortDirection", 1), ("isDeleted", "false"))),
}
_PROJECT_LISTS = {"asset": "ES/Assets", "company": "ES/Companies", "contract": "SC/ServiceContract"}
_RELEVANT = {"asset": "isRelevantForAsset", "company": "isRelevantForCompany", "contract": "isRelevantForContract"}

_READS: tuple[Read, ...] = (
    Read("users", (Kind.PERSON,), directory=True),
    Read("companies", (Kind.COMPANY,), directory=True),
    Read("contacts", (Kind.CONTACT,), directory=True),
    Read("tags", (Kind.TAG,), directory=True),
    Read("stages", (Kind.TAG,), directory=True),
    Read("criticalities", (Kind.FIELD,), directory=True),
    Read("task_types", (Kind.FIELD,), directory=True),
    Read("work_types", (Kind.FIELD,), directory=True),
    Read("task_attributes", (Kind.FIELD,), directory=True),
    Read("project_attributes", (Kind.FIELD,), directory=True),
    Read("currencies", (Kind.COST,)),
    Read("task_index", (Kind.TASK, Kind.PROJECT)),
    Read("project_values", (Kind.PROJECT,)),
    Read("project_index", (Kind.PROJECT,)),
    Read("projects", (Kind.PROJECT,)),
    Read("tasks", (Kind.TASK,)),
    Read("file_probe", (Kind.FILE,)),
    Read("comments", (Kind.COMMENT, Kind.FILE)),
    Read("checklists", (Kind.CHECKITEM,)),
    Read("works", (Kind.COST, Kind.FILE)),
    Read("task_files", (Kind.FILE,)),
    Read("project_file_probe", (Kind.FILE,)),
    Read("project_files", (Kind.FILE,), bodies=True),
)


class HubExSource:
    """Reads an account by the cheapest plan: what has no account-wide list is read for those alone that are said to have any."""

    reads: tuple[Read, ...] = _READS

    def __init__(self, client: Client, account: Account) -> None:
        self._client = client
        self._application = str(account.options.get("application", 3))
        self._place = place_of(account)

    def scopes(self, read: str, seen: Seen) -> Iterable[str]:
        """The parts a read is made in. Reads of values have none where there is nothing to have values of."""
        asset = self._place.project == "asset"
        match read:
            case "project_values":
                return ("",) if asset and _any(seen("project_attributes")) else ()
            case "projects":
                return self._project_scopes(seen) if self._place.project_details else ()
            case "tasks":
                listed = plan.live(seen("task_index"))
                return plan.scopes_of("task", listed) if self._place.details else plan.batches("task", listed)
            case "file_probe":
                return plan.batches("task", plan.live(seen("tasks")))
            case "comments":
                return plan.scopes_of("task", plan.live(seen("tasks")))
            case "checklists":
                return plan.scopes_of("task", plan.with_count("checkListsCount", seen("tasks")))
            case "works":
                return plan.scopes_of("task", plan.with_count("completedWorksCount", seen("tasks")))
            case "task_files":
                return plan.file_scopes("task", seen("file_probe"), placed_files(seen))
            case "project_file_probe":
                return plan.batches("project", ({"id": id} for id in self._moved(seen))) if asset else ()
            case "project_files" if asset:
                return plan.file_scopes("project", seen("project_file_probe"), set())
            case "project_files":
                return self._project_scopes(seen) if self._place.project == "company" else ()
            case _:
                return ("",)

    async def page(self, read: str, scope: str, cursor: str | None, seen: Seen) -> Page:
        """The records of a scope; only lists have several pages."""
        id = scope.partition(":")[2]
        match read:
            case "projects":
                return Page((await self._project(id, seen),))
            case "tasks" if id:
                return Page((await self._task(id, seen),))
            case "tasks":
                return await self._brief_page(plan.ids_of(scope))
            case "comments":
                return await self._owned_page(f"WORK/Tasks/{id}/conversations", scope, taskID=id)
            case "checklists":
                return await self._checklists_page(id)
            case "works":
                return await self._works_page(id)
            case "file_probe" | "project_file_probe":
                return await self._probe_page(scope)
            case "task_files":
                return await self._owned_page(f"WORK/Tasks/{id}/attachments", scope, taskID=id)
            case "project_files":
                return await self._owned_page(
                    f"{_PROJECT_LISTS[self._place.project]}/{id}/attachments", scope, projectID=id
                )
            case _:
                return await self._list_page(read, cursor)

    def record_id(self, read: str, record: Record) -> str:
        """The vendor's id, with what it counts within where it is not the account."""
        match read:
            case "users":
                return str(record["userID"])
            case "tags":
                return str(record["name"])
            case "project_values":  # an attribute may have several values
                return f"{record['assetID']}/{record['attributeID']}/{record.get('value')}"
            case "file_probe" | "project_file_probe":
                return f"{plan.ids_of(record['batch'])[0]}/{record['id']}"
            case "comments" | "task_files" | "works":
                return f"{record['taskID']}/{record['id']}"
            case "project_files":
                return f"{record['projectID']}/{record['id']}"
            case _:
                return str(record["id"])

    def decoder(self, read: str, seen: Seen) -> Callable[[Record], Decoded]:
        """What turns one record of the read into entities."""
        return decoder(read, self._place, seen)

    def totals(self, seen: Seen) -> Mapping[str, str]:  # noqa: ARG002  the protocol's
        """None: the vendor states no sums of its costs."""
        return {}

    async def body(self, file: File, to: Path) -> Body:
        """Stream the file's bytes to the path."""
        return await self._client.download(file.ref.id, to, file.size)

    async def check(self) -> list[Check]:
        """Whether the service token works, what it sees, and what will not be read."""
        tasks = (("isDeleted", "false"),)
        projects = _PROJECT_LISTS[self._place.project]
        try:
            users = [row for _, row in await self._client.list("ADM/Users")]
            counts = {
                "tasks": await self._client.head("WORK/Tasks", tasks),
                f"projects ({self._place.project})": await self._client.head(projects),
            }
        except AccessDenied as denied:
            return [check_denied(str(denied), self._application)]
        return [check_access(), check_people(users), check_counts(counts), *check_gaps(self._place)]

    # -- what there is to read ----------------------------------------------------------------------------------------

    def _moved(self, seen: Seen) -> list[str]:
        moved = moved_projects(seen, self._place)
        return [id for row in seen("project_index") if (id := str(row["id"])) in moved]

    def _project_scopes(self, seen: Seen) -> Iterator[str]:
        return (f"project:{id}" for id in self._moved(seen))

    # -- pages ----------------------------------------------------------------------------------------------------------

    async def _list_page(self, read: str, cursor: str | None) -> Page:
        path, query = self._list_of(read)
        rows, start, total = await self._client.page(path, query, int(cursor or 1), PAGE)
        return Page(tuple(_record(key, row) for key, row in rows), str(start) if start else None, total=total)

    def _list_of(self, read: str) -> tuple[str, tuple[tuple[str, str | int], ...]]:
        if read == "project_index":
            return _PROJECT_LISTS[self._place.project], ()
        if read == "project_attributes":
            return "COMMON/Attributes", ((_RELEVANT[self._place.project], "true"), ("isDeleted", "false"))
        return _LISTS[read]

    async def _brief_page(self, ids: list[str]) -> Page:
        """Many tasks as their list shows them, with their attributes."""
        query = [("taskID", id) for id in ids]
        listed = await self._client.list("WORK/Tasks", [*query, ("isDeleted", "false")], f"{len(ids)} tasks")
        tasks = {id: _record(id, row) for id, row in listed}
        for _, row in await self._client.list("WORK/TaskAttributes", query, f"attributes of {len(ids)} tasks"):
            if task := tasks.get(str(row["taskID"])):
                task.setdefault("attribute", []).append(row)
        return Page(tuple(tasks.values()))

    async def _task(self, id: str, seen: Seen) -> Record:
        """A task whole, with its tags and, if asked for, its way through the stages; as its list shows it if it has gone meanwhile."""
        detail = await self._client.read(f"WORK/Tasks/{id}", about=f"task {id}")
        record: Record = _record(id, detail) if detail else _listed("task_index", id, seen)
        if self._place.history:
            rows = await self._client.list(f"WORK/Tasks/{id}/stages", (), f"the stages of task {id}")
            record = record | {"stages": [row for _, row in rows]}
        return record | await self._tags(f"WORK/Tasks/{id}/tags", seen)

    async def _project(self, id: str, seen: Seen) -> Record:
        """An asset whole, with its tags, or a company with its attributes."""
        path = f"{_PROJECT_LISTS[self._place.project]}/{id}"
        detail = await self._client.read(path, about=f"project {id}")
        record: Record = _record(id, detail) if detail else _listed("project_index", id, seen)
        if self._place.project == "asset":
            return record | await self._tags(f"{path}/tags", seen)
        if _any(seen("project_attributes")):
            record["attribute"] = [row for _, row in await self._client.list(f"{path}/attributes")]
        return record

    async def _tags(self, path: str, seen: Seen) -> Record:
        """The tags, in the one shape that they are kept in; not asked for in an account without any."""
        return {"tags": await self._client.read(path) or []} if _any(seen("tags")) else {}

    async def _owned_page(self, path: str, about: str, **owner: str) -> Page:
        """What hangs on something and does not say on what."""
        rows = await self._client.list(path, about=f"{path.rpartition('/')[2]} of {about}")
        return Page(tuple({**_record(key, row), **owner} for key, row in rows))

    async def _checklists_page(self, task: str) -> Page:
        path = f"WORK/Tasks/{task}/checkLists"
        lists = [
            {**row, "results": [line for _, line in await self._client.list(f"{path}/{key}/results/v2")]}
            for key, row in await self._client.list(path)
        ]
        return Page(({"id": task, "checkLists": lists},) if lists else ())

    async def _works_page(self, task: str) -> Page:
        """The works of a task; who did them, with what, and their files are lists by the work's number within the task."""
        path = f"WORK/Tasks/{task}/completedWorks"
        works = [row for _, row in await self._client.list(path)]
        if not works:
            return Page(())
        technicians = dict(await self._client.list(f"{path}/technicians"))
        materials = dict(await self._client.list(f"{path}/materials"))
        attachments = [row for _, row in await self._client.list(f"{path}/attachments")]
        records: list[Record] = []
        for work in works:
            number = str(work["id"])
            parts: dict[str, Any] = {
                "technicians": technicians.get(number, {}).get("technicians"),
                "materials": materials.get(number, {}).get("materials"),
                "attachments": [row for row in attachments if str(row["completedWorkID"]) == number],
            }
            records.append({**work, "taskID": task, **{name: rows for name, rows in parts.items() if rows}})
        return Page(tuple(records))

    async def _probe_page(self, scope: str) -> Page:
        """The files of many tasks or assets. Whose each is, is not said (the vendor contract, section 4.4)."""
        key = "taskID" if scope.startswith("tasks") else "assetID"
        query = [*((key, id) for id in plan.ids_of(scope)), ("isDeleted", "false")]
        rows = await self._client.list("COMMON/Attachments", query, f"files of {scope}")
        return Page(tuple({**_record(id, row), "batch": scope} for id, row in rows))


def _record(key: str, row: Any) -> Record:
    """A row as a record: what a map holds may know its id by the key alone, and a list may hold bare words."""
    if not isinstance(row, dict):
        return {"name": row}
    return row if not key or "id" in row or "userID" in row else {"id": key, **row}


def _listed(read: str, id: str, seen: Seen) -> Record:
    return next(row for row in seen(read) if str(row["id"]) == id)


def _any(records: Iterator[Record]) -> bool:
    return any(True for _ in records)
