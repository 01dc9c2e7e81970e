"""Samplers' own callbacks, generators and checkpoints, made to give quick updates: `hooks.dynesty(update)`.

Each takes a `QuickUpdate`, and gives what the sampler has a place for. None imports its sampler, wraps it, or draws a
random number.

    posterior   the samples of a posterior so far, bounded
"""
