"""What the tests of the worker share."""

from __future__ import annotations

import logging
from typing import Any

from millrace import Queue, Worker

from .server import ServerTest


class WorkerTest(ServerTest):
    def setUp(self) -> None:
        super().setUp()
        # Failing handlers are the point of many tests.
        logging.disable(logging.ERROR)
        self.addCleanup(logging.disable, logging.NOTSET)

    def start(self, queue: Queue, handler: Any, **options: Any) -> Worker:
        """Starts a worker that ends with the test."""
        options = {"wait_seconds": 0.2, "grace_seconds": 5, "backoff": lambda _: 0, **options}
        worker = Worker(queue, handler, **options)
        worker.start()
        self.addCleanup(worker.stop)
        return worker
