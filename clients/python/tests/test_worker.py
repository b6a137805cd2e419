"""What becomes of a message when its handler returns or raises."""

from __future__ import annotations

import functools
import io
import logging
import sys
import threading
import unittest
import warnings
from typing import Any, AsyncIterator, Dict, Iterator, List
from unittest import mock

from millrace import (
    Context,
    MillraceError,
    QueueMessage,
    Reject,
    Retry,
    Worker,
    current_traceparent,
)
from millrace.worker import default_backoff

from .wait import wait_until
from .worker_test import WorkerTest

_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Outcomes(WorkerTest):
    def test_messages_are_handled_once_and_acked(self) -> None:
        queue = self.new_queue()
        queue.publish_batch([{"payload": index} for index in range(300)])
        handled: List[int] = []
        worker = self.start(queue, lambda message, _: handled.append(message["payload"]))
        wait_until(lambda: worker.health()["counters"]["acked"] == 300, "300 acks")
        self.assertEqual(sorted(handled), list(range(300)))
        stats = queue.stats()
        self.assertEqual((stats["available"], stats["in_flight"]), (0, 0))

    def test_an_error_is_stored_and_the_message_comes_back(self) -> None:
        queue = self.new_queue()
        message_id = queue.publish("x")
        failures: List[Any] = []
        done = threading.Event()

        def handler(message: QueueMessage, _: Context) -> None:
            if message["delivery_count"] == 1:
                raise KeyError("no such \ud800 customer")
            failures.extend(queue.message(message_id)["failed_deliveries"])
            done.set()

        worker = self.start(queue, handler)
        wait_until(done.is_set, "a second delivery")
        self.assertEqual(len(failures), 1)
        self.assertTrue(failures[0]["error"].startswith("KeyError: 'no such "))
        wait_until(lambda: worker.health()["counters"]["acked"] == 1, "the ack")

    def test_retry_names_a_delay_and_reject_makes_a_dead_letter(self) -> None:
        queue = self.new_queue()
        queue.publish_batch([{"payload": "retry"}, {"payload": "reject"}])

        def handler(message: QueueMessage, _: Context) -> None:
            if message["payload"] == "retry":
                raise Retry(600, "busy")
            raise Reject("no such customer")

        worker = self.start(queue, handler)
        wait_until(lambda: worker.health()["counters"]["rejected"] == 1, "a dead letter")
        wait_until(lambda: worker.health()["counters"]["failed"] == 1, "a nack")
        dead = next(queue.dlq_list())
        self.assertEqual((dead["dead_letter_reason"], dead["last_error"]), ("rejected", "no such customer"))
        delayed = next(queue.peek(state="delayed"))
        self.assertEqual(delayed["last_error"], "busy")
        with self.assertRaisesRegex(ValueError, "delay_seconds"):
            Retry(-1)

    def test_backoff_gets_the_number_of_deliveries_and_a_wrong_one_does_no_harm(self) -> None:
        queue = self.new_queue(max_retries=10)
        queue.publish("x")
        attempts: List[int] = []
        delays: Dict[int, Any] = {1: 0.0, 2: float("nan"), 3: -5, 4: 1e12}

        def backoff(attempt: int) -> Any:
            attempts.append(attempt)
            return delays[attempt]

        def handler(*_: Any) -> None:
            raise RuntimeError("always")

        with mock.patch("millrace.worker.handling.default_backoff", return_value=0.0):
            worker = self.start(queue, handler, backoff=backoff)
            wait_until(lambda: worker.health()["counters"]["failed"] == 4, "four failures")
        self.assertEqual(attempts, [1, 2, 3, 4])
        self.assertEqual(queue.stats()["delayed"], 1)

    def test_an_error_whose_own_code_fails_keeps_no_thread(self) -> None:
        class Unreadable(Reject):
            def __str__(self) -> str:
                raise RuntimeError("no text")

        class Unready(Retry):
            def __init__(self) -> None:
                pass  # so that it has no delay_seconds

        class Ending(Exception):
            def __str__(self) -> str:
                raise SystemExit(3)

        errors: Dict[str, BaseException] = {
            "reject": Unreadable(),
            "retry": Unready(),
            "end": Ending(),
        }
        # The log writes errors out, and runs their code too.
        logging.disable(logging.NOTSET)
        log = logging.getLogger("millrace.worker")
        written = logging.StreamHandler(io.StringIO())
        log.addHandler(written)
        self.addCleanup(log.removeHandler, written)
        queue = self.new_queue(max_retries=0)
        queue.publish_batch([{"payload": name} for name in errors])

        def handler(message: QueueMessage, _: Context) -> None:
            raise errors[message["payload"]]

        worker = self.start(queue, handler, concurrency=1)
        wait_until(lambda: len(list(queue.dlq_list())) == 3, "three dead letters")
        texts = {letter["payload"]: str(letter["last_error"]) for letter in queue.dlq_list()}
        self.assertIn("Unreadable", texts["reject"])
        self.assertIn("cannot be told", texts["retry"])
        wait_until(lambda: worker.health()["in_hand"] == 0, "free slots")

    def test_a_handler_may_change_its_message(self) -> None:
        for kind in ("standard", "fifo"):
            with self.subTest(kind):
                queue = self.new_queue(type=kind)
                queue.publish_batch([{"payload": 1}, {"payload": 2}])
                worker = self.start(queue, lambda message, _: message.clear())
                wait_until(lambda: worker.health()["counters"]["acked"] == 2, "two acks")

    def test_a_backoff_that_ends_its_thread_does_no_harm(self) -> None:
        queue = self.new_queue(max_retries=0)
        queue.publish_batch([{"payload": 1}, {"payload": 2}])

        def handler(*_: Any) -> None:
            raise RuntimeError("always")

        self.start(queue, handler, concurrency=1, backoff=lambda _: sys.exit(3))
        wait_until(lambda: len(list(queue.dlq_list())) == 2, "two dead letters")

    def test_what_was_gone_when_it_was_settled_counts_as_lost(self) -> None:
        queue = self.new_queue()
        queue.publish_batch([{"payload": what} for what in ("return", "raise", "reject")])

        def handler(message: QueueMessage, _: Context) -> None:
            queue.ack(message["message_id"])
            if message["payload"] == "raise":
                raise RuntimeError("failed")
            if message["payload"] == "reject":
                raise Reject("never")

        worker = self.start(queue, handler)
        wait_until(lambda: sum(worker.health()["counters"].values()) == 6, "three ends")
        self.assertEqual(worker.health()["counters"]["lost"], 3)

    def test_an_ack_whose_answer_was_lost_counts_as_an_ack(self) -> None:
        queue = self.new_queue()
        ack_batch = queue.ack_batch
        calls: List[Any] = []

        def cut(*arguments: Any, **options: Any) -> Any:
            results = ack_batch(*arguments, **options)
            calls.append(results)
            if len(calls) == 1:
                raise MillraceError("NO_ANSWER", "the answer was lost", retryable=True)
            return results

        queue.ack_batch = cut  # type: ignore[assignment]
        queue.publish("x")
        worker = self.start(queue, lambda *_: None)
        wait_until(lambda: worker.health()["counters"]["acked"] == 1, "the ack")
        self.assertEqual([results[0]["acked"] for results in calls], [True, False])

    def test_an_ack_that_found_nothing_after_a_call_without_effect_counts_as_lost(self) -> None:
        queue = self.new_queue()
        ack_batch = queue.ack_batch
        calls: List[Any] = []

        def refuse(*arguments: Any, **options: Any) -> Any:
            calls.append(arguments)
            if len(calls) == 1:
                # Meanwhile somebody removes the message.
                queue.purge()
                raise MillraceError("NOT_CONNECTED", "nobody listens", retryable=True)
            return ack_batch(*arguments, **options)

        queue.ack_batch = refuse  # type: ignore[assignment]
        queue.publish("x")
        worker = self.start(queue, lambda *_: None)
        wait_until(lambda: worker.health()["counters"]["lost"] == 1, "the loss")
        self.assertEqual(worker.health()["counters"]["acked"], 0)

    def test_the_default_backoff_is_that_of_the_guide(self) -> None:
        with mock.patch("random.uniform", side_effect=lambda least, most: most):
            longest = [default_backoff(attempt) for attempt in (1, 2, 3, 8, 9, 1_000_000)]
        self.assertEqual(longest, [2, 4, 8, 256, 300, 300])
        with mock.patch("random.uniform", side_effect=lambda least, most: least):
            self.assertEqual(default_backoff(1), 1)

    def test_one_failure_does_not_stall_its_batch(self) -> None:
        queue = self.new_queue()
        queue.publish_batch([{"payload": index} for index in range(20)])

        def handler(message: QueueMessage, _: Context) -> None:
            if message["payload"] == 3:
                raise SystemExit(3)

        worker = self.start(queue, handler, concurrency=20, backoff=lambda _: 600)
        wait_until(lambda: worker.health()["counters"]["acked"] == 19, "19 acks")
        wait_until(lambda: worker.health()["counters"]["failed"] == 1, "a failure")

    def test_a_handler_that_nobody_would_run_is_refused(self) -> None:
        async def coroutine(*_: Any) -> None:
            pass

        async def stream(*_: Any) -> AsyncIterator[int]:
            yield 1

        def generator(*_: Any) -> Iterator[int]:
            yield 1

        class Callable:
            async def __call__(self, *_: Any) -> None:
                pass

        refused: List[Any] = [coroutine, stream, generator, Callable(), Callable().__call__]
        for handler in [*refused, *(functools.partial(one, 1) for one in refused[:3])]:
            with self.subTest(handler), self.assertRaisesRegex(TypeError, "handler must not be"):
                Worker(mock.Mock(), handler)

    def test_a_handler_that_cannot_be_called_is_refused(self) -> None:
        handlers: List[Any] = [None, "handle", lambda: None, lambda message: None]
        for handler in handlers:
            with self.subTest(handler), self.assertRaisesRegex(TypeError, "a message and a context"):
                Worker(mock.Mock(), handler)

    def test_the_name_of_a_queue_is_refused(self) -> None:
        name: Any = "orders"
        with self.assertRaisesRegex(TypeError, r"Millrace\(\).queue\('orders'\), not its name"):
            Worker(name, lambda message, context: None)

    def test_a_result_that_nobody_runs_is_a_failure(self) -> None:
        async def coroutine(*_: Any) -> None:
            pass

        def generator(*_: Any) -> Iterator[int]:
            yield 1

        async def stream(*_: Any) -> AsyncIterator[int]:
            yield 1

        class Awaitable:
            def __await__(self) -> Iterator[None]:
                yield

        results: List[Any] = [coroutine, generator, stream, Awaitable]
        for made in results:
            with self.subTest(made.__name__), warnings.catch_warnings():
                warnings.simplefilter("error")
                queue = self.new_queue(max_retries=0)
                queue.publish("x")
                worker = self.start(queue, lambda *_, made=made: made())
                wait_until(lambda: worker.health()["counters"]["failed"] == 1, "a failure")
                self.assertIn("which nobody runs", str(next(queue.dlq_list())["last_error"]))

    def test_the_trace_goes_from_publisher_to_handler_and_on(self) -> None:
        queue, second = self.new_queue(), self.new_queue()
        token = current_traceparent.set(_TRACE)
        self.addCleanup(current_traceparent.reset, token)
        queue.publish("x")
        queue.publish_batch([{"payload": "y", "headers": {"traceparent": "mine"}}])
        queue.publish("z", idempotency_key="of-my-own")
        seen: Dict[str, Any] = {}

        def handler(message: QueueMessage, context: Context) -> None:
            seen[message["payload"]] = context.traceparent
            if message["payload"] == "x":
                second.publish("next")

        self.start(queue, handler)
        wait_until(lambda: len(seen) == 3, "three messages")
        self.assertEqual(seen, {"x": _TRACE, "y": "mine", "z": None})
        wait_until(lambda: second.stats()["available"], "the second message")
        self.assertEqual(second.consume()[0]["headers"], {"traceparent": _TRACE})


class Fetching(WorkerTest):
    def test_no_more_messages_are_taken_than_threads_are_free(self) -> None:
        queue = self.new_queue()
        queue.publish_batch([{"payload": index} for index in range(10)])
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        worker = self.start(queue, lambda *_: go_on.wait(), concurrency=3)
        wait_until(lambda: worker.health()["in_hand"] == 3, "three messages")
        wait_until(lambda: worker.health()["waits_for"] == "a free thread", "a full worker")
        self.assertEqual(queue.stats()["in_flight"], 3)
        go_on.set()
        wait_until(lambda: worker.health()["counters"]["acked"] == 10, "ten acks")

    def test_pause_and_resume(self) -> None:
        queue = self.new_queue()
        worker = self.start(queue, lambda *_: None)
        worker.pause()
        wait_until(lambda: worker.health()["waits_for"] == "resume", "the pause")
        wait_until(lambda: worker._slots.has_waiter, "the end of the last fetch")
        queue.publish(1)
        self.assertEqual(worker.health()["state"], "paused")
        self.assertEqual(queue.stats()["available"], 1)
        worker.resume()
        wait_until(lambda: worker.health()["counters"]["acked"] == 1, "the ack")

    def test_a_payload_that_python_cannot_read_does_not_hold_up_the_others(self) -> None:
        queue = self.new_queue(max_retries=0)
        deep = "[" * 50_000 + "]" * 50_000
        queue.publish(1)
        # The client could not write it either.
        caller = queue._caller
        body = f'{{"payload":{deep}}}'.encode()
        headers = {**caller._headers, "Content-Type": "application/json"}
        answer = caller._connections.send("POST", queue._path("publish"), body, headers, 10)
        self.assertEqual(answer.status, 200)
        queue.publish_batch([{"payload": index} for index in range(2, 6)])
        handled: List[int] = []
        options: Dict[str, Any] = {"visibility_timeout_seconds": 1, "wait_seconds": 0}
        self.start(queue, lambda message, _: handled.append(message["payload"]), **options)
        wait_until(lambda: queue.stats()["dlq"] >= 1 and queue.stats()["available"] == 0, "its end")
        wait_until(lambda: len(set(handled)) + queue.stats()["dlq"] == 6, "the others")

    def test_a_wrong_key_or_queue_ends_the_worker_with_that_error(self) -> None:
        queue = self.client.queue("python-no-such-queue")
        worker = Worker(queue, lambda *_: None)
        with self.assertRaises(MillraceError) as raised, mock.patch("millrace.worker.worker.log"):
            worker.run()
        self.assertEqual(raised.exception.code, "QUEUE_NOT_FOUND")
        health = worker.health()
        self.assertEqual((health["state"], health["is_alive"]), ("failed", False))
        self.assertIn("QUEUE_NOT_FOUND", str(health["last_error"]))

    def test_settings_out_of_bounds_are_named(self) -> None:
        wrong: Dict[str, Any] = {
            "concurrency": 0,
            "visibility_timeout_seconds": 0.5,
            "handler_timeout": 0,
            "grace_seconds": -1,
            "wait_seconds": 21,
        }
        for name, value in wrong.items():
            with self.subTest(name), self.assertRaisesRegex(ValueError, name):
                Worker(mock.Mock(), mock.Mock(), **{name: value})


if __name__ == "__main__":
    unittest.main()
