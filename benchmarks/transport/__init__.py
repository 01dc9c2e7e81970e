"""The ways to hand a best fit to a renderer, and what is measured of them: `transports.py` prints it.

    search          the search that they all serve
    drawing         what the ways that are not the package's draw with
    faults          a frame that comes to harm
    ways            the ways themselves, under one interface
    changes, heard, programs    waiting for a file, listening to the log, running a program of its own
    wall_clock      (a) what handing over costs the search
    starting        (a) whether a child of a program that used JAX starts at all
    crossing        (b) what crosses, and what cannot
    pressure        (c) hand-overs that come faster than figures
    failures        (d) a renderer that breaks

What a child process runs is a function of one of these modules, so that it can be imported by its name.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the example does, before NumPy is imported; for children too
