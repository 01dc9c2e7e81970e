"""The four settings of a figure, declared in one place."""

from __future__ import annotations

import pickle
from typing import get_args

import pytest

from autoviz_render import FigureSpec, RenderSettings
from autoviz_render.cli.options import make_parser
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
        {"figures": ("auto", "fit")},
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


def test_the_figures_are_the_runs_own_unless_others_are_set():
    """And the first one's file is called fit, as PyAutoFit users know it."""
    assert [(spec.name, stem) for spec, stem in RenderSettings().named(("line", "run"))] == [
        ("line", "fit"),
        ("run", "run"),
    ]
    ((spec, stem),) = RenderSettings(("imaging",)).named(("line", "run"))
    assert (spec, stem) == (FigureSpec("imaging"), "fit")


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
