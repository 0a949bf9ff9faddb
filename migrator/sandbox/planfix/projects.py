"""Projects of Planfix: lists, reads, creates and updates.

Vendor contract, sections 4 and 5: no creation date is shown, no files in a read, statuses are bare ids without a list of them, an
update takes neither startDate nor files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrator.sandbox.planfix import changes as change
from migrator.sandbox.planfix import filters, inputs, shapes
from migrator.sandbox.planfix.access import Ask
from migrator.sandbox.planfix.inputs import Input, Writer
from migrator.sandbox.planfix.tasks import attached
from migrator.sandbox.planfix.wire import MISSING, Record, Refusal, id_of, rows_of, success
from migrator.sandbox.server import Reply

DRAFT, COMPLETED, ACTIVE = 0, 1, 2  # [obs GAL]

_PEOPLE = ("assignees", "participants", "auditors", "clientManagers")
_FLAGS = ("hiddenForEmployees", "hiddenForClients")

PROJECT: shapes.Shapes = {
    "id": shapes.plain,
    **dict.fromkeys(("name", "description"), shapes.text),
    **dict.fromkeys(("status", "parent", "template"), shapes.base),
    **dict.fromkeys(("owner", "counterparty"), shapes.person),
    **dict.fromkeys(_PEOPLE, shapes.people),
    **dict.fromkeys(("startDate", "endDate"), shapes.day),
    **dict.fromkeys((*_FLAGS, "overdue", "isCloseToDeadline", "isDeleted"), shapes.flag),
    **dict.fromkeys(("sourceObjectId", "sourceDataVersion"), shapes.plain),
    "group": shapes.listed("project_groups"),
    "hasEndDate": lambda _, project, __: bool(project.get("endDate")),
}


def list_all(ask: Ask) -> Reply:
    """POST /project/list."""
    seen = [project for project in ask.state.projects.values() if ask.sees_project(project)]
    rows = [project for project in seen if not (project.get("isDeleted") and ask.state.options.soft_delete)]
    found = filters.matching(ask.asker, rows, rows_of(ask.body, "filters"), filters.PROJECT_RULES, fields_from=5100)
    return success(
        projects=[shapes.pick(ask.state, row, ask.fields, PROJECT, area="project") for row in ask.page(found)]
    )


def one(ask: Ask) -> Reply:
    """GET /project/{id}; a missing one is 400 (gotcha 10)."""
    project = ask.state.projects.get(ask.path["id"])
    if project is None or not ask.sees_project(project):
        raise Refusal(400, 3000, f"Project not found by id {ask.path['id']}")
    return success(project=shapes.pick(ask.state, project, ask.fields, PROJECT, area="project"))


def create(ask: Ask) -> Reply:
    """POST /project/: 201 and the id."""
    if "name" not in ask.body:
        raise Refusal(400, MISSING, "Name is required")
    taken = inputs.given(inputs.read(ask.writer, _CREATE, ask.body))
    template = taken.get("template") or next((int(key) for key in ask.state.project_templates), None)
    taken |= _fields(ask, template)
    project: Record = {"id": ask.state.next_id("projects"), "status": ACTIVE, "template": template}
    project |= {"owner": ask.me, "author": ask.me, "created": ask.now}
    inputs.apply(project, taken)
    ask.state.projects[str(project["id"])] = project
    change.notify(ask, project)
    return success(201, wrote=True, id=project["id"])


def update(ask: Ask) -> Reply:
    """POST /project/{id}."""
    project = ask.state.projects.get(ask.path["id"])
    if project is None or not ask.sees_project(project):
        raise Refusal(404, 3000, f"Project for update not found by id {ask.path['id']}")
    taken = {**inputs.read(ask.writer, _UPDATE, ask.body), **_fields(ask, project.get("template"))}
    if ask.body.get("hasEndDate") is False:
        taken["endDate"] = None
    failed = change.part(ask.state, taken)
    inputs.apply(project, taken)
    change.notify(ask, project)
    return change.answer(ask.state, failed)


def _fields(ask: Ask, template: int | None) -> Record:
    if "customFieldData" not in ask.body:
        return {}
    known = attached(ask.state, "project_templates", template)
    return {"fields": inputs.custom(ask.writer, ask.body["customFieldData"], known)}


def _status(_: Writer, value: Any) -> int:
    status = id_of(value)
    if status not in (DRAFT, COMPLETED, ACTIVE):
        raise inputs.bad_value(f"Status not find by id {status}")
    return status


def _deleted(writer: Writer, value: Any) -> bool:
    return inputs.flag(writer, value) and writer.state.options.soft_delete


_UPDATE: Mapping[str, Input] = {
    "name": inputs.title,
    "description": inputs.text,
    "status": _status,
    "owner": inputs.person,
    "parent": inputs.reference("projects"),
    "group": inputs.reference("project_groups"),
    "counterparty": change.counterparty,
    "endDate": inputs.day,
    "isDeleted": _deleted,
    **dict.fromkeys(_FLAGS, inputs.flag),
    **dict.fromkeys(_PEOPLE, inputs.people),
    **inputs.SOURCE,
}
_CREATE: Mapping[str, Input] = {
    **_UPDATE,
    "counterparty": inputs.contact,
    "template": inputs.reference("project_templates"),
    "startDate": inputs.day,
    "files": inputs.files,
}
