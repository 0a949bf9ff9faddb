"""Stored records as the API shows them: key order, types and omissions of the vendor contract, section 4."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property

from migrator.sandbox.worksection.ask import Ask, Record
from migrator.sandbox.worksection.refusal import too_many
from migrator.sandbox.worksection.state import NO_MANAGER, Account
from migrator.sandbox.worksection.text import plain

ROWS_MAX = 10_000
COMMENTS_SHOWN = 5

OPTIONS = (
    "allow_close", "allow_give", "allow_term", "allow_limit",
    "require_term", "require_tag", "require_limit", "require_hidden",
    "deny_comments_edit", "deny_task_edit", "deny_task_delete",
    "time_require", "time_today", "timer_only",
)  # fmt: skip


def capped(rows: list[Record], what: str) -> list[Record]:
    """The rows, if a response may hold that many. Raises Refusal: there is no short list."""
    if len(rows) > ROWS_MAX:
        raise too_many(what)
    return rows


def listed(rows: list[Record]) -> Record:
    """An envelope in which `data` is missing when there is nothing to list (section 3)."""
    return {"data": rows} if rows else {}


def shown(record: Record, *keys: str) -> Record:
    """The keys that the record has; the rest is omitted, not null."""
    return {key: record[key] for key in keys if key in record}


def grouped(records: Iterable[Record], key: str) -> dict[str, list[Record]]:
    """Records by the value of a key, for lists that would otherwise search once per row."""
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if key in record:
            groups[record[key]].append(record)
    return groups


def text_of(account: Account, ask: Ask, record: Record, extra: frozenset[str]) -> Record:
    """The `text` key, as html or plain; absent unless asked for, "" if there is none."""
    text = account.linked(record.get("text", ""), ask.base)
    if "html" in extra:
        return {"text": text}
    return {"text": plain(text)} if "text" in extra else {}


def tags_of(record: Record, tags: dict[str, Record]) -> Record:
    """The `tags` key, an object of id -> name; absent if there are none."""
    held = {identity: tags[identity]["title"] for identity in record.get("tags", [])}
    return {"tags": held} if held else {}


def custom_fields_of(record: Record, fields: dict[str, Record]) -> Record:
    """The `custom_fields` key: only fields that have a value."""
    values = record.get("custom_fields", {})
    return {
        "custom_fields": [
            shown(fields[identity], "id", "type", "name") | {"value": value} for identity, value in values.items()
        ]
    }


def project_view(account: Account, ask: Ask, project: Record, extra: frozenset[str]) -> Record:
    """A project of get_projects, get_project and the replies of writes."""
    view = {"id": project["id"], "name": project["name"], "page": f"/project/{project['id']}/"}
    view |= shown(project, "status", "company")
    view["user_from"] = account.ref(project["user_from"])
    view["user_to"] = account.ref(project.get("user_to", ""), NO_MANAGER)
    view |= text_of(account, ask, project, extra)
    view |= shown(project, "date_added", "date_start", "date_end", "date_closed")
    if "options" in extra:
        view["options"] = {name: int(project.get("options", {}).get(name, 0)) for name in OPTIONS}
    view |= shown(project, "max_time", "max_money") | tags_of(project, account.project_tags)
    if "users" in extra:
        view["users"] = [account.ref(user) for user in project.get("users", [])]
    return view


def project_brief(project: Record) -> Record:
    """A project as a task names it."""
    return {"id": project["id"], "name": project["name"], "page": f"/project/{project['id']}/"}


def comment_view(account: Account, ask: Ask, comment: Record) -> Record:
    """A comment; its text is plain only."""
    return {
        "id": comment["id"],
        "page": f"{account.task_page(account.tasks[comment['task']])}#com{comment['id']}",
        "text": account.linked(comment["text"], ask.base),
        "date_added": comment["date_added"],
        "user_from": account.ref(comment["user_from"]),
    }


def file_brief(file: Record) -> Record:
    """A file as a task or comment lists it; size is a string of bytes."""
    return {"id": file["id"], "size": str(len(file["content"])), "name": file["name"], "page": file_page(file)}


def file_page(file: Record) -> str:
    """`/download/ID/`, with the version after it where the file has several."""
    return f"/download/{file['id']}/" + (f"{file['version']}/" if file.get("version") else "")


class TaskViews:
    """Tasks as one response shows them; the look-ups are built once per response."""

    def __init__(self, account: Account, ask: Ask, extra: frozenset[str] | None = None) -> None:
        self.account = account
        self.ask = ask
        self.extra = ask.extras() if extra is None else extra
        self.only_active = ask.text("filter") == "active"
        self.rows = 0

    def brief(self, task: Record) -> Record:
        """Five keys: how parents, relations and get_task's children look."""
        return {
            "id": task["id"],
            "name": task["name"],
            "page": self.account.task_page(task),
            "status": task["status"],
            "priority": str(task.get("priority", "1")),
        }

    def full(self, task: Record, *, project: bool = True, tags: bool = True) -> Record:
        """A task with its extras, without its children."""
        self.rows += 1
        view = self.brief(task)
        view["user_from"] = self.account.ref(task["user_from"])
        view["user_to"] = self.account.ref(task.get("user_to", ""))
        if project:
            view["project"] = project_brief(self.account.projects[task["project"]])
        view |= text_of(self.account, self.ask, task, self.extra) | shown(task, "date_added", "date_start", "date_end")
        if task["status"] == "done":
            view |= shown(task, "date_closed")
        view |= shown(task, "time_start", "time_end", "max_time", "max_money")
        if tags:
            view |= tags_of(task, self.account.task_tags)
        return view | self._extras(task)

    def tree(self, task: Record, *, project: bool = True, top: bool = True) -> Record:
        """A task with its children as full tasks, as the lists show it. A child's tags need `tags` in extra (W2W)."""
        view = self.full(task, project=project, tags=top or "tags" in self.extra)
        return self._with_children(view, task, lambda child: self.tree(child, project=project, top=False))

    def brief_tree(self, task: Record) -> Record:
        """A child of get_task: brief, with brief children of its own."""
        return self._with_children(self.brief(task), task, self.brief_tree)

    def visible(self, task: Record) -> bool:
        """Whether this response shows the task at all; `filter=active` leaves closed ones out."""
        return self.account.sees_task(self.ask, task) and not (self.only_active and task["status"] == "done")

    def parents(self, task: Record) -> Record:
        """The `parent` key, nested upward; absent on top-level tasks."""
        view: Record = {}
        for parent in reversed(list(self.account.ancestors(task))):
            view = {"parent": self.brief(parent) | view}
        return view

    def _with_children(self, view: Record, task: Record, show: Callable[[Record], Record]) -> Record:
        if "subtasks" in self.extra:
            children = [show(child) for child in self._children.get(task["id"], []) if self.visible(child)]
            return view | ({"child": children} if children else {})
        return view

    def _extras(self, task: Record) -> Record:
        view: Record = {}
        if "files" in self.extra and (files := self._files.get(task["id"])):
            view["files"] = [file_brief(file) for file in files]
        if "comments" in self.extra:
            newest = [one for one in self._comments.get(task["id"], []) if sees_comment(self.ask, one)][:COMMENTS_SHOWN]
            view["has_comments"] = 1 if newest else 0
            if newest:
                view["comments"] = [comment_view(self.account, self.ask, comment) for comment in newest]
        if "subscribers" in self.extra and task.get("subscribers"):
            view["subscribers"] = [self.account.ref(user) for user in task["subscribers"]]
        if "relations" in self.extra and (relations := self._relations_of(task)):
            view["relations"] = relations
        return view

    def _relations_of(self, task: Record) -> Record:
        """`from` holds the predecessors, `to` the successors; an empty side is absent."""
        sides: dict[str, list[Record]] = {}
        for side, mine, theirs in (("to", "from", "to"), ("from", "to", "from")):
            for relation in self._relations[mine].get(task["id"], []):
                other = self.account.tasks.get(relation[theirs])
                if other and self.account.sees_task(self.ask, other):
                    sides.setdefault(side, []).append({"type": relation["type"], "task": self.brief(other)})
        return dict(sides)

    @cached_property
    def _children(self) -> dict[str, list[Record]]:
        return grouped(self.account.tasks.values(), "parent")

    @cached_property
    def _relations(self) -> dict[str, dict[str, list[Record]]]:
        return {end: grouped(self.account.relations, end) for end in ("from", "to")}

    @cached_property
    def _files(self) -> dict[str, list[Record]]:
        return grouped(self.account.files.values(), "task")

    @cached_property
    def _comments(self) -> dict[str, list[Record]]:
        return {task: newest_first(held) for task, held in grouped(self.account.comments.values(), "task").items()}


def newest_first(comments: list[Record]) -> list[Record]:
    """Comments as every list shows them; of one minute, the later id first."""
    return sorted(comments, key=lambda comment: (comment["date_added"], int(comment["id"])), reverse=True)


def sees_comment(ask: Ask, comment: Record) -> bool:
    """A hidden comment is seen by those it names, its author, and administrators."""
    hidden = comment.get("hidden", [])
    if not hidden or ask.all_seeing or ask.user is None:
        return True
    return ask.user["id"] in (*hidden, comment["user_from"])
