"""The envelope of Planfix: success and failure replies, pages, and the typed reading of request bodies.

Vendor contract, section 3: decide by `result`; a failure is `{"result":"fail","code":N,"error":"text"}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from migrator.sandbox.server import Reply

Record: TypeAlias = dict[str, Any]

PAGE = 100  # rows of a list, at most and by default [doc]
BAD_JSON = 30
MISSING = 40
BAD_VALUE = 41


class Refusal(Exception):
    """The call is refused, with the vendor's status, code and text."""

    def __init__(self, status: int, code: int, error: str) -> None:
        super().__init__(error)
        self.status, self.code, self.error = status, code, error

    def reply(self) -> Reply:
        """The failure envelope."""
        return Reply.json({"result": "fail", "code": self.code, "error": self.error}, self.status)


def bad_json() -> Refusal:
    """The refusal of a body of the wrong shape [obs]."""
    return Refusal(400, BAD_JSON, "Cannot deserialize, invalid JSON")


def success(status: int = 200, *, wrote: bool = False, **parts: object) -> Reply:
    """The success envelope with its parts."""
    return Reply.json({"result": "success", **parts}, status, wrote=wrote)


def empty(status: int = 200) -> Reply:
    """A success that says nothing: the vendor's schemaless 2xx of some writes."""
    return Reply(status, b"", {"Content-Type": "application/json; charset=utf-8"}, wrote=True)


def names(fields: object) -> list[str] | None:
    """The names of a `fields` text; None where nothing was asked. Raises Refusal."""
    if fields is None or fields == "":
        return None
    if not isinstance(fields, str):
        raise bad_json()
    return [name for part in fields.split(",") if (name := part.strip())]


def page(rows: Iterable[Record], asked: Mapping[str, Any], *, refuse_over: bool) -> list[Record]:
    """The rows from `offset`, never more than 100 (gotcha 1). Raises Refusal."""
    offset, size = _whole(asked.get("offset", 0)), _whole(asked.get("pageSize", PAGE))
    if offset < 0 or size < 1 or (size > PAGE and refuse_over):
        raise Refusal(400, BAD_VALUE, f"Bad value of offset or pageSize: {offset}, {size}")
    return list(rows)[offset : offset + min(size, PAGE)]


def flag(asked: Mapping[str, Any], name: str) -> bool:
    """A switch of a body or a query; absent is false. Raises Refusal."""
    value = asked.get(name, False)
    if value in ("true", "false", ""):
        return bool(value == "true")
    if not isinstance(value, bool):
        raise bad_json()
    return value


def rows_of(body: Mapping[str, Any], name: str) -> list[Record]:
    """A list of objects of a body; absent or null is empty. Raises Refusal."""
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise bad_json()
    return value


def id_of(value: object) -> int | None:
    """The id of `{"id": N}`; None clears. Raises Refusal."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise bad_json()
    identity = value.get("id")
    if isinstance(identity, str) and identity.isdigit():
        return int(identity)
    if isinstance(identity, bool) or not isinstance(identity, int):
        raise bad_json()
    return identity


def _whole(value: object) -> int:
    if isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise bad_json()
    return value
