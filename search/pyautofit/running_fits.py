"""The fits that go on in this process, by the folder of their output."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autoviz_render.search.pyautofit.fit import LiveFit
from autoviz_render.search.pyautofit.overview import Overview

_fits: dict[Path, LiveFit] = {}
_overviews: dict[Path, Overview] = {}
"""Of the graphs that are fitted as one, by the folder of their output."""


def begin(fit: LiveFit) -> None:
    """Make this the fit of its folder, and end one that was there before: a script may run a search again."""
    before = _fits.get(fit.folder)
    if before is not None:
        before.finish()
    _fits[fit.folder] = fit
    fit.prepare()


def fit_of(paths: Any) -> LiveFit | None:
    """The fit that has its output there; None if none was begun, as in a process that was spawned."""
    return _fits.get(Path(paths.output_path))


def end(paths: Any, samples_summary: Any) -> None:
    """Finish what goes on there, if anything is left to finish."""
    fit = _fits.pop(Path(paths.output_path), None)
    if fit is not None and not fit.is_over:
        fit.finish(samples_summary.instance)


def members_of(paths: Any) -> list[LiveFit]:
    """The fits of the members of a graph that has its output there, in the order of the members."""
    folder = Path(paths.output_path)
    return [fit for fit in _fits.values() if folder in fit.folder.parents]


def is_member(key: str) -> bool:
    """Whether a fit of settings with this key goes on as that of a member of a graph."""
    return any(fit.key == key and fit.folder.parent.name == "analyses" for fit in _fits.values())


def end_member(paths: Any, key: str, samples_summary: Any) -> None:
    """Finish the first of those that has this key and is there still, if anything is left to finish."""
    for fit in members_of(paths):
        if fit.key == key:
            del _fits[fit.folder]
            if not fit.is_over:
                fit.finish(samples_summary.instance)
            break
    if not members_of(paths) and (overview := _overviews.pop(Path(paths.output_path), None)) is not None:
        overview.finish()


def join_overview(paths: Any, member: LiveFit, *, is_whole: bool) -> None:
    """Have the quick updates of a member told to the graph that has its output there, unless that is live itself.

    Args:
        paths: PyAutoFit's, of the graph.
        member: A fit that was begun.
        is_whole: As for `Overview`.
    """
    if fit_of(paths) is not None:
        return
    folder = Path(paths.output_path)
    if len(members_of(paths)) == 1 and (before := _overviews.pop(folder, None)) is not None:
        before.finish()  # a script may run a search again
    _overviews.setdefault(folder, Overview(paths, is_whole=is_whole)).add(member)


def overview_of(paths: Any) -> Overview | None:
    """That of the graph that has its output there."""
    return _overviews.get(Path(paths.output_path))
