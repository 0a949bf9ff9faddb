"""The scopes a Planfix token may hold.

Vendor contract, section 1: the help page names task, user, contact, comment, datatag, file and report; the rest was seen in tokens
of clients. There is no scope to delete tasks, projects, contacts or users.
"""

from __future__ import annotations

_THREE = ("readonly", "add", "update")

SCOPES = frozenset(
    {
        *(f"{area}_{right}" for area in ("task", "user", "contact", "project") for right in _THREE),
        *(f"{area}_{right}" for area in ("comment", "datatag", "directory") for right in (*_THREE, "delete")),
        *(f"file_{right}" for right in ("readonly", "add", "delete")),
        *("report_readonly", "object_readonly", "process_readonly", "common_metadata", "system_settings"),
        *("custom_field_add", "custom_field_set_add"),
    }
)
