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


def smoothed(lines: Sequence[Line], values: Array, extent: Extent, level: float = 0.0) -> list[Line]:
    """The lines of `contour`, with their vertices where a cubic through four pixel centres has the level.

    Between two pixels an image is no straight line: vertices of a large pixel are off by more than a line's width.

    Args:
        lines: As `contour` found them in the same image.
        values: array[y, x].
        level: In the unit of the values.
    """
    if min(values.shape) < 4:
        return list(lines)
    return [_smoothed(line, values, extent, level) for line in lines]


def _smoothed(line: Line, values: Array, extent: Extent, level: float) -> Line:
    (rows, columns), (x0, x1, y0, y1) = values.shape, extent
    at = np.stack([(line[1] - y0) / (y1 - y0) * rows - 0.5, (line[0] - x0) / (x1 - x0) * columns - 0.5])
    along = np.abs(at - np.round(at)).argmax(axis=0)  # a vertex lies on a line between two pixels of a row or a column
    low = np.where(np.arange(2)[:, None] == along, np.floor(at + 1e-9), np.round(at))
    step = (np.arange(2)[:, None] == along).astype(np.float64)
    ends = [
        values[tuple(np.clip((low + part * step).astype(np.intp), 0, [[rows - 1], [columns - 1]]))] for part in (0, 1)
    ]
    part, slope = (at - low)[along, np.arange(at.shape[1])], ends[1] - ends[0]
    for _ in range(2):
        off = _cubic(values, *(low + part * step)) - level
        moved = np.clip(part - off / np.where(slope == 0, np.inf, slope), 0.0, 1.0)
        part = np.where(np.isfinite(moved), moved, part)
    row, column = low + part * step
    return x0 + (column + 0.5) * (x1 - x0) / columns, y0 + (row + 0.5) * (y1 - y0) / rows


def _cubic(values: Array, row: Floats, column: Floats) -> Floats:
    """An image between its pixel centres, by the cubics through the four nearest in each direction.

    NaN if one of the sixteen is not finite.

    Args:
        values: array[y, x, ...], at least four by four.
        row, column: array[point], counted from the first centre.

    Returns:
        array[point, ...].
    """
    (first_row, of_rows), (first_column, of_columns) = (
        _lagrange(at, count) for at, count in ((row, values.shape[0]), (column, values.shape[1]))
    )
    near = values[first_row[:, None, None] + np.arange(4)[:, None], first_column[:, None, None] + np.arange(4)]
    return np.asarray(np.einsum("pi,pj,pij...->p...", of_rows, of_columns, near))


def _lagrange(at: Floats, count: int) -> tuple[Indices, Floats]:
    """The first of the four nearest places of each point, and the weights of these four: array[point, 4].

    Source: Lagrange's interpolation, Abramowitz and Stegun (1964), section 25.2.13.
    """
    first = np.clip(np.floor(np.nan_to_num(at)).astype(np.intp) - 1, 0, count - 4)
    t = np.clip(at, 0, count - 1) - first
    a, b, c = t - 1, t - 2, t - 3
    return first, np.stack([-a * b * c / 6, t * b * c / 2, -t * a * c / 2, t * a * b / 6], axis=1)


def to_source_plane(lines: Sequence[Line], deflections: Array, extent: Extent) -> list[Line]:
    """Lines of the image plane in the source plane: each point less the deflection there.

    Source: the lens equation, Schneider, Ehlers and Falco (1992), Gravitational Lenses, section 2.1.

    Args:
        deflections: array[y, x, 2], in the order (y, x), in the units of the extent, on the pixel centres.
    """
    return [_through(line, deflections, extent) for line in lines]


def _through(line: Line, deflections: Array, extent: Extent) -> Line:
    x, y = line
    (rows, columns), (x0, x1, y0, y1) = deflections.shape[:2], extent
    alpha = np.full((x.size, 2), np.nan)
    if min(rows, columns) >= 4:
        alpha = _cubic(deflections, (y - y0) / (y1 - y0) * rows - 0.5, (x - x0) / (x1 - x0) * columns - 0.5)
    unknown = ~np.isfinite(alpha).all(axis=1)
    if unknown.any():  # by fewer pixels, as one of the sixteen is not finite
        axes = np.moveaxis(deflections, -1, 0)
        alpha[unknown] = np.stack([interpolate(each, extent, x[unknown], y[unknown]) for each in axes], axis=-1)
    return x - alpha[:, 1], y - alpha[:, 0]


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
