"""Order within message groups."""

from __future__ import annotations

import threading
import unittest
from collections import defaultdict
from typing import Dict, List

from millrace import Context, QueueMessage, Reject

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


if __name__ == "__main__":
    unittest.main()
