"""The source's mesh and the blurring of its pixels."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from blurring import blurred, blurred_mapping, scattered_mapping
from dataset import ImagingDataset
from mesh import RectangularMesh, gradient_regularisation
from scipy.signal import convolve2d

RNG = np.random.default_rng(5)
SHAPE = (6, 9)
X, Y = RNG.uniform(-1.0, 1.0, size=(2, 300))


@pytest.fixture
def mesh(use_jax):
    return RectangularMesh.around(SHAPE, X, 0.5 * Y, use_jax=use_jax)


@pytest.fixture
def dataset():
    """A lopsided PSF, so that a kernel turned round would show."""
    psf = RNG.random((5, 3))
    side = np.arange(20) - 9.5
    x, y = np.meshgrid(side, side)
    return ImagingDataset(
        data=RNG.normal(size=(20, 20)),
        noise_map=RNG.uniform(0.5, 2.0, size=(20, 20)),
        psf=psf / psf.sum(),
        mask=np.hypot(x, y) > 6.2,
        pixel_scale=0.1,
    )


def test_the_bilinear_weights_sum_to_one_and_none_is_negative(mesh):
    """Surface brightness is conserved by lensing: a source of 1 everywhere must look 1 everywhere."""
    _, weights = mesh.neighbours(X, 0.5 * Y)
    assert np.asarray(weights).min() >= 0.0
    np.testing.assert_allclose(np.asarray(weights).sum(axis=1), 1.0, rtol=1e-14)


def test_a_linear_function_of_position_is_reproduced(mesh):
    """What bilinear interpolation is exact for, and what a transposed or flipped mesh gets wrong."""
    x0, x1, y0, y1 = np.asarray(mesh.bounds)
    node_x, node_y = np.meshgrid(np.linspace(x0, x1, SHAPE[1]), np.linspace(y0, y1, SHAPE[0]))
    values = (2.0 + 3.0 * node_x - 5.0 * node_y).ravel()
    pixels, weights = (np.asarray(part) for part in mesh.neighbours(X, 0.5 * Y))
    np.testing.assert_allclose((values[pixels] * weights).sum(axis=1), 2.0 + 3.0 * X - 2.5 * Y, atol=1e-13)


def test_the_dense_weights_are_the_sparse_ones(mesh):
    """Two ways to the same matrix, chosen by the mesh's size."""
    pixels, weights = (np.asarray(part) for part in mesh.neighbours(X, 0.5 * Y))
    expected = np.zeros((X.size, SHAPE[0] * SHAPE[1]))
    np.add.at(expected, (np.arange(X.size)[:, None], pixels), weights)
    np.testing.assert_allclose(np.asarray(mesh.weights(X, 0.5 * Y)), expected, atol=1e-13)


def test_positions_outside_the_mesh_move_to_its_edge(mesh):
    """Light blurred in from beyond the mask may be traced outside the box of the unmasked pixels."""
    x0, x1, y0, y1 = np.asarray(mesh.bounds)
    pixels, weights = mesh.neighbours(np.array([x0 - 1.0, x1 + 1.0]), np.array([y0 - 1.0, y1 + 1.0]))
    values = np.arange(SHAPE[0] * SHAPE[1], dtype=float)
    np.testing.assert_allclose((values[np.asarray(pixels)] * np.asarray(weights)).sum(axis=1), [0.0, values[-1]])


def test_the_extent_is_half_a_pixel_outside_the_bounds(mesh):
    """It is the images' extent in the figure: pixel centres must come out where they are."""
    x0, x1, _, y1 = np.asarray(mesh.extent)
    left, right, low, high = np.asarray(mesh.bounds)
    np.testing.assert_allclose(left - x0, 0.5 * (right - left) / (SHAPE[1] - 1))
    np.testing.assert_allclose(y1 - high, 0.5 * (high - low) / (SHAPE[0] - 1))
    np.testing.assert_allclose((x1 - x0) / SHAPE[1], (right - left) / (SHAPE[1] - 1))


def test_a_mesh_survives_pickling(mesh):
    """It keeps a flag for its array module, not the module."""
    again = pickle.loads(pickle.dumps(mesh))
    assert again.use_jax is mesh.use_jax
    assert again.xp is mesh.xp
    assert np.array_equal(again.weights(X, Y), mesh.weights(X, Y))


def test_the_regularisation_penalises_differences_of_neighbours_and_the_border():
    """Against the sum written out pixel by pixel."""
    source = RNG.normal(size=SHAPE)
    padded = np.pad(source, 1)
    expected = np.sum(np.diff(padded, axis=0)[:, 1:-1] ** 2) + np.sum(np.diff(padded, axis=1)[1:-1] ** 2)
    matrix = gradient_regularisation(SHAPE)
    assert source.ravel() @ matrix @ source.ravel() == pytest.approx(expected)
    assert np.linalg.eigvalsh(matrix).min() > 0.0


def test_blurring_is_a_convolution_with_light_from_beyond_the_mask(dataset, use_jax):
    """The whole image is convolved by another library; the fit sees only the unmasked pixels and their surroundings."""
    images = RNG.random((2, 20, 20))
    expected = np.stack([convolve2d(image, dataset.psf, mode="same")[~dataset.mask] for image in images], axis=1)
    lit = np.stack([image[dataset.lit_mask] for image in images], axis=1)
    np.testing.assert_allclose(np.asarray(blurred(dataset, lit, use_jax=use_jax)), expected, rtol=1e-12)


def test_the_scattered_mapping_is_the_blurred_dense_one(dataset, use_jax):
    """The big mesh takes the one way and the small mesh the other: same matrix."""
    x, y = dataset.lit_grid
    mesh = RectangularMesh.around((5, 4), 0.5 * x, y**2, use_jax=use_jax)
    dense = blurred(dataset, mesh.weights(0.5 * x, y**2), use_jax=use_jax)
    for way in (scattered_mapping, blurred_mapping):
        np.testing.assert_allclose(np.asarray(way(dataset, mesh, 0.5 * x, y**2)), np.asarray(dense), atol=1e-14)


def test_a_mask_too_close_to_the_border_is_refused(dataset):
    """Light from outside the image would be missing without a word."""
    with pytest.raises(ValueError, match="border as wide as the PSF"):
        ImagingDataset(dataset.data, dataset.noise_map, dataset.psf, np.zeros((20, 20), dtype=bool), 0.1)


def test_fitted_values_return_to_their_places_in_the_image(dataset):
    """Row 0 at the lowest y, zero in masked pixels."""
    image = dataset.image_from(dataset.fitted_data, np)
    assert np.array_equal(image, np.where(dataset.mask, 0.0, dataset.data))
    assert dataset.extent == pytest.approx((-1.0, 1.0, -1.0, 1.0))
    x, y = dataset.pixel_grid
    assert (x[0, 0], y[0, 0], y[1, 0]) == pytest.approx((-0.95, -0.95, -0.85))
