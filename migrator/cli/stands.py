"""The sandboxes there are: how each is built from a sample account, where its API begins, and which secret opens it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from migrator.errors import InputWrong
from migrator.sandbox.server import Sandbox


@dataclass(frozen=True)
class Stand:
    """`module` has the class `name` and the vendor's `Limits`. `root`: the path of the API. `secret`: of the parsed sample account."""

    module: str
    name: str
    root: str
    secret: Callable[[dict[str, Any]], str]

    def build(self, account: dict[str, Any] | None, *, limits: bool) -> Sandbox:
        """A sandbox of its own; with the vendor's pace and day quota, or without."""
        module = importlib.import_module(self.module)
        found: Sandbox = getattr(module, self.name)(account, limits=module.Limits() if limits else None)
        return found


STANDS = {
    "worksection": Stand(
        "migrator.sandbox.worksection", "Worksection", "", lambda account: account["account"]["api_key"]
    ),
    "planfix": Stand("migrator.sandbox.planfix", "Planfix", "/rest", lambda account: account["tokens"][0]["token"]),
    "hubex": Stand("migrator.sandbox.hubex", "HubEx", "/fsm", lambda account: account["service_tokens"][0]["token"]),
}


def read_account(path: Path) -> dict[str, Any]:
    """A sample account. Raises InputWrong."""
    try:
        account = orjson.loads(path.read_bytes())
    except OSError as error:
        raise InputWrong([f"{path}: cannot be read: {error.strerror}"]) from error
    except ValueError as error:
        raise InputWrong([f"{path}: is not JSON: {error}"]) from error
    if not isinstance(account, dict):
        raise InputWrong([f"{path}: holds no account: a JSON object is expected"])
    return account
