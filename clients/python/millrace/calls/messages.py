"""The calls that publish, consume, settle and show messages."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Union, cast

from ..caller import IdempotencyKey, without_none
from ..records import (
    AckResult,
    Delivery,
    ExtendResult,
    MessageWithFailures,
    Nack,
    NackResult,
    NewMessage,
    QueueMessage,
    SeenMessage,
)
from ..traces import headers_with_trace
from .on_queue import OnQueue, delivery_of

#: A message as it was consumed, its id and receipt, or its id alone.
MessageRef = Union[QueueMessage, Delivery, str]


def new_message(
    payload: Any,
    headers: Optional[Dict[str, str]],
    idempotency_key: IdempotencyKey = None,
    **fields: Any,
) -> NewMessage:
    """A message with the fields that are given, and with the current trace in its headers."""
    traced = headers_with_trace(headers, idempotency_key)
    message = {"payload": payload, **without_none({**fields, "headers": traced})}
    return cast(NewMessage, message)


class MessageCalls(OnQueue):
    def publish(
        self,
        payload: Any,
        *,
        delay_seconds: Optional[float] = None,
        priority: Optional[int] = None,
        message_group_id: Optional[str] = None,
        deduplication_id: Optional[str] = None,
        headers: Optional[Dict[str, str]] = None,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
    ) -> str:
        """Stores one message and returns its id. The payload is anything that JSON can express."""
        message = new_message(
            payload,
            headers,
            idempotency_key,
            delay_seconds=delay_seconds,
            priority=priority,
            message_group_id=message_group_id,
            deduplication_id=deduplication_id,
        )
        answer = self._caller.call(
            "POST",
            self._path("publish"),
            message,
            needs_key=True,
            idempotency_key=idempotency_key,
            timeout=timeout,
        )
        return cast(str, answer["message_id"])

    def publish_batch(
        self,
        messages: Sequence[NewMessage],
        *,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
    ) -> List[str]:
        """Stores all of up to 1,000 messages or none, and returns their ids in order."""
        entries = []
        for message in messages:
            entry: Dict[str, Any] = dict(message)
            headers = headers_with_trace(message.get("headers"), idempotency_key)
            entries.append({**entry, "headers": headers} if headers else entry)
        answer = self._caller.call(
            "POST",
            self._path("publish_batch"),
            {"messages": entries},
            needs_key=True,
            idempotency_key=idempotency_key,
            timeout=timeout,
        )
        return cast(List[str], answer["message_ids"])

    def consume(
        self,
        *,
        max_messages: Optional[int] = None,
        visibility_timeout: Optional[float] = None,
        wait_seconds: Optional[float] = None,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
        retries: Optional[int] = None,
    ) -> List[QueueMessage]:
        """Leases up to `max_messages` (10), and waits up to `wait_seconds` for the first of them.

        `retries` takes the place of that of the client.
        """
        fields = {
            "max_messages": max_messages,
            "visibility_timeout": visibility_timeout,
            "wait_seconds": wait_seconds,
        }
        answer = self._caller.call(
            "POST",
            self._path("consume"),
            without_none(fields),
            needs_key=True,
            idempotency_key=idempotency_key,
            timeout=timeout,
            wait_seconds=wait_seconds or 0,
            retries=retries,
        )
        return cast(List[QueueMessage], answer["messages"])

    def ack(
        self,
        message: MessageRef,
        *,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
    ) -> AckResult:
        """The work is done: removes the message. Raises `LEASE_LOST` if somebody else has it."""
        return cast(AckResult, self._settle("ack", message, {}, idempotency_key, timeout))

    def nack(
        self,
        message: MessageRef,
        *,
        requeue: Optional[bool] = None,
        delay_seconds: Optional[float] = None,
        error: Optional[str] = None,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
    ) -> NackResult:
        """The work failed: the message is delivered again after `delay_seconds`.

        With `requeue=False`, or when its retries are used up, it becomes a dead letter.
        """
        fields = {"requeue": requeue, "delay_seconds": delay_seconds, "error": error}
        return cast(NackResult, self._settle("nack", message, fields, idempotency_key, timeout))

    def extend(
        self,
        message: MessageRef,
        visibility_timeout: float,
        *,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
    ) -> ExtendResult:
        """Lets the lease end `visibility_timeout` seconds from now.

        0 returns the message to the queue, which does not count as a failure.
        """
        fields = {"visibility_timeout": visibility_timeout}
        return cast(ExtendResult, self._settle("extend", message, fields, idempotency_key, timeout))

    def ack_batch(
        self,
        messages: Sequence[MessageRef],
        *,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
        retries: Optional[int] = None,
    ) -> List[AckResult]:
        """Acks up to 1,000 messages; a result with an `error` does not affect the others.

        `retries` takes the place of that of the client.
        """
        entries = [delivery_of(message) for message in messages]
        answer = self._caller.call(
            "POST",
            self._path("ack_batch"),
            {"messages": entries},
            needs_key=_lacks_receipt(*entries),
            idempotency_key=idempotency_key,
            timeout=timeout,
            retries=retries,
        )
        return cast(List[AckResult], answer["results"])

    def nack_batch(
        self,
        messages: Sequence[Nack],
        *,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
        retries: Optional[int] = None,
    ) -> List[NackResult]:
        """Nacks up to 1,000 messages; a result with an `error` does not affect the others.

        `retries` takes the place of that of the client.
        """
        answer = self._caller.call(
            "POST",
            self._path("nack_batch"),
            {"messages": list(messages)},
            needs_key=_lacks_receipt(*messages),
            idempotency_key=idempotency_key,
            timeout=timeout,
            retries=retries,
        )
        return cast(List[NackResult], answer["results"])

    def peek(
        self,
        *,
        state: Optional[str] = None,
        page_size: Optional[int] = None,
        timeout: Optional[float] = None,
    ) -> Iterator[SeenMessage]:
        """All messages, or those that are available, delayed or leased, without leasing them."""
        fields = {"state": state, "limit": page_size}
        pages = self._caller.pages(self._path("peek"), fields, timeout=timeout)
        return cast(Iterator[SeenMessage], pages)

    def message(self, message_id: str, *, timeout: Optional[float] = None) -> MessageWithFailures:
        """One message with its failed deliveries. Raises `MESSAGE_NOT_FOUND`."""
        answer = self._caller.get(self._path("message", message_id), timeout=timeout)
        return cast(MessageWithFailures, answer)

    def _settle(
        self,
        verb: str,
        message: MessageRef,
        fields: Dict[str, Any],
        idempotency_key: IdempotencyKey,
        timeout: Optional[float],
    ) -> Dict[str, Any]:
        delivery = delivery_of(message)
        return self._caller.call(
            "POST",
            self._path(verb),
            {**delivery, **without_none(fields)},
            needs_key=_lacks_receipt(delivery),
            idempotency_key=idempotency_key,
            timeout=timeout,
        )


def _lacks_receipt(*deliveries: Mapping[str, Any]) -> bool:
    """Whether a second call might meet the next delivery of a message, which somebody else has."""
    return any(delivery.get("receipt") is None for delivery in deliveries)
