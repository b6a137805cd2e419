"""Which calls are sent with an idempotency key, and what may be one."""

from __future__ import annotations

import inspect
import unittest
import uuid
from typing import Any, Callable, Dict, List
from unittest import mock

from millrace import MillraceError, Queue
from millrace.records import Nack

from .stub_server import Reply, StubTest, refusal, success

#: A message that was consumed.
_DELIVERY: Nack = {"message_id": "m-0", "receipt": "r-0"}


class Keys(StubTest):
    def setUp(self) -> None:
        patch = mock.patch("millrace.caller.time.sleep")
        patch.start()
        self.addCleanup(patch.stop)

    def test_without_a_key_only_calls_that_did_nothing_are_repeated(self) -> None:
        lost = Reply(cut=True)
        calls: Dict[str, Callable[[Queue], Any]] = {
            "publish": lambda queue: queue.publish(1, idempotency_key=False),
            "publish_batch": lambda queue: queue.publish_batch([], idempotency_key=False),
            "create": lambda queue: queue.create(idempotency_key=False),
            "delete": lambda queue: queue.delete(idempotency_key=False),
            "redrive": lambda queue: queue.dlq_redrive(idempotency_key=False),
            "consume": lambda queue: queue.consume(idempotency_key=False),
        }
        for name, call in calls.items():
            with self.subTest(name):
                stub = self.stub(refusal(503, "OVERLOADED"), lost)
                with self.assertRaises(MillraceError) as raised:
                    call(stub.client().queue("q"))
                self.assertEqual(raised.exception.code, "NO_ANSWER")
                self.assertEqual(len(stub.requests), 2)
                self.assertNotIn("idempotency_key", stub.requests[0].body)

    def test_calls_that_may_be_repeated_make_no_key(self) -> None:
        stub = self.stub(Reply(cut=True), Reply(body=success({"acked": True})))
        stub.client().queue("q").ack(_DELIVERY)
        self.assertEqual(len(stub.requests), 2)
        self.assertNotIn("idempotency_key", stub.requests[0].body)

    def test_calls_on_a_message_without_its_receipt_make_a_key(self) -> None:
        # A second call might meet the next delivery of the message, which somebody else has.
        calls: Dict[str, Callable[[Queue], Any]] = {
            "ack": lambda queue: queue.ack("m-1"),
            "nack": lambda queue: queue.nack("m-1"),
            "extend": lambda queue: queue.extend("m-1", 30),
            "ack_batch": lambda queue: queue.ack_batch([_DELIVERY, "m-1"]),
            "nack_batch": lambda queue: queue.nack_batch([_DELIVERY, {"message_id": "m-1"}]),
        }
        for name, call in calls.items():
            with self.subTest(name):
                stub = self.stub(Reply(cut=True), Reply(body=success({"results": []})))
                call(stub.client().queue("q"))
                keys = [request.body["idempotency_key"] for request in stub.requests]
                self.assertEqual(len(keys), 2)
                self.assertEqual(len(set(keys)), 1)

    def test_a_client_can_be_told_to_make_no_keys(self) -> None:
        stub = self.stub(Reply(body=success({"message_id": "m-1"})))
        queue = stub.client(idempotency=False).queue("q")
        queue.publish(1)
        queue.publish(1, idempotency_key="mine")
        keys = [request.body.get("idempotency_key") for request in stub.requests]
        self.assertEqual(keys, [None, "mine"])

    def test_a_key_that_is_no_text_is_refused_before_anything_is_sent(self) -> None:
        stub = self.stub()
        client = stub.client()
        owners: List[Any] = [client, client.queue("q")]
        calls = [
            method
            for owner in owners
            for name, method in inspect.getmembers(owner, inspect.ismethod)
            if not name.startswith("_")
            and "idempotency_key" in inspect.signature(method).parameters
        ]
        self.assertGreaterEqual(len(calls), 20)
        wrong: List[Any] = [1, 0, True, 1.5, b"key", uuid.uuid4(), ["key"]]
        for call in calls:
            needed = [
                [] if name == "messages" else 30 if name == "visibility_timeout" else "x"
                for name, parameter in inspect.signature(call).parameters.items()
                if parameter.default is inspect.Parameter.empty
            ]
            for key in wrong:
                with self.subTest(call.__name__, key=key), self.assertRaisesRegex(
                    ValueError, "^idempotency_key must be a text, False or None$"
                ):
                    call(*needed, idempotency_key=key)
        self.assertEqual(stub.requests, [])


if __name__ == "__main__":
    unittest.main()
