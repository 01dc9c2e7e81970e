"""The corner plot as it is drawn: what its frames, notes and legend say."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.patches import PathPatch
from matplotlib.text import Text

from autoviz_render.figures.panels import CornerPanel, LinesPanel, Series, TablePanel
from autoviz_render.renderer.plot.artists.corners import CornerArtists
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.spool.snapshot import Snapshot

NAMES = ("alpha", "beta", "gamma")


def normal(size=2000, width=3, seed=0):
    return np.random.default_rng(seed).normal(size=(size, width))


def drawn(panel):
    """The figure of one panel, after a drawing without errors."""
    kept = KeptFigure(lambda _: [panel], dpi=50)
    drawing = kept.draw(Snapshot(arrays={}))
    assert drawing.errors == ()
    return drawing._figure


def words(panel):
    """All texts on the figure of a panel."""
    return [text.get_text() for text in drawn(panel).findobj(Text) if text.get_text() and text.get_visible()]


def test_far_samples_are_counted_at_their_edge():
    """Whoever looks at the part shown must know that there is more."""
    samples = normal()
    samples[:3, 0] = 1e15
    samples[7, 1] = -1e9
    found = words(CornerPanel("", samples, NAMES))
    assert "3 beyond ▸" in found
    assert any(text.startswith("◂ ") and text.endswith(" beyond") for text in found)
    weighted = words(CornerPanel("", samples, NAMES, weights=np.linspace(1, 3, 2000)))
    assert any(text.endswith("% beyond ▸") for text in weighted)
    assert not any("beyond" in text for text in words(CornerPanel("", normal(), NAMES)))


def test_a_constant_is_called_so_and_has_no_width():
    """A fixed parameter looked measured."""
    samples = normal()
    samples[:, 1] = 3.3
    assert words(CornerPanel("", samples, NAMES)).count("constant") == 1


def test_a_mark_outside_the_part_shown_is_told_by_a_word_and_an_arrow():
    """A best fit far from the samples is the first thing to see, and had neither line nor word."""
    panel = CornerPanel("", normal(), NAMES, marked=np.array([12.0, 0, 0]), truths=np.array([0, -50.0, np.nan]))
    found = words(panel)
    assert found.count("best fit ▸") == 1
    assert found.count("◂ truth") == 1


def test_the_legend_names_what_is_there():
    """An orange line says nothing by itself."""
    everything = CornerPanel("", normal(), NAMES, marked=np.zeros(3), truths=np.zeros(3), prior=9 * normal(500))
    assert {"best fit", "truth", "prior", "39, 86, 99%"} <= set(words(everything))
    assert not {"best fit", "truth", "prior"} & set(words(CornerPanel("", normal(), NAMES)))
    assert not {"best fit"} & set(words(CornerPanel("", normal(), NAMES, marked=np.full(3, np.nan))))


def test_samples_that_are_not_finite_are_counted_in_the_title():
    """Left out without a word they are missed by nobody."""
    samples = normal()
    samples[:12, 2] = np.nan
    assert "Posterior (12 not finite, left out)" in words(CornerPanel("Posterior", samples, NAMES))


@pytest.mark.parametrize("count", [2, 3, 4, 6, 10])
def test_insets_stand_in_the_empty_part(count):
    """The corner has the page for itself, and its tables hide none of its frames."""
    table = TablePanel("Median", [(f"name {i}", "1.23 +0.12 −0.12") for i in range(count)])
    course = LinesPanel("Course", [Series(np.arange(9.0), np.arange(9.0), label="a")])
    insets = [table, TablePanel("Best fit", [("a", "1")]), course]
    panel = CornerPanel("", normal(width=count), tuple("abcdefghij"[:count]), insets=insets, span=(3, 3))
    figure = drawn(panel)
    texts = {text.get_text(): text for text in figure.findobj(Text)}
    assert {"Median", "Best fit", "Course"} <= set(texts)
    frames = [patch for patch in figure.findobj(PathPatch) if patch.get_path().vertices.shape[0] > 4]
    assert len(frames) >= count * (count - 1) // 2
    width, height = figure.bbox.size
    for title in ("Median", "Best fit", "Course"):
        x, y = texts[title].get_window_extent(figure.canvas.get_renderer()).min
        assert x / width + y / height > 1 - 0.02, "above the diagonal"


def test_titles_stay_in_their_column():
    """Seventeen digits ran over the next histogram."""
    samples = 2455892.54321 + 1e-9 * normal(width=10)
    figure = drawn(CornerPanel("", samples, [f"a rather long name {i}" for i in range(10)], span=(3, 3)))
    renderer = figure.canvas.get_renderer()
    step = figure.bbox.width / 10
    for text in figure.findobj(Text):
        if text.get_text().startswith(("a rather", "a r", "24558")) and text.get_rotation() == 0:
            assert text.get_window_extent(renderer).width < step * 1.02


@pytest.mark.parametrize("ranges", [[(0, 0), None, None], [(1, -1), None, None], [(np.nan, 1), None, None], [None]])
def test_a_range_that_is_none_is_refused(ranges):
    """It says which parameter's."""
    drawing = KeptFigure(lambda _: [CornerPanel("", normal(), NAMES, ranges=ranges)], dpi=20).draw(Snapshot(arrays={}))
    assert "range" in drawing.errors[0]


def test_the_axes_of_a_movie_are_those_of_its_last_frame():
    """What moves is the posterior, not its frame."""
    early, late = (CornerPanel("", size * normal(seed=1), NAMES) for size in (3.0, 1.0))
    axes = CornerArtists.axes(late)
    assert CornerArtists.axes(CornerPanel("", early.samples, NAMES, **axes)) == axes


@pytest.mark.parametrize("size", [1e308, 1e-310, 1e17])
def test_any_magnitude_is_drawn_without_a_warning(size):
    """Samples of a chain that diverged."""
    samples = normal()
    samples[:, 0] *= size / np.abs(samples[:, 0]).max()
    samples[0, 1] = size
    words(CornerPanel("", samples, NAMES, marked=np.array([size, 0.0, 0.0]), prior=samples[::3]))


def test_a_kept_corner_equals_a_fresh_one(kept_equals_fresh):
    """Whatever was drawn before leaves no trace."""
    far = normal(seed=2)
    far[:4] = 1e15
    constant = normal(seed=3)
    constant[:, 0] = 1.0
    panels = [
        CornerPanel("a", normal(), NAMES, marked=np.array([99.0, 0, 0]), prior=normal(300)),
        CornerPanel("a", far, NAMES, marked=np.zeros(3), prior=normal(300)),
        CornerPanel("b", constant, NAMES, marked=np.zeros(3), prior=normal(300)),
        CornerPanel("b", normal(seed=4), NAMES),
    ]
    snapshots = [Snapshot(arrays={}, iteration=number) for number in range(len(panels))]
    kept_equals_fresh(lambda snapshot: [panels[snapshot.iteration]], snapshots)
