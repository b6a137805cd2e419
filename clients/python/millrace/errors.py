"""The one error of this package."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

#: The server cannot have begun the call.
_NOTHING_DONE = frozenset({"NOT_CONNECTED", "RATE_LIMITED", "OVERLOADED", "STORE_UNAVAILABLE"})


class MillraceError(Exception):
    """A call that was refused, or that got no usable answer.

    `code` is one of the codes in PROTOCOL.md, or one of three that only a client can know:

    - `NOT_CONNECTED`: there was no connection, so nothing was done.
    - `NO_ANSWER`: the connection broke or the time was up after the request was sent.
    - `INVALID_ANSWER`: the answer is not one of millrace's, for example a proxy's error page.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: Optional[int] = None,
        hint: Optional[str] = None,
        details: Optional[List[Dict[str, str]]] = None,
        request_id: Optional[str] = None,
        retryable: bool = False,
        retry_after_seconds: Optional[float] = None,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        #: The HTTP status, or None if there was no answer. A body that is too large for any call is refused
        #: without one, with the code and the status of the server.
        self.status = status
        #: What to do next.
        self.hint = None if hint is None else str(hint)
        #: The fields that break a rule: `{"path": "/delay_seconds", "message": "…"}`.
        self.details: List[Dict[str, str]] = (
            # What came through a proxy may be anything.
            [at for at in details if isinstance(at, dict)] if isinstance(details, list) else []
        )
        self.request_id = request_id
        #: Whether the same call may succeed later.
        self.retryable = retryable
        self.retry_after_seconds = retry_after_seconds

    @property
    def nothing_was_done(self) -> bool:
        """Whether it is certain that the call had no effect."""
        refused = self.status is not None and 400 <= self.status < 500
        return self.code in _NOTHING_DONE or (refused and self.code != "INVALID_ANSWER")

    def __str__(self) -> str:
        fields = "; ".join(f"{at.get('path')} {at.get('message')}" for at in self.details)
        parts = [self.message, fields, self.hint]
        return f"{self.code}: " + " | ".join(part for part in parts if part)

    def __reduce__(self) -> Any:
        # Errors must survive the way from a worker process to its parent.
        return (_restore, (self.code, self.message, self.__dict__))


def _restore(code: str, message: str, fields: Dict[str, Any]) -> MillraceError:
    error = MillraceError(code, message)
    error.__dict__.update(fields)
    return error
