"""The imaging figure's numbers and panels, without Matplotlib."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autoviz_render.figures.builtin.imaging import imaging, imaging_fit
from autoviz_render.figures.builtin.source_plane import (
    delaunay_source,
    in_view,
    rectangular_source,
    source_views,
    uniform_source,
    voronoi_source,
)
from autoviz_render.figures.errors import MissingArraysError
from autoviz_render.figures.panels import (
    ColouredPanel,
    ImagePanel,
    MeshPanel,
    PolygonalMesh,
    RectangularMesh,
    TablePanel,
    TextPanel,
    TriangularMesh,
)
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.plot.layout import arrange

TITLES = [
    "Data",
    "Model image",
    "Normalised residuals",
    "Source plane",
    "Best fit",
    "Signal-to-noise",
    "Lens light",
    "Normalised residuals, ±1σ",
    "Source plane: caustic",
    "Magnification",
    "Lens-subtracted data",
    "Source model image",
    "Chi squared",
    "Source plane: brightest part",
    "Noise map",
]
COLUMN = ("Best fit", "Magnification", "Noise map")
"""What stands at the right of the twelve panels."""

POINTS = np.random.default_rng(3).normal(0, 0.35, (80, 2))
ZOOM = np.exp(-0.5 * np.hypot(*np.mgrid[-2:2:20j, -2:2:30j]) ** 2)
ZOOM_EXTENT = np.array([-0.1, 0.3, -0.1, 0.1])
MESHES = {"source_vertices": TriangularMesh, "source_centres": PolygonalMesh, "source_x": RectangularMesh}


def light(x, y):
    """The source of `lens_snapshot`."""
    return np.exp(-0.5 * ((x - 0.1) ** 2 + y**2) / 0.15**2)


def on_points(lens_snapshot, name, points=POINTS, values=None, **changed):
    """A fit whose source is on a mesh made of points."""
    values = light(*POINTS.T) if values is None else values
    return lens_snapshot(**{"source": values, "source_extent": None, name: points, **changed})


def between_edges(lens_snapshot, **changed):
    """A fit whose source is on a mesh of cells that are smaller where it is bright; one column has no width."""
    x, y = (0.8 * np.linspace(-1, 1, count) ** 3 for count in (16, 13))
    x[4] = x[3]
    values = light(*np.meshgrid((x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2))
    return lens_snapshot(**{"source": values, "source_extent": None, "source_x": x, "source_y": y, **changed})


def on_mesh(lens_snapshot, name, **changed):
    """A fit whose source is on a mesh of the kind that this array makes."""
    if name == "source_x":
        return between_edges(lens_snapshot, **changed)
    return on_points(lens_snapshot, name, **changed)


def coloured(panels):
    return [panel for panel in panels if isinstance(panel, ColouredPanel)]


def source_planes(panels):
    return [panel for panel in panels if panel.title.startswith("Source plane")]


def titles(panels):
    return [panel.title.split(":")[0] if panel.title.startswith("Chi") else panel.title for panel in panels]


def named(panels, title):
    return next(panel for panel in panels if panel.title.startswith(title))


def test_the_figure_has_the_twelve_panels_of_a_lens_fit_and_its_parameters(lens_snapshot):
    """The normal figure, not a smaller one: users refused that; the parameters stand in a column beside it."""
    panels = imaging(lens_snapshot())
    assert titles(panels) == TITLES
    for count, column in ((1, COLUMN), (17, COLUMN), (18, COLUMN[:2]), (40, COLUMN[:1]), (400, COLUMN[:1]), (0, ())):
        parameters = {f"parameter_{number}": 1.0 for number in range(count)}
        panels = imaging(replace(lens_snapshot(), parameters=parameters))
        assert sorted(titles(panels)) == sorted(title for title in TITLES if title not in COLUMN or title in column)
        grid, slots = arrange(panels)
        assert (grid.rows, grid.columns) == (3, 5 if count else 4)
        assert sum(slot.rows * slot.columns for slot, _ in slots) == grid.rows * grid.columns


def test_the_numbers_are_those_of_the_fit(lens_snapshot):
    """Residuals are in units of the noise, and chi squared is their square."""
    snapshot = lens_snapshot()
    fit = imaging_fit(snapshot)
    expected = (snapshot.static["data"] - snapshot.arrays["model_image"]) / snapshot.static["noise_map"]
    np.testing.assert_allclose(fit.residuals, expected)
    np.testing.assert_allclose(fit.chi_squared, expected**2)
    np.testing.assert_allclose(fit.lens_subtracted, snapshot.static["data"] - snapshot.arrays["lens_light"])
    np.testing.assert_allclose(
        fit.signal_to_noise, np.maximum(snapshot.static["data"] / snapshot.static["noise_map"], 0)
    )
    np.testing.assert_allclose(fit.magnification, 1 / np.abs(snapshot.arrays["inverse_magnification"]))


def test_data_and_model_share_their_colours(lens_snapshot):
    """They are compared by eye; so are the lens-subtracted data and the source's model image."""
    panels = imaging(lens_snapshot(amplitude=0.01))
    for pair in [("Data", "Model image"), ("Lens-subtracted", "Source model")]:
        one, other = (named(panels, title) for title in pair)
        assert (one.low, one.high, one.colours) == (other.low, other.high, other.colours)
        assert one.low is not None


def test_residuals_are_centred_on_zero_and_the_second_map_is_clipped(lens_snapshot):
    """A diverging map that is not centred shows a bias that is not there."""
    panels = imaging(lens_snapshot())
    assert named(panels, "Normalised residuals").scale == "symmetric"
    clipped = named(panels, "Normalised residuals, ±1σ")
    assert (clipped.scale, clipped.low, clipped.high) == ("symmetric", -1.0, 1.0)


def test_every_image_has_a_unit(lens_snapshot):
    """A colour bar without a unit is not for a paper."""
    assert all(panel.unit for panel in imaging(lens_snapshot()) if isinstance(panel, ImagePanel))
    assert named(imaging(lens_snapshot(), unit="Jy"), "Data").unit == "Jy"


def test_each_legend_entry_appears_once(lens_snapshot):
    """Twelve legends would hide what they explain."""
    labels = [curve.label for panel in coloured(imaging(lens_snapshot())) for curve in panel.curves if curve.label]
    assert sorted(labels) == ["caustic", "critical curve", "pseudo-caustic"]


@pytest.mark.parametrize("name", ["data", "noise_map", "model_image"])
def test_a_missing_required_array_is_named(lens_snapshot, name):
    """The sampler's author reads this message, and has to know what to publish."""
    with pytest.raises(MissingArraysError, match=f"needs {name}, which the snapshot does not hold"):
        imaging(lens_snapshot(**{name: None}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mask", np.zeros((3, 3), dtype=bool)),
        ("noise_map", np.ones((3, 44))),
        ("deflections", np.zeros((44, 44))),
        ("extent", np.array([1.0, 1.0, 0.0, 1.0])),
        ("source_extent", np.array([0.0, 1.0])),
        ("cut", np.zeros((4, 3))),
        ("source", np.zeros(7)),
        ("source", np.zeros((2, 3, 4))),
        ("source_x", np.linspace(-1, 1, 15)),
        ("source_zoom_extent", np.array([1.0, 0.0, 0.0, 1.0])),
        ("source_zoom_extent", np.zeros(3)),
        ("source_zoom", np.zeros(9)),
    ],
)
def test_an_array_of_the_wrong_shape_is_named(lens_snapshot, name, value):
    """NumPy's own message would speak of operands and broadcasting."""
    with pytest.raises(ValueError, match=f"^{name} "):
        imaging_fit(lens_snapshot(**{"source_zoom": ZOOM, "source_zoom_extent": ZOOM_EXTENT, name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("source_vertices", np.zeros((3, 2))),
        ("source_vertices", np.zeros(80)),
        ("source_centres", np.zeros((2, 80))),
        ("source_centres", np.zeros((80, 2), dtype=complex)),
    ],
)
def test_points_of_the_wrong_shape_are_named(lens_snapshot, name, value):
    """The usual mistake is (y, x) along the first axis, or the points of another mesh."""
    with pytest.raises(ValueError, match=f"^{name} "):
        imaging_fit(on_points(lens_snapshot, name, value))


@pytest.mark.parametrize(
    ("name", "value", "lost"),
    [
        ("mask", np.zeros((3, 3), dtype=bool), set()),
        ("extent", np.zeros(3), set()),
        ("cut", np.zeros((4, 3)), set()),
        ("deflections", np.zeros((3, 3, 2)), {"Source plane: caustic"}),
        ("lens_light", np.zeros((3, 3)), {"Lens light", "Lens-subtracted data", "Source model image"}),
        ("source", np.zeros(3), {"Source plane", "Source plane: caustic", "Source plane: brightest part"}),
        ("source_extent", np.zeros(3), {"Source plane", "Source plane: caustic", "Source plane: brightest part"}),
        ("source_zoom", np.zeros(9), set()),
        ("plane_1/deflections", np.zeros((3, 3)), set()),
    ],
)
def test_an_optional_array_of_the_wrong_shape_costs_its_panels_alone(lens_snapshot, name, value, lost):
    """A typing error in a cut must not hide the fit of a week; and the table says so."""
    snapshot = lens_snapshot(**{"source_zoom": ZOOM, "source_zoom_extent": ZOOM_EXTENT, name: value})
    panels = imaging(replace(snapshot, parameters={"einstein_radius": 1.3}))
    assert set(TITLES) - lost <= set(titles(panels))
    (table,) = (panel for panel in panels if isinstance(panel, TablePanel))
    assert (f"{name}: not used", f"{list(value.shape)} {value.dtype}") in table.rows


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("model_image", ["Model image", "Normalised residuals", "Normalised residuals, ±1σ", "Chi squared"]),
        (
            "noise_map",
            ["Normalised residuals", "Signal-to-noise", "Normalised residuals, ±1σ", "Chi squared", "Noise map"],
        ),
    ],
)
def test_a_required_array_of_the_wrong_shape_costs_what_is_made_of_it_alone(lens_snapshot, name, lost):
    """The data are there, and are shown; the other panels say why they are not."""
    panels = imaging(lens_snapshot(**{name: np.zeros((3, 3))}))
    texts = [panel for panel in panels if isinstance(panel, TextPanel)]
    assert [panel.title for panel in texts if not panel.title.startswith("Source model")] == lost
    assert all(panel.text.startswith(f"Not drawn: {name} must have the shape") for panel in texts)
    assert isinstance(panels[0], ImagePanel)


def test_right_ascension_grows_to_the_left_on_all_panels_of_the_sky(lens_snapshot):
    """The source beside a turned image would else be its mirror image."""
    plain, turned = (imaging(lens_snapshot(extent=extent)) for extent in ((-3, 3, -3, 3), (3, -3, -3, 3)))
    for one, other in zip(plain, turned, strict=True):
        if isinstance(other, ColouredPanel):
            assert one.view[0] < one.view[1]
            assert other.view[0] > other.view[1]
            assert other.view[2] < other.view[3]
    assert KeptFigure(lambda _: turned, dpi=20).draw(lens_snapshot()).errors == ()


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_signal_to_noise_of_negative_data_is_shown(lens_snapshot, sign):
    """Data less a background that is too bright, or an absorption: clipped at zero they would be an empty panel."""
    snapshot = lens_snapshot()
    negative = {**snapshot.static, "data": sign * np.abs(snapshot.static["data"]) - 3.0 * (sign < 0)}
    panel = named(imaging(replace(snapshot, static=negative)), "Signal-to-noise")
    assert (panel.scale, panel.low) == (("symmetric", None) if sign < 0 else ("linear", 0.0))
    assert (np.nanmin(panel.values) < -5) == (sign < 0)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.linspace(-1, 1, 16), None, "^source_y is missing"),
        (None, np.linspace(-1, 1, 16), "^source_x is missing"),
        (np.linspace(-1, 1, 16), np.linspace(1, -1, 16), "^source_y holds the edges of cells, ascending"),
    ],
)
def test_edges_that_make_no_cells_by_mistake_are_named(lens_snapshot, x, y, message):
    """Drawn upside down, or over another extent, a source would look like a fit that went wrong."""
    with pytest.raises(ValueError, match=message):
        imaging_fit(lens_snapshot(source_x=x, source_y=y))


def test_without_lens_light_three_panels_show_what_there_is_instead(lens_snapshot):
    """Twice the same image and an empty one would waste a quarter of the figure."""
    panels = imaging(lens_snapshot(lens_light=None))
    assert len(panels) == 12
    assert [panels[i].title for i in (5, 8, 9)] == ["Magnification", "Noise map", "Best fit"]
    assert isinstance(panels[9], TablePanel)


def test_without_an_extended_source_nine_panels_remain(lens_snapshot):
    """A fit to a lensed point source has no source plane to show."""
    panels = imaging(lens_snapshot(source=None))
    assert titles(panels) == [title for title in TITLES if not title.startswith("Source plane")]


@pytest.mark.parametrize(
    "name", ["source_image", "inverse_magnification", "deflections", "cut", "mask", "extent", "psf"]
)
def test_any_optional_array_may_be_missing(lens_snapshot, name):
    """Not every code has all of them."""
    panels = imaging(lens_snapshot(**{name: None}))
    assert len(panels) == (14 if name == "inverse_magnification" else 15)


def test_without_an_extent_the_axes_count_pixels_and_do_not_say_arcsec(lens_snapshot):
    """A wrong unit is worse than none."""
    panel = imaging(lens_snapshot(extent=None))[0]
    assert panel.extent == (0.0, 44.0, 0.0, 44.0)
    assert panel.tick_unit == ""


def test_the_view_holds_the_unmasked_pixels(lens_snapshot):
    """A small mask in a large image would leave most of each panel grey."""
    mask = np.ones((44, 44), dtype=bool)
    mask[10:20, 5:40] = False
    x0, x1, y0, y1 = imaging_fit(lens_snapshot(mask=mask)).frame.view
    pixel = 6 / 44
    np.testing.assert_allclose([x0, x1, y0, y1], np.array([3, 42, 8, 22]) * pixel - 3)
    assert imaging_fit(lens_snapshot(mask=np.ones((44, 44), dtype=bool))).frame.view == (-3.0, 3.0, -3.0, 3.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, 1e300, -1e300])
@pytest.mark.parametrize("name", ["data", "noise_map", "model_image", "lens_light", "inverse_magnification", "source"])
def test_any_value_in_any_array_is_survived_without_a_warning(lens_snapshot, name, value):
    """Early in a run models break down; warnings are errors here, and in the runs of careful people."""
    snapshot = lens_snapshot()
    array = {**snapshot.static, **snapshot.arrays}[name].copy()
    array[3:9, 2:7] = value
    assert len(imaging(lens_snapshot(**{name: array}))) == 15
    assert len(imaging(lens_snapshot(**{name: np.full_like(array, value)}))) == 15


def test_noise_that_is_not_positive_gives_no_residual(lens_snapshot):
    """Zero noise marks pixels without data: no infinite chi squared from them."""
    noise_map = np.full((44, 44), 0.05)
    noise_map[20, 20] = 0.0
    fit = imaging_fit(lens_snapshot(noise_map=noise_map))
    assert np.isnan(fit.residuals[20, 20])
    assert np.isfinite(fit.residuals).sum() == 44 * 44 - 1


def test_three_zooms_on_the_source_are_squares_each_smaller_than_the_last(lens_snapshot):
    """Mesh, caustic, brightest part: on any source, one without light included."""
    fit = imaging_fit(lens_snapshot())
    extent = (-0.8, 0.8, -0.8, 0.8)
    dark = [uniform_source(each, extent) for each in (np.zeros((15, 15)), np.full((15, 15), np.nan), -np.ones((4, 9)))]
    for source in (fit.source, *dark):
        for caustics in (fit.caustics, []):
            views = source_views(source, caustics)
            sides = [x1 - x0 for x0, x1, _, _ in views]
            np.testing.assert_allclose(sides, [y1 - y0 for _, _, y0, y1 in views])
            assert sides[0] > sides[1] > sides[2] > 0


def test_the_last_zoom_is_on_the_source(lens_snapshot):
    """The source sits at (0.1, 0): that is what the modeller looks for."""
    fit = imaging_fit(lens_snapshot())
    x0, x1, y0, y1 = source_views(fit.source, fit.caustics)[2]
    assert abs((x0 + x1) / 2 - 0.1) < 0.05
    assert abs((y0 + y1) / 2) < 0.05


@pytest.mark.parametrize("name", MESHES)
def test_a_source_on_any_mesh_has_the_same_three_panels(lens_snapshot, name):
    """Most fits of today have one that follows the light; caustics are what it is looked at with."""
    panels = imaging(on_mesh(lens_snapshot, name))
    assert titles(panels) == TITLES
    for panel, uniform in zip(source_planes(panels), source_planes(imaging(lens_snapshot())), strict=True):
        assert isinstance(panel, MeshPanel)
        assert isinstance(panel.mesh, MESHES[name])
        assert [curve.label for curve in panel.curves] == [curve.label for curve in uniform.curves]
        assert (panel.unit, panel.tick_unit) == (uniform.unit, uniform.tick_unit)
        assert panel.low is not None


@pytest.mark.parametrize("name", MESHES)
def test_the_zooms_do_not_depend_on_the_kind_of_mesh(lens_snapshot, name):
    """They are of the source, and cells crowd where it is bright: as many votes would move the picture."""
    fit = imaging_fit(on_mesh(lens_snapshot, name))
    whole, middle, near = source_views(fit.source, fit.caustics)
    expected = source_views(imaging_fit(lens_snapshot()).source, fit.caustics)
    np.testing.assert_allclose((near[0] + near[1]) / 2, 0.1, atol=0.05)
    np.testing.assert_allclose((near[2] + near[3]) / 2, 0.0, atol=0.05)
    assert 0.6 < (near[1] - near[0]) / (expected[2][1] - expected[2][0]) < 1.5
    assert whole[1] - whole[0] > middle[1] - middle[0] > near[1] - near[0]


def test_cells_weigh_by_their_area():
    """Half of this source's light is in one large cell, half in a hundred small ones."""
    x = np.concatenate([[-10.0, -1.0], np.linspace(0, 1, 101), [10.0]])
    values = np.ones((1, 103))
    values[0, [0, -1]] = 0.0
    _, _, near = source_views(rectangular_source(values, x, np.array([-1.0, 1.0])), [])
    assert abs(near[0] + near[1]) / 2 < 0.15


def test_a_cell_without_width_is_left_out(lens_snapshot):
    """Edges that follow the quantiles of points repeat where those coincide; its value has no place to be seen."""
    snapshot = between_edges(lens_snapshot)
    values = snapshot.arrays["source"].copy()
    values[:, 3] = 1e9
    source = imaging_fit(between_edges(lens_snapshot, source=values)).source
    assert source.values.shape == (12, 14)
    assert (np.diff(source.mesh.x) > 0).all()
    np.testing.assert_array_equal(source.values, np.delete(values, 3, axis=1))
    assert source_planes(imaging(between_edges(lens_snapshot, source=values)))[0].high < 2


def test_points_that_coincide_become_one_with_the_mean_of_their_values(lens_snapshot):
    """Rays from two pixels may end in one place; Voronoi's cells need different ones."""
    points, values = POINTS.copy(), light(*POINTS.T)
    points[:4] = [0.1, 0.0]
    values[:4] = [1, 2, 3, 6]
    for name in ("source_vertices", "source_centres"):
        source = imaging_fit(on_points(lens_snapshot, name, points, values)).source
        assert source.values.size == 77
        merged = np.hypot(source.cells.x - 0.1, source.cells.y) == 0
        np.testing.assert_allclose(source.values[merged], 3.0)


@pytest.mark.parametrize("name", ["source_vertices", "source_centres"])
def test_points_that_are_not_finite_are_left_out_and_counted(lens_snapshot, name):
    """A ray through the centre of a lens has no end; the reader is told that not all is drawn."""
    points = POINTS.copy()
    points[3], points[7, 1], points[9, 0] = np.nan, np.inf, -1e200
    panels = source_planes(imaging(on_points(lens_snapshot, name, points)))
    assert panels[0].title == "Source plane: 3 points not finite"
    mesh = panels[0].mesh
    assert np.isfinite([mesh.x, mesh.y]).all()


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        (np.full((80, 2), np.nan), "fewer than three of the source's 80 points are finite and apart"),
        (np.full((80, 2), 0.3), "fewer than three of the source's 80 points are finite and apart"),
        (np.stack([POINTS[:, 0], 2 * POINTS[:, 0]], axis=1), "the source's 80 points span no triangles"),
        (POINTS * 1e-200, "the source's 80 points span no triangles"),
    ],
)
def test_points_that_make_no_mesh_cost_no_more_than_the_source_planes(lens_snapshot, points, reason):
    """Early fits do strange things, and the data and the residuals are as good as ever; nothing changes its place."""
    panels = imaging(on_points(lens_snapshot, "source_vertices", points))
    assert titles(panels) == TITLES
    assert [type(panel) for panel in source_planes(panels)] == [TextPanel] * 3
    assert source_planes(panels)[0].text == f"Not drawn: {reason}."


def test_edges_that_make_no_mesh_cost_no_more_than_the_source_planes(lens_snapshot):
    """As points do."""
    for edges in (np.full(16, np.nan), np.full(16, 0.3), np.append(np.linspace(-1, 1, 15), np.inf)):
        assert isinstance(source_planes(imaging(between_edges(lens_snapshot, source_x=edges)))[0], TextPanel)


def test_a_source_without_points_is_no_source(lens_snapshot):
    """As one without pixels is."""
    for name in ("source_vertices", "source_centres"):
        assert not source_planes(imaging(on_points(lens_snapshot, name, np.empty((0, 2)), np.empty(0))))


@pytest.mark.parametrize("name", ["source_vertices", "source_centres"])
def test_strange_points_are_drawn_without_a_panel_that_fails(lens_snapshot, name):
    """Whatever a mesh is refused for is to be known before it is drawn; warnings are errors here."""
    drawing = KeptFigure(imaging, dpi=20)
    strange = [
        POINTS,
        POINTS * 1e-14 + 1,
        POINTS * 1e90,
        np.concatenate([POINTS[:40], POINTS[:40] + 1e-13]),
        np.concatenate([POINTS[:40] * 1e-6, POINTS[:40] * 1e-6 + 5]),
        np.concatenate([[[1e30, 0.0]], POINTS[1:]]),
        np.stack([np.arange(80.0) % 8, np.arange(80.0) // 8], axis=1),
        np.stack([POINTS[:, 0], np.zeros(80)], axis=1),
    ]
    for points in strange:
        assert drawing.draw(on_points(lens_snapshot, name, points)).errors == ()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, 1e300, -1e300])
@pytest.mark.parametrize("name", MESHES)
def test_any_value_on_any_mesh_is_survived_without_a_warning(lens_snapshot, name, value):
    """As in images; limits are those of what is finite."""
    drawing = KeptFigure(imaging, dpi=20)
    values = on_mesh(lens_snapshot, name).arrays["source"].copy()
    for some in (slice(0, 3), slice(None)):
        values[some] = value
        snapshot = on_mesh(lens_snapshot, name, **{"source" if name == "source_x" else "values": values})
        assert drawing.draw(snapshot).errors == ()
        assert all(np.isfinite([panel.low, panel.high]).all() for panel in source_planes(imaging(snapshot)))


@pytest.mark.parametrize("name", [*MESHES, "source_extent"])
def test_the_finer_part_takes_the_place_of_the_third_source_plane(lens_snapshot, name):
    """It shows what the mesh is too coarse to; one colour has one value in all three."""
    more = {"source_zoom": 1.3 * ZOOM, "source_zoom_extent": ZOOM_EXTENT}
    panels = imaging(lens_snapshot(**more) if name == "source_extent" else on_mesh(lens_snapshot, name, **more))
    assert titles(panels) == TITLES
    first, second, third = source_planes(panels)
    assert isinstance(third, ImagePanel)
    np.testing.assert_array_equal(third.values, 1.3 * ZOOM)
    assert third.extent == tuple(ZOOM_EXTENT)
    np.testing.assert_allclose(third.view, (-0.1, 0.3, -0.2, 0.2))
    assert (first.low, first.high) == (second.low, second.high) == (third.low, third.high)
    assert third.high == (1.3 * ZOOM).max()


def test_a_cusp_in_the_finer_part_does_not_darken_the_whole_source(lens_snapshot):
    """A Sersic profile's centre is many times as bright as the mean of a cell round it; the panel says so."""
    more = {"source_zoom": 20 * ZOOM, "source_zoom_extent": ZOOM_EXTENT}
    first, _, third = source_planes(imaging(lens_snapshot(**more)))
    alone, _, _ = source_planes(imaging(lens_snapshot()))
    assert (first.low, first.high) == (alone.low, alone.high)
    assert third.high == (20 * ZOOM).max()
    assert third.title == "Source plane: brightest part, own scale"


def test_the_part_at_the_caustic_has_pixels_of_its_own(lens_snapshot):
    """A view of a few pixels of the whole plane is blocks."""
    part, extent = 1.2 * ZOOM, np.array([-0.2, 0.4, -0.3, 0.3])
    panels = imaging(lens_snapshot(source_caustic=part, source_caustic_extent=extent))
    assert titles(panels) == TITLES
    first, second, third = source_planes(panels)
    np.testing.assert_array_equal(second.values, part)
    np.testing.assert_allclose(second.view, extent)
    assert first.high == second.high == third.high == part.max()
    with pytest.raises(ValueError, match="^source_caustic_extent must have the shape"):
        imaging_fit(lens_snapshot(source_caustic=part, source_caustic_extent=extent[:3]))


@pytest.mark.parametrize("name", [*MESHES, "source_extent"])
@pytest.mark.parametrize("peak", [0.271, 50.0])
def test_the_brightest_cell_of_a_source_is_not_a_hot_pixel(lens_snapshot, name, peak):
    """A source is a peak: left out of the colour limits, it would be a flat patch."""
    snapshot = lens_snapshot() if name == "source_extent" else on_mesh(lens_snapshot, name)
    values = 1e-3 * snapshot.arrays["source"]
    values.ravel()[values.size // 2] = peak
    changed = replace(snapshot, arrays={**snapshot.arrays, "source": values})
    for panel in source_planes(imaging(changed)):
        assert panel.high == pytest.approx(peak)
        assert panel.low <= 0.0 or panel.low == values.min()


def test_the_models_of_lens_and_source_are_shown_in_full_and_the_hot_pixels_of_the_data_are_not(lens_snapshot):
    """One has noise and cosmic rays, and the others none; a bright pixel that the model has, too, is no cosmic ray."""
    data, model = (lens_snapshot().static["data"], lens_snapshot().arrays["model_image"])
    hot, bright = data.copy(), model.copy()
    hot[20, 20] = bright[20, 20] = 900.0
    light = lens_snapshot().arrays["lens_light"].copy()
    light[20, 20] = 900.0
    panels = imaging(lens_snapshot(data=hot, lens_light=light))
    assert named(panels, "Data").high < 5.0
    assert named(panels, "Lens light").high == 900.0
    assert named(imaging(lens_snapshot(data=hot, model_image=bright)), "Data").high == 900.0
    assert named(imaging(lens_snapshot(data=hot, model_image=1e6 * bright)), "Data").high == 900.0


@pytest.mark.parametrize("source", [np.ones(520), np.full(520, np.nan)])
def test_a_source_without_places_is_said_and_not_drawn(lens_snapshot, source):
    """Zeros in its place would be believed."""
    panels = imaging(lens_snapshot(source=source, source_extent=None))
    assert titles(panels) == TITLES
    for panel in source_planes(panels):
        assert isinstance(panel, TextPanel)
        assert panel.text == "Not drawn: it is not known where the 520 cells of the source are."


def test_each_source_plane_has_its_own_row_with_its_own_lines(lens_snapshot):
    """A double Einstein ring: two sources, each with its critical curves and caustics."""
    far = lens_snapshot()
    near = lens_snapshot(einstein_radius=0.7)
    names = ("source", "source_extent", "inverse_magnification", "deflections", "source_image")
    more = {f"plane_1/{name}": near.arrays[name] for name in names}
    rows = imaging(replace(far, arrays={**far.arrays, **more}))
    assert titles(rows[-1]) == [
        "Source 1 model image",
        "Source plane 1",
        "Source plane 1: caustic",
        "Source plane 1: brightest part",
    ]
    panels = [panel for row in rows for panel in row]
    assert named(panels, "Source plane 2: caustic").values is far.arrays["source"]
    labels = [curve.label for curve in named(panels, "Model image").curves if curve.label]
    assert labels == ["critical curve of plane 2", "critical curve of plane 1"]
    for planes in (1, 2, 3):
        for parameters in ({}, far.parameters, {f"parameter_{number}": 1.0 for number in range(40)}):
            arrays = {f"plane_{plane + 1}/{name}": near.arrays[name] for plane in range(planes) for name in names}
            grid, slots = arrange(imaging(replace(far, arrays={**far.arrays, **arrays}, parameters=parameters)))
            assert (grid.rows, grid.columns) == (3 + planes, 5 if parameters else 4)
            columns = [slot.column for slot, panel in slots if panel.title.endswith("brightest part")]
            assert columns == [3] * (1 + planes)
    one, other = (np.nanmax(np.hypot(c.x, c.y)) for c in named(panels, "Model image").curves[1:])
    assert other < 0.7 * one
    broken = {**far.arrays, **more, "plane_1/deflections": np.zeros((3, 3))}
    with pytest.raises(ValueError, match="^plane_1/deflections must have the shape"):
        imaging_fit(replace(far, arrays=broken))


def test_given_curves_take_the_place_of_those_that_the_arrays_give(lens_snapshot):
    """Of a lens in several planes they are found between the pixels."""
    circle = np.stack([np.cos(np.linspace(0, 7, 50)), np.sin(np.linspace(0, 7, 50))], axis=1)
    lines = np.concatenate([circle, [[np.nan, np.nan]], 0.1 * circle])
    fit = imaging_fit(lens_snapshot(critical_curves=lines, caustics=0.5 * lines))
    assert len(fit.critical_curves) == len(fit.caustics) == 2
    np.testing.assert_array_equal(np.transpose(fit.caustics[0]), 0.5 * circle)
    with pytest.raises(ValueError, match="^caustics must have the shape"):
        imaging_fit(lens_snapshot(caustics=np.zeros((3, 4))))


@pytest.mark.parametrize(
    "more",
    [
        {"source_zoom": np.full((3, 4), np.nan), "source_zoom_extent": ZOOM_EXTENT},
        {"source_zoom": ZOOM, "source_zoom_extent": np.full(4, np.nan)},
        {"source_zoom": ZOOM, "source_zoom_extent": np.zeros(4)},
        {"source_zoom": ZOOM},
    ],
)
def test_a_finer_part_that_is_not_finite_is_not_shown(lens_snapshot, more):
    """A fit in which nothing is bright has nothing to look at closely."""
    shown, expected = (source_planes(imaging(each))[2] for each in (lens_snapshot(**more), lens_snapshot()))
    assert (shown.view, shown.extent) == (expected.view, expected.extent)


def test_the_finer_part_is_shown_where_the_mesh_cannot_be(lens_snapshot):
    """It does not need the mesh."""
    points = np.full((80, 2), np.nan)
    snapshot = on_points(lens_snapshot, "source_vertices", points, source_zoom=ZOOM, source_zoom_extent=ZOOM_EXTENT)
    assert [type(panel) for panel in source_planes(imaging(snapshot))] == [TextPanel, TextPanel, ImagePanel]


def test_what_is_out_of_view_is_not_drawn_and_what_is_in_view_is():
    """A thousand triangles take as long as all images together, and in the nearest view few are seen."""
    x, y = POINTS.T
    view = (-0.1, 0.2, -0.1, 0.2)
    for source in (delaunay_source(light(x, y), x, y), voronoi_source(light(x, y), x, y)):
        mesh, values = in_view(source, view)
        cells, everything = (
            each.triangles if isinstance(each, TriangularMesh) else each.polygons for each in (mesh, source.mesh)
        )
        assert 0 < len(cells) < len(everything)
        inside = (view[0] < x) & (x < view[1]) & (view[2] < y) & (y < view[3])
        assert np.isin(light(x, y)[inside], values).all()
        same, _ = in_view(source, (5.0, 6.0, 5.0, 6.0))
        assert same is source.mesh or isinstance(same, PolygonalMesh)
    edges = np.linspace(-1, 1, 21)
    mesh, values = in_view(rectangular_source(np.arange(400.0).reshape(20, 20), edges, edges), view)
    np.testing.assert_allclose([mesh.x[0], mesh.x[-1], mesh.y[0], mesh.y[-1]], view, atol=0.1001)
    assert values.shape == (mesh.y.size - 1, mesh.x.size - 1)
    assert (
        values[0, 0]
        == 20 * np.searchsorted(edges, mesh.y[0] + 1e-9) - 20 + np.searchsorted(edges, mesh.x[0] + 1e-9) - 1
    )


def test_values_at_as_many_vertices_as_there_are_triangles_stay_at_the_vertices():
    """Five points in a triangle make five: values of one shape could be those of either."""
    x, y = np.array([0.0, 4.0, 2.0, 1.9, 2.2]), np.array([0.0, 0.0, 4.0, 1.0, 2.0])
    source = delaunay_source(np.arange(5.0), x, y)
    assert len(source.mesh.triangles) == 5
    mesh, values = in_view(source, (0.0, 4.0, 0.0, 4.0))
    assert values.shape == mesh.x.shape != mesh.triangles.shape[:1]


def test_a_mesh_that_changes_at_every_frame_leaves_nothing_of_the_last(lens_snapshot, kept_equals_fresh):
    """A live fit: other points, other kinds, none at all, and back."""
    more = {"source_zoom": ZOOM, "source_zoom_extent": ZOOM_EXTENT}
    kept_equals_fresh(
        imaging,
        [
            on_points(lens_snapshot, "source_vertices", iteration=1),
            on_points(lens_snapshot, "source_vertices", POINTS[:50] * 0.9, light(*POINTS[:50].T), iteration=2),
            on_points(lens_snapshot, "source_vertices", np.full((80, 2), np.nan), iteration=3),
            on_points(lens_snapshot, "source_centres", iteration=4),
            between_edges(lens_snapshot, iteration=5, **more),
            lens_snapshot(iteration=6),
        ],
    )
