"""Panels of one group show the same range."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.figures.panels import ImagePanel, LinesPanel, MeshPanel, RectangularMesh, ScatterPanel, Series
from autoviz_render.figures.shared_axes import with_shared_axes

X = np.array([0.0, 10.0])


def test_a_group_shows_what_each_of_its_panels_would_show():
    """Two light curves of one night are compared by eye, and need one time axis."""
    one = LinesPanel("a", [Series(X, X)], share_x="time")
    other = LinesPanel("b", [Series(X + 20, X)], share_x="time")
    alone = LinesPanel("c", [Series(X, X)])
    first, second, third = with_shared_axes([one, other, alone])
    assert first.x_limits == second.x_limits == pytest.approx((-0.2, 30.2))
    assert first.y_limits is None
    assert third is alone


def test_limits_that_one_is_given_hold_for_all_reversed_ones_too():
    """What a person sets must win."""
    given = LinesPanel("a", [Series(X, X)], share_y="magnitude", y_limits=(19.0, 17.0))
    for panel in with_shared_axes([LinesPanel("b", [Series(X, X)], share_y="magnitude"), given]):
        assert panel.y_limits == (19.0, 17.0)


def test_dates_are_shared_with_dates():
    """The first is of datetime64, the second of seconds since 1970."""
    dates = np.array(["2024-01-01", "2024-01-03"], dtype="datetime64[D]")
    seconds = Series(dates.astype("datetime64[s]").astype(float), X)
    panels = with_shared_axes(
        [LinesPanel("a", [Series(dates, X)], share_x="t"), LinesPanel("b", [seconds], x_dates=True, share_x="t")]
    )
    assert panels[0].x_limits == panels[1].x_limits


def test_images_meshes_and_points_share_with_lines():
    """A spectrogram over its light curve."""
    image = ImagePanel("a", np.zeros((3, 4)), extent=(0, 40, 0, 3), share_x="t")
    mesh = MeshPanel("b", RectangularMesh(np.array([0.0, 50.0]), np.array([0.0, 1.0])), [[1.0]], share_x="t")
    points = ScatterPanel("c", [0.0, 60.0], [0.0, 1.0], [0.0, 1.0], share_x="t")
    lines = LinesPanel("d", [Series(X, X)], share_x="t")
    limits = pytest.approx((-1.8, 61.8))
    *coloured, curve = with_shared_axes([image, mesh, points, lines])
    assert curve.x_limits == limits
    assert [panel.view[:2] for panel in coloured] == [limits] * 3
    assert coloured[0].view[2:] == (0.0, 3.0)


def test_a_panel_that_cannot_be_drawn_has_no_part_in_it():
    """Its own slot says what is wrong; its neighbours are drawn."""
    broken = LinesPanel("a", [Series(X, X[:1])], share_x="t")
    good = LinesPanel("b", [Series(X, X)], share_x="t")
    assert with_shared_axes([broken, good])[1].x_limits == pytest.approx((-0.2, 10.2))
