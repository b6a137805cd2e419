"""How many messages a worker may fetch now."""

from __future__ import annotations

import threading

#: Finished messages whose ack has not been answered: as many as one batch takes.
_MAX_UNSETTLED = 1_000


class Slots:
    """One slot for each thread. A message takes one from its fetch until its handler has finished."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held = 0
        self._unsettled = 0
        self._is_paused = False
        self._is_closed = False
        self._changed = threading.Condition()

    def wait_for_room(self) -> int:
        """Returns the number of free slots, 1 or more; 0 once the slots are closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._room() > 0)
            return 0 if self._is_closed else self._room()

    def take(self, count: int) -> None:
        with self._changed:
            self._held += count

    def finish(self) -> None:
        """A message has no handler any more, and is to be settled."""
        with self._changed:
            self._held -= 1
            self._unsettled += 1
            self._changed.notify_all()

    def settle(self) -> None:
        with self._changed:
            self._unsettled -= 1
            self._changed.notify_all()

    def wait_until_empty(self, timeout_seconds: float) -> bool:
        """Waits until no slot is taken; returns whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: self._held == 0, timeout_seconds)

    def pause(self, is_paused: bool) -> None:
        with self._changed:
            self._is_paused = is_paused
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def sleep_unless_closed(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed, seconds)

    @property
    def is_paused(self) -> bool:
        return self._is_paused

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    @property
    def held(self) -> int:
        return self._held

    @property
    def unsettled(self) -> int:
        return self._unsettled

    def _room(self) -> int:
        if self._is_paused:
            return 0
        return min(self._size - self._held, _MAX_UNSETTLED - self._unsettled)
