"""Threads that do not die of an error."""

from __future__ import annotations

import logging
import threading
import time
from typing import Callable

log = logging.getLogger("millrace.worker")


def start_thread(name: str, loop: Callable[[], None]) -> threading.Thread:
    """Runs a loop until it returns; an error that it did not expect is logged, and it begins again.

    The thread does not keep the process alive: a handler that never returns must not prevent its end.
    """

    def run() -> None:
        while True:
            try:
                return loop()
            except Exception:
                log.exception("%s failed and starts again", name)
                time.sleep(1)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread
