"""The sampler's side: what a search calls, and a nested sampler that calls it.

    quick_update   for any sampler: keeps the best point, decides when to publish   (no JAX, no Matplotlib)
    points         which shapes of points, log likelihoods and samples fit each other
    cadence        when something is due: after so many evaluations, or so many seconds
    backends       the places to draw: a process, a thread, inline, or nowhere
    hooks/         callbacks of other people's samplers
    pyautofit/     `live(analysis)`
    nss/           nested slice sampling on JAX
    statistics/    weights, evidence, sample sizes and convergence: each formula once

Of the renderer it knows the back ends alone, imported when asked for.
"""

from __future__ import annotations

import importlib


def __getattr__(name: str) -> object:
    if name != "hooks":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.hooks")
