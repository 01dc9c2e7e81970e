"""The sampler's side: what a search calls, and a nested sampler that calls it.

    quick_update     for any sampler: keeps the best point, decides when to publish (no JAX, no Matplotlib)
    updater          what quick updates of all kinds have in common: the best fit, published and drawn
    user_functions   what the user's functions give when a quick update is due
    points           which shapes of points, log likelihoods and samples fit each other
    parameter_names  names for the parameters of a point
    arguments        arguments that can never work, refused at once
    cadence          when something is due: after a number of evaluations or seconds
    backends         where to draw: a process, a thread, the search itself, or nowhere
    hooks/           callbacks of other people's samplers
    pyautofit/       `live(analysis)`
    nss/             nested slice sampling on JAX
    statistics/      weights, evidence, sample sizes and convergence: each formula once

It imports the spool alone. Of the renderer it knows the back ends, imported when asked for.
"""

from __future__ import annotations

import importlib


def __getattr__(name: str) -> object:
    if name != "hooks":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.hooks")
