"""Decode what the account keeps for all its tasks: people, companies, contacts, tags, stages, words of fields, attributes. Pure."""

from __future__ import annotations

from collections.abc import Callable

from migrator.model import Company, Contact, Field, Issue, Kind, Person, Reach, Ref, Tag
from migrator.vendor import Decoded, Record, Seen
from migrator.vendors.hubex.keys import unaccounted
from migrator.vendors.hubex.plan import is_live, live
from migrator.vendors.hubex.values import amount, full_name, name_of

# Dictionaries whose words are values of a field on tasks, by the field's name.
WORDS = {"criticalities": "criticality", "task_types": "task_type", "work_types": "work_type"}

_ROLES = {"isTechnician": "technician", "isCustomer": "customer", "isTeam": "team"}


def person(record: Record) -> Decoded:
    """A record of ADM/Users."""
    employment: Record = next(iter(record.get("employments") or ()), {})
    ref = Ref(Kind.PERSON, str(record["userID"]))
    entity = Person(
        ref=ref,
        name=full_name(record),
        email=record.get("email") or "",
        active=not (record.get("deleted") or record.get("banTill")),
        position=employment.get("position") or "",
        role=", ".join(role for key, role in _ROLES.items() if record.get(key)),
        team=name_of(employment.get("company")),
        department=name_of(employment.get("orgUnit")),
        phones=tuple(record[key] for key in ("mobilePhone", "workPhone", "otherPhone") if record.get(key)),
        rate=amount(record["rate"]) if record.get("rate") is not None else None,
    )
    more = [
        Issue(ref=ref, code="unsupported", field="employments", detail=f"employed a second time, by {name_of(one.get('company'))}")
        for one in (record.get("employments") or ())[1:]
    ]  # fmt: skip
    return Decoded((entity,), (*unaccounted("users", record, ref), *more))


def company(record: Record) -> Decoded:
    """A record of ES/Companies: a client is one that orders works (`isEmployer`: the vendor contract, section 4.1)."""
    ref = Ref(Kind.COMPANY, str(record["id"]))
    if not is_live(record):
        return _left_out(record, ref)
    entity = Company(ref=ref, name=record["name"], client=bool(record.get("isEmployer")))
    return Decoded((entity,), unaccounted("companies", record, ref))


def contact(record: Record) -> Decoded:
    """A record of COMMON/Contacts."""
    ref = Ref(Kind.CONTACT, str(record["id"]))
    if not is_live(record):
        return _left_out(record, ref)
    entity = Contact(
        ref=ref,
        name=record["fullName"],
        email=record.get("email") or "",
        position=record.get("position") or "",
        phones=(record["phone"],) if record.get("phone") else (),
        messengers={"description": record["description"]} if record.get("description") else {},
    )
    return Decoded((entity,), unaccounted("contacts", record, ref))


def tag(record: Record) -> Decoded:
    """One of COMMON/Tags, which tasks and assets share."""
    title = record["name"]
    tags = tuple(
        Tag(ref=Ref(Kind.TAG, f"{of}/{title}"), title=title, group="", of=of) for of in (Kind.TASK, Kind.PROJECT)
    )
    return Decoded(tags, unaccounted("tags", record, tags[0].ref))


def stage(record: Record) -> Decoded:
    """A record of TSTG/TaskStages: the status of tasks."""
    ref = Ref(Kind.TAG, f"stage/{record['id']}")
    entity = Tag(ref=ref, title=record["name"], group="stage", of=Kind.TASK, status=True)
    return Decoded((entity,) if is_live(record) else (), unaccounted("stages", record, ref))


def words(read: str, seen: Seen) -> Callable[[Record], Decoded]:
    """What decodes a dictionary: all its records are the values of one field, which each of them yields."""
    title = WORDS[read]
    options = tuple(one["name"] for one in live(seen(read)))
    entity = Field(ref=Ref(Kind.FIELD, f"task/{title}"), title=title, of=Kind.TASK, type="list", options=options)

    def decode(record: Record) -> Decoded:
        return Decoded((entity,), unaccounted(read, record, Ref(Kind.FIELD, f"{read}/{record['id']}")))

    return decode


def task_attribute(record: Record) -> Decoded:
    """A record of COMMON/Attributes, of those that tasks have."""
    return _attribute("task_attributes", record, Kind.TASK)


def project_attribute(record: Record) -> Decoded:
    """The same, of those that assets (or companies, where these are the projects) have."""
    return _attribute("project_attributes", record, Kind.PROJECT)


def _attribute(table: str, record: Record, of: Kind) -> Decoded:
    ref = Ref(Kind.FIELD, f"{of}/{record['id']}")
    if not is_live(record):
        return _left_out(record, ref)
    entity = Field(
        ref=ref,
        title=record["name"],
        of=of,
        type=(record.get("type") or {}).get("code") or "",
        description=name_of(record.get("measurementUnit")),
        options=tuple(str(option) for option in (record.get("listOfValues") or {}).values()),
    )
    return Decoded((entity,), unaccounted(table, record, ref))


def _left_out(record: Record, ref: Ref) -> Decoded:
    detail = f"deleted in the source, {record['deleted']}; not moved"
    return Decoded((), (Issue(ref=ref, code="deleted", detail=detail, reach=Reach.NOTE),))
