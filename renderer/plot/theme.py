"""How figures look: a light and a dark theme, and Matplotlib's settings, whatever the user's own say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import matplotlib as mpl

BORDER = 0.8
"""Width of frames, in points."""


@dataclass(frozen=True)
class Theme:
    """The colours of everything but the data, as "#rrggbb".

    Attributes:
        paper: Behind everything.
        ink: Text, frames and ticks.
        grid: The lines across at the ticks.
        soft: What steps back behind the data.
        masked: Masked pixels, and what lies outside an image; a grey that no colour map in use holds, and no zero.
        not_finite: Values that are not finite; a green that no colour map in use holds.
        error: The text of a failure.
        lines: Of series, in turn; colour-blind readers can tell them apart.

    Source: Okabe and Ito (2008), Color Universal Design.
    """

    paper: str
    ink: str
    grid: str
    soft: str
    masked: str
    not_finite: str
    error: str
    lines: tuple[str, ...]


LIGHT = Theme(
    paper="#ffffff",
    ink="#000000",
    grid="#e4e4e4",
    soft="#808080",
    masked="#b8b8b8",
    not_finite="#2ecc40",
    error="#a00020",
    lines=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"),
)
DARK = Theme(
    paper="#16181c",
    ink="#e8e8e8",
    grid="#33363c",
    soft="#8c8f96",
    masked="#5a5d63",
    not_finite="#2ecc40",
    error="#ff8080",
    lines=("#56b4e9", "#e69f00", "#2fc79a", "#e193bf", "#f0e442", "#d97a32"),
)
THEMES: dict[str, Theme] = {"light": LIGHT, "dark": DARK}

_STYLE: dict[str, Any] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.monospace": ["DejaVu Sans Mono"],
    "mathtext.fontset": "dejavusans",
    "text.hinting": "no_hinting",  # hinted, letters are up to 14% wider at one resolution than at another
    "axes.linewidth": BORDER,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "autoviz-render",  # else the identifiers in an SVG are drawn by lot
}
_SESSION = ("backend", "date.epoch", "figure.hooks", "interactive", "timezone", "toolbar", "docstring", "tk", "webagg")
"""How the names of settings begin that belong to a session, not to a style."""
_DEFAULTS: dict[str, Any] = {key: value for key, value in mpl.rcParamsDefault.items() if not key.startswith(_SESSION)}


@contextmanager
def fixed_style(theme: Theme) -> Iterator[None]:
    """Matplotlib's own defaults and a theme, whatever the user's matplotlibrc says."""
    settings: Any = mpl.rcParams
    before = dict(dict.items(settings))  # `copy` would ask for the backend, and Matplotlib import pyplot to answer
    dict.update(settings, _checked(theme))
    try:
        yield
    finally:
        dict.update(settings, before)


@lru_cache(maxsize=8)
def _checked(theme: Theme) -> dict[str, Any]:
    """The settings as Matplotlib keeps them: to check them takes 1.5 ms, which each frame would pay."""
    style: Any = _DEFAULTS | _STYLE | _colours(theme)
    checked: Any = mpl.RcParams(style)
    return dict(dict.items(checked))


def _colours(theme: Theme) -> dict[str, Any]:
    ink = dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color", "legend.labelcolor"),
        theme.ink,
    )
    paper = dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor", "legend.facecolor"), theme.paper)
    return ink | paper | {"grid.color": theme.grid, "legend.edgecolor": "none"}
