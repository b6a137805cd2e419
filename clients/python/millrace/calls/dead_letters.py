"""The calls on the dead letters that came from a queue."""

from __future__ import annotations

from typing import Iterator, Optional, cast

from ..caller import IdempotencyKey, without_none
from ..records import PurgeResult, QueueMessage, RedriveResult, Time
from .on_queue import OnQueue, time_text


class DeadLetterCalls(OnQueue):
    def dlq_list(
        self, *, page_size: Optional[int] = None, timeout: Optional[float] = None
    ) -> Iterator[QueueMessage]:
        """The dead letters, oldest first, whichever queue keeps them."""
        pages = self._caller.pages(self._path("dlq/list"), {"limit": page_size}, timeout=timeout)
        return cast(Iterator[QueueMessage], pages)

    def dlq_redrive(
        self,
        *,
        message_id: Optional[str] = None,
        since: Optional[Time] = None,
        max_messages: Optional[int] = None,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
    ) -> RedriveResult:
        """Returns dead letters to the queue: one, those since a time, or all."""
        fields = {
            "message_id": message_id,
            "since": time_text(since),
            "max_messages": max_messages,
        }
        answer = self._caller.call(
            "POST",
            self._path("dlq/redrive"),
            without_none(fields),
            needs_key=True,
            idempotency_key=idempotency_key,
            timeout=timeout,
        )
        return cast(RedriveResult, answer)

    def dlq_purge(
        self,
        *,
        message_id: Optional[str] = None,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
    ) -> PurgeResult:
        """Removes dead letters: one, or all."""
        answer = self._caller.call(
            "POST",
            self._path("dlq/purge"),
            without_none({"message_id": message_id}),
            idempotency_key=idempotency_key,
            timeout=timeout,
        )
        return cast(PurgeResult, answer)
