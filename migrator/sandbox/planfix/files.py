"""Files of Planfix: upload, attach, list, read, download, delete.

Vendor contract, sections 4 and 5, gotchas 20, 21, 26. A download answers 302 to a presigned link of another host; here that is a path
outside `/rest`, which refuses an Authorization header as such hosts do, and expires.
"""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qs, quote, urlsplit

from migrator.sandbox.planfix import shapes
from migrator.sandbox.planfix.access import Ask
from migrator.sandbox.planfix.state import State
from migrator.sandbox.planfix.wire import BAD_VALUE, Record, Refusal, bad_json, flag, success
from migrator.sandbox.server import Call, Reply

STORAGE = "/storage/"
_OWN = ("planfix.ru", "planfix.com", "127.0.0.1", "localhost")
_TABLES = {"task": "tasks", "contact": "contacts", "project": "projects"}


def upload(ask: Ask) -> Reply:
    """POST /file/, multipart part `file`: 200 and the id, attached to nothing."""
    try:
        _, uploads = ask.call.form()
    except ValueError as error:
        raise Refusal(400, 7001, f"Rest API error upload file: {error}") from error
    part = next((one for one in uploads if one.field == "file"), None)
    if part is None:
        raise Refusal(400, 7001, "Rest API error upload file: no part named file")
    if len(part.content) > ask.state.options.file_bytes:
        raise Refusal(400, 7002, "File size is over the limit")
    identity = ask.state.next_id("files")
    ask.state.files[str(identity)] = {"id": identity, "name": part.name}
    ask.state.contents[str(identity)] = part.content
    return success(wrote=True, id=identity)


def upload_from_url(ask: Ask) -> Reply:
    """POST /file/from-url/: the vendor's own hosts are refused; a sandbox fetches nothing from outside."""
    url = ask.body.get("url")
    if not isinstance(url, str) or not isinstance(ask.body.get("name"), str):
        raise bad_json()
    if (urlsplit(url).hostname or "").endswith(_OWN):
        raise Refusal(400, BAD_VALUE, "Unsafe url for downloading file")
    raise Refusal(400, 7001, f"Rest API error upload file {ask.body['name']}")


def attach(ask: Ask) -> Reply:
    """POST /file/{id}/attach/{task|contact|project}?id=N; the object's own number is in the query."""
    file = _found(ask.state, ask.path["id"])
    kind, key = ask.path["kind"], ask.query.get("id", "").removeprefix("contact:")
    record = getattr(ask.state, _TABLES[kind]).get(key)
    if record is None:
        raise Refusal(400, 6, f"Access denied for {kind} by id - {key}")
    if file["id"] not in record.setdefault("files", []):
        record["files"] = [*record["files"], file["id"]]
    return success(wrote=True)


def list_of(ask: Ask) -> Reply:
    """GET /{task|contact|project}/{id}/files; of a task also those of its comments, unless onlyFromDescription."""
    kind, key = ask.path["kind"], ask.path["id"].removeprefix("contact:")
    record = getattr(ask.state, _TABLES[kind]).get(key)
    if record is None:
        raise Refusal(400, {"task": 1000, "contact": 2000, "project": 3000}[kind], f"Not found by id {key}")
    kept = list(record.get("files", []))
    if kind != "project" and not flag(ask.query, "onlyFromDescription"):
        link = record["id"] if kind == "task" else f"contact:{key}"
        rows = [row for row in ask.state.comments.values() if row.get(kind) == link and not row.get("isDeleted")]
        kept += [file for row in rows for file in row.get("files", [])]
    shown = [shapes.file_row(ask.state, str(one)) for one in dict.fromkeys(kept) if str(one) in ask.state.files]
    return success(files=ask.page(shown) if kind == "project" else shown)


def one(ask: Ask) -> Reply:
    """GET /file/{id}; `downloadUrl` comes only when asked for."""
    file = _found(ask.state, ask.path["id"])
    row = {**shapes.file_row(ask.state, ask.path["id"]), "link": file.get("link", "")}
    asked = ask.fields or ["size", "name"]
    if "downloadUrl" in asked:
        row["downloadUrl"] = _link(ask, file)
    return success(file={name: value for name, value in row.items() if name in ("id", *asked)})


def download(ask: Ask) -> Reply:
    """GET /file/{id}/download: 302 to the presigned link, or the bytes."""
    file = _found(ask.state, ask.path["id"])
    if ask.state.options.download == "bytes":
        return _bytes(ask.state, file)
    return Reply(302, b"", {"Location": _link(ask, file)})


def rename(ask: Ask) -> Reply:
    """POST /file/{id} {name, link}."""
    file = _found(ask.state, ask.path["id"])
    changes: Record = {name: ask.body[name] for name in ("name", "link") if name in ask.body}
    if not all(isinstance(value, str) for value in changes.values()):
        raise bad_json()
    file.update(changes)
    return success(wrote=True)


def delete(ask: Ask) -> Reply:
    """DELETE /file/{id}: gone from everything it was attached to."""
    file = _found(ask.state, ask.path["id"])
    for record in _holders(ask.state):
        record["files"] = [one for one in record["files"] if one != file["id"]]
    _forget(ask.state, file["id"])
    return success(wrote=True)


def drop_unused(state: State, detached: list[int]) -> None:
    """Delete the detached files that are used nowhere else (gotcha 26)."""
    used = {one for record in _holders(state) for one in record["files"]}
    for file in detached:
        if file not in used:
            _forget(state, file)


def presigned(state: State, call: Call) -> Reply:
    """The other host: an Authorization header is refused, an old link has expired, else the bytes."""
    key = call.path.removeprefix(STORAGE).partition("/")[0]
    query = {name: found[0] for name, found in parse_qs(call.query).items()}
    if "Authorization" in call.headers:
        return _xml(400, "InvalidArgument", "Only one auth mechanism allowed")
    expires = query.get("expires", "")
    if not expires.isdigit() or query.get("signature") != _signature(key, expires):
        return _xml(403, "SignatureDoesNotMatch", "The request signature does not match")
    if call.now.timestamp() > int(expires):
        return _xml(403, "AccessDenied", "Request has expired")
    if key not in state.files:
        return _xml(404, "NoSuchKey", "The specified key does not exist")
    return _bytes(state, state.files[key])


def _holders(state: State) -> list[Record]:
    tables = (state.tasks, state.comments, state.contacts, state.projects)
    return [record for table in tables for record in table.values() if "files" in record]


def _forget(state: State, file: int) -> None:
    state.files.pop(str(file), None)
    state.contents.pop(str(file), None)


def _found(state: State, key: str) -> Record:
    if key not in state.files:
        raise Refusal(400, 7000, f"File not found by id {key}")
    return state.files[key]


def _link(ask: Ask, file: Record) -> str:
    expires = str(int(ask.call.now.timestamp()) + ask.state.options.link_seconds)
    key = str(file["id"])
    name = quote(file["name"], safe="")
    return f"{ask.call.base}{STORAGE}{key}/{name}?expires={expires}&signature={_signature(key, expires)}"


def _signature(key: str, expires: str) -> str:
    return hashlib.sha256(f"{key}:{expires}".encode()).hexdigest()[:32]


def _bytes(state: State, file: Record) -> Reply:
    head = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file['name'], safe='')}",
    }
    return Reply(200, state.contents.get(str(file["id"]), b""), head)


def _xml(status: int, code: str, text: str) -> Reply:
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{text}</Message></Error>'
    return Reply(status, body.encode(), {"Content-Type": "application/xml"})
