"""What a run says of its arrays and parameters stands on every figure: labels, units, the names of axes."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from autoviz_render.figures.builtin.auto import auto
from autoviz_render.figures.builtin.imaging import imaging
from autoviz_render.figures.builtin.interferometer import interferometer
from autoviz_render.figures.builtin.line import line
from autoviz_render.figures.builtin.points import points
from autoviz_render.figures.builtin.posterior import posterior
from autoviz_render.figures.builtin.run import run
from autoviz_render.figures.given.names import plane_axes, within
from autoviz_render.figures.panels import ColouredPanel, CornerPanel, LinesPanel, TablePanel
from autoviz_render.spool.snapshot import ScalarsLine, Snapshot

IMAGE = np.random.default_rng(0).random((8, 8))
EXTENT = np.array([-1.0, 1.0, -1.0, 1.0])


def texts(recipe, snapshot: Snapshot) -> set[str]:
    """Everything that is written on a figure."""
    panels = [panel for item in recipe(snapshot) for panel in (item if isinstance(item, list) else [item])]
    panels += [inset for panel in panels for inset in getattr(panel, "insets", ())]
    found = {str(getattr(panel, each.name)) for panel in panels for each in fields(panel) if each.type == "str"}
    for panel in panels:
        found |= {text for row in getattr(panel, "rows", ()) for text in row}
        found |= set(getattr(panel, "names", ()))
        found |= {each.label for each in getattr(panel, "series", ())}
    return found


def fit(**said: Any) -> Snapshot:
    arrays = {"model_image": IMAGE, "source": IMAGE, "source_extent": EXTENT}
    static = {"data": IMAGE + 0.1, "noise_map": IMAGE + 1, "extent": EXTENT}
    return Snapshot(arrays=arrays, static=static, parameters={"radius": 1.25}, **said)


def test_an_image_has_the_unit_the_label_and_the_axes_that_the_run_gave():
    """A paper's figure of magnitudes in which the bar said electrons would be wrong."""
    units = {"data": "MJy/sr", "source": "mJy", "radius": "arcsec"}
    labels = {"data": "F444W", "radius": r"$\theta_E$"}
    snapshot = fit(units=units, labels=labels, axes={"data": ("RA (″)", "Dec (″)")})
    found = texts(imaging, snapshot)
    assert {"F444W", "MJy/sr", "mJy", "RA (″)", "Dec (″)", r"$\theta_E$", "1.25″"} <= found
    assert "e⁻ s⁻¹" not in found
    data = imaging(snapshot)[0]
    assert isinstance(data, ColouredPanel)
    assert data.tick_unit == ""


def test_a_run_that_says_nothing_has_the_figures_that_it_had():
    """The pictures of every earlier version stay."""
    assert {"Data", "e⁻ s⁻¹", "″", "radius", "1.25"} <= texts(imaging, fit())


@pytest.mark.parametrize(
    ("unit", "sign", "label"), [("arcsec", "″", ""), ("arcmin", "′", ""), ("deg", "°", ""), ("kpc", "", "x (kpc)")]
)
def test_the_unit_of_an_extent_is_that_of_its_axes(unit, sign, label):
    """The sign of an angle stands at each number; any other unit at the axis."""
    axes = plane_axes(fit(units={"extent": unit}), "data", "extent")
    assert (axes["tick_unit"], axes["x_label"]) == (sign, label)


def test_whatever_is_there_has_what_the_run_calls_it():
    """The default figure: images, lines, data with their model, numbers."""
    arrays = {"spectrum": np.arange(40.0), "model_spectrum": np.arange(40.0), "map": IMAGE, "curve": np.arange(30.0)}
    snapshot = Snapshot(
        arrays=arrays,
        parameters={"t": 5.0},
        units={"spectrum": "Jy", "map": "K", "t": "days"},
        labels={"spectrum": "Flux", "map": r"$T_b$", "curve": "Rate"},
        axes={"spectrum": ("wavelength (µm)",), "curve": ("lag (d)", "counts")},
    )
    found = texts(auto, snapshot)
    assert {"Flux (Jy)", "wavelength (µm)", r"$T_b$", "K", "Rate", "lag (d)", "counts", "5 days"} <= found


def test_a_fit_along_an_axis_has_axes_of_labels_and_units():
    """By the array of x and that of the data, or by both names at once."""
    arrays = {"x": np.arange(9.0), "data": np.arange(9.0), "model": np.arange(9.0), "model_line": np.zeros(9)}
    said: dict[str, Any] = {"units": {"x": "d", "data": "mag"}, "labels": {"x": "time", "model_line": r"H$\alpha$"}}
    assert {"time (d)", "data (mag)", "residual (mag)", r"H$\alpha$"} <= texts(line, Snapshot(arrays=arrays, **said))
    both = Snapshot(arrays=arrays, axes={"data": ("phase", "m (AB)")}, **said)
    assert {"phase", "m (AB)"} <= texts(line, both)
    assert {"λ (nm)"} <= texts(lambda each: line(each, x_label="λ (nm)"), Snapshot(arrays=arrays))


def test_points_and_visibilities_have_their_units():
    """Places in milliarcsec, delays in hours."""
    places = np.random.default_rng(1).random((4, 2))
    arrays = {"positions": places, "model_positions": places + 0.1, "time_delays": np.arange(4.0)}
    found = texts(points, Snapshot(arrays=arrays, units={"positions": "mas", "time_delays": "h"}))
    assert {"x (mas)", "offset (mas)", "time delay (h)"} <= found
    assert {"time delay (days)", "offset (″)"} <= texts(points, Snapshot(arrays=arrays))
    measured = np.ones(9, complex)
    arrays = {"data": measured, "model_data": measured, "noise_map": measured, "uv_wavelengths": np.ones((9, 2))}
    arrays["dirty_image"] = IMAGE
    found = texts(interferometer, Snapshot(arrays=arrays, units={"data": "mJy"}, labels={"dirty_image": "CO(3–2)"}))
    assert {"amplitude (mJy)", "mJy beam⁻¹", "CO(3–2)"} <= found


def test_a_corner_plot_and_its_tables_call_the_parameters_so():
    """`lens.mass.einstein_radius` has no room beside a corner plot, and no unit."""
    samples = np.random.default_rng(2).normal(size=(500, 2))
    said: dict[str, Any] = {"units": {"a": "arcsec"}, "labels": {"a": r"$\theta_E$"}}
    snapshot = Snapshot(arrays={"samples": samples}, parameters={"a": 0.0, "b": 0.0}, **said)
    (corner,) = (panel for row in posterior(snapshot) for panel in row if isinstance(panel, CornerPanel))
    assert list(corner.names) == [r"$\theta_E$ (arcsec)", "b"]
    tables = [panel for panel in corner.insets if isinstance(panel, TablePanel)]
    assert {name for table in tables for name, _ in table.rows} >= {r"$\theta_E$", r"$\theta_E$ (arcsec)", "b"}
    shown = posterior(snapshot, parameters=["a"], truths={"a": 0.1})  # names are still those of the run
    assert shown


def test_the_numbers_of_a_run_are_called_so():
    """A sampler's own scalar has a panel, whose axis has its unit."""
    lines = [ScalarsLine(0, number, number, float(number), 1.0, {}, {"step_size": 0.5}) for number in range(5)]
    snapshot = Snapshot(arrays={}, scalars={"step_size": 0.5}, history=lines, labels={"step_size": r"$\epsilon$"})
    snapshot = replace(snapshot, units={"step_size": "km"})
    (panel,) = (each for each in run(snapshot) if isinstance(each, LinesPanel) and each.title == r"$\epsilon$")
    assert panel.y_label == "km"
    assert "0.5 km" in texts(run, snapshot)


def test_what_is_said_of_a_group_holds_in_it_and_what_is_said_of_all_beside_it():
    """`plane_1/source` has its own unit, or that of `source`."""
    snapshot = Snapshot(
        arrays={"plane_1/source": IMAGE, "data": IMAGE}, units={"plane_1/source": "Jy", "extent": "kpc"}
    )
    inner = within(snapshot, "plane_1/")
    assert set(inner.arrays) == {"source"}
    assert inner.units["source"] == "Jy"
    assert inner.units["extent"] == "kpc"
    assert set(within(snapshot, "plane_1/", shared=True).arrays) == {"source", "data", "plane_1/source"}


def test_a_label_that_names_its_unit_gets_no_second():
    """`flux (Jy) (Jy)`."""
    arrays = {"x": np.arange(9.0), "data": np.arange(9.0), "model": np.arange(9.0)}
    said: dict[str, Any] = {"units": {"data": "Jy"}, "labels": {"data": "flux (Jy)"}}
    assert "flux (Jy)" in texts(line, Snapshot(arrays=arrays, **said))
