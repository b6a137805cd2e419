"""Which errors a worker waits out."""

from __future__ import annotations

from ..errors import MillraceError


def is_outage(error: MillraceError) -> bool:
    """Whether the server, or something before it, is in trouble; a refusal of the call is not."""
    return (
        error.retryable
        or error.code == "INVALID_ANSWER"
        or (error.status is not None and error.status >= 500)
    )
