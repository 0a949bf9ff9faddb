"""HubEx: what it can do, how fast, with which options, and how to open an account of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from migrator.model import Kind
from migrator.vendor import Account, Capabilities, Limits, Option, Source, Target, Vendor, Wire
from migrator.vendors.hubex.abilities import (
    CREATES,
    DELETES,
    FIELDS,
    FINDS,
    FINISH_SETS,
    FINISHES,
    HANGS_ON,
    MATCHES,
    REPEATS,
    SEALS,
    TARGET_OPTIONS,
    UPDATES,
)

# The vendor contract, section 2: "usually 60 requests per minute", in prose only, and no day quota. A few at once, because at
# that pace one slow download would otherwise hold up all the requests behind it.
LIMITS = Limits(requests=1, period=1.0, parallel=4, timeout=120.0, quarantine=150.0)

CAPABILITIES = Capabilities(
    reads=frozenset(Kind) - {Kind.GROUP},
    creates=CREATES,
    matches=MATCHES,
    fields=FIELDS,
    hangs_on=HANGS_ON,
    finishes=FINISHES,
    finish_sets=FINISH_SETS,
    finds=FINDS,
    repeats=REPEATS,
    updates=UPDATES,
    seals=SEALS,
    deletes=DELETES,
    plain=frozenset({Kind.PROJECT, Kind.COMMENT}),
)

_SOURCE_OPTIONS = (
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
)

OPTIONS = (*_SOURCE_OPTIONS, *TARGET_OPTIONS)


@asynccontextmanager
async def _open_source(account: Account, wire: Wire) -> AsyncIterator[Source]:
    from migrator.vendors.hubex.client import open_client
    from migrator.vendors.hubex.source import HubExSource

    async with open_client(account, wire) as client:
        yield HubExSource(client, account)


@asynccontextmanager
async def _open_target(account: Account, wire: Wire) -> AsyncIterator[Target]:
    from migrator.vendors.hubex.target import open_target

    async with open_target(account, wire) as target:
        yield target


VENDOR = Vendor(
    name="hubex",
    title="HubEx",
    capabilities=CAPABILITIES,
    limits=LIMITS,
    options=OPTIONS,
    open_source=_open_source,
    open_target=_open_target,
)
