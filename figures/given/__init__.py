"""What a run says beside its numbers: units, labels, names of axes, and where on the sky its images lie.

names   units, labels and axes of arrays and parameters
sky     the arrows and the scale bar of a FITS header
"""
