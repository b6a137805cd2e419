"""A worker as a program of its own: `python3 -m tests.worker_program queue seconds`."""

from __future__ import annotations

import sys

from millrace import Context, Millrace, QueueMessage, Worker


def main() -> None:
    name, seconds = sys.argv[1], float(sys.argv[2])

    def handler(message: QueueMessage, context: Context) -> None:
        print("begun", message["payload"], flush=True)
        if context.lost.wait(seconds):
            print("told", context.lost.reason, flush=True)
            raise RuntimeError("not finished")
        print("done", message["payload"], flush=True)

    with Millrace() as client:
        worker = Worker(client.queue(name), handler, concurrency=2, wait_seconds=0.2)
        worker.run()
    print("ended", worker.health()["state"], flush=True)


if __name__ == "__main__":
    main()
