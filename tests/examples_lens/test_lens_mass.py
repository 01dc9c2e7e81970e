"""Deflections, against what can be worked out another way."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from backend import array_module
from mass import LensParameters, cut, deflections, elliptical_frame, inverse_magnification

LENS = LensParameters(0.05, -0.08, 0.15, -0.2, 1.3, 0.04, -0.06)
ROUND = LensParameters(0.05, -0.08, 0.0, 0.0, 1.3, 0.0, 0.0)
RNG = np.random.default_rng(3)
X, Y = RNG.uniform(-3.0, 3.0, size=(2, 200))


def jacobian(lens: LensParameters, step: float = 1e-5) -> np.ndarray:
    """d alpha / d position by central differences: array[(x, y) of alpha, (x, y), position]."""
    by_x = (np.array(deflections(lens, X + step, Y, np)) - np.array(deflections(lens, X - step, Y, np))) / (2 * step)
    by_y = (np.array(deflections(lens, X, Y + step, np)) - np.array(deflections(lens, X, Y - step, np))) / (2 * step)
    return np.stack([by_x, by_y], axis=1)


def test_a_round_lens_deflects_by_its_einstein_radius_towards_its_centre():
    """The isothermal sphere, the one case that everybody knows by heart."""
    dx, dy = X - ROUND.centre_x, Y - ROUND.centre_y
    radius = np.hypot(dx, dy)
    alpha_x, alpha_y = deflections(ROUND, X, Y, np)
    np.testing.assert_allclose(alpha_x, ROUND.einstein_radius * dx / radius, atol=1e-11)
    np.testing.assert_allclose(alpha_y, ROUND.einstein_radius * dy / radius, atol=1e-11)


def test_the_round_limit_is_reached_without_a_jump():
    """The formula is 0/0 at an axis ratio of 1; a search that crosses it must see nothing."""
    expected = np.array(deflections(ROUND, X, Y, np))
    for ellipticity in (1e-13, 1e-11, 1e-9, 1e-7):
        near = np.array(deflections(ROUND._replace(e1=ellipticity, e2=-ellipticity), X, Y, np))
        np.testing.assert_allclose(near, expected, atol=3.0 * ellipticity + 1e-11)


def test_the_divergence_of_the_deflection_is_twice_the_convergence_of_the_ellipsoid():
    """Poisson's equation ties the deflections to the mass that the module says they belong to."""
    frame = elliptical_frame(LENS, X, Y, np)
    convergence = LENS.einstein_radius / (2.0 * np.sqrt(frame.q * frame.u**2 + frame.v**2 / frame.q))
    derivatives = jacobian(LENS)
    np.testing.assert_allclose(derivatives[0, 0] + derivatives[1, 1], 2.0 * convergence, rtol=1e-6, atol=1e-8)


def test_the_deflection_has_no_curl():
    """It is the gradient of a potential, shear included."""
    derivatives = jacobian(LENS)
    np.testing.assert_allclose(derivatives[0, 1], derivatives[1, 0], atol=1e-7)


def test_the_major_axis_points_where_e1_and_e2_say():
    """The convention of the field: twice the angle, anticlockwise from +x."""
    angle = 0.7
    lens = LENS._replace(centre_x=0.0, centre_y=0.0, e1=0.3 * np.cos(2 * angle), e2=0.3 * np.sin(2 * angle))
    frame = elliptical_frame(lens, np.array([np.cos(angle)]), np.array([np.sin(angle)]), np)
    np.testing.assert_allclose([frame.u[0], frame.v[0]], [1.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(frame.q, 0.7 / 1.3)


def test_the_shear_alone_is_linear_and_stretches_as_its_sign_says():
    """gamma1 > 0 deflects along x and against y; gamma2 mixes the two."""
    lens = LENS._replace(einstein_radius=0.0)
    alpha_x, alpha_y = deflections(lens, X, Y, np)
    np.testing.assert_allclose(alpha_x, 0.04 * X - 0.06 * Y, atol=1e-14)
    np.testing.assert_allclose(alpha_y, -0.06 * X - 0.04 * Y, atol=1e-14)
    np.testing.assert_allclose(inverse_magnification(lens, X, Y, np), 1.0 - 0.04**2 - 0.06**2)


def test_the_inverse_magnification_is_that_of_finite_differences():
    """The critical curves of the figure are its zeros."""
    a = np.eye(2)[:, :, None] - jacobian(LENS)
    expected = a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]
    np.testing.assert_allclose(inverse_magnification(LENS, X, Y, np), expected, rtol=1e-5, atol=1e-6)


def test_the_cut_of_a_round_lens_is_a_circle_of_its_einstein_radius():
    """The source plane's boundary between one image and two."""
    points = cut(ROUND, 91, np)
    assert points.shape == (91, 2)
    radius = np.hypot(points[:, 0] - ROUND.centre_x, points[:, 1] - ROUND.centre_y)
    np.testing.assert_allclose(radius, ROUND.einstein_radius, atol=1e-5)
    np.testing.assert_allclose(points[0], points[-1], atol=1e-5)


def test_nothing_is_infinite_at_the_singular_centre(use_jax):
    """A pixel may lie exactly there; NaN in one pixel would make every figure of the run NaN."""
    xp = array_module(use_jax)
    centre = xp.asarray([LENS.centre_x]), xp.asarray([LENS.centre_y])
    for lens in (LENS, ROUND):
        assert np.all(np.isfinite(np.array(deflections(lens, *centre, xp))))
        assert np.all(np.isfinite(np.asarray(inverse_magnification(lens, *centre, xp))))


@pytest.mark.parametrize("lens", [LENS, ROUND], ids=["elliptical", "round"])
def test_derivatives_by_every_parameter_are_finite(lens):
    """Gradient samplers use them; the guards must not hide a NaN in the branch not taken."""

    def total(parameters):
        return jnp.sum(jnp.stack(deflections(LensParameters(*parameters), jnp.asarray(X), jnp.asarray(Y), jnp)) ** 2)

    assert np.all(np.isfinite(jax.grad(total)(jnp.array(lens))))


def test_numpy_and_jax_deflect_alike():
    """One formula, two array modules."""
    np.testing.assert_allclose(
        np.array(deflections(LENS, X, Y, jnp)), np.array(deflections(LENS, X, Y, np)), rtol=1e-12, atol=1e-14
    )
