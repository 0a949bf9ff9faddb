"""Directories of Planfix and their entries; an entry can be made, but the reply does not say its key.

Vendor contract, sections 3 to 5: add, update and delete of an entry answer an empty 200; directories themselves cannot be made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrator.sandbox.planfix import inputs, shapes
from migrator.sandbox.planfix.access import Ask
from migrator.sandbox.planfix.inputs import Input
from migrator.sandbox.planfix.wire import Record, Refusal, empty, flag, success
from migrator.sandbox.server import Reply

_DIRECTORY: shapes.Shapes = {
    "id": shapes.plain,
    "name": shapes.text,
    "group": shapes.listed("directory_groups"),
    "fields": lambda _, directory, __: [_about(field) for field in directory.get("fields", [])],
}
_ENTRY: shapes.Shapes = {
    "key": shapes.plain,
    "name": shapes.text,
    "parentKey": lambda _, entry, __: entry.get("parentKey", 0),
    "archived": shapes.flag,
    "isGroup": shapes.flag,
    "directory": shapes.listed("directories"),
}


def list_all(ask: Ask) -> Reply:
    """POST /directory/list."""
    group = ask.body.get("groupId")
    rows = [row for row in ask.state.directories.values() if group is None or row.get("group") == group]
    return success(directories=[shapes.pick(ask.state, row, ask.fields, _DIRECTORY) for row in ask.page(rows)])


def one(ask: Ask) -> Reply:
    """GET /directory/{id}; a missing one is 404 code 8000."""
    return success(directory=shapes.pick(ask.state, _found(ask, 404), ask.fields, _DIRECTORY))


def list_fields(ask: Ask) -> Reply:
    """GET /customfield/directory/{id}."""
    return success(customfields=[_about(field) for field in _found(ask, 404).get("fields", [])])


def list_entries(ask: Ask) -> Reply:
    """POST /directory/{id}/entry/list."""
    directory = _found(ask, 400)
    rows = [{**entry, "directory": directory["id"]} for entry in directory["entries"].values()]
    if flag(ask.body, "groupsOnly"):
        rows = [entry for entry in rows if entry.get("isGroup")]
    if flag(ask.body, "entriesOnly"):
        rows = [entry for entry in rows if not entry.get("isGroup")]
    if (group := ask.body.get("groupId")) is not None:
        rows = [entry for entry in rows if entry.get("parentKey") == group]
    return success(directoryEntries=[_shown(ask, directory, entry) for entry in ask.page(rows)])


def one_entry(ask: Ask) -> Reply:
    """GET /directory/{id}/entry/{key}."""
    directory = _found(ask, 404)
    return success(entry=_shown(ask, directory, {**_entry(ask, directory), "directory": directory["id"]}))


def create_entry(ask: Ask) -> Reply:
    """POST /directory/{id}/entry/: an empty 200, with no key."""
    directory = _found(ask, 400)
    entry: Record = {"key": max((int(key) for key in directory["entries"]), default=0) + 1, **_read(ask, directory)}
    if not entry.get("name"):
        raise Refusal(400, 8011, "Error add entry")
    directory["entries"][str(entry["key"])] = entry
    return empty()


def update_entry(ask: Ask) -> Reply:
    """POST /directory/{id}/entry/{key}: an empty 200."""
    directory = _found(ask, 400)
    inputs.apply(_entry(ask, directory), _read(ask, directory))
    return empty()


def delete_entry(ask: Ask) -> Reply:
    """DELETE /directory/{id}/entry/{key}: an empty 200."""
    directory = _found(ask, 400)
    del directory["entries"][str(_entry(ask, directory)["key"])]
    return empty()


def _read(ask: Ask, directory: Record) -> Record:
    taken = inputs.read(ask.writer, _INPUTS, ask.body)
    parent = taken.get("parentKey")
    if parent and str(parent) not in directory["entries"]:
        raise Refusal(400, 8010, f"Directory entry not found by key {parent}")
    if "customFieldData" in ask.body:
        taken["fields"] = inputs.custom(ask.writer, ask.body["customFieldData"], _known(directory))
    return taken


def _shown(ask: Ask, directory: Record, entry: Record) -> Record:
    return shapes.pick(ask.state, entry, ask.fields, _ENTRY, fields=_known(directory), key="key")


def _known(directory: Record) -> Mapping[str, Record]:
    return {str(field["id"]): _about(field) for field in directory.get("fields", [])}


def _about(field: Mapping[str, Any]) -> Record:
    return {**field, "objectType": 2}


def _found(ask: Ask, status: int) -> Record:
    if ask.path["id"] not in ask.state.directories:
        raise Refusal(status, 8000, f"Directory not found by id {ask.path['id']}")
    return ask.state.directories[ask.path["id"]]


def _entry(ask: Ask, directory: Record) -> Record:
    if ask.path["key"] not in directory["entries"]:
        raise Refusal(400, 8010, f"Directory entry not found by key {ask.path['key']}")
    entry: Record = directory["entries"][ask.path["key"]]
    return entry


_INPUTS: Mapping[str, Input] = {
    "name": inputs.text,
    "parentKey": inputs.number,
    "isGroup": inputs.flag,
    "archived": inputs.flag,
}
