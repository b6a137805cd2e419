"""The calls that create, show, change, empty and delete a queue."""

from __future__ import annotations

from typing import cast, Literal, Optional, overload, Union

from ..caller import IdempotencyKey, without_none
from ..records import DayHistory, DeleteResult, History, PurgeResult, QueueRecord, QueueStats
from .on_queue import UNSET, OnQueue, Unset, without_unset


class SettingsCalls(OnQueue):
    def create(
        self,
        *,
        type: Optional[str] = None,
        dead_letter_queue: Optional[str] = None,
        max_retries: Optional[int] = None,
        max_expired_leases: Optional[int] = None,
        message_retention_days: Optional[int] = None,
        visibility_timeout_default: Optional[float] = None,
        enable_priority: Optional[bool] = None,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
    ) -> QueueRecord:
        """Creates the queue, or compares the given settings with those of the existing one.

        `type` is standard or fifo; `visibility_timeout_default` is in seconds. Raises `QUEUE_EXISTS`
        if a setting differs.
        """
        fields = {
            "name": self.name,
            "type": type,
            "dead_letter_queue": dead_letter_queue,
            "max_retries": max_retries,
            "max_expired_leases": max_expired_leases,
            "message_retention_days": message_retention_days,
            "visibility_timeout_default": visibility_timeout_default,
            "enable_priority": enable_priority,
        }
        answer = self._caller.call(
            "POST",
            "/v1/queue/create",
            without_none(fields),
            needs_key=True,
            idempotency_key=idempotency_key,
            timeout=timeout,
        )
        return cast(QueueRecord, answer)

    def get(self, *, timeout: Optional[float] = None) -> QueueRecord:
        """The settings of the queue."""
        return cast(QueueRecord, self._caller.get(self._path("get"), timeout=timeout))

    def update(
        self,
        *,
        type: Union[str, Unset] = UNSET,
        dead_letter_queue: Union[str, None, Unset] = UNSET,
        max_retries: Union[int, Unset] = UNSET,
        max_expired_leases: Union[int, None, Unset] = UNSET,
        message_retention_days: Union[int, Unset] = UNSET,
        visibility_timeout_default: Union[float, Unset] = UNSET,
        enable_priority: Union[bool, Unset] = UNSET,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
    ) -> QueueRecord:
        """Changes the given settings; None clears `dead_letter_queue` and `max_expired_leases`."""
        fields = {
            "type": type,
            "dead_letter_queue": dead_letter_queue,
            "max_retries": max_retries,
            "max_expired_leases": max_expired_leases,
            "message_retention_days": message_retention_days,
            "visibility_timeout_default": visibility_timeout_default,
            "enable_priority": enable_priority,
        }
        answer = self._caller.call(
            "PATCH",
            self._path("update"),
            without_unset(fields),
            idempotency_key=idempotency_key,
            timeout=timeout,
        )
        return cast(QueueRecord, answer)

    def delete(
        self, *, idempotency_key: IdempotencyKey = None, timeout: Optional[float] = None
    ) -> DeleteResult:
        """Deletes the queue with all its messages and subscriptions."""
        answer = self._caller.call(
            "DELETE",
            self._path("delete"),
            None,
            needs_key=True,
            idempotency_key=idempotency_key,
            timeout=timeout,
        )
        return cast(DeleteResult, answer)

    def purge(
        self, *, idempotency_key: IdempotencyKey = None, timeout: Optional[float] = None
    ) -> PurgeResult:
        """Removes all messages, leased ones included, but not the dead letters."""
        answer = self._caller.call(
            "POST", self._path("purge"), None, idempotency_key=idempotency_key, timeout=timeout
        )
        return cast(PurgeResult, answer)

    def stats(self, *, timeout: Optional[float] = None) -> QueueStats:
        """Exact counts of the messages by state."""
        return cast(QueueStats, self._caller.get(self._path("stats"), timeout=timeout))

    @overload
    def history(
        self, *, span: Literal["hour"] = "hour", timeout: Optional[float] = None
    ) -> History: ...

    @overload
    def history(
        self, *, span: Literal["day"], timeout: Optional[float] = None
    ) -> DayHistory: ...

    def history(
        self, *, span: str = "hour", timeout: Optional[float] = None
    ) -> Union[History, DayHistory]:
        """Depth and rates for each minute of the last hour, or each quarter of an hour of the day."""
        fields = None if span == "hour" else {"span": span}
        answer = self._caller.get(self._path("history"), fields, timeout=timeout)
        return cast(History, answer) if span == "hour" else cast(DayHistory, answer)
