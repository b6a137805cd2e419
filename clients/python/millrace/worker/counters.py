"""What a worker has done so far."""

from __future__ import annotations

import threading
from typing import Dict

_NAMES = ("fetched", "acked", "failed", "rejected", "given_back", "lost")


class Counters:
    """Messages since the worker was made.

    `failed` were nacked and come back, unless their retries are used up; `rejected` are dead letters;
    `given_back` were returned without a failure; `lost` had a lease that ended too early,
    or were gone when they were to be settled.
    """

    def __init__(self) -> None:
        self._counts = dict.fromkeys(_NAMES, 0)
        self._lock = threading.Lock()

    def add(self, name: str, count: int = 1) -> None:
        with self._lock:
            self._counts[name] += count

    def read(self) -> Dict[str, int]:
        with self._lock:
            return dict(self._counts)
