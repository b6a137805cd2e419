"""What is repeated, how often; and what an error says."""

from __future__ import annotations

import json
import os
import pickle
import socket
import time
import unittest
from threading import Thread
from typing import Any, Dict, List
from unittest import mock

from millrace import Millrace, MillraceError, current_traceparent
from millrace.retry import pause_seconds, read_retry_after

from .stub_server import Reply, StubTest, refusal, success


class Repeating(StubTest):
    def setUp(self) -> None:
        patch = mock.patch("millrace.caller.time.sleep")
        self.sleep = patch.start()
        self.addCleanup(patch.stop)

    def test_a_call_belongs_to_the_trace_of_its_caller(self) -> None:
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        stub = self.stub(Reply(), Reply())
        queue = stub.client().queue("q")
        for current in (trace, "not\nof a header"):
            token = current_traceparent.set(current)
            self.addCleanup(current_traceparent.reset, token)
            queue.get()
        sent = [request.headers.get("traceparent") for request in stub.requests]
        self.assertEqual(sent, [trace, None])

    def test_429_503_and_lost_answers_are_repeated_with_the_same_key(self) -> None:
        stub = self.stub(
            refusal(429, "RATE_LIMITED"),
            refusal(503, "OUTCOME_UNKNOWN"),
            Reply(cut=True, body=success({"message_id": "m-0"})),
            Reply(502, b"<html>bad gateway</html>"),
            Reply(body=success({"message_id": "m-1"})),
        )
        self.assertEqual(stub.client().queue("q").publish({"a": 1}), "m-1")
        keys = {request.body["idempotency_key"] for request in stub.requests}
        self.assertEqual((len(stub.requests), len(keys)), (5, 1))

    def test_refusals_are_not_repeated(self) -> None:
        for status, code in ((400, "INVALID_REQUEST"), (404, "QUEUE_NOT_FOUND"), (500, "INTERNAL")):
            stub = self.stub(refusal(status, code))
            with self.subTest(code), self.assertRaises(MillraceError) as raised:
                stub.client().queue("q").get()
            self.assertEqual(raised.exception.code, code)
            self.assertEqual(len(stub.requests), 1)

    def test_the_attempts_are_bounded(self) -> None:
        stub = self.stub(refusal(503, "OVERLOADED"))
        with self.assertRaises(MillraceError) as raised:
            stub.client(retries=3).queue("q").get()
        self.assertTrue(raised.exception.retryable)
        self.assertEqual(len(stub.requests), 4)

    def test_retry_after_is_honoured(self) -> None:
        stub = self.stub(refusal(503, "OVERLOADED", Retry_After="7"), Reply())
        stub.client().queue("q").get()
        self.assertGreaterEqual(self.sleep.call_args.args[0], 7)

    def test_a_pause_beyond_the_time_of_the_call_is_not_begun(self) -> None:
        stub = self.stub(refusal(429, "RATE_LIMITED", Retry_After="120"))
        with self.assertRaises(MillraceError) as raised:
            stub.client(timeout=60).queue("q").get()
        self.assertEqual(raised.exception.retry_after_seconds, 120)
        self.assertEqual(len(stub.requests), 1)

    def test_no_connection(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with self.assertRaises(MillraceError) as raised:
                Millrace(url, "ifr_any_key_at_all", retries=2).queue("q").publish(1)
        self.assertEqual(raised.exception.code, "NOT_CONNECTED")
        self.assertTrue(raised.exception.nothing_was_done)
        self.assertEqual(self.sleep.call_count, 2)


class CutAnswers(unittest.TestCase):
    def test_an_answer_that_is_cut_anywhere_is_asked_for_again(self) -> None:
        body = json.dumps(success({"queue": "q"})) + "\n"
        for framing in (f"Content-Length: {len(body)}\r\n\r\n{body}", _chunked(body)):
            answer = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{framing}".encode()
            with socket.create_server(("127.0.0.1", 0)) as listener:
                Thread(target=_send_cut, args=(listener, answer), daemon=True).start()
                url = f"http://127.0.0.1:{listener.getsockname()[1]}"
                with Millrace(url, "ifr_any_key_at_all", retries=len(answer)) as client:
                    with mock.patch("millrace.caller.time.sleep") as sleep:
                        self.assertEqual(client.queue("q").get(), {"queue": "q"})
            # An answer without the last line feeds of its chunks is whole.
            self.assertGreaterEqual(sleep.call_count, len(answer) - len("\r\n\r\n"))


def _chunked(body: str) -> str:
    half = len(body) // 2
    chunks = [f"{len(part):x}\r\n{part}\r\n" for part in (body[:half], body[half:])]
    return f"Transfer-Encoding: chunked\r\n\r\n{''.join(chunks)}0\r\n\r\n"


def _send_cut(listener: socket.socket, answer: bytes) -> None:
    """Cuts the answer at the first byte, then at the second one, and so on."""
    for size in range(len(answer) + 1):
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.recv(65_536)
            connection.sendall(answer[:size])


class Timeouts(StubTest):
    def test_an_attempt_without_an_answer_is_given_up(self) -> None:
        stub = self.stub(Reply(delay_seconds=5), Reply(body=success({"queue": "q"})))
        answer = stub.client(attempt_timeout=2).queue("q").get()
        self.assertEqual(answer["queue"], "q")
        self.assertEqual(len(stub.requests), 2)

    def test_a_call_ends_when_its_own_time_is_up(self) -> None:
        stub = self.stub(Reply(delay_seconds=5))
        with self.assertRaises(MillraceError) as raised:
            stub.client().queue("q").get(timeout=0.2)
        self.assertEqual(raised.exception.code, "NO_ANSWER")

    def test_a_call_that_waits_has_that_time_in_addition(self) -> None:
        stub = self.stub(Reply(delay_seconds=0.5, body=success({"messages": []})))
        queue = stub.client(timeout=0.3, attempt_timeout=0.3).queue("q")
        self.assertEqual(queue.consume(wait_seconds=5), [])


    def test_a_time_that_no_socket_can_wait_for(self) -> None:
        for seconds in (3e6, 1e12, float("inf")):
            with self.subTest(seconds):
                stub = self.stub(Reply(body=success({"messages": []})))
                queue = stub.client(timeout=seconds, attempt_timeout=seconds).queue("q")
                self.assertEqual(queue.consume(), [])
                self.assertEqual(queue.consume(timeout=seconds), [])
                self.assertEqual(queue.consume(wait_seconds=3e6), [])

    def test_an_answer_that_drips_does_not_extend_the_time(self) -> None:
        status = b"HTTP/1.1 200 OK\r\n"
        head = b"X-Long: " + b"x" * 400 + b"\r\nContent-Length: 0\r\n\r\n"
        body = b" " * 400
        cases = ((status, head), (status + b"Content-Length: 400\r\n\r\n", body))
        for at_once, slow in cases:
            with self.subTest(slow[:8]), socket.create_server(("127.0.0.1", 0)) as listener:
                Thread(target=_drip, args=(listener, at_once, slow), daemon=True).start()
                url = f"http://127.0.0.1:{listener.getsockname()[1]}"
                with Millrace(url, "ifr_any_key_at_all", retries=0) as client:
                    with self.assertRaises(MillraceError) as raised:
                        client.queue("q").get(timeout=1)
                self.assertEqual(raised.exception.code, "NO_ANSWER")

    def test_the_addresses_of_a_host_share_the_time(self) -> None:
        clock = mock.Mock(now=1_000.0)
        waited: List[float] = []

        class Unreachable:
            def __init__(self, *_: object) -> None:
                self.seconds = 0.0

            def settimeout(self, seconds: float) -> None:
                self.seconds = seconds

            def connect(self, _: object) -> None:
                waited.append(self.seconds)
                clock.now += self.seconds
                raise socket.timeout("timed out")

            def close(self) -> None:
                pass

        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"10.0.0.{n}", 80)) for n in range(4)]
        with mock.patch("socket.getaddrinfo", return_value=found), mock.patch(
            "socket.socket", Unreachable
        ), mock.patch("time.monotonic", lambda: clock.now):
            client = Millrace("http://h", "ifr_any_key_at_all", retries=0)
            with self.assertRaises(MillraceError) as raised:
                client.queue("q").get(timeout=8)
        self.assertEqual(raised.exception.code, "NOT_CONNECTED")
        self.assertEqual([round(seconds, 3) for seconds in waited], [2, 2, 2, 2])


def _drip(listener: socket.socket, at_once: bytes, slow: bytes) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(at_once)
        for byte in slow:
            try:
                connection.sendall(bytes([byte]))
            except OSError:
                return  # the client has given up
            time.sleep(0.02)


class Answers(StubTest):
    def test_an_answer_that_is_not_from_millrace(self) -> None:
        for body in (b"<html>", b"[]", b'{"hello":1}', b"[" * 100_000):
            stub = self.stub(Reply(body=body))
            with self.subTest(body[:10]), self.assertRaises(MillraceError) as raised:
                stub.client().queue("q").get()
            self.assertEqual(raised.exception.code, "INVALID_ANSWER")

    def test_warnings_are_logged(self) -> None:
        warning = {"path": "/delay", "message": "unknown field; did you mean delay_seconds?"}
        body = {**success({}), "metadata": {"warnings": [warning]}}
        stub = self.stub(Reply(body=body))
        with self.assertLogs("millrace", "WARNING") as logged:
            stub.client().queue("q").get()
        self.assertIn("did you mean delay_seconds", logged.output[0])

    def test_fields_beside_the_data_may_be_anything(self) -> None:
        strange: List[Any] = [7, "text", {"a": 1}, [7, None, "text", ["a"]], None]
        for value in strange:
            error = {"code": "QUEUE_NOT_FOUND", "message": value, "hint": value, "details": value}
            refused = Reply(404, {"ok": False, "error": error, "metadata": value})
            warned = Reply(body={**success({}), "metadata": {"warnings": value}})
            with self.subTest(value):
                with self.assertRaises(MillraceError) as raised:
                    self.stub(refused).client().queue("q").get()
                self.assertRegex(str(raised.exception), "^QUEUE_NOT_FOUND: ")
                self.assertEqual(raised.exception.details, [])
                for reply in (warned, Reply(body={**success({}), "metadata": value})):
                    self.assertEqual(self.stub(reply).client().queue("q").get(), {})

    def test_an_error_survives_pickling(self) -> None:
        error = MillraceError("OVERLOADED", "too much", status=503, hint="wait", retryable=True)
        copy = pickle.loads(pickle.dumps(error))
        self.assertEqual(copy.__dict__, error.__dict__)
        self.assertEqual(str(copy), "OVERLOADED: too much | wait")


class Pauses(unittest.TestCase):
    def test_pauses_grow_to_a_bound_and_vary(self) -> None:
        with mock.patch("millrace.retry.random.uniform", side_effect=lambda least, most: most):
            pauses = [pause_seconds(failures) for failures in (1, 2, 3, 4, 5, 6, 1_000_000)]
        self.assertEqual(pauses, [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0])
        self.assertLessEqual(pause_seconds(1, _asking_for("299")), 299.2)
        self.assertGreater(len({pause_seconds(5) for _ in range(20)}), 10)

    def test_retry_after_as_a_number_and_as_a_date(self) -> None:
        self.assertEqual(read_retry_after("12"), 12)
        self.assertEqual(read_retry_after("Thu, 01 Jan 1970 00:00:00 GMT"), 0)
        with mock.patch("millrace.retry.time.time", return_value=0):
            self.assertEqual(read_retry_after("Thu, 01 Jan 1970 00:00:09 GMT"), 9)
        self.assertEqual(read_retry_after(" 12 "), 12)
        for text in (None, "", " ", "\x0b", "soon", "-1", "1e9", "1 Jan 1 00:00:00 +99999999999999"):
            self.assertIsNone(read_retry_after(text))

    def test_a_pause_that_is_asked_for_is_five_minutes_at_most(self) -> None:
        for text in ("301", "99999999999", "9" * 500, "Fri, 31 Dec 9999 23:59:59 GMT"):
            with self.subTest(text[:20]):
                error = _asking_for(text)
                self.assertGreater(error.retry_after_seconds or 0, 300)
                pause = pause_seconds(1, error)
                self.assertTrue(300 <= pause <= 300.2, pause)

    def test_an_error_of_the_parser_of_dates_is_no_error_of_the_call(self) -> None:
        # Python 3.9 has such errors for some texts.
        with mock.patch("millrace.retry.parsedate_to_datetime", side_effect=IndexError):
            self.assertIsNone(read_retry_after("\x0b"))


def _asking_for(text: str) -> MillraceError:
    seconds = read_retry_after(text)
    return MillraceError("OVERLOADED", "too much", status=503, retry_after_seconds=seconds)


class Settings(unittest.TestCase):
    def test_address_and_key_come_from_the_environment(self) -> None:
        environment = {"MILLRACE_URL": "http://localhost:1", "MILLRACE_API_KEY": "ifr_secret_key_1"}
        with mock.patch.dict(os.environ, environment):
            client = Millrace()
        self.assertEqual(repr(client), "<Millrace http://localhost:1>")

    def test_wrong_settings_are_named_and_the_key_is_never_quoted(self) -> None:
        good: Dict[str, Any] = {"base_url": "http://localhost", "api_key": "ifr_secret_key_1"}
        wrong: Dict[str, Any] = {
            "base_url": "localhost:8080",
            "api_key": "ifr_secret_key_1\n",
            "timeout": 0,
            "attempt_timeout": -1,
            "retries": -1,
        }
        for name, value in wrong.items():
            with self.subTest(name), self.assertRaises(ValueError) as raised:
                Millrace(**{**good, name: value})
            self.assertIn(name, str(raised.exception))
            self.assertNotIn("secret", str(raised.exception))
        with mock.patch.dict(os.environ, clear=True):
            for missing in ("base_url", "api_key"):
                with self.subTest(missing), self.assertRaisesRegex(ValueError, missing):
                    Millrace(**{name: good[name] for name in good if name != missing})

    def test_an_empty_setting_does_not_stand_for_the_environment(self) -> None:
        environment = {"MILLRACE_URL": "http://localhost:1", "MILLRACE_API_KEY": "ifr_secret_key_1"}
        with mock.patch.dict(os.environ, environment):
            for empty in ("base_url", "api_key"):
                with self.subTest(empty), self.assertRaisesRegex(ValueError, f"^{empty} is missing"):
                    settings: dict[str, Any] = {empty: ""}
                    Millrace(**settings)

    def test_a_base_url_that_is_none_is_named_and_not_quoted(self) -> None:
        none = ["http://", "ftp://h", "http://h?q", "http://h:secret", "http://h:70000", "http://[::1"]
        none += ["http://a..b:80", f"http://{'a' * 64}", "http://a b", "http://h/a b", "http://h/\xe9"]
        for url in none:
            with self.subTest(url), self.assertRaisesRegex(ValueError, "^base_url must be") as raised:
                Millrace(url, "ifr_any_key_at_all")
            self.assertNotIn("secret", str(raised.exception))

    def test_without_a_port_it_is_that_of_the_scheme(self) -> None:
        for url, address in (("http://[::1]", ("::1", 80)), ("https://h/a/", ("h", 443))):
            with self.subTest(url), mock.patch("socket.getaddrinfo", side_effect=OSError) as asked:
                with self.assertRaises(MillraceError):
                    Millrace(url, "ifr_any_key_at_all", retries=0).queue("q").get()
            self.assertEqual(asked.call_args.args[:2], address)


class Connections(StubTest):
    def test_a_connection_is_used_again(self) -> None:
        stub = self.stub()
        queue = stub.client().queue("q")
        for _ in range(5):
            queue.get()
        self.assertEqual(len({request.connection for request in stub.requests}), 1)

    def test_a_connection_that_the_server_closed_is_not_used_again(self) -> None:
        stub = self.stub(Reply(headers={"Connection": "close"}), Reply(), Reply())
        queue = stub.client(retries=0).queue("q")
        for _ in range(3):
            queue.get()
        self.assertEqual(len({request.connection for request in stub.requests}), 2)

    def test_a_connection_that_ended_while_idle_is_replaced_without_a_retry(self) -> None:
        stub = self.stub()
        with mock.patch("http.server.BaseHTTPRequestHandler.timeout", 1, create=True):
            queue = stub.client(retries=0).queue("q")
            queue.get()
            time.sleep(3)
            queue.get()
        self.assertEqual(len({request.connection for request in stub.requests}), 2)


if __name__ == "__main__":
    unittest.main()
