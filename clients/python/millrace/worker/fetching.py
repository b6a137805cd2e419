"""Fetches messages by long polls."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import Callable, List, Optional, Union

from ..errors import MillraceError
from ..queue import Queue
from ..retry import pause_seconds
from .lease import Lease
from .outages import is_outage
from .slots import Slots

log = logging.getLogger("millrace.worker")

_LOGS_EVERY_SECONDS = 60
#: A queue may be deleted, and created again as one of the other type.
_TYPE_COUNTS_FOR_SECONDS = 5.0
_TYPE_CALL_SECONDS = 1.0


@dataclass(frozen=True)
class _Fetch:
    """One call, which is repeated with the same key until it is answered.

    Its answer may be that to any attempt since `asked_at`.
    """

    max_messages: int
    idempotency_key: Union[str, bool]
    asked_at: float
    is_repeated: bool = False


class Fetcher:
    """The loop that fills free slots with messages."""

    def __init__(
        self,
        queue: Queue,
        slots: Slots,
        *,
        visibility_seconds: float,
        wait_seconds: float,
        on_type: Callable[[bool], None],
        on_messages: Callable[[List[Lease]], None],
        on_refused: Callable[[MillraceError], None],
    ) -> None:
        self._queue = queue
        self._slots = slots
        self._visibility_seconds = visibility_seconds
        # The lease counts from before the wait, so a long wait would leave nothing of a short lease.
        self._wait_seconds = min(wait_seconds, visibility_seconds / 4)
        self._on_type = on_type
        self._on_messages = on_messages
        self._on_refused = on_refused
        self._max_messages = 1_000
        self._failures = 0
        self._failing_since: Optional[float] = None
        self._logged_at = float("-inf")
        self._asks_type_at = float("-inf")
        self.last_fetched_at: Optional[float] = None
        self.last_error: Optional[MillraceError] = None

    def run(self) -> None:
        """Fetches until the slots are closed, or until the first call is refused."""
        fetch: Optional[_Fetch] = None
        knows_type = False
        while True:
            room = self._slots.wait_for_room()
            if room == 0:
                return
            if fetch is None:
                size = min(room, self._max_messages)
                fetch = _Fetch(size, self._queue.new_idempotency_key(), time.monotonic())
            try:
                if not knows_type:
                    self._learn_first_type()
                    knows_type = True
                leases = self._consume(fetch)
            except MillraceError as error:
                if self.last_fetched_at is None and not is_outage(error):
                    self.last_error = error
                    self._on_refused(error)
                    return
                if error.code == "QUEUE_NOT_FOUND":
                    # A queue that comes back may be one of the other type.
                    self._asks_type_at = float("-inf")
                if error.code == "INVALID_ANSWER" and error.status == 200:
                    # One message that Python cannot read must not hold up the others in its batch.
                    self._max_messages, fetch = 1, None
                elif error.nothing_was_done and not fetch.is_repeated:
                    fetch = None
                else:
                    fetch = replace(fetch, is_repeated=True)
                self._failed(error)
                continue
            fetch = None
            self._succeeded()
            self._slots.take(len(leases))
            if leases:
                self._learn_type_again()
            self._on_messages(leases)

    @property
    def failing_seconds(self) -> Optional[float]:
        """How long no fetch has succeeded; None while they do."""
        since = self._failing_since
        return None if since is None else time.monotonic() - since

    def _learn_first_type(self) -> None:
        try:
            self._learn_type(self._visibility_seconds)
        except MillraceError as error:
            if error.code != "QUEUE_NOT_FOUND":
                raise
            # A server with --auto-create makes a standard queue at the first consume.
            self._on_type(False)

    def _learn_type_again(self) -> None:
        """Messages have come: asks for the type of their queue, unless it was told a moment ago."""
        if time.monotonic() < self._asks_type_at:
            return
        try:
            # Nobody extends the leases of the messages meanwhile.
            self._learn_type(min(_TYPE_CALL_SECONDS, self._visibility_seconds / 4))
        except Exception as error:
            # The messages are here and leased: dropped, they would come back only when their leases end.
            # The type that was known holds for them. If reads fail for long, fetches must not wait for each.
            self._asks_type_at = time.monotonic() + _TYPE_COUNTS_FOR_SECONDS
            if self._logs_now():
                is_known = isinstance(error, MillraceError)
                text = "queue %s: cannot ask for its type: %s"
                log.warning(text, self._queue.name, error, exc_info=not is_known)

    def _learn_type(self, timeout_seconds: float) -> None:
        asked_at = time.monotonic()
        self._on_type(self._queue.get(timeout=timeout_seconds)["type"] == "fifo")
        self._asks_type_at = asked_at + _TYPE_COUNTS_FOR_SECONDS

    def _consume(self, fetch: _Fetch) -> List[Lease]:
        messages = self._queue.consume(
            max_messages=fetch.max_messages,
            visibility_timeout=self._visibility_seconds,
            wait_seconds=self._wait_seconds,
            idempotency_key=fetch.idempotency_key,
            retries=0,
        )
        seconds, is_unsure = self._visibility_seconds, fetch.is_repeated
        return [Lease(one, fetch.asked_at, seconds, is_unsure=is_unsure) for one in messages]

    def _succeeded(self) -> None:
        self.last_fetched_at = time.time()
        self._max_messages = min(1_000, self._max_messages * 2)
        if self._failing_since is not None:
            seconds = time.monotonic() - self._failing_since
            log.info("queue %s: fetching again after %.0f s", self._queue.name, seconds)
        self._failing_since = None
        self._failures = 0
        self.last_error = None

    def _failed(self, error: MillraceError) -> None:
        self._failures += 1
        self.last_error = error
        if self._failing_since is None:
            self._failing_since = time.monotonic()
        if self._logs_now(is_first=self._failures == 1):
            log.warning("queue %s: cannot fetch, trying again: %s", self._queue.name, error)
        self._slots.sleep_unless_closed(pause_seconds(self._failures, error))

    def _logs_now(self, *, is_first: bool = False) -> bool:
        """Whether it is time to log a failure. They would fill the log when they follow each other."""
        now = time.monotonic()
        if not is_first and now - self._logged_at <= _LOGS_EVERY_SECONDS:
            return False
        self._logged_at = now
        return True
