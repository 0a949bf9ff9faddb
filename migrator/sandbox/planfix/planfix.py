"""The Planfix sandbox itself: one call in, one reply out, the account changed in between.

The order of checks: token, pace, quota, path, scope, body. Every admitted call moves the queue of busy tasks on by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from migrator.sandbox.planfix import changes, comments, files, tasks, times
from migrator.sandbox.planfix.access import Ask, scope_denied, token_of
from migrator.sandbox.planfix.limits import Limits, Meter
from migrator.sandbox.planfix.routes import Route, find
from migrator.sandbox.planfix.state import State, Table, Token, load
from migrator.sandbox.planfix.wire import Record, Refusal, bad_json
from migrator.sandbox.server import Call, Reply

ROOT = "/rest"


class Planfix:
    """One Planfix account. `state` holds all of it; the tables by id are at hand as `tasks`, `projects` and so on."""

    name = "planfix"

    def __init__(self, account: Mapping[str, Any] | None = None, *, limits: Limits | None = None) -> None:
        self.state: State = load(account)
        self.meter = Meter(limits or Limits(per_second=None, per_day=None))
        for task in self.state.tasks.values():
            comments.describe(self.state, task)

    @property
    def tasks(self) -> Table:
        """Tasks by id."""
        return self.state.tasks

    @property
    def projects(self) -> Table:
        """Projects by id."""
        return self.state.projects

    @property
    def contacts(self) -> Table:
        """Contacts and companies by id."""
        return self.state.contacts

    @property
    def comments(self) -> Table:
        """Comments by id."""
        return self.state.comments

    @property
    def notifications(self) -> int:
        """How many writes were not silent and had people to tell."""
        return self.state.notifications

    def handle(self, call: Call) -> Reply:
        """Answer one call."""
        if call.path.startswith(files.STORAGE):
            return files.presigned(self.state, call)
        if not call.path.startswith(ROOT + "/"):
            return _page(404, "Not Found")
        try:
            token = token_of(self.state, call)
            refused = self.meter.admit(call)
            reply = refused or self._answer(call, token)
        except Refusal as refusal:
            reply = refusal.reply()
        return replace(reply, headers={**reply.headers, **self.meter.headers(call.at)})

    def _answer(self, call: Call, token: Token) -> Reply:
        for key, taken in changes.due(self.state):
            tasks.commit(self.state, key, taken, times.keep(call.now))
        try:
            found = find(call.method, call.path.removeprefix(ROOT))
        except LookupError as error:
            raise Refusal(405, 405, "Method not allowed") from error
        if found is None:
            return _page(404, "Not Found")
        route, parts = found
        if route.scope and route.scope.format(**parts) not in token.scopes:
            raise scope_denied()
        return route.handler(self._ask(call, token, route, parts))

    def _ask(self, call: Call, token: Token, route: Route, parts: dict[str, str]) -> Ask:
        query = dict(parse_qsl(call.query, keep_blank_values=True))
        return Ask(
            self.state,
            call,
            token.user,
            self.state.zone_of(token.user),
            parts,
            query,
            _body(call),
            route.silent and query.get("silent") == "true",
        )


def _body(call: Call) -> Record:
    """The JSON object of a POST; no body is an empty one, a multipart body is read by its handler."""
    if call.method != "POST" or not call.body or call.headers.get("Content-Type", "").startswith("multipart/"):
        return {}
    try:
        body = call.json()
    except ValueError as error:
        raise bad_json() from error
    if not isinstance(body, dict):
        raise bad_json()
    return body


def _page(status: int, title: str) -> Reply:
    html = f"<html><head><title>{status} {title}</title></head><body></body></html>"
    return Reply(status, html.encode(), {"Content-Type": "text/html"})
