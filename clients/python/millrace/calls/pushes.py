"""The calls on the push subscriptions of a queue."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Union, cast

from ..caller import IdempotencyKey
from ..records import PushDelivery, PushSubscription, PushTestResult, UnsubscribeResult
from .on_queue import UNSET, OnQueue, Unset, without_unset


class PushCalls(OnQueue):
    def push_subscribe(
        self,
        url: str,
        *,
        secret: Union[str, None, Unset] = UNSET,
        max_retries: Union[int, None, Unset] = UNSET,
        visibility_timeout: Union[float, None, Unset] = UNSET,
        dead_letter_queue: Union[str, None, Unset] = UNSET,
        format: Union[str, None, Unset] = UNSET,
        max_in_flight: Union[int, None, Unset] = UNSET,
        headers: Union[Dict[str, str], None, Unset] = UNSET,
        allowed_message_headers: Union[Sequence[str], None, Unset] = UNSET,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
    ) -> PushSubscription:
        """Has the messages posted to `url`, or changes the given settings of that subscription.

        None resets a setting to the queue's value or to the default. `format` is message or payload.
        """
        fields = {
            "url": url,
            "secret": secret,
            "max_retries": max_retries,
            "visibility_timeout": visibility_timeout,
            "dead_letter_queue": dead_letter_queue,
            "format": format,
            "max_in_flight": max_in_flight,
            "headers": headers,
            "allowed_message_headers": allowed_message_headers,
        }
        answer = self._caller.call(
            "POST",
            self._path("push_subscribe"),
            without_unset(fields),
            idempotency_key=idempotency_key,
            timeout=timeout,
        )
        return cast(PushSubscription, answer)

    def push_subscriptions(self, *, timeout: Optional[float] = None) -> List[PushSubscription]:
        """The subscriptions, oldest first."""
        answer = self._caller.get(self._path("push_subscriptions"), timeout=timeout)
        return cast(List[PushSubscription], answer["items"])

    def push_unsubscribe(
        self,
        subscription_id: str,
        *,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
    ) -> UnsubscribeResult:
        """Deletes a subscription; the messages stay in the queue."""
        answer = self._caller.call(
            "DELETE",
            self._path("push_subscribe", subscription_id),
            None,
            idempotency_key=idempotency_key,
            timeout=timeout,
        )
        return cast(UnsubscribeResult, answer)

    def push_pause(
        self,
        subscription_id: str,
        *,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
    ) -> PushSubscription:
        """Pauses a subscription; pushes under way finish."""
        answer = self._act(subscription_id, "pause", idempotency_key, timeout)
        return cast(PushSubscription, answer)

    def push_resume(
        self,
        subscription_id: str,
        *,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
    ) -> PushSubscription:
        """Resumes a paused subscription."""
        answer = self._act(subscription_id, "resume", idempotency_key, timeout)
        return cast(PushSubscription, answer)

    def push_test(
        self, subscription_id: str, *, timeout: Optional[float] = None
    ) -> PushTestResult:
        """Posts one test message and reports the result, after 10 seconds at most."""
        return cast(PushTestResult, self._act(subscription_id, "test", None, timeout, 10))

    def push_deliveries(
        self, subscription_id: str, *, timeout: Optional[float] = None
    ) -> List[PushDelivery]:
        """The last 100 pushes, newest first."""
        path = self._path("push_subscribe", subscription_id) + "/deliveries"
        return cast(List[PushDelivery], self._caller.get(path, timeout=timeout)["items"])

    def _act(
        self,
        subscription_id: str,
        action: str,
        idempotency_key: IdempotencyKey,
        timeout: Optional[float],
        wait_seconds: float = 0,
    ) -> Dict[str, Any]:
        return self._caller.call(
            "POST",
            f"{self._path('push_subscribe', subscription_id)}/{action}",
            None,
            idempotency_key=idempotency_key,
            timeout=timeout,
            wait_seconds=wait_seconds,
        )
