"""Samplers' own callbacks, generators and checkpoints, made to give quick updates: `hooks.dynesty(update, sampler)`.

Each takes a `QuickUpdate`, and the sampler where that exists already, and gives what the sampler has a place for. None
imports its sampler, wraps it, or draws a random number.

    blackjax    called after every step, of nested sampling, sequential Monte Carlo or a chain
    dynesty     a `print_func`, static or dynamic
    emcee       runs it, or is called with every state of `sample`
    nautilus    runs it, in its own pieces
    numpyro     called after every chunk
    ultranest   a `viz_callback`
    nested      what those of nested samplers have in common
    smc         the particles of sequential Monte Carlo
    chain       the steps of a chain so far, bounded
    diagnostics what chains say about themselves: autocorrelation time, R-hat
    pytrees     trees of arrays as vectors of parameters with names
    posterior   the samples of a posterior so far, bounded
"""

from __future__ import annotations

from autoviz_render.search.hooks._blackjax import blackjax
from autoviz_render.search.hooks._dynesty import dynesty
from autoviz_render.search.hooks._emcee import emcee
from autoviz_render.search.hooks._nautilus import nautilus
from autoviz_render.search.hooks._numpyro import numpyro
from autoviz_render.search.hooks._ultranest import ultranest

__all__ = ["blackjax", "dynesty", "emcee", "nautilus", "numpyro", "ultranest"]
