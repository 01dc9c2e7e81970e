"""A sampler without a hook, and what a process pays that has one."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pages import images, newest, run_blocks, run_example


def test_the_page_of_any_sampler_runs(tmp_path, monkeypatch):
    """NumPy alone, no `with`; and the ways for a sampler that has no hook."""
    (tmp_path / "stan").mkdir()
    rows = ["# Adaptation terminated", "-3.5,0.9,1.5,-0.5", "-2.5,0.8,2.5,0.5", "-2.0,0.9,2.0,0.0", "-2.2,0.9,2."]
    (tmp_path / "stan" / "chain-1.csv").write_text("\n".join(["# model = walk", "lp__,accept_stat__,a,b", *rows]))
    run_blocks("samplers/any.md", tmp_path, monkeypatch)
    snapshot = newest(tmp_path / "output" / "peak")
    assert set(snapshot.arrays) == {"model", "samples"}
    assert (snapshot.iteration, snapshot.counts) == (5000, "likelihood evaluations")
    assert 0 < snapshot.scalars["acceptance"] < 1
    optimum = newest(tmp_path / "output" / "optimum")
    assert list(optimum.parameters.values()) == pytest.approx([3.0, 4.0, 1.5], abs=0.3)
    assert optimum.iteration > 500
    stan = newest(tmp_path / "output" / "stan")
    assert (stan.parameters, stan.log_likelihood, stan.iteration) == ({"a": 2.0, "b": 0.0}, -2.0, 3)
    assert (stan.counts, stan.arrays["samples"].shape) == ("draws", (3, 2))


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
