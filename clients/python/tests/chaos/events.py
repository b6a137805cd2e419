"""What the workers did, and whether it kept the promises."""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterable, List, Optional


class EventLog:
    """A file of one worker process; each event is written at once, so that a kill loses none."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, event: str, run: str, message: int) -> None:
        # The monotonic clock is the same for all processes of a machine.
        entry = {"event": event, "run": run, "message": message, "at": time.monotonic()}
        os.write(self._file, (json.dumps(entry) + "\n").encode())


@dataclass
class Run:
    """One run of the handler."""

    message: int
    begun_at: float
    #: When it finished, was told that its lease is lost, or was killed.
    over_at: float = float("inf")
    is_finished: bool = False


@dataclass(frozen=True)
class Verdict:
    runs: int
    handled: int
    #: Messages that were finished again, counted each time.
    duplicates: int
    #: Messages that were never finished.
    missing: List[int]
    #: Messages that a second handler began while the first was not told.
    untold: List[int]


def read_runs(paths: Iterable[Path], killed_at: Dict[Path, float]) -> List[Run]:
    """The runs in the files of the worker processes."""
    runs: List[Run] = []
    for path in paths:
        if not path.exists():
            continue
        by_name: Dict[str, Run] = {}
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            if entry["event"] == "begun":
                run = Run(entry["message"], entry["at"], killed_at.get(path, float("inf")))
                by_name[entry["run"]] = run
            else:
                by_name[entry["run"]].over_at = entry["at"]
                by_name[entry["run"]].is_finished |= entry["event"] == "done"
        runs.extend(by_name.values())
    return runs


def judge(runs: List[Run], messages: int) -> Verdict:
    by_message: Dict[int, List[Run]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: run.begun_at):
        by_message[run.message].append(run)
    finished = sum(run.is_finished for run in runs)
    handled = {run.message for run in runs if run.is_finished}
    return Verdict(
        runs=len(runs),
        handled=len(handled),
        duplicates=finished - len(handled),
        missing=[message for message in range(messages) if message not in handled],
        untold=[message for message, its_runs in by_message.items() if _overlap(its_runs)],
    )


def _overlap(runs: List[Run]) -> bool:
    over_at: Optional[float] = None
    for run in runs:
        if over_at is not None and run.begun_at < over_at:
            return True
        over_at = run.over_at if over_at is None else max(over_at, run.over_at)
    return False
