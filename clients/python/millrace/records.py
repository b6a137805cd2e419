"""The records of PROTOCOL.md, as the server sends them. Optional fields may be absent."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Optional, TypedDict, Union

#: A time as the server takes it: ISO 8601, epoch milliseconds, or an aware datetime.
Time = Union[str, int, datetime]


class _NewMessage(TypedDict):
    payload: Any


class NewMessage(_NewMessage, total=False):
    """An entry of `publish_batch`."""

    delay_seconds: Optional[float]
    priority: Optional[int]
    message_group_id: Optional[str]
    deduplication_id: Optional[str]
    headers: Optional[Dict[str, str]]


class _QueueMessage(TypedDict):
    message_id: str
    queue: str
    payload: Any
    priority: int
    enqueued_at: str
    delivery_count: int


class QueueMessage(_QueueMessage, total=False):
    """A message; `receipt` and `lease_expires_at` are there if it was consumed."""

    headers: Dict[str, str]
    message_group_id: str
    deduplication_id: str
    receipt: str
    lease_expires_at: str
    source_queue: str
    dead_lettered_at: str
    dead_letter_reason: str
    last_error: str


class SeenMessage(QueueMessage, total=False):
    """A message that was looked at: its `state` is available, delayed, leased or dead."""

    state: str
    state_reason: str


class FailedDelivery(TypedDict, total=False):
    at: str
    how: str
    error: str
    key_id: str


class MessageWithFailures(SeenMessage, total=False):
    failed_deliveries: List[FailedDelivery]


class _Delivery(TypedDict):
    message_id: str


class Delivery(_Delivery, total=False):
    """Names a message, and with the receipt one delivery of it."""

    receipt: Optional[str]


class Nack(Delivery, total=False):
    """An entry of `nack_batch`."""

    requeue: bool
    delay_seconds: Optional[float]
    error: Optional[str]


class BatchError(TypedDict, total=False):
    code: str
    message: str
    hint: str


class AckResult(_Delivery, total=False):
    acked: bool
    error: BatchError


class NackResult(_Delivery, total=False):
    nacked: bool
    requeued: bool
    error: BatchError


class ExtendResult(_Delivery, total=False):
    extended: bool
    lease_expires_at: str


class _QueueStats(TypedDict):
    queue: str
    available: int
    in_flight: int
    delayed: int
    dlq: int
    waiting_consumers: int


class QueueStats(_QueueStats, total=False):
    oldest_age_seconds: float
    last_fetch_at: str
    last_fetch_key_id: str


class _QueueRecord(TypedDict):
    queue: str
    type: str
    max_retries: int
    max_expired_leases: int
    visibility_timeout_default: float
    message_retention_days: int
    enable_priority: bool
    created_at: str
    updated_at: str


class QueueRecord(_QueueRecord, total=False):
    dead_letter_queue: str


class QueueActivity(TypedDict):
    published: int
    delivered: int
    acked: int
    failed: int
    dead_lettered: int


class ListedQueue(QueueRecord, total=False):
    stats: QueueStats
    activity: QueueActivity


class Minute(QueueActivity):
    at: str
    depth: int


class QuarterHour(QueueActivity):
    at: str
    depth: int


class History(TypedDict):
    queue: str
    minutes: List[Minute]


class DayHistory(TypedDict):
    queue: str
    quarter_hours: List[QuarterHour]


class DeleteResult(TypedDict):
    queue: str
    deleted: bool


class PurgeResult(TypedDict):
    queue: str
    purged: int


class RedriveResult(TypedDict):
    queue: str
    redriven: int


class _PushSubscription(TypedDict):
    subscription_id: str
    id: str
    queue: str
    url: str
    state: str
    signed: bool
    format: str
    max_in_flight: int
    created_at: str
    updated_at: str


class PushSubscription(_PushSubscription, total=False):
    paused_reason: str
    breaker: str
    next_probe_at: str
    max_retries: int
    visibility_timeout: float
    dead_letter_queue: str
    headers: Dict[str, str]
    allowed_message_headers: List[str]


class UnsubscribeResult(TypedDict):
    subscription_id: str
    deleted: bool


class PushTestResult(TypedDict, total=False):
    delivered: bool
    status: int
    duration_ms: int
    error: str


class PushDelivery(TypedDict, total=False):
    at: str
    message_id: str
    attempt: int
    status: int
    duration_ms: int
    error: str


class _KeyRecord(TypedDict):
    key_id: str
    project: str
    scopes: List[str]
    created_at: str


class KeyRecord(_KeyRecord, total=False):
    name: str
    expires_at: str
    revoked_at: str
    last_used_at: str


class CreatedKey(KeyRecord, total=False):
    key: str


class RevokeResult(TypedDict):
    key_id: str
    revoked: bool


class WhoamiResult(TypedDict):
    key_id: str
    project: str
    scopes: List[str]


class AuditEntry(TypedDict, total=False):
    at: str
    action: str
    outcome: str
    code: str
    key_id: str
    project: str
    target: str
    address: str
    request_id: str
    count: int
