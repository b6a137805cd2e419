"""Runs the handler and decides what becomes of its message."""

from __future__ import annotations

import inspect
import logging
import math
import random
import threading
import time
import traceback
from queue import Empty, SimpleQueue
from typing import Any, Callable, List, Optional, cast

from ..records import QueueMessage
from ..traces import HEADER, current_traceparent
from .lease import LEASE_LOST, STOPPING, Context, Lease
from .outcomes import Reject, Retry
from .settling import Outcome, Settlement
from .threads import start_thread

log = logging.getLogger("millrace.worker")

Handler = Callable[[QueueMessage, Context], Any]
#: The delay in seconds before the next delivery, from the number of deliveries so far.
Backoff = Callable[[int], float]

_ERROR_MAX_CHARS = 4_096
_DELAY_MAX_SECONDS = 604_800


def default_backoff(attempt: int) -> float:
    """Two seconds, doubling with each delivery up to five minutes, minus a random part of up to half."""
    return min(300.0, 2.0 ** min(attempt, 16)) * random.uniform(0.5, 1.0)


def check_handler(handler: Handler) -> None:
    """Raises TypeError for a handler that cannot be called with a message and a context, and for one
    whose call does not run it, so that its message would be lost."""
    if not callable(handler):
        raise TypeError("handler must be a function of a message and a context")
    _check_arguments(handler)
    for code in (handler, getattr(type(handler), "__call__", None)):
        if inspect.iscoroutinefunction(code) or inspect.isasyncgenfunction(code):
            raise TypeError("handler must not be async: call asyncio.run(...) in a plain function")
        if inspect.isgeneratorfunction(code):
            raise TypeError("handler must not be a generator: nobody would run it")


def _check_arguments(handler: Handler) -> None:
    try:
        signature = inspect.signature(handler)
    except (TypeError, ValueError):
        return  # Some built-in functions do not tell their arguments.
    try:
        signature.bind(None, None)
    except TypeError as error:
        raise TypeError(f"handler must take a message and a context: {error}") from None


class Handling:
    """The threads that run the handler, one message at a time each.

    `on_finished` gets the settlement of each message, or None if there is nothing to settle.
    """

    def __init__(
        self,
        queue_name: str,
        handler: Handler,
        *,
        handler_timeout: Optional[float],
        backoff: Backoff,
        on_finished: Callable[[Lease, Optional[Settlement]], None],
    ) -> None:
        self._queue_name = queue_name
        self._handler = handler
        self._handler_timeout = handler_timeout
        self._backoff = backoff
        self._on_finished = on_finished
        self._ready: SimpleQueue[Optional[Lease]] = SimpleQueue()
        self._threads: List[threading.Thread] = []

    def start(self, concurrency: int) -> None:
        for index in range(concurrency):
            self._threads.append(start_thread(f"millrace-handler-{index}", self._loop))

    def runs_this_thread(self) -> bool:
        """Whether the caller is a handler of this worker."""
        return threading.current_thread() in self._threads

    def close(self, concurrency: int) -> None:
        for _ in range(concurrency):
            self._ready.put(None)

    def run(self, lease: Lease) -> None:
        """Has the message handled by the next free thread."""
        self._ready.put(lease)

    def take_back(self) -> List[Lease]:
        """The messages that no thread has begun."""
        leases: List[Lease] = []
        while True:
            try:
                lease = self._ready.get_nowait()
            except Empty:
                return leases
            if lease is not None:
                leases.append(lease)

    def _loop(self) -> None:
        while True:
            lease = self._ready.get()
            if lease is None:
                return
            settlement: Optional[Settlement] = None
            try:
                settlement = self._settlement_of(lease)
            finally:
                # Its slot must become free even if nothing can be said of it.
                self._on_finished(lease, settlement)

    def _settlement_of(self, lease: Lease) -> Optional[Settlement]:
        try:
            return self._handle(lease)
        except BaseException:
            # For instance an error whose own code fails. Its message must not keep this thread's slot.
            # Without its trace, which would run that code again.
            log.error("the handler of message %s failed in a way that cannot be told", lease.message_id)
            text = "the handler failed in a way that cannot be told"
            return Settlement(lease, Outcome.RETRY, self._delay_of(lease), text)

    def _handle(self, lease: Lease) -> Optional[Settlement]:
        if lease.lost.is_set():
            # The server may still count the lease, and would count its end as a failure.
            return Settlement(lease, Outcome.GIVE_BACK)
        traceparent = (lease.message.get("headers") or {}).get(HEADER)
        if self._handler_timeout is not None:
            lease.handler_ends_at = time.monotonic() + self._handler_timeout
        token = current_traceparent.set(traceparent)
        try:
            context = Context(self._queue_name, lease.lost, traceparent)
            # A copy, because the fields of the message are needed for its settlement.
            message = cast(QueueMessage, dict(lease.message))
            _refuse_deferred_result(self._handler(message, context))
            return Settlement(lease, Outcome.ACK)
        except Reject as error:
            return Settlement(lease, Outcome.REJECT, error=_text_of(error))
        except Retry as error:
            delay = self._delay_of(lease, error.delay_seconds)
            return Settlement(lease, Outcome.RETRY, delay, _text_of(error))
        except BaseException as error:  # also a SystemExit, which would end this thread
            if lease.lost.reason == LEASE_LOST:
                return None
            if lease.lost.reason == STOPPING:
                return Settlement(lease, Outcome.GIVE_BACK)
            log.warning("the handler of message %s failed", lease.message_id, exc_info=True)
            return Settlement(lease, Outcome.RETRY, self._delay_of(lease), _text_of(error))
        finally:
            current_traceparent.reset(token)

    def _delay_of(self, lease: Lease, asked_seconds: Optional[float] = None) -> float:
        """A delay that the server takes: one that it refused would fail the whole batch."""
        attempt = lease.message["delivery_count"]
        try:
            delay = self._backoff(attempt) if asked_seconds is None else asked_seconds
            if math.isnan(delay):
                raise ValueError("the delay is not a number")
            return min(max(0.0, float(delay)), _DELAY_MAX_SECONDS)
        except BaseException:  # also a SystemExit, as above
            log.exception("backoff failed; the default is used instead")
            return default_backoff(attempt)


def _refuse_deferred_result(result: object) -> None:
    """A function around an async one, or a partial of it, shows only in its result what it is."""
    is_generator = inspect.isgenerator(result) or inspect.isasyncgen(result)
    if not is_generator and not inspect.isawaitable(result):
        return
    if inspect.iscoroutine(result) or inspect.isgenerator(result):
        # Otherwise Python would warn of it at some later time.
        result.close()
    raise TypeError(f"the handler returned a {type(result).__name__}, which nobody runs")


def _text_of(error: BaseException) -> str:
    try:
        if isinstance(error, (Retry, Reject)):
            text = str(error)
        else:
            text = "".join(traceback.format_exception_only(type(error), error)).strip()
    except BaseException:  # from the code of an error of the program
        text = f"{type(error).__name__}, whose text cannot be read"
    # A lone surrogate has no form in UTF-8, and would fail the whole batch.
    return text[:_ERROR_MAX_CHARS].encode("utf-8", "replace").decode("utf-8")
