"""A file, streamed to what it hangs on, and compared by its MD5 with what arrived."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from migrator.errors import InDoubt, Refused
from migrator.http import Effect, Upload
from migrator.model import File, Kind
from migrator.text import file_name
from migrator.vendor import Context, Step
from migrator.vendors.hubex import encode
from migrator.vendors.hubex.catalogue import Catalogue
from migrator.vendors.hubex.client import Client

# Where a file goes by what it hangs on, and the field of the form that names that (the vendor contract, section 5).
_PLACES = {
    Kind.TASK: ("WORK/TaskAttachments/upload/fromForm", "taskID"),
    Kind.PROJECT: ("ES/AssetAttachments/upload/fromForm", "assetID"),
    Kind.COMMENT: ("COMMON/Attachments/upload/fromForm", ""),
}


async def upload(client: Client, there: Catalogue, step: Step, above: str, context: Context) -> str:
    """The id of a file on its task or project; one of a message waits, on nothing, for the message.

    Raises Refused, with nothing left behind, if it arrived damaged.
    """
    file = step.entity
    assert isinstance(file, File)
    path, of = _PLACES[file.on.kind]
    body = context.body(file.ref)
    fields = encode.file_fields(step, there, {of: above} if of else {})
    about = f"{file.ref} {file.name!r}"
    sent = Upload("File", file_name(file.name), body.path)
    reply = await client.upload(path, fields, sent, effect=Effect.CREATE, about=about)
    if not isinstance(reply, dict) or "attachmentID" not in reply:
        raise InDoubt(f"HubEx, {about}: an upload without an id")
    arrived = str(reply.get("md5Hash") or reply.get("checkSum") or "").lower()
    if arrived and arrived != await asyncio.to_thread(_md5, body.path):
        discard = f"COMMON/Attachments/{reply['attachmentID']}"
        await client.write("DELETE", discard, None, effect=Effect.SET, about=about)
        raise Refused(f"{about} arrived damaged and was deleted again; the next run sends it once more")
    return str(reply["attachmentID"])


def _md5(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "md5").hexdigest()
