"""One call of the command line: where it speaks, what it must never say, and how Ctrl-C reaches it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from migrator.cli.visible import visible, visible_json
from migrator.errors import Interrupted
from migrator.secrets import Secrets

T = TypeVar("T")
GO_ON = "Stopped. Nothing is lost: give the same command again, and it goes on from here."


@dataclass
class Call:
    """`json`: one JSON object on stdout. `secrets`: in no line it writes. `folder`: where a bug's traceback goes, once known."""

    json: bool = False
    secrets: Secrets = field(default_factory=Secrets, repr=False)
    folder: Path | None = None

    def say(self, text: str) -> None:
        """One line of progress or trouble, on stderr; what carries it on is indented, so that no text of a user stands as one of ours."""
        click.echo(self.shown(text).replace("\n", "\n  "), err=True)

    def answer(self, value: object, text: str) -> None:
        """The result, on stdout: the value as one JSON object, or the text."""
        if self.json:
            import orjson

            click.echo(visible_json(self.redact(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())))
        else:
            click.echo(self.shown(text))

    def shown(self, text: str) -> str:
        """The text as a terminal may have it: without secrets, and with nothing in it that would be obeyed."""
        redacted = self.redact(text)
        return visible_json(redacted) if self.json and redacted.startswith("{") else visible(redacted)

    def redact(self, text: str) -> str:
        """The text without secrets."""
        return self.secrets.redact(text)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it to its end. Raises Interrupted when SIGINT or SIGTERM cut it short."""

        async def interruptible() -> T:
            task = asyncio.current_task()
            assert task is not None
            with on_signal(task.cancel):
                return await work

        try:
            return asyncio.run(interruptible())
        except asyncio.CancelledError:
            raise Interrupted(GO_ON) from None


@contextmanager
def on_signal(act: Callable[[], object]) -> Iterator[None]:
    """Call `act` in the running loop at the first SIGINT or SIGTERM; at the second the process ends there and then.

    Ending so is safe: the checkpoint is made for a kill at any moment.
    """
    loop = asyncio.get_running_loop()
    seen: list[int] = []

    def handle(number: int, _: object) -> None:
        if seen:
            sys.stderr.flush()
            os._exit(Interrupted.exit_code)
        seen.append(number)
        loop.call_soon_threadsafe(act)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
