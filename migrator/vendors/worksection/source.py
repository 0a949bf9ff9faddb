"""A Worksection account open for reading: the reads in order, and how each is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from migrator.errors import AccessDenied, ContractBroken, Refused
from migrator.model import File, Kind
from migrator.vendor import Account, Body, Check, Decoded, Page, Read, Record, Seen
from migrator.vendors.worksection import plan
from migrator.vendors.worksection.attached import cost_sums, cost_totals, project_id
from migrator.vendors.worksection.check import check_denied, check_gaps, check_key, check_people, check_projects
from migrator.vendors.worksection.client import CAP, OVER_CAP, UNKNOWN_ACTION, Client, as_rows
from migrator.vendors.worksection.decode import decoder
from migrator.vendors.worksection.place import Place

# Reads that are one list each: the action, and what to ask for beside it.
_LISTS: Mapping[str, tuple[str, dict[str, str]]] = {
    "users": ("get_users", {}),
    "user_groups": ("get_user_groups", {}),
    "contacts": ("get_contacts", {}),
    "contact_groups": ("get_contact_groups", {}),
    "project_groups": ("get_project_groups", {}),
    "task_tags": ("get_task_tags", {}),
    "task_tag_groups": ("get_task_tag_groups", {}),
    "project_tags": ("get_project_tags", {}),
    "project_tag_groups": ("get_project_tag_groups", {}),
    "task_fields": ("get_task_custom_fields", {}),
    "project_fields": ("get_project_custom_fields", {}),
    "project_index": ("get_projects", {"extra": "custom_fields"}),
    "projects": ("get_projects", {"extra": "html,options,users"}),
}
# What to ask of tasks; `tags` is undocumented, but without it subtasks come without theirs (the vendor contract, section 4).
_TASKS = {"task_index": "subtasks,tags,custom_fields", "tasks": "html,files,comments,relations,subtasks,tags"}

_READS: tuple[Read, ...] = (
    Read("users", (Kind.PERSON,), directory=True),
    Read("user_groups", (Kind.COMPANY,), directory=True),
    Read("contacts", (Kind.CONTACT,), directory=True),
    Read("contact_groups", (Kind.CONTACT,), directory=True),
    Read("project_groups", (Kind.GROUP,), directory=True),
    Read("task_tags", (Kind.TAG,), directory=True),
    Read("task_tag_groups", (Kind.TAG,), directory=True),
    Read("project_tags", (Kind.TAG,), directory=True),
    Read("project_tag_groups", (Kind.TAG,), directory=True),
    Read("task_fields", (Kind.FIELD,), directory=True),
    Read("project_fields", (Kind.FIELD,), directory=True),
    Read("project_index", (Kind.PROJECT,)),
    Read("project_values", (Kind.PROJECT,)),
    Read("projects", (Kind.PROJECT,)),
    Read("task_index", (Kind.TASK,)),
    Read("task_values", (Kind.TASK,)),
    Read("tasks", (Kind.TASK, Kind.CHECKITEM, Kind.FILE, Kind.COMMENT)),
    Read("comments", (Kind.COMMENT, Kind.FILE)),
    Read("project_files", (Kind.FILE,)),
    Read("costs_total", (Kind.COST,)),
    Read("costs", (Kind.COST,)),
    Read("costs_left", (Kind.COST,), bodies=True),
)


class WorksectionSource:
    """Reads an account by the cheapest plan that fits the vendor's cap."""

    reads: tuple[Read, ...] = _READS

    def __init__(self, client: Client, account: Account) -> None:
        options = account.options
        self._client = client
        self._oauth = options.get("auth") == "oauth2"
        self._subscribers = bool(options.get("subscribers", True))
        self._custom_fields = bool(options.get("custom_fields", True))
        comment_files = bool(options.get("comment_files", True))
        self._place = Place(account.url, ZoneInfo(account.time_zone), comment_files, self._custom_fields)

    def scopes(self, read: str, seen: Seen) -> Iterable[str]:
        """The parts a read is made in. Reads of custom fields have none where there are no such fields."""
        match read:
            case "project_index" | "project_values" if not self._has_fields("project_fields", seen):
                return ()
            case "task_index" | "task_values" if not self._has_fields("task_fields", seen):
                return ()
            case "project_values":
                return _valued("project", seen("project_index"))
            case "task_values":
                return _valued("task", plan.flat(seen("task_index")))
            case "tasks" if self._subscribers:
                return (f"project:{id}" for id in _ids(seen("projects")))
            case "comments":
                files = self._place.comment_files
                tasks = plan.flat(seen("tasks"))
                return dict.fromkeys(f"task:{one['id']}" for one in tasks if plan.comments_apart(one, files=files))
            case "costs_left":  # whether get_costs shows archived projects is not documented
                sums = cost_sums(seen)
                totals = cost_totals(seen).items()
                return (f"project:{project}" for project, total in totals if total != sums.get(project, (0, 0)))
            case "project_files":
                return (f"project:{id}" for id in _ids(seen("projects")))
            case _:
                return ("",)

    async def page(self, read: str, scope: str, cursor: str | None, seen: Seen) -> Page:  # noqa: ARG002  one page each
        """The records of a scope, or the smaller scopes it has to be read in: the vendor knows no pages, only a cap."""
        match read:
            case "task_index" | "tasks":
                return await self._tasks_page(read, scope, seen)
            case "costs" | "costs_left":
                return await self._costs_page(scope, seen)
            case "costs_total":
                return await self._totals_page()
            case "project_values":
                return await self._value_page("get_project", "id_project", scope)
            case "task_values":
                return await self._value_page("get_task", "id_task", scope)
            case "comments":
                id = scope.removeprefix("task:")
                return Page(await self._client.rows("get_comments", scope, id_task=id, extra="files"))
            case "project_files":
                return await self._project_files_page(scope)
            case _:
                return await self._list_page(read)

    def record_id(self, read: str, record: Record) -> str:  # noqa: ARG002  ids are alike in all reads
        """The vendor's id; the sum over all projects has none."""
        return str(record.get("id", "total"))

    def decoder(self, read: str, seen: Seen) -> Callable[[Record], Decoded]:
        """What turns one record of the read into entities."""
        return decoder(read, self._place, seen)

    def totals(self, seen: Seen) -> Mapping[str, str]:
        """Minutes and money spent on each project, by the vendor's own sums: `cost minutes project:12`, `cost money project:12`."""
        totals: dict[str, str] = {}
        for project, (spent, paid) in cost_totals(seen).items():
            totals[f"cost minutes project:{project}"] = str(spent)
            totals[f"cost money project:{project}"] = str(paid)
        return totals

    async def body(self, file: File, to: Path) -> Body:
        """Stream the file's bytes to the path."""
        return await self._client.download(file.ref.id, to, file.size)

    async def check(self) -> list[Check]:
        """Whether the key works, what it sees, and what of this account no key can see."""
        try:
            users = await self._client.rows("get_users")
            projects = await self._client.rows("get_projects")
            fields = [*await self._fields("get_task_custom_fields"), *await self._fields("get_project_custom_fields")]
        except AccessDenied as denied:
            return [check_denied(str(denied))]
        gaps = check_gaps(self._place, followers=self._subscribers, fields=len(fields))
        return [check_key(oauth=self._oauth), check_people(users), check_projects(projects), *gaps]

    def _has_fields(self, read: str, seen: Seen) -> bool:
        return self._custom_fields and any(True for _ in seen(read))

    async def _list_page(self, read: str) -> Page:
        action, params = _LISTS[read]
        rows = self._fields(action) if read.endswith("_fields") else self._client.rows(action, **params)
        return Page(tuple(await rows))

    async def _fields(self, action: str) -> tuple[Record, ...]:
        """Only the vendor's own library knows the actions of custom fields; an account may not."""
        try:
            return await self._client.rows(action)
        except Refused as refused:
            if refused.code == UNKNOWN_ACTION:
                return ()
            raise

    async def _value_page(self, action: str, parameter: str, scope: str) -> Page:
        id = scope.partition(":")[2]
        reply = await self._client.read(action, scope, **{parameter: id, "extra": "custom_fields"})
        return Page(as_rows(reply.get("data")))

    async def _project_files_page(self, scope: str) -> Page:
        id = scope.removeprefix("project:")
        rows = await self._client.rows("get_files", scope, id_project=id)
        # The one change to records as received: a file does not say which project it was listed for.
        return Page(tuple({**row, "id_project": id} for row in rows))

    async def _tasks_page(self, read: str, scope: str, seen: Seen) -> Page:
        action, params = plan.task_request(scope, _TASKS[read])
        rows = await self._under_cap(action, scope, params)
        if rows is None:
            return _split(action, scope, plan.split_tasks(scope, lambda: _ids(seen("projects"))))
        if action == "search_tasks" and read == "tasks":
            return Page((), split=plan.found_tasks(scope, rows))
        return Page(rows)

    async def _costs_page(self, scope: str, seen: Seen) -> Page:
        rows = await self._under_cap("get_costs", scope, plan.cost_request(scope))
        if rows is not None:
            return Page(rows)
        months = [
            date.fromisoformat(f"{month}-01") for one in seen("costs_total") for month in one.get("monthly") or ()
        ]

        def tasks(project: str) -> Iterable[str]:
            return _ids(task for task in plan.flat(seen("tasks")) if project_id(task) == project)

        return _split("get_costs", scope, plan.split_costs(scope, months, lambda: _ids(seen("projects")), tasks))

    async def _totals_page(self) -> Page:
        reply = await self._client.read("get_costs_total", extra="projects")
        return Page((*as_rows(reply.get("projects")), *([reply["total"]] if reply.get("total") else [])))

    async def _under_cap(self, action: str, scope: str, params: Mapping[str, str]) -> tuple[Record, ...] | None:
        """The rows; None if there are more than the vendor gives, or exactly as many, which may be more that were cut."""
        try:
            rows = await self._client.rows(action, scope, **params)
        except Refused as refused:
            if refused.code == OVER_CAP:
                return None
            raise
        full = CAP in (len(rows), sum(1 for _ in plan.flat(rows)))  # whether subtasks count is not known
        return None if full else rows


def _split(action: str, scope: str, parts: tuple[str, ...]) -> Page:
    if parts:
        return Page((), split=parts)
    raise ContractBroken(
        f"Worksection, {action} {scope}: {CAP} rows or more, and there is no smaller part to ask for. "
        "Leave the project out by [scope] projects, or remove rows there."
    )


def _valued(kind: str, records: Iterable[Record]) -> Iterable[str]:
    """The scopes that read values of custom fields one by one; none if the list itself has shown them."""
    scopes: dict[str, None] = {}
    for record in records:
        if "custom_fields" in record:
            return ()
        scopes[f"{kind}:{record['id']}"] = None
    return scopes


def _ids(records: Iterable[Record]) -> Iterable[str]:
    return (str(record["id"]) for record in records)
