"""Samples of a posterior: what part of them to show, which regions hold shares of them, whether chains have settled.

The modules are::

    marginals    one parameter: the part shown, hard ends, far samples, a scale on which a grid resolves them
    regions      two parameters: the smallest regions that hold given shares of the weight
    corner       the samples of a corner plot
    course       the course of chains, as a panel
    bandwidths   how wide the kernel of a density should be
"""
