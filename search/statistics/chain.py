"""The steps of a chain so far, a bounded number of them, however long it runs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from autoviz_render.search.statistics.priority_sample import MOST
from autoviz_render.spool.arrays import Array, Floats

MOST_STEPS = 4096
MOST_NUMBERS = 4_000_000
"""Of all chains and parameters: 32 MB."""


class Chain:
    """Every step of one or several chains while there is room, then every second, every fourth, ...

    What is kept depends on the number of a step alone: a run in pieces keeps the same steps as one in one piece.

    Args:
        chains: How many chains run side by side.
        parameters: The number of parameters of each.
        most: How many steps are kept, an even number; by default `MOST_STEPS`, or fewer if those would be more than
            `MOST_NUMBERS`.

    Attributes:
        steps: How many steps were added.
        stride: The steps that are kept are those whose number, counted from 1, it divides.
    """

    def __init__(self, chains: int, parameters: int, most: int | None = None) -> None:
        if most is None:
            most = min(MOST_STEPS, max(4, MOST_NUMBERS // max(1, chains * parameters) // 2 * 2))
        self.chains = chains
        self.steps = 0
        self.stride = 1
        self._count = 0
        self._kept: Floats = np.empty((most, chains, parameters))

    def add(self, positions: npt.NDArray[np.floating]) -> None:
        """Take the next steps, array[step, chain, parameter]; they are copied."""
        while len(positions):
            if self._count == len(self._kept):
                self._count //= 2
                self._kept[: self._count] = self._kept[1::2].copy()
                self.stride *= 2
            room = len(self._kept) - self._count
            first = -(self.steps + 1) % self.stride
            taken = positions[: first + (room - 1) * self.stride + 1]
            chosen = taken[first :: self.stride]
            self._kept[self._count : self._count + len(chosen)] = chosen
            self._count += len(chosen)
            self.steps += len(taken)
            positions = positions[len(taken) :]

    def resume(self, steps: int, thinned: Callable[[int], npt.NDArray[np.floating]]) -> None:
        """Begin with what an earlier run kept elsewhere.

        Args:
            steps: How many steps there are.
            thinned: Called with a stride; gives the steps whose number it divides, array[step, chain, parameter].
        """
        self.steps, self.stride = steps, 1
        while steps > len(self._kept) * self.stride:
            self.stride *= 2
        self._count = steps // self.stride
        self._kept[: self._count] = thinned(self.stride)

    def after(self, burn_in: int | None) -> Floats:
        """The steps kept of those after the burn-in, the newest among them: array[step, chain, parameter].

        Args:
            burn_in: How many first steps are left out; None is half of all.
        """
        skipped = self.steps // 2 if burn_in is None else burn_in
        return self._kept[min(skipped // self.stride, max(0, self._count - 1)) : self._count]


def chain_arrays(
    steps: Floats, *, most: int = MOST, is_ensemble: bool = False, log_densities: Floats | None = None
) -> dict[str, Array]:
    """The posterior so far of chains: some of their samples, evenly spaced, the newest among them.

    Whole steps are left out first: every 32nd sample of 32 chains would be always of the same chain.

    Args:
        steps: array[step, chain, parameter], in physical units, without the burn-in.
        most: How many samples are kept.
        is_ensemble: Whether the chains are the walkers of one ensemble, which nobody tells apart.
        log_densities: array[step, chain], of the posterior up to a constant, in nats; NaN where it is not known.

    Returns:
        `samples`, array[sample, parameter], in the order of the steps; of several chains also `chain`, array[sample],
        the number of each sample's chain; `log_densities`, array[sample], if they are given and known.
    """
    kept = _evenly(steps, most // steps.shape[1])
    arrays: dict[str, Array] = {"samples": _evenly(kept.reshape(-1, steps.shape[2]), most)}
    if log_densities is not None and not np.isnan(log_densities).all():
        arrays["log_densities"] = _evenly(_evenly(log_densities, most // steps.shape[1]).ravel(), most)
    if steps.shape[1] > 1 and not is_ensemble:
        arrays["chain"] = _evenly(np.tile(np.arange(steps.shape[1], dtype=np.int32), len(kept)), most)
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def _evenly(values: Array, most: int) -> Array:
    every = max(1, -(-len(values) // max(1, most)))
    return values[::-1][::every][::-1]
