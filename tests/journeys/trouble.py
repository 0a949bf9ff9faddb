"""Trouble on order, beyond the sandboxes' own faults: altered answers, an address where nobody listens, the search for secrets."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from migrator.sandbox.server import Call, Reply, Sandbox

Alter = Callable[[Call, Reply], Reply]


@dataclass
class Altered:
    """A sandbox whose answers are not what it gave."""

    inner: Sandbox
    alter: Alter
    name: str = "altered"

    def handle(self, call: Call) -> Reply:
        """Answer one call."""
        return self.alter(call, self.inner.handle(call))


def unaltered(_: Call, reply: Reply) -> Reply:
    """The answer as it was given."""
    return reply


def replaced(reply: Reply, old: bytes, new: bytes) -> Reply:
    """The reply with one piece of its JSON put in place of another."""
    is_json = "json" in reply.headers.get("Content-Type", "")
    return replace(reply, body=reply.body.replace(old, new)) if is_json else reply


def notice(call: Call, _: Reply) -> Reply:
    """A page that stands where the API was, says 200, and repeats what it was asked."""
    asked = f"{call.headers.get('Authorization', '')} {call.query}"
    return Reply(200, f"<html>Closed for repairs. {asked}</html>".encode(), {"Content-Type": "text/html"})


def closed_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def files_with(folder: Path, secrets: Iterable[str]) -> list[str]:
    """The files below a folder that hold a secret, plain or percent-encoded."""
    forms = {form.encode() for secret in secrets for form in (secret, quote(secret, safe=""))}
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(form in path.read_bytes() for form in forms)]
