"""The worker that is killed: `python3 -m tests.chaos.worker_program queue file lease_seconds`."""

from __future__ import annotations

import logging
import random
import sys
import uuid
from pathlib import Path

from millrace import Context, Millrace, QueueMessage, Worker

from .events import EventLog


def main() -> None:
    name, path, lease_seconds = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    logging.basicConfig(filename=f"{path}.log", level=logging.INFO)
    events = EventLog(path)

    def handler(message: QueueMessage, context: Context) -> None:
        run = str(uuid.uuid4())
        events.write("begun", run, message["payload"])
        # A few handlers run for longer than their lease.
        is_long = random.randrange(200) == 0
        work_seconds = 1.5 * lease_seconds if is_long else random.uniform(0, 0.01)
        if context.lost.wait(work_seconds):
            events.write("told", run, message["payload"])
            raise RuntimeError("the lease is lost")
        events.write("done", run, message["payload"])

    with Millrace() as client:
        options = {"concurrency": 8, "visibility_timeout_seconds": lease_seconds}
        Worker(client.queue(name), handler, **options).run()  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
