"""What every hook promises, as tests and fixtures over adapters: one sampler with its hook each.

A module that takes all names from here gives its `ADAPTERS`, by the name of the hook, and a fixture `name` over them.
"""

from __future__ import annotations

import logging
from typing import Any, ClassVar

import numpy as np
import pytest
from pages import images, newest, run_blocks, run_example

from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.spool.store import Spool

CONTOURS = {"log_likelihoods", "log_likelihoods_birth", "live_counts", "log_densities"}
"""What is published for programs that go on with the samples: each sampler's as far as it knows."""

CENTRE = np.array([0.3, 0.6])


def log_likelihood(points):
    return -0.5 * np.sum(((points - CENTRE) / 0.15) ** 2, axis=-1)


def unchanged(unit):
    return unit


class TimeIsUpError(Exception):
    """As if the job's time were over."""


class Adapter:
    """One sampler with its hook, on a problem that takes it about a second.

    blocks: of its page, that run by themselves. pages: the runs they leave, and what their last snapshots hold.
    example: its arguments, and what it prints. resumes: whether a resumed run ends in the same bits, and whether it
    shows the posterior of the one in one piece.
    """

    every = 50
    blocks: int | None = None
    pages: ClassVar = {"line": {"samples", "log_weights", "model"}}
    example: tuple[object, ...]
    example_arrays = frozenset({"samples", "log_weights", "model"})
    resumes_the_bits = True
    resumes_the_best = True
    resumes_the_posterior = True
    contours = frozenset({"log_likelihoods", "log_likelihoods_birth", "live_counts"})

    def run(self, update: QuickUpdate | None = None, *, is_broken: bool = False) -> list[Any]:
        """What of a run must not depend on the hook. is_broken: with a second hook, that cannot work."""
        raise NotImplementedError

    def in_two_pieces(self, make, folder) -> list[Any]:
        """The same of a run that was interrupted. make: gives the quick update of each piece."""
        raise NotImplementedError


IN_THEIR_OWN_ENVIRONMENT = ("bilby", "numpyro", "nutpie", "pymc", "zeus")
"""Hooks whose samplers are not installed beside the others: `make test-samplers`."""


def assert_same(one, two):
    assert len(one) == len(two) > 0
    for left, right in zip(one, two, strict=True):
        np.testing.assert_array_equal(np.asarray(left), np.asarray(right))


@pytest.fixture(scope="module")
def adapter(request, name):
    yield request.module.ADAPTERS[name]
    logger = logging.getLogger(name)  # UltraNest gives its logger a handler of its own, which would write past pytest
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


@pytest.fixture(scope="module")
def alone(adapter):
    """The bits of a run without the hook."""
    return adapter.run()


@pytest.fixture(scope="module")
def watched(adapter, tmp_path_factory):
    """A run with the hook: its run directory, the quick update, and the bits."""
    run_dir = tmp_path_factory.mktemp("watched") / "run"
    with QuickUpdate(run_dir, renderer=None, every=adapter.every) as update:
        bits = adapter.run(update)
    return run_dir, update, bits


def test_a_run_is_the_same_to_the_last_bit(alone, watched):
    """Whoever adds a figure to an analysis must get the numbers of the paper. The state of the random numbers too."""
    run_dir, update, bits = watched
    assert update.stats.submitted >= 3
    assert newest(run_dir).scalars, "its numbers are published"
    assert_same(bits, alone)


def test_samples_come_with_what_their_sampler_knows_of_them(adapter, watched):
    """Evidence is worked out again from births and deaths; a chain's density tells where its mode is."""
    run_dir, _, _ = watched
    snapshot, samples = newest(run_dir), Spool(run_dir).samples()
    assert set(snapshot.arrays) & CONTOURS == adapter.contours
    assert len(samples) == len(samples.values) > 0
    if "log_densities" in adapter.contours:
        assert np.isfinite(samples.log_density).all()
        return
    assert samples.log_likelihood.max() == pytest.approx(snapshot.log_likelihood, abs=1e-6)
    if "live_counts" in adapter.contours:
        assert (np.diff(samples.log_likelihood) >= 0).all()
        assert (samples.log_likelihood_birth <= samples.log_likelihood).all()
        volumes = np.cumsum(np.log(samples.live_counts / (samples.live_counts + 1)))
        shells = -np.diff(np.exp(np.append(volumes, -np.inf)), prepend=1.0)[:-1]
        evidence = np.logaddexp.reduce(samples.log_likelihood + np.log(shells))
        own = snapshot.scalars["log_evidence"] + max(0.0, snapshot.scalars.get("remaining") or 0.0)
        assert evidence == pytest.approx(own, abs=0.3)


def test_what_breaks_costs_one_warning_and_leaves_the_run_as_it_was(adapter, alone, tmp_path, caplog):
    """A figure is never worth a run: not arrays that fail, nor a disk, nor a hook that cannot work."""
    (tmp_path / "file").write_text("no folder can be here")

    def arrays(point):
        raise ZeroDivisionError(point)

    with QuickUpdate(tmp_path / "file" / "run", arrays=arrays, renderer=None, every=adapter.every) as update:
        bits = adapter.run(update, is_broken=True)
    assert_same(bits, alone)
    ours = [record for record in caplog.records if record.name.startswith("autoviz_render")]
    said = [record.getMessage() for record in ours if record.levelno >= logging.WARNING]
    assert len(said) == len({text.partition(": ")[2] for text in said})
    assert any("arrays" in text or "hooks." in text for text in said)


def test_a_resumed_run_goes_on_in_its_spool(adapter, alone, watched, run_dir, tmp_path):
    """In two pieces as in one: bits and posterior, and counts that never run backwards."""
    bits = adapter.in_two_pieces(lambda: QuickUpdate(run_dir, renderer=None, every=adapter.every), tmp_path)
    if adapter.resumes_the_bits:
        assert_same(bits, alone)
    spool = Spool(run_dir)
    lines, snapshot = spool.scalars(), newest(run_dir)
    counts = [line.iteration for line in lines]
    assert counts == sorted(counts)
    assert {line.epoch for line in lines} == {0, 1}
    assert snapshot.epoch == 1
    epochs = {0, 1} if adapter.resumes_the_best else {1}
    assert snapshot.log_likelihood == max(line.log_likelihood for line in lines if line.epoch in epochs)
    if adapter.resumes_the_posterior:
        whole = newest(watched[0])
        assert (snapshot.iteration, snapshot.log_likelihood) == (whole.iteration, whole.log_likelihood)
        for array in ("samples", "log_weights"):
            np.testing.assert_array_equal(snapshot.arrays.get(array), whole.arrays.get(array))


def test_its_page_runs(name, adapter, tmp_path, monkeypatch):
    """What is copied first."""
    run_blocks(f"samplers/{name}.md", tmp_path, monkeypatch, count=adapter.blocks)
    for run, arrays in adapter.pages.items():
        assert set(newest(tmp_path / "output" / run).arrays) - CONTOURS == arrays
        assert Spool(tmp_path / "output" / run).info().state == "finished"


def test_its_example_leaves_its_three_figures(adapter, tmp_path, monkeypatch, capsys) -> None:
    """A script that closes nothing, as most do; the last figures are drawn when Python ends."""
    program, printed, *arguments = adapter.example
    run_example(program, tmp_path, monkeypatch, *arguments)
    assert printed in capsys.readouterr().out
    assert adapter.example_arrays <= set(newest(tmp_path).arrays)
    assert images(tmp_path) == {"fit.png", "posterior.png", "run.png"}
