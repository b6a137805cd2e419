"""The worker."""

from __future__ import annotations

import logging
import threading
import time
from typing import List, Optional

from ..errors import MillraceError
from ..queue import Queue
from .counters import Counters
from .fetching import Fetcher
from .handling import Backoff, Handler, Handling, check_handler, default_backoff
from .health import Health, describe
from .lanes import Lanes
from .lease import Lease
from .lease_keeper import LeaseKeeper
from .settling import Outcome, Settlement, Settler
from .signals import stop_signals
from .slots import Slots
from .threads import start_thread

log = logging.getLogger("millrace.worker")

#: For handlers that were told to end, and then for the last acks.
_END_SECONDS = 5.0
_SIGNAL_LOOKS_SECONDS = 0.1


class Worker:
    """Handles the messages of a queue, `concurrency` of them at once in threads of its own.

    `handler(message, context)` gets a QueueMessage. When it returns, the message is acked. When it
    raises, the message is nacked with the error and comes back after a delay; `Retry` names the delay,
    `Reject` makes a dead letter of it. `context.lost` is set when the handler should end early. A
    message may be handled twice, so a handler must be able to bear that. It is a plain function: an
    async one is refused, and one that returns something to be awaited has failed.

    - `visibility_timeout_seconds`: how soon a message comes back when this process dies. It is no limit
      for the handler, because the lease is extended while the handler runs, up to 12 hours. While the
      server is away nothing can be extended: choose more than a restart takes.
    - `handler_timeout`: seconds after which `context.lost` is set with the reason `time_limit`. A
      thread cannot be ended from outside: a handler that ignores it keeps its thread, and the message
      comes back when its lease has ended.
    - `backoff(attempt)`: the delay in seconds after a failure, from the number of deliveries so far.
    - `grace_seconds`: how long running handlers may go on once the worker stops.
    - `wait_seconds`: how long a fetch waits for messages; a stop waits for its end.

    In a FIFO queue, messages of one message group are handled one after another.
    """

    def __init__(
        self,
        queue: Queue,
        handler: Handler,
        *,
        concurrency: int = 8,
        visibility_timeout_seconds: float = 30.0,
        handler_timeout: Optional[float] = None,
        backoff: Backoff = default_backoff,
        grace_seconds: float = 15.0,
        wait_seconds: float = 5.0,
    ) -> None:
        _check_bounds("concurrency", concurrency, 1, 1_000)
        _check_bounds("visibility_timeout_seconds", visibility_timeout_seconds, 1, 43_200)
        _check_bounds("wait_seconds", wait_seconds, 0, 20)
        _check_bounds("grace_seconds", grace_seconds, 0, 86_400)
        if handler_timeout is not None and not handler_timeout > 0:
            raise ValueError("handler_timeout must be a number of seconds above 0")
        if isinstance(queue, str):
            raise TypeError(f"queue must be a Queue: Millrace().queue({queue!r}), not its name")
        check_handler(handler)
        self._queue = queue
        self._concurrency = concurrency
        self._wait_seconds = wait_seconds
        self._grace_seconds = grace_seconds
        self._counters = Counters()
        self._slots = Slots(concurrency)
        self._lanes = Lanes()
        self._keeper = LeaseKeeper(queue, visibility_timeout_seconds, concurrency)
        self._settler = Settler(queue, self._counters)
        self._handling = Handling(
            queue.name,
            handler,
            handler_timeout=handler_timeout,
            backoff=backoff,
            on_finished=self._finished,
        )
        self._fetcher = Fetcher(
            queue,
            self._slots,
            visibility_seconds=visibility_timeout_seconds,
            wait_seconds=wait_seconds,
            on_type=self._know_type,
            on_messages=self._receive,
            on_refused=self._refused,
        )
        self._fetching: Optional[threading.Thread] = None
        self._error: Optional[MillraceError] = None
        self._stop_lock = threading.Lock()
        self._is_stopping = False
        self._hurry = threading.Event()
        self._ended = threading.Event()

    def start(self) -> None:
        """Starts the threads and returns."""
        if self._fetching is not None:
            raise RuntimeError("a worker can be started only once")
        self._keeper.start()
        self._settler.start()
        self._handling.start(self._concurrency)
        self._fetching = start_thread("millrace-fetching", self._fetcher.run)
        log.info("queue %s: worker with %d threads", self._queue.name, self._concurrency)

    def run(self) -> None:
        """Works until SIGTERM, SIGINT or `stop`. A second signal ends the grace of running handlers.

        Raises MillraceError if the server refuses the first fetch: a wrong key, or no such queue.
        """
        with stop_signals() as signals:
            self.start()
            seen = 0
            while not self._ended.wait(_SIGNAL_LOOKS_SECONDS):
                if signals.count > seen:
                    if seen > 0:
                        self._hurry.set()
                    seen = signals.count
                    self._begin_stop()
        if self._error is not None:
            raise self._error

    def pause(self) -> None:
        """Fetches nothing more until `resume`. A fetch under way may still bring messages."""
        self._slots.pause(True)

    def resume(self) -> None:
        self._slots.pause(False)

    def stop(self, *, grace_seconds: Optional[float] = None) -> None:
        """Finishes what runs, returns the rest without a failure, and waits until that is done.

        In a handler it only begins the stop and returns: the handler is part of what runs.
        """
        if grace_seconds is not None:
            self._grace_seconds = grace_seconds
        self._begin_stop()
        if not self._handling.runs_this_thread():
            self._ended.wait()

    def health(self) -> Health:
        """What it does, what it waits for, and what it has done."""
        return describe(
            self._state(), self._fetcher, self._slots, self._keeper, self._counters.read()
        )

    def __enter__(self) -> Worker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _state(self) -> str:
        if self._ended.is_set():
            return "stopped" if self._error is None else "failed"
        if self._is_stopping:
            return "stopping"
        if self._slots.is_paused:
            return "paused"
        return "starting" if self._fetcher.last_fetched_at is None else "working"

    def _know_type(self, is_fifo: bool) -> None:
        self._lanes.is_fifo = is_fifo

    def _receive(self, leases: List[Lease]) -> None:
        """Takes fetched messages, which already hold slots."""
        self._counters.add("fetched", len(leases))
        for lease in leases:
            self._keeper.add(lease)
        for lease in leases:
            if self._lanes.enter(lease, self._slots.wait_in_lane):
                self._run(lease)

    def _run(self, lease: Lease) -> None:
        holds = False
        try:
            holds = not self._is_stopping and self._keeper.refresh(lease)
        except Exception:
            # Those that were fetched with it must go on too.
            log.exception("message %s is returned", lease.message_id)
        finally:
            # In any case it goes on from here: otherwise it would keep its slot and hold up its lane.
            if holds:
                self._handling.run(lease)
            else:
                self._finished(lease, Settlement(lease, Outcome.GIVE_BACK))

    def _finished(self, lease: Lease, settlement: Optional[Settlement]) -> None:
        """The first message of a lane has no handler any more."""
        self._keeper.remove(lease)
        self._slots.finish()
        if settlement is None:
            self._counters.add("lost")
            self._settled(lease, False)
        else:
            self._settler.settle(settlement, self._settled)

    def _settled(self, lease: Lease, goes_on: bool) -> None:
        self._slots.settle()
        if goes_on:
            follower = self._lanes.next_after(lease)
            if follower is not None:
                self._slots.leave_lane()
                self._run(follower)
        else:
            self._return(self._lanes.leave(lease))

    def _return(self, lane: List[Lease]) -> None:
        """Returns messages that waited in a lane. The server returns the later ones with the first."""
        for lease in lane:
            self._keeper.remove(lease)
            self._slots.leave_lane()
            self._slots.finish()
        if lane:
            settlement = Settlement(lane[0], Outcome.GIVE_BACK)
            self._settler.settle(settlement, lambda *_: self._slots.settle())
        for _ in lane[1:]:
            self._counters.add("given_back")
            self._slots.settle()

    def _refused(self, error: MillraceError) -> None:
        log.error("queue %s: the worker stops, because a fetch is refused: %s", self._queue.name, error)
        self._error = error
        self._begin_stop()

    def _begin_stop(self) -> None:
        with self._stop_lock:
            if self._is_stopping:
                return
            self._is_stopping = True
        start_thread("millrace-stopping", self._stop)

    def _stop(self) -> None:
        log.info("queue %s: the worker stops", self._queue.name)
        ends_at = time.monotonic() + self._grace_seconds
        self._slots.close()
        self._return_waiting()
        if self._fetching is not None:
            # A wait is not cut off, because its answer may already have been sent.
            self._fetching.join(self._wait_seconds + _END_SECONDS)
        while not self._hurry.is_set() and time.monotonic() < ends_at:
            if self._slots.wait_until_empty(_SIGNAL_LOOKS_SECONDS):
                break
        self._keeper.tell_all_to_stop()
        if not self._slots.wait_until_empty(_END_SECONDS):
            log.error("queue %s: %d handlers do not end", self._queue.name, self._slots.in_hand)
        self._settler.close(_END_SECONDS)
        self._handling.close(self._concurrency)
        self._keeper.close()
        log.info("queue %s: the worker has stopped: %s", self._queue.name, self._counters.read())
        self._ended.set()

    def _return_waiting(self) -> None:
        """Returns what no handler has begun."""
        for lane in self._lanes.clear_waiting():
            self._return(lane)
        for lease in self._handling.take_back():
            self._finished(lease, Settlement(lease, Outcome.GIVE_BACK))


def _check_bounds(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} must be from {least} to {most:,}")
