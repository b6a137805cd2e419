"""Each call against a real server."""

from __future__ import annotations

import inspect
import json
import unittest
import urllib.request
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List, Set

from millrace import Millrace, MillraceError, Queue
from millrace.records import Nack

from .server import ServerTest, shared_server
from .stub_server import Reply, StubServer

#: Fields that a client takes in another form: the queue is an object, and pages are followed.
_OTHER_FORM = {"queue", "cursor", "limit"}


class EveryCall(unittest.TestCase):
    def test_each_capability_has_a_method_with_all_of_its_fields(self) -> None:
        with urllib.request.urlopen(f"{shared_server().url}/v1/discovery") as answer:
            capabilities = json.load(answer)["capabilities"]
        self.assertGreater(len(capabilities), 20)
        for capability in capabilities:
            with self.subTest(capability["id"]):
                self._check(capability["id"])

    def _check(self, capability_id: str) -> None:
        with urllib.request.urlopen(f"{shared_server().url}/v1/discovery/{capability_id}") as answer:
            fields: Set[str] = set(json.load(answer)["params"]["properties"])
        if capability_id == "queue.list":
            method: Any = Millrace.list
        elif capability_id.startswith("account.keys."):
            name = f"{capability_id.rsplit('.', 1)[1]}_key"
            method = getattr(Millrace, "list_keys" if name == "list_key" else name)
        elif capability_id in ("account.audit", "account.whoami"):
            method = getattr(Millrace, capability_id[len("account.") :])
        else:
            method = getattr(Queue, capability_id[len("queue.") :].replace(".", "_"))
            if capability_id == "queue.create":
                fields.discard("name")
        takes = set(inspect.signature(method).parameters)
        if {"message", "message_id"} & takes:
            fields -= {"message_id", "receipt"}
        self.assertEqual(fields - _OTHER_FORM - takes, set())


class QueueCalls(ServerTest):
    def test_settings_are_created_shown_changed_and_cleared(self) -> None:
        dead = self.new_queue()
        queue = self.new_queue(dead_letter_queue=dead.name, max_retries=1)
        self.assertEqual(queue.get()["dead_letter_queue"], dead.name)
        self.assertEqual(queue.update(max_retries=7)["max_retries"], 7)
        self.assertEqual(queue.get()["dead_letter_queue"], dead.name)
        self.assertNotIn("dead_letter_queue", queue.update(dead_letter_queue=None))
        self.assertEqual(len(queue.history()["minutes"]), 60)
        self.assertEqual(len(queue.history(span="day")["quarter_hours"]), 96)
        self.assertTrue(queue.delete()["deleted"])
        with self.assertRaises(MillraceError) as refused:
            queue.get()
        self.assertEqual(refused.exception.code, "QUEUE_NOT_FOUND")

    def test_a_create_that_differs_is_refused_and_one_that_is_equal_is_not(self) -> None:
        queue = self.new_queue(max_retries=2)
        self.assertEqual(queue.create(max_retries=2)["max_retries"], 2)
        with self.assertRaises(MillraceError) as refused:
            queue.create(max_retries=3)
        self.assertEqual((refused.exception.code, refused.exception.status), ("QUEUE_EXISTS", 409))

    def test_lists_follow_all_pages(self) -> None:
        prefix = self.new_queue().name
        names = [f"{prefix}-{index}" for index in range(5)]
        for name in names:
            self.client.queue(name).create()
        listed = list(self.client.list(prefix=f"{prefix}-", include="stats", page_size=2))
        self.assertEqual([one["queue"] for one in listed], names)
        self.assertEqual(listed[0]["stats"]["available"], 0)

    def test_an_error_names_the_field_and_the_rule(self) -> None:
        queue = self.new_queue()
        with self.assertRaises(MillraceError) as refused:
            queue.publish(1, delay_seconds=-1)
        error = refused.exception
        self.assertEqual((error.code, error.status), ("INVALID_REQUEST", 400))
        self.assertEqual(error.details[0]["path"], "/delay_seconds")
        self.assertIn("/delay_seconds", str(error))
        self.assertFalse(error.retryable)
        self.assertTrue(error.request_id)


class MessageCalls(ServerTest):
    def test_payloads_of_all_kinds_come_back(self) -> None:
        queue = self.new_queue()
        payloads: List[Any] = [None, True, "é\u0000😀", 12345678901234567890123, [1.5, {"a": {"b": []}}], {}]
        queue.publish_batch([{"payload": payload} for payload in payloads])
        messages = queue.consume(max_messages=10)
        self.assertEqual([message["payload"] for message in messages], payloads)

    def test_what_json_cannot_express_is_refused_before_it_is_sent(self) -> None:
        queue = self.new_queue()
        for payload in (float("nan"), {1, 2}, "\ud800"):
            with self.subTest(repr(payload)), self.assertRaises((TypeError, ValueError)):
                queue.publish(payload)
        self.assertEqual(queue.stats()["available"], 0)

    def test_fields_of_a_message(self) -> None:
        queue = self.new_queue(enable_priority=True)
        queue.publish("later", delay_seconds=600)
        fields: Dict[str, Any] = {"priority": 3, "message_group_id": "g", "deduplication_id": "d"}
        message_id = queue.publish("now", headers={"x": "1"}, **fields)
        seen = queue.message(message_id)
        self.assertEqual({name: seen.get(name) for name in fields}, fields)
        self.assertEqual(seen["headers"], {"x": "1"})
        self.assertEqual([one["payload"] for one in queue.peek(state="delayed")], ["later"])
        self.assertEqual(len(list(queue.peek(page_size=1))), 2)

    def test_settling_a_message_by_itself_or_by_its_id(self) -> None:
        queue = self.new_queue()
        queue.publish_batch([{"payload": index} for index in range(4)])
        first, second, third, fourth = queue.consume(max_messages=4, visibility_timeout=60)
        self.assertTrue(queue.ack(first)["acked"])
        self.assertTrue(queue.ack(second["message_id"])["acked"])
        self.assertTrue(queue.extend(third, 90)["extended"])
        self.assertTrue(queue.extend(third, 0)["extended"])
        self.assertTrue(queue.nack(fourth, error="no", delay_seconds=60)["requeued"])
        failed = queue.message(fourth["message_id"])
        self.assertEqual(failed["failed_deliveries"][0]["error"], "no")
        self.assertEqual(queue.purge()["purged"], 2)

    def test_batches_of_settlements_answer_for_each_entry(self) -> None:
        queue = self.new_queue()
        queue.publish_batch([{"payload": index} for index in range(3)])
        old, *_ = queue.consume(max_messages=1)
        queue.extend(old, 0)
        new, second, third = queue.consume(max_messages=3)
        results = queue.ack_batch([old, second])
        self.assertEqual(results[0]["error"]["code"], "LEASE_LOST")
        self.assertTrue(results[1]["acked"])
        nack: Nack = {"message_id": third["message_id"], "receipt": third["receipt"]}
        nack["requeue"] = False
        self.assertFalse(queue.nack_batch([nack])[0]["requeued"])
        with self.assertRaises(MillraceError) as refused:
            queue.ack(old)
        self.assertEqual(refused.exception.code, "LEASE_LOST")
        self.assertTrue(queue.ack(new)["acked"])

    def test_dead_letters_are_listed_returned_and_removed(self) -> None:
        queue = self.new_queue()
        ids = queue.publish_batch([{"payload": index} for index in range(4)])
        for message in queue.consume(max_messages=4):
            queue.nack(message, requeue=False)
        self.assertEqual([one["message_id"] for one in queue.dlq_list(page_size=3)], ids)
        self.assertEqual(queue.dlq_redrive(message_id=ids[0])["redriven"], 1)
        tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
        self.assertEqual(queue.dlq_redrive(since=tomorrow)["redriven"], 0)
        self.assertEqual(queue.dlq_purge(message_id=ids[1])["purged"], 1)
        self.assertEqual(queue.dlq_purge()["purged"], 2)
        with self.assertRaises(ValueError):
            queue.dlq_redrive(since=datetime.now())

    def test_a_publish_with_a_key_of_ones_own_happens_once(self) -> None:
        queue = self.new_queue()
        first = queue.publish(1, idempotency_key="order-1")
        self.assertEqual(queue.publish(1, idempotency_key="order-1"), first)
        self.assertNotEqual(queue.publish(1), first)
        self.assertEqual(queue.stats()["available"], 2)


class PushAndKeyCalls(ServerTest):
    def test_a_push_subscription_through_its_life(self) -> None:
        receiver = StubServer(Reply())
        self.addCleanup(receiver.close)
        queue = self.new_queue()
        subscription = queue.push_subscribe(receiver.url, max_in_flight=2)
        subscription_id = subscription["subscription_id"]
        self.assertTrue(queue.push_test(subscription_id)["delivered"])
        self.assertEqual(receiver.requests[0].method, "POST")
        self.assertEqual(queue.push_pause(subscription_id)["state"], "paused")
        self.assertEqual(queue.push_resume(subscription_id)["state"], "active")
        changed = queue.push_subscribe(receiver.url, max_in_flight=None, max_retries=4)
        self.assertEqual((changed["max_in_flight"], changed["max_retries"]), (10, 4))
        self.assertEqual(len(queue.push_subscriptions()), 1)
        self.assertIsInstance(queue.push_deliveries(subscription_id), list)
        self.assertTrue(queue.push_unsubscribe(subscription_id)["deleted"])

    def test_a_body_that_is_too_large_for_any_call_is_refused_as_the_server_would(self) -> None:
        queue = self.new_queue()
        caller, path = queue._caller, queue._path("publish_batch")
        limit = 17 * 1024 * 1024
        headers = {**caller._headers, "Content-Type": "application/json"}
        body = b'{"messages":[]}'.ljust(limit + 1)
        answer = json.loads(caller._connections.send("POST", path, body, headers, 60).body)
        refusals: List[MillraceError] = []
        for size in (limit - 100, 64 * 1024 * 1024):
            with self.assertRaises(MillraceError) as refused:
                queue.publish_batch([{"payload": "x" * size}])
            refusals.append(refused.exception)
        by_server, by_client = refusals
        self.assertEqual(by_server.code, "PAYLOAD_TOO_LARGE")
        self.assertIsNotNone(by_server.request_id)
        self.assertIsNone(by_client.request_id)
        for field in ("code", "status", "message", "details"):
            self.assertEqual(getattr(by_client, field), answer["error"][field])

    def test_keys_and_the_audit_log(self) -> None:
        made = self.client.create_key(name="python", scopes=["publish"])
        queue = self.new_queue()
        with Millrace(shared_server().url, made["key"]) as publisher:
            publisher.queue(queue.name).publish(1)
            with self.assertRaises(MillraceError) as refused:
                publisher.queue(queue.name).purge()
            self.assertEqual(publisher.whoami()["scopes"], ["publish"])
        self.assertEqual(refused.exception.code, "SCOPE_MISSING")
        self.assertIn(made["key_id"], [one["key_id"] for one in self.client.list_keys()])
        self.assertTrue(self.client.revoke_key(made["key_id"])["revoked"])
        self.assertIn("account.keys.revoke", [one["action"] for one in self.client.audit()])


if __name__ == "__main__":
    unittest.main()
