"""A short chaos run, and proof that its checker notices what it looks for."""

from __future__ import annotations

import unittest

from .chaos.events import Run, judge
from .chaos.run import run_chaos


class Chaos(unittest.TestCase):
    def test_500_messages_through_workers_that_are_killed(self) -> None:
        report = run_chaos(500, seed=20)
        facts = report.facts()
        self.assertEqual(report.verdict.missing, [], facts)
        self.assertEqual(report.verdict.untold, [], facts)
        self.assertEqual((report.left, report.restarts), (0, 2), facts)
        # With so few messages one kill may already repeat more than 1 %: the long run checks that.
        self.assertLess(report.verdict.duplicates, 50, facts)
        self.assertGreater(report.kills, 0, facts)
        self.assertGreater(report.cuts, 0, facts)


class Checker(unittest.TestCase):
    def test_a_message_that_was_only_begun_is_missing(self) -> None:
        verdict = judge([Run(0, 1.0, 2.0, True), Run(1, 1.0, 2.0, False)], messages=3)
        self.assertEqual((verdict.missing, verdict.handled), ([1, 2], 1))

    def test_duplicates_are_counted(self) -> None:
        runs = [Run(0, float(at), at + 0.5, True) for at in range(3)]
        self.assertEqual(judge(runs, messages=1).duplicates, 2)

    def test_a_handler_that_was_not_told_is_noticed(self) -> None:
        told, untold = Run(0, 1.0, 4.0), Run(0, 1.0)
        second = Run(0, 5.0, 6.0, True)
        self.assertEqual(judge([told, second], messages=1).untold, [])
        self.assertEqual(judge([untold, second], messages=1).untold, [0])
        third = Run(0, 5.5, 7.0, True)
        self.assertEqual(judge([told, second, third], messages=1).untold, [0])


if __name__ == "__main__":
    unittest.main()
