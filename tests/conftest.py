"""What all tests share: assertions in the suites explain themselves, and hypothesis has one budget."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from migrator.vendors import VENDORS

pytest.register_assert_rewrite(
    "tests.conformance.source_suite", "tests.conformance.target_suite", "tests.pipeline.stage", "tests.vendors.bench"
)

# From now on the main thread has no loop until a test makes one. Without this, looptime's look at the current loop would make
# one before each synchronous test, which nobody closes.
asyncio.set_event_loop(None)

# Each example opens a checkpoint on the disk, whose speed is not what is tested. A gate must say the same twice, so the suite
# repeats the same examples; HYPOTHESIS_PROFILE=search looks for new ones.
settings.register_profile(
    "core", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.register_profile("search", settings.get_profile("core"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "core"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A journey from or to a vendor that is not there (`tests.bench.without`) is not made."""
    away = {"worksection", "planfix", "hubex", "archive"} - set(VENDORS)
    journeys = Path(__file__).parent / "journeys"
    gone = [item for item in items if journeys in item.path.parents and away & set(_words(item))]
    config.hook.pytest_deselected(items=gone)
    items[:] = [item for item in items if item not in gone]


def _words(item: pytest.Item) -> list[str]:
    """What its parameters name."""
    return item.callspec.id.split("-") if hasattr(item, "callspec") else []
