"""The client."""

from __future__ import annotations

import os
import ssl
from typing import Iterator, Optional, Sequence, cast

from .caller import Caller, IdempotencyKey, segment, without_none
from .calls.on_queue import time_text
from .connections import Connections
from .queue import Queue
from .records import (
    AuditEntry,
    CreatedKey,
    KeyRecord,
    ListedQueue,
    RevokeResult,
    Time,
    WhoamiResult,
)
from .retry import RetryPolicy


class Millrace:
    """A client of one millrace server. It may be shared by all threads of a process.

    - `base_url`: the address of the server; else the variable `MILLRACE_URL`.
    - `api_key`: else the variable `MILLRACE_API_KEY`.
    - `timeout`: seconds that a call may take in all, retries included. Only the lookup of the host's
      name, which the system bounds, comes on top.
    - `attempt_timeout`: seconds after which an attempt without an answer is given up. A call that
      asks the server to wait has that time in addition, in both.
    - `retries`: attempts after the first one, on network errors, 429, 502, 503 and 504, with
      exponential backoff, full jitter and respect for `Retry-After`, up to five minutes of it.
    - `idempotency`: whether `create`, `publish`, `publish_batch`, `consume`, `delete`, `dlq_redrive`
      and `create_key` make an idempotency key of their own. Without one, such a call is repeated only
      if it is certain that nothing was done.
    - `ssl_context`: for https, in place of Python's default.
    - `max_idle_connections`: connections kept open between calls.
    """

    def __init__(
        self,
        base_url: Optional[str] = None,
        api_key: Optional[str] = None,
        *,
        timeout: float = 60.0,
        attempt_timeout: float = 15.0,
        retries: int = 8,
        idempotency: bool = True,
        ssl_context: Optional[ssl.SSLContext] = None,
        max_idle_connections: int = 64,
    ) -> None:
        base_url = os.environ.get("MILLRACE_URL") if base_url is None else base_url
        api_key = os.environ.get("MILLRACE_API_KEY") if api_key is None else api_key
        if not base_url:
            raise ValueError("base_url is missing or empty: pass it, or set MILLRACE_URL")
        if not api_key:
            raise ValueError("api_key is missing or empty: pass it, or set MILLRACE_API_KEY")
        # http.client would quote the key in its own error.
        if not all("!" <= letter <= "~" for letter in api_key):
            raise ValueError("api_key must be printable ASCII without spaces or line feeds")
        _require_positive("timeout", timeout)
        _require_positive("attempt_timeout", attempt_timeout)
        if retries < 0:
            raise ValueError("retries must be 0 or more")
        self.base_url = base_url
        self._caller = Caller(
            Connections(base_url, ssl_context, max_idle_connections),
            api_key,
            RetryPolicy(retries, timeout, attempt_timeout),
            makes_keys=idempotency,
        )

    def __repr__(self) -> str:
        return f"<Millrace {self.base_url}>"

    def __enter__(self) -> Millrace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the idle connections; later calls open new ones."""
        self._caller.close()

    def queue(self, name: str) -> Queue:
        """The queue with this name, whether it exists or not."""
        return Queue(self._caller, name)

    def list(
        self,
        *,
        prefix: Optional[str] = None,
        include: Optional[str] = None,
        page_size: Optional[int] = None,
        timeout: Optional[float] = None,
    ) -> Iterator[ListedQueue]:
        """The queues of the project, by name.

        With `include="stats,activity"`, or one of the two, each has its `stats` and its `activity`
        in the last minute.
        """
        fields = {"prefix": prefix, "include": include, "limit": page_size}
        pages = self._caller.pages("/v1/queue/list", fields, timeout=timeout)
        return cast(Iterator[ListedQueue], pages)

    def create_key(
        self,
        *,
        name: Optional[str] = None,
        project: Optional[str] = None,
        scopes: Optional[Sequence[str]] = None,
        expires_at: Optional[Time] = None,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
    ) -> CreatedKey:
        """Creates an API key; the field `key` is its secret, which is not shown again."""
        fields = {
            "name": name,
            "project": project,
            "scopes": scopes,
            "expires_at": time_text(expires_at),
        }
        answer = self._caller.call(
            "POST",
            "/v1/account/keys/create",
            without_none(fields),
            needs_key=True,
            idempotency_key=idempotency_key,
            timeout=timeout,
        )
        return cast(CreatedKey, answer)

    def list_keys(
        self, *, page_size: Optional[int] = None, timeout: Optional[float] = None
    ) -> Iterator[KeyRecord]:
        """The keys of all projects, without their secrets."""
        pages = self._caller.pages("/v1/account/keys/list", {"limit": page_size}, timeout=timeout)
        return cast(Iterator[KeyRecord], pages)

    def revoke_key(
        self,
        key_id: str,
        *,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
    ) -> RevokeResult:
        """Revokes a key for good."""
        answer = self._caller.call(
            "POST",
            f"/v1/account/keys/revoke/{segment(key_id)}",
            None,
            idempotency_key=idempotency_key,
            timeout=timeout,
        )
        return cast(RevokeResult, answer)

    def whoami(self, *, timeout: Optional[float] = None) -> WhoamiResult:
        """The project and the scopes of the key of this client. Any valid key may ask."""
        answer = self._caller.get("/v1/account/whoami", timeout=timeout)
        return cast(WhoamiResult, answer)

    def audit(
        self, *, page_size: Optional[int] = None, timeout: Optional[float] = None
    ) -> Iterator[AuditEntry]:
        """Administrative calls that were done or refused, newest first."""
        pages = self._caller.pages("/v1/account/audit", {"limit": page_size}, timeout=timeout)
        return cast(Iterator[AuditEntry], pages)


def _require_positive(name: str, seconds: float) -> None:
    if not seconds > 0:
        raise ValueError(f"{name} must be a number of seconds above 0")
