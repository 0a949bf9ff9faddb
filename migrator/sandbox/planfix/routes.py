"""The map of Planfix's REST API: which path leads where, which scope it needs, and where `silent` is heard.

Vendor contract, sections 1, 4, 5. Slashes at the end are as in the vendor's specification (gotcha 39). `silent` counts only where
the specification declares it; elsewhere it is passed over. The scopes of metadata are those seen in tokens of clients.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from migrator.sandbox.planfix import (
    checklists,
    comments,
    contacts,
    datatags,
    directories,
    files,
    metadata,
    projects,
    tasks,
    users,
)
from migrator.sandbox.planfix.access import Ask
from migrator.sandbox.server import Reply

Handler: TypeAlias = Callable[[Ask], Reply]

_NUMBER = r"\d+"
_PARTS = {
    **dict.fromkeys(("id", "itemId", "commentId", "key"), _NUMBER),
    "contact": r"(?P<id>(?:contact:)?\d+)",
    "user": r"(?P<id>(?:user:)?\d+)",
}


@dataclass(frozen=True)
class Route:
    """One method on one path. `scope` "" needs none; `{area}` in it stands for the part of the path."""

    method: str
    path: str
    scope: str
    handler: Handler
    silent: bool = False
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", re.compile(re.sub(r"\{(\w+)(?::([^}]+))?\}", _part, self.path)))


def _part(match: re.Match[str]) -> str:
    """`{id}` is a number, `{contact}` and `{user}` may be prefixed, `{area:a|b}` is one of the words."""
    name, words = match[1], match[2]
    if name in ("contact", "user"):
        return _PARTS[name]
    return f"(?P<{name}>{words or _PARTS[name]})"


_FIELD_AREAS = "{area:task|contact|project|user|main}"

ROUTES = (
    Route("GET", "/ping", "", metadata.ping),
    Route("POST", "/task/list", "task_readonly", tasks.list_all),
    Route("GET", "/task/templates", "task_readonly", tasks.templates),
    Route("GET", "/task/recurring", "task_readonly", metadata.recurring),
    Route("POST", "/{area:task|contact}/filters", "{area}_readonly", metadata.saved_filters),
    Route("POST", "/task/", "task_add", tasks.create),
    Route("GET", "/task/{id}", "task_readonly", tasks.one),
    Route("POST", "/task/{id}", "task_update", tasks.update, silent=True),
    Route("POST", "/comment/list", "comment_readonly", comments.list_all),
    Route("GET", "/comment/{id}", "comment_readonly", comments.one),
    Route("DELETE", "/comment/{id}", "comment_delete", comments.delete),
    Route("POST", "/task/{id}/comments/list", "comment_readonly", comments.list_of_task),
    Route("POST", "/task/{id}/comments/", "comment_add", comments.create_on_task, silent=True),
    Route("POST", "/task/{id}/comments/{commentId}", "comment_update", comments.update, silent=True),
    Route("POST", "/contact/{contact}/comments/list", "comment_readonly", comments.list_of_contact),
    Route("POST", "/contact/{contact}/comments/", "comment_add", comments.create_on_contact),
    Route("POST", "/contact/{contact}/comments/{commentId}", "comment_update", comments.update, silent=True),
    Route("POST", "/task/{id}/checklist/list", "task_readonly", checklists.list_of_task),
    Route("POST", "/task/{id}/checklist", "task_update", checklists.create),
    Route("GET", "/task/{id}/checklist/{itemId}", "task_readonly", checklists.one),
    Route("POST", "/task/{id}/checklist/{itemId}", "task_update", checklists.update),
    Route("POST", "/task/{id}/datatags/", "datatag_add", datatags.create_on_task),
    Route("POST", "/task/{id}/datatags/{commentId}", "datatag_add", datatags.create_on_task),
    Route("POST", "/contact/{contact}/datatags/", "datatag_add", datatags.create_on_contact),
    Route("POST", "/contact/{contact}/datatags/{commentId}", "datatag_add", datatags.create_on_contact),
    Route("POST", "/datatag/list", "datatag_readonly", datatags.list_tags),
    Route("GET", "/datatag/{id}", "datatag_readonly", datatags.one_tag),
    Route("POST", "/datatag/{id}/entry/list", "datatag_readonly", datatags.list_entries),
    Route("GET", "/datatag/entry/{key}", "datatag_readonly", datatags.one_entry),
    Route("POST", "/datatag/entry/{key}", "datatag_update", datatags.update_entry, silent=True),
    Route("DELETE", "/datatag/entry/{key}", "datatag_delete", datatags.delete_entry),
    Route("POST", "/file/", "file_add", files.upload),
    Route("POST", "/file/from-url/", "file_add", files.upload_from_url),
    Route("GET", "/file/{id}", "file_readonly", files.one),
    Route("POST", "/file/{id}", "file_add", files.rename),
    Route("DELETE", "/file/{id}", "file_delete", files.delete),
    Route("GET", "/file/{id}/download", "file_readonly", files.download),
    Route("POST", "/file/{id}/attach/{kind:task|contact|project}", "file_add", files.attach),
    Route("GET", "/{kind:task|project}/{id}/files", "file_readonly", files.list_of),
    Route("GET", "/{kind:contact}/{contact}/files", "file_readonly", files.list_of),
    Route("POST", "/contact/list", "contact_readonly", contacts.list_all),
    Route("POST", "/contact/", "contact_add", contacts.create),
    Route("POST", "/contact/import", "contact_add", contacts.import_all),
    Route("GET", "/contact/{contact}", "contact_readonly", contacts.one),
    Route("POST", "/contact/{contact}", "contact_update", contacts.update, silent=True),
    Route("POST", "/project/list", "project_readonly", projects.list_all),
    Route("POST", "/project/", "project_add", projects.create),
    Route("GET", "/project/{id}", "project_readonly", projects.one),
    Route("POST", "/project/{id}", "project_update", projects.update, silent=True),
    Route("POST", "/user/list", "user_readonly", users.list_all),
    Route("POST", "/user/", "user_add", users.create),
    Route("GET", "/user/{user}", "user_readonly", users.one),
    Route("POST", "/user/{user}", "user_update", users.update, silent=True),
    Route("GET", "/user/positions/", "user_readonly", metadata.positions),
    Route("GET", "/workspace/list", "user_readonly", metadata.workspaces),
    Route("GET", "/{area:contact|project|user|directory}/groups", "{area}_readonly", metadata.groups),
    Route("GET", "/{area:contact|project}/templates", "{area}_readonly", metadata.templates),
    Route("POST", "/directory/list", "directory_readonly", directories.list_all),
    Route("GET", "/directory/{id}", "directory_readonly", directories.one),
    Route("POST", "/directory/{id}/entry/list", "directory_readonly", directories.list_entries),
    Route("POST", "/directory/{id}/entry/", "directory_add", directories.create_entry),
    Route("GET", "/directory/{id}/entry/{key}", "directory_readonly", directories.one_entry),
    Route("POST", "/directory/{id}/entry/{key}", "directory_update", directories.update_entry, silent=True),
    Route("DELETE", "/directory/{id}/entry/{key}", "directory_delete", directories.delete_entry),
    Route("GET", "/customfield/type", "common_metadata", metadata.field_types),
    Route("GET", f"/customfield/{_FIELD_AREAS}", "common_metadata", metadata.list_fields),
    Route("GET", "/customfield/{area:task|contact|project|user}/{id}", "common_metadata", metadata.list_fields),
    Route("POST", f"/customfield/{_FIELD_AREAS}/", "custom_field_add", metadata.create_field),
    Route("GET", "/customfield/datatag/{id}", "common_metadata", datatags.list_fields),
    Route("GET", "/customfield/directory/{id}", "common_metadata", directories.list_fields),
    Route("GET", "/customfield/group/{area:task|contact|project|user}", "common_metadata", metadata.list_sets),
    Route("POST", "/customfield/group/{area:task|contact|project|user}/", "custom_field_set_add", metadata.create_set),
    Route("GET", "/process/{area:task|contact}", "process_readonly", metadata.processes),
    Route("GET", "/process/task/{id}/statuses", "process_readonly", metadata.statuses),
    Route("POST", "/object/list", "object_readonly", metadata.objects),
    Route("GET", "/object/{id}", "object_readonly", metadata.one_object),
    Route("GET", "/object/{id}/statuses", "object_readonly", metadata.object_statuses),
)


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a call and the parts of its path. Raises LookupError when the path exists under other methods only."""
    matches = [(route, match.groupdict()) for route in ROUTES if (match := route.pattern.fullmatch(path))]
    for route, parts in matches:
        if route.method == method:
            return route, parts
    if matches:
        raise LookupError(path)
    return None
