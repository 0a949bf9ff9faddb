"""The HubEx sandbox itself: one call in, one reply out, the account changed in between.

The order of checks: pace, application id, token, path, body. Every call that passes the token moves accepted changes and stage timers on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from migrator.sandbox.hubex import auth, changes, stages, storage, times
from migrator.sandbox.hubex.ask import Ask
from migrator.sandbox.hubex.limits import Limits, Meter
from migrator.sandbox.hubex.routes import find
from migrator.sandbox.hubex.state import State, Table, load
from migrator.sandbox.hubex.wire import Refusal
from migrator.sandbox.server import Call, Reply

ROOT = "/fsm"


class HubEx:
    """One HubEx tenant. `state` holds all of it; the tables by id are at hand as `tasks`, `assets` and so on."""

    name = "hubex"

    def __init__(self, account: Mapping[str, Any] | None = None, *, limits: Limits | None = None) -> None:
        self.state: State = load(account)
        self.meter = Meter(limits or Limits(per_minute=None))
        self._calls = 0

    @property
    def tasks(self) -> Table:
        """Tasks by id; their comments, works and checklists stand in them."""
        return self.state.tasks

    @property
    def assets(self) -> Table:
        """Assets by id."""
        return self.state.assets

    @property
    def companies(self) -> Table:
        """Companies by id."""
        return self.state.companies

    @property
    def users(self) -> Table:
        """Users by id."""
        return self.state.users

    @property
    def attachments(self) -> Table:
        """Files by id; their bytes are in `state.contents`."""
        return self.state.attachments

    def settle(self) -> None:
        """Let everything that was accepted with 202 take effect now."""
        changes.settle(self.state)

    def handle(self, call: Call) -> Reply:
        """Answer one call."""
        if call.path.startswith(storage.ROOT):
            return storage.serve(self.state, call)
        path = call.path.lower().rstrip("/")
        if not path.startswith(f"{ROOT}/"):
            return Reply(404)
        if (refused := self.meter.admit(call)) is not None:
            return refused
        self._calls += 1
        try:
            reply = self._answer(call, path.removeprefix(ROOT))
        except Refusal as refusal:
            return refusal.reply(f"0HMV{self._calls:09X}:00000001", self.state.options.error_shape)
        if not reply.wrote:
            return reply
        self.state.lsn += 1
        return replace(reply, headers={**reply.headers, "X-Last-Lsn": str(self.state.lsn)})

    def _answer(self, call: Call, path: str) -> Reply:
        auth.check_application(call)
        route, numbers = find(call.method, path) or (None, {})
        user = "" if route is not None and route.anonymous else auth.user_of(self.state, call)
        changes.advance(self.state)
        stages.run_timers(self.state, times.keep(call.now))
        if route is None:
            return Reply(404)
        query = parse_qs(call.query, keep_blank_values=True)
        return route.handler(Ask(self.state, call, user, numbers, query))
