"""The filters of the task lists. Vendor contract, section 4.2."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any

import orjson

from migrator.sandbox.hubex import filters
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.assets import lineage
from migrator.sandbox.hubex.filters import Filter
from migrator.sandbox.hubex.wire import Record


def _searched(ask: Ask, row: Record) -> Iterable[object]:
    asset = ask.state.get("assets", row.get("assetID")) or {}
    work_type = ask.state.get("work_types", row.get("workTypeID")) or {}
    return row.get("notes"), row.get("number"), asset.get("name"), work_type.get("name")


def _values(text: str) -> dict[str, str]:
    """Base64Url of a JSON array of {attributeID, value}; its inner shape is not documented. Raises ValueError."""
    try:
        rows = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return {str(row["attributeID"]): str(row["value"]) for row in rows}
    except (binascii.Error, TypeError, KeyError) as error:
        raise ValueError(text) from error


def _asset(ask: Ask, row: Record) -> Record:
    return ask.state.get("assets", row.get("assetID")) or {}


def _company(ask: Ask, row: Record, value: Any) -> bool:
    return bool((row.get("companyID") or _asset(ask, row).get("companyID")) == value)


_PERIODS = ("creation", "created"), ("assignation", "assigned"), ("completion", "completed"), ("closing", "closed")

SHORT_FILTERS: dict[str, Filter] = {
    "searchText": filters.search(_searched),
    "taskID": filters.equals("id"),
    "taskNumber": filters.same("number"),
    "erpID": filters.like("erpID"),
    "parentID": filters.equals("parentID"),
    "taskTypeID": filters.short("taskTypeID"),
    "workTypeID": filters.short("workTypeID"),
    "taskStageID": filters.short("stageID"),
    "taskStatusID": filters.byte("statusID"),
    "criticalityID": filters.byte("criticalityID"),
    "companyID": Filter(filters.short("companyID").take, _company),
    "assetID": filters.equals("assetID"),
    "startWithAssetID": filters.number(lambda ask, row, value: value in lineage(ask.state, row.get("assetID"))),
    "contractID": filters.short("contractID"),
    "requestedBy": filters.equals("requestedByUserID"),
    "assignedTo": filters.among("assignees"),
    "contactID": filters.among("contacts"),
    "requestMethodID": filters.byte("requestMethodID"),
    "branchID": filters.byte("branchID"),
    **{f"{name}From": filters.since(field) for name, field in (*_PERIODS, ("deadline", "deadline"))},
    **{f"{name}Till": filters.until(field) for name, field in (*_PERIODS, ("deadline", "deadline"))},
    "isClosed": filters.present("closed"),
    "isCompleted": filters.present("completed"),
    "isAssigned": filters.present("assignees"),
    "isDeleted": filters.present("deleted"),
    "isOutdated": filters.switch(
        lambda ask, row: bool(row.get("deadline")) and row["deadline"] < (row.get("completed") or ask.now)
    ),
    "attributeValues": Filter(_values, lambda _, row, value: value.items() <= row.get("attributes", {}).items()),
}
FILTERS: dict[str, Filter] = {
    **SHORT_FILTERS,
    "lastModifiedFrom": filters.since("lastModified"),
    "lastModifiedTill": filters.until("lastModified"),
    "payeeCompanyID": filters.short("payeeCompanyID"),
    "districtID": filters.number(lambda ask, row, value: value in _asset(ask, row).get("districts", [])),
}
