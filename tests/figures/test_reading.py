"""The arrays of a snapshot as recipes ask for them."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.figures import reading
from autoviz_render.figures.errors import FigureError, MissingArraysError
from autoviz_render.spool.snapshot import Snapshot

IMAGE = np.arange(6.0).reshape(2, 3)


def test_an_array_of_the_update_is_preferred_to_one_that_never_changes():
    """A fit that corrects its data publishes them anew, and both are there."""
    snapshot = Snapshot(arrays={"data": IMAGE}, static={"data": 0 * IMAGE, "noise_map": IMAGE})
    np.testing.assert_array_equal(reading.find(snapshot, "data"), IMAGE)
    np.testing.assert_array_equal(reading.find(snapshot, "noise_map"), IMAGE)
    assert reading.find(snapshot, "mask") is None


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", "float64"])
def test_real_numbers_of_any_kind_are_read_as_float64(dtype):
    """Integers overflow, and float16 has three digits."""
    found = reading.floats(Snapshot(arrays={"x": np.ones(4, dtype)}), "x")
    assert found.dtype == np.float64
    assert found.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("values", [np.array(["a"]), np.array([None]), np.array([1j])])
def test_what_is_no_real_number_is_named_with_its_kind(values):
    """NumPy would say that it cannot convert a string, and not which."""
    with pytest.raises(ValueError, match="^x is an array of real numbers, not of"):
        reading.floats(Snapshot(arrays={"x": values}), "x")


@pytest.mark.parametrize(
    ("shape", "message"),
    [((2, 3), ""), ((None, 3), ""), ((None, None), ""), ((3, 2), "3, 2"), ((None,), "any"), ((None, 4), "any, 4")],
)
def test_a_shape_may_leave_lengths_open(shape, message):
    """The message says what is wanted, and what is there."""
    snapshot = Snapshot(arrays={"x": IMAGE})
    if not message:
        assert reading.floats(snapshot, "x", shape).shape == (2, 3)
        return
    with pytest.raises(ValueError, match=rf"^x must have the shape \[{message}\], not \[2, 3\]"):
        reading.floats(snapshot, "x", shape)


def test_all_that_is_missing_is_named_at_once():
    """The sampler's author mends a figure once, not array by array; a renderer knows it as an error of the figure."""
    with pytest.raises(MissingArraysError, match="the toy figure needs model, noise_map, which the snapshot") as raised:
        reading.needed(Snapshot(arrays={"data": IMAGE}), "toy", ["data", "model", "noise_map"], 2)
    assert isinstance(raised.value, FigureError)


def test_what_a_figure_needs_has_one_shape_and_is_not_empty():
    """A model on another grid than the data has no residuals."""
    snapshot = Snapshot(arrays={"data": IMAGE, "model": IMAGE.T, "same": 2 * IMAGE, "nothing": np.empty((0, 3))})
    data, same = reading.needed(snapshot, "toy", ["data", "same"], 2)
    np.testing.assert_array_equal(same, 2 * data)
    for names, dimensions, message in [
        (["data", "model"], 2, r"model must have the shape \[2, 3\]"),
        (["data"], 1, r"data must have the shape \[any\]"),
        (["nothing"], 2, "nothing is empty"),
    ]:
        with pytest.raises(ValueError, match=f"^{message}"):
            reading.needed(snapshot, "toy", names, dimensions)


@pytest.mark.parametrize("edges", [[1, 0, 0, 1], [0, 1, 1, 1], [0, np.nan, 0, 1], [0, 1, 0, np.inf]])
def test_an_extent_that_spans_nothing_is_refused(edges):
    """An image drawn on it would be upside down, or nowhere."""
    with pytest.raises(ValueError, match="^extent is"):
        reading.extent_of(Snapshot(arrays={"extent": np.array(edges)}), "extent")
    assert reading.extent_of(Snapshot(arrays={"extent": np.arange(4)}), "extent") is not None


def test_a_ratio_to_a_noise_that_is_no_noise_is_nan():
    """Zero noise marks points without data; warnings are errors here."""
    ratio = reading.ratio(np.array([1.0, 1, 1, np.nan, np.inf, 3]), np.array([0.0, -1, np.nan, 1, 1, 2]))
    np.testing.assert_array_equal(ratio, [np.nan] * 5 + [1.5])


def test_without_a_mask_nothing_is_masked():
    """Most fits have none."""
    assert not reading.mask_of(Snapshot(arrays={}), (2, 3)).any()
    mask = reading.mask_of(Snapshot(arrays={"mask": IMAGE.astype(int)}), (2, 3))
    assert mask.tolist() == [[False, True, True], [True, True, True]]
