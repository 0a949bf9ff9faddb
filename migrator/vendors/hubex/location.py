"""The place where the assets that projects become are, since an asset must be somewhere: one for all, made if it is not there."""

from __future__ import annotations

import asyncio

from migrator.errors import Refused
from migrator.http import Effect
from migrator.vendors.hubex.catalogue import ALREADY_DONE
from migrator.vendors.hubex.client import Client

_ABOUT = "the address of projects"


class Location:
    """The location with the address that the options give. `known`: its id, if it is there."""

    def __init__(self, client: Client, address: str, known: int | None) -> None:
        self._client = client
        self._address = address
        self._making = asyncio.Lock()
        self._id = known

    async def id(self) -> int:
        """Its id. Raises Refused."""
        async with self._making:
            if self._id is None:
                self._id = await self._make()
            return self._id

    async def _make(self) -> int:
        """Make it; the vendor refuses a second one of the same address, so that this can be repeated."""
        body = [{"address": self._address, "isIgnorePossibleDuplication": False}]
        try:
            reply = await self._client.write("POST", "ES/Locations", body, effect=Effect.SET, about=_ABOUT)
            if isinstance(reply, list) and reply:
                return int(reply[0])
        except Refused as refused:
            if refused.code != ALREADY_DONE:
                raise
        if (found := await look_up(self._client, self._address)) is None:
            raise Refused(
                f"HubEx does not show the location {self._address!r} though it took it; set the option address"
            )
        return found


async def look_up(client: Client, address: str) -> int | None:
    """The id of the location with exactly this address; None if there is none."""
    rows = await client.list("ES/Locations", (("searchText", address),), _ABOUT)
    return min((int(id) for id, row in rows if row.get("address") == address and not row.get("deleted")), default=None)
