"""The lens's mass: a singular isothermal ellipsoid in an external shear.

Source of the ellipsoid: Kormann, Schneider and Bartelmann (1994), A&A 284, 285; in the notation used here, Keeton
(2001), arXiv:astro-ph/0102341.

Convergence, in coordinates (u, v) centred on the lens with u along the major axis and q the axis ratio:

    kappa = einstein_radius / (2 sqrt(q u^2 + v^2 / q))

so `einstein_radius` is the *intermediate-axis* one: the ellipse of mean convergence 1 has the semi-axes
einstein_radius / sqrt(q) and einstein_radius * sqrt(q), hence the area of a circle of that radius (without shear).

Everything here takes the array module `xp` (numpy or jax.numpy) and is written out by hand rather than by automatic
differentiation, so that both give the same numbers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from backend import Array

# Below these the formulas would divide by zero. 1e-12 arcsec and an ellipticity of 1e-12 change no deflection by
# more than 1e-11 arcsec.
SMALLEST_RADIUS = 1e-12
SMALLEST_ELLIPTICITY = 1e-12


class LensParameters(NamedTuple):
    """The seven free parameters, in the order of the parameter array.

    centre_x, centre_y: arcsec, of the mass and of the lens light.
    e1, e2: ellipticity (1 - q) / (1 + q) times (cos 2 phi, sin 2 phi), q the minor-to-major axis ratio and phi the
        angle of the major axis, anticlockwise from +x; of the mass and of the lens light.
    einstein_radius: arcsec, intermediate-axis (see the module).
    gamma1, gamma2: the external shear (cos 2 theta, sin 2 theta) times its strength, about the origin.
    """

    centre_x: Array
    centre_y: Array
    e1: Array
    e2: Array
    einstein_radius: Array
    gamma1: Array
    gamma2: Array


class EllipticalFrame(NamedTuple):
    """Positions in the frame of the lens: u along the major axis, v along the minor one, and its shape.

    q: the axis ratio; NaN-safe for round lenses, NaN or negative for an ellipticity of 1 or more.
    flattening: 1 - q^2, without the cancellation near q = 1.
    cos, sin: of the major axis's angle.
    """

    u: Array
    v: Array
    q: Array
    flattening: Array
    cos: Array
    sin: Array


def elliptical_frame(lens: LensParameters, x: Array, y: Array, xp: Any) -> EllipticalFrame:
    """Rotate and centre the positions (x, y), in arcsec, on the lens.

    A round lens has no major axis: it is given an ellipticity of 1e-12 along x, which keeps values and
    derivatives finite.
    """
    is_round = lens.e1**2 + lens.e2**2 < SMALLEST_ELLIPTICITY**2
    e1 = xp.where(is_round, SMALLEST_ELLIPTICITY, lens.e1)
    e2 = xp.where(is_round, 0.0, lens.e2)
    ellipticity = xp.sqrt(e1**2 + e2**2)
    angle = 0.5 * xp.arctan2(e2, e1)
    cos, sin = xp.cos(angle), xp.sin(angle)
    dx, dy = x - lens.centre_x, y - lens.centre_y
    return EllipticalFrame(
        u=cos * dx + sin * dy,
        v=-sin * dx + cos * dy,
        q=(1.0 - ellipticity) / (1.0 + ellipticity),
        flattening=4.0 * ellipticity / (1.0 + ellipticity) ** 2,
        cos=cos,
        sin=sin,
    )


def deflections(lens: LensParameters, x: Array, y: Array, xp: Any) -> tuple[Array, Array]:
    """The deflection angles (alpha_x, alpha_y) at image-plane positions, in arcsec: source = image - alpha.

    Zero for the ellipsoid's part at its singular centre, where the direction is undefined.
    """
    frame = elliptical_frame(lens, x, y, xp)
    root = xp.sqrt(frame.flattening)
    psi = xp.sqrt((frame.q * frame.u) ** 2 + frame.v**2 + SMALLEST_RADIUS**2)
    scale = lens.einstein_radius * xp.sqrt(frame.q) / root
    alpha_u = scale * xp.arctan(root * frame.u / psi)
    alpha_v = scale * xp.arctanh(root * frame.v / psi)
    alpha_x = frame.cos * alpha_u - frame.sin * alpha_v + lens.gamma1 * x + lens.gamma2 * y
    alpha_y = frame.sin * alpha_u + frame.cos * alpha_v + lens.gamma2 * x - lens.gamma1 * y
    return alpha_x, alpha_y


def inverse_magnification(lens: LensParameters, x: Array, y: Array, xp: Any) -> Array:
    """det A = det(d source / d image) at image-plane positions: 1 / magnification, negative where parity flips.

    An isothermal lens's potential grows linearly along every ray from its centre, so its Hessian is
    2 kappa t t^T with t the tangential unit vector: the shear equals the convergence (Kormann et al. 1994).
    """
    frame = elliptical_frame(lens, x, y, xp)
    dx, dy = x - lens.centre_x, y - lens.centre_y
    psi = xp.sqrt((frame.q * frame.u) ** 2 + frame.v**2 + SMALLEST_RADIUS**2)
    twice_convergence = lens.einstein_radius * xp.sqrt(frame.q) / psi
    square_radius = dx**2 + dy**2 + SMALLEST_RADIUS**2
    a_xx = 1.0 - twice_convergence * dy**2 / square_radius - lens.gamma1
    a_yy = 1.0 - twice_convergence * dx**2 / square_radius + lens.gamma1
    a_xy = twice_convergence * dx * dy / square_radius - lens.gamma2
    return a_xx * a_yy - a_xy**2


def cut(lens: LensParameters, points: int, xp: Any) -> Array:
    """The pseudo-caustic, array[point, (x, y)] in arcsec, closed: the last point is the first.

    Where a source crosses it the number of images changes by one, without a bright pair: a singular lens has no
    radial critical curve. It is where a vanishing circle around the singular centre is traced to (called the cut
    by Kormann et al. 1994).
    """
    angle = np.linspace(0.0, 2.0 * np.pi, points)
    radius = 1e-6  # arcsec; small against any pixel, large against SMALLEST_RADIUS
    x = lens.centre_x + radius * np.cos(angle)
    y = lens.centre_y + radius * np.sin(angle)
    alpha_x, alpha_y = deflections(lens, x, y, xp)
    return xp.stack([x - alpha_x, y - alpha_y], axis=-1)
