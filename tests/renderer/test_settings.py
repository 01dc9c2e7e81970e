"""The settings of a figure, declared in one place."""

from __future__ import annotations

import dataclasses
import json
import pickle
from typing import get_args

import pytest

from autoviz_render import FigureSpec, RenderSettings
from autoviz_render.cli.arguments.parser import make_parser
from autoviz_render.renderer.plot.theme import THEMES
from autoviz_render.renderer.settings import ThemeName
from autoviz_render.spool.errors import AutovizError


@pytest.mark.parametrize(
    "setting",
    [
        {"formats": ("png", "gif")},
        {"formats": ()},
        {"formats": "png"},
        {"dpi": 0},
        {"dpi": -100},
        {"dpi": float("nan")},
        {"dpi": float("inf")},
        {"theme": "blue"},
        {"theme": None},
        {"figures": ()},
        {"figures": ("line", "line", "line")},
        {"figures": ("auto", "Auto")},
        {"figures": ("fit", "figure-fit")},
        {"figures": ("plots.fit", FigureSpec("plots.fit", "plots:fit"))},
    ],
    ids=str,
)
def test_what_nothing_can_be_drawn_with_is_refused_by_name(setting):
    """At once, and not after an hour of drawing: the message says which of the four it is."""
    (name,) = setting
    with pytest.raises(ValueError, match=f"^{name} is ") as raised:
        RenderSettings(**setting)
    assert isinstance(raised.value, AutovizError)
    assert "\n" not in str(raised.value)


def test_settings_are_values():
    """They travel to other processes, and stand for what was drawn in the render cache."""
    settings = RenderSettings(["line", FigureSpec.imported("plots:plain")], ["png", "pdf"], 50, "dark")
    assert settings == pickle.loads(pickle.dumps(settings))
    assert len({settings, RenderSettings(settings.figures, settings.formats, 50, "dark")}) == 1
    with pytest.raises(AttributeError):
        settings.dpi = 10  # type: ignore[misc]


def stems(figures, own):
    return [stem for _, stem in RenderSettings(figures).named(own)]


def test_the_figures_are_the_runs_own_unless_others_are_set():
    """And the first one's file is called fit, as PyAutoFit users know it."""
    assert [(spec.name, stem) for spec, stem in RenderSettings().named(("line", "run"))] == [
        ("line", "fit"),
        ("run", "run"),
    ]


@pytest.mark.parametrize(
    ("figures", "own", "expected"),
    [
        (["imaging"], ("line",), ["imaging"]),
        (["line"], ("line",), ["fit"]),
        (["run", "line"], ("line", "run"), ["run", "fit"]),
        (["fit"], ("line",), ["figure-fit"]),
        (["Fit"], ("line",), ["figure-Fit"]),  # one file on a Mac
        (["fit"], ("fit", "line"), ["fit"]),
        (None, ("line", "fit", "line"), ["fit", "figure-fit", "fit"]),
        ([FigureSpec.imported("my_figures:fit")], ("fit",), ["my_figures.fit"]),
        ([FigureSpec.imported("a.b:C.d"), FigureSpec.imported("c:d")], ("d",), ["a.b.C.d", "c.d"]),
        ([FigureSpec("line", "mine:line")], ("line",), ["line"]),
        (["run"], (), ["run"]),
    ],
)
def test_files_are_called_as_their_figures_but_for_the_runs_own_first(figures, own, expected):
    """Whatever else is drawn of a run, its live figure keeps its name to itself."""
    assert stems(figures, own) == expected


def test_a_colon_in_a_name_imports_nothing():
    """Code is named by a person, as a FigureSpec; whatever comes as a name is looked up."""
    ((spec, _),) = RenderSettings(("os:getcwd",)).named(())
    with pytest.raises(LookupError, match="no figure is named 'os:getcwd'"):
        spec.recipe()


def test_the_command_and_the_themes_have_the_same_choices():
    """What can be typed is what can be drawn, and its defaults are those of the settings."""
    assert set(THEMES) == set(get_args(ThemeName))
    parsed = make_parser().parse_args(["run"])
    default = RenderSettings()
    assert (parsed.formats, parsed.theme) == (default.formats, default.theme)
    assert [getattr(parsed, name) for name in ("dpi", "width", "height", "panel")] == [None] * 4
    assert (default.dpi, RenderSettings(width="88mm").dpi, RenderSettings(dpi=70, width=3).dpi) == (100, 300, 70)


@pytest.mark.parametrize(
    "setting",
    [
        {"width": "88"},
        {"width": "wide"},
        {"width": 0.5},
        {"width": float("nan")},
        {"width": "-88mm"},
        {"width": []},
        {"height": "60mm"},
        {"width": "88mm", "height": "1mm"},
        {"panel": 1.5},
        {"panel": True},
    ],
    ids=str,
)
def test_a_page_that_is_none_is_refused_by_name(setting):
    """88 without a unit would be 2.2 m: the message says which units there are."""
    with pytest.raises(ValueError, match=f"^{list(setting)[-1]} is ") as raised:
        RenderSettings(**setting)
    assert "\n" not in str(raised.value)


def test_a_width_is_the_same_however_it_is_written():
    """Settings are compared, sent to other processes, and stand for what was drawn."""
    one, other = RenderSettings(width="88mm", height="2in"), RenderSettings(width=88 / 25.4, height=2)
    assert one == other == RenderSettings(**json.loads(json.dumps(dataclasses.asdict(one))))
    assert one.width == pytest.approx(3.4646, abs=1e-4)


@pytest.mark.parametrize(
    ("panel", "stem"),
    [
        ("Source plane", "fit-source-plane"),
        (3, "fit-panel-3"),
        ("3", "fit-panel-3"),
        ("χ² / N", "fit-χ²-n"),
        ("../../etc/passwd", "fit-etc-passwd"),
        ("\x00\udc80", "fit-panel"),
        ("-rf", "fit-rf"),
        ("a" * 300, f"fit-{'a' * 40}"),
    ],
    ids=ascii,
)
def test_a_panel_alone_has_files_of_its_own(panel, stem):
    """It must not take the place of the figure, and its title may come from a stranger's recipe."""
    assert RenderSettings(panel=panel).named(["line", "run"]) == [(FigureSpec("line"), stem)]


def test_a_panel_is_one_of_the_runs_first_figure_or_of_those_that_are_named():
    """Hardly ever do two figures have a panel of one title."""
    settings = RenderSettings(("auto", "run"), panel="Now")
    assert [spec.name for spec, _ in settings.named(["line"])] == ["auto", "run"]


@pytest.mark.parametrize(("told", "dpi"), [("200", 200), ("", 100), ("5", 100), ("two hundred", 100), ("1e3", 100)])
def test_a_person_says_once_that_the_screen_is_fine(monkeypatch, caplog, told, dpi):
    """A search's own renderer takes no options; and what is wrong there must not cost its figures."""
    monkeypatch.setenv("AUTOVIZ_DPI", told)
    assert RenderSettings().dpi == dpi
    assert len(caplog.records) == (told not in ("", "200"))
    assert (RenderSettings(dpi=70).dpi, RenderSettings(width=3).dpi) == (70, 300)
