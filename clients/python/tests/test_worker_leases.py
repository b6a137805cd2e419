"""Leases that are kept, lost and timed out while a handler runs."""

from __future__ import annotations

import threading
import time
import unittest
from typing import List, Optional
from unittest import mock

from millrace import Context, Millrace, MillraceError, QueueMessage

from .server import API_KEY, Server
from .wait import wait_until
from .worker_test import WorkerTest


class Leases(WorkerTest):
    def test_a_handler_may_run_for_longer_than_the_visibility_timeout(self) -> None:
        queue = self.new_queue()
        queue.publish("x")
        deliveries: List[int] = []

        def handler(message: QueueMessage, context: Context) -> None:
            deliveries.append(message["delivery_count"])
            self.assertFalse(context.lost.wait(12))

        worker = self.start(queue, handler, visibility_timeout_seconds=10)
        wait_until(lambda: worker.health()["counters"]["acked"] == 1, "the ack")
        self.assertEqual(deliveries, [1])

    def test_a_handler_is_told_that_its_lease_is_lost(self) -> None:
        queue = self.new_queue()
        queue.publish("x")
        reasons: List[Optional[str]] = []

        def handler(message: QueueMessage, context: Context) -> None:
            if message["delivery_count"] == 1:
                # Somebody without the receipt returns the message.
                queue.extend(message["message_id"], 0)
                context.lost.wait(60)
                reasons.append(context.lost.reason)
                raise RuntimeError("stopped")

        worker = self.start(queue, handler, visibility_timeout_seconds=4, concurrency=2)
        wait_until(lambda: worker.health()["counters"]["acked"] == 1, "the second delivery")
        wait_until(lambda: reasons, "the end of the first")
        self.assertEqual(reasons, ["lease_lost"])
        wait_until(lambda: worker.health()["counters"]["lost"] == 1, "the count")
        self.assertEqual(worker.health()["counters"]["failed"], 0)

    def test_a_handler_is_told_when_the_server_is_away_for_too_long(self) -> None:
        server = Server()
        self.addCleanup(server.remove)
        server.start()
        queue = self.client_of(server).queue("q")
        queue.create()
        queue.publish("x")
        told = threading.Event()
        begun = threading.Event()

        def handler(message: QueueMessage, context: Context) -> None:
            begun.set()
            if message["delivery_count"] == 1 and context.lost.wait(60):
                told.set()

        worker = self.start(queue, handler, visibility_timeout_seconds=2)
        wait_until(begun.is_set, "the handler")
        server.kill()
        wait_until(told.is_set, "the handler is told")
        server.start()
        # The work is done, and nobody else has the message: the late ack counts.
        wait_until(lambda: worker.health()["counters"]["acked"] == 1, "the late ack")

    def test_the_time_limit_of_a_handler(self) -> None:
        queue = self.new_queue()
        message_id = queue.publish("x")
        reasons: List[Optional[str]] = []

        def handler(message: QueueMessage, context: Context) -> None:
            if message["delivery_count"] == 1:
                context.lost.wait(60)
                reasons.append(context.lost.reason)
                raise TimeoutError("too slow")
            reasons.append(queue.message(message_id)["last_error"])

        options = {"handler_timeout": 3, "visibility_timeout_seconds": 20}
        worker = self.start(queue, handler, **options)
        wait_until(lambda: worker.health()["counters"]["acked"] == 1, "the second delivery")
        self.assertEqual(reasons, ["time_limit", "TimeoutError: too slow"])

    def test_a_handler_that_ignores_its_time_limit_loses_its_message(self) -> None:
        queue = self.new_queue()
        queue.publish("x")
        go_on = threading.Event()
        self.addCleanup(go_on.set)

        def handler(message: QueueMessage, _: Context) -> None:
            if message["delivery_count"] == 1:
                go_on.wait()

        options = {"handler_timeout": 0.2, "visibility_timeout_seconds": 1}
        worker = self.start(queue, handler, concurrency=2, **options)
        wait_until(lambda: worker.health()["counters"]["acked"] == 1, "the second delivery")
        self.assertEqual(worker.health()["overdue"], 1)

    def test_a_message_whose_fetch_was_answered_late_is_extended_first(self) -> None:
        queue = self.new_queue()
        queue.publish("x")
        consume, extend = queue.consume, queue.extend
        extended: List[float] = []

        def late(**options: object) -> List[QueueMessage]:
            messages = consume(**options)  # type: ignore[arg-type]
            if messages:
                time.sleep(0.8)
            return messages

        def watched(message: QueueMessage, seconds: float, **options: object) -> object:
            extended.append(seconds)
            return extend(message, seconds, **options)  # type: ignore[arg-type]

        queue.consume, queue.extend = late, watched  # type: ignore[assignment]
        seen: List[int] = []
        self.start(queue, lambda *_: seen.append(len(extended)), visibility_timeout_seconds=1)
        wait_until(lambda: seen, "the handler")
        self.assertGreaterEqual(seen[0], 1)

    def test_leases_that_begin_after_a_long_outage_are_not_given_up(self) -> None:
        for code in ("NOT_CONNECTED", "NO_ANSWER"):
            with self.subTest(code):
                self._check_long_outage(code)

    def _check_long_outage(self, code: str) -> None:
        queue = self.new_queue()
        queue.publish_batch([{"payload": index} for index in range(20)])
        consume, monotonic = queue.consume, time.monotonic
        away = threading.Event()
        away.set()

        def fetch(**options: object) -> List[QueueMessage]:
            if away.is_set():
                away.clear()
                raise MillraceError(code, "the server is away", retryable=True)
            return consume(**options)  # type: ignore[arg-type]

        def clock() -> float:
            # The first attempt is made long before the second one.
            return monotonic() - (1_000 if away.is_set() else 0)

        queue.consume = fetch  # type: ignore[assignment]
        deliveries: List[int] = []
        with mock.patch("millrace.worker.fetching.time", mock.Mock(monotonic=clock, time=time.time)):
            worker = self.start(
                queue, lambda message, _: deliveries.append(message["delivery_count"]), concurrency=20
            )
            wait_until(lambda: worker.health()["counters"]["acked"] == 20, "20 acks")
        self.assertEqual(worker.health()["counters"]["given_back"], 0)
        self.assertEqual(deliveries, [1] * 20)

    def client_of(self, server: Server) -> Millrace:
        client = Millrace(server.url, API_KEY)
        self.addCleanup(client.close)
        return client


if __name__ == "__main__":
    unittest.main()
