"""Entities to lines of an archive, and to the flat text that verify compares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import orjson

from migrator.model import Entity


def line(entity: Entity, sha256: str = "") -> bytes:
    """One line of a kind's file, newline included. `sha256`: of a file's bytes, "" for other kinds."""
    value = msgspec.to_builtins(entity)
    if sha256:
        value["sha256"] = sha256
    return dumped(value)


def dumped(record: Mapping[str, Any]) -> bytes:
    """A record as a line, newline included."""
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS) + b"\n"


def flat(value: Mapping[str, Any]) -> dict[str, str]:
    """A line's fields as text, each apart."""
    return {
        name: each if isinstance(each, str) else orjson.dumps(each, option=orjson.OPT_SORT_KEYS).decode()
        for name, each in value.items()
    }
