"""The names of colour maps. Matplotlib knows them all, and takes long to load: it is asked of unusual ones alone."""

from __future__ import annotations

from difflib import get_close_matches

USUAL = frozenset(
    [
        "inferno",
        "viridis",
        "cividis",
        "magma",
        "plasma",
        "turbo",
        "gray",
        "Greys",
        "RdBu",
        "RdBu_r",
        "coolwarm",
        "seismic",
        "PuOr",
        "twilight",
        "hsv",
        "jet",
    ]
)
"""Maps that Matplotlib has in every version."""


def check_colours(name: str) -> None:
    """Raises ValueError if Matplotlib has no colour map of that name; the message names similar ones."""
    if name in USUAL:
        return
    from matplotlib import colormaps

    if name not in colormaps:
        similar = get_close_matches(str(name), colormaps, 3) or ["inferno", "viridis", "cividis", "RdBu_r"]
        raise ValueError(
            f"colours is {name!r}, which no Matplotlib colour map is named; there are: {', '.join(similar)}, ..."
        )
