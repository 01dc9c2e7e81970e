"""What can be wrong with a figure, and checks of what a panel is told. Each error is a builtin, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autoviz_render.spool.errors import AutovizError

STYLES = ("-", "--", ":", "-.", "", "none", "solid", "dashed", "dotted", "dashdot")
"""Matplotlib's names of line styles; "" and "none" draw no line."""

USUAL = frozenset(
    "inferno viridis cividis magma plasma turbo gray Greys RdBu RdBu_r coolwarm seismic PuOr hsv jet".split()  # noqa: SIM905
)
"""Maps that Matplotlib has in every version."""


class FigureError(AutovizError, LookupError):
    """A figure is unknown, cannot be loaded, or lacks what it draws. The message is one line."""


class MissingArraysError(FigureError):
    """The snapshot lacks arrays that the figure cannot do without."""


class PageError(FigureError):
    """A figure has no such panel, or does not fit on the page. The message is one line, with the remedy."""


class RecipeError(AutovizError, TypeError):
    """A recipe returns no panels. The message is one line: the function, where it is, what it returned."""


class UnusableMeshError(AutovizError, ValueError):
    """Arrays of the right shapes make no mesh. A fit can come to that, and has more to show."""


class PanelError(AutovizError, ValueError):
    """A panel, or a part of one, is told something that it cannot show."""


def one_of(name: str, value: object, known: Sequence[str]) -> None:
    """Checks a choice.

    Args:
        name: What is chosen, for the message.

    Raises:
        PanelError: The value is not among those that are known; the message lists them.
    """
    if value not in known:
        raise PanelError(f"{name} is {value!r}; expected one of: {', '.join(map(repr, known))}")


def check_style(style: Any) -> None:
    """Raises PanelError if a line has no such style. Matplotlib's (offset, (on, off, ...)) in points is one."""
    if isinstance(style, str):
        one_of("style", style, STYLES)


def check_colours(name: str) -> None:
    """Raises PanelError if Matplotlib has no colour map of that name; the message names similar ones."""
    if name in USUAL:
        return
    from matplotlib import colormaps

    if name not in colormaps:
        from difflib import get_close_matches  # not before something is wrong

        similar = get_close_matches(str(name), colormaps, 3) or ["inferno", "viridis", "cividis", "RdBu_r"]
        raise PanelError(f"colours is {name!r}; expected a colour map of Matplotlib, such as {', '.join(similar)}")
