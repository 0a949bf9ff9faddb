"""Archive: a plain folder as an account. One JSON Lines file per kind in our own model, bytes by SHA-256, a manifest of hashes.

It can be read with a text editor, kept as a backup, and loaded into any vendor. Nothing in it is any vendor's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from migrator.model import ENTITY_TYPES, Kind
from migrator.vendor import Account, Capabilities, Carry, Limits, Source, Target, Vendor, Wire

_ALL = frozenset(Kind)

CAPABILITIES = Capabilities(
    reads=_ALL,
    creates=_ALL,
    matches=frozenset(),
    fields={
        kind: {one.name: Carry.NATIVE for one in msgspec.structs.fields(entity) if one.name not in ("ref", "on")}
        for kind, entity in ENTITY_TYPES.items()
    },
    finds=_ALL,
    updates={
        kind: frozenset(one.name for one in msgspec.structs.fields(entity) if one.name != "ref")
        for kind, entity in ENTITY_TYPES.items()
    },
    deletes=_ALL,
    verbatim=True,
    silent=True,
)
LIMITS = Limits(requests=0, period=1.0, parallel=4, quarantine=0.0)


@asynccontextmanager
async def open_source(account: Account, wire: Wire) -> AsyncIterator[Source]:
    """The archive at `account.path`, checked against its manifest. Raises InputWrong with the file and line."""
    from migrator.vendors.archive import manifest
    from migrator.vendors.archive.client import ArchiveSource

    assert account.path is not None, "config asks for a path"
    wire.say(f"comparing {account.path} with its manifest")
    await manifest.check(account.path)
    yield ArchiveSource(account)


@asynccontextmanager
async def open_target(account: Account, wire: Wire) -> AsyncIterator[Target]:
    """The archive at `account.path`, made if it is not there.

    Its manifest is written when the block ends well: what was interrupted has none, and is no archive until the run is done.
    """
    from migrator.vendors.archive.client import ArchiveTarget

    target = ArchiveTarget(account, writable=wire.writable)
    yield target
    target.close()


VENDOR = Vendor(
    name="archive",
    title="Archive folder",
    capabilities=CAPABILITIES,
    limits=LIMITS,
    options=(),
    open_source=open_source,
    open_target=open_target,
    on_disk=True,
)
