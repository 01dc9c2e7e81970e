"""Whose figure it is, and of which moment: words of several lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autoviz_render.figures.numbers import nats, whole
from autoviz_render.renderer.plot.text_metrics import fitted, text_width
from autoviz_render.spool.snapshot import Snapshot


@dataclass(frozen=True)
class Heading:
    """What stands above the panels.

    Attributes:
        name: Of the run.
        moments: Words for the moment, the longest first: the first that have room are shown.
        least: What remains of the last ones if nothing has room: so many characters of their end.
        is_name_whole: Whether the name has room before the moment has.
    """

    name: str
    moments: Sequence[str]
    least: int = 0
    is_name_whole: bool = False

    @staticmethod
    def of(snapshot: Snapshot, subject: str = "") -> Heading:
        """That of a snapshot: long words, short ones, or no log likelihood; with what all panels are of."""
        count = f" {whole(snapshot.iteration)}"
        short = f"{snapshot.counts.rpartition(' ')[2]}{count}"
        told = [f"{snapshot.counts}{count}", short]
        if np.isfinite(snapshot.log_likelihood):
            likelihood = nats(snapshot.log_likelihood)
            told = [f"{told[0]}   log likelihood {likelihood}", f"{short}   log L {likelihood}", short]
        return Heading(": ".join(filter(None, (snapshot.run, subject))), told, len(count))

    def within(self, width: float, size: float) -> str:
        """The moment in words that fit a width in inches, in letters of a size in points."""
        fits = (each for each in self.moments if text_width(each, size) <= width)
        short = self.moments[-1]
        head, tail = short[: len(short) - self.least], short[len(short) - self.least :]
        return next(fits, fitted(head, width - text_width(tail, size), size) + tail)
