"""The simulated lenses."""

from __future__ import annotations

import numpy as np
import pytest
from simulator import simulation


def test_the_same_seed_gives_the_same_data(small):
    """Every figure and every number in the docs is of this image."""
    assert np.array_equal(small.dataset(1).data, small.dataset(1).data)
    assert not np.array_equal(small.dataset(1).data, small.dataset(2).data)


def test_the_noise_map_describes_the_noise(small):
    """Normalised residuals from the noiseless image have mean 0 and variance 1."""
    residuals = np.concatenate(
        [((data.data - small.expected_image()) / data.noise_map).ravel() for data in map(small.dataset, range(4))]
    )
    assert residuals.mean() == pytest.approx(0.0, abs=4.0 / np.sqrt(residuals.size))
    assert residuals.var() == pytest.approx(1.0, abs=4.0 * np.sqrt(2.0 / residuals.size))


@pytest.mark.parametrize(("size", "fitted"), [("tiny", (300, 420)), ("small", (800, 1300)), ("hst", (15_000, 15_800))])
def test_each_size_is_as_large_as_it_says(size, fitted):
    """The hst size is 0.05 arcsec pixels in a 3.5 arcsec mask."""
    data = simulation(size).dataset()
    assert fitted[0] < data.fitted_data.size < fitted[1]
    assert data.psf.sum() == pytest.approx(1.0)


def test_the_arc_is_bright_but_noisy(small, analysis, truth):
    """A signal-to-noise ratio at the arc's peak as in real images."""
    ratio = analysis.fit(truth, use_jax=False).source_image / analysis.dataset.noise_map
    assert 15.0 < ratio.max() < 50.0


def test_an_unknown_size_is_refused_with_the_known_ones():
    """The message is the help."""
    with pytest.raises(ValueError, match="tiny, small, hst"):
        simulation("medium")
