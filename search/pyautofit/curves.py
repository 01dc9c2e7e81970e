"""The critical curves and caustics of a lens in several planes, from rays that are closer than an image's pixels.

A galaxy with mass between the lens and the farthest source bends rays within a pixel or two: between pixels its
critical curves run into one another, and their caustics zigzag.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autoviz_render.search.pyautofit.source_plane import Sky
from autoviz_render.spool.arrays import Array, Floats

_MOST_RAYS = 200_000
"""As many as a likelihood traces: 15,000 pixels, each of four by four."""

_FINEST = 6
"""Rays across a pixel, at most."""

_SHORTEST = 16
"""Vertices: shorter lines surround single points at which a mass without a core has no deflection."""

_STEEPEST = 1.0
"""Of det A between two rays: where it is steeper the rays are torn apart, and it has no zero in between."""


def fine_sky(sky: Sky, mask: Array) -> Sky:
    """The part of an image that is not masked, on more and smaller pixels.

    Args:
        sky: Of the image.
        mask: array[y, x] from the top, True where masked.
    """
    (left, right, bottom, top), (rows, columns) = sky.extent, sky.shape
    y, x = (np.flatnonzero(~mask.all(axis=axis)) for axis in (1, 0))
    if y.size == 0:
        return sky
    first_y, last_y, first_x, last_x = y[0], y[-1] + 1, x[0], x[-1] + 1
    high, wide = last_y - first_y, last_x - first_x
    finer = int(np.clip(math.sqrt(_MOST_RAYS / (high * wide)), 1, _FINEST))
    height, width = (top - bottom) / rows, (right - left) / columns
    x0, x1, y0, y1 = left + first_x * width, left + last_x * width, top - last_y * height, top - first_y * height
    return Sky((finer * high, finer * wide), np.array([x0, x1, y0, y1]))


def curves(positions: Floats, sky: Sky) -> tuple[Floats, Floats]:
    """Critical curves and caustics: array[vertex, 2] of (x, y) in arcsec each, the longest first, NaN between lines.

    Args:
        positions: array[pixel, 2] of (y, x), where the rays of the pixels end, row by row from the top.
        sky: Where these pixels are.
    """
    from contourpy import LineType, contour_generator

    ends = positions.reshape(*sky.shape, 2)[::-1]
    centres = sky.centres().reshape(*sky.shape, 2)[::-1]
    y, x = centres[:, 0, 0], centres[0, :, 1]
    gradients: Any = np.gradient(ends, y, x, axis=(0, 1))
    by_y, by_x = gradients
    determinant = by_y[..., 0] * by_x[..., 1] - by_y[..., 1] * by_x[..., 0]
    finite = np.isfinite(determinant)
    masked = np.ma.masked_array(np.where(finite, determinant, 0.0), ~finite)
    found = contour_generator(x, y, masked, line_type=LineType.Separate).lines(0.0)
    torn = _steepest(np.where(finite, determinant, np.inf)) > _STEEPEST
    lines = [piece for line in found for piece in _pieces(np.asarray(line), x, y, torn)]
    lines = sorted(lines, key=_length, reverse=True)
    return _joined(lines), _joined([_between(ends, x, y, line) for line in lines])


def _pieces(line: Floats, x: Floats, y: Floats, torn: Array) -> list[Floats]:
    """The parts of a line that are long enough and not where rays are torn apart: array[cell] of booleans."""
    row, column = _cells(line, x, y)[:2]
    kept = ~torn[row, column]
    ends = np.flatnonzero(kept[1:] != kept[:-1]) + 1
    return [line[part] for part in np.split(np.arange(len(line)), ends) if part.size >= _SHORTEST and kept[part[0]]]


def _steepest(values: Floats) -> Floats:
    """The difference of the highest and the lowest value at the corners of each cell between pixels."""
    corners = values[:-1, :-1], values[1:, :-1], values[:-1, 1:], values[1:, 1:]
    with np.errstate(invalid="ignore"):
        return np.asarray(np.maximum.reduce(corners) - np.minimum.reduce(corners))


def _cells(line: Floats, x: Floats, y: Floats) -> tuple[Array, Array, Floats, Floats]:
    """Of each vertex the cell between pixels, row and column, and how far up and right in it."""
    column, row = ((line[:, axis] - at[0]) / (at[1] - at[0]) for axis, at in enumerate((x, y)))
    left, below = (np.clip(each.astype(np.intp), 0, at.size - 2) for each, at in ((column, x), (row, y)))
    return below, left, row - below, column - left


def _between(ends: Floats, x: Floats, y: Floats, line: Floats) -> Floats:
    """The ends of rays between those of the pixels: array[vertex, 2] of (x, y)."""
    below, left, v, u = _cells(line, x, y)
    u, v = u[:, None], v[:, None]
    lower = (1 - u) * ends[below, left] + u * ends[below, left + 1]
    upper = (1 - u) * ends[below + 1, left] + u * ends[below + 1, left + 1]
    return np.asarray(((1 - v) * lower + v * upper)[:, ::-1])


def _length(line: Floats) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def _joined(lines: list[Floats]) -> Floats:
    gap = np.full((1, 2), np.nan)
    parts = [part for line in lines for part in (line, gap)][:-1]
    return np.concatenate(parts) if parts else np.empty((0, 2))
