"""Circles and ellipses as lines."""

from __future__ import annotations

from typing import Any

import numpy as np

from autoviz_render.figures.curves import Line, joined
from autoviz_render.figures.panels import Curve
from autoviz_render.spool.arrays import Floats

_TURN = np.linspace(0.0, 2 * np.pi, 73)


def ellipse(x: float, y: float, major: float, minor: float, angle: float) -> Line:
    """A closed line.

    Args:
        x, y: Its centre.
        major, minor: Half its axes, in the unit of x.
        angle: Of the major axis from x towards y, in degrees.
    """
    turned = np.exp(1j * np.radians(angle)) * (major * np.cos(_TURN) + 1j * minor * np.sin(_TURN))
    return x + turned.real, y + turned.imag


def rings(places: Floats, radius: Floats | float, **style: Any) -> Curve:
    """Circles round places.

    Args:
        places: array[point, 2] of (x, y).
        radius: array[point], or one for all.
        style: Settings of the curve.
    """
    radii = np.broadcast_to(radius, len(places))
    return Curve(*joined([ellipse(x, y, r, r, 0.0) for (x, y), r in zip(places, radii, strict=True)]), **style)
