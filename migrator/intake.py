"""What comes in over the wire, bounded: a reply whole in memory, a file's bytes to the disk, and the replies that are kept."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from pathlib import Path
from typing import BinaryIO

import aiohttp

from migrator.errors import ContractBroken, Refused, RunFolderUnusable
from migrator.vendor import Body

BODY_LIMIT = 256 * 2**20  # bytes of one reply, unpacked; 10,000 tasks of 20 kB stay below
DISK_RESERVE = 64 * 2**20  # bytes of the disk that a file leaves free, for the checkpoint
_BLOCK = 2**20
_LOOK_EVERY = 16 * 2**20  # bytes between two looks at the free space
_SLACK = 2**20  # bytes over twice what was announced; a size may be rounded, or of an older version


async def read_whole(response: aiohttp.ClientResponse, vendor: str) -> bytes:
    """The reply's body. Raises ContractBroken as soon as it is over the limit, however small it was on the wire."""
    body = bytearray()
    async for block in response.content.iter_chunked(2**16):
        body += block
        if len(body) > BODY_LIMIT:
            response.close()
            raise ContractBroken(
                f"{vendor} sent a reply of more than {BODY_LIMIT} bytes, beginning {bytes(body[:60])!r}: not read to its end"
            )
    return bytes(body)


async def stream_to_file(response: aiohttp.ClientResponse, to: Path, announced: int | None, about: str) -> Body:
    """Write beside the path first, so that the path never holds half a file.

    Raises Refused for far more bytes than were announced, RunFolderUnusable where they would fill the disk; nothing is left then.
    """
    part = to.with_name(to.name + ".part")
    most = None if announced is None else 2 * announced + _SLACK
    try:
        body = await _stream(response, part, most, about)
    except BaseException:
        response.close()
        part.unlink(missing_ok=True)
        raise
    part.replace(to)
    return Body(to, body.size, body.sha256)


async def _stream(response: aiohttp.ClientResponse, part: Path, most: int | None, about: str) -> Body:
    digest = hashlib.sha256()
    size, looked_at = 0, 0
    _leave_room(part, response.content_length or 0, about)
    with _created(part) as stream:
        async for block in response.content.iter_chunked(_BLOCK):
            digest.update(block)
            size += len(block)
            if most is not None and size > most:
                raise Refused(f"{about}: more than {most} bytes came, far over what was announced")
            if size - looked_at >= _LOOK_EVERY:
                looked_at = size
                _leave_room(part, 0, about)
            await asyncio.to_thread(stream.write, block)
    return Body(part, size, digest.hexdigest())


def _leave_room(path: Path, coming: int, about: str) -> None:
    free = shutil.disk_usage(path.parent).free
    if free - coming < DISK_RESERVE:
        raise RunFolderUnusable(
            f"{about}: the disk of {path.parent} would be full ({free // 2**20} MiB free, {coming // 2**20} MiB coming). "
            "Free space or set run_dir, then give the same command again."
        )


def keep_reply(folder: Path, vendor: str, content: bytes) -> Path:
    """Keep a reply against the contract for whoever has to find out; readable by its owner alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{vendor}-{hashlib.sha256(content).hexdigest()[:12]}.txt"
    with _created(path) as stream:
        stream.write(content)
    return path


def _created(path: Path) -> BinaryIO:
    """A file that its owner alone may read."""
    return open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600))
