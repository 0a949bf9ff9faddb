"""Who asks: the token's user and scopes, and what of the account that user sees.

Vendor contract, section 1, and gotcha 35: an employee's token silently gets fewer rows; a Draft project shows only to its author.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from migrator.sandbox.planfix import times
from migrator.sandbox.planfix.comparisons import Asker
from migrator.sandbox.planfix.inputs import Writer
from migrator.sandbox.planfix.state import State, Token
from migrator.sandbox.planfix.wire import Record, Refusal, names, page
from migrator.sandbox.server import Call

_SEE_ALL = ("Robot", "Admin", "TechAdmin")
DRAFT_PROJECT = 0


@dataclass(frozen=True)
class Ask:
    """One admitted call: who asks, what the path, query and body say, and whether it is to be silent."""

    state: State
    call: Call
    user: str
    zone: ZoneInfo
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Record
    silent: bool

    @property
    def me(self) -> str:
        """The token's user as people name them."""
        return f"user:{self.user}"

    @property
    def now(self) -> str:
        """This moment, as it is kept."""
        return times.keep(self.call.now)

    @property
    def writer(self) -> Writer:
        """The asker as one who writes."""
        return Writer(self.state, self.user, self.zone)

    @property
    def asker(self) -> Asker:
        """The asker as one who filters."""
        return Asker(self.state, self.call.now, self.zone)

    @property
    def fields(self) -> list[str] | None:
        """The names asked for: in the body of a POST, in the query of a GET."""
        asked: Mapping[str, Any] = self.query if self.call.method == "GET" else self.body
        return names(asked.get("fields"))

    def page(self, rows: list[Record]) -> list[Record]:
        """The asked page of the rows."""
        asked: Mapping[str, Any] = self.query if self.call.method == "GET" else self.body
        return page(rows, asked, refuse_over=self.state.options.refuse_over_page)

    def sees_task(self, task: Record) -> bool:
        """Whether the token's user sees the task."""
        people = [*(task.get(name) or [] for name in ("assignees", "participants", "auditors"))]
        return self._sees_all() or self.me == task.get("assigner") or any(self._among(one) for one in people)

    def sees_project(self, project: Record) -> bool:
        """Whether the token's user sees the project."""
        own = self.me in (project.get("author"), project.get("owner"))
        if own or project.get("status") == DRAFT_PROJECT:
            return own
        people = [*(project.get(name) or [] for name in ("assignees", "participants", "auditors"))]
        return self._sees_all() or any(self._among(one) for one in people)

    def _among(self, people: list[str]) -> bool:
        groups = self.state.users.get(self.user, {}).get("groups", [])
        return self.me in people or any(f"group:{group}" in people for group in groups)

    def _sees_all(self) -> bool:
        return self.state.users.get(self.user, {}).get("role") in _SEE_ALL


def token_of(state: State, call: Call) -> Token:
    """The token of the call: a Bearer header, or for GET the query [doc]. Raises Refusal."""
    kind, _, secret = call.headers.get("Authorization", "").partition(" ")
    if not secret and call.method == "GET":
        secret = dict(parse_qsl(call.query)).get("access_token", "")
    elif kind.lower() != "bearer":
        secret = ""
    token = state.tokens.get(secret)
    if token is None:
        raise Refusal(401, 1, "Access denied, unknown token")
    if not token.active:
        raise Refusal(401, 2, "Access denied, token is not active")
    return token


def scope_denied() -> Refusal:
    """The refusal of a call that the token's scopes do not hold (405 in the vendor's examples)."""
    return Refusal(405, 5, "Scope denied, method not allowed")
