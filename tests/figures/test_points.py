"""The points figure's numbers and panels, without Matplotlib."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.figures.builtin.auto import auto
from autoviz_render.figures.builtin.points import points
from autoviz_render.figures.errors import MissingArraysError
from autoviz_render.figures.panels import ImagePanel, LinesPanel, ScatterPanel, TablePanel
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.spool.snapshot import Snapshot

POSITIONS = np.array([[1.1, 0.8], [-1.2, 0.5], [0.3, -1.4], [-0.7, -1.0]])
NOISE = np.array([0.05, 0.05, 0.1, 0.1])
CIRCLE = np.stack([np.cos(np.linspace(0, 7, 50)), np.sin(np.linspace(0, 7, 50))], axis=1)


def quad(*, shift=(0.03, 0.04), iteration=100, **changed):
    """Four images of a quasar; the model has one more, and all in another order."""
    arrays = {
        "positions": POSITIONS,
        "positions_noise_map": NOISE,
        "model_positions": np.concatenate([POSITIONS[::-1] + shift, [[0.02, 0.01]]]),
        "source_positions": 0.01 * POSITIONS,
        "source_centre": np.zeros(2),
        "fluxes": np.array([1.0, 2.0, 0.5, 0.8]),
        "fluxes_noise_map": np.full(4, 0.1),
        "model_fluxes": np.array([1.1, 1.9, 0.6, 0.8]),
        "critical_curves": CIRCLE,
    }
    return snapshot_of(arrays | changed, iteration)


def galaxies(count=200, *, seed=0, noise=0.1, iteration=100, **changed):
    """Galaxies round a cluster at the origin, whose shear falls as its distance rises."""
    rng = np.random.default_rng(seed)
    positions = rng.uniform(-100, 100, (count, 2))
    distance, angle = np.hypot(*positions.T), np.arctan2(positions[:, 1], positions[:, 0])
    model = -(6 / (distance + 20))[:, None] * np.stack([np.cos(2 * angle), np.sin(2 * angle)], axis=1)
    arrays = {
        "positions": positions,
        "shear": model + rng.normal(0, noise, (count, 2)),
        "shear_noise_map": np.full(count, noise),
        "model_shear": model,
    }
    return snapshot_of(arrays | changed, iteration)


def isophotes(*, iteration=100, **changed):
    major = np.geomspace(0.2, 2.0, 6)
    y, x = np.mgrid[-3:3:30j, -3:3:30j]
    arrays = {
        "ellipses": np.stack([0 * major, 0 * major, major, 0.7 * major, 30 + 5 * major], axis=1),
        "data": np.exp(-np.hypot(x, y)),
        "extent": np.array([-3.0, 3.0, -3.0, 3.0]),
    }
    return snapshot_of(arrays | changed, iteration)


def snapshot_of(arrays, iteration=100):
    held = {name: array for name, array in arrays.items() if array is not None}
    return Snapshot(arrays=held, parameters={"einstein_radius": 1.3}, iteration=iteration, log_likelihood=-1.0)


def titles(panels):
    return [panel.title for panel in panels]


def named(panels, title):
    return next(panel for panel in panels if panel.title.startswith(title))


def curve(panel, label):
    return next(each for each in panel.curves if each.label.startswith(label))


def test_points_are_shown_in_the_plane_with_their_model():
    """Against an index they would be two lines that say nothing."""
    panels = points(quad())
    assert titles(panels) == ["Positions", "Model less data", "Source plane", "Fluxes", "Best fit"]
    positions = panels[0]
    assert isinstance(positions, ScatterPanel)
    assert positions.equal
    np.testing.assert_array_equal(np.stack([positions.x, positions.y], axis=1), POSITIONS)
    model = curve(positions, "model")
    assert model.x.size == 5
    x0, x1, y0, y1 = positions.view
    assert x1 - x0 == pytest.approx(y1 - y0)
    assert x0 < POSITIONS.min() < POSITIONS.max() < x1


def test_each_point_is_compared_with_the_nearest_of_the_model():
    """The model's images come in another order, and may be more."""
    panels = points(quad())
    np.testing.assert_allclose(panels[0].values, np.full(4, 0.05) / NOISE)
    offsets = named(panels, "Model less data")
    np.testing.assert_allclose(np.stack([offsets.x, offsets.y], axis=1), np.array([0.03, 0.04]) / NOISE[:, None])
    assert offsets.x_label == "Δx (σ)"
    expected = np.sum((0.05 / NOISE) ** 2) + np.sum((np.array([0.1, -0.1, 0.1, 0.0]) / 0.1) ** 2)
    rows = dict(panels[-1].rows)
    assert rows["chi squared"] == f"{expected:.0f}"
    assert rows["points"] == "12"
    bare = points(quad(positions_noise_map=None))
    np.testing.assert_allclose(bare[0].values, 0.05)
    assert named(bare, "Model less data").x_label == "Δx (″)"


@pytest.mark.parametrize("name", ["positions", "model_positions", "source_positions", "critical_curves"])
def test_places_in_the_order_of_pyautolens_are_turned(name):
    """(y, x): mirrored at the diagonal they would look plausible."""
    given = quad().arrays[name]
    turned = points(quad(**{name: None, f"{name}_yx": given[:, ::-1]}))
    snapshots = quad(), quad(**{name: None, f"{name}_yx": given[:, ::-1]})
    assert titles(turned) == titles(points(snapshots[0]))
    drawn = [KeptFigure(points, dpi=20).draw(each).encode("png") for each in snapshots]
    assert drawn[0] == drawn[1]


def test_points_lie_over_the_image_if_there_is_one():
    """Where the light is, the images are to be."""
    image = np.zeros((20, 20))
    panel = points(quad(image=image, extent=np.array([-2.0, 2.0, -2.0, 2.0])))[0]
    assert isinstance(panel, ImagePanel)
    assert {each.label for each in panel.curves} == {"", "critical curve", "data", "model"}


def test_shear_is_sticks_along_it():
    """Round a mass the sticks stand tangentially, and their ends have no direction."""
    snapshot = galaxies(50, noise=1e-6)
    panels = points(snapshot)
    assert titles(panels) == ["Shear", "Data less model", "Tangential shear about (0, 0)", "Residuals", "Best fit"]
    sticks = curve(panels[0], "data")
    x, y = (np.reshape(each, (-1, 3))[:, :2] for each in (sticks.x, sticks.y))
    positions = snapshot.arrays["positions"]
    np.testing.assert_allclose(np.stack([x.mean(axis=1), y.mean(axis=1)], axis=1), positions, atol=1e-6)
    along = np.stack([x[:, 1] - x[:, 0], y[:, 1] - y[:, 0]], axis=1)
    outward = positions / np.hypot(*positions.T)[:, None]
    assert np.abs((along * outward).sum(axis=1)).max() < 1e-4 * np.hypot(*along.T).max()
    np.testing.assert_allclose(np.hypot(*along.T) / panels[0].values, np.hypot(*along[0]) / panels[0].values[0])
    left = curve(panels[1], "")
    assert np.nanmax(np.abs(np.diff(np.reshape(left.x, (-1, 3))[:, :2]))) < 1e-3
    assert (panels[0].low, panels[0].high) == (panels[1].low, panels[1].high)


def test_shear_in_the_order_of_pyautolens_is_turned():
    """(γ2, γ1), at (y, x)."""
    given = galaxies()
    turned = {f"{name}_yx": given.arrays[name][:, ::-1] for name in ("positions", "shear", "model_shear")}
    other = galaxies(positions=None, shear=None, model_shear=None, **turned)
    drawn = [KeptFigure(points, dpi=20).draw(each).encode("png") for each in (given, other)]
    assert drawn[0] == drawn[1]


def test_the_tangential_shear_is_the_profile_of_the_mass():
    """Positive round a mass; what is across it is noise."""
    panel = named(points(galaxies(4000)), "Tangential")
    data, across, model = panel.series
    expected = 6 / (data.x + 20)
    np.testing.assert_allclose(model.y, expected, rtol=0.1)
    assert np.abs((data.y - model.y) / data.error).max() < 4
    assert np.abs(across.y / across.error).max() < 4
    moved = galaxies(4000)
    moved = snapshot_of(
        {
            **moved.arrays,
            "positions": moved.arrays["positions"] + [50.0, -30.0],
            "shear_centre": np.array([50.0, -30.0]),
        }
    )
    again = named(points(moved), "Tangential")
    assert again.title == "Tangential shear about (50, −30)"
    np.testing.assert_allclose(again.series[0].y, data.y)


def test_a_great_many_galaxies_are_as_few_in_the_picture():
    """Twenty thousand sticks are a grey square."""
    panel = points(galaxies(20_000))[0]
    assert panel.title == "Shear, means of 20,000"
    assert panel.x.size <= 24 * 24
    model = np.hypot(panel.x, panel.y)
    far = model > 40
    np.testing.assert_allclose(panel.values[far], (6 / (model + 20))[far], atol=0.08)


def test_ellipses_lie_over_the_image_and_their_shapes_are_profiles():
    """What is looked at of isophotes."""
    panels = points(isophotes())
    assert titles(panels) == ["Ellipses", "Axis ratio", "Angle", "Best fit"]
    drawn = curve(panels[0], "ellipses")
    assert np.nanmax(np.hypot(drawn.x, drawn.y)) == pytest.approx(2.0)
    np.testing.assert_allclose(panels[1].series[0].y, 0.7)
    farthest = np.nanargmax(np.hypot(drawn.x, drawn.y))
    assert np.degrees(np.arctan2(drawn.y[farthest], drawn.x[farthest])) % 180 == pytest.approx(40.0, abs=3.0)
    assert isinstance(points(isophotes(data=None))[0], ScatterPanel)


def test_what_is_needed_is_named():
    """The sampler's author reads this message."""
    with pytest.raises(MissingArraysError, match="needs positions, positions_yx or ellipses"):
        points(quad(positions=None))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("positions", np.zeros((2, 4))),
        ("positions_yx", np.zeros((4, 3))),
        ("positions_noise_map", np.zeros(3)),
        ("model_positions", np.zeros(5)),
        ("source_positions", np.zeros((3, 2))),
        ("fluxes", np.zeros(5)),
        ("model_fluxes", np.zeros((4, 1))),
        ("shear", np.zeros((3, 2))),
        ("ellipses", np.zeros((3, 4))),
    ],
)
def test_an_array_of_the_wrong_shape_is_named(name, value):
    """The usual mistake is points along the second axis."""
    snapshot = quad(**({"positions": None} if name == "positions_yx" else {}), **{name: value})
    with pytest.raises(ValueError, match=f"^{name} must have the shape"):
        points(snapshot)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, 1e300, -1e300])
@pytest.mark.parametrize("made", [quad, galaxies, isophotes])
def test_any_value_in_any_array_is_survived_without_a_warning(made, value):
    """Early in a run models break down; warnings are errors here."""
    drawing = KeptFigure(points, dpi=20)
    for name, array in made().arrays.items():
        if name == "extent":
            continue
        some = np.array(array, dtype=np.float64)
        some[:1] = value
        for replaced in (some, np.full_like(some, value)):
            assert drawing.draw(made(**{name: replaced})).errors == ()


def test_few_or_no_points_are_drawn():
    """One image, or none yet."""
    for count in (0, 1, 2):
        assert KeptFigure(points, dpi=20).draw(snapshot_of({"positions": POSITIONS[:count]})).errors == ()
        made = galaxies(count) if count else snapshot_of({"positions": np.empty((0, 2)), "shear": np.empty((0, 2))})
        assert KeptFigure(points, dpi=20).draw(made).errors == ()


def test_a_kept_figure_equals_a_fresh_one(kept_equals_fresh):
    """Live and later rendering give the same bytes, whatever was drawn before."""
    kept_equals_fresh(points, [quad(), quad(shift=(0.1, 0.0), iteration=2), galaxies(), isophotes(), galaxies(900)])


def test_auto_shows_points_in_the_plane_too():
    """Whoever gives such arrays to a search without a word about a figure has these names."""
    panels = auto(quad())
    assert titles(panels)[:2] == ["Positions", "Model less data"]
    assert not [panel for panel in panels if isinstance(panel, LinesPanel) and panel.x_label == "index"]
    assert isinstance(panels[-1], TablePanel)
    other = auto(snapshot_of({"positions": np.zeros((9, 4)), "profile": np.arange(9.0)}))
    assert "Positions" not in titles(other)
