"""A search that takes seconds, as a program: `toy_search.py RUN_DIR [KEYWORDS as JSON]`. Prints a line a step."""

from __future__ import annotations

import json
import sys

import jax.numpy as jnp

from autoviz_render import NSS, Analysis
from autoviz_render.search.nested_run import NestedRun

WIDTH, SIGMA = 10.0, 0.5
SETTINGS = {"num_live": 60, "num_delete": 6, "seed": 4, "renderer": None, "every": 1500, "checkpoint_every": 400}


class Toy(Analysis):
    """A Gaussian in a box."""

    parameter_names = ("x", "y")

    def prior_transform(self, unit):
        return WIDTH * (unit - 0.5)

    def log_prior(self, parameters):
        return jnp.where(jnp.all(jnp.abs(parameters) < WIDTH / 2), -2 * jnp.log(WIDTH), -jnp.inf)

    def fit_from(self, parameters):
        return {"log_likelihood": -0.5 * jnp.sum((parameters / SIGMA) ** 2), "model": jnp.outer(parameters, parameters)}


def search(run_dir, **changes) -> NSS:
    return NSS(Toy(), run_dir, **(SETTINGS | changes))


def main() -> None:
    add = NestedRun.add

    def add_and_tell(run, *arguments):
        add(run, *arguments)
        print(run.iterations, flush=True)

    NestedRun.add = add_and_tell
    search(sys.argv[1], **json.loads(sys.argv[2] if len(sys.argv) > 2 else "{}")).run()


if __name__ == "__main__":
    main()
