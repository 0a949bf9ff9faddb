"""Worksection: what it can do, how fast, with which options, and how to open an account of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from migrator.errors import InputWrong, Refused
from migrator.vendor import Account, Limits, Option, Source, Target, Vendor, Wire
from migrator.vendors.worksection.capabilities import CAPABILITIES

# The vendor contract, section 2: one request a second, no day quota; get_all_tasks takes minutes in a large account.
# Four at once, because at that pace one slow download would otherwise hold up all the requests behind it.
LIMITS = Limits(requests=1, period=1.0, parallel=4, timeout=300.0, quarantine=330.0)

OPTIONS = (
    Option("auth", 'how requests are signed: "hmac" or "md5" with the admin API key, "oauth2" with tokens', "hmac"),
    Option("oauth_url", "where OAuth2 tokens are renewed", "https://worksection.com"),
    Option(
        "token_file",
        "oauth2 only: the file that keeps each renewed pair of tokens (a renewal voids the pair before it)",
        "",
    ),
    Option(
        "subscribers", "read who follows each task; takes one request for each project instead of one for all", True
    ),
    Option("comment_files", "read the files of comments; takes one request for each task with comments", True),
    Option(
        "custom_fields",
        "read the values of custom fields; takes one request for each task and project, in accounts that have any",
        True,
    ),
    Option("loose_project", "as target: the project (title or id) that takes the tasks which are in none", ""),
    Option("tag_set", "as target: the set that takes the tags which come without one", "Tags"),
)


@asynccontextmanager
async def _open_source(account: Account, wire: Wire) -> AsyncIterator[Source]:
    from migrator.vendors.worksection.client import open_client
    from migrator.vendors.worksection.source import WorksectionSource

    async with open_client(account, wire) as client:
        yield WorksectionSource(client, account)


@asynccontextmanager
async def _open_target(account: Account, wire: Wire) -> AsyncIterator[Target]:
    """The account, with its words read. Raises InputWrong for options that name nothing in it."""
    from migrator.vendors.worksection.client import open_client
    from migrator.vendors.worksection.opening import read_catalogue
    from migrator.vendors.worksection.target import WorksectionTarget

    async with open_client(account, wire) as client:
        try:
            catalogue = await read_catalogue(client, account)
        except Refused as refused:
            raise InputWrong([f"{refused}. Check the url of the account, and the rights of its key"]) from refused
        yield WorksectionTarget(client, catalogue)


VENDOR = Vendor(
    name="worksection",
    title="Worksection",
    capabilities=CAPABILITIES,
    limits=LIMITS,
    options=OPTIONS,
    open_source=_open_source,
    open_target=_open_target,
)
