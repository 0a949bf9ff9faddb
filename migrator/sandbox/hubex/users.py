"""Users of HubEx: list, card, create, full replace with ban, delete and restore, roles, districts, attributes.

Vendor contract, sections 4.6, 5, 6 and 9B. E-mail is unique on the server. Roles and tenantMemberID are never shown. Without
`skipAccountVerification` an invitation goes out. `login`, `position`, `roles` and `departmentID` of older pages are passed over.
"""

from __future__ import annotations

from typing import Any

from migrator.sandbox.hubex import filters, shapes
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.changes import accept, accept_all
from migrator.sandbox.hubex.inputs import (
    Field,
    byte,
    flag,
    moment,
    name,
    number,
    objects_of,
    read,
    real,
    reference,
    references,
    replace,
    text,
)
from migrator.sandbox.hubex.paging import as_array, as_map, total
from migrator.sandbox.hubex.wire import Record, Refusal, created, found, invalid, missing, not_possible, nothing
from migrator.sandbox.server import Reply

_FIELDS = (
    *(Field("firstName", name(), required=True), Field("lastName", name(), required=True), Field("middleName", text())),
    *(Field("email", name(), required=True), Field("mobilePhone", text()), Field("workPhone", text())),
    *(Field("otherPhone", text()), Field("sexID", byte), Field("mobilityID", byte), Field("geotrackingModeID", byte)),
    *(Field("isTechnician", flag), Field("isCustomer", flag), Field("isTeam", flag)),
    *(Field("rate", real), Field("rateCurrencyID", reference("currencies"))),
)
_BAN = (Field("banReasonID", reference("ban_reasons")), Field("banTill", moment))
_COMPANY = Field("companyID", reference("companies"))
_FILTERS = {
    "searchText": filters.search(lambda _, row: [_name(row), row.get("email"), *_positions(row)]),
    "userID": filters.equals("id"),
    "companyID": filters.number(lambda _, row, value: value in [one.get("companyID") for one in _employments(row)]),
    "roleID": filters.among("roles"),
    "districtID": filters.among("districts"),
    "isDeleted": filters.present("deleted"),
    "isTechnician": filters.present("isTechnician"),
    "isCustomer": filters.present("isCustomer"),
    "isTeam": filters.present("isTeam"),
    "isBanned": filters.switch(lambda ask, row: row.get("banTill", "") > ask.now),
    "erpID": filters.Filter(str, lambda _, row, value: value in [one.get("erpID") for one in _employments(row)]),
}


def list_all(ask: Ask) -> Reply:
    """GET /ADM/Users."""
    return as_map(ask, _selected(ask), lambda row: _shown(ask, row))


def count(ask: Ask) -> Reply:
    """HEAD /ADM/Users."""
    return total(len(_selected(ask)))


def one(ask: Ask) -> Reply:
    """GET /ADM/Users/{id}."""
    row = ask.state.get("users", ask.path["id"])
    return nothing() if row is None else found(_shown(ask, row))


def create(ask: Ask) -> Reply:
    """POST /ADM/Users?skipAccountVerification=true, single: {userID, accountID, tenantMemberID}."""
    taken = read(ask.state, ask.single(), (*_FIELDS, _COMPANY))
    _unique(ask, taken["email"])
    _licence(ask, taken)
    if company := taken.pop("companyID", None):
        taken["employments"] = [{"companyID": company}]
    if not ask.flag("skipAccountVerification"):
        ask.state.invitations.append(taken["email"])
    user = ask.state.add("users", {**taken, "roles": [], "districts": []})
    return created({"userID": user["id"], "accountID": 1000 + user["id"], "tenantMemberID": 500 + user["id"]})


def update(ask: Ask) -> Reply:
    """PUT /ADM/Users/{id}, full replace: the old address in `oldEmail`; `banReasonID` and `banTill` ban [wiki]."""
    user = ask.state.live("users", ask.path["id"])
    if user is None:
        raise Refusal(404, "USER_NOT_FOUND", "Пользователь не найден")
    body = ask.single()
    fields = (*_FIELDS, *_BAN)
    taken = read(ask.state, body, fields)
    if taken["email"].lower() != user.get("email", "").lower():
        if body.get("oldemail", user.get("email")) != user.get("email"):
            raise invalid()
        _unique(ask, taken["email"])
    if ("banReasonID" in taken) != ("banTill" in taken):
        raise missing()
    return accept(ask, lambda: replace(user, fields, taken))


def delete(ask: Ask) -> Reply:
    """DELETE /ADM/Users, array of ids; refused while one has active tasks."""
    users, now = _known(ask), ask.now
    keys = {user["id"] for user in users}
    active = [task for task in ask.state.tasks.values() if not task.get("closed") and not task.get("deleted")]
    if any(keys & set(task.get("assignees", [])) for task in active):
        raise not_possible("USER_HAS_ACTIVE_TASKS")
    return accept_all(ask, users, lambda user: user.update(deleted=now))


def restore(ask: Ask) -> Reply:
    """PUT /ADM/Users/restore, array of ids."""
    return accept_all(ask, _known(ask), lambda user: user.pop("deleted", None))


def add_roles(ask: Ask) -> Reply:
    """POST /ADM/UserRoles, array of {userID, roleIDs[]}."""
    fields = (
        Field("userID", reference("users"), required=True),
        Field("roleIDs", references("roles"), required=True),
    )
    for row in [read(ask.state, row, fields) for row in ask.rows()]:
        user = ask.state.users[str(row["userID"])]
        user["roles"] = list(dict.fromkeys([*user.get("roles", []), *row["roleIDs"]]))
    return Reply(201, wrote=True)


def add_districts(ask: Ask) -> Reply:
    """POST /ADM/UserDistricts {userID, data[{districtID}]}, single: a map of the user's districts."""
    body = ask.single()
    user = ask.state.users[str(reference("users")(ask.state, body.get("userid")))]
    keys = [reference("districts")(ask.state, one.get("districtid")) for one in objects_of(body)]
    user["districts"] = list(dict.fromkeys([*user.get("districts", []), *keys]))
    return created({str(user["id"]): user["districts"]})


def all_attributes(ask: Ask) -> Reply:
    """GET /ADM/Users/attributes?userID=&attributeID=: account-wide rows."""
    rows = [
        {"userID": user["id"], "attributeID": int(key), "value": value}
        for user in ask.state.users.values()
        for key, value in user.get("attributes", {}).items()
    ]
    known = {"userID": filters.equals("userID"), "attributeID": filters.short("attributeID")}

    def shape(row: Record) -> Record:
        return {**row, "attributeName": (ask.state.get("attributes", row["attributeID"]) or {}).get("name")}

    return as_array(ask, filters.select(ask, rows, known), shape)


def _selected(ask: Ask) -> list[Record]:
    return filters.select(ask, ask.state.users.values(), _FILTERS)


def _known(ask: Ask) -> list[Record]:
    users = [ask.state.get("users", number(ask.state, key)) for key in ask.numbers()]
    if not all(users):
        raise invalid()
    return [user for user in users if user]


def _unique(ask: Ask, email: str) -> None:
    if any(user.get("email", "").lower() == email.lower() for user in ask.state.users.values()):
        raise not_possible("USER_ALREADY_EXISTS")


def _licence(ask: Ask, taken: Record) -> None:
    """Staff need licences (section 5)."""
    limit = ask.state.options.staff_licences
    staff = sum(not user.get("isCustomer") and not user.get("deleted") for user in ask.state.users.values())
    if limit is not None and not taken.get("isCustomer") and staff >= limit:
        raise Refusal(403, "AccessDeniedByLicense", "Недостаточно лицензий")


def _employments(row: Record) -> list[Record]:
    return list(row.get("employments", []))


def _positions(row: Record) -> list[Any]:
    return [one.get("position") for one in _employments(row)]


def _name(row: Record) -> str:
    return " ".join(row[key] for key in ("lastName", "firstName", "middleName") if row.get(key))


def _shown(ask: Ask, row: Record) -> Record:
    keys = ("firstName", "lastName", "middleName", "email", "mobilePhone", "workPhone", "otherPhone", "rate", "banTill")
    employments = [
        {
            "company": shapes.named(ask.state, "companies", one.get("companyID")),
            "orgUnit": one.get("orgUnit"),
            "position": one.get("position"),
        }
        for one in _employments(row)
    ]
    districts = [shapes.named(ask.state, "districts", key) for key in row.get("districts", [])]
    return {
        "userID": row["id"],
        **{key: row.get(key) for key in (*keys, "deleted")},
        **{key: bool(row.get(key)) for key in ("isTechnician", "isCustomer", "isTeam")},
        "rateCurrency": shapes.currency(ask.state, row.get("rateCurrencyID")),
        "employments": employments,
        "districts": districts if ask.flag("includeDistricts") else None,
    }
