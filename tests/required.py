"""What a machine may lack: its tests are skipped with the reason, or fail where it is required.

It is required where HUB_TEST_REQUIRE names it (`elastic browser`) or CI=true.
"""

from __future__ import annotations

import os

import pytest


def required(what: str) -> bool:
    """Whether a run without it must fail."""
    named = os.environ.get("HUB_TEST_REQUIRE", "").replace(",", " ").split()
    return os.environ.get("CI") == "true" or what in named


def not_run(what: str, reason: str) -> None:
    """Skip a test that needs it, or fail the test where it is required."""
    text = f"{what} tests: NOT RUN ({reason})"
    if required(what):
        pytest.fail(text, pytrace=False)
    pytest.skip(text)
