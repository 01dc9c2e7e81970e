"""How wide the kernel of a density should be: chosen by how well one half of the samples tells of the other.

A rule that goes by the covariance of all samples would fill the gap between two modes, and the inside of a ring.
"""

from __future__ import annotations

import numpy as np

from autoviz_render.spool.arrays import Floats

_WIDEST = 4.0
_PER_OCTAVE = 4
_FEWER = 2 ** (-1 / 6)
"""The best bandwidth of twice as many samples, compared."""


def bandwidth(halves: Floats, steps: tuple[float, float], mirrored: tuple[bool, bool], effective: float) -> float:
    """The standard deviation of the kernel, in the unit of the steps.

    Of the widths whose integrated squared error is the least, within the error of that, the widest is taken.

    Args:
        halves: array[half, row, column], the share of the weight in each cell, of two halves of the samples.
        steps: The height and width of a cell.
        mirrored: Whether the density goes on beyond the first and the last rows, and the columns, as in a mirror;
            otherwise there is nothing in those.
        effective: The effective number of samples.

    Source: least-squares cross-validation, Bowman (1984), Biometrika 71, 353; the rule of one standard error,
    Breiman et al. (1984), Classification and Regression Trees, section 3.4.3.
    """
    for axis, is_mirrored in enumerate(mirrored, start=1):
        if is_mirrored:
            halves = np.concatenate([halves, np.flip(halves, axis)], axis)
    rows, columns = halves.shape[1:]
    reference = effective ** (-1 / 6) / _FEWER
    narrowest = 0.5 * min(steps)
    count = max(1, 1 + int(_PER_OCTAVE * np.log2(max(_WIDEST * reference / narrowest, 1.0))))
    tried = _WIDEST * reference * 2.0 ** (-np.arange(count) / _PER_OCTAVE)
    waves = np.fft.rfft2(halves)
    of_rows = np.exp(-0.5 * np.outer(tried, 2 * np.pi * np.fft.fftfreq(rows, steps[0])) ** 2)
    of_columns = np.exp(-0.5 * np.outer(tried, 2 * np.pi * np.fft.rfftfreq(columns, steps[1])) ** 2)
    twice = np.where((np.arange(waves.shape[2]) == 0) | (2 * np.arange(waves.shape[2]) == columns), 1.0, 2.0)
    own = np.sum(waves.real**2 + waves.imag**2, axis=0) * twice
    cross = np.real(waves[0] * waves[1].conj()) * twice

    def total(power: Floats, rows: Floats, columns: Floats) -> Floats:
        return np.sum((rows @ power) * columns, axis=1)

    # of densities: each half holds half of the weight, and the mirrors hold it again
    unit = 2.0 / (rows * columns * steps[0] * steps[1] * 2.0 ** sum(mirrored))
    squares = unit * total(own, of_rows**2, of_columns**2)
    errors = squares - 4 * unit * total(cross, of_rows, of_columns)
    best = int(np.argmin(errors))
    apart = squares + squares[best] - 2 * unit * total(own, of_rows * of_rows[best], of_columns * of_columns[best])
    slack = 4 * np.sqrt(squares[best] * np.maximum(apart, 0.0) / effective)
    return float(tried[np.flatnonzero(errors <= errors[best] + slack)[0]]) * _FEWER
