"""A HubEx account as plain data: tables of records by id, read from the account file.

Kept form of a record, in the account file and in memory: the vendor's own input names, references as ids (`"companyID": 3`), moments
as naive UTC text, attribute values under `"attributes"` by attribute id. What exists within one task alone stands in the task: `stages`,
`assignments`, `conversations`, `works`, `checkLists`, `tags`, `contacts`, `attachments`. Absent is a missing key.
"""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from migrator.sandbox.hubex.wire import Record, not_possible

Table = dict[str, Record]

INT16 = 32767
BYTE = 255

TABLES = (
    *("currencies", "measurement_units", "timezones", "registration_types", "roles", "ban_reasons", "branches"),
    *("request_methods", "task_orders", "task_statuses", "task_stages", "task_types", "work_types", "criticalities"),
    *("attribute_types", "asset_types", "asset_classes", "districts", "locations", "companies", "assets", "users"),
    *("contacts", "attributes", "check_lists", "contracts", "materials", "warehouses", "inventories", "tasks"),
)
_LARGEST = {"companies": INT16, "work_types": INT16, "contracts": INT16, "warehouses": INT16, "check_lists": INT16,
            "attributes": INT16, "districts": INT16, "criticalities": BYTE, "asset_classes": BYTE}  # fmt: skip


@dataclass(frozen=True)
class Options:
    """Where the contract leaves a question open, or tests need another face; each default is the stricter one.

    lag_calls: a change answered with 202 shows only after so many further calls; 0 = at once. batch_calls: the same of a stage batch.
    range_rows: the largest page of a ranged call. past_end: the status of a page beyond the total (204, 206 or 416).
    assets_know_deleted: `isDeleted` filters assets [ref+]; it did not in July [live]. error_shape: see `Refusal.reply`.
    link_seconds: life of a signed link. stamp_seconds: how long a concurrency stamp is remembered; None = for ever.
    file_bytes: the largest upload. staff_licences: how many users who are not customers; None = any number.
    """

    lag_calls: int = 1
    batch_calls: int = 3
    range_rows: int = 1000
    past_end: int = 204
    assets_know_deleted: bool = False
    error_shape: str = "array"
    link_seconds: int = 300
    stamp_seconds: int | None = 3600
    file_bytes: int = 50 * 2**20
    staff_licences: int | None = None


@dataclass
class Pending:
    """A change that was accepted and does not show yet."""

    calls_left: int
    apply: Callable[[], object]


@dataclass
class State:
    """The whole account. `services`: service token -> user id; `access` and `refresh`: issued token -> (user id, end in seconds)."""

    options: Options = field(default_factory=Options)
    services: dict[str, str] = field(default_factory=dict)
    access: dict[str, tuple[str, float]] = field(default_factory=dict)
    refresh: dict[str, tuple[str, float]] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=lambda: {name: {} for name in TABLES})
    stage_links: list[Record] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    attachments: Table = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    stamps: dict[tuple[str, str], tuple[float, Record]] = field(default_factory=dict)
    queue: list[Pending] = field(default_factory=list)
    invitations: list[str] = field(default_factory=list)  # addresses that got a real mail
    notifications: int = 0  # comments and stage moves that told people (gotcha 35)
    issued: int = 0
    lsn: int = 0
    _last: dict[str, int] = field(default_factory=dict)

    @property
    def tasks(self) -> Table:
        """Tasks by id."""
        return self.tables["tasks"]

    @property
    def assets(self) -> Table:
        """Assets by id."""
        return self.tables["assets"]

    @property
    def companies(self) -> Table:
        """Companies by id."""
        return self.tables["companies"]

    @property
    def users(self) -> Table:
        """Users by id."""
        return self.tables["users"]

    def get(self, table: str, identity: object) -> Record | None:
        """A record by its id, deleted or not; None when there is none."""
        return self.tables[table].get(str(identity))

    def live(self, table: str, identity: object) -> Record | None:
        """A record that is there and not deleted."""
        record = self.get(table, identity)
        return None if record is None or record.get("deleted") else record

    def next_id(self, table: str) -> int:
        """A new id for the table, above every id it ever had. Raises Refusal past the range of the id (section 2)."""
        shelf = self.attachments if table == "attachments" else self.tables.get(table, {})
        last = self._last.get(table) or max((int(key) for key in shelf), default=0)
        if last >= _LARGEST.get(table, 2**31 - 1):
            raise not_possible()
        self._last[table] = last + 1
        return last + 1

    def add(self, table: str, record: Record) -> Record:
        """Store a new record under the next id."""
        identity = self.next_id(table)
        self.tables[table][str(identity)] = {"id": identity, **record}
        return self.tables[table][str(identity)]

    def add_file(self, record: Record, content: bytes) -> Record:
        """Store a file with its bytes under the next id."""
        return self._keep_file({"id": self.next_id("attachments"), **record}, content)

    def reserve(self, sequence: str, used: int) -> None:
        """Let a sequence without a table of its own go on above an id in use."""
        self._last[sequence] = max(self._last.get(sequence, 0), used)

    def _keep_file(self, record: Record, content: bytes) -> Record:
        digest = hashlib.md5(content).hexdigest().upper()
        file = {**record, "size": len(content), "md5": digest}
        self.attachments[str(file["id"])] = file
        self.contents[str(file["id"])] = content
        return file

    def load_files(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Read the files of an account file; each stands with its body, as `text` or as `base64`."""
        for row in rows:
            record = {name: value for name, value in row.items() if name not in ("text", "base64")}
            content = base64.b64decode(row["base64"]) if "base64" in row else str(row.get("text", "")).encode()
            self._keep_file(record, content)


def load(account: Mapping[str, Any] | None) -> State:
    """Read an account file; None gives an empty account with the fewest dictionaries that let a task be made."""
    source = copy.deepcopy(account or _bare())
    state = State(options=Options(**source.get("options", {})))
    state.services = {row["token"]: str(row["user"]) for row in source.get("service_tokens", [])}
    for name in TABLES:
        state.tables[name] = {str(row["id"]): dict(row) for row in source.get(name, [])}
    state.stage_links = source.get("stage_links", [])
    state.tags = source.get("tags", [])
    state.load_files(source.get("attachments", []))
    for task in state.tasks.values():
        for check_list in task.get("checkLists", []):
            state.reserve("task_check_lists", check_list["id"])
    for company in state.companies.values():
        state.reserve("org_units", max(company.get("customerOrgUnitID", 0), company.get("staffOrgUnitID", 0)))
    return state


def _bare() -> dict[str, Any]:
    def named(*names: str) -> list[Record]:
        return [{"id": number, "name": name} for number, name in enumerate(names, 1)]

    return {
        "service_tokens": [{"token": "hubex-service-token", "user": 1}],
        "users": [{"id": 1, "firstName": "API", "lastName": "Интеграция", "email": "api@example.com"}],
        "registration_types": [{"id": 1, "name": "Юридическое лицо", "shortName": "ЮЛ"}],
        "currencies": [{"id": 1, "asciiCode": "RUB", "name": "Рубль", "shortName": "₽"}],
        "measurement_units": [{"id": 1, "name": "Штука", "abbreviation": "шт"}],
        "request_methods": named("Телефон", "E-mail", "Мобильное приложение", "Интеграция"),
        "task_orders": [{"id": 1, "name": "Дата подачи", "code": "CreationDate"}],
        "task_statuses": named("Новая", "Закрыта"),
        "task_stages": named("Новая", "Закрыта"),
        "task_types": [{"id": 1, "name": "Заявка", "isDefault": True, "startTaskStageID": 1, "startTaskStatusID": 1,
                        "finishTaskStageID": 2}],
        "stage_links": [{"taskTypeID": 1, "fromTaskStageID": 1, "toTaskStageID": 2, "taskStatusID": 2, "name": "Закрыть"}],
        "branches": named("Основная"),
        "work_types": named("Работы"),
        "criticalities": named("Обычная"),
        "asset_types": named("Оборудование"),
        "asset_classes": named("Основной"),
        "districts": named("Все"),
        "attribute_types": [{"id": 1, "code": "string", "name": "Строка"}],
    }  # fmt: skip
