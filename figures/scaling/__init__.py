"""From values to colours: what decides where on a colour bar a value stands.

stretches   asinh, square root, powers: more colours where values are faint
intervals   the limits: zscale, percentiles
rgb         three images as one picture
"""
