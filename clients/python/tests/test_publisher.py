"""The batching publisher."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import unittest
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from typing import Any, List, Tuple
from unittest import mock

from millrace import BatchingPublisher, MillraceError, Queue, current_traceparent

from .server import API_KEY, ServerTest, shared_server
from .stub_server import StubServer, refusal


class Publishing(ServerTest):
    def test_each_message_gets_its_own_id_and_the_order_is_kept(self) -> None:
        queue = self.new_queue(type="fifo")
        with BatchingPublisher(queue, max_batch=50) as publisher:
            futures = [publisher.publish(index, message_group_id="g") for index in range(500)]
        ids = [future.result() for future in futures]
        self.assertEqual(len(set(ids)), 500)
        seen = list(queue.peek(page_size=1000))
        self.assertEqual([one["payload"] for one in seen], list(range(500)))
        self.assertEqual([one["message_id"] for one in seen], ids)

    def test_one_message_that_is_refused_does_not_fail_the_others(self) -> None:
        queue = self.new_queue()
        with BatchingPublisher(queue, linger_seconds=0.2) as publisher:
            good = [publisher.publish(1), publisher.publish(2)]
            bad = publisher.publish(3, priority=99)
            large = publisher.publish("x" * 2_000_000)
        self.assertEqual(len({future.result() for future in good}), 2)
        for future in (bad, large):
            self.assertIsInstance(future.exception(), MillraceError)
        self.assertEqual(queue.stats()["available"], 2)

    def test_batches_stay_below_the_limit_of_a_body(self) -> None:
        queue = self.new_queue()
        with BatchingPublisher(queue, linger_seconds=0.2) as publisher:
            futures = [publisher.publish("x" * 900_000) for _ in range(20)]
        self.assertEqual(len({future.result() for future in futures}), 20)

    def test_the_trace_is_that_of_the_caller(self) -> None:
        queue = self.new_queue()
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        token = current_traceparent.set(trace)
        self.addCleanup(current_traceparent.reset, token)
        with BatchingPublisher(queue) as publisher:
            publisher.publish(1)
        self.assertEqual(queue.consume()[0]["headers"], {"traceparent": trace})


class Ends(ServerTest):
    """What becomes of messages when a program ends or forks without a close."""

    def test_what_waits_at_the_end_of_a_program_is_sent(self) -> None:
        for end in ("", "sys.exit(3)", "raise KeyboardInterrupt"):
            with self.subTest(end):
                queue = self.new_queue()
                self._run(queue, f"for index in range(10): publisher.publish(index)\n{end}")
                self.assertEqual(queue.stats()["available"], 10)

    def test_what_waits_behind_a_callback_that_closes_is_sent_too(self) -> None:
        queue = self.new_queue()
        lines = """
publisher._max_batch = 1
publisher.publish(0).add_done_callback(lambda _: publisher.close())
for index in range(1, 500):
    try:
        publisher.publish(index)
    except RuntimeError:
        break
    accepted = index
while not publisher._is_closed:
    time.sleep(0.001)
print(accepted + 1)
"""
        accepted = int(self._run(queue, lines))
        self.assertEqual(queue.stats()["available"], accepted)

    @unittest.skipUnless(hasattr(os, "fork"), "this system has no fork")
    def test_a_child_is_told_that_the_publisher_is_its_parents(self) -> None:
        queue = self.new_queue()
        output = self._run(
            queue,
            """
publisher.publish("from the parent")
# The lock of a thread that does not exist in the child.
publisher._changed.acquire()
child = os.fork()
if child == 0:
    for call in (lambda: publisher.publish("from the child"), publisher.flush):
        try:
            call()
        except RuntimeError as error:
            print(error, flush=True)
    publisher.close()
    sys.exit()
os.waitpid(child, 0)
publisher._changed.release()
""",
        )
        self.assertEqual(len(re.findall("make one after the fork", output)), 2)
        self.assertEqual([one["payload"] for one in queue.peek()], ["from the parent"])

    def _run(self, queue: Queue, lines: str) -> str:
        program = f"""
import os, sys, time
from millrace import BatchingPublisher, Millrace
publisher = BatchingPublisher(Millrace().queue({queue.name!r}), linger_seconds=600)
{lines}
"""
        server = {"MILLRACE_URL": shared_server().url, "MILLRACE_API_KEY": API_KEY}
        ended = subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).resolve().parents[1],
            env={**os.environ, **server},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=120,
        )
        return ended.stdout


class BackPressure(unittest.TestCase):
    def test_publish_waits_while_too_much_is_pending(self) -> None:
        for bounds in ({"max_pending": 3}, {"max_pending_bytes": 40}):
            with self.subTest(bounds):
                self._check(bounds)

    def _check(self, bounds: Any) -> None:
        queue = mock.Mock()
        let_go = threading.Event()
        sent: List[Any] = []

        def publish_batch(messages: List[Any]) -> List[str]:
            let_go.wait()
            sent.extend(messages)
            return [f"m-{len(sent)}" for _ in messages]

        queue.publish_batch = publish_batch
        publisher = BatchingPublisher(queue, max_batch=1, **bounds)
        for index in range(3):
            publisher.publish(index)
        fourth = threading.Thread(target=publisher.publish, args=(3,))
        fourth.start()
        fourth.join(0.2)
        self.assertTrue(fourth.is_alive())
        let_go.set()
        fourth.join()
        publisher.flush()
        self.assertEqual(len(sent), 4)
        publisher.close()
        with self.assertRaisesRegex(RuntimeError, "closed"):
            publisher.publish(4)

    def test_a_flush_ends_while_others_go_on_publishing(self) -> None:
        queue = mock.Mock()
        is_enough = threading.Event()

        def publish_batch(messages: List[Any]) -> List[str]:
            if not is_enough.is_set():
                publisher.publish("another")
            if len(messages) > 1:
                # Its messages are sent again one by one, and the next batch waits for that.
                raise MillraceError("INVALID_REQUEST", "refused", status=400)
            return ["m"]

        queue.publish_batch = publish_batch
        publisher = BatchingPublisher(queue, max_batch=2)
        futures = [publisher.publish(index) for index in range(3)]
        flush = threading.Thread(target=publisher.flush, daemon=True)
        flush.start()
        flush.join(60)
        is_flushed = not flush.is_alive()
        is_enough.set()
        publisher.close()
        self.assertTrue(is_flushed)
        self.assertEqual([future.result() for future in futures], ["m"] * 3)

    def test_a_callback_may_publish_while_there_is_no_room(self) -> None:
        queue, let_go = _held_queue()
        publisher = BatchingPublisher(queue, max_batch=2, max_pending=2)
        answers: "SimpleQueue[Future[str]]" = SimpleQueue()

        def publish_two(_: object) -> None:
            for _ in range(2):
                answers.put(publisher.publish("from a callback"))

        publisher.publish("first").add_done_callback(publish_two)
        publisher.publish("second").add_done_callback(publish_two)
        let_go.release(100)
        for _ in range(4):
            self.assertEqual(answers.get(timeout=60).result(timeout=60), "m")
        publisher.close()

    def test_a_callback_that_fails_stops_nothing(self) -> None:
        queue, let_go = _held_queue()
        refused: "SimpleQueue[object]" = SimpleQueue()

        def flush(_: object) -> None:
            try:
                publisher.flush()
            except RuntimeError as error:
                refused.put(error)

        publisher = BatchingPublisher(queue, max_batch=1)
        with self.assertLogs("millrace", "ERROR"):
            publisher.publish(1).add_done_callback(lambda _: sys.exit(3))
            let_go.release(2)
            self.assertEqual(publisher.publish(2).result(timeout=60), "m")
        publisher.publish(3).add_done_callback(flush)
        let_go.release()
        self.assertIn("cannot flush", str(refused.get(timeout=60)))
        publisher.publish(4).add_done_callback(lambda _: publisher.close())
        let_go.release()
        publisher._thread.join(60)
        self.assertFalse(publisher._thread.is_alive())

    def test_an_outage_fails_the_futures_and_not_the_publisher(self) -> None:
        stub = StubServer(refusal(503, "OVERLOADED"))
        self.addCleanup(stub.close)
        with BatchingPublisher(stub.client(retries=0).queue("q")) as publisher:
            error = publisher.publish(1).exception()
            self.assertIsInstance(error, MillraceError)
            self.assertIsInstance(publisher.publish(2).exception(), MillraceError)

    def test_an_answer_without_all_ids_fails_the_futures(self) -> None:
        for answer in (["m-1"], [], None, 7):
            with self.subTest(answer):
                queue: Any = mock.Mock(publish_batch=mock.Mock(return_value=answer))
                with BatchingPublisher(queue, linger_seconds=0.1) as publisher:
                    futures = [publisher.publish(index) for index in range(2)]
                for future in futures:
                    self.assertIsNotNone(future.exception(timeout=60))

    def test_wrong_bounds(self) -> None:
        bounds_in_turn: List[Any] = [{"max_batch": 0}, {"max_batch": 1_001}, {"max_pending": 0}]
        # The thread that sends would end with an OverflowError at such a wait.
        bounds_in_turn += [{"linger_seconds": one} for one in (-1, float("nan"), float("inf"), 1e12)]
        for bounds in bounds_in_turn:
            wrong: Any = bounds
            with self.subTest(bounds), self.assertRaisesRegex(ValueError, next(iter(bounds))):
                BatchingPublisher(mock.Mock(), **wrong)


def _held_queue() -> Tuple[Any, threading.Semaphore]:
    """A queue whose batches are answered when the semaphore lets them, and so after what a test does."""
    let_go = threading.Semaphore(0)

    def publish_batch(messages: List[Any]) -> List[str]:
        let_go.acquire()
        return ["m"] * len(messages)

    return mock.Mock(publish_batch=publish_batch), let_go


if __name__ == "__main__":
    unittest.main()
