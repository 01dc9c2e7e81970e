"""Colour limits that hold still while a fit converges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autoviz_render.figures.builtin.imaging import imaging
from autoviz_render.figures.panels import ImagePanel, LinesPanel, MeshPanel, RectangularMesh, ScatterPanel, Series
from autoviz_render.renderer.batch.fixed_colour_limits import with_limits_of
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.spool.snapshot import Snapshot


def ramp(top, **settings):
    return ImagePanel("Ramp", np.linspace(0, top, 60).reshape(6, 10), **settings)


def at(number):
    return Snapshot(arrays={}, iteration=number)


def with_limits(*pages):
    """The panels of snapshot 0, 1, ..., with the limits of the last."""
    return with_limits_of(lambda snapshot: pages[snapshot.iteration], at(len(pages) - 1))


def limits(panel):
    return panel.low, panel.high


@pytest.mark.parametrize("given", [{}, {"low": -1.0}, {"high": 5.0}, {"low": -1.0, "high": 2.0}])
def test_limits_are_those_of_the_last_snapshot_though_the_recipe_gives_its_own(given):
    """A recipe takes limits from the model, too: those would move with it, and a source would not be seen to grow."""
    (panel,) = with_limits([ramp(2.0, **given)], [ramp(8.0)])(at(0))
    assert limits(panel) == (0.0, 8.0)
    assert np.asarray(panel.values).max() == 2.0


def test_a_panel_is_known_by_its_title_wherever_it_stands():
    """Early snapshots have fewer arrays, and the panels of the others close up."""
    other, lines = ImagePanel("Other", np.eye(3)), LinesPanel("Lines", [Series(np.arange(3), np.arange(3))])
    moved, same = with_limits([ramp(2.0), lines], [other, lines, ramp(8.0)])(at(0))
    assert limits(moved) == (0.0, 8.0)
    assert same is lines


def test_numbers_in_a_title_may_change_unless_they_tell_panels_apart():
    """The imaging figure counts in a title; the arrays of a run may be numbered."""
    early, late = (replace(ramp(2.0), title=f"Chi squared: {total} in 6,828 pixels") for total in ("1.2e+15", "14,492"))
    (panel, _) = with_limits([early, ramp(1.0)], [ramp(1.0), late])(at(0))
    assert limits(panel) == (0.0, 2.0)
    one, two, three = (replace(ramp(float(number)), title=f"plane {number}") for number in (1, 2, 3))
    first, third = with_limits([one, three], [ramp(5.0), one, two])(at(0))
    assert (limits(first), limits(third)) == ((0.0, 1.0), (None, None))


def test_a_panel_that_the_last_snapshot_does_not_have_keeps_its_own_limits():
    """No limits are better than those of another quantity."""
    lone, log = ImagePanel("Lone", np.eye(3), high=7.0), ramp(2.0, scale="log")
    assert list(with_limits([lone, log], [replace(lone, title="Another"), ramp(8.0)])(at(0))) == [lone, log]


def test_rows_of_panels_stay_rows():
    """A recipe that lays its figure out itself must find it laid out so in the movie."""
    rows = with_limits([[ramp(1.0), ramp(2.0)], [ramp(3.0)]], [[ramp(4.0), ramp(5.0)], [ramp(6.0)]])(at(0))
    assert [[limits(panel) for panel in row] for row in rows] == [[(0.0, 4.0), (0.0, 5.0)], [(0.0, 6.0)]]


def test_the_last_snapshot_is_drawn_as_ever(lens_snapshot):
    """The limits found must be those that each kind of panel takes, to the last bit: a movie ends in the still one."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=(8, 9))
    lost = np.where(rng.random(50) < 0.2, np.nan, rng.normal(size=50))

    def panels(snapshot):
        mesh = MeshPanel("Mesh", RectangularMesh(np.arange(10.0), np.arange(9.0)), values, scale="symmetric")
        points = ScatterPanel("Points", lost, rng_x, np.arange(50.0), weights=np.where(lost > 0, -1.0, 1.0))
        image = ImagePanel("Image", values, mask=values > 1, scale="log")
        return [*imaging(snapshot)[:2], mesh, points, image]

    rng_x = rng.normal(size=50)
    snapshot = lens_snapshot()
    assert KeptFigure(with_limits_of(panels, snapshot), dpi=30).draw(snapshot).encode("png") == KeptFigure(
        panels, dpi=30
    ).draw(snapshot).encode("png")


@pytest.mark.parametrize("broken", [5, [5], [replace(ramp(2.0), values="none")]])
def test_a_recipe_that_fails_at_the_last_snapshot_fixes_nothing(broken):
    """The figure shows what is wrong, and the frames before it are none the worse."""
    (panel,) = with_limits([ramp(2.0)], broken)(at(0))
    assert limits(panel) == (None, None)
