"""What a spool holds, for the programs that people open next: pandas, anesthetic, GetDist, ArviZ, xarray.

    samples        a posterior as a value, with weights, contours, labels
    published      the samples that a snapshot holds
    labels         labels of parameters in LaTeX, and names that no reader of a table stumbles over
    csv_table      `samples.csv`, for anesthetic and pandas
    getdist_files  `.txt`, `.paramnames` and `.ranges`, for GetDist
    tables         the numbers of a run's quick updates as a table of pandas
    datatree       the tree of xarray that ArviZ takes
    packages       what is imported when it is asked for, or one line that says how to install it

`samples`, `tables` and `datatree` import what the extra `interchange` brings, within functions. Everything else in the
spool, and what writes files here, imports NumPy and h5py alone.
"""
