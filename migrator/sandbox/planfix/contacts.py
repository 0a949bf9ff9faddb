"""Contacts and companies of Planfix: lists, reads, creates, updates, and the import that returns no ids.

Vendor contract, sections 4 and 5, gotchas 13 and 36: a list shows people alone unless `isCompany` is true, a template is needed to
create, the creation date cannot be set.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from migrator.sandbox.planfix import changes as change
from migrator.sandbox.planfix import filters, inputs, shapes
from migrator.sandbox.planfix.access import Ask
from migrator.sandbox.planfix.inputs import Input, Writer
from migrator.sandbox.planfix.state import State
from migrator.sandbox.planfix.tasks import attached
from migrator.sandbox.planfix.wire import MISSING, Record, Refusal, bad_json, empty, flag, id_of, rows_of, success
from migrator.sandbox.server import Reply

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_TEXTS = ("midname", "lastname", "description", "address", "site", "skype", "telegramId", "telegram", "facebook")
_MORE_TEXTS = ("instagram", "viberId", "position", "languageCode", "communicationLanguageCode", "timezone")

CONTACT: shapes.Shapes = {
    **dict.fromkeys(("id", "email", "gender", *_TEXTS, *_MORE_TEXTS), shapes.plain),
    "name": shapes.text,
    "template": shapes.base,
    "group": shapes.listed("contact_groups"),
    **dict.fromkeys(("isCompany", "isDeleted"), shapes.flag),
    "birthDate": shapes.day,
    **dict.fromkeys(("createdDate", "dateOfLastUpdate"), shapes.moment),
    "supervisors": shapes.people,
    "phones": lambda _, contact, __: [_phone(row) for row in contact.get("phones", [])],
    "additionalEmailAddresses": lambda _, contact, __: contact.get("additionalEmailAddresses", []),
    **dict.fromkeys(("companies", "contacts"), shapes.listed_each("contacts")),
    "files": shapes.files,
    **dict.fromkeys(("sourceObjectId", "sourceDataVersion"), shapes.plain),
}
ONE_CONTACT: shapes.Shapes = {
    **CONTACT,
    "addedBy": shapes.person,
    "avatarUrl": shapes.plain,
    "dataTags": shapes.data_tags("contact"),
}


def list_all(ask: Ask) -> Reply:
    """POST /contact/list: people, or with `isCompany` companies (gotcha 13)."""
    companies = flag(ask.body, "isCompany")
    rows = [row for row in ask.state.contacts.values() if bool(row.get("isCompany")) is companies]
    rows = [row for row in rows if not (row.get("isDeleted") and ask.state.options.soft_delete)]
    found = filters.matching(ask.asker, rows, rows_of(ask.body, "filters"), filters.CONTACT_RULES, fields_from=4100)
    shown = [shapes.pick(ask.state, row, ask.fields, CONTACT, area="contact") for row in ask.page(found)]
    if flag(ask.body, "prefixedId"):
        shown = [{**row, "id": f"contact:{row['id']}"} for row in shown]
    return success(contacts=shown)


def one(ask: Ask) -> Reply:
    """GET /contact/{id}, `12` or `contact:12`; a missing one is 404."""
    contact = ask.state.contacts.get(_key(ask))
    if contact is None:
        raise Refusal(404, 2000, f"Contact not found by id {_key(ask)}")
    return success(contact=shapes.pick(ask.state, contact, ask.fields, ONE_CONTACT, area="contact"))


def create(ask: Ask) -> Reply:
    """POST /contact/: 201 and the id; without a template it is refused [obs PFX]."""
    if "template" not in ask.body:
        raise Refusal(400, MISSING, "Template is required")
    contact = _create(ask, ask.body, id_of(ask.body["template"]))
    return success(201, wrote=True, id=contact["id"])


def update(ask: Ask) -> Reply:
    """POST /contact/{id}."""
    contact = ask.state.contacts.get(_key(ask))
    if contact is None:
        raise Refusal(404, 2000, f"Contact for update not found by id {_key(ask)}")
    taken = _read(ask, ask.body, contact.get("template"))
    failed = change.part(ask.state, taken)
    _lay(ask, contact, taken)
    return change.answer(ask.state, failed)


def import_all(ask: Ask) -> Reply:
    """POST /contact/import: 201 with an empty body (gotcha 36); `custom:N` with `ignore` creates nothing twice."""
    unique = ask.body.get("optionImportUniqueField", "name")
    duplicate = ask.body.get("optionImportDuplicate", "none")
    if not isinstance(unique, str) or duplicate not in ("ignore", "update", "none"):
        raise bad_json()
    rows = [(row, _import_template(ask, row)) for row in rows_of(ask.body, "contacts")]
    for row, template in rows:
        _checked(ask, row, template)
    for row, template in rows:
        same = None if duplicate == "none" else _same(ask.state, row, unique)
        if same is None:
            _create(ask, row, template)
        elif duplicate == "update":
            _lay(ask, same, _read(ask, row, same.get("template")))
    return empty(201)


def _create(ask: Ask, body: Mapping[str, Any], template: int | None) -> Record:
    taken = _checked(ask, body, template)
    identity = ask.state.next_id("contacts")
    contact: Record = {"id": identity, "template": template, "createdDate": ask.now, "addedBy": ask.me}
    _lay(ask, contact, taken)
    ask.state.contacts[str(identity)] = contact
    return contact


def _import_template(ask: Ask, row: Record) -> int | None:
    return id_of({"id": ask.body.get("companyTemplateId" if row.get("isCompany") else "contactTemplateId")})


def _checked(ask: Ask, body: Mapping[str, Any], template: int | None) -> Record:
    """What a new contact takes from the body. Raises Refusal."""
    if str(template) not in ask.state.contact_templates:
        raise inputs.bad_value(f"Not found by id {template}")
    if not body.get("name"):
        raise Refusal(400, 2006, "Contact name is empty")
    return inputs.given(_read(ask, body, template))


def _read(ask: Ask, body: Mapping[str, Any], template: int | None) -> Record:
    taken = inputs.read(ask.writer, _INPUTS, body)
    if "customFieldData" in body:
        known = attached(ask.state, "contact_templates", template)
        taken["fields"] = inputs.custom(ask.writer, body["customFieldData"], known)
    return taken


def _lay(ask: Ask, contact: Record, taken: Record) -> None:
    """Lay the changes; a link between a person and a company stands on both."""
    inputs.apply(contact, taken)
    contact["dateOfLastUpdate"] = ask.now
    for name, back in (("companies", "contacts"), ("contacts", "companies")):
        for other in taken.get(name, []):
            row = ask.state.contacts[str(other)]
            row[back] = list(dict.fromkeys([*row.get(back, []), contact["id"]]))


def _same(state: State, row: Record, unique: str) -> Record | None:
    """The contact that the import takes for the same one."""
    if unique.startswith("custom:"):
        identity = unique.removeprefix("custom:")
        given = next((one.get("value") for one in rows_of(row, "customFieldData") if _is(one, identity)), None)
        return next((one for one in state.contacts.values() if given and _custom(one, identity) == given), None)
    parts = [word for word in unique.removesuffix("-ifnot").replace("-and-", "-").split("-") if word in _PARTS]
    every = all if "-and-" in unique else any
    checks = [_PARTS[word] for word in parts]
    return next((one for one in state.contacts.values() if checks and every(test(one, row) for test in checks)), None)


def _is(row: Record, identity: str) -> bool:
    return str(id_of(row.get("field"))) == identity


def _custom(contact: Record, identity: str) -> Any:
    return contact.get("fields", {}).get(identity)


def _same_phone(one: Record, other: Record) -> bool:
    numbers = {str(row.get("number")) for row in rows_of(other, "phones")}
    return any(row["number"] in numbers for row in one.get("phones", []))


_PARTS: Mapping[str, Callable[[Record, Record], bool]] = {
    "email": lambda one, other: bool(other.get("email")) and one.get("email") == other["email"],
    "phone": _same_phone,
    "name": lambda one, other: (one.get("name"), one.get("lastname")) == (other.get("name"), other.get("lastname")),
    "number": lambda one, other: "id" in other and one["id"] == other["id"],
}


def _key(ask: Ask) -> str:
    return ask.path["id"].removeprefix("contact:")


def _phone(row: Record) -> Record:
    return {"number": row["number"], "maskedNumber": row["number"], "type": row.get("type", 4)}


def _phones(_: Writer, value: Any) -> list[Record]:
    rows = rows_of({"phones": value}, "phones")
    if not all(isinstance(row.get("number"), str) for row in rows):
        raise bad_json()
    return [{"number": row["number"], "type": row.get("type", 4)} for row in rows]


def _email(writer: Writer, value: Any) -> str | None:
    taken = inputs.text(writer, value)
    if taken and not _EMAIL.fullmatch(taken):
        raise Refusal(400, 2004, f"Bad email {taken}")
    return taken


def _name(writer: Writer, value: Any) -> str:
    taken = inputs.text(writer, value)
    if not taken or not taken.strip():
        raise Refusal(400, 2006, "Contact name is empty")
    return taken


def _deleted(writer: Writer, value: Any) -> bool:
    return inputs.flag(writer, value) and writer.state.options.soft_delete


_INPUTS: Mapping[str, Input] = {
    "name": _name,
    **dict.fromkeys((*_TEXTS, *_MORE_TEXTS), inputs.text),
    "email": _email,
    "gender": inputs.choice("Female", "Male", otherwise="NotDefined"),
    "group": inputs.reference("contact_groups"),
    "isCompany": inputs.flag,
    "isDeleted": _deleted,
    "birthDate": inputs.day,
    "supervisors": inputs.people,
    "phones": _phones,
    **dict.fromkeys(("companies", "contacts"), inputs.references("contacts")),
    "files": inputs.files,
    **inputs.SOURCE,
}
