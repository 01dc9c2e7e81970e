"""Which runs a widget has drawn itself: those that nobody draws, and no others."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from autoviz_render.views.model.run_view import FigureView, Overview, RendererView, RunView
from autoviz_render.views.notebook import drawing
from autoviz_render.views.notebook.drawing import MOST, OwnRenderer, is_undrawn, to_draw

NOW = 1000.0
RUNNING = RunView("a", Path("/r/a/spool"), Path("/r/a/image"), "a", started=NOW - 60, step=4)
OVER = replace(RUNNING, key="b", state="finished")


def figure(step):
    return (FigureView("fit", Path("fit.png"), 1.0, 1, step),)


@pytest.mark.parametrize("state", ["starting", "watching", "drawing"])
def test_a_run_with_a_renderer_is_left_to_it(state):
    """One render a frame, however many look."""
    assert not is_undrawn(replace(RUNNING, renderer=RendererView(state)), NOW)


def test_a_search_has_time_to_start_its_own():
    """Whoever takes the lock first has it: a search that has just begun is about to."""
    assert is_undrawn(RUNNING, NOW)
    assert not is_undrawn(replace(RUNNING, started=NOW - 1), NOW)
    assert not is_undrawn(replace(RUNNING, renderer=RendererView("stopped", beat=NOW - 1)), NOW)


def test_a_run_that_is_over_and_drawn_is_not_drawn_again():
    """Ten thousand of them are in some folders."""
    assert is_undrawn(OVER, NOW)
    assert is_undrawn(replace(OVER, figures=figure(3)), NOW)
    assert not is_undrawn(replace(OVER, figures=figure(4)), NOW)
    assert not is_undrawn(replace(OVER, figures=figure(None)), NOW)
    assert not is_undrawn(replace(OVER, step=None), NOW)


def test_of_runs_that_are_over_the_one_that_is_shown_is_drawn():
    """Nobody looks at the others."""
    others = [replace(OVER, key=str(number)) for number in range(5)]
    assert list(to_draw(others[2], Overview(Path("/r"), NOW, others))) == [others[2]]


@pytest.fixture
def asked(monkeypatch):
    """What a renderer of ours is asked for, which is not started."""
    monkeypatch.setattr(drawing, "_started", lambda: None)
    told: list[dict[str, str]] = []
    monkeypatch.setattr(OwnRenderer, "_tell", lambda _, what: told.append(what))
    return told


@pytest.fixture
def own(asked):
    return OwnRenderer()


def test_it_draws_a_run_until_that_is_over(own, asked):
    """Once it draws, the run looks as if somebody did."""
    own.see_to(RUNNING, Overview(Path("/r"), NOW, [RUNNING]))
    drawn = replace(RUNNING, renderer=RendererView("watching"))
    own.see_to(drawn, Overview(Path("/r"), NOW, [drawn]))
    assert asked == [{"draw": "/r/a/spool"}]
    over = replace(drawn, state="finished")
    own.see_to(None, Overview(Path("/r"), NOW, [over]))
    assert asked[1:] == [{"leave": "/r/a/spool"}]


def test_it_draws_few_at_a_time(own, asked):
    """A folder of a thousand runs without a renderer is work for a batch job, not for a notebook."""
    many = [replace(RUNNING, key=f"k{number}", spool=Path(f"/r/{number}")) for number in range(100)]
    own.see_to(many[70], Overview(Path("/r"), NOW, many))
    assert len(asked) == MOST
    assert {"draw": "/r/70"} in asked
    own.see_to(many[71], Overview(Path("/r"), NOW, many))
    assert asked[-1] == {"draw": "/r/71"}


def test_a_folder_that_is_no_text_can_be_drawn(own, asked):
    """A name on disk is bytes."""
    odd = replace(RUNNING, spool=Path(os.fsdecode(b"/r/\xff")))
    own.see_to(odd, Overview(Path("/r"), NOW, [odd]))
    assert asked[0]["draw"].encode("latin-1") == b"/r/\xff"


def test_the_variable_that_forbids_renderers_is_obeyed(monkeypatch):
    """Batch systems set it."""
    monkeypatch.setenv("AUTOVIZ_RENDERER", "none")
    monkeypatch.setattr(drawing, "_started", lambda: pytest.fail("a process was started"))
    OwnRenderer().close()
