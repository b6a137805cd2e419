"""Connections whose requests and answers end at a deadline, however slowly the other side goes on.

The timeout of a socket bounds one wait, and each byte that arrives begins another.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import Any, List, Optional, Tuple, Union

_Address = Tuple[str, int]


class _DeadlineConnection(http.client.HTTPConnection):
    """The whole exchange, the connecting included, has to be over at `deadline`."""

    deadline = float("inf")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # http.client would give each address of the host the whole time.
        self._create_connection = self._dial

    def send(self, data: Any) -> None:
        rest = memoryview(data)
        while rest:
            self.sock.settimeout(seconds_until(self.deadline))
            rest = rest[self.sock.send(rest) :]

    def getresponse(self) -> http.client.HTTPResponse:
        # Set for each request, because a connection is used for many.
        self.response_class = self._response  # type: ignore[assignment]
        return super().getresponse()

    def _response(
        self, sock: socket.socket, *arguments: Any, **options: Any
    ) -> http.client.HTTPResponse:
        response = http.client.HTTPResponse(sock, *arguments, **options)
        response.fp.close()
        response.fp = io.BufferedReader(_DeadlineReader(sock, self.deadline))
        return response

    def _dial(
        self, address: _Address, _timeout: object = None, _source: object = None
    ) -> socket.socket:
        """Tries the addresses of the host in turn, each with an equal part of the time that is left."""
        host, port = address
        # The system gives no way to bound this.
        found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
        errors: List[OSError] = []
        for index, (family, kind, protocol, _, target) in enumerate(found):
            connection: Optional[socket.socket] = None
            try:
                connection = socket.socket(family, kind, protocol)
                connection.settimeout(seconds_until(self.deadline) / (len(found) - index))
                connection.connect(target)
                connection.settimeout(seconds_until(self.deadline))
                return connection
            except OSError as error:
                errors.append(error)
                if connection is not None:
                    connection.close()
        raise errors[0] if errors else OSError("the host has no address")


class HttpConnection(_DeadlineConnection):
    """Without TLS."""


class HttpsConnection(_DeadlineConnection, http.client.HTTPSConnection):
    """With TLS."""


DeadlineConnection = Union[HttpConnection, HttpsConnection]


class _DeadlineReader(io.RawIOBase):
    """What a socket receives until the deadline."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._socket = sock
        self._deadline = deadline
        # Keeps the socket open when its connection is closed before the answer is read.
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Optional[int]:
        self._socket.settimeout(seconds_until(self._deadline))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def seconds_until(deadline: float) -> float:
    """The time that is left. Raises TimeoutError if there is none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time is up")
    return left
