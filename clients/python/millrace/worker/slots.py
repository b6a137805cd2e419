"""How many messages a worker may fetch now."""

from __future__ import annotations

import threading

#: Handled messages whose ack is not answered, for each thread: they are handled again if the process
#: dies. Two, so that acks and fetches can go on at the same time.
_MAX_UNSETTLED_PER_THREAD = 2


#: Messages that wait in their lanes, for each thread. Nobody else could have them before their turn.
_MAX_WAITING_PER_THREAD = 4


class Slots:
    """One slot for each thread. A message takes one from its fetch until its handler has finished.

    One that waits behind another of its message group takes none, so that the other threads get
    messages of other groups.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._held = 0
        self._waiting = 0
        self._unsettled = 0
        self._is_paused = False
        self._is_closed = False
        self._has_waiter = False
        self._changed = threading.Condition()

    def wait_for_room(self) -> int:
        """Returns the number of free slots, 1 or more; 0 once the slots are closed."""
        with self._changed:
            self._has_waiter = True
            self._changed.wait_for(lambda: self._is_closed or self._room() > 0)
            self._has_waiter = False
            return 0 if self._is_closed else self._room()

    def take(self, count: int) -> None:
        self._change(held=count)

    def wait_in_lane(self) -> None:
        """A fetched message waits for the one before it."""
        self._change(held=-1, waiting=1)

    def leave_lane(self) -> None:
        """The turn of a message that waited has come."""
        self._change(held=1, waiting=-1)

    def finish(self) -> None:
        """A message has no handler any more, and is to be settled."""
        self._change(held=-1, unsettled=1)

    def settle(self) -> None:
        self._change(unsettled=-1)

    def wait_until_empty(self, timeout_seconds: float) -> bool:
        """Waits until no message is here; returns whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: self.in_hand == 0, timeout_seconds)

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
    def has_waiter(self) -> bool:
        """Whether somebody waits for room, so that no fetch is under way."""
        return self._has_waiter

    @property
    def in_hand(self) -> int:
        return self._held + self._waiting

    @property
    def unsettled(self) -> int:
        return self._unsettled

    def _change(self, held: int = 0, waiting: int = 0, unsettled: int = 0) -> None:
        with self._changed:
            self._held += held
            self._waiting += waiting
            self._unsettled += unsettled
            self._changed.notify_all()

    def _room(self) -> int:
        if self._is_paused:
            return 0
        return min(
            self._size - self._held,
            self._size * _MAX_WAITING_PER_THREAD - self._waiting,
            self._size * _MAX_UNSETTLED_PER_THREAD - self._unsettled,
        )
