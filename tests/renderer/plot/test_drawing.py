"""A kept figure and a fresh one are the same picture, and what fails is shown in its place."""

from __future__ import annotations

import itertools
import logging
from dataclasses import dataclass
from typing import Any, cast

import matplotlib as mpl
import numpy as np
import pytest

from autoviz_render.figures.builtin.auto import auto
from autoviz_render.figures.builtin.imaging import imaging
from autoviz_render.figures.panels import (
    ColouredPanel,
    Curve,
    CustomPanel,
    ImagePanel,
    LinesPanel,
    Panel,
    Series,
    TablePanel,
    TextPanel,
)
from autoviz_render.renderer.fixed_limits import with_limits_of
from autoviz_render.renderer.plot.artists import ARTISTS
from autoviz_render.renderer.plot.artists.coloured import Coloured, coloured_structure
from autoviz_render.renderer.plot.artists.panel_artists import PanelArtists
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.plot.formats import FORMATS
from autoviz_render.renderer.plot.pixel_image import PixelImage
from autoviz_render.spool.snapshot import Snapshot

DPI = 40
"""Pixels cost time, and the promises hold at any number of them."""


def some_panels(snapshot):
    """Four of the twelve: as good where the panels do not matter."""
    return imaging(snapshot)[2:6]


def fresh(recipe, snapshot, file_format="png"):
    return KeptFigure(recipe, dpi=DPI).draw(snapshot).encode(file_format)


def broken(array):
    array = array.copy()
    array[5:9, 3:20] = np.nan
    array[12, 12] = np.inf
    return array


def test_a_kept_imaging_figure_equals_a_fresh_one(lens_snapshot, kept_equals_fresh):
    """Live and later rendering give the same bytes, whatever was drawn before: limits, ticks and arrows included."""
    first = lens_snapshot()
    kept_equals_fresh(
        imaging,
        [
            first,
            lens_snapshot(seed=1, amplitude=1e-4, iteration=2_000_000),
            lens_snapshot(
                model_image=broken(first.arrays["model_image"]), source=broken(first.arrays["source"].repeat(2, 1))
            ),
            lens_snapshot(inverse_magnification=np.ones((44, 44)), source_extent=np.array([-1.0, 0.5, -2.0, 3.0])),
            lens_snapshot(30, 50, lens_light=None),
            lens_snapshot(source=None),
            lens_snapshot(mask=np.ones((44, 44), dtype=bool)),
        ],
    )


def test_a_kept_auto_figure_equals_a_fresh_one(kept_equals_fresh):
    """Panels come and go, change their kind and their shape."""
    rng = np.random.default_rng(3)
    kept_equals_fresh(
        auto,
        [
            Snapshot(arrays={"a": rng.random((9, 9)), "b": rng.random(50)}, run="run"),
            Snapshot(arrays={"a": rng.random(40) * 1e7, "b": rng.random((30, 8)) * 1e-7}, run="run"),
            Snapshot(arrays={"a": rng.random((9, 9)), "b": np.where(rng.random(50) < 0.2, np.nan, 1.0)}, iteration=7),
            Snapshot(arrays={"a": np.full((9, 9), np.nan), "b": np.full(50, np.nan)}),
            Snapshot(arrays={}, parameters={f"p{i}": i / 7 for i in range(60)}, run="a long name " * 20),
            Snapshot(arrays={}),
        ],
    )


def several_kinds(snapshot):
    """One panel of each kind; the snapshot's `k` changes all of them."""
    k = float(snapshot.scalars["k"])
    x = np.linspace(1, 10, 20)

    def draw(axes, snapshot):
        mesh = axes.pcolormesh(np.arange(int(k) + 4).reshape(1, -1))
        axes.figure.colorbar(mesh)
        axes.twinx().plot([0, k])

    return [
        ImagePanel(
            "Image, $\\theta_E$" if k > 1 else "Image with $5 and 中 in its title",
            np.outer(x, x) ** k,
            scale="log" if k > 1 else "linear",
            x_label="x (pixels)",
            y_label="y",
            unit="K",
            high=30.0 if k > 1 else None,
            curves=[
                Curve(x[: int(k) + 3], x[: int(k) + 3], label="path"),
                Curve(np.array([5]), np.array([k]), style="", marker="x", outline="black"),
            ],
        ),
        LinesPanel(
            "Lines",
            [Series(x, x**k, error=x / 3, label="model"), Series(x, -x * k, style="", marker="o", label="data")],
            x_label="wavelength (µm)",
            y_label="flux (Jy)",
            x_log=k > 1,
            y_log=k > 2,
        ),
        TablePanel("Table", [("name", f"{k}")] * int(k * 4)),
        TextPanel("Text", "some words " * int(10 * k)),
        CustomPanel("Custom", draw),
    ]


def test_every_kind_of_panel_is_the_same_kept_and_fresh(kept_equals_fresh):
    """Custom panels too: what they add to the figure beside their axes is gone at the next frame."""
    kept_equals_fresh(several_kinds, [Snapshot(arrays={}, scalars={"k": k}) for k in (1.0, 2.0, 3.0, 2.5)])


def two_axes(snapshot, **settings):
    """Lines with a second axis, or without one if the snapshot says so."""
    k = float(snapshot.scalars["k"])
    x = np.linspace(1, 10, 20)
    right = Series(x, 1e4 * x**k, error=x, label="right", axis="right" if k != 2 else "left", fill=k > 2)
    panel = LinesPanel("Two axes", [Series(x, np.sin(k * x), label="left"), right], right_log=k > 2, **settings)
    return [panel, TextPanel("Beside it", "")]


def test_a_second_axis_is_the_same_kept_and_fresh(kept_equals_fresh):
    """Its limits, its scale and whether it is there change from frame to frame."""
    kept_equals_fresh(two_axes, [Snapshot(arrays={}, scalars={"k": k}) for k in (1.0, 2.0, 3.0, 1.5)])


@pytest.mark.parametrize("settings", [{}, {"right_label": "height (m)"}], ids=["no label", "a label"])
@pytest.mark.parametrize("k", [1.0, -9.0])
def test_the_numbers_of_a_second_axis_stay_in_their_slot(k, settings):
    """The next panel begins where this one ends: a power of ten that is cut off is another number."""
    drawing = KeptFigure(lambda snapshot: two_axes(snapshot, **settings), dpi=100)
    pixels = drawing.draw(Snapshot(arrays={}, scalars={"k": k})).pixels
    half = pixels.shape[1] // 2
    assert (pixels[50:, half - 60 : half - 3] < 128).any(), "there are numbers"
    assert (pixels[50:, half - 3 : half] == 255).all()


@dataclass(frozen=True, eq=False)
class DotPanel(ColouredPanel):
    """A kind of panel that the package does not have: one value, in the middle."""

    value: float

    def coloured_values(self):
        return np.array([self.value])


class DotArtists(PanelArtists):
    structure = staticmethod(coloured_structure)

    def __init__(self, panel, area):
        self._rest = Coloured(panel, area)
        self._dot = PixelImage(area)
        self.foreground = [self._dot, *self._rest.foreground]

    def update(self, panel):
        parts, view, look = self._rest.show(panel, (0.0, 1.0, 0.0, 1.0))
        self._dot.show(self._rest.pixels(panel, np.array([[panel.value]])), parts.image, (0.4, 0.6, 0.4, 0.6), view)
        return look


def test_a_new_kind_of_panel_is_its_class_its_artists_and_one_line(kept_equals_fresh, monkeypatch):
    """Nothing else has to know it: not the layout, not the slots, not the limits that a movie holds."""

    def recipe(snapshot):
        return [DotPanel("Dot", snapshot.scalars["k"], low=0.0, high=4.0), DotPanel("Free", snapshot.scalars["k"])]

    snapshots = [Snapshot(arrays={}, scalars={"k": k}) for k in (1.0, 2.0, 3.0)]
    assert (
        KeptFigure(recipe, dpi=DPI).draw(snapshots[0]).errors[0] == "Dot: TypeError: there is no way to draw a DotPanel"
    )
    monkeypatch.setitem(ARTISTS, DotPanel, DotArtists)
    kept_equals_fresh(recipe, snapshots)
    held: Any = with_limits_of(recipe, snapshots[-1])(snapshots[0])
    assert [(panel.low, panel.high) for panel in held] == [(0.0, 4.0), (1.5, 4.5)]


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_file_has_the_same_bytes_kept_and_fresh(lens_snapshot, file_format):
    """A second rendering can be told to be the same by comparing files: no dates, no random identifiers."""
    snapshots = [lens_snapshot(), lens_snapshot(seed=1, amplitude=0.3)]
    kept = KeptFigure(some_panels, dpi=DPI)
    for snapshot in (*snapshots, snapshots[0]):
        data = kept.draw(snapshot).encode(file_format)
        assert data == fresh(some_panels, snapshot, file_format)
    start = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml", "webp": b"RIFF"}[file_format]
    assert data.startswith(start)
    assert b"matplotlib.org" not in data.replace(b"http://www.w3.org", b"")


def test_saving_a_vector_file_leaves_no_trace_in_the_next_frame(lens_snapshot):
    """Matplotlib changes the figure's canvas and resolution while it saves."""
    kept = KeptFigure(some_panels, dpi=DPI)
    for file_format in ("pdf", "svg", "webp"):
        kept.draw(lens_snapshot()).encode(file_format)
    assert kept.draw(lens_snapshot(seed=1)).encode("png") == fresh(some_panels, lens_snapshot(seed=1))


def test_the_resolution_is_a_setting(lens_snapshot):
    """Four columns of panels are 1792x1343 pixels at live size, five 2240x1343; twice that in full."""
    assert KeptFigure(imaging).draw(lens_snapshot()).pixels.shape == (1343, 2240, 3)
    assert KeptFigure(imaging, dpi=20).draw(lens_snapshot()).pixels.shape == (268, 448, 3)


def test_the_users_style_changes_nothing_and_is_left_alone(lens_snapshot):
    """A matplotlibrc with large fonts and LaTeX must not decide how a run's figures look, nor be overwritten."""
    expected = fresh(some_panels, lens_snapshot())
    own: Any = {
        "font.size": 30,
        "axes.facecolor": "red",
        "lines.linewidth": 9,
        "figure.dpi": 33,
        "savefig.bbox": "tight",
    }
    with mpl.rc_context(own):
        assert fresh(some_panels, lens_snapshot()) == expected
        assert {key: mpl.rcParams[key] for key in own} == own


def test_a_drawn_figure_keeps_its_pixels_and_says_when_it_is_stale(lens_snapshot):
    """Written one snapshot late, a pdf would be of another snapshot than its name says."""
    drawing = KeptFigure(some_panels, dpi=DPI)
    first = drawing.draw(lens_snapshot())
    before = first.encode("png")
    drawing.draw(lens_snapshot(seed=1))
    assert first.encode("png") == before
    with pytest.raises(RuntimeError, match="save its pdf before the next is drawn"):
        first.encode("pdf")
    with pytest.raises(ValueError, match="there is no way to write 'gif'"):
        first.encode(cast(Any, "gif"))


def raising(message):
    def draw(*_):
        raise ZeroDivisionError(message)

    return draw


def failing_late(axes, snapshot):
    """Draws an artist that raises only when it is drawn."""
    (line,) = axes.plot([0, 1])
    line.draw = raising("late")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (CustomPanel("Bad", raising("by hand")), "Bad: ZeroDivisionError: by hand"),
        (CustomPanel("Bad", failing_late), "Bad: ZeroDivisionError: late"),
        (ImagePanel("Bad", np.zeros(3)), r"Bad: ValueError: an image is array\[y, x\]"),
        (ImagePanel("Bad", np.zeros((3, 3)), mask=np.zeros((2, 2))), "Bad: ValueError: the mask has shape"),
        (ImagePanel("Bad", np.zeros((3, 3)), extent=(1, 1, 0, 1)), "Bad: ValueError: a view is"),
        (ImagePanel("Bad", np.array([["a"]])), "Bad: ValueError: an image is an array of numbers"),
        (LinesPanel("Bad", [Series(np.zeros(3), np.zeros(4))]), "Bad: ValueError: a series is two"),
        (TablePanel("Bad", cast(Any, 5)), "Bad: TypeError"),
        (Panel("Bad"), "Bad: TypeError: there is no way to draw a Panel"),
    ],
)
def test_a_panel_that_raises_shows_its_error_and_the_rest_is_drawn(bad, message, caplog):
    """One bad panel must not cost the other eleven; and once repaired, nothing of it remains."""
    good = ImagePanel("Good", np.eye(5))
    expected = fresh(lambda _: [good, good], Snapshot(arrays={}))
    panels = itertools.chain([[bad, good], [bad, good]], itertools.repeat([good, good]))
    drawing = KeptFigure(lambda _: next(panels), dpi=DPI)
    with caplog.at_level(logging.WARNING, "autoviz_render.renderer"):
        first, second, third = (drawing.draw(Snapshot(arrays={})) for _ in range(3))
    (error,) = first.errors
    np.testing.assert_array_equal(first.pixels, second.pixels)
    assert error.startswith(message.replace("\\", ""))
    assert third.errors == ()
    assert third.encode("png") == expected
    half = first.pixels.shape[1] // 2
    np.testing.assert_array_equal(first.pixels[:, half:], third.pixels[:, half:])
    assert (first.pixels[:, :half] != 255).any()
    assert len(caplog.records) == 1, "the same error is logged once, not at every frame"


def test_a_recipe_that_raises_gives_a_figure_that_says_why(lens_snapshot):
    """The person looks at the figure: that is where the missing array has to be named."""
    drawing = KeptFigure(imaging, dpi=DPI)
    figure = drawing.draw(lens_snapshot(data=None))
    assert figure.errors == (
        "MissingArraysError: the imaging figure needs data, which the snapshot does not hold; "
        "the figure 'auto' draws whatever is there",
    )
    assert drawing.draw(lens_snapshot()).encode("png") == fresh(imaging, lens_snapshot())


def test_a_recipe_without_panels_says_so():
    """An empty picture would look like a fault."""
    figure = KeptFigure(lambda _: [], dpi=DPI).draw(Snapshot(arrays={}))
    assert figure.errors == ()
    assert (figure.pixels != 255).any()


def test_an_interrupt_is_not_taken_for_a_bad_panel():
    """Ctrl-C stops the command, also in the middle of a user's panel."""

    def interrupted(axes, snapshot):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        KeptFigure(lambda _: [CustomPanel("x", interrupted)], dpi=DPI).draw(Snapshot(arrays={}))


@pytest.mark.parametrize("value", [0.0, 1.0, -1e300, 1e300, 1e-300, np.inf, np.nan], ids=lambda value: f"{value:g}")
def test_constant_and_extreme_arrays_are_drawn_without_a_warning(value):
    """Warnings are errors here: Matplotlib's would come at every frame."""
    arrays = {"image": np.full((5, 5), value), "line": np.full(20, value), "residual": np.full((5, 5), value)}
    assert KeptFigure(auto, dpi=DPI).draw(Snapshot(arrays=arrays)).errors == ()


def test_far_away_curves_are_no_fault():
    """A caustic of an early model may lie anywhere."""
    curve = Curve(np.array([0.0, 1e30, 2.0, np.nan, 3.0]), np.array([0.0, 1.0, -1e30, 1.0, np.inf]), outline="black")
    panel = ImagePanel("far", np.eye(4), curves=[curve])
    for file_format in ("png", "svg", "pdf"):
        figure = KeptFigure(lambda _: [panel], dpi=DPI).draw(Snapshot(arrays={}))
        assert figure.errors == ()
        assert figure.encode(file_format)


def test_what_a_custom_panel_does_to_its_surroundings_is_gone_at_the_next_frame(lens_snapshot):
    """Strangers' code sets backgrounds, sizes and Matplotlib's settings."""

    def draw(axes, snapshot):
        if snapshot.iteration == 1:
            mpl.rcParams["text.antialiased"] = False
            axes.figure.set_facecolor("red")
            axes.figure.set_visible(False)
            axes.get_figure(root=True).set_dpi(77)
            axes.get_figure(root=True).set_size_inches(3, 3)
        axes.set_title(f"Custom {snapshot.iteration}")

    def recipe(snapshot):
        return [CustomPanel("Custom", draw), TextPanel("Text", f"some {snapshot.iteration} words")]

    kept = KeptFigure(recipe, dpi=DPI)
    for iteration in (0, 1, 2):
        figure = kept.draw(Snapshot(arrays={}, iteration=iteration))
    for file_format in FORMATS:
        assert figure.encode(file_format) == fresh(recipe, Snapshot(arrays={}, iteration=2), file_format), file_format


class Elementwise(float):
    """A value that does not compare as a whole, as tables of other packages have."""

    def __eq__(self, other):
        raise ValueError("the truth value is ambiguous")

    __hash__ = float.__hash__


class WordlessError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def test_values_that_do_not_compare_are_drawn_again():
    """Not an error in the second frame of what was drawn in the first."""
    drawing = KeptFigure(lambda _: [ImagePanel("x", np.eye(4), high=Elementwise(2.0))], dpi=DPI)
    for iteration in range(3):
        assert drawing.draw(Snapshot(arrays={}, iteration=iteration)).errors == ()


@pytest.mark.parametrize("failure", [WordlessError(), SystemExit(0)], ids=["wordless", "exit"])
def test_strange_failures_are_shown_as_any_other(failure):
    """An error without words, or a program's end, in a stranger's recipe or panel."""

    def fail(*_):
        raise failure

    for recipe in (fail, lambda _: [CustomPanel("Bad", fail), TextPanel("Good", "")]):
        figure = KeptFigure(recipe, dpi=DPI).draw(Snapshot(arrays={}))
        assert type(failure).__name__ in figure.errors[0]


def test_a_name_that_mathtext_cannot_take_is_a_name():
    """The names of arrays are a stranger's: nesting without end must not end the program."""
    arrays = {"$" + "{" * 490 + "x" + "}" * 490 + "$": np.eye(5)}
    assert KeptFigure(auto, dpi=DPI).draw(Snapshot(arrays=arrays)).errors == ()


@pytest.mark.parametrize("dpi", [37, 66.7, 100, 143])
@pytest.mark.parametrize("count", [1, 2, 6, 7, 12])
def test_the_header_is_on_figures_of_every_size(count, dpi):
    """Slots need not fall on whole dots, and the canvas is cut to them."""
    panels = [TextPanel(f"panel {number}", "") for number in range(count)]
    pixels = KeptFigure(lambda _: panels, dpi=dpi).draw(Snapshot(arrays={}, run="run")).pixels
    assert (pixels[: int(0.4 * dpi)] < 128).any()


def test_nothing_is_kept_of_the_frames_before(lens_snapshot):
    """A renderer runs for days: artists that pile up would slow it down first and then fill its memory."""
    drawing = KeptFigure(several_kinds, dpi=DPI)
    counts = []
    for k in (1.0, 2.0) * 3:
        drawing.draw(Snapshot(arrays={}, scalars={"k": k}))
        counts.append(len(drawing._built._figure.findobj()))
    assert counts[:2] == counts[2:4] == counts[4:]


def test_a_drawing_is_saved_by_its_suffix_shown_by_a_notebook_and_told_in_a_line(tmp_path, lens_snapshot):
    """What a person does with one at a prompt."""
    drawing = KeptFigure(some_panels, dpi=DPI).draw(lens_snapshot())
    for kind in FORMATS:
        drawing.save(str(tmp_path / f"fit.{kind.upper()}"))
        assert (tmp_path / f"fit.{kind.upper()}").read_bytes() == drawing.encode(kind)
    assert drawing._repr_png_() == drawing.encode("png")
    height, width, _ = drawing.pixels.shape
    assert repr(drawing) == f"Drawing({width}x{height} pixels, dpi={DPI}, errors=())"
    with pytest.raises(ValueError, match="there is no way to write 'gif'; there are: png, pdf, svg, webp"):
        drawing.save(tmp_path / "fit.gif")
    assert len(list(tmp_path.iterdir())) == len(FORMATS)


def test_a_drawing_that_somebody_holds_stays_as_it_is(lens_snapshot):
    """Its pixels are shared with the figure until the next frame, and copied then: an earlier one must not change."""
    kept = KeptFigure(some_panels, dpi=DPI)
    held = kept.draw(lens_snapshot())
    part = held.pixels[3:, 5:]
    pixels, file = part.copy(), held.encode("png")
    kept.draw(lens_snapshot(seed=1))
    assert held.encode("png") == file
    del held
    kept.draw(lens_snapshot(seed=2))
    np.testing.assert_array_equal(part, pixels)


def test_drawing_does_not_ask_for_a_backend(lens_snapshot):
    """Matplotlib would import pyplot to answer, and take whichever backend it finds."""
    undecided = cast(Any, mpl).rcsetup._auto_backend_sentinel
    before = dict.__getitem__(mpl.rcParams, "backend")
    dict.__setitem__(mpl.rcParams, "backend", undecided)
    try:
        KeptFigure(some_panels, dpi=DPI).draw(lens_snapshot())
        assert dict.__getitem__(mpl.rcParams, "backend") is undecided
    finally:
        dict.__setitem__(mpl.rcParams, "backend", before)
