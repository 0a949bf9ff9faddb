"""The sandbox itself: a call is routed, paced, authenticated, parsed and answered."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.sandbox.server import Call, Reply
from migrator.sandbox.worksection import auth
from migrator.sandbox.worksection.actions import ACTIONS, WRITES, Action
from migrator.sandbox.worksection.ask import Ask, Record, read_parameters
from migrator.sandbox.worksection.oauth import SCOPES, TokenOffice
from migrator.sandbox.worksection.refusal import Refusal, bad_token, page, too_fast
from migrator.sandbox.worksection.state import Account, load

URL_LIMIT = 8192  # bytes of path and query (section 2)

_ADMIN, _OAUTH = "/api/admin/v2", "/api/oauth2"


@dataclass(frozen=True)
class Limits:
    """The vendor's pace: 1 request a second for the whole account; a day limit is not stated (section 2)."""

    seconds_between: float = 1.0


class Worksection:
    """A Worksection account behind `handle`. The tables of the sample are attributes: `sandbox.tasks["26"]`."""

    name = "worksection"

    def __init__(self, account: Record | None = None, *, limits: Limits | None = None) -> None:
        self.account: Account = load(account)
        self.users = self.account.users
        self.projects = self.account.projects
        self.tasks = self.account.tasks
        self.comments = self.account.comments
        self.files = self.account.files
        self.costs = self.account.costs
        self.oauth = TokenOffice(self.account.settings.get("oauth", {}), self.users)
        self._limits = limits
        self._last_call: float | None = None

    @property
    def api_key(self) -> str:
        """The admin key that requests are signed with."""
        return str(self.account.settings["api_key"])

    def handle(self, call: Call) -> Reply:
        """Answer one call; bad input becomes the vendor's refusal."""
        if len(call.path) + 1 + len(call.query) > URL_LIMIT:
            return page(414, "Request-URI Too Large")
        if call.method not in ("GET", "POST"):
            return page(405, "Not Allowed")
        if call.path.startswith("/oauth2/"):
            return self.oauth.handle(call)
        if call.path.rstrip("/") not in (_ADMIN, _OAUTH):
            return _outside(call)
        try:
            self._keep_pace(call.at)
            action, ask = self._understand(call)
            answer = action.run(self.account, ask)
        except Refusal as refusal:
            return refusal.reply()
        if isinstance(answer, Reply):
            return answer
        return Reply.json({"status": "ok", **answer}, wrote=ask.action in WRITES)

    def _keep_pace(self, at: float) -> None:
        """Raises Refusal when the last call, refused or not, is less than the limit ago; nothing is done then."""
        last, self._last_call = self._last_call, at
        if self._limits and last is not None and at - last < self._limits.seconds_between:
            raise too_fast()

    def _understand(self, call: Call) -> tuple[Action, Ask]:
        """Who asks for what. Raises Refusal for authentication, body and action, in this order."""
        oauth = call.path.rstrip("/") == _OAUTH
        signed = not oauth and not auth.by_header(call)
        if signed:
            auth.check_md5(call.query, self.api_key)
        params, uploads = read_parameters(call, body_too=not signed)
        name = str(params.get("action", ""))
        user, scopes = None, SCOPES
        if oauth:
            token = self.oauth.check(auth.bearer(call, params.get("access_token")), call.now)
            user, scopes = self.users[token.user], token.scopes
        elif not signed:
            auth.check_header(call, name, self.api_key, call.now)
        if not name:
            raise Refusal(1, "Action is required")
        action = ACTIONS.get(name)
        if action is None or action.only == ("admin" if oauth else "oauth"):
            raise Refusal(0, "Action is invalid")
        if action.scope and action.scope not in scopes:
            raise bad_token("Access denied")
        return action, Ask(name, params, uploads, user, self.account.local(call.now), call.base)


def _outside(call: Call) -> Reply:
    """Pages for people: a file's page wants a web session, and anything else is not there."""
    if call.path.startswith("/download/"):
        return Reply(302, b"", {"Location": "/login/"})
    if call.path == "/login/":
        return Reply(200, b"<html><body><form action='/login/'></form></body></html>", {"Content-Type": "text/html"})
    return page(404, "Not Found")
