"""Weighted samples of one and of two parameters: what part of them to show, and which regions hold shares of them.

The modules are::

    marginals    one parameter: the part shown, hard ends, far samples, a scale on which a grid resolves them
    regions      two parameters: the smallest regions that hold given shares of the weight
    corner       the samples of a corner plot
    bandwidths   how wide the kernel of a density should be
"""
