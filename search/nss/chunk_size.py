"""How many likelihoods are computed side by side: chosen once for a run, by measuring, and kept in its checkpoint.

A large likelihood has all cores at work by itself; a small one leaves them, and their vector units, idle. Batches round
in another way than single points, so a run goes on with the choice that its checkpoint tells.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import jax

from autoviz_render.search.nss.kernel import Kernel

log = logging.getLogger("autoviz_render.search")

CHUNK_SIZE = "chunk_size"

_SHORT = 2e-6
"""Seconds of a likelihood, below which what goes on round it in a step takes longer than itself: batches always win.
Measured on two cores with chains of slices: up to 2.4 microseconds steps became 1.4 to 6 times as fast."""
_GAIN = 3.0
"""So many times as fast likelihoods must be in batches: chains side by side wait for the slowest of them, and share the
caches. Measured: with up to 2.3 (images, matrices) steps got slower, from 3.4 on (differential equations) faster."""
_LONG, _TOO_LONG = 0.2, 5.0  # seconds of all live points: then once is enough, and then once more is too much

_MOST_BYTES = 256 * 2**20  # of what a batch computes with, on a processor: more leaves its caches anyway
_SHARE_OF_DEVICE = 4  # a batch may take one part in so many of an accelerator's memory
_ROUNDS = 5  # the fastest counts: another program may slow down the others


def choose(kernel: Kernel, positions: jax.Array) -> tuple[int, Any]:
    """The chunk size that suits a model on this machine, and the first state of the search.

    Args:
        kernel: Of the search, without a chunk size.
        positions: array[point, parameter], drawn from the prior.
    """
    if jax.default_backend() != "cpu":
        size = _fitting_the_device(kernel)
        return size, (kernel if size == kernel.first_chunk else kernel.in_chunks(size)).begin(positions)
    seconds, state = _timed(kernel.begin, positions)
    size = min(kernel.num_delete, _MOST_BYTES // max(1, kernel.fitness.bytes_of_one))
    if size < 2 or seconds > _TOO_LONG or kernel.fitness.calls_out:
        return 1, state
    alone = _fastest(kernel.begin, positions, seconds)
    if alone > _SHORT * len(positions):
        batched = kernel.in_chunks(size).begin  # compiled here: the likelihood, without the steps round it
        gain = alone / _fastest(batched, positions, _timed(batched, positions)[0])
        log.info(
            "likelihoods take %.3g s each; %d side by side are %.2g times as fast", alone / len(positions), size, gain
        )
        size = size if gain > _GAIN else 1
    return size, state


def told_by(identity: Mapping[str, Any]) -> int | None:
    """The chunk size in a checkpoint's identity; None in those of earlier releases."""
    size = identity.get("computed_with", {}).get(CHUNK_SIZE)
    return None if size is None else int(size)


def _fitting_the_device(kernel: Kernel) -> int:
    """All points that are replaced, or as many as fit an accelerator's memory."""
    analysis = kernel.begin.memory_analysis()
    needed = 0 if analysis is None else int(analysis.temp_size_in_bytes)
    allowed = (jax.devices()[0].memory_stats() or {}).get("bytes_limit", 0) // _SHARE_OF_DEVICE
    return max(1, kernel.num_delete * allowed // needed) if needed > allowed > 0 else kernel.num_delete


def _timed(call: Callable[[jax.Array], Any], positions: jax.Array) -> tuple[float, Any]:
    """The seconds that a compiled function takes, and what it gives."""
    started = time.perf_counter()
    result = jax.block_until_ready(call(positions))
    return time.perf_counter() - started, result


def _fastest(call: Callable[[jax.Array], Any], positions: jax.Array, seconds: float) -> float:
    """The seconds that it takes at best: of a short one, which took `seconds` just now, the fastest of a few."""
    if seconds > _LONG:
        return seconds
    return min(seconds, *(_timed(call, positions)[0] for _ in range(_ROUNDS)))
