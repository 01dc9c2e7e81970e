"""Axes and colour limits that hold still while a fit converges."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from autoviz_render.figures.builtin.imaging import imaging
from autoviz_render.figures.panels import (
    CornerPanel,
    HistogramPanel,
    ImagePanel,
    LinesPanel,
    MeshPanel,
    RectangularMesh,
    ScatterPanel,
    Series,
    TextPanel,
)
from autoviz_render.renderer.batch.render import render
from autoviz_render.renderer.fixed_limits import with_limits_of
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.provenance import read_provenance
from autoviz_render.renderer.settings import FigureSpec, RenderSettings
from autoviz_render.renderer.work.job_runner import JobRunner
from autoviz_render.renderer.work.jobs import Job
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.store import Spool


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
    other, text = ImagePanel("Other", np.eye(3)), TextPanel("Words", "Nothing to hold.")
    moved, same = with_limits([ramp(2.0), text], [other, text, ramp(8.0)])(at(0))
    assert limits(moved) == (0.0, 8.0)
    assert same is text


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
        lines = LinesPanel(
            "Lines",
            [Series(rng_x, lost, error=rng_x), Series(rng_x, 1e3 * lost**2, axis="right")],
            right_log=True,
            residuals=[Series(rng_x, lost)],
        )
        histogram = HistogramPanel("Histogram", lost)
        return [*imaging(snapshot)[:2], mesh, points, image, lines, histogram]

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


def moving(size):
    """One panel of each kind with axes; all of its numbers grow with the size."""
    x = size * np.linspace(-1.0, 1.0, 50)
    mesh = RectangularMesh(size * np.arange(10.0), size * np.arange(9.0))
    return [
        LinesPanel("Lines", [Series(x, x**2)], residuals=[Series(x, x)]),
        LinesPanel("Logarithms", [Series(x, np.exp(x), axis="right")], right_log=True),
        HistogramPanel("Histogram", x),
        ScatterPanel("Points", x, x**2, x),
        MeshPanel("Mesh", mesh, np.ones((8, 9))),
        ImagePanel("Image", np.ones((4, 4)), extent=(0.0, size, 0.0, size)),
        ImagePanel("View", np.ones((4, 4)), view=(0.0, size, 0.0, size)),
    ]


def test_axes_are_those_of_the_last_snapshot():
    """An axis that is another in every frame hides what moves on it: numbers would dance, and the data stand still."""
    lines, logs, histogram, *coloured = with_limits(moving(1.0), moving(4.0))(at(0))
    assert lines.x_limits == pytest.approx((-4.16, 4.16))
    assert lines.y_limits == pytest.approx((-0.96, 16.96), abs=0.1)
    assert logs.right_limits[1] > np.exp(4.0)
    assert histogram.bins[0] <= -4.0
    assert histogram.y_limits[1] < 0.25, "an eighth of what a density of 1/2 needs"
    points, mesh, image, view = (panel.view for panel in coloured)
    assert points == pytest.approx((-4.24, 4.24, -0.47, 16.48), abs=0.05)
    assert mesh == (0.0, 36.0, 0.0, 32.0)
    assert image == view == (0.0, 4.0, 0.0, 4.0)


def test_the_background_of_every_frame_is_the_same():
    """What is seen of the axes: a figure whose panels were all drawn as the last ones are, but for what is in them."""
    recipe = with_limits(*(moving(size) for size in (1.0, 2.5, 4.0)))
    figure = KeptFigure(recipe, dpi=40)
    first, *others = [figure.draw(at(number)).pixels for number in range(3)]
    ink = (first < 60).all(axis=-1)  # numbers, frames and ticks
    changed = [np.count_nonzero((other < 60).all(axis=-1) != ink) for other in others]
    assert max(changed) < 0.05 * np.count_nonzero(ink)


def test_panels_within_a_corner_plot_keep_their_limits_too():
    """They are panels like any others; one of their title that stands elsewhere is another."""
    early, late = (
        [CornerPanel("Corner", np.eye(4), list("abcd"), insets=[moving(size)[0], TextPanel("Words", "")])]
        for size in (1.0, 4.0)
    )
    (corner,) = with_limits(early, late)(at(0))
    assert corner.insets[0].x_limits == pytest.approx((-4.16, 4.16))
    assert corner.insets[1] is early[0].insets[1]
    assert corner.ranges is not None


def test_points_that_are_not_seen_are_counted_in_the_title():
    """A panel that is empty in early frames would say that there is nothing: of the wide ones a quarter is seen."""
    frames = [moving(4.0), moving(1.0)]
    lines, logs, histogram, points, *others = with_limits(*frames)(at(0))
    assert [panel.title for panel in (histogram, points)] == ["Histogram, 38 beyond", "Points, 38 beyond"]
    assert lines.title.startswith("Lines, ")
    assert logs.title.startswith("Logarithms, ")
    assert [panel.title for panel in others] == ["Mesh", "Image", "View"]
    assert not any("beyond" in panel.title for panel in with_limits(*frames)(at(1)))


def test_panels_of_one_title_and_other_scales_are_others():
    """Limits of a linear axis may be negative, and nothing could be drawn on a logarithmic one."""
    early = LinesPanel("Lines", [Series(np.arange(3.0), np.arange(3.0))], y_log=True)
    (panel,) = with_limits([early], [replace(early, y_log=False)])(at(0))
    assert panel is early


def test_a_source_that_says_that_its_colours_are_its_own_says_so_over_the_whole_film(lens_snapshot):
    """Its title depends on how bright it is, and its limits are then those of the last frame all the same."""
    zoom = np.linspace(0.0, 1.0, 12).reshape(3, 4)
    extent = {"source_zoom_extent": np.array([-0.2, 0.2, -0.15, 0.15])}
    first, last = (lens_snapshot(source_zoom=peak * zoom, **extent) for peak in (1.0, 20.0))
    recipe: Any = imaging
    held: Any = with_limits_of(recipe, last)
    titles = [[panel.title for panel in recipe(each) if "brightest" in panel.title] for each in (first, last)]
    assert titles == [["Source plane: brightest part"], ["Source plane: brightest part, own scale"]]
    for snapshot in (first, last):
        (panel,) = (each for each in held(snapshot) if "brightest" in each.title)
        assert panel.title.endswith("own scale")
        assert panel.high == 20.0


def test_a_run_can_be_drawn_with_the_same_limits_everywhere(tmp_path):
    """What changes from step to step is then the fit, and not the colours: those of the newest, or of a step."""
    with Publisher(tmp_path / "run", retention="all") as publisher:
        for step in range(4):
            publisher.publish({"model": np.eye(4) * 10.0**step}, iteration=step)
            publisher.flush()
    spool = Spool(tmp_path / "run")

    def drawn(limits):
        results = [*render(tmp_path / "run", which="all", settings=RenderSettings(dpi=30, limits=limits), redraw=True)]
        return [result.files[0].read_bytes() for result in results]

    own, run, first = drawn("own"), drawn("run"), drawn(0)
    assert [each == other for each, other in zip(own, run, strict=True)] == [False] * 4  # the metadata says so
    pixels = [[np.asarray(Image.open(io.BytesIO(each))) for each in kind] for kind in (own, run, first)]
    assert [np.array_equal(*each) for each in zip(pixels[0], pixels[1], strict=True)] == [False, False, False, True]
    assert [np.array_equal(*each) for each in zip(pixels[0], pixels[2], strict=True)] == [True, False, False, False]
    missing = [*render(spool.paths.run_dir, settings=RenderSettings(limits=9))]
    assert "does not keep step 9, which the limits are of" in missing[0].fault


def test_live_limits_hold_until_a_snapshot_goes_beyond_them(tmp_path):
    """Else the first frames, of bad fits, would rule the run; and each widening is one step, not a flicker."""
    with Publisher(tmp_path / "run", retention="all") as publisher:
        for step, height in enumerate([4.0, 3.0, 2.0, 8.0, 7.0]):
            publisher.publish({"model": np.eye(4) * height}, iteration=step)
            publisher.flush()
    runner, told = JobRunner(), []
    for ref in Spool(tmp_path / "run").snapshots():
        settings = RenderSettings(dpi=30, limits="run")
        job = Job(
            ref.path.parents[1],
            FigureSpec("auto"),
            tmp_path / "fit",
            settings=settings,
            snapshot=ref.path.name,
            is_live=True,
        )
        assert runner.draw(job).status == "drawn"
        told.append(read_provenance(tmp_path / "fit.png").settings["limits"])
    assert told == [0, 0, 0, 3, 3]
