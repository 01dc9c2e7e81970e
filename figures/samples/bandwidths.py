"""How wide the kernel of a density should be: chosen by how well one half of the samples tells of the other.

A rule that goes by the covariance of all samples would fill the gap between two modes, and the inside of a ring.
"""

from __future__ import annotations

import numpy as np

from autoviz_render.spool.arrays import Floats

_WIDEST = 4.0
_PER_OCTAVE = 3
_MOST_OF_ONE_THREAD = 64**3
"""Multiplications: OpenBLAS' GEMM_MULTITHREAD_THRESHOLD times SMP_THRESHOLD_MIN."""
_FEWER = 2 ** (-1 / 6)
"""The best bandwidth of twice as many samples, compared."""


def bandwidths(
    halves: Floats, steps: tuple[float, float], mirrored: tuple[bool, bool], effective: float
) -> tuple[float, float]:
    """The standard deviations of the kernel along the rows' axis and the columns', in the unit of the steps.

    Of the widths whose integrated squared error is the least, within two standard errors of that, the widest are taken.

    Args:
        halves: array[half, row, column], the share of the weight in each cell, of two halves of the samples.
        steps: The height and width of a cell.
        mirrored: Whether the density goes on beyond the first and the last rows, and the columns, as in a mirror;
            otherwise there is nothing in those.
        effective: The effective number of samples.

    Source: least-squares cross-validation, Bowman (1984), Biometrika 71, 353; the rule of standard errors, Breiman et
    al. (1984), Classification and Regression Trees, section 3.4.3.
    """
    for axis, is_mirrored in enumerate(mirrored, start=1):
        if is_mirrored:
            halves = np.concatenate([halves, np.flip(halves, axis)], axis)
    rows, columns = halves.shape[1:]
    tried = [_tried(step, effective) for step in steps]
    waves = np.fft.rfft2(halves)
    across = np.exp(-0.5 * np.outer(tried[0], 2 * np.pi * np.fft.fftfreq(rows, steps[0])) ** 2)
    along = np.exp(-0.5 * np.outer(tried[1], 2 * np.pi * np.fft.rfftfreq(columns, steps[1])) ** 2)
    number = np.arange(waves.shape[2])
    # of densities: each half holds half of the weight, and the mirrors hold it again; half of the waves are not stored
    unit = 2.0 / (rows * columns * steps[0] * steps[1] * 2.0 ** sum(mirrored))
    unit = unit * np.where((number == 0) | (2 * number == columns), 1.0, 2.0)
    own = np.sum(waves.real**2 + waves.imag**2, axis=0) * unit
    cross = np.real(waves[0] * waves[1].conj()) * unit
    squares = product(product(across**2, own), (along**2).T)
    errors = squares - 4 * product(product(across, cross), along.T)
    i, j = np.unravel_index(np.argmin(errors), errors.shape)
    apart = squares + squares[i, j] - 2 * product(product(across * across[i], own), (along * along[j]).T)
    slack = 4 * np.sqrt(squares[i, j] * np.maximum(apart, 0.0) / effective)
    area = np.where(errors <= errors[i, j] + slack, np.outer(*tried), 0.0)
    i, j = np.unravel_index(np.argmax(area), area.shape)
    return float(tried[0][i]) * _FEWER, float(tried[1][j]) * _FEWER


def product(one: Floats, other: Floats) -> Floats:
    """The product of two matrices, by strips that OpenBLAS leaves to one thread.

    With several threads, which wait for each other, it took 200 times as long on a busy machine.
    """
    strip = max(1, _MOST_OF_ONE_THREAD // other.size)
    return np.concatenate([one[start : start + strip] @ other for start in range(0, len(one), strip)])


def _tried(step: float, effective: float) -> Floats:
    """Bandwidths from the widest down to half a cell."""
    widest = _WIDEST * effective ** (-1 / 6) / _FEWER
    count = max(1, 1 + int(_PER_OCTAVE * np.log2(max(2 * widest / step, 1.0))))
    return np.asarray(widest * 2.0 ** (-np.arange(count) / _PER_OCTAVE))
