"""HubEx: what it can do, how fast, with which options, and how to open an account of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from migrator.vendor import Account, Limits, Option, Source, Target, Vendor, Wire
from migrator.vendors.hubex.capabilities import CAPABILITIES

# The vendor contract, section 2: "usually 60 requests per minute", in prose only, and no day quota. A few at once, because at
# that pace one slow download would otherwise hold up all the requests behind it.
LIMITS = Limits(requests=1, period=1.0, parallel=4, timeout=120.0, quarantine=150.0)

OPTIONS = (
    Option("application", "the number sent as X-Application-ID: 3 main web, 4 admin web, 5 API", 3),
    Option("project", 'what a project is: "asset", "company" or "contract"', "asset"),
    Option(
        "details",
        "read each task by itself, for its formatted text, tags, costs and contract; takes two requests for each task",
        True,
    ),
    Option(
        "history",
        "read when each task came to which stage, which its text then tells; takes one more request for each task",
        False,
    ),
    Option(
        "project_details",
        "read each project by itself, for its notes, tags and who answers for it; takes two requests for each project",
        True,
    ),
    Option(
        "site",
        "address of the account's own pages, as https://acme.hubex.ru: links to them are then followed",
        "",
        identifies=True,
    ),
    Option("task_type", "type (name or id) of new tasks; without it the account's own default", ""),
    Option(
        "asset_type", "type (name or id) of the assets that projects become; without it the account's own default", ""
    ),
    Option("asset_class", "class (name or id) of those assets; without it the account's own default", ""),
    Option("company", "company (name or id) of projects that name no client; without it such a project is refused", ""),
    Option("registration_type", "legal form (name or id) of new companies; without it the first of the account", ""),
    Option(
        "address",
        "address of the assets that projects become, which must have one; it is made if need be",
        "Без адреса",
    ),
    Option("work_type", "work type (name or id) under which time is written; without it the account's own default", ""),
    Option("money_work_type", "work type (name or id) under which money is written; without it that of time", ""),
    Option("currency", "currency (name, code or id) of money; needed where the account has several", ""),
    Option(
        "stand_in",
        "user (name or e-mail) who is assigned where the source's own people are not in HubEx: most stages demand somebody",
        "",
    ),
    Option("created_attribute", "attribute of type date that takes the creation date of tasks, beside the text", ""),
    Option("external_comments", "show comments that were not hidden to the customer too, in the external chat", False),
)


@asynccontextmanager
async def _open_source(account: Account, wire: Wire) -> AsyncIterator[Source]:
    from migrator.vendors.hubex.client import open_client
    from migrator.vendors.hubex.source import HubExSource

    async with open_client(account, wire) as client:
        yield HubExSource(client, account)


@asynccontextmanager
async def _open_target(account: Account, wire: Wire) -> AsyncIterator[Target]:
    """The account, with its words read. Raises InputWrong for options that name nothing in it."""
    from migrator.vendors.hubex.client import open_client
    from migrator.vendors.hubex.opening import read_catalogue
    from migrator.vendors.hubex.target import HubExTarget

    async with open_client(account, wire) as client:
        yield HubExTarget(client, await read_catalogue(client, account))


VENDOR = Vendor(
    name="hubex",
    title="HubEx",
    capabilities=CAPABILITIES,
    limits=LIMITS,
    options=OPTIONS,
    open_source=_open_source,
    open_target=_open_target,
)
