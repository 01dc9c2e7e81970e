"""The same panel of several snapshots: two side by side with their difference, or many with one set of limits.

    side_by_side  two lists of panels as groups, and the groups as rows: A, B, and B less A
    titles        which panel is meant, and which panels of two figures are the same
    limits        one set of colours and one view for several panels
    coloured      images, meshes and points: A, B, and what changed
    resampling    values on one grid, if two grids or meshes differ
    lines         lines over one another with their difference below; histograms
    corners       two posteriors in one corner plot, and how far they are apart
    tables        numbers of two tables beside each other; parameters, in units of their errors

All of it is pure: panels in, panels out. A difference is B less A, of float64. That of equal values is exactly zero,
and is said to be: "identical". What cannot be compared stands side by side, and a text says why there is no difference.
"""
