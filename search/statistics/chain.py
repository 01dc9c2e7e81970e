"""The steps of a chain so far, a bounded number of them, however long it runs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from autoviz_render.spool.arrays import Floats

MOST_STEPS = 4096
MOST_NUMBERS = 4_000_000
"""Of all chains and parameters: 32 MB."""


class Chain:
    """Every step of one or several chains while there is room, then every second, every fourth, ...

    chains, parameters: the shape of a step. most: how many steps are kept, an even number; by default `MOST_STEPS`, or
    fewer where a step is so large that they would be more than `MOST_NUMBERS`.

    steps: that were taken note of. stride: of them every so many are kept, those whose number, counted from 1, it
    divides. What is kept depends on their number alone: a run in pieces keeps the same ones as one in one piece.
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

        steps: how many there are. thinned: gives those whose number a stride divides, array[step, chain, parameter].
        """
        self.steps, self.stride = steps, 1
        while steps > len(self._kept) * self.stride:
            self.stride *= 2
        self._count = steps // self.stride
        self._kept[: self._count] = thinned(self.stride)

    def after(self, burn_in: int | None) -> Floats:
        """The steps kept of those after so many, by default after the first half: array[step, chain, parameter].

        At least the newest, where there is one.
        """
        skipped = self.steps // 2 if burn_in is None else burn_in
        return self._kept[min(skipped // self.stride, max(0, self._count - 1)) : self._count]


def thinned(steps: Floats, most: int) -> Floats:
    """At most so many samples, array[sample, parameter], of steps, array[step, chain, parameter], in their order.

    Whole steps are left out first: every so many samples could be those of always the same chain.
    """
    every = max(1, -(-steps.shape[0] // max(1, most // steps.shape[1])))
    return steps[::-1][::every][::-1].reshape(-1, steps.shape[2])
