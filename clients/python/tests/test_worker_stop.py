"""How a worker stops, and how it survives a server that is away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import unittest
from pathlib import Path
from typing import List

from millrace import Context, Millrace, Queue, QueueMessage

from .server import API_KEY, Server, shared_server
from .wait import wait_until
from .worker_test import WorkerTest


class Stopping(WorkerTest):
    def test_what_runs_is_finished_and_acked(self) -> None:
        queue = self.new_queue()
        queue.publish("x")
        begun = threading.Event()

        def handler(_: QueueMessage, context: Context) -> None:
            begun.set()
            self.assertFalse(context.lost.wait(0.5))

        worker = self.start(queue, handler)
        wait_until(begun.is_set, "the handler")
        worker.stop()
        health = worker.health()
        self.assertEqual((health["state"], health["counters"]["acked"]), ("stopped", 1))
        queue.publish("y")
        self.assertEqual(queue.stats()["available"], 1)

    def test_after_the_grace_handlers_are_told_and_messages_returned_without_a_failure(self) -> None:
        queue = self.new_queue(type="fifo")
        ids = [queue.publish(index) for index in range(4)]
        begun = threading.Event()

        def handler(_: QueueMessage, context: Context) -> None:
            begun.set()
            context.lost.wait(60)
            self.assertEqual(context.lost.reason, "stopping")
            raise RuntimeError("not finished")

        worker = self.start(queue, handler)
        wait_until(begun.is_set, "the handler")
        worker.stop(grace_seconds=0)
        self.assertEqual(worker.health()["counters"]["given_back"], 4)
        self.assertEqual(queue.stats()["available"], 4)
        for message_id in ids:
            self.assertEqual(queue.message(message_id)["failed_deliveries"], [])
        self.assertEqual([one["payload"] for one in queue.consume()], [0, 1, 2, 3])

    def test_messages_that_arrive_after_the_stop_are_returned(self) -> None:
        queue = self.new_queue()
        handled: List[object] = []
        worker = self.start(queue, lambda message, _: handled.append(message), wait_seconds=5)
        wait_until(lambda: worker.health()["waits_for"] == "messages", "the long poll")
        stopping = threading.Thread(target=worker.stop)
        stopping.start()
        wait_until(lambda: worker.health()["state"] == "stopping", "the stop")
        message_id = queue.publish("late")
        stopping.join()
        self.assertEqual(handled, [])
        self.assertEqual(queue.stats()["available"], 1)
        self.assertEqual(queue.message(message_id)["failed_deliveries"], [])

    def test_a_handler_that_never_ends_does_not_hold_up_the_stop(self) -> None:
        queue = self.new_queue()
        queue.publish("x")
        begun, go_on = threading.Event(), threading.Event()
        self.addCleanup(go_on.set)

        def handler(*_: object) -> None:
            begun.set()
            go_on.wait()

        worker = self.start(queue, handler)
        wait_until(begun.is_set, "the handler")
        worker.stop(grace_seconds=0)
        self.assertEqual((worker.health()["state"], worker.health()["in_hand"]), ("stopped", 1))


    def test_a_handler_may_stop_its_worker(self) -> None:
        queue = self.new_queue()
        queue.publish("x")
        told: List[bool] = []

        def handler(_: QueueMessage, context: Context) -> None:
            # A stop that waited for this handler would tell it to end when the grace is over.
            worker.stop(grace_seconds=20)
            told.append(context.lost.is_set())

        worker = self.start(queue, handler)
        wait_until(lambda: worker.health()["state"] == "stopped", "the end")
        self.assertEqual(told, [False])
        self.assertEqual(worker.health()["counters"]["acked"], 1)
        stats = queue.stats()
        self.assertEqual((stats["available"], stats["in_flight"]), (0, 0))


class Signals(WorkerTest):
    def test_sigterm_and_sigint_finish_what_runs(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                queue, program = self._program("1")
                self.assertEqual(self._line(program), "begun x")
                program.send_signal(number)
                output, _ = program.communicate()
                self.assertEqual(output.split("\n"), ["done x", "ended stopped", ""])
                self.assertEqual(program.returncode, 0)
                self.assertEqual(queue.stats()["in_flight"], 0)

    def test_a_second_signal_ends_the_grace(self) -> None:
        queue, program = self._program("60")
        self.assertEqual(self._line(program), "begun x")
        program.send_signal(signal.SIGTERM)
        # Two signals that are waiting at once count as one.
        with self.assertRaises(subprocess.TimeoutExpired):
            program.wait(3)
        program.send_signal(signal.SIGTERM)
        output, _ = program.communicate()
        self.assertEqual(output.split("\n"), ["told stopping", "ended stopped", ""])
        self.assertEqual(queue.stats()["available"], 1)

    def _program(self, seconds: str) -> "tuple[Queue, subprocess.Popen[str]]":
        queue = self.new_queue()
        queue.publish("x")
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.worker_program", queue.name, seconds],
            cwd=Path(__file__).resolve().parents[1],
            env={**os.environ, "MILLRACE_URL": shared_server().url, "MILLRACE_API_KEY": API_KEY},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(program.wait)
        self.addCleanup(program.kill)
        return queue, program

    def _line(self, program: "subprocess.Popen[str]") -> str:
        assert program.stdout is not None
        return program.stdout.readline().strip()


class Outages(WorkerTest):
    def test_a_worker_waits_for_a_server_that_is_away_and_says_so(self) -> None:
        server = Server()
        self.addCleanup(server.remove)
        client = Millrace(server.url, API_KEY)
        self.addCleanup(client.close)
        handled: List[int] = []
        queue = client.queue("q")
        worker = self.start(queue, lambda message, _: handled.append(message["payload"]))
        wait_until(lambda: worker.health()["waits_for"] == "the server", "the wait")
        self.assertEqual(worker.health()["state"], "starting")
        self.assertIn("NOT_CONNECTED", str(worker.health()["last_error"]))
        # A worker whose first fetch is refused would end, and this queue does not exist yet.
        worker.pause()
        server.start()
        queue.create()
        worker.resume()
        for index in range(3):
            queue.publish(index)
            wait_until(lambda: len(handled) == index + 1, "a message")
            self.assertTrue(worker.health()["is_connected"])
            server.kill()
            wait_until(lambda: worker.health()["waits_for"] == "the server", "the outage")
            self.assertFalse(worker.health()["is_connected"])
            server.start()
        wait_until(lambda: worker.health()["is_connected"], "the last recovery")
        self.assertEqual(handled, [0, 1, 2])


if __name__ == "__main__":
    unittest.main()
