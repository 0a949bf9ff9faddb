"""Secrets: what must never be told. One set for the whole program, that grows as tokens are renewed, and takes them out of any text."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "•••"


class Secrets:
    """The secrets of both accounts, and the tokens got for them meanwhile. In no repr."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """From now on it is hidden; "" is none."""
        self._forms |= _forms(secret) if secret else set()

    def redact(self, text: str, *more: str) -> str:
        """The text without them, in whatever form a reply or a log may hold them. `more`: what is to be hidden here alone."""
        forms = self._forms.union(*map(_forms, filter(None, more)))
        for form in sorted(forms, key=len, reverse=True):  # a longer form may begin with a shorter
            text = text.replace(form, HIDDEN)
        return text

    def redact_bytes(self, content: bytes, *more: str) -> bytes:
        """The same for bytes as they were received."""
        return self.redact(content.decode("utf-8", "surrogateescape"), *more).encode("utf-8", "surrogateescape")


def _forms(secret: str) -> set[str]:
    """Plain, percent-encoded, base64 of both alphabets, in JSON and in HTML."""
    encoded = secret.encode()
    plain = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    written = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], html.escape(secret)}
    coded = {base64.b64encode(encoded).decode(), base64.urlsafe_b64encode(encoded).decode()}
    return plain | written | coded | {each.rstrip("=") for each in coded}
