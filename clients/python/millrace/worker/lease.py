"""One delivery of a message, and how its handler learns that it is over."""

from __future__ import annotations

import threading
from typing import Optional, Tuple

from ..records import QueueMessage

LEASE_LOST = "lease_lost"
TIME_LIMIT = "time_limit"
STOPPING = "stopping"

#: Whether it belongs to a FIFO queue, and then its message group; otherwise the receipt.
Lane = Tuple[bool, Optional[str]]


class Lost(threading.Event):
    """Set when a handler should end early; `reason` says why.

    - `lease_lost`: the message is no longer this worker's, and somebody else may have it.
    - `time_limit`: the handler has run for longer than `handler_timeout`.
    - `stopping`: the worker stops, and the time for handlers to finish is over.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reason: Optional[str] = None
        self._telling = threading.Lock()

    def tell(self, reason: str) -> bool:
        """Sets the event, unless it is set. Returns whether it was this call."""
        with self._telling:
            if self.is_set():
                return False
            self.reason = reason
            self.set()
            return True


class Context:
    """What a handler knows beside its message."""

    def __init__(self, queue: str, lost: Lost, traceparent: Optional[str]) -> None:
        self.queue = queue
        #: Set when the handler should end early. `lost.wait(seconds)` sleeps until then.
        self.lost = lost
        #: The trace that the publisher sent along.
        self.traceparent = traceparent


class Lease:
    """A delivery that this worker holds. All times are those of `time.monotonic()`.

    The lease ends at `ends_at` or later: its time counts from before the call that began it. When that
    call was repeated, any of its attempts may have begun the lease, and `is_unsure` says that it may hold
    for much longer: it is lost when the server says so.
    """

    def __init__(
        self,
        message: QueueMessage,
        asked_at: float,
        visibility_seconds: float,
        *,
        is_unsure: bool = False,
    ) -> None:
        self.message = message
        self.lost = Lost()
        #: Where it waits for its turn; None while it has not entered a lane.
        self.lane: Optional[Lane] = None
        #: When the handler has to be finished; None while it has not begun, or without a limit.
        self.handler_ends_at: Optional[float] = None
        self.is_extending = False
        self.visibility_seconds = visibility_seconds
        self.begins(asked_at)
        self.is_unsure = is_unsure

    def begins(self, asked_at: float) -> None:
        """The server began or extended the lease at a call that was sent then."""
        self.ends_at = asked_at + self.visibility_seconds
        self.extend_at = asked_at + self.visibility_seconds / 2
        self.is_unsure = False

    @property
    def message_id(self) -> str:
        return self.message["message_id"]
