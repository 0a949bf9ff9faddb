"""A Planfix account open for reading: the reads in order, and how each is made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from migrator.errors import AccessDenied, Refused
from migrator.model import File, Kind
from migrator.vendor import Account, Body, Check, Decoded, Page, Read, Record, Seen
from migrator.vendors.planfix import plan
from migrator.vendors.planfix.attached import file_number
from migrator.vendors.planfix.check import source_checks, source_denied
from migrator.vendors.planfix.client import PAGE, Client
from migrator.vendors.planfix.decode import decoder
from migrator.vendors.planfix.keys import asked
from migrator.vendors.planfix.known import loose_files
from migrator.vendors.planfix.place import place_of

_FIELDS_OF = ("task", "project", "contact", "user")
# Lists by POST: the path, the key of the rows, whose custom fields they have ("" = none), and what to ask for beside it.
# Contacts and companies are never in one list (the vendor contract, section 8, 13).
_LISTS: Mapping[str, tuple[str, str, str, dict[str, Any]]] = {
    "users": ("/user/list", "users", "user", {}),
    "contacts": ("/contact/list", "contacts", "contact", {"isCompany": False}),
    "companies": ("/contact/list", "contacts", "contact", {"isCompany": True}),
    "projects": ("/project/list", "projects", "project", {}),
    "tasks": ("/task/list", "tasks", "task", {}),
}
_COMMENTS: Mapping[str, Any] = {"typeList": "Comments", "resultOrder": [{"field": "id", "direction": "Asc"}]}
# Reads that decode what an earlier one brought, now that more is known: values of directories, who wrote which comment.
_AGAIN = {"fields": "field_index", "entries": "entry_index"}

_READS: tuple[Read, ...] = (
    Read("field_index", (Kind.FIELD,), directory=True),
    Read("directories", (Kind.FIELD,), directory=True),
    Read("fields", (Kind.FIELD,), directory=True),
    Read("users", (Kind.PERSON,), directory=True),
    Read("contacts", (Kind.CONTACT,), directory=True),
    Read("companies", (Kind.COMPANY,), directory=True),
    Read("project_groups", (Kind.GROUP,), directory=True),
    Read("templates", (Kind.TAG,), directory=True),
    Read("processes", (Kind.TAG,), directory=True),
    Read("statuses", (Kind.TAG,), directory=True),
    Read("data_tags", (Kind.COST,), directory=True),
    Read("projects", (Kind.PROJECT,)),
    Read("tasks", (Kind.TASK, Kind.FILE)),
    Read("entry_index", (Kind.COST,)),
    Read("comments", (Kind.COMMENT, Kind.FILE, Kind.COST)),
    Read("entries", (Kind.COST,)),
    Read("checklists", (Kind.CHECKITEM,)),
    Read("project_files", (Kind.FILE,)),
    Read("loose_files", (Kind.FILE,), bodies=True),
)

_Ask = Callable[[int], Awaitable[tuple[Record, ...]]]  # the rows from an offset on


class PlanfixSource:
    """Reads an account by the cheapest plan: account-wide lists wherever there are any."""

    reads: tuple[Read, ...] = _READS

    def __init__(self, client: Client, account: Account) -> None:
        self._client = client
        self._place = place_of(account)

    def scopes(self, read: str, seen: Seen) -> Iterable[str]:
        """The parts a read is made in."""
        match read:
            case "field_index":
                return _FIELDS_OF
            case "directories":
                return plan.directories(row for row in seen("field_index") if row["of"] in ("task", "project"))
            case "statuses":
                return plan.processes(seen("processes"), seen("templates"))
            case "entry_index":
                return (f"tag {row['id']}" for row in seen("data_tags"))
            case "comments":
                # In a small account there are fewer tasks than weeks.
                tasks = self._task_scopes(seen)
                return tasks if len(tasks) <= len(plan.comment_slices(plan.tasks(seen("tasks")))) else ("",)
            case "checklists":
                return self._task_scopes(seen) if self._place.checklists else ()
            case "project_files":
                return plan.scopes_of("project", (row for row in seen("projects") if not row.get("isDeleted")))
            case "loose_files":
                return (f"file:{id}" for id in loose_files(seen, self._place))
            case _:
                return ("",)

    async def page(self, read: str, scope: str, cursor: str | None, seen: Seen) -> Page:
        """The records at the cursor, of as many rows as the vendor gives at once."""
        id = scope.rpartition(" ")[2].rpartition(":")[2]
        match read:
            case "fields" | "entries":
                return Page(tuple(seen(_AGAIN[read])))
            case "field_index":
                return await self._field_page(scope)
            case "directories":
                return await self._directory_page(id)
            case "project_groups" | "processes":
                return await self._short_page(read)
            case "statuses":
                return await self._status_page(id)
            case "templates":
                return await self._template_page(cursor)
            case "data_tags":
                return await self._rows_page(cursor, self._posted("/datatag/list", "dataTags", "id,name,group,fields"))
            case "entry_index":
                return await self._entry_page(id, cursor, seen)
            case "comments":
                return await self._comment_page(scope, cursor, seen)
            case "checklists":
                return await self._checklist_page(id)
            case "project_files":
                return await self._project_file_page(id, cursor)
            case "loose_files":
                reply = await self._client.get(f"/file/{id}", scope, fields=asked("files"))
                return Page((reply["file"],))
            case _:
                return await self._list_page(read, cursor, seen)

    def record_id(self, read: str, record: Record) -> str:
        """The vendor's id, with what it counts within where that may not be the account."""
        match read:
            case "field_index" | "fields":
                return f"{record['of']}/{record['id']}"
            case "statuses":
                return f"{record['process']}/{record['id']}"
            case "project_files":
                return f"{record['projectId']}/{record['id']}"
            case "entry_index" | "entries":
                return str(record["key"])
            case _:
                return str(record["id"])

    def decoder(self, read: str, seen: Seen) -> Callable[[Record], Decoded]:
        """What turns one record of the read into entities."""
        return decoder(read, self._place, seen)

    def totals(self, seen: Seen) -> Mapping[str, str]:  # noqa: ARG002  the protocol's
        """None: the vendor states no sums and no counts."""
        return {}

    async def body(self, file: File, to: Path) -> Body:
        """Stream the file's bytes to the path."""
        return await self._client.download(file_number(file.ref), to, file.size)

    async def check(self) -> list[Check]:
        """Whether the token works, what it sees, and what of this account will not be read."""
        try:
            return await source_checks(self._client, self._place)
        except AccessDenied as denied:
            return [source_denied(str(denied))]

    # -- lists --------------------------------------------------------------------------------------------------------

    async def _rows_page(self, cursor: str | None, ask: _Ask, key: str = "id") -> Page:
        """A page, and where the next one starts; `key` identifies a row."""
        at = plan.Cursor.parse(cursor)
        rows = await ask(at.offset)
        return Page(rows, plan.next_cursor(at, [str(row[key]) for row in rows], PAGE))

    def _posted(self, path: str, key: str, fields: str, about: str = "", **body: Any) -> _Ask:
        async def ask(offset: int) -> tuple[Record, ...]:
            return await self._client.page(path, key, about or path, offset=offset, fields=fields, **body)

        return ask

    def _got(self, path: str, key: str, about: str, **query: str) -> _Ask:
        async def ask(offset: int) -> tuple[Record, ...]:
            reply = await self._client.get(path, about, offset=str(offset), pageSize=str(PAGE), **query)
            return tuple(reply.get(key) or ())

        return ask

    async def _all(self, ask: _Ask, key: str = "id") -> list[Record]:
        """All rows of a list that is known to be short, each once."""
        rows: dict[str, Record] = {}
        page = await self._rows_page(None, ask, key)
        while True:
            rows |= {str(row[key]): row for row in page.records}
            if page.next is None:
                return [*rows.values()]
            page = await self._rows_page(page.next, ask, key)

    async def _list_page(self, read: str, cursor: str | None, seen: Seen) -> Page:
        path, key, custom, body = _LISTS[read]
        ids = [str(row["id"]) for row in seen("field_index") if row["of"] == custom]
        return await self._rows_page(cursor, self._posted(path, key, asked(read, ids), f"the {read}", **body))

    async def _short_page(self, read: str) -> Page:
        """What comes whole."""
        path, key = {"project_groups": ("/project/groups", "groups"), "processes": ("/process/task", "processes")}[read]
        reply = await self._client.get(path, f"the {read}", fields="id,name")
        return Page(tuple(reply.get(key) or ()))

    async def _field_page(self, of: str) -> Page:
        """Custom fields do not say reliably whose they are, so the list they stood in is added."""
        reply = await self._client.get(f"/customfield/{of}", f"the custom fields of {of}s", fields=asked("fields"))
        return Page(tuple({**row, "of": of} for row in reply.get("customfields") or ()))

    async def _directory_page(self, id: str) -> Page:
        """A directory as one record: its entries are the values of fields."""
        path, fields = f"/directory/{id}/entry/list", "key,name,isGroup,archived"
        try:
            entries = await self._all(self._posted(path, "directoryEntries", fields, f"directory {id}"), "key")
        except Refused:  # the values themselves come with their names
            entries = []
        return Page(({"id": id, "entries": entries},))

    async def _status_page(self, process: str) -> Page:
        path = f"/process/task/{process}/statuses"
        try:
            reply = await self._client.get(path, f"the statuses of process {process}", fields=asked("statuses"))
        except Refused:  # of a process that is gone; each task names its status itself
            return Page(())
        return Page(tuple({**row, "process": process} for row in reply.get("statuses") or ()))

    async def _template_page(self, cursor: str | None) -> Page:
        ask = self._got("/task/templates", "templates", "the templates of tasks", fields="id,name,processId")
        return await self._rows_page(cursor, ask)

    # -- what hangs on tasks and projects -----------------------------------------------------------------------------

    async def _entry_page(self, tag: str, cursor: str | None, seen: Seen) -> Page:
        fields = (row.get("fields") or () for row in seen("data_tags") if str(row["id"]) == tag)
        names = asked("entries", (str(one["id"]) for held in fields for one in held))
        ask = self._posted(f"/datatag/{tag}/entry/list", "dataTagEntries", names, f"the entries of data tag {tag}")
        return await self._rows_page(cursor, ask, "key")

    async def _comment_page(self, scope: str, cursor: str | None, seen: Seen) -> Page:
        """Comments of one task, or of some days; task by task if the account has no list by days, or does not heed them."""
        if scope.startswith("task:"):
            path = f"/task/{scope.removeprefix('task:')}/comments/list"
            ask = self._posted(path, "comments", asked("comments"), f"the comments of {scope}", **_COMMENTS)
            return await self._rows_page(cursor, ask)
        if scope and (page := await self._days_page(scope, cursor)):
            return page
        slices = plan.comment_slices(plan.tasks(seen("tasks")))
        first = await self._days_page(slices[0], None) if slices and not scope else None
        if first is None:
            return Page((), split=self._task_scopes(seen))
        # Comments older than all tasks are the exception: the first answer shows whether there are any.
        return Page((), split=slices if first.records else slices[1:])

    async def _days_page(self, days: str, cursor: str | None) -> Page | None:
        """Comments of the account; None if it has no such list (the vendor contract, section 8, 14), or does not heed the days."""
        about, asks = f"the comments of {days}", {**_COMMENTS, "filters": [plan.comment_filter(days)]}
        try:
            page = await self._rows_page(
                cursor, self._posted("/comment/list", "comments", asked("comments"), about, **asks)
            )
        except Refused:
            return None
        return page if plan.heeds(days, page.records, self._place.zone) else None

    @staticmethod
    def _task_scopes(seen: Seen) -> tuple[str, ...]:
        return tuple(plan.scopes_of("task", plan.tasks(seen("tasks"))))

    async def _checklist_page(self, task: str) -> Page:
        """A task's checklist as one record: only together its lines have an order."""
        ask = self._posted(f"/task/{task}/checklist/list", "items", asked("items"), f"the checklist of task {task}")
        items = await self._all(ask)
        return Page(({"id": task, "items": items},) if items else ())

    async def _project_file_page(self, project: str, cursor: str | None) -> Page:
        """Files do not say which project they were listed for, so it is added."""
        page = await self._rows_page(
            cursor, self._got(f"/project/{project}/files", "files", f"the files of project {project}")
        )
        return Page(tuple({**row, "projectId": project} for row in page.records), page.next)
