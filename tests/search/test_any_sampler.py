"""A sampler without a hook, and what a process pays that has one."""

from __future__ import annotations

import subprocess
import sys

from pages import images, newest, run_blocks, run_example


def test_the_page_of_any_sampler_runs(tmp_path, monkeypatch):
    """NumPy alone, no `with`."""
    run_blocks("samplers/any.md", tmp_path, monkeypatch)
    snapshot = newest(tmp_path / "output" / "peak")
    assert set(snapshot.arrays) == {"model", "samples"}
    assert snapshot.iteration == 5000
    assert 0 < snapshot.scalars["acceptance"] < 1


def test_the_example_of_any_sampler_runs(tmp_path, monkeypatch):
    """Small, and its figures are drawn."""
    run_example("any_sampler.py", tmp_path, monkeypatch, "--steps", 300)
    assert images(tmp_path) == {"fit.png", "posterior.png", "run.png"}
    assert set(newest(tmp_path).arrays) == {"model", "samples"}


def test_a_hook_loads_neither_its_sampler_nor_jax():
    """Who has emcee need not have JAX."""
    program = """
import sys
from autoviz_render import hooks
for name in hooks.__all__:
    getattr(hooks, name)
print(*sorted({*hooks.__all__, "jax", "matplotlib"} & set(sys.modules)))"""
    loaded = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
