"""Waits for what other threads and processes do."""

from __future__ import annotations

import time
from typing import Callable

_LONGEST_SECONDS = 60.0


def wait_until(is_so: Callable[[], object], what: str) -> None:
    """Returns once the condition holds. The limit only ends tests that hang."""
    ends_at = time.monotonic() + _LONGEST_SECONDS
    while not is_so():
        if time.monotonic() > ends_at:
            raise AssertionError(f"this did not happen: {what}")
        time.sleep(0.01)
