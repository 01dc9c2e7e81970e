"""Alarms of a run's course: its log likelihood fell at a resume, or is no number any more."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.renderer.alarms.rules import Rules
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.epochs import Epoch
from autoviz_render.spool.snapshot import ScalarsLine


def course_alarms(lines: Sequence[ScalarsLine], epochs: Sequence[Epoch], rules: Rules) -> list[Alarm]:
    """What is wrong with the numbers of a run's quick updates, in the order of publishing.

    Args:
        lines: Those that were not done over.
        epochs: The run's.
        rules: See `Rules`.
    """
    if not lines:
        return []
    values = np.array([line.log_likelihood for line in lines])
    return [*_no_likelihood(values, rules), *_fell(lines, values, epochs, rules)]


def _no_likelihood(values: Floats, rules: Rules) -> Iterator[Alarm]:
    """A run that gives no log likelihood gives NaN from its first update on: this is none that lost it."""
    rule = rules.no_likelihood
    newest = values[-int(rule.updates) :]
    if not rule.enabled or values.size <= newest.size or not np.isfinite(values).any() or np.isfinite(newest).any():
        return
    told = "not a number" if math.isnan(newest[-1]) else "infinite"
    yield Alarm("no_likelihood", f"the log likelihood has been {told} for {_lost(values):,} quick updates")


def _lost(values: Floats) -> int:
    return int(values.size - 1 - np.flatnonzero(np.isfinite(values))[-1])


def _fell(lines: Sequence[ScalarsLine], values: Floats, epochs: Sequence[Epoch], rules: Rules) -> Iterator[Alarm]:
    """The best log likelihood of the newest epoch is lower than what was reached before it."""
    rule, newest = rules.fell_at_resume, lines[-1].epoch
    of_newest = np.array([line.epoch == newest for line in lines])
    finite = np.isfinite(values)
    before, after = finite & ~of_newest, finite & of_newest
    if not rule.enabled or not before.any() or int(after.sum()) < rule.updates:
        return
    reached = int(np.argmax(np.where(before, values, -math.inf)))
    resumed = next((epoch.resumed_from for epoch in epochs if epoch.number == newest), None)
    if resumed is None and lines[-1].iteration < lines[reached].iteration:
        return  # it was started afresh, and has not got so far again
    best = float(values[after].max())
    allowed = max(rule.nats, 2 * _usual_fall(values[before]))
    if best < values[reached] - allowed:
        fall = float(values[reached]) - best
        told = f"{values[reached]:,.10g} before, {best:,.10g} since"
        message = f"the best log likelihood fell by {fall:,.4g} at the resume: {told}"
        yield Alarm("fell_at_resume", message, value=fall, threshold=allowed)


def _usual_fall(values: Floats) -> float:
    """By how much the log likelihood fell below its best before: a sampler may publish that of the moment."""
    return float((np.maximum.accumulate(values) - values).max(initial=0.0))
