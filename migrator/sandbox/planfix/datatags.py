"""Data tags of Planfix (time and money spent) and their entries on tasks and contacts.

Vendor contract, sections 4 and 5, gotchas 19, 30 to 32: entries come oldest first, have no author or date of their own, and a new
one makes a comment of the token's user unless it is put under an existing comment. Tags themselves cannot be made.
"""

from __future__ import annotations

from collections.abc import Mapping

from migrator.sandbox.planfix import filters, inputs, shapes
from migrator.sandbox.planfix.access import Ask
from migrator.sandbox.planfix.changes import notify
from migrator.sandbox.planfix.wire import Record, Refusal, empty, id_of, rows_of, success
from migrator.sandbox.server import Reply

_TAG: shapes.Shapes = {
    "id": shapes.plain,
    "name": shapes.text,
    "group": shapes.listed("data_tag_groups"),
    "fields": lambda _, tag, __: [_about(field) for field in tag.get("fields", [])],
}
_ENTRY: shapes.Shapes = {
    "key": shapes.plain,
    "dataTag": shapes.listed("data_tags"),
    "commentId": shapes.plain,
    "task": shapes.listed("tasks"),
    "contact": shapes.listed("contacts"),
}


def list_tags(ask: Ask) -> Reply:
    """POST /datatag/list."""
    rows = ask.page(list(ask.state.data_tags.values()))
    return success(dataTags=[shapes.pick(ask.state, tag, ask.fields, _TAG) for tag in rows])


def one_tag(ask: Ask) -> Reply:
    """GET /datatag/{id}; a missing one is 404 code 6000."""
    return success(dataTag=shapes.pick(ask.state, _tag(ask, ask.path["id"]), ask.fields, _TAG))


def list_fields(ask: Ask) -> Reply:
    """GET /customfield/datatag/{id}."""
    return success(customfields=[_about(field) for field in _tag(ask, ask.path["id"]).get("fields", [])])


def list_entries(ask: Ask) -> Reply:
    """POST /datatag/{id}/entry/list: of the whole account, or of `taskId` or `contactId`; oldest first."""
    tag = _tag(ask, ask.path["id"], status=400)
    rows = [entry for entry in ask.state.entries.values() if entry["dataTag"] == tag["id"]]
    if (task := ask.body.get("taskId")) is not None:
        rows = [entry for entry in rows if str(entry.get("task")) == str(task)]
    if (contact := ask.body.get("contactId")) is not None:
        rows = [entry for entry in rows if str(entry.get("contact")) == str(contact).removeprefix("contact:")]
    rows.sort(key=lambda entry: int(entry["key"]))
    found = filters.matching(ask.asker, rows, rows_of(ask.body, "filters"), filters.ENTRY_RULES, fields_from=0)
    return success(dataTagEntries=[_shown(ask, entry) for entry in ask.page(found)])


def one_entry(ask: Ask) -> Reply:
    """GET /datatag/entry/{key}; a missing one is 400 code 6000."""
    return success(entry=_shown(ask, _entry(ask)))


def create_on_task(ask: Ask) -> Reply:
    """POST /task/{id}/datatags/ and /task/{id}/datatags/{commentId}: 201 and the keys, in the order of the items."""
    return _create(ask, "task", ask.path["id"])


def create_on_contact(ask: Ask) -> Reply:
    """POST /contact/{id}/datatags/ and /contact/{id}/datatags/{commentId}."""
    return _create(ask, "contact", ask.path["id"].removeprefix("contact:"))


def update_entry(ask: Ask) -> Reply:
    """POST /datatag/entry/{key}: an empty 200."""
    entry = _entry(ask)
    entry["fields"] |= inputs.custom(ask.writer, ask.body.get("customFieldData"), _known(ask, entry))
    return empty()


def delete_entry(ask: Ask) -> Reply:
    """DELETE /datatag/entry/{key}: an empty 200; the comment stays."""
    del ask.state.entries[str(_entry(ask)["key"])]
    return empty()


def _create(ask: Ask, kind: str, key: str) -> Reply:
    record = (ask.state.tasks if kind == "task" else ask.state.contacts).get(key)
    if record is None:
        raise Refusal(400, 1000 if kind == "task" else 2000, f"Not found by id {key}")
    tag = ask.state.data_tags.get(str(id_of(ask.body.get("dataTag"))))
    items = rows_of(ask.body, "items")
    if tag is None or not items:
        raise Refusal(400, 6001, "Error add entry")
    link: Record = {kind: record["id"], "dataTag": tag["id"]}
    values = [inputs.custom(ask.writer, item.get("customFieldData"), _known(ask, link)) for item in items]
    made = "commentId" not in ask.path
    comment = _comment(ask, kind, key) if made else _given_comment(ask, kind, key)
    keys = []
    for fields in values:
        keys.append(ask.state.next_id("entries"))
        ask.state.entries[str(keys[-1])] = {"key": keys[-1], "commentId": comment, **link, "fields": fields}
    if not made:
        return success(201, wrote=True, keys=keys)
    notify(ask, record)
    return success(201, wrote=True, keys=keys, commentId=comment)


def _comment(ask: Ask, kind: str, key: str) -> int:
    """The comment that an entry makes of itself: of the token's user, now (gotcha 30)."""
    identity = ask.state.next_id("comments")
    on = {"task": int(key)} if kind == "task" else {"contact": f"contact:{key}"}
    ask.state.comments[str(identity)] = {"id": identity, "owner": ask.me, "dateTime": ask.now, **on}
    return identity


def _given_comment(ask: Ask, kind: str, key: str) -> int:
    comment = ask.state.comments.get(ask.path["commentId"], {})
    if str(comment.get(kind, "")).removeprefix("contact:") != key:
        raise Refusal(400, 5000, f"Comment not found by id {ask.path['commentId']}")
    return int(comment["id"])


def _shown(ask: Ask, entry: Record) -> Record:
    return shapes.pick(ask.state, entry, ask.fields, _ENTRY, fields=_known(ask, entry), key="key")


def _known(ask: Ask, entry: Record) -> Mapping[str, Record]:
    tag = ask.state.data_tags[str(entry["dataTag"])]
    return {str(field["id"]): field for field in tag.get("fields", [])}


def _about(field: Record) -> Record:
    return {**field, "objectType": 4}


def _tag(ask: Ask, key: str, status: int = 404) -> Record:
    if key not in ask.state.data_tags:
        raise Refusal(status, 6000, f"Data tag not found by id {key}")
    return ask.state.data_tags[key]


def _entry(ask: Ask) -> Record:
    entry = ask.state.entries.get(ask.path["key"])
    if entry is None:
        raise Refusal(400, 6000, f"Entry not found by key - {ask.path['key']}")
    return entry
