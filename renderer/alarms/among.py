"""Alarms of one run among others: its panel is another run's, it alone makes no progress; the disk is full soon."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.renderer.alarms.rules import Rules
from autoviz_render.spool.snapshot import ScalarsLine

ALL = ""
"""The key under which `panel_digests` tells of the numbers of the fit."""

_MOST_OF = 2 / 3
_FEW = 3
"""Runs: what more of them share, and most of all, belongs to all of them."""

_LEAST_FREE = 10e9
"""Bytes: a disk with more is not full, however large it is."""

_RISING = ("log_evidence", "effective_sample_size")
_FALLING = ("remaining",)
_LEAST_GAIN = 1e-3
"""Of a number, as a share of it, that is progress."""

_LEAST_WINDOW = 600.0
"""Seconds over which the rate is known at which a disk fills."""


def identical(
    digests: Mapping[str, Mapping[str, str]], rules: Mapping[str, Rules] | Rules, names: Mapping[str, str] | None = None
) -> dict[str, list[Alarm]]:
    """The panels of each run whose values are those of another run, to the last bit; runs without such are left out.

    Two runs that agree in all are copies of one, or the same search twice: that is no fault. Nor is what most runs
    share.

    Args:
        digests: Of each run, by a key of its own: what `panel_digests` gives.
        rules: Of all runs, or of each.
        names: What runs are called in messages; their keys if there are none.
    """
    holders: dict[tuple[str, str], list[str]] = defaultdict(list)
    for run, of_run in digests.items():
        for panel, digest in of_run.items():
            if panel != ALL:
                holders[panel, digest].append(run)
    found: dict[str, list[Alarm]] = defaultdict(list)
    for (panel, _), runs in holders.items():
        if len(runs) < 2 or (len(runs) > _FEW and len(runs) > len(digests) / 2):
            continue
        for run in runs:
            rule = (rules if isinstance(rules, Rules) else rules.get(run, Rules())).identical
            others = [other for other in runs if other != run and not _is_copy(digests[run], digests[other])]
            if others and rule.is_for(panel):
                told = (names or {}).get(others[0], others[0])
                more = f" and of {len(others) - 1:,} more" if len(others) > 1 else ""
                found[run].append(Alarm("identical", f"its values are those of the run {told}{more}", panel=panel))
    return dict(found)


def _is_copy(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether all that two runs both have is the same."""
    shared = one.keys() & other.keys()
    return all(one[name] == other[name] for name in shared)


@dataclass(frozen=True)
class Progress:
    """How long ago a run got any further.

    Attributes:
        seconds: Since it last did; None if that is not known.
        is_running: Whether it goes on.
    """

    seconds: float | None
    is_running: bool = True


def progress_of(lines: Sequence[ScalarsLine], now: float, *, is_running: bool = True) -> Progress:
    """When a run last got further: in log likelihood, evidence, what remains of it, or effective sample size.

    Args:
        lines: Of its quick updates, the oldest first.
        now: Seconds since 1970, by the clock that gave the lines their times.
        is_running: Whether it goes on.
    """
    if not lines:
        return Progress(None, is_running)
    columns = [[line.log_likelihood for line in lines]]
    columns += [[line.scalars.get(name, math.nan) for line in lines] for name in _RISING]
    columns += [[-line.scalars.get(name, math.nan) for line in lines] for name in _FALLING]
    last = max(_last_gain(np.array(column)) for column in columns)
    return Progress(max(now - lines[last].time, 0.0), is_running)


def _last_gain(values: np.ndarray) -> int:
    """The index of the last value that is clearly larger than all before; 0 if there is none."""
    known = np.where(np.isfinite(values), values, -math.inf)
    best = np.maximum.accumulate(known)
    # what is gained on the best of long ago counts as well: slow is not stalled
    finite = np.flatnonzero(np.isfinite(best))
    if not finite.size:
        return 0
    final = best[-1]
    least = min(_LEAST_GAIN * abs(final), 0.1)
    return int(np.flatnonzero(best >= final - least)[0])


def stalled(runs: Mapping[str, Progress], rules: Mapping[str, Rules] | Rules) -> dict[str, Alarm]:
    """The runs that made no progress for hours, while most of the others did.

    Args:
        runs: By a key of each.
        rules: Of all runs, or of each.
    """
    going = {key: each.seconds for key, each in runs.items() if each.is_running and each.seconds is not None}
    found = {}
    for key, passed in going.items():
        rule = (rules if isinstance(rules, Rules) else rules.get(key, Rules())).stalled
        if not rule.enabled or passed < rule.hours * 3600:
            continue
        others = [each for other, each in going.items() if other != key]
        better = sum(each < passed / 2 for each in others)
        if better >= max(rule.others, _MOST_OF * len(others)):
            message = f"no progress for {passed / 3600:.0f} hours, while {better:,} other runs made some"
            found[key] = Alarm("stalled", message, value=passed / 3600, threshold=rule.hours)
    return found


def disk_alarm(samples: Sequence[tuple[float, float]], total: float, rules: Rules) -> Alarm | None:
    """Whether a disk is full soon.

    Args:
        samples: (seconds, bytes free), the oldest first; the seconds of any clock that does not step.
        total: Bytes of the disk.
        rules: See `Rules`.
    """
    rule = rules.disk
    if not rule.enabled or not samples or not total > 0:
        return None
    free = samples[-1][1]
    if free < min(rule.share * total, _LEAST_FREE):
        message = f"the disk is nearly full: {free / 1e9:.3g} GB free of {total / 1e9:,.0f} GB"
        return Alarm("disk", message, value=free / total, threshold=rule.share)
    hours = _hours_left(samples)
    if hours < rule.hours:
        message = f"the disk is full in {hours:.2g} hours, as fast as it fills: {free / 1e9:.3g} GB are free"
        return Alarm("disk", message, value=hours, threshold=rule.hours)
    return None


def _hours_left(samples: Sequence[tuple[float, float]]) -> float:
    """Until nothing is free, by the slower of the rates of the whole and of its second half: a burst is no trend."""
    times, free = np.array(samples, dtype=np.float64).T
    if times[-1] - times[0] < _LEAST_WINDOW:
        return math.inf
    half = int(np.searchsorted(times, (times[0] + times[-1]) / 2))
    rates = [(free[begin] - free[-1]) / (times[-1] - times[begin]) for begin in (0, min(half, times.size - 2))]
    rate = min(rates)
    return float(free[-1] / rate / 3600) if rate > 0 else math.inf
