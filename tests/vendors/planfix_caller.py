"""Calls to the Planfix sandbox without a socket; every reply is held against the vendor's specification."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from migrator.sandbox.planfix import Limits, Planfix
from migrator.sandbox.server import Call, Reply
from tests.vendors.planfix_openapi import check_reply

SAMPLE = Path(__file__).parents[1] / "planfix-small.json"
TOKEN = "planfix-sample-token"
NOW = datetime(2025, 5, 14, 9, 30, 45, tzinfo=UTC)


def sample(**options: Any) -> dict[str, Any]:
    """The sample account with other options."""
    account: dict[str, Any] = json.loads(SAMPLE.read_text())
    return {**account, "options": {**account["options"], **options}}


@dataclass
class Answer:
    """A reply, with its body read."""

    reply: Reply

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def body(self) -> Any:
        """The JSON of the reply; None where it is empty or something else."""
        if not self.reply.body or not self.reply.headers.get("Content-Type", "").startswith("application/json"):
            return None
        return orjson.loads(self.reply.body)

    @property
    def code(self) -> Any:
        """(status, code) of a failure."""
        return self.status, self.body["code"]

    def __getitem__(self, name: str) -> Any:
        assert self.body["result"] == "success", self.body
        return self.body[name]


@dataclass
class Caller:
    """A client of one sandbox, a second between its calls."""

    sandbox: Planfix
    token: str = TOKEN
    at: float = 100.0
    step: float = 1.0
    now: datetime = NOW
    head: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_sample(cls, *, limits: Limits | None = None, token: str = TOKEN, **options: Any) -> Caller:
        return cls(Planfix(sample(**options), limits=limits), token)

    def __call__(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **head: str) -> Answer:
        content = raw if raw is not None else b"" if body is None else orjson.dumps(body)
        self.at += self.step
        self.now += timedelta(seconds=self.step)
        bare, _, query = path.partition("?")
        auth = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers: Mapping[str, str] = {**auth, "Content-Type": "application/json", **self.head, **head}
        call = Call(method, f"/rest{bare}", query, headers, content, self.at, self.now, "http://127.0.0.1:1")
        answer = Answer(self.sandbox.handle(call))
        in_the_specification = answer.status != 405 or answer.body["code"] != 405
        if in_the_specification and answer.reply.headers.get("Content-Type") != "text/html":
            check_reply(method, path, answer.status, answer.body)
        return answer

    def get(self, path: str) -> Answer:
        return self("GET", path)

    def post(self, path: str, body: Any = None) -> Answer:
        return self("POST", path, {} if body is None else body)

    def upload(self, name: str, content: bytes) -> int:
        boundary = "b0undary"
        part = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        answer = self("POST", "/file/", raw=part + content + f"\r\n--{boundary}--\r\n".encode(), **kind)
        assert answer.status == 200
        return int(answer["id"])

    def follow(self, link: str, **head: str) -> Answer:
        """Open a link of the other host."""
        path, _, query = link.removeprefix("http://127.0.0.1:1").partition("?")
        return Answer(self.sandbox.handle(Call("GET", path, query, head, b"", self.at, self.now, "http://127.0.0.1:1")))
