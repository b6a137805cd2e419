"""What a worker says about itself."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Dict, Optional, TypedDict

from .fetching import Fetcher
from .lease_keeper import LeaseKeeper
from .slots import Slots


class Health(TypedDict):
    #: starting, working, paused, stopping, stopped, or failed: its first fetch was refused.
    state: str
    #: Whether it works, or waits for messages or for the server. For a liveness probe.
    is_alive: bool
    #: Whether its last fetch succeeded. For a readiness probe.
    is_connected: bool
    #: What it waits for: messages, a free thread, the server, resume, or running handlers.
    waits_for: Optional[str]
    #: ISO 8601.
    last_fetched_at: Optional[str]
    #: How long no fetch has succeeded.
    failing_seconds: Optional[float]
    last_error: Optional[str]
    #: Messages that are here and not finished.
    in_hand: int
    #: Handled messages whose ack or nack is not answered.
    unsettled: int
    #: Handlers that go on although they were told to end.
    overdue: int
    counters: Dict[str, int]


def describe(
    state: str, fetcher: Fetcher, slots: Slots, keeper: LeaseKeeper, counters: Dict[str, int]
) -> Health:
    fetched_at = fetcher.last_fetched_at
    failing_seconds = fetcher.failing_seconds
    error = fetcher.last_error
    return {
        "state": state,
        "is_alive": state in ("starting", "working", "paused", "stopping"),
        "is_connected": fetched_at is not None and failing_seconds is None,
        "waits_for": _waits_for(state, fetcher, slots),
        "last_fetched_at": None if fetched_at is None else _iso(fetched_at),
        "failing_seconds": failing_seconds,
        "last_error": None if error is None else str(error),
        "in_hand": slots.in_hand,
        "unsettled": slots.unsettled,
        "overdue": keeper.overdue,
        "counters": counters,
    }


def _waits_for(state: str, fetcher: Fetcher, slots: Slots) -> Optional[str]:
    if state in ("stopped", "failed"):
        return None
    if state == "stopping":
        return "running handlers"
    if state == "paused":
        return "resume"
    if fetcher.failing_seconds is not None:
        return "the server"
    return "a free thread" if slots.has_waiter else "messages"


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, timezone.utc).isoformat(timespec="milliseconds")
