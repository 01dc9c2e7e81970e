"""What a checkpoint must have in common with a search that goes on from it; going on."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from autoviz_render.search.nss.checkpoint import CheckpointError, Saved
from autoviz_render.search.nss.chunk_size import CHUNK_SIZE
from autoviz_render.search.nss.kernel import Kernel
from autoviz_render.search.nss.machine import computed_with
from autoviz_render.search.nss.run_state import NestedRun

log = logging.getLogger("autoviz_render.search")

_COMPUTED_WITH = "computed_with"


def identity_of(kernel: Kernel, **settings: Any) -> dict[str, Any]:
    """What must be the same for a run to go on where another one stopped, and end in the same bits.

    Args:
        kernel: Of the search, with its chunk size.
        **settings: Further settings that decide the bits of the result.
    """
    names = kernel.fitness.analysis.parameter_names
    unit = jnp.linspace(0.05, 0.95, 5)[:, None] * jnp.ones(len(names))
    prior = np.asarray(jax.vmap(kernel.fitness.analysis.prior_transform)(unit))
    return {
        "parameter_names": list(names),
        "prior": hashlib.sha256(prior.tobytes()).hexdigest()[:16],
        "precision": str(prior.dtype),
        "num_live": kernel.num_live,
        "num_delete": kernel.num_delete,
        "num_inner_steps": kernel.num_inner_steps,
        **settings,
        _COMPUTED_WITH: computed_with() | {CHUNK_SIZE: kernel.first_chunk},
    }


def resume(run: NestedRun, saved: Saved, kernel: Kernel, identity: Mapping[str, Any]) -> None:
    """Have a run go on from its checkpoint.

    Args:
        run: Not begun yet.
        saved: What the checkpoint keeps.
        kernel: Of the search.
        identity: Of the search, see `identity_of`.

    Raises:
        CheckpointError: The checkpoint belongs to another run.
    """
    folder = run.checkpoint.folder
    before, now = dict(saved.identity), dict(identity)
    earlier, machine = before.pop(_COMPUTED_WITH, {}), now.pop(_COMPUTED_WITH)
    others = differences({name: earlier.get(name, value) for name, value in machine.items()}, machine)
    differing = differences(before, now)
    if not differing:
        structure = kernel.structure()
        if structure.num_leaves != len(saved.leaves):
            raise CheckpointError(
                f"{folder}: was written with another version of blackjax, whose state has other parts"
                f"{''.join(f' ({other})' for other in others)}. "
                "Go on with that version, or start with resume=False, which removes the checkpoint."
            )
        run.resume(saved, structure)
        differing = _differences_of_the_model(run.live, kernel)
    if differing:
        raise CheckpointError(
            f"{folder}: belongs to another run: {'; '.join(differing)}. "
            "Take another run directory, or start with resume=False, which removes the checkpoint."
        )
    if others:
        message = "%s: the run goes on, but not in the same bits as without an interruption: %s"
        log.warning(message, folder, "; ".join(others))
    log.info("%s: going on from %d evaluations", folder, run.evaluations)


def differences(saved: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between the identity of a checkpoint and that of the run, a phrase each."""
    names = dict.fromkeys([*saved, *now])
    return [f"{name} was {saved.get(name)}, now {now.get(name)}" for name in names if saved.get(name) != now.get(name)]


def _differences_of_the_model(live: Any, kernel: Kernel) -> list[str]:
    """What two live points tell: the model and its data are known by what they make of them, not by their code."""
    fitness = kernel.fitness
    tolerance = 1e-6 if live.position.dtype == np.float64 else 1e-3
    for position, density, likelihood in zip(live.position[:2], live.logdensity, live.loglikelihood, strict=False):
        for what, before, now in (
            ("likelihood", likelihood, fitness.arrays(position)["log_likelihood"]),  # compiled anyhow
            ("prior", density, fitness.analysis.log_prior(jnp.asarray(position))),
        ):
            if not abs(float(now) - before) <= tolerance * max(1.0, abs(before)):
                return [f"the log {what} of a live point was {before:.10g}, now {float(now):.10g}"]
    return []
