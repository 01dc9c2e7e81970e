"""The members of a factor graph that is fitted as one: each has live figures of its own, in its own folder.

PyAutoFit gives `analyses/analysis_0`, `analyses/analysis_1`, ... in the output of a graph to its members. A member
hears of the fit when its attributes are saved there, and of quick updates through the visualizer of the first member of
its kind, which is given all of them. The graph itself has an `overview`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from autoviz_render.search.backends import is_renderer_shared
from autoviz_render.search.pyautofit.fit import LiveFit

log = logging.getLogger("autoviz_render.search")

MOST_RENDERERS = 4
"""Members of a graph that are drawn while it is fitted, if each takes a process of its own."""

MOST_SHARING = 100
"""The same if they share one: each has two threads in the search's process."""

_ANALYSIS = "analysis_"


def member_number(paths: Any) -> int | None:
    """Which member of a graph has its output there; None for the output of a whole fit."""
    name = Path(str(getattr(paths, "analysis_name", ""))).name
    number = name.removeprefix(_ANALYSIS)
    return int(number) if name.startswith(_ANALYSIS) and number.isdecimal() else None


def most_drawn() -> int:
    """How many members of a graph are drawn while it is fitted."""
    return MOST_SHARING if is_renderer_shared() else MOST_RENDERERS


def member_paths(paths: Any, number: int) -> Any:
    """What a `LiveFit` needs of the paths of a member, which knows neither its search nor its name."""
    parent = paths.parent
    name = f"{getattr(parent, 'name', None) or Path(parent.output_path).name}, {_factor_name(parent, number)}"
    return SimpleNamespace(output_path=paths.output_path, name=name, search=parent.search)


def _factor_name(parent: Any, number: int) -> str:
    """The name that the user gave the factor, or that of its folder."""
    factors = getattr(getattr(parent.model, "factor", None), "model_factors", ())
    factor = factors[number] if number < len(factors) else None
    name = str(getattr(factor, "name", "")).replace(", ", " ")
    is_given = bool(name) and not name.removeprefix(type(factor).__name__).isdecimal()
    return name if is_given else f"{_ANALYSIS}{number}"


def has_only_live_members(parent: Any) -> bool:
    """Whether all factors of a graph that are fitted to data are live."""
    factors = getattr(getattr(parent.model, "factor", None), "model_factors", ())
    analyses = [factor.analysis for factor in factors if getattr(factor, "analysis", factor) is not factor]
    return bool(analyses) and all(getattr(each, "_live_settings", None) is not None for each in analyses)


def quick_update(members: Sequence[LiveFit], analyses: Sequence[Any], instances: Sequence[Any]) -> bool:
    """Publish the best fit of each analysis that is live; whether all of them are."""
    left = list(members)
    for analysis, instance in zip(analyses, instances, strict=False):
        settings = getattr(analysis, "_live_settings", None)
        fit = None if settings is None else next((each for each in left if each.key == settings.key), None)
        if fit is not None:
            left.remove(fit)  # one analysis may be a member twice
            fit.quick_update(instance)
    return all(getattr(each, "_live_settings", None) is not None for each in analyses)
