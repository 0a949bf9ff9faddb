"""Reading tasks: the two lists, one task, the search."""

from __future__ import annotations

from migrator.sandbox.worksection import filters
from migrator.sandbox.worksection.ask import Answer, Ask, Record
from migrator.sandbox.worksection.refusal import one_required, required, too_many
from migrator.sandbox.worksection.state import Account
from migrator.sandbox.worksection.views import ROWS_MAX, TaskViews, capped, custom_fields_of, listed

_LIST_EXTRAS = frozenset({"text", "html", "files", "comments", "relations", "subtasks", "tags"})
_SCOPES = ("id_project", "id_task", "email_user_from", "email_user_to", "filter")


def get_all_tasks(account: Account, ask: Ask) -> Answer:
    """Tasks of the account: without archived projects unless `archive`, without subtasks unless `subtasks`."""
    views = _views(account, ask, _LIST_EXTRAS)
    archived = {key for key, project in account.projects.items() if project["status"] == "archive"}
    wanted = [
        task
        for task in account.tasks.values()
        if not task.get("parent") and ("archive" in ask.extras() or task["project"] not in archived)
    ]
    return {"data": _trees(views, wanted, project=True)}


def get_tasks(account: Account, ask: Ask) -> Answer:
    """Tasks of one project, archived or not; they do not name their project again."""
    views = _views(account, ask, _LIST_EXTRAS | {"subscribers"})
    project = account.project(ask, ask.needed("id_project"))
    wanted = [task for task in account.tasks.values() if task["project"] == project["id"] and not task.get("parent")]
    return {"data": _trees(views, wanted, project=False)}


def get_task(account: Account, ask: Ask) -> Answer:
    """One task with its parents, and its children in brief."""
    views = _views(account, ask, _LIST_EXTRAS | {"subscribers"})
    task = account.task(ask, ask.needed("id_task"))
    view = views.full(task) | views.parents(task)
    if "custom_fields" in ask.extras():
        view |= custom_fields_of(task, account.task_custom_fields)
    children = views.brief_tree(task).get("child", [])
    return {"data": view | ({"child": children} if children else {})}


def search_tasks(account: Account, ask: Ask) -> Answer:
    """Tasks of any level in one flat list. Archived projects only when `id_project` or `id_task` asks for them."""
    if not any(ask.text(name) for name in _SCOPES):
        raise one_required(*_SCOPES)
    if ask.text("status") not in (None, "", "active", "done"):
        raise required("status")
    views = TaskViews(account, ask, ask.extras() & {"text", "html", "files"})
    found = [task for task in _in_scope(account, ask) if views.visible(task)]
    if status := ask.text("status"):
        found = [task for task in found if task["status"] == status]
    if text := ask.text("filter"):
        test = _task_filter(text)
        found = [task for task in found if test(task)]
    return listed([views.full(task) for task in capped(found, "tasks")])


def _in_scope(account: Account, ask: Ask) -> list[Record]:
    """The tasks that the parameters other than filter and status leave."""
    tasks = list(account.tasks.values())
    if identity := ask.text("id_project"):
        project = account.project(ask, identity)
        tasks = [task for task in tasks if task["project"] == project["id"]]
    if identity := ask.text("id_task"):
        tasks = [account.task(ask, identity)]
    if not ask.text("id_project") and not ask.text("id_task"):
        tasks = [task for task in tasks if account.projects[task["project"]]["status"] != "archive"]
    for name in ("email_user_from", "email_user_to"):
        if email := ask.text(name):
            key = name.removeprefix("email_")
            identity = email if email in ("ANY", "NOONE") else str(account.user_by_email(email)["id"])
            tasks = [task for task in tasks if (task.get(key) or "NOONE") == identity]
    return tasks


def _task_filter(text: str) -> filters.Test:
    """The grammar of the vendor contract, section 4; status, tags and text are not in it."""
    return filters.parse(
        text,
        numbers={
            "id": lambda task: task["id"],
            "project": lambda task: task["project"],
            "parent": lambda task: task.get("parent"),
        },
        strings={"name": lambda task: task["name"]},
        days={
            "dateadd": lambda task: task["date_added"],
            "datestart": lambda task: task.get("date_start"),
            "dateend": lambda task: task.get("date_end"),
            "dateclose": lambda task: task.get("date_closed"),
        },
    )


def _views(account: Account, ask: Ask, extras: frozenset[str]) -> TaskViews:
    if ask.text("filter") not in (None, "", "active"):
        raise required("filter")
    return TaskViews(account, ask, ask.extras() & extras)


def _trees(views: TaskViews, tasks: list[Record], *, project: bool) -> list[Record]:
    """The visible tasks with their children; children count towards the cap."""
    trees = [views.tree(task, project=project) for task in tasks if views.visible(task)]
    if views.rows > ROWS_MAX:
        raise too_many("tasks")
    return trees
