"""Decode projects (assets, companies or contracts) and tasks. Pure."""

from __future__ import annotations

from decimal import Decimal

from migrator.model import Issue, Kind, Label, Project, Reach, Ref, Task, Value
from migrator.vendor import Decoded, Record
from migrator.vendors.hubex import texts, values
from migrator.vendors.hubex.keys import unaccounted
from migrator.vendors.hubex.known import Known
from migrator.vendors.hubex.place import Place
from migrator.vendors.hubex.plan import is_live, project_of

# Texts of a record that have no field in the model, by their names there; ours are what people read in the target.
_ASSET_TEXTS = {"erpID": "erp_id", "serialNumber": "serial_number"}
_COMPANY_TEXTS = {
    "fullName": "full_name", "code": "code", "erpID": "erp_id", "tin": "tin", "iec": "iec", "psrn": "psrn", "okpo": "okpo",
    "email": "email", "phone": "phone", "siteUrl": "site", "registeredOffice": "registered_office", "vatRate": "vat_rate",
}  # fmt: skip
_COMPANY_SWITCHES = ("isContractorHolder", "isOurCompany", "isVATTaxpayer")
_TASK_TEXTS = {
    "contactPerson": "contact_person", "contactPhone": "contact_phone", "contactEmail": "contact_email",
    "acceptedPerson": "accepted_by", "erpID": "erp_id",
}  # fmt: skip
_TASK_WORDS = {
    "actualCriticality": "criticality", "taskType": "task_type", "workType": "work_type", "requestMethod": "request_method",
    "branch": "branch", "payer": "payer", "payeeCompany": "payee",
}  # fmt: skip
_TASK_MOMENTS = {
    "requestedFinish": "requested_finish", "faultTimestamp": "fault", "assigned": "assigned", "accepted": "accepted",
    "completed": "completed",
}  # fmt: skip


def project(record: Record, place: Place, known: Known) -> Decoded:
    """A record of what stands for projects; nothing for a deleted one that no task names."""
    ref = Ref(Kind.PROJECT, str(record["id"]))
    if ref.id not in known.projects:
        detail = f"deleted in the source, {record.get('deleted')}, and no task names it; not moved"
        return Decoded((), (Issue(ref=ref, code="deleted", detail=detail, reach=Reach.NOTE),))
    make = {"asset": _asset, "company": _company, "contract": _contract}[place.project]
    entity = make(record, ref, place, known)
    issues = unaccounted(place.project, record, ref)
    if place.project == "asset" and record.get("parentID") and entity.parent is None:
        detail = f"its parent asset {record['parentID']} is deleted or not seen; moved without a parent"
        issues += (Issue(ref=ref, code="parent-unseen", field="parent", detail=detail, reach=Reach.NOTE),)
    return Decoded((entity,), issues + _reference_issues(record, ref, known))


def _asset(record: Record, ref: Ref, place: Place, known: Known) -> Project:
    parent = known.parents.get(ref.id)
    fields = {
        **_texts(record, _ASSET_TEXTS),
        "warranty_till": _day_text(record.get("warrantyTill"), place),
        "asset_type": values.name_of(record.get("assetType")),
        "asset_class": values.name_of(record.get("assetClass")),
        "location": location(record.get("location")),
        **known.values.get(ref.id, {}),
    }
    return Project(
        ref=ref,
        title=record["name"],
        text=texts.plain(record.get("notes") or "", place.site),
        status=_status(record, "published" if record.get("published") else "unpublished"),
        archived=not is_live(record),
        manager=values.who(record.get("responsiblePerson")),
        client=values.name_of(record.get("company")),
        parent=Ref(Kind.PROJECT, parent) if parent else None,
        depth=known.depth(ref.id),
        tags=_labels(record),
        fields=_held(fields),
        settings={"mobile": "1"} if record.get("isMobileAsset") else {},
    )


def _company(record: Record, ref: Ref, place: Place, known: Known) -> Project:
    fields = {
        **_texts(record, _COMPANY_TEXTS),
        "location": location(record.get("location")),
        **values.attributes(record.get("attribute") or (), known.types, place.zone),
    }
    return Project(
        ref=ref,
        title=record["name"],
        status=_status(record, "active"),
        archived=not is_live(record),
        client=record["name"] if record.get("isEmployer") else "",
        fields=_held(fields),
        settings={key: "1" for key in _COMPANY_SWITCHES if record.get(key)},
    )


def _contract(record: Record, ref: Ref, place: Place, _: Known) -> Project:
    return Project(
        ref=ref,
        title=" ".join(str(part) for part in (record.get("number"), record["name"]) if part),
        text=texts.plain(record.get("description") or "", place.site),
        status=_status(record, "active"),
        archived=not is_live(record),
        start=values.day(record.get("dateFrom"), place.zone),
        end=values.day(record.get("dateTill"), place.zone),
        client=values.name_of(record.get("company")),
        fields=_held({**_texts(record, {"erpID": "erp_id"}), "location": location(record.get("location"))}),
    )


def task(record: Record, place: Place, known: Known) -> Decoded:
    """A record of WORK/Tasks, or of one task with its tags; nothing for a deleted one."""
    if not is_live(record):
        return Decoded(())
    ref, times = Ref(Kind.TASK, str(record["id"])), record.get("timesheet") or {}
    above = known.parents.get(ref.id)
    closed = values.moment(times.get("closed"))
    assigned = record.get("listAssignedTo") or ([record["assignedTo"]] if record.get("assignedTo") else [])
    notes = record.get("notes") or ""
    entity = Task(
        ref=ref,
        project=_project_ref(record, place, known),
        title=texts.title(record.get("number") or "", notes, values.name_of(record.get("workType"))),
        parent=Ref(Kind.TASK, above) if above else None,
        depth=known.depth(ref.id),
        text=texts.noted(notes, record.get("notesHtml") or "", place.site),
        status=values.name_of(record.get("taskStage")),
        done=closed is not None,
        created=values.moment(times.get("created")),
        closed=closed,
        start=values.day(times.get("requestedStart"), place.zone),
        start_at=values.moment(times.get("requestedStart")),
        due=values.day(times.get("deadline"), place.zone),
        due_at=values.moment(times.get("deadline")),
        author=values.who(record.get("requestedBy")),
        assignees=values.people(assigned),
        tags=_labels(record),
        fields=_held(_task_fields(record, times, place, known)),
        plan_minutes=record.get("estimatedTimeConsumptionMinutes") or None,
        plan_money=_money(record.get("estimatedCost")),
        url=place.task_page(ref.id),
    )
    issues = unaccounted("tasks", record, ref) + unaccounted("timesheet", times, ref)
    issues += tuple(issue for row in record.get("stages") or () for issue in unaccounted("task_stages", row, ref))
    return Decoded((entity,), issues + _task_issues(record, entity, place) + _reference_issues(record, ref, known))


def _task_fields(record: Record, times: Record, place: Place, known: Known) -> dict[str, Value]:
    """What the model has no field for; the account's own attributes win over ours of the same name."""
    actual = _money(record.get("actualCost"))
    requested = times.get("requested") if times.get("requested") != times.get("created") else None
    currencies = (record.get(key) or {} for key in ("estimatedCostCurrency", "actualCostCurrency"))
    codes = dict.fromkeys(str(one.get("asciiCode") or one.get("name") or "") for one in currencies if one)
    return {
        **_texts(record, _TASK_TEXTS),
        **{ours: values.name_of(record.get(theirs)) for theirs, ours in _TASK_WORDS.items()},
        **{ours: values.local(times.get(theirs), place.zone) for theirs, ours in _TASK_MOMENTS.items()},
        "requested": values.local(requested, place.zone),
        "actual_cost": values.plain(actual) if actual else "",
        "actual_minutes": str(record.get("actualTimeConsumptionMinutes") or ""),
        "currency": ", ".join(codes),
        "stages": tuple(_stage(row, place) for row in record.get("stages") or ()),
        **_places(record, place, known),
        **values.attributes(record.get("attribute") or (), known.types, place.zone),
    }


def _stage(row: Record, place: Place) -> str:
    """When the task came to which stage, and what was said about it."""
    told = f"{values.local(row.get('dateFrom'), place.zone)} {values.name_of(row.get('taskStageTo'))}".strip()
    return ": ".join(part for part in (told, str(row.get("notes") or "")) if part)


def _places(record: Record, place: Place, known: Known) -> dict[str, str]:
    """Asset, company, contract and location, as far as the project does not say the same."""
    asset, company, contract = record.get("asset") or {}, record.get("company") or {}, record.get("contract") or {}
    inside = _project_ref(record, place, known)
    owner = (asset.get("company") or {}).get("id") if place.project == "asset" and inside else None
    names = {"asset": values.name_of(asset), "company": values.name_of(company)}
    names["contract"] = " ".join(str(part) for part in (contract.get("number"), contract.get("name")) if part)
    if inside:
        names[place.project] = ""
    if owner is not None and owner == company.get("id"):
        names["company"] = ""
    home = record.get("location") or {}
    if inside is None or known.homes.get(inside.id) != str(home.get("id")):
        names["location"] = location(home)
    return names


def _project_ref(record: Record, place: Place, known: Known) -> Ref | None:
    named = project_of(record, place.project)
    id = str(named["id"]) if named else ""
    return Ref(Kind.PROJECT, id) if id in known.projects else None


def _task_issues(record: Record, entity: Task, place: Place) -> tuple[Issue, ...]:
    """What the task names and cannot be moved with it."""
    found: list[Issue] = []
    if entity.project is None and (named := project_of(record, place.project)):
        detail = f"{place.project} {named['id']}, {values.name_of(named)!r}, is in no list that the token may see"
        found.append(Issue(ref=entity.ref, code="project-unseen", field="project", detail=detail))
    if entity.parent is None and (above := record.get("parent")):
        detail = f"its parent task {above['id']} is deleted or not seen; moved as a task of its own"
        found.append(Issue(ref=entity.ref, code="parent-unseen", field="parent", detail=detail, reach=Reach.NOTE))
    return tuple(found)


def _reference_issues(record: Record, ref: Ref, known: Known) -> tuple[Issue, ...]:
    """Values of attributes that are ids of something: they arrive as ids, which say little."""
    return tuple(
        Issue(ref=ref, code="unreadable", field=values.attribute_name(row), detail=f"the id of a {code}, {row.get('value')}")
        for row in record.get("attribute") or ()
        if (code := values.attribute_type(row, known.types)) in ("file", "directory")
    )  # fmt: skip


def location(record: Record | None) -> str:
    """A location as one line."""
    held = record or {}
    return ", ".join(str(held[key]) for key in ("address", "description", "coordinate") if held.get(key))


def _status(record: Record, word: str) -> str:
    return word if is_live(record) else "deleted"


def _labels(record: Record) -> tuple[Label, ...]:
    return tuple(Label(title=title) for title in record.get("tags") or ())


def _texts(record: Record, names: dict[str, str]) -> dict[str, str]:
    return {ours: str(record.get(theirs) or "") for theirs, ours in names.items()}


def _held(fields: dict[str, Value] | dict[str, str]) -> dict[str, Value]:
    return {name: value for name, value in fields.items() if value}


def _day_text(text: str | None, place: Place) -> str:
    day = values.day(text, place.zone)
    return day.isoformat() if day else ""


def _money(value: object) -> Decimal | None:
    return (values.amount(value) or None) if value is not None else None
