"""Where every documented key of every record goes, so that none is dropped unseen. Source: the vendor's specification 1.6.9.

The right side names fields of the model. "~ .." only decides what is moved. "- redundant: .." is said elsewhere in full, or says
nothing, and is not asked for. "- .." alone is not supported, and each occurrence that holds something becomes an issue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from migrator.model import Issue, Reach, Ref
from migrator.vendor import Record

CUSTOM = "customFieldData"  # asked for by the numbers of the fields: the word itself brings nothing (section 4)
_OURS = frozenset({"of", "process", "projectId", "items"})  # which list a record stood in; added to it when it came
_SAYS_NOTHING = frozenset({"None", "NotDefined", "Planfix"})

_MARKS = {
    "sourceObjectId": "- redundant: the mark of the program that made the object",
    "sourceDataVersion": "- redundant: the mark of the program that made the object",
}
_LANGUAGES = {
    "languageCode": "- redundant: how Planfix shows its pages to the person",
    "communicationLanguageCode": "- redundant: how Planfix writes to the person",
    "timezone": "- redundant: how Planfix shows its pages to the person",
}
_FROM_DATES = "- redundant: follows from the dates and the status"
_TEMPLATE = "- redundant: what it was made from has left its values"
_ENTRIES = "- redundant: the entries of data tags are read by themselves"
_NOTES = "- what else is noted beside a description"
_PERSON = {
    "id": "ref",
    "name": "name",
    "midname": "name",
    "lastname": "name",
    "gender": "- personal data",
    "birthDate": "- personal data",
    "phones": "phones",
    "telegramId": "messengers",
    "telegram": "messengers",
    "avatarUrl": "- pictures of people are not moved",
    CUSTOM: "- custom fields of people are not moved",
}
_CONTACT = {
    "template": _TEMPLATE,
    "processId": "- redundant: how Planfix handles the contact",
    "isDeleted": "~ what is deleted is not moved",
    "isCompany": "~ companies are read apart",
    "dateOfLastUpdate": "- redundant: when it was changed last",
    "files": "- files of contacts are not moved",
    "dataTags": _ENTRIES,
}
# All that a company has beside its name, which is all that the model has of one.
_OF_COMPANIES = (
    *(
        "description",
        "address",
        "site",
        "email",
        "additionalEmailAddresses",
        "skype",
        "facebook",
        "instagram",
        "viberId",
    ),
    *("position", "group", "createdDate", "supervisors", "addedBy", "phones", "telegramId", "telegram", "birthDate"),
)

KEYS: Mapping[str, Mapping[str, str]] = {
    "users": _PERSON
    | _MARKS
    | _LANGUAGES
    | {
        "isDeleted": "active",
        "status": "active",
        "groups": "team",
        "role": "role",
        "login": "- redundant: how the person enters Planfix",
        "email": "email",
        "secondaryEmails": "messengers",
        "position": "position",
        "workspace": "- redundant: how Planfix shows its pages to the person",
        "personalManagers": "- who manages the person",
        "temporaryReplacement": "- who stands in for the person",
    },
    "contacts": _PERSON
    | _MARKS
    | _LANGUAGES
    | _CONTACT
    | {
        "description": "messengers",
        "address": "address",
        "site": "messengers",
        "email": "email",
        "additionalEmailAddresses": "messengers",
        "skype": "messengers",
        "facebook": "messengers",
        "instagram": "messengers",
        "viberId": "messengers",
        "position": "position",
        "group": "group",
        "createdDate": "created",
        "supervisors": "- who looks after the contact",
        "addedBy": "- who added the contact",
        "companies": "company",
        "contacts": "- redundant: only companies have contacts",
    },
    "companies": _PERSON
    | _MARKS
    | _LANGUAGES
    | _CONTACT
    | dict.fromkeys(_OF_COMPANIES, "- of a company only its name is moved")
    | {
        "contacts": "- redundant: each contact names its companies",
        "companies": "- which companies it is linked to",
    },
    "project_groups": {"id": "ref", "name": "title"},
    "statuses": {
        "id": "ref",
        "name": "title",
        "process": "group",
        "color": "- redundant: how Planfix shows it",
        "isActive": "- redundant: each task says so of its status",
        "hasDeadline": "- redundant: how Planfix handles tasks in it",
        "isAppliedIndividually": "- redundant: how Planfix handles tasks in it",
        "texts": "- redundant: the name in other languages",
    },
    "fields": {
        "id": "ref",
        "name": "title",
        "of": "of",
        "type": "type",
        "enumValues": "options",
        "directoryId": "options",
        "names": "- redundant: the title in other languages",
        "objectType": "- redundant: said by the list it stands in",
        "groupId": "- redundant: where Planfix shows it",
        "directoryFields": "- redundant: how Planfix shows its values",
        "listValuesColors": "- redundant: how Planfix shows its values",
        "mainValue": "- redundant: fields of the account alone have it",
    },
    "projects": _MARKS
    | {
        "id": "ref",
        "name": "title",
        "description": "text",
        "status": "status, archived",
        "owner": "manager",
        "parent": "parent",
        "template": _TEMPLATE,
        "group": "group",
        "counterparty": "client",
        "startDate": "start",
        "endDate": "end",
        "hasEndDate": "end",
        "hiddenForEmployees": "settings",
        "hiddenForClients": "settings",
        "overdue": _FROM_DATES,
        "isCloseToDeadline": _FROM_DATES,
        "assignees": "members",
        "participants": "members",
        "auditors": "members",
        "clientManagers": "members",
        "isDeleted": "~ what is deleted is not moved",
        CUSTOM: "fields, plan_minutes, plan_money",
    },
    "tasks": _MARKS
    | {
        "id": "ref",
        "name": "title",
        "description": "text",
        "additionalDescriptionData": _NOTES,
        "priority": "priority",
        "status": "status, done",
        "processId": "- redundant: each status is named",
        "resultChecking": "- that its result must be checked",
        "type": "~ templates and lines of checklists are no tasks",
        "assigner": "author",
        "parent": "parent, depth",
        "template": _TEMPLATE,
        "object": "- what kind of object the task stands for",
        "project": "project",
        "counterparty": "fields",
        "dateTime": "created",
        "startDateTime": "start, start_at",
        "endDateTime": "due, due_at",
        "hasStartDate": "start",
        "hasEndDate": "due",
        "hasStartTime": "start_at",
        "hasEndTime": "due_at",
        "delayedTillDate": "fields",
        "actualCompletionDate": "closed",
        "dateOfLastUpdate": "~ tells of which days there are comments",
        "dateOfLastComment": "~ tells of which days there are comments",
        "duration": "fields",
        "durationUnit": "fields",
        "durationType": "fields",
        "overdue": _FROM_DATES,
        "closeToDeadLine": _FROM_DATES,
        "notAcceptedInTime": _FROM_DATES,
        "inFavorites": "- redundant: of the token's own user",
        "isSummary": "- redundant: it has subtasks",
        "isSequential": "- that its subtasks wait for each other",
        "assignees": "assignees",
        "participants": "followers",
        "auditors": "followers",
        "projectAuditors": "- redundant: of its project",
        "recurrence": "- that it repeats",
        "isDeleted": "~ what is deleted is not moved",
        "files": "files as entities",
        "dataTags": _ENTRIES,
        CUSTOM: "fields, plan_minutes, plan_money",
    },
    "comments": _MARKS
    | {
        "id": "ref",
        "dateTime": "created",
        "type": "- redundant: reminders have a key of their own",
        "fromType": "- the channel that it came by",
        "description": "text",
        "additionalDescriptionData": _NOTES,
        "task": "on",
        "project": "- redundant: the task's",
        "contact": "~ what stands on contacts is told, not moved",
        "owner": "author",
        "isDeleted": "~ what is deleted is not moved",
        "isPinned": "pinned",
        "isHidden": "hidden",
        "isNotRead": "- redundant: of the token's own user",
        "recipients": "- redundant: who was notified at the time",
        "reminders": "- reminders",
        "dataTags": "~ a comment that only carries entries is not moved",
        "files": "files as entities",
        "changeTaskStartDate": "- what the task's start was before",
        "changeTaskExpectDate": "- what the task's due date was before",
        "changeStatus": "- what the task's status was before",
    },
    "checklists": {"id": "on", "items": "lines as entities"},
    "items": {
        "id": "- redundant: lines are counted",
        "name": "title",
        "isDone": "done",
        "parent": "~ lines stand below the line they hang on",
        "dateTime": "- when the line was added",
        "assignees": "- whom the line is for",
    },
    "files": {
        "id": "ref",
        "name": "name",
        "size": "- redundant: kilobytes rounded up, so the bytes themselves tell (section 8, 20)",
        "link": "- the address of a document that is kept elsewhere",
        "downloadUrl": "- redundant: runs out, and is asked for at the download",
        "projectId": "on",
    },
    "entries": {
        "key": "ref",
        "dataTag": "minutes, money",
        "commentId": "day, person",
        "task": "on",
        "contact": "~ what stands on contacts is told, not moved",
        CUSTOM: "day, person, minutes, money, text",
    },
}


def asked(table: str, ids: Iterable[str] = ()) -> str:
    """What to ask for, as requests have it: the names that are not redundant, and the numbers of custom fields."""
    wanted = (name for name, place in KEYS[table].items() if not place.startswith("- redundant"))
    names = (name for name in wanted if name != CUSTOM and name not in _OURS)
    return ",".join((*names, *ids))


def unaccounted(table: str, record: Record, ref: Ref) -> tuple[Issue, ...]:
    """An issue for each key that goes nowhere: unsupported where it holds something, unknown where no page names it."""
    issues: list[Issue] = []
    for key, value in record.items():
        place = KEYS[table].get(key)
        if place is None:
            detail = f"no page of the vendor describes it; it holds {str(value)[:100]!r}"
            issues.append(Issue(ref=ref, code="unknown-field", field=key, detail=detail))
        elif place.startswith("- ") and not place.startswith("- redundant") and _holds(value):
            detail = f"{place.removeprefix('- ')}: {_told(value)[:200]}"
            issues.append(Issue(ref=ref, code="unsupported", field=key, detail=detail, reach=Reach.LOSS))
    return tuple(issues)


def _holds(value: Any) -> bool:
    """Whether anything is in it: lists of people come empty rather than not at all."""
    if isinstance(value, dict):
        return any(_holds(each) for each in value.values())
    if isinstance(value, list):
        return any(_holds(each) for each in value)
    return bool(value) and value not in _SAYS_NOTHING


def _told(value: Any) -> str:
    """What it holds, for people."""
    if isinstance(value, dict):
        brief = value.get("name") or value.get("datetime")
        return str(brief) if brief else ", ".join(_told(each) for each in value.values() if _holds(each))
    if isinstance(value, list):
        return ", ".join(_told(each) for each in value if _holds(each))
    return str(value)
