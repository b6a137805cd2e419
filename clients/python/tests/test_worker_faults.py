"""What no call should do: errors of another kind, answers of another form, and pauses without an end."""

from __future__ import annotations

import time
import unittest
from typing import Any, Callable, Dict, List
from unittest import mock

from millrace import MillraceError, Queue, QueueMessage, Reject, Worker
from millrace.worker.lease import Lease
from millrace.worker.lease_keeper import LeaseKeeper

from .wait import wait_until
from .worker_test import WorkerTest


def _raises(error: Exception) -> Callable[..., Any]:
    def call(*_: object, **__: object) -> Any:
        raise error

    return call


#: In place of the first call that settles something.
_FAULTS: Dict[str, Callable[..., Any]] = {
    "an error of another kind": _raises(OverflowError("timestamp too large to convert")),
    "no results": lambda *_, **__: [],
    "too many results": lambda *_, **__: [{}, {}],
    "nothing": lambda *_, **__: None,
    "a result that is none": lambda *_, **__: [None],
    "an error that is none": lambda *_, **__: [{"error": None}],
}


def _once(queue: Queue, name: str, fault: Callable[..., Any]) -> None:
    """Has the first call of this method end like that."""
    real = getattr(queue, name)
    calls: List[object] = []

    def call(*arguments: Any, **options: Any) -> Any:
        calls.append(arguments)
        return (fault if len(calls) == 1 else real)(*arguments, **options)

    setattr(queue, name, call)


def _is_empty(worker: Worker) -> bool:
    health = worker.health()
    return (health["in_hand"], health["unsettled"]) == (0, 0)


class Settling(WorkerTest):
    def test_an_ack_that_ends_otherwise_frees_its_slot_and_its_group(self) -> None:
        for name, fault in _FAULTS.items():
            with self.subTest(name):
                queue = self.new_queue(type="fifo")
                queue.publish_batch([{"payload": index} for index in range(3)])
                _once(queue, "ack_batch", fault)
                handled: List[int] = []
                options: Dict[str, Any] = {"concurrency": 1, "visibility_timeout_seconds": 1.5}
                worker = self.start(
                    queue, lambda message, _: handled.append(message["payload"]), **options
                )
                wait_until(lambda: worker.health()["counters"]["acked"] == 3, "three acks")
                # The first one has come back when its lease had ended.
                self.assertEqual(list(dict.fromkeys(handled)), [0, 1, 2])
                self.assertGreaterEqual(handled.count(0), 2)
                self.assertGreaterEqual(worker.health()["counters"]["lost"], 1)
                wait_until(lambda: _is_empty(worker), "free slots")
                worker.stop()

    def test_a_nack_that_ends_otherwise_frees_its_slot_and_its_group(self) -> None:
        queue = self.new_queue(type="fifo", max_retries=0)
        queue.publish_batch([{"payload": index} for index in range(3)])
        _once(queue, "nack_batch", _FAULTS["an error of another kind"])

        def handler(message: QueueMessage, _: object) -> None:
            if message["payload"] == 0:
                raise Reject("never")

        worker = self.start(queue, handler, concurrency=1, visibility_timeout_seconds=1.5)
        wait_until(lambda: worker.health()["counters"]["acked"] == 2, "two acks")
        self.assertGreaterEqual(worker.health()["counters"]["lost"], 1)
        wait_until(lambda: _is_empty(worker), "free slots")

    def test_a_stop_does_not_wait_for_the_end_of_a_long_pause(self) -> None:
        for seconds in (60, 1e11):
            with self.subTest(seconds):
                queue = self.new_queue()
                queue.publish("x")
                asking = MillraceError(
                    "OVERLOADED", "later", status=503, retryable=True, retry_after_seconds=seconds
                )
                ack = mock.Mock(side_effect=asking)
                queue.ack_batch = ack  # type: ignore[assignment]
                worker = self.start(queue, lambda *_: None)
                wait_until(lambda: ack.called, "the ack")
                self.assertEqual(worker.health()["unsettled"], 1)
                begun_at = time.monotonic()
                worker.stop()
                self.assertLess(time.monotonic() - begun_at, 10)
                self.assertEqual(worker.health()["counters"]["lost"], 1)
                self.assertEqual(worker.health()["unsettled"], 0)

    def test_a_stop_waits_for_the_end_of_a_short_pause(self) -> None:
        queue = self.new_queue()
        queue.publish("x")
        asking = MillraceError(
            "OVERLOADED", "later", status=503, retryable=True, retry_after_seconds=2
        )
        called_at: List[float] = []

        def refuse(*_: object, **__: object) -> Any:
            called_at.append(time.monotonic())
            raise asking

        _once(queue, "ack_batch", refuse)
        worker = self.start(queue, lambda *_: None)
        wait_until(lambda: called_at, "the first ack")
        worker.stop()
        self.assertGreaterEqual(time.monotonic() - called_at[0], 2)
        self.assertEqual(worker.health()["counters"]["acked"], 1)


class Messages(WorkerTest):
    def test_a_message_of_another_form_keeps_no_slot(self) -> None:
        queue = self.new_queue(max_retries=0)
        queue.publish("x")
        consume = queue.consume

        def changed(**options: Any) -> List[QueueMessage]:
            messages = consume(**options)
            for message in messages:
                message.pop("delivery_count")  # type: ignore[misc]
            return messages

        queue.consume = changed  # type: ignore[assignment]

        def handler(*_: object) -> None:
            raise RuntimeError("failed")

        worker = self.start(queue, handler, concurrency=1)
        wait_until(lambda: worker.health()["counters"]["lost"] == 1, "the loss")
        wait_until(lambda: _is_empty(worker), "free slots")


    def test_a_message_that_cannot_be_begun_is_returned_and_holds_up_nothing(self) -> None:
        for kind in ("standard", "fifo"):
            with self.subTest(kind):
                queue = self.new_queue(type=kind)
                queue.publish_batch([{"payload": index} for index in range(4)])
                refresh = LeaseKeeper.refresh
                faults = [True, False, True]

                def broken(keeper: LeaseKeeper, lease: Lease) -> bool:
                    if faults and faults.pop():
                        raise RuntimeError("a bug")
                    return refresh(keeper, lease)

                with mock.patch.object(LeaseKeeper, "refresh", broken):
                    worker = self.start(queue, lambda *_: None)
                    wait_until(lambda: worker.health()["counters"]["acked"] == 4, "four acks")
                wait_until(lambda: _is_empty(worker), "free slots")
                worker.stop()


class Extending(WorkerTest):
    def test_an_extension_that_ends_otherwise_leaves_the_lease_its_time(self) -> None:
        faults: List[Any] = [OverflowError("too large"), [{}], [None]]
        for fault in faults:
            with self.subTest(fault):
                queue: Any = mock.Mock(extend=mock.Mock(side_effect=fault))
                keeper = LeaseKeeper(queue, 30, 1)
                message: Any = {"message_id": "m-1", "receipt": "r-1"}
                lease = Lease(message, time.monotonic() - 20, 30)
                self.assertTrue(keeper.refresh(lease))
                self.assertFalse(lease.is_extending or lease.lost.is_set())
                self.assertGreater(lease.extend_at, time.monotonic())


if __name__ == "__main__":
    unittest.main()
