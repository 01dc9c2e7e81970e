"""The fit object and the analysis, on NumPy and JAX."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from analysis import LensAnalysis
from fit_imaging import FitImaging
from priors import Uniform
from scipy.integrate import quad


@pytest.fixture(scope="module")
def log_likelihood(analysis):
    """The compiled log likelihood of one point."""
    return jax.jit(lambda parameters: analysis.fit_from(parameters)["log_likelihood"])


@pytest.fixture
def fit(analysis, truth, use_jax):
    """A fit at the truth with everything computed."""
    fit = analysis.fit(jnp.asarray(truth) if use_jax else truth, use_jax=use_jax)
    fit.arrays()
    return fit


def test_a_populated_fit_survives_pickling_to_the_last_bit(fit):
    """Process pools and checkpoints pickle fits: what was computed, and what is computed again, must not move."""
    again = pickle.loads(pickle.dumps(fit))
    assert set(again.__dict__) == set(fit.__dict__)
    assert again.use_jax is fit.use_jax
    assert float(again.log_likelihood) - float(fit.log_likelihood) == 0.0
    afresh = FitImaging(again.dataset, again.parameters, again.settings, again.use_jax)
    assert float(afresh.log_likelihood) - float(fit.log_likelihood) == 0.0
    for name, array in fit.arrays().items():
        assert np.array_equal(again.arrays()[name], array), name


def test_an_unused_fit_survives_pickling_too(analysis, truth, use_jax):
    """The lazy parts are computed on the other side."""
    fit = analysis.fit(truth, use_jax=use_jax)
    again = pickle.loads(pickle.dumps(fit))
    assert float(again.log_likelihood) - float(fit.log_likelihood) == 0.0


def test_numpy_and_jax_give_the_same_fit(analysis, truth):
    """One model, two array modules; rounding apart."""
    ours = analysis.fit(truth, use_jax=False).arrays()
    for name, array in analysis.fit(jnp.asarray(truth), use_jax=True).arrays().items():
        np.testing.assert_allclose(np.asarray(array), ours[name], rtol=1e-8, atol=1e-8, err_msg=name)


def test_the_arrays_have_the_names_and_shapes_that_the_figure_expects(analysis, truth):
    """Always the same structure: it compiles once, and every snapshot of a run has one layout."""
    arrays = jax.jit(analysis.fit_from)(truth)
    image = analysis.dataset.data.shape
    assert {name: array.shape for name, array in arrays.items()} == {
        "log_likelihood": (),
        "model_image": image,
        "lens_light": image,
        "source_image": image,
        "source": analysis.settings.mesh_shape,
        "source_extent": (4,),
        "inverse_magnification": image,
        "deflections": (*image, 2),
        "cut": (181, 2),
    }
    assert all(array.dtype == np.float64 for array in arrays.values())
    assert set(analysis.static()) == {"data", "noise_map", "mask", "psf", "extent"}


def test_the_compiled_fit_compiles_once_and_agrees_with_the_likelihood(analysis, truth, log_likelihood):
    """The figure's arrays are those of the likelihood that the search saw."""
    full: Any = jax.jit(analysis.fit_from)
    for scale in (1.0, 1.01, 0.98):
        value = float(full(jnp.asarray(truth * scale))["log_likelihood"])
        assert value == pytest.approx(float(log_likelihood(jnp.asarray(truth * scale))), rel=1e-10)
    assert full._cache_size() == 1
    assert log_likelihood._cache_size() == 1


def test_several_points_side_by_side_give_the_same_designs(analysis, truth):
    """`vmap` must not mix points. The linear algebra is compiled but not run: batches of it on a processor can
    deadlock in jaxlib 0.10, which is why the search maps over points there."""
    points = jnp.asarray(truth * np.linspace(0.97, 1.03, 3)[:, None])
    designs = jax.jit(jax.vmap(lambda point: analysis.fit(point).inversion.design))(points)
    for point, design in zip(points, designs, strict=True):
        np.testing.assert_allclose(design, analysis.fit(point).inversion.design, rtol=1e-10, atol=1e-12)
    batched = jax.jit(jax.vmap(lambda point: analysis.fit_from(point)["log_likelihood"]))
    assert batched.lower(points).compile().output_shardings is not None
    assert float(batched(points[:1])[0]) == pytest.approx(float(analysis.fit(points[0]).log_likelihood), rel=1e-10)


def test_masked_pixels_are_zero_and_change_nothing(analysis, truth):
    """Whatever lies outside the mask, a star say, must not reach the fit."""
    fit = analysis.fit(truth, use_jax=False)
    for image in (fit.model_image, fit.lens_light, fit.source_image):
        assert not image[analysis.dataset.mask].any()
    dataset = analysis.dataset
    spoiled = type(dataset)(
        data=np.where(dataset.mask, 1e6, dataset.data),
        noise_map=np.where(dataset.mask, np.nan, dataset.noise_map),
        psf=dataset.psf,
        mask=dataset.mask,
        pixel_scale=dataset.pixel_scale,
    )
    assert FitImaging(spoiled, truth, analysis.settings, False).log_likelihood == fit.log_likelihood


def test_the_model_fits_the_simulated_data_to_the_noise(analysis, truth):
    """Lens light and source come from profiles that the model can only approximate: well enough."""
    fit = analysis.fit(truth, use_jax=False)
    used = ~analysis.dataset.mask
    residuals = ((analysis.dataset.data - fit.model_image) / analysis.dataset.noise_map)[used]
    assert np.mean(residuals**2) == pytest.approx(1.0, abs=4.0 * np.sqrt(2.0 / residuals.size))
    assert np.abs(residuals).max() < 5.0


def test_the_gaussians_fit_a_sersic_profile_far_below_the_noise(small, analysis):
    """Otherwise the source's pixels would have to make up for the lens light, and bias the mass."""
    lens_only = replace(small, clumps=(replace(small.clumps[0], peak=0.0),)).expected_image()
    dataset = replace(analysis.dataset, data=lens_only)
    fit = FitImaging(dataset, np.array(small.lens), small.settings, False)
    residuals = np.where(dataset.mask, 0.0, (fit.model_image - lens_only) / dataset.noise_map)
    assert np.abs(residuals).max() < 0.3


def test_the_likelihood_of_the_einstein_radius_peaks_at_the_simulated_one(truth, log_likelihood):
    """A bias here would be a wrong mass, whatever the sampler: within three of its curvature errors, one noise draw."""
    steps = np.linspace(-0.02, 0.02, 41)
    scan = [float(log_likelihood(jnp.asarray(truth).at[4].add(step))) for step in steps]
    near = np.argsort(scan)[-15:]
    curvature, slope, _ = np.polyfit(steps[near], np.array(scan)[near], 2)
    error = np.sqrt(-0.5 / curvature)
    assert 0.0002 < error < 0.01
    assert abs(-0.5 * slope / curvature) < 3.0 * error
    assert max(scan) - min(scan) > 10.0


@pytest.mark.parametrize("name", ["centre_x", "e1", "einstein_radius", "gamma2"])
def test_a_parameter_that_is_not_a_number_is_impossible(analysis, truth, use_jax, name):
    """Never NaN: a sampler would not know what to do with it."""
    parameters = truth.copy()
    parameters[analysis.parameter_names.index(name)] = np.nan
    with np.errstate(invalid="ignore"):
        assert float(analysis.fit(parameters, use_jax=use_jax).log_likelihood) == -np.inf


def test_an_ellipticity_beyond_one_is_impossible(analysis, truth, log_likelihood):
    """The Gaussian priors reach there, if hardly ever."""
    parameters = truth.copy()
    parameters[2] = 1.1
    assert float(log_likelihood(jnp.asarray(parameters))) == -np.inf


@pytest.mark.parametrize("size", ["small", "hst"])
def test_each_prior_transform_and_density_describe_one_distribution(size):
    """Nested sampling draws with the one and walks with the other: d(unit)/d(value) must be the density."""
    from simulator import simulation

    for prior in simulation(size).priors.values():
        for unit in (0.02, 0.3, 0.5, 0.9):
            slope = float(jax.grad(prior.transform)(unit))
            value = prior.transform(jnp.asarray(unit))
            assert float(prior.log_density(value)) == pytest.approx(-np.log(slope), rel=1e-9)
        low, high = (float(prior.transform(jnp.asarray(unit))) for unit in (1e-4, 0.7))
        mass, _ = quad(lambda value, prior=prior: float(np.exp(prior.log_density(value))), low, high)
        assert mass == pytest.approx(0.7 - 1e-4, rel=1e-6)


def test_the_analysis_keeps_parameters_and_priors_in_one_order(analysis, truth):
    """`log_prior` is the sum of the densities at the right parameters, and -inf outside a bound."""
    unit = jnp.linspace(0.2, 0.8, 7)
    point = analysis.prior_transform(unit)
    slopes = jnp.diagonal(jax.jacfwd(analysis.prior_transform)(unit))
    assert float(analysis.log_prior(point)) == pytest.approx(-float(jnp.sum(jnp.log(slopes))))
    assert np.isfinite(analysis.log_prior(jnp.asarray(truth)))
    assert float(analysis.log_prior(jnp.asarray(truth).at[4].set(5.0))) == -np.inf


def test_priors_that_do_not_match_the_parameters_are_refused(analysis):
    """A misspelt name must not become a default."""
    with pytest.raises(ValueError, match="einstein_radius"):
        LensAnalysis(analysis.dataset, analysis.settings, {"einstien_radius": Uniform(0.0, 1.0)})
