"""What the pages about samplers show, and the examples, run as their reader would, in this process and faster."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.at_exit import _end_program

ROOT = Path(__file__).resolve().parents[2]


def python_blocks(page: str) -> list[str]:
    """Of a page below `docs/`."""
    return re.findall(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)


def run_blocks(page: str, folder: Path, monkeypatch: pytest.MonkeyPatch, count: int | None = None) -> dict[str, Any]:
    """Run the blocks of a page, or the first ones, in one namespace, in that folder, and draw nothing."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AUTOVIZ_RENDERER", "none")
    namespace: dict[str, Any] = {}
    for block in python_blocks(page)[:count]:
        exec(block, namespace)  # noqa: S102  our own page
    _end_program()
    return namespace


def run_example(
    name: str, output: Path, monkeypatch: pytest.MonkeyPatch, *arguments: object, renderer: str = "inline"
) -> None:
    """Run a program of `examples/` until the end of Python, its figures drawn by itself."""
    monkeypatch.setenv("AUTOVIZ_RENDERER", renderer)
    monkeypatch.setattr(sys, "argv", [name, "--output", str(output), *map(str, arguments)])
    try:
        runpy.run_path(str(ROOT / "examples" / name), run_name="__main__")
        _end_program()
    finally:
        if "jax" in sys.modules:  # an example may choose double precision, which is all of the process's
            sys.modules["jax"].config.update("jax_enable_x64", False)


def run_program(name: str, output: Path, *arguments: object) -> str:
    """What a program of `examples/` prints, run as one, to the end of Python, its figures drawn by itself."""
    command = [sys.executable, str(ROOT / "examples" / name), "--output", str(output), *map(str, arguments)]
    environment = os.environ | {"AUTOVIZ_RENDERER": "inline"}
    return subprocess.run(command, check=True, env=environment, capture_output=True, text=True, timeout=120).stdout


def newest(run_dir: Path) -> Snapshot:
    spool = Spool(run_dir)
    ref = spool.newest()
    assert ref is not None, f"nothing was published in {run_dir}"
    return spool.read(ref)


def images(run_dir: Path) -> set[str]:
    return {path.name for path in (run_dir / "image").iterdir()}
