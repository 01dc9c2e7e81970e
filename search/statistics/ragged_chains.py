"""Chains of different lengths: run one after another, or side by side and not in step."""

from __future__ import annotations

import numpy as np

from autoviz_render.search.statistics.chain import MOST_NUMBERS, MOST_STEPS, Chain, chain_arrays
from autoviz_render.search.statistics.convergence import LEAST_STEPS, convergence
from autoviz_render.search.statistics.priority_sample import MOST
from autoviz_render.spool.arrays import Array, Floats

_USUAL_CHAINS = 4  # how many share `MOST_NUMBERS`: how many there will be is not known when the first begins


class RaggedChains:
    """A bounded number of draws of each of several chains.

    Args:
        parameters: The number of parameters of a draw.
    """

    def __init__(self, parameters: int) -> None:
        self._parameters = parameters
        self._most = min(MOST_STEPS, max(4, MOST_NUMBERS // (_USUAL_CHAINS * max(1, parameters)) // 2 * 2))
        self._chains: dict[int, Chain] = {}

    @property
    def draws(self) -> int:
        """How many were added, of all chains."""
        return sum(chain.steps for chain in self._chains.values())

    def add(self, chain: int, draws: Floats, log_densities: Floats) -> None:
        """Take the next draws of a chain; they are copied.

        Args:
            chain: Its number, or another that is its own.
            draws: array[draw, parameter].
            log_densities: array[draw], of the posterior up to a constant, in nats; NaN where it is not known.
        """
        if chain not in self._chains:
            self._chains[chain] = Chain(1, self._parameters + 1, self._most)
        self._chains[chain].add(np.column_stack([draws, log_densities])[:, None])

    def arrays(self, burn_in: int | None = 0) -> dict[str, Array]:
        """The posterior so far: some of the draws of each chain, evenly spaced, the newest among them.

        Args:
            burn_in: How many first draws of each chain are left out; None is half of them.

        Returns:
            `samples`, array[sample, parameter], chain by chain; of several chains also `chain`, array[sample], the
            number of each sample's chain, from 0; `log_densities`, array[sample], if they are known of all chains.
            Nothing if there is no draw.
        """
        if not self._chains:
            return {}
        most = max(1, MOST // len(self._chains))
        steps = [self._chains[each].after(burn_in) for each in sorted(self._chains)]
        kept = [chain_arrays(each[..., :-1], most=most, log_densities=each[..., -1]) for each in steps]
        named = set.intersection(*map(set, kept))
        arrays: dict[str, Array] = {name: np.concatenate([each[name] for each in kept]) for name in sorted(named)}
        if len(kept) > 1:
            counts = [len(each["samples"]) for each in kept]
            arrays["chain"] = np.repeat(np.arange(len(kept), dtype=np.int32), counts)
        return arrays

    def convergence(self) -> dict[str, float]:
        """As `convergence`, of the chains that are at least half as long as the longest; the others have just begun.

        The effective sample size is that of the draws kept of them, cut to one length.
        """
        chains = list(self._chains.values())
        stride = max((chain.stride for chain in chains), default=1)
        thinned = [chain.after(0)[:, 0, :-1][stride // chain.stride - 1 :: stride // chain.stride] for chain in chains]
        longest = max(map(len, thinned), default=0)
        compared = [draws for draws in thinned if len(draws) >= max(LEAST_STEPS, longest / 2)]
        if not compared:
            return {}
        shortest = min(map(len, compared))
        return convergence(np.stack([draws[:shortest] for draws in compared], axis=1))
