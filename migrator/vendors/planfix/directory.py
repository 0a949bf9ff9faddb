"""Decode what the account keeps for all its projects: people, contacts, companies, groups, statuses, custom fields. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from migrator.model import Company, Contact, Entity, Field, Group, Issue, Kind, Person, Reach, Ref, Tag
from migrator.vendor import Decoded, Record, Seen
from migrator.vendors.planfix.answers import custom_rows, full_name, moment, phones
from migrator.vendors.planfix.catalogue import FIELD_TYPES
from migrator.vendors.planfix.keys import CUSTOM, unaccounted
from migrator.vendors.planfix.known import contact_ref
from migrator.vendors.planfix.place import Place

_MESSENGERS = ("skype", "telegram", "telegramId", "facebook", "instagram", "viberId", "site", "description")


def person(record: Record, place: Place) -> Decoded:
    """A record of /user/list."""
    ref = Ref(Kind.PERSON, f"user:{record['id']}")
    entity = Person(
        ref=ref,
        name=full_name(record),
        email=record.get("email") or "",
        active=record.get("status") != "Inactive" and not record.get("isDeleted"),
        position=(record.get("position") or {}).get("name") or "",
        role=record.get("role") or "",
        team=", ".join(str(group["name"]) for group in record.get("groups") or ()),
        phones=phones(record),
        messengers=_messengers(record, "secondaryEmails"),
    )
    return Decoded((entity,), unaccounted("users", _unmarked(record, place), ref))


def contact(record: Record, place: Place) -> Decoded:
    """A record of /contact/list, of a person."""
    ref = contact_ref(record)
    if record.get("isDeleted"):
        return deleted(ref)
    entity = Contact(
        ref=ref,
        name=full_name(record),
        email=record.get("email") or "",
        position=record.get("position") or "",
        company=", ".join(str(company.get("name") or "") for company in record.get("companies") or ()),
        group=(record.get("group") or {}).get("name") or "",
        phones=phones(record),
        address=record.get("address") or "",
        messengers=_messengers(record, "additionalEmailAddresses"),
        created=moment(record.get("createdDate")),
    )
    return Decoded((entity,), unaccounted("contacts", _unmarked(record, place), ref))


def company(record: Record, place: Place) -> Decoded:
    """The same, of a company."""
    ref = contact_ref(record)
    if record.get("isDeleted"):
        return deleted(ref)
    entity = Company(ref=ref, name=full_name(record))
    return Decoded((entity,), unaccounted("companies", _unmarked(record, place), ref))


def project_group(record: Record, _: Place) -> Decoded:
    """A record of /project/groups."""
    entity = Group(ref=Ref(Kind.GROUP, str(record["id"])), title=record["name"])
    return Decoded((entity,), unaccounted("project_groups", record, entity.ref))


def status(record: Record, processes: Mapping[str, str]) -> Decoded:
    """A status that tasks of a process can have; `processes`: their names, but that of the built-in one."""
    process = str(record["process"])
    ref = Ref(Kind.TAG, f"status/{process}/{record['id']}")
    entity = Tag(ref=ref, title=record["name"], group=processes.get(process, ""), of=Kind.TASK, status=True)
    return Decoded((entity,), unaccounted("statuses", record, ref))


def custom_field(record: Record, place: Place, entries: Mapping[str, tuple[str, ...]]) -> Decoded:
    """A custom field of tasks or projects. `entries`: the values in each directory."""
    ref = Ref(Kind.FIELD, f"{record['of']}/{record['id']}")
    issues = unaccounted("fields", record, ref)
    if record["name"] == place.marker or record["of"] not in (Kind.TASK, Kind.PROJECT):
        return Decoded((), issues)
    entity: Entity = Field(
        ref=ref,
        title=record["name"],
        of=Kind(record["of"]),
        type=FIELD_TYPES.get(record["type"], "other"),
        options=tuple(record.get("enumValues") or entries.get(str(record.get("directoryId")), ())),
    )
    return Decoded((entity,), issues)


def directory_values(seen: Seen) -> dict[str, tuple[str, ...]]:
    """The values that each directory offers: its entries, without groups and what is archived."""
    return {
        str(row["id"]): tuple(
            str(one["name"]) for one in row["entries"] if not (one.get("isGroup") or one.get("archived"))
        )
        for row in seen("directories")
    }


def deleted(ref: Ref) -> Decoded:
    """What is in the bin there."""
    return Decoded((), (Issue(ref=ref, code="deleted", detail="deleted in the source; not moved", reach=Reach.NOTE),))


def _messengers(record: Record, more_emails: str) -> dict[str, str]:
    """Chats and social networks by name, and beside them what else there is to reach the person by."""
    named = {key: str(record[key]) for key in _MESSENGERS if record.get(key)}
    return named | ({"emails": ", ".join(record[more_emails])} if record.get(more_emails) else {})


def _unmarked(record: Record, place: Place) -> Record:
    """Without the custom field that holds our mark."""
    return {**record, CUSTOM: list(custom_rows(record, place.marker))} if CUSTOM in record else record
