"""Writing tasks: create, change, close, reopen, subscribe."""

from __future__ import annotations

from migrator.sandbox.worksection import files, tags
from migrator.sandbox.worksection.ask import Answer, Ask, Record, midnight
from migrator.sandbox.worksection.projects import open_project
from migrator.sandbox.worksection.refusal import Refusal, bad_email, bad_task, closed_task, required
from migrator.sandbox.worksection.state import Account
from migrator.sandbox.worksection.text import TITLE_LIMIT, escaped, written
from migrator.sandbox.worksection.views import TaskViews, shown

LEVELS = 3
_NOT_EDITABLE = (
    "email_user_from",
    "text",
    "todo",
    "subscribe",
    "hidden",
    "mention",
    "id_parent",
    "files",
)


def post_task(account: Account, ask: Ask) -> Answer:
    """Create a task or subtask. The reply has no tags, and no text unless extra asks (section 5)."""
    project = open_project(account, ask)
    parent = _parent(account, ask, project)
    author = account.author(ask)
    record: Record = {"name": ask.needed("title")[:TITLE_LIMIT], "project": project["id"], "status": "active"}
    record |= {"parent": parent["id"]} if parent else {}
    record |= {"priority": "1", "user_from": author, "user_to": "NOONE", "date_added": ask.moment}
    mentioned = [account.users[user]["name"] for user in account.users_by_email(ask.names("mention"))]
    record["text"] = escaped(written(ask.text("text") or "", ask.items("todo"), mentioned))
    if hidden := account.users_by_email(ask.names("hidden")):
        record["hidden"] = hidden
    subscribed = account.users_by_email(ask.names("subscribe"))
    record |= _changes(account, ask, project)
    _demand(project, record)
    involved = [author, *([record["user_to"]] if record["user_to"] in account.users else []), *subscribed]
    record["subscribers"] = list(dict.fromkeys(involved))
    uploaded = files.uploaded(account, ask)
    task = account.add("tasks", record)
    files.attach(account, ask, {"task": task["id"]}, author, uploaded)
    account.note(ask, "post", _as_object(account, task), new={"name": task["name"]})
    views = TaskViews(account, ask, ask.extras() & {"text", "html"})
    return {"data": views.full(task, tags=False) | views.parents(task)}


def update_task(account: Account, ask: Ask) -> Answer:
    """Change an open or closed task; what is not sent stays, tags are overwritten."""
    task = account.task(ask, ask.needed("id_task"))
    for name in _NOT_EDITABLE:
        if name in ask.params:
            raise required(name)
    changes = _changes(account, ask, account.projects[task["project"]])
    if title := ask.text("title"):
        changes["name"] = title[:TITLE_LIMIT]
    if closed := ask.day("dateclosed"):
        if task["status"] != "done":
            raise required("dateclosed")
        changes["date_closed"] = midnight(closed)
    old = shown(task, *changes)
    task |= changes
    account.note(ask, "update", _as_object(account, task), new=changes, old=old)
    return {"data": TaskViews(account, ask, frozenset()).full(task)}


def _changes(account: Account, ask: Ask, project: Record) -> Record:
    """What create and update have in common, checked and ready to store; nothing is stored here."""
    changes: Record = {}
    if (assignee := ask.text("email_user_to")) is not None:
        changes["user_to"] = _assignee(account, project, assignee)
    if (priority := ask.text("priority")) is not None:
        if priority not in map(str, range(11)):
            raise required("priority")
        changes["priority"] = priority
    for name, key in (("datestart", "date_start"), ("dateend", "date_end")):
        if day := ask.day(name):
            changes[key] = day
    for name in ("max_time", "max_money"):
        if (number := ask.number(name)) is not None:
            changes[name] = number
    if ask.text("tags") is not None:
        changes["tags"] = tags.find(account, tags.TASK, ask.names("tags"), project.get("tag_groups", []))
    return changes


def _assignee(account: Account, project: Record, email: str) -> str:
    """ANY, NOONE (also for an empty value) or the id of a user who is in the project. Raises Refusal 11."""
    if email in ("", "NOONE"):
        return "NOONE"
    if email == "ANY":
        return "ANY"
    user = str(account.user_by_email(email)["id"])
    if user not in project.get("users", []):
        raise bad_email(email)
    return user


def _parent(account: Account, ask: Ask, project: Record) -> Record | None:
    """The parent a subtask asks for. Raises Refusal: 5 if it cannot have children there, 8 if it is closed."""
    identity = ask.text("id_parent")
    if not identity:
        return None
    parent = account.task(ask, identity)
    if parent["project"] != project["id"] or len(list(account.ancestors(parent))) >= LEVELS - 1:
        raise bad_task()
    if parent["status"] == "done":
        raise closed_task()
    return parent


def _demand(project: Record, record: Record) -> None:
    """What the project's require_* options ask of a new task; they bind the admin key too. Raises Refusal 10."""
    options = project.get("options", {})
    needs = (
        ("require_term", "date_end", "dateend"),
        ("require_tag", "tags", "tags"),
        ("require_limit", "max_time", "max_time"),
        ("require_hidden", "hidden", "hidden"),
    )
    for option, key, parameter in needs:
        if options.get(option) and not record.get(key):
            raise required(parameter)


def complete_task(account: Account, ask: Ask) -> Answer:
    """Close a task. The reply shows it as it was before, still active (section 5)."""
    task = account.task(ask, ask.needed("id_task"))
    if task["status"] == "done":
        raise Refusal(12, "Task is already closed")
    if any(child["status"] == "active" for child in account.children(task)):
        raise Refusal(13, "Task has children")
    options = account.projects[task["project"]].get("options", {})
    if options.get("time_require") and not any(cost["task"] == task["id"] for cost in account.costs.values()):
        raise required("time")
    before = TaskViews(account, ask, frozenset()).full(task)
    task |= {"status": "done", "date_closed": ask.moment}
    account.note(ask, "close", _as_object(account, task))
    return {"data": before}


def reopen_task(account: Account, ask: Ask) -> Answer:
    """Open a closed task again."""
    task = account.task(ask, ask.needed("id_task"))
    if task["status"] == "active":
        raise Refusal(12, "Task is already active")
    if any(parent["status"] == "done" for parent in account.ancestors(task)):
        raise Refusal(14, "Parent task is done")
    task["status"] = "active"
    task.pop("date_closed", None)
    account.note(ask, "reopen", _as_object(account, task))
    return {}


def subscribe(account: Account, ask: Ask) -> Answer:
    """Subscribe one user; repeating is harmless."""
    task, user = _subscription(account, ask)
    task["subscribers"] = list(dict.fromkeys([*task.get("subscribers", []), user]))
    return {}


def unsubscribe(account: Account, ask: Ask) -> Answer:
    """Unsubscribe one user; repeating is harmless."""
    task, user = _subscription(account, ask)
    task["subscribers"] = [held for held in task.get("subscribers", []) if held != user]
    return {}


def _subscription(account: Account, ask: Ask) -> tuple[Record, str]:
    task = account.task(ask, ask.needed("id_task"))
    return task, str(account.user_by_email(ask.needed("email_user"))["id"])


def _as_object(account: Account, task: Record) -> Record:
    return {"type": "task", "id": task["id"], "page": account.task_page(task)}
