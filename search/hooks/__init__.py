"""Samplers' own callbacks, generators and checkpoints, made to give quick updates: `hooks.dynesty(update, sampler)`.

Each function takes a `QuickUpdate`, and the sampler if that exists already, and gives what the sampler has a place for.
None of them imports its sampler, wraps it, or draws a random number. What fails in a hook costs one warning.

    bilby       a likelihood that any of its samplers takes, and a `print_func` for dynesty
    blackjax    called after every step, of nested sampling, sequential Monte Carlo or a chain
    dynesty     a `print_func`, static or dynamic
    emcee       runs it, or is called with every state of `sample`
    nautilus    runs it, in its own pieces
    numpyro     called after every chunk
    nutpie      waits for it in place of its own `wait`
    pymc        a `callback` of `pm.sample`
    ultranest   a `viz_callback`
    zeus        one of its `callbacks`

The function `x` is in the module `_x`. Several of them share

    findings    what a sampler has found, told to a quick update; the sampler's own display
    pytrees     pytrees of arrays as vectors of parameters with names
    variables   named arrays as vectors of parameters with names
    _smc        the particles of blackjax's sequential Monte Carlo

What a sampler stops by is published beside its numbers: `NAME_target` is the value of the scalar `NAME` at which it
stops by itself, once all targets are reached; `NAME_limit` the one at which it stops at the latest. `count` stands for
the sampler's own count. Nested samplers publish `live_points`, `log_volume` of the prior volume that these share, in
nats, and `log_likelihood_contour`, the lowest log likelihood of them. An estimate of when a run is done reads these.

A new hook is a module, its line below, its adapter in `tests/search/hooks/test_contract.py` (in
`tests/samplers/test_hooks_elsewhere.py` if its sampler needs an environment of its own), and its page in
`docs/samplers/`, with its entry in `docs/api/samplers.rst`.
"""

from __future__ import annotations

from autoviz_render.search.hooks._bilby import bilby
from autoviz_render.search.hooks._blackjax import blackjax
from autoviz_render.search.hooks._dynesty import dynesty
from autoviz_render.search.hooks._emcee import emcee
from autoviz_render.search.hooks._nautilus import nautilus
from autoviz_render.search.hooks._numpyro import numpyro
from autoviz_render.search.hooks._nutpie import nutpie
from autoviz_render.search.hooks._pymc import pymc
from autoviz_render.search.hooks._ultranest import ultranest
from autoviz_render.search.hooks._zeus import zeus

__all__ = ["bilby", "blackjax", "dynesty", "emcee", "nautilus", "numpyro", "nutpie", "pymc", "ultranest", "zeus"]
