"""A real server in a process of its own."""

from __future__ import annotations

import atexit
import errno
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
import uuid
from pathlib import Path
from typing import Any, List, Optional, Sequence

from millrace import Millrace, Queue

API_KEY = "ifr_key_of_the_python_suite"
_MAIN = Path(__file__).resolve().parents[3] / "packages" / "server" / "dist" / "main.js"
_LISTENING = re.compile(r"^millrace listening on (\S+)$")


class Server:
    """`millrace serve`, always on the same port and store, so that it can be started again.

    The store is the one in MILLRACE_TEST_STORE, or a SQLite file in a temporary folder.
    """

    def __init__(self, flags: Sequence[str] = ()) -> None:
        self._flags = list(flags)
        self._folder = tempfile.mkdtemp(prefix="millrace-python-")
        self._process: Optional[subprocess.Popen[str]] = None
        self._log: List[str] = []
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        store = os.environ.get("MILLRACE_TEST_STORE") or f"sqlite:{self._folder}/millrace.db"
        plain = {name: value for name, value in os.environ.items() if not name.startswith("MILLRACE_")}
        command = ["node", str(_MAIN), "serve", "--port", str(self.port), "--store", store]
        process = subprocess.Popen(
            [*command, *self._flags],
            env={**plain, "MILLRACE_API_KEY": API_KEY},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._process = process
        threading.Thread(target=self._keep_log, args=(process,), daemon=True).start()
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        if not _LISTENING.match(line):
            process.wait()
            raise RuntimeError(f"the server did not start: {''.join(self._log)}")

    def stop(self) -> None:
        """Stops it as an operator would."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def _keep_log(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                self._log = [*self._log[-50:], line]


_shared: Optional[Server] = None


def shared_server() -> Server:
    """One server for all tests that do not stop it."""
    global _shared
    if _shared is None:
        _shared = Server(["--push-allow", "127.0.0.1/32"])
        _shared.start()
        atexit.register(_shared.remove)
    return _shared


class ServerTest(unittest.TestCase):
    """A test with a client of the shared server."""

    def setUp(self) -> None:
        self.client = Millrace(shared_server().url, API_KEY)
        self.addCleanup(self.client.close)

    def new_queue(self, **settings: Any) -> Queue:
        """Creates a queue of this test's own."""
        queue = self.client.queue(f"python-{uuid.uuid4()}")
        queue.create(**settings)
        return queue


def _free_port() -> int:
    # Below the ports of outgoing connections (Linux: from 32768), one of which could take the server's
    # port while it restarts.
    while True:
        port = random.randint(10_000, 32_000)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
        return port
