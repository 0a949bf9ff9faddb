"""The map of HubEx's API: which method on which path leads where.

Vendor contract, sections 1, 4, 5, 6. Paths are case-insensitive and written here in the vendor's case; a slash at the end is tolerated.
A method that a path does not have is 404, as HEAD of Contacts was seen to be.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from migrator.sandbox.hubex import (
    asset_parts,
    asset_writes,
    assets,
    attributes,
    auth,
    checklists,
    companies,
    contacts,
    contracts,
    conversations,
    dictionaries,
    files,
    locations,
    materials,
    stages,
    storage,
    task_parts,
    task_writes,
    tasks,
    users,
    work_parts,
    works,
)
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.server import Reply

Handler: TypeAlias = Callable[[Ask], Reply]


@dataclass(frozen=True)
class Route:
    """One method on one path; `{name}` stands for a number."""

    method: str
    path: str
    handler: Handler
    anonymous: bool = False
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        text = re.sub(r"\{(\w+)\}", r"(?P<\1>\\d+)", self.path.lower())
        object.__setattr__(self, "pattern", re.compile(text))


_simple = dictionaries.simple

_ACCESS = (
    Route("POST", "/AUTHZ/AccessTokens", auth.exchange, anonymous=True),
    Route("POST", "/AUTHZ/RefreshTokens", auth.generate),
    Route("GET", "/AUTHZ/RefreshTokens", auth.generate_by_get),
)
_DICTIONARIES = (
    Route("GET", "/WORK/TaskTypes", dictionaries.task_types),
    Route("GET", "/WORK/TaskTypes/{id}/route", dictionaries.route),
    Route("GET", "/WORK/WorkTypes", dictionaries.work_types),
    Route("POST", "/WORK/WorkTypes", dictionaries.create_work_types),
    Route("GET", "/WORK/WorkTypes/{id}", dictionaries.work_type),
    Route("GET", "/WORK/TaskStatuses", _simple("task_statuses", "name", "color", "sortOrder")),
    Route("GET", "/WORK/RequestMethods", _simple("request_methods", "name")),
    Route("GET", "/WORK/TaskOrderBy", tasks.orders),
    Route("GET", "/TSTG/TaskStages", dictionaries.task_stages),
    Route("GET", "/TSTG/TaskStageLinks", dictionaries.stage_links),
    Route("GET", "/TSTG/Branches", dictionaries.branches),
    Route("GET", "/SLA/Criticalities", _simple("criticalities", "name", "color", "isDefault", "erpID", "sortOrder")),
    Route("GET", "/COMMON/Currencies", _simple("currencies", "name", "asciiCode", "shortName")),
    Route("GET", "/COMMON/MeasurementUnits", _simple("measurement_units", "id", "name", "abbreviation", "designation")),
    Route("GET", "/COMMON/AttributeTypes", _simple("attribute_types", "name", "code")),
    Route("GET", "/COMMON/Timezones", _simple("timezones", "name", "utcTimeOffset")),
    Route("GET", "/COMMON/Tags", dictionaries.tags),
    Route("GET", "/ES/AssetTypes", _simple("asset_types", "name", "isDefault", "isHostable")),
    Route("POST", "/ES/AssetTypes", dictionaries.create_asset_types),
    Route("GET", "/ES/AssetClasses", _simple("asset_classes", "id", "name", "erpID", "isDefault")),
    Route("POST", "/ES/AssetClasses", dictionaries.create_asset_classes),
    Route("GET", "/ES/Districts", dictionaries.districts),
    Route("GET", "/ES/CompanyRegistrationTypes", dictionaries.registration_types),
    Route("GET", "/ADM/Roles", _simple("roles", "id", "name", "description")),
    Route("GET", "/ADM/BanReasons", _simple("ban_reasons", "name", "code", "description")),
)
_COMPANIES = (
    Route("GET", "/ES/Companies", companies.list_all),
    Route("HEAD", "/ES/Companies", companies.count),
    Route("POST", "/ES/Companies", companies.create),
    Route("PUT", "/ES/Companies", companies.update),
    Route("DELETE", "/ES/Companies", companies.delete),
    Route("PUT", "/ES/Companies/restore", companies.restore),
    Route("POST", "/ES/Companies/contacts", companies.add_contacts),
    Route("GET", "/ES/Companies/{id}", companies.one),
    Route("GET", "/ES/Companies/{id}/attributes", companies.attributes),
    Route("POST", "/ES/Companies/{id}/attributes", companies.set_attributes),
    Route("GET", "/ES/Companies/{id}/contacts", companies.contacts),
    Route("GET", "/ES/Companies/{id}/attachments", companies.attachments),
    Route("GET", "/ES/Locations", locations.list_all),
    Route("HEAD", "/ES/Locations", locations.count),
    Route("POST", "/ES/Locations", locations.create),
    Route("DELETE", "/ES/Locations", locations.delete),
    Route("DELETE", "/ES/Locations/remove", locations.remove),
    Route("GET", "/ES/Locations/{id}", locations.one),
    Route("GET", "/SC/ServiceContract", contracts.list_all),
    Route("POST", "/SC/ServiceContract", contracts.merge),
    Route("DELETE", "/SC/ServiceContract", contracts.delete),
    Route("GET", "/SC/ServiceContract/{id}", contracts.one),
)
_ASSETS = (
    Route("GET", "/ES/Assets", assets.list_all),
    Route("HEAD", "/ES/Assets", assets.count),
    Route("POST", "/ES/Assets", asset_writes.create),
    Route("PUT", "/ES/Assets", asset_writes.update_many),
    Route("DELETE", "/ES/Assets", asset_writes.delete),
    Route("DELETE", "/ES/Assets/full", asset_writes.delete),
    Route("PUT", "/ES/Assets/restore", asset_writes.restore),
    Route("GET", "/ES/Assets/attributes", assets.all_attributes),
    Route("POST", "/ES/Assets/contacts", asset_parts.add_contacts),
    Route("GET", "/ES/Assets/{id}", assets.one),
    Route("PUT", "/ES/Assets/{id}", asset_writes.update),
    Route("DELETE", "/ES/Assets/{id}", asset_writes.delete),
    Route("DELETE", "/ES/Assets/{id}/full", asset_writes.delete),
    Route("PUT", "/ES/Assets/{id}/publish", asset_writes.publish),
    Route("PUT", "/ES/Assets/{id}/unpublish", asset_writes.unpublish),
    Route("GET", "/ES/Assets/{id}/attributes", assets.attributes),
    Route("GET", "/ES/Assets/{id}/attachments", assets.attachments),
    Route("GET", "/ES/Assets/{id}/attachments/{file}", storage.of_asset),
    Route("GET", "/ES/Assets/{id}/contacts", assets.contacts),
    Route("GET", "/ES/Assets/{id}/tags", assets.tags),
    Route("GET", "/ES/Assets/{id}/workTypes", assets.work_types),
    Route("GET", "/ES/Assets/{id}/districts", assets.districts),
    Route("GET", "/ES/Assets/{id}/checkLists", assets.check_lists),
    Route("POST", "/ES/Assets/{id}/checkLists", asset_parts.add_check_lists),
    Route("POST", "/ES/AssetLocations", asset_writes.set_location),
    Route("PUT", "/ES/AssetLocations", asset_writes.set_location),
    Route("POST", "/ES/AssetDistricts", asset_parts.add_districts),
    Route("POST", "/ES/AssetWorkTypes", asset_parts.add_work_types),
    Route("POST", "/ES/AssetAttributes", asset_parts.merge_attributes),
    Route("DELETE", "/ES/AssetAttributes", asset_parts.delete_attributes),
    Route("POST", "/ES/AssetAttributes/v2", asset_parts.add_attributes),
    Route("PUT", "/ES/AssetAttributes/v2", asset_parts.update_attributes),
    Route("POST", "/ES/AssetTags", asset_parts.add_tags),
    Route("DELETE", "/ES/AssetTags", asset_parts.delete_tags),
    Route("POST", "/ES/AssetAttachments/upload/fromForm", files.upload_to_asset),
)
_TASKS = (
    Route("GET", "/WORK/Tasks", tasks.list_all),
    Route("HEAD", "/WORK/Tasks", tasks.count),
    Route("POST", "/WORK/Tasks", task_writes.create),
    Route("DELETE", "/WORK/Tasks", task_writes.delete),
    Route("GET", "/WORK/Tasks/short", tasks.list_short),
    Route("GET", "/WORK/Tasks/count", tasks.count_by_day),
    Route("GET", "/WORK/Tasks/stages/next", stages.next_of_many),
    Route("PUT", "/WORK/Tasks/restore", task_writes.restore),
    Route("GET", "/WORK/Tasks/{task}", tasks.one),
    Route("PATCH", "/WORK/Tasks/{task}", task_writes.patch),
    Route("PUT", "/WORK/Tasks/{task}", task_writes.update),
    Route("DELETE", "/WORK/Tasks/{task}", task_writes.delete),
    Route("PUT", "/WORK/Tasks/{task}/complete", task_writes.complete),
    Route("GET", "/WORK/Tasks/{task}/stages", stages.history),
    Route("GET", "/WORK/Tasks/{task}/stages/next", stages.next_of_one),
    Route("GET", "/WORK/Tasks/{task}/assignments", tasks.assignments),
    Route("GET", "/WORK/Tasks/{task}/changes", tasks.changes),
    Route("GET", "/WORK/Tasks/{task}/attributes", tasks.attributes),
    Route("GET", "/WORK/Tasks/{task}/tags", tasks.tags),
    Route("GET", "/WORK/Tasks/{task}/contacts", tasks.contacts),
    Route("POST", "/WORK/TaskStagingHistory", stages.move_one),
    Route("POST", "/WORK/TaskStagingHistory/multiple", stages.move_many),
    Route("POST", "/WORK/TaskStagingHistory/batch", stages.move_batch),
    Route("POST", "/WORK/TaskAssignmentHistory", task_parts.assign),
    Route("GET", "/WORK/TaskAttributes", task_parts.list_attributes),
    Route("POST", "/WORK/TaskAttributes", task_parts.merge_attributes),
    Route("POST", "/WORK/TaskTags", task_parts.add_tags),
    Route("DELETE", "/WORK/TaskTags", task_parts.delete_tags),
    Route("POST", "/WORK/TaskContacts", task_parts.add_contacts),
    Route("DELETE", "/WORK/TaskContacts", task_parts.delete_contacts),
)
_TALK_AND_FILES = (
    Route("GET", "/WORK/Tasks/{task}/conversations", conversations.of_task),
    Route("HEAD", "/WORK/Tasks/{task}/conversations", conversations.count_of_task),
    Route("GET", "/WORK/Tasks/{task}/conversations/{comment}", conversations.one),
    Route("GET", "/WORK/Tasks/{task}/conversations/{comment}/attachments/{file}", storage.of_comment),
    Route("POST", "/WORK/Tasks/{task}/conversation", conversations.create),
    Route("POST", "/WORK/Tasks/{task}/conversation/upload/fromForm", conversations.create_with_files),
    Route("GET", "/WORK/TaskConversations", conversations.last_of_all),
    Route("HEAD", "/WORK/TaskConversations", conversations.count_of_all),
    Route("DELETE", "/WORK/TaskConversations", conversations.delete),
    Route("GET", "/WORK/Tasks/{task}/attachments", files.of_task),
    Route("GET", "/WORK/Tasks/{task}/attachments/{file}", storage.of_task),
    Route("POST", "/WORK/TaskAttachments", files.link_to_task),
    Route("DELETE", "/WORK/TaskAttachments", files.unlink_from_task),
    Route("POST", "/WORK/TaskAttachments/upload/fromForm", files.upload_to_task),
    Route("POST", "/WORK/TaskAttachments/upload/fromBody", files.upload_body_to_task),
    Route("GET", "/COMMON/Attachments", files.list_all),
    Route("DELETE", "/COMMON/Attachments", files.delete),
    Route("GET", "/COMMON/Attachments/downloadLink", storage.zip_link),
    Route("POST", "/COMMON/Attachments/upload/fromForm", files.upload),
    Route("GET", "/COMMON/Attachments/{file}", storage.of_common),
    Route("DELETE", "/COMMON/Attachments/{file}", files.delete),
    Route("GET", "/COMMON/Attachments/{file}/this", files.one),
)
_WORKS = (
    Route("GET", "/WORK/Tasks/{task}/completedWorks", works.of_task),
    Route("GET", "/WORK/Tasks/{task}/completedWorks/technicians", work_parts.technicians),
    Route("GET", "/WORK/Tasks/{task}/completedWorks/materials", work_parts.materials),
    Route("GET", "/WORK/Tasks/{task}/completedWorks/attachments", files.of_works),
    Route("GET", "/WORK/Tasks/{task}/completedWorks/{id}", works.one),
    Route("POST", "/WORK/CompletedWorks", works.create),
    Route("PUT", "/WORK/CompletedWorks", works.update),
    Route("DELETE", "/WORK/CompletedWorks", works.delete),
    Route("POST", "/WORK/CompletedWorkAttachments", files.link_to_works),
    Route("POST", "/WORK/Tasks/completedWorks/technicians", work_parts.add_technicians),
    Route("PUT", "/WORK/Tasks/completedWorks/technicians", work_parts.update_technicians),
    Route("DELETE", "/WORK/Tasks/completedWorks/technicians", work_parts.delete_technicians),
    Route("POST", "/WORK/Tasks/completedWorks/materials", work_parts.add_materials),
    Route("PUT", "/WORK/Tasks/completedWorks/materials", work_parts.update_materials),
    Route("DELETE", "/WORK/Tasks/completedWorks/materials", work_parts.delete_materials),
    Route("GET", "/WORK/CheckLists", checklists.list_all),
    Route("POST", "/WORK/CheckLists", checklists.create),
    Route("DELETE", "/WORK/CheckLists", checklists.delete),
    Route("GET", "/WORK/CheckLists/{id}/items", checklists.items),
    Route("POST", "/WORK/CheckListItems", checklists.merge_items),
    Route("GET", "/WORK/Tasks/{task}/checkLists", checklists.of_task),
    Route("POST", "/WORK/Tasks/{task}/checkLists", checklists.add_to_task),
    Route("DELETE", "/WORK/Tasks/{task}/checkLists", checklists.delete_from_task),
    Route("GET", "/WORK/Tasks/{task}/checkLists/{id}/results/v2", checklists.results),
    Route("PUT", "/WORK/Tasks/{task}/checkLists/{id}/results/v2", checklists.set_results),
    Route("GET", "/WH/MaterialConsumptions", materials.consumptions),
    Route("GET", "/WH/Materials", materials.stock),
    Route("POST", "/WH/Materials", materials.create),
    Route("GET", "/WH/Materials/v2", materials.list_all),
    Route("GET", "/WH/Warehouses", materials.warehouses),
    Route("POST", "/WH/Warehouses", materials.create_warehouses),
    Route("GET", "/WH/Inventories", materials.inventories),
    Route("POST", "/WH/Inventories", materials.create_inventories),
)
_PEOPLE = (
    Route("GET", "/ADM/Users", users.list_all),
    Route("HEAD", "/ADM/Users", users.count),
    Route("POST", "/ADM/Users", users.create),
    Route("DELETE", "/ADM/Users", users.delete),
    Route("PUT", "/ADM/Users/restore", users.restore),
    Route("GET", "/ADM/Users/attributes", users.all_attributes),
    Route("GET", "/ADM/Users/{id}", users.one),
    Route("PUT", "/ADM/Users/{id}", users.update),
    Route("POST", "/ADM/UserRoles", users.add_roles),
    Route("POST", "/ADM/UserDistricts", users.add_districts),
    Route("GET", "/COMMON/Contacts", contacts.list_all),
    Route("POST", "/COMMON/Contacts", contacts.create),
    Route("PUT", "/COMMON/Contacts", contacts.update),
    Route("DELETE", "/COMMON/Contacts", contacts.delete),
    Route("GET", "/COMMON/Contacts/{id}", contacts.one),
    Route("GET", "/COMMON/Attributes", attributes.list_all),
    Route("POST", "/COMMON/Attributes", attributes.create),
    Route("PUT", "/COMMON/Attributes", attributes.update),
    Route("DELETE", "/COMMON/Attributes", attributes.delete),
    Route("GET", "/COMMON/Attributes/{id}", attributes.one),
    Route("GET", "/COMMON/Attributes/{id}/listOfValues", attributes.list_of_values),
    Route("POST", "/COMMON/AttributeListOfValues", attributes.merge_values),
)
ROUTES = (*_ACCESS, *_DICTIONARIES, *_COMPANIES, *_ASSETS, *_TASKS, *_TALK_AND_FILES, *_WORKS, *_PEOPLE)


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a call and the numbers of its path, which is in lower case."""
    for route in ROUTES:
        if route.method == method and (match := route.pattern.fullmatch(path)):
            return route, match.groupdict()
    return None
