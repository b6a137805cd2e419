"""Keeps the messages of a message group in order."""

from __future__ import annotations

import threading
from collections import deque
from typing import Callable, Deque, Dict, List, Optional

from .lease import Lane, Lease


class Lanes:
    """In a FIFO queue, one lane for each message group; otherwise one for each delivery.

    Only the first message of a lane is handled; the next one follows when the first is settled.
    """

    def __init__(self) -> None:
        #: Counts for the messages that enter from now on.
        self.is_fifo = False
        self._waiting: Dict[Optional[Lane], Deque[Lease]] = {}
        self._lock = threading.Lock()

    def enter(self, lease: Lease, on_waiting: Callable[[], None]) -> bool:
        """Returns whether the message may be handled now; otherwise it waits in its lane.

        `on_waiting` is called before another thread can give the message its turn.
        """
        # It leaves the lane that it entered, whatever type the queue has by then.
        lane = lease.lane = self._lane_of(lease)
        with self._lock:
            if lane in self._waiting:
                on_waiting()
                self._waiting[lane].append(lease)
                return False
            self._waiting[lane] = deque()
            return True

    def next_after(self, lease: Lease) -> Optional[Lease]:
        """The message to be handled after the first of its lane was settled."""
        with self._lock:
            waiting = self._waiting[lease.lane]
            if waiting:
                return waiting.popleft()
            del self._waiting[lease.lane]
            return None

    def leave(self, lease: Lease) -> List[Lease]:
        """Gives up the lane of a message, and returns those that waited behind it."""
        with self._lock:
            return list(self._waiting.pop(lease.lane))

    def clear_waiting(self) -> List[List[Lease]]:
        """Removes all that wait, and returns them lane by lane."""
        with self._lock:
            lanes = [list(waiting) for waiting in self._waiting.values() if waiting]
            for waiting in self._waiting.values():
                waiting.clear()
            return lanes

    def _lane_of(self, lease: Lease) -> Lane:
        if self.is_fifo:
            # Messages without a message group form one of their own.
            return (True, lease.message.get("message_group_id"))
        return (False, lease.message.get("receipt"))
