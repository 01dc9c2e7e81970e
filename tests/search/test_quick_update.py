"""The quick update of any sampler: the best so far, when it is due, and never in the sampler's way."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.spool.guard import shown
from autoviz_render.spool.store import Spool


def arrays(point):
    return {"model": np.full(3, point[0])}


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
    monkeypatch.setattr("time.monotonic", lambda: now[0])
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
    assert [iteration for iteration, _ in published(run_dir)] == [1, 11, 21]
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
        QuickUpdate(run_dir, arrays=arrays, renderer="gpu")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "arguments",
    [
        {"run_dir": __file__},
        {"run_dir": 3},
        {"every": -1},
        {"every": 0},
        {"every": "3"},
        {"every": np.nan},
        {"every_seconds": "30"},
        {"every_seconds": np.nan},
        {"every_seconds": -1.0},
        {"arrays": {"model": np.ones(3)}},
        {"arrays": dict},
        {"arrays": np.ones(3)},
        {"retention": 100},
        {"static": np.ones(3)},
        {"parameter_names": "abc"},
        {"parameter_names": 3},
        {"parameter_names": ["a", "a"]},
        {"parameter_names": ["a", 3]},
        {"renderer": "proces"},
        {"figure": 3},
    ],
    ids=repr,
)
def test_an_impossible_argument_is_named_and_nothing_is_left(tmp_path, monkeypatch, arguments):
    """The message must say which of ten arguments it is, and what came; a run that never was must leave no spool."""
    monkeypatch.chdir(tmp_path)
    threads = threading.active_count()
    ((name, value),) = arguments.items()
    with pytest.raises((TypeError, ValueError), match=name) as caught:
        QuickUpdate(**({"run_dir": tmp_path / "run"} | arguments))
    told = value[-1] if isinstance(value, list) else value
    assert shown(told)[1:9] in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == threads


def test_an_impossible_place_in_the_environment_is_refused_before_anything_is_made(run_dir, monkeypatch):
    """A batch system's setting, mistyped."""
    monkeypatch.setenv("AUTOVIZ_RENDERER", "proces")
    with pytest.raises(ValueError, match="AUTOVIZ_RENDERER is 'proces'"):
        QuickUpdate(run_dir)
    assert not run_dir.exists()


POINTS, LIKELIHOODS = np.arange(12.0).reshape(4, 3), -np.arange(4.0)[::-1]  # the last is the best


@pytest.mark.parametrize(
    ("points", "likelihoods", "best"),
    [
        (POINTS, LIKELIHOODS, POINTS[-1]),
        (POINTS[-1], 0.0, POINTS[-1]),
        (POINTS[-1:], 0.0, POINTS[-1]),
        (POINTS[-1], [0.0], POINTS[-1]),
        (POINTS.reshape(2, 2, 3), LIKELIHOODS.reshape(2, 2), POINTS[-1]),
        (POINTS.reshape(2, 2, 3), LIKELIHOODS, POINTS[-1]),
        (POINTS, LIKELIHOODS[:, None], POINTS[-1]),
        (POINTS[:, 0], LIKELIHOODS, POINTS[-1, :1]),
        (POINTS[:, :1], LIKELIHOODS, POINTS[-1, :1]),
        (9.0, 0.0, [9.0]),
        (POINTS, np.ma.array(LIKELIHOODS, mask=[0, 0, 0, 1]), POINTS[-2]),  # type: ignore[arg-type]
    ],
)
def test_points_may_have_any_shape_that_tells_them_apart(make, points, likelihoods, best):
    """One or many, several chains, one parameter: samplers differ."""
    update = make()
    update(points, likelihoods)
    np.testing.assert_array_equal(update.best[0], best)


@pytest.mark.parametrize(
    ("points", "likelihoods"),
    [(POINTS.T, LIKELIHOODS), (POINTS, LIKELIHOODS[:3]), (POINTS, 0.0), (POINTS[:, :2], LIKELIHOODS)],
    ids=["transposed", "too few", "of one", "of other parameters"],
)
def test_points_that_do_not_fit_are_not_taken(run_dir, make, points, likelihoods, caplog):
    """Read in the wrong order they would be points that nobody evaluated, and one of them the best fit."""
    update = make(parameter_names=["a", "b", "c"])
    update(POINTS[0], -9.0)
    for _ in range(3):
        update(points, likelihoods)
    update.close()
    assert published(run_dir) == [(1, -9.0)]
    (record,) = caplog.records
    if points.shape[1] != 2:
        assert str(points.shape) in record.getMessage()
        assert str(np.shape(likelihoods)) in record.getMessage()


@pytest.mark.parametrize("given", [None, (1, 2), np.ones(3), 3], ids=repr)
def test_arrays_that_returns_no_mapping_costs_the_arrays_alone(run_dir, make, given, caplog):
    """What else the update holds is published, and the warning says what came and what was expected."""
    with make(arrays=lambda _: given, every=1) as update:
        for number in range(3):
            update([1.0], -3.0 + number, samples={"samples": np.ones((4, 1))}, scalars={"acceptance": 0.3})
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    assert (snapshot.iteration, snapshot.log_likelihood, snapshot.parameters) == (3, -1.0, {"p0": 1.0})
    assert (set(snapshot.arrays), snapshot.scalars) == ({"samples"}, {"acceptance": 0.3})
    (record,) = caplog.records
    assert f"returned is {shown(given)}" in record.getMessage()
    assert "expected a mapping" in record.getMessage()


@pytest.mark.parametrize(
    ("samples", "kept"),
    [
        ({"samples": np.ones((9, 2)), "log_weights": np.zeros(9), "live_points": np.ones((4, 3))}, {"live_points"}),
        ({"samples": np.ones((9, 3)), "log_weights": np.zeros(8)}, set()),
        ({"samples": np.ones((9, 3)), "live_points": np.ones(3)}, {"samples"}),
        ({"samples": [[1.0], [2.0, 3.0]]}, set()),
        (np.ones((9, 3)), set()),
        ({"samples": np.ones((9, 3)), "chain": np.zeros(8)}, {"samples"}),
        ({"samples": np.ones((9, 3)), "log_weights": np.zeros(9)}, {"samples", "log_weights"}),
        (lambda: None, set()),
    ],
)
def test_samples_that_do_not_fit_the_parameters_cost_themselves(run_dir, make, samples, kept, caplog):
    """One column too many cost the whole figure, at every quick update."""
    with make() as update:
        for number in range(3):
            update([1.0, 2.0, 3.0], -3.0 + number, samples=samples)
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    assert snapshot.iteration == 3
    assert set(snapshot.arrays) == kept | {"model"}
    is_right = callable(samples) or "log_weights" in kept
    assert len(caplog.records) == (0 if is_right else 1)


def test_samples_of_several_chains_may_have_three_axes(run_dir, make, caplog):
    """As ArviZ, NumPyro and PyMC have them: chain, draw, parameter."""
    with make() as update:
        update([1.0, 2.0], -3.0, samples={"samples": np.ones((4, 9, 2))})
        update([1.0, 2.0], -2.0, samples={"samples": np.ones((9, 2)), "chain": np.zeros(9)})
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    assert {"samples", "chain"} <= set(snapshot.arrays)
    assert not caplog.records


def test_samples_of_one_parameter_may_have_one_axis(run_dir, make):
    """A list of numbers is what a chain of one parameter is."""
    with make() as update:
        update([1.0], -3.0, samples={"samples": [1.0, 2.0]})
    assert Spool(run_dir).read(Spool(run_dir).newest()).arrays["samples"].tolist() == [[1.0], [2.0]]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a", "b"], ["p0", "p1", "p2"]),
        (["a", "", "c"], ["a", "p1", "c"]),
        (["a", "/b", "c"], ["a", "p1", "c"]),
        (["p1", "..", "c"], ["p1", "p1_", "c"]),
        (["a", "a/b", "galaxies.lens.mass.einstein_radius"], ["a", "a/b", "galaxies.lens.mass.einstein_radius"]),
    ],
)
def test_a_bad_name_costs_its_parameter_its_name(run_dir, make, names, expected, caplog):
    """Never the update, nor the figure; a ratio is a name that people use."""
    with make(parameter_names=names) as update:
        for number in range(2):
            update([1.0, 2.0, 3.0], -3.0 + number, samples={"samples": np.ones((4, 3))})
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    assert list(snapshot.parameters.items()) == list(zip(expected, [1.0, 2.0, 3.0], strict=True))
    assert Spool(run_dir).scalars()[-1].parameters == snapshot.parameters
    assert len(caplog.records) == (names != expected)


def test_names_that_a_hook_gives_may_be_double(run_dir, make, caplog):
    """They come from the sampler: nobody can be refused."""
    with make() as update:
        update.name_parameters(["a", "a"])
        update([1.0, 2.0], -3.0)
    assert Spool(run_dir).read(Spool(run_dir).newest()).parameters == {"a": 1.0, "p1": 2.0}
    assert len(caplog.records) == 1


@pytest.mark.parametrize("refused", [np.nan, -np.inf, np.inf])
def test_a_run_without_a_finite_log_likelihood_says_so(run_dir, make, refused, caplog):
    """An empty folder told nobody why: once after a while, and at the end."""
    with make(every=10) as update:
        for _ in range(10):
            update([1.0], refused)
        assert not caplog.records
        for _ in range(20):
            update([1.0], refused)
        (record,) = caplog.records
        assert "nothing is published yet: none of 11 log likelihoods was finite" in record.getMessage()
    assert "nothing was published: none of 30 log likelihoods was finite" in caplog.records[-1].getMessage()
    assert len(caplog.records) == 2
    assert published(run_dir) == []


def test_a_second_run_begins_an_epoch_with_a_best_of_its_own(run_dir, make):
    """Its curves do not run backwards, and a better fit of the first run does not stand for it."""
    with make(every=30) as update:
        for best in (-1.0, -5.0):
            for number in range(1, 11):
                update([best], best - abs(7 - number), evaluations=10 * number)
    spool = Spool(run_dir)
    lines = spool.scalars(abandoned=True)
    first, second = ([line for line in lines if line.epoch == epoch] for epoch in (0, 1))
    assert [line.iteration for line in first] == [10, 40, 70, 100]
    assert [line.iteration for line in second] == [40, 70, 100]
    assert [line.log_likelihood for line in second] == [-8.0, -5.0, -5.0]
    assert all(line.parameters == {"p0": -5.0} for line in second)
    assert spool.scalars() == second
    assert spool.read(spool.best()).log_likelihood == -5.0


def test_the_best_of_the_first_run_is_published_before_the_second(run_dir, make):
    """What a run found between two quick updates is what it found."""
    with make(every=1000) as update:
        update([1.0], -9.0, evaluations=10)
        update([2.0], -1.0, evaluations=20)
        update([3.0], -5.0, evaluations=10)
    lines = Spool(run_dir).scalars(abandoned=True)
    assert [(line.epoch, line.iteration, line.log_likelihood) for line in lines] == [
        (0, 10, -9.0),
        (0, 20, -1.0),
        (1, 10, -5.0),
    ]


def test_a_count_that_falls_a_little_is_of_the_same_run(run_dir, make):
    """Samplers count a little less after a resume, and pools tell their counts out of order."""
    with make() as update:
        for number, count in enumerate([100, 200, 190, 210, 205, 300]):
            update([1.0], -100.0 + number, evaluations=count)
    lines = Spool(run_dir).scalars(abandoned=True)
    assert [line.iteration for line in lines] == [100, 200, 210, 300]
    assert lines[-1].log_likelihood == -95.0


BROKEN_OFF = """
import sys
from autoviz_render import QuickUpdate

where, error, at, ending, folder = sys.argv[1:]
calls = []

def breaking(*_):
    calls.append(1)
    if len(calls) >= int(at):
        raise SystemExit(3) if error == "exit" else KeyboardInterrupt
    return {"model": [1.0]}

def search(update):
    for number in range(4):
        update([1.0], -4.0 + number, **({} if where == "arrays" else {where: breaking}))

made = QuickUpdate(
    folder,
    arrays=breaking if where == "arrays" else lambda point: {"model": point},
    every=1 if ending == "call" else 1000,
    renderer=None,
)
if ending == "with":
    with made:
        search(made)
else:
    search(made)
    if ending == "close":
        made.close()
"""


@pytest.mark.parametrize("where", ["arrays", "scalars", "samples"])
@pytest.mark.parametrize("ending", ["call", "with", "close", "exit"])
@pytest.mark.parametrize("error", ["exit", "interrupt"])
def test_a_function_that_ends_the_program_ends_it_and_the_run_has_failed(run_dir, where, error, ending):
    """`sys.exit(3)` is the user's, in a function of ours as elsewhere; what there is of the run is published, it counts
    as failed, and Python has nothing to say about handlers at its end."""
    command = [sys.executable, "-P", "-c", BROKEN_OFF, where, error, "2", ending, str(run_dir)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    expected = 0 if ending == "exit" else 3 if error == "exit" else -signal.SIGINT
    assert ran.returncode == expected, ran.stderr
    assert "Exception ignored" not in ran.stderr
    if error == "exit" and ending != "exit":
        assert ran.stderr == ""
    spool = Spool(run_dir)
    assert spool.info().state == "failed"
    assert spool.scalars()[-1].iteration == (2 if ending == "call" else 4)
    snapshot = spool.read(spool.newest())
    assert snapshot.parameters == {"p0": 1.0}
    if where != "arrays" and error == "exit":
        assert set(snapshot.arrays) == {"model"}


def test_a_function_that_ended_a_cell_is_called_again(run_dir, make):
    """In a notebook SystemExit ends nothing: the next cell goes on."""
    calls = []

    def arrays(point):
        calls.append(point)
        if len(calls) == 1:
            raise SystemExit(1)
        return {"model": point}

    update = make(arrays=arrays)
    with pytest.raises(SystemExit):
        update([1.0], -2.0)
    update([2.0], -1.0)
    update.close()
    assert Spool(run_dir).info().state == "finished"
    assert Spool(run_dir).read(Spool(run_dir).newest()).arrays["model"] == [2.0]


CHILD = """
import multiprocessing, sys
from autoviz_render import QuickUpdate

def work(folder):
    update = QuickUpdate(folder, arrays=lambda point: {"model": point}, every=1000, renderer=None)
    update([1.0], -2.0)
    update([2.0], -1.0)

if __name__ == "__main__":
    child = multiprocessing.get_context(sys.argv[1]).Process(target=work, args=(sys.argv[2],))
    child.start()
    child.join(60)
    sys.exit(child.exitcode)
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_child_of_multiprocessing_publishes_its_best(tmp_path, method):
    """It ends without Python's exit handlers: its last quick update was never made."""
    (tmp_path / "program.py").write_text(CHILD)
    command = [sys.executable, "-P", str(tmp_path / "program.py"), method, str(tmp_path / "run")]
    subprocess.run(command, timeout=120, check=True)
    assert published(tmp_path / "run") == [(1, -2.0), (2, -1.0)]
    assert Spool(tmp_path / "run").info().state == "finished"


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
        patch.setattr("os.getpid", lambda: 1)
        update([1.0], -1.0)
        update.close()
    assert os.getpid() != 1
    assert update.stats.submitted == 0
