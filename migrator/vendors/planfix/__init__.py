"""Planfix: what it can do, how fast, with which options, and how to open an account of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from migrator.errors import InputWrong, Refused
from migrator.vendor import Account, Limits, Option, Source, Target, Vendor, Wire
from migrator.vendors.planfix.capabilities import CAPABILITIES

# The vendor contract, section 2: one request a second; the day's quota is 20,000, 50,000 or 100,000 by package, so the least is
# assumed. Concurrency is not published; a few at once, because a slow upload would otherwise hold up the pace.
LIMITS = Limits(requests=1, period=1.0, per_day=20_000, parallel=3, timeout=120.0, quarantine=150.0)

OPTIONS = (
    Option("checklists", "as source: read checklists; takes one request for each task", True),
    Option("time_tag", "as source: the data tag (name) that holds time spent; without it those with a period", ""),
    Option("money_tag", "as source: the data tag (name) that holds money; without it those with a number alone", ""),
    Option("plan_minutes", "as source: the custom field (name) that holds planned minutes", ""),
    Option("plan_money", "as source: the custom field (name) that holds planned money", ""),
    Option("site", "as source: address of the account's own pages, where it is not that of the url without /rest", ""),
    Option("task_template", "template (name or id) of new tasks; custom fields are kept only if it has them", ""),
    Option("project_template", "template (name or id) of new projects; custom fields are kept only if it has them", ""),
    Option("contact_template", "template (name or id) of new contacts; needed where there are several", ""),
    Option("company_template", "template (name or id) of new companies; needed where there are several", ""),
    Option("process", "process (name or id) of new tasks; without it the template's, or the account's own", ""),
    Option(
        "marker_field",
        "custom field of type Line, attached to every template used, that holds our mark: it finds what a lost answer left behind",
        "Migration ID",
    ),
    Option("rolled_back_status", "status (name or id) that `rollback` gives to tasks, which cannot be deleted", ""),
)


@asynccontextmanager
async def _open_source(account: Account, wire: Wire) -> AsyncIterator[Source]:
    from migrator.vendors.planfix.client import open_client
    from migrator.vendors.planfix.source import PlanfixSource

    async with open_client(account, wire) as client:
        yield PlanfixSource(client, account)


@asynccontextmanager
async def _open_target(account: Account, wire: Wire) -> AsyncIterator[Target]:
    """The account, with its words read. Raises InputWrong for options that name nothing in it."""
    from migrator.vendors.planfix.client import open_client
    from migrator.vendors.planfix.opening import read_catalogue
    from migrator.vendors.planfix.target import PlanfixTarget

    async with open_client(account, wire) as client:
        try:
            catalogue = await read_catalogue(client, account)
        except Refused as refused:
            raise InputWrong([f"{refused}. Check the url of the account; it ends in /rest"]) from refused
        yield PlanfixTarget(client, catalogue)


VENDOR = Vendor(
    name="planfix",
    title="Planfix",
    capabilities=CAPABILITIES,
    limits=LIMITS,
    options=OPTIONS,
    open_source=_open_source,
    open_target=_open_target,
)
