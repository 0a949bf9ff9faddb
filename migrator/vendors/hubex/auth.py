"""How requests to HubEx are signed: a service token is exchanged for an access token, and again before that runs out.

Source: the vendor contract, section 1.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from migrator.errors import AccessDenied, Refused
from migrator.http import Answer, Effect, Request
from migrator.secrets import Secrets
from migrator.vendor import Account

EXCHANGE = "/AUTHZ/AccessTokens"
_LIFE = 1800.0  # seconds an access token lives, where the vendor does not say
_SHARE = 5 / 6  # of its life after which it is exchanged: 25 of 30 minutes


class ServiceToken:
    """Signs with an access token, and gets another one through `send`: on time, and when a request was answered EXPIRED."""

    def __init__(
        self,
        account: Account,
        api: str,
        send: Callable[[Request], Awaitable[Answer]],
        secrets: Secrets,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`api`: the address under which the services are; `secrets` takes the tokens that are got; `clock`: seconds."""
        self._service_token = account.secret.strip()
        # Without this header every endpoint answers 403.
        self._application = str(account.options.get("application", 3))
        self._exchange_url = api + EXCHANGE
        self._send = send
        self._secrets = secrets
        self._clock = clock
        self._access_token = ""
        self._renew_at = float("-inf")
        self._renewing = asyncio.Lock()

    def sign(self, request: Request) -> Request:
        """The request with its headers; the exchange itself goes without a token."""
        headers = {**request.headers, "X-Application-ID": self._application}
        if request.url != self._exchange_url:
            headers["Authorization"] = f"Bearer {self._access_token}"
        return replace(request, headers=headers)

    async def ready(self) -> None:
        """Have an access token that is not about to run out. Raises AccessDenied, TryLater."""
        async with self._renewing:
            if self._clock() >= self._renew_at:
                await self._exchange()

    async def renew(self, spent: Request) -> bool:
        """Get a new access token, unless there is one since `spent` left."""
        async with self._renewing:
            if spent.headers.get("Authorization") == f"Bearer {self._access_token}":
                await self._exchange()
        return True

    async def _exchange(self) -> None:
        # Asking twice makes a second token and changes nothing else.
        body = {"serviceToken": self._service_token}
        request = Request(
            "POST", self._exchange_url, Effect.READ, "exchanging the service token", json=body, private=True
        )
        try:
            given = (await self._send(request)).json()
        except Refused as refused:
            fix = "Give the service token of an API user: Integration, Service users"
            raise AccessDenied(f"{refused}. {fix}") from refused
        self._access_token = given["access_token"]
        self._secrets.add(self._access_token)
        self._renew_at = self._clock() + float(given.get("expires_in") or _LIFE) * _SHARE
