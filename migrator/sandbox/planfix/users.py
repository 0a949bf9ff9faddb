"""Employees of Planfix: lists, reads, small updates; none can be created.

Vendor contract, sections 4 and 5: a list holds inactive ones too unless `onlyActive` (gotcha 13); creating meets the billing limit,
code 24.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from migrator.sandbox.planfix import changes as change
from migrator.sandbox.planfix import filters, inputs, shapes
from migrator.sandbox.planfix.access import Ask
from migrator.sandbox.planfix.inputs import Input
from migrator.sandbox.planfix.state import State
from migrator.sandbox.planfix.wire import Record, Refusal, flag, rows_of, success
from migrator.sandbox.server import Reply

_PLAIN = ("id", "midname", "lastname", "gender", "login", "email", "telegramId", "telegram", "languageCode", "timezone")


def _list_of(name: str) -> shapes.Shape:
    return lambda _, user, __: user.get(name, [])


def _managers(state: State, user: Record, _: str) -> list[Record]:
    return [{"id": one, "name": state.name_of(one)} for one in user.get("personalManagers", [])]


USER: shapes.Shapes = {
    **dict.fromkeys((*_PLAIN, "sourceObjectId", "sourceDataVersion"), shapes.plain),
    "name": shapes.text,
    "isDeleted": shapes.flag,
    "birthDate": shapes.day,
    "groups": shapes.listed_each("user_groups"),
    "role": lambda _, user, __: user.get("role", "User"),
    "status": lambda _, user, __: user.get("status", "Active"),
    "secondaryEmails": _list_of("secondaryEmails"),
    "phones": _list_of("phones"),
    "position": shapes.listed("positions"),
    "workspace": shapes.listed("workspaces"),
    "personalManagers": _managers,
}


def list_all(ask: Ask) -> Reply:
    """POST /user/list."""
    rows = list(ask.state.users.values())
    if flag(ask.body, "onlyActive"):
        rows = [user for user in rows if user.get("status", "Active") == "Active"]
    found = filters.matching(ask.asker, rows, rows_of(ask.body, "filters"), filters.USER_RULES, fields_from=9100)
    shown = [shapes.pick(ask.state, user, ask.fields, USER, area="user") for user in ask.page(found)]
    if flag(ask.body, "prefixedId"):
        shown = [{**row, "id": f"user:{row['id']}"} for row in shown]
    return success(users=shown)


def one(ask: Ask) -> Reply:
    """GET /user/{id}; a missing one is 400 code 4000."""
    user = ask.state.users.get(_key(ask))
    if user is None:
        raise Refusal(400, 4000, f"User not found by id {_key(ask)}")
    return success(user=shapes.pick(ask.state, user, ask.fields, USER, area="user"))


def create(ask: Ask) -> Reply:
    """POST /user/: refused, for the package holds no more employees."""
    shown = {name: ask.body[name] for name in ("name", "midname", "lastname") if name in ask.body}
    raise Refusal(400, 24, f"Billing limit - user not created - {orjson.dumps(shown).decode()}")


def update(ask: Ask) -> Reply:
    """POST /user/{id}."""
    user = ask.state.users.get(_key(ask))
    if user is None:
        raise Refusal(404, 4000, f"User for update not found by id {_key(ask)}")
    taken = inputs.read(ask.writer, _INPUTS, ask.body)
    if "customFieldData" in ask.body:
        known = ask.state.custom_fields["user"]
        taken["fields"] = inputs.custom(ask.writer, ask.body["customFieldData"], known)
    failed = change.part(ask.state, taken)
    inputs.apply(user, taken)
    return change.answer(ask.state, failed)


def _status(_: Any, value: Any) -> str:
    if value not in ("Active", "ActiveWithoutAccess", "Inactive"):
        raise inputs.bad_value(f"Bad status {value}")
    return str(value)


def _key(ask: Ask) -> str:
    return ask.path["id"].removeprefix("user:")


_INPUTS: Mapping[str, Input] = {
    "name": inputs.title,
    **dict.fromkeys(("midname", "lastname", "email", "timezone"), inputs.text),
    "status": _status,
    "groups": inputs.references("user_groups"),
    "position": inputs.reference("positions"),
    **inputs.SOURCE,
}
