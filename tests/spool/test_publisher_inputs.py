"""What a publisher takes of what a sampler hands it: arrays, numbers and names, good and bad."""

from __future__ import annotations

import json
import logging
import threading
import warnings
from collections import namedtuple
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from autoviz_render.spool.guard import shown
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool


def test_arguments_that_can_never_work_are_refused_at_once(run_dir):
    """The one moment when raising helps: before the run begins."""
    arguments: dict[str, Any]
    for arguments in ({"figure": "os:system"}, {"figure": []}, {"name": "../x"}, {"static": {"a//b": 1}}):
        with pytest.raises(ValueError, match="name"):
            Publisher(run_dir, **arguments)
    with pytest.raises(TypeError, match="mapping"):
        Publisher(run_dir, static=[1, 2])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "arguments",
    [
        {"run_dir": 3},
        {"run_dir": b"run"},
        {"run_dir": "a\0b"},
        {"run_dir": __file__},
        {"retention": 100},
        {"retention": "some"},
        {"static": np.ones(3)},
        {"static": [1]},
        {"figure": 3},
        {"name": 3},
        {"durability": "sync"},
        {"resumed_from": "12"},
        {"resumed_from": 1.5},
    ],
    ids=repr,
)
def test_an_impossible_argument_is_named_and_nothing_is_left(tmp_path, monkeypatch, arguments):
    """The message must say which of ten arguments it is, and what came; a run that never was must leave no spool."""
    monkeypatch.chdir(tmp_path)
    threads = threading.active_count()
    ((name, value),) = arguments.items()
    with pytest.raises((TypeError, ValueError), match=name) as caught:
        Publisher(**({"run_dir": tmp_path / "run"} | arguments))
    assert shown(value)[1:9] in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == threads


def test_a_tilde_is_the_home(tmp_path, monkeypatch):
    """A folder named `~` is not what anybody meant, and removing it is dangerous."""
    monkeypatch.setenv("HOME", str(tmp_path))
    with Publisher("~/run") as publisher:
        publisher.publish({"x": np.ones(2)}, iteration=1)
    assert Spool(tmp_path / "run").newest() is not None


def containing_itself() -> dict:
    tree: dict = {"x": np.ones(2)}
    tree["again"] = tree
    tree["down"] = {"y": 1.0, "up": tree}
    return tree


def endless_list() -> list:
    endless: list = []
    endless.append(endless)
    return endless


class Unprintable:
    """A key of the user's."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")


class BreakingMapping(Mapping):
    """A mapping that reads a file that has gone."""

    def __len__(self):
        return 2

    def __iter__(self):
        yield "x"
        raise OSError(5, "gone")

    def __getitem__(self, key):
        return np.ones(2)


class EndlessMapping(Mapping):
    """A mapping that has another one wherever one looks."""

    def __len__(self):
        return 2

    def __iter__(self):
        return iter("ab")

    def __getitem__(self, key):
        return EndlessMapping()


@pytest.mark.parametrize(
    ("arrays", "kept"),
    [
        (containing_itself, {"x", "down/y"}),
        (lambda: {Unprintable(): 1.0, "x": 1.0, "in": {Unprintable(): 1.0, "y": 2.0}}, {"x", "in/y"}),
        (BreakingMapping, {"x"}),
        (lambda: {"in": BreakingMapping(), "y": 1.0}, {"in/x", "y"}),
        (lambda: {"x": 1.0, "endless": EndlessMapping()}, {"x"}),
        (lambda: {"x": 1.0, "y": endless_list()}, {"x"}),
    ],
    ids=["contains itself", "keys without text", "breaks", "breaks within", "endless", "a list in itself"],
)
def test_an_odd_container_costs_itself(run_dir, arrays, kept, caplog):
    """Whatever a user calls a mapping, the sampler goes on, what can be read is published, and the warnings are few."""
    with Publisher(run_dir) as publisher:
        for number in range(3):
            publisher.publish(arrays(), iteration=number, scalars={Unprintable(): 1.0, "a": 2.0})  # type: ignore[dict-item]
            assert publisher.flush(60)
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    assert set(snapshot.arrays) == kept
    assert snapshot.scalars == {"a": 2.0}
    assert publisher.stats.written == 3
    assert 1 <= len(caplog.records) <= 6


def test_what_a_mask_hides_is_not_published_as_data(run_dir):
    """A masked pixel that comes out as a value would be believed."""
    masked = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
    arrays = {
        "floats": masked,
        "narrow": masked.astype(np.float32),
        "integers": masked.astype(np.int32),
        "booleans": masked.astype(bool),
        "complex": masked.astype(complex),
        "list": [masked, masked],
        "none hidden": np.ma.array([1, 2]),
        "constant": np.ma.masked,
    }
    with Publisher(run_dir, static={"data": masked}) as publisher:
        publisher.publish(arrays, iteration=0, log_likelihood=np.ma.masked, scalars={"a": np.ma.masked})  # type: ignore[arg-type]
        masked[:] = 9.0  # it was copied
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    for name in ("floats", "narrow", "integers", "complex"):
        np.testing.assert_array_equal(snapshot.arrays[name].real, [1.0, np.nan, 3.0], err_msg=name)
    np.testing.assert_array_equal(snapshot.arrays["booleans"], [1.0, np.nan, 1.0])
    np.testing.assert_array_equal(snapshot.arrays["list"], [[1.0, np.nan, 3.0]] * 2)
    np.testing.assert_array_equal(snapshot.static["data"], [1.0, np.nan, 3.0])
    assert snapshot.arrays["narrow"].dtype == np.float32
    assert (snapshot.arrays["none hidden"].dtype, snapshot.arrays["none hidden"].tolist()) == (
        np.dtype(np.int64),
        [1, 2],
    )
    assert np.isnan(snapshot.arrays["constant"])
    assert np.isnan([snapshot.log_likelihood, snapshot.scalars["a"]]).all()


class Quantity(np.ndarray):
    """Values with a unit, as those of astropy and others."""

    def __array_wrap__(self, *_):
        raise TypeError("the unit is not known")

    def __repr__(self):
        raise RuntimeError("no unit")


def test_subclasses_are_published_as_their_values(run_dir, caplog):
    """Units, matrices and tables are arrays too."""
    arrays = {
        "unit": np.ones(3).view(Quantity),
        "matrix": np.array([[1, 2], [3, 4]]).view(np.matrix),
        "table": np.rec.array([(1, 2.5), (3, 4.5)], dtype=[("a", int), ("b", float)]),
        "row": np.void((1, 2.5), dtype=[("a", int), ("b", float)]),
    }
    with Publisher(run_dir) as publisher:
        publisher.publish(arrays, iteration=0)
    found = Spool(run_dir).read(Spool(run_dir).newest()).arrays
    assert {name: value.tolist() for name, value in found.items()} == {
        "unit": [1.0, 1.0, 1.0],
        "matrix": [[1, 2], [3, 4]],
        "table/a": [1, 3],
        "table/b": [2.5, 4.5],
        "row/a": 1,
        "row/b": 2.5,
    }
    assert not caplog.records


def test_a_fault_whose_name_changes_is_not_told_for_ever(run_dir, caplog):
    """A bad leaf of another name at each quick update filled the log of a run of days."""
    with Publisher(run_dir) as publisher:
        for number in range(40):
            publisher.publish({f"bad {number}": object(), "x": 1.0}, iteration=number, scalars={f"bad {number}": "no"})
            assert publisher.flush(30)
    messages = [record.getMessage() for record in caplog.records]
    for kind in ("array", "number"):
        of_kind = [message for message in messages if f": {kind} " in message]
        assert len(of_kind) == 6
        assert sum("for more names, which are not told" in message for message in of_kind) == 1
    assert publisher.stats.written == 40


def test_a_run_that_begins_anew_in_one_process_has_an_epoch_of_its_own(run_dir, slow_disk):
    """Its snapshots and numbers hide what the earlier one published of later iterations, as another process's would;
    what waits for a slow disk meanwhile is put in the epoch that it was published in."""
    with Publisher(run_dir) as publisher:
        for start in range(2):
            for number in range(3):
                publisher.publish({"x": np.ones(2)}, iteration=10 * number, scalars={"start": start})
            publisher.begin_epoch(-1)
        publisher.begin_epoch(None)
        publisher.publish({"x": np.ones(2)}, iteration=5, scalars={"start": 2})
        slow_disk.set()
        assert publisher.flush(30)
    spool = Spool(run_dir)
    lines = spool.scalars(abandoned=True)
    assert [(line.epoch, line.iteration) for line in lines if line.scalars["start"] < 2] == [
        (epoch, iteration) for epoch in range(2) for iteration in (0, 10, 20)
    ]
    assert [(line.epoch, line.iteration) for line in spool.scalars()] == [(1, 0), (2, 5)]
    assert [epoch.resumed_from for epoch in spool.info().epochs] == [None, -1, 4]
    assert len({line.sequence for line in lines}) == 7


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
                log_likelihood=np.ones(2),  # type: ignore[arg-type]
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
        publisher.publish({}, iteration=0, scalars={"a": value}, log_likelihood=value)  # type: ignore[arg-type]
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
