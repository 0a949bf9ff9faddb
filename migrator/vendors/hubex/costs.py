"""Encode: a cost -> a completed work with its times and its money, and the technician who did it. Pure.

There is no field for hours: they are what lies between start and end (the vendor contract, section 4.5). A work type has a price of
its own and a technician a rate, and both would be added to what was moved: so both are said to be nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from migrator.errors import Refused
from migrator.model import Cost
from migrator.vendor import Record, Step
from migrator.vendors.hubex.catalogue import Catalogue
from migrator.vendors.hubex.encode import money, utc
from migrator.vendors.hubex.marks import marked

TECHNICIAN = "technician"
_MORNING = time(9)


def parts(cost: Cost) -> tuple[str, ...]:
    """The work, then who did it."""
    return ("create", TECHNICIAN) if cost.person else ("create",)


def work(step: Step, task: str, there: Catalogue) -> Record:
    """A completed work that begins on the morning of the day. Raises Refused if no work type takes it."""
    cost = step.entity
    assert isinstance(cost, Cost)
    work_type = there.works.time if cost.minutes or not cost.money else there.works.money
    if work_type is None:
        raise Refused(f"{cost.ref}: no work type for it; set the options work_type and money_work_type")
    start = datetime.combine(cost.day, _MORNING, there.zone).astimezone(UTC)  # hours of a clock change are hours too
    row = {
        "workTypeID": work_type,
        "started": utc(start),
        "finished": utc(start + timedelta(minutes=cost.minutes)),
        "notes": marked(cost.text, step.mark),
        **money("workTypeCost", "costCurrencyID", cost.money, there),
    }
    return {"taskID": int(task), "data": [row]}


def technician(task: str, work: str, user: int, there: Catalogue) -> Record:
    """Who did a work, at no rate."""
    person: Record = {"userID": user, "rate": 0}
    if there.works.currency is not None:
        person["rateCurrencyID"] = there.works.currency
    return {"taskID": int(task), "data": [{"completedWorkID": int(work), "technicians": [person]}]}
