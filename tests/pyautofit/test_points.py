"""Fits of points, shears and ellipses by PyAutoLens, with arrays as one gives them to `live`: shown in the plane."""

from __future__ import annotations

import autofit as af
import autogalaxy as ag
import autolens as al
import numpy as np
import pytest

from autoviz_render import Snapshot
from autoviz_render.figures.panels import LinesPanel
from autoviz_render.figures.registry import find_figure
from autoviz_render.search.pyautofit.figure_arrays import GivenFigureArrays

CENTRE = (0.05, 0.1)
MASS = al.mp.Isothermal(centre=(0.0, 0.0), einstein_radius=1.2, ell_comps=(0.1, 0.05))


def tracer(point=None):
    far = {} if point is None else {"point_0": point}
    return al.Tracer(galaxies=[al.Galaxy(redshift=0.5, mass=MASS), al.Galaxy(redshift=1.0, **far)])


def lens_model():
    mass = af.Model(al.mp.Isothermal, centre=(0.0, 0.0), ell_comps=(0.1, 0.05))
    mass.einstein_radius = af.UniformPrior(1.1, 1.3)
    return af.Model(al.Galaxy, redshift=0.5, mass=mass)


def panels_of(analysis, model, arrays, static, figure="auto"):
    """The panels that a quick update at the middle of the priors makes."""
    found = GivenFigureArrays(analysis, arrays).arrays(model.instance_from_prior_medians())
    log_likelihood = float(found.pop("log_likelihood"))
    assert np.isfinite(log_likelihood)
    return list(find_figure(figure)(Snapshot(arrays=found, static=static, log_likelihood=log_likelihood)))


def test_the_positions_of_a_quasar_are_points_in_the_plane():
    """As PyAutoLens has them, y first, and its model's in another order."""
    grid = al.Grid2D.uniform(shape_native=(60, 60), pixel_scales=0.08)
    solver = al.PointSolver.for_grid(grid=grid, pixel_scale_precision=0.01)
    point = al.ps.Point(centre=CENTRE)
    positions = solver.solve(tracer=tracer(point), source_plane_coordinate=CENTRE)
    dataset = al.PointDataset(name="point_0", positions=positions, positions_noise_map=0.05)
    by = al.AnalysisPoint(
        dataset=dataset, solver=solver, fit_positions_cls=al.FitPositionsImagePairRepeat, use_jax=False
    )

    def arrays(instance):
        return {"model_positions_yx": by.fit_from(instance=instance).positions.model_data.array}

    static = {"positions_yx": dataset.positions.array, "positions_noise_map": dataset.positions_noise_map.array}
    far = af.Model(al.Galaxy, redshift=1.0, point_0=af.Model(al.ps.Point, centre=CENTRE))
    model = af.Collection(galaxies=af.Collection(lens=lens_model(), source=far))
    panels = panels_of(by, model, arrays, static)
    assert [panel.title for panel in panels[:2]] == ["Positions", "Model less data"]
    np.testing.assert_allclose(np.stack([panels[0].y, panels[0].x], axis=1), np.asarray(positions.array))
    assert np.nanmax(np.hypot(panels[1].x, panels[1].y)) < 4
    assert not [panel for panel in panels if isinstance(panel, LinesPanel)]


def test_the_shears_of_galaxies_are_sticks():
    """γ2 first; round a mass the tangential shear is positive, in data and model alike."""
    rng = np.random.default_rng(1)
    grid = al.Grid2DIrregular(rng.uniform(-20, 20, (60, 2)))
    shear = al.LensCalc.from_tracer(tracer()).shear_yx_2d_via_hessian_from(grid=grid)
    dataset = al.WeakDataset(shear_yx=shear, noise_map=0.02)
    by = al.AnalysisWeak(dataset=dataset)

    def arrays(instance):
        return {"model_shear_yx": np.asarray(by.fit_from(instance=instance).model_shear)}

    static = {
        "positions_yx": dataset.positions.array,
        "shear_yx": np.asarray(dataset.shear_yx),
        "shear_noise_map": dataset.noise_map.array,
    }
    model = af.Collection(galaxies=af.Collection(lens=lens_model(), source=af.Model(al.Galaxy, redshift=1.0)))
    panels = panels_of(by, model, arrays, static, "points")
    assert [panel.title for panel in panels[:3]] == ["Shear", "Data less model", "Tangential shear about (0, 0)"]
    data, across, shown = panels[2].series
    np.testing.assert_allclose(data.y, 0.6 / data.x, rtol=0.25)
    np.testing.assert_allclose(shown.y, data.y, rtol=0.2)
    assert np.abs(across.y).max() < 0.1 * data.y.max()


def test_the_ellipses_of_isophotes_lie_over_the_galaxy():
    """Upside down they would not."""
    grid = al.Grid2D.uniform(shape_native=(60, 60), pixel_scales=0.1)
    light = ag.lp.Sersic(centre=(0.0, 0.0), ell_comps=(0.3, 0.1), effective_radius=1.0, intensity=1.0)
    image = light.image_2d_from(grid=grid)
    noise = al.Array2D.no_mask(np.full((60, 60), 0.01), pixel_scales=0.1)
    dataset = al.Imaging(data=image, noise_map=noise).apply_mask(
        mask=al.Mask2D.circular(shape_native=(60, 60), pixel_scales=0.1, radius=2.9)
    )
    by = ag.AnalysisEllipse(dataset=dataset, use_jax=False)

    def arrays(instance):
        points = [np.asarray(fit.points_from_major_axis_from()) for fit in by.fit_from(instance=instance).fit_list]
        shapes = [(*each.centre[::-1], each.major_axis, each.minor_axis, each.angle()) for each in instance.ellipses]
        return {"ellipses": np.array(shapes), "ellipses_points_yx": np.concatenate(points) * [-1, 1]}  # its y runs down

    data = np.asarray(dataset.data.native.array)[::-1]
    static = {"data": data, "extent": np.array([-3.0, 3.0, -3.0, 3.0])}
    ellipse = af.Model(ag.Ellipse, centre=(0.0, 0.0), major_axis=1.0)
    ellipse.ell_comps.ell_comps_0 = af.UniformPrior(0.25, 0.35)
    ellipse.ell_comps.ell_comps_1 = 0.1
    panels = panels_of(by, af.Collection(ellipses=[ellipse]), arrays, static, "points")
    assert panels[0].title == "Ellipses"
    drawn, sampled = panels[0].curves
    radius, angle = np.hypot(sampled.x, sampled.y), np.arctan2(sampled.y, sampled.x)
    expected, at = np.hypot(drawn.x, drawn.y), np.arctan2(drawn.y, drawn.x)
    order = np.argsort(at)
    np.testing.assert_allclose(radius, np.interp(angle, at[order], expected[order], period=2 * np.pi), rtol=0.02)
    assert np.ptp(radius) > 0.2
    assert radius.max() == pytest.approx(1.0, abs=0.05)
