"""What the window shows, without a display."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autoviz_render.views.model.run_view import FigureView, Overview, RunView
from autoviz_render.views.window.window_process import Zoom, placed
from autoviz_render.views.window.window_state import Selection, content, moved, shown_run

HOSTILE = [
    "</script><img>",
    "a\x1b]0;b\x07",
    "\u202egnp",
    "x\u2028y",
    "n\nm",
    "z\0",
    "y" * 10_000,
    "\udc80",
    "\U0001f600",
]


def run(key, *figures, **more):
    views = tuple(FigureView(name, Path(f"/r/{name}.png"), 5.0, 10) for name in figures)
    return RunView(key, Path("/r"), Path("/r"), key, figures=views, **more)


RUNS = Overview(
    Path("/r"), 100.0, (run("a", "fit", started=1.0, step=1), run("b", started=3.0, step=1), run("c", started=2.0))
)


def test_arrows_go_through_runs_and_come_round():
    """From the one that is shown, chosen or not."""
    seen, selection = [], Selection()
    for _ in range(4):
        selection = moved(RUNS, selection, "Right")
        seen.append(selection.key)
    assert seen == ["c", "a", "b", "c"]
    assert moved(RUNS, selection, "Left").key == "b"
    assert moved(RUNS, selection, "f") == Selection()


def test_arrows_up_and_down_go_through_figures():
    """And stay with the run."""
    two = Overview(Path("/r"), 0.0, (run("a", "one", "two"),))
    selection = moved(two, Selection(), "Down")
    assert content(two, selection, 0.0)["file"] == "/r/two.png"
    assert content(two, moved(two, selection, "Down"), 0.0)["file"] == "/r/one.png"


@pytest.mark.parametrize("key", ["Up", "Left", "f", "x", ""])
def test_a_key_without_runs_does_nothing(key):
    """The folder may be empty yet."""
    assert moved(Overview(Path("/r"), 0.0), Selection(), key) == Selection()


def test_a_run_that_vanished_gives_way():
    """The window then shows another."""
    assert shown_run(RUNS, Selection("gone")).key == "b"


@pytest.mark.parametrize("text", HOSTILE)
def test_the_title_and_the_line_are_printable(text):
    """A window's title may end up in a task bar, a log, a terminal."""
    hostile = run(text, text.replace("/", "").replace("\0", ""), reason=text, warning=text, counts=text, iteration=3)
    told = content(Overview(Path("/r"), 0.0, (hostile,)), Selection(), 0.0)
    for name in ("title", "line", "hint", "empty"):
        assert told[name].isprintable()
        assert len(told[name]) < 400
    json.dumps(told).encode()


def test_a_figure_that_no_window_can_show_is_named():
    """A run whose figures are vector files alone."""
    svg = RunView("a", Path("/r"), Path("/r"), "a", figures=(FigureView("fit", Path("/r/fit.svg"), 1.0, 1),))
    told = content(Overview(Path("/r"), 0.0, (svg,)), Selection(), 0.0)
    assert told["file"] is None
    assert "fit.svg" in told["empty"]


@pytest.mark.parametrize("picture", [(100, 50), (50, 100), (1, 5000), (5000, 1), (3, 3)])
@pytest.mark.parametrize("window", [(200, 200), (640, 10), (8, 900)])
@pytest.mark.parametrize("factor", [1.0, 1.25, 8.0, 64.0])
def test_what_is_seen_lies_within_the_picture(picture, window, factor):
    """However far one zooms and moves."""
    for x in (-3.0, 0.0, 0.4, 1.0, 9.0):
        zoom = Zoom(factor, x, 1 - x)
        scale, (left, top, right, bottom) = placed(picture, window, zoom)
        assert 0 <= left < right <= picture[0]
        assert 0 <= top < bottom <= picture[1]
        assert scale > 0


def test_at_first_all_of_a_picture_is_seen():
    """And as large as it goes."""
    scale, box = placed((1792, 1343), (896, 900), Zoom())
    assert scale == 0.5
    assert box == (0, 0, 1792, 1343)
