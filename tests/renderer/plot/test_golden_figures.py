"""What every figure looks like, compared with pictures that a person has looked at."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

from autoviz_render.figures.panels import LinesPanel, Series
from autoviz_render.figures.registry import find_figure
from autoviz_render.renderer.plot.drawing import Drawing, KeptFigure
from autoviz_render.renderer.plot.theme import THEMES
from autoviz_render.renderer.settings import ThemeName
from autoviz_render.spool.arrays import Array
from autoviz_render.spool.snapshot import Snapshot

DOCS = Path(__file__).parents[3] / "docs" / "figures" / "draw.py"
DPI = 40
TOLERANCE = 1.5
"""The root mean square of the differences, of 255. Another colour of one thin line is 2.7."""

pytestmark = pytest.mark.skipif(
    not mpl.__version__.startswith("3.11."), reason="the pictures are of Matplotlib 3.11: others draw other letters"
)


class Golden:
    """What pytest-mpl asks of a figure: to be saved. These are the pixels that a user gets, not Matplotlib's own."""

    def __init__(self, figure: Drawing) -> None:
        assert figure.errors == ()
        self._figure = figure

    def savefig(self, path: str, **_: object) -> None:
        Path(path).write_bytes(self._figure.encode("png"))


@pytest.fixture(scope="module")
def examples():
    """The snapshots that the pages of the figures show: functions by the figure's name."""
    spec = importlib.util.spec_from_file_location("figures_of_the_docs", DOCS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def draw(name: str, snapshot: Snapshot, theme: ThemeName = "light") -> Golden:
    return Golden(KeptFigure(find_figure(name), dpi=DPI, theme=THEMES[theme]).draw(snapshot))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["imaging", "interferometer", "line", "points", "posterior", "run", "auto", "history"])
@pytest.mark.mpl_image_compare(baseline_dir="golden", tolerance=TOLERANCE)
def test_a_figure_of_a_good_fit(examples, name, theme):
    """Converged, as it is in the docs."""
    return draw(name, getattr(examples, name)(), theme)


@pytest.mark.mpl_image_compare(baseline_dir="golden", tolerance=TOLERANCE)
def test_every_kind_of_panel(examples):
    """The gallery of the docs."""
    return Golden(KeptFigure(examples.gallery(), dpi=DPI).draw(Snapshot(arrays={}, run="gallery")))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.mpl_image_compare(baseline_dir="golden", tolerance=TOLERANCE)
def test_panels_with_two_vertical_axes(theme):
    """Each axis in the colour of its one series; in ink if it has several; bare if it has none."""
    day = np.linspace(0, 10, 80)
    flux = Series(day, 20 + 3 * np.sin(day), error=np.full(80, 0.6), style="", marker=".", label="flux")
    temperature = Series(day, 5e3 * np.exp(day / 2), style="--", label="temperature", axis="right")
    drift = Series(day, -1e-5 * day, fill=True, label="drift", axis="right")
    left = [Series(day, np.cos(day))]
    right: dict[str, Any] = {"right_label": "temperature (K)", "right_log": True}
    panels = [
        LinesPanel("Two axes", [flux, temperature], x_label="time (days)", y_label="flux (Jy)", **right),
        LinesPanel("Several at the right", [flux, temperature, replace(temperature, y=day, label="other")]),
        LinesPanel("With residuals", [flux, drift], y_label="flux", right_label="drift (mm)", residuals=left),
        LinesPanel("Only at the right", [drift], x_label="time (days)"),
    ]
    return Golden(KeptFigure(lambda _: panels, dpi=DPI, theme=THEMES[theme]).draw(Snapshot(arrays={}, run="two axes")))


@pytest.mark.mpl_image_compare(baseline_dir="golden", tolerance=TOLERANCE)
def test_an_early_fit_in_a_mask_of_odd_shape_with_values_that_are_not_finite(examples):
    """A bad model, a mask with a hole and an arm, NaNs in model and source."""
    snapshot = examples.imaging()
    arrays = {name: np.array(value, copy=True) for name, value in snapshot.arrays.items()}
    for name in ("model_image", "source_image", "lens_light", "source"):
        arrays[name] *= 0.3
    arrays["model_image"][20:24, 30:50] = np.nan
    arrays["source"][2:4, 3:6] = np.inf
    mask = np.array(snapshot.static["mask"], copy=True)
    rows, columns = np.indices(mask.shape)
    mask[np.hypot(rows - mask.shape[0] / 2, columns - mask.shape[1] / 2) < 4] = True
    mask[mask.shape[0] // 2 :, : mask.shape[1] // 3] = True
    static = {**snapshot.static, "mask": mask}
    return draw("imaging", replace(snapshot, arrays=arrays, static=static, iteration=12, log_likelihood=-9.87e5))


def source_planes(snapshot: Snapshot, theme: str = "light", **source: Array) -> Golden:
    """The three source planes of the imaging figure."""
    arrays = {name: value for name, value in snapshot.arrays.items() if not name.startswith("source")}
    drawing = KeptFigure(lambda each: find_figure("imaging")(each)[3::4], dpi=DPI, theme=THEMES[theme])
    return Golden(drawing.draw(replace(snapshot, arrays={**arrays, **source})))


@pytest.mark.mpl_image_compare(baseline_dir="golden", tolerance=TOLERANCE)
def test_a_source_on_the_triangles_of_points(examples):
    """Rays from pixels where the lensed source is bright, traced to the source plane: so are meshes made."""
    snapshot = examples.imaging()
    seen = examples.lens(74, 3.0)
    alpha_y, alpha_x = np.moveaxis(seen["deflections"], -1, 0)
    chosen = (seen["radius"] < 2.7) & (np.random.default_rng(7).random(seen["ring"].shape) < seen["ring"] + 0.05)
    x, y = (seen["x"] - alpha_x)[chosen], (seen["y"] - alpha_y)[chosen]
    return source_planes(snapshot, source=examples.source(x, y), source_vertices=np.stack([x, y], axis=-1))


@pytest.mark.mpl_image_compare(baseline_dir="golden", tolerance=TOLERANCE)
def test_a_source_on_rectangular_cells_of_unequal_size_and_a_part_of_it_on_finer_ones(examples):
    """Cells of no width among them, and values that are not finite; in the dark theme."""
    edges = 0.7 * np.linspace(-1, 1, 31) ** 3 + 0.15 * np.linspace(-1, 1, 31)
    edges[3:5] = edges[2]
    middle = (edges[1:] + edges[:-1]) / 2
    values = examples.source(*np.meshgrid(middle, middle))
    values[25, 25] = np.nan
    fine = np.linspace(-0.2, 0.3, 60)
    return source_planes(
        examples.imaging(),
        "dark",
        source=values,
        source_x=edges,
        source_y=edges,
        source_zoom=examples.source(*np.meshgrid(fine, fine[:48])),
        source_zoom_extent=np.array([-0.2, 0.3, -0.2, 0.2]),
    )


@pytest.mark.mpl_image_compare(baseline_dir="golden", tolerance=TOLERANCE)
def test_a_panel_that_fails(examples):
    """Its error in its place, the rest drawn."""
    snapshot = examples.imaging()

    def recipe(snapshot):
        panels: Any = find_figure("imaging")(snapshot)
        return [*panels[:3], replace(panels[3], view=(1.0, 1.0, 0.0, 1.0)), *panels[4:6]]

    figure = KeptFigure(recipe, dpi=DPI).draw(snapshot)
    view = "(1.0, 1.0, 0.0, 1.0)"
    message = f"a view is (x0, x1, y0, y1), x0 and x1 different, y0 and y1 too, not {view}"
    assert figure.errors == (f"Source plane: ValueError: {message}",)
    return Golden(replace(figure, errors=()))


HEADER = {"CD1_1": -2e-5, "CD1_2": 9e-6, "CD2_1": 9e-6, "CD2_2": 2e-5, "CRVAL1": 150.0, "CRVAL2": 2.0}
"""Pixels of 0.08 arcsec, north a little to the right of up."""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.mpl_image_compare(baseline_dir="golden", tolerance=TOLERANCE)
def test_an_image_on_the_sky_with_the_names_and_units_of_the_run(examples, theme):
    """A compass, a scale bar, asinh, axes, and mathematics in the table."""
    snapshot = examples.imaging()
    wcs = {f"wcs/{key}": np.asarray(value) for key, value in {**HEADER, "CRPIX1": 37.0, "CRPIX2": 37.0}.items()}
    said: dict[str, Any] = {
        "units": {"data": "MJy/sr", "source": "mJy", "einstein_radius": "arcsec"},
        "labels": {"data": "F444W", "einstein_radius": r"$\theta_E$", "gamma1": r"$\gamma_{1$"},
        "axes": {"data": ("x (arcsec)", "y (arcsec)")},
        "scales": {"data": "asinh", "source": "sqrt 99%"},
    }
    return draw("imaging", replace(snapshot, static={**snapshot.static, **wcs}, **said), theme)


@pytest.mark.mpl_image_compare(baseline_dir="golden", tolerance=TOLERANCE)
def test_three_bands_and_their_picture(examples):
    """A red lens and a blue source."""
    return draw("imaging", examples.bands(), "dark")


@pytest.mark.mpl_image_compare(baseline_dir="golden", tolerance=TOLERANCE)
def test_two_source_planes_each_with_its_own_lines(examples):
    """A double Einstein ring: whose caustic is whose is told by the colour."""
    snapshot = examples.imaging()
    nearer = {name: snapshot.arrays[name] for name in ("source", "source_extent", "source_image", "deflections")}
    nearer["inverse_magnification"] = snapshot.arrays["inverse_magnification"] + 0.35
    arrays = {**snapshot.arrays, **{f"plane_1/{name}": value for name, value in nearer.items()}}
    return draw("imaging", replace(snapshot, arrays=arrays))
