"""The example of the lens as a program, and the command beside it."""

from __future__ import annotations

import sys
from pathlib import Path

FIT = Path(__file__).parents[2] / "examples" / "lens" / "fit.py"
COMMAND = (sys.executable, "-P", "-m", "autoviz_render.cli")


def fit(output: Path, *arguments: str, size: str = "small") -> tuple[str, ...]:
    """The command line of the example fit."""
    return (sys.executable, str(FIT), "--output", str(output), "--size", size, *arguments)
