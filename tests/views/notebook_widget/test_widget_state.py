"""What the browser is told: finite numbers, printable texts, bounded lists."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from autoviz_render.views.model.run_view import Curves, FigureView, Overview, RendererView, RunView
from autoviz_render.views.model.shown_run import counted, run_to_show
from autoviz_render.views.notebook import widget_state
from autoviz_render.views.notebook.widget_state import chooser, curve_of, line_of, run_id, shown_figure, state_of

HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "a\x1b[2Jb",
    "\u202egnp",
    "x\u2028y",
    "n\nm",
    "z\0",
    "y" * 10_000,
    "\udc80",
]


def run(key=".", **more):
    return RunView(key, Path("/runs") / key / "spool", Path("/runs") / key / "image", "a run", **more)


def overview(*runs):
    return Overview(Path("/runs"), 1000.0, runs)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_strangers_wrote_is_one_printable_line(text):
    """A run's name, its reason or its warning may be anything that a stranger typed."""
    figure = FigureView(text, Path("f.png"), 1.0, 1, error=text)
    shown = run(text, reason=text, warning=text, counts=text, figures=(figure,), iteration=1)
    told = [state_of(shown, overview(shown)), chooser(overview(shown)), {"line": line_of(overview(shown), shown)}]
    texts = [
        each for part in told for value in part.values() for each in (value if isinstance(value, list) else [value])
    ]
    for each in texts:
        if isinstance(each, str):
            assert each.isprintable()
            assert len(each) <= 4000
    json.dumps(told, allow_nan=False).encode()


def test_numbers_that_json_has_not_are_none():
    """A log likelihood of minus infinity ends the message of a kernel that insists on JSON."""
    shown = run(log_likelihood=-math.inf, log_evidence=math.nan, rate=math.inf)
    told = state_of(shown, overview(shown))
    assert told["log_likelihood"] is told["log_evidence"] is told["rate"] is None
    curve = curve_of(Curves([0, 1], [0, 1], [0.0, 1.0], {"log_likelihood": [math.nan, -2.0]}))
    assert curve == {"steps": [0, 1], "values": [None, -2.0]}


@pytest.mark.parametrize("count", [1, 2, 239, 240, 241, 9999])
def test_a_long_curve_is_thinned_and_ends_where_it_ends(count):
    """Its newest point is what people look at."""
    values = [float(each) for each in range(count)]
    told = curve_of(Curves(range(count), range(count), values, {"log_likelihood": values}))
    assert len(told["steps"]) == len(told["values"]) <= 240
    assert told["steps"][-1] == told["values"][-1] == count - 1


def test_a_curve_without_a_log_likelihood_is_none():
    """A sampler need not have one."""
    assert curve_of(Curves([1, 2], [1, 2], [0.0, 1.0], {"other": [1.0, 2.0]}))["values"] == []


def test_the_list_of_runs_is_bounded(monkeypatch):
    """And says how many it leaves out."""
    monkeypatch.setattr(widget_state, "MOST_RUNS", 3)
    told = chooser(overview(*(run(f"r{number}") for number in range(5))))
    assert told["names"] == ["r0", "r1", "r2"]
    assert told["left_out"] == 2


def test_runs_of_different_keys_have_different_names_for_the_browser():
    """Also if the keys are no text."""
    assert len({run_id(key) for key in ("a", "b", "\udc80", "\udc81", "a/b")}) == 5


def test_the_run_that_goes_on_is_shown_until_it_is_over():
    """Two runs that publish in turn must not flicker in one place."""
    first = run("a", started=1.0, updated=50.0, step=3, state="running")
    second = run("b", started=2.0, updated=40.0, step=1, state="running")
    assert run_to_show([first, second]) is second
    assert run_to_show([replace(first, updated=60.0), second]) is second
    over = replace(second, state="finished")
    assert run_to_show([first, over]) is first
    assert run_to_show([replace(first, state="died"), over]).key == "a"
    assert run_to_show([]) is None


def test_a_run_that_published_nothing_yet_waits():
    """A pipeline's next search takes minutes to its first figure: until then the last one is more to look at."""
    over = run("a", started=1.0, updated=50.0, step=3, state="finished")
    assert run_to_show([over, run("b", started=60.0)]) is over


def test_the_figure_of_another_run_is_its_first():
    """Runs need not have figures of the same names."""
    one, two = FigureView("one", Path("1.png"), 1.0, 1), FigureView("two", Path("2.png"), 1.0, 1)
    shown = run(figures=(one, two))
    assert shown_figure(shown) is one
    assert shown_figure(shown, "two") is two
    assert shown_figure(shown, "three") is one
    assert shown_figure(run()) is None


def test_the_line_says_what_there_is():
    """For a terminal, GitHub and nbviewer."""
    numbers = {"step": 12, "iteration": 3400, "log_likelihood": -123.4, "updated": 995.0}
    shown = run("lens", state="running", counts="likelihood evaluations", **numbers)
    assert line_of(overview(shown, run("other")), shown) == (
        "lens: running, step 12, 3,400 likelihood evaluations, log likelihood -123.40, updated 5 s ago"
        " (and 1 more in /runs)"
    )
    assert line_of(overview(), None) == "/runs: no run yet"


def test_what_a_sampler_counts_is_said_in_its_words():
    """'35,000 iteration' is nobody's English."""
    assert counted(run(iteration=35_000, counts="iteration")) == "iteration 35,000"
    assert counted(run(iteration=9, counts="steps")) == "9 steps"
    assert counted(run()) == ""


def test_a_renderers_state_is_told():
    """The widget says why nothing new comes."""
    shown = run(renderer=RendererView("late"), reason="its renderer is late")
    assert state_of(shown, overview(shown))["reason"] == "its renderer is late"
