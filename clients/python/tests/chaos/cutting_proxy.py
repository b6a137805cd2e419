"""A proxy that cuts some of the answers."""

from __future__ import annotations

import random
import socket
import threading

_CHUNK_BYTES = 65_536


class CuttingProxy:
    """Forwards connections to a port, and ends one in so many in the middle of an answer."""

    def __init__(self, target_port: int, one_in: int, rng: random.Random) -> None:
        self._target_port = target_port
        self._one_in = one_in
        self._rng = rng
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._link, args=(client,), daemon=True).start()

    def _link(self, client: socket.socket) -> None:
        try:
            target = socket.create_connection(("127.0.0.1", self._target_port))
        except OSError:
            client.close()
            return
        threading.Thread(target=self._forward, args=(client, target, False), daemon=True).start()
        self._forward(target, client, True)

    def _forward(self, source: socket.socket, sink: socket.socket, cuts: bool) -> None:
        try:
            while True:
                chunk = source.recv(_CHUNK_BYTES)
                if not chunk:
                    break
                if cuts and self._rng.randrange(self._one_in) == 0:
                    self.cuts += 1
                    sink.sendall(chunk[: self._rng.randrange(len(chunk))])
                    break
                sink.sendall(chunk)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        if cuts:
            source.close()
            sink.close()
