"""Runs the chaos and reports what it did."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Dict, List

from millrace import BatchingPublisher, Millrace, Queue

from ..server import API_KEY, Server
from .cutting_proxy import CuttingProxy
from .events import Verdict, judge, read_runs

_WORKERS = 4
_LEASE_SECONDS = 4.0
#: Answers are cut in one chunk in so many.
_CUT_ONE_IN = 40
_LONGEST_SECONDS = 600


@dataclass(frozen=True)
class Report:
    messages: int
    seed: int
    verdict: Verdict
    kills: int
    restarts: int
    cuts: int
    #: Messages left in the queue or among its dead letters.
    left: int
    seconds: float

    def facts(self) -> Dict[str, Any]:
        facts = asdict(self)
        return {**facts.pop("verdict"), **facts}


class _Workers:
    """Processes that are killed and replaced."""

    def __init__(self, folder: Path, queue_name: str, url: str) -> None:
        self._folder = folder
        self._queue_name = queue_name
        self._environment = {**os.environ, "MILLRACE_URL": url, "MILLRACE_API_KEY": API_KEY}
        self._running: Dict[Path, "subprocess.Popen[bytes]"] = {}
        self.paths: List[Path] = []
        self.killed_at: Dict[Path, float] = {}

    def start_one(self) -> None:
        path = self._folder / f"worker-{len(self.paths)}"
        self.paths.append(path)
        program = "tests.chaos.worker_program"
        arguments = [self._queue_name, str(path), str(_LEASE_SECONDS)]
        self._running[path] = subprocess.Popen(
            [sys.executable, "-m", program, *arguments],
            cwd=Path(__file__).resolve().parents[2],
            env=self._environment,
        )

    def kill_one(self, rng: random.Random) -> None:
        path = rng.choice(sorted(self._running))
        process = self._running.pop(path)
        process.kill()
        process.wait()
        self.killed_at[path] = time.monotonic()

    def stop(self) -> None:
        for process in self._running.values():
            process.send_signal(signal.SIGTERM)
        for process in self._running.values():
            process.wait()


def run_chaos(messages: int, seed: int) -> Report:
    """Publishes through the proxy, and makes trouble until every message is gone."""
    rng = random.Random(seed)
    begun_at = time.monotonic()
    server = Server()
    server.start()
    proxy = CuttingProxy(server.port, _CUT_ONE_IN, rng)
    try:
        with tempfile.TemporaryDirectory(prefix="millrace-chaos-") as folder:
            with Millrace(proxy.url, API_KEY) as client:
                queue = client.queue(f"chaos-{uuid.uuid4()}")
                queue.create(visibility_timeout_default=_LEASE_SECONDS)
                workers = _Workers(Path(folder), queue.name, proxy.url)
                _publish(queue, messages)
                restarts, left = _make_trouble(queue, messages, server, workers, rng)
            runs = read_runs(workers.paths, workers.killed_at)
    finally:
        proxy.close()
        server.remove()
    return Report(
        messages=messages,
        seed=seed,
        verdict=judge(runs, messages),
        kills=len(workers.killed_at),
        restarts=restarts,
        cuts=proxy.cuts,
        left=left,
        seconds=round(time.monotonic() - begun_at, 1),
    )


def _publish(queue: Queue, messages: int) -> None:
    with BatchingPublisher(queue) as publisher:
        futures = [publisher.publish(index) for index in range(messages)]
    ids = {future.result() for future in futures}
    if len(ids) != messages:
        raise AssertionError(f"{messages} messages got {len(ids)} ids")


def _make_trouble(
    queue: Queue, messages: int, server: Server, workers: _Workers, rng: random.Random
) -> "tuple[int, int]":
    for _ in range(_WORKERS):
        workers.start_one()
    restarts = 0
    ends_at = time.monotonic() + _LONGEST_SECONDS
    try:
        while True:
            time.sleep(rng.uniform(0.3, 1.2))
            stats = queue.stats()
            left = stats["available"] + stats["in_flight"] + stats["delayed"] + stats["dlq"]
            if left == stats["dlq"] or time.monotonic() > ends_at:
                break
            if left < messages * (2 - restarts) / 3:
                restarts += 1
                # The first time like a crash, the second time as an operator would.
                (server.kill if restarts == 1 else server.stop)()
                server.start()
            workers.kill_one(rng)
            workers.start_one()
    finally:
        workers.stop()
    return restarts, left
