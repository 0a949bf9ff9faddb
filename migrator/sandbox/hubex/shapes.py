"""The small shapes that records of HubEx show of one another: `{id, name}`, people, places, currencies, moments of a task.

Vendor contract, section 4. A reference to something deleted is shown with its `deleted`.
"""

from __future__ import annotations

from typing import Any

from migrator.sandbox.hubex.state import State
from migrator.sandbox.hubex.wire import Record


def named(state: State, table: str, identity: Any, *more: str) -> Record | None:
    """`{id, name, deleted?}` of a record, with further keys of it; None for no reference."""
    record = None if identity is None else state.get(table, identity)
    if record is None:
        return None
    return {name: record.get(name) for name in ("id", "name", "deleted", *more)}


def person(state: State, identity: Any, *, rate: bool = True) -> Record | None:
    """A user as tasks and comments show them. `id` is the userID; `tenantMemberID` is 0, as in the vendor's sample."""
    user = None if identity is None else state.get("users", identity)
    if user is None:
        return None
    keys = ("firstName", "lastName", "middleName", "email", "mobilePhone", "workPhone", "otherPhone", "deleted")
    shown = {"id": user["id"], "tenantMemberID": 0, **{key: user.get(key) for key in keys}}
    shown |= {key: bool(user.get(key)) for key in ("isTechnician", "isCustomer")}
    return {**shown, "rate": user.get("rate"), "rateCurrencyID": user.get("rateCurrencyID")} if rate else shown


def location(state: State, identity: Any) -> Record | None:
    """A place with its time zone and country."""
    record = None if identity is None else state.get("locations", identity)
    if record is None:
        return None
    shown = {key: record.get(key) for key in ("id", "address", "coordinate", "description", "deleted")}
    minutes = record.get("timezoneUtcOffsetMinutes")
    zone = None if minutes is None else {"utcTimeOffsetMinutes": minutes}
    code = record.get("countryTwoSymbolCode")
    return {**shown, "timeZone": zone, "country": {"twoSymbolCode": code} if code else None}


def asset(state: State, identity: Any) -> Record | None:
    """An asset as a task shows it."""
    record = None if identity is None else state.get("assets", identity)
    if record is None:
        return None
    place = record.get("locationID")
    return {
        **{key: record.get(key) for key in ("id", "name", "parentID", "deleted")},
        "company": named(state, "companies", record.get("companyID")),
        "location": {"id": place} if place else None,
    }


def currency(state: State, identity: Any) -> Record | None:
    """A currency."""
    record = None if identity is None else state.get("currencies", identity)
    return None if record is None else {key: record.get(key) for key in ("id", "asciiCode", "shortName")}


def unit(state: State, identity: Any) -> Record | None:
    """A unit of measurement."""
    record = None if identity is None else state.get("measurement_units", identity)
    return None if record is None else {key: record.get(key) for key in ("id", "name", "abbreviation", "designation")}


def attribute(state: State, identity: Any) -> Record:
    """What a value of an attribute shows of the attribute: its type, unit and list of values."""
    record = state.get("attributes", identity) or {}
    return {
        "attribute": named(state, "attributes", identity),
        "attributeType": named(state, "attribute_types", record.get("attributeTypeID"), "code"),
        "measurementUnit": unit(state, record.get("measurementUnitID")),
        "listOfValues": record.get("listOfValues"),
    }


def file(row: Record, base: str) -> Record:
    """A file in a list: no hash, no author, no content type (section 4.4)."""
    shown = {key: row.get(key) for key in ("fileName", "description", "size", "created")}
    public = f"{base}/storage/public/{row['id']}" if row.get("isPublic") else None
    return {**shown, "isUploaded": True, "isProtected": bool(row.get("roles")), "publicUrl": public}
