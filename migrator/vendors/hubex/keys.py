"""Where every documented key of every record goes, so that none is dropped unseen. Source: the vendor contract, section 4.

The right side names a field of the model. "- redundant: .." is said elsewhere in full; "- .." alone is not supported, and each
occurrence that holds something becomes an issue.
"""

from __future__ import annotations

from collections.abc import Mapping

from migrator.model import Issue, Reach, Ref
from migrator.vendor import Record

_DELETED = "- redundant: what is deleted is left out or archived"
_SHOWN = "- redundant: how the word is shown or chosen"
_DICTIONARY = "- what a dictionary says beside its words is not moved"
_COUNT = "- redundant: a count of what is read by itself"
_RIGHTS = "- redundant: what the token may do with it"
_BOOKS = "- redundant: when the vendor last touched it"
_NO_COMPANY_FIELD = "- a company moves as its name; with project = company it moves as a field"

_WORD = {
    "id": "ref",
    "name": "options",
    "isDefault": _SHOWN,
    "sortOrder": _SHOWN,
    "color": _SHOWN,
    "isPublic": _SHOWN,
    "published": _SHOWN,
    "deleted": _DELETED,
    "erpID": _DICTIONARY,
    "description": _DICTIONARY,
}
_ATTRIBUTE = {
    "id": "ref",
    "name": "title",
    "type": "type",
    "listOfValues": "options",
    "measurementUnit": "description",
    "isPublic": "- redundant: who sees an attribute is not a part of its values",
    "relevantFor": "- redundant: the read asks for those of one kind",
    "deleted": _DELETED,
}
_FILE = {
    "id": "ref",
    "attachmentID": "ref",
    "fileName": "name",
    "size": "size",
    "created": "created",
    "description": "- the description of a file is not moved",
    "isUploaded": "- redundant: a file without bytes cannot be downloaded, and is reported then",
    "isProtected": _RIGHTS,
    "publicUrl": "- redundant: an address of the same bytes",
    "thumbnailUrl": "- redundant: a small picture of the same bytes",
    "taskID": "on",
    "projectID": "on",
    "completedWorkID": "- redundant: the file goes to the task, where the work is a cost",
}
_PLACE = {
    "location": "fields",
    "deleted": "archived",
    "erpID": "fields",
    "id": "ref",
    "name": "title",
    "tags": "tags",
    "attribute": "fields",
}

KEYS: Mapping[str, Mapping[str, str]] = {
    "users": {
        "userID": "ref",
        "firstName": "name",
        "middleName": "name",
        "lastName": "name",
        "email": "email",
        "mobilePhone": "phones",
        "workPhone": "phones",
        "otherPhone": "phones",
        "isTechnician": "role",
        "isCustomer": "role",
        "isTeam": "role",
        "employments": "position, team and department",
        "rate": "rate",
        "rateCurrency": "- redundant: the vendor states every amount of a cost with its own currency",
        "banTill": "active",
        "deleted": "active",
        "districts": "- districts, which bound what a person sees, are not moved",
    },
    "companies": {
        "id": "ref",
        "name": "name",
        "isEmployer": "client",
        "isContractorHolder": "- redundant: a role of companies in contracts",
        "isOurCompany": "- redundant: the account's own company",
        "isVATTaxpayer": "- redundant: a setting for documents",
        "registrationTypeID": "- redundant: a setting for documents",
        "customerOrgUnit": _RIGHTS,
        "staffOrgUnit": _RIGHTS,
        "counters": _COUNT,
        "deleted": _DELETED,
        "code": _NO_COMPANY_FIELD,
        "erpID": _NO_COMPANY_FIELD,
        "tin": _NO_COMPANY_FIELD,
        "iec": _NO_COMPANY_FIELD,
    },
    "contacts": {
        "id": "ref",
        "fullName": "name",
        "phone": "phones",
        "email": "email",
        "position": "position",
        "description": "messengers",
        "deleted": _DELETED,
    },
    "tags": {"name": "title"},
    "stages": {"id": "ref", "name": "title", "color": _SHOWN, "description": _DICTIONARY, "deleted": _DELETED},
    "criticalities": _WORD,
    "task_types": _WORD | {"closeMinutes": _DICTIONARY, "numberMask": _DICTIONARY},
    "work_types": _WORD
    | {
        "cost": "- redundant: each work states its own cost",
        "costCurrency": "- redundant: each work states its own cost",
        "normalWorkingHours": _DICTIONARY,
        "normalWorkingMinutes": _DICTIONARY,
    },
    "task_attributes": _ATTRIBUTE,
    "project_attributes": _ATTRIBUTE,
    "asset": _PLACE
    | {
        "parentID": "parent",
        "parent": "- redundant: its id stands beside it",
        "path": "- redundant: the parents, one by one",
        "hasChildren": "- redundant: the children name their parent",
        "company": "client",
        "notes": "text",
        "serialNumber": "fields",
        "published": "status",
        "warrantyTill": "fields",
        "assetType": "fields",
        "assetClass": "fields",
        "responsiblePerson": "manager",
        "isMobileAsset": "settings",
        "useAllWorkTypes": "- redundant: which works may be asked for, now that they have been",
    },
    "company": _PLACE
    | {
        "code": "fields",
        "tin": "fields",
        "iec": "fields",
        "fullName": "fields",
        "email": "fields",
        "phone": "fields",
        "siteUrl": "fields",
        "psrn": "fields",
        "okpo": "fields",
        "registeredOffice": "fields",
        "vatRate": "fields",
        "isEmployer": "client",
        "isContractorHolder": "settings",
        "isOurCompany": "settings",
        "isVATTaxpayer": "settings",
        "registrationTypeID": "- redundant: a setting for documents",
        "customerOrgUnit": _RIGHTS,
        "staffOrgUnit": _RIGHTS,
        "counters": _COUNT,
    },
    "contract": _PLACE
    | {"number": "title", "dateFrom": "start", "dateTill": "end", "description": "text", "company": "client"},
    "tasks": {
        "id": "ref",
        "number": "title",
        "notes": "title and text",
        "notesHtml": "text",
        "taskType": "fields",
        "workType": "fields",
        "taskStage": "status",
        "taskStatus": "- redundant: follows from the stage",
        "actualCriticality": "fields",
        "requestedBy": "author",
        "assignedTo": "assignees",
        "listAssignedTo": "assignees",
        "company": "project or fields",
        "asset": "project or fields",
        "contract": "project or fields",
        "location": "fields",
        "parent": "parent",
        "childCount": _COUNT,
        "contactPerson": "fields",
        "contactPhone": "fields",
        "contactEmail": "fields",
        "acceptedPerson": "fields",
        "erpID": "fields",
        "requestMethod": "fields",
        "branch": "fields",
        "payer": "fields",
        "payeeCompany": "fields",
        "actualCost": "fields",
        "actualCostCurrency": "fields",
        "estimatedCost": "plan_money",
        "estimatedCostCurrency": "fields",
        "actualTimeConsumptionMinutes": "fields",
        "estimatedTimeConsumptionMinutes": "plan_minutes",
        "attribute": "fields",
        "tags": "tags",
        "timesheet": "dates, by the table of that name",
        "stages": "fields",
        "counters": _COUNT,
        "lastModified": _BOOKS,
        "isAvailable": _RIGHTS,
        "deleted": _DELETED,
    },
    "task_stages": {
        "taskStageTo": "fields",
        "dateFrom": "fields",
        "notes": "fields",
        "taskStageFrom": "- redundant: the row before names it",
        "taskStatus": "- redundant: follows from the stage",
        "dateTill": "- redundant: the next row begins then",
        "changeSet": "- redundant: it is not asked for",
    },
    "timesheet": {
        "created": "created",
        "closed": "closed",
        "deadline": "due",
        "requestedStart": "start",
        "requestedFinish": "fields",
        "requested": "fields",
        "assigned": "fields",
        "accepted": "fields",
        "completed": "fields",
        "faultTimestamp": "fields",
        "statusChanged": _BOOKS,
        "lastUpdated": _BOOKS,
    },
    "comments": {
        "id": "ref",
        "taskID": "on",
        "created": "created",
        "message": "text",
        "isExternal": "hidden",
        "author": "author",
        "attachment": "files as entities",
        "delivery": "- redundant: whom the message has reached",
        "read": "- redundant: whom the message has reached",
    },
    "files": _FILE,
    "task_checklists": {"id": "on", "checkLists": "lines, by the table checklists"},
    "checklists": {
        "checkList": "title",
        "results": "lines, by the table of that name",
        "totalItemsCount": _COUNT,
        "completedItemsCount": "- redundant: compared with the lines",
        "completedWorkID": "- redundant: the work that called for the list is a cost",
    },
    "results": {
        "name": "title",
        "description": "title",
        "isChecked": "done",
        "sortOrder": "- redundant: the order of the lines",
        "value": "title",
        "attribute": "- redundant: the attribute that the line's value is of; the line names it",
        "attributeType": "- redundant: the attribute that the line's value is of; the line names it",
    },
    "works": {
        "id": "ref",
        "taskID": "on",
        "workType": "money and text",
        "maintainedAsset": "text",
        "started": "day and minutes",
        "finished": "minutes",
        "notes": "text",
        "quantity": "text",
        "measurementUnit": "text",
        "created": "day",
        "offlineCreated": "- redundant: when the phone noted what was sent later",
        "technicians": "costs, by the table of that name",
        "materials": "costs, by the table of that name",
        "attachments": "files as entities",
    },
    "technicians": {
        "userID": "person",
        "firstName": "person",
        "middleName": "person",
        "lastName": "person",
        "names": "person",
        "rate": "text",
        "rateCurrencyID": "text",
    },
    "materials": {
        "materialName": "text",
        "quantity": "money and text",
        "measurementUnit": "text",
        "cost": "money and text",
        "costCurrencyID": "text",
        "consumed": "day",
        "takenByUser": "person",
        "warehouse": "text",
        "materialErpID": "text",
        "materialID": "- redundant: the material is named",
        "inventoryID": "- redundant: the vendor's stock-taking",
    },
}


def unaccounted(table: str, record: Record, ref: Ref) -> tuple[Issue, ...]:
    """An issue for each key that goes nowhere: unsupported where it holds something, unknown where no page names it."""
    issues: list[Issue] = []
    for key, value in record.items():
        place = KEYS[table].get(key)
        if place is None:
            detail = f"no page of the vendor describes it; it holds {str(value)[:100]!r}"
            issues.append(Issue(ref=ref, code="unknown-field", field=key, detail=detail))
        elif place.startswith("- ") and not place.startswith("- redundant") and value:
            detail = f"{place.removeprefix('- ')}: {str(value)[:200]}"
            issues.append(Issue(ref=ref, code="unsupported", field=key, detail=detail, reach=Reach.LOSS))
    return tuple(issues)
