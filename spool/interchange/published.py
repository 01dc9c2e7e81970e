"""The samples that a snapshot holds, as a value: arrays of a run are checked here, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from autoviz_render.spool.arrays import Array, Floats
from autoviz_render.spool.errors import NoSamplesError
from autoviz_render.spool.interchange.samples import Samples
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.text import printable
from autoviz_render.spool.weights import SAMPLE_ARRAYS, normalised_weights


def samples_of(snapshot: Snapshot, path: str | Path = "") -> Samples:
    """The samples that a snapshot holds: the arrays that the figure `posterior` reads, and what samplers add to them.

    Those that weigh nothing, and so have no part in the posterior, are left out.

    Args:
        snapshot: Of any sampler.
        path: Names the file in errors.

    Raises:
        NoSamplesError: It holds no samples, or weights that do not fit them.
    """
    held: Mapping[str, Array] = {**snapshot.static, **snapshot.arrays}
    given = held.get("samples")
    where = path or f"the snapshot of {printable(snapshot.run, 100)!r}"
    if given is None:
        raise NoSamplesError(where, "holds no samples: the run publishes none, see `samples` in docs/samplers/any.md")
    if given.ndim not in (2, 3) or given.dtype.kind not in "biuf" or not given.shape[-1]:
        raise NoSamplesError(where, f"its samples have the shape {given.shape}; expected array[sample, parameter]")
    values = np.asarray(given, dtype=np.float64).reshape(-1, given.shape[-1])
    found: dict[str, Any] = {name: _of_each(held.get(name), len(values)) for name in SAMPLE_ARRAYS}
    if given.ndim == 3:
        found["chain"] = np.arange(given.shape[0]).repeat(given.shape[1])
    if "log_weights" in held and found["log_weights"] is None:
        shape = held["log_weights"].shape
        raise NoSamplesError(where, f"its log_weights have the shape {shape}, and there are {len(values)} samples")
    chain = found["chain"]
    names = _names(snapshot, values.shape[1])
    samples = Samples(
        names=names,
        values=values,
        log_likelihood=found["log_likelihoods"],
        log_likelihood_birth=None if found["log_likelihoods"] is None else found["log_likelihoods_birth"],
        live_counts=found["live_counts"],
        log_density=found["log_densities"],
        chain=None if chain is None else np.unique(chain, return_inverse=True)[1].astype(np.intp),
        labels=_told(snapshot, "labels", names),
        units=_told(snapshot, "units", names),
    )
    return _ordered(samples, found["log_weights"])


def _ordered(samples: Samples, log_weights: Floats | None) -> Samples:
    """Those that weigh something, as a nested sampler's contours follow one another."""
    if log_weights is not None:
        weighed = np.flatnonzero((log_weights > -np.inf) & (log_weights < np.inf))  # NaN is neither
        samples = replace(samples.at(weighed), weights=normalised_weights(log_weights[weighed]))
    if samples.log_likelihood is None or samples.log_likelihood_birth is None:
        return samples
    return samples.at(np.argsort(samples.log_likelihood, kind="stable"))


def _of_each(array: Array | None, count: int) -> Floats | None:
    if array is None or array.shape != (count,) or array.dtype.kind not in "biuf":
        return None
    return np.asarray(array, dtype=np.float64)


def _names(snapshot: Snapshot, width: int) -> tuple[str, ...]:
    names = tuple(snapshot.parameters)
    return names if len(names) == width else tuple(f"p{number}" for number in range(width))


def _told(snapshot: Snapshot, kind: str, names: tuple[str, ...]) -> tuple[str, ...]:
    told: Mapping[str, str] = getattr(snapshot, kind)
    return tuple(str(told.get(name, "")) for name in names)
