"""`python3 -m tests.chaos --messages 10000 --seed 1`"""

from __future__ import annotations

import argparse
import json
import sys

from .run import run_chaos

parser = argparse.ArgumentParser(prog="python3 -m tests.chaos")
parser.add_argument("--messages", type=int, default=10_000)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
report = run_chaos(options.messages, options.seed)
print(json.dumps(report.facts()))
verdict = report.verdict
is_good = not verdict.missing and not verdict.untold and report.left == 0
sys.exit(0 if is_good and verdict.duplicates * 100 < options.messages else 1)
