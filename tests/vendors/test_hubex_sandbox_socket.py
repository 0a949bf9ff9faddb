"""The HubEx sandbox over a real socket: the token, a page, a total, a signed download."""

from __future__ import annotations

import aiohttp

from migrator.sandbox.hubex import HubEx
from migrator.sandbox.server import serve
from tests.vendors.test_hubex_sandbox import SERVICE, sample


async def test_pages_totals_and_downloads_work_over_a_real_socket() -> None:
    async with serve(HubEx(sample())) as running, aiohttp.ClientSession() as client:
        head = {"X-Application-ID": "3"}
        url = f"{running.url}/fsm/AUTHZ/AccessTokens"
        async with client.post(url, json={"serviceToken": SERVICE}, headers=head) as reply:
            head["Authorization"] = f"Bearer {(await reply.json())['access_token']}"
        async with client.get(f"{running.url}/fsm/WORK/Tasks", headers={**head, "Range": "items=1-7"}) as reply:
            assert reply.status == 206
            assert len(await reply.json()) == 7
        async with client.head(f"{running.url}/fsm/WORK/Tasks", headers=head) as reply:
            assert reply.headers["Content-Range"].startswith("items=0-0/")
        link = f"{running.url}/fsm/COMMON/Attachments/1"
        async with client.get(link, headers=head, allow_redirects=False) as reply:
            assert reply.status == 307
            signed = reply.headers["Location"]
        async with client.get(signed) as reply:
            assert await reply.read() == running.sandbox.state.contents["1"]  # type: ignore[attr-defined]
