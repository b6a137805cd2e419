"""Makes a call: encodes it, sends it, repeats it, and reads its answer."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any, Callable, Dict, Iterator, Mapping, Optional, Union
from urllib.parse import quote, urlencode

from ._version import __version__
from .connections import Answer, Connections
from .envelope import read_answer
from .errors import MillraceError
from .retry import RetryPolicy
from .traces import request_headers

#: A key of one's own; None for one that is made where it is needed; False for none.
IdempotencyKey = Union[str, bool, None]

Fields = Mapping[str, Any]

#: Of the call with the largest bodies, which is publish_batch. The server refuses smaller ones itself.
_BODY_MAX_BYTES = 17 * 1024 * 1024

#: No socket can wait for some weeks or for ever, which a client without limits would ask of it.
_ATTEMPT_MAX_SECONDS = 86_400.0


class Caller:
    """Makes the calls of one client."""

    def __init__(
        self, connections: Connections, api_key: str, policy: RetryPolicy, *, makes_keys: bool
    ) -> None:
        self._connections = connections
        self._policy = policy
        self._makes_keys = makes_keys
        self._headers = {
            "Authorization": f"Bearer {api_key}",
            "User-Agent": f"millrace-python/{__version__}",
        }

    def get(
        self, path: str, fields: Optional[Fields] = None, *, timeout: Optional[float] = None
    ) -> Dict[str, Any]:
        query = urlencode(without_none(fields or {}))
        return self.call("GET", f"{path}?{query}" if query else path, None, timeout=timeout)

    def call(
        self,
        method: str,
        path: str,
        fields: Optional[Fields],
        *,
        needs_key: bool = False,
        idempotency_key: IdempotencyKey = None,
        timeout: Optional[float] = None,
        wait_seconds: float = 0,
        retries: Optional[int] = None,
    ) -> Dict[str, Any]:
        """Returns the `data` of the answer, or raises MillraceError.

        A call that `needs_key` would do something twice when it is repeated without an idempotency
        key; the server waits `wait_seconds` before it answers.
        """
        key = self._key(idempotency_key, needs_key)
        if key is not None:
            # Not as the header Idempotency-Key, which cannot carry every text.
            fields = {**(fields or {}), "idempotency_key": key}
        headers = {**self._headers, **request_headers()}
        body = None
        if fields is not None:
            body = encode(fields)
            _refuse_too_large(body)
            headers["Content-Type"] = "application/json"
        policy = self._policy_of(timeout, retries, wait_seconds)
        return self._repeat(
            lambda seconds: self._connections.send(method, path, body, headers, seconds),
            policy,
            is_repeatable=key is not None or not needs_key,
        )

    def pages(
        self, path: str, fields: Fields, *, timeout: Optional[float] = None
    ) -> Iterator[Dict[str, Any]]:
        """The items of all pages; a page is asked for when its first item is needed."""
        cursor: Optional[str] = None
        while True:
            page = self.get(path, {**fields, "cursor": cursor}, timeout=timeout)
            yield from page["items"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def new_key(self) -> Optional[str]:
        """A new idempotency key; None if this client makes none."""
        return str(uuid.uuid4()) if self._makes_keys else None

    def close(self) -> None:
        self._connections.close()

    def _key(self, given: IdempotencyKey, needs_key: bool) -> Optional[str]:
        if given is None:
            return self.new_key() if needs_key else None
        if given is False:
            return None
        if not isinstance(given, str):
            # The number of an order, say: without a key, its message could be stored twice.
            raise ValueError("idempotency_key must be a text, False or None")
        return given

    def _policy_of(
        self, timeout: Optional[float], retries: Optional[int], wait_seconds: float
    ) -> RetryPolicy:
        policy = self._policy
        return RetryPolicy(
            policy.retries if retries is None else retries,
            policy.timeout + wait_seconds if timeout is None else timeout,
            min(policy.attempt_timeout + wait_seconds, _ATTEMPT_MAX_SECONDS),
        )

    @staticmethod
    def _repeat(
        send: Callable[[float], Answer], policy: RetryPolicy, *, is_repeatable: bool
    ) -> Dict[str, Any]:
        deadline = time.monotonic() + policy.timeout
        failures = 0
        while True:
            left = deadline - time.monotonic()
            try:
                return read_answer(send(max(0.001, min(policy.attempt_timeout, left))))
            except MillraceError as error:
                failures += 1
                pause = policy.pause_after(
                    error,
                    failures,
                    is_repeatable=is_repeatable,
                    left_seconds=deadline - time.monotonic(),
                )
                if pause is None:
                    raise
            time.sleep(pause)


def _refuse_too_large(body: bytes) -> None:
    """Raises what the server answers, which ends the connection before such a body has been sent."""
    if len(body) > _BODY_MAX_BYTES:
        rule = f"must be at most {_BODY_MAX_BYTES} bytes"
        raise MillraceError(
            "PAYLOAD_TOO_LARGE",
            f"The body {rule}.",
            status=413,
            hint="Send the messages in several batches, and references in place of large data.",
            details=[{"path": "", "message": rule}],
        )


def encode(value: Any) -> bytes:
    """Compact JSON. Raises TypeError or ValueError for what JSON cannot express."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


def without_none(fields: Fields) -> Dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def segment(text: str) -> str:
    """A text as one segment of a path."""
    return quote(text, safe="")
