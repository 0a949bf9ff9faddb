"""Files of HubEx: uploads in one step and in two, links to tasks, assets and works, lists, deletion.

Vendor contract, sections 4.4, 5, 6. The MD5 shows in the answer to an upload only. The same name and bytes on the same task are refused
unless `isIgnorePossibleDuplication`; a given `Md5Hash` must be right; `Uid` is never shown.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping

from migrator.sandbox.hubex import filters, inputs, shapes
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.changes import accept, accept_all
from migrator.sandbox.hubex.inputs import Field, data_of, guid, number, objects_of, read, text
from migrator.sandbox.hubex.paging import as_array, as_map
from migrator.sandbox.hubex.wire import Record, created, found, invalid, missing, not_possible, nothing
from migrator.sandbox.server import Reply, Upload

_BODY = (
    *(Field("fileName", text(), required=True), Field("contentType", text(), required=True)),
    *(Field("file", text(), required=True), Field("description", text()), Field("md5Hash", text())),
    *(Field("uid", guid), Field("isPublic", inputs.flag), Field("isIgnorePossibleDuplication", inputs.flag)),
)
_FILTERS = {
    "attachmentID": filters.equals("id"),
    "isDeleted": filters.present("deleted"),
    "taskID": filters.number(lambda ask, row, value: row["id"] in _all_of_task(ask, value)),
    "assetID": filters.number(
        lambda ask, row, value: row["id"] in (ask.state.get("assets", value) or {}).get("attachments", [])
    ),
}


def of_task(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/attachments: a map; files of comments and works are not among them."""
    return as_map(ask, _live(ask, ask.task().get("attachments", [])), lambda row: shapes.file(row, ask.call.base))


def list_all(ask: Ask) -> Reply:
    """GET /COMMON/Attachments?taskID=&assetID=&attachmentID=: rows without a taskID, so many tasks only prove that there are files."""
    rows = filters.select(ask, ask.state.attachments.values(), _FILTERS)
    return as_map(ask, rows, lambda row: {"id": row["id"], **shapes.file(row, ask.call.base)})


def one(ask: Ask) -> Reply:
    """GET /COMMON/Attachments/{id}/this."""
    row = ask.state.attachments.get(ask.path["file"])
    return nothing() if row is None else found({"id": row["id"], **shapes.file(row, ask.call.base)})


def upload(ask: Ask) -> Reply:
    """POST /COMMON/Attachments/upload/fromForm: the first of two steps; the hash is called checkSum here."""
    fields, part = _form(ask)
    return created(_with_sum(keep_upload(ask, fields, part, near=[])))


def upload_to_task(ask: Ask) -> Reply:
    """POST /WORK/TaskAttachments/upload/fromForm."""
    fields, part = _form(ask)
    task = ask.task(change=True, key=_required_id(fields, "taskid"))
    file = keep_upload(ask, fields, part, near=task.get("attachments", []))
    task.setdefault("attachments", []).append(file["id"])
    return created(_of_task(task, file))


def upload_body_to_task(ask: Ask) -> Reply:
    """POST /WORK/TaskAttachments/upload/fromBody: JSON with the file in base64."""
    body = ask.single()
    taken = read(ask.state, body, (*_BODY, Field("taskID", number, required=True)))
    task = ask.task(change=True, key=taken["taskID"])
    try:
        content = base64.b64decode(taken["file"], validate=True)
    except binascii.Error as error:
        raise invalid() from error
    part = Upload("File", taken["fileName"], content, taken["contentType"])
    fields = {key.lower(): str(value) for key, value in taken.items() if key != "file"}
    file = keep_upload(ask, fields, part, near=task.get("attachments", []))
    task.setdefault("attachments", []).append(file["id"])
    return created(_of_task(task, file))


def upload_to_asset(ask: Ask) -> Reply:
    """POST /ES/AssetAttachments/upload/fromForm."""
    fields, part = _form(ask)
    asset = ask.state.live("assets", _required_id(fields, "assetid"))
    if asset is None:
        raise invalid()
    file = keep_upload(ask, fields, part, near=asset.get("attachments", []))
    asset.setdefault("attachments", []).append(file["id"])
    return created({"assetID": asset["id"], **_with_sum(file)})


def link_to_task(ask: Ask) -> Reply:
    """POST /WORK/TaskAttachments, array of {taskID, data[attachmentID]}: the second step."""
    links = []
    for row in ask.rows():
        task = ask.task(change=True, key=_given(row, "taskid"))
        links += [(task, storable(ask, key)["id"]) for key in data_of(row)]
    for task, key in links:
        if key not in task.setdefault("attachments", []):
            task["attachments"].append(key)
    return created([{"taskID": task["id"], "attachmentID": key} for task, key in links])


def unlink_from_task(ask: Ask) -> Reply:
    """DELETE /WORK/TaskAttachments, array of {taskID, data[attachmentID]}: the file itself stays."""
    links = [(ask.task(key=_given(row, "taskid")), key) for row in ask.rows() for key in data_of(row)]

    def apply() -> None:
        for task, key in links:
            task["attachments"] = [kept for kept in task.get("attachments", []) if kept != key]

    return accept(ask, apply)


def link_to_works(ask: Ask) -> Reply:
    """POST /WORK/CompletedWorkAttachments, array of {taskID, data[{completedWorkID, attachmentID}]}."""
    shown = []
    for row in ask.rows():
        task = ask.task(change=True, key=_given(row, "taskid"))
        for link in objects_of(row):
            work = next((w for w in task.get("works", []) if w["id"] == link.get("completedworkid")), None)
            if work is None:
                raise invalid()
            file = storable(ask, link.get("attachmentid"))
            work.setdefault("attachments", []).append(file["id"])
            shown.append({"taskID": task["id"], "completedWorkID": work["id"], "attachmentID": file["id"]})
    return created(shown)


def of_works(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/completedWorks/attachments: an array."""
    rows = [
        {"completedWorkID": work["id"], "attachmentID": file["id"], **shapes.file(file, ask.call.base)}
        for work in ask.task().get("works", [])
        if not work.get("deleted")
        for file in _live(ask, work.get("attachments", []))
    ]
    return as_array(ask, rows, lambda row: row)


def delete(ask: Ask) -> Reply:
    """DELETE /COMMON/Attachments, array of ids, or /{id}: the file and all its links."""
    keys = [int(ask.path["file"])] if "file" in ask.path else ask.numbers()
    rows, now = [ask.state.attachments.get(str(key)) for key in keys], ask.now
    if not all(rows):
        raise invalid()
    return accept_all(ask, [row for row in rows if row], lambda row: row.update(deleted=now))


def keep_upload(ask: Ask, fields: Mapping[str, str], part: Upload, *, near: Iterable[int]) -> Record:
    """Store an upload. `fields`: names in lower case; `near`: the files among which a duplicate is one. Raises Refusal."""
    if len(part.content) > ask.state.options.file_bytes:
        raise not_possible()
    digest = hashlib.md5(part.content).hexdigest().upper()
    if fields.get("md5hash", digest).upper() != digest:
        raise invalid()
    if "uid" in fields:
        guid(ask.state, fields["uid"])
    name = fields.get("filename") or part.name
    twins = [row for row in _live(ask, near) if (row["fileName"], row["md5"]) == (name, digest)]
    if twins and fields.get("isignorepossibleduplication", "false").lower() != "true":
        raise not_possible("AlreadyDone")
    record = {
        "fileName": name,
        "contentType": fields.get("contenttype") or part.content_type,
        "created": ask.now,
        "isPublic": fields.get("ispublic", "false").lower() == "true",
        **({"description": fields["description"]} if fields.get("description") else {}),
        **({"roles": fields["roles"]} if fields.get("roles") else {}),
    }
    return ask.state.add_file(record, part.content)


def storable(ask: Ask, key: object) -> Record:
    """A file that is there and may be linked. Raises Refusal."""
    row = ask.state.attachments.get(str(key))
    if row is None or row.get("deleted") or type(key) is not int:
        raise invalid()
    return row


def _form(ask: Ask) -> tuple[dict[str, str], Upload]:
    """The fields of the form and of the query (swagger lists them there), names in lower case, and the part File."""
    try:
        fields, uploads = ask.call.form()
    except ValueError as error:
        raise invalid() from error
    part = next((one for one in uploads if one.field.lower() == "file"), None)
    if part is None:
        raise missing()
    asked = {key: found[-1] for key, found in ask.query.items()}
    return {key.lower(): value for key, value in {**asked, **fields}.items()}, part


def _required_id(fields: Mapping[str, str], name: str) -> int:
    if name not in fields:
        raise missing()
    if not fields[name].isdecimal():
        raise invalid()
    return int(fields[name])


def _given(row: Record, name: str) -> object:
    if row.get(name) is None:
        raise missing()
    return row[name]


def _live(ask: Ask, keys: Iterable[int]) -> list[Record]:
    rows = [ask.state.attachments.get(str(key)) for key in keys]
    return [row for row in rows if row is not None and not row.get("deleted")]


def _all_of_task(ask: Ask, key: int) -> set[int]:
    task = ask.state.get("tasks", key) or {}
    parts = [task, *task.get("conversations", []), *task.get("works", [])]
    return {file for part in parts for file in part.get("attachments", [])}


def _of_task(task: Record, file: Record) -> Record:
    shown = {"attachmentID": file["id"], "md5Hash": file["md5"], "fileName": file["fileName"]}
    return {"taskID": task["id"], **shown, "isProtected": bool(file.get("roles"))}


def _with_sum(file: Record) -> Record:
    shown = {"attachmentID": file["id"], "checkSum": file["md5"], "fileName": file["fileName"]}
    return {**shown, "isProtected": bool(file.get("roles"))}
