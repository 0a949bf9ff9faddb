"""Changing what was made, for a delta."""

from __future__ import annotations

from collections.abc import Mapping

from migrator.errors import Refused
from migrator.vendor import Context, Made, Step
from migrator.vendors.hubex.catalogue import Catalogue
from migrator.vendors.hubex.client import Client


async def update(client: Client, there: Catalogue, step: Step, fields: Mapping[str, str], context: Context) -> Made:
    """Set these fields."""
    del client, there, fields, context
    raise Refused(f"{step.ref}: HubEx changes no {step.ref.kind}")
