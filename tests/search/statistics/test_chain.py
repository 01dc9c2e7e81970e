"""The steps of a chain that are kept, and those that a figure shows: bounded, evenly spaced, the newest among them."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.search.statistics.chain import Chain, chain_arrays


@pytest.mark.parametrize(("count", "kept"), [(0, 0), (1, 1), (2000, 2000), (2001, 1001), (9999, 2000)])
def test_a_chain_is_thinned_evenly_and_ends_with_its_newest_sample(count, kept):
    """Never more than can be seen, and the newest among them."""
    found = chain_arrays(np.arange(float(count))[:, None, None])["samples"][:, 0]
    assert found.size == kept
    assert found.size == 0 or found[-1] == count - 1
    assert np.unique(np.diff(found)).size <= 1


def test_a_long_chain_keeps_every_so_many_steps_in_bounded_memory():
    """A chain of days has millions of steps; what is kept depends on their numbers, not on how they came."""
    steps = np.arange(1.0, 1001.0)[:, None, None] * np.ones((1, 2, 3))
    one, other = Chain(2, 3, most=64), Chain(2, 3, most=64)
    for step in steps:
        one.add(step[None])
    for piece in np.split(steps, [1, 130, 131, 700]):
        other.add(piece)
    np.testing.assert_array_equal(one.after(0), other.after(0))
    assert one.stride == 16
    np.testing.assert_array_equal(one.after(0)[:, 0, 0], np.arange(16.0, 1001.0, 16.0))
    assert one.after(None)[0, 0, 0] > 500
    assert one.after(10**9).shape == (1, 2, 3)


@pytest.mark.parametrize("steps", [1, 63, 64, 65, 128, 129, 1000])
def test_a_chain_that_goes_on_elsewhere_keeps_what_it_would_have_kept(steps):
    """After a resumption the figure must be that of the run in one piece."""
    all_steps = np.arange(1.0, 1101.0)[:, None, None]
    one, other = Chain(1, 1, most=64), Chain(1, 1, most=64)
    one.add(all_steps)
    other.resume(steps, lambda stride: all_steps[stride - 1 : steps : stride])
    other.add(all_steps[steps:])
    np.testing.assert_array_equal(one.after(0), other.after(0))


def test_thinned_steps_are_of_all_chains():
    """Every 32nd sample of 32 walkers would be always the same walker."""
    steps = np.arange(100.0)[:, None, None] + np.arange(32.0)[None, :, None] / 100
    found = chain_arrays(steps, most=200)["samples"]
    assert len(found) <= 200
    assert np.unique(np.round(found % 1, 2)).size == 32


@pytest.mark.parametrize("chains", [1, 2, 7])
@pytest.mark.parametrize("count", [10, 301, 5000])
def test_each_sample_has_the_number_of_its_chain(chains, count):
    """Chains that found different modes must not be shown as one."""
    steps = np.arange(float(chains))[None, :, None] + np.zeros((count, 1, 2))
    arrays = chain_arrays(steps, most=200)
    if chains == 1:
        assert set(arrays) == {"samples"}
    else:
        np.testing.assert_array_equal(arrays["chain"], arrays["samples"][:, 0])
    assert set(chain_arrays(steps, is_ensemble=True)) == {"samples"}
