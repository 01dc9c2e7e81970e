"""Lines of a lens on its images: contours, the curves they map to, and the edge of a mask.

Every function takes images as array[y, x] with row 0 at the lowest y, and extents (x0, x1, y0, y1) of outer edges.
Lines come as (x, y), two arrays[vertex].
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from autoviz_render.figures.panels import Extent
from autoviz_render.spool.arrays import Array, Floats

Line = tuple[Floats, Floats]


def pixel_centres(shape: tuple[int, int], extent: Extent) -> Line:
    """The centres of an image's columns (array[x]) and of its rows (array[y])."""
    x0, x1, y0, y1 = extent
    rows, columns = shape
    return (
        x0 + (np.arange(columns) + 0.5) * (x1 - x0) / columns,
        y0 + (np.arange(rows) + 0.5) * (y1 - y0) / rows,
    )


def contour(values: Array, extent: Extent, level: float) -> list[Line]:
    """The lines on which an image, interpolated between pixel centres, has a value; closed ones end where they began.

    Pixels that are not finite have no contour around them. An image under 2x2 pixels has none.
    """
    from contourpy import LineType, contour_generator

    if min(values.shape) < 2:
        return []
    x, y = pixel_centres(values.shape, extent)
    finite = np.isfinite(values)
    z = np.ma.masked_array(np.where(finite, values, 0.0), ~finite)
    generator = contour_generator(x, y, z, line_type=LineType.Separate)
    lines = [np.asarray(line, dtype=np.float64) for line in generator.lines(level)]
    return [(line[:, 0], line[:, 1]) for line in lines]


def interpolate(values: Array, extent: Extent, x: Floats, y: Floats) -> Floats:
    """An image's values at points between its pixel centres, bilinear; beyond the outermost centres, theirs.

    A single row or column is constant across. Returns array[point].
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
    """Where lines of the image plane lie in the source plane: each point less the deflection there.

    deflections: array[y, x, 2], in the order (y, x), in the units of the extent, on the pixel centres.
    Source: the lens equation, Schneider, Ehlers and Falco (1992), Gravitational Lenses, section 2.1.
    """
    return [
        (
            x - interpolate(deflections[..., 1], extent, x, y),
            y - interpolate(deflections[..., 0], extent, x, y),
        )
        for x, y in lines
    ]


def joined(lines: Sequence[Line]) -> Line:
    """Several lines as one, a NaN between each two."""
    gap = np.array([np.nan])
    xs: list[Floats] = []
    ys: list[Floats] = []
    for x, y in lines:
        xs += [x, gap]
        ys += [y, gap]
    if not xs:
        return np.empty(0), np.empty(0)
    return np.concatenate(xs[:-1]), np.concatenate(ys[:-1])


def mask_edge(mask: Array, extent: Extent) -> Line:
    """The border between masked and unmasked pixels, along the pixels' sides; the image's own edge is none."""
    x0, x1, y0, y1 = extent
    rows, columns = mask.shape
    x_sides = np.linspace(x0, x1, columns + 1)
    y_sides = np.linspace(y0, y1, rows + 1)
    row, start, stop = _runs(mask[1:] != mask[:-1])
    along_x = _segments(x_sides[start], x_sides[stop], y_sides[row + 1], y_sides[row + 1])
    column, start, stop = _runs((mask[:, 1:] != mask[:, :-1]).T)
    along_y = _segments(x_sides[column + 1], x_sides[column + 1], y_sides[start], y_sides[stop])
    return np.concatenate([along_x[0], along_y[0]]), np.concatenate([along_x[1], along_y[1]])


def _runs(flags: Array) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Each run of True along the last axis: its row, and its first and past-the-last index."""
    padded = np.zeros((flags.shape[0], flags.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = flags
    steps = np.diff(padded, axis=1)
    row, start = np.nonzero(steps == 1)
    _, stop = np.nonzero(steps == -1)
    return row, start, stop


def _segments(x_start: Floats, x_stop: Floats, y_start: Floats, y_stop: Floats) -> Line:
    gap = np.full(x_start.shape, np.nan)
    return (
        np.stack([x_start, x_stop, gap], axis=1).ravel(),
        np.stack([y_start, y_stop, gap], axis=1).ravel(),
    )
