"""A server whose answers a test writes."""

from __future__ import annotations

import json
import threading
import unittest
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from typing import Any, Dict, List

from millrace import Millrace


def success(data: Dict[str, Any]) -> Dict[str, Any]:
    return {"ok": True, "data": data, "error": None, "metadata": {}}


@dataclass
class Reply:
    """An answer, of JSON or of bytes; with `cut`, the connection ends in the middle of it."""

    status: int = 200
    body: Any = field(default_factory=lambda: success({}))
    headers: Dict[str, str] = field(default_factory=dict)
    cut: bool = False
    delay_seconds: float = 0


@dataclass
class Request:
    method: str
    path: str
    headers: Message
    raw_body: bytes
    connection: Any

    @property
    def body(self) -> Dict[str, Any]:
        return dict(json.loads(self.raw_body)) if self.raw_body else {}


def refusal(status: int, code: str, **headers: str) -> Reply:
    error = {"code": code, "status": status, "message": f"this is {code}"}
    body: Dict[str, Any] = {"ok": False, "data": None, "error": error, "metadata": {}}
    return Reply(status, body, {name.replace("_", "-"): text for name, text in headers.items()})


class StubServer:
    """Answers with its `replies` in order, and with the last one from then on."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies) or [Reply()]
        self.requests: List[Request] = []
        self._clients: List[Millrace] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def client(self, **options: Any) -> Millrace:
        client = Millrace(self.url, "ifr_any_key_at_all", **options)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self._server.shutdown()
        self._server.server_close()

    def _handler(stub) -> Any:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size)
                request = Request(self.command, self.path, self.headers, body, self.client_address)
                stub.requests.append(request)
                reply = stub.replies.pop(0) if len(stub.replies) > 1 else stub.replies[0]
                sleep(reply.delay_seconds)
                text = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                self.send_header("Content-Length", str(len(text)))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(text[: len(text) // 2] if reply.cut else text)
                except OSError:
                    pass  # the client has given up
                self.close_connection = reply.cut or reply.headers.get("Connection") == "close"

            do_GET = do_POST = do_PATCH = do_DELETE = _answer

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


class StubTest(unittest.TestCase):
    """A test with stub servers that end with it."""

    def stub(self, *replies: Reply) -> StubServer:
        stub = StubServer(*replies)
        self.addCleanup(stub.close)
        return stub
