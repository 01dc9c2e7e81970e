"""One moment of a run: the snapshot, and the reference that names it in a spool."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from autoviz_render.spool.arrays import Array

if TYPE_CHECKING:
    from autoviz_render.spool.scalars import ScalarsLine


@dataclass(frozen=True, order=True)
class SnapshotRef:
    """Names a snapshot without reading it; references sort in the order of publishing.

    epoch: which start of the run published it: 0, then one more at each resume.
    sequence: the number of the quick update within the run; gaps are quick updates that the disk
        was too slow for, whose scalars alone were kept.
    path: the file.
    """

    epoch: int
    sequence: int
    path: Path = field(compare=False)


def goodness(ref: SnapshotRef, log_likelihood: float) -> tuple[float, SnapshotRef]:
    """Sorts snapshots by their log likelihood: NaN is the worst, the newest the best of equals."""
    return (-math.inf if math.isnan(log_likelihood) else log_likelihood, ref)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What a sampler published at one quick update.

    arrays: the best fit's arrays by name; a nested name reads `group/name`.
    static: the arrays that do not change during the run (data, noise map, mask), by name.
    parameters: the best fit's parameters by name, in the order of the model.
    scalars: the sampler's own numbers by name (log evidence, effective sample size, ...).
    epoch, sequence: see `SnapshotRef`.
    iteration: the sampler's count when it published: likelihood evaluations, unless it counts otherwise.
    time: when it was published, in seconds since 1970 (UTC).
    log_likelihood: of the best fit, in nats; NaN where the sampler gave none.
    run: the name of the run.
    """

    arrays: Mapping[str, Array]
    static: Mapping[str, Array] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    scalars: Mapping[str, float] = field(default_factory=dict)
    epoch: int = 0
    sequence: int = 0
    iteration: int = 0
    time: float = 0.0
    log_likelihood: float = math.nan
    run: str = ""
    _history: Callable[[], Sequence[ScalarsLine]] = field(default=tuple, repr=False)

    @cached_property
    def history(self) -> Sequence[ScalarsLine]:
        """The numbers of every quick update until this one, the oldest first; read when first asked for.

        Raises SpoolError where `scalars.jsonl` cannot be read.
        """
        return self._history()
