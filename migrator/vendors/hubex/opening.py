"""Opening an account: the few reads that tell what it understands, and the user's options settled against them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from migrator.errors import InputWrong
from migrator.model import Kind
from migrator.vendor import Account, Record, Vocabulary
from migrator.vendors.hubex.attributes import attribute
from migrator.vendors.hubex.catalogue import CONTACT, PUBLISHED, UNPUBLISHED, Attribute, Catalogue, Projects, Works
from migrator.vendors.hubex.client import Client, Query, Rows
from migrator.vendors.hubex.location import look_up
from migrator.vendors.hubex.stages import Link, links
from migrator.vendors.hubex.values import moment

_LIVING = (("isDeleted", "false"),)  # without it deleted rows come too (the vendor contract, section 3)
_RELEVANT = {"asset": "isRelevantForAsset", "company": "isRelevantForCompany"}


async def read_catalogue(client: Client, account: Account) -> Catalogue:
    """What the account understands, in about fifteen requests. Raises InputWrong for options that name nothing in it."""
    wanted = _Wanted(account.options)
    what = wanted.one_of("project", tuple(_RELEVANT))
    companies = await _listed(client, "ES/Companies", _LIVING, "the companies")
    users = await _listed(client, "ADM/Users", _LIVING, "the users")
    contacts = await _listed(client, "COMMON/Contacts", _LIVING, "the contacts")
    criticalities = await _listed(client, "SLA/Criticalities", (), "the criticalities")
    work_types = await _listed(client, "WORK/WorkTypes", _LIVING, "the work types")
    ranked = sorted(criticalities, key=lambda row: (row[1].get("sortOrder") or 0, int(row[0])))
    words = {"criticality": _by_name(ranked), "work_type": _by_name(work_types)}
    attributes = {kind: await _attributes(client, kind, what) for kind in (Kind.TASK, Kind.PROJECT)}
    projects = await _projects(client, wanted, what, companies)
    works, currencies = await _works(client, wanted, work_types)
    forms = await _listed(client, "ES/CompanyRegistrationTypes", (), "the legal forms of companies")
    registration_type = wanted.pick("registration_type", forms) or _first(forms) or 0
    task_type = wanted.needed("task_type", await _listed(client, "WORK/TaskTypes", (), "the types of tasks"))
    start, permitted, stages = await _route(client, task_type)
    created_in = wanted.attribute("created_attribute", attributes[Kind.TASK])
    there = _there(users, contacts, companies)
    stand_in = wanted.user("stand_in", there[Kind.PERSON])
    if wanted.problems:
        raise InputWrong(wanted.problems)
    return Catalogue(
        vocabulary=_vocabulary(there, stages, attributes, words),
        zone=ZoneInfo(account.time_zone),
        projects=projects,
        works=works,
        task_type=task_type,
        start=start,
        links=permitted,
        registration_type=registration_type,
        attributes=attributes,
        words=words,
        created_in=created_in,
        stand_in=stand_in,
        external_comments=account.options.get("external_comments") is True,
        currencies=currencies,
    )


async def _listed(client: Client, path: str, query: Query, about: str) -> Rows:
    """All rows by id, which is the key of a map or stands in the rows of an array (the vendor contract, section 3)."""
    return [(key or str(row.get("id", "")), row) for key, row in await client.list(path, query, about)]


async def _projects(client: Client, wanted: _Wanted, what: str, companies: Rows) -> Projects:
    if what == "company":
        return Projects(as_companies=True)
    types = await _listed(client, "ES/AssetTypes", (), "the types of assets")
    classes = await _listed(client, "ES/AssetClasses", (), "the classes of assets")
    address = str(wanted.options.get("address") or "Без адреса")
    return Projects(
        asset_type=wanted.needed("asset_type", types),
        asset_class=wanted.needed("asset_class", classes),
        company=wanted.pick("company", companies),
        address=address,
        location=await look_up(client, address),
    )


async def _works(client: Client, wanted: _Wanted, types: Rows) -> tuple[Works, int]:
    """Where costs go, and how many currencies the account has."""
    currencies = await _listed(client, "COMMON/Currencies", (), "the currencies")
    time = wanted.pick("work_type", types) or _default(types)
    money = wanted.pick("money_work_type", types) or time
    return Works(time, money, wanted.pick("currency", currencies) or _first(currencies)), len(currencies)


async def _attributes(client: Client, kind: Kind, projects: str) -> dict[str, Attribute]:
    relevant = _RELEVANT[projects] if kind is Kind.PROJECT else "isRelevantForTask"
    rows = await _listed(client, "COMMON/Attributes", ((relevant, "true"), *_LIVING), "the attributes")
    return {one.name: one for one in (attribute(id, row) for id, row in rows if not row.get("deleted"))}


async def _route(client: Client, task_type: int) -> tuple[int, tuple[Link, ...], dict[str, str]]:
    """The first stage of the type's tasks, the moves it permits, and the stages of its route by name, those no move leads to included."""
    if not task_type:
        return 0, (), {}
    route = await client.read(f"WORK/TaskTypes/{task_type}/route", (), "the route of the task type") or {}
    rows = await _listed(client, "TSTG/TaskStageLinks", (("taskTypeID", task_type),), "the links between stages")
    known = await _listed(client, "TSTG/TaskStages", (), "the stages of tasks")
    permitted = tuple(links((row for _, row in rows), task_type))
    start = int((route.get("startTaskStage") or {}).get("id") or 0)
    last = int((route.get("finishTaskStage") or {}).get("id") or start)
    on_route = {start, last, *(stage for link in permitted for stage in (link.start, link.end))}
    names = {str(row["name"]): id for id, row in known if int(id) in on_route}
    return start, permitted, names


def _there(users: Rows, contacts: Rows, companies: Rows) -> dict[Kind, dict[str, str]]:
    """What source entities may be matched to, by natural key."""
    return {
        Kind.PERSON: _keyed(_user_keys(users)),
        Kind.CONTACT: _keyed(_contact_keys(contacts)),
        Kind.COMPANY: _keyed((str(row["name"]), id) for id, row in companies if not row.get("deleted")),
    }


def _user_keys(rows: Rows) -> Iterator[tuple[str, str]]:
    """E-mails in lower case and names of everybody who can act, first name first and last name first."""
    for id, row in rows:
        if row.get("deleted") or _is_banned(row):
            continue
        if email := row.get("email"):
            yield str(email).lower(), id
        first, last, middle = (str(row.get(part) or "") for part in ("firstName", "lastName", "middleName"))
        names = {" ".join(filter(None, order)) for order in ((first, last), (last, first), (last, first, middle))}
        yield from ((name, id) for name in names if name)


def _is_banned(row: Record) -> bool:
    until = row.get("banTill")
    end = moment(until)  # None: for good
    return bool(until) and (end is None or end > datetime.now(UTC))


def _contact_keys(rows: Rows) -> Iterator[tuple[str, str]]:
    for id, row in rows:
        if not row.get("deleted"):
            keys = (str(row.get("email") or "").lower(), str(row.get("fullName") or ""))
            yield from ((key, f"{CONTACT}{id}") for key in keys if key)


def _keyed(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Key -> id, without the keys that stand for several."""
    found: dict[str, set[str]] = {}
    for key, id in pairs:
        found.setdefault(key, set()).add(id)
    return {key: ids.pop() for key, ids in found.items() if len(ids) == 1}


def _vocabulary(
    there: Mapping[Kind, Mapping[str, str]],
    stages: Mapping[str, str],
    attributes: Mapping[Kind, Mapping[str, Attribute]],
    words: Mapping[str, Mapping[str, int]],
) -> Vocabulary:
    fields = {kind: {name: str(one.id) for name, one in of.items()} for kind, of in attributes.items()}
    types = {kind: {name: one.type for name, one in of.items()} for kind, of in attributes.items()}
    options = {
        kind: {name: tuple(one.options.values()) for name, one in of.items() if one.options}
        for kind, of in attributes.items()
    }
    fields[Kind.TASK] |= {name: name for name in words}
    types[Kind.TASK] |= dict.fromkeys(words, "list")
    options[Kind.TASK] |= {name: tuple(known) for name, known in words.items()}
    return Vocabulary(
        there=there,
        statuses={Kind.TASK: stages, Kind.PROJECT: {word: word for word in (PUBLISHED, UNPUBLISHED)}},
        fields=fields,
        field_types=types,
        field_options=options,
        cost_tags=None,
        priorities=tuple(words["criticality"]),
    )


def _by_name(rows: Rows) -> dict[str, int]:
    return {str(row["name"]): int(id) for id, row in rows}


def _default(rows: Rows) -> int | None:
    """The one that the account itself takes where nothing is said, else the first."""
    return next((int(id) for id, row in rows if row.get("isDefault")), None) or _first(rows)


def _first(rows: Rows) -> int | None:
    return min((int(id) for id, _ in rows), default=None)


class _Wanted:
    """The user's options, looked up in the account; what is not found is collected in `problems`."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = options
        self.problems: list[str] = []

    def one_of(self, option: str, words: tuple[str, ...]) -> str:
        """The word that the option gives; the first where it gives none."""
        wanted = str(self.options.get(option) or words[0])
        if wanted not in words:
            self.problems.append(f"hubex: option {option} = {wanted!r} is none of: {', '.join(words)}")
            return words[0]
        return wanted

    def pick(self, option: str, rows: Rows) -> int | None:
        """The id of the one that the option names, by name, code or id; None if the option is not set."""
        wanted = str(self.options.get(option) or "")
        if not wanted:
            return None
        found = {int(id) for id, row in rows if wanted in (id, *_names(row))}
        if len(found) == 1:
            return found.pop()
        names = ", ".join(sorted(name for _, row in rows for name in _names(row))) or "nothing"
        why = "is in the account more than once; give its id" if found else f"is not in the account, which has: {names}"
        self.problems.append(f"hubex: option {option} = {wanted!r} {why}")
        return None

    def needed(self, option: str, rows: Rows) -> int:
        """As `pick`, else the account's default; 0, and a problem, if there is none at all."""
        found = self.pick(option, rows) or _default(rows)
        if found is None:
            self.problems.append(f"hubex: the account has nothing for the option {option}; create one there")
        return found or 0

    def user(self, option: str, known: Mapping[str, str]) -> int | None:
        """The user that the option names, by name or e-mail; None if it is not set."""
        wanted = str(self.options.get(option) or "")
        found = known.get(wanted, known.get(wanted.lower()))
        if wanted and found is None:
            self.problems.append(
                f"hubex: option {option} = {wanted!r} is no user of the account; write a name or an e-mail"
            )
        return int(found) if wanted and found else None

    def attribute(self, option: str, known: Mapping[str, Attribute]) -> Attribute | None:
        """The attribute for dates that the option names; None if it is not set."""
        wanted = str(self.options.get(option) or "")
        dates = {name: one for name, one in known.items() if one.type == "date"}
        if wanted and wanted not in dates:
            names = ", ".join(sorted(dates)) or "none"
            self.problems.append(
                f"hubex: option {option} = {wanted!r} is no attribute of type date, of which there are: {names}"
            )
        return dates.get(wanted)


def _names(row: Record) -> Iterator[str]:
    return (str(row[key]) for key in ("name", "nameRu", "shortNameRu", "asciiCode") if row.get(key))
