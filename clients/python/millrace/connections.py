"""Connections that stay open between requests."""

from __future__ import annotations

import http.client
import os
import select
import ssl
import threading
import time
from dataclasses import dataclass
from email.message import Message
from typing import List, Mapping, Optional, Tuple
from urllib.parse import urlsplit

from .deadlines import DeadlineConnection, HttpConnection, HttpsConnection
from .errors import MillraceError

#: Larger than any answer of the server.
_ANSWER_MAX_BYTES = 64 * 1024 * 1024
_READ_BYTES = 256 * 1024
_URL_RULE = "base_url must be an http or https url, like http://127.0.0.1:8080"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes
    #: Whether the answer says how long it is. One that was cut in its headers does not.
    tells_its_end: bool


class Connections:
    """A pool of HTTP/1.1 connections to one server.

    A thread that sends a request has a connection of its own until the answer is read. Idle
    connections are kept for the next thread, `max_idle` at most.
    """

    def __init__(self, base_url: str, ssl_context: Optional[ssl.SSLContext], max_idle: int) -> None:
        try:
            url = urlsplit(base_url)
            port = url.port
            host = url.hostname or ""
            # As the system will do it for each connection: not every text can be the name of a host.
            host.encode("idna")
            url.path.encode("ascii")
        except ValueError:
            # Its own text quotes what stands in the place of the port.
            raise ValueError(_URL_RULE) from None
        if any(letter <= " " or letter == "\x7f" for letter in host + url.path):
            raise ValueError(_URL_RULE)
        if url.scheme not in ("http", "https") or not host or url.query or url.fragment:
            raise ValueError(_URL_RULE)
        if url.username is not None or url.password is not None:
            raise ValueError("base_url must not contain a user name or a password; use api_key")
        self._host = host
        self._is_tls = url.scheme == "https"
        if port is None:
            # Left to http.client, it would be the last group of an IPv6 address.
            port = http.client.HTTPS_PORT if self._is_tls else http.client.HTTP_PORT
        self._port = port
        self._path = url.path.rstrip("/")
        self._ssl_context = ssl_context
        self._max_idle = max_idle
        self._idle: List[DeadlineConnection] = []
        self._lock = threading.Lock()
        self._process_id = os.getpid()

    def send(
        self,
        method: str,
        path: str,
        body: Optional[bytes],
        headers: Mapping[str, str],
        timeout_seconds: float,
    ) -> Answer:
        """Sends one request and reads its answer.

        Raises MillraceError: `NOT_CONNECTED` or `NO_ANSWER`.
        """
        deadline = time.monotonic() + timeout_seconds
        connection = self._open_connection(deadline)
        try:
            connection.request(method, self._path + path, body=body, headers=headers)
            response = connection.getresponse()
            tells_its_end = response.length is not None or response.chunked
            text = _read_all(response)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise MillraceError(
                "NO_ANSWER", f"the answer was lost: {_reason(error)}", retryable=True
            ) from error
        except BaseException:
            connection.close()
            raise
        self._give_back(connection, reusable=not response.will_close)
        return Answer(response.status, response.headers, text, tells_its_end)

    def close(self) -> None:
        """Closes the idle connections; later requests open new ones."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _open_connection(self, deadline: float) -> DeadlineConnection:
        while True:
            connection = self._take_idle()
            if connection is None:
                return self._connect(deadline)
            if not _was_closed_by_server(connection):
                connection.deadline = deadline
                return connection
            connection.close()

    def _take_idle(self) -> Optional[DeadlineConnection]:
        with self._lock:
            if self._process_id != os.getpid():
                # After a fork the sockets belong to the parent.
                self._process_id = os.getpid()
                self._idle = []
            return self._idle.pop() if self._idle else None

    def _connect(self, deadline: float) -> DeadlineConnection:
        connection: DeadlineConnection
        if self._is_tls:
            connection = HttpsConnection(self._host, self._port, context=self._ssl_context)
        else:
            connection = HttpConnection(self._host, self._port)
        connection.deadline = deadline
        try:
            connection.connect()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise MillraceError(
                "NOT_CONNECTED",
                f"no connection to {connection.host}:{connection.port}: {_reason(error)}",
                hint="check base_url, and whether the server runs",
                retryable=not isinstance(error, ssl.SSLCertVerificationError),
            ) from error
        return connection

    def _give_back(self, connection: DeadlineConnection, *, reusable: bool) -> None:
        with self._lock:
            if reusable and len(self._idle) < self._max_idle and self._process_id == os.getpid():
                self._idle.append(connection)
                return
        connection.close()


def _read_all(response: http.client.HTTPResponse) -> bytes:
    chunks: List[bytes] = []
    size = 0
    length = response.length
    while length is None or size < length:
        chunk = response.read1(_READ_BYTES if length is None else min(_READ_BYTES, length - size))
        if not chunk:
            break
        chunks.append(chunk)
        size += len(chunk)
        if size > _ANSWER_MAX_BYTES:
            raise MillraceError("INVALID_ANSWER", "the answer is too large", status=response.status)
    # read1 does not report that a body ended too early.
    if length is not None and size < length:
        raise http.client.IncompleteRead(b"", length - size)
    response.close()
    return b"".join(chunks)


def _was_closed_by_server(connection: DeadlineConnection) -> bool:
    """Whether an idle connection has something to read, which can only be its end."""
    if connection.sock is None:
        return True
    wait = _readable_by_poll if hasattr(select, "poll") else _readable_by_select
    return wait(connection.sock.fileno())


def _readable_by_poll(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLERR | select.POLLHUP)
    return bool(poll.poll(0))


def _readable_by_select(descriptor: int) -> bool:
    readable: Tuple[List[int], List[int], List[int]] = select.select([descriptor], [], [], 0)
    return bool(readable[0])


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
