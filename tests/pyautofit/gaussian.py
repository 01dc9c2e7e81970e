"""The 1-D Gaussian of PyAutoFit's own introduction, fitted by any search; run as a program, to be killed."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import autofit as af
import numpy as np
from autofit.mapper.model_object import ModelObject
from autofit.mapper.prior.abstract import Prior
from autonerves import conf

from autoviz_render import live

X = np.arange(100)
NOISE_MAP = np.full(100, 0.1)
DATA = af.ex.Gaussian(centre=50.0, normalization=25.0, sigma=10.0).model_data_from(xvalues=X) + np.random.default_rng(
    1
).normal(0, 0.1, 100)
STATIC = {"data": DATA, "noise_map": NOISE_MAP}

SEARCHES: dict[str, Callable[..., Any]] = {
    "DynestyStatic": lambda **more: af.DynestyStatic(nlive=30, seed=1, maxcall=900, **more),
    "Emcee": lambda **more: af.Emcee(nwalkers=10, nsteps=60, seed=1, **more),
    "Nautilus": lambda **more: af.Nautilus(n_live=40, n_eff=50, n_like_max=400, seed=1, **more),
    "NSS": lambda **more: af.NSS(n_live=30, num_delete=10, num_mcmc_steps=3, termination=2.0, **more),
}


def model_data(instance: Any) -> Mapping[str, Any]:
    """The arrays of the figure."""
    return {"model": instance.model_data_from(xvalues=X)}


class Analysis(af.ex.Analysis):
    """PyAutoFit's own, whose sum over pixels JAX would take a minute to compile."""

    def log_likelihood_function(self, instance: Any, shared: Any = None, xp: Any = np) -> Any:
        del shared, xp
        return -0.5 * (((self.data - self.model_data_1d_from(instance)) / self.noise_map) ** 2.0).sum()


def model() -> Any:
    for counted in (ModelObject, Prior):  # what is written of a model tells how many were made before
        counted._ids = itertools.count()
    made = af.Model(af.ex.Gaussian)
    made.centre = af.UniformPrior(0.0, 100.0)
    made.normalization = af.UniformPrior(0.0, 50.0)
    made.sigma = af.UniformPrior(1.0, 30.0)
    return made


def analysis(search: str) -> Any:
    """NSS wants one on JAX."""
    return Analysis(data=DATA, noise_map=NOISE_MAP, use_jax=search == "NSS")


def arrays_of(search: str, made: Any) -> Callable[[Any], Mapping[str, Any]]:
    """Those of the figure, traceable where they must be."""
    return model_data if search != "NSS" else lambda instance: {"model": made.model_data_1d_from(instance)}


def fit(folder: Path, search: str, made: Any, *, every: int = 100, cores: int = 1, name: str = "gaussian") -> Any:
    """Run a search in a folder, and return it with its result."""
    conf.instance.output_path = folder
    settings = {"path_prefix": "fits", "name": name, "number_of_cores": cores}
    run = SEARCHES[search](iterations_per_quick_update=every if search != "NSS" else 3, **settings)
    return run, run.fit(model=model(), analysis=made)


def dying(instance: Any) -> Mapping[str, Any]:
    """The arrays, until the quick updates are as many as the environment says."""
    global _left  # noqa: PLW0603  a count is what it is
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return model_data(instance)


_left = int(os.environ.get("GAUSSIAN_DIES_AFTER", "-1"))

if __name__ == "__main__":
    _, where, which = sys.argv
    fit(Path(where), which, live(analysis(which), arrays=dying, figure="line", static=STATIC), every=20)
