"""The inversion and its evidence, against the same Gaussian integral done the long way."""

from __future__ import annotations

import numpy as np
import pytest
from inversion import Inversion
from scipy.stats import multivariate_normal

RNG = np.random.default_rng(7)
PIXELS, COEFFICIENTS = 60, 12
DESIGN = RNG.normal(size=(PIXELS, COEFFICIENTS))
NOISE = RNG.uniform(0.5, 1.5, PIXELS)
ROOT = RNG.normal(size=(COEFFICIENTS, COEFFICIENTS))
PRECISION = ROOT @ ROOT.T + np.eye(COEFFICIENTS)


def inversion(data, use_jax, *, design=DESIGN, noise=NOISE, precision=PRECISION):
    return Inversion(design, data, noise, precision, float(np.linalg.slogdet(precision)[1]), use_jax)


def test_the_evidence_is_the_density_of_the_data_under_the_marginal_gaussian(use_jax):
    """For a linear model with Gaussian prior and noise, E = N(d; 0, B H^-1 B^T + C) exactly."""
    data = RNG.normal(size=PIXELS) * 3.0
    covariance = DESIGN @ np.linalg.inv(PRECISION) @ DESIGN.T + np.diag(NOISE**2)
    expected = multivariate_normal(np.zeros(PIXELS), covariance).logpdf(data)
    assert float(inversion(data, use_jax).log_evidence) == pytest.approx(expected, rel=1e-11)


def test_the_evidence_is_the_one_of_suyu_et_al_term_by_term(use_jax):
    """The completed square hides chi squared and the penalty: here they are written out."""
    data = RNG.normal(size=PIXELS) * 3.0
    fit = inversion(data, use_jax)
    s = np.asarray(fit.coefficients)
    curvature = DESIGN.T @ (DESIGN / NOISE[:, None] ** 2)
    expected = -0.5 * (
        np.sum(((data - DESIGN @ s) / NOISE) ** 2)
        + s @ PRECISION @ s
        + np.linalg.slogdet(curvature + PRECISION)[1]
        - np.linalg.slogdet(PRECISION)[1]
        + np.sum(np.log(2.0 * np.pi * NOISE**2))
    )
    assert float(fit.log_evidence) == pytest.approx(expected, rel=1e-11)


def test_a_known_source_is_recovered_from_noiseless_data(use_jax):
    """With a prior that hardly matters, the answer is the truth."""
    known = RNG.normal(size=COEFFICIENTS)
    fit = inversion(DESIGN @ known, use_jax, precision=1e-9 * np.eye(COEFFICIENTS))
    np.testing.assert_allclose(np.asarray(fit.coefficients), known, rtol=1e-7)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_model_that_is_not_finite_is_impossible_and_not_a_number_never(use_jax, bad):
    """A sampler compares log likelihoods: NaN would stop it or, worse, be kept as a live point."""
    design = DESIGN.copy()
    design[3, 4] = bad
    with np.errstate(invalid="ignore"):
        assert float(inversion(np.ones(PIXELS), use_jax, design=design).log_evidence) == -np.inf


def test_a_matrix_without_a_cholesky_factor_is_impossible(use_jax):
    """Rounding can make F + H indefinite; NumPy raises there and JAX returns NaN: both mean -inf."""
    fit = Inversion(DESIGN * 1e-9, np.ones(PIXELS), NOISE, -np.eye(COEFFICIENTS), 0.0, use_jax)
    assert float(fit.log_evidence) == -np.inf
