"""A search that takes seconds, as a program: `toy_search.py RUN_DIR [KEYWORDS as JSON]`. Prints a line a step."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from autoviz_render import NSS, Analysis
from autoviz_render.search.nss.run_state import NestedRun
from autoviz_render.spool.arrays import Floats

WIDTH, SIGMA = 10.0, 0.5
SETTINGS: dict[str, Any] = {
    "num_live": 60,
    "num_delete": 6,
    "seed": 4,
    "renderer": None,
    "every": 1500,
    "checkpoint_every": 400,
}
_COMPILED: dict[tuple[object, ...], NSS] = {}


class Gaussian(Analysis):
    """A Gaussian in a box: the log evidence is minus the log of the box's volume, but for tails."""

    parameter_names = ("x", "y")

    def prior_transform(self, unit: jax.Array) -> jax.Array:
        return WIDTH * (unit - 0.5)

    def log_prior(self, parameters: jax.Array) -> jax.Array:
        inside = jnp.all(jnp.abs(parameters) < WIDTH / 2)
        return jnp.where(inside, -2 * jnp.log(WIDTH), -jnp.inf)

    def fit_from(self, parameters: jax.Array) -> dict[str, jax.Array]:
        chi_squared = jnp.sum((parameters / SIGMA) ** 2)
        return {
            "log_likelihood": -0.5 * chi_squared - 2 * jnp.log(SIGMA * jnp.sqrt(2 * jnp.pi)),
            "model": jnp.outer(parameters, parameters),
        }

    def static(self) -> dict[str, Floats]:
        return {"data": np.zeros((2, 2))}


def search(run_dir: str | Path, **changes: Any) -> NSS:
    """The search, with other settings. Those of a process that compute alike share what was traced and compiled for the
    first of them: seconds for each. A start that has nothing yet is what the program below is for."""
    made = NSS(Gaussian(), run_dir, **(SETTINGS | changes))
    kernel = made._kernel
    sizes = (kernel.num_live, kernel.num_delete, kernel.num_inner_steps, kernel.chunk_size)
    first = _COMPILED.setdefault((*sizes, jax.config.values["jax_enable_x64"]), made)
    made._fitness, made._kernel = first._fitness, first._kernel
    return made


def main() -> None:
    add = NestedRun.add

    def add_and_tell(run: NestedRun, *arguments: Any) -> None:
        add(run, *arguments)
        print(run.iterations, flush=True)

    setattr(NestedRun, "add", add_and_tell)  # noqa: B010  a method is replaced
    search(sys.argv[1], **json.loads(sys.argv[2] if len(sys.argv) > 2 else "{}")).run()


if __name__ == "__main__":
    main()
