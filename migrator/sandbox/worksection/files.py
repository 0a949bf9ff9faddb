"""Files: where they hang, how they come in (attach[n], upload_files) and how they go out (download)."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

from migrator.sandbox.server import Reply
from migrator.sandbox.worksection.ask import Answer, Ask, Record
from migrator.sandbox.worksection.refusal import Refusal, required
from migrator.sandbox.worksection.state import Account
from migrator.sandbox.worksection.views import capped, file_page, listed, sees_comment

_ATTACH = re.compile(r"attach\[\d+\]")


def get_files(account: Account, ask: Ask) -> Answer:
    """Files of a project (its description and Files section only) or of a task (its description and comments)."""
    if identity := ask.text("id_task"):
        task = account.task(ask, identity)
        held_comments = [
            one for one in account.comments.values() if one["task"] == task["id"] and sees_comment(ask, one)
        ]
        comments = {comment["id"] for comment in held_comments}
        held = [
            file for file in account.files.values() if file.get("task") == task["id"] or file.get("comment") in comments
        ]
    else:
        project = account.project(ask, ask.needed("id_project"))
        held = [file for file in account.files.values() if file.get("project") == project["id"]]
    return listed([_row(account, file) for file in capped(held, "files")])


def _row(account: Account, file: Record) -> Record:
    return {
        "id": file["id"],
        "page": file_page(file),
        "name": file["name"],
        "size": str(len(file["content"])),
        "date_added": file["date_added"],
        "user_from": account.ref(file["user_from"]),
    }


def download(account: Account, ask: Ask) -> Reply:
    """The bytes of a file. Raises Refusal 4 for an unknown id: HTTP 200 with JSON (section 8, gotcha 24)."""
    file = account.files.get(ask.needed("id_file"))
    if file is None or not _readable(account, ask, file):
        raise Refusal(4, "File not found")
    head = {
        "Content-Type": "application/x-download",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file['name'], safe='')}",
        "ETag": f'"{hashlib.md5(file["content"]).hexdigest()}"',
    }
    return Reply(200, file["content"], head)


def _readable(account: Account, ask: Ask, file: Record) -> bool:
    if "project" in file:
        project = account.projects.get(file["project"])
        return project is not None and account.sees_project(ask, project)
    comment = account.comments.get(file.get("comment", ""), {})
    task = account.tasks.get(file.get("task") or comment.get("task", ""))
    return task is not None and account.sees_task(ask, task) and sees_comment(ask, comment)


def upload_files(account: Account, ask: Ask) -> Answer:
    """Keep the parts named `files[]` until a post_task names them."""
    parts = [upload for upload in ask.uploads if upload.field == "files[]"]
    if not parts:
        raise required("files")
    rows = []
    for upload in parts:
        identity = hashlib.md5(f"{len(account.uploads)}:{upload.name}".encode()).hexdigest()
        account.uploads[identity] = {"name": upload.name, "content": upload.content}
        extension = upload.name.rpartition(".")[2].lower() if "." in upload.name else ""
        rows.append({"id": identity, "ext": extension, "name": upload.name, "icon": extension or None, "error": None})
    return {"data": rows}


def uploaded(account: Account, ask: Ask) -> list[Record]:
    """The earlier uploads a post_task names in `files`, taken out of the waiting room. Raises Refusal 4 for an unknown one."""
    sent = ask.params.get("files")
    rows = sent if isinstance(sent, list) else []
    names = [str(row.get("id", "")) for row in rows if isinstance(row, dict)]
    if any(name not in account.uploads for name in names):
        raise Refusal(4, "File not found")
    return [account.uploads.pop(name) for name in dict.fromkeys(names)]


def attach(account: Account, ask: Ask, place: Record, author: str, earlier: list[Record] | None = None) -> None:
    """Hang the `attach[n]` parts of this call, and earlier uploads, on a new object; other parts are not looked at."""
    parts = [{"name": one.name, "content": one.content} for one in ask.uploads if _ATTACH.fullmatch(one.field)]
    for part in [*(earlier or []), *parts]:
        account.add("files", part | place | {"user_from": author, "date_added": ask.moment})
