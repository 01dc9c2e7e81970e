"""Alarms of a figure: a panel that is all zero, constant, saturated, without values; residuals with structure."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator, Sequence

import numpy as np

from autoviz_render.figures.panels import ColouredPanel, Panel
from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.renderer.alarms.among import ALL
from autoviz_render.renderer.alarms.arrays import array_alarms
from autoviz_render.renderer.alarms.fits import Residuals, residuals_of
from autoviz_render.renderer.alarms.rules import Rules
from autoviz_render.renderer.alarms.statistics import chi_squared_range, total
from autoviz_render.renderer.alarms.values import ValueRules, short_title
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.snapshot import Snapshot

_ALIKE = 0.5
"""Of residuals without a noise map, the part that neighbours must share: the noise itself may be correlated."""

_RISING = 0.1
"""Of what is missing: a search that may yet bring a larger share of it is not done."""

_FEWEST_UPDATES = 8
"""Quick updates of a search that goes on, before its fit is judged."""

_FAR = 10.0
"""Standard deviations: a point that is off by more is a fault of the data or of the model, and no noise."""

_IN_TAILS, _MOST_IN_TAILS = 3.0, 0.2
"""Standard deviations from which on a point is in a tail, and the share of points that may be."""

_FEWEST_OF_TAILS = 50
"""Points of which it can be told whether most are as near as they should be."""

_FIXED = re.compile(
    r"^data|noise|mask|weight|coverage|exposure|psf|dirty image|by distance|uv"
    r"|magnification|deflection|lens.light|lens.subtracted|grid|coordinate",
    re.IGNORECASE,
)
"""Titles of what does not depend on the fit, or may be the same in several: a mass that is held fixed."""

_SAMPLED = 4096
"""Values of an array that its digest is of, besides its sum."""

_FEWEST_VALUES = 16

_OF_EARLIER = frozenset({"history"})
"""Figures whose panels show earlier snapshots, which were judged when they were the newest."""

_WITHOUT_FITS = frozenset({"run", "posterior"})
"""Figures that show neither data nor model: another figure of the run does, and tells what is wrong with the fit."""


def panel_alarms(
    panels: Sequence[Panel], snapshot: Snapshot, figure: str, rules: Rules, *, is_running: bool = False
) -> list[Alarm]:
    """What is wrong with the panels of a figure of one snapshot; a function of these alone.

    Args:
        panels: Of the figure, as they are drawn.
        snapshot: What they show.
        figure: The figure's name.
        rules: See `Rules`.
        is_running: Whether the search goes on. The first fits of a search are bad ones: residuals and chi squared are
            then judged only if its log likelihood has stopped rising by so much that they could still become right.
    """
    if figure in _OF_EARLIER:
        return []
    with np.errstate(all="ignore"):
        found = [
            *ValueRules(snapshot, figure, rules).alarms(list(panels)),
            *array_alarms(panels, snapshot, figure, rules),
        ]
        for residuals in () if figure in _WITHOUT_FITS else residuals_of(panels, snapshot):
            found += _of_model(residuals, figure, rules)
            found += _of_fit(residuals, snapshot, figure, rules, is_running=is_running)
    return found


def panel_digests(panels: Sequence[Panel], snapshot: Snapshot, figure: str = "") -> dict[str, str]:
    """What tells the values of a panel from those of another run's, by its title; under "" the numbers of the fit.

    Panels that do not depend on the fit, that are constant or of few values have none, nor have closer views.

    Args:
        panels: Of the figure, as they are drawn.
        snapshot: What they show.
        figure: The figure's name.
    """
    if figure in _OF_EARLIER:
        return {}
    numbers = np.array([snapshot.log_likelihood, *snapshot.parameters.values()], dtype=np.float64)
    digests = {ALL: f"{zlib.crc32(numbers.tobytes()):08x}"}
    seen = {id(each) for each in snapshot.static.values()}
    for panel in panels:
        title, held = short_title(panel.title), getattr(panel, "values", ())
        is_closer = any(title.startswith(f"{other}:") for other in digests if other)
        if not isinstance(panel, ColouredPanel) or _FIXED.search(title) or is_closer or id(held) in seen:
            continue
        seen.add(id(held))
        values = np.asarray(held)
        if title not in digests and values.dtype.kind in "iuf" and values.size >= _FEWEST_VALUES:
            flat = np.ascontiguousarray(values.ravel()[:: max(values.size // _SAMPLED, 1)])
            if flat.min() < flat.max():
                total_of_all = np.asarray(values.sum(dtype=np.float64))
                digests[title] = f"{values.shape}{zlib.crc32(flat.tobytes()):08x}{total_of_all.tobytes().hex()}"
    return digests


def _of_model(residuals: Residuals, figure: str, rules: Rules) -> Iterator[Alarm]:
    """Whether a model that is drawn as a line has no values, or zeros alone."""
    model, title = residuals.model, residuals.panel
    if not model.size:
        return
    lost = model.size - int(np.count_nonzero(np.isfinite(model)))
    share = lost / model.size
    if share > rules.not_finite.of_model and rules.not_finite.is_for(title):
        message = f"the model is not finite at {lost:,} of {model.size:,} points"
        yield Alarm("not_finite", message, figure, title, share, rules.not_finite.of_model)
    elif not model.any() and rules.zero.is_for(title):
        yield Alarm("zero", "the model is zero everywhere", figure, title)


def _of_fit(
    residuals: Residuals, snapshot: Snapshot, figure: str, rules: Rules, *, is_running: bool
) -> Iterator[Alarm]:
    """Whether what a fit leaves is noise of the size that it should have, and nothing else."""
    title, chi_rule, rule = residuals.panel, rules.chi_squared, rules.structured
    left = residuals.found()
    if not left.size:
        return
    sigma = residuals.structure()
    if residuals.is_normalised and chi_rule.is_for(title):
        alarm, excess = _chi_squared(
            left, residuals.stride, snapshot, rules, may_have_tails=residuals.kind == "line" and sigma <= rule.sigma
        )
        if alarm and _is_judged(snapshot, excess, is_running=is_running):
            yield Alarm("chi_squared", alarm[0], figure, title, alarm[1], alarm[2])
    threshold = rule.sigma if residuals.is_normalised else max(rule.sigma, _ALIKE * math.sqrt(left.size))
    if sigma > threshold and rule.is_for(title) and _is_judged(snapshot, sigma**2, is_running=is_running):
        message = f"the residuals are no noise: they have structure, by {sigma:.3g} standard deviations"
        yield Alarm("structured", message, figure, title, sigma, threshold)


def _chi_squared(
    left: Floats, stride: int, snapshot: Snapshot, rules: Rules, *, may_have_tails: bool
) -> tuple[tuple[str, float, float] | None, float]:
    """What is wrong with chi squared: a sentence, the ratio and its limit; and by how much it is too high.

    Args:
        left: array[point], residuals over the noise.
        stride: Of how many points one is among them.
        snapshot: Of the fit.
        rules: See `Rules`.
        may_have_tails: Whether a few points that are off may be noise.
    """
    rule, count = rules.chi_squared, left.size * stride
    chi_squared = total(left, left) * stride
    free = len(snapshot.parameters) + _linear_parameters(snapshot, count)
    expected = max(count - free, 1)
    lowest, highest = chi_squared_range(expected, count, rule.sigma)
    low, high = min(lowest, (1 - rule.margin) * expected), max(highest, (1 + rule.margin) * count)
    reduced = chi_squared / count
    told = f"chi squared is {chi_squared:,.6g} in {count:,} points: {reduced:.3g} each, not about 1"
    if chi_squared > high and not (may_have_tails and _has_tails(left, rule.margin)):
        return (told, reduced, high / count), chi_squared - count
    if chi_squared < low and count > free:
        return (told, reduced, low / count), math.inf  # which no search gets over
    return None, 0.0


def _has_tails(left: Floats, margin: float) -> bool:
    """Whether a few points that are off, none of them very far, make chi squared too high: noise may have tails."""
    if left.size < _FEWEST_OF_TAILS or float(np.abs(left).max()) > _FAR:
        return False
    inner = left[np.abs(left) < _IN_TAILS]
    return inner.size > (1 - _MOST_IN_TAILS) * left.size and total(inner, inner) < (1 + margin) * inner.size


def _linear_parameters(snapshot: Snapshot, count: int) -> int:
    """How many the pixels of a reconstructed source take up at most, which is half of the points.

    A source of more pixels than there are points was drawn from a formula, or is as smooth as one.
    """
    held = snapshot.arrays.items()
    cells = sum(np.size(array) for name, array in held if name == "source" or name.endswith("/source"))
    return 0 if cells > count else min(cells, count // 2)


def _still_rises(snapshot: Snapshot, excess: float) -> bool:
    """Whether a search may yet bring more than a tenth of what is missing, or has just begun.

    It may bring what its second half brought, and what a nested sampler says that the live points would add.

    Args:
        snapshot: Of the search.
        excess: What is missing, in units of chi squared; infinite if more updates do not help.
    """
    if math.isinf(excess):
        return False
    remaining = snapshot.scalars.get("remaining", math.nan)
    values = np.array([line.log_likelihood for line in snapshot.history])
    if values.size < _FEWEST_UPDATES and not math.isfinite(remaining):
        return True
    half, whole = (
        float(np.max(some, initial=-math.inf, where=np.isfinite(some))) for some in (values[: values.size // 2], values)
    )
    gain = whole - half if math.isfinite(half) else 0.0
    return 2 * max(gain, remaining if math.isfinite(remaining) else 0.0) > _RISING * excess


def _is_judged(snapshot: Snapshot, excess: float, *, is_running: bool) -> bool:
    """Whether a bad fit is more than the beginning of a search."""
    return not (is_running and _still_rises(snapshot, excess))
