"""Contours hold what they say: of the samples, and of the distribution that these come from."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.figures.samples.marginals import marginal
from autoviz_render.figures.samples.regions import ONE_SIGMA, TWO_SIGMA, regions

SHARES = (ONE_SIGMA, TWO_SIGMA)


def gaussian(correlation):
    def draw(rng, size):
        x, y = rng.normal(size=(2, size))
        return x, correlation * x + np.sqrt(1 - correlation**2) * y

    return draw


def banana(rng, size):
    x, y = rng.normal(size=(2, size))
    return 3 * x, 0.3 * y - x**2


def two_modes(rng, size):
    x, y = gaussian(-0.8)(rng, size)
    other = rng.random(size) < 0.3
    return x + 7 * other, y + 4 * other


def far_modes(rng, size):
    x, y = rng.normal(size=(2, size))
    other = rng.random(size) < 0.4
    return x + 1000 * other, 0.1 * y - 300 * other


def uniform(rng, size):
    return rng.uniform(-2, 5, size), rng.random(size)


def beta(rng, size):
    return rng.beta(1, 3, size), rng.beta(2, 2, size)


def cut(rng, size):
    x, y = gaussian(0.9)(rng, 6 * size)
    kept = (x > -0.5) & (y > -0.3)
    return x[kept][:size], y[kept][:size]


def cauchy(rng, size):
    return tuple(rng.standard_cauchy((2, size)))


def found(x, y, weights=None, **settings):
    weights = np.ones(x.size) if weights is None else weights
    return regions(marginal(x, weights / weights.sum()), marginal(y, weights / weights.sum()), SHARES, **settings)


def inside(lines, x, y):
    """Whether points lie within an odd number of lines."""
    crossings = np.zeros(x.size, dtype=int)
    for line_x, line_y in lines:
        assert (line_x[0], line_y[0]) == (line_x[-1], line_y[-1]), "every line is closed"
        for a, b, c, d in zip(line_x[:-1], line_x[1:], line_y[:-1], line_y[1:], strict=True):
            if c != d:
                beside = (y >= min(c, d)) & (y < max(c, d))
                crossings[beside] += x[beside] < a + (y[beside] - c) / (d - c) * (b - a)
    return crossings % 2 == 1


def area(lines):
    return abs(sum(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2 for x, y in lines))


def coverage(draw, size, *, weighted=False, seeds=3):
    """The medians of what the contours hold of the truth, and of the samples: array[2, share]."""
    held = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        x, y = draw(rng, 4 * size if weighted else size)
        weights = rng.lognormal(0, 1.2, x.size) if weighted else np.ones(x.size)
        weights = weights / weights.sum()
        lines = found(x, y, weights)
        fresh = draw(rng, 5000)
        held.append([[inside(each, *fresh).mean(), weights[inside(each, x, y)].sum()] for each in lines])
    return np.median(held, axis=0).T


@pytest.mark.parametrize("size", [1000, 5000])
@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize(
    "draw",
    [*map(gaussian, (0.0, 0.9, 0.99, -0.999)), banana, two_modes, far_modes, beta, cut, cauchy],
    ids=["0", "0.9", "0.99", "-0.999", "banana", "two modes", "far modes", "beta", "cut", "Cauchy"],
)
def test_contours_hold_what_they_say(draw, size, weighted):
    """Bins along the axes and one smoothing held 66 per cent instead of 39, at a correlation of 0.99."""
    truth, samples = coverage(draw, size, weighted=weighted)
    assert truth == pytest.approx(SHARES, abs=0.03)
    assert samples == pytest.approx(SHARES, abs=0.03)


def test_contours_hold_what_they_say_of_many_samples():
    """As many as a person publishes at most."""
    for draw in (gaussian(0.99), banana, uniform):
        truth, samples = coverage(draw, 20_000, seeds=1)
        assert truth == pytest.approx(SHARES, abs=0.03)
        assert samples == pytest.approx(SHARES, abs=0.03)


def test_contours_of_a_uniform_square_hold_what_they_say_and_stay_in_it():
    """Its density says nothing of where 39 per cent are; any region of that size will do, within the edges."""
    truth, samples = coverage(uniform, 5000)
    assert truth == pytest.approx(SHARES, abs=0.03)
    assert samples == pytest.approx(SHARES, abs=0.03)
    x, y = uniform(np.random.default_rng(0), 5000)
    for lines in found(x, y):
        for line_x, line_y in lines:
            assert x.min() <= line_x.min() <= line_x.max() <= x.max()
            assert y.min() <= line_y.min() <= line_y.max() <= y.max()


@pytest.mark.parametrize("correlation", [0.0, 0.9, 0.99, 0.9999])
def test_the_contours_of_a_gaussian_are_no_larger_than_its_own(correlation):
    """Smoothing must not fatten what is thin: the least area that holds a share is pi r^2 sqrt(determinant)."""
    x, y = gaussian(correlation)(np.random.default_rng(3), 5000)
    least = np.array([np.pi, 4 * np.pi]) * np.sqrt(1 - correlation**2)
    assert [area(lines) for lines in found(x, y)] == pytest.approx(least, rel=0.05)


def test_the_gap_between_modes_and_the_inside_of_a_ring_stay_empty():
    """A bandwidth that goes by all samples together would fill them."""
    rng = np.random.default_rng(4)
    _, outer = found(*far_modes(rng, 4000))
    assert len(outer) == 2
    angle, radius = rng.uniform(0, 2 * np.pi, 4000), rng.normal(1, 0.03, 4000)
    _, outer = found(radius * np.cos(angle), radius * np.sin(angle))
    assert not inside(outer, np.zeros(1), np.zeros(1)).any()
    assert inside(outer, *np.array([[1.0, 0, -1, 0], [0.0, 1, 0, -1]])).all()


def test_perfect_correlation_is_a_line():
    """It was a fat ellipse."""
    x = np.random.default_rng(5).normal(size=2000)
    for y in (2 * x, -3 * x + 1e-9 * np.arange(2000), x**3):
        lines = found(x, y)[1]
        assert 0 < area(lines) < 0.05 * np.ptp(x) * np.ptp(y)
    assert area(found(x, 2 * x)[1]) < 1e-3


def test_a_constant_has_no_width():
    """Round contours round a fixed parameter said that it was free."""
    x = np.random.default_rng(6).normal(size=2000)
    for lines in found(x, np.full(2000, 3.3)):
        ((line_x, line_y),) = lines
        np.testing.assert_array_equal(line_y, [3.3, 3.3])
    low, high = line_x
    assert np.mean((x > low) & (x < high)) == pytest.approx(TWO_SIGMA, abs=0.01)
    ((point_x, point_y),) = found(np.ones(50), np.zeros(50))[0]
    assert (set(point_x), set(point_y)) == ({1.0}, {0.0})


def test_the_axes_of_a_pair_may_be_exchanged():
    """A density that depended on which parameter comes first would depend on its name."""
    x, y = cut(np.random.default_rng(7), 4000)
    one = [inside(lines, x, y) for lines in found(x, y)]
    other = [inside([(a, b) for b, a in lines], x, y) for lines in found(y, x)]
    for a, b in zip(one, other, strict=True):
        assert np.mean(a == b) > 0.97


@pytest.mark.parametrize("size", [25, 100])
def test_a_few_samples_make_few_wide_regions(size):
    """An island round each sample would show chance."""
    _, outer = found(*gaussian(0.5)(np.random.default_rng(8), size))
    assert len(outer) <= 2


def test_a_chain_that_hardly_moves_shows_no_more_than_it_knows():
    """Neighbours in a chain are alike: a bandwidth that trusted each sample would draw the path."""
    rng = np.random.default_rng(9)
    steps = rng.normal(size=(2, 4000))
    for number in range(1, 4000):
        steps[:, number] = 0.98 * steps[:, number - 1] + 0.2 * steps[:, number]
    _, outer = found(*steps)
    assert len(outer) <= 3


@pytest.mark.parametrize("shift", [0.0, 2455892.5, -1e12])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e200, 1e-200])
def test_contours_do_not_depend_on_the_unit(shift, scale):
    """Julian dates have seven digits before those that count."""
    x, y = gaussian(0.9)(np.random.default_rng(10), 1000)
    shift = shift * (scale == 1.0)
    one, other = found(x, y), found(scale * x + shift, y)
    for a, b in zip(one, other, strict=True):
        assert len(a) == len(b)
        assert area(b) == pytest.approx(scale * area(a), rel=0.02)
