"""Comments of a task: read newest first, written once, never changed by API."""

from __future__ import annotations

from migrator.sandbox.worksection import files
from migrator.sandbox.worksection.ask import Answer, Ask, Record
from migrator.sandbox.worksection.refusal import bad_project, closed_task, one_required
from migrator.sandbox.worksection.state import Account
from migrator.sandbox.worksection.text import written
from migrator.sandbox.worksection.views import (
    capped,
    comment_view,
    file_brief,
    grouped,
    listed,
    newest_first,
    sees_comment,
)


def get_comments(account: Account, ask: Ask) -> Answer:
    """All comments of a task, with their files if extra asks."""
    task = account.task(ask, ask.needed("id_task"))
    held = [one for one in account.comments.values() if one["task"] == task["id"] and sees_comment(ask, one)]
    attached = grouped(account.files.values(), "comment") if "files" in ask.extras() else {}
    rows = []
    for comment in newest_first(capped(held, "comments")):
        own = [file_brief(file) for file in attached.get(comment["id"], [])]
        rows.append(comment_view(account, ask, comment) | ({"files": own} if own else {}))
    return listed(rows)


def post_comment(account: Account, ask: Ask) -> Answer:
    """Write a comment: text or checklist, and files only beside one of them. Closed tasks take none."""
    task = account.task(ask, ask.needed("id_task"))
    text, todo = ask.text("text") or "", ask.items("todo")
    if not text.strip() and not todo:
        raise one_required("text", "todo")
    if account.projects[task["project"]]["status"] == "archive":
        raise bad_project()
    if task["status"] == "done":
        raise closed_task()
    author = account.author(ask)
    mentioned = [account.users[user]["name"] for user in account.users_by_email(ask.names("mention"))]
    record: Record = {"task": task["id"], "text": written(text, todo, mentioned), "user_from": author}
    record["date_added"] = ask.moment
    if hidden := account.users_by_email(ask.names("hidden")):
        record["hidden"] = hidden
    comment = account.add("comments", record)
    files.attach(account, ask, {"comment": comment["id"]}, author)
    view = comment_view(account, ask, comment)
    account.note(
        ask, "post", {"type": "comment", "id": comment["id"], "page": view["page"]}, new={"text": comment["text"]}
    )
    return {"data": view}
