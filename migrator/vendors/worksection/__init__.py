"""Worksection: what it can do, how fast, with which options, and how to open an account of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from migrator.model import Kind
from migrator.vendor import Account, Capabilities, Limits, Option, Source, Vendor, Wire

# The vendor contract, section 2: one request a second, no day quota; get_all_tasks takes minutes in a large account.
# Four at once, because at that pace one slow download would otherwise hold up all the requests behind it.
LIMITS = Limits(requests=1, period=1.0, parallel=4, timeout=300.0, quarantine=330.0)

CAPABILITIES = Capabilities(reads=frozenset(Kind), creates=frozenset(), matches=frozenset(), fields={})

OPTIONS = (
    Option("auth", 'how requests are signed: "hmac" or "md5" with the admin API key, "oauth2" with tokens', "hmac"),
    Option("oauth_url", "where OAuth2 tokens are renewed", "https://worksection.com"),
    Option(
        "token_file",
        "oauth2 only: the file that keeps each renewed pair of tokens (a renewal voids the pair before it)",
        "",
    ),
    Option("subscribers", "read who follows each task; takes one request for each project", False),
    Option("comment_files", "read the files of comments; takes one request for each task with comments", True),
    Option(
        "custom_fields",
        "read the values of custom fields; takes one request for each task and project, in accounts that have any",
        True,
    ),
)


@asynccontextmanager
async def _open_source(account: Account, wire: Wire) -> AsyncIterator[Source]:
    from migrator.vendors.worksection.client import open_client
    from migrator.vendors.worksection.source import WorksectionSource

    async with open_client(account, wire) as client:
        yield WorksectionSource(client, account)


VENDOR = Vendor(
    name="worksection",
    title="Worksection",
    capabilities=CAPABILITIES,
    limits=LIMITS,
    options=OPTIONS,
    open_source=_open_source,
    open_target=None,
)
