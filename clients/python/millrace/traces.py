"""Passes a W3C `traceparent` from the publisher of a message to its handler."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Dict, Optional

from .caller import IdempotencyKey

HEADER = "traceparent"

#: The trace that messages published in this context belong to. A worker sets it for its handler.
current_traceparent: ContextVar[Optional[str]] = ContextVar("millrace_traceparent", default=None)


def headers_with_trace(
    headers: Optional[Dict[str, str]], idempotency_key: IdempotencyKey = None
) -> Optional[Dict[str, str]]:
    """The headers of a new message, with the current trace unless they name one.

    A call with a key of the caller's own is left alone: its retry may come from another trace, and the
    server refuses a key that returns with another message.
    """
    trace = current_traceparent.get()
    if trace is None or isinstance(idempotency_key, str) or HEADER in (headers or {}):
        return headers
    return {**(headers or {}), HEADER: trace}
