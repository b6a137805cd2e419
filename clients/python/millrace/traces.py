"""Passes a W3C `traceparent` from the publisher of a message to its handler, and on to the server."""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Dict, Optional

if TYPE_CHECKING:
    from .caller import IdempotencyKey

HEADER = "traceparent"
#: Servers ignore any other text, and some of them cannot be sent as a header.
_VALID = re.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

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


def request_headers() -> Dict[str, str]:
    """The headers that tell a server which trace a call belongs to."""
    trace = current_traceparent.get()
    return {HEADER: trace} if trace is not None and _VALID.fullmatch(trace) else {}
