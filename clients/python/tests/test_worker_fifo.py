"""Order within message groups."""

from __future__ import annotations

import threading
import time
import unittest
from collections import defaultdict
from typing import Any, Callable, Dict, List
from unittest import mock

from millrace import Context, MillraceError, Queue, QueueMessage, Reject, Worker
from millrace.worker.lanes import Lanes
from millrace.worker.lease import Lease

from .wait import wait_until
from .worker_test import WorkerTest


class MessageGroups(WorkerTest):
    def test_a_group_is_handled_one_by_one_and_groups_side_by_side(self) -> None:
        queue = self.new_queue(type="fifo")
        groups = ["a", "b", "c"]
        for index in range(20):
            for group in groups:
                queue.publish(index, message_group_id=group)
        order: Dict[str, List[int]] = defaultdict(list)
        running: Dict[str, int] = defaultdict(int)
        together = threading.Barrier(len(groups))
        problems: List[str] = []

        def handler(message: QueueMessage, context: Context) -> None:
            group = message["message_group_id"]
            running[group] += 1
            if running[group] > 1:
                problems.append(group)
            if message["payload"] == 0:
                together.wait(30)
            order[group].append(message["payload"])
            context.lost.wait(0.002)
            running[group] -= 1

        worker = self.start(queue, handler, concurrency=12)
        wait_until(lambda: worker.health()["counters"]["acked"] == 60, "60 acks")
        self.assertEqual(problems, [])
        self.assertEqual(order, {group: list(range(20)) for group in groups})

    def test_after_a_failure_the_group_waits_for_the_retry(self) -> None:
        queue = self.new_queue(type="fifo")
        for index in range(6):
            queue.publish(index)
        order: List[str] = []

        def handler(message: QueueMessage, _: Context) -> None:
            order.append(f"{message['payload']}.{message['delivery_count']}")
            if message["payload"] == 2 and message["delivery_count"] == 1:
                raise RuntimeError("once")

        worker = self.start(queue, handler, concurrency=10)
        wait_until(lambda: worker.health()["counters"]["acked"] == 6, "six acks")
        handled = [text.split(".")[0] for text in order]
        self.assertEqual(handled, ["0", "1", "2", "2", "3", "4", "5"])
        counters = worker.health()["counters"]
        self.assertEqual((counters["failed"], counters["lost"]), (1, 0))
        self.assertEqual(worker.health()["in_hand"], 0)

    def test_a_dead_letter_does_not_hold_up_its_group(self) -> None:
        queue = self.new_queue(type="fifo")
        for index in range(5):
            queue.publish(index)
        order: List[int] = []

        def handler(message: QueueMessage, _: Context) -> None:
            order.append(message["payload"])
            if message["payload"] == 1:
                raise Reject("never")

        worker = self.start(queue, handler, concurrency=10)
        wait_until(lambda: worker.health()["counters"]["acked"] == 4, "four acks")
        self.assertEqual(order, [0, 1, 2, 3, 4])

    def test_messages_that_wait_in_a_group_keep_their_leases(self) -> None:
        queue = self.new_queue(type="fifo")
        for index in range(4):
            queue.publish(index)
        deliveries: List[int] = []

        def handler(message: QueueMessage, context: Context) -> None:
            deliveries.append(message["delivery_count"])
            context.lost.wait(3)

        worker = self.start(queue, handler, visibility_timeout_seconds=8)
        wait_until(lambda: worker.health()["counters"]["acked"] == 4, "four acks")
        self.assertEqual(deliveries, [1, 1, 1, 1])


class ChangedTypes(WorkerTest):
    """A queue that is deleted while a worker runs, and created again as FIFO."""

    def setUp(self) -> None:
        super().setUp()
        self.skipped_seconds = 0.0
        clock = mock.Mock(monotonic=lambda: time.monotonic() + self.skipped_seconds, time=time.time)
        patch = mock.patch("millrace.worker.fetching.time", clock)
        patch.start()
        self.addCleanup(patch.stop)
        self.done: List[int] = []
        self.running = 0
        self.overlaps: List[int] = []

    def handle(self, message: QueueMessage, context: Context) -> None:
        self.running += 1
        if self.running > 1:
            self.overlaps.append(message["payload"])
        context.lost.wait(0.02)
        self.running -= 1
        self.done.append(message["payload"])

    def begin(self, queue: Queue) -> Worker:
        """Starts a worker that has handled one message, and fetches nothing for the moment."""
        worker = self.start(queue, self.handle)
        queue.publish(0)
        wait_until(lambda: worker.health()["counters"]["acked"] == 1, "the first ack")
        self._pause(worker)
        return worker

    def again_as_fifo(self, queue: Queue, worker: Worker, payloads: List[int]) -> None:
        """The queue comes back so fast that the worker has not seen that it was gone."""
        self._pause(worker)
        queue.delete()
        queue.create(type="fifo")
        queue.publish_batch([{"payload": one, "message_group_id": "one"} for one in payloads])
        worker.resume()

    def test_messages_of_a_group_run_one_by_one_then(self) -> None:
        queue = self.new_queue()
        worker = self.begin(queue)
        self.skipped_seconds = 6
        self.again_as_fifo(queue, worker, list(range(1, 11)))
        wait_until(lambda: worker.health()["counters"]["acked"] == 11, "ten more acks")
        self.assertEqual(self.overlaps, [])
        self.assertEqual(self.done, list(range(11)))

    def test_a_worker_that_saw_the_queue_gone_does_not_wait_to_ask(self) -> None:
        queue = self.new_queue()
        worker = self.begin(queue)
        queue.delete()
        worker.resume()
        wait_until(lambda: "QUEUE_NOT_FOUND" in str(worker.health()["last_error"]), "a refusal")
        self._pause(worker)
        queue.create(type="fifo")
        queue.publish_batch([{"payload": one, "message_group_id": "one"} for one in range(1, 6)])
        worker.resume()
        wait_until(lambda: worker.health()["counters"]["acked"] == 6, "five more acks")
        self.assertEqual(self.overlaps, [])
        self.assertEqual(self.done, list(range(6)))

    def test_messages_are_handled_when_the_type_cannot_be_asked_for(self) -> None:
        queue = self.new_queue()
        worker = self.begin(queue)
        get, asked = queue.get, mock.Mock()
        asked.side_effect = [
            MillraceError("NO_ANSWER", "the answer was lost", retryable=True),
            {},
            OverflowError("a bug"),
        ]
        queue.get = asked  # type: ignore[assignment]
        for payload in (1, 2, 3):
            self.skipped_seconds += 6
            worker.resume()
            queue.publish(payload)
            wait_until(lambda: worker.health()["counters"]["acked"] == payload + 1, "an ack")
        # While reads fail, not every fetch waits for one.
        queue.publish(4)
        wait_until(lambda: worker.health()["counters"]["acked"] == 5, "an ack")
        self.assertEqual(asked.call_count, 3)
        self.assertTrue(worker.health()["is_connected"])
        self.skipped_seconds += 6
        queue.get = get  # type: ignore[assignment]
        self.again_as_fifo(queue, worker, [5, 6, 7])
        wait_until(lambda: worker.health()["counters"]["acked"] == 8, "three more acks")
        self.assertEqual((self.overlaps, self.done), ([], list(range(8))))

    def test_a_queue_that_is_busy_is_asked_about_every_five_seconds(self) -> None:
        queue = self.new_queue()
        get: Callable[..., Any] = queue.get
        with mock.patch.object(queue, "get", side_effect=get) as asked:
            worker = self.start(queue, self.handle)
            for count in range(1, 5):
                queue.publish(count)
                wait_until(lambda: worker.health()["counters"]["acked"] == count, "an ack")
                self.skipped_seconds += 2
        self.assertEqual(asked.call_count, 2)

    def test_a_message_leaves_the_lane_that_it_entered(self) -> None:
        for is_fifo in (False, True):
            with self.subTest(is_fifo=is_fifo):
                lanes = Lanes()
                lanes.is_fifo = is_fifo
                leases = [_lease("r-1"), _lease("r-2")]
                for lease in leases:
                    lanes.enter(lease, lambda: None)
                lanes.is_fifo = not is_fifo
                self.assertIs(lanes.next_after(leases[0]), leases[1] if is_fifo else None)
                self.assertEqual(lanes.leave(leases[1]), [])

    def _pause(self, worker: Worker) -> None:
        worker.pause()
        wait_until(lambda: worker._slots.has_waiter, "the end of the last fetch")


def _lease(receipt: str) -> Lease:
    message: Any = {"message_id": receipt, "receipt": receipt, "message_group_id": "one"}
    return Lease(message, 0, 30)


if __name__ == "__main__":
    unittest.main()
