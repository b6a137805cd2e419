"""When a call is repeated, and after which pause."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Optional

from .errors import MillraceError

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
#: The most of a `Retry-After`: the page of a proxy must not silence a worker for days, and Python cannot
#: sleep for some centuries.
_RETRY_AFTER_MAX_SECONDS = 300.0


def pause_seconds(failures: int, error: Optional[MillraceError] = None) -> float:
    """A pause with full jitter that doubles with each failure.

    What `Retry-After` asks for comes first, up to five minutes of it.
    """
    # The exponent is bounded because an outage can last for days.
    longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0 ** min(failures - 1, 16))
    asked = error.retry_after_seconds if error is not None else None
    return min(asked or 0.0, _RETRY_AFTER_MAX_SECONDS) + random.uniform(0, longest)


def read_retry_after(text: Optional[str]) -> Optional[float]:
    """The seconds of a `Retry-After`, which is a number or a date."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except Exception:
        # Which errors an odd text leads to depends on the version of Python.
        return None


@dataclass(frozen=True)
class RetryPolicy:
    """How often and for how long a call is repeated."""

    #: Attempts after the first one.
    retries: int
    #: Seconds that a call may take in all.
    timeout: float
    #: Seconds after which an attempt without an answer is given up.
    attempt_timeout: float

    def pause_after(
        self, error: MillraceError, failures: int, *, is_repeatable: bool, left_seconds: float
    ) -> Optional[float]:
        """The seconds to wait before the next attempt, or None if there is none.

        `is_repeatable` says whether a call that may have taken effect may be sent again.
        """
        if failures > self.retries or not error.retryable:
            return None
        if not is_repeatable and not error.nothing_was_done:
            return None
        pause = pause_seconds(failures, error)
        return pause if pause < left_seconds else None
