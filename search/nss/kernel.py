"""The compiled half of nested slice sampling: `blackjax.nss`, made to fit one device's memory and to round one way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import blackjax
import jax
import jax.numpy as jnp
from blackjax.ns import adaptive
from blackjax.ns.base import init_state_strategy
from blackjax.ns.from_mcmc import update_with_mcmc_take_last
from blackjax.ns.nss import live_covariance_factor
from jax.custom_batching import sequential_vmap

from autoviz_render.search.nss.fitness import Fitness

_EVALUATIONS_A_BRACKET = 2  # the two ends of each slice's first interval


@dataclass(frozen=True)
class Kernel:
    """The functions of nested slice sampling, each compiled when it is first asked for or called.

    Attributes:
        fitness: The model.
        num_live: See `NSS`.
        num_delete: See `NSS`.
        num_inner_steps: See `NSS`.
        chunk_size: See `NSS`; None is not chosen yet.
    """

    fitness: Fitness
    num_live: int
    num_delete: int
    num_inner_steps: int
    chunk_size: int | None

    @cached_property
    def prior_draws(self) -> Callable[[jax.Array], jax.Array]:
        """Of a random key: `num_live` points, array[point, parameter]."""
        analysis = self.fitness.analysis

        def draw(key: jax.Array) -> jax.Array:
            unit = jax.random.uniform(key, (self.num_live, len(analysis.parameter_names)))
            return jax.vmap(analysis.prior_transform)(unit)

        return jax.jit(draw)

    @cached_property
    def begin(self) -> jax.stages.Compiled:
        """Of live points at array[point, parameter]: the first state. Compiled when it is asked for."""
        return jax.jit(self._begin).lower(self._positions()).compile()

    @cached_property
    def step(self) -> Callable[[jax.Array, Any, Any], tuple[Any, Any, jax.Array]]:
        """Of a random key, the iteration and a state: the next state, the points that died on the way to it, and how
        often the likelihood was called."""
        sampler = blackjax.nss(
            logprior_fn=self.fitness.analysis.log_prior,
            loglikelihood_fn=self._log_likelihood,
            num_inner_steps=self.num_inner_steps,
            num_delete=self.num_delete,
            update_strategy=partial(_replace_in_chunks, self.first_chunk),
        )

        def step(key: jax.Array, iteration: Any, state: Any) -> tuple[Any, Any, jax.Array]:
            state, info = sampler.step(jax.random.fold_in(key, iteration), state)
            slices = info.update_info
            calls = jnp.sum(slices.num_expansions + slices.num_shrink + _EVALUATIONS_A_BRACKET)
            return state, info.particles, calls

        return jax.jit(step)

    def structure(self) -> Any:
        """The structure of a state, as JAX has it, without computing one, or compiling what would."""
        return jax.tree.structure(jax.eval_shape(self._begin, self._positions()))

    def _positions(self) -> Any:
        """What the live points' positions are like."""
        return jax.eval_shape(self.prior_draws, jax.random.key(0))

    def _begin(self, positions: jax.Array) -> Any:
        one = partial(
            init_state_strategy,
            logprior_fn=self.fitness.analysis.log_prior,
            loglikelihood_fn=self._log_likelihood,
        )
        return adaptive.init(
            positions,
            init_state_fn=partial(_map_in_chunks, one, self.first_chunk),
            update_inner_kernel_params_fn=live_covariance_factor,
        )

    @property
    def first_chunk(self) -> int:
        """The chunk size; before one is chosen, one on a processor, and all the points of a step elsewhere."""
        return self.chunk_size or (1 if jax.default_backend() == "cpu" else self.num_delete)

    def in_chunks(self, chunk_size: int) -> Kernel:
        """The same search with another chunk size; always the same kernel, so that it compiles once."""
        return self._others.setdefault(chunk_size, replace(self, chunk_size=chunk_size))

    @cached_property
    def _others(self) -> dict[int, Kernel]:
        return {self.chunk_size: self} if self.chunk_size else {}

    @property
    def _log_likelihood(self) -> Callable[..., Any]:
        if self.first_chunk > 1:
            return self.fitness.log_likelihood
        # blackjax makes a batch of one of it: that rounds in another way than the arrays of the figure
        sequential: Callable[..., Any] = sequential_vmap(self.fitness.log_likelihood)
        return sequential


def _map_in_chunks(function: Callable[..., Any], chunk_size: int, arguments: jax.Array) -> Any:
    """The function of each argument, `chunk_size` of them side by side; one by one they round as they do alone."""
    return jax.lax.map(function, arguments, batch_size=None if chunk_size == 1 else chunk_size)


def _replace_in_chunks(
    chunk_size: int, slice_step: Callable[..., Any], num_inner_steps: int, num_delete: int
) -> Callable[..., Any]:
    """A strategy for `blackjax.nss`: the new points of a step, `chunk_size` of them side by side.

    The draws are the same for any chunk. On a processor, chains side by side wait for the slowest of them, and batches
    of linear algebra inside them can deadlock: jaxlib's batched LAPACK kernels wait, on the threads of XLA's pool, for
    work that needs those threads (seen with jaxlib 0.10.2 on two cores; PyAutoFit #1530 is the same).
    """
    replace_one = update_with_mcmc_take_last(slice_step, num_inner_steps, 1)

    def replace(key: jax.Array, state: Any, contour: jax.Array, **parameters: Any) -> Any:
        def one(key: jax.Array) -> Any:
            return replace_one(key, state, contour, **parameters)

        replaced = _map_in_chunks(one, chunk_size, jax.random.split(key, num_delete))
        return jax.tree.map(lambda leaf: leaf.reshape(num_delete, *leaf.shape[2:]), replaced)

    return replace
