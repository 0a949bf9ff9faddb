"""Opening an account: the few reads that tell what it understands, and the user's options settled against them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from migrator.errors import InputWrong
from migrator.model import Kind
from migrator.vendor import Account, Record, Vocabulary
from migrator.vendors.planfix.catalogue import (
    FIELD_TYPES,
    PRIORITIES,
    PROJECT_STATUS_ALIASES,
    PROJECT_STATUSES,
    READ_ONLY,
    Catalogue,
    CustomField,
    DataTag,
    Employee,
)
from migrator.vendors.planfix.client import PAGE, Client
from migrator.vendors.planfix.values import TAKEN_BACK

_FIELDS = "id,name,type,enumValues,directoryId"
_TEMPLATES = {Kind.TASK: "task", Kind.PROJECT: "project", Kind.CONTACT: "contact", Kind.COMPANY: "company"}
_WITH_FIELDS = (Kind.TASK, Kind.PROJECT, Kind.CONTACT)


async def read_catalogue(client: Client, account: Account) -> Catalogue:
    """What the account understands, in about fifteen requests. Raises InputWrong for options that name nothing in it."""
    users = [row async for row in client.rows("/user/list", "users", "the employees", fields=_USER_FIELDS)]
    contacts = await _contacts(client, companies=False)
    companies = await _contacts(client, companies=True)
    templates = {kind: await _templates(client, kind) for kind in _TEMPLATES}
    wanted = _Wanted(account.options)
    chosen = wanted.templates(templates)
    processes = (await client.get("/process/task", "the processes", fields="id,name")).get("processes") or ()
    process = wanted.pick("process", processes)
    statuses = await _statuses(client, processes, templates[Kind.TASK], process, chosen.get(Kind.TASK))
    rolled_back = wanted.pick("rolled_back_status", statuses)
    fields = {kind: await _custom_fields(client, kind) for kind in _WITH_FIELDS}
    tags = {
        row["name"]: _tag(row)
        async for row in client.rows("/datatag/list", "dataTags", "the data tags", fields=_TAG_FIELDS)
    }
    groups = await client.get("/project/groups", "the project groups", fields="id,name")
    contact_groups = await client.get("/contact/groups", "the contact groups", fields="id,name")
    if wanted.problems:
        raise InputWrong(wanted.problems)
    marker = str(account.options.get("marker_field") or "Migration ID")
    usable = {kind: {one.name: one for one in of if one.name != marker} for kind, of in fields.items()}
    there = _there(users, contacts, companies, groups)
    return Catalogue(
        vocabulary=_vocabulary(there, statuses, usable, tags),
        site=account.url.rstrip("/").removesuffix("/rest"),
        zone=ZoneInfo(account.time_zone),
        marker_name=marker,
        fields=usable,
        markers={kind: one for kind, of in fields.items() for one in of if one.name == marker},
        tags=tags,
        templates=chosen,
        process=process,
        contact_groups={name: int(id) for name, id in _by_name(contact_groups)},
        status_names={
            Kind.TASK: {str(one["id"]): str(one["name"]) for one in statuses},
            Kind.PROJECT: {id: name for name, id in PROJECT_STATUSES.items()},
        },
        rolled_back=rolled_back,
        employees=tuple(_employee(row) for row in users),
        no_template=tuple(kind for kind in (Kind.CONTACT, Kind.COMPANY) if kind not in chosen),
    )


_USER_FIELDS = "id,name,midname,lastname,email,secondaryEmails,role,status,isDeleted,timezone"
_CONTACT_FIELDS = "id,name,midname,lastname,email,additionalEmailAddresses,isDeleted"
_TAG_FIELDS = "id,name,group,fields"


async def _contacts(client: Client, *, companies: bool) -> list[Record]:
    """People or companies: the list never gives both (the vendor contract, section 8, 13)."""
    about = "the companies" if companies else "the contacts"
    rows = client.rows("/contact/list", "contacts", about, isCompany=companies, fields=_CONTACT_FIELDS)
    return [row async for row in rows if not (row.get("isDeleted") or str(row.get("name")).startswith(TAKEN_BACK))]


async def _templates(client: Client, kind: Kind) -> list[Record]:
    word = "contact" if kind is Kind.COMPANY else _TEMPLATES[kind]
    query = {"fields": "id,name,processId" if kind is Kind.TASK else "id,name", "pageSize": str(PAGE)}
    if word == "contact":
        query["isCompany"] = "true" if kind is Kind.COMPANY else "false"
    found: list[Record] = []
    while True:
        reply = await client.get(f"/{word}/templates", f"the {kind} templates", **query, offset=str(len(found)))
        page = reply.get("templates") or ()
        found += page
        if len(page) < PAGE:
            return found


async def _statuses(
    client: Client, listed: Iterable[Record], templates: Iterable[Record], process: int | None, template: int | None
) -> list[Record]:
    """The statuses that new tasks can have: of the process asked for, else the template's, else the built-in one's."""
    if process is None:
        process = next((row.get("processId") for row in templates if row["id"] == template), None)
    if process is None:
        process = await _built_in(client, listed, templates)
    if process is None:
        return []
    reply = await client.get(f"/process/task/{process}/statuses", "the statuses of tasks", fields="id,name,texts")
    return list(reply.get("statuses") or ())


async def _built_in(client: Client, listed: Iterable[Record], templates: Iterable[Record]) -> int | None:
    """The process that no list names though templates and tasks point at it (section 8, 37); None if nothing shows which."""
    known = {row["id"] for row in listed}
    unlisted = {row["processId"] for row in templates if row.get("processId")} - known
    if not unlisted:
        async for page in client.pages("/task/list", "tasks", "a page of tasks", fields="id,processId"):
            unlisted = {row["processId"] for row in page if row.get("processId")} - known
            break
    return unlisted.pop() if len(unlisted) == 1 else None


async def _custom_fields(client: Client, kind: Kind) -> list[CustomField]:
    """The fields that can be written. Those that take directory entries come with the entries' keys."""
    rows = (await client.get(f"/customfield/{kind}", f"the custom fields of {kind}s", fields=_FIELDS)).get(
        "customfields"
    )
    directories = {row["directoryId"] for row in rows or () if row.get("directoryId")}
    keys = {directory: await _entries(client, directory) for directory in sorted(directories)}
    return [_custom_field(row, keys) for row in rows or () if row["type"] not in READ_ONLY]


async def _entries(client: Client, directory: int) -> dict[str, int]:
    path, asked = f"/directory/{directory}/entry/list", "key,name,isGroup,archived"
    rows = client.rows(path, "directoryEntries", f"directory {directory}", fields=asked)
    return {row["name"]: int(row["key"]) async for row in rows if not (row.get("isGroup") or row.get("archived"))}


def _custom_field(row: Record, keys: Mapping[int, Mapping[str, int]]) -> CustomField:
    entries = keys.get(row.get("directoryId") or 0, {})
    labels = tuple(row.get("enumValues") or entries)
    return CustomField(int(row["id"]), str(row["name"]), int(row["type"]), labels, entries)


def _tag(row: Record) -> DataTag:
    fields = (_custom_field(each, {}) for each in row.get("fields") or ())
    return DataTag(int(row["id"]), str(row["name"]), {one.name: one for one in fields})


def _employee(row: Record) -> Employee:
    return Employee(_full_name(row), row.get("role") == "Robot", str(row.get("timezone") or ""))


def _there(
    users: Iterable[Record], contacts: Iterable[Record], companies: Iterable[Record], groups: Record
) -> dict[Kind, dict[str, str]]:
    """What source entities may be matched to, by natural key."""
    return {
        Kind.PERSON: _keyed(_person_keys("user", users)),
        Kind.CONTACT: _keyed(_person_keys("contact", contacts)),
        Kind.COMPANY: _keyed((row["name"], f"contact:{row['id']}") for row in companies if row.get("name")),
        Kind.GROUP: _keyed(_by_name(groups)),
    }


def _by_name(reply: Record) -> Iterator[tuple[str, str]]:
    return ((str(row["name"]), str(row["id"])) for row in reply.get("groups") or ())


def _person_keys(prefix: str, rows: Iterable[Record]) -> Iterator[tuple[str, str]]:
    """E-mails in lower case and the full name of everybody who can act, with their prefixed id."""
    for row in rows:
        if row.get("isDeleted") or row.get("status") == "Inactive" or row.get("role") == "Robot":
            continue
        id = f"{prefix}:{row['id']}"
        emails = [row.get("email"), *(row.get("secondaryEmails") or ()), *(row.get("additionalEmailAddresses") or ())]
        yield from ((str(email).lower(), id) for email in emails if email)
        if name := _full_name(row):
            yield name, id


def _full_name(row: Record) -> str:
    return " ".join(str(row[part]) for part in ("name", "midname", "lastname") if row.get(part))


def _keyed(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Key -> id, without the keys that stand for several."""
    found: dict[str, set[str]] = {}
    for key, id in pairs:
        found.setdefault(key, set()).add(id)
    return {key: ids.pop() for key, ids in found.items() if len(ids) == 1}


def _vocabulary(
    there: Mapping[Kind, Mapping[str, str]],
    statuses: Iterable[Record],
    fields: Mapping[Kind, Mapping[str, CustomField]],
    tags: Mapping[str, DataTag],
) -> Vocabulary:
    return Vocabulary(
        there=there,
        statuses={
            Kind.TASK: {name: str(row["id"]) for row in statuses for name in _status_names(row)},
            Kind.PROJECT: {**PROJECT_STATUSES, **PROJECT_STATUS_ALIASES},
        },
        fields={kind: {name: str(one.id) for name, one in of.items()} for kind, of in fields.items()},
        field_types={
            kind: {name: FIELD_TYPES.get(one.type, "other") for name, one in of.items()} for kind, of in fields.items()
        },
        field_options={
            kind: {name: one.labels for name, one in of.items() if one.labels} for kind, of in fields.items()
        },
        cost_tags={name: {each: str(one.id) for each, one in tag.fields.items()} for name, tag in tags.items()},
        priorities=PRIORITIES,
    )


def _status_names(row: Record) -> Iterator[str]:
    """The status by its own name, and in the account's other languages."""
    yield str(row["name"])
    yield from (str(each["name"]) for each in row.get("texts") or () if each.get("name"))


class _Wanted:
    """The user's options, looked up in the account; what is not found is collected in `problems`."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self.problems: list[str] = []

    def pick(self, option: str, rows: Iterable[Record]) -> int | None:
        """The id of the one that the option names, by name or id; None if the option is not set."""
        wanted = str(self._options.get(option) or "")
        if not wanted:
            return None
        found = {int(row["id"]) for row in rows if wanted in (str(row["id"]), row.get("name"))}
        if len(found) == 1:
            return found.pop()
        names = ", ".join(sorted(str(row.get("name")) for row in rows)) or "nothing"
        why = "is in the account more than once; give its id" if found else f"is not in the account, which has: {names}"
        # The built-in process is in no list, so its id has to be taken on trust.
        if option == "process" and wanted.isdigit():
            return int(wanted)
        self.problems.append(f"planfix: option {option} = {wanted!r} {why}")
        return None

    def templates(self, templates: Mapping[Kind, list[Record]]) -> dict[Kind, int]:
        """The template of each kind: as the options say; of contacts and companies also the only one there is."""
        chosen: dict[Kind, int] = {}
        for kind, rows in templates.items():
            picked = self.pick(f"{_TEMPLATES[kind]}_template", rows)
            if picked is None and kind in (Kind.CONTACT, Kind.COMPANY) and len(rows) == 1:
                picked = int(rows[0]["id"])
            if picked is not None:
                chosen[kind] = picked
        return chosen
