"""What a Planfix account is set up with: custom fields, processes, statuses, groups, templates, objects, filters.

Vendor contract, sections 4 and 5, gotcha 37: `/process/task` leaves out the built-in process. None of it can be made by REST but
custom fields, which still have to be attached to templates by hand.
"""

from __future__ import annotations

from collections.abc import Mapping

from migrator.sandbox.planfix import shapes, tasks
from migrator.sandbox.planfix.access import Ask
from migrator.sandbox.planfix.state import AREAS
from migrator.sandbox.planfix.values import READ_ONLY
from migrator.sandbox.planfix.wire import Record, Refusal, bad_json, success
from migrator.sandbox.server import Reply

_TYPES = {
    0: "Short text",
    1: "Number",
    2: "Multi-line text",
    3: "Date",
    4: "Time",
    5: "Date and time",
    6: "Period of time",
    7: "Checkbox",
    8: "List",
    9: "Directory entry",
    10: "Contact",
    11: "Employee",
    12: "Counterparty",
    13: "Group, employee, or contact",
    14: "List of users",
    15: "Set of directory values",
    16: "Task",
    17: "Task set",
    20: "Set of values",
    21: "Files",
    22: "Project",
    23: "Data tag summaries",
    24: "Calculated field",
    25: "Location",
    26: "Subtask total",
    27: "AI results field",
    28: "Date with time frame",
    29: "Totals field",
}
_FIELD: shapes.Shapes = {
    **dict.fromkeys(("id", "name", "names", "type", "objectType", "groupId"), shapes.plain),
    **dict.fromkeys(("directoryId", "directoryFields", "enumValues", "mainValue"), shapes.plain),
}
_MINIMAL_FIELD = ("name", "type", "objectType", "groupId")
_NAMED: shapes.Shapes = {"id": shapes.plain, "name": shapes.text}
_STATUS: shapes.Shapes = {
    **_NAMED,
    **dict.fromkeys(("color", "texts"), shapes.plain),
    **dict.fromkeys(("isActive", "hasDeadline", "isAppliedIndividually"), shapes.flag),
}
_MINIMAL_STATUS = ("name", "color", "isActive", "hasDeadline", "isAppliedIndividually")


def ping(_: Ask) -> Reply:
    """GET /ping: the token is good; no scope is needed."""
    return success()


def field_types(_: Ask) -> Reply:
    """GET /customfield/type."""
    return success(customFieldTypes=[{"id": kind, "name": name} for kind, name in _TYPES.items()])


def list_fields(ask: Ask) -> Reply:
    """GET /customfield/{area} and /customfield/{area}/{id}: the id filters nothing [obs GAL]; enumValues only when asked."""
    rows = ask.state.custom_fields[ask.path["area"]].values()
    return success(
        customfields=[shapes.pick(ask.state, row, ask.fields, _FIELD, minimal=_MINIMAL_FIELD) for row in rows]
    )


def create_field(ask: Ask) -> Reply:
    """POST /customfield/{area}/: 201 and the id; no template carries the field yet."""
    area, name, kind = ask.path["area"], ask.body.get("name"), ask.body.get("type")
    if not isinstance(name, str) or not name or isinstance(kind, bool) or not isinstance(kind, int):
        raise bad_json()
    if kind not in _TYPES or kind in READ_ONLY:
        raise Refusal(400, 41, f"Bad type of custom field {kind}")
    labels = ask.body.get("enumValues", [])
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise bad_json()
    every = [int(key) for table in ask.state.custom_fields.values() for key in table]
    identity = max(every, default=0) + 1
    field: Record = {"id": identity, "name": name, "type": kind, "objectType": AREAS[area], "groupId": 0}
    ask.state.custom_fields[area][str(identity)] = {**field, **({"enumValues": labels} if labels else {})}
    return success(201, wrote=True, id=identity)


def list_sets(ask: Ask) -> Reply:
    """GET /customfield/group/{area}."""
    return success(customFieldSets=_named(ask, ask.state.field_sets[ask.path["area"]]))


def create_set(ask: Ask) -> Reply:
    """POST /customfield/group/{area}/: 201 and the id."""
    if not isinstance(ask.body.get("name"), str):
        raise bad_json()
    table = ask.state.field_sets[ask.path["area"]]
    identity = max((int(key) for key in table), default=0) + 1
    table[str(identity)] = {"id": identity, "name": ask.body["name"]}
    return success(201, wrote=True, id=identity)


def processes(ask: Ask) -> Reply:
    """GET /process/task, without the built-in process (gotcha 37), and /process/contact."""
    table = ask.state.processes if ask.path["area"] == "task" else ask.state.contact_processes
    return success(processes=_named(ask, {key: row for key, row in table.items() if not row.get("builtin")}))


def statuses(ask: Ask) -> Reply:
    """GET /process/task/{id}/statuses; of the built-in process too."""
    process = ask.state.processes.get(ask.path["id"])
    if process is None:
        raise Refusal(400, 0, "Rest API error")
    rows = process["statuses"]
    return success(statuses=[shapes.pick(ask.state, row, ask.fields, _STATUS, minimal=_MINIMAL_STATUS) for row in rows])


def groups(ask: Ask) -> Reply:
    """GET /{contact|project|user|directory}/groups."""
    return success(groups=_named(ask, getattr(ask.state, f"{ask.path['area']}_groups")))


def templates(ask: Ask) -> Reply:
    """GET /{contact|project}/templates; of contacts those for companies come with `isCompany`."""
    table: Mapping[str, Record] = getattr(ask.state, f"{ask.path['area']}_templates")
    wanted = ask.query.get("isCompany")
    rows = [row for row in table.values() if wanted is None or bool(row.get("isCompany")) is (wanted == "true")]
    return success(templates=_named(ask, {str(row["id"]): row for row in ask.page(rows)}))


def positions(ask: Ask) -> Reply:
    """GET /user/positions/."""
    return success(positions=_named(ask, ask.state.positions))


def workspaces(ask: Ask) -> Reply:
    """GET /workspace/list."""
    return success(workspaces=_named(ask, ask.state.workspaces))


def objects(ask: Ask) -> Reply:
    """POST /object/list."""
    rows = ask.page(list(ask.state.objects.values()))
    return success(objects=_named(ask, {str(row["id"]): row for row in rows}))


def one_object(ask: Ask) -> Reply:
    """GET /object/{id}."""
    return success(object=shapes.pick(ask.state, _object(ask), None, tasks.TASK, minimal=("name", "status")))


def object_statuses(ask: Ask) -> Reply:
    """GET /object/{id}/statuses."""
    process = ask.state.processes.get(str(_object(ask).get("processId")), {"statuses": []})
    rows = process["statuses"]
    return success(statuses=[shapes.pick(ask.state, row, ask.fields, _STATUS, minimal=_MINIMAL_STATUS) for row in rows])


def saved_filters(_: Ask) -> Reply:
    """POST /{task|contact}/filters: those that every account has."""
    return success(filters=[{"id": f":{word}", "name": word.capitalize()} for word in ("all", "in", "out", "audit")])


def recurring(_: Ask) -> Reply:
    """GET /task/recurring: none are kept."""
    return success(tasks=[])


def _object(ask: Ask) -> Record:
    if ask.path["id"] not in ask.state.objects:
        raise Refusal(400, 0, "Rest API error")
    return ask.state.objects[ask.path["id"]]


def _named(ask: Ask, table: Mapping[str, Record]) -> list[Record]:
    return [shapes.pick(ask.state, row, ask.fields, _NAMED, minimal=("name",)) for row in table.values()]
