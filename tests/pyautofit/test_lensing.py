"""The arrays of lens and galaxy fits, against the packages' own fits, and the figures made of them."""

from __future__ import annotations

import autofit as af
import autogalaxy as ag
import autolens as al
import numpy as np
import pytest
from autoarray.inversion.mesh.mesh_geometry.rectangular import MeshGeometryRectangular
from autofit.non_linear.fitness import Fitness

from autoviz_render import Snapshot, Spool, live
from autoviz_render.figures.curves import contour
from autoviz_render.figures.panels import MeshPanel, TextPanel
from autoviz_render.figures.registry import find_figure
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.search.pyautofit.compiled import CompiledArrays
from autoviz_render.search.pyautofit.lensing import lensing_arrays
from autoviz_render.search.pyautofit.parameters import parameter_names, parameter_values

SHAPE = (30, 30)
PIXEL = 0.2
MASK = al.Mask2D.circular(shape_native=SHAPE, pixel_scales=PIXEL, radius=2.6, centre=(0.1, -0.1))
SOURCE = {"centre": (0.1, 0.2), "ell_comps": (0.1, 0.0)}
MESHES = {
    "uniform": al.mesh.RectangularUniform(shape=(12, 12)),
    "density": al.mesh.RectangularBilinearAdaptDensity(shape=(12, 12)),
    "delaunay": al.mesh.Delaunay,
    "nearest neighbour": al.mesh.KNearestNeighbor,
}
PARAMETRIC = ("light", "linear")


def lens_galaxy(**light):
    return al.Galaxy(
        redshift=0.5,
        mass=al.mp.Isothermal(centre=(0.0, 0.0), einstein_radius=1.5, ell_comps=(0.1, 0.05)),
        shear=al.mp.ExternalShear(gamma_1=0.05, gamma_2=0.0),
        **light,
    )


def bulge(profile=al.lp.Sersic):
    more = {"intensity": 4.0} if profile is al.lp.Sersic else {}
    return profile(effective_radius=0.2, sersic_index=1.0, **SOURCE, **more)


TRACER = al.Tracer(galaxies=[lens_galaxy(), al.Galaxy(redshift=1.0, bulge=bulge())])


@pytest.fixture(scope="module")
def imaging():
    """A simulated image of a lens, at a place on the sky that is not its middle."""
    grid = al.Grid2D.uniform(shape_native=SHAPE, pixel_scales=PIXEL)
    psf = al.Convolver.from_gaussian(shape_native=(5, 5), sigma=0.15, pixel_scales=PIXEL)
    simulator = al.SimulatorImaging(exposure_time=500.0, psf=psf, background_sky_level=0.1, noise_seed=1)
    return simulator.via_tracer_from(tracer=TRACER, grid=grid).apply_mask(mask=MASK)


@pytest.fixture(scope="module")
def interferometer():
    uv = np.random.default_rng(1).normal(0, 1e5, (80, 2))
    grid = al.Grid2D.uniform(shape_native=SHAPE, pixel_scales=PIXEL)
    simulator = al.SimulatorInterferometer(
        uv_wavelengths=uv, exposure_time=300.0, transformer_class=al.TransformerDFT, noise_sigma=0.5, noise_seed=1
    )
    seen = simulator.via_tracer_from(tracer=TRACER, grid=grid)
    return al.Interferometer(
        data=seen.data,
        noise_map=seen.noise_map,
        uv_wavelengths=uv,
        real_space_mask=MASK,
        transformer_class=al.TransformerDFT,
    )


def model(source: str):
    """A lens with two free parameters, and a source; and the adapt images that some meshes ask for."""
    adapt, light = None, {}
    if source == "light":
        far = af.Model(al.Galaxy, redshift=1.0, bulge=bulge())
    elif source == "linear":
        far = af.Model(al.Galaxy, redshift=1.0, bulge=bulge(al.lp_linear.Sersic))
        light = {"bulge": al.lp_linear.Sersic(effective_radius=0.8)}
    else:
        mesh, smooth = MESHES[source], al.reg.Constant(coefficient=1.0)
        if isinstance(mesh, type):
            points = al.image_mesh.Overlay(shape=(12, 12)).image_plane_mesh_grid_from(mask=MASK, adapt_data=None)
            mesh, smooth = mesh(pixels=points.shape[0]), al.reg.ConstantSplit(coefficient=1.0)
            adapt = al.AdaptImages(galaxy_name_image_plane_mesh_grid_dict={"('galaxies', 'source')": points})
        far = af.Model(al.Galaxy, redshift=1.0, pixelization=al.Pixelization(mesh=mesh, regularization=smooth))
    mass = af.Model(al.mp.Isothermal, centre=(0.0, 0.0), ell_comps=(0.1, 0.05))
    mass.einstein_radius = af.UniformPrior(1.3, 1.7)
    shear = af.Model(al.mp.ExternalShear, gamma_2=0.0)
    shear.gamma_1 = af.UniformPrior(0.0, 0.1)
    near = af.Model(al.Galaxy, redshift=0.5, mass=mass, shear=shear, **light)
    return af.Collection(galaxies=af.Collection(lens=near, source=far)), adapt


def analysis(dataset, adapt, *, use_jax):
    kind = al.AnalysisImaging if isinstance(dataset, al.Imaging) else al.AnalysisInterferometer
    return kind(dataset, adapt_images=adapt, use_jax=use_jax, raise_inversion_positions_likelihood_exception=False)


def drawn(figure_arrays, arrays, log_likelihood):
    """The panels of the figure, drawn without errors."""
    snapshot = Snapshot(
        arrays=arrays,
        static=figure_arrays.static(),
        parameters={"lens.mass.einstein_radius": 1.5},
        scalars={},
        epoch=0,
        sequence=0,
        iteration=1,
        time=0.0,
        log_likelihood=log_likelihood,
    )
    recipe = find_figure(figure_arrays.figure)
    assert KeptFigure(recipe, dpi=30).draw(snapshot).errors == ()
    return [panel.title for panel in recipe(snapshot)]  # type: ignore[union-attr]


def split(found):
    """The arrays and the log likelihood, on the host."""
    arrays = {name: np.asarray(getattr(value, "array", value)) for name, value in found.items()}
    return arrays, float(arrays.pop("log_likelihood"))


@pytest.mark.parametrize("source", [*MESHES, *PARAMETRIC])
def test_an_imaging_fit_is_shown_as_the_package_computes_it(imaging, source):
    """Slim arrays from the top here, images from the bottom there: the wrong way up looks plausible."""
    made, adapt = model(source)
    by = analysis(imaging, adapt, use_jax=False)
    instance = made.instance_from_prior_medians()
    figure_arrays = lensing_arrays(by)
    arrays, log_likelihood = split(figure_arrays.arrays(instance))
    arrays = figure_arrays.arranged(arrays)
    fit = by.fit_from(instance=instance)
    assert log_likelihood == pytest.approx(by.log_likelihood_function(instance), rel=1e-10)
    static = figure_arrays.static()
    np.testing.assert_array_equal(static["data"], np.asarray(imaging.data.native.array)[::-1])
    np.testing.assert_array_equal(static["mask"], np.asarray(MASK)[::-1])
    np.testing.assert_allclose(static["extent"], [-3.0, 3.0, -3.0, 3.0])
    np.testing.assert_allclose(arrays["model_image"], np.asarray(fit.model_data.native.array)[::-1], atol=1e-9)
    np.testing.assert_allclose(
        arrays["source_image"], np.asarray(fit.model_images_of_planes_list[-1].native.array)[::-1], atol=1e-9
    )
    assert ("lens_light" in arrays) == (source == "linear")
    grid = MASK.derive_grid.all_false
    np.testing.assert_allclose(
        arrays["deflections"][::-1].reshape(-1, 2), fit.tracer.deflections_yx_2d_from(grid=grid).array, atol=1e-9
    )
    titles = drawn(figure_arrays, arrays, log_likelihood)
    assert len(titles) == (15 if source == "linear" else 12)
    assert len([title for title in titles if title.startswith("Source plane")]) == 3


def test_the_magnification_is_that_of_the_lens(imaging):
    """By finite differences; a singular isothermal sphere's is known: 1 - radius / distance."""
    mass = al.mp.IsothermalSph(centre=(0.0, 0.0), einstein_radius=1.5)
    by = analysis(imaging, None, use_jax=False)
    galaxies = {"lens": al.Galaxy(redshift=0.5, mass=mass), "source": al.Galaxy(redshift=1.0, bulge=bulge())}
    instance = af.Collection(galaxies=af.Collection(**galaxies)).instance_from_vector([])
    figure_arrays = lensing_arrays(by)
    arrays = figure_arrays.arranged(split(figure_arrays.arrays(instance))[0])
    rows = -3.0 + (np.arange(SHAPE[0]) + 0.5) * PIXEL
    distance = np.hypot(*np.meshgrid(rows, rows))
    np.testing.assert_allclose(arrays["inverse_magnification"], 1 - 1.5 / distance, rtol=1e-3, atol=1e-6)
    y, x = arrays["deflections"][5, 20]
    np.testing.assert_allclose([y, x], 1.5 * np.array([rows[5], rows[20]]) / distance[5, 20], atol=1e-6)


@pytest.mark.parametrize("source", ["uniform", "delaunay"])
def test_a_source_lies_where_its_galaxy_shines(imaging, source):
    """Upside down or mirrored it would be as bright elsewhere: at (0.1, 0.2), y first, it was put."""
    made, adapt = model(source)
    figure_arrays = lensing_arrays(analysis(imaging, adapt, use_jax=False))
    arrays = figure_arrays.arranged(split(figure_arrays.arrays(made.instance_from_prior_medians()))[0])
    if source == "delaunay":
        x, y = arrays["source_vertices"][np.argmax(arrays["source"])]
    else:
        x0, x1, y0, y1 = arrays["source_extent"]
        row, column = np.unravel_index(np.argmax(arrays["source"]), arrays["source"].shape)
        x, y = x0 + (column + 0.5) * (x1 - x0) / 12, y0 + (row + 0.5) * (y1 - y0) / 12
    assert (x, y) == pytest.approx((0.2, 0.1), abs=0.15)


@pytest.mark.parametrize("data", ["imaging", "interferometer"])
def test_compiled_arrays_are_those_of_the_search(request, data):
    """One function, at the price of a likelihood, with the log likelihood that the search has."""
    dataset = request.getfixturevalue(data)
    made, adapt = model("delaunay" if data == "imaging" else "light")
    by = analysis(dataset, adapt, use_jax=True)
    figure_arrays = lensing_arrays(by)

    def function(vector):
        import jax.numpy

        return figure_arrays.arrays(made.instance_from_vector(vector=vector, ignore_assertions=True, xp=jax.numpy))

    compiled = CompiledArrays(function, made.prior_count)
    vector = np.array([1.52, 0.04])
    arrays, log_likelihood = split(compiled(vector))
    search = Fitness(model=made, analysis=by)
    assert log_likelihood == pytest.approx(float(search.call_wrap(vector)), rel=1e-12)
    titles = drawn(figure_arrays, figure_arrays.arranged(arrays), log_likelihood)
    assert len(titles) == (12 if data == "imaging" else 14)


def test_a_sky_that_is_fitted_is_taken_off_the_data(imaging):
    """As PyAutoLens does: else every residual is off by it."""
    made, _ = model("light")
    sky = 0.5
    whole = af.Collection(galaxies=made.galaxies, dataset_model=al.DatasetModel(background_sky_level=sky))
    figure_arrays = lensing_arrays(analysis(imaging, None, use_jax=False))
    arrays = figure_arrays.arranged(split(figure_arrays.arrays(whole.instance_from_prior_medians()))[0])
    inside = ~figure_arrays.static()["mask"]
    np.testing.assert_allclose((figure_arrays.static()["data"] - arrays["data"])[inside], sky)


def of_galaxies(**galaxies):
    return af.Collection(galaxies=af.Collection(**galaxies)).instance_from_vector([])


def shown(by, instance):
    """The arrays of an instance as the figure reads them, and the panels that it makes of them."""
    figure_arrays = lensing_arrays(by)
    arrays, log_likelihood = split(figure_arrays.arrays(instance))
    arrays = figure_arrays.arranged(arrays)
    snapshot = Snapshot(arrays=arrays, static=figure_arrays.static(), log_likelihood=log_likelihood)
    recipe = find_figure(figure_arrays.figure)
    assert KeptFigure(recipe, dpi=30).draw(snapshot).errors == ()
    return arrays, [panel for item in recipe(snapshot) for panel in (item if isinstance(item, list) else [item])]


@pytest.mark.parametrize("shape", [(20, 26), (14, 15)])
def test_a_mesh_that_is_not_square_is_shown_where_its_source_shines(imaging, shape):
    """The package maps the image to the first rows x rows cells, and cannot tell the edges of such a mesh."""
    mesh = al.mesh.RectangularBilinearAdaptDensity(shape=shape)
    source = al.Pixelization(mesh=mesh, regularization=al.reg.Constant(coefficient=1.0))
    instance = of_galaxies(lens=lens_galaxy(), source=al.Galaxy(redshift=1.0, pixelization=source))
    arrays, panels = shown(analysis(imaging, None, use_jax=False), instance)
    rows = shape[0]
    assert arrays["source"].shape == (rows, rows)
    row, column = np.unravel_index(np.argmax(arrays["source"]), (rows, rows))
    x, y = (arrays[name][[index, index + 1]] for name, index in (("source_x", column), ("source_y", row)))
    assert x.mean() == pytest.approx(SOURCE["centre"][1], abs=0.15)
    assert y.mean() == pytest.approx(SOURCE["centre"][0], abs=0.15)
    planes = [panel for panel in panels if panel.title.startswith("Source plane")]
    assert [type(panel) for panel in planes] == [MeshPanel] * 3
    assert planes[0].high == arrays["source"].max() > 1.0


def test_a_mesh_that_cannot_be_told_is_said_and_not_drawn(imaging, monkeypatch):
    """Black source planes with a bar from 0 to 1 would be believed."""
    made, _ = model("density")

    def edges(_):
        raise ValueError("all input arrays must have the same shape")

    monkeypatch.setattr(MeshGeometryRectangular, "edges_transformed", property(edges))
    arrays, panels = shown(analysis(imaging, None, use_jax=False), made.instance_from_prior_medians())
    assert arrays["source"].shape == (144,)
    planes = [panel for panel in panels if panel.title.startswith("Source plane")]
    assert [type(panel) for panel in planes] == [TextPanel] * 3
    assert "not known where the 144 cells" in planes[0].text


def test_a_plane_that_does_not_shine_is_not_drawn_as_dark(imaging):
    """A lensed point has no image of its own."""
    instance = of_galaxies(lens=lens_galaxy(), source=al.Galaxy(redshift=1.0))
    arrays, panels = shown(analysis(imaging, None, use_jax=False), instance)
    assert "source" not in arrays
    assert not [panel for panel in panels if panel.title.startswith("Source plane")]


@pytest.mark.parametrize(
    "dataset_model", [{"grid_offset": (0.3, -0.2)}, {"grid_offset": (0.1, 0.2), "grid_rotation_angle": 25.0}]
)
def test_lines_stand_where_the_shifted_lens_is(imaging, dataset_model):
    """The image is shifted and turned over the lens: the curve is where its images are bright, on every panel."""
    galaxies = af.Collection(lens=lens_galaxy(), source=al.Galaxy(redshift=1.0, bulge=bulge()))
    moved = af.Collection(galaxies=galaxies, dataset_model=al.DatasetModel(**dataset_model)).instance_from_vector([])
    by = analysis(imaging, None, use_jax=False)
    arrays, _ = shown(by, moved)
    fit = by.fit_from(instance=moved)
    traced = fit.tracer.traced_grid_2d_list_from(grid=fit.grids.lp)[-1]
    pixels = MASK.derive_grid.unmasked.array
    deflections = arrays["deflections"][::-1][~np.asarray(MASK)]
    np.testing.assert_allclose(pixels - deflections, np.asarray(traced.array), atol=1e-9)
    inverse = fit_curve(arrays)
    y, x = dataset_model["grid_offset"]
    assert np.mean(inverse[0]) == pytest.approx(x, abs=0.05)
    assert np.mean(inverse[1]) == pytest.approx(y, abs=0.05)


def fit_curve(arrays):
    """The longest critical curve, x and y."""
    lines = contour(arrays["inverse_magnification"], (-3.0, 3.0, -3.0, 3.0), 0.0)
    return max(lines, key=lambda line: len(line[0]))


@pytest.mark.parametrize("source", PARAMETRIC)
def test_each_view_of_a_parametric_source_has_pixels_of_its_own(imaging, source):
    """The caustic of a lens is a few pixels of an image of the whole plane."""
    made, _ = model(source)
    _, panels = shown(analysis(imaging, None, use_jax=False), made.instance_from_prior_medians())
    planes = [panel for panel in panels if panel.title.startswith("Source plane")]
    widths = [np.diff(panel.extent[:2])[0] / panel.values.shape[1] for panel in planes]
    assert widths[0] == pytest.approx(0.06)
    assert widths[1] < 0.02
    x0, x1, y0, y1 = planes[1].view
    caustic = planes[1].curves[0]
    assert x0 < np.nanmin(caustic.x) < np.nanmax(caustic.x) < x1
    assert y0 < np.nanmin(caustic.y) < np.nanmax(caustic.y) < y1
    assert x0 < SOURCE["centre"][1] < x1
    peak = np.unravel_index(np.argmax(planes[1].values), planes[1].values.shape)
    assert x0 + (peak[1] + 0.5) * widths[1] == pytest.approx(SOURCE["centre"][1], abs=0.02)


def double_lens():
    """A lens before two sources, of which the nearer one deflects, too."""
    mass = al.mp.IsothermalSph(centre=(0.05, 0.08), einstein_radius=0.3)
    near = al.lp.Sersic(centre=(0.05, 0.08), effective_radius=0.15, sersic_index=1.0, intensity=4.0)
    far = al.lp.Sersic(centre=(-0.1, 0.05), effective_radius=0.12, sersic_index=1.0, intensity=2.0)
    return {
        "lens": lens_galaxy(),
        "near": al.Galaxy(redshift=1.0, bulge=near, mass=mass),
        "far": al.Galaxy(redshift=2.0, bulge=far),
    }


@pytest.mark.parametrize("use_jax", [False, True])
def test_each_source_plane_of_a_double_ring_has_its_own_source_and_lines(imaging, use_jax):
    """PyAutoLens draws a figure for each plane."""
    galaxies = double_lens()
    by = analysis(imaging, None, use_jax=use_jax)
    arrays, panels = shown(by, of_galaxies(**galaxies))
    fit = analysis(imaging, None, use_jax=False).fit_from(instance=of_galaxies(**galaxies))
    grid = MASK.derive_grid.all_false
    traced = fit.tracer.traced_grid_2d_list_from(grid=grid)
    for prefix, plane in (("plane_1/", 1), ("", 2)):
        deflections = arrays[f"{prefix}deflections"][::-1].reshape(-1, 2)
        np.testing.assert_allclose(grid.array - deflections, traced[plane].array, atol=1e-6)
        image = np.asarray(fit.model_images_of_planes_list[plane].native.array)[::-1]
        np.testing.assert_allclose(arrays[f"{prefix}source_image"], image, atol=1e-5)
        row, column = np.unravel_index(np.argmax(arrays[f"{prefix}source_zoom"]), (100, 100))
        x0, x1, y0, y1 = arrays[f"{prefix}source_zoom_extent"]
        y, x = (galaxies["near"], galaxies["far"])[plane - 1].bulge.centre
        assert x0 + (column + 0.5) / 100 * (x1 - x0) == pytest.approx(x, abs=0.02)
        assert y0 + (row + 0.5) / 100 * (y1 - y0) == pytest.approx(y, abs=0.02)
    titles = [panel.title for panel in panels]
    assert {"Source 2 model image", "Source 1 model image", "Source plane 1: caustic"} <= set(titles)


@pytest.mark.parametrize("plane", ["plane_1/", ""])
def test_caustics_of_several_planes_are_smooth(imaging, plane):
    """Between pixels the nearer source bends rays by more than they are apart; a zigzag is no caustic."""
    arrays, _ = shown(analysis(imaging, None, use_jax=False), of_galaxies(**double_lens()))
    x, y = arrays[f"{plane}caustics"].T
    steps = np.hypot(np.diff(x), np.diff(y))
    assert np.nanmax(steps) < 0.05
    turns = np.abs(np.diff(np.unwrap(np.arctan2(np.diff(y), np.diff(x)))))[(steps[1:] > 2e-3) & (steps[:-1] > 2e-3)]
    assert np.nanmean(turns > 1.0) < 0.03  # the cusps alone
    critical_x, critical_y = arrays[f"{plane}critical_curves"].T
    assert np.nanmax(np.hypot(np.diff(critical_x), np.diff(critical_y))) < 0.1


def test_pixelized_sources_in_two_planes_are_each_in_its_own(imaging):
    """The mappers are told apart by their galaxies."""

    def pixelized(rows):
        mesh = al.mesh.RectangularUniform(shape=(rows, rows))
        return al.Pixelization(mesh=mesh, regularization=al.reg.Constant(coefficient=1.0))

    instance = of_galaxies(
        lens=lens_galaxy(),
        near=al.Galaxy(redshift=1.0, pixelization=pixelized(9)),
        far=al.Galaxy(redshift=2.0, pixelization=pixelized(7)),
    )
    arrays, _ = shown(analysis(imaging, None, use_jax=False), instance)
    assert arrays["plane_1/source"].shape == (9, 9)
    assert arrays["source"].shape == (7, 7)


def test_the_log_likelihood_is_the_one_that_a_subclass_has(imaging):
    """Who changes it for a reason compares by it."""

    class Changed(al.AnalysisImaging):
        def log_likelihood_function(self, instance, shared=None):
            return super().log_likelihood_function(instance, shared) - 1000.0

    made, _ = model("light")
    by = Changed(imaging, use_jax=False)
    instance = made.instance_from_prior_medians()
    assert split(lensing_arrays(by).arrays(instance))[1] == by.log_likelihood_function(instance)


def test_dirty_images_are_of_the_visibilities(interferometer):
    """In natural weighting; data less model is the residuals."""
    made, _ = model("light")
    figure_arrays = lensing_arrays(analysis(interferometer, None, use_jax=False))
    arrays, log_likelihood = split(figure_arrays.arrays(made.instance_from_prior_medians()))
    arrays, static = figure_arrays.arranged(arrays), figure_arrays.static()
    np.testing.assert_allclose(static["dirty_image"] - arrays["dirty_model"], arrays["dirty_residuals"], atol=1e-9)
    np.testing.assert_array_equal(static["data"], interferometer.data.array)
    assert np.abs(arrays["dirty_residuals"]).max() < 0.2 * static["dirty_image"].max()
    assert "uv coverage: 80" in drawn(figure_arrays, arrays, log_likelihood)


def test_galaxies_without_a_lens_are_shown(imaging):
    """PyAutoGalaxy's analysis has no tracer, and its figure nine panels or fewer."""
    made = af.Collection(galaxies=af.Collection(galaxy=af.Model(ag.Galaxy, redshift=0.5, bulge=bulge())))
    figure_arrays = lensing_arrays(ag.AnalysisImaging(dataset=imaging, use_jax=False))
    arrays, log_likelihood = split(figure_arrays.arrays(made.instance_from_vector([])))
    assert set(arrays) == {"model_image"}
    assert 0 < len(drawn(figure_arrays, figure_arrays.arranged(arrays), log_likelihood)) <= 9


def test_the_parameters_of_an_instance_are_found():
    """Pairs, lists and shared priors: PyAutoFit hands over the instance alone."""
    mass = af.Model(al.mp.Isothermal)
    mass.centre.centre_1 = mass.centre.centre_0
    made = af.Collection(
        galaxies=af.Collection(lens=af.Model(al.Galaxy, redshift=0.5, mass=mass)),
        noise=af.Collection([af.UniformPrior(0.0, 1.0)]),
    )
    vector = np.linspace(0.1, 0.5, made.prior_count)
    instance = made.instance_from_vector(vector, ignore_assertions=True)
    np.testing.assert_array_equal(parameter_values(made, instance), vector)
    assert len(parameter_names(made)) == made.prior_count
    alone = af.Collection(galaxies=af.Collection(lens=af.Model(al.Galaxy, redshift=0.5, mass=al.mp.IsothermalSph)))
    assert parameter_names(alone) == ["centre_0", "centre_1", "einstein_radius"] or all(
        not name.startswith("galaxies") for name in parameter_names(alone)
    )


def test_a_lens_is_fitted_and_drawn(tmp_path, imaging, monkeypatch):
    """The one line, in a search on JAX, from the first quick update to the figure."""
    monkeypatch.setenv("AUTOVIZ_RENDERER", "process")
    made, _ = model("light")
    by = live(analysis(imaging, None, use_jax=True))
    af.conf.instance.output_path = tmp_path
    search = af.Nautilus(
        path_prefix="fits", name="lens", n_live=50, n_batch=10, n_like_max=100, iterations_per_quick_update=20, seed=1
    )
    result = search.fit(model=made, analysis=by)
    spool = Spool(search.paths.output_path)
    last = spool.read(spool.newest())
    assert spool.info().figures == ("imaging",)
    assert len(spool.scalars()) >= 2
    assert last.log_likelihood == pytest.approx(max(result.samples.log_likelihood_list), rel=1e-9)
    assert (search.paths.output_path / "image" / "fit.png").stat().st_size > 50_000
