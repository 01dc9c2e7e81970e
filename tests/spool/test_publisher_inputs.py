"""What a publisher takes of what a sampler hands it: arrays, numbers and names, good and bad."""

from __future__ import annotations

import json
import logging
import warnings
from collections import namedtuple

import numpy as np
import pytest

from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool


def test_arguments_that_can_never_work_are_refused_at_once(run_dir):
    """The one moment when raising helps: before the run begins."""
    for arguments in ({"figure": "os:system"}, {"figure": []}, {"name": "../x"}, {"static": {"a//b": 1}}):
        with pytest.raises(ValueError, match="name"):
            Publisher(run_dir, **arguments)
    with pytest.raises(TypeError, match="mapping"):
        Publisher(run_dir, static=[1, 2])


@pytest.mark.parametrize(
    "arguments",
    [
        {"arrays": 3, "iteration": 0},
        {"arrays": {"x": np.ones(2)}, "iteration": "many"},
        {"arrays": {"x": np.ones(2)}, "iteration": 2**63},
        {"arrays": {"x": np.ones(2)}, "iteration": 10**5000},
    ],
    ids=["no mapping", "text", "too large", "much too large"],
)
def test_nonsense_costs_one_warning_and_is_counted(run_dir, arguments, caplog):
    """A quick update with a bug in it must not end a run of 36 hours."""
    with Publisher(run_dir) as publisher:
        publisher.publish(**arguments)
        assert publisher.flush(30)
        publisher.publish({"x": np.ones(2)}, iteration=1)
    assert publisher.stats.failed == 1
    spool = Spool(run_dir)
    assert spool.read(spool.newest()).iteration == 1
    assert any(record.levelno == logging.WARNING for record in caplog.records)


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("arrays", "kept"),
    [
        ({"x": np.array([{}, 1], dtype=object), "y": np.ones(2)}, {"y"}),
        ({"x": np.array(["a"]), "y": np.ones(2)}, {"y"}),
        ({"x": np.array(["2020-01-01"], dtype="M8[D]"), "y": [1, 2]}, {"y"}),
        ({"y": np.array([np.nan, np.inf])}, {"y"}),
        ({"y": None, "z": 3}, {"z"}),
        ({"p": Point(1.0, [2.0, 3.0])}, {"p/x", "p/y"}),
        ({"long": np.ones(2, dtype=np.longdouble), "small": np.float16(1)}, {"long", "small"}),
        ({}, set()),
    ],
)
def test_what_cannot_be_stored_is_left_out_and_the_rest_published(run_dir, arrays, kept):
    """One bad array costs itself, not the figure."""
    with Publisher(run_dir) as publisher:
        publisher.publish(arrays, iteration=0)
    spool = Spool(run_dir)
    assert set(spool.read(spool.newest()).arrays) == kept
    assert publisher.stats.written == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"arrays": {"bad": [[1], [2, 3]]}},
        {"arrays": {"../../bad": np.ones(2)}},
        {"arrays": {"a//bad": np.ones(2)}},
        {"arrays": {"bad\ud800": np.ones(2)}},
        {"arrays": {"bad": np.ones((1,) * 33)}},
        {"arrays": {"bad": np.ones((0, 2**45))}},
        {"arrays": {"good": {"bad": np.ones(2)}}},
        {"parameters": 3},
        {"parameters": {"bad\0": 1.0, "a": 1.0}},
        {"scalars": {"": 1.0, "log Z/": 1.0, "..": 2.0, "a": 1.0}},
        {"scalars": {"a": 1.0, "a/b": 2.0}},
    ],
    ids=repr,
)
def test_what_is_badly_named_or_made_costs_itself(run_dir, arguments, caplog):
    """What the reader would refuse must not be written, and what is beside it must be."""
    bad = arguments | {"arrays": {"good": np.ones(3)} | arguments.get("arrays", {})}
    if isinstance(bad["arrays"]["good"], dict):
        bad["arrays"] = {"good/bad": np.ones(3), **bad["arrays"]}  # of two of one name the first is kept
    with Publisher(run_dir) as publisher:
        for number in range(2):
            publisher.publish(iteration=number, **bad)
            assert publisher.flush(30)
    spool = Spool(run_dir)
    assert publisher.stats.written == 2
    assert [line.iteration for line in spool.scalars()] == [0, 1]
    for ref in spool.snapshots():
        snapshot = spool.read(ref)
        assert [value.tolist() for value in snapshot.arrays.values()] == [[1.0, 1.0, 1.0]]
        assert set(snapshot.scalars) | set(snapshot.parameters) <= {"a"}
    messages = [record.getMessage() for record in caplog.records]
    assert messages
    assert len(messages) == len(set(messages)), "said once"


def test_a_number_that_is_none_costs_itself(run_dir, caplog):
    """One bad scalar must not take the figure, nor the numbers of all later quick updates, with it."""
    with Publisher(run_dir) as publisher:
        for number in range(3):
            publisher.publish(
                {"x": np.ones(2)},
                iteration=number,
                log_likelihood=np.ones(2),
                parameters={"a": "b", "c": 1},
                scalars={"d": np.zeros(2), "e": np.float32(2)},
            )
            assert publisher.flush(30)
    lines = Spool(run_dir).scalars()
    assert [(line.iteration, line.parameters, line.scalars) for line in lines] == [
        (number, {"c": 1.0}, {"e": 2.0}) for number in range(3)
    ]
    assert publisher.stats.written == 3
    assert sorted(record.getMessage().split(": ")[1] for record in caplog.records) == [
        "number 'a' failed",
        "number 'd' failed",
        "number 'log likelihood' failed",
    ]


def test_numbers_that_json_lacks_survive(run_dir):
    """NaN and infinities are honest log likelihoods, and no reader's JSON parser may choke on them."""
    with Publisher(run_dir) as publisher:
        publisher.publish({}, iteration=0, log_likelihood=-np.inf, scalars={"a": np.nan, "b": np.inf})
    path = run_dir / "spool" / "scalars.jsonl"
    json.loads(path.read_text(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    (line,) = Spool(run_dir).scalars()
    assert (line.log_likelihood, np.isnan(line.scalars["a"]), line.scalars["b"]) == (-np.inf, True, np.inf)


def test_numbers_are_taken_as_they_are_now(run_dir, slow_disk):
    """A scalar in an array of the sampler's may change before it is written."""
    value = np.array(1.0)
    with Publisher(run_dir) as publisher:
        publisher.publish({}, iteration=0, scalars={"a": value}, log_likelihood=value)
        value[()] = 9.0
        slow_disk.set()
    (line,) = Spool(run_dir).scalars()
    assert (line.scalars["a"], line.log_likelihood) == (1.0, 1.0)


def test_what_the_caller_changes_afterwards_is_not_published(run_dir, slow_disk):
    """NumPy arrays are copied: samplers write their next point into the same buffer."""
    array = np.zeros(4)
    with Publisher(run_dir, static={"data": array}) as publisher:
        publisher.publish({"x": array, "nested": {"y": array}}, iteration=0)
        array[:] = 9
        slow_disk.set()
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    for value in (snapshot.arrays["x"], snapshot.arrays["nested/y"], snapshot.static["data"]):
        np.testing.assert_array_equal(value, np.zeros(4))


def test_jax_arrays_are_handed_over_by_reference(run_dir, slow_disk):
    """They are immutable, so a copy on the sampler's thread would be wasted; a donated one costs itself only."""
    jax = pytest.importorskip("jax", reason="JAX is an extra of the search")
    kept, donated = jax.numpy.arange(4.0), jax.numpy.ones(4)
    with Publisher(run_dir) as publisher:
        publisher.publish({"kept": kept, "donated": donated, "narrow": kept.astype("bfloat16")}, iteration=0)
        donated.delete()
        slow_disk.set()
    arrays = Spool(run_dir).read(Spool(run_dir).newest()).arrays
    assert set(arrays) == {"kept", "narrow"}
    assert arrays["narrow"].dtype == np.float32


def test_warnings_turned_into_errors_stay_out_of_the_sampler(run_dir):
    """`python -W error` is for finding faults in the sampler's program, not for ending it."""

    class Noisy:
        def __array__(self, dtype=None, copy=None):
            warnings.warn("noise", RuntimeWarning, stacklevel=2)
            return np.ones(2)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with Publisher(run_dir) as publisher:
            publisher.publish({"x": Noisy()}, iteration=0)
            publisher.publish({"x": np.ones(2)}, iteration=1)
    assert publisher.stats.written == 1


@pytest.mark.parametrize(("name", "expected"), [(None, "a lens"), ("rank-3", "a lens-rank-3")])
def test_a_run_is_called_what_its_publisher_says(run_dir, name, expected):
    """A search's folder may be called by a digest, of which nobody knows what it is."""
    with Publisher(run_dir, title="a lens", name=name) as publisher:
        publisher.publish({"image": np.zeros(3)}, iteration=1)
    spool = Spool(publisher.paths.directory)
    assert spool.info().run == expected
    assert spool.read(spool.newest()).run == expected
