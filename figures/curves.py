"""Lines laid over images: contours, critical curves and their caustics, segments, and the edge of a mask.

Every function takes images as array[y, x] with row 0 at the lowest y, and extents (x0, x1, y0, y1) of outer edges.
A line is (x, y), two arrays[vertex] in the units of the extent; a NaN breaks it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autoviz_render.figures.panels import Extent
from autoviz_render.spool.arrays import Array, Floats, Indices

Line = tuple[Floats, Floats]


def contour(values: Array, extent: Extent, level: float) -> list[Line]:
    """The lines on which an image, interpolated between pixel centres, has a value; closed ones end where they began.

    Pixels that are not finite have no contour around them. An image under 2x2 pixels has none.

    Args:
        values: array[y, x].
        level: In the unit of the values.
    """
    from contourpy import LineType, contour_generator

    if min(values.shape) < 2:
        return []
    x0, x1, y0, y1 = extent
    rows, columns = values.shape
    x = x0 + (np.arange(columns) + 0.5) * (x1 - x0) / columns
    y = y0 + (np.arange(rows) + 0.5) * (y1 - y0) / rows
    finite = np.isfinite(values)
    z = np.ma.masked_array(np.where(finite, values, 0.0), ~finite)
    lines = contour_generator(x, y, z, line_type=LineType.Separate).lines(level)
    return [(line[:, 0], line[:, 1]) for line in map(np.asarray, lines)]


def interpolate(values: Array, extent: Extent, x: Floats, y: Floats) -> Floats:
    """An image's values at points between its pixel centres, bilinear; beyond the outermost centres, theirs.

    A single row or column is constant across.

    Args:
        values: array[y, x].
        x, y: array[point], in the units of the extent.

    Returns:
        array[point].
    """
    rows, columns = values.shape
    x0, x1, y0, y1 = extent
    column = np.clip((x - x0) / (x1 - x0) * columns - 0.5, 0, columns - 1)
    row = np.clip((y - y0) / (y1 - y0) * rows - 0.5, 0, rows - 1)
    left = np.minimum(column.astype(np.intp), max(columns - 2, 0))
    below = np.minimum(row.astype(np.intp), max(rows - 2, 0))
    right, above = np.minimum(left + 1, columns - 1), np.minimum(below + 1, rows - 1)
    u, v = column - left, row - below
    lower = (1 - u) * values[below, left] + u * values[below, right]
    upper = (1 - u) * values[above, left] + u * values[above, right]
    return np.asarray((1 - v) * lower + v * upper, dtype=np.float64)


def to_source_plane(lines: Sequence[Line], deflections: Array, extent: Extent) -> list[Line]:
    """Lines of the image plane in the source plane: each point less the deflection there.

    Source: the lens equation, Schneider, Ehlers and Falco (1992), Gravitational Lenses, section 2.1.

    Args:
        deflections: array[y, x, 2], in the order (y, x), in the units of the extent, on the pixel centres.
    """
    alpha_y, alpha_x = np.moveaxis(deflections, -1, 0)
    return [(x - interpolate(alpha_x, extent, x, y), y - interpolate(alpha_y, extent, x, y)) for x, y in lines]


def joined(lines: Sequence[Line]) -> Line:
    """Several lines as one, a NaN between each two."""
    gap = np.array([np.nan])
    parts = [part for line in lines for part in (line, (gap, gap))][:-1]
    if not parts:
        return np.empty(0), np.empty(0)
    x, y = (np.concatenate(each) for each in zip(*parts, strict=True))
    return x, y


def segments(x_start: Floats | float, x_stop: Floats | float, y_start: Floats | float, y_stop: Floats | float) -> Line:
    """Straight lines as one, a NaN after each: array[3 * segment].

    Args:
        x_start, x_stop, y_start, y_stop: The ends of each, array[segment], or one number for all.
    """
    x_start, x_stop, y_start, y_stop, gap = np.broadcast_arrays(x_start, x_stop, y_start, y_stop, np.nan)
    return np.stack([x_start, x_stop, gap], axis=-1).ravel(), np.stack([y_start, y_stop, gap], axis=-1).ravel()


def mask_edge(mask: Array, extent: Extent) -> Line:
    """The border between masked and unmasked pixels, along the pixels' sides; the image's own edge is none.

    Args:
        mask: array[y, x] of booleans.
    """
    x0, x1, y0, y1 = extent
    rows, columns = mask.shape
    x_sides, y_sides = np.linspace(x0, x1, columns + 1), np.linspace(y0, y1, rows + 1)
    row, start, stop = _runs(mask[1:] != mask[:-1])
    along_x = segments(x_sides[start], x_sides[stop], y_sides[row + 1], y_sides[row + 1])
    column, start, stop = _runs((mask[:, 1:] != mask[:, :-1]).T)
    along_y = segments(x_sides[column + 1], x_sides[column + 1], y_sides[start], y_sides[stop])
    return np.concatenate([along_x[0], along_y[0]]), np.concatenate([along_x[1], along_y[1]])


def _runs(flags: Array) -> tuple[Indices, Indices, Indices]:
    """Each run of True along the last axis: its row, and its first and past-the-last index."""
    steps = np.diff(flags.astype(np.int8), axis=1, prepend=0, append=0)
    row, start = np.nonzero(steps == 1)
    _, stop = np.nonzero(steps == -1)
    return row, start, stop
