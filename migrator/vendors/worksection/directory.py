"""Decode what the account keeps for all its projects: people, companies, contacts, folders, tags, custom fields. Pure."""

from __future__ import annotations

from typing import Any

from migrator.model import Company, Contact, Entity, Field, Group, Issue, Kind, Person, Ref, Tag
from migrator.vendor import Decoded, Record
from migrator.vendors.worksection.keys import unaccounted
from migrator.vendors.worksection.place import Place
from migrator.vendors.worksection.values import email, moment, money


def person(record: Record, place: Place) -> Decoded:
    """A record of get_users."""
    entity = Person(
        ref=Ref(Kind.PERSON, str(record["id"])),
        name=_name(record),
        email=email(record.get("email")),
        position=record.get("title") or "",
        role=record.get("role") or "",
        team=record.get("group") or "",
        department=record.get("department") or "",
        phones=_phones(record),
        address=_address(record),
        messengers=_messengers(record),
        rate=money(record["rate"]) if record.get("rate") not in (None, "") else None,
        created=moment(record.get("date_added") or record.get("data_added"), place.zone),
    )
    return Decoded((entity,), unaccounted("users", record, entity.ref))


def company(record: Record, _: Place) -> Decoded:
    """A record of get_user_groups: a team is a company, the account's own or a client's."""
    entity = Company(
        ref=Ref(Kind.COMPANY, str(record["id"])), name=record["title"], client=bool(int(record.get("client") or 0))
    )
    return Decoded((entity,), unaccounted("user_groups", record, entity.ref))


def contact(record: Record, place: Place) -> Decoded:
    """A record of get_contacts."""
    entity = Contact(
        ref=Ref(Kind.CONTACT, str(record["id"])),
        name=_name(record),
        email=email(record.get("email")),
        position=record.get("title") or "",
        group=record.get("group") or "",
        phones=_phones(record),
        address=_address(record),
        messengers=_messengers(record),
        created=moment(record.get("date_added") or record.get("data_added"), place.zone),
    )
    return Decoded((entity,), unaccounted("contacts", record, entity.ref))


def group(record: Record, _: Place) -> Decoded:
    """A record of get_project_groups."""
    entity = Group(
        ref=Ref(Kind.GROUP, str(record["id"])), title=record["title"], client=bool(int(record.get("client") or 0))
    )
    return Decoded((entity,), unaccounted("project_groups", record, entity.ref))


def task_tag(record: Record, _: Place) -> Decoded:
    """A record of get_task_tags."""
    return _tag("task_tags", record, Kind.TASK)


def project_tag(record: Record, _: Place) -> Decoded:
    """A record of get_project_tags."""
    return _tag("project_tags", record, Kind.PROJECT)


def task_field(record: Record, place: Place) -> Decoded:
    """A record of get_task_custom_fields."""
    return _field("task_fields", record, place, Kind.TASK)


def project_field(record: Record, place: Place) -> Decoded:
    """A record of get_project_custom_fields."""
    return _field("project_fields", record, place, Kind.PROJECT)


def option_title(option: Any) -> str:
    """One value of a list, which may stand there as text or as an object with a name."""
    if isinstance(option, dict):
        return str(next((option[key] for key in ("name", "title", "value") if option.get(key)), option.get("id", "")))
    return str(option)


def _tag(table: str, record: Record, of: Kind) -> Decoded:
    # Nothing says that tags of tasks and of projects are numbered together, so the ref says which.
    in_set = record.get("group") or {}
    entity: Entity = Tag(
        ref=Ref(Kind.TAG, f"{of}/{record['id']}"),
        title=record["title"],
        group=in_set.get("title", ""),
        of=of,
        status=in_set.get("type") == "status",
        private=in_set.get("access") == "private",
    )
    return Decoded((entity,), unaccounted(table, record, entity.ref))


def _field(table: str, record: Record, place: Place, of: Kind) -> Decoded:
    options = record.get("options") or ()
    entity: Entity = Field(
        ref=Ref(Kind.FIELD, f"{of}/{record['id']}"),
        title=record["name"],
        of=of,
        type=record.get("type") or "",
        description=record.get("descr") or "",
        options=tuple(option_title(option) for option in (options.values() if isinstance(options, dict) else options)),
    )
    issues = unaccounted(table, record, entity.ref)
    if not place.custom_fields:
        detail = "the option custom_fields = false leaves its values out"
        issues += (Issue(ref=entity.ref, code="left-out", field="fields", detail=detail),)
    return Decoded((entity,), issues)


def _name(record: Record) -> str:
    parts = (record.get("first_name"), record.get("last_name"))
    return record.get("name") or " ".join(part for part in parts if part)


def _phones(record: Record) -> tuple[str, ...]:
    return tuple(record[key] for key in ("phone", "phone2", "phone3", "phone4") if record.get(key))


def _address(record: Record) -> str:
    return ", ".join(record[key] for key in ("address", "address2") if record.get(key))


def _messengers(record: Record) -> dict[str, str]:
    """Chats and social networks by name, and beside them the web page and what else the person wrote down."""
    services = record.get("services") or {}
    named = {name: address for part in services.values() for name, address in (part or {}).items() if address}
    return named | {key: record[key] for key in ("url", "contacts") if record.get(key)}
