"""Programs of their own, in which something is to go wrong."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[1]


def run(arguments: list[str], folder: Path, patience: float = 90.0) -> tuple[int, str]:
    """A Python program's exit code and what it said; 3 where it had to be ended. Its session's children end with it."""
    with tempfile.TemporaryFile("w+", dir=folder) as said:
        program = subprocess.Popen(
            [sys.executable, *arguments],
            stdout=said,
            stderr=said,
            env=os.environ | {"PYTHONPATH": str(BENCHMARKS), "PYTHONWARNINGS": "default"},
            start_new_session=True,
        )
        try:
            code = program.wait(patience)
        except subprocess.TimeoutExpired:
            code = 3
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()
        said.seek(0)
        return code, said.read()
