"""Fits in numbers, and what is left of the data, for several figures.

The modules are::

    axis_fit      a fit along one axis                             (line)
    visibilities  a fit to visibilities                            (interferometer)
    residuals     distribution and autocorrelation of residuals    (line, interferometer, points, shears)
"""
