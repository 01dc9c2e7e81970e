"""The lens galaxy's light: a multi-Gaussian expansion, linear in its amplitudes.

Source: Emsellem, Monnet and Bacon (1994), A&A 285, 723; Cappellari (2002), MNRAS 333, 400. The widths are fixed on a
logarithmic ladder and the amplitudes are solved in the same linear inversion as the source's pixels, so the lens
light adds no parameter to the search. The Gaussians share the mass's centre and ellipticity.

The amplitudes are not kept positive: a smooth galaxy needs no negative one, and where noise makes one negative the
sum is what is judged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from backend import Array
from mass import LensParameters, elliptical_frame


def gaussian_basis(lens: LensParameters, x: Array, y: Array, sigmas: tuple[float, ...], xp: Any) -> Array:
    """The unblurred Gaussians at positions in arcsec: array[position, gaussian], 1 at the centre.

    sigmas: arcsec, along the intermediate axis: constant on the ellipses q u^2 + v^2 / q = R^2.
    """
    frame = elliptical_frame(lens, x, y, xp)
    square_radius = frame.q * frame.u**2 + frame.v**2 / frame.q
    return xp.exp(-0.5 * square_radius[:, None] / np.square(sigmas)[None, :])
