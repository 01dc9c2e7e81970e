"""Critical curves, caustics and mask edges against the lens that has formulae for them."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.figures.curves import contour, interpolate, joined, mask_edge, segments, smoothed, to_source_plane

EXTENT = (-3.0, 3.0, -3.0, 3.0)


def toy(lens_snapshot, rows=240):
    snapshot = lens_snapshot(rows, einstein_radius=1.2, shear=0.1)
    extent = tuple(snapshot.static["extent"])
    return snapshot.arrays["inverse_magnification"], snapshot.arrays["deflections"], extent


def test_the_critical_curve_of_an_isothermal_sphere_in_shear_is_where_the_formula_says(lens_snapshot):
    """det A = 0 at r = b [(1 - g) cos^2 + (1 + g) sin^2] / (1 - g^2)."""
    determinant, _, extent = toy(lens_snapshot)
    (line,) = contour(determinant, extent, 0.0)
    x, y = line
    cos2 = x**2 / (x**2 + y**2)
    expected = 1.2 * ((1 - 0.1) * cos2 + (1 + 0.1) * (1 - cos2)) / (1 - 0.1**2)
    np.testing.assert_allclose(np.hypot(x, y), expected, atol=1e-3)
    assert (x[0], y[0]) == (x[-1], y[-1])


def test_its_caustic_has_its_cusps_where_the_formula_says(lens_snapshot):
    """2 b g / (1 + g) along x and 2 b g / (1 - g) along y; deflections come in the order (y, x)."""
    determinant, deflections, extent = toy(lens_snapshot)
    ((x, y),) = to_source_plane(contour(determinant, extent, 0.0), deflections, extent)
    np.testing.assert_allclose(np.abs(x).max(), 2 * 1.2 * 0.1 / (1 + 0.1), atol=2e-3)
    np.testing.assert_allclose(np.abs(y).max(), 2 * 1.2 * 0.1 / (1 - 0.1), atol=2e-3)


def test_interpolation_is_exact_for_a_plane_between_pixel_centres():
    """A half-pixel shift is the usual mistake, and is seen as a caustic beside its source."""
    extent = (-1.0, 2.0, 0.0, 2.0)
    x, y = np.meshgrid(-1 + (np.arange(6) + 0.5) * 0.5, (np.arange(5) + 0.5) * 0.4)
    points_x, points_y = np.array([-0.75, 0.1, 1.75]), np.array([0.2, 1.3, 1.8])
    found = interpolate(3 * x - 2 * y, extent, points_x, points_y)
    np.testing.assert_allclose(found, 3 * points_x - 2 * points_y)


def test_interpolation_beyond_the_image_takes_its_edge():
    """A critical curve may run off the image, and must not make the figure fail."""
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    found = interpolate(values, (0, 2, 0, 2), np.array([-5.0, 9.0]), np.array([-5.0, 9.0]))
    assert found.tolist() == [1.0, 4.0]
    assert interpolate(np.array([[7.0]]), (0, 1, 0, 1), np.array([0.5]), np.array([3.0])).tolist() == [7.0]


def test_a_contour_stops_at_values_that_are_not_finite(lens_snapshot):
    """det A is NaN where a model breaks down: the rest of the curve is still wanted."""
    determinant, _, extent = toy(lens_snapshot, 60)
    determinant[:, :30] = np.nan
    for x, _ in contour(determinant, extent, 0.0):
        assert x.min() > 0
    assert contour(np.full((5, 5), np.nan), extent, 0.0) == []
    assert contour(np.zeros((1, 5)), extent, 0.0) == []


def test_lines_are_joined_with_a_gap_between_each_two():
    """Without the gap, a stroke would join one curve to the next."""
    x, y = joined([(np.array([1.0, 2.0]), np.array([3.0, 4.0])), (np.array([5.0]), np.array([6.0]))])
    np.testing.assert_array_equal(x, [1, 2, np.nan, 5])
    np.testing.assert_array_equal(y, [3, 4, np.nan, 6])
    assert joined([])[0].size == 0


def test_segments_are_lines_of_two_points_with_gaps_between_them():
    """One number stands for all: marks at several times reach from the lower limit to the upper one."""
    x, y = segments(np.array([1.0, 2.0]), np.array([1.0, 2.0]), -5.0, 5.0)
    np.testing.assert_array_equal(x, [1, 1, np.nan, 2, 2, np.nan])
    np.testing.assert_array_equal(y, [-5, 5, np.nan, -5, 5, np.nan])


def test_the_edge_of_a_mask_runs_along_the_sides_of_its_pixels():
    """One unmasked pixel in a corner: its two inner sides, and not the image's own edge."""
    mask = np.ones((3, 4), dtype=bool)
    mask[0, 0] = False
    x, y = mask_edge(mask, (0, 4, 0, 3))
    segments = {tuple(zip(x[i : i + 2].tolist(), y[i : i + 2].tolist(), strict=True)) for i in range(0, x.size, 3)}
    assert segments == {((0.0, 1.0), (1.0, 1.0)), ((1.0, 0.0), (1.0, 1.0))}
    assert np.isnan(x[2::3]).all()


def test_a_mask_of_one_value_has_no_edge():
    """All masked, and nothing masked, are both seen in the wild."""
    assert mask_edge(np.ones((4, 4), dtype=bool), (0, 1, 0, 1))[0].size == 0
    assert mask_edge(np.zeros((1, 1), dtype=bool), (0, 1, 0, 1))[0].size == 0


def isothermal(pixels, shear=0.1, half=3.0):
    """det A and the deflections of an isothermal sphere of one arcsec in shear, on pixel centres."""
    side = (np.arange(pixels) + 0.5) * 2 * half / pixels - half
    x, y = np.meshgrid(side, side)
    radius = np.hypot(x, y)
    determinant = 1 - shear**2 - ((1 - shear) * x**2 + (1 + shear) * y**2) / radius**3
    return determinant, np.stack([y / radius - shear * y, x / radius + shear * x], axis=-1)


@pytest.mark.parametrize(("pixels", "most"), [(24, 3e-3), (60, 5e-4)])
def test_a_caustic_is_as_smooth_as_its_lens_on_coarse_pixels_too(pixels, most):
    """Straight lines between pixels leave zigzags that are seen in a view of the caustic alone."""
    determinant, deflections = isothermal(pixels)
    lines = [line for line in contour(determinant, EXTENT, 0.0) if line[0].size > 20]
    (smooth,) = smoothed(lines, determinant, EXTENT)
    angle = np.arctan2(smooth[1], smooth[0])
    radius = (0.9 * np.cos(angle) ** 2 + 1.1 * np.sin(angle) ** 2) / 0.99
    np.testing.assert_allclose(np.hypot(*smooth), radius, atol=most)
    ((x, y),) = to_source_plane([smooth], deflections, EXTENT)
    np.testing.assert_allclose(x, 0.9 * radius * np.cos(angle) - np.cos(angle), atol=most)
    np.testing.assert_allclose(y, 1.1 * radius * np.sin(angle) - np.sin(angle), atol=most)


def test_smoothing_copes_with_what_is_not_finite_and_with_small_images():
    """Near them a line stays as it was found."""
    determinant, deflections = isothermal(24)
    determinant[3:9, 14:20], deflections[14:20, 3:9] = np.nan, np.inf
    lines = contour(determinant, EXTENT, 0.0)
    for one, other in zip(lines, smoothed(lines, determinant, EXTENT), strict=True):
        assert np.isfinite(other).all()
        assert np.hypot(*np.subtract(one, other)).max() < 0.1
    with np.errstate(all="ignore"):
        assert len(to_source_plane(lines, deflections, EXTENT)) == len(lines)
    tiny = np.array([[1.0, -1.0, 1.0], [1.0, -1.0, 1.0]])
    assert len(smoothed(contour(tiny, EXTENT, 0.0), tiny, EXTENT)) == 2
