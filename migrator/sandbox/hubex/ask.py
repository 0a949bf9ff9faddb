"""One admitted call: who asks, what the path, the query and the body say, and what of the account that user sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrator.sandbox.hubex import times
from migrator.sandbox.hubex.state import State
from migrator.sandbox.hubex.wire import Record, Refusal, bad_format, no_task, not_possible
from migrator.sandbox.server import Call


@dataclass(frozen=True)
class Ask:
    """A call that passed the door. `path` holds the numbers of the path, `query` all values of each name, as sent."""

    state: State
    call: Call
    user: str
    path: Mapping[str, str]
    query: Mapping[str, list[str]]

    @property
    def now(self) -> str:
        """This moment, as it is kept."""
        return times.keep(self.call.now)

    def single(self) -> Record:
        """The body as one JSON object, its keys in lower case (they are case-insensitive). Raises Refusal."""
        body = self._body()
        if not isinstance(body, dict):
            raise bad_format()
        return body

    def rows(self) -> list[Record]:
        """The body as a JSON array of objects: the vendor's batch. Raises Refusal."""
        body = self._body()
        if not isinstance(body, list) or not all(isinstance(row, dict) for row in body):
            raise bad_format()
        if not body:
            raise Refusal(400, "NoDataFound", "Нет данных")
        return body

    def numbers(self) -> list[int]:
        """The body as a JSON array of ids. Raises Refusal."""
        return numbers(self._body())

    def flag(self, name: str) -> bool:
        """Whether the query says true."""
        return self.query.get(name, [""])[-1].lower() == "true"

    def task(self, *, change: bool = False, key: object = None) -> Record:
        """The task of the path, or of `key`. `change`: deleted tasks are refused. Raises Refusal."""
        task = self.state.get("tasks", self.path["task"] if key is None else key)
        if task is None or not self.sees_task(task):
            raise no_task()
        if change and task.get("deleted"):
            raise not_possible()
        return task

    def sees_asset(self, asset: Record) -> bool:
        """Districts of the service user bound what it sees (section 1); a user without a list sees all."""
        own = self.state.users.get(self.user, {}).get("districts")
        return own is None or bool(set(own) & set(asset.get("districts", [])))

    def sees_task(self, task: Record) -> bool:
        """A task is seen with its asset; one without an asset by all."""
        asset = self.state.get("assets", task.get("assetID"))
        return asset is None or self.sees_asset(asset)

    def _body(self) -> Any:
        if not self.call.body:
            raise Refusal(400, "EmptyJson", "Пустое тело запроса")
        try:
            return lowered(self.call.json())
        except ValueError as error:
            raise bad_format() from error


def lowered(value: Any) -> Any:
    """The value with the keys of all objects in lower case."""
    if isinstance(value, dict):
        return {key.lower(): lowered(one) for key, one in value.items()}
    return [lowered(one) for one in value] if isinstance(value, list) else value


def numbers(value: Any) -> list[int]:
    """A JSON array of whole numbers. Raises Refusal."""
    if not isinstance(value, list) or not all(type(one) is int for one in value):
        raise bad_format()
    return value
