"""The command line in the user's folder, with the user's environment, and the sample accounts that come along."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"


def account(vendor: str) -> dict[str, Any]:
    """A shipped sample account."""
    loaded: dict[str, Any] = orjson.loads((SAMPLES / f"{vendor}-account.json").read_bytes())
    return loaded


@dataclass
class Result:
    """What a command came to."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        """The one object on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass
class Commands:
    """The command line in the user's folder, with the user's environment."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """The user's migration file."""
        return self.folder / "migration.toml"

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        """The command line, in a process of its own."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "migrator", *words),
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.env},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def migrator(self, command: str, *words: str) -> Result:
        """One command to its end, on the user's file."""
        process = await self.start(command, str(self.file), *words)
        out, err = await process.communicate()
        return Result(process.returncode or 0, out.decode(), err.decode())
