"""The sample account moved once, for all tests that only look at what came of it."""

from __future__ import annotations

import asyncio

import pytest

from tests.journeys.moved import Moved, move


@pytest.fixture(scope="session")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Moved:
    """Both accounts after the one run."""
    return asyncio.run(move(tmp_path_factory.mktemp("moved")))
