"""Publishes single messages together."""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Deque, Dict, List, Optional, Union

from .caller import encode
from .calls.messages import new_message
from .errors import MillraceError
from .queue import Queue
from .records import NewMessage

log = logging.getLogger("millrace")

#: Below the 16 MiB that the payloads of a batch may have.
_BATCH_MAX_BYTES = 8 * 1024 * 1024
_EXIT_SECONDS = 60


@dataclass(frozen=True)
class _Pending:
    message: NewMessage
    size_bytes: int
    published: Future[str]


class BatchingPublisher:
    """Collects messages for up to `linger_seconds`, and sends up to `max_batch` of them in one call.

    One call is under way at a time, so the messages of one thread keep their order. `publish` blocks
    while `max_pending` messages or `max_pending_bytes` wait.

    Use it in a `with`, or close it. At the end of the program it is closed too, and waits for up to a
    minute; after `os.fork`, a child makes its own. The callbacks of a Future run in the thread that
    sends: they should be short, and what they publish is taken even where there is no room.
    """

    def __init__(
        self,
        queue: Queue,
        *,
        max_batch: int = 100,
        linger_seconds: float = 0.005,
        max_pending: int = 10_000,
        max_pending_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        if not 1 <= max_batch <= 1_000:
            raise ValueError("max_batch must be from 1 to 1,000")
        if not 0 <= linger_seconds <= 86_400:
            raise ValueError("linger_seconds must be from 0 to 86,400")
        if max_pending < 1 or max_pending_bytes < 1:
            raise ValueError("max_pending and max_pending_bytes must be 1 or more")
        self._queue = queue
        self._max_batch = max_batch
        self._linger_seconds = linger_seconds
        self._max_pending = max_pending
        self._max_pending_bytes = max_pending_bytes
        self._pending: Deque[_Pending] = deque()
        #: Messages since the beginning. They are answered in the order in which they were accepted.
        self._accepted = 0
        self._answered = 0
        #: Of the messages that are not answered yet.
        self._bytes = 0
        self._is_closed = False
        self._changed = threading.Condition()
        self._process_id = os.getpid()
        # Otherwise a program that ends would wait for it before `_close_at_exit` has told it to end.
        self._thread = threading.Thread(target=self._loop, name="millrace-publisher", daemon=True)
        self._thread.start()
        atexit.register(self._close_at_exit)

    def publish(
        self,
        payload: Any,
        *,
        delay_seconds: Optional[float] = None,
        priority: Optional[int] = None,
        message_group_id: Optional[str] = None,
        deduplication_id: Optional[str] = None,
        headers: Optional[Dict[str, str]] = None,
    ) -> Future[str]:
        """Returns a Future of the message's id, or of the MillraceError that refused it."""
        self._require_own_process()
        message = new_message(
            payload,
            headers,
            delay_seconds=delay_seconds,
            priority=priority,
            message_group_id=message_group_id,
            deduplication_id=deduplication_id,
        )
        pending = _Pending(message, len(encode(message)), Future())
        # A running future cannot be cancelled: the message may be on its way.
        pending.published.set_running_or_notify_cancel()
        with self._changed:
            # A callback that waited would do so in the only thread that makes room.
            if not self._is_own_thread():
                self._changed.wait_for(lambda: self._is_closed or self._has_room(pending.size_bytes))
            if self._is_closed:
                raise RuntimeError("the publisher is closed")
            self._pending.append(pending)
            self._accepted += 1
            self._bytes += pending.size_bytes
            self._changed.notify_all()
        return pending.published

    def flush(self) -> None:
        """Waits until every message so far was answered, whatever other threads publish meanwhile."""
        self._require_own_process()
        if self._is_own_thread():
            raise RuntimeError("the callback of a Future cannot flush, because the sending waits for it")
        with self._changed:
            last = self._accepted
            self._changed.wait_for(lambda: self._answered >= last)

    def close(self) -> None:
        """Sends what waits, and ends. In a callback of a Future it only begins that."""
        # What waited at a fork is the parent's to send.
        if self._process_id != os.getpid():
            return
        self._begin_close()
        if not self._is_own_thread():
            self._thread.join()
            atexit.unregister(self._close_at_exit)

    def __enter__(self) -> BatchingPublisher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin_close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _close_at_exit(self) -> None:
        if self._process_id != os.getpid():
            return
        self._begin_close()
        # A server that is away must not keep a program from ending.
        self._thread.join(_EXIT_SECONDS)
        if self._thread.is_alive():
            count = self._accepted - self._answered
            log.error("queue %s: %d messages are given up at exit", self._queue.name, count)

    def _is_own_thread(self) -> bool:
        return threading.current_thread() is self._thread

    def _require_own_process(self) -> None:
        # Only the thread that forks goes on in the child; a lock may stay taken there for good.
        if self._process_id != os.getpid():
            raise RuntimeError("this publisher belongs to the parent process: make one after the fork")

    def _has_room(self, size_bytes: int) -> bool:
        # A message that is larger than all the room still passes, alone.
        has_bytes = self._bytes + size_bytes <= self._max_pending_bytes
        count = self._accepted - self._answered
        return count == 0 or (count < self._max_pending and has_bytes)

    def _loop(self) -> None:
        while True:
            batch = self._next_batch()
            if not batch:
                return
            self._send(batch)
            with self._changed:
                self._answered += len(batch)
                self._bytes -= sum(pending.size_bytes for pending in batch)
                self._changed.notify_all()

    def _next_batch(self) -> List[_Pending]:
        with self._changed:
            self._changed.wait_for(lambda: self._pending or self._is_closed)
            self._changed.wait_for(
                lambda: len(self._pending) >= self._max_batch or self._is_closed,
                self._linger_seconds,
            )
            batch: List[_Pending] = []
            size = 0
            while self._pending and len(batch) < self._max_batch:
                size += self._pending[0].size_bytes
                if batch and size > _BATCH_MAX_BYTES:
                    break
                batch.append(self._pending.popleft())
            return batch

    def _send(self, batch: List[_Pending]) -> None:
        try:
            ids = self._queue.publish_batch([pending.message for pending in batch])
            if len(ids) != len(batch):
                # Whose they are, nobody knows, and a future without an answer is waited for for ever.
                raise MillraceError("INVALID_ANSWER", "not every message has an id", status=200)
        except MillraceError as error:
            if len(batch) > 1 and error.status in (400, 413):
                # A batch is stored as a whole: one message that is refused must not fail the others.
                for pending in batch:
                    self._send([pending])
                return
            _answer(batch, error)
        except Exception as error:
            _answer(batch, error)
        else:
            _answer(batch, ids)


def _answer(batch: List[_Pending], answer: Union[List[str], Exception]) -> None:
    for index, pending in enumerate(batch):
        try:
            if isinstance(answer, Exception):
                pending.published.set_exception(answer)
            else:
                pending.published.set_result(answer[index])
        except BaseException:
            # For instance a callback that calls sys.exit. The thread has other messages to send.
            log.exception("a callback of a published message failed")
