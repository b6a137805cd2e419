"""What a handler may raise to say what is to become of its message."""

from __future__ import annotations

from typing import Optional


class Retry(Exception):
    """The work failed, and is to be tried again after `delay_seconds`.

    It counts as a failure. Without a delay the worker's `backoff` gives it.
    """

    def __init__(self, delay_seconds: Optional[float] = None, error: str = "to be retried") -> None:
        if delay_seconds is not None and not delay_seconds >= 0:
            raise ValueError("delay_seconds must be 0 or more")
        super().__init__(error)
        self.delay_seconds = delay_seconds


class Reject(Exception):
    """The message can never be handled: it becomes a dead letter at once."""

    def __init__(self, error: str = "rejected") -> None:
        super().__init__(error)
