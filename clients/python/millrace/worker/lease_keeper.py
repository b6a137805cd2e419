"""Extends leases while their handlers run, and tells handlers whose time is up."""

from __future__ import annotations

import logging
import threading
import time
from queue import SimpleQueue
from typing import Optional, Set

from ..errors import MillraceError
from ..queue import Queue
from .lease import LEASE_LOST, STOPPING, TIME_LIMIT, Lease
from .threads import start_thread

log = logging.getLogger("millrace.worker")

_EXTENDERS = 4
_GONE = frozenset({"LEASE_LOST", "MESSAGE_NOT_FOUND", "QUEUE_NOT_FOUND"})


class LeaseKeeper:
    """Keeps the leases that were added to it.

    One thread watches the clock and makes no call, so that a handler is told in time even if the server
    does not answer. Others extend each lease at half of its time.
    """

    def __init__(self, queue: Queue, visibility_seconds: float, concurrency: int) -> None:
        self._queue = queue
        self._visibility_seconds = visibility_seconds
        self._tick_seconds = min(0.25, visibility_seconds / 20)
        self._extenders = min(_EXTENDERS, concurrency)
        self._leases: Set[Lease] = set()
        self._changed = threading.Condition()
        self._is_closed = False
        self._due: SimpleQueue[Optional[Lease]] = SimpleQueue()

    def start(self) -> None:
        start_thread("millrace-leases", self._watch)
        for index in range(self._extenders):
            start_thread(f"millrace-heartbeat-{index}", self._extend_due)

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        for _ in range(self._extenders):
            self._due.put(None)

    def add(self, lease: Lease) -> None:
        with self._changed:
            self._leases.add(lease)
            self._changed.notify_all()

    def remove(self, lease: Lease) -> None:
        with self._changed:
            self._leases.discard(lease)

    def tell_all_to_stop(self) -> None:
        with self._changed:
            for lease in self._leases:
                lease.lost.tell(STOPPING)

    @property
    def overdue(self) -> int:
        """Handlers that go on although they were told to end."""
        with self._changed:
            return sum(lease.lost.is_set() for lease in self._leases)

    def refresh(self, lease: Lease) -> bool:
        """Extends a lease that is old when its message arrives. Returns whether it still holds."""
        if time.monotonic() >= lease.extend_at and (lease.is_unsure or not lease.is_extending):
            lease.is_extending = True
            try:
                self._extend(lease)
            finally:
                lease.is_extending = False
        holds = not lease.lost.is_set() and time.monotonic() < lease.ends_at
        if holds:
            # A handler must be told at the earliest end.
            lease.is_unsure = False
        return holds

    def _extend(self, lease: Lease) -> None:
        """Extends a lease now; tells its handler if it is lost."""
        asked_at = time.monotonic()
        # Not all that is left: after a call that hangs there is time for another one.
        timeout = max(1.0, self._visibility_seconds / 4)
        try:
            result = self._queue.extend(lease.message, self._visibility_seconds, timeout=timeout)
            is_extended = result["extended"]
        except Exception as error:
            if isinstance(error, MillraceError) and error.code in _GONE:
                self._lose(lease)
                return
            # Also an error that no call should raise: it would take the thread away from what comes next.
            is_known = isinstance(error, MillraceError)
            text = "cannot extend the lease of message %s: %s"
            log.warning(text, lease.message_id, error, exc_info=not is_known)
            lease.extend_at = time.monotonic() + self._visibility_seconds / 10
            return
        if is_extended:
            lease.begins(asked_at)
        else:
            self._lose(lease)

    def _watch(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._leases or self._is_closed)
                if self._is_closed:
                    return
                leases = list(self._leases)
            now = time.monotonic()
            for lease in leases:
                self._check(lease, now)
            time.sleep(self._tick_seconds)

    def _check(self, lease: Lease, now: float) -> None:
        if lease.lost.is_set() and lease.lost.reason != STOPPING:
            return
        # Two ticks early, because the next look may be late.
        if now >= lease.ends_at - 2 * self._tick_seconds and not lease.is_unsure:
            self._lose(lease)
        elif lease.handler_ends_at is not None and now >= lease.handler_ends_at:
            # From now on the lease is not extended, so that the message comes back in any case.
            if lease.lost.tell(TIME_LIMIT):
                log.error("the handler of message %s passed its time limit", lease.message_id)
        elif now >= lease.extend_at and not lease.is_extending:
            lease.is_extending = True
            self._due.put(lease)

    def _extend_due(self) -> None:
        while True:
            lease = self._due.get()
            if lease is None:
                return
            try:
                self._extend(lease)
            finally:
                lease.is_extending = False

    def _lose(self, lease: Lease) -> None:
        with self._changed:
            # The handler may have finished in the meantime, and then there is nothing to tell.
            is_held = lease in self._leases
        if lease.lost.tell(LEASE_LOST) and is_held:
            log.warning("the lease of message %s is lost", lease.message_id)
