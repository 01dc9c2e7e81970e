"""Nested slice sampling on JAX, with quick updates: `NSS(analysis, run_dir).run()`.

    nss                the loop: one compiled step, count, look, publish
    kernel             the compiled step, made to fit one device's memory and to round one way
    chunk_size         how many likelihoods side by side: measured once
    analysis           what a search needs to know of a model
    fitness            a model as compiled functions: a number for the sampler, arrays for the figures
    run_state          a run between two steps
    checkpoint         the state on disk, from which a killed run goes on
    resume             whether a checkpoint belongs to this search
    result             `samples.csv` and `result.json`
    progress           the line that says how far a run is
    graceful_stop      SIGINT and SIGTERM, after which a run leaves a checkpoint and ends
    compilation_cache  JAX's cache on disk, so that a resumed run does not compile again
    compilations       how often JAX compiled
    machine            versions and processor, on which the bits and the compiled code depend

`NSS`, `Analysis`, `Fitness` and `Result` are imported when they are first used: they need the extra `search`.
"""

from __future__ import annotations

import importlib

_HOME = {"NSS": "nss", "Analysis": "analysis", "Fitness": "fitness", "Result": "result"}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
