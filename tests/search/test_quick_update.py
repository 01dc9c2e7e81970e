"""The quick update of any sampler: the best so far, when it is due, and never in the sampler's way."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import numpy as np
import pytest

from autoviz_render.search import cadence, quick_update
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.spool.store import Spool


def arrays(point):
    return {"model": np.full(3, point[0])}


@pytest.fixture
def make(run_dir):
    made = []

    def make(**settings) -> QuickUpdate:
        settings = {"arrays": arrays, "renderer": None, "every": 1} | settings
        made.append(QuickUpdate(run_dir, **settings))
        return made[-1]

    yield make
    for update in made:
        update.close()


def published(run_dir):
    return [(line.iteration, line.log_likelihood) for line in Spool(run_dir).scalars()]


def test_the_best_of_points_and_batches_is_kept(run_dir, make):
    """Samplers evaluate one point or thousands at a time; some of them are refused by the model."""
    update = make(every=1000)
    update([1.0, 2.0], -5.0)
    update(np.array([[3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]), np.array([-7.0, -2.0, np.nan]))
    update([9.0, 9.0], np.inf)
    update([9.0, 9.0], -np.inf)
    update(np.zeros((0, 2)), np.zeros(0))
    point, log_likelihood = update.best
    np.testing.assert_array_equal(point, [5.0, 6.0])
    assert log_likelihood == -2.0
    update.close()
    assert published(run_dir) == [(1, -5.0), (6, -2.0)]
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    assert snapshot.parameters == {"p0": 5.0, "p1": 6.0}
    assert snapshot.arrays["model"][0] == 5.0


def test_it_is_due_after_so_many_evaluations(run_dir, make):
    """Counted in points, or by the sampler's own count."""
    update = make(every=10)
    for _ in range(25):
        update([0.0], -1.0)
    update([0.0], -1.0, evaluations=1000)
    update.close()
    assert [iteration for iteration, _ in published(run_dir)] == [1, 11, 21, 1000]


def test_it_is_due_after_so_many_seconds(run_dir, make, monkeypatch):
    """A cadence in wall-clock time is what people ask for: a likelihood may take a millisecond or a minute."""
    now = [0.0]
    monkeypatch.setattr(cadence.time, "monotonic", lambda: now[0])
    update = make(every=None, every_seconds=60)
    for _ in range(10):
        update([0.0], -1.0)
        now[0] += 20.0
    assert update.stats.submitted == 4


def test_the_last_best_point_is_always_published(run_dir, make):
    """The run ends between two quick updates: the final figure must show the final best."""
    with make(every=1000) as update:
        update([1.0], -3.0)
        update([2.0], -1.0)
    assert published(run_dir) == [(1, -3.0), (2, -1.0)]
    assert Spool(run_dir).info().state == "finished"


def test_nothing_is_published_twice_at_the_end(run_dir, make):
    """What is on disk already need not be computed again."""
    with make() as update:
        update([1.0], -3.0)
    assert published(run_dir) == [(1, -3.0)]


def test_the_last_numbers_of_the_samplers_own_are_published(run_dir, make):
    """The best point is an early one; the evidence of the end is what is looked up in the figure of the run."""
    with make(every=1000) as update:
        for number in range(5):
            update([1.0], -3.0, scalars={"log_evidence": float(number)})
    lines = Spool(run_dir).scalars()
    assert [(line.iteration, line.scalars["log_evidence"]) for line in lines] == [(1, 0.0), (5, 4.0)]


def test_samples_and_scalars_may_be_functions_called_when_due(run_dir, make):
    """A posterior so far or an evidence may take longer than a step: they are not to be computed at every one."""
    calls = []

    def samples():
        calls.append("samples")
        return {"samples": np.full((4, 1), len(calls))}

    with make(every=10) as update:
        for _ in range(15):
            update([1.0], -3.0, scalars=lambda: {"log_evidence": -2.0}, samples=samples)
        assert calls == ["samples"] * 2
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    assert snapshot.iteration == 15
    assert snapshot.arrays["samples"][0, 0] == len(calls) == 3  # at the end they are asked for once more
    assert set(snapshot.arrays) == {"model", "samples"}
    assert snapshot.scalars == {"log_evidence": -2.0}


def test_samples_that_fail_cost_themselves_alone(run_dir, make, caplog):
    """The best fit's arrays are what the first figure draws: a posterior that is not there yet must not cost them."""

    def samples():
        raise LookupError("no samples yet")

    with make() as update:
        update([1.0], -3.0, samples=samples)
        update([2.0], -2.0, samples=samples, scalars={"acceptance": 0.3})
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    assert set(snapshot.arrays) == {"model"}
    assert snapshot.scalars == {"acceptance": 0.3}
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_without_arrays_the_samples_alone_are_published(run_dir, make):
    """A posterior and the numbers of a run are figures in themselves."""
    with make(arrays=None) as update:
        update([1.0], -3.0, samples={"samples": np.ones((3, 1))})
    assert set(Spool(run_dir).read(Spool(run_dir).newest()).arrays) == {"samples"}


def test_what_was_never_closed_is_closed_when_python_exits(run_dir):
    """A hook made in the middle of a call has no name by which it could be closed."""
    program = f"""
from autoviz_render import QuickUpdate
update = QuickUpdate({str(run_dir)!r}, arrays=lambda point: {{"model": point}}, every=1000, renderer=None)
update([1.0], -2.0)
update([2.0], -1.0)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    assert published(run_dir) == [(1, -2.0), (2, -1.0)]
    assert Spool(run_dir).info().state == "finished"


def test_a_failing_search_marks_its_spool(run_dir, make):
    """The best so far of a run that broke is all there is of it."""

    def search():
        with make(every=1000) as update:
            update([1.0], -3.0)
            update([2.0], -2.0)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        search()
    assert Spool(run_dir).info().state == "failed"
    assert published(run_dir)[-1] == (2, -2.0)


@pytest.mark.parametrize(
    "arguments", [([1.0], "high"), ([[1.0], [2.0]], [0.0, 1.0, 2.0]), ("a", 1.0), ([1.0], [[1.0, 2.0]])], ids=repr
)
def test_nonsense_costs_one_warning(make, arguments, caplog):
    """A bug in a callback must not end a run (PyAutoFit #1567 ended one of 36 hours after 4 minutes)."""
    update = make()
    for _ in range(3):
        update(*arguments)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_arrays_that_raise_cost_one_warning_and_are_tried_again(run_dir, make, caplog):
    """The model may fail at one point and not at the next; every call would be too often to try."""
    calls = []

    def broken(point):
        calls.append(point)
        if len(calls) < 3:
            raise ZeroDivisionError("no model here")
        return {"model": point}

    update = make(arrays=broken, every=10)
    for _ in range(25):
        update([1.0], -1.0)
    update.close()
    assert len(calls) == 3
    assert [iteration for iteration, _ in published(run_dir)] == [21]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "no model here" in caplog.text


def test_an_interrupt_is_the_users(make):
    """Ctrl-C in the middle of a quick update must reach the sampler's program."""

    calls = []

    def interrupted(point):
        calls.append(point)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return {}

    with pytest.raises(KeyboardInterrupt):
        make(arrays=interrupted)([1.0], -1.0)


def test_an_impossible_setting_is_refused_at_once(run_dir):
    """Before the run begins is the one moment when raising helps."""
    with pytest.raises(ValueError, match="renderer is 'gpu'"):
        QuickUpdate(run_dir, arrays=arrays, renderer="gpu")


def test_the_sampler_may_change_its_point_afterwards(run_dir, make):
    """Samplers reuse their buffers."""
    point = np.array([1.0])
    update = make(every=1000)
    update([0.0], -9.0)
    update(point, -1.0)
    point[:] = 7.0
    update.close()
    assert Spool(run_dir).read(Spool(run_dir).newest()).parameters == {"p0": 1.0}


def test_a_forked_worker_is_left_alone(make, monkeypatch):
    """Pools fork the sampler: the copies must not publish, nor wait for a thread that they do not have."""
    update = make()
    with monkeypatch.context() as patch:
        patch.setattr(quick_update.os, "getpid", lambda: 1)
        update([1.0], -1.0)
        update.close()
    assert os.getpid() != 1
    assert update.stats.submitted == 0
