"""Where the bytes of files lie: another host behind signed links that expire, reached by redirect or by `noRedirect`.

Vendor contract, section 4.4, gotcha 33. 303 for files of tasks and comments, 307 for those of COMMON and of
assets. The storage refuses a call with an Authorization header, and a link past `temp_url_expires`.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import timedelta
from urllib.parse import parse_qs, quote

from migrator.sandbox.hubex import times
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.conversations import comment
from migrator.sandbox.hubex.state import State
from migrator.sandbox.hubex.wire import Record, Refusal, found, invalid, not_possible
from migrator.sandbox.server import Call, Reply

ROOT = "/storage/"
ZIP_TASKS = 100  # tasks in one downloadLink [ref]

_MOVED, _TEMPORARY = 303, 307


def of_common(ask: Ask) -> Reply:
    """GET /COMMON/Attachments/{id}."""
    return _lead(ask, _file(ask, ask.path["file"]), _TEMPORARY)


def of_task(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/attachments/{aid}."""
    return _lead(ask, _among(ask, ask.task().get("attachments", [])), _MOVED)


def of_comment(ask: Ask) -> Reply:
    """GET /WORK/Tasks/{id}/conversations/{n}/attachments/{aid}."""
    return _lead(ask, _among(ask, comment(ask).get("attachments", [])), _MOVED)


def of_asset(ask: Ask) -> Reply:
    """GET /ES/Assets/{id}/attachments/{aid}."""
    asset = ask.state.get("assets", ask.path["id"]) or {}
    return _lead(ask, _among(ask, asset.get("attachments", [])), _TEMPORARY)


def zip_link(ask: Ask) -> Reply:
    """GET /COMMON/Attachments/downloadLink?taskID=&taskID=: one archive of the files of up to 100 tasks."""
    keys = ask.query.get("taskID", [])
    if not keys or len(keys) > ZIP_TASKS:
        raise not_possible()
    if not all(key.isdecimal() for key in keys):
        raise invalid()
    failures = [key for key in keys if key not in ask.state.tasks]
    link = _link(ask, f"zip/{'-'.join(key for key in keys if key not in failures)}", "files.zip")
    ends = times.keep(ask.call.now + timedelta(seconds=ask.state.options.link_seconds))
    return found({"downloadUrl": link, "expiresAfter": ends, "failures": failures})


def serve(state: State, call: Call) -> Reply:
    """The storage host itself."""
    kind, _, rest = call.path.removeprefix(ROOT).partition("/")
    key = rest.partition("/")[0]
    if "Authorization" in call.headers:
        return _page(401, "Unauthorized: This server could not verify that you are authorized to access the document")
    query = {name: found[-1] for name, found in parse_qs(call.query).items()}
    file = state.attachments.get(key)
    if kind == "public" and file is not None and file.get("isPublic") and not file.get("deleted"):
        return _bytes(file["fileName"], file.get("contentType", ""), state.contents[key])
    ends = query.get("temp_url_expires", "")
    if not ends.isdecimal() or query.get("temp_url_sig") != _signature(f"{kind}/{key}", ends):
        return _page(401, "Unauthorized: Temp URL invalid")
    if call.now.timestamp() > int(ends):
        return _page(401, "Unauthorized: Temp URL invalid")
    if kind == "zip":
        return _bytes("files.zip", "application/zip", _zip(state, key.split("-")))
    if file is None or file.get("deleted"):
        return _page(404, "Not Found")
    return _bytes(file["fileName"], file.get("contentType", ""), state.contents[key])


def _lead(ask: Ask, file: Record, status: int) -> Reply:
    link = _link(ask, f"file/{file['id']}", file["fileName"])
    if ask.flag("noRedirect"):
        shown = {key: file.get(key) for key in ("fileName", "size", "created")}
        return found({**shown, "url": link})
    return Reply(status, b"", {"Location": link})


def _among(ask: Ask, kept: list[int]) -> Record:
    if int(ask.path["file"]) not in kept:
        raise _none()
    return _file(ask, ask.path["file"])


def _file(ask: Ask, key: str) -> Record:
    row = ask.state.attachments.get(key)
    if row is None or row.get("deleted"):
        raise _none()
    return row


def _none() -> Refusal:
    return Refusal(404, "AttachmentNotFound", "Файл не найден")


def _link(ask: Ask, key: str, name: str) -> str:
    ends = str(int(ask.call.now.timestamp()) + ask.state.options.link_seconds)
    asked = f"temp_url_sig={_signature(key, ends)}&temp_url_expires={ends}&filename={quote(name, safe='')}"
    return f"{ask.call.base}{ROOT}{key}/{quote(name, safe='')}?{asked}"


def _signature(key: str, ends: str) -> str:
    return hashlib.sha256(f"{key}:{ends}".encode()).hexdigest()[:40]


def _zip(state: State, tasks: list[str]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for key in tasks:
            task = state.tasks.get(key, {})
            for file in task.get("attachments", []):
                row = state.attachments[str(file)]
                if not row.get("deleted"):
                    packed.writestr(f"{task['number']}/{file}_{row['fileName']}", state.contents[str(file)])
    return archive.getvalue()


def _bytes(name: str, content_type: str, content: bytes) -> Reply:
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    head = {"Content-Type": content_type or "application/octet-stream", "Content-Disposition": disposition}
    return Reply(200, content, head)


def _page(status: int, title: str) -> Reply:
    return Reply(status, f"<html><h1>{title}</h1></html>".encode(), {"Content-Type": "text/html"})
