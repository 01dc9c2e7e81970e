"""Alarms of arrays whose values a panel leaves out if they are not finite: sources on points, and samples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from autoviz_render.figures.panels import CornerPanel, Panel
from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.renderer.alarms.rules import Rules
from autoviz_render.spool.arrays import Array, Mask
from autoviz_render.spool.snapshot import Snapshot

_SOURCE = re.compile(r"(?:plane_(\d+)/)?source$")

_FEWEST_SAMPLES = 100
"""Of which it says something that all are the same."""


def array_alarms(panels: Sequence[Panel], snapshot: Snapshot, figure: str, rules: Rules) -> Iterator[Alarm]:
    """What is wrong with such arrays of a snapshot.

    Args:
        panels: Of the figure.
        snapshot: What they show.
        figure: The figure's name.
        rules: See `Rules`.
    """
    for name, array in snapshot.arrays.items():
        match = _SOURCE.match(name)
        if match and np.ndim(array) == 1 and np.asarray(array).dtype.kind == "f":
            title = _titled(panels, f"Source plane {match[1]}" if match[1] else "Source plane")
            yield from _lost(~np.isfinite(np.asarray(array)), "values", title, figure, rules)
    samples = snapshot.arrays.get("samples")
    title = next((panel.title for panel in panels if isinstance(panel, CornerPanel)), _titled(panels, "Posterior"))
    if (
        samples is not None
        and title
        and np.size(samples)
        and np.ndim(samples) in (2, 3)
        and np.asarray(samples).dtype.kind == "f"
    ):
        yield from _of_samples(np.asarray(samples), snapshot, title, figure, rules)


def _of_samples(samples: Array, snapshot: Snapshot, title: str, figure: str, rules: Rules) -> Iterator[Alarm]:
    rows = samples.reshape(-1, samples.shape[-1])
    weights = snapshot.arrays.get("log_weights")
    if weights is not None and np.shape(weights) == (len(rows),) and np.asarray(weights).dtype.kind == "f":
        rows = rows[np.asarray(weights) > -np.inf]
    lost: Mask = np.asarray(~np.isfinite(rows).all(axis=1))
    yield from _lost(lost, "samples", title, figure, rules)
    is_constant = len(rows) >= _FEWEST_SAMPLES and rows.shape[1] > 0 and bool((rows == rows[0]).all())
    if is_constant and rules.constant.is_for(title):
        yield Alarm("constant", f"all {len(rows):,} samples are the same", figure, title)


def _lost(lost: Mask, what: str, title: str, figure: str, rules: Rules) -> Iterator[Alarm]:
    count, share = int(np.count_nonzero(lost)), float(np.mean(lost)) if lost.size else 0.0
    if share > rules.not_finite.share and rules.not_finite.is_for(title):
        message = f"{count:,} of {lost.size:,} {what} are not finite"
        yield Alarm("not_finite", message, figure, title, share, rules.not_finite.share)


def _titled(panels: Sequence[Panel], begin: str) -> str:
    """The beginning of a title, if a panel has it, else the title of the first panel; empty if there is none."""
    titles = [panel.title for panel in panels]
    return next((begin for title in titles if title.startswith(begin)), next(iter(titles), ""))
