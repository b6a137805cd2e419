"""The signatures of pushes, those of a real server included."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import unittest
from typing import Dict

from millrace import verify_signature

from .server import ServerTest
from .stub_server import StubServer
from .wait import wait_until

_SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes.....").decode()


def _signed(body: bytes, secret_bytes: bytes, timestamp: object) -> Dict[str, str]:
    mac = hmac.new(secret_bytes, f"m-1.{timestamp}.".encode() + body, hashlib.sha256)
    signature = "v1," + base64.b64encode(mac.digest()).decode()
    return {
        "webhook-id": "m-1",
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature,
    }


class Signatures(unittest.TestCase):
    def setUp(self) -> None:
        self.body = b'{"a":1}'
        self.key = base64.b64decode(_SECRET[6:])
        self.headers = _signed(self.body, self.key, int(time.time()))

    def test_a_good_signature_whatever_the_case_of_the_headers(self) -> None:
        self.assertTrue(verify_signature(self.headers, self.body, _SECRET))
        upper = {name.title(): value for name, value in self.headers.items()}
        self.assertTrue(verify_signature(upper, self.body, _SECRET))

    def test_a_secret_without_prefix_is_the_key_itself(self) -> None:
        headers = _signed(self.body, b"sixteen bytes ok", int(time.time()))
        self.assertTrue(verify_signature(headers, self.body, "sixteen bytes ok"))

    def test_one_of_several_signatures_is_enough(self) -> None:
        both = "v1,b3RoZXI= " + self.headers["webhook-signature"]
        self.assertTrue(verify_signature({**self.headers, "webhook-signature": both}, self.body, _SECRET))

    def test_whatever_was_changed_is_noticed(self) -> None:
        later = str(int(self.headers["webhook-timestamp"]) + 1)
        for name, value in {
            "webhook-id": "m-2",
            "webhook-timestamp": later,
            "webhook-signature": "v1,b3RoZXI=",
        }.items():
            with self.subTest(name):
                self.assertFalse(verify_signature({**self.headers, name: value}, self.body, _SECRET))
        self.assertFalse(verify_signature(self.headers, self.body + b" ", _SECRET))
        self.assertFalse(verify_signature(self.headers, self.body, "another secret of some length"))

    def test_old_and_malformed_times(self) -> None:
        now = int(time.time())
        for timestamp in (now - 400, now + 400, "", "abc", "-1", "1e9", "9" * 400, "١٢٣"):
            with self.subTest(timestamp):
                headers = _signed(self.body, self.key, timestamp)
                self.assertFalse(verify_signature(headers, self.body, _SECRET))
        old = _signed(self.body, self.key, now - 400)
        self.assertTrue(verify_signature(old, self.body, _SECRET, tolerance_seconds=500))

    def test_headers_that_are_missing_or_strange(self) -> None:
        for name in self.headers:
            rest = {key: value for key, value in self.headers.items() if key != name}
            with self.subTest(name):
                self.assertFalse(verify_signature(rest, self.body, _SECRET))
        strange = {**self.headers, "webhook-signature": "v1,é \ud800"}
        self.assertFalse(verify_signature(strange, self.body, _SECRET))

    def test_header_values_that_no_server_sends_are_forgeries_and_not_errors(self) -> None:
        for name in self.headers:
            for value in (b"bytes", None, 7, ["a"], "\ud800", self.headers[name].encode()):
                with self.subTest(name, value=value):
                    self.assertFalse(verify_signature({**self.headers, name: value}, self.body, _SECRET))
        by_bytes = {name.encode(): value for name, value in self.headers.items()}
        self.assertFalse(verify_signature(by_bytes, self.body, _SECRET))

    def test_an_empty_key_is_an_error_whatever_the_headers(self) -> None:
        headers = _signed(self.body, b"", int(time.time()))
        for secret in ("", "whsec_", "whsec_===="):
            for sent in (headers, {}):
                with self.subTest(secret), self.assertRaisesRegex(ValueError, "secret"):
                    verify_signature(sent, self.body, secret)

    def test_wrong_arguments_are_errors_and_not_forgeries(self) -> None:
        with self.assertRaisesRegex(TypeError, "raw_body"):
            verify_signature(self.headers, "text", _SECRET)  # type: ignore[arg-type]
        for secret in ("", "whsec_***"):
            with self.subTest(secret), self.assertRaisesRegex(ValueError, "secret"):
                verify_signature(self.headers, self.body, secret)


class PushesOfAServer(ServerTest):
    def test_a_push_is_verified(self) -> None:
        receiver = StubServer()
        self.addCleanup(receiver.close)
        queue = self.new_queue()
        queue.push_subscribe(receiver.url, secret=_SECRET)
        queue.publish({"a": "é"})
        wait_until(lambda: receiver.requests, "a push")
        headers, body = receiver.requests[0].headers, receiver.requests[0].raw_body
        self.assertTrue(verify_signature(headers, body, _SECRET))
        self.assertFalse(verify_signature(headers, body, _SECRET[:-4] + "AAAA"))
        self.assertEqual(json.loads(body)["payload"], {"a": "é"})


if __name__ == "__main__":
    unittest.main()
