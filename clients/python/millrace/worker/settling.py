"""Acks, nacks and returns messages, in batches."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from enum import Enum
from queue import Empty, Queue as WaitingQueue
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, cast

from ..errors import MillraceError
from ..queue import Queue
from ..records import Nack
from ..retry import pause_seconds
from .counters import Counters
from .lease import Lease
from .outages import is_outage
from .threads import start_thread

log = logging.getLogger("millrace.worker")

_ACKS_IN_A_BATCH = 1_000
#: With errors of 4,096 characters, this many stay below the 8 MiB of a body.
_NACKS_IN_A_BATCH = 250
_CALL_TIMEOUT_SECONDS = 10
#: Two calls may be under way, so that what has just been handled does not wait for two of them: what is
#: not acked when the process dies is handled again.
_THREADS = 2


class Outcome(Enum):
    ACK = "acked"
    RETRY = "failed"
    REJECT = "rejected"
    GIVE_BACK = "given_back"


#: The field of a result that says whether the call did something.
_DONE = {
    Outcome.ACK: "acked",
    Outcome.RETRY: "nacked",
    Outcome.REJECT: "nacked",
    Outcome.GIVE_BACK: "extended",
}


@dataclass(frozen=True)
class Settlement:
    lease: Lease
    outcome: Outcome
    delay_seconds: Optional[float] = None
    #: The text that is stored as `last_error`.
    error: Optional[str] = None


#: Told whether the lease of the next message in the same message group still counts.
OnSettled = Callable[[Lease, bool], None]

_Todo = Tuple[Settlement, OnSettled]
_Results = Sequence[Dict[str, Any]]


class Settler:
    """Threads that send what has come together since their last call.

    They repeat a call for as long as the server is away. The receipts make that safe: an ack that comes
    late counts as long as nobody else has the message.
    """

    def __init__(self, queue: Queue, counters: Counters) -> None:
        self._queue = queue
        self._counters = counters
        self._todo: WaitingQueue[Optional[_Todo]] = WaitingQueue()
        self._gives_up_at = float("inf")
        self._closing = threading.Event()
        self._threads: List[threading.Thread] = []

    def start(self) -> None:
        for index in range(_THREADS):
            self._threads.append(start_thread(f"millrace-settling-{index}", self._loop))

    def settle(self, settlement: Settlement, on_settled: OnSettled) -> None:
        self._todo.put((settlement, on_settled))

    def close(self, timeout_seconds: float) -> None:
        """Sends what is left, and gives up after this time: the leases then end by themselves."""
        self._gives_up_at = time.monotonic() + timeout_seconds
        self._closing.set()
        self._todo.put(None)
        for thread in self._threads:
            thread.join(timeout_seconds + _CALL_TIMEOUT_SECONDS)

    def _loop(self) -> None:
        while True:
            batch = [self._todo.get()]
            while len(batch) < _ACKS_IN_A_BATCH and batch[-1] is not None:
                try:
                    batch.append(self._todo.get_nowait())
                except Empty:
                    break
            self._send([todo for todo in batch if todo is not None])
            if batch[-1] is None:
                self._todo.put(None)  # for the next thread
                return

    def _send(self, batch: Sequence[_Todo]) -> None:
        acks = [todo for todo in batch if todo[0].outcome is Outcome.ACK]
        nacks = [todo for todo in batch if todo[0].outcome in (Outcome.RETRY, Outcome.REJECT)]
        if acks:
            self._send_together(acks, self._ack)
        for start in range(0, len(nacks), _NACKS_IN_A_BATCH):
            self._send_together(nacks[start : start + _NACKS_IN_A_BATCH], self._nack)
        for todo in batch:
            if todo[0].outcome is Outcome.GIVE_BACK:
                self._send_together([todo], self._give_back)

    def _send_together(
        self, batch: Sequence[_Todo], send: Callable[[List[Settlement]], _Results]
    ) -> None:
        left = deque(batch)
        try:
            results, may_be_settled = self._results_of([settlement for settlement, _ in batch], send)
            for result in results:
                settlement, on_settled = left[0]
                self._count(settlement, result, may_be_settled=may_be_settled)
                # A message that comes back takes the leases behind it in its message group away.
                goes_on = "error" not in result and not result.get("requeued", False)
                left.popleft()
                on_settled(settlement.lease, goes_on)
        except Exception:
            log.exception("%d messages are left to their leases", len(left))
        finally:
            # Whatever happened, no message may keep its slot and hold up its message group.
            for settlement, on_settled in left:
                self._counters.add("lost")
                on_settled(settlement.lease, False)

    def _results_of(
        self, batch: List[Settlement], send: Callable[[List[Settlement]], _Results]
    ) -> Tuple[_Results, bool]:
        """One result for each message, and whether an earlier attempt may have had an effect."""
        failures = 0
        may_be_settled = False
        while True:
            try:
                results = send(batch)
                if len(results) != len(batch):
                    raise ValueError("the answer does not have one result for each message")
                return results, may_be_settled
            except MillraceError as error:
                failures += 1
                may_be_settled = may_be_settled or not error.nothing_was_done
                if is_outage(error):
                    log.warning("cannot settle %d messages yet: %s", len(batch), error)
                    if self._has_waited(pause_seconds(failures, error)):
                        continue
                log.error("%d messages are left to their leases: %s", len(batch), error)
                return [{"error": {"code": error.code}}] * len(batch), True

    def _has_waited(self, seconds: float) -> bool:
        """Waits, unless everything is given up before the end of the wait."""
        ends_at = time.monotonic() + seconds
        # A stop must not find it asleep: what it holds would be neither settled nor counted as lost.
        if self._closing.wait(seconds) and ends_at > self._gives_up_at:
            return False
        time.sleep(max(0.0, ends_at - time.monotonic()))
        return True

    def _ack(self, batch: List[Settlement]) -> _Results:
        messages = [one.lease.message for one in batch]
        results = self._queue.ack_batch(messages, timeout=_CALL_TIMEOUT_SECONDS, retries=0)
        return cast(_Results, results)

    def _nack(self, batch: List[Settlement]) -> _Results:
        entries: List[Nack] = [
            {
                "message_id": one.lease.message_id,
                "receipt": one.lease.message.get("receipt"),
                "requeue": one.outcome is Outcome.RETRY,
                "delay_seconds": one.delay_seconds,
                "error": one.error,
            }
            for one in batch
        ]
        results = self._queue.nack_batch(entries, timeout=_CALL_TIMEOUT_SECONDS, retries=0)
        return cast(_Results, results)

    def _give_back(self, batch: List[Settlement]) -> _Results:
        message = batch[0].lease.message
        try:
            result = self._queue.extend(message, 0, timeout=_CALL_TIMEOUT_SECONDS)
        except MillraceError as error:
            # In a FIFO queue the server may have returned it together with the message before it.
            if error.code != "LEASE_LOST":
                raise
            return [{"requeued": True}]
        return [{"requeued": True, "extended": result["extended"]}]

    def _count(
        self, settlement: Settlement, result: Dict[str, Any], *, may_be_settled: bool
    ) -> None:
        if "error" in result:
            reason = result["error"].get("code")
        elif may_be_settled or result.get(_DONE[settlement.outcome], True):
            # After an answer that was lost, the first attempt may have done what the second one cannot.
            self._counters.add(settlement.outcome.value)
            return
        else:
            reason = "it is gone, or was settled by somebody else"
        self._counters.add("lost")
        log.warning(
            "message %s was not %s: %s",
            settlement.lease.message_id,
            settlement.outcome.value.replace("_", " "),
            reason,
        )
