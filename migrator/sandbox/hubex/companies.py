"""Companies of HubEx: list, card, create, full replace, delete and restore, attributes, contacts.

Vendor contract, sections 4.1, 5, 6, gotchas 27, 37. There is no filter by erpID. A deleted company takes the publication of its assets
with it, and its restore does not give it back.
"""

from __future__ import annotations

from collections.abc import Sequence

from migrator.sandbox.hubex import filters, shapes
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.changes import accept, accept_all
from migrator.sandbox.hubex.inputs import (
    Field,
    data_of,
    flag,
    moment,
    name,
    number,
    read,
    reference,
    replace,
    text,
    texts,
)
from migrator.sandbox.hubex.paging import as_array, as_map, total
from migrator.sandbox.hubex.wire import Record, bad_format, created, found, invalid, missing, nothing
from migrator.sandbox.server import Reply

_FLAGS = ("isEmployer", "isContractorHolder", "isOurCompany", "isVATTaxpayer")
_TEXTS = {
    "code": None, "erpID": None, "tin": 16, "iec": 16, "psrn": 16, "okpo": 16, "certificateNumber": 16, "fullName": 512,
    "siteUrl": 512, "email": 128, "phone": 32, "registeredOffice": 1024, "registeredOfficeNote": 256,
}  # fmt: skip
_FIELDS = (
    Field("name", name(512), required=True),
    Field("registrationTypeID", reference("registration_types"), required=True),
    *(Field(one, flag) for one in _FLAGS),
    *(Field(one, text(limit)) for one, limit in _TEXTS.items()),
    *(Field("locationID", reference("locations")), Field("vatRate", number), Field("certificateDate", moment)),
)
_UPDATE = (*_FIELDS, Field("customerOrgUnitID", number, required=True), Field("staffOrgUnitID", number, required=True))
_FILTERS = {
    "searchText": filters.search(lambda _, row: [row["name"], row.get("fullName"), row.get("tin"), row.get("code")]),
    "companyID": filters.short("id"),
    "isDeleted": filters.present("deleted"),
    "companyRegistrationTypeID": filters.byte("registrationTypeID"),
    **{one: filters.present(one) for one in _FLAGS},
}
_VALUE = (
    Field("attributeID", reference("attributes"), required=True),
    Field("isPublic", flag, required=True),
    Field("values", texts, required=True),
)


def list_all(ask: Ask) -> Reply:
    """GET /ES/Companies."""
    return as_map(ask, _selected(ask), lambda row: _row(ask, row))


def count(ask: Ask) -> Reply:
    """HEAD /ES/Companies."""
    return total(len(_selected(ask)))


def one(ask: Ask) -> Reply:
    """GET /ES/Companies/{id}."""
    row = ask.state.get("companies", ask.path["id"])
    if row is None:
        return nothing()
    more = {key: row.get(key) for key in (*_TEXTS, "vatRate", "certificateDate")}
    return found({**_row(ask, row), **more, "location": shapes.location(ask.state, row.get("locationID"))})


def create(ask: Ask) -> Reply:
    """POST /ES/Companies, array: the ids in order. Each company gets two org units of its own."""
    taken = [read(ask.state, row, _FIELDS) for row in ask.rows()]
    for row in taken:
        row["customerOrgUnitID"] = ask.state.next_id("org_units")
        row["staffOrgUnitID"] = ask.state.next_id("org_units")
    return created([ask.state.add("companies", row)["id"] for row in taken])


def update(ask: Ask) -> Reply:
    """PUT /ES/Companies, array, full replace."""
    changes = []
    for row in ask.rows():
        if row.get("id") is None:
            raise missing()
        company = ask.state.live("companies", row["id"])
        if company is None:
            raise invalid()
        changes.append((company, read(ask.state, row, _UPDATE)))

    def apply() -> None:
        for company, taken in changes:
            replace(company, _UPDATE, taken)

    return accept(ask, apply)


def delete(ask: Ask) -> Reply:
    """DELETE /ES/Companies, array of ids: soft, and their assets become unpublished [wiki]."""
    now = ask.now

    def change(company: Record) -> None:
        company.setdefault("deleted", now)
        for asset in ask.state.assets.values():
            if asset.get("companyID") == company["id"]:
                asset.pop("published", None)

    return accept_all(ask, _known(ask, ask.numbers()), change)


def restore(ask: Ask) -> Reply:
    """PUT /ES/Companies/restore, array of ids."""
    companies = _known(ask, ask.numbers())
    return accept_all(ask, companies, lambda company: company.pop("deleted", None))


def attributes(ask: Ask) -> Reply:
    """GET /ES/Companies/{id}/attributes: the values are lists of texts."""
    values = (ask.state.get("companies", ask.path["id"]) or {}).get("attributes", {})
    return as_array(
        ask,
        sorted(values.items(), key=lambda item: int(item[0])),
        lambda item: {**shapes.attribute(ask.state, item[0]), "isPublic": True, "values": item[1]},
    )


def set_attributes(ask: Ask) -> Reply:
    """POST /ES/Companies/{id}/attributes, array: merged."""
    (company,) = _known(ask, [int(ask.path["id"])])
    values = [read(ask.state, row, _VALUE) for row in ask.rows()]

    def apply() -> None:
        for value in values:
            company.setdefault("attributes", {})[str(value["attributeID"])] = value["values"]

    return accept(ask, apply)


def contacts(ask: Ask) -> Reply:
    """GET /ES/Companies/{id}/contacts."""
    company = ask.state.get("companies", ask.path["id"]) or {}
    rows = [row for one_id in company.get("contacts", []) if (row := ask.state.live("contacts", one_id))]
    keys = ("fullName", "phone", "email", "position", "description")
    return as_map(
        ask,
        rows,
        lambda row: {"companyID": company["id"], "contactID": row["id"], **{key: row.get(key) for key in keys}},
    )


def add_contacts(ask: Ask) -> Reply:
    """POST /ES/Companies/contacts, array of {companyID, data[contactID]}."""
    links = []
    for row in ask.rows():
        (company,) = _known(ask, [row.get("companyid")])
        links += [(company, reference("contacts")(ask.state, one_id)) for one_id in data_of(row)]
    for company, contact in links:
        if contact not in company.setdefault("contacts", []):
            company["contacts"].append(contact)
    return created([{"companyID": company["id"], "contactID": contact} for company, contact in links])


def attachments(ask: Ask) -> Reply:
    """GET /ES/Companies/{id}/attachments."""
    kept = (ask.state.get("companies", ask.path["id"]) or {}).get("attachments", [])
    rows = [row for key in kept if (row := ask.state.attachments.get(str(key))) and not row.get("deleted")]
    return as_map(ask, rows, lambda row: shapes.file(row, ask.call.base))


def _selected(ask: Ask) -> list[Record]:
    return filters.select(ask, ask.state.companies.values(), _FILTERS)


def _known(ask: Ask, identities: Sequence[object]) -> list[Record]:
    records = [ask.state.get("companies", identity) for identity in identities]
    if not identities:
        raise bad_format()
    if not all(records):
        raise invalid()
    return [record for record in records if record]


def _row(ask: Ask, row: Record) -> Record:
    unit = {"customerOrgUnit": row.get("customerOrgUnitID"), "staffOrgUnit": row.get("staffOrgUnitID")}
    assets = [one for one in ask.state.assets.values() if one.get("companyID") == row["id"] and not one.get("deleted")]
    users = [
        one for one in ask.state.users.values() if row["id"] in [e.get("companyID") for e in one.get("employments", [])]
    ]
    return {
        **{key: row.get(key) for key in ("id", "name", "code", "erpID", "tin", "iec", "registrationTypeID", "deleted")},
        **{key: bool(row.get(key)) for key in _FLAGS},
        **{key: {"id": value} for key, value in unit.items() if value},
        "counters": {"assets": len(assets), "users": len(users)},
    }
