"""The package as it is installed, and the examples of its README."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import venv
import zipfile
from pathlib import Path
from typing import List

from .server import API_KEY, ServerTest, shared_server

_FOLDER = Path(__file__).resolve().parents[1]
_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
_NEEDS = "import setuptools, wheel"


def _can_build() -> bool:
    return subprocess.run([sys.executable, "-c", _NEEDS], capture_output=True).returncode == 0


class Package(unittest.TestCase):
    @unittest.skipUnless(_can_build(), "setuptools and wheel are not installed")
    def test_it_installs_alone_and_brings_its_types(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "source"
            shutil.copytree(_FOLDER, source, ignore=shutil.ignore_patterns("tests", "__pycache__"))
            pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
            build = ["wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", folder]
            subprocess.run([*pip, *build, str(source)], check=True, capture_output=True)
            (built,) = Path(folder).glob("millrace-*.whl")
            names = zipfile.ZipFile(built).namelist()
            self.assertIn("millrace/py.typed", names)
            sources = {str(one.relative_to(_FOLDER)) for one in (_FOLDER / "millrace").rglob("*.py")}
            self.assertEqual({name for name in names if name.endswith(".py")}, sources)
            home = Path(folder) / "venv"
            venv.create(home, with_pip=False)
            (site,) = home.glob("lib/python*/site-packages")
            zipfile.ZipFile(built).extractall(site)
            program = [str(home / "bin" / "python"), "-c", "import millrace; print(millrace.Worker)"]
            subprocess.run(program, check=True, cwd=folder, capture_output=True)


class Readme(ServerTest):
    def blocks(self) -> List[str]:
        return _BLOCK.findall((_FOLDER / "README.md").read_text())

    def test_the_worker_has_ten_lines_and_runs(self) -> None:
        block = self.blocks()[0]
        self.assertLessEqual(len(block.splitlines()), 10)
        program = subprocess.Popen(
            [sys.executable, "-u", "-c", block], env=self._environment(), stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(program.wait)
        self.addCleanup(program.kill)
        assert program.stdout is not None
        self.assertEqual(program.stdout.readline(), "order o_123\n")
        program.terminate()
        self.assertEqual(program.wait(), 0)
        program.stdout.close()

    def test_the_calls_run(self) -> None:
        self.client.queue("orders").create()
        program = [sys.executable, "-c", self.blocks()[1]]
        result = subprocess.run(program, env=self._environment(), capture_output=True, text=True)
        self.assertEqual(result.stderr, "")
        self.assertRegex(result.stdout, r"QUEUE_EXISTS 409")

    def _environment(self) -> "dict[str, str]":
        server = {"MILLRACE_URL": shared_server().url, "MILLRACE_API_KEY": API_KEY}
        return {**os.environ, **server, "PYTHONPATH": str(_FOLDER)}


if __name__ == "__main__":
    unittest.main()
