"""Comments on tasks of HubEx: read in the plural (`conversations`), written in the singular (`conversation`).

Vendor contract, sections 4.3, 5, 6, gotchas 35, 36. `created` is always now and the author always the caller: `userID` is passed over
(section 10). Ids count within one task, as in the vendor's sample. The account-wide list has the last comment of each task only.
"""

from __future__ import annotations

import re

from migrator.sandbox.hubex import filters, shapes
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.changes import accept
from migrator.sandbox.hubex.files import keep_upload, storable
from migrator.sandbox.hubex.inputs import data_of, flag, number, text
from migrator.sandbox.hubex.paging import as_array, total
from migrator.sandbox.hubex.wire import Record, Refusal, created, found, invalid, missing
from migrator.sandbox.server import Reply, Upload

_FILTERS = {
    "searchText": filters.search(lambda _, row: [row.get("message")]),
    "isRead": filters.switch(lambda _, row: bool(row.get("isRead"))),
}
_COUNTED = {**_FILTERS, "isExternal": filters.switch(lambda _, row: bool(row.get("isExternal")))}
_PART = re.compile(r"attachments\[(\d+)\]\.file", re.IGNORECASE)


def of_task(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/conversations: both chats together, the oldest first."""
    rows = filters.select(ask, _live(ask.task()), _FILTERS)
    return as_array(ask, rows, lambda row: _shown(ask, row))


def count_of_task(ask: Ask) -> Reply:
    """HEAD /WORK/Tasks/{id}/conversations."""
    return total(len(filters.select(ask, _live(ask.task()), _COUNTED)))


def one(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/conversations/{n}."""
    return found(_shown(ask, comment(ask)))


def last_of_all(ask: Ask) -> Reply:
    """GET /WORK/TaskConversations: the last comment of each task, with the task and its asset."""

    def shape(pair: Record) -> Record:
        task, row = pair["task"], pair["row"]
        asset = ask.state.get("assets", task.get("assetID")) or {}
        shown = {key: value for key, value in _shown(ask, row).items() if key not in ("delivery", "read")}
        return {
            **shown,
            "task": {key: task.get(key) for key in ("id", "number", "notes")},
            "asset": {key: asset.get(key) for key in ("id", "name", "deleted")},
        }

    return as_array(ask, _last(ask), shape)


def count_of_all(ask: Ask) -> Reply:
    """HEAD /WORK/TaskConversations."""
    return total(len(_last(ask)))


def create(ask: Ask) -> Reply:
    """POST /WORK/Tasks/{id}/conversation {message, isExternal, attachments[]}: [{taskID, id}]."""
    task, body = ask.task(change=True), ask.single()
    files = [storable(ask, key)["id"] for key in data_of({"data": body.get("attachments") or []})]
    message = text()(ask.state, body.get("message") or "")
    external = flag(ask.state, body["isexternal"]) if body.get("isexternal") is not None else False
    if not message.strip() and not files:
        raise missing()
    row = _append(ask, task, message, external=external, files=files)
    return created([{"taskID": task["id"], "id": row["id"]}])


def create_with_files(ask: Ask) -> Reply:
    """POST /WORK/Tasks/{id}/conversation/upload/fromForm: IsExternal, Message, Attachments.Index, Attachments[0].File [qa]."""
    task = ask.task(change=True)
    try:
        fields, uploads = ask.call.form()
    except ValueError as error:
        raise invalid() from error
    known = {key.lower(): value for key, value in fields.items()}
    files = [upload for upload in uploads if _PART.fullmatch(upload.field)]
    if not files or known.get("attachments.index") is None:
        raise missing()
    kept = [_keep(ask, known, upload) for upload in files]
    external = known.get("isexternal", "false").lower() == "true"
    row = _append(ask, task, known.get("message", ""), external=external, files=[file["id"] for file in kept])
    return created(
        [
            {
                "taskID": task["id"],
                "taskConversationID": row["id"],
                "attachmentID": file["id"],
                "md5Hash": file["md5"],
                "fileName": file["fileName"],
                "isProtected": False,
            }
            for file in kept
        ]
    )


def delete(ask: Ask) -> Reply:
    """DELETE /WORK/TaskConversations, array of {taskID, data[id]}: soft, and not to be taken back."""
    doomed = []
    for row in ask.rows():
        task = ask.task(key=number(ask.state, row.get("taskid")))
        keys = data_of(row)
        doomed += [one for one in task.get("conversations", []) if one["id"] in keys]
    now = ask.now

    def apply() -> None:
        for row in doomed:
            row["deleted"] = now

    return accept(ask, apply)


def comment(ask: Ask) -> Record:
    """The comment of the path. Raises Refusal."""
    for row in _live(ask.task()):
        if row["id"] == int(ask.path["comment"]):
            return row
    raise Refusal(404, "TaskConversationNotFound", "Сообщение не найдено")


def _live(task: Record) -> list[Record]:
    return [row for row in task.get("conversations", []) if not row.get("deleted")]


def _last(ask: Ask) -> list[Record]:
    rows = [
        {"task": task, "row": live[-1], "message": live[-1].get("message"), "isRead": live[-1].get("isRead")}
        for task in ask.state.tasks.values()
        if ask.sees_task(task) and (live := _live(task))
    ]
    return filters.select(ask, rows, _FILTERS)


def _append(ask: Ask, task: Record, message: str, *, external: bool, files: list[int]) -> Record:
    rows = task.setdefault("conversations", [])
    row = {"id": max((one["id"] for one in rows), default=0) + 1, "created": ask.now, "message": message}
    row |= {"isExternal": external, "userID": int(ask.user), "attachments": files}
    rows.append(row)
    ask.state.notifications += 1
    return row


def _keep(ask: Ask, fields: dict[str, str], upload: Upload) -> Record:
    index = (_PART.fullmatch(upload.field) or ["", "0"])[1]
    prefix = f"attachments[{index}]."
    own = {key.removeprefix(prefix): value for key, value in fields.items() if key.startswith(prefix)}
    return keep_upload(ask, own, upload, near=[])


def _shown(ask: Ask, row: Record) -> Record:
    files = [ask.state.attachments[str(key)] for key in row.get("attachments", []) if str(key) in ask.state.attachments]
    shown = [shapes.file(file, ask.call.base) for file in files if not file.get("deleted")]
    keys = [file["id"] for file in files if not file.get("deleted")]
    return {
        **{key: row.get(key) for key in ("id", "created", "message")},
        "isExternal": bool(row.get("isExternal")),
        "author": shapes.person(ask.state, row.get("userID"), rate=False),
        "attachment": [
            {"id": key, "fileName": one["fileName"], "publicUrl": one["publicUrl"]}
            for key, one in zip(keys, shown, strict=True)
        ],
        "delivery": {"toAnyone": True, "toAll": True, "toCurrentUser": row.get("created")},
        "read": {"byAnyone": bool(row.get("isRead")), "byAll": bool(row.get("isRead")), "isReadExpected": False},
    }
