"""What a worker does at SIGTERM and SIGINT."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import Any, Dict, Iterator

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """Counts signals. The handler takes no lock, because it may interrupt code that has it."""

    def __init__(self) -> None:
        self.count = 0

    def handle(self, _number: int, _frame: Any) -> None:
        self.count += 1


@contextmanager
def stop_signals() -> Iterator[StopSignals]:
    """Counts SIGTERM and SIGINT. In another thread than the main one, nothing is caught."""
    signals = StopSignals()
    before: Dict[signal.Signals, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            before[number] = signal.signal(number, signals.handle)
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
