"""What the PSF does to the columns of the linear model."""

from __future__ import annotations

import numpy as np
from backend import Array, array_module
from dataset import ImagingDataset
from mesh import RectangularMesh

# Source pixels up to which JAX blurs the dense mapping (see blurred_mapping).
DENSE_MESH_PIXELS = 200


def blurred(dataset: ImagingDataset, columns: Array, *, use_jax: bool) -> Array:
    """Blur images by the PSF: array[lit pixel, column] -> array[fitted pixel, column].

    columns: values on the lit pixels of the dataset (the fitted ones and the region that is blurred into them).
    """
    taps, neighbours = dataset.psf.ravel(), dataset.psf_neighbours
    if not use_jax:
        image = np.zeros((neighbours.shape[0], columns.shape[1]))
        for tap, neighbour in zip(taps, neighbours.T, strict=True):
            image += tap * columns[neighbour]
        return image
    if taps.size <= 49:
        # Unrolled, XLA fuses the taps into one pass over the output.
        return sum(tap * columns[neighbour] for tap, neighbour in zip(taps, neighbours.T, strict=True))
    return (columns[neighbours] * taps[None, :, None]).sum(axis=1)


def blurred_mapping(dataset: ImagingDataset, mesh: RectangularMesh, x: Array, y: Array) -> Array:
    """The image of every source pixel, lensed and blurred: array[fitted pixel, source pixel].

    x, y: the source-plane positions of the lit pixels, in arcsec.

    Each pixel reads `taps` lit pixels of 4 source pixels each. Those few numbers a row are added straight into the
    dense matrix, except for small meshes on JAX, where the scatter's price per number is higher than that of
    blurring whole rows (measured on two cores: 10 x 10 mesh, 5 x 5 PSF, 1,257 pixels: 0.95 ms against 0.50 ms;
    25 x 25 mesh, 11 x 11 PSF, 15,373 pixels: 80 ms for the scatter).
    """
    source_pixels = mesh.shape[0] * mesh.shape[1]
    if mesh.use_jax and source_pixels <= DENSE_MESH_PIXELS:
        return blurred(dataset, mesh.weights(x, y), use_jax=True)
    return scattered_mapping(dataset, mesh, x, y)


def scattered_mapping(dataset: ImagingDataset, mesh: RectangularMesh, x: Array, y: Array) -> Array:
    """`blurred_mapping` by scatter-adding taps x 4 numbers into each row."""
    xp = array_module(mesh.use_jax)
    source_pixels = mesh.shape[0] * mesh.shape[1]
    pixels, weights = mesh.neighbours(x, y)
    neighbours = dataset.psf_neighbours
    fitted_pixels = neighbours.shape[0]
    row_start = np.arange(fitted_pixels, dtype=np.int32)[:, None, None] * source_pixels
    places = (pixels[neighbours] + row_start).ravel()
    values = (weights[neighbours] * dataset.psf.ravel()[None, :, None]).ravel()
    size = fitted_pixels * source_pixels
    if mesh.use_jax:
        flat = xp.zeros(size, dtype=values.dtype).at[places].add(values, mode="promise_in_bounds")
    else:
        flat = np.bincount(places, weights=values, minlength=size)
    return flat.reshape(fitted_pixels, source_pixels)
